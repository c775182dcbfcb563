"""The packaged bots in plain words, as the texts about Rasa show people talking to theirs."""

from __future__ import annotations

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from tests.bots.test_bots import trained


@pytest.fixture(scope="module")
def moodbot():
    return trained("moodbot")


def deciders(agent, *messages):
    """Who decided what after each message, without the listens."""
    found = []
    for message in messages:
        before = len(agent.tracker().decisions)
        agent.handle_text(message)
        made = [decision for _, decision in agent.tracker().decisions[before:]]
        found.append([(d.action, d.policy) for d in made if d.action != "action_listen"])
    return found


def test_a_greeting_is_remembered_and_what_must_always_hold_comes_from_rules(moodbot):
    moodbot.handle_text("/restart")
    assert deciders(moodbot, "hello", "are you a bot?", "goodbye") == [
        [("utter_greet", "MemoizationPolicy")],
        [("utter_iamabot", "RulePolicy")],
        [("utter_goodbye", "RulePolicy")],
    ]


def test_a_longer_exchange_follows_the_story_and_ends_with_the_rule(moodbot):
    moodbot.handle_text("/restart")
    assert deciders(moodbot, "Hi!", "I am rather sad", "yes, a bit", "bye") == [
        [("utter_greet", "MemoizationPolicy")],
        [("utter_cheer_up", "MemoizationPolicy"), ("utter_did_that_help", "MemoizationPolicy")],
        [("utter_happy", "MemoizationPolicy")],
        [("utter_goodbye", "RulePolicy")],
    ]


def test_a_no_where_no_story_expects_it_is_left_to_the_network(moodbot):
    moodbot.handle_text("/restart")
    moodbot.handle_text("hello")
    moodbot.log_message("no")
    assert moodbot.tracker().latest_message.intent_name == "deny"
    decision = moodbot.predict_next()
    opinions = {row["policy"]: row["action"] for row in decision.trace}
    assert opinions["MemoizationPolicy"] is None
    assert decision.policy == "KerasPolicy"


def test_intents_with_a_slash_are_read_as_before(moodbot):
    moodbot.handle_text("/greet", "somebody with a slash")
    tracker = moodbot.tracker("somebody with a slash")
    assert tracker.latest_message.intent == {"name": "greet", "confidence": 1.0}
    assert [d.action for _, d in tracker.decisions] == ["utter_greet", "action_listen"]


@pytest.mark.parametrize("word", ["hello", "olá", "नमस्ते", "مرحبا", "你好"])
def test_a_greeting_is_understood_in_every_script(moodbot, word):
    assert moodbot.interpreter.parse(word)["intent"]["name"] == "greet"


def test_a_saved_bot_understands_the_same_words(moodbot, tmp_path):
    moodbot.persist(tmp_path / "model")
    loaded = Agent.load(tmp_path / "model")
    for text in ("hello", "not so good", "what are you?", "xyz"):
        assert loaded.interpreter.parse(text) == moodbot.interpreter.parse(text)


def test_the_cafe_finds_drinks_and_sizes_in_words():
    interpreter = bots.load("cafe").interpreter()
    parsed = interpreter.parse("um café grande")
    found = {entity["entity"]: entity["value"] for entity in parsed["entities"]}
    assert found == {"bebida": "café", "tamanho": "grande"}
