import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.events import (
    ActionExecutionRejected,
    FollowupAction,
    SlotSet,
    UserUtteranceFeaturization,
)
from dialogue_nb.core.exceptions import PolicyConfigError, PolicyPredictionError
from dialogue_nb.policies.ensemble import PolicyEnsemble, combine, rejected_action
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import LazyExplanation, PolicyPrediction
from tests.library import DOMAIN, LISTEN, data_of, did, talk, user

STORIES = "## hello\n* ask_book\n  - utter_ask_book\n* farewell\n  - utter_farewell\n"
ASKED = (LISTEN, user("ask_book"))


def says(name, priority=1, /, _explanation=None, _events=None, **probabilities):
    """A prediction by names of actions."""
    values = np.zeros(DOMAIN.num_actions)
    for action, p in probabilities.items():
        values[DOMAIN.index_for_action(action)] = p
    explanation = {} if _explanation is None else _explanation
    return PolicyPrediction(values, name, priority, explanation, **(_events or {}))


class Fixed(Policy):
    """Always says the same."""

    def __init__(self, action="utter_found", confidence=0.5, priority=1):
        super().__init__(None, priority)
        self.action = action
        self.confidence = confidence

    def predict_action_probabilities(self, tracker, domain):
        row = [0.0] * domain.num_actions
        row[domain.index_for_action(self.action)] = self.confidence
        return row


def test_the_highest_confidence_wins():
    decision = combine([says("A", 3, utter_found=0.4), says("B", 1, utter_farewell=0.41)], DOMAIN)
    assert (decision.action, decision.confidence, decision.policy, decision.rule) == (
        "utter_farewell",
        0.41,
        "B",
        "confidence",
    )


def test_of_equal_confidences_the_higher_priority_wins():
    decision = combine([says("A", 1, utter_found=0.3), says("B", 3, utter_farewell=0.3)], DOMAIN)
    assert (decision.policy, decision.rule) == ("B", "priority")
    assert decision.why() == (
        "B chose utter_farewell (0.30) by its higher priority (3), A preferred utter_found (0.30)."
    )


def test_of_equal_confidences_and_priorities_the_first_wins():
    decision = combine([says("A", 2, utter_found=0.3), says("B", 2, utter_farewell=0.3)], DOMAIN)
    assert (decision.policy, decision.rule) == ("A", "order")
    assert "because it comes first in the list" in decision.why()


def test_confidences_are_not_normalised():
    # in Rasa 0.14 a fallback's floor of 0.3 was reported as 1.0
    decision = combine([says("Memory", 2), says("Network", 1, utter_found=0.3)], DOMAIN)
    assert decision.confidence == 0.3


def test_when_nobody_has_an_opinion_the_first_action_counts():
    decision = combine([says("A", 1), says("B", 3)], DOMAIN)
    assert (decision.action, decision.confidence, decision.policy) == ("action_listen", 0.0, "B")
    assert decision.why() == (
        "No policy had an opinion, so action_listen counts, the first of all actions: "
        "A had no opinion."
    )


def test_a_refused_action_does_not_count_but_the_numbers_are_kept():
    network = says("Network", 1, reserve_form=0.75, utter_found=0.125)
    decision = combine([network], DOMAIN, rejected="reserve_form")
    assert (decision.action, decision.confidence) == ("utter_found", 0.125)
    assert (decision.rule, decision.rejected) == ("rejection", "reserve_form")
    assert decision.predictions[0] is network
    [row] = decision.trace
    assert row["probabilities"][DOMAIN.index_for_action("reserve_form")] == 0.75
    assert (row["action"], row["confidence"]) == ("utter_found", 0.125)
    assert decision.top(3) == [("utter_found", 0.125)]
    assert decision.why() == ("Network chose utter_found (0.12) because reserve_form was refused.")


def test_a_refused_action_that_would_not_have_won_changes_nothing():
    both = [says("A", 1, reserve_form=0.2), says("B", 1, utter_found=0.5)]
    decision = combine(both, DOMAIN, rejected="reserve_form")
    assert (decision.action, decision.rule) == ("utter_found", "confidence")


def test_a_refused_action_that_the_domain_does_not_have_is_passed_over():
    decision = combine([says("A", 1, utter_found=0.5)], DOMAIN, rejected="old_form")
    assert (decision.action, decision.rejected) == ("utter_found", None)


def test_a_form_that_goes_on_beats_every_confidence():
    going = says("Rules", 4, _events={"is_no_user_prediction": True}, reserve_form=0.5)
    end_to_end = says("Text", 9, _events={"is_end_to_end": True}, utter_found=0.9)
    decision = combine([says("Memory", 3, utter_found=1.0), going, end_to_end], DOMAIN)
    assert (decision.action, decision.rule) == ("reserve_form", "loop")
    assert decision.why().startswith("Rules chose reserve_form (0.50) because its form goes on")


def test_a_prediction_gives_way_to_the_policy_that_would_win_without_it():
    form = says("Form", 5, _events={"gives_way_to": ("Mapping",)}, reserve_form=1.0)
    mapping, low = says("Mapping", 2, utter_found=1.0), says("Mapping", 2, utter_found=0.0)
    fallback = says("Fallback", 4, utter_farewell=1.0)
    assert combine([form, mapping], DOMAIN).action == "utter_found"
    assert combine([mapping, form], DOMAIN).why() == (
        "Mapping chose utter_found (1.00), Form gave way with reserve_form (1.00)."
    )
    # nobody it gives way to would win, or would have anything to say
    assert combine([form, mapping, fallback], DOMAIN).action == "reserve_form"
    assert combine([form, low], DOMAIN).action == "reserve_form"
    assert combine([form], DOMAIN).action == "reserve_form"


def test_a_prediction_from_words_beats_those_from_intents():
    spoken = says("Text", 1, _events={"is_end_to_end": True}, utter_found=0.5)
    decision = combine([says("Memory", 3, utter_farewell=1.0), spoken], DOMAIN, after_listen=True)
    assert (decision.action, decision.rule) == ("utter_found", "end_to_end")
    assert decision.events == (UserUtteranceFeaturization(True),)


def test_events_of_all_policies_happen_and_the_optional_ones_of_the_winner():
    sets = [SlotSet("book", value) for value in ("one", "two", "three", "four")]
    loser = says("A", 1, _events={"events": (sets[0],), "optional_events": (sets[1],)})
    more = {"events": (sets[2],), "optional_events": (sets[3],)}
    winner = says("B", 1, _events=more, utter_found=0.5)
    decision = combine([loser, winner], DOMAIN)
    assert decision.events == (sets[0], sets[2], sets[3])


def test_after_a_listen_it_is_noted_that_the_intent_was_read():
    decision = combine([says("A", 1, utter_found=0.5)], DOMAIN, after_listen=True)
    assert decision.events == (UserUtteranceFeaturization(False),)


def test_no_policy_at_all_is_an_error():
    with pytest.raises(PolicyConfigError, match="at least one policy"):
        combine([], DOMAIN)


def test_only_a_refusal_since_the_last_action_counts():
    refused = ActionExecutionRejected("reserve_form")
    assert rejected_action(talk("", *ASKED)) is None
    assert rejected_action(talk("", *ASKED, refused)) == "reserve_form"
    assert rejected_action(talk("", *ASKED, refused, user("farewell"))) == "reserve_form"
    assert rejected_action(talk("", *ASKED, refused, did("utter_found"))) is None


def test_a_follow_up_is_taken_without_asking_anybody():
    ensemble = PolicyEnsemble([Fixed()])
    decision = ensemble.decide(talk("", *ASKED, FollowupAction("action_search")), DOMAIN)
    assert (decision.action, decision.confidence, decision.policy, decision.rule) == (
        "action_search",
        1.0,
        None,
        "followup",
    )
    assert decision.predictions == ()
    assert decision.why() == (
        "action_search was chosen because something asked for this action to come next."
    )
    assert ensemble.decide(talk(""), DOMAIN).action == "action_listen"


def test_a_follow_up_that_the_domain_does_not_have_is_passed_over():
    asked = talk("", *ASKED, FollowupAction("action_sing"))
    assert PolicyEnsemble([Fixed()]).decide(asked, DOMAIN).action == "utter_found"


def test_the_decision_says_why_memory_knew_it():
    policies = [MemoizationPolicy(max_history=3), Fixed("action_search", 0.25)]
    ensemble = PolicyEnsemble(policies).train(data_of(STORIES), DOMAIN)
    decision = ensemble.decide(talk("", *ASKED), DOMAIN)
    assert decision.why() == (
        "MemoizationPolicy chose utter_ask_book (1.00): the last 2 turns are in its memory, from "
        "'hello'. Fixed preferred action_search (0.25)."
    )


def test_the_decision_says_why_memory_did_not_know_it():
    policies = [MemoizationPolicy(max_history=3), Fixed("action_search", 0.25)]
    ensemble = PolicyEnsemble(policies).train(data_of(STORIES), DOMAIN)
    decision = ensemble.decide(talk("", LISTEN, user("ask_book", "day")), DOMAIN)
    assert decision.why() == (
        "Fixed chose action_search (0.25), MemoizationPolicy had no opinion (the nearest memorised "
        "window differs now: entity day is there)."
    )


def test_a_lone_policy_that_agrees_or_not_needs_no_more_words():
    assert combine([says("A", 1, utter_found=0.5)], DOMAIN).why() == "A chose utter_found (0.50)."
    both = [says("A", 1, utter_found=0.5), says("B", 1, utter_found=0.25)]
    assert combine(both, DOMAIN).why() == "A chose utter_found (0.50), B agreed (0.25)."


def test_a_note_takes_the_place_of_the_usual_reason():
    from dataclasses import replace

    decision = replace(combine([says("A", 1)], DOMAIN), note="It was tired.")
    assert decision.why() == "It was tired."


def test_a_decision_is_json_and_holds_all_numbers():
    policies = [MemoizationPolicy(max_history=3), Fixed("action_search", 0.25)]
    ensemble = PolicyEnsemble(policies).train(data_of(STORIES), DOMAIN)
    body = json.loads(json.dumps(ensemble.decide(talk("", *ASKED), DOMAIN).as_dict()))
    assert body["action_names"] == list(DOMAIN.action_names)
    assert [len(row["probabilities"]) for row in body["trace"]] == [DOMAIN.num_actions] * 2
    assert [row["won"] for row in body["trace"]] == [True, False]
    assert [row["priority"] for row in body["trace"]] == [3, 1]
    assert body["states"][-1] == {
        "user": {"intent": "ask_book"},
        "prev_action": {"action_name": "action_listen"},
    }
    assert body["trace"][0]["explanation"]["stories"] == ["hello"]


def test_explanations_are_worked_out_only_when_somebody_looks():
    looked = []
    lazy = LazyExplanation(lambda: looked.append(1) or {"sentence": "because"})
    decision = combine([says("A", 1, lazy, utter_found=0.5)], DOMAIN)
    assert looked == []
    assert decision.why() == "A chose utter_found (0.50): because."
    assert decision.trace[0]["explanation"] == {"sentence": "because"}
    assert looked == [1]


def test_what_a_policy_answers_wrongly_is_an_error_that_names_it():
    class TooShort(Policy):
        def predict_action_probabilities(self, tracker, domain):
            return [0.5]

    with pytest.raises(
        PolicyPredictionError, match=r"TooShort must return 19 probabilities.*got 1"
    ):
        PolicyEnsemble([Fixed(), TooShort()]).decide(talk("", *ASKED), DOMAIN)


def test_training_gives_each_policy_what_it_learns_from_and_the_options_it_knows():
    class Recorder(Fixed):
        uses_augmented = False

        def train(self, training_trackers, domain, epochs=1):
            self.seen_ = (len(training_trackers), epochs)
            return self

    class Greedy(Fixed):
        uses_rules = True

        def train(self, training_trackers, domain, **kwargs):
            self.seen_ = (len(training_trackers), sorted(kwargs))
            return self

    data = data_of(STORIES + "## more\n* farewell\n  - utter_farewell\n", augmentation_factor=2)
    recorder, greedy = Recorder(), Greedy()
    ensemble = PolicyEnsemble([recorder, greedy, Fixed()])
    assert ensemble.train(data, DOMAIN, epochs=4, speed="high") is ensemble
    assert recorder.seen_ == (2, 4)
    assert greedy.seen_ == (len(data), ["epochs", "speed"])


def test_a_subclass_with_a_new_prediction_is_not_asked_in_batches():
    class Contrary(MemoizationPolicy):
        def predict_action_probabilities(self, tracker, domain):
            return [1.0] + [0.0] * (domain.num_actions - 1)

    ensemble = PolicyEnsemble([Contrary()]).train(data_of(STORIES), DOMAIN)
    assert not ensemble.policies[0].answers_in_batches
    assert ensemble.decide(talk("", *ASKED), DOMAIN).action == "action_listen"
    assert MemoizationPolicy().answers_in_batches
    assert not AugmentedMemoizationPolicy().answers_in_batches


def test_a_batch_of_conversations_is_decided_like_one_at_a_time():
    policies = [MemoizationPolicy(), AugmentedMemoizationPolicy(), Fixed()]
    ensemble = PolicyEnsemble(policies).train(data_of(STORIES), DOMAIN)
    events = (*ASKED, did("utter_ask_book"), LISTEN, user("farewell"), did("utter_farewell"))
    asked = [talk("", *events[:n]) for n in range(len(events) + 1)]
    asked.append(talk("", *ASKED, ActionExecutionRejected("utter_ask_book")))
    together = ensemble.decide_batch(asked, DOMAIN)
    assert [d.as_dict() for d in together] == [ensemble.decide(t, DOMAIN).as_dict() for t in asked]
    assert ensemble.decide_batch([], DOMAIN) == []


def test_deciding_does_not_change_the_conversation():
    ensemble = PolicyEnsemble([MemoizationPolicy(), Fixed()]).train(data_of(STORIES), DOMAIN)
    tracker = talk("", *ASKED)
    before = tracker.as_dict()
    ensemble.decide(tracker, DOMAIN).why()
    assert tracker.as_dict() == before


rows = st.lists(
    st.tuples(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=3, max_size=3),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(rows, st.sampled_from([None, "utter_found", "utter_ask_day"]))
def test_the_winner_has_the_greatest_confidence_and_priority_of_all(given_rows, rejected):
    actions = ("utter_found", "utter_ask_day", "utter_farewell")
    predictions = [
        says(f"P{i}", priority, **dict(zip(actions, values, strict=True)))
        for i, (values, priority) in enumerate(given_rows)
    ]
    decision = combine(predictions, DOMAIN, rejected=rejected)
    marks = []
    for values, priority in given_rows:
        counted = [p for a, p in zip(actions, values, strict=True) if a != rejected]
        marks.append((max(counted), priority))
    assert (decision.confidence, predictions[decision.winner].priority) == max(marks)
    assert decision.winner == marks.index(max(marks))
    assert decision.confidence == 0 or decision.action != rejected
    assert decision.why().count(". ") <= 1
