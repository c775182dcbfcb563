"""Domains of 0.x, 1.x and 2.x are translated, and every translation is told."""

import pytest

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.domain import DEFAULT_ACTION_NAMES, Domain, Form, Response, parse_domain
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.slots import AnySlot, TextSlot

OLD = """
%s
intents:
- rent: {use_entities: true}
entities:
- bike
- color
slots:
  bike: {type: text}
  color: {type: rasa_core.slots.TextSlot, auto_fill: false}
  saddle: {type: text}
  invoice: {type: unfeaturized}
templates:
  utter_hi:
  - Hello!
  - text: Good day!
  utter_bye: "Bye"
actions:
- utter_hi
- shop.actions.ActionFindHTTPBike
- action_pay
forms:
- rental_form
"""


def read(text):
    domain, diagnostics = parse_domain(text, "old.yml")
    assert errors_in(diagnostics) == []
    return domain, [str(found) for found in diagnostics if found.severity == "info"]


def test_templates_are_responses_and_bare_texts_are_variations():
    domain, told = read(OLD % "")
    assert domain.responses == {
        "utter_hi": (Response("Hello!"), Response("Good day!")),
        "utter_bye": (Response("Bye"),),
    }
    assert "old.yml:13:1: info D110: Old name of 'responses': 'templates'." in told
    assert any("Responses given as bare texts: 'utter_hi', 'utter_bye'" in line for line in told)


def test_slots_without_mappings_are_filled_from_the_entity_of_their_name():
    domain, told = read(OLD % "")
    entities = [{"entity": name, "value": f"a {name}"} for name in ("bike", "color", "saddle")]
    filled = domain.slots_for_entities(entities)
    assert SlotSet("bike", "a bike") in filled
    assert "color" not in {event.key for event in filled}
    assert domain.slot_by_name["bike"].mappings == ({"type": "from_entity", "entity": "bike"},)
    assert any("filled from the entity of their name: 'bike'" in line for line in told)


def test_slots_that_say_how_they_are_filled_are_filled_in_no_other_way():
    domain, told = read("entities: [a]\nslots:\n  a: {type: text, mappings: []}\n")
    assert domain.slot_by_name["a"].mappings == ()
    assert told == []


def test_nothing_is_filled_automatically_when_entities_are_not_to_be_stored():
    text = "entities: [a]\nslots: {a: {type: text}}\nconfig: {store_entities_as_slots: false}\n"
    assert read(text)[0].slot_by_name["a"].mappings == ()


def test_old_names_of_slot_types_are_translated():
    domain, told = read(OLD % "")
    assert type(domain.slot_by_name["invoice"]) is AnySlot
    assert type(domain.slot_by_name["color"]) is TextSlot
    assert any("of type 'unfeaturized' are of type 'any' now: 'invoice'" in line for line in told)


def test_classes_of_actions_get_the_name_that_stories_use():
    domain, told = read(OLD % "")
    assert domain.user_actions == ("utter_hi", "action_find_httpbike", "action_pay")
    assert any(
        "never imported, their names are taken to be: 'action_find_httpbike'" in line
        for line in told
    )


def test_a_domain_saved_by_0_x_names_its_actions_itself():
    domain, told = read(
        "action_factory: null\ntopics: []\naction_names:\n- utter_hi\n- action_find_bike\n"
        "actions:\n- utter_hi\n- shop.FindBike\n"
    )
    assert domain.action_names[len(DEFAULT_ACTION_NAMES) :] == ("utter_hi", "action_find_bike")
    assert [line.split(": ")[0] for line in told] == ["old.yml:1:1", "old.yml:2:1", "old.yml:3:1"]


def test_forms_in_a_list_ask_for_nothing_here():
    domain, told = read(OLD % "")
    assert domain.forms == (Form("rental_form"),)
    assert domain.action_names[-1] == "rental_form"
    assert "requested_slot" in domain.slot_by_name
    assert any("have no required slots here: 'rental_form'" in line for line in told)


FORMS_OF_2 = """
entities: [day, size]
intents: [inform, refuse]
slots:
  day: {type: text}
  size: {type: text}
  note: {type: text, auto_fill: false}
  hat: {type: bool}
forms:
  trip_form:
    day:
    - type: from_entity
      entity: day
    note:
    - type: from_text
      not_intent: refuse
  shop_form:
    ignored_intents: [refuse]
    required_slots:
      size: []
      note:
      - type: from_text
        not_intent: refuse
      hat:
      - type: from_trigger_intent
        intent: inform
        value: true
"""


def test_forms_of_2_x_give_their_mappings_to_their_slots():
    domain, told = read(FORMS_OF_2)
    assert domain.forms == (
        Form("trip_form", ("day", "note")),
        Form("shop_form", ("size", "note", "hat"), ("refuse",)),
    )
    trip, shop = {"active_loop": "trip_form"}, {"active_loop": "shop_form"}
    note = {"requested_slot": "note"}
    assert {slot.name: list(slot.mappings) for slot in domain.slots[:4]} == {
        "day": [
            {"type": "from_entity", "entity": "day", "conditions": [trip]},
            {"type": "from_entity", "entity": "day"},
        ],
        "size": [
            {"type": "from_entity", "entity": "size", "conditions": [shop]},
            {"type": "from_entity", "entity": "size"},
        ],
        "note": [
            {"type": "from_text", "not_intent": "refuse", "conditions": [trip | note, shop | note]}
        ],
        "hat": [
            {"type": "from_trigger_intent", "intent": "inform", "value": True, "conditions": [shop]}
        ],
    }
    assert any(
        "style of 2.x were moved to their slots: 'trip_form', 'shop_form'" in x for x in told
    )


def test_forms_may_be_empty_in_every_way_that_rasa_allows():
    domain, _ = read("forms:\n  a:\n  b: {}\n  c: {required_slots: []}\n  d: {required_slots: }\n")
    assert domain.forms == (Form("a"), Form("b"), Form("c"), Form("d"))


@pytest.mark.parametrize("head", ["", "%YAML 1.1\n---", "version: '2.0'"])
def test_a_translated_domain_is_written_in_the_way_of_3_x(head):
    domain, _ = read(OLD % head)
    again, diagnostics = parse_domain(domain.to_yaml())
    assert again == domain
    assert [found for found in diagnostics if found.severity == "info"] == []
    assert domain.to_yaml().startswith("version: '3.1'\n")


def test_an_image_alone_says_the_empty_text_because_rasa_wants_one():
    domain, _ = read("responses:\n  utter_a:\n  - image: http://example.org/a.png\n")
    assert domain.responses["utter_a"][0].text == ""


def test_intents_may_be_refused_all_entities_in_four_ways():
    domain = Domain.from_yaml(
        "entities: [e]\nintents: [a: {use_entities: false}, b: {use_entities: null},"
        " c: {use_entities: []}, d: {ignore_entities: [e]}, f: {use_entities: true}]\n"
    )
    assert [len(domain.wanted_entities(name)) for name in "abcdf"] == [0, 0, 0, 0, 1]
    assert Domain.from_yaml(domain.to_yaml()) == domain
