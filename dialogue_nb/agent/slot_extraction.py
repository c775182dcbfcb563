"""Filling slots from what the user said: `action_extract_slots` of Rasa 3.x.

It runs after each message, before anything is predicted. Each slot has mappings that say where its
value comes from; the first that gives one wins:

    from_entity          the value of an entity (with exactly that role and group)
    from_intent          a fixed value, when the message has that intent
    from_trigger_intent  the same, while the form that the message started is active
    from_text            the whole message
    custom               whatever an action finds

`intent` and `not_intent` say for which messages a mapping counts, `conditions` in which form, and
for which question of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.actions import (
    Action,
    ActionExecutionRejection,
    ActionReturn,
    CollectingDispatcher,
    problem_told,
)
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import AUTOMATIC_SLOT_NAMES, REQUESTED_SLOT
from dialogue_nb.core.events import BotUttered, Event, SlotSet
from dialogue_nb.core.slots import ListSlot, Slot
from dialogue_nb.core.trackers import DialogueStateTracker

EXTRACT_SLOTS_NAME: Final = "action_extract_slots"
VALIDATE_SLOT_MAPPINGS_NAME: Final = "action_validate_slot_mappings"

MoreMappings = Mapping[str, Sequence[Mapping[str, Any]]]
"""For a slot, mappings besides those of the domain: a form written in Python has its own."""


def extract_slots(
    tracker: DialogueStateTracker,
    domain: Domain,
    *,
    more_mappings: MoreMappings | None = None,
    run_custom: Callable[[str], Iterable[Event]] | None = None,
) -> list[Event]:
    """The slots that the last message fills.

    Args:
        tracker: The conversation; it is not changed.
        domain: The domain with the slots and their mappings.
        more_mappings: Further mappings by slot, which come after the domain's.
        run_custom: Runs the action of a `custom` mapping, once for each action; None leaves such
            mappings out.

    Returns:
        A `SlotSet` for each slot that is filled, in the domain's order, with what custom actions
        return in between.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> domain = Domain.from_yaml('''
        ... version: "3.1"
        ... entities: [city]
        ... slots: {city: {type: text, mappings: [{type: from_entity, entity: city}]}}
        ... ''')
        >>> said = [UserUttered.of("go", {"city": "Oslo"})]
        >>> tracker = DialogueStateTracker("me", domain.slots, said)
        >>> [(event.key, event.value) for event in extract_slots(tracker, domain)]
        [('city', 'Oslo')]
    """
    events: list[Event] = []
    ran: set[str] = set()
    for slot in domain.slots:
        if slot.name in AUTOMATIC_SLOT_NAMES:
            continue
        for mapping in (*slot.mappings, *(more_mappings or {}).get(slot.name, ())):
            if not _applies(mapping, slot, tracker, domain):
                continue
            action = mapping.get("action")
            if mapping["type"] == "custom":
                if run_custom is not None and action and action not in ran:
                    ran.add(action)
                    events += run_custom(action)
                continue
            filled = _filled(slot, mapping, tracker)
            if filled is not None:
                events.append(filled)
                break
    return events


class ActionExtractSlots(Action):
    """Fills slots from the last message, asks custom actions, and lets the values be checked."""

    def name(self) -> str:
        """The name of the action."""
        return EXTRACT_SLOTS_NAME

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Fills the slots.

        `action_validate_slot_mappings`, when somebody registered it, sees the values as the last
        events of the conversation; one that it does not mention counts as valid.
        """
        events = extract_slots(
            tracker,
            domain,
            more_mappings=mappings_of_forms(dispatcher.registered, tracker),
            run_custom=lambda action: _run_custom(action, dispatcher, tracker),
        )
        slots = [event for event in events if isinstance(event, SlotSet)]
        said = [event for event in events if not isinstance(event, SlotSet)]
        if not _is_validated(dispatcher, tracker, domain):
            return events
        seen = tracker.copy()
        seen.update_with_events(slots)
        checked = _run_custom(VALIDATE_SLOT_MAPPINGS_NAME, dispatcher, seen)
        mentioned = {event.key for event in checked if isinstance(event, SlotSet)}
        return [*said, *checked, *(event for event in slots if event.key not in mentioned)]


def mappings_of_forms(
    registered: Mapping[str, Action], tracker: DialogueStateTracker
) -> dict[str, list[Mapping[str, Any]]]:
    """The mappings of the forms that are written in Python, by slot, for the active one only.

    Args:
        registered: A learner's own actions by name.
        tracker: The conversation.
    """
    form = registered.get(tracker.active_loop_name or "")
    find = getattr(form, "mappings_by_slot", None)
    return dict(find(tracker)) if callable(find) else {}


def _is_validated(
    dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
) -> bool:
    name = VALIDATE_SLOT_MAPPINGS_NAME
    if name in dispatcher.registered:
        return True
    return name in domain.user_actions and not problem_told(tracker, "not_registered", name)


def _run_custom(
    action: str, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker
) -> list[Event]:
    """What an action finds; only slots and messages count, as in Rasa.

    One that refuses finds nothing. (What an action for a custom mapping says is lost in Rasa.)
    """
    is_missing = action not in dispatcher.registered
    if is_missing and problem_told(tracker, "not_registered", action):
        return []
    try:
        found = dispatcher.run(action, tracker)
    except ActionExecutionRejection:
        return []
    return [event for event in found if isinstance(event, (SlotSet, BotUttered))]


def _applies(
    mapping: Mapping[str, Any], slot: Slot, tracker: DialogueStateTracker, domain: Domain
) -> bool:
    return (
        _names_exist(mapping, domain)
        and _intent_fits(mapping, tracker, domain)
        and _conditions_hold(mapping, slot.name, tracker)
        and not _is_ambiguous(mapping, slot.name, tracker, domain)
    )


def _names_exist(mapping: Mapping[str, Any], domain: Domain) -> bool:
    """Whether the domain has what the mapping names; where not, the domain's check says so."""
    match mapping["type"]:
        case "from_entity":
            return mapping["entity"] in domain.entity_labels
        case "from_intent":
            return all(intent in domain.intent_names for intent in as_list(mapping.get("intent")))
        case _:
            return True


def _intent_fits(mapping: Mapping[str, Any], tracker: DialogueStateTracker, domain: Domain) -> bool:
    intent = tracker.latest_message.intent_name
    wanted = as_list(mapping.get("intent"))
    unwanted = as_list(mapping.get("not_intent")) + _ignored_intents(mapping, tracker, domain)
    return intent in wanted if wanted else intent not in unwanted


def _ignored_intents(
    mapping: Mapping[str, Any], tracker: DialogueStateTracker, domain: Domain
) -> list[str]:
    """The intents that the active form ignores, if the mapping counts in that form."""
    active = tracker.active_loop_name
    conditions = mapping.get("conditions")
    if active is None:
        return []
    if conditions and all(condition.get("active_loop") != active for condition in conditions):
        return []
    return [i for form in domain.forms if form.name == active for i in form.ignored_intents]


def _conditions_hold(mapping: Mapping[str, Any], slot: str, tracker: DialogueStateTracker) -> bool:
    conditions = mapping.get("conditions")
    if not conditions:
        return True
    active = tracker.active_loop
    names = [condition.get("active_loop") for condition in conditions]
    if mapping["type"] == "from_trigger_intent":
        return True  # which forms it counts in is looked at with its value
    requested = tracker.get_slot(REQUESTED_SLOT)
    if active is not None and active.rejected and requested == slot:
        return False
    if active is None:
        return None in names
    questions = [c.get("requested_slot") for c in conditions if c.get("active_loop") == active.name]
    return None in questions or requested in questions


def _is_ambiguous(
    mapping: Mapping[str, Any], slot: str, tracker: DialogueStateTracker, domain: Domain
) -> bool:
    """Whether the form asks for another slot that the same entity would fill just as well."""
    form = next((form for form in domain.forms if form.name == tracker.active_loop_name), None)
    if mapping["type"] != "from_entity" or form is None or slot not in form.required_slots:
        return False
    if tracker.get_slot(REQUESTED_SLOT) == slot:
        return False
    same = [
        other
        for name in form.required_slots
        if name in domain.slot_by_name
        for other in domain.slot_by_name[name].mappings
        if other == mapping
    ]
    return len(same) != 1


def _filled(
    slot: Slot, mapping: Mapping[str, Any], tracker: DialogueStateTracker
) -> SlotSet | None:
    values = _values(mapping, tracker)
    if not values:
        return None
    value = values if isinstance(slot, ListSlot) else values[-1]
    if value is None and tracker.get_slot(slot.name) is None:
        return None
    return SlotSet(slot.name, value)


def _values(mapping: Mapping[str, Any], tracker: DialogueStateTracker) -> list[Any]:
    match mapping["type"]:
        case "from_entity":
            entity = (mapping["entity"], mapping.get("role"), mapping.get("group"))
            return list(tracker.get_latest_entity_values(*entity))
        case "from_intent":
            return [mapping["value"]]
        case "from_trigger_intent" if _was_started(mapping, tracker):
            return [mapping["value"]]
        case "from_text":
            text = tracker.latest_message.text
            return [] if text is None else [text]
        case _:
            return []


def _was_started(mapping: Mapping[str, Any], tracker: DialogueStateTracker) -> bool:
    active = tracker.active_loop_name
    forms = [condition.get("active_loop") for condition in mapping.get("conditions") or ()]
    return active is not None and (not forms or active in forms)


def as_list(value: Any) -> list[Any]:
    """A list of what may be one thing, several or nothing.

    Example:
        >>> as_list("stop"), as_list(None), as_list(["stop", "deny"])
        (['stop'], [], ['stop', 'deny'])
    """
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
