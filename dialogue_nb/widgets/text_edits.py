"""What of a text and of its view has changed, so that only that travels to and from the browser."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.exceptions import DialogueError

# Browsers count in UTF-16: an emoji counts as two. Half of one may be there while it is typed.
_ENCODING: Final = "utf-16-le"
_WIDTH: Final = 2


class StaleEditError(DialogueError):
    """An edit of a text that is not the text here."""


def checksum(text: str) -> int:
    """A number that tells texts apart; `checksum` in `frontend/wire.js` makes the same.

    Example:
        >>> checksum("abc")
        77201703
    """
    return zlib.adler32(text.encode(_ENCODING, "surrogatepass"))


def edited(text: str, start: int, end: int, insert: str, base: int) -> str:
    """The text with a part of it replaced.

    Args:
        text: The text before.
        start: Where the part begins, counted as browsers do.
        end: Where it ends.
        insert: What comes there.
        base: The checksum of the text that the edit was made in.

    Raises:
        StaleEditError: If that is another text.

    Example:
        >>> edited("a😀c", 3, 4, "b", checksum("a😀c"))
        'a😀b'
    """
    if checksum(text) != base:
        raise StaleEditError("Expected an edit of the newest text, got one of another text.")
    raw = text.encode(_ENCODING, "surrogatepass")
    new = insert.encode(_ENCODING, "surrogatepass")
    raw = raw[: start * _WIDTH] + new + raw[end * _WIDTH :]
    return raw.decode(_ENCODING, "surrogatepass")


def stories_change(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """How one list of stories (`story_chips`) becomes another one.

    Args:
        old: The stories before.
        new: The stories after.

    Returns:
        `{"at", "remove", "insert", "shift"}`: from `at` on, `remove` stories give way to those of
        `insert`; the lines of all behind them grow by `shift`. None when nothing has changed.

    Example:
        >>> a, b = {"name": "a", "line": 1}, {"name": "b", "line": 3}
        >>> stories_change([a, b], [a, {**b, "line": 4}])
        {'at': 1, 'remove': 0, 'insert': [], 'shift': 1}
    """
    at = 0
    while at < min(len(old), len(new)) and old[at] == new[at]:
        at += 1
    shift = new[-1]["line"] - old[-1]["line"] if old and new else 0
    behind = 0
    while (
        behind < min(len(old), len(new)) - at
        and _moved(old[-1 - behind], shift) == new[-1 - behind]
    ):
        behind += 1
    change = {
        "at": at,
        "remove": len(old) - at - behind,
        "insert": list(new[at : len(new) - behind]),
        "shift": shift if behind else 0,
    }
    return change if change["remove"] or change["insert"] or change["shift"] else None


def view_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is new in the view of a document (`document_view`).

    Args:
        old: The view before.
        new: The view after.

    Returns:
        `stories` (see `stories_change`), `problems` and `counts`, those that have changed; None
        when nothing has.
    """
    if old is new:
        return None
    change: dict[str, Any] = {}
    stories = stories_change(old["stories"], new["stories"])
    if stories is not None:
        change["stories"] = stories
    change |= {key: new[key] for key in ("problems", "counts") if new[key] != old[key]}
    return change or None


def _moved(story: Mapping[str, Any], by: int) -> Mapping[str, Any]:
    return {**story, "line": story["line"] + by} if by else story
