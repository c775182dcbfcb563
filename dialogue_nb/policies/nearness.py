"""Which memorised windows are closest to one that is not memorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.states import State
from dialogue_nb.featurizers.examples import NO_STATE

Key = tuple[int, ...]
"""A window as ids of states, without padding."""

Fact = tuple[Any, ...]
"""One thing that can be said of a state."""


def facts_of(state: State | None) -> list[Fact]:
    """What can be said of a state, one thing at a time; of padding, that it is padding.

    Example:
        >>> facts_of(State(intent="inform", entities=("city",)))
        [('entity', 'city'), ('user', 'inform')]
    """
    if state is None:
        return [("padding",)]
    facts: list[Fact] = [("entity", entity) for entity in state.entities]
    facts += [("slot", *slot) for slot in state.slots]
    said = state.intent if state.intent is not None else state.text
    acted = state.prev_action if state.prev_action is not None else state.prev_text
    single = (("user", said), ("action", acted), ("loop", state.active_loop))
    return facts + [fact for fact in single if fact[1] is not None]


def _weight(fact: Fact, turns: int) -> float:
    """What a fact counts: slots and forms last for many turns, so each turn counts little."""
    return 1 / turns if fact[0] in ("slot", "loop") else 1.0


@dataclass(frozen=True, eq=False)
class Nearness:
    """Windows as facts: M windows of T turns over S states, of which K facts are known.

    Args:
        numbers: All facts with their numbers.
        weights: How much each fact counts, (K,) float32.
        known: Which state has which fact, (S + 1, K) float32; the last row is padding.
        windows: The windows as state ids, (M, T) int32, padded on the left with -1.
    """

    numbers: Mapping[Fact, int]
    weights: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    windows: npt.NDArray[np.int32]

    @classmethod
    def of(cls, states: Sequence[State], keys: Sequence[Key]) -> Nearness:
        """Takes windows apart into facts.

        Args:
            states: The distinct states.
            keys: The windows as ids of states.
        """
        by_state = [facts_of(state) for state in (*states, None)]
        numbers: dict[Fact, int] = {}
        for own in by_state:
            for fact in own:
                numbers.setdefault(fact, len(numbers))
        known = np.zeros((len(by_state), len(numbers)), dtype=np.float32)  # (S + 1, K)
        for row, own in enumerate(by_state):
            known[row, [numbers[fact] for fact in own]] = 1.0
        turns = max(map(len, keys), default=1)
        windows = np.full((len(keys), turns), NO_STATE, dtype=np.int32)  # (M, T)
        for padded, key in zip(windows, keys, strict=True):
            padded[turns - len(key) :] = key
        weights = np.array([_weight(fact, turns) for fact in numbers], dtype=np.float32)  # (K,)
        return cls(numbers, weights, known, windows)

    def closest(self, states: Sequence[State], limit: int) -> list[int]:
        """The windows in which the least has to change.

        Args:
            states: The window to compare with, oldest first.
            limit: How many to return.

        Returns:
            Their numbers, the closest first; of equally close ones first those that agree longest,
            counted from now.
        """
        costs = self.costs(states)  # (M, T)
        agreed = np.cumprod(costs[:, ::-1] == 0, axis=1).sum(axis=1)  # (M,)
        order = np.lexsort((-agreed, costs.sum(axis=1)))
        return [int(row) for row in order[:limit]]

    def costs(self, states: Sequence[State]) -> npt.NDArray[np.float32]:
        """What would have to change at each turn of each window.

        Args:
            states: The window to compare with, oldest first.

        Returns:
            (M, T) float32: the weights of the facts that only one of the two states has.
        """
        turns = self.windows.shape[1]
        shown: list[State | None] = [None] * max(0, turns - len(states))
        shown += states[max(0, len(states) - turns) :]
        asked = np.zeros((len(self.weights), turns), dtype=np.float32)  # (K, T)
        unknown = np.zeros(turns, dtype=np.float32)  # (T,)
        for turn, state in enumerate(shown):
            for fact in facts_of(state):
                number = self.numbers.get(fact)
                if number is None:
                    unknown[turn] += _weight(fact, turns)
                else:
                    asked[number, turn] = self.weights[number]
        # the facts of both states, less those that they have in common
        common = self.known @ asked  # (S + 1, T)
        own = self.known @ self.weights  # (S + 1,)
        apart = own[:, None] + asked.sum(axis=0) + unknown - 2 * common  # (S + 1, T)
        # rounded, since equal sums of fractions must be equal
        costs: npt.NDArray[np.float32] = apart.round(3)[self.windows, np.arange(turns)]  # (M, T)
        return costs
