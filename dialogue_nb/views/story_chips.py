"""A story as a strip of chips: what the user says, what the bot does, which slots are set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dialogue_nb.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.stories.messages import annotated
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Item, Story

_SHOWN = 200  # characters of a label; more is never read in a strip


class StripMaker:
    """Makes the strips of stories again and again; only what is new costs time.

    Example:
        >>> maker, story = StripMaker(), Story("hello")
        >>> maker.strips([story])[0] is maker.strips([story])[0]
        True
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[Story, dict[str, Any]]] = {}

    def strips(self, stories: Iterable[Story]) -> list[dict[str, Any]]:
        """What `story_chips` says of each story.

        Args:
            stories: The stories; those of the last call are not looked at again.
        """
        known, self._made = self._made, {}
        for story in stories:
            # The story is kept too, so that no other one can have its id.
            self._made[id(story)] = known.get(id(story)) or (story, story_chips(story))
        return [strip for _, strip in self._made.values()]


def story_chips(story: Story) -> dict[str, Any]:
    r"""A story or rule and its chips, ready for JSON.

    Args:
        story: The story or rule.

    Returns:
        `{"name", "kind", "line", "chips"}`; kind is "story" or "rule". Each chip is `{"kind",
        "label", "at"}`, with `at` the number of lines below the story's first line, and `about`
        where there is more to say. The kinds are "condition", "user", "bot", "slot", "loop",
        "checkpoint" and "event".

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories("## a\n* greet OR hi\n- utter_hi\n- restart")
        >>> [(chip["kind"], chip["label"]) for chip in story_chips(stories[0])["chips"]]
        [('user', 'greet | hi'), ('bot', 'utter_hi'), ('event', 'restart')]
    """
    first = story.line or 1
    chips = [
        {"kind": "condition", "label": "if " + chip["label"], "at": (item.line or first) - first}
        for item in story.conditions
        for chip in _item_chips(item)
    ]
    if story.conversation_start:
        chips.append({"kind": "condition", "label": "at the start", "at": 0})
    for item in story.items:
        at = (item.line or first) - first
        chips += ({**chip, "at": at} for chip in _item_chips(item))
    if story.is_rule and not story.wait_for_user_input:
        chips.append({"kind": "condition", "label": "then goes on", "at": 0})
    kind = "rule" if story.is_rule else "story"
    return {"name": story.name[:_SHOWN], "kind": kind, "line": first, "chips": chips}


_DOMAIN_CHIPS: Final = {
    "intents": "user", "entities": "slot", "slots": "slot", "actions": "bot", "responses": "bot",
    "templates": "bot", "forms": "loop", "e2e_actions": "bot",
}  # fmt: skip


def domain_strips(text: str) -> list[dict[str, Any]]:
    r"""The sections of a domain as strips of their names, in the form of `story_chips`.

    Args:
        text: The domain as YAML.

    Example:
        >>> [chip["label"] for chip in domain_strips("intents:\n- greet\n- leave\n")[0]["chips"]]
        ['greet', 'leave']
    """
    data, positions, _ = parse_yaml(text)
    strips = []
    for section, kind in _DOMAIN_CHIPS.items():
        found = data.get(section) if isinstance(data, dict) else None
        if not isinstance(found, list | dict) or not found:
            continue
        first = positions.line(section)
        places = enumerate(found) if isinstance(found, list) else ((name, name) for name in found)
        chips = [
            {**_chip(kind, _name(name)), "at": positions.line(section, place) - first}
            for place, name in places
        ]
        strips.append({"name": section, "kind": "section", "line": first, "chips": chips})
    return sorted(strips, key=lambda strip: int(strip["line"]))


def _name(item: Any) -> str:
    """The name in an item of a list: `greet`, or `greet: {use_entities: []}`."""
    return str(next(iter(item), "")) if isinstance(item, dict) else str(item)


def _item_chips(item: Item) -> Iterator[dict[str, Any]]:
    if isinstance(item, Checkpoint):
        yield _chip("checkpoint", item.name, _values(item.conditions))
    elif isinstance(item, Alternatives):
        kind = "user" if isinstance(item.events[0], UserUttered) else "slot"
        parts = [_event_chip(event) for event in item.events]
        about = "\n".join(part.get("about", part["label"]) for part in parts)
        yield _chip(kind, " | ".join(part["label"] for part in parts), about)
    else:
        yield from map(_event_chip, item.events)


def _event_chip(event: Event) -> dict[str, Any]:
    if isinstance(event, UserUttered):
        entities = _values({str(e.get("entity")): e.get("value") for e in event.entities})
        words = annotated(event.text, event.entities) if event.text is not None else ""
        about = "\n".join(filter(None, (words, entities)))
        return _chip("user", event.intent_name or f"“{event.text or ''}”", about)
    if isinstance(event, ActionExecuted):
        return _chip("bot", event.action_name or f"“{event.action_text or ''}”")
    if isinstance(event, SlotSet):
        filled = event.value is FILLED
        return _chip("slot", f"{event.key} is set" if filled else f"{event.key} = {_value(event)}")
    if isinstance(event, ActiveLoop):
        return _chip("loop", f"loop {event.name}" if event.name else "loop ends")
    return _chip("event", event.type_name, _values(event.payload()))


def _chip(kind: str, label: str, about: str = "") -> dict[str, Any]:
    chip = {"kind": kind, "label": label[:_SHOWN]}
    return chip | ({"about": about[:_SHOWN]} if about else {})


def _value(event: SlotSet) -> str:
    if isinstance(event.value, str):
        return event.value
    return json.dumps(event.value, ensure_ascii=False, default=str)


def _values(values: Mapping[str, Any]) -> str:
    said = {key: value for key, value in values.items() if value is not None}
    return ", ".join(f"{key} = {value}" for key, value in said.items())
