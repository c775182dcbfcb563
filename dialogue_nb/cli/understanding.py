"""`dialogue-nb test nlu`: how well training examples would be understood."""

from __future__ import annotations

import argparse

from dialogue_nb.cli.options import add_nlu, count, write_json
from dialogue_nb.cli.score_lines import SHOWN_FAILURES, left_out, score_line, score_rows
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.evaluation.understanding import NLUEvaluation, evaluate_nlu


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments that only this mode of the command has."""
    add_nlu(parser)
    parser.add_argument(
        "-f", "--folds", type=count, default=5, metavar="N",
        help="with nlu: into how many parts the examples are cut (default 5)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Cross-validates the examples; the status is 0."""
    if not options.nlu:
        raise StoryError([Diagnostic("P110", "error", "Expected examples to test: -u NLU_FILE.")])
    result = evaluate_nlu(options.nlu, folds=options.folds)
    if options.json:
        write_json(result.as_dict(), options.json)
    if options.json != "-":
        print("\n".join(report(result)))
    return 0


def report(result: NLUEvaluation) -> list[str]:
    """How well examples are understood, in lines of text."""
    lines = [
        score_line(f"intents, {result.folds} folds", result.scores),
        "",
        *score_rows("intent", result.scores),
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
        lines += left_out(len(result.errors))
    return lines
