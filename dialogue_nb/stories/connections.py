"""How stories hang together: which checkpoints lead where, and what can never be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Checkpoint, Story


@dataclass
class _Segment:
    """A part of a story between two places where stories meet."""

    story: Story
    line: int | None
    starts: list[Checkpoint] = field(default_factory=list)
    ends: list[Checkpoint] = field(default_factory=list)


def check_connections(stories: Iterable[Story], notes: Notes) -> None:
    """Notes checkpoints that lead nowhere, or that nothing leads to, and steps never reached.

    Args:
        stories: All stories that are loaded together; rules have no checkpoints.
        notes: Where it is noted.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> from dialogue_nb.stories.steps import Line
        >>> notes = Notes()
        >>> check_connections([Story("a", (Line((ActionExecuted("x"),)), Checkpoint("c")))], notes)
        >>> notes.found[0].message
        "No story goes on from the checkpoint 'c'."
    """
    segments = [part for story in stories if not story.is_rule for part in _segments(story)]
    starts = {checkpoint.name for part in segments for checkpoint in part.starts}
    ends = {checkpoint.name for part in segments for checkpoint in part.ends}
    for part in segments:
        notes.file, notes.story = part.story.file, part.story.name
        for checkpoint in part.starts:
            if checkpoint.name not in ends:
                notes.line = checkpoint.line
                message = f"No story leads to the checkpoint {shown(checkpoint.name)}."
                hint = did_you_mean(checkpoint.name, ends - starts)
                notes.warning("S420", message, hint or "End a story with it, or remove it.")
        for checkpoint in part.ends:
            if checkpoint.name not in starts:
                notes.line = checkpoint.line
                message = f"No story goes on from the checkpoint {shown(checkpoint.name)}."
                hint = did_you_mean(checkpoint.name, starts - ends)
                notes.warning("S421", message, hint or "Begin a story with it, or remove it.")
    _check_reachable(segments, ends, notes)


def _segments(story: Story) -> Iterator[_Segment]:
    """The parts of a story: cut where events follow a checkpoint."""
    part = _Segment(story, story.line)
    has_events = False
    for item in story.items:
        if not isinstance(item, Checkpoint):
            if part.ends:
                yield part
                part = _Segment(story, item.line, starts=part.ends)
            has_events = True
        elif has_events:
            part.ends = [*part.ends, item]
        else:
            part.starts.append(item)
    if has_events:
        yield part


def _check_reachable(segments: Sequence[_Segment], ends: set[str], notes: Notes) -> None:
    followers: dict[str, list[_Segment]] = {}
    for part in segments:
        for checkpoint in part.starts:
            followers.setdefault(checkpoint.name, []).append(part)
    waiting = [part for part in segments if not part.starts]
    reached = set(map(id, waiting))
    while waiting:
        for checkpoint in waiting.pop().ends:
            for part in followers.pop(checkpoint.name, ()):
                if id(part) not in reached:
                    reached.add(id(part))
                    waiting.append(part)
    for part in segments:
        is_reported = all(checkpoint.name not in ends for checkpoint in part.starts)
        if id(part) not in reached and not is_reported:
            notes.file, notes.story, notes.line = part.story.file, part.story.name, part.line
            names = " or ".join(shown(checkpoint.name) for checkpoint in part.starts)
            notes.warning(
                "S422",
                f"These steps are never reached: no conversation gets to the checkpoint {names}.",
                "Follow it back: no story on the way begins at the start of a conversation.",
            )
