from __future__ import annotations

import pytest

from tests.agent.kiosk import happened
from tests.agent.repairs import workshop

DOMAIN = """
version: "3.1"
intents: [hello, price, nlu_fallback, out_of_scope]
responses:
  utter_hello: [{text: Good day.}]
  utter_price: [{text: Ten an hour.}]
  utter_default: [{text: I give up.}]
  utter_ask_rephrase: [{text: In other words?}]
"""
RULES = """
version: "3.1"
rules:
- rule: ask what was meant
  steps:
  - intent: nlu_fallback
  - action: action_two_stage_fallback
  - active_loop: action_two_stage_fallback
- rule: hello
  steps: [{intent: hello}, {action: utter_hello}]
- rule: price
  steps: [{intent: price}, {action: utter_price}]
"""
LOOP = "action_two_stage_fallback"


@pytest.fixture(scope="module")
def agent():
    return workshop(domain=DOMAIN, rules=RULES)


def unclear(*guesses):
    """A message that was not understood, with what it may have been."""
    ranking = [{"name": "nlu_fallback", "confidence": 0.7}]
    ranking += [{"name": name, "confidence": 0.2} for name in guesses]
    return {"text": "mumble", "parse_data": {"intent": ranking[0], "intent_ranking": ranking}}


def answers(agent, sender, *messages):
    return [[m["text"] for m in agent.handle_text(text, sender)] for text in messages]


def test_it_asks_whether_the_second_best_guess_was_meant(agent):
    (message,) = agent.handle_text(unclear("price", "hello"), "ann")
    assert message["text"] == "Did you mean 'price'?"
    assert [b["payload"] for b in message["buttons"]] == ["/price", "/out_of_scope"]
    assert agent.tracker("ann").active_loop_name == LOOP


def test_a_confirmation_is_answered_as_if_it_had_been_understood(agent):
    assert answers(agent, "bob", unclear("price"), "/price")[1] == ["Ten an hour."]
    tracker = agent.tracker("bob")
    assert tracker.active_loop is None
    applied = [e.intent_name for e in tracker.applied_events() if e.type_name == "user"]
    assert applied == ["price"]
    assert tracker.latest_message.intent["confidence"] == 1.0


def test_a_denial_asks_to_rephrase_and_that_is_answered(agent):
    said = answers(agent, "cleo", unclear("price"), "/out_of_scope", "/hello")
    assert said[1:] == [["In other words?"], ["Good day."]]


def test_two_messages_in_a_row_that_are_not_understood_end_it(agent):
    said = answers(agent, "dana", unclear("price"), unclear("hello"), "/price")
    assert said[1:] == [["I give up."], ["Ten an hour."]]
    assert agent.tracker("dana").active_loop is None


def test_a_second_denial_ends_it(agent):
    said = answers(
        agent, "eve", unclear("price"), "/out_of_scope", unclear("hello"), "/out_of_scope"
    )
    assert said[1:] == [["In other words?"], ["Did you mean 'hello'?"], ["I give up."]]
    assert happened(agent.tracker("eve"))[-1] == ("action", "action_listen")
