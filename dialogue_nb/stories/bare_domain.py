"""A domain with just the names that stories use, for looking at stories that come without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_records import Entity, Form, Intent
from dialogue_nb.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from dialogue_nb.core.slots import CategoricalSlot
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Line, Story


def bare_domain(stories: Iterable[Story]) -> Domain:
    r"""The smallest domain in which stories have a meaning.

    Every slot is categorical, with the values that the stories give it, so that stories that differ
    in a value differ in their states. Entities fill no slots.

    Args:
        stories: Stories and rules.

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories('## a\n* greet\n - slot{"size": "S"}\n - utter_hi')
        >>> domain = bare_domain(stories)
        >>> domain.intent_names, domain.action_names[-1], domain.slots[0].values
        (('greet',), 'utter_hi', ('s', '__other__'))
    """
    intents: dict[str, None] = {}
    entities: dict[str, dict[str, set[str]]] = {}
    actions: dict[str, None] = {}
    forms: dict[str, None] = {}
    slots: dict[str, dict[str, None]] = defaultdict(dict)
    for event in _events(stories):
        if isinstance(event, UserUttered):
            intents |= {event.intent_name: None} if event.intent_name else {}
            for entity in event.entities:
                parts = entities.setdefault(
                    str(entity.get("entity")), {"role": set(), "group": set()}
                )
                for part, found in parts.items():
                    found |= {str(entity[part])} if entity.get(part) else set()
        elif isinstance(event, ActionExecuted) and event.action_name:
            actions[event.action_name] = None
        elif isinstance(event, ActiveLoop) and event.name:
            forms[event.name] = None
        elif isinstance(event, SlotSet):
            slots[event.key] |= {value: None for value in _values(event.value)}
    default = set(Domain().action_names)
    return Domain(
        intents=tuple(Intent(name) for name in sorted(intents)),
        entities=tuple(
            Entity(name, tuple(sorted(parts["role"])), tuple(sorted(parts["group"])))
            for name, parts in sorted(entities.items())
        ),
        slots=tuple(CategoricalSlot(name, values=tuple(found)) for name, found in slots.items()),
        user_actions=tuple(name for name in actions if name not in default | forms.keys()),
        forms=tuple(Form(name) for name in forms),
    )


def _events(stories: Iterable[Story]) -> Iterator[Event]:
    for story in stories:
        for item in (*story.conditions, *story.items):
            if isinstance(item, Line | Alternatives):
                yield from item.events
            elif isinstance(item, Checkpoint):
                yield from (SlotSet(key, value) for key, value in item.conditions.items())


def _values(value: Any) -> list[str]:
    """A slot's value as a category; what is not set, or only filled, is none."""
    return [] if value is None or value is FILLED else [str(value).lower()]
