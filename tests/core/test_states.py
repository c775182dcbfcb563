import gc
import json
import weakref

import numpy as np
import pytest
from hypothesis import given

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActiveLoop, SlotSet, UserUttered
from dialogue_nb.core.states import (
    SHOULD_NOT_BE_SET,
    State,
    StateReader,
    StateTable,
    states_of,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.core.event_strategies import conversations
from tests.core.test_trackers import BYE, DOMAIN, HI, LISTEN, tracker_of, user


def test_the_states_of_a_short_story_are_those_worked_out_by_hand():
    tracker = tracker_of(LISTEN, user("greet"), HI, LISTEN, user("inform"), BYE, LISTEN)
    domain = Domain.from_yaml("{intents: [greet, inform], actions: [utter_hi, utter_bye]}")
    assert [state.flat() for state in states_of(tracker, domain)] == [
        {},
        {"intent_greet": 1.0, "prev_action_listen": 1.0},
        {"intent_greet": 1.0, "prev_utter_hi": 1.0},
        {"intent_inform": 1.0, "prev_action_listen": 1.0},
        {"intent_inform": 1.0, "prev_utter_bye": 1.0},
        {"intent_inform": 1.0, "prev_action_listen": 1.0},
    ]


def test_slots_show_their_features_and_initial_values_count():
    tracker = tracker_of(LISTEN, SlotSet("city", "Oslo"), SlotSet("done", False))
    [start, now] = states_of(tracker, DOMAIN)
    assert start.slots == (("weight", (1.0, 0.5)),)
    assert now.slots == (("city", (1.0,)), ("done", (1.0, 0.0)), ("weight", (1.0, 0.5)))


def test_slots_that_nobody_set_can_be_left_out():
    tracker = tracker_of(LISTEN, SlotSet("city", "Oslo"))
    assert states_of(tracker, DOMAIN, omit_unset_slots=True)[-1].slots == (("city", (1.0,)),)


def test_only_entities_that_the_intent_wants_are_seen():
    domain = Domain.from_yaml(
        """
        intents: [plain, {picky: {use_entities: [city]}}, {blind: {use_entities: false}}]
        entities: [{city: {roles: [to]}}, weight]
        """
    )
    entities = (
        {"entity": "weight", "value": 1},
        {"entity": "city", "value": "Oslo", "role": "to"},
    )
    seen = {}
    for intent in ("plain", "picky", "blind"):
        tracker = tracker_of(LISTEN, UserUttered(None, {"name": intent}, entities))
        seen[intent] = states_of(tracker, domain)[-1].entities
    assert seen == {
        "plain": ("city", "city#to", "weight"),
        "picky": ("city", "city#to"),
        "blind": (),
    }


def test_words_are_seen_only_when_there_is_no_intent():
    said = tracker_of(LISTEN, UserUttered("hello there", {"name": None}))
    understood = tracker_of(LISTEN, UserUttered("hello there", {"name": "greet"}))
    assert states_of(said, DOMAIN)[-1].nested()["user"] == {"text": "hello there"}
    assert states_of(understood, DOMAIN)[-1].nested()["user"] == {"intent": "greet"}


def test_the_active_loop_is_part_of_the_state():
    state = states_of(tracker_of(LISTEN, ActiveLoop("parcel_form")), DOMAIN)[-1]
    assert state.nested()["active_loop"] == {"name": "parcel_form"}
    assert state.flat()["active_loop_parcel_form"] == 1.0


def test_what_a_rule_forbids_has_no_number():
    state = State(slots=(("city", SHOULD_NOT_BE_SET),), active_loop=SHOULD_NOT_BE_SET)
    assert state.flat() == {}
    assert State.from_nested(state.nested()) == state


def test_a_table_gives_equal_states_one_id():
    table = StateTable([State(intent="a"), State(intent="b"), State(intent="a")])
    assert len(table) == 2
    assert table.intern(State(intent="b")) == 1
    assert State(intent="c") not in table


@given(conversations)
def test_nested_states_survive_json(events):
    for state in states_of(tracker_of(*events), DOMAIN):
        assert State.from_nested(json.loads(json.dumps(state.nested()))) == state


@given(conversations)
def test_flat_states_use_only_names_of_the_domain(events):
    names = set(DOMAIN.feature_names)
    for state in states_of(tracker_of(*events), DOMAIN):
        assert set(state.flat()) <= names


@pytest.mark.parametrize("text", ["", "x" * 10_000, "\x00", "مرحبا", "{slot}"])
def test_any_text_can_be_an_intent(text):
    state = states_of(tracker_of(LISTEN, user(text)), DOMAIN)[-1]
    assert state.nested()["user"] == {"intent": text}


class Text(str):
    """A text that can be watched."""


@pytest.mark.parametrize(("length", "is_kept"), [(5_000, False), (50, True)])
def test_long_texts_in_slots_leave_memory_with_their_conversation(length, is_kept):
    slot = "slots: {note: {type: text, mappings: [{type: from_text}]}}"
    reader = StateReader(Domain.from_yaml(slot))
    text = Text("x" * length)
    watched = weakref.ref(text)
    for note in (text, "next"):
        tracker = DialogueStateTracker("me", reader.domain.slots, [SlotSet("note", note)])
        assert reader.state(tracker.situation).slots == (("note", (1.0,)),)
    del text, note, tracker
    gc.collect()
    assert (watched() is not None) == is_kept


def test_an_array_in_a_slot_is_looked_at_as_what_it_is_and_compared_with_nothing():
    domain = Domain.from_yaml("slots: {note: {type: text, mappings: [{type: custom}]}}")
    set_by_hand = SlotSet("note", np.arange(3))
    tracker = DialogueStateTracker("me", domain.slots, [set_by_hand])
    assert states_of(tracker, domain)[-1].slots == (("note", (1.0,)),)
