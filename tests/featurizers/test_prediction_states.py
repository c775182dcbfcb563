"""What a policy sees of a conversation that goes on, as opposed to a story that is learnt."""

from dialogue_nb.core.events import ActiveLoop, UserUttered
from dialogue_nb.core.states import State, prediction_states, states_of
from tests.library import DOMAIN, LISTEN, did, talk, user


def hidden(name):
    return did(name, hide_rule_turn=True)


def seen(*events):
    """(intent, previous action) of each state."""
    states = prediction_states(talk("", *events), DOMAIN)
    return [(state.intent, state.prev_action) for state in states]


def test_an_ordinary_conversation_looks_as_it_does_in_a_story():
    tracker = talk("", LISTEN, user("ask_book"), did("utter_ask_book"), LISTEN, user("farewell"))
    assert prediction_states(tracker, DOMAIN) == states_of(tracker, DOMAIN)


def test_turns_that_only_a_rule_took_are_left_out():
    rule = (LISTEN, user("farewell"), hidden("utter_farewell"), hidden("action_listen"))
    assert seen(*rule, user("ask_book")) == [
        (None, None),
        ("ask_book", "action_listen"),
    ]


def test_after_hidden_actions_the_last_visible_one_is_the_previous_one():
    said = (LISTEN, user("ask_book"), did("utter_ask_book"), hidden("action_search"))
    assert seen(*said) == [
        (None, None),
        ("ask_book", "action_listen"),
        ("ask_book", "utter_ask_book"),
    ]


def test_a_form_that_goes_on_is_hidden_or_not_like_the_turn_before():
    said = (LISTEN, user("reserve_book"), hidden("reserve_form"), ActiveLoop("reserve_form"))
    assert seen(*said) == [(None, None)]


def test_something_is_seen_even_if_all_was_hidden():
    said = (user("reserve_book"), ActiveLoop("reserve_form"), hidden("reserve_form"))
    [state] = prediction_states(talk("", *said), DOMAIN)
    assert state.active_loop == "reserve_form"


def test_a_message_that_nobody_waited_for_is_not_seen():
    assert seen(LISTEN, user("ask_book"), did("utter_ask_book"), user("farewell"))[-1] == (
        "ask_book",
        "utter_ask_book",
    )


def test_the_words_of_the_last_message_are_not_seen_but_earlier_ones_are():
    words = UserUttered("do you have maps?")
    assert states_of(talk("", LISTEN, words), DOMAIN)[-1].text == "do you have maps?"
    assert prediction_states(talk("", LISTEN, words), DOMAIN)[-1] == State(
        prev_action="action_listen"
    )
    later = prediction_states(talk("", LISTEN, words, did("utter_found"), LISTEN), DOMAIN)
    assert [state.text for state in later] == [None, "do you have maps?", "do you have maps?", None]
