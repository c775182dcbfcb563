"""A sheet: a heading, some facts, a table; as text for terminals and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dialogue_nb.views.html import Html, join, muted, note, table, tag, visible

LONGEST: Final = 160
"""How many characters of a text in a cell are shown."""

_ROWS_IN_TEXT: Final = 12
_WIDTH_IN_TEXT: Final = 72


@dataclass(frozen=True)
class Sheet:
    """What is to be shown of a thing.

    Args:
        title: What it is, in one line, with all counts in full.
        facts: What there is to say about it: `(what, value)`.
        headings: The headings of a table, none for no table.
        rows: Its rows, the first ones.
        total: How many rows there are in full; default as many as are given.
        body: HTML in place of the table.
        lines: Text in place of the table.

    Example:
        >>> print(Sheet("Two things", [("colour", "red")], ["name"], [["a"], ["b"]], 9).text())
        Two things
          colour  red
          name
          a
          b
          and 7 more
    """

    title: str
    facts: Sequence[tuple[str, Any]] = ()
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = field(default=())
    total: int | None = None
    body: Html | None = None
    lines: Sequence[str] | None = None

    def html(self) -> Html:
        """The sheet as HTML with inline styles."""
        parts: list[Html] = [tag("p", tag("b", short(self.title)), style="margin:4px 8px")]
        if self.facts:
            facts = [[muted(what), _cell(value)] for what, value in self.facts]
            parts.append(table([], facts))
        if self.body is not None:
            parts.append(self.body)
        elif self.headings:
            parts.append(table(self.headings, [[_cell(c) for c in row] for row in self.rows]))
        more = self._more(len(self.rows))
        return join([*parts, note(more) if more else ""])

    def text(self) -> str:
        """The sheet as text."""
        written = [short(self.title)]
        written += _aligned([[what, value] for what, value in self.facts])
        if self.lines is not None:
            written += [f"  {visible(line)}" for line in self.lines]
        elif self.headings:
            shown = self.rows[:_ROWS_IN_TEXT]
            written += _aligned([self.headings, *shown])
            more = self._more(len(shown))
            written += [f"  {more}"] if more else []
        return "\n".join(written)

    def _more(self, shown: int) -> str:
        total = len(self.rows) if self.total is None else self.total
        return f"and {total - shown:,} more" if total > shown else ""


def _cell(value: Any) -> Any:
    return value if isinstance(value, Html) else short(value)


def _aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows with their columns under each other."""
    cells = [[short(cell, _WIDTH_IN_TEXT) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(columns)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in cells
    ]


def short(value: Any, limit: int = LONGEST) -> str:
    r"""A value as one line of text that is not too long.

    Args:
        value: Anything; None is "".
        limit: How many characters are kept.

    Example:
        >>> short("one\ntwo", 5)
        'one …'
    """
    text = " ".join(visible(value)[: 4 * limit].split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def counted(number: int, what: str, plural: str | None = None) -> str:
    """A number of things in words.

    Args:
        number: How many.
        what: What one is called.
        plural: What several are called; default with an s.

    Example:
        >>> counted(1, "story", "stories"), counted(1200, "rule")
        ('1 story', '1,200 rules')
    """
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def listed(names: Sequence[str], limit: int) -> str:
    """The first of some names, and how many more there are.

    Args:
        names: The names.
        limit: How many are named.

    Example:
        >>> listed(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    text = ", ".join(short(name, 40) for name in names[:limit])
    return f"{text} and {len(names) - limit:,} more" if len(names) > limit else text
