"""Looking into the network of TEDPolicy: what it attends to, and where things stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.network_policy import NetworkPolicy
from dialogue_nb.policies.ted_network import TedNetwork

Array = npt.NDArray[np.float32]


class TransparentPolicy(NetworkPolicy):
    """A policy with a `TedNetwork`, and everything that can be seen in it."""

    def attention(
        self, conversation: DialogueStateTracker | Sequence[State], domain: Domain
    ) -> Array:
        """How much the turns look at each other before the next action is predicted.

        Args:
            conversation: A tracker, or all states of a conversation.
            domain: The domain.

        Returns:
            (L, H, T, T) float32 for L layers, H heads, and the T turns that the network sees, the
            oldest first: row t says how turn t spreads its attention over all turns, and sums up to
            1. The answer is made from the last turn.

        Raises:
            NotTrainedError: If nothing was learnt.
            ModelError: If the network is one without attention.
        """
        network, x = self._seen([self._states(conversation, domain)], domain)
        work = network.forward_with_work(x, all_turns=True)
        real = work.is_real[0]  # (T,)
        weights = np.stack(work.attention)[:, 0]  # (L, H, T, T)
        return np.asarray(weights[:, :, real][:, :, :, real])

    def dialogue_embeddings(
        self, conversations: Sequence[DialogueStateTracker | Sequence[State]], domain: Domain
    ) -> Array:
        """Where conversations stand among the actions: what the next action is read off.

        Args:
            conversations: Trackers, or all states of each conversation.
            domain: The domain.

        Returns:
            (B, D) float32; their inner products with `action_embeddings` are the similarities.
        """
        states = [self._states(conversation, domain) for conversation in conversations]
        network, x = self._seen(states, domain)
        work = network.forward_with_work(x)
        if work.dialogue.ndim == 2:
            return work.dialogue
        last = work.is_real.sum(axis=1) - 1  # (B,)
        return np.asarray(work.dialogue[np.arange(len(x)), last])

    def action_embeddings(self) -> Array:
        """Where the actions stand, in the order of the domain, (A, D) float32."""
        return self._own_network().actions

    def explain(self, window: Sequence[State], domain: Domain, most: int = 10) -> dict[str, Any]:
        """What the network saw, which of it mattered, and what the last turn attended to.

        Args:
            window: The states it saw, without padding.
            domain: The domain.
            most: How many features are told at most.

        Returns:
            As for KerasPolicy, and `attention`: for each layer and head one number for each of the
            states.
        """
        told = super().explain(window, domain, most)
        if isinstance(self._trained(), TedNetwork):
            told["attention"] = self.attention(window, domain)[:, :, -1].tolist()  # (L, H, T)
        return told

    def _own_network(self) -> TedNetwork:
        network = self._network()
        if not isinstance(network, TedNetwork):
            raise ModelError(
                f"{self.name} has a network of its own architecture; only that of TEDPolicy can be "
                "looked into."
            )
        return network

    def _states(
        self, conversation: DialogueStateTracker | Sequence[State], domain: Domain
    ) -> Sequence[State]:
        if isinstance(conversation, DialogueStateTracker):
            return prediction_states(conversation, domain, self.rule_only)
        return conversation

    def _seen(self, states: Sequence[Sequence[State]], domain: Domain) -> tuple[TedNetwork, Array]:
        network = self._own_network()
        return network, self._encoded(network, states, domain)
