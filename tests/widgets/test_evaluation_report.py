"""`EvaluationReport` without a browser."""

from __future__ import annotations

import pytest

from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.evaluation_report import EvaluationReport
from tests.reports import TESTS, baker, baker_report, large_result


def test_the_script_is_small():
    assert len(read_static("shared.js", "evaluation_report.js").encode()) <= 15_000


def test_a_selected_turn_is_looked_at_from_close_by():
    report = baker_report()
    wrong = report.result.failures[0]
    assert report.detail == {}
    report.selection = {"number": wrong.number, "turn": wrong.turn}
    assert (report.detail["gold"], report.detail["predicted"]) == ("utter_which", "utter_sold")
    assert report.turn == wrong
    report.selection = {"number": 99, "turn": 0}
    assert report.detail == {}


def test_the_turns_behind_a_cell_are_found_right_ones_too():
    report = baker_report()
    report.selection = {"cell": ["utter_which", "utter_sold"]}
    assert [row[:3] for row in report.behind["turns"]] == [
        [1, 1, "in a hurry"], [2, 3, "undecided"], [2, 5, "undecided"],
    ]  # fmt: skip
    report.selection = {"cell": ["utter_greet", "utter_greet"]}
    assert report.behind["count"] == 2
    report.selection = {"cell": None}
    assert report.behind == {}


def test_whoever_asked_is_told_where_a_turn_is_written():
    report, told = baker_report(), []
    end = report.on_select_source(lambda *place: told.append(place))
    wrong = report.result.failures[0]
    report.answer({"id": 1, "type": "source"})
    report.selection = {"number": wrong.number, "turn": wrong.turn}
    report.answer({"id": 2, "type": "source"})
    end()
    report.answer({"id": 3, "type": "source"})
    assert told == [("tests/baker.md", 12, "in a hurry")]


def test_the_conversation_of_the_selected_story_can_be_shown_elsewhere():
    report = baker_report()
    report.selection = {"number": 2, "turn": 3}
    assert report.tracker.sender_id == "undecided"
    report.selection = {"number": 9}
    with pytest.raises(DialogueError, match="one of the 3 stories"):
        report.tracker  # noqa: B018


def test_another_result_takes_the_place_of_the_first():
    report = baker_report()
    report.selection = {"number": 1, "turn": 1}
    report.result = baker(TESTS.split("## in a hurry")[0])
    assert report.summary == "Test: 1 of 1 stories right (100 %), 0 of 7 actions wrong."
    assert report.detail == {}
    assert "Test: 1 of 1" in report._repr_mimebundle_()[0]["text/plain"]


def test_a_result_without_its_bot_is_shown_without_reasons():
    report = EvaluationReport(large_result())
    report.selection = {"number": 0, "turn": 1}
    assert (report.detail, report.error) == ({}, {})
    assert report.view["has_bot"] is False


def test_it_has_figures_and_a_file_that_works_alone(tmp_path):
    report = baker_report()
    assert next(iter(report.figures())) == "story_confusion_matrix"
    page = report.to_html(tmp_path / "report.html").read_text()
    assert "in a hurry" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_an_agent_is_tested_at_once():
    agent = baker().agent
    report = EvaluationReport.of_agent(agent, [])
    assert isinstance(report.result, EvaluationResult)
    assert report.view["nothing"] == "Nothing was tested."
