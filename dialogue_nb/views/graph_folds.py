"""Which part of a large story graph is shown, and what is folded away behind "+12 more"."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dialogue_nb.stories.path_graph import PathEdge, PathGraph

SMALL: Final = 120
"""Up to so many boxes, everything is shown."""

SHOWN: Final = 40
"""Of a larger graph, so many boxes are shown at first."""

BREADTH: Final = 6
"""So many ways on from one box are shown at first."""

MORE: Final = 8
"""So many more ways are shown each time a fold is opened."""

WHOLE: Final = 25
"""A part of at most so many boxes is opened as a whole."""


@dataclass(frozen=True)
class Fold:
    """What is hidden behind a box.

    Args:
        parent: The box.
        steps: How many boxes are hidden.
        ways: How many ways on from the box are hidden.
        count: How many dialogues go there.
    """

    parent: int
    steps: int
    ways: int
    count: int

    @property
    def id(self) -> int:
        """Its own number among the boxes; those of nodes are not negative."""
        return -self.parent - 1


@dataclass(frozen=True)
class Shown:
    """The part that is shown.

    Args:
        boxes: What is shown, in order: each box, the boxes after it, then its fold.
        folds: What is hidden, by the node it hangs on.
        place: For every node of the graph the box that stands for it: its own, or that of a fold.
    """

    boxes: tuple[int, ...]
    folds: Mapping[int, Fold]
    place: Mapping[int, int]


class Outline:
    """A story graph as boxes: where the bot just waits for the user, that needs no box of its own.

    Args:
        graph: The graph.

    Attributes:
        home: For every node the one in whose box it is drawn: a wait in that of the action before.
        parent: The box before each box, None for a start.
        children: The boxes after each box, those with the most dialogues first.
        edges: The edges between boxes.
        ends: How many dialogues end in each box.
    """

    def __init__(self, graph: PathGraph) -> None:
        self.graph = graph
        ways_in = Counter(edge.target for edge in graph.edges)
        quiet = {edge.target for edge in graph.edges if not edge.said}
        self.home: dict[int, int] = {}
        self.ends: Counter[int] = Counter()
        for node in graph.nodes:
            alone = node.kind == "listen" and ways_in[node.number] == 1 and node.number in quiet
            inside = alone and node.parent is not None
            self.home[node.number] = self.home[node.parent or 0] if inside else node.number
            self.ends[self.home[node.number]] += node.ends
        self.parent: dict[int, int | None] = {
            node.number: None if node.parent is None else self.home[node.parent]
            for node in graph.nodes
            if self.home[node.number] == node.number
        }
        self.children: dict[int, list[int]] = defaultdict(list)
        for number, parent in self.parent.items():
            if parent is not None:
                self.children[parent].append(number)
        for numbers in self.children.values():
            numbers.sort(key=lambda number: (-graph.nodes[number].count, number))
        self.edges = list(self._edges())
        self._size = self._sizes()

    def _edges(self) -> Iterator[PathEdge]:
        for edge in self.graph.edges:
            source, target = self.home[edge.source], self.home[edge.target]
            if self.home[edge.target] == edge.target:
                yield PathEdge(source, target, edge.count, edge.said, edge.examples)

    def _sizes(self) -> dict[int, int]:
        sizes = dict.fromkeys(self.parent, 1)
        for number in sorted(self.parent, reverse=True):  # children have higher numbers
            parent = self.parent[number]
            if parent is not None:
                sizes[parent] += sizes[number]
        return sizes

    def shown(self, opened: Mapping[int, int] | None = None, needed: Iterable[int] = ()) -> Shown:
        """Chooses what is shown.

        Args:
            opened: How often each box's fold was opened, in the order in which they were.
            needed: Nodes that are shown in any case, with all that lead to them.
        """
        visible = self._at_first()
        for number, times in (opened or {}).items():
            if number in self.parent:
                self._reveal(number, visible)
                hidden = [child for child in self.children[number] if child not in visible]
                for child in hidden[: MORE * times]:
                    self._open(child, visible)
        for number in needed:
            self._reveal(self.home[number], visible)
        folds: dict[int, Fold] = {}
        for number in sorted(visible):
            hidden = [child for child in self.children[number] if child not in visible]
            if len(hidden) == 1 and self._size[hidden[0]] == 1:
                visible.add(hidden[0])
            elif hidden:
                count = sum(self.graph.nodes[child].count for child in hidden)
                folds[number] = Fold(
                    number, sum(self._size[child] for child in hidden), len(hidden), count
                )
        place: dict[int, int] = {}
        for number, parent in self.parent.items():
            above = -1 if parent is None else place[parent]
            place[number] = number if number in visible else above if above < 0 else -above - 1
        whole = {number: place[home] for number, home in self.home.items()}
        return Shown(tuple(self._in_order(visible, folds)), folds, whole)

    def _at_first(self) -> set[int]:
        """The ways that most dialogues go, until there are enough."""
        if len(self.parent) <= SMALL:
            return set(self.parent)
        visible = {number for number, parent in self.parent.items() if parent is None}
        waiting = [(-self.graph.nodes[number].count, number) for number in visible]
        heapq.heapify(waiting)
        while waiting and len(visible) < SHOWN:
            _, number = heapq.heappop(waiting)
            for child in self.children[number][:BREADTH]:
                visible.add(child)
                heapq.heappush(waiting, (-self.graph.nodes[child].count, child))
        return visible

    def _reveal(self, number: int, visible: set[int]) -> None:
        """Shows a box with all before it."""
        at: int | None = number
        while at is not None and at not in visible:
            visible.add(at)
            at = self.parent[at]

    def _open(self, number: int, visible: set[int]) -> None:
        """Shows a box and what comes after it: all of it if that is little, or up to a fork."""
        if self._size[number] <= WHOLE:
            waiting = [number]
            while waiting:
                at = waiting.pop()
                visible.add(at)
                waiting += self.children[at]
            return
        visible.add(number)
        for _ in range(WHOLE):
            if len(self.children[number]) != 1:
                return
            (number,) = self.children[number]
            visible.add(number)

    def _in_order(self, visible: set[int], folds: Mapping[int, Fold]) -> Iterator[int]:
        """The boxes from the start on: each before its children, the main way first."""
        waiting = sorted((n for n in visible if self.parent[n] is None), reverse=True)
        while waiting:
            number = waiting.pop()
            yield number
            if number in folds:
                waiting.append(folds[number].id)
            waiting += [
                child for child in reversed(self.children.get(number, ())) if child in visible
            ]
