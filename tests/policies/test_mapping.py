import json

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.policies.domain_fit import check_policies
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.fallback import FallbackPolicy
from dialogue_nb.policies.form_policy import FormPolicy
from dialogue_nb.policies.mapping import MappingPolicy, triggered_action
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from tests.policies.desk import DESK, did, said, stories, talk


def answer(*events, policy=None):
    """What the policy wants."""
    return (policy or MappingPolicy()).predict(talk(*events), DESK).best(DESK)


def ours(name):
    return ActionExecuted(name, policy="MappingPolicy")


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        ("ask_hours", "utter_hours"),
        ("ask_clerk", "action_call_clerk"),
        ("restart", "action_restart"),
        ("back", "action_back"),
        ("session_start", "action_session_start"),
        ("greet", None),
        ("never heard of", None),
        (None, None),
    ],
)
def test_an_intent_runs_the_action_that_it_triggers(intent, action):
    assert triggered_action(intent, DESK) == action
    prediction = MappingPolicy().predict(talk(*said(intent)), DESK)
    assert (prediction.best(DESK), prediction.confidence) == (action, 1.0 if action else 0.0)


def test_it_listens_after_the_action_that_it_chose_itself():
    assert answer(*said("ask_hours"), ours("utter_hours")) == "action_listen"
    assert answer(*said("back"), ours("action_back")) == "action_listen"


def test_the_name_that_old_trackers_have_for_it_counts_too():
    old = ActionExecuted("utter_hours", policy="policy_3_MappingPolicy")
    assert answer(*said("ask_hours"), old) == "action_listen"


@pytest.mark.parametrize("policy", [None, "MemoizationPolicy", "policy_0_KerasPolicy"])
def test_after_the_same_action_of_another_policy_it_has_no_opinion(policy):
    assert answer(*said("ask_hours"), ActionExecuted("utter_hours", policy=policy)) is None


def test_after_something_else_it_has_no_opinion():
    assert answer(*said("ask_hours"), *did("utter_hello")) is None
    assert answer() is None


def test_a_restart_comes_after_all_even_if_something_came_in_between():
    assert answer(*said("restart"), *did("utter_hello")) == "action_restart"
    assert answer(said("restart")[1]) == "action_restart"
    assert answer(*said("back"), *did("utter_hello")) is None


def test_memoization_comes_first_and_a_network_that_is_less_sure_does_not():
    text = "## s\n* ask_hours\n - utter_hello\n - utter_hours\n"
    memory = MemoizationPolicy().train(stories(text), DESK)
    decided = PolicyEnsemble([MappingPolicy(), memory]).decide(talk(*said("ask_hours")), DESK)
    assert (decided.action, decided.rule) == ("utter_hello", "priority")
    raised = PolicyEnsemble([MappingPolicy(priority=5), memory])
    assert raised.decide(talk(*said("ask_hours")), DESK).action == "utter_hours"


def test_it_says_why():
    def why(*events):
        return PolicyEnsemble([MappingPolicy(), FallbackPolicy()]).decide(talk(*events), DESK).why()

    offer = "FallbackPolicy offers action_default_fallback below 0.30."
    assert why(*said("ask_hours")) == (
        f"MappingPolicy chose utter_hours (1.00): the intent 'ask_hours' triggers it. {offer}"
    )
    assert why(*said("ask_hours"), ours("utter_hours")) == (
        "MappingPolicy chose action_listen (1.00): utter_hours, which the intent triggers, was "
        f"just run. {offer}"
    )
    assert "MappingPolicy had no opinion (the intent 'greet' triggers no action)." in (
        why(*said("greet"))
    )
    assert "(utter_hours was just run, but not by this policy)" in (
        why(*said("ask_hours"), *did("utter_hours"))
    )


def test_an_explanation_is_json():
    prediction = MappingPolicy().predict(talk(*said("ask_hours")), DESK)
    assert json.loads(json.dumps(prediction.as_dict()))["explanation"] == {
        "intent": "ask_hours",
        "triggers": "utter_hours",
        "sentence": "the intent 'ask_hours' triggers it",
    }


def test_an_unknown_action_is_a_mistake_in_the_domain_with_a_suggestion():
    text = "{intents: [{bye: {triggers: utter_by}}], actions: [utter_bye]}"
    with pytest.raises(DomainError, match=r"unknown action 'utter_by'.*Did you mean 'utter_bye'"):
        Domain.from_yaml(text)
    lenient = Domain.from_yaml(text, strict=False)
    prediction = MappingPolicy().predict(talk(*said("bye"), domain=lenient), lenient)
    assert prediction.best(lenient) is None
    assert "the unknown action 'utter_by'" in prediction.explanation["sentence"]


def test_it_is_kept_as_json_and_read_back_with_its_priority(tmp_path):
    MappingPolicy(priority=5).train([], DESK).persist(tmp_path)
    assert MappingPolicy.load(tmp_path).priority == 5


# --- what the domain counts on


def test_triggers_without_a_mapping_policy_are_told_with_what_to_add():
    [found] = check_policies([MemoizationPolicy(), FormPolicy()], DESK)
    assert str(found) == (
        "warning C108: The intents 'ask_clerk', 'ask_hours' trigger no action without "
        "MappingPolicy. Add '- name: MappingPolicy' to the policies of the config."
    )


def test_beside_a_rule_policy_a_rule_is_proposed_instead():
    domain = Domain.from_yaml("{intents: [{bye: {triggers: utter_bye}}], actions: [utter_bye]}")
    [found] = check_policies([RulePolicy()], domain)
    assert "The intent 'bye' triggers no action" in found.message
    assert found.hint == "Write a rule: steps: [{intent: bye}, {action: utter_bye}]."


def test_forms_without_a_policy_for_them_are_told():
    [found] = check_policies([MappingPolicy()], DESK)
    assert (found.code, found.severity) == ("C109", "warning")
    assert "'lend_form' does not go on by itself" in found.message


@pytest.mark.parametrize(
    "policies",
    [[FormPolicy(), MappingPolicy()], [RulePolicy(), MappingPolicy()]],
    ids=["forms", "rules"],
)
def test_with_both_policies_nothing_is_missing(policies):
    assert check_policies(policies, DESK) == []
