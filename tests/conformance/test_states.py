"""States and windows equal those of the real Rasa."""

import json
from collections import Counter

import pytest

from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from tests.conformance.sets import data_of, domain_of, expected_36, expected_110, sets


def canonical(states, actions):
    return json.dumps([states, actions], sort_keys=True)


def without_floats(states, domain):
    """Slots of type float are encoded as in 3.x here, so they are left out of both."""
    floats = tuple(f"slot_{s.name}_" for s in domain.slots if s.type_name == "float")
    return [{k: v for k, v in state.items() if not k.startswith(floats)} for state in states]


@pytest.mark.parametrize("name", sets("1.10"))
def test_flat_states_and_actions_are_those_of_rasa_1(name):
    domain, data = domain_of(name, "1.10"), data_of(name, "1.10")
    _, trackers = expected_110(name)
    ours = (t.as_dict("flat") for t in data)
    ours = Counter(canonical(without_floats(t["states"], domain), t["actions"]) for t in ours)
    theirs = Counter(canonical(without_floats(t["states"], domain), t["actions"]) for t in trackers)
    assert ours == theirs


@pytest.mark.parametrize("name", sets("1.10"))
def test_the_number_of_examples_is_that_of_rasa_1_for_every_max_history(name):
    header, _ = expected_110(name)
    for max_history, (count, length, _) in header["examples_by_max_history"].items():
        featurizer = MaxHistoryTrackerFeaturizer(max_history=int(max_history))
        examples = featurizer.featurize_trackers(data_of(name, "1.10"), domain_of(name, "1.10"))
        assert examples.window_ids.shape == (count, length)


@pytest.mark.parametrize("name", sets("3.6"))
@pytest.mark.parametrize("kind", ["stories", "rules"])
def test_nested_states_and_actions_are_those_of_rasa_3(name, kind):
    data, expected = data_of(name, "3.6"), expected_36(name)
    ours = data.originals if kind == "stories" else data.rules
    ours = Counter(canonical(t["states"], t["actions"]) for t in (t.as_dict() for t in ours))
    assert ours == Counter(canonical(t["states"], t["actions"]) for t in expected[kind])
