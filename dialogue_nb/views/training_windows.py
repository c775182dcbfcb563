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

    @cached_property
    def conflicts(self) -> int:
        """How many windows go on in more than one way."""
        return int(np.sum(np.bincount(self.group) > 1)) if len(self.group) else 0

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

    def cause(self, step: int, part: str) -> dict[str, Any] | None:
        """What made a part of the state before a step.

        Args:
            step: The step.
            part: The part, as in `Column.part`.

        Returns:
            `{"text", "source"}`: the event in words, and where it was written, as `{"story",
            "file", "line"}` or None. None if nothing made it.
        """
        tracker, turn = self.trackers[self._owner[step]], int(self.turns[step])
        replayed = tracker.tracker() if isinstance(tracker, TrainingTracker) else tracker
        at = moments_of(replayed, self.domain)[turn].causes.get(part)
        if at is None:
            return None
        origins = tracker.event_origins if isinstance(tracker, TrainingTracker) else ()
        origin = origins[at] if at < len(origins) else None
        return {"text": in_words(replayed.events[at]), "source": _place(origin)}

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
        self, cells: StateCells, counted: Counted, column: int, back: int
    ) -> dict[float | None, int]:
        """In how many examples a column has which value, so many turns before now.

        Args:
            cells: The cells of `table`.
            counted: The windows.
            column: The column.
            back: How many turns before now.

        Returns:
            `{value: examples}`, with 0.0 for nothing and None for padding.
        """
        ids = counted.ids[counted.first, -1 - back]  # (K,)
        states = np.bincount(ids[ids != NO_STATE], minlength=len(self.table))  # (S,)
        here = np.flatnonzero(cells.places == column)
        owners = np.searchsorted(cells.offsets, here, side="right") - 1
        found: dict[float | None, int] = {}
        for value, state in zip(cells.values[here].tolist(), owners.tolist(), strict=True):
            found[value] = found.get(value, 0) + int(states[state])
        found[None] = int(np.sum(ids == NO_STATE))
        found[0.0] = len(ids) - sum(found.values())
        return found


def _place(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None or origin.line is None:
        return None
    return {"story": origin.story, "file": origin.file, "line": origin.line}
