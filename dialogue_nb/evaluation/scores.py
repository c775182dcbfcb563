"""Accuracy, precision, recall and F1 of predicted actions: one page of arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class ActionScore:
    """How well one action was predicted.

    Args:
        action: The action.
        precision: How many of the turns where it was predicted wanted it; 0.0 if there are none.
        recall: How many of the turns that wanted it got it; 0.0 if there are none.
        f1: The harmonic mean of both.
        support: How many turns wanted it.
    """

    action: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Scores:
    """How well all actions were predicted.

    Args:
        accuracy: How many of the predictions were right, between 0 and 1.
        precision: The mean over the actions, each with the weight of its support.
        recall: Likewise; the same number as the accuracy.
        f1: Likewise. This is what Rasa reports (scikit-learn's `average="weighted"`).
        count: How many predictions there were.
        actions: The same for each action, by name.
    """

    accuracy: float
    precision: float
    recall: float
    f1: float
    count: int
    actions: tuple[ActionScore, ...]


def score(gold: Sequence[str], predicted: Sequence[str]) -> Scores:
    """Compares what was predicted with what was wanted.

    Args:
        gold: The wanted actions.
        predicted: The predicted actions, as many.

    Returns:
        The scores; all 0.0 where there was nothing to predict.

    Example:
        >>> scores = score(["a", "a", "b", "c"], ["a", "b", "b", "b"])
        >>> scores.accuracy, round(scores.f1, 3)
        (0.5, 0.458)
        >>> [action.support for action in scores.actions]
        [2, 1, 1]
    """
    if not gold:
        return Scores(0.0, 0.0, 0.0, 0.0, 0, ())
    names, ids = np.unique(np.array([*gold, *predicted]), return_inverse=True)
    wanted, got = ids[: len(gold)], ids[len(gold) :]  # (N,), (N,)
    size = len(names)
    hits = np.bincount(wanted[wanted == got], minlength=size)  # (A,)
    support = np.bincount(wanted, minlength=size)  # (A,)
    precision = _ratio(hits, np.bincount(got, minlength=size))  # (A,)
    recall = _ratio(hits, support)  # (A,)
    f1 = _ratio(2 * precision * recall, precision + recall)  # (A,)
    weights = support / support.sum()  # (A,)
    rows = zip(names, precision, recall, f1, support, strict=True)
    actions = tuple(
        ActionScore(str(n), float(p), float(r), float(f), int(s)) for n, p, r, f, s in rows
    )
    return Scores(
        accuracy=float(hits.sum() / len(gold)),
        precision=float(weights @ precision),
        recall=float(weights @ recall),
        f1=float(weights @ f1),
        count=len(gold),
        actions=actions,
    )


def _ratio(part: Numbers, whole: Numbers) -> npt.NDArray[np.float64]:
    """Part by whole, 0 where the whole is 0."""
    parts, wholes = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)  # (A,)
