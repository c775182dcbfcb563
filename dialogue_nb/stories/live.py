"""Reads stories while they are being written: after an edit, only what changed is read anew.

A text is cut into blocks, one for each story or rule. A block that stands in the text as it stood
before is not read again, wherever it stands now. So a file of 350 stories, half a second's work for
the YAML reader, is read in some milliseconds after a keystroke, and a block with a broken line does
not take those around it along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.stories.markdown import parse_markdown, without_comments
from dialogue_nb.stories.reader import StoryFormat, parse_stories
from dialogue_nb.stories.steps import Item, Line, Story
from dialogue_nb.stories.yaml import parse_yaml_stories

_SECTION: Final = re.compile(r"(stories|rules):[ \t]*(?:#.*)?")
_TOP_LEVEL: Final = re.compile(r"^[^\s#].*", re.MULTILINE)
_FIRST_ITEM: Final = re.compile(r"^( *)-(?: |$)", re.MULTILINE)
_ALIAS: Final = re.compile(r"(?:^|[\s\[{,])[&*][^\s,\]}]")
_TAB: Final = re.compile(r"^ *\t", re.MULTILINE)
_MARKS: Final = ("---", "...", "%")
_QUICKLY_READ: Final = 40_000  # characters of YAML that are read in some hundredths of a second
_TELLS_A_LINE: Final = "Y103"  # its message names another line of the text


class Block(NamedTuple):
    """A part of a text that is read by itself.

    Args:
        line: Its first line, counted from 1.
        text: The lines.
        head: What has to stand above them to read them: "", or the key of the YAML section.
    """

    line: int
    text: str
    head: str = ""


class Reading(NamedTuple):
    """What was read of a block.

    Args:
        line: The first line of the block when it was read.
        stories: Its stories: one, or none.
        diagnostics: What there is to say about it.
    """

    line: int
    stories: tuple[Story, ...]
    diagnostics: tuple[Diagnostic, ...]


class LiveStories:
    r"""Reads one text of stories in all its states.

    Args:
        source: The file that the text came from, named in stories and diagnostics.

    Example:
        >>> live = LiveStories()
        >>> before, _ = live.read("## a\n* hi\n- utter_a\n\n## b\n* hi\n- utter_b\n", "markdown")
        >>> after, _ = live.read("## a\n- utter_a\n\n## b\n* hi\n- utter_b\n", "markdown")
        >>> before[1].line, after[1].line, live.blocks_read
        (5, 4, 1)
    """

    def __init__(self, source: str | None = None) -> None:
        self.source = source
        self.blocks_read = 0  # by the last `read`, from their text
        self._known: dict[tuple[str, str, str], Reading] = {}

    def read(self, text: str, format: StoryFormat) -> tuple[list[Story], list[Diagnostic]]:
        """Reads the stories, as `parse_stories` does.

        In a YAML text that is broken somewhere, the stories around the broken one are read too. In
        a long one, quotes and brackets that go from one story into the next count as broken.

        Args:
            text: The stories.
            format: "markdown" or "yaml".

        Returns:
            The stories that could be read, in the order of the text, and all there is to say.
        """
        known, self._known, self.blocks_read = self._known, {}, 0
        stories: list[Story] = []
        diagnostics: list[Diagnostic] = []
        for block in cut(text, format):
            key = (format, block.head, block.text)
            reading = self._known.get(key) or known.get(key)
            if reading is None or not _can_move(reading, block.line):
                reading = self._read(block, format)
            reading = self._known[key] = _moved(reading, block.line - reading.line)
            stories += reading.stories
            diagnostics += reading.diagnostics
        if format == "yaml" and len(text) <= _QUICKLY_READ and any(map(_is_syntax, diagnostics)):
            # Quotes and brackets may be opened in one story and closed in the next.
            whole = parse_yaml_stories(_plain(text), self.source)
            if not any(map(_is_syntax, whole[1])):
                return whole
        diagnostics.sort(key=lambda found: found.line or 0)
        return stories, diagnostics

    def _read(self, block: Block, format: StoryFormat) -> Reading:
        self.blocks_read += 1
        if format == "markdown":
            found = parse_markdown(block.text, self.source)
            first = 1
        else:
            found = parse_yaml_stories(block.head + block.text, self.source)
            first = 1 + block.head.count("\n")
        if any(diagnostic.code == _TELLS_A_LINE for diagnostic in found[1]):
            above = "\n" * (block.line - first)
            found = parse_stories(above + block.head + block.text, self.source, format)
            first = block.line
        reading = Reading(first, tuple(found[0]), tuple(found[1]))
        return _moved(reading, block.line - first)


def _is_syntax(diagnostic: Diagnostic) -> bool:
    return diagnostic.code.startswith("Y") and diagnostic.code != _TELLS_A_LINE


def _can_move(reading: Reading, line: int) -> bool:
    if reading.line == line:
        return True
    return all(diagnostic.code != _TELLS_A_LINE for diagnostic in reading.diagnostics)


def _moved(reading: Reading, by: int) -> Reading:
    if not by:
        return reading
    return Reading(
        reading.line + by,
        tuple(_story_moved(story, by) for story in reading.stories),
        tuple(replace(d, line=d.line + by if d.line else None) for d in reading.diagnostics),
    )


def _story_moved(story: Story, by: int) -> Story:
    conditions = [_item_moved(item, by) for item in story.conditions]
    return replace(
        story,
        items=tuple(_item_moved(item, by) for item in story.items),
        conditions=tuple(item for item in conditions if isinstance(item, Line)),
        line=story.line + by if story.line else None,
    )


def _item_moved(item: Item, by: int) -> Item:
    return replace(item, line=item.line + by) if item.line else item


# --- cutting --------------------------------------------------------------------------------------


def cut(text: str, format: StoryFormat) -> Iterator[Block]:
    r"""Cuts a text into parts that can be read by themselves.

    Args:
        text: The text.
        format: "markdown" or "yaml".

    Returns:
        The parts; one part, the whole text, where it cannot be cut.

    Example:
        >>> [block.line for block in cut("## a\n* hi\n<!--\n## b\n-->\n## c", "markdown")]
        [1, 6]
        >>> [block.line for block in cut("stories:\n- story: a\n  steps: []\n- story: b", "yaml")]
        [1, 2, 4]
    """
    return _cut_markdown(text) if format == "markdown" else _cut_yaml(text)


def _plain(text: str) -> str:
    """The text with one kind of line ending; a byte order mark is left to the reader."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _cut_markdown(text: str) -> Iterator[Block]:
    lines = _plain(text).split("\n")
    first, is_open = 0, False
    for number, line in enumerate(lines):
        # A story that begins behind the end of a comment stays with what is before the comment.
        is_whole, written = not is_open, line
        if is_open or "<!--" in line:
            written, is_open = without_comments(line, is_open)
        if number > first and is_whole and written.lstrip().startswith(("#", ">>")):
            yield Block(first + 1, "\n".join(lines[first:number]))
            first = number
    yield Block(first + 1, "\n".join(lines[first:]))


def _cut_yaml(text: str) -> Iterator[Block]:
    text = _plain(text)
    sections = None if _is_tied(text) else _sections(text)
    if not sections:
        yield Block(1, text)
        return
    blocks: list[Block] = []
    rest: list[str] = []
    position = 0
    for name, start, end in sections:
        found = _items(text[start:end])
        if found is None:
            continue
        line = text.count("\n", 0, start) + 1
        places = [start + place for place in found] + [end]
        for here, there in pairwise(places):
            line += text.count("\n", start, here)
            start = here
            blocks.append(Block(line, text[here:there], f"{name}:\n"))
        rest += (text[position : places[0]], "\n" * text.count("\n", places[0], end))
        position = end
    # What is left holds no item any more, but keeps its lines.
    yield Block(1, "".join([*rest, text[position:]]))
    yield from blocks


def _is_tied(text: str) -> bool:
    """Whether something ties parts of a YAML text together, so that none can be read by itself."""
    # Asked by looking for the characters first: that is ten times faster.
    if ("&" in text or "*" in text) and _ALIAS.search(text):
        return True
    if "\t" in text and _TAB.search(text):
        return True
    if "\ufeff" in text:  # one thing at the start of a text, another inside of it
        return True
    return text.startswith(_MARKS) or any(f"\n{mark}" in text for mark in _MARKS)


def _sections(text: str) -> list[tuple[str, int, int]] | None:
    """Where the stories and the rules begin and end; None when that is not plain to see."""
    found: list[tuple[str, int, int]] = []
    name, start, has_key = None, 0, False
    for line in _TOP_LEVEL.finditer(text):
        written = line[0]
        if written.startswith("- ") or written == "-":
            if not has_key:
                return None
            continue
        has_key = True
        if name is not None:
            found.append((name, start, line.start()))
            name = None
        key = _SECTION.fullmatch(written)
        if key is not None:
            name, start = key[1], line.end() + 1
        elif ":" not in written:
            return None
    if name is not None and start < len(text):
        found.append((name, start, len(text)))
    names = [name for name, _, _ in found]
    return found if len(set(names)) == len(names) else None


def _items(section: str) -> list[int] | None:
    """Where in a section each item begins; None when it is no plain list."""
    first = _FIRST_ITEM.search(section)
    if first is None:
        return None
    indent = first[1]
    stray = re.compile(rf"^(?!{indent}-(?: |$))(?!{indent} )(?! *(?:#|$))", re.MULTILINE)
    if stray.search(section) or re.search(r"^ *[^\s#]", section[: first.start()], re.MULTILINE):
        return None
    return [item.start() for item in re.finditer(rf"^{indent}-(?: |$)", section, re.MULTILINE)]
