from __future__ import annotations

import pytest

from dialogue_nb.agent.slot_extraction import extract_slots
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.agent.repairs import workshop

HEAD = """
version: "3.1"
intents: [tell, yes_please, no_thanks]
entities: [city, {day: {roles: [from], groups: ["1"]}}]
forms:
  trip_form: {required_slots: [goal, other], ignored_intents: [no_thanks]}
  rest_form: {required_slots: []}
slots:
  goal:
    type: TYPE
    initial_value: INITIAL
    mappings: [MAPPING]
  other: {type: text, mappings: [OTHER]}
"""


def filled(mapping, said, *before, kind="text", initial="null", other=""):
    """What `goal` (or whatever is filled) gets from a message."""
    text = HEAD.replace("MAPPING", mapping).replace("TYPE", kind).replace("INITIAL", initial)
    domain = Domain.from_yaml(text.replace("OTHER", other), strict=False)
    tracker = DialogueStateTracker("me", domain.slots, [*before, said])
    return {event.key: event.value for event in extract_slots(tracker, domain)}


def says(intent="tell", *entities, text="off to Rome"):
    return UserUttered(text, {"name": intent, "confidence": 1.0}, entities)


def entity(value, kind="city", **more):
    return {"entity": kind, "value": value, **more}


IN_TRIP = (ActiveLoop("trip_form"), SlotSet("requested_slot", "goal"))
ASKED_OTHER = (ActiveLoop("trip_form"), SlotSet("requested_slot", "other"))
CITY = "{type: from_entity, entity: city}"


def test_the_last_of_several_entities_counts():
    message = says("tell", entity("Rome"), entity("Oslo"))
    assert filled(CITY, message) == {"goal": "Oslo"}


def test_a_list_slot_takes_all_of_them():
    message = says("tell", entity("Rome"), entity("Oslo"))
    assert filled(CITY, message, kind="list") == {"goal": ["Rome", "Oslo"]}


@pytest.mark.parametrize(
    ("mapping", "value"),
    [
        ("{type: from_entity, entity: day}", "Monday"),
        ("{type: from_entity, entity: day, role: from}", "Tuesday"),
        ('{type: from_entity, entity: day, group: "1"}', "Friday"),
    ],
)
def test_role_and_group_must_be_exactly_those(mapping, value):
    days = (
        entity("Monday", "day"),
        entity("Tuesday", "day", role="from"),
        entity("Friday", "day", group="1"),
    )
    assert filled(mapping, says("tell", *days)) == {"goal": value}


def test_the_first_mapping_that_gives_a_value_wins():
    mappings = f"{CITY}, {{type: from_text}}"
    assert filled(mappings, says("tell", entity("Rome"))) == {"goal": "Rome"}
    assert filled(mappings, says(text="somewhere")) == {"goal": "somewhere"}


@pytest.mark.parametrize(
    ("condition", "intent", "counts"),
    [
        ("intent: tell", "tell", True),
        ("intent: [yes_please, tell]", "tell", True),
        ("intent: yes_please", "tell", False),
        ("not_intent: tell", "tell", False),
        ("not_intent: [yes_please]", "tell", True),
        ("not_intent: tell", None, True),
    ],
)
def test_intents_say_for_which_messages_a_mapping_counts(condition, intent, counts):
    mapping = f"{{type: from_text, {condition}}}"
    assert bool(filled(mapping, says(intent))) is counts


def test_a_value_may_come_from_the_intent():
    mapping = "{type: from_intent, intent: yes_please, value: true}"
    assert filled(mapping, says("yes_please"), kind="bool") == {"goal": True}
    assert filled(mapping, says("tell"), kind="bool") == {}


TRIP = "conditions: [{active_loop: trip_form}]"
ASKED = "conditions: [{active_loop: trip_form, requested_slot: goal}]"
OUTSIDE = "conditions: [{active_loop: null}]"


@pytest.mark.parametrize(
    ("conditions", "before", "counts"),
    [
        (TRIP, (), False),
        (TRIP, IN_TRIP, True),
        (TRIP, (ActiveLoop("rest_form"),), False),
        (ASKED, IN_TRIP, True),
        (ASKED, ASKED_OTHER, False),
        (OUTSIDE, (), True),
        (OUTSIDE, IN_TRIP, False),
        (TRIP, (*IN_TRIP, ActionExecutionRejected("trip_form")), False),
        (TRIP, (*ASKED_OTHER, ActionExecutionRejected("trip_form")), True),
    ],
)
def test_conditions_say_in_which_form_and_for_which_question(conditions, before, counts):
    mapping = f"{{type: from_text, {conditions}}}"
    assert bool(filled(mapping, says(), *before)) is counts


def test_a_form_ignores_some_intents():
    assert filled("{type: from_text}", says("no_thanks"), *IN_TRIP) == {}
    assert filled("{type: from_text}", says("no_thanks")) == {"goal": "off to Rome"}


def test_an_entity_that_two_slots_of_the_form_want_fills_only_the_one_that_is_asked_for():
    message = says("tell", entity("Rome"))
    assert filled(CITY, message, *IN_TRIP, other=CITY) == {"goal": "Rome"}
    assert filled(CITY, message, *ASKED_OTHER, other=CITY) == {"other": "Rome"}
    assert filled(CITY, message, other=CITY) == {"goal": "Rome", "other": "Rome"}


def test_a_trigger_intent_counts_while_the_form_is_active():
    mapping = f"{{type: from_trigger_intent, intent: tell, value: far, {TRIP}}}"
    assert filled(mapping, says()) == {}
    assert filled(mapping, says(), *IN_TRIP) == {"goal": "far"}
    assert filled(mapping, says(), ActiveLoop("rest_form")) == {}


def test_a_mapping_of_an_entity_or_intent_that_is_not_in_the_domain_never_counts():
    assert filled("{type: from_entity, entity: ship}", says("tell", entity("x", "ship"))) == {}
    assert filled("{type: from_intent, intent: [tell, sing], value: 1}", says("tell")) == {}


def test_nothing_is_made_of_a_message_without_words():
    assert filled("{type: from_text}", says(text=None)) == {}


# --- custom mappings, and the action that validates all slots

CUSTOM = """
version: "3.1"
intents: [hello, repair, price, enough, tell]
slots:
  mood: {type: text, mappings: [{type: custom, action: action_mood}]}
  size: {type: any, mappings: [{type: custom, action: action_mood}]}
  word: {type: text, mappings: [{type: from_text}]}
actions: [action_mood]
forms: {repair_form: {required_slots: []}}
responses:
  utter_hello: [{text: Hi.}]
  utter_price: [{text: a}]
  utter_stopped: [{text: b}]
  utter_taken: [{text: c}]
"""


def test_a_custom_mapping_asks_its_action_once_and_keeps_slots_and_messages():
    calls = []

    def mood(tracker, domain):
        calls.append(tracker.latest_message.text)
        said = BotUttered("I see.")
        return [SlotSet("mood", "good"), SlotSet("size", 3), FollowupAction("utter_price"), said]

    agent = workshop(domain=CUSTOM, actions={"action_mood": mood})
    messages = agent.handle_text("/hello")
    assert calls == ["/hello"]
    assert [message["text"] for message in messages] == ["I see.", "Hi."]
    assert (agent.tracker().get_slot("mood"), agent.tracker().get_slot("size")) == ("good", 3)


def test_a_custom_mapping_without_its_action_is_told_once():
    agent = workshop(domain=CUSTOM)
    told = [m["text"] for text in ("/hello", "/hello") for m in agent.handle_text(text)]
    assert len([text for text in told if "'action_mood' is not registered" in text]) == 1


def test_one_action_may_validate_all_slots():
    def check(tracker, domain):
        word = tracker.get_slot("word")
        return [SlotSet("word", word.upper())] if word == "yes" else [SlotSet("word", None)]

    agent = workshop(domain=CUSTOM, actions={"action_mood": lambda tracker, domain: []})
    agent.action("action_validate_slot_mappings")(check)
    agent.log_message("yes")
    assert agent.tracker().get_slot("word") == "YES"
    agent.log_message("maybe")
    assert agent.tracker().get_slot("word") is None
