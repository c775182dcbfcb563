"""Walking the story graph in phases, as Rasa does.

What walks can be dialogues (`dialogue_builder`), or only their number (`count_dialogues`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from dialogue_nb.stories.graph import STORY_START, StoryGraph, StoryStep
from dialogue_nb.stories.steps import Checkpoint

Bag = TypeVar("Bag", list[Any], int)
Arrivals = list[tuple[Checkpoint, Any]]


class Traveller(Protocol[Bag]):
    """What goes through the story graph: dialogues, or only their number."""

    def arrive(self, step: StoryStep, arrivals: Arrivals) -> Bag:
        """What of the arrivals goes on into the step."""

    def travel(self, step: StoryStep, incoming: Bag) -> Bag:
        """What comes out at the step's end."""


def walk(
    graph: StoryGraph, steps: Sequence[StoryStep], active: dict[str, Bag], by: Traveller[Bag]
) -> set[str]:
    """Sends travellers through the steps until no checkpoint is newly reached.

    Args:
        graph: The graph, without cycles.
        steps: Its steps in order; those of stories, or those of rules.
        active: Who waits at each checkpoint, a defaultdict; at first only at `STORY_START`. At the
            end it holds those that wait where nobody goes on.
        by: The traveller.

    Returns:
        The checkpoints that lead nowhere or come from nowhere.
    """
    used: set[str] = set()
    previous: set[str] = set()
    while True:
        unused = _phase(graph, steps, active, by, used)
        unused |= {name for name in active if name not in used}
        for name in list(active):
            if name not in unused or name == STORY_START:
                del active[name]
        if unused == previous or not any(active.values()):
            return unused - used
        previous = unused


def _phase(
    graph: StoryGraph,
    steps: Sequence[StoryStep],
    active: dict[str, Bag],
    by: Traveller[Bag],
    used: set[str],
) -> set[str]:
    """Once through all steps; returns the checkpoints that still have something to do."""
    unused: set[str] = set()
    for step in steps:
        arrivals = [(start, active[start.name]) for start in step.starts if active[start.name]]
        used |= {start.name for start, _ in arrivals}
        unused |= {start.name for start in step.starts if start.name not in used}
        incoming = by.arrive(step, arrivals)
        if not incoming:
            continue
        outgoing = by.travel(step, incoming)
        for end in step.ends:
            name = graph.sources.get(end, end)
            active[name] += outgoing
            if name in used:
                # who arrives after the checkpoint's turn goes on in the next phase
                unused.add(name)
    return unused


class _Counting:
    """Counts dialogues without making them: an upper bound, duplicates and conditions aside."""

    def __init__(self) -> None:
        self.passing: Counter[str] = Counter()
        self.total = 0

    def arrive(self, step: StoryStep, arrivals: Arrivals) -> int:
        return sum(count for _, count in arrivals)

    def travel(self, step: StoryStep, incoming: int) -> int:
        for end in step.ends:
            self.passing[end] += incoming
        if not step.ends:
            self.total += incoming
        return incoming


def count_dialogues(graph: StoryGraph, steps: Sequence[StoryStep]) -> tuple[int, Counter[str]]:
    """How many dialogues the steps make at most, before any is made.

    Args:
        graph: The graph, without cycles.
        steps: Its steps in order.

    Returns:
        The number (duplicates and conditions of checkpoints are not looked at), and how many pass
        each checkpoint.
    """
    counting = _Counting()
    walk(graph, steps, defaultdict(int, {STORY_START: 1}), counting)
    return counting.total, counting.passing
