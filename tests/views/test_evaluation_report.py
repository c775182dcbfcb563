"""The report of a test as data and as tables."""

from __future__ import annotations

import json

from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.views.evaluation_report import (
    MOST_NAMES,
    MOST_TURNS,
    evaluation_report_html,
    evaluation_report_view,
    turn_detail,
)
from tests.reports import baker, hostile_report, large_result


def test_the_view_is_json_and_has_the_numbers_of_the_result():
    result = baker()
    view = evaluation_report_view(result)
    assert json.loads(json.dumps(view)) == view
    assert view["title"] == "1 of 3 stories right (33 %), 4 of 21 actions wrong"
    assert view["scores"][0] == ["all actions", round(17 / 21, 6), view["scores"][0][2], 21]
    assert [(m["letter"], m["right"], m["decided"]) for m in view["policies"]] == [
        ("G", 6, 9), ("M", 8, 9), ("–", 3, 3),
    ]  # fmt: skip
    without, with_listens = view["tables"]
    assert with_listens[0][0] == ACTION_LISTEN_NAME
    assert ACTION_LISTEN_NAME not in [row[0] for row in without]


def test_cells_are_those_of_the_confusion_matrix():
    result = baker()
    matrix = result.confusion()
    for gold, predicted, count in evaluation_report_view(result)["cells"]:
        assert matrix.loc[gold, predicted] == count


def test_only_so_many_turns_and_names_are_sent_but_all_are_counted():
    result = large_result(actions=60, turns=9000)
    view = evaluation_report_view(result)
    assert len(view["turns"]) == MOST_TURNS < view["wrong"]
    assert len(view["names"][0]) == MOST_NAMES
    assert view["notes"][0] == "The 16 most confused of 60 actions."
    assert len(json.dumps(view)) < 400_000


def test_a_turn_from_close_by_has_every_policy_and_its_reason():
    result = baker()
    first = result.failures[0]
    detail = turn_detail(result, first)
    assert json.loads(json.dumps(detail)) == detail
    assert (detail["gold"], detail["predicted"], detail["rank"]) == (
        "utter_which", "utter_sold", 2,
    )  # fmt: skip
    memory, guess = detail["rows"]
    assert (memory["action"], memory["won"]) == (None, False)
    assert (guess["action"], guess["confidence"], guess["wanted"]) == ("utter_sold", 0.6, 0.3)
    assert (detail["said"], detail["place"]) == ("order", "tests/baker.md:12")


def test_the_tables_show_hostile_names_as_text_and_stay_small():
    html = evaluation_report_html(hostile_report().view)
    assert "<img" not in html
    assert "&lt;img" in html
    long = evaluation_report_html(evaluation_report_view(large_result(60, 9000)))
    assert len(long) < 40_000
    assert "more wrong turns" in long


def test_nothing_tested_is_said():
    view = evaluation_report_view(EvaluationResult((), ()))
    assert view["nothing"] == "Nothing was tested."
    assert "0 of 0 stories right, 0 of 0 actions wrong" in evaluation_report_html(view)
