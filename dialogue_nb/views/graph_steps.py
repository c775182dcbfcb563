"""Where the keys lead from box to box of a story graph."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def key_steps(
    nodes: Sequence[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]]
) -> dict[int, dict[str, int]]:
    """For each box the boxes to which keys lead.

    Right follows the way that goes most straight on, left goes back to where it came from; up and
    down stay in the column, and where that ends, go to the nearest box; End follows the way.

    Args:
        nodes: The boxes: `id`, `x`, `y` and `parent`.
        edges: The lines: `from` and `to`.

    Returns:
        `{id: {key: id}}`, keys named as browsers name them; those that lead nowhere are left out.

    Example:
        >>> boxes = [{"id": 0, "x": 0, "y": 0, "parent": None}]
        >>> boxes += [{"id": 1, "x": 90, "y": 0, "parent": 0}]
        >>> key_steps(boxes, [{"from": 0, "to": 1}])[0]
        {'Home': 0, 'End': 1, 'ArrowRight': 1}
    """
    by_id = {node["id"]: node for node in nodes}
    ahead = _ahead(by_id, edges)
    before = {edge["to"]: edge["from"] for edge in reversed(list(edges))}
    upright = _upright(nodes)
    steps: dict[int, dict[str, int]] = {}
    for number, node in by_id.items():
        left = before.get(number) if node["parent"] is None else node["parent"]
        found = {
            "Home": nodes[0]["id"],
            "End": _end(number, ahead),
            "ArrowRight": ahead.get(number),
            "ArrowLeft": left if left != number else None,
            **upright[number],
        }
        steps[number] = {key: there for key, there in found.items() if there is not None}
    return steps


def _ahead(
    by_id: Mapping[int, Mapping[str, Any]], edges: Iterable[Mapping[str, Any]]
) -> dict[int, int]:
    """For each box the next one on its way: to the right, as nearly straight on as can be."""
    ways: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        ways[edge["from"]].append(edge["to"])
    ahead = {}
    for number, targets in ways.items():
        here = by_id[number]
        ahead[number] = min(
            targets,
            key=lambda to, at=here: (by_id[to]["x"] <= at["x"], abs(by_id[to]["y"] - at["y"])),  # type: ignore[misc]
        )
    return ahead


def _end(number: int, ahead: Mapping[int, int]) -> int:
    seen: set[int] = set()
    while number in ahead and number not in seen:
        seen.add(number)
        number = ahead[number]
    return number


def _upright(nodes: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, int | None]]:
    columns: dict[float, list[Mapping[str, Any]]] = defaultdict(list)
    rows: dict[float, list[Mapping[str, Any]]] = defaultdict(list)
    for node in nodes:
        columns[node["x"]].append(node)
        rows[node["y"]].append(node)
    heights = sorted(rows)
    found: dict[int, dict[str, int | None]] = {}
    for column in columns.values():
        column.sort(key=lambda node: float(node["y"]))
        for i, node in enumerate(column):
            below = column[i + 1] if i + 1 < len(column) else None
            above = column[i - 1] if i else None
            lower, higher = bisect_right(heights, node["y"]), bisect_left(heights, node["y"]) - 1
            if below is None and lower < len(heights):
                below = _nearest(rows[heights[lower]], node)
            if above is None and higher >= 0:
                above = _nearest(rows[heights[higher]], node)
            found[node["id"]] = {
                "ArrowDown": below["id"] if below else None,
                "ArrowUp": above["id"] if above else None,
            }
    return found


def _nearest(row: Sequence[Mapping[str, Any]], node: Mapping[str, Any]) -> Mapping[str, Any]:
    return min(row, key=lambda other: abs(float(other["x"]) - float(node["x"])))
