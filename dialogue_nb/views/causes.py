"""Which event made what policies see: the message behind an intent, the event that set a slot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from dialogue_nb.core.situations import advance
from dialogue_nb.core.states import State, StateReader
from dialogue_nb.core.trackers import DialogueStateTracker, applied_events
from dialogue_nb.views.happenings import happening


@dataclass(frozen=True)
class Moment:
    """One moment in which an action is chosen.

    Args:
        causes: The place, among the conversation's events, of what made each part of the state:
            "intent", "entities", "action", "form", "slot NAME". Parts that nothing made are not
            there.
        action_at: The place of the action itself; None when it is still to come.
    """

    causes: dict[str, int]
    action_at: int | None


def moments_of(tracker: DialogueStateTracker, domain: Domain) -> list[Moment]:
    """The moments of a conversation, one for each of its states (`core.states.states_of`).

    Args:
        tracker: The conversation.
        domain: Its domain.

    Example:
        >>> domain = Domain.from_yaml("{intents: [greet], slots: {city: {type: text}}}")
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet"), SlotSet("city", "X")]
        >>> moments_of(DialogueStateTracker("a", domain.slots, said), domain)[-1].causes
        {'action': 0, 'intent': 1, 'entities': 1, 'slot city': 2}
    """
    # records of their own, so that each event can be told from an equal one
    own = [replace(event) for event in tracker.events]
    place = {id(event): i for i, event in enumerate(own)}
    reader = StateReader(domain)
    start = tracker.branch(0).situation
    situation, state = start, reader.state(start)
    causes: dict[str, int] = {}
    moments = []
    for event in applied_events(own):
        at = place[id(event)]
        if isinstance(event, ActionExecuted):
            moments.append(Moment(dict(causes), at))
        situation = advance(situation, event, start)
        now = reader.state(situation)
        for part in _made_by(event, state, now):
            causes[part] = at
        state = now
    return [*moments, Moment(causes, None)]


def _made_by(event: Event, before: State, after: State) -> list[str]:
    """The parts of the state that an event made, or made anew."""
    match event:
        case UserUttered():
            made = ["intent", "entities"]
        case ActionExecuted():
            made = ["action"]
        case ActiveLoop():
            made = ["form"]
        case SlotSet(key=name):
            made = [f"slot {name}"]
        case _:
            made = []
    changed = dict(before.slots).items() ^ dict(after.slots).items()
    return list(dict.fromkeys([*made, *(f"slot {name}" for name, _ in sorted(changed, key=str))]))


def in_words(event: Event) -> str:
    """An event in a few words.

    Args:
        event: Any event.

    Example:
        >>> in_words(UserUttered.of("greet")), in_words(ActionExecuted("utter_hi"))
        ('user: greet', 'action: utter_hi')
    """
    if isinstance(event, ActionExecuted):
        return f"action: {event.label}"
    item = happening(event)
    text = item["text"] if item else event.type_name
    return f"user: {text}" if isinstance(event, UserUttered) else str(text)
