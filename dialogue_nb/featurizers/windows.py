"""Dialogues as rows of state ids, and the windows that are cut out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.states import StateTable, states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.examples import NO_STATE, Ids
from dialogue_nb.stories.training_data import TrainingTracker

Tracker = DialogueStateTracker | TrainingTracker


class Dialogue(NamedTuple):
    """A tracker as numbers.

    Args:
        name: The tracker's name.
        states: The id of the state before each action.
        labels: The index of each action; -1 where it is not to be learnt.
    """

    name: str
    states: Sequence[int]
    labels: Sequence[int]


def read_dialogues(
    trackers: Sequence[Tracker], domain: Domain
) -> tuple[StateTable, list[Dialogue]]:
    """Dialogues on one table of states.

    Args:
        trackers: Training trackers (their own table is used if it is the same one), or trackers.
        domain: The domain.

    Returns:
        The table and the dialogues, in the order of the trackers.

    Raises:
        UnknownNameError: If a tracker has an action that the domain does not have.
    """
    index = {name: i for i, name in enumerate(domain.action_names)}
    own = {id(t.table): t.table for t in trackers if isinstance(t, TrainingTracker)}
    shared = next(iter(own.values())) if len(own) == 1 else None
    # somebody else's table is not added to
    same = shared is not None and all(isinstance(t, TrainingTracker) for t in trackers)
    table = shared if shared is not None and same else StateTable()
    return table, [_read(tracker, domain, table, index) for tracker in trackers]


def _read(
    tracker: Tracker, domain: Domain, table: StateTable, index: Mapping[str, int]
) -> Dialogue:
    if isinstance(tracker, TrainingTracker):
        ids: Sequence[int] = tracker.state_ids
        if tracker.table is not table:
            ids = [table.intern(tracker.table[i]) for i in ids]
        names, learnt, name = tracker.actions, tracker.predictable, tracker.name
    else:
        ids = [table.intern(state) for state in states_of(tracker, domain)]
        done = [e for e in tracker.applied_events() if isinstance(e, ActionExecuted)]
        names = tuple(event.label for event in done)
        learnt = tuple(not event.unpredictable for event in done)
        name = tracker.sender_id
    try:
        labels = [index[n] if ok else NO_STATE for n, ok in zip(names, learnt, strict=True)]
    except KeyError as error:
        domain.index_for_action(error.args[0])  # raises, with the closest names
        raise
    return Dialogue(name, ids[: len(labels)], labels)


def slice_windows(dialogues: Sequence[Dialogue], limit: int | None) -> tuple[Ids, Ids, Ids]:
    """Every window of states with the action after it, duplicates included.

    Args:
        dialogues: The dialogues.
        limit: How many states a window has; None: as many as the longest needs.

    Returns:
        window_ids (N, T), labels (N,), sources (N, 2) as (dialogue, turn); all int32.
    """
    lengths = np.array([len(d.labels) for d in dialogues], dtype=np.int64)  # (D,)
    width = limit or int(lengths.max(initial=1))
    padding = [NO_STATE] * (width - 1)
    # all dialogues in one row, with padding before each: every window is a slice of it
    row = np.fromiter(chain.from_iterable((*padding, *d.states) for d in dialogues), np.int32)
    labels = np.fromiter(chain.from_iterable(d.labels for d in dialogues), np.int32)
    tracker = np.repeat(np.arange(len(dialogues)), lengths)  # (N,)
    begin = np.cumsum(lengths) - lengths  # (D,)
    turn = np.arange(len(labels)) - begin[tracker]
    start = np.arange(len(labels)) + tracker * (width - 1)
    kept = labels != NO_STATE
    if not kept.any():
        return np.zeros((0, width), np.int32), np.zeros(0, np.int32), np.zeros((0, 2), np.int32)
    window_ids = sliding_window_view(row, width)[start[kept]]  # (N, T)
    sources = np.column_stack([tracker, turn])[kept].astype(np.int32)  # (N, 2)
    return window_ids, labels[kept], sources
