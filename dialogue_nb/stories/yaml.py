"""Reads stories and rules in YAML (Rasa 2.0 to 3.x).

What else the file holds (`intents:`, `responses:`, `nlu:`, ...) is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.events import ActiveLoop, SlotSet
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.stories.checks import check_story
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Line, Story
from dialogue_nb.stories.yaml_steps import Path, StepReader

NEWEST_VERSION: Final = (3, 1)
TEST_FILE_PREFIX: Final = "test_"
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})")
_KINDS: Final = {"stories": "story", "rules": "rule"}
_STORY_KEYS: Final = ("steps", "metadata")
_RULE_KEYS: Final = (*_STORY_KEYS, "condition", "conversation_start", "wait_for_user_input")


def parse_yaml_stories(
    text: str, source: str | None = None
) -> tuple[list[Story], list[Diagnostic]]:
    r"""Reads YAML stories and rules; what is wrong with them comes back as diagnostics.

    Args:
        text: The stories.
        source: The file they came from, named in stories and diagnostics; None for text. In files
            whose name begins with `test_`, full retrieval intents are no reason for a warning.

    Returns:
        The stories, then the rules, each in their order, as far as they could be read, and
        everything to say about the text.

    Example:
        >>> text = "stories:\n- story: hello\n  steps:\n  - intent: hi\n"
        >>> stories, found = parse_yaml_stories(text)
        >>> stories[0].name, stories[0].items[0].events[0].intent_name, found
        ('hello', 'hi', [])
    """
    data, positions, found = parse_yaml(text, source)
    notes = Notes(source, found=found)
    is_test = source is not None and PurePath(source).name.startswith(TEST_FILE_PREFIX)
    reader = StepReader(notes, positions, is_test)
    if data is None:
        return [], notes.found
    if not isinstance(data, Mapping):
        hint = "Write 'stories:' above the list."
        reader.error((), "S200", f"Expected keys like 'stories', found {shown(data)}.", hint)
        return [], notes.found
    _check_version(data.get("version"), reader)
    return [story for kind in _KINDS for story in _blocks(data, kind, reader)], notes.found


def _check_version(version: Any, reader: StepReader) -> None:
    reader.at(("version",))
    if version is None:
        return
    known = _VERSION.fullmatch(version.strip()) if isinstance(version, str) else None
    newest = ".".join(map(str, NEWEST_VERSION))
    if known is None:
        hint = f'Write it in quotes: version: "{newest}".'
        reader.notes.warning("S201", f"Expected a version, found {shown(version)}.", hint)
    elif (int(known[1]), int(known[2])) > NEWEST_VERSION:
        reader.notes.warning(
            "S202",
            f"Format {shown(version)} is newer than {newest}, the newest that is known here; it is"
            " read as that.",
        )


def _blocks(data: Mapping[str, Any], key: str, reader: StepReader) -> Iterator[Story]:
    values = data.get(key)
    kind = _KINDS[key]
    reader.notes.story = None
    if values is None:
        return
    if not isinstance(values, list):
        hint = f"Write each below it with a dash: '- {kind}: name'."
        reader.error((key,), "S203", f"Expected a list of {key}, found {shown(values)}.", hint)
        return
    for index, value in enumerate(values):
        path = (key, index)
        reader.notes.story = None
        reader.at(path)
        if isinstance(value, Mapping) and kind in value:
            yield _block(value, kind, path, reader)
        else:
            found = listing(map(str, value)) if isinstance(value, Mapping) else shown(value)
            hint = f"Begin it with '- {kind}: name'."
            reader.error(path, "S203", f"Expected a {kind}, found {found}.", hint)


def _block(value: Mapping[str, Any], kind: str, path: Path, reader: StepReader) -> Story:
    name = value[kind]
    if not isinstance(name, str) or not name:
        hint = "Write it in quotes." if name not in (None, "") else "Give it one."
        message = f"Expected a name for the {kind}, found {shown(name)}."
        reader.error((*path, kind), "S204", message, hint)
        name = "" if name is None else str(name)
    reader.notes.story = name
    known = (kind, *(_RULE_KEYS if kind == "rule" else _STORY_KEYS))
    for key in value:
        if key not in known:
            hint = did_you_mean(str(key), known) or f"A {kind} has {listing(known)}."
            reader.error((*path, key), "S205", f"Unknown key {shown(key)} in a {kind}.", hint)
    items = tuple(
        item
        for place, step in _list(value, "steps", path, reader)
        if (item := reader.read(step, place)) is not None
    )
    place: dict[str, Any] = {"file": reader.notes.file, "metadata": _metadata(value, path, reader)}
    reader.at(path)
    place["line"] = reader.notes.line
    if kind == "rule":
        story = Story(name, items, True, *_rule_parts(value, path, reader), **place)
    else:
        story = Story(name, items, **place)
    check_story(story, reader.notes)
    return story


def _list(
    value: Mapping[str, Any], key: str, path: Path, reader: StepReader
) -> Iterator[tuple[Path, Any]]:
    steps = value.get(key)
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            yield (*path, key, index), step
    elif key in value:
        hint = "Write each below it with a dash."
        reader.error((*path, key), "S206", f"Expected a list of {key}, found {shown(steps)}.", hint)


def _metadata(value: Mapping[str, Any], path: Path, reader: StepReader) -> Mapping[str, Any]:
    found = value.get("metadata")
    if found is not None and not isinstance(found, Mapping):
        message = f"The metadata {shown(found)} are no mapping and are not kept."
        reader.at((*path, "metadata"))
        reader.notes.warning("S207", message)
        return {}
    return found or {}


def _rule_parts(
    value: Mapping[str, Any], path: Path, reader: StepReader
) -> tuple[tuple[Line, ...], bool, bool]:
    conditions: list[Line] = []
    for place, step in _list(value, "condition", path, reader):
        item = reader.read(step, place)
        if isinstance(item, Line) and isinstance(item.events[0], SlotSet | ActiveLoop):
            conditions.append(item)
        elif item is not None:
            hint = "Everything else belongs to the steps."
            message = "Expected 'slot_was_set' or 'active_loop' as a rule's condition."
            reader.error(place, "S208", message, hint)
    start = _switch(value, "conversation_start", False, path, reader)
    wait = _switch(value, "wait_for_user_input", True, path, reader)
    return tuple(conditions), start, wait


def _switch(
    value: Mapping[str, Any], key: str, default: bool, path: Path, reader: StepReader
) -> bool:
    found = value.get(key, default)
    if isinstance(found, bool):
        return found
    message = f"Expected true or false as {shown(key)}, found {shown(found)}."
    reader.error((*path, key), "S209", message)
    return default
