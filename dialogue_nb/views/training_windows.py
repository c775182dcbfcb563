"""A training set as windows: how often each occurs, which contradict each other, who wrote them.

All dialogues stand in one row of steps, each with the state before it and the action after it. A
window is then a step and how far to look back, so that another `max_history` moves no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.states import State
from dialogue_nb.featurizers.examples import NO_STATE, Ids, first_of_each
from dialogue_nb.featurizers.windows import Tracker, read_dialogues, slice_windows
from dialogue_nb.stories.training_data import Origin, TrainingTracker
from dialogue_nb.views.causes import in_words, moments_of
from dialogue_nb.views.feature_columns import StateCells

_UNKNOWN = -2


@dataclass(frozen=True, eq=False)
class Counted:
    """What the windows of one `max_history` are to each other.

    N windows are found in the dialogues, K of them are distinct examples (window and action).

    Args:
        max_history: How many states a window has.
        ids: The windows, (N, T) int32; -1 is padding.
        example: For each window which example it is, (N,) int32.
        group: For each example which window it has, (K,) int32; examples of one group have the same
            window and different actions.
        memorised: How many windows memoization can learn: those of stories, glued ones left out,
            that go on in one way only.
    """

    max_history: int
    ids: Ids
    example: Ids
    group: Ids
    memorised: int

    @cached_property
    def first(self) -> Ids:
        """The first window of each example, (K,) int32."""
        return np.unique(self.example, return_index=True)[1].astype(np.int32)

    def states(self, size: int) -> list[npt.NDArray[np.int64]]:
        """For now, one turn ago and so on: in how many examples each state stands there.

        Args:
            size: How many states there are.
        """
        if not self._states:
            for ids in self.ids[self.first].T[::-1]:
                self._states.append(np.bincount(ids[ids != NO_STATE], minlength=size))
        return self._states

    @cached_property
    def _states(self) -> list[npt.NDArray[np.int64]]:
        return []

    @cached_property
    def ways(self) -> npt.NDArray[np.int64]:
        """For each distinct window how many actions follow it."""
        return np.bincount(self.group)

    @property
    def conflicts(self) -> int:
        """How many windows go on in more than one way."""
        return int(np.sum(self.ways > 1))

    def as_dict(self) -> dict[str, int]:
        """The counts: windows found, distinct examples, conflicts, memorised windows."""
        return {
            "found": len(self.example),
            "windows": len(self.group),
            "conflicts": self.conflicts,
            "memorised": self.memorised,
        }


class TrainingWindows:
    r"""The windows of a training set.

    Args:
        trackers: The dialogues; those of rules are left out, unless there are no others.
        domain: Their domain.

    Attributes:
        table: The distinct states.
        steps: The state before each action, of all dialogues one after the other, (M,) int32.
        turns: The number of the turn in its dialogue, (M,) int32.
        labels: The action, (M,) int32; -1 where it is not learnt.
        rows: The steps that are learnt, (N,) int32.

    Example:
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories("## hello\n* greet\n  - utter_hi")
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> windows = TrainingWindows(generate(stories, domain), domain)
        >>> windows.counted(2).as_dict()
        {'found': 3, 'windows': 3, 'conflicts': 0, 'memorised': 3}
    """

    def __init__(self, trackers: Sequence[Tracker], domain: Domain) -> None:
        rules = [isinstance(t, TrainingTracker) and t.is_rule_tracker for t in trackers]
        chosen = [t for t, is_rule in zip(trackers, rules, strict=True) if not is_rule]
        self.trackers: list[Tracker] = chosen or list(trackers)
        self.domain = domain
        self.table, self._dialogues = read_dialogues(self.trackers, domain)
        lengths = np.array([len(d.labels) for d in self._dialogues], dtype=np.int64)  # (D,)
        self._begin = np.cumsum(lengths) - lengths  # (D,)
        self._owner = np.repeat(np.arange(len(lengths)), lengths)  # (M,)
        joined = [np.asarray(d.states, np.int32) for d in self._dialogues]
        self.steps: Ids = np.concatenate([*joined, np.zeros(0, np.int32)])  # (M,)
        learnt = [np.asarray(d.labels, np.int32) for d in self._dialogues]
        self.labels: Ids = np.concatenate([*learnt, np.zeros(0, np.int32)])  # (M,)
        turns = np.arange(len(self.steps)) - self._begin[self._owner]
        self.turns: Ids = turns.astype(np.int32)  # (M,)
        self.rows: Ids = np.flatnonzero(self.labels != NO_STATE).astype(np.int32)  # (N,)
        self._counted: dict[int | None, Counted] = {}
        self._causes: dict[int, dict[str, dict[str, Any]]] = {}

    def __len__(self) -> int:
        """How many windows are found, equal ones included."""
        return len(self.rows)

    @property
    def longest(self) -> int:
        """How many turns the longest dialogue has."""
        return int(self.turns.max(initial=0)) + 1

    def counted(self, max_history: int | None) -> Counted:
        """The windows of so many states; remembered for the last few sizes.

        Args:
            max_history: How many states a window has; None: as many as the longest dialogue.
        """
        if max_history not in self._counted:
            while len(self._counted) >= 4:
                self._counted.pop(next(iter(self._counted)))
            self._counted[max_history] = self._count(max_history)
        return self._counted[max_history]

    def _count(self, max_history: int | None) -> Counted:
        ids, labels, _ = slice_windows(self._dialogues, max_history)  # (N, T), (N,)
        _, window = first_of_each(list(ids.T))  # (N,)
        first, example = first_of_each([window, labels])  # (K,), (N,)
        originals = ~self._is_augmented[self._owner[self.rows]]  # (N,)
        told = np.unique(np.column_stack([window, labels])[originals], axis=0)  # (_, 2)
        ways = np.bincount(told[:, 0]) if len(told) else np.zeros(0, np.int64)
        return Counted(ids.shape[1], ids, example, window[first], int(np.sum(ways == 1)))

    @cached_property
    def _is_augmented(self) -> npt.NDArray[np.bool_]:
        flags = [isinstance(t, TrainingTracker) and t.is_augmented for t in self.trackers]
        return np.array(flags, dtype=bool)  # (D,)

    # --- where a window comes from --------------------------------------------------------------

    def source(self, step: int) -> tuple[str, int]:
        """The dialogue that a step is in, by name, and the turn there."""
        return self._dialogues[self._owner[step]].name, int(self.turns[step])

    def ordered(
        self, max_history: int | None, sort: str = "story", *, repeats: bool = False
    ) -> npt.NDArray[np.int64]:
        """The windows in the order in which they are shown.

        Args:
            max_history: How many states a window has.
            sort: "story", "action" (by name) or "conflicts" (those first).
            repeats: Whether windows that were there before are shown too.

        Returns:
            Their numbers, from 0 to N - 1.
        """
        counted = self.counted(max_history)
        rows = np.arange(len(self.rows)) if repeats else np.sort(counted.first)
        if sort == "action":
            names = self.domain.action_names
            rank = np.argsort(np.argsort(np.array(names)))  # (A,)
            rows = rows[np.argsort(rank[self.labels[self.rows[rows]]], kind="stable")]
        elif sort == "conflicts":
            group = counted.group[counted.example[rows]]
            rows = rows[np.lexsort((group, counted.ways[group] <= 1))]
        return rows.astype(np.int64)

    def marks(self, max_history: int | None, rows: npt.NDArray[np.int64]) -> dict[str, str]:
        """What is special about windows, by place.

        "!2": two actions follow it; "×3": it is there three times; "=7": it is equal to window 7.

        Args:
            max_history: How many states a window has.
            rows: The windows, by number.
        """
        counted = self.counted(max_history)
        example = counted.example[rows]
        ways = counted.ways[counted.group[example]]
        times = np.bincount(counted.example)[example]
        first = counted.first[example]
        made = {}
        for i in np.flatnonzero((ways > 1) | (times > 1)).tolist():
            mark = f" !{ways[i]}" if ways[i] > 1 else ""
            if times[i] > 1:
                mark += f" ×{times[i]}" if first[i] == rows[i] else f" ={first[i] + 1}"
            made[str(i)] = mark
        return made

    def causes(self, step: int) -> dict[str, dict[str, Any]]:
        """What made the parts of the state before a step.

        Args:
            step: The step.

        Returns:
            By part, as in `Column.part`: `{"text", "source"}`, the event in words, and where it was
            written, as `{"story", "file", "line"}` or None.
        """
        if step not in self._causes:
            self._causes.clear()  # one dialogue at a time
            self._causes.update(self._all_causes(int(self._owner[step])))
        return self._causes[step]

    def _all_causes(self, owner: int) -> dict[int, dict[str, dict[str, Any]]]:
        """The causes of all steps of a dialogue."""
        tracker = self.trackers[owner]
        is_made = isinstance(tracker, TrainingTracker)
        replayed = tracker.tracker() if isinstance(tracker, TrainingTracker) else tracker
        origins = tracker.event_origins if isinstance(tracker, TrainingTracker) else ()
        made = {}
        for turn, moment in enumerate(moments_of(replayed, self.domain)):
            made[int(self._begin[owner]) + turn] = {
                part: {
                    "text": in_words(replayed.events[at]),
                    "source": _place(origins[at]) if is_made and at < len(origins) else None,
                }
                for part, at in moment.causes.items()
            }
        return made

    # --- a conversation beside the training set -------------------------------------------------

    def ids_of(self, states: Sequence[State]) -> list[int]:
        """The ids of states in the table, -2 for those that it does not have."""
        return [self.table.intern(s) if s in self.table else _UNKNOWN for s in states]

    def likest(self, ids: Sequence[int]) -> int | None:
        """The step whose dialogue has the most turns in common with a conversation.

        Args:
            ids: The conversation's states, oldest first, as `ids_of` gives them.

        Returns:
            The first such step; None if no dialogue is ever in the last of these states.
        """
        steps = np.flatnonzero(self.steps == ids[-1])
        for back in range(1, len(ids)):
            same = (self.turns[steps] >= back) & (self.steps[steps - back] == ids[-1 - back])
            if not same.any():
                break
            steps = steps[same]
        return int(steps[0]) if len(steps) else None

    def actions_after(self, ids: Sequence[int], counted: Counted) -> list[str]:
        """The actions that follow exactly this window in training.

        Args:
            ids: The window, (T,), padding included.
            counted: The windows of that size.
        """
        examples = counted.first[(counted.ids[counted.first] == np.asarray(ids)).all(axis=1)]
        names = self.domain.action_names
        return [names[self.labels[self.rows[i]]] for i in examples]

    def seen(
        self, cells: StateCells, counted: Counted, column: int
    ) -> list[dict[float | None, int]]:
        """In how many examples a column has which value.

        Args:
            cells: The cells of `table`.
            counted: The windows.
            column: The column.

        Returns:
            For now, one turn ago and so on: `{value: examples}`, with 0.0 for nothing and None for
            padding.
        """
        here = np.flatnonzero(cells.places == column)
        owners = np.searchsorted(cells.offsets, here, side="right") - 1
        values, which = np.unique(cells.values[here], return_inverse=True)
        made = []
        for states in counted.states(len(self.table)):
            sums = np.bincount(which, weights=states[owners], minlength=len(values))
            found: dict[float | None, int] = dict(
                zip(values.tolist(), map(int, sums.tolist()), strict=True)
            )
            found[None] = len(counted.group) - int(states.sum())
            found[0.0] = len(counted.group) - sum(found.values())
            made.append(found)
        return made


def _place(origin: Origin) -> dict[str, Any] | None:
    if origin.line is None:
        return None
    return {"story": origin.story, "file": origin.file, "line": origin.line}
