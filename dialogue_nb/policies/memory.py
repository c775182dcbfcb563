"""What a memoization policy remembers: windows of states, the action that followed, and where from.

Windows are tuples of state ids, so that looking one up costs one hash for each state; nothing is
written as JSON or compressed to be found. What is only needed to explain a miss is made when it is
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import State, StateTable
from dialogue_nb.featurizers.differences import Difference, window_differences
from dialogue_nb.featurizers.examples import NO_STATE, TrainingExamples, first_of_each
from dialogue_nb.policies.nearness import Key, Nearness

STORIES_KEPT: Final = 5
"""So many names of dialogues are kept for each window; the others are only counted."""


@dataclass(frozen=True)
class MemorizedWindow:
    """One thing to remember.

    Args:
        states: The last states before the action, oldest first.
        action: The action that followed.
        stories: The names of dialogues in which it did, the first few.
        count: In how many places it did.
    """

    states: tuple[State, ...]
    action: str
    stories: tuple[str, ...]
    count: int

    def as_dict(self) -> dict[str, Any]:
        """The window as a JSON-ready dict."""
        return {
            "states": [state.nested() for state in self.states],
            "action": self.action,
            "stories": list(self.stories),
            "count": self.count,
        }


@dataclass(frozen=True)
class Conflict:
    """The same states, but different actions: nothing is remembered.

    Args:
        states: The states, oldest first.
        actions: For each action the names of dialogues in which it followed.

    Example:
        >>> print(Conflict((State(),), {"utter_a": ("one",), "utter_b": ("two",)}))
        After the same state 'one' goes on with 'utter_a', 'two' with 'utter_b'.
    """

    states: tuple[State, ...]
    actions: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        told = [(listing(stories), action) for action, stories in self.actions.items()]
        said = [f"{stories} with '{action}'" for stories, action in told]
        said[0] = f"{told[0][0]} goes on with '{told[0][1]}'"
        count = "state" if len(self.states) == 1 else f"{len(self.states)} states"
        return f"After the same {count} {', '.join(said)}."

    def as_dict(self) -> dict[str, Any]:
        """The conflict as a JSON-ready dict, with its sentence."""
        return {
            "states": [state.nested() for state in self.states],
            "actions": {action: list(stories) for action, stories in self.actions.items()},
            "sentence": str(self),
        }


@dataclass(frozen=True)
class NearMiss:
    """A memorised window that is close to what was looked up.

    Args:
        window: The memorised window.
        differences: What is different, the last turn first.
    """

    window: MemorizedWindow
    differences: tuple[Difference, ...]

    @property
    def first_difference(self) -> Difference:
        """The difference that is closest to now."""
        return self.differences[0]

    def as_dict(self) -> dict[str, Any]:
        """The near miss as a JSON-ready dict."""
        return self.window.as_dict() | {
            "first_difference": self.first_difference.as_dict(),
            "differences": [difference.as_dict() for difference in self.differences],
        }


@dataclass(frozen=True, eq=False)
class Memory:
    """Memorised windows, and those that could not be memorised.

    Args:
        states: The distinct states.
        keys: The windows as state ids, M of them, without padding.
        actions: The action after each window.
        stories: For each window the names of the first dialogues that have it.
        counts: For each window in how many places it was found.
        conflicts: Windows with more than one action, as `{window: {action: stories}}`.
    """

    states: tuple[State, ...]
    keys: tuple[Key, ...]
    actions: tuple[str, ...]
    stories: tuple[tuple[str, ...], ...]
    counts: tuple[int, ...]
    conflicts: Mapping[Key, Mapping[str, tuple[str, ...]]]

    def __len__(self) -> int:
        """How many windows are memorised."""
        return len(self.keys)

    def __iter__(self) -> Iterator[MemorizedWindow]:
        """The memorised windows in the order in which they were first seen."""
        return (self.window(row) for row in range(len(self)))

    @cached_property
    def _ids(self) -> dict[State, int]:
        return {state: i for i, state in enumerate(self.states)}

    @cached_property
    def _rows(self) -> dict[Key, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def _key(self, states: Sequence[State]) -> Key | None:
        """The window as ids, None if one of its states was never seen."""
        try:
            return tuple([self._ids[state] for state in states])
        except KeyError:
            return None

    def _row(self, states: Sequence[State]) -> int | None:
        key = self._key(states)
        return None if key is None else self._rows.get(key)

    def action(self, states: Sequence[State]) -> str | None:
        """The action that followed exactly these states, None if that is not known.

        Args:
            states: The window, oldest first, without padding.
        """
        row = self._row(states)
        return None if row is None else self.actions[row]

    def recall(self, states: Sequence[State]) -> MemorizedWindow | None:
        """The memorised window with exactly these states, None if there is none."""
        row = self._row(states)
        return None if row is None else self.window(row)

    def conflict(self, states: Sequence[State]) -> Conflict | None:
        """The conflict at exactly these states, None if there is none."""
        key = self._key(states)
        actions = None if key is None else self.conflicts.get(key)
        return None if actions is None else Conflict(tuple(states), actions)

    def all_conflicts(self) -> list[Conflict]:
        """All windows after which dialogues go on differently."""
        return [
            Conflict(tuple(self.states[i] for i in key), actions)
            for key, actions in self.conflicts.items()
        ]

    def window(self, row: int) -> MemorizedWindow:
        """The memorised window with that number."""
        states = tuple(self.states[i] for i in self.keys[row])
        return MemorizedWindow(states, self.actions[row], self.stories[row], self.counts[row])

    def nearest(self, states: Sequence[State], limit: int = 3) -> list[NearMiss]:
        """The memorised windows that are closest to a window.

        Close is: few intents, entities, actions, forms and slots have to change. A slot that is set
        in every turn of a window counts about once, not once a turn. Of equally close ones those
        that agree longest, counted from now, come first.

        Args:
            states: The window, oldest first, without padding.
            limit: How many to return.
        """
        near = []
        for row in self._nearness.closest(states, limit):
            window = self.window(row)
            near.append(NearMiss(window, tuple(window_differences(states, window.states))))
        return [miss for miss in near if miss.differences]

    @cached_property
    def _nearness(self) -> Nearness:
        return Nearness.of(self.states, self.keys)

    def as_dict(self) -> dict[str, Any]:
        """The memory as a JSON-ready dict; `from_dict` reads it back."""
        return {
            "states": [state.nested() for state in self.states],
            "keys": [list(key) for key in self.keys],
            "actions": list(self.actions),
            "stories": [list(names) for names in self.stories],
            "counts": list(self.counts),
            "conflicts": [
                {"key": list(key), "actions": {name: list(s) for name, s in actions.items()}}
                for key, actions in self.conflicts.items()
            ],
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Memory:
        """Reads what `as_dict` wrote.

        Raises:
            ModelError: If something is missing or does not fit together.
        """
        try:
            states = tuple(State.from_nested(state) for state in body["states"])
            memory = cls(
                states,
                tuple(_checked_key(key, len(states)) for key in body["keys"]),
                tuple(str(action) for action in body["actions"]),
                tuple(tuple(map(str, names)) for names in body["stories"]),
                tuple(int(count) for count in body["counts"]),
                {
                    _checked_key(conflict["key"], len(states)): {
                        str(name): tuple(map(str, names))
                        for name, names in conflict["actions"].items()
                    }
                    for conflict in body["conflicts"]
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"The memorised windows are damaged: {error!r}. Train again."
            ) from error
        if not len(memory.keys) == len(memory.actions) == len(memory.stories) == len(memory.counts):
            raise ModelError("The memorised windows are damaged: lists of different length.")
        return memory


def remember(examples: TrainingExamples) -> Memory:
    """Remembers the examples; windows with more than one action become conflicts.

    Args:
        examples: Windows with labels, one label each.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> from dialogue_nb.core.trackers import DialogueStateTracker
        >>> from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
        >>> domain = Domain.from_yaml("{actions: [utter_a, utter_b]}")
        >>> trackers = [
        ...     DialogueStateTracker(name, domain.slots, [ActionExecuted(f"utter_{name}")])
        ...     for name in "ab"
        ... ]
        >>> data = MaxHistoryTrackerFeaturizer(max_history=2).featurize_trackers(trackers, domain)
        >>> print(*remember(data).all_conflicts())
        After the same state 'a' goes on with 'utter_a', 'b' with 'utter_b'.
    """
    first, group = first_of_each(list(examples.window_ids.T))
    names, places = _stories(examples, group, len(first))
    keys, states = _keys(examples, first)
    single = [row for row, actions in enumerate(places) if len(actions) == 1]
    return Memory(
        tuple(states),
        tuple(keys[row] for row in single),
        tuple(names[next(iter(places[row]))] for row in single),
        tuple(tuple(next(iter(places[row].values()))[0]) for row in single),
        tuple(next(iter(places[row].values()))[1] for row in single),
        {
            keys[row]: {names[label]: tuple(found) for label, (found, _) in actions.items()}
            for row, actions in enumerate(places)
            if len(actions) > 1
        },
    )


def _stories(
    examples: TrainingExamples, group: npt.NDArray[np.int32], groups: int
) -> tuple[tuple[str, ...], list[dict[int, tuple[list[str], int]]]]:
    """For each distinct window, by label: the names of the first dialogues, and how many places."""
    removed, labels = examples.removed, examples.labels
    rows = np.concatenate([np.arange(len(labels)), removed[:, 2]])
    trackers = np.concatenate([examples.sources[:, 0], removed[:, 0]])
    places: list[dict[int, tuple[list[str], int]]] = [{} for _ in range(groups)]
    triples = zip(group[rows].tolist(), labels[rows].tolist(), trackers.tolist(), strict=True)
    for window, label, tracker in triples:
        stories, count = places[window].get(label, ([], 0))
        name = examples.tracker_names[tracker]
        if len(stories) < STORIES_KEPT and name not in stories:
            stories.append(name)
        places[window][label] = (stories, count + 1)
    return examples.domain.action_names, places


def _keys(examples: TrainingExamples, rows: npt.NDArray[np.int32]) -> tuple[list[Key], StateTable]:
    """Windows as ids on a table that holds only their own states."""
    table = StateTable()
    new = {NO_STATE: NO_STATE}
    for old in np.unique(examples.window_ids[rows]).tolist():
        if old != NO_STATE:
            new[old] = table.intern(examples.table[old])
    windows = examples.window_ids[rows].tolist()
    return [tuple([new[i] for i in row if i != NO_STATE]) for row in windows], table


def _checked_key(key: Sequence[Any], states: int) -> Key:
    ids = tuple(int(i) for i in key)
    if any(not 0 <= i < states for i in ids):
        raise ValueError(f"a window names state {max(ids)} of {states}")
    return ids
