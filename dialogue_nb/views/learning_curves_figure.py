"""Learning curves as a matplotlib figure, without pyplot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dialogue_nb.views.figures import Picture, families, short
from dialogue_nb.views.policy_marks import HUES

_STYLES: Final = ("-", "--", "-.", ":")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")


def learning_curves_figure(view: Mapping[str, Any]) -> Figure:
    """Means over the runs as lines, the bands of these means behind them.

    Args:
        view: What `learning_curves_view` made.

    Returns:
        A figure of its own.
    """
    count = max(1, len(view["panes"]))
    figure = Picture(figsize=(4.6 * count, 3.4), layout="constrained")
    for axes, pane in zip(figure.subplots(1, count, squeeze=False)[0], view["panes"], strict=False):
        for place, curve in enumerate(pane["curves"]):
            _draw(axes, curve, place)
        _finish(axes, pane)
    return figure


def _draw(axes: Axes, curve: Mapping[str, Any], place: int) -> None:
    points = sorted(curve["points"], key=lambda point: point["stories"])
    color = list(HUES.values())[(place + 1) % len(HUES)][0]
    stories = [point["stories"] for point in points]
    axes.plot(
        stories, [point["mean"] for point in points], _STYLES[place % len(_STYLES)],
        color=color, marker=_MARKERS[place % len(_MARKERS)], markersize=4, linewidth=1.4,
        label=short(curve["name"]),
    )  # fmt: skip
    known = [point for point in points if point["low"] is not None]
    if known:
        lows, highs = [p["low"] for p in known], [p["high"] for p in known]
        places = [p["stories"] for p in known]
        axes.fill_between(places, lows, highs, color=color, alpha=0.15, linewidth=0)


def _finish(axes: Axes, pane: Mapping[str, Any]) -> None:
    counted = f", of {pane['most']}" if pane["most"] > 1 else ""
    axes.set_title(pane["title"] + counted, fontsize=9, loc="left")
    axes.set_xlabel("stories to learn from", fontsize=8)
    axes.set_xlim(left=0)
    points = [point for curve in pane["curves"] for point in curve["points"]]
    highest = max((point["high"] or point["mean"] for point in points), default=0)
    # few stories right would lie flat on the ground of a picture of all of them
    top = min(pane["most"], max(1.3 * highest, 1)) if pane["most"] > 1 else 1
    axes.set_ylim(0, top * 1.03)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dfe3ea", linewidth=0.6)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, prop={"family": families(), "size": 7})
