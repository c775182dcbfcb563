"""The curves of training as a matplotlib figure, without pyplot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dialogue_nb.views.figures import Picture, families, short
from dialogue_nb.views.policy_marks import HUES

_PANES: Final = (("loss", 1, 3), ("accuracy", 2, 4))
"""Title, and the places in a point of what is measured on training and on held-out stories."""


def training_panel_figure(
    view: Mapping[str, Any], series: Sequence[Sequence[Mapping[str, Any]]]
) -> Figure:
    """Loss and accuracy of all runs: solid lines for training, dashed ones for held-out stories.

    Args:
        view: What `training_panel_view` made.
        series: For each run what `series_of` made.

    Returns:
        A figure of its own; `figure.savefig(path)` writes it.
    """
    figure = Picture(figsize=(8, 3), layout="constrained")
    many = len({each["policy"] for run in series for each in run}) > 1
    for axes, (title, *places) in zip(figure.subplots(1, 2), _PANES, strict=True):
        for run, curves in zip(view["runs"], series, strict=True):
            for curve in curves:
                label = f"run {run['number']}"
                if many:
                    label += f" {run['policies'][curve['policy']]['label']}"
                _draw(axes, curve["points"], places, HUES[run["hue"]][0], short(label))
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel("epoch", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(0, 1.03 if title == "accuracy" else None)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=7, frameon=False, prop={"family": families(), "size": 7})
    return figure


def _draw(
    axes: Axes, points: Sequence[Sequence[Any]], places: Sequence[int], color: str, label: str
) -> None:
    for place, style, more in zip(places, ("-", "--"), ("", ", held out"), strict=True):
        known = [(point[0], point[place]) for point in points if point[place] is not None]
        if known:
            epochs, values = zip(*known, strict=True)
            marker = "o" if len(known) == 1 else None
            axes.plot(
                epochs, values, style, color=color, linewidth=1.3, marker=marker, label=label + more
            )
