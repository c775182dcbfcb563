"""What RulePolicy learns, finds wrong and predicts equals what the real Rasa 3.6 does."""

import json
from functools import cache

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActiveLoop,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.ensemble import PolicyEnsemble, combine, rejected_action
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories
from tests.conformance.sets import FOLDER, data_of, domain_of, expected_36, sets
from tests.conformance.test_memoization import learnt, trackers_by_content

STORIES = FOLDER / "data" / "rasa-3.6-repo" / "data" / "test_yaml_stories"
DEFAULT_BOT = FOLDER / "data" / "rasa-3.6-repo" / "data" / "test_domains" / "default.yml"
RULES_BOT = FOLDER / "data" / "rasa-3.6-repo" / "examples" / "rules" / "domain.yml"


@cache
def trained(name):
    return RulePolicy().train(data_of(name, "3.6"), domain_of(name, "3.6"))


def canonical(source):
    """A rule as Rasa writes it, or one of its names for what needs no rule."""
    return json.dumps(json.loads(source), sort_keys=True) if source.startswith("[") else source


def as_lookup(index):
    return {rule.source: rule.action for rule in index.rules}


@pytest.mark.parametrize("name", sets("3.6"))
def test_the_same_is_learnt_from_rules(name):
    expected, lookup = expected_36(name)["rule_lookup"], trained(name).lookup_
    for ours, theirs in (
        (as_lookup(lookup.rules), "rules"),
        (as_lookup(lookup.unhappy), "rules_for_loop_unhappy_path"),
    ):
        assert ours == {canonical(key): action for key, action in expected[theirs].items()}
    assert lookup.not_in_stories == set(map(canonical, expected["rules_not_in_stories"]))
    assert lookup.rule_only.slots == set(expected["rule_only_slots"])
    assert lookup.rule_only.loops == set(expected["rule_only_loops"])


@pytest.mark.parametrize("name", sets("3.6"))
def test_nothing_is_wrong_with_rules_that_rasa_trains(name):
    assert expected_36(name)["rule_error"] is None
    assert trained(name).diagnostics_ == ()


@pytest.mark.parametrize("name", sets("3.6"))
def test_every_prediction_inside_a_story_is_the_same(name):
    expected, domain, policy = expected_36(name), domain_of(name, "3.6"), trained(name)
    different = []
    for story, forced in zip(expected["stories"], expected["teacher_forced"], strict=False):
        histories = trackers_by_content(name)[learnt(story["states"], story["actions"])][0]
        for turn, (events, step) in enumerate(zip(histories, forced["steps"], strict=True)):
            tracker = DialogueStateTracker(forced["name"], domain.slots, events)
            prediction = policy.predict(tracker, domain)
            ours = {"action": prediction.best(domain), "confidence": prediction.confidence}
            if ours != step["rule"]:
                different.append((forced["name"], turn, ours, step["rule"]))
    assert different == []


def decide(ensemble, tracker, domain):
    """The policies' decision; the files know nothing of follow-ups."""
    ensemble.share_rule_only()
    return combine(
        [policy.predict(tracker, domain) for policy in ensemble.policies],
        domain,
        rejected=rejected_action(tracker),
        after_listen=tracker.latest_action_name == "action_listen",
    )


def act(ensemble, tracker, domain):
    """What the bot does until it listens, at most eight actions."""
    done = []
    while len(done) < 8 and (not done or done[-1]["action"] != "action_listen"):
        made = decide(ensemble, tracker, domain)
        done.append({"action": made.action, "confidence": made.confidence, "policy": made.policy})
        tracker.update_with_events(made.events)
        hidden = made.prediction.hide_rule_turn
        tracker.update(ActionExecuted(made.action, made.policy, hide_rule_turn=hidden))
        if made.action == "action_default_fallback":
            tracker.update(UserUtteranceReverted())
        if made.action in domain.form_names and tracker.active_loop is None:
            tracker.update(ActiveLoop(made.action))
        if made.action == "action_deactivate_loop":
            tracker.update(ActiveLoop(None))
    return done


@pytest.mark.parametrize("name", sets("3.6"))
def test_conversations_that_no_story_knows_go_on_in_the_same_way(name):
    domain = domain_of(name, "3.6")
    memory = MemoizationPolicy(max_history=5).train(data_of(name, "3.6"), domain)
    ensemble = PolicyEnsemble([memory, trained(name)])
    different, turns = [], 0
    for number, conversation in enumerate(expected_36(name)["off_script"]):
        tracker = DialogueStateTracker("x", domain.slots, [ActionExecuted("action_listen")])
        for turn, said in enumerate(conversation):
            intent = {"name": said["intent"], "confidence": 1.0}
            tracker.update(UserUttered("x", intent, tuple(said["entities"])))
            tracker.update_with_events(SlotSet(s["name"], s["value"]) for s in said["slots"])
            done, turns = act(ensemble, tracker, domain), turns + 1
            if done != said["actions"]:
                different.append((number, turn, done, said["actions"]))
                break
    assert different == []
    assert turns == 240


@pytest.mark.parametrize("file", sorted(STORIES.glob("stories_with_rules_conflicting.yml")))
def test_rules_that_contradict_a_story_are_found(file):
    domain, (stories, _) = Domain.load(RULES_BOT, strict=False), read_stories(file)
    (found,) = RulePolicy().check(generate(stories, domain), domain)
    assert (found.code, found.story, found.line) == ("R104", "ml_story_1", 13)
    assert "rule 'rule_1'" in found.message
    assert "line 5) says 'utter_noworries'" in found.message


@pytest.mark.parametrize(
    "file", sorted(STORIES.glob("stories_conflicting_*.yml")), ids=lambda f: f.stem
)
def test_stories_that_contradict_each_other_are_found(file):
    domain, (stories, _) = Domain.load(DEFAULT_BOT, strict=False), read_stories(file)
    data = generate(stories, domain, remove_duplicates=False)
    memory = MemoizationPolicy(max_history=1).train(data, domain).memory_
    assert memory.all_conflicts()
