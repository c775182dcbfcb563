import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.exceptions import FeaturizerError, UnknownNameError
from dialogue_nb.core.states import State, prediction_states, states_of
from dialogue_nb.featurizers.examples import NO_STATE, first_of_each
from dialogue_nb.featurizers.single_state import (
    BinarySingleStateFeaturizer,
    LabelTokenizerSingleStateFeaturizer,
)
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
    tracker_featurizer_from_dict,
)
from tests.library import DOMAIN, LISTEN, data_of, did, talk, user

# The worked example of two turns: five actions, so five windows.
TWO_TURNS = (
    LISTEN,
    user("ask_book"),
    did("utter_ask_book"),
    LISTEN,
    user("reserve_book"),
    did("utter_found"),
    LISTEN,
)

STORIES = """
## long
* ask_book
  - utter_ask_book
* reserve_book{"book": "atlas"}
  - utter_found
  - utter_ask_day
* farewell
  - utter_farewell

## short
* farewell
  - utter_farewell

## same beginning
* ask_book
  - utter_ask_book
* farewell
  - utter_farewell
"""


def windows_by_hand(trackers, max_history):
    """What the examples must be, in the plainest possible way, duplicates included."""
    rows = []
    for i, tracker in enumerate(trackers):
        states = states_of(tracker, DOMAIN)
        actions = [e for e in tracker.applied_events() if hasattr(e, "action_name")]
        for turn, action in enumerate(actions):
            if not action.unpredictable:
                known = states[: turn + 1]
                window = tuple(known if max_history is None else known[-max_history:])
                rows.append((window, action.label, i, turn))
    return rows


def test_the_worked_example_gives_its_five_windows():
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    data = featurizer.featurize_trackers([talk("two turns", *TWO_TURNS)], DOMAIN)
    assert data.window_ids.tolist() == [
        [-1, -1, 0],
        [-1, 0, 1],
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
    ]
    assert [state.flat() for state in data.table.states[:5]] == [
        {},
        {"intent_ask_book": 1.0, "prev_action_listen": 1.0},
        {"intent_ask_book": 1.0, "prev_utter_ask_book": 1.0},
        {"intent_reserve_book": 1.0, "prev_action_listen": 1.0},
        {"intent_reserve_book": 1.0, "prev_utter_found": 1.0},
    ]
    assert data.label_names == (
        "action_listen",
        "utter_ask_book",
        "action_listen",
        "utter_found",
        "action_listen",
    )


def test_arrays_have_padding_vectors_and_labels_in_their_places():
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    data = featurizer.featurize_trackers([talk("two turns", *TWO_TURNS)], DOMAIN)
    features, actions = len(DOMAIN.feature_names), DOMAIN.num_actions
    assert data.X.shape == (5, 3, features)
    assert data.y.shape == (5, actions)
    assert data.X.dtype == data.y.dtype == np.float32
    assert set(data.X[0, :2].ravel().tolist()) == {-1.0}
    assert set(data.X[0, 2].tolist()) == {0.0}
    decoded = [BinarySingleStateFeaturizer().decode(row, DOMAIN) for row in data.X[3]]
    assert decoded == data.window(3)
    assert data.y.argmax(axis=1).tolist() == data.labels.tolist()
    assert data.y.sum(axis=1).tolist() == [1.0] * 5
    assert data.batch([4, 0]).tolist() == data.X[[4, 0]].tolist()


def test_the_same_story_twice_is_learnt_once_and_it_is_said_what_was_left_out():
    twice = [talk("first", *TWO_TURNS), talk("second", *TWO_TURNS)]
    data = MaxHistoryTrackerFeaturizer(max_history=3).featurize_trackers(twice, DOMAIN)
    assert len(data) == 5
    assert data.removed.tolist() == [[1, turn, turn] for turn in range(5)]
    assert data.why_removed(3) == (
        "'second', action 4 ('utter_found') says the same as 'first', action 4: the same action "
        "after the same 3 states."
    )
    assert data.why_removed(0).endswith("after the same state.")


def test_duplicates_stay_if_that_is_asked_for():
    twice = [talk("first", *TWO_TURNS), talk("second", *TWO_TURNS)]
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3, remove_duplicates=False)
    data = featurizer.featurize_trackers(twice, DOMAIN)
    assert len(data) == 10
    assert data.sources.tolist() == [[i, turn] for i in range(2) for turn in range(5)]
    assert len(data.removed) == 0


def test_equal_states_with_different_actions_are_both_kept():
    one = talk("one", LISTEN, user("ask_book"), did("utter_found"))
    other = talk("other", LISTEN, user("ask_book"), did("utter_farewell"))
    data = MaxHistoryTrackerFeaturizer(max_history=2).featurize_trackers([one, other], DOMAIN)
    assert data.label_names == ("action_listen", "utter_found", "utter_farewell")
    assert data.window_ids[1].tolist() == data.window_ids[2].tolist()


def test_an_unpredictable_action_is_no_example_but_its_state_counts():
    tracker = talk(
        "begins with an action",
        did("utter_found", unpredictable=True),
        LISTEN,
        user("farewell"),
        did("utter_farewell"),
    )
    data = MaxHistoryTrackerFeaturizer(max_history=4).featurize_trackers([tracker], DOMAIN)
    assert data.window_ids.tolist() == [[-1, -1, 0, 1], [-1, 0, 1, 2]]
    assert data.label_names == ("action_listen", "utter_farewell")
    full = FullDialogueTrackerFeaturizer().featurize_trackers([tracker], DOMAIN)
    assert full.labels[0].tolist()[0] == -1
    assert full.sample_weight.tolist() == [[0.0, 1.0, 1.0]]


@pytest.mark.parametrize("max_history", [1, 2, 4, None])
def test_windows_are_what_they_are_by_hand(max_history):
    trackers = [tracker.tracker() for tracker in data_of(STORIES)]
    featurizer = MaxHistoryTrackerFeaturizer(max_history=max_history, remove_duplicates=False)
    data = featurizer.featurize_trackers(trackers, DOMAIN)
    ours = [
        (tuple(s for s in data.window(n) if s is not None), label, *data.sources[n].tolist())
        for n, label in enumerate(data.label_names)
    ]
    assert ours == windows_by_hand(trackers, max_history)


def test_the_whole_history_is_as_wide_as_the_longest_dialogue_needs():
    trackers = data_of(STORIES).originals
    data = MaxHistoryTrackerFeaturizer(max_history=None).featurize_trackers(trackers, DOMAIN)
    assert data.window_ids.shape[1] == max(len(tracker.actions) for tracker in trackers)
    assert (data.window_ids[:, -1] != NO_STATE).all()


def test_training_trackers_and_plain_ones_give_the_same_examples():
    trackers = data_of(STORIES).originals
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    one = featurizer.featurize_trackers(trackers, DOMAIN)
    other = featurizer.featurize_trackers([t.tracker() for t in trackers], DOMAIN)
    mixed = featurizer.featurize_trackers(
        [trackers[0], *(t.tracker() for t in trackers[1:])], DOMAIN
    )
    for data in (other, mixed):
        assert data.X.tolist() == one.X.tolist()
        assert data.labels.tolist() == one.labels.tolist()
        assert data.removed.tolist() == one.removed.tolist()
    assert one.table is trackers[0].table


def test_the_table_of_training_data_is_not_added_to():
    trackers = data_of(STORIES).originals
    before = len(trackers[0].table)
    stranger = talk("stranger", LISTEN, user("ask_book", "day"), did("action_search"), LISTEN)
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    data = featurizer.featurize_trackers([*trackers, stranger], DOMAIN)
    assert len(trackers[0].table) == before
    assert data.table is not trackers[0].table


def test_a_full_dialogue_is_padded_at_its_end():
    trackers = [talk("short", *TWO_TURNS[:3]), talk("long", *TWO_TURNS)]
    data = FullDialogueTrackerFeaturizer().featurize_trackers(trackers, DOMAIN)
    assert data.window_ids.tolist() == [[0, 1, -1, -1, -1], [0, 1, 2, 3, 4]]
    names = DOMAIN.action_names
    assert [names[i] for i in data.labels[0, :2]] == ["action_listen", "utter_ask_book"]
    assert data.labels[0, 2:].tolist() == [-1, -1, -1]
    assert data.X.shape == (2, 5, len(DOMAIN.feature_names))
    assert data.y.shape == (2, 5, DOMAIN.num_actions)
    assert set(data.y[0, 2:].ravel().tolist()) == {-1.0}
    assert data.sample_weight.tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]


def test_full_dialogues_keep_their_duplicates():
    twice = [talk("first", *TWO_TURNS), talk("second", *TWO_TURNS)]
    assert len(FullDialogueTrackerFeaturizer().featurize_trackers(twice, DOMAIN)) == 2


def test_the_window_for_a_prediction_includes_where_the_conversation_stands():
    tracker = talk("now", *TWO_TURNS[:5])
    states = states_of(tracker, DOMAIN)
    padded = MaxHistoryTrackerFeaturizer(max_history=6).window(tracker, DOMAIN)
    assert padded == [None, None, *states]
    assert MaxHistoryTrackerFeaturizer(max_history=2).window(states, DOMAIN) == states[-2:]
    assert FullDialogueTrackerFeaturizer().window(tracker, DOMAIN) == states
    assert MaxHistoryTrackerFeaturizer(max_history=2).prediction_window(states) == (*states[-2:],)


def test_create_x_is_the_last_training_window_of_a_dialogue_that_goes_on():
    featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    data = featurizer.featurize_trackers([talk("whole", *TWO_TURNS)], DOMAIN)
    asked = [talk("before the last listen", *TWO_TURNS[:-1]), talk("fresh")]
    batch = featurizer.create_X(asked, DOMAIN)
    assert batch.shape == (2, 3, len(DOMAIN.feature_names))
    assert batch.tolist() == data.X[[4, 0]].tolist()


def test_conversations_of_different_length_make_one_batch():
    short, long = (prediction_states(talk("", *TWO_TURNS[:n]), DOMAIN) for n in (2, 5))
    left = MaxHistoryTrackerFeaturizer(max_history=None).encode([short, long], DOMAIN)
    right = FullDialogueTrackerFeaturizer().encode([short, long], DOMAIN)
    assert left.shape == right.shape == (2, 4, len(DOMAIN.feature_names))
    assert left[0, 2:].tolist() == right[0, :2].tolist()
    assert set(left[0, :2].ravel().tolist()) == set(right[0, 2:].ravel().tolist()) == {-1.0}
    assert left[1].tolist() == right[1].tolist()


def test_no_dialogues_give_no_examples():
    for featurizer in (MaxHistoryTrackerFeaturizer(max_history=4), FullDialogueTrackerFeaturizer()):
        data = featurizer.featurize_trackers([], DOMAIN)
        assert len(data) == 0
        assert data.X.shape[2] == len(DOMAIN.feature_names)


def test_a_state_featurizer_of_choice_makes_the_vectors():
    words = LabelTokenizerSingleStateFeaturizer()
    featurizer = MaxHistoryTrackerFeaturizer(words, max_history=2)
    data = featurizer.featurize_trackers([talk("two turns", *TWO_TURNS)], DOMAIN)
    assert data.feature_names == words.feature_names(DOMAIN)
    assert data.X.shape == (5, 2, len(data.feature_names))


@pytest.mark.parametrize("wrong", [0, -2, "three", 2.5])
def test_a_max_history_that_is_no_whole_number_from_one_is_refused(wrong):
    featurizer = MaxHistoryTrackerFeaturizer(max_history=wrong)
    with pytest.raises(FeaturizerError, match="a whole number from 1, or None"):
        featurizer.featurize_trackers([talk("two turns", *TWO_TURNS)], DOMAIN)


def test_an_action_that_the_domain_does_not_have_is_named():
    tracker = talk("odd", LISTEN, user("ask_book"), did("utter_ask_boook"))
    with pytest.raises(UnknownNameError, match=r"utter_ask_boook.*utter_ask_book"):
        MaxHistoryTrackerFeaturizer().featurize_trackers([tracker], DOMAIN)


def test_a_tracker_featurizer_is_rebuilt_from_its_description():
    words = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=True)
    for featurizer in (
        MaxHistoryTrackerFeaturizer(words, max_history=7, remove_duplicates=False),
        MaxHistoryTrackerFeaturizer(max_history=None),
        FullDialogueTrackerFeaturizer(BinarySingleStateFeaturizer()),
    ):
        again = tracker_featurizer_from_dict(featurizer.as_dict())
        assert again == featurizer
        assert again.state_featurizer == featurizer.state_featurizer


def test_an_unknown_featurizer_or_parameter_is_named():
    with pytest.raises(FeaturizerError, match="Did you mean 'MaxHistoryTrackerFeaturizer'"):
        tracker_featurizer_from_dict({"name": "MaxHistoryFeaturizer"})
    with pytest.raises(FeaturizerError, match=r"no parameter 'max_histroy'.*'max_history'"):
        tracker_featurizer_from_dict({"name": "MaxHistoryTrackerFeaturizer", "max_histroy": 3})


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 7).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([-1, 0, 1, 5, 2**30]), min_size=width, max_size=width),
            min_size=1,
            max_size=12,
        )
    )
)
def test_first_of_each_finds_what_a_dictionary_finds(rows):
    first, group = first_of_each(list(np.array(rows, dtype=np.int32).T))
    seen = {}
    for i, row in enumerate(rows):
        seen.setdefault(tuple(row), i)
    assert first.tolist() == list(seen.values())
    assert [rows[first[g]] for g in group] == rows


def test_the_words_of_the_last_message_are_left_out_of_a_prediction():
    tracker = talk("unclear", LISTEN, user(None, text="do you have maps?"))
    assert states_of(tracker, DOMAIN)[-1].text == "do you have maps?"
    assert prediction_states(tracker, DOMAIN)[-1] == State(prev_action="action_listen")
