"""Stories cut into steps, and the graph that checkpoints make of them.

A story is cut where a checkpoint or an OR stands. The pieces (`StoryStep`) are joined again by the
names of their checkpoints; OR makes a checkpoint of its own. Cycles are opened so that a loop is
walked once per phase of generation, as Rasa does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    Event,
    UserUttered,
)
from dialogue_nb.core.showing import Showable
from dialogue_nb.stories.steps import Alternatives, Checkpoint, Line, Story

STORY_START: Final = "STORY_START"
GENERATED_PREFIX: Final = "GENR_"


@dataclass(frozen=True)
class StoryStep:
    """A piece of a story between two checkpoints.

    Args:
        number: Its place among all steps, counted from 0; names it within its graph.
        story: The story (or rule) it comes from.
        events: What happens in it, with the line of each.
        starts: The checkpoints it can start from; `STORY_START` for the start of a conversation.
        ends: The names of the checkpoints it leads to; none when the story is over.
    """

    number: int
    story: Story
    events: tuple[tuple[Event, int | None], ...] = ()
    starts: tuple[Checkpoint, ...] = (Checkpoint(STORY_START),)
    ends: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its story."""
        return self.story.name

    @property
    def begins_conversation(self) -> bool:
        """Whether a conversation can begin with it."""
        return any(start.name == STORY_START for start in self.starts)

    def explicit_events(self) -> list[tuple[Event, int | None]]:
        """The events with every `action_listen` that stories leave out, and the line of each.

        The first action of a conversation that no user message came before is marked as
        unpredictable: there is nothing to learn it from.
        """
        made: list[tuple[Event, int | None]] = []
        first = self.begins_conversation
        for event, line in self.events:
            if isinstance(event, UserUttered):
                _listen(made, line)
                first = False
            elif first and isinstance(event, ActionExecuted):
                event, first = replace(event, unpredictable=True), False
            made.append((event, line))
        if not self.ends:
            _listen(made, made[-1][1] if made else self.story.line)
        return made


def _listen(made: list[tuple[Event, int | None]], line: int | None) -> None:
    last = made[-1][0] if made else None
    if not (isinstance(last, ActionExecuted) and last.action_name == ACTION_LISTEN_NAME):
        made.append((ActionExecuted(ACTION_LISTEN_NAME), line))


@dataclass
class _Cut:
    """The pieces of one story while it is read."""

    story: Story
    number: int
    done: list[StoryStep] = field(default_factory=list)
    open: list[StoryStep] = field(default_factory=list)
    starts: list[Checkpoint] = field(default_factory=list)

    def new_step(self, starts: Iterable[Checkpoint]) -> StoryStep:
        return StoryStep(0, self.story, starts=tuple(starts) or (Checkpoint(STORY_START),))

    def continued(self) -> list[StoryStep]:
        """The steps that go on: those that ended at a checkpoint are put away."""
        ended = [step for step in self.open if step.ends]
        going = [step for step in self.open if not step.ends]
        self.done += ended
        if going:
            return going
        if not ended:
            return [self.new_step(self.starts)]
        names = dict.fromkeys(name for step in ended for name in step.ends)
        return [self.new_step(Checkpoint(name) for name in names)]

    def add(self, events: Sequence[Event], line: int | None) -> None:
        marked = tuple((event, line) for event in events)
        self.open = [replace(step, events=step.events + marked) for step in self.continued()]

    def add_alternatives(self, item: Alternatives, place: int) -> None:
        end = f"{GENERATED_PREFIX}OR_{self.number}_{place}"
        self.open = [
            replace(step, events=(*step.events, (event, item.line)), ends=(end,))
            for step in self.continued()
            for event in item.events
        ]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        if not self.open and not self.done:
            self.starts.append(checkpoint)
            return
        # a second end checkpoint in a row: a copy of the step leads there
        copies = [replace(s, ends=(checkpoint.name,)) for s in self.open if s.ends]
        self.open = [s if s.ends else replace(s, ends=(checkpoint.name,)) for s in self.open]
        self.open += copies


def story_steps(story: Story, number: int = 0) -> list[StoryStep]:
    """Cuts one story at its checkpoints and ORs.

    Args:
        story: A story or a rule.
        number: Its place among all stories; makes the names of its OR checkpoints its own.

    Returns:
        Its steps, all numbered 0: `StoryGraph` numbers them. A story without events has none.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> either = Alternatives((UserUttered.of("yes"), UserUttered.of("sure")))
        >>> story = Story("agree", (either, Line((ActionExecuted("utter_fine"),))))
        >>> [(len(step.events), step.ends) for step in story_steps(story)]
        [(1, ('GENR_OR_0_0',)), (1, ('GENR_OR_0_0',)), (1, ())]
    """
    cut = _Cut(story, number)
    snippet = ActionExecuted(RULE_SNIPPET_ACTION_NAME)
    for condition in story.conditions:
        cut.add(condition.events, condition.line)
    if story.is_rule and not story.conversation_start:
        cut.add([snippet], story.line)
    for place, item in enumerate(story.items):
        match item:
            case Line(events=events, line=line):
                cut.add(events, line)
            case Alternatives():
                cut.add_alternatives(item, place)
            case Checkpoint():
                cut.add_checkpoint(item)
    if story.is_rule and not story.wait_for_user_input:
        cut.add([snippet], story.line)
    if story.items and isinstance(story.items[-1], Alternatives):
        # nothing follows the OR, so the story is over there (Rasa drops such a piece instead)
        cut.open = [replace(step, ends=()) for step in cut.open]
    return cut.done + cut.open


class StoryGraph(Showable):
    """The steps of all stories, joined by their checkpoints.

    Args:
        steps: The steps; they are numbered in this order.
        sources: For opened cycles: the checkpoint at which a step that ends at the key goes on.

    Example:
        >>> hello = Story("hello", (Line((ActionExecuted("utter_hi"),)),))
        >>> [step.name for step in StoryGraph.from_stories([hello]).ordered_steps()]
        ['hello']
    """

    def __init__(
        self, steps: Iterable[StoryStep], sources: Mapping[str, str] | None = None
    ) -> None:
        self.steps: tuple[StoryStep, ...] = tuple(steps)
        self.sources: Mapping[str, str] = dict(sources or {})

    @classmethod
    def from_stories(cls, stories: Iterable[Story]) -> StoryGraph:
        """The graph of stories and rules; each step is numbered in the order of the stories."""
        cut = (step for i, story in enumerate(stories) for step in story_steps(story, i))
        return cls(replace(step, number=n) for n, step in enumerate(cut))

    @property
    def checkpoint_names(self) -> list[str]:
        """The checkpoints that somebody wrote, in order of appearance."""
        names = [
            name
            for step in self.steps
            for name in (*(start.name for start in step.starts), *step.ends)
        ]
        made = (STORY_START, GENERATED_PREFIX)
        return [name for name in dict.fromkeys(names) if not name.startswith(made)]

    def successors(self) -> dict[int, list[int]]:
        """For each step, the steps that can follow it, by number."""
        starting = defaultdict(list)
        for step in self.steps:
            for start in step.starts:
                starting[start.name].append(step.number)
        return {
            step.number: sorted({n for end in step.ends for n in starting[end]})
            for step in self.steps
        }

    def ordered_steps(self) -> list[StoryStep]:
        """The steps in an order in which each comes after those that lead to it, cycles aside."""
        by_number = {step.number: step for step in self.steps}
        return [by_number[n] for n in self._walk()[0]]

    def cyclic_edges(self) -> list[tuple[int, int]]:
        """The edges (from, to) that close a cycle, by step number."""
        return sorted(self._walk()[1])

    def _walk(self) -> tuple[list[int], set[tuple[int, int]]]:
        graph = self.successors()
        return depth_first(graph, sorted(graph, reverse=True))

    def with_cycles_removed(self) -> StoryGraph:
        """A graph without cycles in which each loop can still be walked, once per phase.

        The edge that closes a cycle is cut: the step before it ends at a *sink*, and the step after
        it starts from a *source*, which `sources` joins to the sink for the next phase. Other steps
        that started from the same checkpoint are reached through a *connector*.
        """
        steps = {step.number: step for step in self.steps}
        sources = dict(self.sources)
        cut: set[str] = set()
        for i, (before, after) in enumerate(self.cyclic_edges()):
            shared = {start.name for start in steps[after].starts} & set(steps[before].ends)
            cut |= shared
            sink, connector, source = (
                f"{GENERATED_PREFIX}CYCL_{part}_{i}" for part in ("SINK", "CONN", "SRC")
            )
            sources[sink] = source
            ends = tuple(end for end in steps[before].ends if end not in shared)
            needs_connector = False
            for number, step in steps.items():
                name = source if number == after else connector
                more = [
                    Checkpoint(name, start.conditions)
                    for start in step.starts
                    if start.name in shared
                ]
                if more:
                    needs_connector |= number != after
                    unique = [c for i, c in enumerate(more) if c not in more[:i]]
                    steps[number] = replace(step, starts=(*step.starts, *unique))
            extra = (sink, connector) if needs_connector else (sink,)
            steps[before] = replace(steps[before], ends=(*ends, *extra))
        return StoryGraph(_without_unused(steps.values(), cut, sources), sources)


def _without_unused(
    steps: Iterable[StoryStep], cut: set[str], sources: Mapping[str, str]
) -> list[StoryStep]:
    """Drops the checkpoints that opening the cycles left unused, and steps that had no others."""
    steps = list(steps)
    started = {start.name for step in steps for start in step.starts}
    ended = {sources.get(end, end) for step in steps for end in step.ends}
    unused = started ^ (ended | {STORY_START})
    kept = []
    for step in steps:
        starts = tuple(s for s in step.starts if s.name not in unused & cut)
        made = {end for end in step.ends if end.startswith(GENERATED_PREFIX)}
        ends = tuple(end for end in step.ends if end not in unused & made)
        if starts and (ends or not step.ends):
            kept.append(replace(step, starts=starts, ends=ends))
    return kept


def depth_first(
    graph: Mapping[int, Sequence[int]], roots: Iterable[int]
) -> tuple[list[int], set[tuple[int, int]]]:
    """Walks a graph depth first, each node once.

    It is iterative, so that chains of thousands of checkpoints do not exhaust the stack.

    Args:
        graph: For each node those that follow it; a node may be missing if none does.
        roots: Where to begin, in this order; what was seen before is passed over.

    Returns:
        The nodes, each before those that follow it, cycles aside, and the edges that close cycles.

    Example:
        >>> depth_first({1: [2, 3], 2: [3], 3: [1]}, [1])
        ([1, 2, 3], {(3, 1)})
    """
    ordered: list[int] = []
    closing: set[tuple[int, int]] = set()
    state: dict[int, str] = {}
    for root in roots:
        if root in state:
            continue
        state[root] = "open"
        stack = [(root, iter(graph.get(root, ())))]
        while stack:
            node, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                state[node] = "closed"
                ordered.append(node)
            elif child not in state:
                state[child] = "open"
                stack.append((child, iter(graph.get(child, ()))))
            elif state[child] == "open":
                closing.add((node, child))
    return ordered[::-1], closing
