"""What the memoization policies memorise and predict equals what the real Rasa 3.6 does."""

import json
from collections import defaultdict
from functools import cache

import pytest

from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from tests.conformance.sets import data_of, domain_of, expected_36, sets

CLASSES = {"memo": MemoizationPolicy, "augmemo": AugmentedMemoizationPolicy}


@cache
def trained(name, column):
    return CLASSES[column](max_history=5).train(data_of(name, "3.6"), domain_of(name, "3.6"))


def learnt(states, actions):
    """A dialogue without the actions that it begins with, by which Rasa's and ours are matched."""
    return json.dumps([states, actions], sort_keys=True)


@cache
def trackers_by_content(name):
    """Our dialogues, each with the events before every action."""
    found = defaultdict(list)
    for tracker in data_of(name, "3.6").originals:
        turns = [i for i, ok in enumerate(tracker.predictable) if ok]
        states = [tracker.states[i].nested() for i in turns]
        places = [i for i, e in enumerate(tracker.events) if isinstance(e, ActionExecuted)]
        key = learnt(states, [tracker.actions[i] for i in turns])
        found[key].append([tracker.events[:place] for place in places])
    return found


@pytest.mark.parametrize("name", sets("3.6"))
def test_as_many_windows_are_memorised(name):
    expected = expected_36(name)["memorized_turns_max_history_5"]
    assert len(trained(name, "memo").memory_) == expected
    assert len(trained(name, "augmemo").memory_) == expected


@pytest.mark.parametrize("column", CLASSES)
@pytest.mark.parametrize("name", sets("3.6"))
def test_every_prediction_inside_a_story_is_the_same(name, column):
    expected, domain, policy = expected_36(name), domain_of(name, "3.6"), trained(name, column)
    different = []
    pairs = zip(expected["stories"], expected["teacher_forced"], strict=False)
    for story, forced in pairs:
        histories = trackers_by_content(name)[learnt(story["states"], story["actions"])][0]
        for turn, (events, step) in enumerate(zip(histories, forced["steps"], strict=True)):
            tracker = DialogueStateTracker(forced["name"], domain.slots, events)
            prediction = policy.predict(tracker, domain)
            ours = {"action": prediction.best(domain), "confidence": prediction.confidence}
            if ours != step[column]:
                different.append((forced["name"], turn, ours, step[column]))
    assert different == []
