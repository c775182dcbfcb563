import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.events import ActionExecuted, Restarted, UserUttered
from dialogue_nb.core.exceptions import FeaturizerError, ModelError, NotTrainedError
from dialogue_nb.core.states import prediction_states
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies.memoization import (
    AugmentedMemoizationPolicy,
    MemoizationPolicy,
    shortened,
)
from tests.library import DOMAIN, LISTEN, data_of, did, slot, talk, user
from tests.library import SEARCHING as STORIES

CONFLICT = """
## polite
* ask_book
  - utter_ask_book

## hasty
* ask_book
  - utter_found

## hasty too
* farewell
  - utter_farewell
* ask_book
  - utter_found
"""

RULE = """
rules:
- rule: always say goodbye
  steps:
  - intent: farewell
  - action: utter_ask_day
"""

# a memory of one window of one state
WELL = {
    "states": [{}],
    "keys": [[0]],
    "actions": ["utter_found"],
    "stories": [["borrow"]],
    "counts": [1],
    "conflicts": [],
}

ASKED = (LISTEN, user("ask_book"))
WHICH = (*ASKED, did("utter_ask_book"), LISTEN)


@cache
def trained(cls=MemoizationPolicy, stories=STORIES, **params):
    return cls(**params).train(data_of(stories), DOMAIN)


def answer(policy, *events):
    """(action, confidence) after the events."""
    prediction = policy.predict(talk("now", *events), DOMAIN)
    return prediction.best(DOMAIN), prediction.confidence


def test_what_was_in_a_story_is_predicted_with_full_confidence():
    policy = trained(max_history=2)
    assert answer(policy) == ("action_listen", 1.0)
    assert answer(policy, *ASKED) == ("utter_ask_book", 1.0)
    assert answer(policy, *ASKED, did("utter_ask_book")) == ("action_listen", 1.0)


def test_what_was_in_no_story_gets_zeros_not_a_guess():
    policy = trained(max_history=2)
    prediction = policy.predict(talk("now", LISTEN, user("reserve_book")), DOMAIN)
    assert prediction.probabilities.tolist() == [0.0] * DOMAIN.num_actions
    assert prediction.best(DOMAIN) is None


def test_the_priority_is_that_of_rasa_3_and_max_history_is_5():
    assert MemoizationPolicy().get_params() == {
        "featurizer": None,
        "priority": 3,
        "max_history": 5,
        "use_nlu_confidence_as_score": False,
    }


def test_what_is_longer_ago_than_max_history_does_not_matter():
    before = (LISTEN, user("farewell"), did("action_search"))
    assert answer(trained(max_history=2), *before, *WHICH[:1]) == (None, 0.0)
    known = (*before, *ASKED, did("utter_ask_book"))
    assert answer(trained(max_history=2), *known) == ("action_listen", 1.0)
    assert answer(trained(max_history=3), *known) == (None, 0.0)
    assert answer(trained(max_history=None), *known) == (None, 0.0)


def test_a_short_window_is_not_the_end_of_a_longer_one():
    # in a story this state comes third, so the window of length 2 is known only after another
    policy = trained(max_history=2)
    third = prediction_states(talk("", *WHICH, user("farewell")), DOMAIN)[-1]
    assert policy.memory_.action([third]) is None


def test_the_whole_history_counts_when_max_history_is_none():
    policy = trained(max_history=None)
    assert answer(policy, *WHICH, user("reserve_book", "book"), slot("book", "atlas")) == (
        "utter_found",
        1.0,
    )
    assert answer(policy, *WHICH, user("farewell")) == (None, 0.0)
    assert max(len(window.states) for window in policy.memory_) == 8


def test_values_of_entities_and_texts_do_not_matter_but_a_slot_that_is_set_does():
    policy = trained(max_history=3)
    reserve = UserUttered.of("reserve_book", {"book": "another"}, "that one")
    assert answer(policy, *WHICH, reserve, slot("book", "another")) == ("utter_found", 1.0)
    assert answer(policy, *WHICH, reserve) == (None, 0.0)


def test_glued_stories_and_rules_are_not_learnt():
    data = data_of(STORIES, augmentation_factor=3)
    assert len(data.augmented) > 0
    plain = MemoizationPolicy(max_history=4).train(data_of(STORIES), DOMAIN)
    glued = MemoizationPolicy(max_history=4).train(data, DOMAIN)
    assert [w.as_dict() for w in glued.memory_] == [w.as_dict() for w in plain.memory_]


def test_rules_are_not_learnt():
    from dialogue_nb.stories.generator import generate
    from dialogue_nb.stories.reader import parse_stories

    stories, _ = parse_stories(RULE, format="yaml")
    assert len(generate(stories, DOMAIN).rules) == 1
    assert len(MemoizationPolicy().train(generate(stories, DOMAIN), DOMAIN).memory_) == 0


def test_where_stories_disagree_nothing_is_memorised_and_the_stories_are_kept():
    policy = trained(stories=CONFLICT, max_history=2)
    assert answer(policy, *ASKED) == (None, 0.0)
    [conflict] = policy.memory_.all_conflicts()
    assert conflict.actions == {"utter_ask_book": ("polite",), "utter_found": ("hasty",)}
    assert [state.intent for state in conflict.states] == [None, "ask_book"]
    assert str(conflict) == (
        "After the same 2 states 'polite' goes on with 'utter_ask_book', "
        "'hasty' with 'utter_found'."
    )


def test_a_shorter_history_makes_more_conflicts_each_with_all_its_stories():
    policy = trained(stories=CONFLICT, max_history=1)
    [conflict] = policy.memory_.all_conflicts()
    assert conflict.actions == {
        "utter_ask_book": ("polite",),
        "utter_found": ("hasty", "hasty too"),
    }


def test_a_conflict_explains_the_miss():
    prediction = trained(stories=CONFLICT, max_history=2).predict(talk("", *ASKED), DOMAIN)
    assert prediction.explanation["sentence"] == (
        "its stories disagree after these turns: 'polite' with utter_ask_book, 'hasty' with "
        "utter_found"
    )
    assert prediction.explanation["nearest"] == []


def test_a_hit_is_explained_by_its_stories():
    prediction = trained(max_history=1).predict(talk("", LISTEN, user("farewell")), DOMAIN)
    explanation = dict(prediction.explanation)
    assert explanation["found"] is True
    assert explanation["stories"] == ["leave"]
    assert explanation["sentence"] == "the last turn is in its memory, from 'leave'"
    assert explanation["states"] == [
        {"user": {"intent": "farewell"}, "prev_action": {"action_name": "action_listen"}}
    ]
    json.dumps(explanation)


def test_a_hit_says_in_how_many_places_it_stands():
    many = "".join(f"## story {i}\n* farewell\n  - utter_farewell\n* ask_book\n" for i in range(8))
    lines = many.replace("* ask_book\n", "* reserve_book\n  - action_search\n")
    data = data_of(lines, remove_duplicates=False)
    prediction = MemoizationPolicy().train(data, DOMAIN).predict(talk("", LISTEN), DOMAIN)
    assert prediction.confidence == 0
    hit = MemoizationPolicy().train(data, DOMAIN).predict(talk(""), DOMAIN).explanation
    assert len(hit["stories"]) <= 5
    assert hit["count"] == len(data)


def test_a_miss_is_explained_by_the_nearest_window_and_the_first_difference():
    policy = trained(max_history=3)
    prediction = policy.predict(talk("", slot("member", True), *WHICH[:3]), DOMAIN)
    explanation = prediction.explanation
    assert explanation["found"] is False
    assert explanation["sentence"] == (
        "the nearest memorised window differs now: slot member is set"
    )
    nearest = explanation["nearest"][0]
    assert nearest["action"] == "action_listen"
    assert nearest["stories"] == ["borrow"]
    assert nearest["first_difference"]["turn"] == -1
    assert len(nearest["differences"]) == 3
    json.dumps(dict(explanation))


def test_a_miss_at_an_earlier_turn_is_found_there():
    policy = trained(max_history=3)
    odd = (LISTEN, user("ask_book", "day"), did("utter_ask_book"), LISTEN)
    reserve = (user("reserve_book", "book"), slot("book", "atlas"))
    explanation = policy.predict(talk("", *odd, *reserve), DOMAIN).explanation
    assert explanation["sentence"] == (
        "the nearest memorised window differs 1 turn ago: entity day is there"
    )


def test_an_empty_memory_says_so():
    policy = MemoizationPolicy().train([], DOMAIN)
    prediction = policy.predict(talk("", *ASKED), DOMAIN)
    assert prediction.explanation["sentence"] == "nothing is memorised"


def test_the_confidence_can_be_that_of_the_intent():
    policy = trained(max_history=2, use_nlu_confidence_as_score=True)
    unsure = UserUttered("hm", {"name": "ask_book", "confidence": 0.625})
    assert answer(policy, LISTEN, unsure) == ("utter_ask_book", 0.625)
    assert not policy.answers_in_batches


def test_a_batch_gives_what_single_questions_give():
    policy = trained(max_history=2)
    asked = [talk("", *WHICH[:n]) for n in range(5)]
    states = [prediction_states(tracker, DOMAIN) for tracker in asked]
    rows = policy.predict_batch(states, DOMAIN)
    assert rows.shape == (5, DOMAIN.num_actions)
    assert rows.tolist() == [policy.predict(t, DOMAIN).probabilities.tolist() for t in asked]
    explained = policy.predict_states(states, DOMAIN)
    assert [dict(p.explanation) for p in explained] == [
        dict(policy.predict(t, DOMAIN).explanation) for t in asked
    ]


def test_a_featurizer_can_be_given_and_its_max_history_counts():
    featurizer = MaxHistoryTrackerFeaturizer(max_history=1)
    policy = MemoizationPolicy(featurizer, max_history=4).train(data_of(STORIES), DOMAIN)
    assert {len(window.states) for window in policy.memory_} == {1}


def test_a_featurizer_of_whole_dialogues_is_refused():
    policy = MemoizationPolicy(FullDialogueTrackerFeaturizer())
    with pytest.raises(FeaturizerError, match="needs a MaxHistoryTrackerFeaturizer"):
        policy.train(data_of(STORIES), DOMAIN)


@pytest.mark.parametrize("cls", [MemoizationPolicy, AugmentedMemoizationPolicy])
def test_an_untrained_policy_says_so(cls):
    with pytest.raises(NotTrainedError, match=f"{cls.__name__} has not been trained"):
        cls().predict(talk("", *ASKED), DOMAIN)


@pytest.mark.parametrize("cls", [MemoizationPolicy, AugmentedMemoizationPolicy])
def test_a_saved_policy_knows_the_same_and_its_conflicts(cls, tmp_path):
    policy = trained(cls, STORIES + CONFLICT, max_history=None, priority=7)
    policy.persist(tmp_path / "memo")
    loaded = cls.load(tmp_path / "memo")
    assert loaded.get_params() == policy.get_params()
    assert [w.as_dict() for w in loaded.memory_] == [w.as_dict() for w in policy.memory_]
    assert loaded.memory_.all_conflicts() == policy.memory_.all_conflicts()
    assert answer(loaded, *WHICH) == answer(policy, *WHICH)


@pytest.mark.parametrize(
    "damage",
    [
        "not json",
        "[]",
        '{"states": []}',
        json.dumps(WELL | {"keys": [[4]]}),
        json.dumps(WELL | {"keys": [[-1]]}),
        json.dumps(WELL | {"actions": []}),
        json.dumps(WELL | {"states": [3]}),
        json.dumps(WELL | {"conflicts": [{"key": [0]}]}),
    ],
)
def test_a_damaged_memory_is_refused(damage, tmp_path):
    trained().persist(tmp_path)
    file = tmp_path / "memorized_turns.json"
    file.write_text(json.dumps(WELL))
    assert len(MemoizationPolicy.load(tmp_path).memory_) == 1
    file.write_text(damage)
    with pytest.raises(ModelError):
        MemoizationPolicy.load(tmp_path)


def test_the_policy_of_another_class_is_not_loaded(tmp_path):
    trained().persist(tmp_path)
    with pytest.raises(ModelError, match="holds a MemoizationPolicy, not a Augmented"):
        AugmentedMemoizationPolicy.load(tmp_path)


# AugmentedMemoizationPolicy


def test_forgetting_finds_a_story_again_that_was_told_without_an_earlier_slot():
    said = (did("action_search"), slot("member", True), *ASKED)
    assert answer(trained(max_history=2), *said) == (None, 0.0)
    policy = trained(AugmentedMemoizationPolicy, max_history=2)
    prediction = policy.predict(talk("", *said), DOMAIN)
    assert prediction.best(DOMAIN) == "utter_ask_book"
    assert prediction.confidence == 1.0
    assert prediction.explanation["forgotten"] == 1
    assert "after forgetting the first action" in prediction.explanation["sentence"]


def test_what_memory_knows_is_not_forgotten_first():
    policy = trained(AugmentedMemoizationPolicy, max_history=3)
    prediction = policy.predict(talk("", *WHICH[:3]), DOMAIN)
    assert prediction.best(DOMAIN) == "action_listen"
    assert prediction.explanation["forgotten"] == 0


def test_a_slot_that_is_set_in_the_last_turn_cannot_be_forgotten():
    policy = trained(AugmentedMemoizationPolicy, max_history=2)
    said = (did("action_search"), *ASKED, slot("member", True))
    prediction = policy.predict(talk("", *said), DOMAIN)
    assert prediction.best(DOMAIN) is None
    assert prediction.explanation["tried"] == 2


def test_shortened_conversations_begin_at_the_first_action_then_at_each_later_one():
    tracker = talk("", slot("member", True), *WHICH, user("farewell"))
    lengths = [len(short.events) for short in shortened(tracker, None, DOMAIN)]
    assert lengths == [5, 3, 2]
    assert [short.get_slot("member") for short in shortened(tracker, None, DOMAIN)] == [None] * 3


def test_with_max_history_shortening_begins_at_the_last_listen_that_leaves_enough_actions():
    turns = (*ASKED, did("utter_ask_book"))
    tracker = talk("", *turns, *turns, *turns, LISTEN, user("farewell"))
    first = next(shortened(tracker, 2, DOMAIN))
    # 7 actions; the third but last is a listen, so it stays in front of the last two
    assert [e.label for e in first.events if isinstance(e, ActionExecuted)] == [
        "action_listen",
        "utter_ask_book",
        "action_listen",
    ]


def test_what_was_before_a_restart_is_not_looked_at():
    policy = trained(AugmentedMemoizationPolicy, max_history=2)
    assert answer(policy, *WHICH, Restarted(), *ASKED) == ("utter_ask_book", 1.0)
    assert len(list(shortened(talk("", *WHICH, Restarted()), None, DOMAIN))) == 0


turns = st.lists(
    st.sampled_from(
        [
            ASKED,
            (LISTEN, user("farewell"), did("utter_farewell")),
            (LISTEN, user("reserve_book", "book"), slot("book", "atlas"), did("utter_found")),
            (slot("member", True),),
            (did("utter_ask_book"),),
        ]
    ),
    max_size=6,
)


@settings(deadline=None)
@given(turns, st.sampled_from([1, 2, 5, None]))
def test_augmented_memory_agrees_wherever_plain_memory_knows(said, max_history):
    events = [event for turn in said for event in turn]
    plain = trained(max_history=max_history).predict(talk("", *events), DOMAIN)
    more = trained(AugmentedMemoizationPolicy, max_history=max_history)
    augmented = more.predict(talk("", *events), DOMAIN)
    if plain.confidence:
        assert np.array_equal(augmented.probabilities, plain.probabilities)
    assert augmented.confidence in (0.0, 1.0)


@settings(deadline=None)
@given(turns)
def test_the_nearest_window_of_a_miss_really_differs_and_that_of_a_hit_is_not_asked_for(said):
    events = [event for turn in said for event in turn]
    policy = trained(max_history=3)
    prediction = policy.predict(talk("", *events), DOMAIN)
    if prediction.confidence:
        assert "nearest" not in prediction.explanation
    else:
        assert all(miss["differences"] for miss in prediction.explanation["nearest"])
        assert len(prediction.explanation["nearest"]) == 3
