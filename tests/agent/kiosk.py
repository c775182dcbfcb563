"""A small bot for these tests: a kiosk that sells papers. Made in memory, trained at once."""

from __future__ import annotations

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.reader import parse_stories

DOMAIN_YAML = """
version: "3.1"
intents: [hello, buy, leave]
entities: [paper]
slots:
  paper: {type: text, mappings: [{type: from_entity, entity: paper}]}
  pages: {type: list, influence_conversation: false, mappings: [{type: from_entity, entity: paper}]}
actions: [action_count, action_weigh]
responses:
  utter_hello:
  - text: Morning!
  - text: Hello there!
  - text: What will it be?
  utter_sold:
  - text: "One {paper}, {change} back."
  utter_bye:
  - text: So long.
    buttons: [{title: "More {paper}", payload: /buy}]
  utter_default:
  - text: Pardon?
session_config: {session_expiration_time: 30, carry_over_slots_to_new_session: true}
"""
DOMAIN = Domain.from_yaml(DOMAIN_YAML)

STORIES_MD = """
## comes and goes
* hello
  - utter_hello
* leave
  - utter_bye

## buys
* buy{"paper": "Herald"}
  - utter_sold
  - action_count
* leave
  - utter_bye
"""


class Scripted(Policy):
    """Chooses by `{(last action, intent): action}` or `{last action: action}`; else: no opinion."""

    def __init__(self, script, confidence=0.8, priority=9):
        super().__init__(priority=priority)
        self.script = script
        self.confidence = confidence

    def predict_action_probabilities(self, tracker, domain):
        at = (tracker.latest_action_name, tracker.latest_message.intent_name)
        chosen = self.script.get(at, self.script.get(at[0]))
        probabilities = [0.0] * domain.num_actions
        if chosen is not None:
            probabilities[domain.index_for_action(chosen)] = self.confidence
        return probabilities


def kiosk(*policies, actions=(), domain=DOMAIN, **options):
    """A trained agent; by default with a memory only."""
    agent = Agent(domain, list(policies) or [MemoizationPolicy()], actions=actions, **options)
    stories, found = parse_stories(STORIES_MD)
    assert not found
    return agent.train(agent.load_data(stories, augmentation_factor=0))


def texts(messages):
    return [message["text"] for message in messages]


def happened(tracker, since=0):
    """The events as short pairs: type, and what it is about."""
    pairs = []
    for event in tracker.events[since:]:
        body = event.payload()
        about = body.get("name") or body.get("text")
        pairs.append((event.type_name, about))
    return [pair for pair in pairs if pair[0] != "user_featurization"]
