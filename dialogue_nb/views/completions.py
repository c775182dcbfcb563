"""What may be said to a bot that reads `/intent{"entity": "value"}`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.interpreter import RegexInterpreter, user_event
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import without_default_intents
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.slots import DEFAULT_CATEGORICAL_VALUE, BooleanSlot, CategoricalSlot, Slot

_VALUES_OFFERED: Final = 50
_SUGGESTED: Final = 3
_STARTERS: Final = 4
_GREETINGS: Final = ("greet", "hello", "hi", "start")
_LONGEST_COMPARED: Final = 100


class UnreadMessageError(DialogueError):
    """A message that a bot without language understanding cannot read.

    Args:
        message: Why, and what it can read.
        suggestions: Messages that may have been meant.
    """

    def __init__(self, message: str, suggestions: Sequence[str]) -> None:
        self.suggestions = list(suggestions)
        super().__init__(message)


def check_readable(text: str, agent: Agent) -> None:
    """Raises if the bot reads nothing but `/intent`, and the message is something else.

    Args:
        text: The message.
        agent: The bot.

    Raises:
        UnreadMessageError: If so.
    """
    if type(agent.interpreter) is not RegexInterpreter:
        return
    event = user_event(agent.interpreter.parse(text), text, agent.domain)
    notes = " ".join(event.metadata.get("notes") or ())
    if event.intent_name is not None and not notes:
        return
    example = next(iter(starters(agent.domain)), "/greet")
    notes = notes or (
        f"This bot reads intents, not words: {example}, or with an entity, "
        f'{example}{{"name": "value"}}.'
    )
    raise UnreadMessageError(notes, suggestions(text, agent.domain))


def completions(domain: Domain) -> dict[str, Any]:
    r"""The words to complete messages with.

    Args:
        domain: The bot's domain.

    Returns:
        `{"intents": [name], "entities": {name: [value as JSON]}}`: the bot's own intents first; the
        values are those of slots that an entity fills, and those that buttons of responses send.

    Example:
        >>> domain = Domain.from_yaml('''
        ... intents: [inform]
        ... entities: [size]
        ... slots:
        ...   size:
        ...     type: categorical
        ...     values: [small, large]
        ...     mappings: [{type: from_entity, entity: size}]
        ... ''')
        >>> completions(domain)["entities"]
        {'size': ['"small"', '"large"']}
    """
    found: dict[str, dict[str, None]] = {entity.name: {} for entity in domain.entities}
    for slot in domain.slots:
        for mapping in slot.mappings:
            if mapping.get("type") == "from_entity" and mapping.get("entity") in found:
                found[str(mapping["entity"])] |= dict.fromkeys(map(_json, _values(slot)))
    for entity in _entities_of_buttons(domain):
        if entity["entity"] in found:
            found[entity["entity"]].setdefault(_json(entity["value"]))
    own = own_intents(domain)
    rest = [name for name in domain.intent_names if name not in own]
    values = {name: list(offered)[:_VALUES_OFFERED] for name, offered in found.items()}
    return {"intents": [*own, *rest], "entities": values}


def own_intents(domain: Domain) -> list[str]:
    """The intents that the domain lists itself, without those that every bot has."""
    return [intent.name for intent in without_default_intents(domain.intents)]


def starters(domain: Domain) -> list[str]:
    """A few messages to begin with; greetings first.

    Args:
        domain: The bot's domain.

    Example:
        >>> starters(Domain.from_yaml("intents: [bye, greet]"))
        ['/greet', '/bye']
    """
    names = sorted(own_intents(domain), key=lambda name: not name.startswith(_GREETINGS))
    return [f"/{name}" for name in names[:_STARTERS]]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _values(slot: Slot) -> list[Any]:
    if isinstance(slot, CategoricalSlot):
        return [value for value in slot.values if value != DEFAULT_CATEGORICAL_VALUE]
    return [True, False] if isinstance(slot, BooleanSlot) else []


def _entities_of_buttons(domain: Domain) -> Iterable[Mapping[str, Any]]:
    reader = RegexInterpreter()
    for variations in domain.responses.values():
        for response in variations:
            for button in response.as_dict().get("buttons") or ():
                payload = button.get("payload") if isinstance(button, Mapping) else None
                yield from reader.parse(str(payload or ""))["entities"]


def suggestions(text: str, domain: Domain) -> list[str]:
    """What somebody may have meant whose message could not be read.

    Args:
        text: The message.
        domain: The bot's domain.

    Returns:
        A few messages that can be read, the likeliest first.

    Example:
        >>> suggestions("gret", Domain.from_yaml("intents: [bye, greet]"))
        ['/greet']
    """
    head, brace, rest = text.strip().lstrip("/").partition("{")
    wanted = "_".join(head.partition("@")[0].lower().split())[:_LONGEST_COMPARED]
    known = {name.lower(): name for name in own_intents(domain)}
    if wanted in known and brace:  # the intent is right, what follows is not
        return [f"/{known[wanted]}"]
    close = difflib.get_close_matches(wanted, known, n=_SUGGESTED, cutoff=0.5)
    return [f"/{known[name]}{brace}{rest}" for name in close or list(known)[:_SUGGESTED]]
