"""Bots with the policies of Rasa 1.x, talked to as a user does."""

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.stories.reader import parse_stories

DOMAIN = Domain.from_yaml(
    """
intents: [greet, ask_price, {ask_hours: {triggers: utter_hours}}]
responses:
  utter_hello: [{text: Hello.}]
  utter_price: [{text: Two euros.}]
  utter_hours: [{text: From nine to five.}]
  utter_default: [{text: I do not understand.}]
  utter_ask_rephrase: [{text: Say it in other words.}]
"""
)
STORIES = """
## hello
* greet
  - utter_hello

## price
* ask_price
  - utter_price
"""
ONE_STAGE = "policies: [{name: MemoizationPolicy, max_history: 2}, MappingPolicy, FallbackPolicy]"
TWO_STAGES = (
    "policies: [{name: MemoizationPolicy, max_history: 2}, MappingPolicy, TwoStageFallbackPolicy]"
)


def bot(config, tmp_path):
    file = tmp_path / "config.yml"
    file.write_text(config)
    agent = Agent(DOMAIN, str(file))
    stories, found = parse_stories(STORIES)
    assert not found
    return agent.train(agent.load_data(stories, augmentation_factor=0))


def say(agent, text):
    return [message["text"] for message in agent.handle_text(text)]


def last_actions(agent, count):
    done = [e.label for e in agent.tracker().events if type(e).__name__ == "ActionExecuted"]
    return done[-count:]


def test_a_bot_with_the_usual_policies_knows_maps_and_falls_back(tmp_path):
    agent = bot(ONE_STAGE, tmp_path)
    assert agent.diagnostics == ()
    assert say(agent, "/greet") == ["Hello."]
    assert say(agent, "/ask_hours") == ["From nine to five."]
    assert say(agent, "/greet@0.2") == ["I do not understand."]
    assert last_actions(agent, 2) == ["action_default_fallback", "action_listen"]
    # the message was taken back, so the next one is met as if there had been none
    assert say(agent, "/ask_hours") == ["From nine to five."]


def test_what_happened_before_is_not_undone_by_several_fallbacks_in_a_row(tmp_path):
    agent = bot(ONE_STAGE, tmp_path)
    say(agent, "/greet")
    for _ in range(3):
        assert say(agent, "/ask_price@0.1") == ["I do not understand."]
    assert agent.tracker().latest_message.intent_name == "greet"


def test_two_stages_ask_and_go_on_with_what_the_user_meant(tmp_path):
    agent = bot(TWO_STAGES, tmp_path)
    assert say(agent, "/ask_price@0.2") == ["Did you mean 'ask_price'?"]
    assert say(agent, "/ask_price") == ["Two euros."]
    assert last_actions(agent, 3) == ["action_listen", "utter_price", "action_listen"]


def test_two_stages_ask_for_other_words_and_give_up_at_last(tmp_path):
    agent = bot(TWO_STAGES, tmp_path)
    assert say(agent, "/ask_price@0.2") == ["Did you mean 'ask_price'?"]
    assert say(agent, "/out_of_scope") == ["Say it in other words."]
    assert say(agent, "/greet@0.2") == ["Did you mean 'greet'?"]
    assert say(agent, "/out_of_scope") == ["I do not understand."]
    assert last_actions(agent, 2) == ["action_default_fallback", "action_listen"]


def test_other_words_that_are_clear_are_answered(tmp_path):
    agent = bot(TWO_STAGES, tmp_path)
    say(agent, "/ask_price@0.2")
    say(agent, "/out_of_scope")
    assert say(agent, "/greet") == ["Hello."]


@pytest.mark.parametrize("config", [ONE_STAGE, TWO_STAGES])
def test_such_a_bot_is_kept_and_read_back(config, tmp_path):
    agent = bot(config, tmp_path)
    agent.persist(tmp_path / "model")
    again = Agent.load(tmp_path / "model")
    assert [p.get_params() for p in again.policies] == [p.get_params() for p in agent.policies]
    for text in ("/greet@0.2", "/ask_hours", "/restart", "/ask_price@0.1", "/greet"):
        assert say(again, text) == say(agent, text)


def test_an_agent_tells_which_policies_its_domain_counts_on(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("policies: [MemoizationPolicy]")
    [found] = Agent(DOMAIN, str(file)).diagnostics
    assert (found.code, found.hint[:24]) == ("C108", "Add '- name: MappingPoli")
