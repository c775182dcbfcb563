import json

import pytest

from dialogue_nb.core.states import State
from dialogue_nb.featurizers.differences import window_differences

ASKED = State(intent="ask_book", prev_action="action_listen")


@pytest.mark.parametrize(
    ("found", "expected", "sentence"),
    [
        (ASKED, ASKED._replace(intent="farewell"), "the intent is 'ask_book', not 'farewell'"),
        (State(), State(intent="farewell"), "there is no intent, but 'farewell' was expected"),
        (ASKED._replace(entities=("day",)), ASKED, "entity day is there"),
        (ASKED, ASKED._replace(entities=("day",)), "entity day is missing"),
        (ASKED._replace(slots=(("book", (1.0,)),)), ASKED, "slot book is set"),
        (ASKED, ASKED._replace(slots=(("book", (1.0,)),)), "slot book is not set"),
        (
            ASKED._replace(slots=(("member", (1.0, 0.0)),)),
            ASKED._replace(slots=(("member", (1.0, 1.0)),)),
            "slot member has another value",
        ),
        (
            ASKED._replace(prev_action="utter_found"),
            ASKED,
            "the previous action is 'utter_found', not 'action_listen'",
        ),
        (
            ASKED._replace(active_loop="reserve_form"),
            ASKED,
            "there is the form 'reserve_form', but none was expected",
        ),
        (State(text="hi"), State(text="ho"), "the message is 'hi', not 'ho'"),
    ],
)
def test_each_kind_of_difference_has_its_sentence(found, expected, sentence):
    [difference] = window_differences([State(), found], [State(), expected])
    assert difference.sentence == sentence
    assert str(difference) == f"now: {sentence}"
    json.dumps(difference.as_dict())


def test_differences_are_read_from_now_back():
    slots = (("book", (1.0,)),)
    found = [State(slots=slots), ASKED, ASKED._replace(slots=slots)]
    expected = [State(), ASKED, ASKED._replace(entities=("day",))]
    assert [str(d) for d in window_differences(found, expected)] == [
        "now: entity day is missing",
        "now: slot book is set",
        "2 turns ago: slot book is set",
    ]


def test_a_window_that_begins_earlier_or_later_differs_there():
    longer, shorter = [State(), ASKED], [ASKED]
    assert [str(d) for d in window_differences(longer, shorter)] == [
        "1 turn ago: the conversation began earlier"
    ]
    assert [str(d) for d in window_differences([None, *shorter], longer)] == [
        "1 turn ago: the conversation began later"
    ]


def test_equal_windows_have_no_differences_whatever_their_padding():
    assert window_differences([None, None, ASKED], [ASKED]) == []
