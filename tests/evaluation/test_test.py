from __future__ import annotations

import json

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.exceptions import AgentError, StoryError
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN, STORIES_MD, Scripted, kiosk
from tests.policies.ferry import FERRY, RULES, data_of
from tests.policies.ferry import STORIES as FERRY_STORIES


def stories(text):
    read, found = parse_stories(text)
    assert not found
    return read


HELD_OUT = """
## only comes
* hello
  - utter_hello

## haggles
* hello
  - utter_hello
* buy{"paper": "Times"}
  - utter_bye
* leave
  - utter_bye
"""


def test_a_memory_knows_the_stories_it_learnt_from():
    result = evaluate(kiosk(), stories(STORIES_MD))
    assert result.stories == ("comes and goes", "buys")
    assert result.stories_right == 2
    assert result.failures == ()
    assert result.scores.accuracy == result.scores.f1 == 1.0


def test_each_action_is_predicted_with_the_storys_own_actions_before_it():
    result = evaluate(kiosk(), stories(HELD_OUT))
    assert [(t.number, t.turn, t.gold, t.predicted) for t in result.turns] == [
        (0, 0, "action_listen", "action_listen"),
        (0, 1, "utter_hello", "utter_hello"),
        (0, 2, "action_listen", "action_listen"),
        (1, 0, "action_listen", "action_listen"),
        (1, 1, "utter_hello", "utter_hello"),
        (1, 2, "action_listen", "action_listen"),
        (1, 3, "utter_bye", "action_listen"),  # never seen: no policy has an opinion
        (1, 4, "action_listen", "action_listen"),
        (1, 5, "utter_bye", "action_listen"),
        (1, 6, "action_listen", "action_listen"),
    ]
    assert [(f.story, f.policy, f.confidence) for f in result.failures] == [
        ("haggles", None, 0.0), ("haggles", None, 0.0),
    ]  # fmt: skip
    assert result.failed_stories == ("haggles",)
    assert result.stories_right == 1


def test_accuracy_is_told_with_and_without_listens_and_as_rasa_counts():
    result = evaluate(kiosk(), stories(HELD_OUT))
    assert (result.scores.accuracy, result.scores.count) == (0.8, 10)
    assert (result.scores_without_listen.accuracy, result.scores_without_listen.count) == (0.5, 4)
    assert (result.rasa_scores.accuracy, result.rasa_scores.count) == (0.75, 8)


def test_who_decided_how_often_is_counted():
    result = evaluate(
        kiosk(Scripted({"utter_bye": "action_listen"}), MemoizationPolicy()), stories(HELD_OUT)
    )
    assert result.policies == {
        "MemoizationPolicy": {"decided": 4, "right": 4},
        "Scripted": {"decided": 2, "right": 2},
        "none": {"decided": 4, "right": 2},
    }


def test_policies_that_need_the_conversation_give_the_same_as_in_a_conversation():
    agent = kiosk(AugmentedMemoizationPolicy(), Scripted({"utter_bye": "action_listen"}))
    result = evaluate(agent, stories(HELD_OUT))
    assert result.turns[8].predicted == "action_listen"
    tracker = agent.load_data(stories(HELD_OUT), augmentation_factor=0)[1].tracker()
    places = [i for i, e in enumerate(tracker.events) if e.type_name == "action"]
    decided = [agent.ensemble.decide(tracker.branch(i), DOMAIN) for i in places]
    by_hand = [(d.action, round(d.confidence, 6)) for d in decided]
    assert [(t.predicted, round(t.confidence, 6)) for t in result.turns[3:]] == by_hand


def test_a_story_that_begins_with_the_bot_is_tested_from_the_first_predictable_action():
    text = "## offers\n  - utter_hello\n* hello\n  - utter_hello\n"
    result = evaluate(kiosk(), stories(text))
    assert [t.gold for t in result.turns] == ["action_listen", "utter_hello", "action_listen"]


def test_stories_with_the_same_name_are_counted_apart():
    text = "## a\n* leave\n  - utter_hello\n\n## a\n* hello\n  - utter_hello\n"
    result = evaluate(kiosk(), stories(text))
    assert result.stories == ("a", "a")
    assert result.stories_right == 1


def test_rules_and_augmented_dialogues_are_left_out():
    read, _ = parse_stories(
        "rules:\n- rule: r\n  steps:\n  - intent: hello\n  - action: utter_bye\n"
    )
    agent = kiosk()
    assert evaluate(agent, [*read, *stories(STORIES_MD)]).stories == ("comes and goes", "buys")
    data = agent.load_data(stories(STORIES_MD), augmentation_factor=3)
    assert len(data.augmented) > 0
    assert len(evaluate(agent, data).stories) == 2


def test_the_result_is_json():
    body = json.loads(json.dumps(evaluate(kiosk(), stories(HELD_OUT)).as_dict()))
    assert body["stories"] == {"count": 2, "right": 1, "failed": ["haggles"]}
    assert body["actions"]["accuracy"] == 0.8
    assert body["failures"][0]["gold"] == "utter_bye"
    assert {row["action"] for row in body["actions"]["actions"]} >= {"utter_bye", "action_listen"}


def test_nothing_to_test_is_no_error():
    result = evaluate(kiosk(), [])
    assert (result.stories_right, result.scores.count) == (0, 0)


def test_stories_from_files_are_checked_against_the_domain(tmp_path):
    (tmp_path / "s.md").write_text("## a\n* hullo\n  - utter_hello\n")
    with pytest.raises(StoryError, match=r"s.md:2: error .*'hullo'.*Did you mean 'hello'"):
        evaluate(kiosk(), tmp_path / "s.md")


def test_an_untrained_agent_cannot_be_tested():
    from dialogue_nb.agent.agent import Agent

    with pytest.raises(AgentError, match="not trained"):
        evaluate(Agent(DOMAIN, [MemoizationPolicy()]), stories(STORIES_MD))


def test_inside_a_form_a_story_is_tested_as_if_the_form_had_refused():
    agent = Agent(FERRY, [MemoizationPolicy(max_history=5), RulePolicy()])
    agent.train(data_of(RULES, FERRY_STORIES))
    result = evaluate(agent, data_of(FERRY_STORIES))
    assert result.failures == ()
    decided = [turn.policy for turn in result.turns if turn.gold == "ticket_form"]
    assert decided == ["RulePolicy", "RulePolicy"]
