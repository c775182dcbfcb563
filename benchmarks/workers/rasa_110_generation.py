"""Runs under Rasa 1.10 (Python 3.7): loads training stories with an augmentation factor.

usage: rasa_110_generation.py DOMAIN STORIES FACTOR
"""

import asyncio
import json
import sys
import time

from rasa.core.agent import Agent
from rasa.core.featurizers import BinarySingleStateFeaturizer, MaxHistoryTrackerFeaturizer
from rasa.core.policies.keras_policy import KerasPolicy
from rasa.core.policies.memoization import MemoizationPolicy


def main(domain, stories, factor):
    windows = MaxHistoryTrackerFeaturizer(BinarySingleStateFeaturizer(), max_history=5)
    agent = Agent(domain, policies=[MemoizationPolicy(max_history=5), KerasPolicy(windows)])
    start = time.perf_counter()
    loading = agent.load_data(stories, augmentation_factor=int(factor))
    trackers = asyncio.get_event_loop().run_until_complete(loading)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "trackers": len(trackers)}))


main(*sys.argv[1:])
