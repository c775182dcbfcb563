"""The matrix of contradictions drawn by matplotlib, without pyplot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.figure import Figure

from dialogue_nb.views.contradiction_matrix import heading_of, turns_in
from dialogue_nb.views.figures import Picture, families, short

_TEXT: Final = "#1f2430"
_MUTED: Final = "#565e6d"
_ERROR: Final = "#b83227"
_GROUND: Final = "#fdeeec"
_LINE: Final = "#dfe3ea"
MOST: Final = 40
"""So many rules and stories are drawn at most."""


def contradiction_matrix_figure(view: Mapping[str, Any]) -> Figure:
    """The matrix: a row for each rule, a column for each story that disagrees with one.

    Args:
        view: What `contradiction_matrix_view` made.

    Returns:
        A figure of its own; `figure.savefig(path)` writes it.
    """
    rules, stories = view["rules"][:MOST], view["stories"][:MOST]
    width, height = max(1, len(stories)), max(1, len(rules))
    figure = Picture(figsize=(3.2 + 1.1 * width, 1.4 + 0.32 * height), layout="constrained")
    axes = figure.add_subplot()
    fonts = families()
    title = short(view["nothing"] if not view["cells"] else view["title"], 90)
    axes.set_title(title, fontsize=9, loc="left", family=fonts)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    for cell in view["cells"]:
        row, column = cell["rule"], cell["story"]
        if row < MOST and column < MOST:
            axes.axvspan(
                column - 0.5, column + 0.5, 1 - (row + 1) / height, 1 - row / height, color=_GROUND
            )
            text = turns_in(cell["items"])
            axes.text(column, row, short(text, 18), ha="center", va="center", fontsize=7,
                      color=_ERROR, family=fonts)  # fmt: skip
    names = [short(heading_of(one, "rule"), 34) for one in rules]
    axes.set_yticks(range(len(names)), names, fontsize=8, family=fonts, color=_TEXT)
    heads = [short(heading_of(one, "story"), 22) for one in stories]
    turned: dict[str, Any] = {"rotation": 25, "ha": "right"} if len(heads) > 2 else {}
    axes.set_xticks(range(len(heads)), heads, fontsize=8, family=fonts, color=_TEXT, **turned)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_color(_LINE)
    left = len(view["rules"]) + len(view["stories"]) - len(rules) - len(stories)
    if left:
        axes.set_xlabel(f"and {left} more", fontsize=8, color=_MUTED)
    return figure
