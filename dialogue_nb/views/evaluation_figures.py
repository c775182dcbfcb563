"""Figures of a test: confusion matrix, calibration, fallback threshold, policies; no pyplot."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dialogue_nb.evaluation.calibration import calibration, calibration_error, fallback_sweep
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.views.evaluation_report import policies_of
from dialogue_nb.views.figures import Picture, families, short
from dialogue_nb.views.policy_marks import HUES

MOST_ACTIONS: Final = 25
"""So many actions fit into a picture of the confusion matrix; the most confused ones are shown."""

_MUTED: Final = "#565e6d"
_GOOD: Final = HUES["green"][0]
_BAD: Final = HUES["vermilion"][0]
_NONE: Final = "#c9ced8"


def evaluation_figures(result: EvaluationResult) -> dict[str, Figure]:
    """All figures of a test, by the names that Rasa's reports have or would have.

    Args:
        result: What came out of a test.
    """
    return {
        "story_confusion_matrix": confusion_figure(result),
        "calibration": calibration_figure(result),
        "fallback_threshold": fallback_figure(result),
        "policies": policies_figure(result),
    }


def most_confused(result: EvaluationResult, most: int, *, listens: bool = True) -> list[str]:
    """The actions that are most often wanted or predicted wrongly, then the most frequent ones.

    Args:
        result: What came out of a test.
        most: How many at most.
        listens: Whether the turns where the story listens count.

    Returns:
        Their names in the order of the alphabet.
    """
    matrix = result.confusion(listens=listens)
    counts = matrix.to_numpy()  # (A, A)
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()  # (A,)
    order = np.lexsort((-counts.sum(axis=1), -wrong))[:most]
    return sorted(matrix.index[order])


def confusion_figure(result: EvaluationResult, *, listens: bool = False) -> Figure:
    """What was predicted (across) in place of what (down), with the counts.

    Args:
        result: What came out of a test.
        listens: Whether the turns where the story listens count.
    """
    names = most_confused(result, MOST_ACTIONS, listens=listens)
    matrix = result.confusion(listens=listens).loc[names, names].to_numpy()
    size = 2.6 + 0.3 * len(names)
    figure = Picture(figsize=(size + 0.6, size), layout="constrained")
    axes = figure.add_subplot()
    shade = np.sqrt(matrix / max(1, matrix.max(initial=1)))
    if names:
        axes.imshow(shade, cmap="Blues", vmin=0, vmax=1.15)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if shade[row, column] > 0.75 else "#1f2430"
            weight = "normal" if row == column else "bold"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=6.5,
                      color=color, fontweight=weight)  # fmt: skip
    labels = [short(name, 34) for name in names]
    fonts: dict[str, Any] = {"fontsize": 7, "family": families()}
    axes.set_xticks(range(len(names)), labels, rotation=60, ha="right", **fonts)
    axes.set_yticks(range(len(names)), labels, **fonts)
    axes.set_xlabel("predicted", fontsize=8)
    axes.set_ylabel("what the stories do", fontsize=8)
    whole = len(result.confusion(listens=listens))
    more = f", the {len(names)} most confused of {whole} actions" if whole > len(names) else ""
    axes.set_title(f"What was predicted in place of what{more}", fontsize=9, loc="left")
    return figure


def calibration_figure(result: EvaluationResult, *, listens: bool = False) -> Figure:
    """How often the bot is right by how sure it is; on the diagonal both are the same.

    Args:
        result: What came out of a test.
        listens: Whether the turns where the story listens count.
    """
    table = calibration(result, listens=listens)
    figure = Picture(figsize=(4.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], "--", color=_MUTED, linewidth=1, label="as sure as it should be")
    axes.plot(table["confidence"], table["accuracy"], "o-", color=HUES["blue"][0], linewidth=1.4,
              markersize=4, label="this bot")  # fmt: skip
    for row in table.to_dict("records"):
        axes.annotate(f"{row['turns']}", (row["confidence"], row["accuracy"]), fontsize=6,
                      xytext=(4, -8), textcoords="offset points", color=_MUTED)  # fmt: skip
    error = calibration_error(result, listens=listens)
    _finish(axes, f"How sure, how right (apart by {error:.3f})", "confidence", "share right")
    axes.legend(fontsize=7, frameon=False, loc="upper left")
    return figure


def fallback_figure(result: EvaluationResult, *, listens: bool = False) -> Figure:
    """What other fallback thresholds would do.

    Args:
        result: What came out of a test.
        listens: Whether the turns where the story listens count.
    """
    table = fallback_sweep(result, listens=listens)
    figure = Picture(figsize=(4.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    parts = [table["right"], table["wrong"], table["fell_back"]]
    patches = axes.stackplot(
        table["threshold"], parts, labels=["answered right", "answered wrong", "fell back"],
        colors=[_GOOD, _BAD, _NONE], edgecolor="white", linewidth=0.6, step="post",
    )  # fmt: skip
    for patch, hatch in zip(patches, ("", "////", ""), strict=True):
        patch.set_hatch(hatch)
    _finish(axes, "What a fallback threshold would do", "threshold", "share of the turns")
    axes.legend(fontsize=7, frameon=True, loc="lower left")
    return figure


def policies_figure(result: EvaluationResult) -> Figure:
    """How many of the decisions each policy made, and how many of them were right.

    Args:
        result: What came out of a test.
    """
    table = result.policy_table.sort_values("decided", ascending=False)
    marks = {mark["name"]: mark for mark in policies_of(result)}
    figure = Picture(figsize=(6, 0.9 + 0.4 * max(1, len(table))), layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(table.to_dict("records")):
        color = HUES[marks[row["policy"]]["hue"]][0]
        axes.barh(place, row["right"], 0.6, color=color)
        axes.barh(place, row["decided"] - row["right"], 0.6, left=row["right"], color="white",
                  edgecolor=color, hatch="////")  # fmt: skip
        axes.text(row["decided"], place, f" {row['right']} of {row['decided']} right",
                  va="center", fontsize=7)  # fmt: skip
    labels = [short(f"{marks[name]['letter']} {marks[name]['label']}") for name in table["policy"]]
    axes.set_yticks(range(len(table)), labels, fontsize=8, family=families())
    axes.invert_yaxis()
    axes.set_xlim(0, 1.3 * max(1, table["decided"].max() if len(table) else 1))
    axes.set_title("Who decided", fontsize=9, loc="left")
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _finish(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
