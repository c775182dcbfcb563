"""Writes stories and rules in Markdown, as Rasa 1 and 2.0 read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.events import (
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    ActiveLoop,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.stories.essentials import complain_about_loss, essential, is_alike, is_plain
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.markdown_lines import RENAMED_ACTIONS
from dialogue_nb.stories.messages import RETRIEVAL_KEY, annotated, entities_as_object
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Alternatives, Checkpoint, Item, Line, Story

_OLD_NAMES: Final = {new: old for old, new in RENAMED_ACTIONS.items()}
_SURROGATE = re.compile("[\ud800-\udfff]")
# Inside JSON strings these mean something to one reader of Markdown stories or another.
_ESCAPES: Final = (
    ("<!--", "\\u003c!--"),
    ("-->", "--\\u003e"),
    (" OR ", " \\u004fR "),
    ("`", "\\u0060"),
)


def to_markdown(stories: Iterable[Story]) -> tuple[str, list[Diagnostic]]:
    """Writes stories and rules in Markdown.

    Every story is read again: what Markdown has no form for is reported, never changed in silence.
    Forms are written as Rasa 1 knew them (`form{...}`, `action_deactivate_form`).

    Args:
        stories: The stories and rules, in the order in which they are to be written.

    Returns:
        The text, and what it cannot express: an error where it would be read differently, a warning
        where something besides the steps is lost.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> greet = UserUttered.of("greet", {"name": "Ann"})
        >>> text, lost = to_markdown([Story("hello", (Line((greet,)),))])
        >>> print(text, lost)
        ## hello
        * greet{"name": "Ann"}
         []
    """
    found: list[Diagnostic] = []
    texts = []
    for story in stories:
        notes = Notes(story.file, story.line, story.name, found)
        texts.append(_story_text(story, notes))
    return "\n".join(texts), found


def _story_text(story: Story, notes: Notes) -> str:
    if story.metadata:
        notes.warning("W104", "The metadata of the story are not written: Markdown has none.")
    conditions = tuple(essential(item, notes) for item in story.conditions)
    items = tuple(essential(item, notes) for item in story.items)
    text = _as_text(story, conditions, items)
    if any(line.count("`") > 1 for line in text.split("\n")):
        message = "Rasa 1 takes a word between two ` for a template variable; here it is none."
        notes.warning("W109", message, "Write another sign for it.")
    meant = replace(story, conditions=conditions, items=items)
    again, found = parse_markdown(text)
    if again == [meant] and not errors_in(found) and not _SURROGATE.search(text):
        return text
    known = len(notes.found)
    conditions = tuple(item for item in conditions if _check(item, notes))
    items = tuple(item for item in items if _check(item, notes))
    notes.line = story.line
    text = _as_text(story, conditions, items)
    again = parse_markdown(text)[0]
    if [read.name for read in again] != [story.name] or _SURROGATE.search(story.name):
        notes.error("W105", f"Markdown has no form for the name {shown(story.name)}.")
    elif (
        again != [replace(story, conditions=conditions, items=items)] and len(notes.found) == known
    ):
        hint = "A rule with conditions cannot have conversation_start, nor '...' among its steps."
        notes.error(
            "W106", "Markdown has no form for this rule: it will be read differently.", hint
        )
    return _SURROGATE.sub("\ufffd", text)


def _as_text(story: Story, conditions: Sequence[Item], items: Sequence[Item]) -> str:
    snippet = Line((ActionExecuted(RULE_SNIPPET_ACTION_NAME),))
    begins = [snippet] if story.is_rule and not story.conversation_start else []
    ends = [snippet] if story.is_rule and not story.wait_for_user_input else []
    lines = [_one_line(f"{'>>' if story.is_rule else '##'} {story.name}")]
    for item in (*conditions, *begins, *items, *ends):
        lines += _item_lines(item)
    return "\n".join(lines) + "\n"


def _check(item: Item, notes: Notes) -> bool:
    """Reads an item again; notes what comes out differently; says whether anything comes out."""
    notes.line = item.line
    text = "\n".join(_item_lines(item))
    stories, found = parse_markdown(f"## x\n{text}\n")
    again = stories[0].items
    if again == (item,) and not errors_in(found) and not _SURROGATE.search(text):
        return True
    is_broken = bool(errors_in(found)) or not is_alike(item, again)
    complain_about_loss(item, again, "Markdown", notes, is_left_out=is_broken)
    return not is_broken


def _item_lines(item: Item) -> Iterator[str]:
    if isinstance(item, Checkpoint):
        yield _one_line(f"> {item.name}{_json(item.conditions)}")
    elif isinstance(item, Alternatives):
        yield _one_line("* " + " OR ".join(map(_message_text, item.events)))
    elif all(isinstance(event, SlotSet) for event in item.events):
        yield from _slot_lines([event for event in item.events if isinstance(event, SlotSet)])
    else:
        for event in item.events:
            is_user = isinstance(event, UserUttered)
            yield _one_line(
                f"* {_message_text(event)}" if is_user else f"    - {_event_text(event)}"
            )


def _one_line(text: str) -> str:
    # A name must neither begin a line of its own nor a comment that swallows the next stories: it
    # comes out differently, which is reported.
    return text.replace("\r", " ").replace("\n", " ").replace("<!--", "<! --").rstrip()


def _slot_lines(events: Sequence[SlotSet]) -> Iterator[str]:
    values: dict[str, Any] = {}
    for event in events:
        if event.key in values:
            yield f"    - slot{_json(values)}"
            values = {}
        values[event.key] = event.value
    yield f"    - slot{_json(values)}"


def _json(values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    if not is_plain(values):
        values = {name: value if is_plain(value) else repr(value) for name, value in values.items()}
    text = json.dumps(values, ensure_ascii=False)
    if _SURROGATE.search(text):
        text = json.dumps(values)
    for written, escaped in _ESCAPES:
        text = text.replace(written, escaped)
    return text


def _message_text(event: Event) -> str:
    if not isinstance(event, UserUttered):
        return _event_text(event)
    name = str(event.intent.get(RETRIEVAL_KEY) or event.intent_name or "")
    if name.startswith(("_", "/")):
        name = f"/{name}"  # readers take one such sign off
    confidence = event.intent.get("confidence", 1.0)
    if confidence != 1.0:
        name += f"@{confidence}"
    if event.text is not None:
        return f"{name}: {annotated(event.text, event.entities)}"
    return name + _json(entities_as_object(event.entities))


def _event_text(event: Event) -> str:
    if isinstance(event, ActionExecuted):
        return _OLD_NAMES.get(event.label, event.label)
    if isinstance(event, SlotSet):
        return f"slot{_json({event.key: event.value})}"
    if isinstance(event, ActiveLoop):
        return f"form{_json({'name': event.name})}"
    if isinstance(event, LoopInterrupted):
        return f"form_validation{_json({'validate': not event.is_interrupted})}"
    payload = {key: value for key, value in event.payload().items() if value is not None}
    return event.type_name + _json(payload)
