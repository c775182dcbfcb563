"""All windows of a training set, one below the other, as a matrix of turns and features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dialogue_nb.views.feature_columns import StateCells
from dialogue_nb.views.feature_heatmap import (
    count_in_words,
    counts_in_words,
    fitting,
    shown_columns,
)
from dialogue_nb.views.html import Html
from dialogue_nb.views.training_windows import TrainingWindows

SORTS: Final = ("story", "action", "conflicts")

MAX_HEIGHT: Final = 15_000_000
"""How many pixels browsers can scroll; windows that do not fit are left out."""

MARKS_SAY: Final = (
    "!2: two actions follow the same window, so nobody can learn which. ×3: the window is there "
    "three times. =7: it is the same as window 7. Hatched is padding, dotted is what the vector "
    "cannot say."
)
NO_WINDOWS: Final = "Nothing to learn from yet: write a story, and its windows appear here."


def training_heatmap_view(
    windows: TrainingWindows,
    cells: StateCells,
    *,
    max_history: int | None = 5,
    every: bool = False,
) -> dict[str, Any]:
    """The windows of a training set; the arrays themselves are in `training_arrays`.

    Args:
        windows: The training set.
        cells: The cells of its states.
        max_history: How many states a window has; None: as many as the longest dialogue.
        every: Whether all features are shown, not only those that are not zero somewhere.

    Returns:
        `{"title", "max_history", "columns", "texts", "width", "size", "actions",
        "counts", "about"}`: `width` is how many turns a window has, `size` has the measures of the
        drawing in pixels; columns have their place in `x`.
    """
    counted = windows.counted(max_history)
    columns, _ = shown_columns(cells, every=every)
    # few columns are wider, few turns higher
    wide, line = max(13, min(26, 620 // max(1, len(columns)))), 9 if counted.max_history < 4 else 7
    if cells.texts is not None:
        wide, line = 124, 16
    block = max(18, counted.max_history * line + 6)
    x = 0
    for column in columns:
        x += 5 if column.get("first") else 0
        column["x"] = x
        x += wide
    left, head = 186, (24 if cells.texts is not None else 136)
    names = [windows.domain.action_names, [column["name"] for column in columns]]
    size = {"left": left, "head": head, "block": block, "line": line, "wide": wide, "total": x}
    return {
        "mode": "training",
        "title": f"all windows of {counted.max_history} · {count_in_words(cells)}",
        "turn": None,
        "max_history": max_history,
        "columns": columns,
        "texts": cells.texts,
        "width": counted.max_history,
        "size": size,
        "actions": list(names[0]),
        "counts": counted.as_dict(),
        "about": MARKS_SAY if counted.as_dict()["found"] else NO_WINDOWS,
    }


def training_arrays(
    windows: TrainingWindows,
    cells: StateCells,
    max_history: int | None,
    *,
    sort: str = "story",
    repeats: bool = False,
    every: bool = False,
) -> dict[str, Any]:
    """The windows of a training set as numbers for the browser, little-endian.

    Args:
        windows: The training set.
        cells: The cells of its states.
        max_history: How many states a window has.
        sort: How the windows are ordered, one of `SORTS`.
        repeats: Whether equal windows are shown again.
        every: Whether all features are shown.

    Returns:
        The cells of the states: `offsets`, `places` (int32) and `values` (float32); the dialogues,
        step by step: `steps` (states), `turns`, `labels` (int32); the windows in order: `rows`
        (their last step) and `numbers` (int32); `marks`, as text by place.
    """
    _, place = shown_columns(cells, every=every)
    numbers = windows.ordered(max_history, sort, repeats=repeats)
    numbers = numbers[: MAX_HEIGHT // max(18, windows.counted(max_history).max_history * 16 + 6)]
    arrays = {
        "offsets": cells.offsets,
        "places": np.array([*place, 0])[cells.places],
        "steps": windows.steps,
        "turns": windows.turns,
        "labels": windows.labels,
        "rows": windows.rows[numbers],
        "numbers": numbers,
    }
    packed = {name: array.astype("<i4").tobytes() for name, array in arrays.items()}
    packed["values"] = cells.values.astype("<f4").tobytes()
    return {**packed, "marks": windows.marks(max_history, numbers)}


# --- without a front end --------------------------------------------------------------------------


def training_heatmap_html(
    view: Mapping[str, Any], windows: TrainingWindows, cells: StateCells
) -> Html:
    """The first windows of a training set as a table with inline styles.

    Args:
        view: What `training_heatmap_view` made.
        windows: The training set.
        cells: The cells of its states.
    """
    counted = windows.counted(view["max_history"])
    rows: list[list[Any]] = []
    for n in counted.first[:200]:
        step = int(windows.rows[n])
        last = cells.row(int(windows.steps[step]))
        texts = [_cell_in_words(cells, column, value) for column, value in last.items()]
        label = windows.domain.action_names[windows.labels[step]]
        story, turn = windows.source(step)
        rows.append([int(n), label, ", ".join(texts), f"{story}, turn {turn}"])
    caption = f"{view['title']}: {counts_in_words(view['counts'])}"
    return fitting(["window", "then", "its last state", "from"], rows, caption)


def _cell_in_words(cells: StateCells, column: int, value: float) -> str:
    text = cells.texts[int(value)] if cells.texts is not None else f"{value:g}"
    return f"{cells.columns[column].name} = {text}"
