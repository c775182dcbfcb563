"""dialogue_nb times single decisions of the whole ensemble, and many in one batch.

usage: ours_prediction.py MODEL STORIES COUNT BATCH
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence

from dialogue_nb.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.training_data import TrainingTracker


def beginnings(
    dialogues: Sequence[TrainingTracker], domain: Domain
) -> Iterator[DialogueStateTracker]:
    """Conversations as they were before each action, over and over, each a new object."""
    while True:
        for dialogue in dialogues:
            for end, event in enumerate(dialogue.events):
                if isinstance(event, ActionExecuted) and end:
                    yield DialogueStateTracker("probe", domain.slots, dialogue.events[:end])


def main(model: str, stories: str, count: str, batch: str) -> None:
    agent = Agent.load(model)
    data = agent.load_data(stories, augmentation_factor=0)
    probes = beginnings(data.originals, agent.domain)
    seconds = []
    for tracker in itertools.islice(probes, int(count)):
        start = time.perf_counter()
        agent.ensemble.decide(tracker, agent.domain)
        seconds.append(time.perf_counter() - start)
    many = list(itertools.islice(probes, int(batch)))
    start = time.perf_counter()
    decisions = agent.ensemble.decide_batch(many, agent.domain)
    in_a_batch = time.perf_counter() - start
    report = {"seconds_each": seconds[10:], "batch": len(decisions), "seconds_batch": in_a_batch}
    print(json.dumps(report))


main(*sys.argv[1:])
