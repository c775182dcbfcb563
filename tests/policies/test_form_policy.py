import json

import pytest

from dialogue_nb.core.events import ActionExecuted, ActiveLoop, LoopInterrupted
from dialogue_nb.core.exceptions import ModelError, NotTrainedError
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.fallback import FallbackPolicy
from dialogue_nb.policies.form_policy import FORMS_FILE, FormPolicy
from dialogue_nb.policies.mapping import MappingPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from tests.policies.desk import (
    DESK,
    FORM,
    IN_FORM,
    LENDING,
    LISTEN,
    REFUSED,
    did,
    said,
    stories,
    talk,
)

HELLO_WHILE_LENDING = """
## happy
* lend
  - lend_form
  - form{"name": "lend_form"}
  - form{"name": null}
  - utter_lent

## hello while lending
* lend
  - lend_form
  - form{"name": "lend_form"}
* greet
  - utter_hello
  - lend_form
  - form{"name": null}
  - utter_lent

## nonsense while lending
* lend
  - lend_form
  - form{"name": "lend_form"}
* nonsense
  - utter_what
* name_title
  - lend_form
  - form{"name": null}
  - utter_lent
"""
DATA = stories(HELLO_WHILE_LENDING)


def policy(*, data=DATA, **params):
    return FormPolicy(**params).train(data, DESK)


def answer(*events, by=None):
    """What the policy wants."""
    return (by or policy()).predict(talk(*events), DESK).best(DESK)


def message(intent, confidence=1.0):
    """A message after a listen that is there already."""
    return said(intent, confidence)[1]


def test_the_active_form_takes_every_message_and_the_bot_listens_after_it():
    assert answer(*LENDING, message("name_title")) == "lend_form"
    assert answer(*LENDING, message("greet")) == "lend_form"
    assert answer(*LENDING, message("greet"), FORM) == "action_listen"


def test_without_an_active_form_it_has_no_opinion():
    assert answer(*said("greet")) is None
    assert answer(*LENDING, message("name_title"), FORM, ActiveLoop(None)) is None


def test_after_something_else_was_done_in_the_form_it_has_no_opinion():
    assert answer(*LENDING, message("greet"), *did("utter_hello")) is None


def test_a_form_that_has_refused_the_message_leaves_it_to_the_others():
    refused = talk(*LENDING, message("lend"), REFUSED)
    decided = PolicyEnsemble([policy(), FallbackPolicy()]).decide(refused, DESK)
    assert (decided.action, decided.policy) == ("action_default_fallback", "FallbackPolicy")
    assert answer(*LENDING, message("lend"), REFUSED, *did("utter_hello")) is None


def test_the_message_after_that_is_for_the_form_again():
    events = (*LENDING, message("lend"), REFUSED, *did("utter_hello"), *said("lend"))
    decided = PolicyEnsemble([policy(), FallbackPolicy()]).decide(talk(*events), DESK)
    assert decided.action == "lend_form"


def test_the_form_is_told_that_it_was_interrupted_where_a_story_goes_on():
    detour = (*LENDING, message("nonsense"), REFUSED, *did("utter_what"), LISTEN)
    prediction = policy().predict(talk(*detour, message("name_title")), DESK)
    assert prediction.best(DESK) is None
    assert prediction.events == (LoopInterrupted(True),)
    other = policy().predict(talk(*detour, message("greet")), DESK)
    assert (other.best(DESK), other.events) == ("lend_form", ())


def test_what_it_learns_are_the_turns_that_stories_have_in_forms():
    learnt = {rule.states for rule in policy().interrupted_.rules}
    told = {(states[0].prev_action, states[-1].intent) for states in learnt}
    assert told == {("lend_form", "greet"), ("lend_form", "nonsense"), ("utter_what", "name_title")}
    assert len(policy(data=[]).interrupted_) == 0


def test_nothing_is_learnt_from_rules_and_glued_stories():
    assert (FormPolicy.uses_augmented, FormPolicy.uses_rules) == (False, False)


def test_an_intent_that_triggers_an_action_comes_before_the_form():
    ensemble = PolicyEnsemble([policy(), FallbackPolicy(), MappingPolicy()])
    asked = [*LENDING, message("ask_hours")]
    decided = ensemble.decide(talk(*asked), DESK)
    assert (decided.action, decided.policy) == ("utter_hours", "MappingPolicy")
    ran = ActionExecuted("utter_hours", policy="MappingPolicy")
    assert ensemble.decide(talk(*asked, ran), DESK).action == "action_listen"
    assert ensemble.decide(talk(*LENDING, message("restart")), DESK).action == "action_restart"


def test_a_form_takes_a_message_that_is_too_unsure_to_trigger_an_action():
    unsure = talk(*LENDING, message("ask_hours", 0.1))
    for policies in ([FallbackPolicy(), MappingPolicy(), policy()], [policy(), FallbackPolicy()]):
        assert PolicyEnsemble(policies).decide(unsure, DESK).action == "lend_form"
    # without a policy that triggers it, the form does not wait for one
    clear = talk(*LENDING, message("ask_hours"))
    assert PolicyEnsemble([policy(), FallbackPolicy()]).decide(clear, DESK).action == "lend_form"


def test_a_form_counts_more_than_an_unsure_message_unless_its_priority_says_otherwise():
    unsure = talk(*LENDING, message("name_title", 0.1))
    assert PolicyEnsemble([FallbackPolicy(), policy()]).decide(unsure, DESK).action == "lend_form"
    low = PolicyEnsemble([FallbackPolicy(), policy(priority=3)])
    assert low.decide(unsure, DESK).action == "action_default_fallback"


def test_the_usual_policies_of_rasa_1_have_a_whole_conversation():
    trained = [MemoizationPolicy(max_history=1), policy(), FallbackPolicy(), MappingPolicy()]
    ensemble = PolicyEnsemble(trained).train(DATA, DESK)
    events, done = [LISTEN], []

    def hear(*heard, then=()):
        events.append(message(*heard))
        for extra in (*then, *[()] * 6):
            decided = ensemble.decide(talk(*events), DESK)
            events.append(ActionExecuted(decided.action, decided.policy, decided.confidence))
            events.extend(extra)
            done.append(decided.action)
            if decided.action == "action_listen":
                return

    hear("greet")
    hear("ask_hours")
    hear("lend", then=[[IN_FORM]])
    hear("name_title", 0.1)
    hear("ask_clerk")
    hear("name_title", then=[[ActiveLoop(None)]])
    assert done == [
        *("action_default_fallback", "action_listen"),
        *("utter_hours", "action_listen"),
        *("lend_form", "action_listen"),
        *("lend_form", "action_listen"),
        *("action_call_clerk", "action_listen"),
        *("lend_form", "utter_lent", "action_listen"),
    ]


def test_it_says_why():
    ensemble = PolicyEnsemble([policy(), FallbackPolicy()])
    assert ensemble.decide(talk(*LENDING, message("name_title", 0.1)), DESK).why() == (
        "FormPolicy chose lend_form (1.00) by its higher priority (5): the form 'lend_form' is "
        "active, so it takes the message. FallbackPolicy preferred action_default_fallback (1.00)."
    )
    mapped = PolicyEnsemble([policy(), MappingPolicy()])
    assert mapped.decide(talk(*LENDING, message("ask_hours")), DESK).why() == (
        "MappingPolicy chose utter_hours (1.00): the intent 'ask_hours' triggers it. "
        "FormPolicy gave way with lend_form (1.00)."
    )
    refused = ensemble.decide(talk(*LENDING, message("lend"), REFUSED), DESK).why()
    assert "FormPolicy had no opinion (the form 'lend_form' has refused the message)" in refused


def test_it_agrees_with_the_loops_of_a_rule_policy_while_the_form_is_not_left():
    rules = RulePolicy(enable_fallback_prediction=False, check_for_contradictions=False)
    rules.train(DATA, DESK)
    detour = (*LENDING, message("nonsense"), REFUSED, *did("utter_what"), LISTEN)
    conversations = [
        (*LENDING, message("greet")),
        (*LENDING, message("greet"), FORM),
        (*detour, message("name_title")),
        (*LENDING, message("name_title"), FORM, ActiveLoop(None)),
        said("greet"),
    ]
    for events in conversations:
        one, other = policy().predict(talk(*events), DESK), rules.predict(talk(*events), DESK)
        assert (one.best(DESK), one.events) == (other.best(DESK), other.events)


def test_predicting_does_not_change_the_conversation():
    tracker = talk(*LENDING, message("greet"), REFUSED)
    before = tracker.as_dict()
    policy().predict(tracker, DESK)
    assert tracker.as_dict() == before


def test_it_must_be_trained():
    with pytest.raises(NotTrainedError, match="FormPolicy has not been trained"):
        FormPolicy().predict(talk(*said("greet")), DESK)


def test_it_is_kept_as_json_and_read_back(tmp_path):
    policy(priority=7).persist(tmp_path)
    again = FormPolicy.load(tmp_path)
    assert again.priority == 7
    detour = (*LENDING, message("nonsense"), REFUSED, *did("utter_what"), LISTEN)
    prediction = again.predict(talk(*detour, message("name_title")), DESK)
    assert prediction.events == (LoopInterrupted(True),)
    json.dumps(prediction.as_dict())


@pytest.mark.parametrize("text", ["{}", '{"interrupted": [{}]}', "[]", '{"interrupted": 5}'])
def test_damaged_files_are_one_clear_error(tmp_path, text):
    policy().persist(tmp_path)
    (tmp_path / FORMS_FILE).write_text(text)
    with pytest.raises(ModelError, match="saved forms are damaged"):
        FormPolicy.load(tmp_path)
