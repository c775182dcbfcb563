"""What policies share that learn from windows of states turned into numbers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    TrackerFeaturizer,
)
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import (
    LazyExplanation,
    PolicyPrediction,
    checked_probabilities,
)

Array = npt.NDArray[np.float32]


class Network(Protocol):
    """Something trained that answers for windows."""

    @property
    def input_size(self) -> int:
        """F, the number of features."""

    @property
    def output_size(self) -> int:
        """A, the number of actions."""

    def forward(self, x: Array) -> Array:
        """Probabilities, (B, A), or (B, T, A) after every step, for windows x, (B, T, F)."""


class WindowPolicy(Policy):
    """Answers from the window of the last states and nothing else.

    A subclass sets `network_` when it is trained; None if there was nothing to learn.

    Args:
        featurizer: Turns dialogues into windows; None: one for the last `max_history` states.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states a window has; None: all.
    """

    network_: Network | None

    def __init__(
        self,
        featurizer: TrackerFeaturizer | None = None,
        priority: int = 1,
        max_history: int | None = 5,
    ) -> None:
        super().__init__(featurizer, priority)
        self.max_history = max_history

    @property
    def predicts_from_states(self) -> bool:
        """Whether `predict_batch` works: yes."""
        return True

    @cached_property
    def window_featurizer(self) -> TrackerFeaturizer:
        """The featurizer in use: the one that was given, or one for `max_history` states."""
        return self.featurizer or MaxHistoryTrackerFeaturizer(max_history=self.max_history)

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """What the network answers.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction. Its explanation (worked out when it is looked at) is that of `explain`.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the network was trained for another domain.
        """
        return self.predict_states([prediction_states(tracker, domain, self.rule_only)], domain)[0]

    def predict_states(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> list[PolicyPrediction]:
        """The checked predictions for many conversations at once.

        Args:
            states: All states of each conversation (`core.states.prediction_states`).
            domain: The domain.

        Returns:
            One prediction for each conversation.
        """
        rows = self.predict_batch(states, domain)  # (B, A)
        return [
            self._explained(conversation, row, domain)
            for conversation, row in zip(states, rows, strict=True)
        ]

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """Probabilities for many conversations at once.

        Args:
            states: All states of each conversation (`core.states.prediction_states`).
            domain: The domain.

        Returns:
            Probabilities, (B, A) float64; zeros if there was nothing to learn.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the network was trained for another domain.
        """
        network = self._trained()
        if network is None or not len(states):
            return np.zeros((len(states), domain.num_actions))
        return last_answers(network, self._encoded(network, states, domain)).astype(np.float64)

    def _encoded(
        self, network: Network, states: Sequence[Sequence[State]], domain: Domain
    ) -> Array:
        """The windows of some conversations for a network, which must fit, (B, T, F)."""
        x = self.window_featurizer.encode(states, domain)  # (B, T, F)
        if (network.input_size, network.output_size) != (x.shape[2], domain.num_actions):
            raise ModelError(
                f"{self.name} was trained for {network.input_size} features and "
                f"{network.output_size} actions, but the domain has {x.shape[2]} and "
                f"{domain.num_actions}. Train it again."
            )
        return x

    def explain(self, window: Sequence[State], domain: Domain, most: int = 10) -> dict[str, Any]:
        """What the network saw, and which of it made its best action more or less likely.

        Each feature that is not 0 is left out alone, and the network is asked again.

        Args:
            window: The states it saw, without padding.
            domain: The domain.
            most: How many features are told at most.

        Returns:
            A JSON-ready dict: `states`, and `influence`, a list of `feature`, `turn` (the place in
            `states`) and `change` (what it adds to the probability), greatest first.
        """
        states = [state.nested() for state in window]
        network = self._trained()
        if network is None:
            return {"states": states, "influence": []}
        featurizer = self.window_featurizer
        x = featurizer.encode([window], domain)  # (1, T, F)
        turns, features = np.nonzero((x[0] != 0) & (x[0] != PADDING).any(axis=1, keepdims=True))
        without = np.repeat(x, len(turns) + 1, axis=0)  # (1 + features that are not 0, T, F)
        without[np.arange(len(turns)), turns, features] = 0
        answers = last_answers(network, without)  # (1 + ..., A); the last row is the whole window
        best = int(answers[-1].argmax())
        changes = answers[-1, best] - answers[:-1, best]
        names = featurizer.encoder.feature_names(domain)
        first = int((x[0] != PADDING).any(axis=1).argmax())  # where padding on the left ends
        chosen = np.argsort(-np.abs(changes), kind="stable")[:most]
        influence = [
            {
                "feature": names[features[i]],
                "turn": int(turns[i]) - first,
                "change": float(changes[i]),
            }
            for i in chosen
        ]
        return {"states": states, "influence": influence}

    def _explained(
        self, states: Sequence[State], row: npt.NDArray[np.float64], domain: Domain
    ) -> PolicyPrediction:
        window = self.window_featurizer.prediction_window(states)
        # what answered, also if the policy has learnt something else when somebody looks
        then = copy.copy(self)
        explanation = LazyExplanation(lambda: then.explain(window, domain))
        checked = checked_probabilities(row, domain, self.name)
        return self._prediction(checked, explanation=explanation)

    def _trained(self) -> Network | None:
        network: Network | None = self._learnt("network_")
        return network


def last_answers(network: Network, x: Array) -> Array:
    """What a network answers after the last state of each window.

    Args:
        network: The network.
        x: (B, T, F) float32, padding is -1.

    Returns:
        Probabilities, (B, A) float32.
    """
    answers = network.forward(x)  # (B, A) or (B, T, A)
    if answers.ndim == 2:
        return answers
    steps = np.arange(x.shape[1])  # (T,)
    last = np.where((x != PADDING).any(axis=2), steps, 0).max(axis=1)  # (B,)
    return np.asarray(answers[np.arange(len(x)), last])  # (B, A)
