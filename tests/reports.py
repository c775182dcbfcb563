"""Reports of tests to look at: a bot that knows half of it, hostile names, many actions."""

from __future__ import annotations

import numpy as np

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.evaluation_report import EvaluationReport
from tests.talks import HOSTILE

BAKER = Domain.from_yaml("""
intents: [greet, order, thank, leave]
responses:
  utter_greet: [{text: Hi!}]
  utter_sold: [{text: Here you are.}]
  utter_which: [{text: Which one?}]
  utter_bye: [{text: Bye!}]
""")
LEARNT = """
## a morning
* greet
  - utter_greet
* order
  - utter_sold
* leave
  - utter_bye
"""
TESTS = """
## a morning
* greet
  - utter_greet
* order
  - utter_sold
* leave
  - utter_bye

## in a hurry
* order
  - utter_which
* thank
  - utter_bye

## undecided
* greet
  - utter_greet
* order
  - utter_which
* order
  - utter_which
* leave
  - utter_bye
"""


class Guess(Policy):
    """Says the same to an intent whatever was before, and is not sure of it."""

    says = {"order": "utter_sold", "leave": "utter_bye", "thank": "utter_greet"}  # noqa: RUF012

    def predict_action_probabilities(self, tracker, domain):
        values = np.full(domain.num_actions, 0.01)
        listens = tracker.latest_action_name == "action_listen"
        action = self.says.get(tracker.latest_message.intent_name) if listens else "action_listen"
        if action:
            values[domain.index_for_action(action)] = 0.6
            values[domain.index_for_action("utter_which")] = 0.3
        return values


def baker(text=TESTS, source="tests/baker.md"):
    """The result of a bot that learnt one story and guesses the rest."""
    agent = Agent(BAKER, [MemoizationPolicy(), Guess()])
    agent.train(agent.load_data(parse_stories(LEARNT)[0], augmentation_factor=0))
    return evaluate(agent, parse_stories(text, source)[0])


def baker_report():
    return EvaluationReport(baker())


def large_result(actions=50, turns=400, name="utter_{}"):
    """Turns of a bot that is right three times out of four."""
    rng = np.random.default_rng(5)
    made = []
    for i in range(turns):
        gold = int(rng.integers(actions))
        predicted = gold if rng.random() < 0.75 else int(rng.integers(actions))
        pair = ["action_listen" if k == 0 else name.format(k) for k in (gold, predicted)]
        made.append(EvaluatedAction(f"story {i // 9}", i // 9, i % 9, *pair,
                                    float(rng.random()), "KerasPolicy", 2, "ask"))  # fmt: skip
    return EvaluationResult(tuple(made), tuple(f"story {i}" for i in range(-(-turns // 9))))


def hostile_report():
    turns = (EvaluatedAction(HOSTILE, 0, 1, HOSTILE, "utter_b", 0.5, HOSTILE, None, HOSTILE),)
    return EvaluationReport(EvaluationResult(turns, (HOSTILE,)))
