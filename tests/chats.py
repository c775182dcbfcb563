"""A bot of our own to talk to: a greenhouse that answers, asks back, fails and falls back."""

from __future__ import annotations

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories

GREENHOUSE = """
intents: [hello, water, how_warm, bye, break_it]
entities: [plant, amount]
slots:
  plant:
    type: categorical
    values: [fern, cactus]
    mappings: [{type: from_entity, entity: plant}]
  dry: {type: bool, mappings: [{type: custom}]}
responses:
  utter_hello:
  - text: Hello! Shall I water something?
    buttons:
    - {title: The fern, payload: '/water{"plant": "fern"}'}
    - {title: The orchid, payload: '/water{"plant": "orchid"}'}
  utter_watered:
  - text: "The {plant} has had its water."
    image: https://example.org/fern.png
  utter_bye: [{text: Bye.}]
actions: [action_measure, action_break]
"""
STORIES = """
## watering
* hello
  - utter_hello
* water{"plant": "fern"}
  - slot{"plant": "fern"}
  - utter_watered

## measuring
* how_warm
  - action_measure
  - utter_bye

## broken
* break_it
  - action_break

## leaving
* bye
  - utter_bye
"""


def break_down(tracker, domain):
    raise ZeroDivisionError("no water left")


def greenhouse(**options) -> Agent:
    """The trained bot."""
    actions = {"action_measure": lambda tracker, domain: None, "action_break": break_down}
    domain = Domain.from_yaml(GREENHOUSE)
    agent = Agent(domain, policies=[MemoizationPolicy()], actions=actions, **options)
    stories, _ = parse_stories(STORIES)
    return agent.train(agent.load_data(stories, augmentation_factor=0))
