"""All stories as one picture: boxes for what the bot does, lines for what the user says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

from dialogue_nb.stories.path_graph import Path, PathGraph, PathNode
from dialogue_nb.stories.training_data import Origin
from dialogue_nb.views.graph_folds import Fold, Outline, Shown
from dialogue_nb.views.graph_layout import (
    HEIGHT,
    Box,
    Layout,
    Stop,
    Way,
    layered_layout,
    tree_layout,
)
from dialogue_nb.views.graph_steps import key_steps
from dialogue_nb.views.graph_text import fitting, text_width

NOTHING: Final = "There are no stories yet: write one, and its path appears here."
HINT: Final = "Click a box, or go along with the arrow keys; Enter opens a fold."
MARGIN: Final = 14
HEADING: Final = 24
THICKEST: Final = 11.0
THINNEST: Final = 1.4
LEGEND: Final = (
    "thick line: many dialogues · ■ a dialogue ends here · ≠\u00a0 something else is done in the "
    "same situation"
)
_NAME_ROOM: Final = 168
_LABEL_ROOM: Final = 150
_SMALL: Final = 11
_LOOP: Final = 20
_PLACES: Final = 3


def story_graph_view(
    graph: PathGraph,
    *,
    outline: Outline | None = None,
    opened: Mapping[int, int] | None = None,
    needed: Iterable[int] = (),
) -> dict[str, Any]:
    r"""What is to be drawn of a story graph.

    Args:
        graph: The graph.
        outline: Its outline, where it is known already.
        opened: How often each box's fold was opened.
        needed: Nodes that are shown in any case.

    Returns:
        `{"merged", "max_history", "count", "width", "height", "bands", "nodes", "edges", "paths",
        "legend", "hint", "note"}`. A node has `id` (negative for a fold), `kind`, `x`, `y`, `w`,
        `text`, `name`, `number`, `count`, `ends`, `parent`, `says`, `find` (how many of these are
        searched), `go` (where keys lead), `look`, `round`, and what there is of `conflict` and
        `rule`. An edge has `from`, `to`, `d` and `tip` (paths of SVG), `width`, `count`, `says`,
        and what there is of `label` and `back`. A path is a dialogue: its `name` and the boxes that
        it passes.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.path_graph import path_graph
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories("## a\n* greet\n - utter_hi")
        >>> data = generate(stories, Domain.from_yaml("{intents: [greet], actions: [utter_hi]}"))
        >>> view = story_graph_view(path_graph(data))
        >>> [node["text"] for node in view["nodes"]], view["edges"][0]["label"]["text"]
        (['start', 'utter_hi'], 'greet')
    """
    outline = outline or Outline(graph)
    shown = outline.shown(opened, needed)
    drawing = _Drawing(graph, outline, shown)
    drawing.draw()
    return {
        "merged": graph.merged,
        "max_history": graph.max_history,
        "count": counts_of(graph),
        "width": round(drawing.width + 2 * MARGIN),
        "height": round(drawing.height + MARGIN),
        "bands": drawing.bands,
        "nodes": drawing.nodes,
        "edges": drawing.edges,
        "paths": [_path(path, shown) for path in graph.paths],
        "legend": LEGEND,
        "hint": HINT if drawing.nodes else "",
        "note": NOTHING,
    }


def counts_of(graph: PathGraph) -> str:
    """How large a graph is, in words.

    Args:
        graph: The graph.
    """
    rules = sum(path.is_rule for path in graph.paths)
    boxes = sum(node.kind == "action" for node in graph.nodes)
    words = [counted(len(graph.paths) - rules, "dialogue"), counted(boxes, "step")]
    return " · ".join(words + ([counted(rules, "rule")] if rules else []))


def counted(number: int, word: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "rule"), counted(1200, "dialogue")
        ('1 rule', '1,200 dialogues')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _path(path: Path, shown: Shown) -> dict[str, Any]:
    boxes: list[int] = []
    for number in path.nodes:
        box = shown.place[number]
        if not boxes or boxes[-1] != box:
            boxes.append(box)
    label = {"label": f"{path.name} (rule)"} if path.is_rule else {}
    return {"name": path.name, "nodes": boxes} | label


class _Drawing:
    """The picture while it is made: stories above, rules below."""

    def __init__(self, graph: PathGraph, outline: Outline, shown: Shown) -> None:
        self.graph = graph
        self.outline = outline
        self.shown = shown
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.bands: list[dict[str, Any]] = []
        self.width = self.height = 0.0
        self.most = max((node.count for node in graph.nodes), default=1)
        self.totals = {
            rule: sum(path.is_rule is rule for path in graph.paths) for rule in (False, True)
        }
        self.lines = _lines(outline, shown)
        self.waits = _conflicts_while_waiting(outline)
        self.before = _said_before(outline)

    def draw(self) -> None:
        for is_rule, title in ((False, "STORIES"), (True, "RULES")):
            boxes = [b for b in self.shown.boxes if self._node(b).is_rule is is_rule]
            if not boxes:
                continue
            if any(path.is_rule for path in self.graph.paths):
                self.bands.append({"text": title, "y": round(self.height + 16)})
                self.height += HEADING
            self._band(boxes)
        steps = key_steps(self.nodes, self.edges)
        for node in self.nodes:
            node["go"] = steps[node["id"]]

    def _node(self, box: int) -> PathNode:
        """The node of a box; for a fold, that of the box that it hangs on."""
        return self.graph.nodes[box if box >= 0 else -box - 1]

    def _band(self, numbers: Sequence[int]) -> None:
        items = [self._item(number) for number in numbers]
        ids = {item["id"] for item in items}
        lines = {key: line for key, line in self.lines.items() if key[0] in ids}
        boxes = [Box(item["id"], item["w"], item["parent"]) for item in items]
        ways = [Way(*key, self._label_width(line)) for key, line in lines.items()]
        layout = (layered_layout if self.graph.merged else tree_layout)(boxes, ways)
        top = self.height + MARGIN
        for item in items:
            x, y = layout.corners[item["id"]]
            item |= {"x": round(x + MARGIN, 1), "y": round(y + top, 1)}
        places = {item["id"]: item for item in items}
        self.nodes += items
        back = False
        for key, line in lines.items():
            edge = self._edge(key, line, layout, places, top)
            back |= "back" in edge
            self.edges.append(edge)
        self.width = max(self.width, layout.width)
        self.height = top + layout.height + (_LOOP if back else 0)

    # --- boxes

    def _item(self, box: int) -> dict[str, Any]:
        node = self._node(box)
        if box < 0:
            return _fold_item(self.shown.folds[node.number], node.is_rule)
        name = {"start": "start", "anything": "…", "listen": "listen"}.get(node.kind, node.action)
        text = fitting(name, _NAME_ROOM) or "(no name)"
        ends = self.outline.ends[node.number]
        conflict = bool(node.others or self.waits.get(node.number))
        width = text_width(text) + 20 + (14 if ends else 0) + (16 if conflict else 0)
        number = f"{node.count:,}" if node.count > 1 else ""
        width += 6 + text_width(number, _SMALL) if number else 0
        return _look(node.kind, node.is_rule, conflict) | {
            "id": node.number,
            "text": text,
            "name": name,
            "number": number,
            "count": node.count,
            "ends": ends,
            "w": round(width, 1),
            "parent": self.outline.parent[node.number],
            "says": self._says(node, name, ends),
            "find": 2 if node.number in self.before else 1,
        }

    def _says(self, node: PathNode, name: str, ends: int) -> list[str]:
        whole = self.totals[node.is_rule]
        noun = "rule" if node.is_rule else "dialogue"
        said = [name if node.kind != "anything" else "whatever went before"]
        after = self.before.get(node.number)
        said += [f"after {after}"] if after else []
        said.append(f"{node.count:,} of {counted(whole, noun)}")
        said += [f"{ends:,} end{'s' if ends == 1 else ''} here"] if ends else []
        same = "the same last states" if self.graph.merged else "the same dialogue"
        if node.others:
            said.append(f"≠ after {same} also: {', '.join(node.others)}")
        waits = self.waits.get(node.number)
        if waits:
            said.append(f"≠ then waits for the user; after {same} also: {', '.join(waits)}")
        return [*said, *place_words(node.places)]

    # --- lines

    def _label_width(self, line: Mapping[str, Any]) -> float:
        text = fitting(line["said"], _LABEL_ROOM, _SMALL)
        return text_width(text, _SMALL) + 4 if text else 0.0

    def _edge(
        self,
        key: tuple[int, int],
        line: Mapping[str, Any],
        layout: Layout,
        places: Mapping[int, Mapping[str, Any]],
        top: float,
    ) -> dict[str, Any]:
        width = max(THINNEST, THICKEST * line["count"] / self.most)
        edge = {
            "from": key[0],
            "to": key[1],
            "width": round(width, 1),
            "count": line["count"],
            "says": [counted(line["count"], "dialogue"), *line["examples"]],
        }
        stops = layout.lines[key]
        if not stops:
            return edge | _loop(places[key[0]], places[key[1]], width) | {"back": True}
        moved = [Stop(s.left + MARGIN, s.right + MARGIN, s.y + top) for s in stops]
        edge |= {"d": _curve(moved), "tip": _tip(moved[-1].right, moved[-1].y, width)}
        text = fitting(line["said"], _LABEL_ROOM, _SMALL)
        if text:
            x, y = layout.labels[key]
            edge["label"] = {
                "at": {"x": round(x + MARGIN, 1), "y": round(y + top - width / 2 - 3, 1)},
                "text": text,
                "name": line["said"],
            }
        return edge


def _lines(outline: Outline, shown: Shown) -> dict[tuple[int, int], dict[str, Any]]:
    """The lines between what is shown; those to and from what is folded are drawn together."""
    lines: dict[tuple[int, int], dict[str, Any]] = {}
    for edge in outline.edges:
        key = (shown.place[edge.source], shown.place[edge.target])
        if key[0] == key[1] and key[0] < 0:
            continue
        folded = min(key) < 0
        said, examples = ("", ()) if folded else (edge.said, edge.examples)
        line = lines.setdefault(key, {"said": said, "count": 0, "examples": examples})
        line["count"] += edge.count
    return lines


def _said_before(outline: Outline) -> dict[int, str]:
    """For each box, what was said before it, with the values, as far as anything was."""
    return {
        edge.target: edge.examples[0] if edge.examples else edge.said
        for edge in reversed(outline.edges)
        if edge.said
    }


def _conflicts_while_waiting(outline: Outline) -> dict[int, tuple[str, ...]]:
    """For boxes in which the bot also waits: what else is done where it waits."""
    return {
        outline.home[node.number]: node.others
        for node in outline.graph.nodes
        if node.others and outline.home[node.number] != node.number
    }


def _fold_item(fold: Fold, is_rule: bool) -> dict[str, Any]:
    text = f"+{fold.steps:,} more"
    says = [text, f"{counted(fold.ways, 'way')} on", counted(fold.count, "dialogue"), "Enter opens"]
    return _look("fold", is_rule, False) | {
        "id": fold.id,
        "text": text,
        "name": text,
        "number": "",
        "count": fold.count,
        "ends": 0,
        "w": round(text_width(text) + 20, 1),
        "parent": fold.parent,
        "says": says,
        "find": 0,
    }


def _look(kind: str, is_rule: bool, conflict: bool) -> dict[str, Any]:
    marks = [name for name, on in (("rule", is_rule), ("conflict", conflict)) if on]
    corner = HEIGHT // 2 if kind in ("fold", "start") else 4
    more = dict.fromkeys(marks, True)
    return {"kind": kind, "look": " ".join([kind, *marks]), "round": corner} | more


def place_words(places: Sequence[Origin]) -> list[str]:
    """Where something is written, in words.

    Args:
        places: The places.
    """
    named = list(dict.fromkeys(_place(place) for place in places))
    left = len(named) - _PLACES
    more = [f"and {counted(left, 'more place')}"] if left > 0 else []
    return [*named[:_PLACES], *more]


def _place(place: Origin) -> str:
    where = [PurePath(place.file or "").name, f"line {place.line}" if place.line else ""]
    return " ".join(filter(None, [f"in “{place.story}”", *where]))


def _curve(stops: Sequence[Stop]) -> str:
    first = stops[0]
    parts = [f"M{first.left:.1f} {first.y:.1f}H{first.right:.1f}"]
    for one, two in pairwise(stops):
        middle = (one.right + two.left) / 2
        bend = f"C{middle:.1f} {one.y:.1f} {middle:.1f} {two.y:.1f} {two.left:.1f} {two.y:.1f}"
        # the last piece ends inside the arrow's tip
        end = two.right - 4 if two is stops[-1] else two.right
        parts.append(f"{bend}H{end:.1f}")
    return "".join(parts)


def _tip(x: float, y: float, width: float) -> str:
    """The tip of a line that comes from the left."""
    size = 4 + width / 2
    return f"M{x - 7:.1f} {y - size:.1f}L{x:.1f} {y:.1f}L{x - 7:.1f} {y + size:.1f}Z"


def _loop(source: Mapping[str, Any], target: Mapping[str, Any], width: float) -> dict[str, str]:
    """A line that goes back, below the boxes."""
    shift = 10 if source["id"] == target["id"] else 0
    x1, y1 = source["x"] + source["w"] / 2 + shift, source["y"] + HEIGHT
    x2, y2 = target["x"] + target["w"] / 2 - shift, target["y"] + HEIGHT
    low, size = _LOOP, 4 + width / 2
    bend = f"C{x1:.1f} {y1 + low:.1f} {x2:.1f} {y2 + low:.1f} {x2:.1f} {y2 + 4:.1f}"
    tip = f"M{x2 - size:.1f} {y2 + 7:.1f}L{x2:.1f} {y2:.1f}L{x2 + size:.1f} {y2 + 7:.1f}Z"
    return {"d": f"M{x1:.1f} {y1:.1f}{bend}", "tip": tip}
