"""What happened in a conversation, event by event, in words that people read."""

from __future__ import annotations

import json
from typing import Any, Final

from dialogue_nb.core.events import (
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    FollowupAction,
    LoopInterrupted,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)

LONGEST_VALUE: Final = 300
"""How many characters of a value or a text are shown; the rest is cut."""


def shown_value(value: Any, limit: int = LONGEST_VALUE) -> str:
    """A slot's or an entity's value as people read it.

    Args:
        value: The value; None means that there is none.
        limit: How many characters of it are kept.

    Example:
        >>> shown_value("Oslo"), shown_value(None), shown_value([1, "two"])
        ('Oslo', 'nothing', '[1, "two"]')
    """
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(value) <= limit else f"{value[:limit]}…"


def happening(event: Event) -> dict[str, Any] | None:
    """An event in words, None where it only keeps the books.

    Args:
        event: Any event but the execution of an action.

    Returns:
        `{"kind", "text", "says"}`: what kind of thing it is, a few words, and all there is to say.

    Example:
        >>> happening(SlotSet("city", "Oslo"))
        {'kind': 'slot', 'text': 'city = Oslo', 'says': ['city = Oslo']}
    """
    match event:
        case UserUttered():
            return _said(event)
        case BotUttered(text=text) | AgentUttered(text=text):
            quoted = f"“{shown_value(text or '')}”"
            return {"kind": "bot", "text": quoted, "says": [f"{event.type_name}: {quoted}"]}
        case _:
            kind, text = _in_words(event)
            return {"kind": kind, "text": text, "says": [text]} if kind else None


def _said(event: UserUttered) -> dict[str, Any]:
    """A message: its words, what was understood, how surely."""
    sure = event.intent.get("confidence")
    quoted = f"“{shown_value(event.text)}”" if event.text else ""
    says = [f"user: {quoted}"] if quoted else []
    if event.intent_name is not None:
        number = f" {sure:.2f}" if isinstance(sure, (int, float)) else ""
        says.append(
            f"{event.intent_name}{number}" if says else f"user: {event.intent_name}{number}"
        )
    for entity in event.entities:
        label = "#".join(str(entity[k]) for k in ("entity", "role", "group") if entity.get(k))
        says.append(f"{label}: {shown_value(entity.get('value'))}")
    return {"kind": "user", "text": event.intent_name or quoted or "(nothing)", "says": says}


def _in_words(event: Event) -> tuple[str, str]:
    """The kind of a thing and a few words for it; ("", "") where there is nothing to say."""
    match event:
        case SlotSet(key=key, value=value):
            return "slot", f"{key} = {shown_value(value)}"
        case ActiveLoop(name=name):
            return "loop", f"form {name} begins" if name else "form ends"
        case Restarted():
            return "restart", "restart"
        case SessionStarted():
            return "restart", "new session"
        case UserUtteranceReverted():
            return "reverted", "message taken back"
        case ActionReverted():
            return "reverted", "action taken back"
        case ActionExecutionRejected(name=name):
            return "rejected", f"{name} refused"
        case FollowupAction(name=name):
            return "note", f"next: {name}"
        case _:
            return _rare(event)


def _rare(event: Event) -> tuple[str, str]:
    match event:
        case AllSlotsReset():
            return "note", "all slots emptied"
        case ConversationPaused():
            return "note", "paused"
        case ConversationResumed():
            return "note", "resumed"
        case LoopInterrupted(is_interrupted=True):
            return "note", "form interrupted"
        case ReminderScheduled(action=action, intent=intent):
            return "note", f"reminder: {action or intent}"
        case _:
            return "", ""
