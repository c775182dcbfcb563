"""A story graph drawn by matplotlib, without pyplot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from dialogue_nb.views.figures import Picture, families, short
from dialogue_nb.views.graph_layout import HEIGHT
from dialogue_nb.views.story_graph import NOTHING
from dialogue_nb.views.story_graph_files import COLORS

_PIXELS_PER_INCH: Final = 96
_LARGEST: Final = 60.0
"""In inches: a picture that is larger is drawn smaller."""

_COMMAND: Final = re.compile(r"([MLHCZ])([^MLHCZ]*)")


def story_graph_figure(view: Mapping[str, Any]) -> Figure:
    """The graph as a figure.

    Args:
        view: What `story_graph_view` made.

    Returns:
        A figure of its own; `figure.savefig(path)` writes it.
    """
    width, height = max(view["width"], 320), max(view["height"], 40) + 12
    scale = min(1.0, _LARGEST * _PIXELS_PER_INCH / max(width, height))
    size = (width * scale / _PIXELS_PER_INCH, height * scale / _PIXELS_PER_INCH)
    figure = Picture(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    points = 72 / _PIXELS_PER_INCH * scale
    if not view["nodes"]:
        axes.text(14, 24, NOTHING, fontsize=11 * points, color=COLORS["muted"])
    fonts = families()
    for band in view["bands"]:
        axes.text(14, band["y"], band["text"], fontsize=11 * points, color=COLORS["muted"])
    for edge in view["edges"]:
        style = "--" if "back" in edge else "-"
        line = {"edgecolor": COLORS["line"], "linewidth": edge["width"] * points}
        axes.add_patch(PathPatch(_path(edge["d"]), fill=False, linestyle=style, **line))
        axes.add_patch(PathPatch(_path(edge["tip"]), facecolor=COLORS["line"], linewidth=0))
        if "label" in edge:
            label = edge["label"]
            axes.text(
                label["at"]["x"], label["at"]["y"], short(label["text"], 60), fontsize=11 * points,
                color=COLORS["user"], family=fonts, fontweight="bold",
            )  # fmt: skip
    for node in view["nodes"]:
        _draw_node(axes, node, points, fonts)
    return figure


def _draw_node(axes: Axes, node: Mapping[str, Any], points: float, fonts: list[str]) -> None:
    conflict = node.get("conflict")
    corner = node["round"]
    axes.add_patch(
        FancyBboxPatch(
            (node["x"] + corner, node["y"] + corner),
            max(0.1, node["w"] - 2 * corner),
            max(0.1, HEIGHT - 2 * corner),
            boxstyle=f"round,pad={corner},rounding_size={corner}",
            facecolor=COLORS["ground" if node["kind"] == "fold" else "box"],
            edgecolor=COLORS["conflict" if conflict else "edge"],
            linewidth=(2 if conflict else 1) * points,
            linestyle="--" if node.get("rule") else "-",
        )
    )
    number = f"  {node['number']}" if node["number"] else ""
    text = ("≠ " if conflict else "") + short(node["text"], 60) + number
    axes.text(
        node["x"] + 10, node["y"] + 16, text + (" ■" if node["ends"] else ""),
        fontsize=11 * points, color=COLORS["text"], family=fonts,
    )  # fmt: skip


def _path(d: str) -> Path:
    """A path of SVG, as far as the views use it, as one of matplotlib."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, arguments in _COMMAND.findall(d):
        numbers = [float(number) for number in arguments.split()]
        if command == "H":
            numbers = [numbers[0], points[-1][1]]
        if command == "Z":
            numbers = [*points[0]]
        kind = {"M": Path.MOVETO, "C": Path.CURVE4, "Z": Path.CLOSEPOLY}.get(command, Path.LINETO)
        found = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += found
        codes += [int(kind)] * len(found)
    return Path(points, codes)
