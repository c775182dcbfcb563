"""Runs under Rasa 1.10 (Python 3.7): times single predictions of the whole ensemble.

usage: rasa_110_prediction.py MODEL STORIES COUNT
"""

import asyncio
import json
import sys
import time

from rasa.core.agent import Agent
from rasa.core.events import ActionExecuted
from rasa.core.trackers import DialogueStateTracker


def beginnings(trackers, domain, count):
    """Conversations as they were before each action, `count` of them."""
    for tracker in trackers:
        events = list(tracker.events)
        for end, event in enumerate(events):
            if isinstance(event, ActionExecuted) and end:
                yield DialogueStateTracker.from_events("probe", events[:end], domain.slots)
                count -= 1
                if not count:
                    return


def main(model, stories, count):
    agent = Agent.load(model)
    loading = agent.load_data(stories, augmentation_factor=0)
    trackers = asyncio.get_event_loop().run_until_complete(loading)
    seconds = []
    for tracker in beginnings(trackers, agent.domain, int(count)):
        start = time.perf_counter()
        agent.policy_ensemble.probabilities_using_best_policy(tracker, agent.domain)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds_each": seconds[10:]}))


main(*sys.argv[1:])
