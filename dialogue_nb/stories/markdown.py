"""Reads stories in Markdown: 0.x and 1.x, and the rules of 2.0.

    ## a story                            `#` or more
    > start_here{"city": "Oslo"}          checkpoint, with conditions
    * inform{"food": "fish"} OR affirm    what the user says
        - slot{"food": "fish"}            events
        - utter_thanks                    actions
    >> a rule                             conditions, `- ...`, then what it says

Indentation has no meaning. What an old version wrote differently is translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.events import RULE_SNIPPET_ACTION_NAME, ActionExecuted, ActiveLoop, SlotSet
from dialogue_nb.stories.checks import check_story
from dialogue_nb.stories.markdown_lines import (
    FORM_PREFIX,
    complain_about_template,
    read_checkpoint_line,
    read_event_line,
    read_user_line,
)
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Alternatives, Checkpoint, Item, Line, Story

MAX_CHARACTERS: Final = 50_000_000
_SNIPPET: Final = (ActionExecuted(RULE_SNIPPET_ACTION_NAME),)
# What a line says: the kind of item and what it holds (events; a checkpoint's name and conditions).
_Read = tuple[type[Item], Any]


@dataclass
class _Block:
    """A story that is being read."""

    name: str
    line: int
    is_rule: bool
    items: list[Item] = field(default_factory=list)


def parse_markdown(text: str, source: str | None = None) -> tuple[list[Story], list[Diagnostic]]:
    r"""Reads Markdown stories; what is wrong with them comes back as diagnostics.

    Args:
        text: The stories, at most 50 million characters.
        source: The file they came from, named in stories and diagnostics; None for text.

    Returns:
        The stories that could be read, in their order, and everything to say about the text.

    Example:
        >>> stories, found = parse_markdown('## hello\n* greet{"name": "Ann"}\n - utter_hi\n')
        >>> stories[0].name, stories[0].items[1].events[0].action_name, found
        ('hello', 'utter_hi', [])
    """
    notes = Notes(source)
    if len(text) > MAX_CHARACTERS:
        notes.error("S101", f"Expected at most {MAX_CHARACTERS} characters, found {len(text)}.")
        return [], notes.found
    blocks: list[_Block] = []
    known: dict[str, _Read] = {}
    for number, line, column in _content_lines(text, notes):
        notes.line = number
        if line[0] == "#" or line.startswith(">>"):
            blocks.append(_Block(header_name(line), number, line[0] == ">"))
            notes.story = blocks[-1].name
            complain_about_template(line, notes, is_error=False)
            continue
        read = known.get(line)
        if read is None:
            found = len(notes.found)
            read = _read_line(line, notes, column)
            if len(notes.found) == found and read:
                known[line] = read
        if read and blocks:
            blocks[-1].items.append(_item(read, number))
        elif read:
            _complain_about_place(line, notes)
    return [_story(block, notes) for block in blocks], notes.found


def header_name(line: str) -> str:
    """The name in the first line of a story (`## name`) or rule (`>> name`).

    Example:
        >>> header_name("## say hello ##")
        'say hello'
    """
    return line.lstrip("> ").strip() if line.startswith(">>") else line.strip("# \t")


def split_lines(text: str) -> list[str]:
    """The lines of a text, whichever way they end; other characters that could end one do not."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff").split("\n")


def _content_lines(text: str, notes: Notes) -> Iterator[tuple[int, str, int]]:
    """The lines that say something: number, stripped and without comments, column of its start."""
    comment_since = 0
    for number, raw in enumerate(split_lines(text), 1):
        content = raw
        if comment_since or "<!--" in raw:
            content, is_open = without_comments(raw, bool(comment_since))
            comment_since = (comment_since or number) if is_open else 0
        line = content.strip()
        if line:
            yield number, line, content.index(line) + 1
    if comment_since:
        notes.line = comment_since
        notes.error("S102", "This comment never ends.", "Write --> where it does.")


def without_comments(line: str, is_open: bool) -> tuple[str, bool]:
    """What a line says besides `<!-- comments -->`, and whether one goes on in the next line.

    Args:
        line: The line.
        is_open: Whether a comment of an earlier line still goes on.

    Example:
        >>> without_comments("goes on --> * hi <!-- there", True)
        (' * hi ', True)
    """
    # Not a regular expression: thousands of "<!--" without an end would take it minutes.
    kept: list[str] = []
    position = 0
    while True:
        if is_open:
            end = line.find("-->", position)
            if end < 0:
                return "".join(kept), True
            position = end + 3
        start = line.find("<!--", position)
        kept.append(line[position:start] if start >= 0 else line[position:])
        if start < 0:
            return "".join(kept), False
        position, is_open = start + 4, True


def _read_line(line: str, notes: Notes, column: int) -> _Read | None:
    body, column = line[1:], column + 1
    if line[0] == ">":
        checkpoint = read_checkpoint_line(body, notes, column)
        return (Checkpoint, checkpoint) if checkpoint else None
    if FORM_PREFIX.match(line):
        notes.info(
            "S109",
            "This turn inside a form is left out, as Rasa does: the form takes care of it.",
            "Leave out 'form: ' to make it a turn that is learnt.",
        )
        return None
    if line[0] == "-":
        events = read_event_line(body, notes, column)
        return (Line, events) if events else None
    if line[0] == "*":
        messages = read_user_line(body, notes, column)
        return (Alternatives if len(messages) > 1 else Line, messages) if messages else None
    notes.error(
        "S103",
        f"Expected a line that begins with '##', '>', '*' or '-', found {shown(line)}.",
        "Comments are written like <!-- this -->.",
    )
    return None


def _item(read: _Read, number: int) -> Item:
    kind, content = read
    if kind is Checkpoint:
        name, conditions = content
        return Checkpoint(name, conditions, number)
    return Line(content, number) if kind is Line else Alternatives(content, number)


def _complain_about_place(line: str, notes: Notes) -> None:
    notes.error(
        "S100",
        f"Expected a story to begin before {shown(line)}.",
        "Write '## name of the story' above it.",
    )


def _story(block: _Block, notes: Notes) -> Story:
    notes.story, notes.line = block.name, block.line
    place: dict[str, Any] = {"file": notes.file, "line": block.line}
    if block.is_rule:
        story = _rule(block, notes, place)
    else:
        story = Story(block.name, tuple(block.items), **place)
    check_story(story, notes)
    return story


def _rule(block: _Block, notes: Notes, place: dict[str, Any]) -> Story:
    # As in Rasa 2.0: what stands before the first "..." are the conditions; a rule without one
    # holds at the start of a conversation only; one at the end: the bot does not wait for the user.
    marks = [
        i
        for i, item in enumerate(block.items)
        if isinstance(item, Line) and item.events == _SNIPPET
    ]
    conditions: list[Line] = []
    items = block.items
    waits = True
    if len(items) > 1 and marks and marks[-1] == len(items) - 1 and marks[-1] > 0:
        items, waits = items[:-1], False
        marks.pop()
    if marks:
        items = items[marks[0] + 1 :]
        for item in block.items[: marks[0]]:
            notes.line = item.line
            if isinstance(item, Line) and isinstance(item.events[0], SlotSet | ActiveLoop):
                conditions.append(item)
            else:
                hint = "Everything else belongs below the '...'."
                notes.error("S116", "Expected slots or a form as the rule's conditions.", hint)
    return Story(block.name, tuple(items), True, tuple(conditions), not marks, waits, **place)
