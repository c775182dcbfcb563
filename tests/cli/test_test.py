"""What `dialogue-nb test` writes besides its report: failed stories, a report, figures."""

from __future__ import annotations

import json

from sklearn.metrics import classification_report

from dialogue_nb.agent.agent import Agent
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.stories.reader import read_stories

WRONG = "## wrong\n* hello\n  - utter_bye\n\n## right\n* hello\n  - utter_hello\n"


def test_the_folder_of_results_has_all_of_it(model, run):
    (model / "t.md").write_text(WRONG)
    status, out, _ = run("test", "-s", "t.md", "-o", "results")
    assert status == 1
    assert "'wrong', action 2: expected utter_bye, got utter_hello (MemoizationPolicy 1.00)" in out
    assert "t.md:3" in out
    results = model / "results"
    for name in ("failed_test_stories.yml", "failed_stories.md"):
        assert [story.name for story in read_stories([str(results / name)])[0]] == ["wrong"]
        assert "predicted: utter_hello (MemoizationPolicy 1.00)" in (results / name).read_text()
    for name in ("story_confusion_matrix", "calibration", "fallback_threshold", "policies"):
        assert "<svg" in (results / f"{name}.svg").read_text()


def test_the_report_has_the_numbers_and_the_form_of_rasas(model, run):
    (model / "t.md").write_text(WRONG)
    run("test", "-s", "t.md", "-o", "results")
    body = json.loads((model / "results" / "story_report.json").read_text())
    turns = [t for t in evaluate(Agent.load("models/current/dialogue"), "t.md").turns if t.turn]
    expected = classification_report(
        [t.gold for t in turns], [t.predicted for t in turns], output_dict=True, zero_division=0
    )
    assert body["conversation_accuracy"] == {
        "accuracy": 0.5, "correct": 1, "with_warnings": 0, "total": 2,
    }  # fmt: skip
    del body["conversation_accuracy"]
    assert body == {
        name: value if isinstance(value, float) else {k: float(v) for k, v in value.items()}
        for name, value in expected.items()
    }


def test_with_fail_on_prediction_errors_the_first_wrong_story_is_shown(model, run):
    (model / "t.md").write_text(WRONG + "\n## wrong too\n* leave\n  - utter_hello\n")
    status, out, err = run("test", "-s", "t.md", "--fail-on-prediction-errors")
    assert status == 1
    assert err == "error: the story 'wrong' is predicted wrong:\n"
    assert "story: wrong\n" in out
    assert "wrong too" not in out
    assert run("test", "-s", "data", "--fail_on_prediction_errors")[0] == 0


def test_coverage_is_told_on_request(model, run):
    (model / "t.md").write_text(WRONG)
    _, out, _ = run("test", "-s", "t.md", "--coverage")
    lines = {line.split()[0]: line for line in out.splitlines() if " of " in line}
    assert lines["intents"].split()[1:4] == ["1", "of", "3"]
    assert "'leave'" in lines["intents"]
    assert "'buys'" in lines["stories"]
