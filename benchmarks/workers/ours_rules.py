"""dialogue_nb times the training of RulePolicy, checks included, and single predictions.

usage: ours_rules.py DOMAIN DATA
"""

from __future__ import annotations

import json
import sys
import time

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories


def main(domain_file: str, data: str) -> None:
    domain = Domain.load(domain_file)
    dialogues = generate(read_stories([data])[0], domain)
    policy = RulePolicy()
    start = time.perf_counter()
    policy.train(dialogues, domain)
    trained = time.perf_counter() - start
    if policy.diagnostics_:
        raise SystemExit(f"the rules should be right: {policy.diagnostics_[0]}")
    seconds = []
    for dialogue in dialogues.originals[:60]:
        for end, event in enumerate(dialogue.events):
            if isinstance(event, ActionExecuted) and end:
                tracker = DialogueStateTracker("probe", domain.slots, dialogue.events[:end])
                start = time.perf_counter()
                policy.predict(tracker, domain)
                seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds_train": trained, "seconds_each": seconds[10:]}))


main(*sys.argv[1:])
