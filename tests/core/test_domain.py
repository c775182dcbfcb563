"""The domain: order of names, what is filled and seen, what is said, and what is refused."""

import pickle

import pytest

from dialogue_nb.core.domain import (
    DEFAULT_ACTION_NAMES,
    Domain,
    Entity,
    Form,
    Intent,
    Response,
    SessionConfig,
    parse_domain,
)
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.exceptions import DialogueError, DomainError, UnknownNameError
from dialogue_nb.core.slots import AnySlot, CategoricalSlot, FloatSlot, ListSlot, TextSlot

LIBRARY = """
version: "3.1"
intents:
- lend:
    use_entities: [book]
- browse:
    ignore_entities: [author]
- back
- hello
- hush:
    use_entities: []
- leave:
    triggers: utter_bye
entities:
- book:
    roles: [wanted, returned]
    groups: ["1", "2"]
- author
- noise:
    influence_conversation: false
slots:
  title:
    type: text
    mappings:
    - type: from_entity
      entity: book
      role: wanted
  shelf:
    type: categorical
    values: [Crime, 7]
    influence_conversation: true
    mappings:
    - type: custom
      action: action_find_shelf
  wishes:
    type: list
    mappings:
    - type: from_entity
      entity: author
  days:
    type: float
    min_value: 1
    max_value: 5
    initial_value: 2
    mappings:
    - type: from_text
      conditions:
      - active_loop: lending_form
        requested_slot: days
responses:
  utter_welcome:
  - text: "Welcome!"
  utter_bye:
  - text: "Bye {title}!"
    image: "https://example.org/wave.png"
    buttons:
    - title: "Back"
      payload: "/back"
actions:
- action_find_shelf
- validate_lending_form:
    send_domain: true
- utter_welcome
- action_restart
forms:
  lending_form:
    ignored_intents: hush
    required_slots:
    - title
    - days
e2e_actions:
- "Shhh, please."
session_config:
  session_expiration_time: 30
  carry_over_slots_to_new_session: false
"""


@pytest.fixture(scope="module")
def library():
    domain, diagnostics = parse_domain(LIBRARY, "library.yml")
    assert diagnostics == []
    return domain


def test_intents_are_sorted_and_rasas_own_are_there_once(library):
    assert library.intent_names == (
        "back", "browse", "hello", "hush", "leave", "lend", "nlu_fallback", "out_of_scope",
        "restart", "session_start",
    )  # fmt: skip
    assert library.intents[4] == Intent("leave", triggers="utter_bye")


def test_actions_have_the_order_of_rasa(library):
    assert library.action_names == (
        *DEFAULT_ACTION_NAMES,
        "action_find_shelf",
        "validate_lending_form",
        "utter_welcome",
        "utter_bye",
        "lending_form",
        "Shhh, please.",
    )
    assert library.num_actions == 19
    assert library.default_actions == DEFAULT_ACTION_NAMES
    assert library.actions_with_domain == ("validate_lending_form",)


def test_slots_keep_their_order_and_automatic_ones_follow(library):
    assert list(library.slot_by_name) == [
        "title", "shelf", "wishes", "days", "requested_slot", "session_started_metadata",
    ]  # fmt: skip
    assert library.slot_by_name["shelf"] == CategoricalSlot(
        "shelf", values=("crime", "7"), mappings=library.slot_by_name["shelf"].mappings
    )
    assert library.slot_by_name["requested_slot"].dimension == 0
    assert isinstance(library.slots[-1], AnySlot)


def test_slots_of_a_knowledge_base_come_with_its_action():
    domain = Domain.from_yaml("actions: [action_query_knowledge_base]")
    assert [slot.name for slot in domain.slots] == [
        "knowledge_base_listed_objects", "knowledge_base_last_object",
        "knowledge_base_last_object_type", "session_started_metadata",
    ]  # fmt: skip
    assert Domain.from_yaml(domain.to_yaml()) == domain


def test_the_flat_vector_has_its_groups_in_order(library):
    names = library.feature_names
    groups = [name.split("_")[0] for name in names]
    assert list(dict.fromkeys(groups)) == ["intent", "entity", "slot", "prev", "active"]
    assert names[10:20] == (
        "entity_author", "entity_book", "entity_noise", "entity_book#wanted",
        "entity_book#returned", "entity_book#1", "entity_book#2", "slot_title_0", "slot_shelf_0",
        "slot_shelf_1",
    )  # fmt: skip
    assert names[-2:] == ("prev_Shhh, please.", "active_loop_lending_form")
    assert len(names) == 10 + 7 + (1 + 3 + 1 + 2) + 19 + 1 == len(set(names))


@pytest.mark.parametrize(
    ("intent", "wanted"),
    [
        ("hello", {"author", "book", "book#wanted", "book#returned", "book#1", "book#2"}),
        ("lend", {"book", "book#wanted", "book#returned", "book#1", "book#2"}),
        (
            "browse",
            {"book", "book#wanted", "book#returned", "book#1", "book#2"},
        ),
        ("hush", set()),
    ],
)
def test_an_intent_says_which_entities_are_seen(library, intent, wanted):
    assert library.wanted_entities(intent) == wanted


def test_all_entities_are_seen_with_an_intent_that_is_not_in_the_domain(library):
    assert library.wanted_entities("who knows") == set(library.entity_labels)
    assert library.wanted_entities(None) == set(library.entity_labels)


def test_an_entity_that_is_used_and_ignored_is_ignored():
    domain = Domain.from_yaml(
        "intents: [{ask: {use_entities: [a, b], ignore_entities: [b]}}]\nentities: [a, b, c]\n"
    )
    assert domain.wanted_entities("ask") == {"a"}


def test_entities_fill_slots_outside_of_forms_only(library):
    entities = [
        {"entity": "book", "role": "wanted", "value": "Emma"},
        {"entity": "author", "value": "Austen"},
        {"entity": "book", "role": "wanted", "value": "Persuasion"},
        {"entity": "author", "value": "Woolf"},
        {"entity": "book", "role": "returned", "value": "Ulysses"},
    ]
    assert library.slots_for_entities(entities) == (
        SlotSet("title", "Persuasion"),
        SlotSet("wishes", ["Austen", "Woolf"]),
    )
    assert library.slots_for_entities([]) == ()


def test_no_slots_are_filled_when_the_domain_says_so():
    domain = Domain.from_yaml(
        "entities: [city]\nslots: {city: {type: text}}\nconfig: {store_entities_as_slots: false}\n"
    )
    assert domain.slots_for_entities([{"entity": "city", "value": "Oslo"}]) == ()
    assert Domain.from_yaml(domain.to_yaml()) == domain


def test_initial_values_are_those_of_the_domain(library):
    assert library.initial_slots() == {
        "title": None, "shelf": None, "wishes": None, "days": 2, "requested_slot": None,
        "session_started_metadata": None,
    }  # fmt: skip


def test_forms_sessions_and_responses_are_records(library):
    assert library.forms == (Form("lending_form", ("title", "days"), ("hush",)),)
    assert library.form_names == ("lending_form",)
    assert library.session_config == SessionConfig(30, carry_over_slots=False)
    assert library.entities[1] == Entity("book", ("wanted", "returned"), ("1", "2"))
    (bye,) = library.responses["utter_bye"]
    assert (bye.text, bye.image) == ("Bye {title}!", "https://example.org/wave.png")
    assert bye.buttons == ({"title": "Back", "payload": "/back"},)
    assert isinstance(library.slot_by_name["wishes"], ListSlot)
    assert library.slot_by_name["days"].min_value == 1


def test_an_unknown_action_is_an_error_that_names_the_closest_one(library):
    assert library.index_for_action("utter_bye") == 16
    with pytest.raises(
        UnknownNameError, match=r"no action 'utter_by'\. Did you mean 'utter_bye'\?"
    ):
        library.index_for_action("utter_by")
    with pytest.raises(LookupError, match="Add it to the domain's actions"):
        library.index_for_action("xyz")


# --- choosing what to say -----------------------------------------------------------------------

SHOP = Domain.from_yaml("""
slots:
  vip: {type: bool}
  tier: {type: text}
responses:
  utter_hi:
  - text: plain
  - text: also plain
  - text: on sms
    channel: sms
  - text: for vips
    condition:
    - {type: slot, name: vip, value: true}
  - text: for gold vips
    condition:
    - {type: slot, name: vip, value: true}
    - {type: slot, name: tier, value: Gold}
  - text: vips on phone
    channel: phone
    condition:
    - {type: slot, name: vip, value: true}
  utter_secret:
  - text: psst
    condition:
    - {type: slot, name: vip, value: true}
""")


@pytest.mark.parametrize(
    ("slots", "channel", "said"),
    [
        ({}, None, ["plain", "also plain"]),
        ({}, "web", ["plain", "also plain"]),
        ({}, "sms", ["on sms"]),
        ({"vip": True}, None, ["for vips"]),
        ({"vip": True, "tier": "GOLD"}, None, ["for vips", "for gold vips"]),
        ({"vip": True}, "sms", ["on sms"]),
        ({"vip": True}, "phone", ["vips on phone"]),
        ({"vip": False}, "phone", ["plain", "also plain"]),
    ],
)
def test_variations_for_the_channel_go_first_then_those_whose_condition_holds(slots, channel, said):
    found = SHOP.response_variations("utter_hi", slots, channel)
    assert [response.text for response in found] == said


def test_a_response_of_which_no_condition_holds_says_nothing():
    assert SHOP.response_variations("utter_secret") == ()


def test_an_unknown_response_is_an_error_that_names_the_closest_one():
    with pytest.raises(
        UnknownNameError, match=r"no response 'utter_ho'\. Did you mean 'utter_hi'\?"
    ):
        SHOP.response_variations("utter_ho")


# --- equality, copies ---------------------------------------------------------------------------


def test_domains_are_equal_when_they_say_the_same(library):
    again = Domain.from_dict(library.as_dict())
    assert again == library
    assert len({again, library, Domain()}) == 2
    assert again.fingerprint == library.fingerprint
    assert library != Domain.from_yaml(LIBRARY.replace("Crime", "Poetry"))
    assert library != "library"


def test_the_fingerprint_does_not_change_from_one_process_to_the_next():
    domain = Domain.from_yaml("intents: [greet]\nresponses: {utter_hi: [{text: Hi}]}\n")
    assert domain.fingerprint[:16] == "6a8eeb958dce6a77"


def test_a_domain_can_be_sent_to_another_process(library):
    copy = pickle.loads(pickle.dumps(library))
    assert copy == library
    assert copy.action_names == library.action_names


def test_making_a_domain_from_a_dict_leaves_the_dict_alone():
    data = {"intents": ["b", "a"], "slots": {"x": {"type": "text"}}, "entities": ["x"]}
    Domain.from_dict(data)
    assert data == {"intents": ["b", "a"], "slots": {"x": {"type": "text"}}, "entities": ["x"]}


def test_a_domain_says_in_one_line_what_is_in_it(library):
    assert repr(library) == "Domain(10 intents, 3 entities, 6 slots, 19 actions, 1 forms)"


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "severity", "code", "line", "message"),
    [
        ("[]", "error", "D101", 1, "must be a mapping ('intents: ...'), found a list"),
        ("intnts: [a]", "warning", "D102", 1, "Did you mean 'intents'?"),
        ("intents: greet", "error", "D103", 1, "intents must be a list, found a text"),
        ("intents:\n- a\n- [b]", "error", "D103", 3, "intents[2] must be a text, found a list"),
        ("intents:\n- a\n-", "error", "D103", 3, "intents[2] is empty"),
        ("intents:\n- 5", "warning", "D104", 2, "read as '5'. Put it in quotes"),
        ("intents:\n- a\n- b\n- a", "error", "D105", 4, "there twice in intents (first in line 2)"),
        ("intents:\n- a:\n  use_entities: []", "error", "D103", 2, "must be one name, found 2"),
        ("intents:\n- a:\n", "warning", "D103", 2, "Remove the colon"),
        ("intents:\n- a: {use_entites: []}", "warning", "D102", 2, "Did you mean 'use_entities'?"),
        ("intents:\n- a: {use_entities: [x]}", "warning", "D131", 2, "'x' in intents[1].a"),
        ("intents:\n- a:\n    triggers: utter_b\nresponses: {utter_bb: []}", "error", "D130", 3,
         "triggers the unknown action 'utter_b'. Did you mean 'utter_bb'?"),
        ("entities:\n- a: {roles: {b: 1}}", "error", "D103", 2, "entities[1].a.roles must be"),
        ("slots: [a]", "error", "D103", 1, "slots must be a mapping"),
        ("slots:\n  a: text", "error", "D103", 2, "Write 'type: text' on the line below"),
        ("slots:\n  a:\n    values: [b]", "error", "D103", 2, "slots.a has no type"),
        ("slots:\n  a:\n    type: txt", "error", "D120", 3, "Did you mean 'text'?"),
        ("slots:\n  a: {type: text, initial: 1}", "warning", "D102", 2, "'initial_value'"),
        ("slots:\n  a: {type: float, min_value: 2}", "error", "D121", 2, "must be less than"),
        ("slots:\n  a:\n    type: float\n    initial_value: 9", "warning", "D121", 4, "is not b"),
        ("slots:\n  a: {type: float, initial_value: x}", "warning", "D121", 2, "is no number"),
        ("slots:\n  a: {type: categorical, values: [red], initial_value: rod}", "warning", "D121",
         2, "is none of its values. Did you mean 'red'?"),
        ("slots:\n  a: {type: categorical, values: [~]}", "warning", "D121", 2, "null means"),
        ("slots:\n  a: {type: any, influence_conversation: true}", "error", "D121", 2, "Policies"),
        ("slots:\n  a: {type: text, mappings: [{type: from_entiti}]}", "error", "D122", 2,
         "Did you mean 'from_entity'?"),
        ("slots:\n  a: {type: text, mappings: [{type: from_entity}]}", "error", "D122", 2,
         "needs a value for 'entity'"),
        ("slots:\n  a: {type: text, mappings: [{type: from_text, conditions: [{active_loop: f}]}]}",
         "warning", "D131", 2, "'f' in slots.a is not among the forms"),
        ("slots:\n  a: {type: text, mappings: [{type: from_text, intent: [b]}]}", "warning", "D131",
         2, "'b' in slots.a is not among the intents"),
        ("slots:\n  a: {type: text, value_reset_delay: 3}", "info", "D111", 2, "no effect"),
        ("slots:\n  session_started_metadata: {type: any}", "warning", "D111", 2, "by itself"),
        ("slots:\n  größe: {type: text}\n  ß: {type: text}", "warning", "D107", 3, "refuses"),
        ("responses:\n  utter_a:", "error", "D103", 2, "'utter_a' is empty. Add '- text: ...'"),
        ("responses:\n  utter_a: {text: b}", "error", "D103", 2, "Write '- text: ...'"),
        ("responses:\n  utter_a:\n  - channel: b", "error", "D103", 3, "says nothing"),
        ("responses:\n  utter_a:\n  - text: 5", "warning", "D104", 3, "read as '5'"),
        ("responses:\n  utter_a:\n  - custom: [1]", "error", "D103", 3, "custom must be a mapping"),
        ("responses:\n  utter_a:\n  - text: b\n    buttons: [c]", "error", "D103", 4, "buttons[1]"),
        ("responses:\n  utter_a:\n  - text: b\n    condition: [{name: c}]", "error", "D103", 4,
         "needs a 'name' (of a slot) and a 'value'"),
        ("responses:\n  utter_a:\n  - text: b\n    condition: [{name: c, value: 1}]", "warning",
         "D131", 2, "'c' in responses.utter_a is not among the slots"),
        ("actions:\n- utter_a\n- action_b", "warning", "D132", 2, "without a response: 'utter_a'"),
        ("actions:\n- a: {send_domain: maybe}", "error", "D103", 2, "must be true or false"),
        ("forms:\n  a: {required_slots: [b]}", "warning", "D131", 2, "'b' in forms.a is not among"),
        ("forms:\n  utter_a:\nresponses:\n  utter_a: [{text: b}]", "error", "D105", 2, "two ac"),
        ("e2e_actions:\n- a\nactions:\n- a", "error", "D105", 2, "two actions of the name 'a'"),
        ("session_config: {session_expiration_time: -1}", "error", "D103", 1, "number of minutes"),
        ("a: 1\nintents: [b]\na: 2", "error", "Y103", 3, "there twice"),
        ("intents: [a", "error", "Y101", 1, "not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_with_its_line_and_advice(text, severity, code, line, message):
    _, diagnostics = parse_domain(text, "bot.yml")
    found = [each for each in diagnostics if each.code == code]
    assert len(found) == 1, [str(each) for each in diagnostics]
    assert (found[0].severity, found[0].line, found[0].file) == (severity, line, "bot.yml")
    assert message in str(found[0])


def test_loading_raises_all_errors_at_once_and_no_warning():
    text = "intents: [a, a]\nentites: []\nslots: {b: {type: txt}}\n"
    with pytest.raises(DomainError, match="2 problems were found") as caught:
        Domain.from_yaml(text, "bot.yml")
    assert [found.code for found in caught.value.diagnostics] == ["D105", "D102", "D120"]
    assert "D102" not in str(caught.value)
    assert isinstance(caught.value, DialogueError)


def test_without_strictness_what_was_understood_is_returned():
    domain = Domain.from_yaml("intents: [a, a, b]\nslots: {b: {type: txt}}\n", strict=False)
    assert {"a", "b"} < set(domain.intent_names)
    with pytest.raises(DomainError):
        Domain.from_yaml("intents: [a", strict=False)


def test_a_domain_of_nothing_has_what_every_bot_has():
    for domain in (Domain.from_yaml(""), Domain.from_dict({})):
        assert domain.action_names == DEFAULT_ACTION_NAMES
        assert domain.intent_names == (
            "back",
            "nlu_fallback",
            "out_of_scope",
            "restart",
            "session_start",
        )


def test_parts_of_a_bot_that_are_no_domain_may_be_in_the_same_file():
    text = "version: '3.1'\nnlu: []\nstories: []\nrules: []\n_shared: &s [a]\nintents: *s\n"
    domain, diagnostics = parse_domain(text)
    assert diagnostics == []
    assert "a" in domain.intent_names


def test_many_unknown_names_are_reported_in_bounded_time():
    names = [f"thing_{i}" for i in range(3000)]
    data = {
        "entities": [f"entity_{i}" for i in range(3000)],
        "intents": [{"a": {"use_entities": names}}],
    }
    domain = Domain.from_dict(data)  # comparing all with all would take minutes
    assert len(domain.entities) == 3000


def test_slots_that_are_made_by_hand_work_like_those_of_a_file():
    domain = Domain(slots=(TextSlot("a"), FloatSlot("b", max_value=4)), forms=(Form("f", ("a",)),))
    assert domain.feature_names[:3] == ("slot_a_0", "slot_b_0", "slot_b_1")
    assert domain.responses == {}
    assert domain.intents == ()
    assert Response("x").holds({})
