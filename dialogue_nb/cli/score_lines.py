"""Scores in lines of text, as `dialogue-nb test` prints them."""

from __future__ import annotations

from typing import Final

from dialogue_nb.evaluation.scores import Scores

SHOWN_FAILURES: Final = 20


def score_line(name: str, scores: Scores) -> str:
    """Accuracy and F1 over everything, in one line."""
    return f"{name:26}accuracy {scores.accuracy:.3f}   F1 {scores.f1:.3f}   ({scores.count})"


def score_rows(what: str, scores: Scores) -> list[str]:
    """A table with a line for each label, the most frequent first.

    Args:
        what: What the labels are, for the head of the table.
        scores: The scores.
    """
    lines = [f"{what:36}{'precision':>10}{'recall':>8}{'F1':>7}{'support':>9}"]
    for row in sorted(scores.actions, key=lambda row: (-row.support, row.action)):
        lines.append(
            f"{row.action:36}{row.precision:10.3f}{row.recall:8.3f}{row.f1:7.3f}{row.support:9}"
        )
    return lines


def left_out(count: int) -> list[str]:
    """That more failed than is shown, if so.

    Example:
        >>> left_out(21), left_out(20)
        (['  and 1 more (all of them with --json)'], [])
    """
    left = count - SHOWN_FAILURES
    return [f"  and {left} more (all of them with --json)"] if left > 0 else []
