"""Conversations as files: Rasa's JSON form of trackers, both ways, and stories."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.tracker_store import TrackerStore, storable
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.exceptions import DialogueError, EventError, TrackerStoreError
from dialogue_nb.core.trackers import DialogueStateTracker, SlotLike
from dialogue_nb.stories.from_conversation import story_of
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.writer import write_stories

_NO_NAME: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_LONGEST_NAME: Final = 80


def read_conversations(
    file: str | Path, slots: Iterable[SlotLike] = ()
) -> list[DialogueStateTracker]:
    """Reads conversations in Rasa's JSON form.

    Args:
        file: A tracker (`{"sender_id": ..., "events": [...]}`), a list of them, or one on each
            line: what Rasa's HTTP API gives, what `export_json` writes. Slots that have a value
            which no event gave them are set at the end.
        slots: The slots of the domain.

    Raises:
        TrackerStoreError: If the file holds something else; it says where.
    """
    text = Path(file).read_text(encoding="utf-8-sig")
    chosen = tuple(slots)
    made = []
    for place, body in _bodies(text, file):
        if not isinstance(body, dict) or not isinstance(body.get("events"), list):
            raise TrackerStoreError(
                f"Expected a tracker in Rasa's form in {place}: an object with a list 'events', "
                f"got {_what(body)}."
            )
        try:
            made.append(_tracker(body, chosen))
        except EventError as error:
            raise TrackerStoreError(f"A tracker in {place} cannot be read: {error}") from error
    return made


def _tracker(body: dict[str, Any], slots: tuple[SlotLike, ...]) -> DialogueStateTracker:
    """A tracker with the slots that it says it has, also where somebody set them by hand."""
    tracker = DialogueStateTracker.from_dict(body, slots)
    said = body.get("slots")
    times = [event.timestamp for event in tracker.events if event.timestamp is not None]
    for name, value in (said if isinstance(said, dict) else {}).items():
        if value is not None and tracker.get_slot(name) != value:
            tracker.update(SlotSet(name, value, timestamp=max(times, default=None)))
    return tracker


def _bodies(text: str, file: str | Path) -> Iterator[tuple[str, Any]]:
    """Each tracker of a file, and where it stands."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2:
            raise TrackerStoreError(f"'{file}' is no JSON file: {error}.") from error
        for number, line in lines:
            try:
                yield f"'{file}', line {number}", json.loads(line)
            except (ValueError, RecursionError) as wrong:
                raise TrackerStoreError(
                    f"'{file}' is no JSON file, and its line {number} is none: {wrong}."
                ) from wrong
        return
    if isinstance(body, list):
        yield from ((f"'{file}', item {n}", one) for n, one in enumerate(body, 1))
    else:
        yield f"'{file}'", body


def _what(body: Any) -> str:
    if isinstance(body, dict):
        return "an object without it"
    return f"something of type {type(body).__name__}"


def add_conversations(
    store: TrackerStore, trackers: Sequence[DialogueStateTracker], *, replace: bool = False
) -> list[str]:
    """Puts conversations into a store: all of them, or none if a name is taken.

    Args:
        store: The store.
        trackers: The conversations.
        replace: Whether those that have the same names are taken back.

    Returns:
        Whose conversations were added.

    Raises:
        TrackerStoreError: If there is such a conversation already, or two have the same name.
    """
    names = [tracker.sender_id for tracker in trackers]
    for name in names:
        shown = storable(name)[:_LONGEST_NAME]
        if names.count(name) > 1:
            raise TrackerStoreError(f"Two of the conversations are of '{shown}': give them names.")
        if not replace and store.head(name) is not None:
            raise TrackerStoreError(
                f"There is a conversation '{shown}' already. Give the new one another name, or "
                "replace the old one."
            )
    for tracker in trackers:
        store.save(tracker)
    return names


def export_json(trackers: Sequence[DialogueStateTracker]) -> str:
    """Conversations in Rasa's JSON form: one as an object, several as a list.

    Args:
        trackers: The conversations.

    Example:
        >>> json.loads(export_json([DialogueStateTracker("ann")]))["sender_id"]
        'ann'
    """
    bodies = [tracker.as_dict() for tracker in trackers]
    return json.dumps(bodies[0] if len(bodies) == 1 else bodies, indent=1)


def export_stories(
    trackers: Iterable[DialogueStateTracker], format: StoryFormat = "yaml"
) -> tuple[str, list[Diagnostic]]:
    """Conversations as stories to learn from; those in which nothing was said are left out.

    Args:
        trackers: The conversations.
        format: "yaml" or "markdown".

    Returns:
        The text, and what the format cannot express.

    Raises:
        DialogueError: If there is no such format.
    """
    if format not in ("yaml", "markdown"):
        raise DialogueError(f"Expected a format ('yaml', 'markdown'), got {format!r}.")
    stories: list[Story] = []
    taken: set[str] = set()
    for tracker in trackers:
        story = story_of(tracker.events, _name(tracker.sender_id, taken))
        if story.items:
            stories.append(story)
            taken.add(story.name)
    return write_stories(stories, format)


def _name(sender_id: str, taken: set[str]) -> str:
    """A name for the story of a conversation, which no other one has."""
    name = _NO_NAME.sub(" ", storable(sender_id)).strip()[:_LONGEST_NAME] or "conversation"
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
