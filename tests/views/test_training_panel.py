"""Training as a dict, a table and a figure: curves, runs side by side, what can be set."""

from __future__ import annotations

import json
import math

from dialogue_nb import bots
from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.views.training_curves import axes_of, progress_of, row_of, series_of
from dialogue_nb.views.training_figure import training_panel_figure
from dialogue_nb.views.training_panel import (
    best_of,
    run_row,
    training_panel_html,
    training_panel_summary,
    training_panel_view,
)
from dialogue_nb.views.training_settings import training_settings_html, training_settings_view
from tests.talks import HOSTILE
from tests.training import CurvedPolicy


def finished(*policies, **options):
    project = bots.load("moodbot")
    agent = project.agent(list(policies))
    run = TrainingRun(agent, lambda: agent.load_data(project.stories), **options).start()
    run.wait(30)
    return run


def named(name, **members):
    return type(name, (CurvedPolicy,), members)


def test_a_run_tells_its_first_best_and_last_epoch():
    run = finished(MemoizationPolicy(), CurvedPolicy(30))
    row = run_row(run, 2)
    memory, curved = row["policies"]
    assert memory["cells"] == ["22 windows memorised"]
    assert (curved["first"]["epoch"], curved["last"]["epoch"]) == (1, 30)
    best = min(run.curves["CurvedPolicy"], key=lambda point: point["val_loss"])
    assert curved["best"]["epoch"] == best["epoch"] == best_of(run.curves["CurvedPolicy"])["epoch"]
    assert curved["cells"][0] == "30"
    assert row["head"].startswith("finished, 0.")
    assert json.dumps(row)


def test_runs_are_told_apart_by_what_was_set_otherwise():
    settings = [{1: {"epochs": n, "rate": 0.1}} for n in (2, 3)]
    runs = [finished(MemoizationPolicy(), CurvedPolicy(), settings=each) for each in settings]
    rows = training_panel_view(runs)["runs"]
    assert [row["differs"] for row in rows] == [
        ["CurvedPolicy epochs 2"],
        ["CurvedPolicy epochs 3"],
    ]
    assert len({row["hue"] for row in rows}) == 2


def test_a_failure_says_where_what_and_what_to_do():
    run = finished(CurvedPolicy(3, rate=2))
    view = training_panel_view([run], name="moodbot")
    error = view["runs"][0]["error"]
    assert error["where"] == "CurvedPolicy"
    assert "the loss of epoch 0 is too high" in error["message"]
    assert "details" in error["todo"]
    assert "line" in error["traceback"]
    assert "too high" in training_panel_html(view)
    assert "too high" in training_panel_summary(view)


def test_points_are_sent_once_and_nothing_that_json_does_not_know():
    run = finished(MemoizationPolicy(), CurvedPolicy(5))
    (whole,) = series_of(run)
    assert (whole["policy"], whole["start"], len(whole["points"])) == (1, 0, 5)
    (rest,) = series_of(run, {1: 3})
    assert rest == {"policy": 1, "start": 3, "points": whole["points"][3:]}
    assert series_of(run, {1: 5}) == []
    run.curves["CurvedPolicy"][0]["loss"] = math.inf
    assert row_of(run.curves["CurvedPolicy"][0])[1] is None
    assert json.dumps([series_of(run), axes_of([run]), progress_of(run)], allow_nan=False)


def test_axes_hold_the_curves_of_all_runs():
    runs = [finished(CurvedPolicy(n)) for n in (1, 60, 7)]
    axes = axes_of(runs)["0"]
    assert axes["last"] == 60
    assert axes["x"] == [1, 20, 40, 60]
    assert axes["loss"][-1] >= 2.6
    assert axes_of(runs[:1])["0"]["x"] == [1]
    assert axes_of([]) == {}


def test_without_runs_there_is_a_sentence_about_what_to_do():
    view = training_panel_view([], name="moodbot")
    assert view["says"][0][0] == "empty"
    assert "Press Train" in view["says"][0][1]
    assert training_panel_summary(view) == "Training of moodbot: Nothing is trained yet."
    assert "no stories" in training_panel_html(training_panel_view([], problem="no stories"))


def test_hostile_names_are_text_in_the_tables():
    hostile = named(HOSTILE.replace("\0", ""))(2)  # a class has no NUL in its name
    run = finished(hostile)
    for html in (
        training_panel_html(training_panel_view([run], name=HOSTILE, notes=[HOSTILE])),
        training_settings_html(training_settings_view([hostile])),
    ):
        assert "<img" not in html
        assert "&lt;img" in html


def test_the_figure_has_a_line_for_training_and_one_for_held_out_stories(tmp_path):
    runs = [finished(CurvedPolicy(4)), finished(CurvedPolicy(1, held_out=False))]
    figure = training_panel_figure(training_panel_view(runs), [series_of(run) for run in runs])
    loss, accuracy = figure.axes
    assert [line.get_linestyle() for line in loss.lines] == ["-", "--", "-"]
    assert len(accuracy.lines) == 3
    figure.savefig(tmp_path / "training.png")
    training_panel_figure(training_panel_view([]), []).savefig(tmp_path / "empty.png")


def test_settings_have_value_default_meaning_and_what_was_changed():
    view = training_settings_view(
        [MemoizationPolicy(), KerasPolicy(epochs=7)], [{}, {"dropout": 0.5}]
    )
    memory, network = view["groups"]
    assert (memory["letter"], network["letter"]) == ("M", "L")
    shown = {p["name"]: p for p in network["parameters"]}
    assert (shown["epochs"]["value"], shown["epochs"]["changed"]) == (7, True)
    assert (shown["dropout"]["value"], shown["dropout"]["changed"]) == (0.5, True)
    assert not shown["rnn_size"]["changed"]
    assert shown["dropout"]["meaning"].endswith("Default: 0.2.")
    assert json.dumps(view)
