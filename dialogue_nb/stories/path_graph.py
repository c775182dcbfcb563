"""All training dialogues as one graph: which paths exist, and which a policy can tell apart.

Exact, it is a prefix tree: dialogues go together as long as their states and actions are the same.
Merged, two moments are one node when the last states before them are the same: a policy with that
`max_history` sees no difference, however the dialogues began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dialogue_nb.core.events import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from dialogue_nb.stories.said import happened_before
from dialogue_nb.stories.training_data import Origin, TrainingData, TrainingTracker

MOST_PLACES: Final = 50
"""How many lines of stories a node remembers."""

MOST_EXAMPLES: Final = 5
"""How many ways of saying it an edge remembers."""


@dataclass(frozen=True)
class PathNode:
    """A moment: something is done in a state.

    Args:
        number: Its place among the nodes; parents come before their children.
        kind: "start", "action", "listen" (the bot waits for the user) or "anything" (in a rule:
            whatever went before).
        action: The action, "" for a start.
        parent: The node that it was first reached from, None for a start.
        count: How many dialogues pass it.
        ends: How many dialogues end with it.
        is_rule: Whether rules made it; stories and rules share no node.
        places: Where it was written, the first `MOST_PLACES`.
        others: What else is done in the same situation: after the same dialogue, or, merged, after
            the same last states.
    """

    number: int
    kind: str
    action: str = ""
    parent: int | None = None
    count: int = 0
    ends: int = 0
    is_rule: bool = False
    places: tuple[Origin, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class PathEdge:
    """What led from one moment to the next.

    Args:
        source: The number of the node before.
        target: The number of the node after.
        count: How many dialogues go this way.
        said: What the user said or what was set, in a few words; "" for nothing.
        examples: The same with the values, in up to `MOST_EXAMPLES` variations.
    """

    source: int
    target: int
    count: int
    said: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """One dialogue.

    Args:
        name: The name of its story; a number is added where several dialogues have the same.
        nodes: The numbers of its nodes, the start first.
        is_rule: Whether a rule made it.
        places: Where each node was written, None for the start.
    """

    name: str
    nodes: tuple[int, ...]
    is_rule: bool = False
    places: tuple[Origin | None, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class PathGraph:
    """The graph.

    Args:
        nodes: The nodes by number.
        edges: The edges, those of the first dialogues first.
        paths: The dialogues.
        max_history: How many last states are compared; None for all of them.
        merged: Whether nodes are equal by their last states; else by all that went before.
    """

    nodes: tuple[PathNode, ...]
    edges: tuple[PathEdge, ...]
    paths: tuple[Path, ...]
    max_history: int | None = None
    merged: bool = False

    def path(self, name: str) -> Path | None:
        """The dialogue with a name, None when there is none."""
        return next((path for path in self.paths if path.name == name), None)


@dataclass
class _Node:
    """A node while the dialogues are read."""

    kind: str
    action: str
    parent: int | None
    is_rule: bool
    window: Any = None
    count: int = 0
    ends: int = 0
    places: dict[Origin, None] = field(default_factory=dict)


@dataclass
class _Edge:
    """An edge while the dialogues are read."""

    said: str
    count: int = 0
    has_others: bool = False
    examples: dict[str, None] = field(default_factory=dict)


def path_graph(
    data: TrainingData, *, merged: bool = False, max_history: int | None = 5
) -> PathGraph:
    r"""Makes the graph of training dialogues. What augmentation glued is left out.

    Args:
        data: The dialogues.
        merged: Whether moments with the same last states are one node.
        max_history: Merged only: how many last states; None for all of them.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> text = "## a\n* greet\n - utter_hi\n* bye\n - utter_bye\n## b\n* greet\n - utter_hi\n"
        >>> text += "* thank\n - utter_fine"
        >>> domain = Domain.from_yaml("{intents: [greet, bye, thank], "
        ...                           "actions: [utter_hi, utter_bye, utter_fine]}")
        >>> graph = path_graph(generate(parse_stories(text)[0], domain))
        >>> [(node.action, node.count) for node in graph.nodes if node.kind == "action"]
        [('utter_hi', 2), ('utter_bye', 1), ('utter_fine', 1)]
    """
    return _Builder(merged, max_history).built([*data.originals, *data.rules])


class _Builder:
    def __init__(self, merged: bool, max_history: int | None) -> None:
        self.merged = merged
        self.max_history = max_history if merged else None
        self.keys: dict[Any, int] = {}
        self.nodes: list[_Node] = []
        self.edges: dict[tuple[int, int], _Edge] = {}
        self.actions: dict[Any, dict[str, None]] = defaultdict(dict)

    def built(self, trackers: Iterable[TrainingTracker]) -> PathGraph:
        paths: list[Path] = []
        used: dict[str, int] = defaultdict(int)
        for tracker in trackers:
            name = _unused(tracker.name or "(no name)", used)
            paths.append(self._walk(tracker, name))
        nodes = tuple(self._node(i, node) for i, node in enumerate(self.nodes))
        edges = tuple(
            PathEdge(source, target, edge.count, _joined(edge), tuple(edge.examples))
            for (source, target), edge in self.edges.items()
        )
        return PathGraph(nodes, edges, tuple(paths), self.max_history, self.merged)

    def _walk(self, tracker: TrainingTracker, name: str) -> Path:
        is_rule = tracker.is_rule_tracker
        here = self._number(("start", is_rule), "start", "", None, is_rule)
        numbers, places = [here], [None, *tracker.origins]
        crossed: dict[tuple[int, int], None] = {}
        before = happened_before(tracker)
        for i, action in enumerate(tracker.actions):
            window = self._window(tracker.state_ids, i)
            key = (is_rule, window, action) if self.merged else (here, window, action)
            there = self._number(key, _kind(action), action, here, is_rule)
            if tracker.predictable[i]:
                situation = (is_rule, window) if self.merged else (here, window)
                self.nodes[there].window = situation
                self.actions[situation][action] = None
            self._say((here, there), *before[i], first=(here, there) not in crossed)
            crossed[here, there] = None
            here = there
            numbers.append(here)
        for number, place in zip(numbers, places, strict=False):
            node = self.nodes[number]
            if place is not None and len(node.places) < MOST_PLACES:
                node.places[place] = None
        for number in set(numbers):
            self.nodes[number].count += 1
        self.nodes[here].ends += 1
        return Path(name, tuple(numbers), is_rule, tuple(places))

    def _window(self, ids: Sequence[int], i: int) -> Any:
        if not self.merged:
            return ids[i]
        first = 0 if self.max_history is None else max(0, i + 1 - self.max_history)
        return tuple(ids[first : i + 1])

    def _number(self, key: Any, kind: str, action: str, parent: int | None, is_rule: bool) -> int:
        if key not in self.keys:
            self.keys[key] = len(self.nodes)
            self.nodes.append(_Node(kind, action, parent, is_rule))
        return self.keys[key]

    def _say(self, way: tuple[int, int], said: str, whole: str, *, first: bool) -> None:
        edge = self.edges.setdefault(way, _Edge(said))
        edge.count += first
        edge.has_others |= said != edge.said
        if whole and len(edge.examples) < MOST_EXAMPLES:
            edge.examples[whole] = None

    def _node(self, number: int, node: _Node) -> PathNode:
        others = () if node.window is None else tuple(self.actions[node.window])
        return PathNode(
            number, node.kind, node.action, node.parent, node.count, node.ends, node.is_rule,
            tuple(node.places), tuple(name for name in others if name != node.action),
        )  # fmt: skip


def _kind(action: str) -> str:
    kinds = {ACTION_LISTEN_NAME: "listen", RULE_SNIPPET_ACTION_NAME: "anything"}
    return kinds.get(action, "action")


def _joined(edge: _Edge) -> str:
    return f"{edge.said or 'nothing'} or …" if edge.has_others else edge.said


def _unused(name: str, used: dict[str, int]) -> str:
    """The name, with a number behind it if it was used before."""
    wanted = name
    while used[wanted]:
        used[name] += 1
        wanted = f"{name} ({used[name]})"
    used[wanted] += 1
    return wanted
