"""Reads training examples in JSON (`rasa_nlu_data`, Rasa NLU 0.x to 3.x)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.yaml_lines import MAX_CHARACTERS
from dialogue_nb.nlu.collector import Collector
from dialogue_nb.nlu.examples import NLUExamples
from dialogue_nb.stories.messages import decode_json
from dialogue_nb.stories.notes import Notes, shown

ROOT: Final = "rasa_nlu_data"
_EXAMPLES: Final = ("common_examples", "intent_examples", "entity_examples")
MAX_MISSES: Final = 20
_KEPT: Final = ("entity", "role", "group")


def parse_nlu_json(
    text: str, source: str | None = None
) -> tuple[NLUExamples, list[Diagnostic], dict[str, str]]:
    """Reads the training examples of a JSON text.

    Args:
        text: The text.
        source: The file it came from, None for text.

    Returns:
        What could be read; everything to say about it, with the codes of `parse_nlu_yaml` and N109,
        an entity that is not where its example says; and for each lookup table that names a file,
        that file.

    Example:
        >>> data, found, _ = parse_nlu_json('''{"rasa_nlu_data": {"common_examples": [
        ...     {"text": "to Oslo", "intent": "travel",
        ...      "entities": [{"start": 3, "end": 7, "value": "Oslo", "entity": "city"}]}]}}''')
        >>> data.examples[0].entities[0]["entity"], found
        ('city', [])
    """
    notes = Notes(source)
    collector = Collector(notes)
    files: dict[str, str] = {}
    body = _body(text.removeprefix("\ufeff"), notes)
    lines = _Lines(text)
    for place, example in _records(body, _EXAMPLES, notes):
        notes.line = lines.of(example.get("text"))
        _example(example, place, collector)
    notes.line = None
    for place, record in _records(body, ("entity_synonyms",), notes):
        value = collector.named("synonym", record.get("value"))
        for words in _texts(record.get("synonyms"), place, notes) if value else ():
            collector.item("synonym", str(value), words)
    for _, record in _records(body, ("regex_features",), notes):
        name = collector.named("regex", record.get("name"))
        if name and isinstance(record.get("pattern"), str):
            collector.item("regex", name, record["pattern"])
    for place, record in _records(body, ("lookup_tables",), notes):
        name = collector.named("lookup", record.get("name"))
        elements = record.get("elements")
        if name and isinstance(elements, str):
            files[name] = elements
        elif name:
            for words in _texts(elements, place, notes):
                collector.item("lookup", name, words)
    return collector.done(), notes.found, files


def _body(text: str, notes: Notes) -> Mapping[str, Any]:
    try:
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"it has more than {MAX_CHARACTERS:,} characters")
        data, _ = decode_json(text.lstrip())
    except ValueError as error:
        notes.error("N100", f"This is no JSON that can be read: {error}.")
        return {}
    body = data.get(ROOT) if isinstance(data, Mapping) else None
    if not isinstance(body, Mapping):
        notes.error("N100", f"Expected a JSON object with {ROOT!r}, found {shown(data)}.")
        return {}
    return body


def _records(
    body: Mapping[str, Any], keys: tuple[str, ...], notes: Notes
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in keys:
        values = body.get(key) or []
        if not isinstance(values, list):
            notes.error("N100", f"Expected a list of {key}, found {shown(values)}.")
            continue
        for number, value in enumerate(values, 1):
            if isinstance(value, Mapping):
                yield f"{key}, number {number}", value
            else:
                notes.error("N101", f"{key}, number {number}: found {shown(value)}.")


def _texts(values: Any, place: str, notes: Notes) -> Iterator[str]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, str):
            yield value.strip()
        elif value is not None:
            notes.warning("N103", f"{place}: expected a text, found {shown(value)}.")


def _example(example: Mapping[str, Any], place: str, collector: Collector) -> None:
    text, intent = example.get("text"), example.get("intent")
    if not isinstance(text, str) or not text.strip():
        message = f"{place}: expected words as 'text', found {shown(text)}."
        collector.notes.warning("N103", message)
        return
    if intent is not None and not isinstance(intent, str):
        collector.notes.error("N102", f"{place}: expected a name, found {shown(intent)}.")
        return
    name = (intent or "").strip() or None
    key = example.get("response")  # Rasa 1.x: the second part of a retrieval intent
    if name and isinstance(key, str) and key and "/" not in name:
        name = f"{name}/{key}"
    marks = example.get("entities") or []
    listed = marks if isinstance(marks, list) else [marks]
    entities = [found for mark in listed if (found := _entity(mark, text, place, collector))]
    if collector.takes("intent", name or "", text):
        collector.example(text, name, tuple(sorted(entities, key=lambda e: e["start"])))


def _entity(mark: Any, text: str, place: str, collector: Collector) -> dict[str, Any] | None:
    body = mark if isinstance(mark, Mapping) else {}
    start, end = body.get("start"), body.get("end")
    is_there = type(start) is int and type(end) is int and 0 <= start < end <= len(text)
    if not is_there or not isinstance(body.get("entity"), str):
        message = f"{place}: expected an entity with start, end and a type, found {shown(mark)}."
        hint = f"The text has {len(text)} characters; 'end' is the position behind the entity."
        collector.notes.error("N109", message, hint)
        return None
    value = body.get("value")
    found: dict[str, Any] = {"start": start, "end": end}
    found["value"] = text[start:end] if value is None else str(value)
    return found | {key: str(body[key]) for key in _KEPT if body.get(key) is not None}


class _Lines:
    """Finds the lines of texts that stand in a file one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at, self._line, self._misses = 0, 1, 0

    def of(self, words: Any) -> int | None:
        """The line where these words stand, None if they are not there as they are."""
        if not isinstance(words, str) or self._misses > MAX_MISSES:
            return None
        at = self._text.find(json.dumps(words, ensure_ascii=False), self._at)
        if at < 0:
            self._misses += 1
            return None
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line
