"""Learning curves as data, as a table and as a figure."""

from __future__ import annotations

import json

import pytest

import dialogue_nb as dn
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.evaluation.comparison import Cell, CellResult, Comparison
from dialogue_nb.views.learning_curves import (
    learning_curves,
    learning_curves_html,
    learning_curves_view,
)

HOSTILE = "<script>alert(1)</script>$x$"


def result(name, percentage, run, right):
    stories = round(40 * (1 - percentage / 100))
    return CellResult(
        name, percentage, run, 41 + run, stories, stories, stories, 10, right, 60, right / 10,
        right / 10, right / 12, right / 12, right / 11, right / 11, 1.5, 0.5,
    )  # fmt: skip


def comparison(runs=2, names=("memory", HOSTILE)):
    plan = [Cell(n, p, r) for p in (0, 50, 75) for r in range(1, runs + 1) for n in names]
    rights = {0: 8, 50: 5, 75: 2}
    found = tuple(result(*cell, rights[cell.percentage] - cell.run % 2) for cell in plan)
    return Comparison(found, tuple(plan))


def test_the_view_is_json_with_means_and_bands_over_the_number_of_stories():
    view = learning_curves_view(comparison())
    assert json.loads(json.dumps(view)) == view
    pane, other = view["panes"]
    assert (pane["most"], other["most"]) == (10, 1)
    assert [curve["name"] for curve in pane["curves"]] == ["memory", HOSTILE]
    point = pane["curves"][0]["points"][1]
    assert (point["percentage"], point["stories"], point["runs"]) == (50, 20, 2)
    assert point["mean"] == 4.5
    assert 0 <= point["low"] < 4.5 < point["high"] <= 10


def test_one_run_has_no_band():
    view = learning_curves_view(comparison(runs=1))
    assert view["panes"][0]["curves"][0]["points"][0]["low"] is None
    assert "one run" in learning_curves_html(view)


def test_the_table_shows_hostile_names_as_text():
    html = learning_curves_html(learning_curves_view(comparison()))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "75 %" in html


def test_what_is_missing_and_what_failed_is_told():
    whole = comparison()
    failed = Diagnostic("E301", "error", "memory 75% run 2: too few stories")
    part = Comparison(whole.results[:4], whole.plan, (failed,))
    html = learning_curves_html(learning_curves_view(part))
    assert "4 of 12 trainings are done." in html
    assert "too few stories" in html
    assert part._repr_mimebundle_()["text/plain"].startswith(
        "Comparison of 2 configurations: 4 of 12 trainings done"
    )


@pytest.mark.parametrize("runs", [1, 3])
def test_the_figure_has_a_line_for_each_configuration_over_the_stories(runs):
    figure = learning_curves(comparison(runs), ["stories_right", "f1", "accuracy"])
    assert len(figure.axes) == 3
    lines = figure.axes[0].get_lines()
    assert [line.get_xdata().tolist() for line in lines] == [[10.0, 20.0, 40.0]] * 2
    assert len({line.get_marker() for line in lines}) == 2
    assert len(figure.axes[0].collections) == (2 if runs > 1 else 0)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_nothing_done_is_an_empty_figure():
    assert dn.learning_curves(Comparison((), (Cell("a", 0, 1),)))._repr_png_()
