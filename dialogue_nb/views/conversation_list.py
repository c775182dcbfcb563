"""Conversations that were kept, as a list to reopen them from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from dialogue_nb.agent.tracker_store import ConversationInfo
from dialogue_nb.views.html import Html, join, note, table

LONGEST_NAME: Final = 120
IN_MEMORY: Final = "Kept in memory, until the kernel ends."


def conversation_list_view(
    found: Sequence[ConversationInfo],
    *,
    count: int,
    matches: int,
    search: str = "",
    current: str | None = None,
    where: str | None = None,
) -> dict[str, Any]:
    """What is to be shown of a list of conversations.

    Args:
        found: The conversations that are shown, the latest first.
        count: How many there are.
        matches: How many are found.
        search: What is searched for.
        current: Whose conversation is open, None if none is.
        where: Where they are kept, None for in memory.

    Returns:
        `{"rows", "count", "more", "search", "where", "empty"}`; a row has `key` (what the browser
        calls it by), `name`, `about` (how long it is, and of when), `latest` and `current`.

    Example:
        >>> info = ConversationInfo("ann", 12, 1, None, None, "Hello")
        >>> view = conversation_list_view([info], count=5, matches=2, search="he")
        >>> view["count"], view["rows"][0]["about"], view["more"]
        ('2 of 5 found', '1 message', 1)
    """
    talks = f"{count:,} conversation{'' if count == 1 else 's'}"
    empty = "Nothing is found." if search else "There is none yet: say something to the bot."
    return {
        "rows": [_row(info, current) for info in found],
        "count": f"{matches:,} of {count:,} found" if search else talks,
        "more": max(0, matches - len(found)),
        "search": search,
        "where": f"Kept in {where}" if where else IN_MEMORY,
        "empty": "" if found else empty,
    }


def key_of(sender_id: str) -> str:
    """What the browser calls a conversation by, however long or odd its name is.

    Args:
        sender_id: Whose it is.
    """
    return sha256(sender_id.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _row(info: ConversationInfo, current: str | None) -> dict[str, Any]:
    messages = f"{info.messages:,} message{'' if info.messages == 1 else 's'}"
    when = f" · {moment(info.updated)}" if info.updated else ""
    return {
        "key": key_of(info.sender_id),
        "name": info.sender_id[:LONGEST_NAME] or "(no name)",
        "about": f"{messages}{when}",
        "latest": info.latest,
        "current": info.sender_id == current,
    }


def moment(seconds: float) -> str:
    """A time on the kernel's clock, to the minute.

    Args:
        seconds: Since 1970.
    """
    try:
        return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):  # an imported one may say anything
        return "some time"


def conversation_list_html(view: Mapping[str, Any]) -> Html:
    """The list as static HTML.

    Args:
        view: What `conversation_list_view` made.
    """
    if not view["rows"]:
        return join([note(view["empty"]), note(view["where"])])
    rows = [
        [f"{row['name']}{' (open)' if row['current'] else ''}", row["about"], row["latest"]]
        for row in view["rows"]
    ]
    more = f" ({view['more']:,} more)" if view["more"] else ""
    shown = table(["conversation", "", "last message"], rows, caption=view["count"] + more)
    return join([shown, note(view["where"])])
