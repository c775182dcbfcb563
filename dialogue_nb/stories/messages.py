"""What users say in stories: `intent@0.9{"entity": "value"}` and `words with an [entity](type)`.

Both story formats, and text that begins with a slash, share these two notations. Everything here
takes time in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from dialogue_nb.core.events import UserUttered
from dialogue_nb.stories.notes import Notes, shown

Entity = Mapping[str, Any]

RETRIEVAL_KEY: Final = "full_retrieval_intent_name"
_CONFIDENCE = re.compile(r"([^@]*)@([0-9.]+)")
_SHORT_TYPE = re.compile(r"[^:)\n]+")


def _strict_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shown(twice)} occurs twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_strict_object, parse_constant=_no_constant)


def decode_json(text: str, start: int = 0) -> tuple[Any, int]:
    """Reads one JSON value and says where it ends.

    Args:
        text: The text.
        start: Where in the text the value begins.

    Returns:
        The value, and the position after it.

    Raises:
        ValueError: If there is none, or a key occurs twice, or it is nested too deeply.

    Example:
        >>> decode_json('slot{"a": [1]} and more', 4)
        ({'a': [1]}, 14)
    """
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_object(text: str, start: int, notes: Notes, column: int) -> tuple[dict[str, Any], str]:
    """Reads the JSON object at a position of a line, and what stands behind it.

    Args:
        text: The line, or a part of it.
        start: Where in the text the `{` is.
        notes: Where an error is noted.
        column: The column of the text's first character.

    Returns:
        The object ({} when it cannot be read), and the stripped rest of the text ("" then).
    """
    try:
        value, end = decode_json(text, start)
    except ValueError as error:
        where = start + 1
        if isinstance(error, json.JSONDecodeError):
            where, reason = error.pos, error.msg
        else:
            reason = str(error)
        notes.error(
            "S110",
            f'Expected a JSON object like {{"name": "value"}}, found {shown(text[start:])}'
            f" ({reason}).",
            "Put names and words in double quotes, and close every bracket.",
            column + where,
        )
        return {}, ""
    return value, text[end:].strip()


def intent_record(name: str, confidence: float = 1.0) -> dict[str, Any]:
    """The intent of a message, in the form of a parse result.

    Args:
        name: The intent. Of `faq/ask_price`, the base intent `faq` is learnt, the whole name kept.
        confidence: How sure the message is, between 0 and 1.

    Example:
        >>> intent_record("faq/ask_price")["name"]
        'faq'
    """
    base, slash, key = name.partition("/")
    if not (slash and base and key):
        return {"name": name, "confidence": confidence}
    return {"name": base, "confidence": confidence, RETRIEVAL_KEY: name}


def entities_from_object(values: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The entities of `{"type": value}`; a list of values makes one entity for each.

    Example:
        >>> [entity["value"] for entity in entities_from_object({"city": ["Oslo", "Rome"]})]
        ['Oslo', 'Rome']
    """
    return tuple(
        {"entity": name, "value": value}
        for name, found in values.items()
        for value in (found if isinstance(found, list) else [found])
    )


def entities_as_object(entities: Sequence[Entity]) -> dict[str, Any]:
    """The reverse of `entities_from_object`: `{"type": value}`, roles and the like left out.

    Example:
        >>> entities_as_object([{"entity": "city", "value": "Oslo"}])
        {'city': 'Oslo'}
    """
    found: dict[str, list[Any]] = {}
    for entity in entities:
        found.setdefault(str(entity.get("entity")), []).append(entity.get("value"))
    return {
        name: values if len(values) > 1 or isinstance(values[0], list) else values[0]
        for name, values in found.items()
    }


def _bracket_entities(body: str, notes: Notes) -> dict[str, Any]:
    # 0.7 and before: [name=Bob, city=Rome]; values are bare words.
    found: dict[str, Any] = {}
    for pair in body.split(","):
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            found.setdefault(name.strip(), []).append(value.strip())
        elif pair.strip():
            notes.error(
                "S111",
                f"Expected name=value between the brackets, found {shown(pair.strip())}.",
                'Since Rasa Core 0.8 this is written {"name": "value"}.',
            )
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _read_confidence(name: str, notes: Notes) -> tuple[str, float]:
    match = _CONFIDENCE.fullmatch(name)
    try:
        value = float(match[2]) if match else None
    except ValueError:
        value = None
    if match is None or value is None:
        notes.error(
            "S112",
            f"Expected a confidence between 0 and 1 after the '@', found {shown(name)}.",
            "Write it like greet@0.9, or leave it out.",
        )
        return name.partition("@")[0].strip(), 1.0
    if value > 1:
        notes.warning("S112", f"The confidence {match[2]} is above 1 and counts as 1.")
    return match[1].strip(), min(value, 1.0)


def read_intent(text: str, notes: Notes, column: int = 1) -> tuple[UserUttered | None, str]:
    """Reads `greet`, `/greet@0.9{"name": "Bob"}`, and the old `_greet[name=Bob]`.

    Args:
        text: What was written.
        notes: Where errors are noted.
        column: The column of the text's first character.

    Returns:
        The message (None when there is no intent in it), and what stands behind its entities.

    Example:
        >>> message, rest = read_intent('/inform@0.5{"city": "Oslo"}', Notes())
        >>> message.intent, message.entities
        ({'name': 'inform', 'confidence': 0.5}, ({'entity': 'city', 'value': 'Oslo'},))
    """
    values: dict[str, Any] = {}
    rest = ""
    brace = text.find("{")
    name = (text if brace < 0 else text[:brace]).strip()
    if brace >= 0:
        values, rest = read_object(text, brace, notes, column)
    elif name.endswith("]") and "[" in name:
        name, _, body = name[:-1].partition("[")
        values = _bracket_entities(body, notes)
        name = name.strip()
    name = _without_prefix(name, notes)
    confidence = 1.0
    if "@" in name:
        name, confidence = _read_confidence(name, notes)
    if not name:
        notes.error("S113", f"Expected the name of an intent, found {shown(text.strip())}.")
        return None, rest
    return UserUttered(None, intent_record(name, confidence), entities_from_object(values)), rest


def _without_prefix(name: str, notes: Notes) -> str:
    if name.startswith("/"):
        return name[1:].strip()
    if name.startswith("_") and len(name) > 1:
        # Rasa Core 0.7 and before marked intents so; its own converter took the mark off.
        notes.info(
            "S114",
            f"The intent {shown(name)} is read as {shown(name[1:])}, as in Rasa Core 0.7.",
            f"Write /{name} if the underscore belongs to the name.",
        )
        return name[1:].strip()
    return name


def read_annotated(text: str, notes: Notes) -> tuple[str, tuple[dict[str, Any], ...]]:
    """Reads the words of a user with the entities marked in them.

    Understood are `[Oslo](city)`, `[oslo](city:Oslo)`, `[Oslo]{"entity": "city", "role": "to"}` and
    `[Oslo][{"entity": "city"}, {"entity": "capital"}]`; for words that begin with a slash, the
    entities of `/inform{"city": "Oslo"}`.

    Args:
        text: The words, with the marks.
        notes: Where errors are noted.

    Returns:
        The words without the marks, and the entities with their positions in those words.

    Example:
        >>> read_annotated("to [Oslo](city) please", Notes())
        ('to Oslo please', ({'start': 3, 'end': 7, 'value': 'Oslo', 'entity': 'city'},))
    """
    if text.startswith("/"):
        message, _ = read_intent(text, notes)
        return text, message.entities if message else ()  # type: ignore[return-value]
    return read_marked(text, notes)


def read_marked(text: str, notes: Notes) -> tuple[str, tuple[dict[str, Any], ...]]:
    """As `read_annotated`, for words that stay words also when they begin with a slash.

    Args:
        text: The words, with the marks.
        notes: Where errors are noted.

    Example:
        >>> read_marked("/start", Notes())
        ('/start', ())
    """
    words: list[str] = []
    entities: list[dict[str, Any]] = []
    length = position = 0
    known = len(notes.found)
    # After one wrong mark the rest is taken for words: complaining about each costs a long text.
    while len(notes.found) == known and (opened := text.find("[", position)) >= 0:
        closed = text.find("]", opened + 1)
        if closed < 0:
            break
        marks, end = None, closed + 1
        if closed > opened + 1:
            marks, end = _marks_behind(text, closed + 1, notes)
        if marks is None:
            # No other bracket before `closed` can begin a mark: what follows is the same.
            words.append(text[position : closed + 1])
        else:
            words += (text[position:opened], text[opened + 1 : closed])
            start = length + opened - position
            entities += (_placed(mark, text[opened + 1 : closed], start) for mark in marks)
        length += len(words[-1]) + (len(words[-2]) if marks is not None else 0)
        position = end
    words.append(text[position:])
    return "".join(words), tuple(entities)


def _placed(mark: Entity, words: str, start: int) -> dict[str, Any]:
    where = {"start": start, "end": start + len(words), "value": mark.get("value", words)}
    return where | {k: mark[k] for k in ("entity", "role", "group") if mark.get(k) is not None}


def _marks_behind(text: str, start: int, notes: Notes) -> tuple[list[Entity] | None, int]:
    # What the words before `start` are marked with, None if with nothing; and where it ends.
    follows = text[start : start + 1]
    if follows == "(":
        end = text.find(")", start)
        if end < 0 or text[start + 1] in ":)":
            return None, start
        name, colon, value = text[start + 1 : end].partition(":")
        if colon and not value:
            return None, start
        return [{"entity": name, "value": value} if colon else {"entity": name}], end + 1
    if follows == "{" or text.startswith("[{", start):
        try:
            found, end = decode_json(text, start)
        except ValueError as error:
            notes.error(
                "S118",
                f'Expected an entity like {{"entity": "city"}}, found {shown(text[start:])}'
                f" ({error}).",
            )
            return None, start
        marks = found if isinstance(found, list) else [found]
        if all(_is_mark(mark, notes) for mark in marks):
            return marks, end
    return None, start


def _is_mark(mark: Any, notes: Notes) -> bool:
    if isinstance(mark, Mapping) and isinstance(mark.get("entity"), str):
        keys = ("role", "group", "value")
        if all(isinstance(mark.get(key), str | None) for key in keys):
            return True
    notes.error(
        "S118",
        f'Expected an entity like {{"entity": "city", "role": "to"}}, found {shown(mark)}.',
        "'entity' must be there; 'role', 'group' and 'value' are texts in double quotes.",
    )
    return False


def annotated(text: str, entities: Iterable[Entity]) -> str:
    """The reverse of `read_annotated`: the words with their entities marked, as far as possible.

    Args:
        text: The words.
        entities: The entities; those without a position in the words are left out.

    Example:
        >>> annotated("to Oslo", [{"start": 3, "end": 7, "value": "Oslo", "entity": "city"}])
        'to [Oslo](city)'
    """
    if text.startswith("/"):
        return text
    placed = [
        e for e in entities if isinstance(e.get("start"), int) and isinstance(e.get("end"), int)
    ]
    parts: list[str] = []
    position = 0
    for (start, end), group in groupby(placed, key=lambda entity: (entity["start"], entity["end"])):
        if not position <= start < end <= len(text):
            continue
        parts += (text[position:start], _marked(text[start:end], list(group)))
        position = end
    return "".join(parts) + text[position:]


def _marked(words: str, entities: list[Entity]) -> str:
    marks: list[dict[str, Any]] = []
    for entity in entities:
        mark = {
            key: entity[key] for key in ("entity", "role", "group") if entity.get(key) is not None
        }
        marks.append(
            mark if entity.get("value") == words else mark | {"value": entity.get("value")}
        )
    if len(marks) > 1:
        return f"[{words}][{', '.join(map(_mark_text, marks))}]"
    if marks[0].keys() == {"entity"} and _SHORT_TYPE.fullmatch(str(marks[0]["entity"])):
        return f"[{words}]({marks[0]['entity']})"
    return f"[{words}]{_mark_text(marks[0])}"


def _mark_text(mark: Entity) -> str:
    # Rasa looks for the first closing bracket, also inside of strings: only the last may be one.
    text = json.dumps(mark, ensure_ascii=False)
    return text[:-1].replace("}", "\\u007d").replace("]", "\\u005d") + "}"
