"""From a moment of a conversation back to the lines of the stories that teach it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.states import State
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker


@dataclass(frozen=True)
class StoryPlace:
    """Lines of a story.

    Args:
        story: The name of the story or rule.
        file: The file that it is in, None for text.
        line: The first line, counted from 1.
        last_line: The last line.
        turns: How many turns before it are the same there as in the conversation.
    """

    story: str
    file: str | None
    line: int
    last_line: int
    turns: int


class StoryPlaces:
    r"""Finds the place in the stories that is most like a moment of a conversation.

    Args:
        data: The dialogues made from the stories. What augmentation glued is left out.

    Attributes:
        data: The same.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories("## hello\n* greet\n  - utter_hi")
        >>> data = generate(stories, Domain.from_yaml("{intents: [greet], actions: [utter_hi]}"))
        >>> place = StoryPlaces(data).find(data[0].states[:2])
        >>> place.story, place.line, place.last_line
        ('hello', 2, 3)
    """

    def __init__(self, data: TrainingData) -> None:
        self.data = data
        self._counts: dict[int | None, int] = {}
        self._at: dict[State, list[tuple[TrainingTracker, int]]] = {}
        for tracker in (*data.originals, *data.rules):
            for i, counts in enumerate(tracker.predictable):
                if counts and i < len(tracker.origins):
                    state = data.table[tracker.state_ids[i]]
                    self._at.setdefault(state, []).append((tracker, i))

    def find(self, states: Sequence[State], action: str | None = None) -> StoryPlace | None:
        """The place with the most turns in common, the first of equal ones.

        Args:
            states: The states of the conversation, oldest first, up to the moment.
            action: What was done then: only places where that is done too count. None: whatever.

        Returns:
            The lines from what led to the action to the action; None if no story has such a place,
            or it has no lines.
        """
        if not states:
            return None
        best: StoryPlace | None = None
        for tracker, i in self._at.get(states[-1], ()):
            if action in (None, tracker.actions[i]):
                place = _lines(tracker, i, _in_common(tracker, i, states))
                if place is not None and (best is None or place.turns > best.turns):
                    best = place
        return best

    def windows(self, max_history: int | None) -> int:
        """How many distinct windows the stories make; counted once.

        Args:
            max_history: How many states a window holds at most; None for whole dialogues.
        """
        if max_history not in self._counts:
            self._counts[max_history] = len(self.data.distinct_windows(max_history))
        return self._counts[max_history]

    def of_turn(self, story: str, turn: int) -> StoryPlace | None:
        """The lines of one turn of a story.

        Args:
            story: The name of the dialogue, as its training tracker has it.
            turn: Which of its actions, counted from 0.
        """
        trackers = (tracker for places in self._at.values() for tracker, _ in places)
        found = next((tracker for tracker in trackers if tracker.name == story), None)
        if found is None or turn >= len(found.origins):
            return None
        return _lines(found, turn, turn + 1)


def _in_common(tracker: TrainingTracker, i: int, states: Sequence[State]) -> int:
    """How many states before the one at `i` are the same, that one included."""
    turns = 0
    while turns <= i and turns < len(states):
        if tracker.table[tracker.state_ids[i - turns]] != states[-1 - turns]:
            break
        turns += 1
    return turns


def _lines(tracker: TrainingTracker, i: int, turns: int) -> StoryPlace | None:
    """What is written for the action at `i`: the message that led to it, and itself."""
    if tracker.actions[i] == ACTION_LISTEN_NAME:
        i = max(i - 1, 0)  # nobody writes a listen: it belongs to the action before it
    origin, before = tracker.origins[i], tracker.origins[max(i - 1, 0)]
    if origin.line is None:
        return None
    first = origin.line
    same = (before.story, before.file) == (origin.story, origin.file)
    if i and same and before.line is not None:
        # the origin of a listen is the message that follows it
        listened = tracker.actions[i - 1] == ACTION_LISTEN_NAME
        first = min(before.line + (not listened), origin.line)
    return StoryPlace(origin.story, origin.file, first, origin.line, turns)
