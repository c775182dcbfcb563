"""Everything that can happen in a conversation, as frozen records.

An event only says what happened; what it does to a conversation is written once, in
`situations.advance`. The JSON form is Rasa's own (0.14 to 3.6), so dumps travel both ways.
Two events are equal when they say the same thing, whenever it happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

ACTION_LISTEN_NAME: Final = "action_listen"
ACTION_SESSION_START_NAME: Final = "action_session_start"
RULE_SNIPPET_ACTION_NAME: Final = "..."


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """What all events share.

    Args:
        timestamp: Seconds since 1970, None for what never happened in time (training stories).
        metadata: Anything JSON-ready that travels with the event.
    """

    type_name: ClassVar[str] = ""
    timestamp: float | None = field(default=None, compare=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The event in Rasa's JSON form: `{"event": type_name, "timestamp": ..., ...}`."""
        body: dict[str, Any] = {"event": self.type_name, "timestamp": self.timestamp}
        if self.metadata:
            body["metadata"] = dict(self.metadata)
        return body | self.payload()

    def payload(self) -> dict[str, Any]:
        """The part of the JSON form that is the event's own."""
        own = (f.name for f in fields(self) if f.name not in ("timestamp", "metadata"))
        return {name: getattr(self, name) for name in own}

    @classmethod
    def from_payload(cls, body: Mapping[str, Any]) -> Event:
        """Makes the event from its JSON form; `event_from_dict` is the public way in."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in body.items() if key in known})

    def __eq__(self, other: object) -> bool:
        """Whether the other event says the same thing, whenever it happened."""
        if not isinstance(other, Event):
            return NotImplemented
        return type(self) is type(other) and self.payload() == other.payload()

    def __hash__(self) -> int:
        """Equal events hash equally, whatever their values hold (lists, dicts)."""
        return hash((self.type_name, json.dumps(self.payload(), sort_keys=True, default=str)))


@dataclass(frozen=True, eq=False)
class UserUttered(Event):
    """The user said something.

    Args:
        text: The words as typed, None when the story only names the intent.
        intent: `{"name": ..., "confidence": ...}`; the name is None when nothing was understood.
        entities: `{"entity": type, "value": ..., "role": ..., "group": ...}`, one for each found.
        intent_ranking: All intents considered, most likely first, in the same form as `intent`.
        input_channel: Where the message came in.
        message_id: The channel's own id of the message.

    Example:
        >>> message = UserUttered.of("inform", {"city": "Oslo"})
        >>> message.intent["name"], message.entities[0]["value"]
        ('inform', 'Oslo')
    """

    type_name: ClassVar[str] = "user"
    text: str | None = None
    intent: Mapping[str, Any] = field(default_factory=lambda: {"name": None, "confidence": 1.0})
    entities: tuple[Mapping[str, Any], ...] = ()
    intent_ranking: tuple[Mapping[str, Any], ...] = ()
    input_channel: str | None = None
    message_id: str | None = None

    @classmethod
    def of(
        cls, intent: str, entities: Mapping[str, Any] | None = None, text: str | None = None
    ) -> UserUttered:
        """A message with a certain intent and entities given as `{type: value}`."""
        found = tuple({"entity": key, "value": value} for key, value in (entities or {}).items())
        return cls(text, {"name": intent, "confidence": 1.0}, found)

    @property
    def intent_name(self) -> str | None:
        """The name of the intent, None when nothing was understood."""
        name = self.intent.get("name")
        return None if name is None else str(name)

    @property
    def parse_data(self) -> dict[str, Any]:
        """What was understood, in Rasa's form of a parse result."""
        return {
            "text": self.text,
            "intent": dict(self.intent),
            "entities": [dict(entity) for entity in self.entities],
            "intent_ranking": [dict(intent) for intent in self.intent_ranking],
        }

    def payload(self) -> dict[str, Any]:
        """Rasa's form: text, parse_data, input_channel, message_id."""
        return {
            "text": self.text,
            "parse_data": self.parse_data,
            "input_channel": self.input_channel,
            "message_id": self.message_id,
        }

    @classmethod
    def from_payload(cls, body: Mapping[str, Any]) -> UserUttered:
        """Reads Rasa's form."""
        parse = _mapping(body.get("parse_data") or {}, "parse_data")
        return cls(
            body.get("text", parse.get("text")),
            _mapping(parse.get("intent") or {"name": None, "confidence": 1.0}, "intent"),
            _mappings(parse.get("entities") or (), "entities"),
            _mappings(parse.get("intent_ranking") or (), "intent_ranking"),
            body.get("input_channel"),
            body.get("message_id"),
            timestamp=body.get("timestamp"),
            metadata=body.get("metadata") or {},
        )


@dataclass(frozen=True, eq=False)
class BotUttered(Event):
    """The bot said something: `text`, and in `data` its buttons, image, custom payload."""

    type_name: ClassVar[str] = "bot"
    text: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SlotSet(Event):
    """The slot `key` got `value` (None: it was emptied)."""

    type_name: ClassVar[str] = "slot"
    key: str
    value: Any = None

    def payload(self) -> dict[str, Any]:
        """Rasa's form: name, value."""
        return {"name": self.key, "value": self.value}

    @classmethod
    def from_payload(cls, body: Mapping[str, Any]) -> SlotSet:
        """Reads Rasa's form."""
        return cls(str(body["name"]), body.get("value"), **_common(body))


@dataclass(frozen=True, eq=False)
class ActionExecuted(Event):
    """The bot did something.

    Args:
        action_name: The action, None for an end-to-end action that is only a text.
        policy: The policy that chose it, None when nobody did (stories, follow-ups).
        confidence: How sure that policy was, between 0 and 1.
        action_text: The text of an end-to-end action.
        hide_rule_turn: Whether learning policies should not see this turn (Rasa 3.x).
        unpredictable: Whether it is no example to learn from (a story begins with it).
    """

    type_name: ClassVar[str] = "action"
    action_name: str | None = None
    policy: str | None = None
    confidence: float | None = None
    action_text: str | None = None
    hide_rule_turn: bool = False
    unpredictable: bool = field(default=False, compare=False)

    @property
    def label(self) -> str:
        """The name in the domain's list of actions: the action's name or its text."""
        return self.action_name or self.action_text or ""

    def payload(self) -> dict[str, Any]:
        """Rasa's form: name, policy, confidence, action_text, hide_rule_turn."""
        return {
            "name": self.action_name,
            "policy": self.policy,
            "confidence": self.confidence,
            "action_text": self.action_text,
            "hide_rule_turn": self.hide_rule_turn,
        }

    @classmethod
    def from_payload(cls, body: Mapping[str, Any]) -> ActionExecuted:
        """Reads Rasa's form."""
        return cls(
            body.get("name"),
            body.get("policy"),
            body.get("confidence"),
            body.get("action_text"),
            bool(body.get("hide_rule_turn", False)),
            **_common(body),
        )


@dataclass(frozen=True, eq=False)
class ActionExecutionRejected(Event):
    """An action (a form, mostly) refused to run; another one is chosen instead."""

    type_name: ClassVar[str] = "action_execution_rejected"
    name: str
    policy: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, eq=False)
class ActiveLoop(Event):
    """The loop (form) `name` began, or the active one ended (None). 1.x's `form`."""

    type_name: ClassVar[str] = "active_loop"
    name: str | None = None


@dataclass(frozen=True, eq=False)
class LoopInterrupted(Event):
    """The active loop was (or is no longer) interrupted by something else."""

    type_name: ClassVar[str] = "loop_interrupted"
    is_interrupted: bool = True


@dataclass(frozen=True, eq=False)
class FollowupAction(Event):
    """The action `name` is to be run next, whatever the policies say."""

    type_name: ClassVar[str] = "followup"
    name: str


@dataclass(frozen=True, eq=False)
class Restarted(Event):
    """The conversation starts afresh; nothing before it is seen any more."""

    type_name: ClassVar[str] = "restart"


@dataclass(frozen=True, eq=False)
class SessionStarted(Event):
    """A new session begins; nothing before it is seen any more."""

    type_name: ClassVar[str] = "session_started"


@dataclass(frozen=True, eq=False)
class UserUtteranceReverted(Event):
    """The last user message and everything after it never happened."""

    type_name: ClassVar[str] = "rewind"


@dataclass(frozen=True, eq=False)
class ActionReverted(Event):
    """The last action and everything after it never happened."""

    type_name: ClassVar[str] = "undo"


@dataclass(frozen=True, eq=False)
class AllSlotsReset(Event):
    """All slots are back at their initial values."""

    type_name: ClassVar[str] = "reset_slots"


@dataclass(frozen=True, eq=False)
class ConversationPaused(Event):
    """The bot stops answering."""

    type_name: ClassVar[str] = "pause"


@dataclass(frozen=True, eq=False)
class ConversationResumed(Event):
    """The bot answers again."""

    type_name: ClassVar[str] = "resume"


@dataclass(frozen=True, eq=False)
class StoryExported(Event):
    """The conversation was written out as a story, to `path` when one is given."""

    type_name: ClassVar[str] = "export"
    path: str | None = None


@dataclass(frozen=True, eq=False)
class AgentUttered(Event):
    """A human who took over said something."""

    type_name: ClassVar[str] = "agent"
    text: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ReminderScheduled(Event):
    """`action` (or, from 1.x on, `intent`) is to happen at `date_time` (ISO 8601)."""

    type_name: ClassVar[str] = "reminder"
    action: str | None = None
    date_time: str | None = None
    name: str | None = None
    kill_on_user_msg: bool = True
    intent: str | None = None
    entities: Any = None


@dataclass(frozen=True, eq=False)
class ReminderCancelled(Event):
    """The reminders that fit are called off; without a name or intent, all of them."""

    type_name: ClassVar[str] = "cancel_reminder"
    name: str | None = None
    intent: str | None = None
    entities: Any = None


@dataclass(frozen=True, eq=False)
class UserUtteranceFeaturization(Event):
    """Whether the last message was read as text (True) or as an intent (Rasa 2.1 and later)."""

    type_name: ClassVar[str] = "user_featurization"
    use_text_for_featurization: bool = False


@dataclass(frozen=True, eq=False)
class EntitiesAdded(Event):
    """A policy found more entities in the last user message (Rasa 2.2 and later)."""

    type_name: ClassVar[str] = "entities"
    entities: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def from_payload(cls, body: Mapping[str, Any]) -> EntitiesAdded:
        """Reads Rasa's form."""
        return cls(_mappings(body.get("entities") or (), "entities"), **_common(body))


def _common(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"timestamp": body.get("timestamp"), "metadata": body.get("metadata") or {}}


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be an object, got {type(value).__name__}")
    return value


def _mappings(values: Any, name: str) -> tuple[Mapping[str, Any], ...]:
    if isinstance(values, (str, Mapping)):
        raise TypeError(f"{name} must be a list of objects")
    return tuple(_mapping(value, name) for value in values)
