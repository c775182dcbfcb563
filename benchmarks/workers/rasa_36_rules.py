"""Runs under Rasa 3.6 (Python 3.10): times the training of RulePolicy and single predictions.

usage: rasa_36_rules.py DOMAIN DATA
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker


def main(domain_file, data):
    domain = Domain.load(domain_file)
    trackers = load_data(data, domain, augmentation_factor=0)
    storage = LocalModelStorage(Path(tempfile.mkdtemp()))
    policy = RulePolicy(
        RulePolicy.get_default_config(),
        storage,
        Resource("rules"),
        ExecutionContext(GraphSchema({})),
    )
    start = time.perf_counter()
    policy.train(trackers, domain)
    trained = time.perf_counter() - start
    seconds = []
    for tracker in [one for one in trackers if not one.is_rule_tracker][:60]:
        events = list(tracker.events)
        for end, event in enumerate(events):
            if isinstance(event, ActionExecuted) and end:
                probe = DialogueStateTracker.from_events("probe", events[:end], domain.slots)
                start = time.perf_counter()
                policy.predict_action_probabilities(probe, domain)
                seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds_train": trained, "seconds_each": seconds[10:]}))


main(*sys.argv[1:])
