"""dialogue_nb loads training stories with an augmentation factor.

usage: ours_generation.py DOMAIN STORIES FACTOR
"""

from __future__ import annotations

import json
import sys
import time

from dialogue_nb.agent import Agent
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy


def main(domain: str, stories: str, factor: str) -> None:
    agent = Agent(domain, policies=[MemoizationPolicy(max_history=5), KerasPolicy(max_history=5)])
    start = time.perf_counter()
    data = agent.load_data(stories, augmentation_factor=int(factor))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "trackers": len(data)}))


main(*sys.argv[1:])
