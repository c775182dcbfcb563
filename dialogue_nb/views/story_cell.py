"""What a cell of stories or a domain says, in colours, with what is wrong under the lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.cell_project import Cell
from dialogue_nb.core.diagnostics import Severity
from dialogue_nb.views.highlight import COLORS, highlight
from dialogue_nb.views.html import Html, join, muted, note, tag, visible
from dialogue_nb.views.problems import problem_views

HUES: Final = {"error": "#cf4536", "warning": "#9a6700", "info": "#6a7383"}
"""The colour of each severity, readable on light and on dark ground."""
_SIGNS: Final = {"error": "✗", "warning": "!", "info": "i"}
_LINES_SHOWN: Final = 300
_CODE: Final = "font-family:ui-monospace,monospace;white-space:pre-wrap;background:none"
_CELL: Final = "text-align:left;vertical-align:top;padding:0 8px"


def story_cell_view(cell: Cell, *, note: str = "") -> dict[str, Any]:
    r"""What is to be shown of a cell.

    Args:
        cell: The cell, read.
        note: A sentence to add, about the whole bot.

    Returns:
        `{"summary", "lines", "problems"}`: a sentence; for each line its pieces `[kind, text]`; and
        the problems as `problem_views` gives them.

    Example:
        >>> view = story_cell_view(Cell("cell 1", "## hi\n* greet", "markdown"))
        >>> view["summary"], view["lines"][1]
        ('Nothing was read.', [['', '* '], ['intent', 'greet']])
    """
    text = cell.text.rstrip("\n")
    lines = text.split("\n")
    pieces = [[list(piece) for piece in line] for line in highlight(text, cell.format)]
    return {
        "summary": " ".join(filter(None, [_summary(cell), note])),
        "lines": pieces,
        "problems": problem_views(cell.diagnostics, lines, can_add=False),
    }


def _summary(cell: Cell) -> str:
    counts = {
        severity: sum(one.severity == severity for one in cell.diagnostics) for severity in Severity
    }
    found = [_counted(number, severity) for severity, number in counts.items() if number]
    problems = f" with {' and '.join(found)}" if found else ""
    if cell.format == "domain" and counts[Severity.ERROR]:
        return f"The domain has {' and '.join(found)}, so the bot keeps the one it had."
    if cell.format == "domain":
        return f"The domain was read{problems}."
    rules = sum(story.is_rule for story in cell.stories)
    stories = len(cell.stories) - rules
    parts = [_counted(stories, "story")] if stories else []
    parts += [_counted(rules, "rule")] if rules else []
    return f"{' and '.join(parts) or 'Nothing'} {_were(stories + rules)} read{problems}."


def _counted(number: int, what: str) -> str:
    plural = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 or what == 'info' else plural}"


def _were(number: int) -> str:
    return "were" if number > 1 else "was"


def story_cell_html(view: Mapping[str, Any]) -> Html:
    """The cell as a table with inline styles.

    Args:
        view: What `story_cell_view` made.
    """
    rows: list[Html] = []
    for number, pieces in enumerate(view["lines"][:_LINES_SHOWN], 1):
        problems = _at(view["problems"], number)
        spans = join(_span(kind, text, mark) for kind, text, mark in _marked(pieces, problems))
        code = tag("td", tag("code", spans, style=_CODE), style=_CELL)
        rows.append(tag("tr", tag("td", muted(number), style=_CELL), code))
        rows += [_problem_row(problem) for problem in problems]
    more = len(view["lines"]) - _LINES_SHOWN
    body = tag("table", tag("tbody", *rows), style="border-collapse:collapse;font-size:12px")
    return join([body, note(f"and {more} more lines") if more > 0 else "", note(view["summary"])])


def _at(problems: Sequence[Mapping[str, Any]], line: int) -> list[Mapping[str, Any]]:
    return [problem for problem in problems if problem["line"] == line]


def _marked(
    pieces: Sequence[Sequence[str]], problems: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """The pieces of a line, cut where a problem begins or ends: kind, text, severity."""
    place = 0
    cuts = sorted({edge for problem in problems for edge in (problem["from"], problem["to"])})
    for kind, text in pieces:
        edges = [edge - place for edge in cuts if place < edge < place + len(text)]
        for start, stop in zip([0, *edges], [*edges, len(text)], strict=True):
            here = place + start
            worst = [p["severity"] for p in problems if p["from"] <= here < p["to"]]
            yield kind, text[start:stop], min(worst, default="")  # "error" comes first
        place += len(text)


def _span(kind: str, text: str, severity: str) -> Html:
    styles = [f"color:{COLORS[kind]}"] if COLORS.get(kind) else []
    styles += ["font-weight:bold"] if kind == "header" else []
    if severity:
        styles.append(f"text-decoration:underline wavy {HUES[severity]}")
    return tag("span", text, style=";".join(styles) or None)


def _problem_row(problem: Mapping[str, Any]) -> Html:
    hue = HUES[problem["severity"]]
    sign = tag("td", _SIGNS[problem["severity"]], style=f"{_CELL};color:{hue};text-align:right")
    words = f"{problem['severity']} {problem['code']}: {problem['message']} {problem['hint']}"
    style = f"{_CELL};color:{hue};border-left:3px solid {hue}"
    return tag("tr", sign, tag("td", words.strip(), style=style))


def story_cell_text(view: Mapping[str, Any]) -> str:
    """The cell for a terminal: numbered lines, and under them what is wrong.

    Args:
        view: What `story_cell_view` made.
    """
    width = len(str(len(view["lines"])))
    written = []
    for number, pieces in enumerate(view["lines"], 1):
        line = "".join(text for _, text in pieces)
        written.append(f"{number:>{width}}  {visible(line)}".rstrip())
        for problem in _at(view["problems"], number):
            start, stop = problem["from"], max(problem["to"], problem["from"] + 1)
            written.append(" " * (width + 2 + start) + "^" * (stop - start))
            words = f"{problem['severity']} {problem['code']}: {problem['message']}"
            written.append(" " * (width + 2) + visible(f"{words} {problem['hint']}").strip())
    return "\n".join([*written, view["summary"]])
