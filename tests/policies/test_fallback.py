import json

import numpy as np
import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import BotUttered, UserUttered
from dialogue_nb.core.exceptions import ModelError, PolicyConfigError
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.fallback import FallbackPolicy, TwoStageFallbackPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.parameters import parameters_of
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.rule_policy import RulePolicy
from tests.policies.desk import DESK, LISTEN, TAKEN_BACK, did, said, stories, talk
from tests.policies.ferry import trained

ASK, REPHRASE = "action_default_ask_affirmation", "action_default_ask_rephrase"
REVERT, FALLBACK = "action_revert_fallback_events", "action_default_fallback"


class Sure(Policy):
    """Wants one action, whatever was said."""

    def __init__(self, action="utter_hello", confidence=0.5, priority=1):
        super().__init__(None, priority)
        self.action = action
        self.confidence = confidence

    def predict_action_probabilities(self, tracker, domain):
        result = np.zeros(domain.num_actions)
        result[domain.index_for_action(self.action)] = self.confidence
        return result


def answer(policy, *events):
    """What a policy wants, and how much."""
    prediction = policy.predict(talk(*events), DESK)
    return prediction.best(DESK), round(prediction.confidence, 3)


def decide(*policies, events):
    return PolicyEnsemble(policies).decide(talk(*events), DESK)


def test_the_defaults_are_those_of_rasa_1_10():
    assert FallbackPolicy().get_params() == {
        "priority": 4,
        "nlu_threshold": 0.3,
        "ambiguity_threshold": 0.1,
        "core_threshold": 0.3,
        "fallback_action_name": FALLBACK,
    }
    more = {name: value for name, value in TwoStageFallbackPolicy().get_params().items()}
    assert list(more.values()) == [4, 0.3, 0.1, 0.3, FALLBACK, FALLBACK, "out_of_scope"]


# --- one stage


def test_a_message_that_is_hardly_understood_makes_it_fall_back():
    policy = FallbackPolicy(nlu_threshold=0.6, fallback_action_name="utter_what")
    assert answer(policy, *said("greet", 0.59)) == ("utter_what", 1.0)
    assert answer(policy, *said("greet", 0.6)) == ("utter_what", 0.3)


def test_two_intents_that_are_almost_as_likely_make_it_fall_back():
    policy = FallbackPolicy(ambiguity_threshold=0.2)
    assert answer(policy, *said("greet", 0.5, ("lend", 0.375))) == (FALLBACK, 1.0)
    assert answer(policy, *said("greet", 0.5, ("lend", 0.25), ("nonsense", 0.25))) == (
        FALLBACK,
        0.3,
    )


def test_a_message_of_which_nobody_says_how_sure_it_is_counts_as_sure():
    unknown = UserUttered("hm", {"name": "greet"})
    nothing = UserUttered("hm", {"name": "greet", "confidence": None})
    assert answer(FallbackPolicy(), LISTEN, unknown) == (FALLBACK, 0.3)
    assert answer(FallbackPolicy(), LISTEN, nothing) == (FALLBACK, 0.3)


def test_it_looks_at_the_message_only_right_after_it():
    assert answer(FallbackPolicy(), *said("greet", 0.1), *did("utter_hello")) == (FALLBACK, 0.3)


def test_after_the_fallback_it_listens_also_when_the_message_was_taken_back():
    policy = FallbackPolicy(fallback_action_name="utter_what")
    assert answer(policy, *said("greet", 0.1), *did("utter_what")) == ("action_listen", 1.0)
    events = [*said("lend"), *did("utter_lent"), *said("greet", 0.1), *did(FALLBACK)]
    events += [BotUttered("What?"), TAKEN_BACK]
    assert talk(*events).latest_action_name == "utter_lent"
    assert answer(FallbackPolicy(), *events) == ("action_listen", 1.0)
    # and the next message is one again
    assert answer(FallbackPolicy(), *events, *said("greet", 0.1)) == (FALLBACK, 1.0)


def test_a_listen_as_fallback_does_not_listen_for_ever_instead_of_falling_back():
    policy = FallbackPolicy(fallback_action_name="action_listen", core_threshold=0.7)
    assert answer(policy, *said("greet"), *did("action_listen")) == ("action_listen", 0.7)


def test_its_offer_wins_where_every_other_policy_is_less_sure_or_as_sure():
    fallback = FallbackPolicy(core_threshold=0.4, fallback_action_name="utter_what")
    events = said("greet")
    assert decide(Sure(confidence=0.39), fallback, events=events).action == "utter_what"
    assert decide(Sure(confidence=0.41), fallback, events=events).action == "utter_hello"
    tie = decide(Sure(confidence=0.4), fallback, events=events)
    assert (tie.action, tie.rule) == ("utter_what", "priority")


def test_an_unsure_message_counts_more_than_a_story_that_knows_the_intent():
    memory = MemoizationPolicy()
    memory.train(stories("## hello\n* greet\n - utter_hello\n"), DESK)
    sure, unsure = said("greet", 0.9), said("greet", 0.2)
    assert decide(memory, FallbackPolicy(), events=sure).action == "utter_hello"
    assert decide(memory, FallbackPolicy(), events=unsure).action == FALLBACK
    assert decide(memory, FallbackPolicy(priority=2), events=unsure).action == "utter_hello"


def test_why_names_the_threshold_and_the_number_that_missed_it():
    assert decide(FallbackPolicy(), events=said("greet", 0.21)).why() == (
        "FallbackPolicy chose action_default_fallback (1.00): the confidence 0.21 of the intent "
        "'greet' is below nlu_threshold 0.30."
    )
    close = said("greet", 0.5, ("lend", 0.45))
    assert decide(FallbackPolicy(), events=close).why() == (
        "FallbackPolicy chose action_default_fallback (1.00): the confidences of the intents "
        "'greet' and 'lend' differ by 0.05 only, which is below ambiguity_threshold 0.10."
    )


def test_numbers_that_look_alike_are_told_apart():
    why = decide(FallbackPolicy(), events=said("greet", 0.2996)).why()
    assert "confidence 0.2996 of the intent 'greet' is below nlu_threshold 0.3000" in why


def test_why_says_what_is_offered_below_which_confidence_to_the_winner_and_to_others():
    fallback = FallbackPolicy(core_threshold=0.4)
    assert decide(Sure(confidence=0.75), fallback, events=said("greet")).why() == (
        "Sure chose utter_hello (0.75), FallbackPolicy offers action_default_fallback below 0.40."
    )
    assert decide(Sure(confidence=0.25), fallback, events=said("greet")).why() == (
        "FallbackPolicy chose action_default_fallback (0.40): nobody is surer than core_threshold "
        "0.40. Sure preferred utter_hello (0.25)."
    )
    none = FallbackPolicy(core_threshold=0)
    assert "FallbackPolicy had no opinion (core_threshold is 0" in (
        decide(Sure(), none, events=said("greet")).why()
    )


def test_a_rule_policy_offers_its_fallback_in_the_same_words():
    rules = trained("rules:\n- rule: a\n  steps: [{intent: hello}, {action: utter_hello}]\n")
    said_no = talk(*said("no"))
    domain = Domain.from_yaml("{intents: [hello, no], actions: [utter_hello]}")
    why = PolicyEnsemble([Sure(confidence=0.8), rules]).decide(said_no, domain).why()
    assert why == (
        "Sure chose utter_hello (0.80), RulePolicy offers action_default_fallback below 0.30."
    )
    silent = RulePolicy(enable_fallback_prediction=False).train([], domain)
    why = PolicyEnsemble([Sure(confidence=0.8), silent]).decide(said_no, domain).why()
    assert why == "Sure chose utter_hello (0.80), RulePolicy had no opinion (there are no rules)."


def test_an_explanation_is_json_with_kind_and_confidence():
    policy = FallbackPolicy()
    kinds = {
        "nlu_threshold": said("greet", 0.25),
        "ambiguity_threshold": said("greet", 0.5, ("lend", 0.45)),
        "core_threshold": said("greet", 0.8),
        "listens": (*said("greet", 0.25), *did(FALLBACK)),
    }
    for kind, events in kinds.items():
        body = json.loads(json.dumps(policy.predict(talk(*events), DESK).as_dict()))["explanation"]
        assert (body["kind"], body["intent"]) == (kind, "greet")
        assert body["confidence"] == events[1].intent["confidence"]
        assert ("fallback_below" in body) == (kind == "core_threshold")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (FallbackPolicy(fallback_action_name="utter_wat"), "no action 'utter_wat'.*'utter_what'"),
        (TwoStageFallbackPolicy(fallback_nlu_action_name="x"), "fallback_nlu_action_name of Two"),
        (TwoStageFallbackPolicy(fallback_core_action_name="x"), "fallback_core_action_name of"),
        (
            TwoStageFallbackPolicy(deny_suggestion_intent_name="nonsens"),
            "no intent 'nonsens', which deny_suggestion_intent_name of TwoStageFallbackPolicy "
            "names. Did you mean 'nonsense'",
        ),
        (TwoStageFallbackPolicy(deny_suggestion_intent_name="x"), "Add it to the intents"),
        (FallbackPolicy(nlu_threshold=1.5), "nlu_threshold must be a number from 0 to 1"),
        (FallbackPolicy(core_threshold=-0.1), "core_threshold must be a number from 0 to 1"),
    ],
)
def test_what_does_not_fit_the_domain_is_refused_when_training(policy, message):
    with pytest.raises(PolicyConfigError, match=message):
        policy.train([], DESK)


# --- two stages

UNSURE = said("greet", 0.2)
ASKED = (*UNSURE, *did(ASK))
DENIED = (*ASKED, *said("out_of_scope"), *did(REPHRASE))
STAGES = TwoStageFallbackPolicy(
    fallback_core_action_name="utter_what", fallback_nlu_action_name="action_call_clerk"
)


@pytest.mark.parametrize(
    ("events", "action", "kind"),
    [
        (UNSURE, ASK, "asks"),
        (said("greet", 0.5, ("lend", 0.45)), ASK, "asks"),
        (ASKED, "action_listen", "listens"),
        ((*ASKED, *said("greet")), REVERT, "affirmed"),
        ((*ASKED, *said("greet", 0.2)), "action_call_clerk", "gives_up"),
        ((*ASKED, *said("out_of_scope")), REPHRASE, "denied"),
        (DENIED, "action_listen", "listens"),
        ((*DENIED, *said("lend")), REVERT, "rephrased"),
        ((*DENIED, *said("lend", 0.2)), ASK, "asks"),
        ((*DENIED, *said("lend", 0.2), *did(ASK)), "action_listen", "listens"),
        ((*DENIED, *said("lend", 0.2), *did(ASK), *said("lend")), REVERT, "affirmed"),
        (
            (*DENIED, *said("lend", 0.2), *did(ASK), *said("out_of_scope")),
            "action_call_clerk",
            "gives_up",
        ),
        ((*said("greet"), *did("utter_what")), "action_listen", "listens"),
    ],
)
def test_each_step_of_the_two_stages_leads_to_the_next(events, action, kind):
    prediction = STAGES.predict(talk(*events), DESK)
    assert (prediction.best(DESK), prediction.confidence) == (action, 1.0)
    assert prediction.explanation["kind"] == kind


def test_where_there_is_no_doubt_the_core_fallback_is_offered():
    assert answer(STAGES, *said("greet")) == ("utter_what", 0.3)
    assert answer(STAGES, *said("greet"), *did("utter_hello")) == ("utter_what", 0.3)


def test_the_user_denies_with_the_intent_that_was_set():
    stages = TwoStageFallbackPolicy(deny_suggestion_intent_name="nonsense").train([], DESK)
    assert answer(stages, *ASKED, *said("nonsense")) == (REPHRASE, 1.0)
    assert answer(stages, *ASKED, *said("out_of_scope")) == (REVERT, 1.0)


def test_times_do_not_matter_only_the_order_of_the_events():
    events = [*ASKED, *said("out_of_scope")]
    backwards = [type(e)(**(vars(e) | {"timestamp": 9.0 - i})) for i, e in enumerate(events)]
    assert answer(STAGES, *backwards) == (REPHRASE, 1.0)
    at_once = [type(e)(**(vars(e) | {"timestamp": 1.0})) for e in ASKED]
    assert answer(STAGES, *at_once) == ("action_listen", 1.0)


def test_a_message_that_comes_without_a_listen_is_an_answer_too():
    assert answer(STAGES, *ASKED, said("out_of_scope")[1]) == (REPHRASE, 1.0)


def test_each_step_says_why():
    assert decide(STAGES, events=(*ASKED, *said("out_of_scope"))).why() == (
        "TwoStageFallbackPolicy chose action_default_ask_rephrase (1.00): the user said "
        "'out_of_scope', so it asks for other words."
    )
    again = decide(STAGES, events=(*DENIED, *said("lend", 0.2))).why()
    assert "the other words are unsure too: the confidence 0.20 of the intent 'lend' is" in again


# --- what belongs to every policy


@pytest.mark.parametrize("policy", [FallbackPolicy(3, 0.7, 0.2, 0.6, "utter_what"), STAGES])
def test_it_is_kept_as_json_and_read_back(policy, tmp_path):
    policy.train([], DESK).persist(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["policy.json"]
    again = type(policy).load(tmp_path)
    assert again.get_params() == policy.get_params()
    for events in (UNSURE, ASKED, said("greet")):
        assert answer(again, *events) == answer(policy, *events)


def test_one_kind_is_not_read_as_the_other(tmp_path):
    FallbackPolicy().persist(tmp_path)
    with pytest.raises(ModelError, match="holds a FallbackPolicy, not a TwoStageFallbackPolicy"):
        TwoStageFallbackPolicy.load(tmp_path)


@pytest.mark.parametrize("cls", [FallbackPolicy, TwoStageFallbackPolicy])
def test_every_parameter_can_be_set_by_hand_and_says_what_it_means(cls):
    parameters = parameters_of(cls)
    assert [p.name for p in parameters] == list(cls().get_params())
    assert all(p.meaning.endswith(".") for p in parameters)
    limits = {p.name: (p.low, p.high) for p in parameters if p.name.endswith("_threshold")}
    assert set(limits.values()) == {(0, 1)}


def test_predicting_does_not_change_the_conversation():
    tracker = talk(*ASKED, *said("out_of_scope"))
    before = tracker.as_dict()
    FallbackPolicy().predict(tracker, DESK)
    STAGES.predict(tracker, DESK)
    assert tracker.as_dict() == before
