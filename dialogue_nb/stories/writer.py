"""Writes stories and rules in either format; `convert` goes from one to the other."""

from __future__ import annotations

from collections.abc import Iterable

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.writer_markdown import to_markdown
from dialogue_nb.stories.writer_yaml import to_yaml

__all__ = ["to_markdown", "to_yaml", "write_stories"]


def write_stories(stories: Iterable[Story], format: StoryFormat) -> tuple[str, list[Diagnostic]]:
    r"""Writes stories and rules.

    Args:
        stories: The stories and rules.
        format: "markdown" or "yaml".

    Returns:
        The text, and what the format cannot express.

    Example:
        >>> write_stories([Story("hello")], "markdown")
        ('## hello\n', [])
    """
    return to_yaml(stories) if format == "yaml" else to_markdown(stories)
