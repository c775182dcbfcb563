"""Figures of the feature heatmap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dialogue_nb.featurizers.examples import NO_STATE
from dialogue_nb.views.feature_columns import StateCells
from dialogue_nb.views.feature_heatmap import ago_in_words
from dialogue_nb.views.figures import Picture, families, short
from dialogue_nb.views.training_windows import TrainingWindows

_SET: Final = "#2457d6"
_ZERO: Final = "#eef0f4"
_LINES: Final = "#868e9c"
_MOST_COLUMNS: Final = 80
_MOST_WINDOWS: Final = 40


def feature_heatmap_figure(view: Mapping[str, Any]) -> Figure:
    """The window of a turn: a row for each turn, a column for each feature.

    Args:
        view: What `feature_heatmap_view` made.

    Returns:
        A figure of its own; `figure.savefig(path)` writes it.
    """
    columns, cells = view["columns"][:_MOST_COLUMNS], view["cells"]
    rows = view["rows"]
    axes = _axes(len(rows), [column["name"] for column in columns])
    padding = len(rows) - cells["steps"]
    for y in range(len(rows)):
        found: dict[int, float] = {}
        if y >= padding:
            first, last = (cells["offsets"][y - padding + i] for i in (0, 1))
            found = dict(zip(cells["places"][first:last], cells["values"][first:last], strict=True))
        for x, column in enumerate(columns):
            value = None if y < padding else found.get(x, 0.0)
            text = view["texts"][int(value)] if value and view["texts"] is not None else None
            _paint(axes, x, y, value, unseen=bool(column.get("unseen")), text=text, written=True)
    axes.set_yticks(range(len(rows)), [ago_in_words(row["ago"]) for row in rows], fontsize=8)
    return _titled(axes, view["title"])


def training_heatmap_figure(
    view: Mapping[str, Any], windows: TrainingWindows, cells: StateCells
) -> Figure:
    """The first windows of a training set, one below the other.

    Args:
        view: What `training_heatmap_view` made.
        windows: The training set.
        cells: The cells of its states.
    """
    counted = windows.counted(view["max_history"])
    columns = view["columns"][:_MOST_COLUMNS]
    place = {column.name: i for i, column in enumerate(cells.columns)}
    shown = counted.first[:_MOST_WINDOWS]
    width = counted.max_history
    axes = _axes(len(shown) * (width + 1), [column["name"] for column in columns], high=0.09)
    for block, n in enumerate(shown):
        for t, state in enumerate(counted.ids[n].tolist()):
            row = cells.row(state) if state != NO_STATE else {}
            for x, column in enumerate(columns):
                value = None if state == NO_STATE else row.get(place[column["name"]], 0.0)
                shade = 1.0 if value and cells.texts is not None else value
                y = block * (width + 1) + t
                _paint(axes, x, y, shade, unseen=bool(column.get("unseen")))
    names = [windows.domain.action_names[windows.labels[windows.rows[n]]] for n in shown]
    middles = [block * (width + 1) + (width - 1) / 2 for block in range(len(shown))]
    axes.set_yticks(middles, [short(name) for name in names], fontsize=7, family=families())
    left = len(counted.first) - len(shown)
    return _titled(axes, view["title"] + (f" ({left} more windows)" if left else ""))


def _axes(rows: int, names: Sequence[str], high: float = 0.28) -> Axes:
    size = (2.2 + 0.34 * max(1, len(names)), 2.2 + high * max(1, rows))
    axes = Picture(figsize=size, layout="constrained").add_subplot()
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(rows - 0.4, -0.6)
    shown = [short(name) for name in names]
    axes.set_xticks(range(len(names)), shown, rotation=90, fontsize=8, family=families())
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _paint(
    axes: Axes,
    x: int,
    y: int,
    value: float | None,
    *,
    unseen: bool = False,
    text: str | None = None,
    written: bool = False,
) -> None:
    """One cell: hatched for padding (None), dotted for what is not in the vector."""
    patch = Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, linewidth=0.0)
    if value is None or (value and unseen):
        patch.set(fill=False, hatch="////" if value is None else "....", edgecolor=_LINES)
    else:
        shade = 1.0 if text is not None else 0.35 + 0.65 * min(1.0, abs(value))
        patch.set(facecolor=_SET if value else _ZERO, alpha=shade if value else None)
        if value and written:
            ink = "white" if shade > 0.7 else "#1f2430"
            told = short(text, 6) if text is not None else f"{value:.3g}"
            axes.text(x, y, told, ha="center", va="center", fontsize=6, color=ink)
    axes.add_patch(patch)


def _titled(axes: Axes, title: str) -> Figure:
    axes.set_title(short(title, 90), fontsize=9, loc="left")
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return figure
