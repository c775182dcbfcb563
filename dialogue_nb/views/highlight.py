"""The colours of stories and domains, line by line, for places without an editor.

The hues are those of the story editor; what a line means is read off its first words, so that text
with mistakes is coloured too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

COLORS: Final = {
    "intent": "#2f6fe4",
    "action": "#00855f",
    "slot": "#9a6700",
    "header": "",
    "muted": "#6a7383",
    "": "",
}
"""The colour of each kind of text, readable on light and on dark ground; headers are bold."""

Piece = tuple[str, str]
"""A kind of `COLORS`, and the text."""

_MARKDOWN: Final = re.compile(r"^(\s*(?:[*>-]|\u2022)?\s*)(.*)$", re.DOTALL)
_DATA: Final = re.compile(r"([^{@]*)(.*)", re.DOTALL)
_KEY: Final = re.compile(r"^(\s*(?:-\s+)*)([\w.-]+|\"[^\"]*\")(\s*:)(.*)$", re.DOTALL)
_ITEM: Final = re.compile(r"^(\s*-\s+)(.*)$", re.DOTALL)
_SPECIAL: Final = ("slot", "form", "active_loop", "reset_slots", "restart", "export", "followup")
# what the value of a key is, in stories
_VALUES: Final = {
    "intent": "intent", "user": "intent", "action": "action", "bot": "action",
    "active_loop": "action", "story": "header", "rule": "header", "checkpoint": "muted",
}  # fmt: skip
_SLOTS: Final = ("slot_was_set", "entities", "slots")
_SECTIONS: Final = {
    "intents": "intent", "entities": "slot", "slots": "slot", "actions": "action",
    "responses": "action", "templates": "action", "forms": "action", "e2e_actions": "action",
}  # fmt: skip


def highlight(text: str, format: str) -> list[list[Piece]]:
    r"""Text with the kind of every piece of it.

    Args:
        text: Stories or a domain.
        format: "markdown", "yaml" or "domain".

    Returns:
        For each line its pieces; put together they are the line.

    Example:
        >>> highlight('* inform{"city": "Oslo"}', "markdown")
        [[('', '* '), ('intent', 'inform'), ('slot', '{"city": "Oslo"}')]]
    """
    lines = text.split("\n")
    if format == "markdown":
        return [_whole(_markdown_line(line)) for line in lines]
    return [_whole(pieces) for pieces in _yaml_lines(lines, is_domain=format == "domain")]


def _whole(pieces: Iterator[Piece] | list[Piece]) -> list[Piece]:
    return [(kind, text) for kind, text in pieces if text]


def _markdown_line(line: str) -> Iterator[Piece]:
    body = line.strip()
    if body.startswith(("##", ">>")):
        yield "header", line
        return
    if body.startswith(("#", "<!--", ">")):
        yield "muted", line
        return
    found = _MARKDOWN.match(line)
    sign, rest = (found[1], found[2]) if found else ("", line)
    yield "", sign
    kind = {"*": "intent", "-": "action"}.get(sign.strip(), "")
    for i, part in enumerate(re.split(r"(\s+OR\s+)", rest) if kind == "intent" else [rest]):
        if i % 2:
            yield "", part
            continue
        name, data = _DATA.match(part).groups()  # type: ignore[union-attr]
        is_special = kind == "action" and name.strip() in _SPECIAL
        yield "slot" if is_special else kind, name
        yield "slot" if kind else "", data


def _yaml_lines(lines: list[str], *, is_domain: bool) -> Iterator[list[Piece]]:
    """Each line of YAML; a key colours what is indented under it."""
    inside, depth = "", -1
    for line in lines:
        body, hash_, comment = _without_comment(line)
        indent = len(body) - len(body.lstrip())
        is_list = body.lstrip().startswith("-")
        if body.strip() and (indent < depth or (indent == depth and not is_list)):
            inside, depth = "", -1
        key = _KEY.match(body)
        name = key[2] if key else ""
        pieces: list[Piece] = []
        if key and is_domain and indent == 0 and not is_list:
            inside, depth = _SECTIONS.get(name, ""), 0
            pieces = [("header", key[1] + name + key[3]), (inside, key[4])]
        elif key and not is_domain and name in (*_SLOTS, "or"):
            inside, depth = ("slot" if name in _SLOTS else ""), indent + len(key[1].lstrip())
            pieces = [("", key[1]), ("muted", name + key[3]), (inside, key[4])]
        elif key and not is_domain and not inside:
            pieces = [("", key[1]), ("muted", name + key[3]), (_VALUES.get(name, ""), key[4])]
        elif key and is_domain and inside:
            is_name = indent <= depth + 4 and _is_name(body, depth)
            pieces = [("", key[1]), (inside if is_name else "muted", name), ("", key[3] + key[4])]
        else:
            item = _ITEM.match(body)
            parts = (item[1], item[2]) if item else ("", body)
            is_own = not is_domain or indent - depth <= 2
            pieces = [("", parts[0]), (inside if is_own else "", parts[1])]
        yield [*pieces, ("muted", hash_ + comment)]


def _is_name(body: str, depth: int) -> bool:
    """Whether a key of a domain names something: it stands one step inside of its section."""
    indent = len(body) - len(body.lstrip())
    return indent - depth <= 2 or body.lstrip().startswith("-")


def _without_comment(line: str) -> tuple[str, str, str]:
    """A line without its comment; a # inside of words or quotes is none."""
    for found in re.finditer(r"(?:^|\s)#", line):
        before = line[: found.start()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return before, line[found.start() : found.end()], line[found.end() :]
    return line, "", ""
