"""Is the bot as sure as it should be, and when had it better fall back?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.agent.default_actions import ACTION_DEFAULT_FALLBACK_NAME
from dialogue_nb.evaluation.result import EvaluationResult

THRESHOLDS: Final = tuple(i / 20 for i in range(21))


def calibration(result: EvaluationResult, *, bins: int = 10, listens: bool = False) -> Any:
    """How often the bot is right, by how sure it is.

    Confidences of a memory or of rules are 1 or nothing; it is networks that this is about.

    Args:
        result: What came out of a test.
        bins: In how many equal parts the confidences from 0 to 1 are cut.
        listens: Whether the turns where the story listens count.

    Returns:
        A DataFrame with a row for each part that has turns: `low`, `high`, `turns`, `confidence`
        (their mean) and `accuracy`.

    Example:
        >>> from dialogue_nb.evaluation.result import EvaluatedAction
        >>> turns = [EvaluatedAction("a", 0, 1, "x", p, 0.75, "P") for p in "xxyx"]
        >>> table = calibration(EvaluationResult(tuple(turns), ("a",)), bins=4)
        >>> table.to_dict("records")
        [{'low': 0.75, 'high': 1.0, 'turns': 4, 'confidence': 0.75, 'accuracy': 0.75}]
    """
    import pandas as pd

    sure, right = _pairs(result, listens)
    parts = np.minimum((sure * bins).astype(int), bins - 1)  # (N,)
    rows = [
        {
            "low": part / bins,
            "high": (part + 1) / bins,
            "turns": int((parts == part).sum()),
            "confidence": float(sure[parts == part].mean()),
            "accuracy": float(right[parts == part].mean()),
        }
        for part in np.unique(parts).tolist()
    ]
    return pd.DataFrame(rows, columns=["low", "high", "turns", "confidence", "accuracy"])


def calibration_error(result: EvaluationResult, *, bins: int = 10, listens: bool = False) -> float:
    """How far confidence and accuracy are apart, on average (expected calibration error).

    Args:
        result: What came out of a test.
        bins: As for `calibration`.
        listens: As for `calibration`.
    """
    table = calibration(result, bins=bins, listens=listens)
    if not len(table):
        return 0.0
    gaps = (table["confidence"] - table["accuracy"]).abs()
    return float((gaps * table["turns"]).sum() / table["turns"].sum())


def fallback_sweep(
    result: EvaluationResult,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    fallbacks: Collection[str] = (ACTION_DEFAULT_FALLBACK_NAME,),
    listens: bool = False,
) -> Any:
    """What would happen with other fallback thresholds.

    What the bot is less sure of than the threshold would not be done. If a policy of the bot falls
    back already, the turns where it did count as that, whatever the threshold.

    Args:
        result: What came out of a test.
        thresholds: The thresholds to try.
        fallbacks: The actions that are a fallback.
        listens: Whether the turns where the story listens count.

    Returns:
        A DataFrame with a row for each threshold: `threshold`, and which share of the turns was
        `right`, `wrong` and `fell_back`; the three add up to 1. `accuracy`: how many of those that
        were answered were right, NaN where none was.

    Example:
        >>> from dialogue_nb.evaluation.result import EvaluatedAction
        >>> pairs = [("x", 0.9), ("x", 0.4), ("y", 0.3), ("y", 0.6)]
        >>> turns = [EvaluatedAction("a", 0, 1, "x", p, c, "P") for p, c in pairs]
        >>> table = fallback_sweep(EvaluationResult(tuple(turns), ("a",)), thresholds=[0.5])
        >>> table.to_dict("records")
        [{'threshold': 0.5, 'right': 0.25, 'wrong': 0.25, 'fell_back': 0.5, 'accuracy': 0.5}]
    """
    import pandas as pd

    sure, right = _pairs(result, listens)
    turns = [turn for turn in result.turns if turn.turn > 0 and (listens or not turn.is_listen)]
    fell = np.array([t.predicted in fallbacks and not t.is_right for t in turns], dtype=bool)
    count = max(len(sure), 1)
    rows = []
    for threshold in thresholds:
        answered = (sure >= threshold) & ~fell  # (N,)
        good = float((answered & right).sum()) / count
        bad = float((answered & ~right).sum()) / count
        rate = good / (good + bad) if good + bad else float("nan")
        back = float((~answered).sum()) / count
        rows.append((float(threshold), good, bad, back, rate))
    return pd.DataFrame(rows, columns=["threshold", "right", "wrong", "fell_back", "accuracy"])


def _pairs(
    result: EvaluationResult, listens: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """How sure it was, (N,), and whether it was right, (N,); the first listens decide nothing."""
    turns = [turn for turn in result.turns if turn.turn > 0 and (listens or not turn.is_listen)]
    sure = np.array([turn.confidence for turn in turns], dtype=np.float64)  # (N,)
    return sure, np.array([turn.is_right for turn in turns], dtype=bool)
