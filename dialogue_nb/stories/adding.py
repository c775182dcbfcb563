"""Adding stories to a text without touching what is there, comments included."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.writer import write_stories

_NEXT_KEY: Final = re.compile(r"^[^\s#\-][^\n]*:", re.MULTILINE)
_ITEM: Final = re.compile(r"^( *)- ", re.MULTILINE)
_NOTHING: Final = re.compile(r":\s*(\[\s*\]|null|~)?\s*$")


def add_stories(text: str, stories: Sequence[Story], format: StoryFormat) -> str:
    r"""A text with stories at its end; in YAML, at the end of its section `stories:`.

    Args:
        text: The text; it may be empty.
        stories: What to add, stories only or rules only.
        format: "markdown" or "yaml", of the text.

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> new, _ = parse_stories("## two\n* bye")
        >>> print(add_stories("stories:\n- story: one\n  steps: []\nrules: []\n", new, "yaml"))
        stories:
        - story: one
          steps: []
        <BLANKLINE>
        - story: two
          steps:
          - intent: bye
        <BLANKLINE>
        rules: []
        <BLANKLINE>
    """
    written, _ = write_stories(list(stories), format)
    if not text.strip():
        return written
    if format == "markdown":
        return f"{text.rstrip()}\n\n{written}"
    key = "rules" if stories and stories[0].is_rule else "stories"
    items = textwrap.dedent(written.split(f"{key}:\n", 1)[1]).strip("\n")
    found = re.search(rf"^{key}\s*:", text, re.MULTILINE)
    if found is None:
        return f"{text.rstrip()}\n\n{key}:\n{items}\n"
    following = _NEXT_KEY.search(text, found.end())
    end = following.start() if following else len(text)
    section = text[found.start() : end].rstrip()
    first = _ITEM.search(section)
    section = f"{section}\n\n" if first else _NOTHING.sub(":", section) + "\n"
    after = f"\n\n{text[end:]}" if following else "\n"
    return (
        text[: found.start()] + section + textwrap.indent(items, first[1] if first else "") + after
    )


def with_free_names(stories: Iterable[Story], taken: Iterable[str]) -> list[Story]:
    r"""The stories, with a number after each name that is taken.

    Args:
        stories: The stories.
        taken: The names that there are already.

    Example:
        >>> [story.name for story in with_free_names([Story("a"), Story("b")], ["a", "a 2"])]
        ['a 3', 'b']
    """
    names, free = set(taken), []
    for story in stories:
        counted = (story.name if n == 1 else f"{story.name} {n}" for n in count(1))
        free.append(replace(story, name=next(name for name in counted if name not in names)))
        names.add(free[-1].name)
    return free
