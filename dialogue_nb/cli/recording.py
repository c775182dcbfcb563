"""Playing recorded conversations and writing down what the bot did after every message.

The form of the record is that of `expected.json`: `{"source", "conversations": [[turn, ...], ...]}`
with `{"message", "events", "slots", "active_loop"}` for each message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.events import Event, Restarted, UserUtteranceFeaturization, UserUttered
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.core.version import __version__

ENTITY_KEYS: Final = ("entity", "value", "role", "group")
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "action": ("name", "policy", "confidence"),
    "bot": ("text",),
    "action_execution_rejected": ("name",),
}
"""What is written of an event; of those that are not named here, all they say."""


def read_messages(file: str | Path) -> list[list[str]]:
    """Reads conversations: a JSON list of lists of messages.

    Raises:
        AgentError: If the file holds something else.
    """
    try:
        body = json.loads(Path(file).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise AgentError(f"'{file}' is no JSON file: {error}.") from error
    if isinstance(body, list) and all(
        isinstance(talk, list) and all(isinstance(text, str) for text in talk) for talk in body
    ):
        return body
    raise AgentError(
        f"Expected a list of conversations in '{file}', each a list of messages: "
        '[["/greet", "/goodbye"], ["/greet"]].'
    )


def play(agent: Agent, conversations: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Has conversations with an agent, each from its beginning.

    Args:
        agent: The trained agent.
        conversations: The user's messages.

    Returns:
        The record, JSON-ready.
    """
    played = []
    for number, messages in enumerate(conversations):
        sender = f"conversation-{number}"
        played.append([_turn(agent, sender, message) for message in messages])
    return {"source": f"dialogue_nb {__version__}", "conversations": played}


def _turn(agent: Agent, sender: str, message: str) -> dict[str, Any]:
    before = len(agent.tracker(sender).events)
    agent.handle_text(message, sender)
    tracker = agent.tracker(sender)
    slots = tracker.current_slot_values()
    return {
        "message": message,
        "events": event_records(tracker, before),
        "slots": {name: value for name, value in slots.items() if value is not None},
        "active_loop": tracker.active_loop_name,
    }


def event_records(tracker: DialogueStateTracker, since: int) -> list[dict[str, Any]]:
    """What happened from an event on, in short; nothing if the conversation was restarted there.

    Rasa counts the events of a conversation after its latest restart, so a message that restarts it
    has none.
    """
    new = tracker.events[since:]
    if any(isinstance(event, Restarted) for event in new):
        return []
    return [_record(e) for e in new if not isinstance(e, UserUtteranceFeaturization)]


def _record(event: Event) -> dict[str, Any]:
    if isinstance(event, UserUttered):
        entities = [{k: e[k] for k in ENTITY_KEYS if k in e} for e in event.entities]
        words = {"entities": entities, "text": event.text}
        return {"event": "user", "intent": event.intent_name, **words}
    body = event.payload()
    kept = KEPT.get(event.type_name, tuple(body))
    return {"event": event.type_name, **{key: body[key] for key in kept}}
