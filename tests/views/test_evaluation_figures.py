"""Figures of a test."""

from __future__ import annotations

import numpy as np
import pytest

from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.views.evaluation_figures import evaluation_figures, most_confused


def result(actions=4, turns=60):
    rng = np.random.default_rng(3)
    gold, predicted = (rng.integers(0, actions, turns) for _ in range(2))
    made = tuple(
        EvaluatedAction("s", 0, i + 1, f"utter_{g} $x$", f"utter_{p} $x$", float(c), "KerasPolicy")
        for i, (g, p, c) in enumerate(zip(gold, predicted, rng.random(turns), strict=True))
    )
    return EvaluationResult(made, ("s",))


@pytest.mark.parametrize("actions", [1, 5, 50])
def test_every_figure_can_be_drawn(actions):
    figures = evaluation_figures(result(actions))
    assert list(figures) == [
        "story_confusion_matrix", "calibration", "fallback_threshold", "policies",
    ]  # fmt: skip
    for figure in figures.values():
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_nothing_tested_can_be_drawn():
    for figure in evaluation_figures(EvaluationResult((), ())).values():
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_the_matrix_has_the_counts_and_says_what_is_left_out():
    tested = result(40, 400)
    axes = evaluation_figures(tested)["story_confusion_matrix"].axes[0]
    shown = most_confused(tested, 25, listens=False)
    assert len(shown) == 25
    matrix = tested.confusion(listens=False).loc[shown, shown].to_numpy()
    assert sum(int(text.get_text()) for text in axes.texts) == matrix.sum()
    assert "the 25 most confused of 40 actions" in axes.get_title(loc="left")


def test_what_is_always_right_comes_after_what_is_confused():
    pairs = [("often", "often")] * 9 + [("a", "b")]
    turns = tuple(EvaluatedAction("s", 0, 1, g, p, 1.0, None) for g, p in pairs)
    assert most_confused(EvaluationResult(turns, ("s",)), 2) == ["a", "b"]
