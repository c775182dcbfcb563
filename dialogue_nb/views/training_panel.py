"""Training: what can be set, how the runs went, and what they have in common and not."""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.training_run import DIALOGUES, MEASURES, TrainingRun
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.policy_marks import HUES, policy_marks
from dialogue_nb.views.training_curves import STATES, labels_of, row_of
from dialogue_nb.views.training_settings import in_words, plain

RUN_HUES: Final = ("green", "blue", "vermilion", "purple", "ochre", "violet", "grey")
COLUMNS: Final = (
    "run", "policy", "epochs", "loss", "accuracy", "held-out loss", "held-out accuracy",
    "differs in",
)  # fmt: skip
HOW_TO_BEGIN: Final = (
    "Nothing is trained yet. Press Train: the curves grow here while the bot learns, and Stop "
    "keeps what it has learnt."
)
STALE: Final = "The stories have changed since this was learnt: train again."
BUSY: Final = "The kernel is busy in a cell: interrupt that (■), then the training stops."
NOTHING_YET: Final = "Nothing is trained yet."


def training_panel_view(
    runs: Sequence[TrainingRun],
    *,
    name: str = "",
    notes: Iterable[str] = (),
    problem: str = "",
    stale: bool = False,
) -> dict[str, Any]:
    """What is to be shown of the training of a bot.

    Args:
        runs: The runs so far, oldest first.
        name: The name of the bot.
        notes: What is to be said besides, for instance policies that are left out.
        problem: Why no training can begin; "" if one can.
        stale: Whether the stories have changed since the last run.

    Returns:
        `{"name", "columns", "runs", "says", "problem", "busy"}`: `says` are kinds and texts; a run
        has what `run_row` says, and `differs`: what was set otherwise than in others.

    Example:
        >>> training_panel_view([], name="moodbot")["runs"]
        []
    """
    return {
        "name": name,
        "columns": list(COLUMNS),
        "runs": with_differences([run_row(run, number) for number, run in enumerate(runs, 1)]),
        "says": [
            *([] if runs else [["empty", problem or HOW_TO_BEGIN]]),
            *([["stale", STALE]] if stale else []),
            *(["note", text] for text in notes),
        ],
        "problem": problem,
        "busy": BUSY,
    }


def run_row(run: TrainingRun, number: int) -> dict[str, Any]:
    """What is to be said of a run.

    Args:
        run: The run.
        number: Which one it is, from 1.

    Returns:
        `{"number", "hue", "state", "head", "seconds", "policies", "settings", "error"}`; a policy
        has its mark, `cells` (of the table, after its name), and `first`, `best` and `last`: the
        results of these epochs, {} if there are none.
    """
    marks = policy_marks(policy.name for policy in run.agent.policies)
    rows = []
    for mark, label, name in zip(marks, labels_of(run), run.names, strict=True):
        points, total = list(run.curves[name]), run.epochs[name]
        last = _result(points[-1]) if points else {}
        of = f" of {total}" if total not in (None, len(points)) else ""
        cells = [f"{len(points)}{of}", *(two_digits(last[key]) for key in MEASURES)] if last else []
        rows.append(
            mark
            | {
                "label": label,
                "cells": cells or [run.outcomes.get(name) or "–"],
                "first": _result(points[0]) if points else {},
                "best": _result(best_of(points)) if points else {},
                "last": last,
            }
        )
    return {
        "number": number,
        "hue": RUN_HUES[(number - 1) % len(RUN_HUES)],
        "state": run.state,
        "head": "now" if run.is_going_on else f"{run.state}, {run.seconds:.1f} s",
        "seconds": round(run.seconds, 2),
        "policies": rows,
        "settings": described(run),
        "error": problem_of(run),
    }


def described(run: TrainingRun) -> dict[str, Any]:
    """All settings of a run by name; those of a policy begin with its short name."""
    values: dict[str, Any] = dict(run.about)
    for place, label in enumerate(labels_of(run)):
        for name, value in run.settings.get(place, {}).items():
            values[f"{label} {name}"] = plain(value)
    return values


def with_differences(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The runs, each with `differs`: what was set otherwise than in another one, as texts.

    Args:
        rows: What `run_row` said of them.

    Example:
        >>> rows = [{"settings": {"a": 1, "b": 2}}, {"settings": {"a": 1, "b": 3}}]
        >>> [row["differs"] for row in with_differences(rows)]
        [['b 2'], ['b 3']]
    """
    names = dict.fromkeys(name for row in rows for name in row["settings"])
    values = {name: [row["settings"].get(name) for row in rows] for name in names}
    differing = [name for name, each in values.items() if any(v != each[0] for v in each)]
    return [
        {**row, "differs": [f"{name} {in_words(row['settings'].get(name))}" for name in differing]}
        for row in rows
    ]


def problem_of(run: TrainingRun) -> dict[str, str] | None:
    """What went wrong in a run and what to do, None if nothing did.

    Args:
        run: The run.
    """
    problem = run.error
    if problem is None:
        return None
    known = isinstance(problem, DialogueError)
    where = "making the training dialogues" if run.stage in ("", DIALOGUES) else run.stage
    return {
        "message": str(problem) if known else f"{type(problem).__name__}: {problem}",
        "where": where,
        "todo": "Correct it and train again."
        if known
        else f"The mistake is in the code of {where}: the details say in which line.",
        "traceback": "" if known else "".join(traceback.format_exception(problem)),
    }


def best_of(points: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The epoch with the lowest loss, that of the held-out stories if there are any."""
    key = "val_loss" if points[-1]["val_loss"] is not None else "loss"
    return min(points, key=lambda point: math.inf if point[key] is None else point[key])


def _result(point: Mapping[str, Any]) -> dict[str, Any]:
    return {"epoch": point["epoch"], **dict(zip(MEASURES, row_of(point)[1:], strict=True))}


# --- without a front end --------------------------------------------------------------------------


def training_panel_summary(view: Mapping[str, Any]) -> str:
    """The last run in one line.

    Args:
        view: What `training_panel_view` made.
    """
    if not view["runs"]:
        return f"Training of {view['name']}: {NOTHING_YET}" if view["name"] else NOTHING_YET
    run = view["runs"][-1]
    told = [f"{p['label']} {_told(p)}" for p in run["policies"] if _told(p)]
    if run["error"]:
        told = [f"{run['error']['where']}: {run['error']['message']}".splitlines()[0]]
    more = f": {'; '.join(told)}" if told else ""
    return f"Run {run['number']} {STATES[run['state']]} ({run['seconds']:.1f} s){more}"


def _told(policy: Mapping[str, Any]) -> str:
    last = policy["last"]
    if not last:
        return str(policy["cells"][0]).removeprefix("–")
    words = [f"epoch {policy['cells'][0]}"]
    for key, label in (("accuracy", "accuracy"), ("val_accuracy", "held out")):
        if last[key] is not None:
            words.append(f"{label} {last[key]:.2f}")
    return ", ".join(words)


def training_panel_html(view: Mapping[str, Any]) -> Html:
    """The runs as a table: the first, the best and the last epoch of each policy.

    Args:
        view: What `training_panel_view` made.
    """
    parts: list[Html] = [note(training_panel_summary(view))]
    if view["runs"]:
        rows = [row for run in view["runs"] for row in _table_rows(run)]
        parts.append(table(view["columns"], rows))
    for run in view["runs"]:
        if run["error"]:
            error = run["error"]
            said = f"Run {run['number']}, {error['where']}: {error['message']} {error['todo']}"
            parts.append(tag("p", said, style="font-size:12px;margin:4px 8px;color:#b83227"))
    parts += [note(text) for kind, text in view["says"] if kind != "empty" or view["problem"]]
    return join(parts)


def _table_rows(run: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    color = HUES[run["hue"]][0]
    number = tag("b", str(run["number"]), style=f"color:{color}")
    head: Any = join([number, f" {run['head']}"])
    differs = ", ".join(run["differs"])
    for policy in run["policies"]:
        name = f"{policy['letter']} {policy['label']}"
        if not policy["last"]:
            yield [head, name, muted(policy["cells"][0]), "", "", "", "", differs]
            head = differs = ""
            continue
        for which in ("first", "best", "last"):
            point = policy[which]
            epoch = policy["cells"][0] if which == "last" else point["epoch"]
            values = (two_digits(point[key]) for key in MEASURES)
            yield [head, name, f"{which}: {epoch}", *values, differs]
            head = name = differs = ""


def two_digits(value: float | None) -> str:
    """A measure with two digits; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"
