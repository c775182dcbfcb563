"""Pictures of the measurements, one PNG for each row that has somebody to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from measure import OURS, Measurement
from report import TITLES, duration, pairs

COLORS = {OURS: "#0b7a75"}
OTHERS = ("#d08c60", "#b5651d", "#8a4b14")
FONT = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


def draw(measurements: Sequence[Measurement], folder: Path) -> list[Path]:
    """Draws all rows into the folder and says which files that made."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with mpl.rc_context(FONT):
        for row in dict.fromkeys(one.row for one in measurements):
            mine = [one for one in measurements if one.row == row]
            if row in BY_SIZE or all(others for _, others in pairs(mine)):
                made.append(BY_SIZE.get(row, _bars)(row, mine, folder))
    return made


def _colors(measurements: Sequence[Measurement]) -> dict[str, str]:
    others = sorted({one.who for one in measurements} - {OURS})
    return COLORS | dict(zip(others, OTHERS, strict=False))


def _bars(row: str, measurements: Sequence[Measurement], folder: Path) -> Path:
    cases = list(dict.fromkeys(one.case for one in measurements))
    figure = Figure(figsize=(7, 0.3 + 1.2 * len(cases)), layout="constrained")
    panels = figure.subplots(len(cases), 1, squeeze=False)
    colors = _colors(measurements)
    for axes, case in zip(panels[:, 0], cases, strict=True):
        shown = [one for one in measurements if one.case == case]
        seconds = [one.seconds for one in shown]
        names = [one.who for one in shown]
        bars = axes.barh(names, seconds, color=[colors[name] for name in names], height=0.62)
        axes.bar_label(bars, [duration(value) for value in seconds], padding=4)
        axes.set_xlim(0, max(seconds) * 1.18)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(TITLES[row].format(case=case), loc="left", fontsize=10)
    return _saved(figure, folder / f"{row}.png")


def _lines(row: str, measurements: Sequence[Measurement], folder: Path) -> Path:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    time, memory = figure.subplots(1, 2)
    colors = _colors(measurements)
    for who in dict.fromkeys(one.who for one in measurements):
        shown = [one for one in measurements if one.who == who]
        factors = [int(one.case.split()[-1]) for one in shown]
        style = {"marker": "o", "color": colors[who], "label": who}
        time.plot(factors, [one.seconds for one in shown], **style)
        memory.plot(factors, [one.peak_mb or 0 for one in shown], **style)
    _label(time, "seconds", "augmentation factor")
    _label(memory, "memory of the process, MB", "augmentation factor")
    time.legend(frameon=False)
    figure.suptitle("Training dialogues from 740 MultiWOZ stories", x=0.01, ha="left")
    return _saved(figure, folder / f"{row}.png")


def _by_rules(row: str, measurements: Sequence[Measurement], folder: Path) -> Path:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    colors = _colors(measurements)
    panels = figure.subplots(1, 2)
    for axes, work in zip(panels, ("train", "predict"), strict=True):
        for who in colors:
            shown = [m for m in measurements if m.who == who and m.case.startswith(work)]
            sizes = [one.detail["rules"] for one in shown]
            milliseconds = [one.seconds * 1000 for one in shown]
            axes.plot(sizes, milliseconds, marker="o", color=colors[who], label=who)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        _label(axes, f"{work}, milliseconds", "rules")
    panels[0].legend(frameon=False)
    figure.suptitle("RulePolicy with 100 stories, checks included", x=0.01, ha="left")
    return _saved(figure, folder / f"{row}.png")


def _label(axes: Axes, title: str, below: str) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_xlabel(below)
    axes.set_title(title, loc="left", fontsize=10)
    axes.grid(axis="y", alpha=0.25)


BY_SIZE = {"generation": _lines, "rules": _by_rules}


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=130)
    return path
