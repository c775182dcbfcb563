"""Static HTML for places without a front end: text is escaped, styles are inline.

What untrusted notebooks, GitHub and nbconvert leave of HTML is tables, `<details>` and `style=`
attributes; so that is all that is used here, and it reads well with the styles taken away too.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

MUTED: Final = "opacity:0.75"
"""The style of what is less important: fainter than its text, so readable on light and dark."""

_CELL: Final = "text-align:left;vertical-align:top;padding:2px 8px"
_CONTROLS: Final = {i: chr(0x2400 + i) for i in range(32) if chr(i) not in "\t\n"} | {127: "\u2421"}
# marks that turn the direction of the text after them, also that of what is not theirs
_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
# halves of characters, as in JSON's "\ud83d": no file and no message can hold them
_HALVES: Final = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_UNSEEN: Final = _CONTROLS | _TURNING | _HALVES


class Html(str):
    """Text that is HTML already; everything else is escaped when it is put into HTML."""

    __slots__ = ()


def visible(value: Any) -> str:
    """Text in which every control character can be seen and none does anything.

    Args:
        value: Anything; None is "".

    Example:
        >>> visible("a" + chr(0) + "b")
        'a␀b'
    """
    return "" if value is None else str(value).translate(_UNSEEN)


def escape(value: Any) -> Html:
    """The value as HTML that shows it as text; what is `Html` already stays as it is.

    Args:
        value: Anything; None is "".

    Example:
        >>> escape("<img src=x onerror='alert(1)'>")
        '&lt;img src=x onerror=&#x27;alert(1)&#x27;&gt;'
    """
    return value if isinstance(value, Html) else Html(html.escape(visible(value), quote=True))


def join(parts: Iterable[Any], separator: Any = "") -> Html:
    """Several pieces as one, each escaped.

    Example:
        >>> join(["a", Html("<br>"), "<b>"])
        'a<br>&lt;b&gt;'
    """
    return Html(escape(separator).join(escape(part) for part in parts))


def tag(name: str, *children: Any, **attributes: Any) -> Html:
    """An element.

    Args:
        name: Its name, ours, never a user's.
        *children: What is in it, escaped.
        **attributes: Its attributes, escaped; those with value None or False are left out. A name
            may end in `_` where it is a word of Python.

    Example:
        >>> tag("td", "<b>", style="width:3px", colspan=None)
        '<td style="width:3px">&lt;b&gt;</td>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def muted(value: Any) -> Html:
    """Less important text."""
    return tag("span", value, style=MUTED)


def bar(value: float, color: str, *, width: int = 70) -> Html:
    """A number from 0 to 1 as a bar with its value beside it; without styles only the number.

    Args:
        value: The number; the bar ends at 1, the text does not.
        color: The colour of the bar.
        width: The width of 1 in pixels.
    """
    pixels = round(min(max(value, 0.0), 1.0) * width)
    style = f"display:inline-block;width:{pixels}px;height:9px;background-color:{color}"
    return join([tag("span", style=style), f" {value:.2f}"])


def table(
    headings: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    *,
    caption: Any = None,
    row_styles: Mapping[int, str] | None = None,
) -> Html:
    """A table.

    Args:
        headings: One for each column.
        rows: The cells of each row, escaped; shorter rows end early.
        caption: A line above it.
        row_styles: The style of some rows by number, from 0.

    Example:
        >>> "&lt;i&gt;" in table(["name"], [["<i>"]])
        True
    """
    styles = row_styles or {}
    head = tag("tr", *(tag("th", heading, style=_CELL) for heading in headings))
    body = [
        tag("tr", *(tag("td", cell, style=_CELL) for cell in row), style=styles.get(i))
        for i, row in enumerate(rows)
    ]
    above = tag("caption", caption, style=f"{_CELL};caption-side:top") if caption else Html("")
    style = "border-collapse:collapse;font-size:12px;text-align:left"
    return tag("table", above, tag("thead", head), tag("tbody", *body), style=style)


def note(value: Any) -> Html:
    """A paragraph beside a table."""
    return tag("p", value, style="font-size:12px;margin:4px 8px")
