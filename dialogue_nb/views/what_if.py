"""Hypothetical input: the conversation as it would be, had the user said something else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dialogue_nb.agent.slot_extraction import extract_slots
from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, SlotSet, UserUttered
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.slots import BooleanSlot, CategoricalSlot, FloatSlot, ListSlot, Slot
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.turns import tracker_at


def what_if_options(domain: Domain) -> dict[str, Any]:
    """What there is to choose from: intents, entities, and the slots that policies see.

    Args:
        domain: The domain.

    Returns:
        `{"intents", "entities", "slots"}`; a slot has `name`, `type` and, if it is categorical,
        `values`.

    Example:
        >>> domain = Domain.from_yaml("{intents: [hi], slots: {paid: {type: bool}}}")
        >>> what_if_options(domain)["slots"]
        [{'name': 'paid', 'type': 'bool'}]
    """
    slots = []
    for slot in domain.slots:
        if slot.dimension:
            row: dict[str, Any] = {"name": slot.name, "type": type(slot).type_name}
            if isinstance(slot, CategoricalSlot):
                row["values"] = list(slot.values)
            slots.append(row)
    return {
        "intents": list(domain.intent_names),
        "entities": [label for entity in domain.entities for label in entity.labels],
        "slots": slots,
    }


def input_of(tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """What a conversation stands on, in the form of a hypothetical input.

    Args:
        tracker: The conversation, before an action is chosen.
        domain: The domain.

    Returns:
        `{"intent", "entities", "slots"}`, all values as texts: the intent is "" when nobody has
        said anything; of the slots those that are set.
    """
    message = tracker.latest_message
    values = tracker.current_slot_values()
    seen = [slot.name for slot in domain.slots if slot.dimension]
    return {
        "intent": message.intent_name or "",
        "entities": [
            {"entity": _label(entity), "value": text_of(entity.get("value"))}
            for entity in message.entities
        ],
        "slots": {name: text_of(values[name]) for name in seen if values.get(name) is not None},
    }


def text_of(value: Any) -> str:
    """A slot's or an entity's value as it is typed; `slot_value` reads it back.

    Args:
        value: The value; None is "".

    Example:
        >>> text_of(True), text_of(["a", "b"]), text_of(0.5), text_of(None)
        ('true', 'a, b', '0.5', '')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def changes(chosen: Mapping[str, Any], actual: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between a chosen input and what really was, for `what_if_tracker`.

    Args:
        chosen: `{"intent", "entities", "slots"}`; of the slots those that were chosen.
        actual: What `input_of` says of the conversation.

    Example:
        >>> really = {"intent": "hi", "entities": [], "slots": {"paid": "true"}}
        >>> changes({"intent": "hi", "entities": [], "slots": {"paid": ""}}, really)
        {'intent': None, 'entities': [], 'slots': {'paid': ''}}
    """
    intent = chosen.get("intent") or ""
    entities = [entity for entity in chosen.get("entities") or () if entity.get("entity")]
    slots = dict(chosen.get("slots") or {})
    said = (intent, entities) != (actual["intent"], actual["entities"])
    return {
        "intent": (intent or None) if said else None,
        "entities": entities if said and intent else [],
        "slots": {k: v for k, v in slots.items() if v != actual["slots"].get(k, "")},
    }


def what_if_tracker(
    tracker: DialogueStateTracker,
    domain: Domain,
    turn: int,
    *,
    intent: str | None = None,
    entities: Iterable[Mapping[str, Any]] = (),
    slots: Mapping[str, Any] | None = None,
) -> DialogueStateTracker:
    """The conversation as it would be at a turn.

    Args:
        tracker: The conversation; it is not changed.
        domain: The domain.
        turn: The turn.
        intent: What the user says instead; None leaves what was said.
        entities: `{"entity": label, "value": ...}` for each thing in the message; a label may have
            a role or a group, as in `city#from`. They fill slots as in a real message.
        slots: Values that slots have then, whatever was said.

    Returns:
        A conversation of its own, in which the bot is about to choose its next action.

    Raises:
        UnknownNameError: If the domain has no such intent, entity or slot.

    Example:
        >>> domain = Domain.from_yaml("{intents: [hi], slots: {paid: {type: bool}}}")
        >>> empty = DialogueStateTracker("ann", domain.slots)
        >>> changed = what_if_tracker(empty, domain, 0, intent="hi", slots={"paid": "true"})
        >>> changed.latest_message.intent_name, changed.get_slot("paid")
        ('hi', True)
    """
    changed = tracker_at(tracker, turn)
    if intent is not None:
        _check(intent, domain.intent_names, "intents")
        changed = changed.branch(_before_the_message(changed))
        if changed.latest_action_name != ACTION_LISTEN_NAME:
            changed.update(ActionExecuted(ACTION_LISTEN_NAME))
        found = tuple(_entity(entity, domain) for entity in entities)
        changed.update(UserUttered(None, {"name": intent, "confidence": 1.0}, found))
        changed.update_with_events(extract_slots(changed, domain))
    for name, value in (slots or {}).items():
        _check(name, domain.slot_by_name, "slots")
        wanted = slot_value(domain.slot_by_name[name], value)
        if wanted != changed.get_slot(name):
            changed.update(SlotSet(name, wanted))
    return changed


def _before_the_message(tracker: DialogueStateTracker) -> int:
    """How many events there were before the user spoke last; all if nobody spoke since a listen."""
    for i in range(len(tracker.events) - 1, -1, -1):
        event = tracker.events[i]
        if isinstance(event, UserUttered):
            return i
        if isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME:
            break
    return len(tracker.events)


def slot_value(slot: Slot, value: Any) -> Any:
    """What a person typed or chose, as a value of the slot.

    Args:
        slot: The slot.
        value: A text or a value; "" and None empty the slot.

    Example:
        >>> [slot_value(cls("x"), "2, 3") for cls in (Slot, FloatSlot, ListSlot)]
        ['2, 3', '2, 3', ['2', '3']]
        >>> slot_value(FloatSlot("x"), "2.5")
        2.5
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and isinstance(slot, BooleanSlot):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(value, str) and isinstance(slot, ListSlot):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, str) and isinstance(slot, FloatSlot):
        try:
            number = float(value)
        except ValueError:
            return value
        return number if math.isfinite(number) else value
    return value


def _check(name: str, known: Iterable[str], what: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known)
        raise UnknownNameError(
            f"Expected one of the domain's {what} ({listing(known)}), got '{name}'. {hint}".strip()
        )


def _label(entity: Mapping[str, Any]) -> str:
    """An entity as policies see it: `city`, or `city#from` with its role or else its group."""
    part = entity.get("role") or entity.get("group")
    return f"{entity.get('entity')}#{part}" if part else str(entity.get("entity"))


def _entity(chosen: Mapping[str, Any], domain: Domain) -> dict[str, Any]:
    """A chosen label and value as an entity of a message."""
    label = str(chosen.get("entity"))
    by_label = {name: entity for entity in domain.entities for name in entity.labels}
    _check(label, by_label, "entities")
    entity = by_label[label]
    part = label.removeprefix(entity.name).removeprefix("#")
    body = {"entity": entity.name, "value": chosen.get("value")}
    return body | ({"role" if part in entity.roles else "group": part} if part else {})
