"""Where the boxes of a graph stand: columns from left to right, a box to a row or in its place.

`tree_layout` is for trees: the main way runs straight along the top, and every branch has a row of
its own. `layered_layout` is for graphs whose ways meet again: each box stands to the right of those
that lead to it, ways that pass a column get a place in it, and ways that close a circle go back.
Both are the same for the same input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from dialogue_nb.stories.graph import depth_first

HEIGHT: Final = 24
ROW: Final = 38
BEND: Final = 26
"""How much of the space before a column the lines need to bend."""

ARROW: Final = 12
PASSING: Final = 14
SWEEPS: Final = 4


@dataclass(frozen=True)
class Box:
    """Something to place.

    Args:
        id: Its number.
        width: Its width.
        parent: The box that it belongs under; tree layout only.
    """

    id: int
    width: float
    parent: int | None = None


@dataclass(frozen=True)
class Way:
    """A line from box to box.

    Args:
        source: The box where it begins.
        target: The box where it ends.
        label: How much space its label needs.
    """

    source: int
    target: int
    label: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A straight piece of a line, from left to right at one height."""

    left: float
    right: float
    y: float


@dataclass(frozen=True)
class Layout:
    """Where everything stands.

    Args:
        corners: The left upper corner of each box.
        lines: The straight pieces of each line, bends between them. One that goes back has none.
        labels: Where the label of each line begins.
        width: The width of the whole.
        height: The height of the whole.
    """

    corners: Mapping[int, tuple[float, float]]
    lines: Mapping[tuple[int, int], tuple[Stop, ...]]
    labels: Mapping[tuple[int, int], tuple[float, float]]
    width: float
    height: float


@dataclass(frozen=True)
class _Columns:
    """The left and right end of each column."""

    left: list[float]
    right: list[float]


def tree_layout(boxes: Sequence[Box], ways: Iterable[Way]) -> Layout:
    """Places the boxes of a tree.

    Args:
        boxes: The boxes, each after its parent; of several children the first goes straight on.
        ways: The lines, from parents to children.

    Example:
        >>> boxes = [Box(0, 40), Box(1, 60, 0), Box(2, 50, 0)]
        >>> layout = tree_layout(boxes, [Way(0, 1), Way(0, 2)])
        >>> [tuple(map(round, layout.corners[i])) for i in range(3)]
        [(0, 0), (78, 0), (78, 38)]
    """
    children: dict[int | None, list[Box]] = defaultdict(list)
    for box in boxes:
        children[box.parent].append(box)
    column: dict[int, int] = {}
    center: dict[int, float] = {}
    rows = -1
    waiting = [(box, 0, False) for box in reversed(children[None])]
    while waiting:
        box, depth, goes_on = waiting.pop()
        rows += not goes_on
        column[box.id] = depth
        center[box.id] = rows * ROW + HEIGHT / 2
        below = children[box.id]
        waiting += [(child, depth + 1, child is below[0]) for child in reversed(below)]
    return _drawn(boxes, list(ways), column, center, {})


def layered_layout(boxes: Sequence[Box], ways: Iterable[Way]) -> Layout:
    """Places the boxes of any graph.

    Args:
        boxes: The boxes, starts first.
        ways: The lines.

    Example:
        >>> boxes = [Box(0, 40), Box(1, 60), Box(2, 50)]
        >>> layout = layered_layout(boxes, [Way(0, 1), Way(1, 2), Way(0, 2), Way(2, 1)])
        >>> [round(layout.corners[i][0]) for i in range(3)], layout.lines[2, 1]
        ([0, 78, 176], ())
    """
    known = {box.id for box in boxes}
    lines = [way for way in ways if {way.source, way.target} <= known]
    back = _closing([box.id for box in boxes], lines)
    forward = [(way.source, way.target) for way in lines if (way.source, way.target) not in back]
    column = _columns_of([box.id for box in boxes], forward)
    passing = {
        (source, target): [(source, target, c) for c in range(column[source] + 1, column[target])]
        for source, target in forward
    }
    columns: list[list[Hashable]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for box in boxes:
        columns[column[box.id]].append(box.id)
    for stops in passing.values():
        for stop in stops:
            columns[stop[2]].append(stop)
    pairs: list[tuple[Hashable, Hashable]] = []
    for (source, target), stops in passing.items():
        chain: list[Hashable] = [source, *stops, target]
        pairs += pairwise(chain)
    center = _centers(columns, pairs)
    return _drawn(boxes, lines, column, center, passing, back)


# --- columns --------------------------------------------------------------------------------------


def _closing(ids: Sequence[int], ways: Iterable[Way]) -> set[tuple[int, int]]:
    """The lines that close a circle, walking from the starts on."""
    after: dict[int, list[int]] = defaultdict(list)
    for way in ways:
        after[way.source].append(way.target)
    return depth_first(after, ids)[1]


def _columns_of(ids: Sequence[int], forward: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For each box the column to the right of all that lead to it."""
    column = dict.fromkeys(ids, 0)
    missing = dict.fromkeys(ids, 0)
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in forward:
        missing[target] += 1
        after[source].append(target)
    ready = [number for number in ids if not missing[number]]
    for number in ready:  # it grows while we walk
        for target in after[number]:
            column[target] = max(column[target], column[number] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return column


# --- rows of the layered layout -------------------------------------------------------------------


def _centers(
    columns: Sequence[list[Hashable]], pairs: Sequence[tuple[Hashable, Hashable]]
) -> dict[Hashable, float]:
    """Where in its column each thing stands, so that lines are short and few of them cross."""
    before: dict[Hashable, list[Hashable]] = defaultdict(list)
    after: dict[Hashable, list[Hashable]] = defaultdict(list)
    for source, target in pairs:
        before[target].append(source)
        after[source].append(target)
    rank = {item: float(i) for column in columns for i, item in enumerate(column)}
    for sweep in range(2 * SWEEPS):
        rightwards = sweep % 2 == 0
        near = before if rightwards else after
        for column in columns if rightwards else reversed(columns):
            wanted = {item: _mean(near[item], rank, rank[item]) for item in column}
            column.sort(key=wanted.__getitem__)
            rank |= {item: float(i) for i, item in enumerate(column)}
    center: dict[Hashable, float] = {}
    for column in columns:
        _settle(column, {item: _mean(before[item], center, 0.0) for item in column}, center)
    for column in reversed(columns):
        _settle(column, {item: _mean(after[item], center, center[item]) for item in column}, center)
    top = min((y - _room(item) / 2 for item, y in center.items()), default=0.0)
    return {item: y - top for item, y in center.items()}


def _mean(items: Sequence[Hashable], values: Mapping[Hashable, float], otherwise: float) -> float:
    return sum(values[item] for item in items) / len(items) if items else otherwise


def _room(item: Hashable) -> float:
    """How much height a thing needs: a box, or a line that passes."""
    return HEIGHT if isinstance(item, int) else PASSING


def _settle(
    column: Sequence[Hashable], wanted: Mapping[Hashable, float], center: dict[Hashable, float]
) -> None:
    """Puts the things of a column as near as can be to where they want to be, in their order.

    That is a regression with a fixed order: things that press against each other move as a block.
    """
    offsets, offset = [], 0.0
    for i, item in enumerate(column):
        if i:
            gap = ROW - HEIGHT if isinstance(item, int) or isinstance(column[i - 1], int) else 4
            offset += (_room(column[i - 1]) + _room(item)) / 2 + gap
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []  # mean, number of things
    for item, shift in zip(column, offsets, strict=True):
        mean, count = wanted[item] - shift, 1
        while blocks and blocks[-1][0] > mean:
            other, size = blocks.pop()
            mean = (mean * count + other * size) / (count + size)
            count += size
        blocks.append((mean, count))
    places = [mean for mean, count in blocks for _ in range(count)]
    for item, place, shift in zip(column, places, offsets, strict=True):
        center[item] = place + shift


# --- what both share ------------------------------------------------------------------------------


def _drawn(
    boxes: Sequence[Box],
    ways: Sequence[Way],
    column: Mapping[int, int],
    center: Mapping[Any, float],
    passing: Mapping[tuple[int, int], Sequence[Hashable]],
    back: Iterable[tuple[int, int]] = (),
) -> Layout:
    ends = _ends(boxes, ways, column)
    widths = {box.id: box.width for box in boxes}
    corners = {b.id: (ends.left[column[b.id]], center[b.id] - HEIGHT / 2) for b in boxes}
    lines: dict[tuple[int, int], tuple[Stop, ...]] = {}
    labels: dict[tuple[int, int], tuple[float, float]] = {}
    backwards = set(back)
    for way in ways:
        key = (way.source, way.target)
        if key in backwards:
            lines[key] = ()
            continue
        left = corners[way.source][0] + widths[way.source]
        stops = [Stop(left, ends.right[column[way.source]], center[way.source])]
        between = range(column[way.source] + 1, column[way.target])
        for c, item in zip(between, passing.get(key, ()), strict=False):
            stops.append(Stop(ends.left[c], ends.right[c], center[item]))
        target = ends.left[column[way.target]]
        start = ends.right[column[way.target] - 1] + BEND
        lines[key] = (*stops, Stop(start, target, center[way.target]))
        labels[key] = (start, center[way.target])
    width = max((corners[box.id][0] + box.width for box in boxes), default=0.0)
    bottoms = [y + _room(item) / 2 for item, y in center.items()]
    return Layout(corners, lines, labels, width, max(bottoms, default=0.0))


def _ends(boxes: Sequence[Box], ways: Iterable[Way], column: Mapping[int, int]) -> _Columns:
    """The columns: each as wide as its widest box, with space before it for bends and labels."""
    count = max(column.values(), default=-1) + 1
    widest, space = [0.0] * count, [float(BEND + ARROW)] * count
    for box in boxes:
        widest[column[box.id]] = max(widest[column[box.id]], box.width)
    for way in ways:
        c = column[way.target]
        space[c] = max(space[c], BEND + ARROW + way.label)
    left: list[float] = []
    right: list[float] = []
    for c in range(count):
        left.append(right[-1] + space[c] if right else 0)
        right.append(left[-1] + widest[c])
    return _Columns(left, right)
