"""Floor 3: policies choose the next action; the ensemble combines them.

`Policy` is here too, since a policy of one's own begins with `from dialogue_nb.policies import
Policy`.
"""

from dialogue_nb.policies.policy import Policy

__all__ = ["Policy"]
