"""`StoryGraph`: all stories as one graph, to walk through, search, and compare with a policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any

import traitlets

from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.stories.path_graph import PathGraph, path_graph
from dialogue_nb.stories.training_data import Origin, TrainingData
from dialogue_nb.views.graph_folds import Outline
from dialogue_nb.views.html import Html
from dialogue_nb.views.story_graph import counts_of, story_graph_view
from dialogue_nb.views.story_graph_data import Source, story_graph_data
from dialogue_nb.views.story_graph_files import (
    story_graph_html,
    story_graph_mermaid,
    story_graph_svg,
)
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.offline import OfflinePart
from dialogue_nb.widgets.source_view import SourceView

MOST_IN_FILES = 3_000
"""A file without a kernel cannot open folds, so it shows so many boxes at once."""


class StoryGraph(SourceView):
    r"""All stories as one graph: boxes for what the bot does, lines for what the user says.

    Exact, it shows the paths that exist: dialogues part where they differ for the first time.
    Merged, it shows what a policy with a `max_history` can tell apart: two moments are one box when
    the last states before them are the same. Rules are drawn apart.

    A box is selected with a click or the arrow keys, a story from the list; `selection` is then
    `{"node": number, "path": name}`.

    Args:
        stories: Stories and rules, a `Project`, training data, or a path to read them from.
        domain: The domain of the stories; by default one made of the names that they use.
        merged: Whether moments with the same last states are one box.
        max_history: Merged only: how many last states; None for all of them.
        key: See `View`.

    Attributes:
        graph: The `PathGraph` that is shown.
        data: The dialogues that it was made from.

    Raises:
        StoryError: If stories cannot be read.
        GenerationBudgetError: If the stories make too many dialogues.

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories("## a\n* greet OR hi\n  - utter_hi\n")
        >>> graph = StoryGraph(stories)
        >>> graph.summary
        'Story graph: 2 dialogues · 2 steps'
        >>> print(graph.to_mermaid().splitlines()[1])
          n0(["start"])
        >>> graph.close()
    """

    _esm = read_static("shared.js", "story_graph.js")
    _css = read_static("shared.css", "story_graph.css")
    merged = traitlets.Bool().tag(sync=True)
    max_history = traitlets.Int(5, allow_none=True, min=1).tag(sync=True)
    from_browser = ("selection", "merged", "max_history")

    def __init__(
        self,
        stories: Source = (),
        domain: Domain | None = None,
        *,
        merged: bool = False,
        max_history: int | None = 5,
        key: str | None = None,
    ) -> None:
        data = story_graph_data(stories, domain)
        super().__init__(key=key, merged=merged, max_history=max_history)
        self.domain = domain
        self._source = stories
        self._opened: dict[int, int] = {}
        self._show(data)
        self.observe(lambda _: self._remake(), ["merged", "max_history"])
        self.observe(lambda _: self._follow(), "selection")

    @classmethod
    def of_agent(cls, agent: Any, stories: Source, **options: Any) -> StoryGraph:
        """The graph of stories as an agent sees them: its domain, and its longest `max_history`.

        Args:
            agent: The agent.
            stories: The stories; an agent does not keep those that it learnt from.
            **options: As for `StoryGraph`.
        """
        lengths = [getattr(policy, "max_history", None) for policy in agent.policies]
        known = [length for length in lengths if length]
        options = {"max_history": max(known, default=5)} | options
        return cls(stories, agent.domain, **options)

    # --- what is shown --------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """What the graph is made of; setting something else shows that."""
        return self._source

    @source.setter
    def source(self, source: Source) -> None:
        with self.lock:
            self._source = source
            self.refresh()

    def refresh(self) -> None:
        """Looks at the stories anew; what goes wrong is shown in the widget."""
        with self.lock, self.errors_shown("refresh"):
            self._show(story_graph_data(self._source, self.domain))

    def _show(self, data: TrainingData) -> None:
        self.data = data
        self._remake()

    def _remake(self) -> None:
        with self.lock, self.hold_sync():
            self.graph: PathGraph = path_graph(
                self.data, merged=self.merged, max_history=self.max_history
            )
            self._outline = Outline(self.graph)
            self._opened = {}
            if self.selection.get("node") is not None:  # numbers mean something else now
                self.selection = {**self.selection, "node": None}
            self._draw()

    def _draw(self) -> None:
        self.view = story_graph_view(
            self.graph, outline=self._outline, opened=self._opened, needed=self._needed()
        ) | {"opened": bool(self._opened)}

    def _needed(self) -> list[int]:
        """What the selection needs to be shown."""
        path = self.graph.path(str(self.selection.get("path") or ""))
        needed = list(path.nodes) if path is not None else []
        node = self.selection.get("node")
        if isinstance(node, int) and 0 <= node < len(self.graph.nodes):
            needed.append(node)
        return needed

    def _follow(self) -> None:
        """Shows what is selected, if it is folded away."""
        with self.lock, self.errors_shown("select"):
            box = self._outline.home.get(self.selection.get("node"))  # type: ignore[arg-type]
            if box not in (None, self.selection.get("node")):
                self.selection = {**self.selection, "node": box}
                return
            seen = {node["id"] for node in self.view["nodes"]}
            home = self._outline.home
            if any(home[number] not in seen for number in self._needed()):
                self._draw()

    # --- what a person does ---------------------------------------------------------------------

    def select_path(self, name: str | None, node: int | None = None) -> None:
        """Selects a story.

        Args:
            name: Its name; None for no story.
            node: A box to select in it.

        Raises:
            UnknownNameError: If there is no such story.
        """
        if name is not None and self.graph.path(name) is None:
            hint = did_you_mean(name, [path.name for path in self.graph.paths])
            raise UnknownNameError(f"Expected the name of a story, got '{name}'. {hint}".strip())
        self.selection = {**self.selection, "path": name, "node": node}

    def search(self, text: str) -> list[int]:
        """The boxes with a text in their name or in what the user says before them.

        Args:
            text: What to look for, in any case.
        """
        wanted = text.strip().casefold()
        if not wanted:
            return []
        found = {n for n in self._outline.parent if wanted in self.graph.nodes[n].action.casefold()}
        for edge in self._outline.edges:
            if any(wanted in words.casefold() for words in (edge.said, *edge.examples)):
                found.add(edge.target)
        return sorted(found)

    def places(self, node: int) -> tuple[Origin, ...]:
        """The lines of stories that made a box; that of the selected story first.

        Args:
            node: The number of the box.
        """
        found = self.graph.nodes[node].places
        path = self.graph.path(str(self.selection.get("path") or ""))
        if path is not None and node in path.nodes:
            own = path.places[path.nodes.index(node)]
            found = found if own is None else (own, *(place for place in found if place != own))
        return found

    def answer_source(self, node: int) -> dict[str, Any]:
        """A box was clicked: whoever asked is told where it was written."""
        places = self.places(node) if 0 <= node < len(self.graph.nodes) else ()
        for place in places[:1]:
            self.tell_source(place.file, place.line, place.story)
        return {"places": [[place.file, place.line, place.story] for place in places]}

    def answer_open(self, node: int) -> dict[str, Any]:
        """The fold behind a box is to be opened; the first box that was in it is answered."""
        known = {box["id"] for box in self.view["nodes"]}
        if node not in known:
            raise UnknownNameError(f"Expected a box that is shown, got {node}.")
        self._opened[node] = self._opened.get(node, 0) + 1
        self._draw()
        new = [b["id"] for b in self.view["nodes"] if b["parent"] == node and b["id"] not in known]
        return {"first": new[0] if new else node}

    def answer_fold(self) -> None:
        """All that was opened is to be folded again."""
        self._opened = {}
        with self.hold_sync():
            self.selection = {**self.selection, "node": None, "path": None}
            self._draw()

    def answer_mode(self, merged: bool, max_history: int | None = None) -> None:
        """The graph is to be shown exact or merged."""
        with self.hold_trait_notifications():
            self.merged, self.max_history = merged, max_history

    def answer_search(self, text: str, step: int = 0) -> dict[str, Any]:
        """Searches in what is folded too; with a step, the next or previous find is selected."""
        found = self.search(text)
        node = self.selection.get("node")
        if step and found:
            later = [n for n in found if step > 0 and n > (-1 if node is None else node)]
            earlier = [n for n in found if step < 0 and node is not None and n < node]
            node = later[0] if later else earlier[-1] if earlier else found[0 if step > 0 else -1]
            self.selection = {**self.selection, "node": node}
        at = found.index(node) + 1 if node in found else 0
        return {"count": len(found), "at": at}

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """How large the graph is."""
        length = self.max_history
        how = "all states" if length is None else f"the last {length} states"
        how = "the last state" if length == 1 else how
        return f"Story graph: {counts_of(self.graph)}{f', merged by {how}' if self.merged else ''}"

    def html(self) -> Html:
        """The graph as an indented tree and a table of its lines."""
        return story_graph_html(self.view)

    def figure(self) -> Any:
        """What is shown, as a matplotlib figure."""
        from dialogue_nb.views.story_graph_figure import story_graph_figure

        return story_graph_figure(self.view)

    def to_svg(self, path: str | FilePath | None = None) -> str:
        """What is shown, as the text of an SVG file.

        Args:
            path: Where to write it, too.
        """
        text = story_graph_svg(self.view)
        if path is not None:
            FilePath(path).write_text(text, encoding="utf-8")
        return text

    def to_mermaid(self) -> str:
        """What is shown, as a flowchart of Mermaid."""
        return story_graph_mermaid(self.view)

    def offline_parts(self) -> Sequence[OfflinePart]:
        """The graph both exact and merged, with nothing folded unless it is very large."""
        part = self.offline_part()
        modes = {}
        for name, merged in (("exact", False), ("merged", True)):
            graph = path_graph(self.data, merged=merged, max_history=self.max_history)
            modes[name] = story_graph_view(graph, needed=_first(graph, MOST_IN_FILES))
        state = {**part.state, "view": modes["merged" if self.merged else "exact"], "modes": modes}
        return [OfflinePart(part.esm, part.css, state)]


def _first(graph: PathGraph, most: int) -> Iterable[int]:
    """The nodes that a file shows."""
    return (node.number for node in graph.nodes[:most])
