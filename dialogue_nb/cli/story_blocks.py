"""The blocks of stories and how checkpoints connect them, as a page (`train --debug_plots`)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.stories.graph import STORY_START, StoryGraph, StoryStep
from dialogue_nb.stories.steps import Story

FILE_NAME: Final = "story_blocks_connections.html"
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Story blocks</title>
<style>body {{font-family: sans-serif}} td, th {{text-align: left; padding: .2em .8em;
vertical-align: top; border-top: 1px solid #ccc}} a {{color: inherit}}</style>
<h1>{count} story blocks</h1>
<table><tr><th>block<th>starts at<th>what happens<th>goes on with
{rows}</table></html>
"""


def story_blocks_page(stories: Sequence[Story]) -> str:
    """A page with a row for each block: where it starts, what happens, which blocks come next.

    Args:
        stories: Stories and rules; their names may hold anything.

    Returns:
        HTML that needs nothing from elsewhere.

    Example:
        >>> "<h1>0 story blocks</h1>" in story_blocks_page([])
        True
    """
    steps = StoryGraph.from_stories(stories).steps
    rows = "".join(_row(step, steps) for step in steps)
    return _PAGE.format(count=len(steps), rows=rows)


def _row(step: StoryStep, steps: Sequence[StoryStep]) -> str:
    starts = ", ".join(
        "the beginning" if start.name == STORY_START else start.name for start in step.starts
    )
    said = [
        f"* {event.intent_name}" if isinstance(event, UserUttered) else event.label
        for event, _ in step.events
        if isinstance(event, UserUttered | ActionExecuted)
    ]
    following = [
        f'<a href="#b{other.number}">{other.number} {html.escape(other.name)}</a>'
        for other in steps
        if {start.name for start in other.starts} & set(step.ends)
    ]
    cells = (
        f"{step.number} {html.escape(step.name)}",
        html.escape(starts),
        "<br>".join(html.escape(words) for words in said),
        "<br>".join(following) or ("nothing" if step.ends else "the end"),
    )
    return f'<tr id="b{step.number}">' + "".join(f"<td>{cell}" for cell in cells) + "\n"
