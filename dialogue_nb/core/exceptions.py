"""The errors of dialogue_nb.

    DialogueError
     ├── DomainError                 a domain file that cannot be used            (ValueError)
     ├── StoryError                  stories or rules that cannot be used         (ValueError)
     ├── RuleError                   rules that contradict each other or stories  (ValueError)
     ├── ProjectError                a bot folder that cannot be used             (ValueError)
     ├── UnknownNameError            a name that the domain does not have         (LookupError)
     ├── EventError                  an event that cannot be read                 (ValueError)
     ├── GenerationBudgetError       a story graph that would explode             (RuntimeError)
     ├── FeaturizerError             states that do not fit a featurizer          (ValueError)
     ├── PolicyConfigError           a policy configuration that cannot be used   (ValueError)
     ├── PolicyPredictionError       a policy that answered with nonsense         (ValueError)
     ├── NotTrainedError             asked to predict before training             (RuntimeError)
     ├── ModelError                  a model folder that cannot be loaded         (ValueError)
     ├── ComparisonError             a comparison that cannot be made             (RuntimeError)
     ├── TrackerStoreError           conversations that cannot be kept or read    (RuntimeError)
     │    ├── DamagedStoreError      ... because the file is damaged or gone
     │    └── ConversationChangedError  ... because somebody else changed one meanwhile
     └── AgentError                  a conversation that cannot go on             (RuntimeError)

Each also inherits the built-in type that a caller would expect, so both of these work::

    try:
        domain = Domain.load("domain.yml")
    except DialogueError as error:      # or: except ValueError
        print(error)
"""

from __future__ import annotations

from collections.abc import Sequence

from dialogue_nb.core.diagnostics import Diagnostic, Severity


class DialogueError(Exception):
    """The root of every error that dialogue_nb raises on purpose."""


class DiagnosedError(DialogueError, ValueError):
    """An input was refused; every reason is in `diagnostics`, not only the first.

    Args:
        diagnostics: What was found. Those of severity error make the message.
        summary: The first line of the message.

    Example:
        >>> from dialogue_nb.core.diagnostics import Diagnostic
        >>> error = StoryError([Diagnostic("S101", "error", "No story yet.", "a.md", 3)])
        >>> print(error)
        1 problem was found:
        a.md:3: error S101: No story yet.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], summary: str | None = None) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        errors = [d for d in self.diagnostics if d.severity == Severity.ERROR] or self.diagnostics
        count = "1 problem was" if len(errors) == 1 else f"{len(errors)} problems were"
        lines = [summary or f"{count} found:", *(str(d) for d in errors)]
        super().__init__("\n".join(lines))


class DomainError(DiagnosedError):
    """A domain that cannot be used, with all reasons."""


class StoryError(DiagnosedError):
    """Stories or rules that cannot be used, with all reasons."""


class RuleError(DiagnosedError):
    """Rules that contradict each other or stories, or lack something, with all reasons."""


class ProjectError(DiagnosedError):
    """A bot folder that cannot be used, with all reasons."""


class UnknownNameError(DialogueError, LookupError):
    """A name (action, intent, slot, ...) that is not there; the message names the close ones."""


class EventError(DialogueError, ValueError):
    """An event that cannot be read from its JSON form."""


class GenerationBudgetError(DialogueError, RuntimeError):
    """Stories that would make more dialogues than the budget allows."""


class FeaturizerError(DialogueError, ValueError):
    """States or vectors that do not fit the featurizer they were given to."""


class PolicyConfigError(DialogueError, ValueError):
    """A policy configuration with an unknown name, parameter or value."""


class PolicyPredictionError(DialogueError, ValueError):
    """A policy answered with something that is no list of probabilities."""


class NotTrainedError(DialogueError, RuntimeError):
    """A policy or an agent was asked to predict before it was trained."""


class ModelError(DialogueError, ValueError):
    """A model folder that is damaged, of another version, or not one at all."""


class ComparisonError(DialogueError, RuntimeError):
    """A comparison that cannot be made, or whose workers keep dying."""


class AgentError(DialogueError, RuntimeError):
    """An agent that is not ready, or a conversation that cannot go on."""


class TrackerStoreError(DialogueError, RuntimeError):
    """Conversations that cannot be kept, or cannot be read."""


class DamagedStoreError(TrackerStoreError):
    """A file of conversations is damaged, and was moved where the message says; or it is gone."""


class ConversationChangedError(TrackerStoreError):
    """Somebody else, another notebook perhaps, has changed the conversation meanwhile."""
