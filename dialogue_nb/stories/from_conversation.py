"""From a conversation to the story that would teach it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    ConversationResumed,
    Event,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.trackers import applied_events
from dialogue_nb.stories.essentials import essential_event
from dialogue_nb.stories.steps import Line, Story

_KEPT: Final = (SlotSet, ActiveLoop, AllSlotsReset, ConversationPaused, ConversationResumed)
# Rasa keeps its books in this slot; no policy sees it.
_OWN_SLOT: Final = "session_started_metadata"


def story_of(events: Iterable[Event], name: str) -> Story:
    """The story that a conversation is: what was said and done, as somebody would write it.

    What was taken back, or came before a restart, is left out, and so is what no story has: who
    chose an action and how surely, what the bot's words were. A message is named by its intent;
    one that was not understood by its words.

    Args:
        events: All that happened, oldest first (`tracker.events`).
        name: The name of the story.

    Example:
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet", text="hi there"),
        ...         ActionExecuted("utter_greet", "MyPolicy", 0.9), ActionExecuted("action_listen")]
        >>> [line.events[0].label if i else line.events[0].intent_name
        ...  for i, line in enumerate(story_of(said, "hello").items)]
        ['greet', 'utter_greet']
    """
    steps = (_step(event) for event in applied_events(list(events)))
    return Story(name, tuple(Line((step,)) for step in steps if step is not None))


def _step(event: Event) -> Event | None:
    """What a story says of an event, None for nothing."""
    if isinstance(event, UserUttered):
        return _message(essential_event(event))
    if isinstance(event, ActionExecuted):
        return None if event.action_name == ACTION_LISTEN_NAME else essential_event(event)
    if isinstance(event, SlotSet) and event.key == _OWN_SLOT:
        return None
    return replace(event, timestamp=None, metadata={}) if isinstance(event, _KEPT) else None


def _message(event: Event) -> Event:
    if not isinstance(event, UserUttered) or event.intent_name is None:
        return event
    entities = tuple(_unplaced(entity) for entity in event.entities)
    return UserUttered(None, {**event.intent, "confidence": 1.0}, entities)


def _unplaced(entity: Mapping[str, Any]) -> dict[str, Any]:
    """An entity without where it stood in words that are not written."""
    return {key: value for key, value in entity.items() if key not in ("start", "end")}
