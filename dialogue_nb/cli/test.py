"""`dialogue-nb test`: a model on stories, action by action; or examples in cross-validation."""

from __future__ import annotations

import argparse
import gc

from dialogue_nb.agent.agent import Agent
from dialogue_nb.cli.options import add_model, add_nlu, add_stories, count, mode_of, write_json
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.evaluation.scores import Scores
from dialogue_nb.evaluation.test import EvaluationResult, evaluate
from dialogue_nb.evaluation.understanding import NLUEvaluation, evaluate_nlu

SHOWN_FAILURES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "mode", nargs="?", default="default",
        type=mode_of("test", ("default", "nlu"), ("compare",)),
        help="default: one model on stories; nlu: how well examples (-u) would be understood",
    )  # fmt: skip
    add_stories(parser, required=False)
    add_nlu(parser)
    parser.add_argument(
        "-f", "--folds", type=count, default=5, metavar="N",
        help="with nlu: into how many parts the examples are cut (default 5)",
    )  # fmt: skip
    add_model(parser)
    parser.add_argument(
        "--json", metavar="OUT", help="write the whole result as JSON (- is stdout)"
    )


def run(options: argparse.Namespace) -> int:
    """Tests the model; the status is 1 if a story failed. With examples it is always 0."""
    if options.mode == "nlu":
        return _nlu(options)
    if not options.stories:
        raise StoryError([Diagnostic("P110", "error", "Expected stories to test on: -s STORIES.")])
    # a short life with many records and no cycles: looking for garbage would take a fifth of it
    gc.disable()
    result = evaluate(Agent.load(options.model), options.stories)
    gc.enable()
    if options.json:
        write_json(result.as_dict(), options.json)
    if options.json != "-":
        print("\n".join(report(result)))
    return 1 if result.failed_stories or result.misunderstood else 0


def _nlu(options: argparse.Namespace) -> int:
    if not options.nlu:
        raise StoryError([Diagnostic("P110", "error", "Expected examples to test: -u NLU_FILE.")])
    result = evaluate_nlu(options.nlu, folds=options.folds)
    if options.json:
        write_json(result.as_dict(), options.json)
    if options.json != "-":
        print("\n".join(nlu_report(result)))
    return 0


def nlu_report(result: NLUEvaluation) -> list[str]:
    """How well examples are understood, in lines of text."""
    lines = [
        _line(f"intents, {result.folds} folds", result.scores),
        "",
        *_rows("intent", result.scores),
    ]
    if result.entity_counts:
        lines += ["", f"entities F1 {result.entity_f1:.3f}", *str(result.entity_report).split("\n")]
    if result.errors:
        lines += ["", f"{len(result.errors)} wrong, the surest first:"]
        for each in result.errors[:SHOWN_FAILURES]:
            lines.append(
                f"  '{each.example.text}': expected {each.example.intent}, "
                f"got {each.predicted} ({each.confidence:.2f})"
            )
        lines += _more(len(result.errors))
    return lines


def report(result: EvaluationResult) -> list[str]:
    """The result in lines of text."""
    lines = [
        f"stories right             {result.stories_right} of {len(result.stories)}",
        *_understood(result),
        _line("actions", result.scores),
        _line("actions without listen", result.scores_without_listen),
        _line("actions as Rasa counts", result.rasa_scores),
        "",
        f"{'policy':26}{'decided':>8}{'right':>8}",
    ]
    for name, counts in result.policies.items():
        lines.append(f"{name:26}{counts['decided']:8}{counts['right']:8}")
    return [
        *lines,
        "",
        *_rows("action", result.scores),
        *_failures(result),
        *_misunderstood(result),
    ]


def _rows(what: str, scores: Scores) -> list[str]:
    lines = [f"{what:36}{'precision':>10}{'recall':>8}{'F1':>7}{'support':>9}"]
    for row in sorted(scores.actions, key=lambda row: (-row.support, row.action)):
        lines.append(
            f"{row.action:36}{row.precision:10.3f}{row.recall:8.3f}{row.f1:7.3f}{row.support:9}"
        )
    return lines


def _line(name: str, scores: Scores) -> str:
    return f"{name:26}accuracy {scores.accuracy:.3f}   F1 {scores.f1:.3f}   ({scores.count})"


def _failures(result: EvaluationResult) -> list[str]:
    if not result.failures:
        return []
    shown = result.failures[:SHOWN_FAILURES]
    lines = ["", f"{len(result.failures)} wrong:"]
    for turn in shown:
        who = f"{turn.policy} {turn.confidence:.2f}" if turn.policy else "no policy"
        lines.append(
            f"  '{turn.story}', action {turn.turn + 1}: expected {turn.gold}, "
            f"got {turn.predicted} ({who})"
        )
    return [*lines, *_more(len(result.failures))]


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
    return [*lines, *_more(len(result.misunderstood))]


def _more(count: int) -> list[str]:
    left = count - SHOWN_FAILURES
    return [f"  and {left} more (all of them with --json)"] if left > 0 else []
