"""A bot with a form for these tests: a workshop that takes bicycles in. Made in memory."""

from __future__ import annotations

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories

DOMAIN_YAML = """
version: "3.1"
intents: [hello, repair, tell, yes, no, price, enough]
entities: [part, {day: {roles: [bring, fetch]}}, number]
slots:
  part: {type: text, mappings: [{type: from_entity, entity: part}]}
  bring:
    type: text
    mappings: [{type: from_entity, entity: day, role: bring}, {type: from_entity, entity: day}]
  fetch:
    type: text
    mappings: [{type: from_entity, entity: day, role: fetch}, {type: from_entity, entity: day}]
  spare:
    type: bool
    mappings:
    - type: from_intent
      intent: "yes"
      value: true
      conditions: [{active_loop: repair_form, requested_slot: spare}]
    - type: from_intent
      intent: "no"
      value: false
      conditions: [{active_loop: repair_form, requested_slot: spare}]
  remark:
    type: text
    influence_conversation: false
    mappings:
    - type: from_text
      not_intent: [price, enough]
      conditions: [{active_loop: repair_form, requested_slot: remark}]
forms:
  repair_form: {required_slots: [part, bring, fetch, spare, remark]}
responses:
  utter_hello: [{text: Good day.}]
  utter_price: [{text: Ten an hour.}]
  utter_taken: [{text: "{part}, {bring} to {fetch}."}]
  utter_stopped: [{text: Another time.}]
  utter_default: [{text: Pardon?}]
  utter_ask_part: [{text: Which part?}]
  utter_ask_bring: [{text: When do you bring it?}]
  utter_ask_fetch: [{text: When do you fetch it?}]
  utter_ask_spare: [{text: A spare one meanwhile?}]
  utter_ask_repair_form_remark: [{text: Anything else?}]
  utter_ask_remark: [{text: not this one}]
"""

RULES_YAML = """
version: "3.1"
rules:
- rule: take one in
  steps:
  - intent: repair
  - action: repair_form
  - active_loop: repair_form
- rule: all is known
  condition:
  - active_loop: repair_form
  steps:
  - action: repair_form
  - active_loop: null
  - slot_was_set: [requested_slot: null]
  - action: utter_taken
- rule: a price in between
  condition:
  - active_loop: repair_form
  steps:
  - intent: price
  - action: utter_price
  - action: repair_form
  - active_loop: repair_form
- rule: enough of it
  condition:
  - active_loop: repair_form
  steps:
  - intent: enough
  - action: utter_stopped
  - action: action_deactivate_loop
  - active_loop: null
- rule: hello
  steps:
  - intent: hello
  - action: utter_hello
"""


def workshop(*, domain=DOMAIN_YAML, rules=RULES_YAML, policies=(), **options):
    """A trained agent; by default with a memory and the rules."""
    chosen = list(policies) or [MemoizationPolicy(), RulePolicy()]
    agent = Agent(Domain.from_yaml(domain), chosen, **options)
    stories, found = parse_stories(rules)
    assert not found
    return agent.train(agent.load_data(stories, augmentation_factor=0))


def with_words(old, new, text=DOMAIN_YAML):
    """The domain with something changed."""
    assert old in text
    return text.replace(old, new)
