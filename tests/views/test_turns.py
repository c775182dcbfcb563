"""Turns: which events belong to which, what became of them, and how to fork."""

from __future__ import annotations

import pytest
from hypothesis import given

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    Restarted,
    SlotSet,
    UserUtteranceFeaturization,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.states import states_of
from dialogue_nb.core.trackers import DialogueStateTracker, applied_events
from dialogue_nb.views.turns import (
    decision_at,
    fates_of,
    fork_at,
    place_of,
    telling_turn,
    tracker_at,
    turn_at,
    turns_of,
)
from tests.core.event_strategies import conversations
from tests.talks import BAKERY, bakery_talk, restarted_talk

LISTEN, HI = ActionExecuted("action_listen"), ActionExecuted("utter_hi")


def talk(*events):
    return DialogueStateTracker("ann", (), events)


def test_a_message_and_its_slots_belong_to_the_action_that_answers():
    tracker = talk(LISTEN, UserUttered.of("greet"), SlotSet("a", 1), HI, BotUttered("Hi!"), LISTEN)
    spans = [
        (t.start, t.action_at, t.stop, list(t.before), list(t.after)) for t in turns_of(tracker)
    ]
    assert spans == [
        (0, 0, 1, [], []),
        (1, 3, 5, [1, 2], [4]),
        (5, 5, 6, [], []),
        (6, None, 6, [], []),
    ]


def test_what_the_decision_itself_added_is_not_what_it_was_made_from():
    tracker = talk(
        LISTEN, UserUttered.of("greet"), UserUtteranceFeaturization(), HI, SlotSet("a", 1)
    )
    assert turn_at(tracker, 1).predicted_at == 2
    assert turn_at(tracker, -1).predicted_at == 5


def test_a_slot_that_an_action_sets_belongs_to_that_action():
    tracker = talk(LISTEN, UserUttered.of("greet"), HI, SlotSet("a", 1), LISTEN)
    assert [list(turn.after) for turn in turns_of(tracker)] == [[], [3], [], []]


@given(conversations)
def test_every_event_belongs_to_exactly_one_turn(events):
    turns = turns_of(DialogueStateTracker(events=events))
    covered = [
        i
        for turn in turns
        for i in [
            *turn.before,
            *([turn.action_at] if turn.action_at is not None else []),
            *turn.after,
        ]
    ]
    assert covered == list(range(len(events)))
    assert sum(isinstance(e, ActionExecuted) for e in events) == len(turns) - 1


@given(conversations)
def test_an_event_counts_exactly_if_policies_see_it(events):
    markers = (Restarted, UserUtteranceReverted, ActionReverted)
    fates = fates_of(events)
    seen = [
        event
        for event, fate in zip(events, fates, strict=True)
        if not fate and not isinstance(event, markers) and event.type_name != "session_started"
    ]
    assert seen == applied_events(events)


def test_what_was_taken_back_forgotten_or_hidden_in_a_form_is_told_apart():
    form = ActionExecuted("my_form")
    events = [
        LISTEN, UserUttered.of("old"), HI, Restarted(),
        LISTEN, UserUttered.of("go"), form, ActiveLoop("my_form"),
        LISTEN, UserUttered.of("fill"), form, ActiveLoop(None),
        LISTEN, UserUttered.of("oops"), UserUtteranceReverted(),
    ]  # fmt: skip
    assert fates_of(events) == (
        ["forgotten"] * 3 + [""] + [""] * 4 + ["in_form"] * 3 + [""] + ["reverted"] * 2 + [""]
    )


def test_a_turn_is_a_state_where_nothing_was_taken_back():
    events = bakery_talk().events[:8]
    tracker = DialogueStateTracker("ann", BAKERY.slots, events)
    states = states_of(tracker, BAKERY)
    for turn in turns_of(tracker):
        assert states_of(tracker_at(tracker, turn.index), BAKERY)[-1] == states[turn.index]


def test_a_fork_shares_what_came_before_the_turn_and_waits_for_another_message():
    tracker = bakery_talk()
    fork = fork_at(tracker, 3)
    assert fork.latest_action_name == "action_listen"
    assert fork.latest_message.intent_name == "greet"
    assert len(turns_of(fork)) == 4
    fork.update(UserUttered.of("thank"))
    assert tracker == bakery_talk()


def test_the_decision_of_a_turn_is_found():
    tracker = bakery_talk()
    assert decision_at(tracker, 1).action == "utter_greet"
    assert decision_at(tracker, 0) is None
    assert decision_at(tracker, -1) is None


def test_the_turn_to_look_at_first_is_the_last_in_which_something_was_done():
    tracker = bakery_talk()
    assert turn_at(tracker, telling_turn(tracker)).index == 10
    assert telling_turn(DialogueStateTracker()) == 0
    assert telling_turn(talk(LISTEN)) == 1


def test_a_message_that_waits_for_its_answer_is_looked_at_first():
    greet = UserUttered.of("greet")
    assert telling_turn(talk(LISTEN, greet, HI, LISTEN)) == 1
    assert telling_turn(talk(LISTEN, greet, HI, LISTEN, greet, SlotSet("a", 1))) == 3


def test_a_place_is_named_by_what_came_last():
    tracker = restarted_talk()
    places = [place_of(tracker_at(tracker, i)) for i in (0, 1, 2, 3, 13)]
    assert places == ["", "greet", "utter_greet", "order", ""]


def test_a_turn_that_is_not_there_is_named():
    with pytest.raises(UnknownNameError, match="a turn from 0 to 1, got 7"):
        turn_at(talk(LISTEN), 7)
