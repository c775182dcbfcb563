"""What happens between the actions of a training dialogue, in the words of its story."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActiveLoop,
    Event,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.states import State
from dialogue_nb.stories.training_data import TrainingTracker

_LONGEST = 200


def happened_before(tracker: TrainingTracker) -> list[tuple[str, str]]:
    r"""What the user said, or what was set, before each action of a dialogue.

    Args:
        tracker: The dialogue.

    Returns:
        For each action two texts, "" where nothing happened: a few words (the intent, the kinds of
        its entities, slots that the story sets itself), and all of it with the values.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories('## a\n* order{"bread": "rye"}\n - utter_hi')
        >>> domain = Domain.from_yaml("{intents: [order], entities: [bread], actions: [utter_hi]}")
        >>> happened_before(generate(stories, domain)[0])[1]
        ('order · bread', 'order (bread = rye)')
    """
    parts = _between(tracker.events, tracker.actions)
    if parts is None:  # something was taken back, or happened inside a form
        parts = _between(tracker.applied_events(), tracker.actions)
    if parts is not None:
        return [_in_words(events) for events in parts]
    states = tracker.states[: len(tracker.actions)]
    return [_by_state(state) for state in states]


def _between(events: Iterable[Event], actions: Sequence[str]) -> list[list[Event]] | None:
    """The events before each action; None if these are not the actions."""
    parts: list[list[Event]] = [[]]
    for event in events:
        if not isinstance(event, ActionExecuted):
            parts[-1].append(event)
        elif len(parts) > len(actions) or event.label != actions[len(parts) - 1]:
            return None
        else:
            parts.append([])
    return parts[:-1] if len(parts) == len(actions) + 1 else None


def _in_words(events: Sequence[Event]) -> tuple[str, str]:
    if not events:
        return "", ""
    said: list[str] = []
    whole: list[str] = []
    filled: set[str] = set()
    for event in events:
        if isinstance(event, UserUttered):
            name = _named(event.intent_name, event.text)
            labels = [_label(entity) for entity in event.entities]
            values = [
                f"{label} = {_value(entity.get('value'))}"
                for label, entity in zip(labels, event.entities, strict=True)
            ]
            filled |= {str(entity.get("entity")) for entity in event.entities}
            said.append(" · ".join([name, *dict.fromkeys(labels)]))
            whole.append(f"{name} ({', '.join(values)})" if values else name)
        else:
            text = "".join(_otherwise(event))
            said += (
                [text] if text and not (isinstance(event, SlotSet) and event.key in filled) else []
            )
            whole += [text] if text else []
    return ", ".join(said)[:_LONGEST], ", ".join(whole)[:_LONGEST]


def _otherwise(event: Event) -> Iterator[str]:
    if isinstance(event, SlotSet):
        yield f"{event.key} = {_value(event.value)}"
    elif isinstance(event, ActiveLoop):
        yield f"form {event.name}" if event.name else "form ends"


def _by_state(state: State) -> tuple[str, str]:
    if state.prev_action != ACTION_LISTEN_NAME or not (state.intent or state.text):
        return "", ""
    said = " · ".join([_named(state.intent, state.text), *state.entities])[:_LONGEST]
    return said, said


def _named(intent: str | None, text: str | None) -> str:
    return intent or (f"“{text}”" if text else "(nothing)")


def _label(entity: Mapping[str, Any]) -> str:
    return "#".join(str(entity[k]) for k in ("entity", "role", "group") if entity.get(k))


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
