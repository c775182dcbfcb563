"""RulePolicy: what rules say in a conversation."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActiveLoop,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.exceptions import (
    ModelError,
    NotTrainedError,
    PolicyConfigError,
)
from dialogue_nb.core.states import State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.config import parse_config
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.rule_lookup import LearnedRule, RuleIndex, matches
from dialogue_nb.policies.rule_policy import RULES_FILE, RulePolicy
from dialogue_nb.testing import check_policy
from tests.policies.ferry import (
    BOOKING,
    FERRY,
    FORM,
    IN_FORM,
    LISTEN,
    REFUSED,
    RULES,
    STORIES,
    data_of,
    did,
    member,
    said,
    talk,
    trained,
)

POLICY = trained(RULES, STORIES)


def predicted(*events, policy=POLICY, domain=FERRY):
    """(action, confidence) after the events."""
    prediction = policy.predict(talk(*events, domain=domain), domain)
    return prediction.best(domain), prediction.confidence


def action(*events, **more):
    return predicted(*events, **more)[0]


# --- matching


def test_a_rule_holds_wherever_the_message_comes():
    assert predicted(*said("ask_dogs")) == ("utter_dogs", 1.0)
    before = (*said("hello"), *did("utter_hello"), *said("yes"), *did("utter_go_on"))
    assert predicted(*before, *said("ask_dogs")) == ("utter_dogs", 1.0)


def test_a_rule_ends_with_a_listen():
    assert predicted(*said("ask_dogs"), *did("utter_dogs")) == ("action_listen", 1.0)


def test_after_another_action_than_the_rules_the_rule_is_not_followed():
    assert predicted(*said("ask_dogs"), *did("utter_hello")) == ("action_default_fallback", 0.3)


def test_what_a_rule_does_not_mention_may_be_anything():
    slots = (SlotSet("cabin", "inside"), SlotSet("port", "Bergen"))
    assert action(*said("ask_dogs", "port"), *slots) == "utter_dogs"


def test_a_condition_that_does_not_hold_keeps_a_rule_out():
    assert action(*said("ask_price")) == "utter_price"
    assert action(*said("ask_price"), member(False)) == "utter_price"


def test_of_equally_many_turns_the_rule_with_more_conditions_decides():
    assert action(*said("ask_price"), member()) == "utter_member_price"


def test_a_long_slot_name_does_not_count_more_than_two_short_ones():
    slots = "{a: {type: bool}, b: {type: bool}, whether_a_long_name_is_set_here: {type: bool}}"
    domain = Domain.from_yaml(
        f"{{intents: [hello], actions: [utter_two, utter_long], slots: {slots}}}"
    )
    policy = trained(
        """
rules:
- rule: two
  condition: [{slot_was_set: [{a: true}, {b: true}]}]
  steps: [{intent: hello}, {action: utter_two}]
- rule: long
  condition: [{slot_was_set: [{whether_a_long_name_is_set_here: true}]}]
  steps: [{intent: hello}, {action: utter_long}]
""",
        domain=domain,
    )
    names = ("a", "b", "whether_a_long_name_is_set_here")
    both = [SlotSet(name, True) for name in names]
    assert action(*said("hello"), *both, policy=policy, domain=domain) == "utter_two"
    assert action(*said("hello"), both[2], policy=policy, domain=domain) == "utter_long"


def test_conversation_start_means_that_nothing_was_done_before():
    assert action(*said("hello")) == "utter_hello"
    again = (*said("hello"), *did("utter_hello"), *said("hello"))
    assert action(*again) == "action_default_fallback"
    assert action(*again, *did("action_restart"), Restarted(), *said("hello")) == "utter_hello"
    session = (*did("action_session_start"), SessionStarted(), *said("hello"))
    assert action(*said("yes"), *session) == "utter_hello"


def test_a_conversation_begins_with_the_listen_of_a_rule_for_its_start():
    assert predicted() == ("action_listen", 1.0)


def test_alternatives_make_a_rule_for_each():
    assert [action(*said(intent)) for intent in ("bye", "no", "yes")] == [
        "utter_bye",
        "utter_bye",
        "action_default_fallback",
    ]


def test_a_rule_may_begin_with_an_action():
    assert action(*said("yes"), *did("action_look_up")) == "utter_price"


def test_a_rule_that_does_not_wait_says_nothing_of_what_comes_after_it():
    rules = """
rules:
- rule: hello and on
  wait_for_user_input: false
  steps: [{intent: hello}, {action: utter_hello}]
"""
    policy = trained(rules, enable_fallback_prediction=False)
    assert action(*said("hello"), policy=policy) == "utter_hello"
    assert predicted(*said("hello"), *did("utter_hello"), policy=policy) == (None, 0.0)


def test_null_means_that_a_slot_must_not_be_set():
    rules = """
rules:
- rule: who has no port yet
  condition: [{slot_was_set: [{port: null}]}]
  steps: [{intent: book}, {action: utter_go_on}]
"""
    policy = trained(rules)
    assert action(*said("book"), policy=policy) == "utter_go_on"
    assert action(SlotSet("port", "Bergen"), *said("book"), policy=policy) != "utter_go_on"


def test_entities_of_a_rule_must_be_those_of_the_message():
    rules = """
rules:
- rule: named port
  steps:
  - intent: book
    entities: [{port: Bergen}]
  - action: utter_go_on
"""
    policy = trained(rules)
    port = SlotSet("port", "Oslo")
    assert action(*said("book", "port"), port, policy=policy) == "utter_go_on"
    assert action(*said("book"), port, policy=policy) == "action_default_fallback"


def test_words_are_followed_before_the_intent_and_stand_for_themselves():
    rules = """
rules:
- rule: the password
  steps: [{user: open sesame}, {action: utter_go_on}]
- rule: else
  steps: [{intent: hello}, {action: utter_hello}]
"""
    policy = trained(rules)
    spoken = talk(*said("hello", text="open sesame"))
    prediction = policy.predict(spoken, FERRY)
    assert (prediction.best(FERRY), prediction.is_end_to_end) == ("utter_go_on", True)
    prediction = policy.predict(talk(*said("hello", text="good morning")), FERRY)
    assert (prediction.best(FERRY), prediction.is_end_to_end) == ("utter_hello", False)


# --- fallback and default intents


def test_where_no_rule_matches_the_fallback_is_proposed_at_its_threshold():
    policy = trained(RULES, core_fallback_threshold=0.45)
    assert predicted(*said("yes"), policy=policy) == ("action_default_fallback", 0.45)


def test_the_fallback_can_be_another_action_or_none():
    policy = trained(RULES, core_fallback_action_name="action_cannot_help")
    assert predicted(*said("yes"), policy=policy) == ("action_cannot_help", 0.3)
    policy = trained(RULES, enable_fallback_prediction=False)
    assert predicted(*said("yes"), policy=policy) == (None, 0.0)


def test_a_fallback_that_the_domain_does_not_have_is_refused():
    with pytest.raises(PolicyConfigError, match="Did you mean 'action_cannot_help'"):
        trained(RULES, core_fallback_action_name="action_cannot_halp")
    with pytest.raises(PolicyConfigError, match="from 0 to 1, got 3"):
        trained(RULES, core_fallback_threshold=3)


def test_a_network_that_is_less_sure_than_the_threshold_gives_way():
    class Unsure(MemoizationPolicy):
        def predict_action_probabilities(self, tracker, domain):
            values = [0.0] * domain.num_actions
            values[domain.index_for_action("utter_hello")] = 0.29
            return values

    decision = PolicyEnsemble([Unsure(), POLICY]).decide(talk(*said("yes")), FERRY)
    assert (decision.action, decision.policy) == ("action_default_fallback", "RulePolicy")


@pytest.mark.parametrize("intent", ["restart", "back", "session_start"])
def test_default_intents_run_their_actions_after_a_listen_only(intent):
    assert predicted(*said(intent)) == (f"action_{intent}", 1.0)
    assert action(*BOOKING, UserUttered.of(intent)) == f"action_{intent}"
    assert action(*said(intent), *did("utter_hello")) != f"action_{intent}"


def test_the_confidence_may_be_that_of_the_intent():
    policy = trained(RULES, use_nlu_confidence_as_score=True)
    message = UserUttered("bye bye", {"name": "bye", "confidence": 0.62})
    assert predicted(LISTEN, message, policy=policy) == ("utter_bye", 0.62)


# --- loops


def test_an_active_form_takes_every_message_and_then_listens():
    prediction = POLICY.predict(talk(*BOOKING, UserUttered.of("ask_dogs")), FERRY)
    assert (prediction.best(FERRY), prediction.is_no_user_prediction) == ("ticket_form", True)
    prediction = POLICY.predict(talk(*BOOKING[:-1]), FERRY)
    assert (prediction.best(FERRY), prediction.is_no_user_prediction) == ("action_listen", True)


def test_a_rule_begins_and_ends_a_form():
    assert action(*said("book")) == "ticket_form"
    over = (*BOOKING, *said("yes")[1:], FORM, ActiveLoop(None))
    assert action(*over) == "utter_booked"
    assert action(*over, *did("utter_booked")) == "action_listen"


def test_a_refused_message_goes_to_the_rules_and_then_back_to_the_form():
    asked = (*BOOKING, UserUttered.of("ask_dogs"), REFUSED)
    assert action(*asked) == "utter_dogs"
    answered = talk(*asked, *did("utter_dogs"))
    prediction = POLICY.predict(answered, FERRY)
    assert prediction.best(FERRY) == "ticket_form"
    assert not prediction.is_no_user_prediction
    assert prediction.explanation["kind"] == "loop_again"


def test_a_story_that_answers_inside_a_form_keeps_the_rule_from_going_on():
    rules = """
rules:
- rule: prices
  steps: [{intent: ask_price}, {action: utter_price}]
"""
    story = """
stories:
- story: prices while booking
  steps:
  - intent: book
  - action: ticket_form
  - active_loop: ticket_form
  - intent: ask_price
  - action: utter_price
  - action: utter_go_on
  - intent: yes
  - action: ticket_form
"""
    policy = trained(rules, story, check_for_contradictions=False)
    asked = (*BOOKING, UserUttered.of("ask_price"), REFUSED, *did("utter_price"))
    assert predicted(*asked, policy=policy) == ("action_default_fallback", 0.3)
    assert policy.finding(talk(*asked), FERRY).kind == "silenced"
    with_other_message = (*BOOKING, UserUttered.of("no"), REFUSED, *did("utter_price"))
    assert policy.finding(talk(*with_other_message), FERRY).kind == "none"


def test_a_form_that_is_come_back_to_is_told_that_it_was_interrupted():
    doubt = (*BOOKING, UserUttered.of("hello"), REFUSED, *did("utter_go_on"), LISTEN)
    back = talk(*doubt, UserUttered.of("yes"), REFUSED)
    assert LoopInterrupted(True) in POLICY.predict(back, FERRY).events
    assert POLICY.predict(talk(*BOOKING, UserUttered.of("yes"), REFUSED), FERRY).events == ()


# --- what learning policies see


def test_turns_that_only_rules_take_are_hidden_and_others_are_not():
    assert POLICY.predict(talk(*said("ask_dogs")), FERRY).hide_rule_turn
    assert not POLICY.predict(talk(*said("book")), FERRY).hide_rule_turn
    assert not POLICY.predict(talk(*said("yes")), FERRY).hide_rule_turn
    seeing = trained(RULES, STORIES, check_for_contradictions=False)
    assert not seeing.predict(talk(*said("ask_dogs")), FERRY).hide_rule_turn


RULE_ONLY = """
rules:
- rule: begin booking
  steps: [{intent: book}, {action: ticket_form}, {active_loop: ticket_form}]
- rule: prices for members
  condition: [{slot_was_set: [{is_member: true}]}]
  steps: [{intent: ask_price}, {action: utter_price}]
"""
HELLO = "stories: [{story: h, steps: [{intent: hello}, {action: utter_hello}]}]"


def test_slots_and_loops_that_only_rules_speak_of_are_known():
    rule_only = trained(RULE_ONLY, HELLO).lookup_.rule_only
    assert (rule_only.slots, rule_only.loops) == ({"is_member"}, {"ticket_form"})
    assert POLICY.lookup_.rule_only.loops == frozenset()


@pytest.mark.parametrize("memory", [MemoizationPolicy, AugmentedMemoizationPolicy])
def test_memories_do_not_see_what_only_rules_speak_of(memory):
    ensemble = PolicyEnsemble([memory(max_history=2), RulePolicy()])
    ensemble.train(data_of(RULE_ONLY, HELLO), FERRY)
    greeting = talk(member(), *said("hello"))
    decision = ensemble.decide(greeting, FERRY)
    assert (decision.action, decision.policy) == ("utter_hello", memory.__name__)
    assert decision.prediction.explanation["tried"] == 1
    alone = memory(max_history=2).train(data_of(HELLO), FERRY)
    explanation = alone.predict(greeting, FERRY).explanation
    assert not explanation["found"] or explanation["tried"] > 1


def test_without_rule_policy_everything_is_seen():
    tracker = talk(member(), *said("hello"))
    assert dict(prediction_states(tracker, FERRY)[-1].slots)["is_member"] == (1.0, 1.0)
    ensemble = PolicyEnsemble([MemoizationPolicy()]).train(data_of(HELLO), FERRY)
    assert ensemble.decide(tracker, FERRY).action == "action_listen"


# --- explanation


def test_the_decision_tells_which_rule_matched_and_where_it_is_written():
    decision = PolicyEnsemble([POLICY]).decide(talk(*said("ask_dogs")), FERRY)
    assert decision.why() == (
        "RulePolicy chose utter_dogs (1.00): rule 'dogs, wherever it is asked' (rules.yml, line 33)"
        " matches."
    )


def test_a_rule_that_is_beaten_is_named():
    explanation = POLICY.predict(talk(*said("ask_price"), member()), FERRY).explanation
    assert explanation["rule"]["rules"] == [
        {"name": "prices for members", "file": "rules.yml", "line": 12}
    ]
    assert [rule["action"] for rule in explanation["beaten"]] == ["utter_price"]
    assert explanation["sentence"].endswith(
        "matches and has more conditions than rule 'prices' (rules.yml, line 6)"
    )


def test_where_no_rule_matches_the_nearest_one_and_what_failed_in_it_are_told():
    tracker = talk(*said("yes"), *did("utter_hello"), *said("hello"))
    explanation = POLICY.predict(tracker, FERRY).explanation
    assert explanation["rule"] is None
    nearest = explanation["nearest"][0]
    assert (nearest["condition"], nearest["turn"], nearest["met"]) == ("start", -2, 2)
    assert explanation["sentence"] == (
        "no rule matches, so action_default_fallback is proposed (0.30); the nearest is rule "
        "'first hello' (rules.yml, line 17): the conversation did not start 1 turn ago"
    )
    explanation = POLICY.predict(talk(*said("yes")), FERRY).explanation
    assert "now the intent is 'yes', not '" in explanation["sentence"]


def test_every_rule_has_a_verdict_with_the_turn_and_the_condition_that_failed():
    tracker = talk(*said("hello"), *did("utter_price"), *said("ask_price"), IN_FORM, REFUSED)
    verdicts = POLICY.verdicts(tracker, FERRY)
    assert len(verdicts) == len(POLICY.lookup_.rules)
    assert [v.status for v in verdicts[:2]] == ["matched", "failed"]
    by_action = {(v.rule.names[0], v.rule.action): v for v in verdicts}
    failed = by_action["prices for members", "utter_member_price"]
    assert (failed.turn, failed.condition.what) == (-1, "slot is_member")
    assert failed.reason == "now there is no slot is_member (1, 1 is wanted)"
    start = by_action["first hello", "utter_hello"]
    assert (start.turn, start.condition.what) == (-1, "intent")


def test_a_rule_for_the_start_fails_where_something_was_done_before():
    tracker = talk(*said("yes"), *did("utter_go_on"), *said("hello"))
    (start,) = (v for v in POLICY.verdicts(tracker, FERRY) if v.rule.action == "utter_hello")
    assert start.reason == "the conversation did not start 1 turn ago"


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (said("restart"), "/restart always runs action_restart"),
        (
            (*BOOKING, UserUttered.of("yes")),
            "the form 'ticket_form' is active, so it takes the message",
        ),
        (BOOKING[:-1], "the active form has asked, so the bot listens"),
    ],
)
def test_what_is_decided_without_a_rule_has_its_sentence(events, sentence):
    assert POLICY.predict(talk(*events), FERRY).explanation["sentence"] == sentence


def test_an_explanation_is_json_and_is_not_made_until_it_is_looked_at():
    prediction = POLICY.predict(talk(*said("hello")), FERRY)
    assert json.loads(json.dumps(prediction.as_dict()))["explanation"]["kind"] == "rule"


# --- contract


def test_it_keeps_the_contract_of_policies():
    check_policy(RulePolicy(core_fallback_threshold=0.2))


def test_it_must_be_trained_first():
    with pytest.raises(NotTrainedError, match="RulePolicy has not been trained"):
        RulePolicy().predict(talk(*said("hello")), FERRY)


def test_without_rules_it_still_answers_default_intents_and_lets_forms_go_on():
    policy = RulePolicy().train([], FERRY)
    assert action(*said("restart"), policy=policy) == "action_restart"
    assert action(*BOOKING, UserUttered.of("yes"), policy=policy) == "ticket_form"
    sentence = policy.predict(talk(*said("hello")), FERRY).explanation["sentence"]
    assert sentence == "there are no rules, so action_default_fallback is proposed (0.30)"


def test_what_was_saved_answers_and_explains_the_same(tmp_path):
    POLICY.persist(tmp_path)
    loaded = RulePolicy.load(tmp_path)
    for events in (said("ask_price"), (*said("ask_price"), member()), said("book"), BOOKING):
        one, other = (p.predict(talk(*events), FERRY).as_dict() for p in (POLICY, loaded))
        assert one == other
    assert loaded.lookup_.rule_only == POLICY.lookup_.rule_only


@pytest.mark.parametrize("damage", ["{", "{}", '{"rules": [{"states": [], "action": "a"}]}', "[]"])
def test_damaged_rules_are_refused(tmp_path, damage):
    POLICY.persist(tmp_path)
    (tmp_path / RULES_FILE).write_text(damage)
    with pytest.raises(ModelError, match=r"Train again|No learned rules"):
        RulePolicy.load(tmp_path)


def test_a_config_names_it_with_the_parameters_of_rasa():
    (policy,), found = parse_config(
        """
policies:
- name: RulePolicy
  core_fallback_threshold: 0.4
  core_fallback_action_name: action_cannot_help
  enable_fallback_prediction: false
  restrict_rules: false
  check_for_contradictions: false
"""
    )
    assert not found
    assert (policy.priority, policy.core_fallback_threshold) == (6, 0.4)
    assert policy.core_fallback_action_name == "action_cannot_help"
    switches = (policy.enable_fallback_prediction, policy.restrict_rules)
    assert (*switches, policy.check_for_contradictions) == (False, False, False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("core_fallback_threshold: 2", "must be a number from 0 to 1, got 2"),
        ("core_fallback_threshold: true", "must be a number from 0 to 1, got True"),
        ("core_fallback_action_name: 5", "must be the name of an action, got 5"),
        ("restrict_rules: maybe", "must be true or false, got 'maybe'"),
        ("core_fallback_treshold: 0.3", "Did you mean 'core_fallback_threshold'?"),
    ],
)
def test_wrong_parameters_in_a_config_are_errors(line, message):
    _, (found,) = parse_config(f"policies:\n- name: RulePolicy\n  {line}\n")
    assert message in str(found)


def test_plain_trackers_count_as_stories():
    policy = RulePolicy().train([talk(*said("hello"), *did("utter_hello"), LISTEN)], FERRY)
    assert len(policy.lookup_.rules) == 0


# --- the index


INTENTS = ("hello", "book", "yes", None)
ACTIONS = ("action_listen", "utter_hello", None)
LOOPS = ("ticket_form", "should_not_be_set", None)
SLOTS = st.sampled_from([(), (("port", (1.0,)),), (("port", "should_not_be_set"),)])


@st.composite
def states(draw, loops=LOOPS):
    return State(
        intent=draw(st.sampled_from(INTENTS)),
        slots=draw(SLOTS),
        prev_action=draw(st.sampled_from(ACTIONS)),
        active_loop=draw(st.sampled_from(loops)),
    )


@given(
    st.lists(st.lists(states(), min_size=1, max_size=3), max_size=12),
    st.lists(states(), min_size=1, max_size=5),
)
@settings(max_examples=200, deadline=None)
def test_the_index_finds_what_a_scan_of_all_rules_finds(rules, conversation):
    learnt = [LearnedRule(tuple(rule), f"utter_{i}") for i, rule in enumerate(rules)]
    found = RuleIndex(learnt).matching(conversation)
    assert set(found) == {rule for rule in learnt if matches(rule, conversation)}
    assert len(found) == len(set(found))


def test_240_rules_and_109_forms_answer_in_under_a_millisecond():
    topics, forms = range(240), range(109)
    domain = Domain.from_dict(
        {
            "intents": [f"ask_{i}" for i in topics] + [f"start_{i}" for i in forms],
            "actions": [f"utter_{i}" for i in topics],
            "forms": {f"form_{i}": {"required_slots": []} for i in forms},
        }
    )
    rules = [f"- rule: r{i}\n  steps: [{{intent: ask_{i}}}, {{action: utter_{i}}}]" for i in topics]
    rules += [
        f"- rule: f{i}\n  steps: [{{intent: start_{i}}}, {{action: form_{i}}}, "
        f"{{active_loop: form_{i}}}]"
        for i in forms
    ]
    policy = trained("rules:\n" + "\n".join(rules), domain=domain)
    trackers = [talk(*said(f"ask_{i}"), domain=domain) for i in topics]
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for tracker in trackers:
            policy.predict(tracker, domain)
        best = min(best, (time.perf_counter() - began) / len(trackers))
    assert best < 0.001
    assert policy.predict(trackers[7], domain).best(domain) == "utter_7"


@given(st.lists(st.sampled_from(["hello", "book", "ask_price", "ask_dogs", "yes"]), max_size=6))
@settings(max_examples=40, deadline=None)
def test_predicting_never_changes_a_conversation(intents):
    tracker = DialogueStateTracker("ann", FERRY.slots)
    for intent in intents:
        tracker.update_with_events(said(intent))
        events, situation = tracker.events, tracker.situation
        prediction = POLICY.predict(tracker, FERRY)
        assert (tracker.events, tracker.situation) == (events, situation)
        tracker.update(ActionExecuted(prediction.best(FERRY)))
