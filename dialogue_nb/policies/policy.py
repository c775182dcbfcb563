"""The contract of a policy: a dialogue goes in, one probability for each action comes out.

A policy of your own needs one method, `predict_action_probabilities(self, tracker, domain)`, in
either of two generations: it returns a list or an array of `domain.num_actions` numbers (Rasa Core
0.x, 1.x), or a `PolicyPrediction` (Rasa 2.1 and later). `predict` is what the ensemble calls: it
checks the answer.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError, NotTrainedError, PolicyConfigError
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.states import NOTHING_RULE_ONLY, RuleOnly, State
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import (
    Tracker,
    TrackerFeaturizer,
    tracker_featurizer_from_dict,
)
from dialogue_nb.policies.json_file import read_json
from dialogue_nb.policies.prediction import PolicyPrediction, checked_probabilities

__all__ = ["POLICY_FILE", "Policy", "PolicyPrediction", "parameter_names"]

POLICY_FILE: Final = "policy.json"

T = TypeVar("T", bound=Tracker)


def parameter_names(cls: type) -> tuple[str, ...]:
    """The names of a constructor's parameters, without `self`, `*args` and `**kwargs`.

    Example:
        >>> parameter_names(Policy)
        ('featurizer', 'priority')
    """
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(cls).parameters.values()
    return tuple(p.name for p in parameters if p.kind in named)


class Policy(Showable):
    """Chooses the next action. Subclass it and write `predict_action_probabilities`.

    Args:
        featurizer: Turns dialogues into windows of states; None where a policy needs none.
        priority: The higher wins where two policies are equally confident (machine learning 1,
            memoization 3).

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.core.trackers import DialogueStateTracker
        >>> class AlwaysListen(Policy):
        ...     def predict_action_probabilities(self, tracker, domain):
        ...         return [1.0] + [0.0] * (domain.num_actions - 1)
        >>> domain = Domain.from_yaml("intents: [greet]")
        >>> AlwaysListen().predict(DialogueStateTracker(), domain).best(domain)
        'action_listen'
    """

    uses_stories: ClassVar[bool] = True
    """Whether it learns from stories."""
    uses_augmented: ClassVar[bool] = True
    """Whether it also learns from stories that were glued together."""
    uses_rules: ClassVar[bool] = False
    """Whether it learns from rules."""
    is_memoizing: ClassVar[bool] = False
    """Whether its confidence of 1 means 'I have seen exactly this'."""

    # For subclasses whose constructor does not call this one's.
    featurizer: TrackerFeaturizer | None = None
    priority: int = 1

    rule_only: RuleOnly = NOTHING_RULE_ONLY
    """Slots and loops that only rules speak of, which this policy is not to see; its ensemble
    says which."""

    def __init__(self, featurizer: TrackerFeaturizer | None = None, priority: int = 1) -> None:
        self.featurizer = featurizer
        self.priority = priority

    @property
    def name(self) -> str:
        """The class name, which is how predictions, configurations and charts call the policy."""
        return type(self).__name__

    @property
    def predicts_from_states(self) -> bool:
        """Whether `predict_batch` works: the states alone decide, no other part of the tracker."""
        return False

    def get_params(self) -> dict[str, Any]:
        """The constructor's parameters as they were given, by name."""
        return {name: getattr(self, name) for name in parameter_names(type(self))}

    def select(self, trackers: Sequence[T]) -> list[T]:
        """Those of the training trackers that this policy learns from."""
        return [tracker for tracker in trackers if self._learns_from(tracker)]

    def _learns_from(self, tracker: Tracker) -> bool:
        if getattr(tracker, "is_rule_tracker", False):
            return self.uses_rules
        if getattr(tracker, "is_augmented", False):
            return self.uses_stories and self.uses_augmented
        return self.uses_stories

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Learns from dialogues, forgetting what was learnt before; here: nothing to learn.

        Args:
            training_trackers: Dialogues, as `generate` makes them, or ordinary trackers.
            domain: The domain they belong to.
            **kwargs: What a subclass may want besides.

        Returns:
            The policy itself.
        """
        return self

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> Sequence[float] | npt.NDArray[np.floating[Any]] | PolicyPrediction:
        """How likely each action is to come next: the one method that every policy has.

        Args:
            tracker: The conversation so far. Not to be changed.
            domain: The domain; the order of the numbers is that of `domain.action_names`.

        Returns:
            `domain.num_actions` numbers from 0 to 1, or a `PolicyPrediction`. All zeros: no
            opinion.
        """
        raise NotImplementedError(
            f"{self.name} must have a method predict_action_probabilities(self, tracker, domain)."
        )

    def predict(self, tracker: DialogueStateTracker, domain: Domain) -> PolicyPrediction:
        """The policy's prediction, checked.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction, with the policy's name and priority.

        Raises:
            PolicyPredictionError: If the policy answered with something that is no list of
                probabilities.
        """
        answer = self.predict_action_probabilities(tracker, domain)
        if isinstance(answer, PolicyPrediction):
            checked = checked_probabilities(answer.probabilities, domain, self.name)
            return replace(
                answer, probabilities=checked, policy_name=answer.policy_name or self.name
            )
        return self._prediction(checked_probabilities(answer, domain, self.name))

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """Probabilities for many conversations at once, if `predicts_from_states`.

        Args:
            states: For each conversation its states, the last one being that before the action
                asked for (`core.states.prediction_states`).
            domain: The domain.

        Returns:
            Probabilities, (B, A) float64.
        """
        raise NotImplementedError(
            f"{self.name} cannot predict from states alone; call predict for each tracker."
        )

    def predict_states(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> list[PolicyPrediction]:
        """The checked predictions for many conversations at once, if `answers_in_batches`.

        Args:
            states: For each conversation its states, as for `predict_batch`.
            domain: The domain.

        Returns:
            One prediction for each conversation, equal to that of `predict`.
        """
        rows = self.predict_batch(states, domain)  # (B, A)
        return [self._prediction(checked_probabilities(row, domain, self.name)) for row in rows]

    @property
    def answers_in_batches(self) -> bool:
        """Whether `predict_states` may be used in place of `predict`.

        Not if a subclass has written a new `predict_action_probabilities` and no `predict_batch`.
        """
        if not self.predicts_from_states:
            return False
        names = ("predict_batch", "predict_action_probabilities", "predict")
        first = next(c for c in type(self).__mro__ if any(name in vars(c) for name in names))
        return "predict_batch" in vars(first)

    def persist(self, path: str | Path) -> None:
        """Writes the policy into a folder: its class name and its parameters, as JSON.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            ModelError: If there is something that this cannot keep: learned attributes (`counts_`)
                or parameters that are no JSON. Such a policy needs a `persist` and a `load` of its
                own.
        """
        learned = sorted(k for k in vars(self) if k.endswith("_") and not k.startswith("_"))
        if learned:
            raise ModelError(
                f"{self.name} has learnt {', '.join(learned)} but has no persist(path) and "
                f"load(path) of its own, so that would be lost. Write both, or keep nothing."
            )
        self.write_policy_file(path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no policy, or another one.
        """
        return cls(**cls.read_policy_file(path)["params"])

    def write_policy_file(self, path: str | Path, **more: Any) -> None:
        """Writes `policy.json`, the part of a saved policy that is the same for all.

        Args:
            path: The folder; it is made if it is not there.
            **more: What else goes into the file, JSON-ready.

        Raises:
            ModelError: If a parameter is no JSON.
        """
        params = {
            name: value.as_dict() if isinstance(value, TrackerFeaturizer) else value
            for name, value in self.get_params().items()
        }
        body = {"policy": self.name, "params": params} | more
        try:
            text = json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"The parameters of {self.name} cannot be written as JSON: {error}. Give it a "
                f"persist(path) and a load(path) of its own."
            ) from error
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / POLICY_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def read_policy_file(cls, path: str | Path) -> dict[str, Any]:
        """Reads `policy.json`; its `params` are ready for the constructor.

        Raises:
            ModelError: If the file is not there, is damaged, or belongs to another policy.
        """
        file = Path(path) / POLICY_FILE
        body = read_json(file, "saved policy")
        if not isinstance(body, dict) or not isinstance(body.get("params"), dict):
            raise ModelError(f"'{file}' is no saved policy: 'policy' or 'params' is missing.")
        if body.get("policy") != cls.__name__:
            raise ModelError(f"'{file}' holds a {body.get('policy')}, not a {cls.__name__}.")
        params = dict(body["params"])
        if isinstance(params.get("featurizer"), dict):
            params["featurizer"] = tracker_featurizer_from_dict(params["featurizer"])
        return body | {"params": params}

    def _prediction(
        self, probabilities: Sequence[float] | npt.NDArray[Any], **more: Any
    ) -> PolicyPrediction:
        """A prediction in this policy's name (as in Rasa 2.1 and later).

        Args:
            probabilities: One number for each action.
            **more: Further fields of `PolicyPrediction`: explanation, events, optional_events, ...
        """
        values = np.asarray(probabilities, dtype=np.float64)  # (A,)
        return PolicyPrediction(values, self.name, self.priority, **more)

    def _check_fits(self, domain: Domain) -> None:
        """Raises if a parameter does not fit the domain, told by the name of the parameter.

        A `..._threshold` is from 0 to 1; a `..._action_name` and a `..._intent_name` name what the
        domain has.

        Raises:
            PolicyConfigError: If one does not.
        """
        known = {"action": domain.action_names, "intent": domain.intent_names}
        for name, value in self.get_params().items():
            if name.endswith("_threshold") and not 0 <= value <= 1:
                raise PolicyConfigError(f"{name} must be a number from 0 to 1, got {value!r}.")
            kind = name.removesuffix("_name").rpartition("_")[2] if name.endswith("_name") else ""
            if kind in known and value not in known[kind]:
                hint = did_you_mean(str(value), known[kind])
                hint = hint or f"Add it to the {kind}s of the domain."
                raise PolicyConfigError(
                    f"The domain has no {kind} '{value}', which {name} of {self.name} names. {hint}"
                )

    def _learnt(self, attribute: str) -> Any:
        """What was learnt, kept in an attribute that `train` sets.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        if not hasattr(self, attribute):
            raise NotTrainedError(
                f"{self.name} has not been trained. Call train(trackers, domain)."
            )
        return getattr(self, attribute)

    def _default_predictions(self, domain: Domain) -> list[float]:
        """No opinion: a zero for each action."""
        return [0.0] * domain.num_actions

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{self.name}({params})"
