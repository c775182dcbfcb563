"""From what the user typed to what was meant: the place of language understanding.

An interpreter has one method, `parse(text)`, which returns Rasa's form of a parse result. The one
here reads messages that already say what they mean, `/inform{"city": "Oslo"}`; the one for plain
words is `dialogue_nb.nlu.interpreter.NLUInterpreter`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.stories.messages import (
    RETRIEVAL_KEY,
    decode_json,
    entities_from_object,
    intent_record,
)

# Rasa 3.x: the intent, then perhaps @confidence, then perhaps {entities}; what is left is `rest`.
MESSAGE: Final = re.compile(
    r"^/(?P<name>[^{@]+)(?P<confidence>@[0-9.]+)?(?P<entities>{.+})?(?P<rest>.*)", re.DOTALL
)
MAX_MESSAGE_LENGTH: Final = 100_000


class Interpreter(Protocol):
    """What an agent needs of language understanding."""

    def parse(self, text: str) -> Mapping[str, Any]:
        """Understands one message.

        Args:
            text: The message as typed.

        Returns:
            `{"text", "intent": {"name", "confidence"}, "entities": [], "intent_ranking": []}`; only
            `intent` must be there. The name is None when nothing was understood.
        """
        ...


class RegexInterpreter:
    r"""Reads `/intent@0.9{"entity": "value"}` as Rasa 3.x does; all other text is not understood.

    Example:
        >>> parsed = RegexInterpreter().parse('/inform@0.8{"city": ["Oslo", "Rome"]}')
        >>> parsed["intent"]
        {'name': 'inform', 'confidence': 0.8}
        >>> [entity["value"] for entity in parsed["entities"]]
        ['Oslo', 'Rome']
        >>> RegexInterpreter().parse("good morning")["intent"]
        {'name': None, 'confidence': 0.0}
    """

    def parse(self, text: str) -> dict[str, Any]:
        """Reads one message.

        Args:
            text: The message as typed.

        Returns:
            Rasa's form of a parse result. What could not be read is said in `notes`, a list of
            sentences.
        """
        match = MESSAGE.match(text.strip()) if len(text) <= MAX_MESSAGE_LENGTH else None
        if match is None or not match["name"].strip():
            return _result(text, None, 0.0, [], [])
        notes: list[str] = []
        if match["rest"].strip():
            notes.append(f"The end of the message, {match['rest'].strip()!r}, could not be read.")
        entities = _entities(match, notes)
        return _result(text, match["name"].strip(), _confidence(match), entities, notes)


def understand(interpreter: Interpreter, text: str) -> Mapping[str, Any]:
    """What a message means: as it says itself if it begins with a slash, else as understood.

    Args:
        interpreter: Understands plain words.
        text: The message as typed.

    Example:
        >>> class Deaf:
        ...     def parse(self, text):
        ...         return {"intent": {"name": "what", "confidence": 1.0}}
        >>> [understand(Deaf(), text)["intent"]["name"] for text in ("/greet", "hello")]
        ['greet', 'what']
    """
    if text.lstrip().startswith("/"):
        parsed = RegexInterpreter().parse(text)
        if parsed["intent"]["name"] is not None:
            return parsed
    return interpreter.parse(text)


def understood(message: UserUttered) -> str:
    """What was understood of a message, in a line.

    Args:
        message: The message.

    Example:
        >>> ranking = ({"name": "greet", "confidence": 0.93}, {"name": "deny", "confidence": 0.03})
        >>> city = {"entity": "city", "role": "to", "value": "Oslo"}
        >>> understood(UserUttered("hi", ranking[0], (city,), ranking))
        'greet 0.93 (deny 0.03), city#to=Oslo'
    """
    intent = message.intent
    name = intent.get(RETRIEVAL_KEY) or message.intent_name
    if name is None:
        parts = ["nothing"]
    else:
        others = [r for r in message.intent_ranking if _is_worth_saying(r, message.intent_name)]
        second = f" ({_sure(others[0])})" if others else ""
        parts = [f"{_sure({**intent, 'name': name})}{second}"]
    for entity in message.entities:
        label = "#".join(str(entity[k]) for k in ("entity", "role", "group") if entity.get(k))
        parts.append(f"{label}={entity.get('value')}")
    return ", ".join(parts)


def _is_worth_saying(intent: Mapping[str, Any], chosen: str | None) -> bool:
    return intent.get("name") != chosen and (intent.get("confidence") or 0) >= 0.005


def _sure(intent: Mapping[str, Any]) -> str:
    confidence = intent.get("confidence")
    is_number = isinstance(confidence, (int, float))
    return f"{intent['name']} {confidence:.2f}" if is_number else str(intent["name"])


def user_event(parsed: Mapping[str, Any], text: str, domain: Domain) -> UserUttered:
    """The event of a parsed message, with only what the domain knows.

    As in Rasa 3.x an unknown intent counts as not understood and an unknown entity is left out
    (after a `/` and an unknown intent, all of them); here the event's metadata say so in `notes`,
    with the closest known name.

    Args:
        parsed: What the interpreter returned.
        text: The message as typed, used when the interpreter returned none.
        domain: The bot's domain.

    Raises:
        AgentError: If the interpreter returned something of another form.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> domain = Domain.from_yaml("intents: [greet]")
        >>> event = user_event(RegexInterpreter().parse("/gret"), "/gret", domain)
        >>> event.intent_name, event.metadata["notes"]
        (None, ["Unknown intent 'gret'. Did you mean 'greet'?"])
    """
    _check(parsed)
    notes = list(parsed.get("notes") or ())
    is_read = True
    intent = dict(parsed.get("intent") or {"name": None, "confidence": 0.0})
    name = intent.get("name")
    if name is not None and name not in domain.intent_names:
        notes.append(f"Unknown intent '{name}'. {did_you_mean(str(name), domain.intent_names)}")
        intent = {"name": None, "confidence": 0.0}
        is_read = not text.lstrip().startswith("/")
    ranking = [
        dict(each)
        for each in parsed.get("intent_ranking") or ()
        if each.get("name") in domain.intent_names
    ]
    entities = []
    for entity in parsed.get("entities") or ():
        if str(entity.get("entity")) in domain.entity_labels:
            entities += [dict(entity)] if is_read else []
        else:
            hint = did_you_mean(str(entity.get("entity")), domain.entity_labels)
            notes.append(f"Unknown entity '{entity.get('entity')}'. {hint}")
    body = {
        "text": parsed.get("text") or text,
        "parse_data": {
            "intent": intent,
            "entities": entities,
            "intent_ranking": ranking,
        },
        "metadata": {"notes": [note.strip() for note in notes]} if notes else {},
    }
    return UserUttered.from_payload(body)


def _check(parsed: Any) -> None:
    """Raises if what an interpreter returned, which may be a learner's own, has another form."""
    if not isinstance(parsed, Mapping):
        wrong, found = "a dict", parsed
    elif not isinstance(parsed.get("intent") or {}, Mapping):
        wrong, found = "a dict as 'intent'", parsed["intent"]
    else:
        lists = {key: parsed.get(key) or () for key in ("entities", "intent_ranking")}
        unfit = [
            (f"a list of dicts as '{key}'", value)
            for key, value in lists.items()
            if not isinstance(value, (list, tuple))
            or not all(isinstance(each, Mapping) for each in value)
        ]
        if not unfit:
            return
        wrong, found = unfit[0]
    raise AgentError(
        f"An interpreter must return {wrong}, got {found!r:.60}. A whole result: "
        "{'intent': {'name': 'greet', 'confidence': 0.9}, "
        "'entities': [{'entity': 'city', 'value': 'Oslo'}]}."
    )


def _result(
    text: str,
    name: str | None,
    confidence: float,
    entities: list[dict[str, Any]],
    notes: list[str],
) -> dict[str, Any]:
    intent = {"name": None, "confidence": 0.0} if name is None else intent_record(name, confidence)
    ranking = [dict(intent)] if name is not None else []
    found = {"text": text, "intent": intent, "entities": entities, "intent_ranking": ranking}
    return found | ({"notes": notes} if notes else {})


def _confidence(match: re.Match[str]) -> float:
    try:
        return min(float((match["confidence"] or "@1.0")[1:]), 1.0)
    except ValueError:  # "@0.5.1": Rasa counts what cannot be read as no confidence at all
        return 0.0


def _entities(match: re.Match[str], notes: list[str]) -> list[dict[str, Any]]:
    if match["entities"] is None:
        return []
    text = match["entities"]
    try:
        values, end = decode_json(text)
        if text[end:].strip():
            raise ValueError(f"{text[end:]!r:.40} stands behind it")
    except ValueError as error:
        notes.append(f"The entities are no JSON object ({error}) and were left out.")
        return []
    place = dict(zip(("start", "end"), match.span("entities"), strict=True))
    return [entity | place for entity in entities_from_object(values)]
