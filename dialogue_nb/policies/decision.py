"""What the ensemble decided, and everything it was decided from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.events import Event
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.states import State
from dialogue_nb.policies.prediction import FALLBACK_BELOW, PolicyPrediction

RULES: Final[Mapping[str, str]] = {
    "confidence": "its confidence is the highest",
    "priority": "others are equally confident, but its priority is higher",
    "order": "others are equally confident and have the same priority, but it comes first",
    "rejection": "another action was refused by the bot, so it no longer counts",
    "loop": "a form goes on, whatever the user said",
    "end_to_end": "it was predicted from the words of the message",
    "followup": "something asked for this action to come next",
    "default_intent": "the user asked for it: /restart, /back or /session_start",
}
"""By which rule a prediction can win, and what that means."""


def without(probabilities: npt.NDArray[np.float64], index: int | None) -> npt.NDArray[np.float64]:
    """Probabilities in which one action does not count.

    Args:
        probabilities: The probabilities, (A,).
        index: The action that does not count; None: all do.

    Returns:
        (A,) float64; a copy where something was changed.
    """
    if index is None:
        return probabilities
    counted = probabilities.copy()
    counted[index] = 0.0
    return counted


def best_without(prediction: PolicyPrediction, refused: int | None) -> tuple[int, float]:
    """The most likely action and how likely it is, where one action may not count.

    Args:
        prediction: What a policy said.
        refused: The index of the action that does not count; None: all do.

    Returns:
        The index of the action, and its probability.
    """
    if refused is None or prediction.best_index != refused:
        return prediction.best_index, prediction.confidence
    counted = without(prediction.probabilities, refused)
    best = int(counted.argmax())
    return best, float(counted[best])


@dataclass(frozen=True, eq=False)
class Decision(Showable):
    """The next action, and why: the numbers of every policy and how they were combined.

    Args:
        action: The action that is to come next.
        confidence: How sure the winning policy is of it, from 0 to 1.
        policy: The name of the winning policy, None when no policy decided.
        rule: How it won, see `RULES`.
        predictions: What each policy said, in the order of the ensemble.
        states: The states of the conversation that they saw, oldest first.
        action_names: The actions that the numbers belong to.
        rejected: The action that was just refused, so it did not count; None if there is none.
        winner: The place of the winning prediction in `predictions`, None when no policy decided.
        events: What is added to the conversation before the action.
        note: What to say instead of the usual reason, "" for the usual one.

    Example:
        >>> sure = PolicyPrediction(np.array([0.0, 0.8]), "MyPolicy", 1)
        >>> silent = PolicyPrediction(np.array([0.0, 0.0]), "MemoizationPolicy", 3)
        >>> decision = Decision("utter_hi", 0.8, "MyPolicy", "confidence", (silent, sure),
        ...                     action_names=("action_listen", "utter_hi"), winner=1)
        >>> decision.why()
        'MyPolicy chose utter_hi (0.80), MemoizationPolicy had no opinion.'
        >>> [row["confidence"] for row in decision.trace]
        [0.0, 0.8]
    """

    action: str
    confidence: float
    policy: str | None
    rule: str
    predictions: tuple[PolicyPrediction, ...] = ()
    states: tuple[State, ...] = ()
    action_names: tuple[str, ...] = ()
    rejected: str | None = None
    winner: int | None = None
    events: tuple[Event, ...] = ()
    note: str = ""

    @property
    def prediction(self) -> PolicyPrediction | None:
        """The winning prediction, None when no policy decided."""
        return None if self.winner is None else self.predictions[self.winner]

    @cached_property
    def trace(self) -> list[dict[str, Any]]:
        """One JSON-ready row for each policy, in the order of the ensemble.

        `policy`, `priority`, `confidence` and `action` (None: no opinion) as they counted, after
        the refused action was taken out; `probabilities` as the policy gave them, in the order of
        `action_names`; `explanation`; `won`.
        """
        return [self._row(i) for i in range(len(self.predictions))]

    def _row(self, index: int) -> dict[str, Any]:
        prediction = self.predictions[index]
        action, confidence = self._opinion(index)
        return {
            "policy": prediction.policy_name,
            "priority": prediction.priority,
            "confidence": confidence,
            "action": action,
            "probabilities": [float(p) for p in prediction.probabilities],
            "explanation": dict(prediction.explanation),
            "won": index == self.winner,
        }

    def _opinion(self, index: int) -> tuple[str | None, float]:
        """What a policy wanted, as it counted, and how sure it was."""
        best, confidence = best_without(self.predictions[index], self._rejected_index)
        return (self.action_names[best] if confidence > 0 else None), confidence

    @property
    def _rejected_index(self) -> int | None:
        return self.action_names.index(self.rejected) if self.rejected else None

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """The most likely actions, in the eyes of the policy that won.

        Args:
            k: How many.

        Returns:
            (action, probability), the most likely first; actions with probability 0 are left out.
        """
        if self.prediction is None:
            return [(self.action, self.confidence)][:k]
        counted = without(self.prediction.probabilities, self._rejected_index)
        order = np.argsort(-counted, kind="stable")[:k]
        return [(self.action_names[i], float(counted[i])) for i in order if counted[i] > 0]

    def why(self) -> str:
        """The decision in one or two plain sentences."""
        if self.note:
            return self.note
        if self.winner is None or self.policy is None:
            return f"{self.action} was chosen because {RULES.get(self.rule, self.rule)}."
        others = ", ".join(
            self._stance(i) for i in range(len(self.predictions)) if i != self.winner
        )
        if self.confidence == 0:
            first = f"No policy had an opinion, so {self.action} counts, the first of all actions"
            details = self._reason(self.winner)
            stance = f"{self.policy} had none ({details})" if details else ""
            return f"{first}: {', '.join(filter(None, [stance, others]))}.".replace(": .", ".")
        reason = self._reason(self.winner)
        said = f"{self.policy} chose {self.action} ({self.confidence:.2f}){self._how()}"
        if reason:
            return f"{said}: {reason}." + (f" {others}." if others else "")
        return f"{said}, {others}." if others else f"{said}."

    def _how(self) -> str:
        """The rule in words, where it is not simply the highest confidence."""
        prediction = self.prediction
        match self.rule:
            case "priority" if prediction is not None:
                return f" by its higher priority ({prediction.priority})"
            case "order":
                return " because it comes first in the list"
            case "rejection":
                return f" because {self.rejected} was refused"
            case "loop":
                return " because its form goes on"
            case "end_to_end":
                return " from the words of the message"
        return ""

    def _reason(self, index: int) -> str:
        """What the policy itself says, if its explanation has a sentence."""
        return str(self.predictions[index].explanation.get("sentence", ""))

    def _stance(self, index: int) -> str:
        """What a policy that did not win wanted."""
        name = self.predictions[index].policy_name
        action, confidence = self._opinion(index)
        if action is None:
            reason = self._reason(index)
            return f"{name} had no opinion" + (f" ({reason})" if reason else "")
        if action == self.action:
            return f"{name} agreed ({confidence:.2f})"
        if self.policy in self.predictions[index].gives_way_to:
            return f"{name} gave way with {action} ({confidence:.2f})"
        limit = self.predictions[index].explanation.get(FALLBACK_BELOW)
        if limit is not None:
            return f"{name} offers {action} below {limit:.2f}"
        return f"{name} preferred {action} ({confidence:.2f})"

    def as_dict(self) -> dict[str, Any]:
        """The decision as a JSON-ready dict, with its trace and its reason."""
        return {
            "action": self.action,
            "confidence": self.confidence,
            "policy": self.policy,
            "rule": self.rule,
            "rejected": self.rejected,
            "winner": self.winner,
            "why": self.why(),
            "action_names": list(self.action_names),
            "states": [state.nested() for state in self.states],
            "events": [event.as_dict() for event in self.events],
            "trace": self.trace,
        }

    def __repr__(self) -> str:
        who = self.policy or self.rule
        return f"<Decision {self.action} ({self.confidence:.2f}) by {who}>"
