"""Figures of views: matplotlib without pyplot, so that they can be made on any thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from dialogue_nb.views.confidence_bars import rest_of
from dialogue_nb.views.html import visible
from dialogue_nb.views.policy_marks import HUES

_TEXT: Final = "#1f2430"
_MUTED: Final = "#565e6d"
_ACCENT: Final = "#2457d6"
_WARN: Final = "#855900"
# for names in other scripts, as far as the machine has the fonts
_FAMILIES: Final = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
)


class Picture(Figure):
    """A figure that a notebook shows, whether pyplot was ever imported there or not."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", bbox_inches="tight")
        return stream.getvalue()


def families() -> list[str]:
    """The fonts to write names with, those that are installed."""
    installed = {font.name for font in fontManager.ttflist}
    return [family for family in _FAMILIES if family in installed]


def short(text: Any, limit: int = 26) -> str:
    """A text that fits: cut with an ellipsis, and never read as a formula.

    Example:
        >>> short("utter_a_very_long_name_indeed", 12)
        'utter_a_ver…'
    """
    whole = visible(text).replace("\n", " ").replace("$", r"\$")
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def confidence_bars_figure(view: Mapping[str, Any]) -> Figure:
    """The confidences as horizontal bars, a group for each action.

    Args:
        view: What `confidence_bars_view` made.

    Returns:
        A figure of its own; `figure.savefig(path)` writes it.
    """
    rows = view["rows"][: view["k"]]
    labels = [short(row["action"]) for row in rows]
    values = [row["values"] for row in rows]
    count, sums = rest_of(view)
    if count:
        labels.append(f"{count} more")
        values.append(sums)
    marks = view["policies"]
    figure = Picture(figsize=(7, 1.2 + 0.36 * max(1, len(labels))), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / max(1, len(marks))
    for place, mark in enumerate(marks):
        at = [i + (place - (len(marks) - 1) / 2) * height for i in range(len(labels))]
        numbers = [row[place] for row in values]
        color = HUES[mark["hue"]][0]
        name = short(f"{mark['letter']} {mark['label']}")
        axes.barh(at, numbers, height * 0.9, color=color, label=name)
        for y, number in zip(at, numbers, strict=True):
            if number > 0:
                text = f"{mark['letter']} {number:.2f}"
                axes.text(number + 0.01, y, text, va="center", fontsize=7, color=_TEXT)
    for threshold in view["thresholds"]:
        told = short(threshold["text"], 50)
        axes.axvline(threshold["value"], color=_MUTED, linestyle="--", linewidth=1, label=told)
    _finish(axes, labels, view, bool(marks))
    return figure


def _finish(axes: Axes, labels: Sequence[str], view: Mapping[str, Any], has_marks: bool) -> None:
    axes.set_yticks(range(len(labels)), labels, fontsize=8, family=families())
    for tick, row in zip(axes.get_yticklabels(), view["rows"], strict=False):
        tick.set_fontweight("bold" if row.get("won") else "normal")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.set_xlabel("confidence", fontsize=8)
    axes.set_title(
        short(f"Confidence {view['title']}", 80), fontsize=9, loc="left", family=families()
    )
    axes.spines[["top", "right"]].set_visible(False)
    if has_marks:
        axes.legend(fontsize=7, frameon=False, loc="lower right")


def tracker_timeline_figure(view: Mapping[str, Any], *, per_row: int = 8) -> Figure:
    """The conversation as a strip of turns, broken into rows.

    Args:
        view: What `tracker_timeline_view` made.
        per_row: How many turns stand in a row.

    Returns:
        A figure of its own.
    """
    strips = []
    for branch in view["branches"]:
        turns = branch["turns"]
        pieces = [turns[i : i + per_row] for i in range(0, len(turns), per_row)]
        spans = branch["spans"]
        for i, piece in enumerate(pieces):
            strips.append((branch["name"] if i == 0 else "", piece, _spans_in(piece, spans)))
    written = [[_lines(turn, view["policies"]) for turn in piece] for _, piece, _ in strips]
    heights = [1 + max(len(lines) for lines in row) for row in written]
    gaps = [2 + max((span["lane"] + 1 for span in spans), default=0) for _, _, spans in strips]
    tall = sum(heights) + sum(gaps)
    figure = Picture(figsize=(1.45 * per_row, 0.2 * tall))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, per_row)
    axes.set_ylim(tall, 0)
    top, fonts = 1.0, families()
    for (name, piece, spans), row, height, gap in zip(strips, written, heights, gaps, strict=True):
        axes.text(0.04, top - 0.4, short(name, 60), fontsize=7, color=_MUTED)
        for x, (turn, lines) in enumerate(zip(piece, row, strict=True)):
            axes.plot([x, x], [top, top + height], color="#dfe3ea", linewidth=0.8)
            axes.text(x + 0.05, top + 0.7, str(turn["index"]), fontsize=6, color=_MUTED)
            for y, (text, color) in enumerate(lines):
                axes.text(x + 0.05, top + 1.6 + y, text, fontsize=7, color=color, family=fonts)
        for span in spans:
            _draw_span(axes, span, piece, top + height + 0.2 + span["lane"])
        top += height + gap
    return figure


def _spans_in(
    turns: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The loops that were active in some of the turns."""
    first, last = turns[0]["index"], turns[-1]["index"]
    return [span for span in spans if span["first"] <= last and span["last"] >= first]


def _draw_span(
    axes: Any, span: Mapping[str, Any], turns: Sequence[Mapping[str, Any]], top: float
) -> None:
    """A bracket under the turns of a loop, open where it goes on, with name and ending."""
    first, last = turns[0]["index"], turns[-1]["index"]
    begins, ends = span["first"] >= first, span["last"] <= last
    left = max(span["first"] - first, 0) + 0.02
    right = min(span["last"], last) - first + 0.98
    closed = ends and span["ending"] != "open"
    xs = [left, left, right, right] if begins else [left, right, right]
    ys = [top, top + 0.8, top + 0.8, top] if begins else [top + 0.8, top + 0.8, top]
    count = len(xs) if closed else len(xs) - 1
    style = "-" if closed else "--"
    axes.plot(xs[:count], ys[:count], color=_MUTED, linewidth=1, linestyle=style)
    room = right - left
    ending = short(span["text"] if ends else "…", int(16 * room))
    text = f"{short(span['name'], max(int(25 * room) - len(ending), 5))} {ending}"
    axes.text(left + 0.05, top + 0.5, text, fontsize=7, color=_TEXT, family=families())


def _lines(turn: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The lines of a turn's cell and their colours; what was taken back says so in words."""
    colors = {"user": _ACCENT, "slot": _WARN}
    gone = turn["fate"]

    def line(item: Mapping[str, Any]) -> tuple[str, str]:
        return short(item["text"], 20), _MUTED if gone else colors.get(item["kind"], _MUTED)

    action = turn["action"]
    if action is None:
        done = ("(next)", _MUTED)
    else:
        mark = None if action["policy"] is None else marks[action["policy"]]
        sure = "" if action["confidence"] is None else f" {action['confidence']:.2f}"
        text = f"{mark['letter']}: " if mark else ""
        color = HUES[mark["hue"]][0] if mark else _TEXT
        done = (text + short(action["name"], 16) + sure, _MUTED if gone else color)
    after = [line(item) for item in turn["after"] if item["kind"] != "bot"]
    told = [(f"({turn['says'][-1]})", _MUTED)] if gone else []
    loops = [(short(mark["text"], 26), _MUTED) for mark in turn["loops"]]
    return [*(line(item) for item in turn["before"]), done, *after, *loops, *told]
