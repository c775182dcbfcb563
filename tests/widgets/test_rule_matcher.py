"""`RuleMatcher` without a browser: turns, bots, clicks on names, files, speed."""

from __future__ import annotations

import json
import time

import pytest

import dialogue_nb as dn
from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError, UnknownNameError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.views.rule_matcher import NO_POLICY, NOTHING_LEARNT
from dialogue_nb.widgets.rule_matcher import RuleMatcher
from tests.policies.ferry import FERRY, RULES, STORIES, data_of, said, talk, trained
from tests.rulebook import TALKS, agent_of, ferry_matcher, ferry_policies, many_rules

SHOP = Domain.from_yaml(
    "{intents: [hi, bye], responses: {utter_hi: [{text: Hi!}], utter_bye: [{text: Bye!}]}}"
)
GREETING = "rules:\n- rule: greeting\n  steps: [{intent: hi}, {action: utter_hi}]\n"
PARTING = "- rule: parting\n  steps: [{intent: bye}, {action: utter_bye}]\n"


@pytest.fixture
def matcher():
    return ferry_matcher("price")


def first(matcher):
    """The name and the state of the first row."""
    row = matcher.view["rows"][0]
    return matcher.rules[row["rule"]]["places"][0][2], row["state"]


def test_the_turn_that_tells_most_is_shown_and_another_when_it_is_selected(matcher):
    assert (matcher.selection, first(matcher)) == ({"turn": 3}, ("prices for members", "won"))
    matcher.answer({"id": 1, "type": "select", "selection": {"turn": 1, "branch": 0}})
    assert (matcher.view["turn"], first(matcher)) == (1, ("first hello", "won"))
    assert matcher.selection == {"turn": 1, "branch": 0}
    matcher.selection = {"turn": 999}
    assert matcher.view["turn"] == 3


def test_a_selection_of_something_else_draws_nothing_anew(matcher):
    before = matcher.view
    matcher.selection = {**matcher.selection, "rule": "prices"}
    assert matcher.view is before


def test_rules_travel_once_and_turns_by_themselves(matcher):
    rules = matcher.rules
    matcher.selection = {"turn": 0}
    assert matcher.rules is rules
    assert len(json.dumps(many_rules(240).view)) < 120_000


def test_another_conversation_can_be_set(matcher):
    matcher.tracker = talk(*TALKS["form"])
    assert matcher.view["built_in"]["name"] == "the form 'ticket_form' is active"
    matcher.tracker = None
    assert matcher.view["title"] == "turn 0"


def test_a_bot_that_was_trained_again_shows_its_new_rules():
    agent = agent_of(GREETING, SHOP)
    agent.handle_text("/bye")
    matcher = RuleMatcher.of_agent(agent)
    assert len(matcher.rules) == 2
    assert matcher.summary.startswith("No rule matches; the nearest, 'greeting', failed")
    matcher.agent = agent_of(GREETING + PARTING, SHOP)
    assert len(matcher.rules) == 4
    assert first(matcher) == ("parting", "outvoted")  # it was the fallback then
    matcher.live = True
    matcher.refresh()
    assert first(matcher) == ("parting", "won")


def test_a_recorded_decision_is_what_counted():
    agent = agent_of(GREETING, SHOP)
    agent.handle_text("/hi")
    matcher = RuleMatcher.of_agent(agent)
    assert matcher.summary == "The rule 'greeting' matches. Rule decides: utter_hi (1.00)."


@pytest.mark.parametrize(
    ("bot", "nothing"),
    [
        (Agent(SHOP, [MemoizationPolicy()]), NO_POLICY),
        (Agent(SHOP, [RulePolicy()]), NOTHING_LEARNT),
    ],
)
def test_without_rules_to_ask_it_says_what_to_do(bot, nothing):
    matcher = RuleMatcher(bot)
    assert matcher.view["nothing"] == nothing
    assert matcher.summary == nothing
    assert nothing in matcher.html()
    with pytest.raises(DialogueError, match=nothing[:20]):
        matcher.at(0)


def test_a_policy_needs_its_domain():
    with pytest.raises(DialogueError, match="domain="):
        RuleMatcher(trained(RULES))
    policy = trained(RULES)
    alone = RuleMatcher(policy, talk(*TALKS["price"]), domain=FERRY)
    assert first(alone) == ("prices for members", "won")


def test_what_decides_is_asked_of_the_whole_ensemble():
    matcher = ferry_matcher("price")
    assert matcher.at(3).decision.policy == "RulePolicy"
    assert len(matcher.at(3).decision.predictions) == len(ferry_policies().policies)
    with pytest.raises(UnknownNameError):
        matcher.at(17)


def test_a_click_on_a_name_tells_where_it_is_written(matcher):
    heard = []
    end = matcher.on_select_source(lambda *place: heard.append(place))
    rule = matcher.view["rows"][0]["rule"]
    assert matcher.answer({"id": 1, "type": "source", "rule": rule, "place": 0}) == {"id": 1}
    for place in ({"rule": 999, "place": 0}, {"rule": 0, "place": -1}):
        assert "error" not in matcher.answer({"id": 2, "type": "source", **place})
    end()
    matcher.answer({"id": 3, "type": "source", "rule": rule, "place": 0})
    assert heard == [("rules.yml", 12, "prices for members")]


def test_what_two_rules_say_has_both_places():
    steps = "{intent: bye}, {action: utter_bye}"
    rules = f"rules:\n- rule: short\n  wait_for_user_input: false\n  steps: [{steps}]\n"
    rules += f"- rule: long\n  steps: [{steps}, {{action: utter_go_on}}]\n"
    matcher = RuleMatcher(trained(rules), talk(*said("bye")), domain=FERRY)
    chosen = matcher.rules[matcher.view["rows"][0]["rule"]]
    assert [place[2] for place in chosen["places"]] == ["short", "long"]


def test_the_bundle_has_the_sentence_and_a_table(matcher):
    data, _ = matcher._repr_mimebundle_()
    assert data["text/plain"].startswith("The rule 'prices for members' matches and has more")
    assert "<table" in data["text/html"]


def test_a_file_has_all_turns(matcher, tmp_path):
    path = matcher.to_html(tmp_path / "rules.html")
    (part,) = matcher.offline_parts()
    assert sorted(part.frames) == [0, 1, 2, 3]
    assert part.frames[1]["view"]["turn"] == 1
    assert "prices for members" in path.read_text("utf-8")


def test_a_file_of_many_rules_stays_small(tmp_path):
    matcher = many_rules(240)
    matcher.tracker = talk(*said("intent_3") * 40, domain=matcher.domain)
    assert 5 < len(matcher.offline_parts()[0].frames) < 40
    assert matcher.to_html(tmp_path / "many.html").stat().st_size < 5_000_000


def test_240_rules_answer_quickly():
    matcher = many_rules(240)
    assert len(matcher.rules) == 720
    took = []
    for turn in (0, 1, 0, 1):
        begin = time.perf_counter()
        matcher.selection = {"turn": turn}
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.25


def test_it_stands_at_the_front_door():
    assert dn.RuleMatcher is RuleMatcher
    assert data_of(RULES, STORIES).domain is FERRY
