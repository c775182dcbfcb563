"""A conversation as the replay of its events.

Three layers, each read off the one before:

1. the *events*, as they happened: nothing is ever taken away;
2. the *applied events*: those that policies see, after reverts, restarts and repeated executions
   of a loop (`applied_events`);
3. the *situation*: slots, latest message, latest action, active loop ... after those
   (`situations.advance`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from dialogue_nb.core.event_json import event_from_dict
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceFeaturization,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.exceptions import EventError
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.situations import LoopState, Situation, advance, own_copy

E = TypeVar("E", bound=Event)


class SlotLike(Protocol):
    """What a tracker needs to know of a slot."""

    @property
    def name(self) -> str:
        """The slot's name."""

    @property
    def initial_value(self) -> Any:
        """Its value before anything was said."""


def applied_events(events: Sequence[Event]) -> list[Event]:
    """The events that policies see: what was reverted or restarted away is left out.

    Repeated executions of a loop on its happy path are left out too, together with the user
    messages in between (Rasa 2.0 and later): what fills a form is not part of the dialogue.

    Args:
        events: All events, oldest first.

    Returns:
        A new list.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> applied_events([*said, UserUtteranceReverted()])
        []
    """
    loops = {event.name for event in events if isinstance(event, ActiveLoop) and event.name}
    applied: list[Event] = []
    for event in events:
        match event:
            case Restarted() | SessionStarted():
                applied = []
            case ActionReverted():
                _cut_back_to(ActionExecuted, applied)
            case UserUtteranceReverted():
                # a user message always follows a listen, which goes as well
                _cut_back_to(UserUttered, applied)
                _cut_back_to(ActionExecuted, applied)
            case ActionExecuted(action_name=name) if name in loops and _is_repeated(name, applied):
                _cut_loop_turn(name, applied)
            case _:
                applied.append(event)
    return applied


def _cut_back_to(kind: type[Event], applied: list[Event]) -> None:
    """Removes events from the end until one of that kind is removed."""
    while applied:
        if isinstance(applied.pop(), kind):
            return


def _is_repeated(loop: str | None, applied: list[Event]) -> bool:
    """Whether the loop runs again on its happy path: not for the first time, not after a rejection.

    Training stories hold no rejections, so there another action than the loop's after the user's
    message says the same.
    """
    next_action = None
    for event in reversed(applied):
        match event:
            case ActiveLoop(name=None):
                return False
            case ActionExecutionRejected(name=name) if name == loop:
                return False
            case UserUttered() if next_action is not None and next_action != loop:
                return False
            case ActionExecuted(action_name=name):
                if name == loop:
                    return True
                next_action = name
    return False


def _cut_loop_turn(loop: str | None, applied: list[Event]) -> None:
    """Removes what was said and done since the loop ran last; slots and bot messages stay."""
    last = max(
        i for i, e in enumerate(applied) if isinstance(e, ActionExecuted) and e.action_name == loop
    )
    spoken = (ActionExecuted, UserUttered, UserUtteranceFeaturization)
    applied[last + 1 :] = [e for e in applied[last + 1 :] if not isinstance(e, spoken)]


@dataclass(frozen=True)
class SlotValue:
    """A slot's current value: `tracker.slots["city"].value`, as custom policies of Rasa read it."""

    name: str
    value: Any
    has_been_set: bool


class DialogueStateTracker(Showable):
    """One conversation: its events, and where they lead.

    Args:
        sender_id: Whose conversation it is.
        slots: The domain's slots (`domain.slots`): they give the initial values.
        events: What happened so far, oldest first.

    Example:
        >>> tracker = DialogueStateTracker("ann")
        >>> tracker.update(ActionExecuted("action_listen"))
        >>> tracker.update(UserUttered.of("inform", {"city": "Oslo"}))
        >>> tracker.latest_message.intent["name"], tracker.latest_action_name
        ('inform', 'action_listen')
    """

    def __init__(
        self,
        sender_id: str = "default",
        slots: Iterable[SlotLike] = (),
        events: Iterable[Event] = (),
    ) -> None:
        self.sender_id = sender_id
        self._start = Situation({slot.name: slot.initial_value for slot in slots})
        self._events: list[Event] = []
        self._situation = self._start
        self.decisions: list[tuple[int, Any]] = []
        """Why each action was taken: (index of the ActionExecuted in `events`, the decision)."""
        self.update_with_events(events)

    @classmethod
    def from_events(
        cls, sender_id: str, events: Iterable[Event], slots: Iterable[SlotLike] = ()
    ) -> DialogueStateTracker:
        """A tracker that has seen the events."""
        return cls(sender_id, slots, events)

    @classmethod
    def from_dict(
        cls, body: Mapping[str, Any], slots: Iterable[SlotLike] = ()
    ) -> DialogueStateTracker:
        """A tracker from Rasa's JSON form (`as_dict`, a tracker dump, an export).

        Args:
            body: `{"sender_id": ..., "events": [...]}`; what can be replayed is not read.
            slots: The domain's slots.

        Raises:
            EventError: If an event cannot be read; it says which.
        """
        events = body.get("events")
        if not isinstance(events, list):
            raise EventError(f"A tracker needs a list 'events', got {type(events).__name__}.")
        read = []
        for i, event in enumerate(events):
            try:
                read.append(event_from_dict(event))
            except EventError as error:
                raise EventError(f"Event {i + 1} of {len(events)}: {error}") from error
        return cls(str(body.get("sender_id", "default")), slots, read)

    def as_dict(self) -> dict[str, Any]:
        """The conversation in Rasa's JSON form; `from_dict` reads it back."""
        return {
            "sender_id": self.sender_id,
            "slots": self.current_slot_values(),
            "latest_message": self.latest_message.parse_data,
            "latest_action_name": self.latest_action_name,
            "followup_action": self.followup_action,
            "paused": self.is_paused(),
            "active_loop": {"name": self.active_loop_name} if self.active_loop else {},
            "events": [event.as_dict() for event in self._events],
        }

    def update(self, event: Event) -> None:
        """Adds an event to the conversation."""
        self._events.append(event)
        if isinstance(event, (UserUtteranceReverted, ActionReverted)):
            self._situation = self._start
            for applied in self.applied_events():
                self._situation = advance(self._situation, applied, self._start)
        else:
            self._situation = advance(self._situation, event, self._start)

    def update_with_events(self, events: Iterable[Event]) -> None:
        """Adds several events, oldest first."""
        for event in events:
            self.update(event)

    def branch(self, at: int) -> DialogueStateTracker:
        """A conversation that shares the first `at` events and goes its own way from there.

        Args:
            at: How many events to share; negative counts from the end, as slices do.
        """
        made = DialogueStateTracker(self.sender_id)
        made._start = made._situation = self._start
        made.update_with_events(self._events[:at])
        made.decisions = [(i, d) for i, d in self.decisions if i < len(made._events)]
        return made

    def copy(self) -> DialogueStateTracker:
        """A conversation with the same events; changing one does not change the other."""
        made = self.branch(0)
        made._events, made._situation = list(self._events), self._situation
        made.decisions = list(self.decisions)
        return made

    def travel_back_in_time(self, timestamp: float) -> DialogueStateTracker:
        """The conversation as it was then: events without a time count as long ago.

        Args:
            timestamp: Seconds since 1970.
        """
        later = (i for i, e in enumerate(self._events) if (e.timestamp or 0.0) > timestamp)
        return self.branch(next(later, len(self._events)))

    @property
    def events(self) -> tuple[Event, ...]:
        """All that happened, oldest first; nothing is ever taken away."""
        return tuple(self._events)

    @property
    def situation(self) -> Situation:
        """Where the conversation stands."""
        return self._situation

    @property
    def start(self) -> Situation:
        """Where the conversation began: initial slot values, nothing said."""
        return self._start

    def applied_events(self) -> list[Event]:
        """The events that policies see; see the function of the same name."""
        return applied_events(self._events)

    def situations(self) -> Iterator[tuple[Situation, ActionExecuted | None]]:
        """Where the conversation stood before each action that counts, and last, where it stands.

        Yields:
            (situation, the action that was taken in it); with None for the last one.
        """
        situation = self._start
        for event in self.applied_events():
            if isinstance(event, ActionExecuted):
                yield situation, event
            situation = advance(situation, event, self._start)
        yield situation, None

    @property
    def slots(self) -> dict[str, SlotValue]:
        """All slots by name; `.value` is the current value."""
        was_set = self._situation.slots_set
        items = self.current_slot_values().items()
        return {name: SlotValue(name, value, name in was_set) for name, value in items}

    def get_slot(self, name: str) -> Any:
        """The slot's value, None when it has none or there is no such slot; yours to change."""
        return own_copy(self._situation.slots.get(name))

    def current_slot_values(self) -> dict[str, Any]:
        """All slot values by name."""
        return {name: own_copy(value) for name, value in self._situation.slots.items()}

    @property
    def latest_message(self) -> UserUttered:
        """The last user message; an empty one (intent None) before the first."""
        return self._situation.latest_message

    @property
    def latest_action(self) -> ActionExecuted | None:
        """The last action, None before the first."""
        return self._situation.latest_action

    @property
    def latest_action_name(self) -> str | None:
        """The name (or end-to-end text) of the last action, None before the first."""
        action = self._situation.latest_action
        return action.label if action else None

    @property
    def latest_bot_utterance(self) -> BotUttered | None:
        """The last thing the bot said, None before the first."""
        return self._situation.latest_bot_utterance

    @property
    def followup_action(self) -> str | None:
        """The action that is to be run next whatever the policies say, None when they decide."""
        return self._situation.followup_action

    @property
    def active_loop(self) -> LoopState | None:
        """The active loop (form), None when there is none."""
        return self._situation.active_loop

    @property
    def active_loop_name(self) -> str | None:
        """The name of the active loop, None when there is none."""
        loop = self._situation.active_loop
        return loop.name if loop else None

    def is_paused(self) -> bool:
        """Whether the bot keeps silent."""
        return self._situation.is_paused

    def get_latest_entity_values(
        self, entity_type: str, entity_role: str | None = None, entity_group: str | None = None
    ) -> Iterator[Any]:
        """The values of an entity in the last user message, in order.

        Args:
            entity_type: The entity.
            entity_role: Its role; None matches entities without one.
            entity_group: Its group; None matches entities without one.
        """
        wanted = (entity_type, entity_role, entity_group)
        for entity in self.latest_message.entities:
            if (entity.get("entity"), entity.get("role"), entity.get("group")) == wanted:
                yield entity.get("value")

    def get_last_event_for(
        self, kind: type[E], action_names_to_exclude: Iterable[str] = (), skip: int = 0
    ) -> E | None:
        """The last event of a kind among those that policies see.

        Args:
            kind: The class of event.
            action_names_to_exclude: Actions that do not count.
            skip: How many to pass over.

        Returns:
            The event, None when there are not so many.
        """
        excluded = set(action_names_to_exclude)
        for event in reversed(self.applied_events()):
            if not isinstance(event, kind):
                continue
            if isinstance(event, ActionExecuted) and event.action_name in excluded:
                continue
            if skip == 0:
                return event
            skip -= 1
        return None

    def last_executed_action_has(self, name: str, skip: int = 0) -> bool:
        """Whether the last action was `name`, not counting listens and `skip` others."""
        last = self.get_last_event_for(ActionExecuted, [ACTION_LISTEN_NAME], skip)
        return last is not None and last.action_name == name

    def __eq__(self, other: object) -> bool:
        """Whether the other is the same person's conversation with equal events."""
        if not isinstance(other, DialogueStateTracker):
            return NotImplemented
        return self.sender_id == other.sender_id and self._events == other._events

    __hash__ = None  # type: ignore[assignment]  # it grows, so it cannot be a key

    def __repr__(self) -> str:
        """Who, how long, and where it stands."""
        return (
            f"<DialogueStateTracker {self.sender_id!r}: {len(self._events)} events, latest message "
            f"{self.latest_message.intent_name!r}, latest action {self.latest_action_name!r}>"
        )
