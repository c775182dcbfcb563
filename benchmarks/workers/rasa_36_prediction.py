"""Runs under Rasa 3.6 (Python 3.10): times single predictions of the whole ensemble.

usage: rasa_36_prediction.py MODEL STORIES COUNT
"""

import json
import sys
import time

from rasa.core.agent import Agent
from rasa.core.training import load_data
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker


def beginnings(trackers, domain, count):
    """Conversations as they were before each action, over and over, `count` of them."""
    while True:
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
    trackers = load_data(stories, agent.domain, augmentation_factor=0)
    seconds = []
    for tracker in beginnings(trackers, agent.domain, int(count)):
        tracker.followup_action = None
        start = time.perf_counter()
        agent.processor._predict_next_with_tracker(tracker)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds_each": seconds[10:]}))


main(*sys.argv[1:])
