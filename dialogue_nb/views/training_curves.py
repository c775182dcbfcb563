"""The curves of training runs, ready to be drawn: points, axes, and how far a run is in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.training_run import DIALOGUES, MEASURES, TrainingRun
from dialogue_nb.views.policy_marks import policy_marks

DIGITS: Final = 4
STATES: Final = {
    "waiting": "waits for another training to end",
    "running": "is going on",
    "finished": "finished",
    "stopped": "stopped, what was learnt is kept",
    "failed": "failed, the bot is as it was before",
}
"""What the states of a run mean."""


def series_of(run: TrainingRun, since: Mapping[int, int] | None = None) -> list[dict[str, Any]]:
    """The curves of a run, ready to be sent.

    Args:
        run: The run.
        since: How many points of each policy are known already, by place.

    Returns:
        `{"policy", "start", "points"}` for each policy with new points; a point is `[epoch, loss,
        accuracy, val_loss, val_accuracy]`.
    """
    found = []
    for place, name in enumerate(run.names):
        start = (since or {}).get(place, 0)
        points = run.curves[name][start:]
        if points:
            found.append({"policy": place, "start": start, "points": [row_of(p) for p in points]})
    return found


def row_of(point: Mapping[str, Any]) -> list[float | None]:
    """An epoch as a list: its number and the measures; what is no number is None.

    Example:
        >>> row_of({"epoch": 1, "loss": float("nan"), "accuracy": 0.5, "val_loss": None,
        ...         "val_accuracy": None})
        [1, None, 0.5, None, None]
    """
    return [point["epoch"], *(_finite(point[name]) for name in MEASURES)]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), DIGITS)


def axes_of(runs: Sequence[TrainingRun]) -> dict[str, dict[str, Any]]:
    """The axes that the curves of all runs fit into.

    Args:
        runs: The runs.

    Returns:
        For each policy with curves, by its place as text (JSON has no other keys): `label`, `last`
        (the last epoch), and the ticks of `x`, `loss` and `accuracy`; the last tick ends the axis.
    """
    found: dict[str, dict[str, Any]] = {}
    for place in range(max((len(run.names) for run in runs), default=0)):
        named = [(run, run.names[place]) for run in runs if place < len(run.names)]
        points = [row_of(p) for run, name in named for p in list(run.curves[name])]
        if points:
            last = int(max(point[0] or 1 for point in points))
            highest = max((v for p in points for v in (p[1], p[3]) if v is not None), default=1)
            found[str(place)] = {
                "label": labels_of(named[-1][0])[place],
                "last": last,
                "x": [1, *(t for t in ticks(last, 4)[1:] if t % 1 == 0 and t < 0.93 * last), last]
                if last > 1
                else [1],
                "loss": ticks(highest),
                "accuracy": [0, 0.5, 1],
            }
    return found


def ticks(highest: float, parts: int = 2) -> list[float]:
    """Round numbers from 0 to at least the highest value.

    Args:
        highest: The highest value.
        parts: How many steps there are at most, about.

    Example:
        >>> ticks(2.7), ticks(0.07), ticks(200)
        ([0, 2, 4], [0, 0.05, 0.1], [0, 100, 200])
    """
    raw = max(highest, 1e-6) / parts
    power = 10 ** math.floor(math.log10(raw))
    step = power * next((n for n in (1, 2, 5) if n * power >= raw * 0.999), 10)
    count = math.ceil(highest / step - 1e-9)
    found = [float(f"{i * step:.6g}") for i in range(max(count, 1) + 1)]
    return [int(tick) if tick % 1 == 0 else tick for tick in found]


def labels_of(run: TrainingRun) -> list[str]:
    """The short names of a run's policies; a second one of the same name has a number."""
    marks = policy_marks(policy.name for policy in run.agent.policies)
    return [
        mark["label"] + name.removeprefix(mark["name"])
        for mark, name in zip(marks, run.names, strict=True)
    ]


def progress_of(run: TrainingRun) -> dict[str, Any]:
    """How far a run is.

    Args:
        run: The run.

    Returns:
        `{"state", "going", "stopping", "text", "share"}`: whether it is going on, a line about it,
        and how much of the policy that is learning is done, from 0 to 1.
    """
    stage, share, epochs = run.stage, None, ""
    if stage in run.names:
        done, total = len(run.curves[stage]), run.epochs[stage]
        share = done / total if total else None
        epochs = f", epoch {done} of {total}" if total else ""
        stage = labels_of(run)[run.names.index(stage)]
    left = run.seconds_left
    doing = "making the training dialogues" if stage in ("", DIALOGUES) else f"{stage} learns"
    text = f"{doing}{epochs} · {run.seconds:.1f} s"
    if run.is_stopping:
        text = f"stopping · {run.seconds:.1f} s"
    elif run.is_over or run.state == "waiting":
        text = f"{STATES[run.state]} · {run.seconds:.1f} s"
    elif left is not None:
        text += f", {left:.1f} s left"
    return {
        "state": run.state,
        "going": run.is_going_on,
        "stopping": run.is_stopping,
        "text": text,
        "share": share if run.is_going_on and share else 0,
    }
