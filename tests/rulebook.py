"""Rules to look at: a ferry's, many, hostile ones; and some that contradict stories."""

from __future__ import annotations

import json
from functools import cache

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.rule_matcher import RuleMatcher
from tests.policies.ferry import (
    BOOKING,
    FERRY,
    RULES,
    STORIES,
    data_of,
    did,
    member,
    said,
    talk,
)
from tests.talks import HOSTILE

TALKS = {
    "price": (*said("hello"), *did("utter_hello"), member(), *said("ask_price")),
    "form": (*BOOKING, UserUttered.of("ask_price")),
    "lost": (*said("hello"), *did("utter_hello"), *said("no"), *did("utter_bye"), *said("yes")),
    "restart": (*said("restart"),),
}


@cache
def ferry_policies(**params):
    """Memory and rules of the ferry, trained."""
    policies = [MemoizationPolicy(**params), RulePolicy()]
    return PolicyEnsemble(policies).train(data_of(RULES, STORIES), FERRY)


def ferry_matcher(name, **params):
    """The ferry's rules where one of the talks has come to; nothing of it was decided before."""
    return RuleMatcher(ferry_policies(**params), talk(*TALKS[name]), domain=FERRY)


def policy_of(rules, domain):
    """A policy that has learnt rules, given as text."""
    stories, found = parse_stories(rules, source="rules.yml", format="yaml")
    assert not found, found
    return RulePolicy().train(generate(stories, domain), domain)


def agent_of(rules, domain):
    """An agent that has learnt rules, given as text."""
    stories, found = parse_stories(rules, source="rules.yml", format="yaml")
    assert not found, found
    agent = Agent(domain, [RulePolicy()])
    return agent.train(agent.load_data(stories))


def many_rules(count):
    """So many rules of a message, a condition and two actions, and a message that one answers."""
    body = {
        "intents": [f"intent_{i}" for i in range(count)],
        "slots": {"level": {"type": "categorical", "values": ["low", "high"], "mappings": []}},
        "actions": [f"utter_{i}" for i in range(count)],
    }
    rules = [
        {
            "rule": f"rule number {i}",
            "condition": [{"slot_was_set": [{"level": "high" if i % 3 else "low"}]}],
            "steps": [
                {"intent": f"intent_{i}"},
                {"action": f"utter_{i}"},
                {"action": f"utter_{(i + 1) % count}"},
            ],
        }
        for i in range(count)
    ]
    domain = Domain.from_yaml(json.dumps(body))
    policy = policy_of(json.dumps({"rules": rules}, ensure_ascii=False), domain)
    events = [ActionExecuted("action_listen"), UserUttered.of("intent_7")]
    return RuleMatcher(policy, DialogueStateTracker("ann", domain.slots, events), domain=domain)


HOSTILE_NAMES = (
    HOSTILE.replace("\x00", ""),
    "天气预报，请告诉我",
    "مرحبا بالعالم",
    "very_long_name_" * 12,
)


def hostile_matcher():
    """Names of rules that are markup, turn the direction of text, have no end."""
    domain = Domain.from_yaml("{intents: [greet, bye], actions: [utter_hi]}")
    rules = [
        {"rule": name, "steps": [{"intent": intent}, {"action": "utter_hi"}]}
        for name, intent in zip(HOSTILE_NAMES, ("greet", "bye", "bye", "bye"), strict=True)
    ]
    policy = policy_of(json.dumps({"rules": rules}, ensure_ascii=False), domain)
    events = [ActionExecuted("action_listen"), UserUttered.of("greet")]
    return RuleMatcher(policy, DialogueStateTracker("ann", (), events), domain=domain)


QUARREL = """
rules:
- rule: goodbye
  steps:
  - intent: bye
  - action: utter_bye
- rule: prices
  steps:
  - intent: ask_price
  - action: utter_price
- rule: dogs
  steps:
  - intent: ask_dogs
  - action: utter_dogs
- rule: dogs once more
  steps:
  - intent: ask_dogs
  - action: utter_go_on
- rule: booking
  steps:
  - intent: book
  - action: ticket_form
- rule: two messages
  steps:
  - intent: hello
  - action: utter_hello
  - intent: hello
  - action: utter_go_on
- rule: booked
  condition:
  - active_loop: ticket_form
  steps:
  - action: ticket_form
  - active_loop: null
  - action: utter_booked
"""

QUARREL_STORIES = """
stories:
- story: a friendly end
  steps:
  - intent: ask_price
  - action: utter_member_price
  - intent: bye
  - action: utter_go_on
- story: no end
  steps:
  - intent: hello
  - action: utter_hello
  - intent: bye
  - action: utter_go_on
- story: peaceful
  steps:
  - intent: hello
  - action: utter_hello
"""


def quarrel_data():
    """Rules and stories that contradict each other, and rules that lack something."""
    return data_of(QUARREL, QUARREL_STORIES)


def refusal(number):
    """A message that is answered otherwise than its rule says."""
    return ({"intent": f"intent_{number}"}, {"action": "utter_no"})


def story_steps(number, rules):
    """The steps of a story that is like no other one."""
    later = refusal(number // rules) if number >= rules else ()
    return [*refusal(number * 11 % rules) * (1 + number % 2), *later]


def many_quarrels(rules, stories):
    """So many rules, and stories each of which contradicts one of them."""
    body = {
        "intents": [f"intent_{i}" for i in range(rules)],
        "actions": ["utter_no", *(f"utter_{i}" for i in range(rules))],
    }
    text = {
        "rules": [
            {"rule": f"rule {i}", "steps": [{"intent": f"intent_{i}"}, {"action": f"utter_{i}"}]}
            for i in range(rules)
        ],
        "stories": [
            {"story": f"story {i}", "steps": story_steps(i, rules)} for i in range(stories)
        ],
    }
    return data_of(json.dumps(text), domain=Domain.from_yaml(json.dumps(body)))


def hostile_quarrel():
    """The hostile names contradict each other."""
    numbers = range(len(HOSTILE_NAMES))
    body = {"intents": [f"i{i}" for i in numbers], "actions": ["utter_hi", "utter_no"]}
    text = {
        "rules": [
            {"rule": name, "steps": [{"intent": f"i{i}"}, {"action": "utter_hi"}]}
            for i, name in enumerate(HOSTILE_NAMES)
        ],
        "stories": [
            {"story": name, "steps": [{"intent": f"i{i}"}, {"action": "utter_no"}]}
            for i, name in enumerate(HOSTILE_NAMES)
        ],
    }
    domain = Domain.from_yaml(json.dumps(body))
    return data_of(json.dumps(text, ensure_ascii=False), domain=domain)
