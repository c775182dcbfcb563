import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import FeaturizerError
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, State
from dialogue_nb.featurizers.single_state import (
    BinarySingleStateFeaturizer,
    LabelTokenizerSingleStateFeaturizer,
    single_state_featurizer_from_dict,
)
from tests.library import DOMAIN

BINARY = BinarySingleStateFeaturizer()
WORDS = LabelTokenizerSingleStateFeaturizer()

FEATURES_OF_SLOTS = {
    "book": [(1.0,)],
    "member": [(1.0, 0.0), (1.0, 1.0)],
    "shelf": [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)],
}
ENTITY_LABELS = sorted(DOMAIN.entity_labels)


@st.composite
def states(draw):
    slots = {name: draw(st.none() | st.sampled_from(f)) for name, f in FEATURES_OF_SLOTS.items()}
    return State(
        intent=draw(st.none() | st.sampled_from(DOMAIN.intent_names)),
        entities=tuple(sorted(draw(st.sets(st.sampled_from(ENTITY_LABELS))))),
        slots=tuple((name, values) for name, values in sorted(slots.items()) if values),
        prev_action=draw(st.none() | st.sampled_from(DOMAIN.action_names)),
        active_loop=draw(st.none() | st.just("reserve_form")),
    )


def named(featurizer, vector, domain=DOMAIN):
    names = featurizer.feature_names(domain)
    return {name: float(x) for name, x in zip(names, vector, strict=True) if x}


@settings(deadline=None)
@given(states())
def test_decoding_a_binary_vector_gives_the_state_back(state):
    assert BINARY.decode(BINARY.encode(state, DOMAIN), DOMAIN) == state


@settings(deadline=None)
@given(states(), st.booleans())
def test_decoding_words_gives_a_state_with_the_same_words(state, shared):
    featurizer = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=shared)
    vector = featurizer.encode(state, DOMAIN)
    again = featurizer.encode(featurizer.decode(vector, DOMAIN), DOMAIN)
    assert again.tolist() == vector.tolist()


@settings(deadline=None)
@given(states())
def test_decoding_words_after_a_listen_gives_the_state_back(state):
    state = state._replace(prev_action="action_listen")
    assert WORDS.decode(WORDS.encode(state, DOMAIN), DOMAIN) == state


@settings(deadline=None)
@given(st.lists(states(), max_size=4))
def test_many_states_are_encoded_like_one_at_a_time(many):
    rows = BINARY.encode_many(many, DOMAIN)
    assert rows.shape == (len(many), len(DOMAIN.feature_names))
    assert rows.tolist() == [BINARY.encode(state, DOMAIN).tolist() for state in many]


def test_a_binary_vector_names_what_is_there():
    state = State(
        "ask_book", None, ("book",), (("shelf", (0.0, 1.0, 0.0)),), "action_listen", None, None
    )
    assert named(BINARY, BINARY.encode(state, DOMAIN)) == {
        "intent_ask_book": 1.0,
        "entity_book": 1.0,
        "slot_shelf_1": 1.0,
        "prev_action_listen": 1.0,
    }


def test_padding_is_minus_one_everywhere_and_the_empty_state_is_zero_everywhere():
    padding, empty = BINARY.encode_many([None, State()], DOMAIN)
    assert set(padding.tolist()) == {-1.0}
    assert set(empty.tolist()) == {0.0}
    assert BINARY.decode(padding, DOMAIN) is None
    assert BINARY.decode(empty, DOMAIN) == State()


def test_texts_roles_and_what_a_rule_forbids_are_not_kept():
    state = State(
        text="hello", entities=("day#from",), slots=(("book", SHOULD_NOT_BE_SET),), prev_text="hi"
    )
    assert BINARY.decode(BINARY.encode(state, DOMAIN), DOMAIN) == State()


def test_an_end_to_end_action_comes_back_as_a_text():
    domain = Domain.from_yaml("{intents: [greet], e2e_actions: [Hello there!]}")
    state = State(intent="greet", prev_text="Hello there!")
    assert BINARY.decode(BINARY.encode(state, domain), domain) == state


def test_names_that_the_domain_does_not_know_leave_no_trace():
    state = State(intent="sing", prev_action="action_dance")
    assert named(BINARY, BINARY.encode(state, DOMAIN)) == {}
    assert named(WORDS, WORDS.encode(state, DOMAIN)) == {"bot_action": 1.0}


def test_a_domain_of_another_size_gives_its_own_vectors_with_the_same_featurizer():
    small = Domain.from_yaml("{intents: [ask_book]}")
    state = State(intent="ask_book")
    for domain in (DOMAIN, small, DOMAIN):
        vector = BINARY.encode(state, domain)
        assert named(BINARY, vector, domain) == {"intent_ask_book": 1.0}


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(FeaturizerError, match=r"vectors of \d+ features .* shape \(3,\)"):
        BINARY.decode(np.zeros(3), DOMAIN)


def test_words_are_counted_and_the_user_is_heard_only_after_a_listen():
    said = State(intent="ask_book", entities=("book",), prev_action="action_listen")
    assert named(WORDS, WORDS.encode(said, DOMAIN)) == {
        "user_ask": 1.0,
        "user_book": 2.0,
        "user_entity": 1.0,
        "user_intent": 1.0,
        "bot_action": 1.0,
        "bot_listen": 1.0,
    }
    later = said._replace(prev_action="utter_ask_day", slots=(("book", (1.0,)),))
    assert named(WORDS, WORDS.encode(later, DOMAIN)) == {
        "slot_book_0": 1.0,
        "bot_ask": 1.0,
        "bot_day": 1.0,
        "bot_utter": 1.0,
    }


def test_forms_are_kept_among_words_too():
    state = State(prev_action="reserve_form", active_loop="reserve_form")
    assert WORDS.decode(WORDS.encode(state, DOMAIN), DOMAIN) == state


def test_a_shared_vocabulary_gives_both_sides_all_words():
    shared = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=True)
    names = shared.feature_names(DOMAIN)
    assert "user_utter" in names
    assert "bot_farewell" in names
    assert "bot_entity" in names
    assert "bot_entity" not in WORDS.feature_names(DOMAIN)


def test_names_can_be_cut_at_another_symbol():
    domain = Domain.from_yaml("{intents: [ask.book.day]}")
    featurizer = LabelTokenizerSingleStateFeaturizer(split_symbol=".")
    vector = featurizer.encode(State(intent="ask.book.day", prev_action="action_listen"), domain)
    assert {"user_book", "user_day"} < set(named(featurizer, vector, domain))


def test_all_actions_are_one_hot_or_the_words_of_their_names():
    count = DOMAIN.num_actions
    assert BINARY.encode_all_actions(DOMAIN).tolist() == np.eye(count).tolist()
    rows = WORDS.encode_all_actions(DOMAIN)
    bot = [name for name in WORDS.feature_names(DOMAIN) if name.startswith("bot_")]
    assert rows.shape == (count, len(bot))
    row = rows[DOMAIN.index_for_action("utter_ask_day")]
    assert [name for name, x in zip(bot, row, strict=True) if x] == [
        "bot_ask",
        "bot_day",
        "bot_utter",
    ]


def test_vectors_are_single_precision_whatever_their_values():
    whole = BINARY.encode(State(intent="ask_book"), DOMAIN)
    parts = BINARY.encode(State(slots=(("member", (0.5, 0.25)),)), DOMAIN)
    assert (whole.dtype, parts.dtype) == (np.float32, np.float32)


def test_a_featurizer_is_rebuilt_from_its_description():
    shared = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=True, split_symbol="-")
    for featurizer in (BINARY, WORDS, shared):
        assert single_state_featurizer_from_dict(featurizer.as_dict()) == featurizer
    assert shared != WORDS


def test_unknown_names_and_parameters_are_named_with_a_suggestion():
    with pytest.raises(FeaturizerError, match="Did you mean 'BinarySingleStateFeaturizer'"):
        single_state_featurizer_from_dict({"name": "BinarySingleStateFeaturiser"})
    with pytest.raises(FeaturizerError, match=r"no parameter 'split'.*'split_symbol'"):
        single_state_featurizer_from_dict(
            {"name": "LabelTokenizerSingleStateFeaturizer", "split": "-"}
        )
