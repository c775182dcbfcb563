import json

import pytest
from hypothesis import given

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.exceptions import EventError
from dialogue_nb.core.states import states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.core.event_strategies import conversations

DOMAIN = Domain.from_yaml(
    """
    intents: [greet, inform, deny]
    entities: [city, weight]
    slots:
      city: {type: text, mappings: [{type: from_entity, entity: city}]}
      weight: {type: float, initial_value: 0.5, mappings: [{type: custom}]}
      done: {type: bool, mappings: [{type: custom}]}
    forms:
      parcel_form: {required_slots: [city]}
      other_form: {required_slots: [weight]}
    actions: [utter_hi, utter_bye]
    """
)
LISTEN = ActionExecuted("action_listen")
HI = ActionExecuted("utter_hi")
BYE = ActionExecuted("utter_bye")
FORM = ActionExecuted("parcel_form")


def user(intent, **entities):
    return UserUttered.of(intent, entities)


def tracker_of(*events):
    return DialogueStateTracker("ann", DOMAIN.slots, events)


def shown(events):
    """Events in short: what was said or done."""
    return [getattr(e, "label", None) or getattr(e, "intent_name", None) or str(e) for e in events]


def test_a_rewind_takes_back_the_message_what_followed_it_and_the_listen_before_it():
    tracker = tracker_of(LISTEN, user("greet"), HI, LISTEN, user("deny"), BYE)
    tracker.update(UserUtteranceReverted())
    assert shown(tracker.applied_events()) == ["action_listen", "greet", "utter_hi"]
    assert tracker.latest_message.intent["name"] == "greet"
    assert tracker.latest_action_name == "utter_hi"
    assert len(tracker.events) == 7


def test_an_undo_takes_back_the_last_action_and_what_it_did():
    tracker = tracker_of(LISTEN, user("greet"), HI, SlotSet("city", "Oslo"), ActionReverted())
    assert tracker.latest_action_name == "action_listen"
    assert tracker.get_slot("city") is None


def test_reverting_an_empty_conversation_leaves_it_empty():
    tracker = tracker_of(UserUtteranceReverted(), ActionReverted())
    assert tracker.applied_events() == []
    assert tracker.latest_action_name is None


@pytest.mark.parametrize(
    ("start", "follows"),
    [(Restarted(), "action_session_start"), (SessionStarted(), "action_listen")],
)
def test_a_restart_hides_the_past_resets_slots_and_says_what_follows(start, follows):
    tracker = tracker_of(LISTEN, user("greet"), SlotSet("weight", 0.9), HI, start)
    assert tracker.applied_events() == []
    assert tracker.get_slot("weight") == 0.5
    assert tracker.followup_action == follows
    assert tracker.latest_message.intent["name"] is None
    assert len(tracker.events) == 5


def test_resetting_slots_restores_their_initial_values_and_nothing_else():
    tracker = tracker_of(LISTEN, SlotSet("weight", 0.9), SlotSet("city", "Oslo"), AllSlotsReset())
    assert tracker.current_slot_values()["weight"] == 0.5
    assert tracker.get_slot("city") is None
    assert tracker.latest_action_name == "action_listen"


def test_a_follow_up_holds_until_something_is_done_or_said():
    tracker = tracker_of(LISTEN, FollowupAction("utter_bye"))
    assert tracker.followup_action == "utter_bye"
    said = tracker.copy()
    tracker.update(HI)
    said.update(user("greet"))
    assert tracker.followup_action is None
    assert said.followup_action is None


def test_filling_a_form_is_no_part_of_the_dialogue_that_policies_see():
    tracker = tracker_of(
        LISTEN, user("greet"), FORM, ActiveLoop("parcel_form"), LISTEN,
        user("inform", city="Oslo"), SlotSet("city", "Oslo"), FORM, ActiveLoop(None), HI,
    )  # fmt: skip
    names = [e.label for e in tracker.applied_events() if isinstance(e, ActionExecuted)]
    assert names == ["action_listen", "parcel_form", "utter_hi"]
    assert SlotSet("city", "Oslo") in tracker.applied_events()


@pytest.mark.parametrize("rejection", [[], [ActionExecutionRejected("parcel_form")]])
def test_leaving_a_form_and_coming_back_is_part_of_the_dialogue(rejection):
    tracker = tracker_of(
        LISTEN, user("greet"), FORM, ActiveLoop("parcel_form"), LISTEN,
        user("deny"), *rejection, BYE, FORM, LISTEN,
    )  # fmt: skip
    names = [e.label for e in tracker.applied_events() if isinstance(e, ActionExecuted)]
    listen, form = "action_listen", "parcel_form"
    assert names == [listen, form, listen, "utter_bye", form, listen]


def test_a_rejected_loop_stays_rejected_until_it_runs_again():
    tracker = tracker_of(LISTEN, user("greet"), FORM, ActiveLoop("parcel_form"), LISTEN)
    tracker.update_with_events([user("deny"), ActionExecutionRejected("parcel_form")])
    assert tracker.active_loop.rejected
    tracker.update(BYE)
    assert tracker.active_loop.rejected
    tracker.update(FORM)
    assert not tracker.active_loop.rejected
    assert tracker.active_loop.trigger_message.intent["name"] == "greet"


def test_branches_share_their_past_and_go_their_own_ways():
    tracker = tracker_of(LISTEN, user("greet"), HI)
    tracker.decisions = [(0, "first"), (2, "second")]
    branch = tracker.branch(2)
    branch.update(BYE)
    assert tracker.latest_action_name == "utter_hi"
    assert branch.latest_action_name == "utter_bye"
    assert branch.decisions == [(0, "first")]
    assert branch.events[1] is tracker.events[1]


def test_travelling_back_keeps_what_happened_until_then():
    times = [LISTEN, UserUttered.of("greet")]
    tracker = tracker_of(*times, ActionExecuted("utter_hi", timestamp=10.0))
    tracker.update(ActionExecuted("utter_bye", timestamp=20.0))
    assert tracker.travel_back_in_time(15.0).latest_action_name == "utter_hi"
    assert tracker.travel_back_in_time(20.0) == tracker


def test_entity_values_are_found_by_type_role_and_group():
    entities = (
        {"entity": "city", "value": "Oslo", "role": "to"},
        {"entity": "city", "value": "Rome"},
    )
    tracker = tracker_of(UserUttered("x", {"name": "inform"}, entities))
    assert list(tracker.get_latest_entity_values("city")) == ["Rome"]
    assert list(tracker.get_latest_entity_values("city", entity_role="to")) == ["Oslo"]


def test_the_last_action_is_found_without_the_listens():
    tracker = tracker_of(LISTEN, user("greet"), HI, BYE, LISTEN)
    assert tracker.last_executed_action_has("utter_bye")
    assert tracker.last_executed_action_has("utter_hi", skip=1)
    assert not tracker.last_executed_action_has("utter_hi")


def test_an_unreadable_event_is_named_by_its_place():
    body = {"events": [LISTEN.as_dict(), {"event": "slto", "name": "city"}]}
    with pytest.raises(EventError, match=r"Event 2 of 2: Unknown event type 'slto'.*'slot'"):
        DialogueStateTracker.from_dict(body)
    with pytest.raises(EventError, match="needs a list 'events'"):
        DialogueStateTracker.from_dict({})


@given(conversations)
def test_a_conversation_replayed_from_its_json_has_the_same_states(events):
    tracker = tracker_of(*events)
    body = json.loads(json.dumps(tracker.as_dict()))
    again = DialogueStateTracker.from_dict(body, DOMAIN.slots)
    assert again == tracker
    assert again.situation == tracker.situation
    assert states_of(again, DOMAIN) == states_of(tracker, DOMAIN)


@given(conversations)
def test_there_is_one_state_more_than_actions_that_count(events):
    tracker = tracker_of(*events)
    actions = [e for e in tracker.applied_events() if isinstance(e, ActionExecuted)]
    assert len(states_of(tracker, DOMAIN)) == len(actions) + 1


@given(conversations)
def test_reading_states_changes_nothing(events):
    tracker = tracker_of(*events)
    before = json.dumps(tracker.as_dict())
    states_of(tracker, DOMAIN)
    assert json.dumps(tracker.as_dict()) == before


@pytest.mark.parametrize(
    "look",
    [
        lambda tracker: tracker.get_slot("tolls"),
        lambda tracker: tracker.slots["tolls"].value,
        lambda tracker: tracker.current_slot_values()["tolls"],
    ],
)
def test_who_changes_the_list_in_a_slot_changes_neither_the_past_nor_the_domain(look):
    domain = Domain.from_yaml("slots: {tolls: {type: list, initial_value: [ferry], mappings: []}}")
    tracker = DialogueStateTracker("me", domain.slots)
    look(tracker).append("bridge")
    assert domain.slot_by_name["tolls"].initial_value == ["ferry"]
    tracker.update(SlotSet("tolls", ["road"]))
    look(tracker).append("bridge")
    assert tracker.events[-1].value == tracker.get_slot("tolls") == ["road"]


def test_a_copy_goes_its_own_way_and_keeps_the_decisions():
    tracker = DialogueStateTracker("me", events=[ActionExecuted("action_listen")])
    tracker.decisions.append((0, "why"))
    copied = tracker.copy()
    copied.update(SlotSet("city", "Oslo"))
    copied.decisions.append((1, "because"))
    assert (len(tracker.events), len(copied.events)) == (1, 2)
    assert tracker.get_slot("city") is None
    assert tracker.decisions == [(0, "why")]
