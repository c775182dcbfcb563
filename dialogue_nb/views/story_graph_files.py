"""A story graph for places without a front end: HTML tables, an SVG file, Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dialogue_nb.views.graph_layout import HEIGHT
from dialogue_nb.views.graph_text import fitting
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.story_graph import LEGEND, NOTHING, counted

LARGEST: Final = 20_000
"""So many bytes the tables take at most."""

COLORS: Final = {
    "ground": "#ffffff",
    "box": "#f7f8fa",
    "edge": "#868e9c",
    "line": "#9aa2b0",
    "text": "#1f2430",
    "muted": "#565e6d",
    "user": "#2457d6",
    "conflict": "#855900",
}
"""The colours of the widget on light ground; `shared.css` has the same ones."""

_NAME_ROOM: Final = 200
_FONT: Final = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
# neither XML nor UTF-8 can hold these at all
_UNWRITABLE: Final = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_PLAIN: Final = re.compile(r"[^\W_]|[ _]")


def story_graph_html(view: Mapping[str, Any]) -> Html:
    """The graph as an indented tree and a table of its lines, with inline styles.

    Args:
        view: What `story_graph_view` made.
    """
    if not view["nodes"]:
        return note(NOTHING)
    for rows in (60, 40, 25, 15):
        text = _tables(view, rows)
        if len(text.encode("utf-8", "replace")) <= LARGEST:
            break
    return text


def _tables(view: Mapping[str, Any], most: int) -> Html:
    depth: dict[int, int] = {}
    for node in view["nodes"]:
        depth[node["id"]] = 0 if node["parent"] is None else depth[node["parent"]] + 1
    said = {edge["to"]: edge.get("label") for edge in view["edges"] if "back" not in edge}
    rows = [
        [_indented(node, depth[node["id"]], said.get(node["id"])), f"{node['count']:,}"]
        for node in view["nodes"][:most]
    ]
    parts = [table(["steps", "dialogues"], rows, caption=f"Story graph: {view['count']}")]
    parts += _left_out(len(view["nodes"]) - len(rows), "step")
    names = {node["id"]: _name(node) for node in view["nodes"]}
    lines = [
        [names[edge["from"]], _label(edge.get("label")), names[edge["to"]], f"{edge['count']:,}"]
        for edge in view["edges"][:most]
    ]
    edges = [table(["from", "the user says", "to", "dialogues"], lines)]
    edges += _left_out(len(view["edges"]) - len(lines), "line")
    return join([*parts, tag("details", tag("summary", "Lines of the graph"), join(edges))])


def _left_out(number: int, word: str) -> list[Html]:
    return [note(f"{counted(number, 'more ' + word)} left out here")] if number else []


def _name(node: Mapping[str, Any]) -> str:
    return fitting(node["name"], _NAME_ROOM) + (" (rule)" if node.get("rule") else "")


def _label(label: Mapping[str, Any] | None) -> str:
    return fitting(label["name"], _NAME_ROOM) if label else ""


def _indented(node: Mapping[str, Any], depth: int, label: Mapping[str, Any] | None) -> Html:
    # deep chains stay in the page; without styles, the dots still tell the depth
    dots = muted("· " * min(depth, 12) + (f"({depth}) " if depth > 12 else ""))
    said = tag("b", f"{_label(label)} ", style=f"color:{COLORS['user']}") if label else ""
    marks = (" ≠" if node.get("conflict") else "") + (" ■" if node["ends"] else "")
    return tag("span", dots, said, _name(node), marks, style="white-space:nowrap")


# --- SVG ------------------------------------------------------------------------------------------


def story_graph_svg(view: Mapping[str, Any]) -> str:
    """The graph as the text of an SVG file, on light ground.

    Args:
        view: What `story_graph_view` made.
    """
    width, height = max(view["width"], 320), max(view["height"], 20) + 30
    title = f"Story graph: {view['count']}"
    parts = list(_svg_parts(view)) if view["nodes"] else [_text(14, 20, NOTHING)]
    legend = _text(14, height - 10, LEGEND, fill=COLORS["muted"], font_size=11)
    body = join([tag("title", title), _ground(width, height), *parts, legend])
    svg = tag(
        "svg", body, xmlns="http://www.w3.org/2000/svg", width=width, height=height,
        viewBox=f"0 0 {width} {height}", font_family=_FONT, font_size=12, role="img",
    )  # fmt: skip
    written = _UNWRITABLE.sub("\ufffd", svg)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _ground(width: float, height: float) -> Html:
    return tag("rect", width=width, height=height, fill=COLORS["ground"])


def _text(x: float, y: float, *content: Any, **style: Any) -> Html:
    return tag("text", *content, x=x, y=y, **({"fill": COLORS["text"]} | style))


def _svg_parts(view: Mapping[str, Any]) -> Iterator[Html]:
    bold = {"font_size": 11, "font_weight": 600, "fill": COLORS["muted"]}
    for band in view["bands"]:
        yield _text(14, band["y"], band["text"], **bold)
    for edge in view["edges"]:
        dash = "4 3" if "back" in edge else None
        yield tag(
            "path", d=edge["d"], fill="none", stroke=COLORS["line"], stroke_width=edge["width"],
            stroke_opacity="0.75", stroke_dasharray=dash,
        )  # fmt: skip
        yield tag("path", d=edge["tip"], fill=COLORS["line"])
    for edge in view["edges"]:
        label = edge.get("label")
        if label:
            full = tag("title", label["name"])
            yield _text(
                label["at"]["x"], label["at"]["y"], full, label["text"],
                fill=COLORS["user"], font_size=11, font_weight=600,
            )  # fmt: skip
    for node in view["nodes"]:
        yield from _svg_node(node)


def _svg_node(node: Mapping[str, Any]) -> Iterator[Html]:
    x, y = node["x"], node["y"]
    conflict = node.get("conflict")
    color = COLORS["conflict"] if conflict else COLORS["edge"]
    yield tag(
        "rect", tag("title", " · ".join(node["says"])), x=x, y=y, width=node["w"], height=HEIGHT,
        rx=node["round"], fill=COLORS["ground" if node["kind"] == "fold" else "box"],
        stroke=color, stroke_width=2 if conflict else 1,
        stroke_dasharray="4 3" if node.get("rule") else None,
    )  # fmt: skip
    number = node["number"]
    count = tag("tspan", number, dx=6, fill=COLORS["muted"], font_size=11) if number else ""
    mark = tag("tspan", "≠", fill=COLORS["conflict"], font_weight=700) if conflict else ""
    yield _text(x + 10, y + 16, mark, tag("tspan", node["text"], dx=6 if conflict else 0), count)
    if node["ends"]:
        yield tag("rect", x=x + node["w"] - 13, y=y + 9, width=6, height=6, fill=COLORS["text"])


# --- Mermaid --------------------------------------------------------------------------------------


def story_graph_mermaid(view: Mapping[str, Any]) -> str:
    """The graph as a flowchart of Mermaid.

    Args:
        view: What `story_graph_view` made.
    """
    lines = ["flowchart LR"]
    rules = [node for node in view["nodes"] if node.get("rule")]
    for node in view["nodes"]:
        if not node.get("rule"):
            lines.append(f"  {_mermaid_node(node)}")
    if rules:
        lines += [
            '  subgraph rules ["Rules"]',
            *(f"    {_mermaid_node(n)}" for n in rules),
            "  end",
        ]
    for edge in view["edges"]:
        label = edge.get("label")
        words = f'|"{mermaid_text(label["name"])}"|' if label else ""
        line = "-.->" if "back" in edge else "-->"
        lines.append(f"  {_mermaid_id(edge['from'])} {line}{words} {_mermaid_id(edge['to'])}")
    return "\n".join(lines) + "\n"


def _mermaid_id(number: int) -> str:
    return f"n{number}" if number >= 0 else f"more{-number - 1}"


def _mermaid_node(node: Mapping[str, Any]) -> str:
    marks = ("≠ " if node.get("conflict") else "", " ■" if node["ends"] else "")
    text = mermaid_text(f"{marks[0]}{node['name']}{marks[1]}")
    left, right = ("([", "])") if node["kind"] in ("start", "fold") else ("[", "]")
    return f'{_mermaid_id(node["id"])}{left}"{text}"{right}'


def mermaid_text(text: str) -> str:
    """A text for use between the quotes of Mermaid: everything that could mean something is coded.

    Args:
        text: The text.

    Example:
        >>> mermaid_text('a "quoted" <b>')
        'a #34;quoted#34; #60;b#62;'
    """
    shown = fitting(text, 2000)
    coded = (c if _PLAIN.fullmatch(c) else f"#{ord(c)};" for c in shown)
    return _UNWRITABLE.sub("#65533;", "".join(coded)) or " "
