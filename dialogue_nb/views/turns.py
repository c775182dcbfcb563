"""A conversation as turns: one for each action, with what led to it and what it did.

Turn `t` belongs to the `t`-th action of the conversation, so it is also the `t`-th decision, and
the `t`-th state where nothing was taken back. The last turn has no action yet: it is what comes
next. All views count turns this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionReverted,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceFeaturization,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker, applied_events
from dialogue_nb.policies.decision import Decision

_TURNING: Final = (Restarted, SessionStarted, UserUtteranceReverted, ActionReverted)


@dataclass(frozen=True)
class Turn:
    """Where a turn lies among the events of its conversation.

    Args:
        index: The number of the turn, from 0.
        start: The first event of it; the events before it belong to earlier turns.
        predicted_at: How many events the decision was made from.
        action_at: The event of the action, None when it is still to come.
        stop: The first event of the next turn.
    """

    index: int
    start: int
    predicted_at: int
    action_at: int | None
    stop: int

    @property
    def before(self) -> range:
        """The events that led to the action: a message, slots that it filled."""
        return range(self.start, self.stop if self.action_at is None else self.action_at)

    @property
    def after(self) -> range:
        """The events that the action led to."""
        return range(0) if self.action_at is None else range(self.action_at + 1, self.stop)


def turns_of(tracker: DialogueStateTracker) -> list[Turn]:
    """The turns of a conversation, the one that is still to come included.

    Args:
        tracker: The conversation.

    Returns:
        n + 1 turns for n actions, those that were taken back included.

    Example:
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> [(turn.start, turn.action_at) for turn in turns_of(DialogueStateTracker(events=said))]
        [(0, 0), (1, None)]
    """
    events = tracker.events
    decided = {at: len(decision.events) for at, decision in tracker.decisions}
    actions = [i for i, event in enumerate(events) if isinstance(event, ActionExecuted)]
    starts, predicted, first = [], [], 0
    for action in [*actions, len(events)]:
        made = max(first, _predicted_at(events, action, decided.get(action)))
        said = (i for i in range(first, made) if isinstance(events[i], UserUttered))
        starts.append(next(said, made) if first else 0)
        predicted.append(made)
        first = action + 1
    rows = zip(starts, predicted, [*actions, None], [*starts[1:], len(events)], strict=True)
    return [Turn(i, *row) for i, row in enumerate(rows)]


def _predicted_at(events: Sequence[Event], action: int, added: int | None) -> int:
    """How many events there were when the action was chosen: its decision may add some itself."""
    if added is not None:
        return action - added
    while action and isinstance(events[action - 1], UserUtteranceFeaturization):
        action -= 1
    return action


def turn_at(tracker: DialogueStateTracker, turn: int) -> Turn:
    """One turn of a conversation.

    Args:
        tracker: The conversation.
        turn: Its number; negative ones count from the end.

    Raises:
        UnknownNameError: If there is no such turn.
    """
    turns = turns_of(tracker)
    if not -len(turns) <= turn < len(turns):
        raise UnknownNameError(f"Expected a turn from 0 to {len(turns) - 1}, got {turn}.")
    return turns[turn]


def telling_turn(tracker: DialogueStateTracker) -> int:
    """The turn to look at first: the last in which the bot did something else than listen.

    Args:
        tracker: The conversation.

    Returns:
        Its number; where the bot only listened, or a message waits for its answer, that of the
        turn that comes next.
    """
    turns = turns_of(tracker)
    steps = (e for e in reversed(tracker.events) if isinstance(e, (ActionExecuted, UserUttered)))
    if isinstance(next(steps, None), UserUttered):
        return turns[-1].index
    names = [None if t.action_at is None else tracker.events[t.action_at] for t in turns]
    done = [
        turn.index
        for turn, event in zip(turns, names, strict=True)
        if isinstance(event, ActionExecuted) and event.action_name != ACTION_LISTEN_NAME
    ]
    return done[-1] if done else turns[-1].index


def tracker_at(tracker: DialogueStateTracker, turn: int) -> DialogueStateTracker:
    """The conversation as it stood when the action of a turn was chosen.

    Args:
        tracker: The conversation; it is not changed.
        turn: The turn.
    """
    return tracker.branch(turn_at(tracker, turn).predicted_at)


def fork_at(tracker: DialogueStateTracker, turn: int) -> DialogueStateTracker:
    """A conversation of its own that shares what came before a turn, and can go on otherwise.

    Args:
        tracker: The conversation; it is not changed.
        turn: The turn; if it begins with a message, the fork waits for another one.
    """
    return tracker.branch(turn_at(tracker, turn).start)


def decision_at(tracker: DialogueStateTracker, turn: int) -> Decision | None:
    """The decision that was made in a turn, None when none is recorded."""
    action = turn_at(tracker, turn).action_at
    return next((decision for at, decision in tracker.decisions if at == action), None)


def place_of(tracker: DialogueStateTracker) -> str:
    """What the next action comes after: a message or an action, by its name; "" at the start."""
    action = tracker.latest_action_name
    if action not in (None, ACTION_LISTEN_NAME):
        return str(action)
    message = tracker.latest_message
    return message.intent_name or message.text or ""


def fates_of(events: Sequence[Event]) -> list[str]:
    """What became of each event, in the eyes of the policies.

    Args:
        events: All events, oldest first.

    Returns:
        For each event "" (it counts), "reverted" (it was taken back), "forgotten" (the conversation
        was started afresh later) or "in_form" (it only filled a form, which policies do not see).

    Example:
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet"), Restarted()]
        >>> fates_of(said)
        ['forgotten', 'forgotten', '']
    """
    # records of their own, so that each event can be told from an equal one
    own = [replace(event) for event in events]
    fates: dict[int, str] = {}
    for i, event in enumerate(own):
        if isinstance(event, _TURNING):
            gone = _ids(applied_events(own[:i])) - _ids(applied_events(own[: i + 1]))
            fate = "forgotten" if isinstance(event, (Restarted, SessionStarted)) else "reverted"
            fates |= dict.fromkeys(gone, fate)
    seen = _ids(applied_events(own)) | _ids(e for e in own if isinstance(e, _TURNING))
    return ["" if id(event) in seen else fates.get(id(event), "in_form") for event in own]


def _ids(events: Iterable[Event]) -> set[int]:
    return {id(event) for event in events}
