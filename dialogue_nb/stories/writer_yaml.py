"""Writes stories and rules in YAML, as Rasa 3 reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from dialogue_nb.core.yaml_writer import dump_yaml
from dialogue_nb.stories.essentials import complain_about_loss, essential, is_alike, is_plain
from dialogue_nb.stories.messages import RETRIEVAL_KEY, annotated
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Item, Line, Story
from dialogue_nb.stories.yaml_steps import BARE_EVENTS, StepReader

FORMAT_VERSION: Final = "3.1"
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_yaml(stories: Iterable[Story]) -> tuple[str, list[Diagnostic]]:
    """Writes stories and rules in YAML.

    Every step is read again: what YAML has no form for is reported, never changed in silence.

    Args:
        stories: The stories and rules. The stories are written first, then the rules.

    Returns:
        The text, and what it cannot express: an error where it would be read differently, a warning
        where something besides the steps is lost.

    Example:
        >>> text, lost = to_yaml([Story("hello", (Line((ActionExecuted("utter_hello"),)),))])
        >>> print(text, lost)
        version: '3.1'
        stories:
        - story: hello
          steps:
          - action: utter_hello
         []
    """
    found: list[Diagnostic] = []
    parts: dict[str, list[dict[str, Any]]] = {"stories": [], "rules": []}
    for story in stories:
        notes = Notes(story.file, story.line, story.name, found)
        parts["rules" if story.is_rule else "stories"].append(_story_data(story, notes))
    data = {"version": FORMAT_VERSION} | {key: blocks for key, blocks in parts.items() if blocks}
    return dump_yaml(data), found


def _story_data(story: Story, notes: Notes) -> dict[str, Any]:
    name = _SURROGATE.sub("\ufffd", story.name)
    data: dict[str, Any] = {"rule" if story.is_rule else "story": name}
    if not name or name != story.name:
        notes.error(
            "W105", f"YAML has no form for the name {shown(story.name)}.", "Give it another."
        )
    if story.metadata:
        if _can_be_written(story.metadata):
            data["metadata"] = dict(story.metadata)
        else:
            notes.warning("W104", "The metadata of the story have no form in YAML.")
    if story.conditions:
        data["condition"] = _steps(story.conditions, notes)
    if story.is_rule and story.conversation_start:
        data["conversation_start"] = True
    data["steps"] = _steps(story.items, notes)
    if story.is_rule and not story.wait_for_user_input:
        data["wait_for_user_input"] = False
    return data


def _steps(items: Iterable[Item], notes: Notes) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for item in items:
        notes.line = item.line
        meant = _without_confidence(essential(item, notes), notes)
        about = Notes()
        written = list(_item_steps(meant))
        again = [read for step in written if (read := StepReader(about).read(step, ()))]
        is_broken = bool(errors_in(about.found)) or not _can_be_written(written)
        if is_broken or again != [meant]:
            is_broken = is_broken or not is_alike(meant, again)
            complain_about_loss(meant, again, "YAML", notes, is_left_out=is_broken)
            written = [] if is_broken else written
        steps += written
    return steps


def _can_be_written(data: Any) -> bool:
    return is_plain(data) and not _SURROGATE.search(json.dumps(data, ensure_ascii=False))


def _without_confidence(item: Item, notes: Notes) -> Item:
    if not isinstance(item, Line | Alternatives):
        return item
    events: list[Event] = []
    for event in item.events:
        if isinstance(event, UserUttered) and event.intent.get("confidence") != 1.0:
            notes.warning("W108", "The confidence of the intent is not written: YAML has none.")
            event = replace(event, intent={**event.intent, "confidence": 1.0})
        events.append(event)
    return replace(item, events=tuple(events))


def _item_steps(item: Item) -> Iterator[dict[str, Any]]:
    if isinstance(item, Checkpoint):
        step: dict[str, Any] = {"checkpoint": item.name}
        if item.conditions:
            step["slot_was_set"] = [{name: value} for name, value in item.conditions.items()]
        yield step
    elif isinstance(item, Alternatives):
        yield {"or": [_event_step(event) for event in item.events]}
    else:
        slots = [event for event in item.events if isinstance(event, SlotSet)]
        if len(slots) == len(item.events):
            yield {"slot_was_set": [_slot(event) for event in slots]}
        else:
            yield from map(_event_step, item.events)


def _slot(event: SlotSet) -> Any:
    return event.key if event.value is FILLED else {event.key: event.value}


def _event_step(event: Event) -> dict[str, Any]:
    if isinstance(event, UserUttered):
        return _message(event)
    if isinstance(event, ActionExecuted):
        if event.action_name is None:
            return {"bot": event.action_text}
        return {"action": event.action_name}
    if isinstance(event, SlotSet):
        return {"slot_was_set": [_slot(event)]}
    if isinstance(event, ActiveLoop):
        return {"active_loop": event.name}
    if event.type_name in BARE_EVENTS:
        return {"action": event.type_name}
    return {"event": event.as_dict()}


def _message(event: UserUttered) -> dict[str, Any]:
    step: dict[str, Any] = {}
    name = event.intent.get(RETRIEVAL_KEY) or event.intent_name
    if name is not None:
        step["intent"] = str(name)
    if event.text is not None:
        step["user"] = annotated(event.text, event.entities)
    elif event.entities:
        step["entities"] = [_entity(entity) for entity in event.entities]
    return step


def _entity(entity: Mapping[str, Any]) -> Any:
    name = entity.get("entity")
    parts = {key: entity[key] for key in ("role", "group") if entity.get(key) is not None}
    if not parts and entity.get("value") == "":
        return name
    return {name: entity.get("value"), **parts}
