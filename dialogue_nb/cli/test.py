"""`dialogue-nb test`: a model on stories, action by action; or examples in cross-validation."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.cli import understanding
from dialogue_nb.cli.options import add_model, add_stories, mode_of, say, write_json
from dialogue_nb.cli.score_lines import SHOWN_FAILURES, left_out, score_line, score_rows
from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.evaluation.coverage import coverage
from dialogue_nb.evaluation.failed_stories import failed_stories_text
from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.stories.reader import StoryFormat

REPORT_FILE = "story_report.json"
FAILED_FILES: Final[Mapping[str, StoryFormat]] = {
    "failed_test_stories.yml": "yaml",
    "failed_stories.md": "markdown",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "mode", nargs="?", default="default",
        type=mode_of("test", ("default", "nlu"), ("compare",)),
        help="default: one model on stories; nlu: how well examples (-u) would be understood",
    )  # fmt: skip
    add_stories(parser, required=False)
    understanding.add_arguments(parser)
    add_model(parser)
    parser.add_argument(
        "--json", metavar="OUT", help="write the whole result as JSON (- is stdout)"
    )
    parser.add_argument(
        "-o", "--out", "--output", metavar="FOLDER",
        help="write failed_test_stories.yml, failed_stories.md, story_report.json and figures",
    )  # fmt: skip
    parser.add_argument(
        "--fail-on-prediction-errors", "--fail_on_prediction_errors", action="store_true",
        help="stop with the first wrong story and show it",
    )  # fmt: skip
    parser.add_argument(
        "--coverage", action="store_true", help="say what the stories exercise, and what not"
    )


def run(options: argparse.Namespace) -> int:
    """Tests the model; the status is 1 if a story failed. With examples it is always 0."""
    if options.mode == "nlu":
        return understanding.run(options)
    if not options.stories:
        raise StoryError([Diagnostic("P110", "error", "Expected stories to test on: -s STORIES.")])
    # a short life with many records and no cycles: looking for garbage would take a fifth of it
    gc.disable()
    result = evaluate(Agent.load(options.model), options.stories)
    gc.enable()
    if options.fail_on_prediction_errors and result.failed_numbers:
        return _show_first(result)
    if options.out:
        _write(result, Path(options.out))
    if options.json:
        write_json(result.as_dict(), options.json)
    if options.json != "-":
        lines = report(result) + (covered(result) if options.coverage else [])
        print("\n".join(lines))
    return 1 if result.failed_stories else 0


def _show_first(result: EvaluationResult) -> int:
    """What Rasa does with --fail-on-prediction-errors: the first failed story, and no more."""
    first = result.failed_numbers[0]
    turns = tuple(turn for turn in result.turns if turn.number <= first)
    kept = replace(result, turns=turns, stories=result.stories[: first + 1])
    say(f"error: the story '{result.stories[first]}' is predicted wrong:")
    print(failed_stories_text(kept), end="")
    return 1


def _write(result: EvaluationResult, folder: Path) -> None:
    from dialogue_nb.views.evaluation_figures import evaluation_figures

    folder.mkdir(parents=True, exist_ok=True)
    for name, format in FAILED_FILES.items():
        (folder / name).write_text(failed_stories_text(result, format), encoding="utf-8")
    write_json(story_report(result), str(folder / REPORT_FILE))
    for name, figure in evaluation_figures(result).items():
        figure.savefig(folder / f"{name}.svg")


def story_report(result: EvaluationResult) -> dict[str, Any]:
    """The result as Rasa's `story_report.json`: for each action, and over all of them."""
    scores, count = result.rasa_scores, len(result.stories)

    def row(precision: float, recall: float, f1: float, support: int) -> dict[str, float]:
        return {"precision": precision, "recall": recall, "f1-score": f1, "support": support}

    body: dict[str, Any] = {
        a.action: row(a.precision, a.recall, a.f1, a.support) for a in scores.actions
    }
    size = max(len(scores.actions), 1)
    precision, recall, f1 = (
        sum(getattr(a, what) for a in scores.actions) / size
        for what in ("precision", "recall", "f1")
    )
    body["accuracy"] = scores.accuracy
    body["macro avg"] = row(precision, recall, f1, scores.count)
    body["weighted avg"] = row(scores.precision, scores.recall, scores.f1, scores.count)
    body["conversation_accuracy"] = {
        "accuracy": result.stories_right / count if count else 0.0,
        "correct": result.stories_right,
        "with_warnings": 0,
        "total": count,
    }
    return body


def covered(result: EvaluationResult) -> list[str]:
    """What the stories exercise, in lines of text."""
    lines = ["", f"{'exercised':12}{'':>14}  not exercised"]
    for each in coverage(result).kinds:
        missing = listing(each.missing) if each.missing else ""
        lines.append(f"{each.kind:12}{each.reached:6} of {each.total:<5}{missing}")
    return lines


def report(result: EvaluationResult) -> list[str]:
    """The result in lines of text."""
    lines = [
        f"stories right             {result.stories_right} of {len(result.stories)}",
        *_understood(result),
        score_line("actions", result.scores),
        score_line("actions without listen", result.scores_without_listen),
        score_line("actions as Rasa counts", result.rasa_scores),
        "",
        f"{'policy':26}{'decided':>8}{'right':>8}",
    ]
    for name, counts in result.policies.items():
        lines.append(f"{name:26}{counts['decided']:8}{counts['right']:8}")
    return [
        *lines,
        "",
        *score_rows("action", result.scores),
        *_failures(result),
        *_misunderstood(result),
    ]


def _failures(result: EvaluationResult) -> list[str]:
    if not result.failures:
        return []
    lines = ["", f"{len(result.failures)} wrong:"]
    for turn in result.failures[:SHOWN_FAILURES]:
        who = f"{turn.policy} {turn.confidence:.2f}" if turn.policy else "no policy"
        lines.append(
            f"  '{turn.story}', action {turn.turn + 1}: expected {turn.gold}, "
            f"got {turn.predicted} ({who}){_place(turn)}"
        )
    return [*lines, *left_out(len(result.failures))]


def _place(turn: EvaluatedAction) -> str:
    return f", {turn.file}:{turn.line}" if turn.file and turn.line else ""


def _understood(result: EvaluationResult) -> list[str]:
    if not result.messages:
        return []
    right = len(result.messages) - len(result.misunderstood)
    return [f"messages understood       {right} of {len(result.messages)}"]


def _misunderstood(result: EvaluationResult) -> list[str]:
    if not result.misunderstood:
        return []
    lines = ["", f"{len(result.misunderstood)} of {len(result.messages)} messages misunderstood:"]
    for message in result.misunderstood[:SHOWN_FAILURES]:
        where = f", line {message.line}" if message.line else ""
        lines.append(f"  '{message.story}'{where}: {message}")
    return [*lines, *left_out(len(result.misunderstood))]
