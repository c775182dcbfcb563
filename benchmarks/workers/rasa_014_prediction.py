"""Runs under Rasa Core 0.14 (Python 3.6): times single predictions of the whole ensemble.

usage: rasa_014_prediction.py MODEL STORIES COUNT
"""

import json
import sys
import time

from rasa_core.agent import Agent
from rasa_core.events import ActionExecuted
from rasa_core.trackers import DialogueStateTracker


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
    trackers = agent.load_data(stories, augmentation_factor=0)
    seconds = []
    for tracker in beginnings(trackers, agent.domain, int(count)):
        start = time.perf_counter()
        agent.policy_ensemble.probabilities_using_best_policy(tracker, agent.domain)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds_each": seconds[10:]}))


main(*sys.argv[1:])
