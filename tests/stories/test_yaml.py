"""YAML stories and rules from Rasa 2.0 to 3.x, as steps, and what is said about wrong ones."""

import textwrap

import pytest

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Restarted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Line
from dialogue_nb.stories.yaml import parse_yaml_stories

FERRY = """\
version: "3.1"
intents: [greet]          # a domain may live in the same file
responses:
  utter_welcome: [{text: hello}]
rules:
- rule: stop the form
  condition:
  - active_loop: ferry_form
  - slot_was_set:
    - requested_slot: port
    - open: null
  steps:
  - intent: stop
  - action: utter_sure
  wait_for_user_input: false
- rule: hello once
  conversation_start: true
  steps:
  - intent: greet
  - action: utter_welcome
stories:
- story: book a crossing
  metadata: {author: Mia}
  steps:
  - checkpoint: at_the_counter
    slot_was_set:
    - open: true
    - clerk: Bo
  - intent: book
    entities:
    - port: Oslo
      role: to
      group: "1"
    - deck: 3
    - dog
  - or:
    - intent: affirm
    - intent: ask
      entities: [price]
    - slot_was_set:
      - people: 2
      - luggage
  - action: ferry_form
  - active_loop: ferry_form
  - slot_was_set:
    - port: Oslo
    - ports: [Oslo, Kiel]
    - name
  - active_loop: null
  - user: |
      from [Kiel](port) please
    intent: book
  - user: "is it windy?"
  - bot: "Yes, a little."
  - action: restart
  - checkpoint: ticket_sold
"""


def read(text, source="ferry.yml"):
    return parse_yaml_stories(textwrap.dedent(text), source)


def steps(body):
    """The items of a story with these steps, which must be readable without a word about it."""
    body = textwrap.indent(textwrap.dedent(body), "  ")
    stories, found = read(f"stories:\n- story: x\n  steps:\n{body}")
    assert found == []
    return stories[0].items


def test_a_story_keeps_order_values_and_lines():
    (story, _, _), found = read(FERRY)
    assert found == []
    assert (story.name, story.file, story.line) == ("book a crossing", "ferry.yml", 22)
    assert story.metadata == {"author": "Mia"}
    booked = (
        {"entity": "port", "value": "Oslo", "role": "to", "group": "1"},
        {"entity": "deck", "value": 3},
        {"entity": "dog", "value": ""},
    )
    intent = {"name": "book", "confidence": 1.0}
    port = {"start": 5, "end": 9, "value": "Kiel", "entity": "port"}
    assert story.items == (
        Checkpoint("at_the_counter", {"open": True, "clerk": "Bo"}),
        Line((UserUttered(None, intent, booked),)),
        Alternatives(
            (
                UserUttered.of("affirm"),
                UserUttered.of("ask", {"price": ""}),
                SlotSet("people", 2),
                SlotSet("luggage", FILLED),
            )
        ),
        Line((ActionExecuted("ferry_form"),)),
        Line((ActiveLoop("ferry_form"),)),
        Line(
            (SlotSet("port", "Oslo"), SlotSet("ports", ["Oslo", "Kiel"]), SlotSet("name", FILLED))
        ),
        Line((ActiveLoop(None),)),
        Line((UserUttered("from Kiel please", intent, (port,)),)),
        Line((UserUttered("is it windy?"),)),
        Line((ActionExecuted(None, action_text="Yes, a little."),)),
        Line((Restarted(),)),
        Checkpoint("ticket_sold"),
    )
    assert [item.line for item in story.items] == [25, 29, 36, 43, 44, 45, 49, 50, 53, 54, 55, 56]


def test_rules_come_after_stories_with_conditions_and_where_they_hold():
    (_, first, second), _ = read(FERRY)
    assert (first.is_rule, second.is_rule) == (True, True)
    assert [item.events for item in first.conditions] == [
        (ActiveLoop("ferry_form"),),
        (SlotSet("requested_slot", "port"), SlotSet("open", None)),
    ]
    assert [item.line for item in first.conditions] == [8, 9]
    assert (first.conversation_start, first.wait_for_user_input) == (False, False)
    assert (second.conversation_start, second.wait_for_user_input) == (True, True)


def test_a_slot_that_is_only_named_is_not_the_text_filled():
    (named,) = steps("- slot_was_set: [port]")
    (text,) = steps("- slot_was_set: [{port: filled}]")
    assert named != text
    assert named.events[0].value is FILLED


def test_an_action_with_the_name_of_an_event_is_that_event():
    assert steps("- action: undo")[0].events == (ActionReverted(),)


def test_test_stories_may_name_retrieval_intents_in_full():
    text = (
        "stories:\n- story: x\n  steps:\n  - intent: faq/ask_dogs\n    user: may I bring my dog?\n"
    )
    for source, expected in (("test_faq.yml", []), ("faq.yml", ["S215"])):
        stories, found = read(text, source)
        assert [d.code for d in found] == expected
        message = stories[0].items[0].events[0]
        assert (message.intent_name, message.text) == ("faq", "may I bring my dog?")
        assert message.intent["full_retrieval_intent_name"] == "faq/ask_dogs"


def test_words_in_the_form_of_an_intent_hold_entities_as_json():
    (item,) = steps("""- {intent: book, user: '/book{"port": "Oslo"}'}""")
    assert item.events[0].entities == ({"entity": "port", "value": "Oslo"},)


def test_other_files_and_empty_files_hold_no_stories():
    for text in ("", "nlu:\n- intent: a\n", "stories:\n", "version: '2.0'\nrules: []\n"):
        assert read(text) == ([], [])


def in_story(step):
    return f"stories:\n- story: x\n  steps:\n  - action: a\n  - {step}\n"


@pytest.mark.parametrize(
    ("text", "code", "severity", "line"),
    [
        ("- a\n- b\n", "S200", "error", 1),
        ("version: 2.0\n", "S201", "warning", 1),
        ("\nversion: '4.0'\n", "S202", "warning", 2),
        ("stories: {a: b}\n", "S203", "error", 1),
        ("stories:\n- words\n", "S203", "error", 2),
        ("stories:\n- rule: x\n", "S203", "error", 2),
        ("stories:\n- story:\n  steps: [{action: a}]\n", "S204", "error", 2),
        ("stories:\n- story: 7\n  steps: [{action: a}]\n", "S204", "error", 2),
        ("stories:\n- story: x\n  step: []\n", "S205", "error", 3),
        ("stories:\n- story: x\n  condition: []\n", "S205", "error", 3),
        ("stories:\n- story: x\n  steps: {action: a}\n", "S206", "error", 3),
        ("stories:\n- story: x\n  metadata: 7\n", "S207", "warning", 3),
        ("rules:\n- rule: x\n  condition:\n  - action: a\n", "S208", "error", 4),
        ("rules:\n- rule: x\n  conversation_start: yes\n", "S209", "error", 3),
        ("rules:\n- rule: x\n  steps:\n  - checkpoint: a\n", "S106", "error", 4),
        ("rules:\n- rule: x\n  steps:\n  - bot: hello\n", "S115", "error", 4),
        ("stories:\n- story: x\n  steps: []\n", "S104", "warning", 2),
        ("stories:\n- story: x\n", "S104", "warning", 2),
        (in_story("..."), "S210", "error", 5),
        (in_story("[]"), "S210", "error", 5),
        (in_story("actoin: b"), "S211", "error", 5),
        (in_story("metadata: b"), "S212", "info", 5),
        (in_story("intent: b\n    action: c"), "S213", "error", 6),
        (in_story("intent: b\n    entitys: []"), "S213", "error", 6),
        (in_story("intent:"), "S214", "error", 5),
        (in_story("intent: true"), "S214", "error", 5),
        (in_story("action: 12"), "S214", "error", 5),
        (in_story("user: ''"), "S214", "error", 5),
        (in_story("active_loop: []"), "S214", "error", 5),
        (in_story("checkpoint:"), "S214", "error", 5),
        (in_story("{intent: b, user: c, entities: [d]}"), "S216", "warning", 5),
        (in_story("intent: /b"), "S217", "warning", 5),
        (in_story("intent: b\n    entities: {c: d}"), "S218", "error", 6),
        (in_story("intent: b\n    entities:\n    - c\n    - 7"), "S218", "error", 8),
        (in_story("{intent: b, entities: [{role: c}]}"), "S218", "error", 5),
        (in_story("{intent: b, entities: [{c: 1, d: 2}]}"), "S219", "warning", 5),
        (in_story("action: slot"), "S220", "error", 5),
        (in_story("slot_was_set:"), "S221", "error", 5),
        (in_story("slot_was_set: port"), "S221", "error", 5),
        (in_story("slot_was_set:\n    - a: 1\n    - []"), "S221", "error", 7),
        (in_story("slot_was_set: {a: 1}"), "S222", "warning", 5),
        (in_story("checkpoint: b\n    slot_was_set: [c]"), "S223", "error", 6),
        (in_story("checkpoint: b\n    slot_was_set: [{c: d}]"), "S107", "warning", 5),
        (in_story("or:\n    - intent: b\n    - action: c"), "S224", "error", 7),
        (in_story("or: []"), "S224", "error", 5),
        (in_story("or: [{intent: b}]"), "S225", "warning", 5),
        ("stories:\n- story: x\n  story: y\n", "Y103", "error", 3),
        ("stories: [\n", "Y101", "error", 2),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, code, severity, line):
    found = read(text)[1]
    assert (code, severity, line) in [(d.code, str(d.severity), d.line) for d in found]


def test_two_things_in_one_step_are_explained():
    (found,) = errors_in(read(in_story("intent: greet\n    action: utter_welcome"))[1])
    assert found.story == "x"
    assert found.hint == "Begin a step of its own: '- action:'."


def test_a_wrong_key_is_answered_with_the_one_that_was_meant():
    (found,) = read(in_story("actoin: b"))[1]
    assert found.hint == "Did you mean 'action'?"


def test_a_step_that_cannot_be_read_leaves_the_others_alone():
    stories, found = read(in_story("intent: 5\n  - action: b"))
    assert [item.line for item in stories[0].items] == [4, 6]
    assert len(found) == 1
