"""What a policy answers: probabilities, a name, an explanation; and the check of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import Event
from dialogue_nb.core.exceptions import PolicyPredictionError
from dialogue_nb.core.trackers import DialogueStateTracker

# A softmax in single precision may sum to a little more than one.
ROUNDING: Final = 1e-5

FALLBACK_BELOW: Final = "fallback_below"
"""The key of an explanation that says: this is no opinion, but what the bot falls back to where
nobody is as sure as this."""


def _short(value: Any, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


class LazyExplanation(Mapping[str, Any]):
    """An explanation that is worked out when somebody looks at it, not while the bot answers.

    Args:
        compute: Makes the explanation, a JSON-ready dict. Called at most once.

    Example:
        >>> explanation = LazyExplanation(lambda: {"found": True})
        >>> explanation["found"], len(explanation)
        (True, 1)
    """

    def __init__(self, compute: Callable[[], Mapping[str, Any]]) -> None:
        self._compute: Callable[[], Mapping[str, Any]] | None = compute
        self._value: Mapping[str, Any] = {}

    def _looked_up(self) -> Mapping[str, Any]:
        if self._compute is not None:
            self._value, self._compute = dict(self._compute()), None
        return self._value

    def __getitem__(self, key: str) -> Any:
        return self._looked_up()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._looked_up())

    def __len__(self) -> int:
        return len(self._looked_up())

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type, tuple[Mapping[str, Any]]]:
        """A copy is a plain dict: what it was computed from does not travel with it."""
        return dict, (dict(self),)


@dataclass(frozen=True, eq=False)
class PolicyPrediction:
    """What one policy thinks should happen next.

    Args:
        probabilities: One number for each action of the domain, (A,) float64, each between 0 and
            1; they need not sum to 1. All zeros means: no opinion.
        policy_name: The class name of the policy.
        priority: Its priority: the higher wins where two policies are equally confident.
        explanation: Why, JSON-ready, in a form of the policy's own.
        events: Events that are added to the conversation whoever wins.
        optional_events: Events that are added only if this prediction wins.
        is_end_to_end: Whether it was made from the text of the last message, not from its intent.
        is_no_user_prediction: Whether it was made without looking at the user (a form goes on
            asking).
        hide_rule_turn: Whether learning policies should not see this turn.
        gives_way_to: Names of policies: if one of them would win without this prediction, this one
            does not count.

    Example:
        >>> prediction = PolicyPrediction(np.array([0.0, 0.7, 0.3]), "MyPolicy", 1)
        >>> prediction.confidence
        0.7
    """

    probabilities: npt.NDArray[np.float64]
    policy_name: str = ""
    priority: int = 1
    explanation: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    optional_events: tuple[Event, ...] = ()
    is_end_to_end: bool = False
    is_no_user_prediction: bool = False
    hide_rule_turn: bool = False
    gives_way_to: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """The highest of the probabilities; 0.0 when the policy has no opinion."""
        return float(self.probabilities[self.best_index])

    @cached_property
    def best_index(self) -> int:
        """The index of the most likely action; the first one where several are equally likely."""
        return int(self.probabilities.argmax())

    def best(self, domain: Domain) -> str | None:
        """The name of the most likely action, None when the policy has no opinion."""
        return domain.action_names[self.best_index] if self.confidence > 0 else None

    def as_dict(self) -> dict[str, Any]:
        """The prediction as a JSON-ready dict."""
        return {
            "policy": self.policy_name,
            "priority": self.priority,
            "confidence": self.confidence,
            "probabilities": [float(p) for p in self.probabilities],
            "explanation": dict(self.explanation),
            "events": [event.as_dict() for event in self.events],
            "optional_events": [event.as_dict() for event in self.optional_events],
            "is_end_to_end": self.is_end_to_end,
            "is_no_user_prediction": self.is_no_user_prediction,
            "hide_rule_turn": self.hide_rule_turn,
            "gives_way_to": list(self.gives_way_to),
        }


def checked_probabilities(answer: Any, domain: Domain, policy_name: str) -> npt.NDArray[np.float64]:
    """The answer of a policy as an array, or an error that names what is wrong with it.

    Args:
        answer: What the policy returned: a sequence of `domain.num_actions` numbers.
        domain: The domain whose actions they belong to.
        policy_name: Who answered, for the message.

    Returns:
        The probabilities, (A,) float64, a read-only copy.

    Raises:
        PolicyPredictionError: If the length is wrong, or a number is negative, above 1 or not
            finite.
    """
    expected = f"{policy_name} must return {domain.num_actions} probabilities, one for each action"
    try:
        values = np.array(answer, dtype=np.float64)  # (A,)
    except (TypeError, ValueError) as error:
        raise PolicyPredictionError(f"{expected}, got {_short(answer)}: {error}.") from error
    if values.shape != (domain.num_actions,):
        got = f"{len(values)}" if values.ndim == 1 else f"an array of shape {values.shape}"
        raise PolicyPredictionError(
            f"{expected} of the domain, got {got}. The order is that of domain.action_names."
        )
    highest = values.max()
    # a comparison with nan is false, so this finds nan too
    if not (values.min() >= 0 and highest <= 1 + ROUNDING):
        wrong = ~np.isfinite(values) | (values < 0) | (values > 1 + ROUNDING)
        index = int(np.argmax(wrong))
        raise PolicyPredictionError(
            f"{expected}, each from 0 to 1, got {values[index]:g} for "
            f"'{domain.action_names[index]}' (index {index}). All zeros means 'no opinion'."
        )
    if highest > 1:
        values = np.minimum(values, 1.0)
    values.flags.writeable = False
    return values


def nlu_confidence(tracker: DialogueStateTracker) -> float:
    """How sure the interpreter was of the last message.

    Args:
        tracker: The conversation.

    Returns:
        The confidence of the intent, 0 to 1; 1.0 where nothing says how sure it was.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> from dialogue_nb.core.trackers import DialogueStateTracker
        >>> said = UserUttered("hm", {"name": "greet", "confidence": 0.4})
        >>> nlu_confidence(DialogueStateTracker.from_events("me", [said], []))
        0.4
    """
    confidence = tracker.latest_message.intent.get("confidence", 1.0)
    return 1.0 if confidence is None else float(confidence)
