"""Rasa-style dialogue management to learn and explore in Jupyter notebooks.

    import dialogue_nb as dn

    agent = dn.Agent("domain.yml", policies=[dn.MemoizationPolicy(), dn.KerasPolicy(epochs=100)])
    agent.train(agent.load_data("data/stories.md"))
    agent.handle_text("/greet")

Names are imported when they are first used, so that `import dialogue_nb` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

from dialogue_nb.core.version import __version__

_HOMES = {
    "Action": "dialogue_nb.agent.actions",
    "Agent": "dialogue_nb.agent.agent",
    "DialogueError": "dialogue_nb.core.exceptions",
    "DialogueStateTracker": "dialogue_nb.core.trackers",
    "Domain": "dialogue_nb.core.domain",
    "KerasPolicy": "dialogue_nb.policies.keras_policy",
    "MemoizationPolicy": "dialogue_nb.policies.memoization",
    "Policy": "dialogue_nb.policies.policy",
    "Project": "dialogue_nb.agent.project",
    "bots": "dialogue_nb",
    "evaluate": "dialogue_nb.evaluation.test",
}
"""Where each public name lives."""

__all__ = [
    "Action",
    "Agent",
    "DialogueError",
    "DialogueStateTracker",
    "Domain",
    "KerasPolicy",
    "MemoizationPolicy",
    "Policy",
    "Project",
    "__version__",
    "bots",
    "evaluate",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dialogue_nb' has no attribute {name!r}")
    if home == __name__:
        return importlib.import_module(f"{home}.{name}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
