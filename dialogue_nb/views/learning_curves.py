"""Learning curves: how well configurations do, the more stories there are to learn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.evaluation.comparison import MEASURES, Comparison
from dialogue_nb.views.html import Html, join, note, table, tag

SHOWN: Final = ("stories_right", "accuracy_as_rasa")
"""Which measures are shown if nobody asks for others."""


def learning_curves_view(comparison: Comparison, measures: Sequence[str] = SHOWN) -> dict[str, Any]:
    """The curves as data, ready for JSON.

    Args:
        comparison: What was compared.
        measures: Which measures, keys of `evaluation.comparison.MEASURES`.

    Returns:
        `panes`: for each measure `measure`, `title`, `most` (what it can be at most) and `curves`:
        for each configuration `name` and `points`: `percentage`, `stories`, `runs`, `mean`, `low`,
        `high` (None where there was one run). `done`, `planned`, `problems`.
    """
    tests = max((each.test_stories for each in comparison.results), default=0)
    panes = []
    for measure in measures:
        rows = comparison.curve(measure).to_dict("records")
        curves = [
            {"name": name, "points": [_point(r) for r in rows if r["configuration"] == name]}
            for name in comparison.configurations
        ]
        most = tests if measure == "stories_right" else 1
        panes.append(
            {"measure": measure, "title": MEASURES[measure], "most": most, "curves": curves}
        )
    return {
        "panes": panes,
        "done": len(comparison.results),
        "planned": len(comparison.plan),
        "problems": [str(problem) for problem in comparison.problems],
    }


def _point(row: Mapping[Any, Any]) -> dict[str, Any]:
    numbers = {key: float(row[key]) for key in ("percentage", "stories", "mean", "low", "high")}
    known = {key: None if math.isnan(value) else value for key, value in numbers.items()}
    return known | {"runs": int(row["runs"])}


def learning_curves_html(view: Mapping[str, Any]) -> Html:
    """The curves as a table for each measure.

    Args:
        view: What `learning_curves_view` made.
    """
    parts: list[Html] = []
    for pane in view["panes"]:
        head = ["configuration", "left out", "stories", "runs", "mean", "95 % band of the mean"]
        rows = [
            [curve["name"], f"{point['percentage']:g} %", f"{point['stories']:g}", point["runs"],
             _number(point["mean"], pane["most"]), _band(point, pane["most"])]
            for curve in pane["curves"] for point in curve["points"]
        ]  # fmt: skip
        title = pane["title"] + (f", of {pane['most']}" if pane["most"] > 1 else "")
        parts += [tag("p", tag("b", title), style="margin:4px 8px"), table(head, rows)]
    if view["done"] < view["planned"]:
        parts.append(note(f"{view['done']} of {view['planned']} trainings are done."))
    return join([*parts, *(note(problem) for problem in view["problems"])])


def _number(value: float, most: float) -> str:
    return f"{value:.1f}" if most > 1 else f"{value:.3f}"


def _band(point: Mapping[str, Any], most: float) -> str:
    if point["low"] is None:
        return "one run"
    return f"{_number(point['low'], most)} to {_number(point['high'], most)}"


def learning_curves(comparison: Comparison, measures: Sequence[str] = SHOWN) -> Any:
    r"""Learning curves as a figure: the means of the runs, and the 95 % bands of these means.

    Args:
        comparison: What `compare` gave.
        measures: Which measures, keys of `evaluation.comparison.MEASURES`.

    Returns:
        A matplotlib figure of its own; `figure.savefig(path)` writes it.

    Example:
        >>> figure = learning_curves(Comparison((), ()), ["accuracy"])
        >>> figure.axes[0].get_title(loc="left")
        'accuracy of the actions, listens included'
    """
    from dialogue_nb.views.learning_curves_figure import learning_curves_figure

    return learning_curves_figure(learning_curves_view(comparison, measures))
