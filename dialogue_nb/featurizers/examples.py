"""What to learn from: windows of state ids with labels, and what became of the duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.states import State, StateTable
from dialogue_nb.featurizers.single_state import PADDING, SingleStateFeaturizer

Ids = npt.NDArray[np.int32]

NO_STATE: Final = -1
"""The id of padding, and the label of a turn that is not to be learnt."""


@dataclass(frozen=True, eq=False)
class TrainingExamples:
    """Training data on interned states; the dense arrays are made when they are asked for.

    N examples of T turns, S distinct states, F features, A actions. The data come from `sources`:
    row n says which tracker and which of its actions made example n.

    Args:
        table: The distinct states.
        window_ids: State ids, (N, T) int32; -1 is padding.
        labels: Action indices, (N,) int32; of a full dialogue (N, T), with -1 where there is
            nothing to learn.
        sources: (tracker, turn) of each example, (N, 2) int32. The turn counts the tracker's
            actions from 0; for a full dialogue it is 0.
        removed: (tracker, turn, example) of each duplicate that was left out, (R, 3) int32: example
            is the one that is kept in its place.
        tracker_names: The names of the trackers.
        domain: The domain.
        state_featurizer: What makes vectors of states.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> from dialogue_nb.core.trackers import DialogueStateTracker
        >>> from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> listen, hi = ActionExecuted("action_listen"), ActionExecuted("utter_hi")
        >>> said = [listen, UserUttered.of("greet"), hi]
        >>> tracker = DialogueStateTracker("hello", domain.slots, said)
        >>> data = MaxHistoryTrackerFeaturizer(max_history=3).featurize_trackers([tracker], domain)
        >>> data.window_ids.tolist(), data.label_names
        ([[-1, -1, 0], [-1, 0, 1]], ('action_listen', 'utter_hi'))
        >>> data.X.shape == (2, 3, len(domain.feature_names))
        True
    """

    table: StateTable
    window_ids: Ids
    labels: Ids
    sources: Ids
    removed: Ids
    tracker_names: tuple[str, ...]
    domain: Domain
    state_featurizer: SingleStateFeaturizer

    def __len__(self) -> int:
        """How many examples there are."""
        return len(self.window_ids)

    @cached_property
    def state_vectors(self) -> npt.NDArray[np.float32]:
        """The distinct states as vectors, (S, F) float32."""
        return self.state_featurizer.encode_many(self.table.states, self.domain)  # (S, F)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the F features."""
        return self.state_featurizer.feature_names(self.domain)

    def batch(self, indices: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Some of the examples as vectors.

        Args:
            indices: Which ones, (B,).

        Returns:
            (B, T, F) float32, padding is -1.
        """
        return gather(self.state_vectors, self.window_ids[np.asarray(indices)])  # (B, T, F)

    @property
    def X(self) -> npt.NDArray[np.float32]:
        """All examples as vectors, (N, T, F) float32, padding is -1."""
        return gather(self.state_vectors, self.window_ids)  # (N, T, F)

    @property
    def y(self) -> npt.NDArray[np.float32]:
        """The labels as one-hot rows, (N, A) or (N, T, A) float32; -1 where there is no label."""
        rows = np.zeros((*self.labels.shape, self.domain.num_actions), dtype=np.float32)
        there = self.labels != NO_STATE
        rows[~there] = PADDING
        rows[(*np.nonzero(there), self.labels[there])] = 1.0
        return rows  # (N, A) or (N, T, A)

    @property
    def sample_weight(self) -> npt.NDArray[np.float32]:
        """1 where there is a label and 0 where there is none, (N,) or (N, T) float32."""
        there: npt.NDArray[np.bool_] = self.labels != NO_STATE
        return there.astype(np.float32)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels by name, in order, without the missing ones."""
        names = self.domain.action_names
        return tuple(names[i] for i in self.labels[self.labels != NO_STATE])

    def window(self, index: int) -> list[State | None]:
        """The states of one example; None is padding."""
        return [self.table[i] if i != NO_STATE else None for i in self.window_ids[index]]

    def source(self, index: int) -> str:
        """Where an example came from, in words."""
        tracker, turn = self.sources[index]
        return f"'{self.tracker_names[tracker]}', action {turn + 1}"

    def why_removed(self, index: int) -> str:
        """Why the duplicate `removed[index]` was left out, as a sentence."""
        tracker, turn, kept = self.removed[index]
        label = self.domain.action_names[self.labels[kept]]
        return (
            f"'{self.tracker_names[tracker]}', action {turn + 1} ('{label}') says the same as "
            f"{self.source(int(kept))}: the same action after the same {self._known(int(kept))}."
        )

    def _known(self, index: int) -> str:
        count = int(np.sum(self.window_ids[index] != NO_STATE))
        return "state" if count == 1 else f"{count} states"


def gather(vectors: npt.NDArray[np.float32], ids: Ids) -> npt.NDArray[np.float32]:
    """Vectors of states for ids of states.

    Args:
        vectors: The vectors of the distinct states, (S, F) float32.
        ids: Their ids, (..., T) int32; -1 is padding.

    Returns:
        (..., T, F) float32, padding is -1.
    """
    padding = np.full((1, vectors.shape[1]), PADDING, dtype=np.float32)
    # the id -1 finds the last row, which is the padding
    return np.concatenate([vectors, padding])[ids]  # (..., T, F)


def first_of_each(columns: Sequence[npt.NDArray[np.int32]]) -> tuple[Ids, Ids]:
    """Which rows of a table are the first of their kind.

    The columns are packed into one 64-bit number as far as they fit, then replaced by their rank,
    and so on: exact, with one sort for about five columns.

    Args:
        columns: The columns of the table, each (N,) int32 with values of -1 and more.

    Returns:
        (first, group): the rows that have no equal before them, in order, (K,) int32; and for
        every row the place of its first equal in that list, (N,) int32.

    Example:
        >>> first, group = first_of_each([np.array([4, 7, 4, 7]), np.array([1, 1, 1, 0])])
        >>> first.tolist(), group.tolist()
        ([0, 1, 3], [0, 1, 0, 2])
    """
    rows = len(columns[0])
    if rows == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    key = np.zeros(rows, dtype=np.int64)  # (N,)
    size = 1
    for column in columns:
        width = int(column.max()) + 2
        if size * width >= 2**62:
            key, size = _ranks(key)
        key = key * width + (column + 1)
        size *= width
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # (K,)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return first[order].astype(np.int32), place[group.reshape(-1)]


def _ranks(key: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """The same rows in smaller numbers."""
    distinct, group = np.unique(key, return_inverse=True)
    return group.reshape(-1).astype(np.int64), len(distinct)
