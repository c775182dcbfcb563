"""Reading events from Rasa's JSON form, of any version; each writes itself (`Event.as_dict`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    EntitiesAdded,
    Event,
    FollowupAction,
    LoopInterrupted,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    StoryExported,
    UserUtteranceFeaturization,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.exceptions import EventError

EVENT_TYPES: Final[dict[str, type[Event]]] = {
    cls.type_name: cls
    for cls in (
        UserUttered, BotUttered, SlotSet, ActionExecuted, ActionExecutionRejected, ActiveLoop,
        LoopInterrupted, FollowupAction, Restarted, SessionStarted, UserUtteranceReverted,
        ActionReverted, AllSlotsReset, ConversationPaused, ConversationResumed, StoryExported,
        AgentUttered, ReminderScheduled, ReminderCancelled, UserUtteranceFeaturization,
        EntitiesAdded,
    )
}  # fmt: skip


def event_from_dict(body: Mapping[str, Any]) -> Event:
    """Reads one event from Rasa's JSON form, of any version.

    Args:
        body: `{"event": type name, ...}`.

    Returns:
        The event. 1.x's `form` becomes `active_loop`; its `form_validation` becomes
        `loop_interrupted` with the opposite value.

    Raises:
        EventError: If the type is unknown or a value is missing.

    Example:
        >>> event_from_dict({"event": "slot", "name": "city", "value": "Oslo"}).value
        'Oslo'
    """
    if not isinstance(body, Mapping):
        raise EventError(f"An event must be a JSON object, got {type(body).__name__}.")
    name = body.get("event")
    if name == "form":
        name = "active_loop"
    elif name == "form_validation":
        name, body = "loop_interrupted", {**body, "is_interrupted": not body.get("validate", True)}
    cls = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if cls is None:
        hint = did_you_mean(str(name), EVENT_TYPES)
        raise EventError(f"Unknown event type {name!r}: known are {', '.join(EVENT_TYPES)}. {hint}")
    try:
        return cls.from_payload(body)
    except (KeyError, TypeError) as error:
        raise EventError(
            f"The event '{name}' lacks a value or has a wrong one: {error}."
        ) from error
