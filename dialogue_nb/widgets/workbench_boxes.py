"""The panes of the workbench in boxes of ipywidgets; `workbench.css` says where they stand."""

from __future__ import annotations

from typing import Any

from ipywidgets import Box, HBox, VBox


def boxes_of(bench: Any) -> list[Box]:
    """The boxes of a workbench, from top to bottom.

    Args:
        bench: A `Workbench` that has all its views.
    """

    def pane(name: str) -> Box:
        return _named(VBox([getattr(bench, name)]), "pane", name)

    top = _named(HBox([pane("chat"), pane("confidence")]), "top")
    right = _named(VBox([top, pane("timeline"), pane("features")]), "right")
    return [
        _named(HBox([bench.bar, bench.training.run_control]), "head"),
        _named(HBox([pane("editor"), right]), "body"),
        pane("rules"),
        pane("training"),
        pane("graph"),
        pane("conversations"),
    ]


def boxes_in(box: Box) -> list[Box]:
    """All boxes inside a box, the inner ones first."""
    inner = [child for child in box.children if isinstance(child, Box)]
    return [deep for child in inner for deep in (*boxes_in(child), child)]


def _named(box: Box, *names: str) -> Box:
    for name in names:
        box.add_class(f"dn-workbench__{name}")
    return box
