"""What of an event belongs into a story: the rest is what happened around it in a conversation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from dialogue_nb.core.events import ActionExecuted, Event, UserUttered
from dialogue_nb.stories.messages import RETRIEVAL_KEY
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Alternatives, Checkpoint, Item, Line

ItemT = TypeVar("ItemT", bound=Item)

_POSITION_KEYS: Final = ("start", "end")


def essential_event(event: Event) -> Event:
    """The event without what no story format has a place for (who chose an action, rankings, ...).

    Example:
        >>> essential_event(ActionExecuted("utter_hi", policy="RulePolicy")).policy is None
        True
    """
    if isinstance(event, ActionExecuted):
        return ActionExecuted(event.action_name, action_text=event.action_text)
    if not isinstance(event, UserUttered):
        return event
    intent: dict[str, Any] = {
        "name": event.intent.get("name"),
        "confidence": event.intent.get("confidence", 1.0),
    }
    if event.intent.get(RETRIEVAL_KEY) is not None:
        intent[RETRIEVAL_KEY] = event.intent[RETRIEVAL_KEY]
    keys = () if event.text is None else _POSITION_KEYS
    entities = tuple(_essential_entity(entity, keys) for entity in event.entities)
    return UserUttered(event.text, intent, entities)


def _essential_entity(entity: Mapping[str, Any], positions: Iterable[str]) -> dict[str, Any]:
    kept = {"entity": entity.get("entity"), "value": entity.get("value")}
    kept |= {key: entity[key] for key in ("role", "group") if entity.get(key) is not None}
    return kept | {key: entity[key] for key in positions if key in entity}


def essential(item: ItemT, notes: Notes) -> ItemT:
    """The item with essential events only; what is lost by that is noted.

    Args:
        item: An item of a story.
        notes: Where it is noted that something is lost.
    """
    if not isinstance(item, Line | Alternatives):
        return item
    events = tuple(map(essential_event, item.events))
    if events != item.events or any(event.metadata for event in item.events):
        notes.info(
            "W103",
            "Only what is said and done is written: policies, channels, extractors and the like"
            " have no place in a story.",
        )
    return replace(item, events=events)


def is_plain(value: Any) -> bool:
    """Whether JSON and YAML have a form for this value.

    Example:
        >>> is_plain({"a": [1, None]}), is_plain(object()), is_plain(float("nan"))
        (True, False, False)
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def is_alike(item: Item, again: Sequence[Item]) -> bool:
    """Whether what is read again is at least of the same kind: the same events, in words or names.

    Example:
        >>> is_alike(Checkpoint("here"), [Checkpoint("there")]), is_alike(Checkpoint("here"), [])
        (True, False)
    """
    if isinstance(item, Checkpoint):
        return len(again) == 1 and isinstance(again[0], Checkpoint)
    parts = [part for part in again if isinstance(part, type(item))]
    kinds = [_kind(event) for part in parts for event in part.events]
    return len(parts) == len(again) and kinds == [_kind(event) for event in item.events]


def _kind(event: Event) -> tuple[str, bool]:
    return event.type_name, isinstance(event, ActionExecuted) and event.action_name is None


def complain_about_loss(
    item: Item, again: Sequence[Item], format_name: str, notes: Notes, *, is_left_out: bool
) -> None:
    """Notes what becomes of an item that is not read as it was meant.

    Args:
        item: The item.
        again: What is read where it was written.
        format_name: "Markdown" or "YAML".
        notes: Where it is noted.
        is_left_out: Whether it is not written at all.
    """
    is_split = len(again) > 1 and not is_left_out
    if is_split and isinstance(item, Line) and all(isinstance(part, Line) for part in again):
        parts = [event for part in again if isinstance(part, Line) for event in part.events]
        if parts == list(item.events):
            message = "What stands together here is written on several lines."
            notes.info("W107", message, "It means the same.")
            return
    name = "" if not isinstance(item, Checkpoint) else f"checkpoint {shown(item.name)}"
    what = name or " or ".join(map(_named, item.events))  # type: ignore[union-attr]
    outcome = "it is left out" if is_left_out else "it will be read differently"
    notes.error("W102", f"{format_name} has no form for this {what}: {outcome}.")


def _named(event: Event) -> str:
    if isinstance(event, UserUttered):
        subject = event.text if event.text is not None else event.intent_name
        return f"user message {shown(subject)}"
    if isinstance(event, ActionExecuted):
        return f"action {shown(event.label)}"
    name = getattr(event, "key", getattr(event, "name", None))
    return f"event {shown(event.type_name)}" + (f" of {shown(name)}" if name else "")
