"""`dialogue-nb test`: a model on stories, action by action."""

from __future__ import annotations

import argparse
import gc

from dialogue_nb.agent.agent import Agent
from dialogue_nb.cli.options import add_model, add_stories, mode_of, write_json
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.evaluation.scores import Scores
from dialogue_nb.evaluation.test import evaluate

SHOWN_FAILURES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "mode", nargs="?", default="default", type=mode_of("test", ("default",), ("compare",)),
        help="default: one model",
    )  # fmt: skip
    add_stories(parser)
    add_model(parser)
    parser.add_argument(
        "--json", metavar="OUT", help="write the whole result as JSON (- is stdout)"
    )


def run(options: argparse.Namespace) -> int:
    """Tests the model; the status is 1 if a story failed."""
    # a short life with many records and no cycles: looking for garbage would take a fifth of it
    gc.disable()
    result = evaluate(Agent.load(options.model), options.stories)
    gc.enable()
    if options.json:
        write_json(result.as_dict(), options.json)
    if options.json != "-":
        print("\n".join(report(result)))
    return 1 if result.failed_stories else 0


def report(result: EvaluationResult) -> list[str]:
    """The result in lines of text."""
    lines = [
        f"stories right             {result.stories_right} of {len(result.stories)}",
        _line("actions", result.scores),
        _line("actions without listen", result.scores_without_listen),
        _line("actions as Rasa counts", result.rasa_scores),
        "",
        f"{'policy':26}{'decided':>8}{'right':>8}",
    ]
    for name, counts in result.policies.items():
        lines.append(f"{name:26}{counts['decided']:8}{counts['right']:8}")
    lines += ["", f"{'action':36}{'precision':>10}{'recall':>8}{'F1':>7}{'support':>9}"]
    for row in sorted(result.scores.actions, key=lambda row: (-row.support, row.action)):
        lines.append(
            f"{row.action:36}{row.precision:10.3f}{row.recall:8.3f}{row.f1:7.3f}{row.support:9}"
        )
    return lines + _failures(result)


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
    more = len(result.failures) - len(shown)
    return [*lines, f"  and {more} more (all of them with --json)"] if more else lines
