"""A ferry's bot that follows rules, for tests of RulePolicy."""

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories

FERRY = Domain.from_yaml(
    """
intents: [hello, book, ask_price, ask_dogs, yes, no, bye]
entities: [port]
slots:
  port: {type: text, mappings: [{type: from_entity, entity: port}]}
  is_member: {type: bool, mappings: [{type: custom}]}
  cabin: {type: categorical, values: [inside, outside], mappings: [{type: custom}]}
  mood: {type: text, initial_value: calm, mappings: [{type: custom}]}
actions: [action_look_up, action_cannot_help, utter_hello, utter_price, utter_member_price,
          utter_dogs, utter_go_on, utter_booked, utter_bye]
forms:
  ticket_form: {required_slots: [port]}
"""
)

RULES = """
rules:
- rule: prices
  steps:
  - intent: ask_price
  - action: utter_price
- rule: prices for members
  condition:
  - slot_was_set: [{is_member: true}]
  steps:
  - intent: ask_price
  - action: utter_member_price
- rule: first hello
  conversation_start: true
  steps:
  - intent: hello
  - action: utter_hello
- rule: begin booking
  steps:
  - intent: book
  - action: ticket_form
  - active_loop: ticket_form
- rule: end booking
  condition:
  - active_loop: ticket_form
  steps:
  - action: ticket_form
  - active_loop: null
  - action: utter_booked
- rule: dogs, wherever it is asked
  steps:
  - intent: ask_dogs
  - action: utter_dogs
- rule: looking up says the price afterwards
  steps:
  - action: action_look_up
  - action: utter_price
- rule: either way out
  steps:
  - or:
    - intent: bye
    - intent: no
  - action: utter_bye
"""

STORIES = """
stories:
- story: a doubt while booking
  steps:
  - intent: book
  - action: ticket_form
  - active_loop: ticket_form
  - intent: hello
  - action: utter_go_on
  - intent: yes
  - action: ticket_form
  - active_loop: null
  - action: utter_booked
"""

LISTEN = ActionExecuted("action_listen")
FORM = ActionExecuted("ticket_form")
IN_FORM = ActiveLoop("ticket_form")
REFUSED = ActionExecutionRejected("ticket_form")
BOOKING = (LISTEN, UserUttered.of("book"), FORM, IN_FORM, LISTEN)


def stories_of(text, source="rules.yml"):
    """Stories and rules, which must have no mistakes."""
    stories, found = parse_stories(text, source=source, format="yaml")
    assert not found, found
    return stories


def data_of(*texts, domain=FERRY):
    """Training dialogues of stories and rules."""
    named = zip(("rules.yml", "stories.yml"), texts, strict=False)
    return generate([s for source, text in named for s in stories_of(text, source)], domain)


def trained(*texts, domain=FERRY, **params):
    """A policy that has learnt the rules."""
    return RulePolicy(**params).train(data_of(*texts, domain=domain), domain)


def said(intent, *entities, text=None):
    """A listen and a message."""
    return LISTEN, UserUttered.of(intent, dict.fromkeys(entities, "x"), text)


def talk(*events, domain=FERRY):
    """A conversation that has seen the events."""
    return DialogueStateTracker("ann", domain.slots, events)


def did(*names):
    """Actions, in order."""
    return tuple(ActionExecuted(name) for name in names)


def member(value=True):
    """Whether the traveller is a member."""
    return SlotSet("is_member", value)
