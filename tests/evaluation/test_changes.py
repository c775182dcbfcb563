"""What a bot does otherwise since it has learnt something else."""

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.evaluation.changes import changed_decisions
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN, DOMAIN_YAML, STORIES_MD


def learn(text, domain=DOMAIN):
    agent = Agent(domain, [MemoizationPolicy(max_history=3)])
    data = agent.load_data(parse_stories(text)[0], augmentation_factor=0)
    return agent.train(data), data


def test_the_same_stories_change_nothing():
    (first, data), (second, _) = learn(STORIES_MD), learn(STORIES_MD)
    first.handle_text("/hello")
    assert changed_decisions(first, second, data, first.tracker()) == []


def test_another_answer_is_a_change_in_the_story_and_in_the_conversation():
    first, _ = learn(STORIES_MD)
    second, data = learn(STORIES_MD.replace("utter_hello", "utter_bye"))
    first.handle_text("/hello")
    changes = changed_decisions(first, second, data, first.tracker())
    kinds = [(c.is_conversation, c.where, c.turn, c.gold, c.before, c.now) for c in changes]
    assert kinds[0] == (True, "default", 2, None, "utter_hello", "utter_bye")
    assert (False, "comes and goes", 1, "utter_bye", "utter_hello", "utter_bye") in kinds
    assert changes[0].as_dict()["now_confidence"] == 1.0


def test_the_first_bot_need_not_know_the_names_of_the_second():
    first, _ = learn(STORIES_MD)
    more = Domain.from_yaml(DOMAIN_YAML.replace("[action_count,", "[action_count, action_new,"))
    second, data = learn(STORIES_MD.replace("- action_count", "- action_new"), more)
    changes = changed_decisions(first, second, data)
    assert ("buys", "action_count", "action_new") in [(c.where, c.before, c.now) for c in changes]


def test_both_must_be_trained():
    first, data = learn(STORIES_MD)
    with pytest.raises(AgentError, match="not trained"):
        changed_decisions(first, Agent(DOMAIN, []), data)
