from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from dialogue_nb.evaluation.scores import score

NAMES = st.sampled_from(["listen", "greet", "bye", "é", "x y"])


def test_scores_worked_out_by_hand():
    # listen: 2 of 3 found, 2 of 2 right; greet: found, 1 of 2 right; bye: never found
    scores = score(
        ["listen", "listen", "listen", "greet", "bye"],
        ["listen", "listen", "greet", "greet", "sing"],
    )
    table = {row.action: (row.precision, row.recall, row.f1, row.support) for row in scores.actions}
    assert table == {
        "bye": (0.0, 0.0, 0.0, 1),
        "greet": (0.5, 1.0, pytest.approx(2 / 3), 1),
        "listen": (1.0, pytest.approx(2 / 3), pytest.approx(0.8), 3),
        "sing": (0.0, 0.0, 0.0, 0),
    }
    assert scores.accuracy == pytest.approx(0.6)
    assert scores.precision == pytest.approx((3 * 1.0 + 0.5) / 5)
    assert scores.f1 == pytest.approx((3 * 0.8 + 2 / 3) / 5)
    assert scores.count == 5


def test_nothing_to_score_gives_zeros():
    assert score([], []) == score((), ())
    assert score([], []).f1 == 0.0


@settings(deadline=None)  # the first call of scikit-learn is slow
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_the_numbers_are_those_of_scikit_learn(pairs):
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    scores = score(gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = metrics.precision_recall_fscore_support(
            gold, predicted, average="weighted", zero_division=0
        )
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(gold, predicted))
    assert (scores.precision, scores.recall, scores.f1) == pytest.approx(expected[:3])
