"""Dialogues as windows of states, with the action that follows each as its label.

    MaxHistoryTrackerFeaturizer    one example for each action: the last states before it
    FullDialogueTrackerFeaturizer  one example for each dialogue: all its states

Windows have a fixed width and are padded: with `max_history` on the left, as in Rasa Core 0.x and
1.x; a full dialogue at its end. `prediction_window` gives them without, as in Rasa 2 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import FeaturizerError
from dialogue_nb.core.states import State, StateTable, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.examples import (
    NO_STATE,
    Ids,
    TrainingExamples,
    first_of_each,
    gather,
)
from dialogue_nb.featurizers.single_state import (
    BinarySingleStateFeaturizer,
    SingleStateFeaturizer,
    look_up,
    single_state_featurizer_from_dict,
)
from dialogue_nb.featurizers.windows import Tracker, read_dialogues, slice_windows

__all__ = [
    "FullDialogueTrackerFeaturizer",
    "MaxHistoryTrackerFeaturizer",
    "Tracker",
    "TrackerFeaturizer",
    "tracker_featurizer_from_dict",
]


class TrackerFeaturizer:
    """What both featurizers share.

    Args:
        state_featurizer: What makes a vector of a state; None: `BinarySingleStateFeaturizer()`.
    """

    def __init__(self, state_featurizer: SingleStateFeaturizer | None = None) -> None:
        self.state_featurizer = state_featurizer

    @cached_property
    def encoder(self) -> SingleStateFeaturizer:
        """The state featurizer in use: the one that was given, or the binary one."""
        return self.state_featurizer or BinarySingleStateFeaturizer()

    def featurize_trackers(self, trackers: Sequence[Tracker], domain: Domain) -> TrainingExamples:
        """Training data from dialogues.

        Args:
            trackers: The dialogues. They are not changed.
            domain: The domain they belong to.

        Returns:
            The examples, on interned states.

        Raises:
            UnknownNameError: If a dialogue has an action that the domain does not have.
        """
        raise NotImplementedError

    def prediction_window(self, states: Sequence[State]) -> tuple[State, ...]:
        """The part of a conversation that a prediction is made from, without padding.

        Args:
            states: All states of the conversation (`core.states.prediction_states`).
        """
        return tuple(states)

    def window(
        self, conversation: DialogueStateTracker | Sequence[State], domain: Domain
    ) -> list[State | None]:
        """The window of a conversation as a policy sees it, padding (None) included.

        Args:
            conversation: A tracker, or all states of a conversation.
            domain: The domain.
        """
        if isinstance(conversation, DialogueStateTracker):
            conversation = prediction_states(conversation, domain)
        table, ids = self._windows([conversation])
        return [table[i] if i != NO_STATE else None for i in ids[0]]

    def encode(
        self, conversations: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float32]:
        """Conversations as vectors, for prediction.

        Args:
            conversations: All states of each conversation.
            domain: The domain.

        Returns:
            (B, T, F) float32, padding is -1.
        """
        table, ids = self._windows(conversations)
        return gather(self.encoder.encode_many(table.states, domain), ids)  # (B, T, F)

    def create_X(
        self, trackers: Sequence[DialogueStateTracker], domain: Domain
    ) -> npt.NDArray[np.float32]:
        """Trackers as vectors, for prediction.

        Args:
            trackers: The conversations.
            domain: The domain.

        Returns:
            (B, T, F) float32, padding is -1.
        """
        return self.encode([prediction_states(tracker, domain) for tracker in trackers], domain)

    def as_dict(self) -> dict[str, Any]:
        """The featurizer as a JSON-ready dict; `tracker_featurizer_from_dict` reads it back."""
        inner = self.state_featurizer.as_dict() if self.state_featurizer else None
        return {"name": type(self).__name__, "state_featurizer": inner}

    def __eq__(self, other: object) -> bool:
        """Whether the other has the same class and parameters."""
        if not isinstance(other, TrackerFeaturizer):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        params = {k: getattr(self, k) for k in self.as_dict() if k != "name"}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in params.items())})"

    def _windows(self, conversations: Sequence[Sequence[State]]) -> tuple[StateTable, Ids]:
        """The windows of several conversations as ids on one table, (B, T) int32."""
        table = StateTable()
        rows = [
            [table.intern(state) for state in self.prediction_window(states)]
            for states in conversations
        ]
        return table, self._pad(rows)  # (B, T)

    def _pad(self, rows: Sequence[Sequence[int]]) -> Ids:
        raise NotImplementedError


class MaxHistoryTrackerFeaturizer(TrackerFeaturizer):
    """One example for each action: the last `max_history` states before it, padded on the left.

    An action that cannot be predicted (a story that begins with one) is no example, but its state
    is part of the windows after it.

    Args:
        state_featurizer: What makes a vector of a state; None: `BinarySingleStateFeaturizer()`.
        max_history: How many states, 1 or more; None: all of them.
        remove_duplicates: Whether equal examples (same states, same action) count once.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> listen = ActionExecuted("action_listen")
        >>> said = [listen, UserUttered.of("greet"), ActionExecuted("utter_hi"), listen]
        >>> trackers = [DialogueStateTracker(name, domain.slots, said) for name in ("one", "two")]
        >>> data = MaxHistoryTrackerFeaturizer(max_history=2).featurize_trackers(trackers, domain)
        >>> data.window_ids.tolist()
        [[-1, 0], [0, 1], [1, 2]]
        >>> data.why_removed(1)[:62]
        "'two', action 2 ('utter_hi') says the same as 'one', action 2:"
    """

    def __init__(
        self,
        state_featurizer: SingleStateFeaturizer | None = None,
        max_history: int | None = 5,
        remove_duplicates: bool = True,
    ) -> None:
        super().__init__(state_featurizer)
        self.max_history = max_history
        self.remove_duplicates = remove_duplicates

    def as_dict(self) -> dict[str, Any]:
        """The featurizer as a JSON-ready dict."""
        own = {"max_history": self.max_history, "remove_duplicates": self.remove_duplicates}
        return super().as_dict() | own

    def prediction_window(self, states: Sequence[State]) -> tuple[State, ...]:
        """The last `max_history` states of a conversation, fewer at its beginning.

        Args:
            states: All states of the conversation.
        """
        limit = self._limit()
        return tuple(states) if limit is None else tuple(states[-limit:])

    def featurize_trackers(self, trackers: Sequence[Tracker], domain: Domain) -> TrainingExamples:
        """Training data from dialogues: one example for each action that can be predicted.

        Args:
            trackers: The dialogues. They are not changed.
            domain: The domain they belong to.

        Returns:
            The examples: window_ids (N, max_history), labels (N,).

        Raises:
            UnknownNameError: If a dialogue has an action that the domain does not have.
        """
        table, dialogues = read_dialogues(trackers, domain)
        window_ids, labels, sources = slice_windows(dialogues, self._limit())
        removed = np.zeros((0, 3), dtype=np.int32)
        if self.remove_duplicates:
            columns = [*window_ids.T, labels]
            first, group = first_of_each(columns)
            again = np.ones(len(labels), dtype=bool)
            again[first] = False
            removed = np.column_stack([sources[again], group[again]])  # (R, 3)
            window_ids, labels, sources = window_ids[first], labels[first], sources[first]
        names = tuple(dialogue.name for dialogue in dialogues)
        return TrainingExamples(
            table, window_ids, labels, sources, removed, names, domain, self.encoder
        )

    def _limit(self) -> int | None:
        limit = self.max_history
        if limit is None or (isinstance(limit, int) and limit >= 1):
            return limit
        raise FeaturizerError(
            f"max_history must be a whole number from 1, or None for the whole history, "
            f"got {limit!r}."
        )

    def _pad(self, rows: Sequence[Sequence[int]]) -> Ids:
        width = self._limit() or max(map(len, rows), default=0)
        padded = np.full((len(rows), width), NO_STATE, dtype=np.int32)  # (B, T)
        for row, ids in zip(padded, rows, strict=True):
            row[width - len(ids) :] = ids
        return padded


class FullDialogueTrackerFeaturizer(TrackerFeaturizer):
    """One example for each dialogue: all its states, padded at the end, each with its label.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> said = [ActionExecuted("action_listen"), ActionExecuted("utter_hi")]
        >>> trackers = [DialogueStateTracker("a", domain.slots, said[:n]) for n in (1, 2)]
        >>> data = FullDialogueTrackerFeaturizer().featurize_trackers(trackers, domain)
        >>> data.window_ids.tolist(), data.y.shape == (2, 2, domain.num_actions)
        ([[0, -1], [0, 1]], True)
    """

    def featurize_trackers(self, trackers: Sequence[Tracker], domain: Domain) -> TrainingExamples:
        """Training data from dialogues: one example for each of them; duplicates stay.

        Args:
            trackers: The dialogues. They are not changed.
            domain: The domain they belong to.

        Returns:
            The examples: window_ids (N, longest), labels (N, longest) with -1 for padding and for
            actions that cannot be predicted.

        Raises:
            UnknownNameError: If a dialogue has an action that the domain does not have.
        """
        table, dialogues = read_dialogues(trackers, domain)
        sources = np.zeros((len(dialogues), 2), dtype=np.int32)  # (N, 2)
        sources[:, 0] = np.arange(len(dialogues))
        return TrainingExamples(
            table,
            self._pad([dialogue.states for dialogue in dialogues]),
            self._pad([dialogue.labels for dialogue in dialogues]),
            sources,
            np.zeros((0, 3), dtype=np.int32),
            tuple(dialogue.name for dialogue in dialogues),
            domain,
            self.encoder,
        )

    def _pad(self, rows: Sequence[Sequence[int]]) -> Ids:
        width = max(map(len, rows), default=0)
        padded = np.full((len(rows), width), NO_STATE, dtype=np.int32)  # (B, T)
        for row, ids in zip(padded, rows, strict=True):
            row[: len(ids)] = ids
        return padded


TRACKER_FEATURIZERS: Final[dict[str, type[TrackerFeaturizer]]] = {
    cls.__name__: cls for cls in (MaxHistoryTrackerFeaturizer, FullDialogueTrackerFeaturizer)
}


def tracker_featurizer_from_dict(body: Mapping[str, Any]) -> TrackerFeaturizer:
    """Makes a tracker featurizer from its name and parameters.

    Args:
        body: `{"name": "MaxHistoryTrackerFeaturizer", "max_history": 5, "state_featurizer":
            {...}}`.

    Raises:
        FeaturizerError: If a name or a parameter is unknown.

    Example:
        >>> featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
        >>> tracker_featurizer_from_dict(featurizer.as_dict()) == featurizer
        True
    """
    params = dict(body)
    inner = params.pop("state_featurizer", None)
    cls, checked = look_up(params, TRACKER_FEATURIZERS, "tracker featurizer")
    state_featurizer = single_state_featurizer_from_dict(inner) if inner else None
    return cls(state_featurizer=state_featurizer, **checked)
