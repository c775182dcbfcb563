"""`FeatureHeatmap` without a browser."""

from __future__ import annotations

import re

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import FeaturizerError
from dialogue_nb.core.states import RuleOnly
from dialogue_nb.featurizers.single_state import LabelTokenizerSingleStateFeaturizer
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap
from tests.talks import BAKERY, bakery_talk, hostile_talk


@pytest.fixture(scope="module")
def project():
    return bots.load("moodbot")


@pytest.fixture(scope="module")
def data(project):
    return generate(list(project.stories), project.domain)


@pytest.mark.parametrize("name", ["feature_heatmap.js", "training_heatmap.js"])
def test_both_scripts_are_small(name):
    assert len(read_static("shared.js", "feature_cells.js", name).encode()) <= 15_000


def test_another_turn_is_another_window():
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    assert heatmap.turn == 10
    heatmap.selection = {"turn": 3, "feature": "slot_bread_0", "back": 0}
    assert heatmap.view["rows"][-1]["turn"] == 3
    before = heatmap.view
    heatmap.selection = {"turn": 3, "feature": "slot_bread_0", "back": 1}
    assert heatmap.view is before


def test_a_selected_turn_that_is_no_longer_there_is_the_last_one():
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    heatmap.tracker = bakery_talk().branch(3)
    assert heatmap.view["turn"] == 2


def test_max_history_is_set_from_both_sides(data):
    heatmap = FeatureHeatmap(data)
    five = heatmap.view["counts"]["windows"]
    assert heatmap.answer({"id": 1, "type": "look", "change": {"max_history": 1}}) == {"id": 1}
    assert heatmap.max_history == 1
    assert heatmap.view["counts"]["windows"] < five
    heatmap.max_history = None
    assert heatmap.view["width"] == heatmap.windows.longest
    with pytest.raises(FeaturizerError, match="a whole number from 1"):
        heatmap.max_history = 0


def test_what_cannot_be_is_said_in_the_widget(data):
    heatmap = FeatureHeatmap(data)
    answer = heatmap.answer({"id": 1, "type": "look", "change": {"max_history": -3}})
    assert "max_history must be a whole number" in answer["error"]
    assert "Expected a kind of view" in heatmap.answer(
        {"id": 2, "type": "look", "change": {"kind": "colours"}}
    ).get("error", heatmap.error["message"])


def test_big_arrays_are_in_no_trait(data):
    heatmap = FeatureHeatmap(data)
    answer = heatmap.answer({"id": 1, "type": "cells"})
    assert isinstance(answer["steps"], bytes)
    assert not any(isinstance(value, bytes) for value in heatmap.get_state().values())
    assert answer["version"] == heatmap.view["version"]


def test_a_click_leads_to_the_line_of_the_story(project, data):
    heard = []
    heatmap = FeatureHeatmap(data)
    stop = heatmap.on_select_source(lambda *place: heard.append(place))
    chosen = {"row": 2, "feature": "intent_greet", "back": 0}
    heatmap.answer({"id": 1, "type": "open", "selection": chosen})
    ((file, line, story),) = heard
    assert file.endswith("stories.yml")
    assert story in data[0].stories
    assert isinstance(line, int)
    assert heatmap.cause["made"]["text"] == "user: greet"
    stop()
    heatmap.answer({"id": 1, "type": "open", "selection": chosen})
    assert len(heard) == 1
    talk = FeatureHeatmap(data[0].tracker(), project.domain, data=data)
    talk.on_select_source(lambda *place: heard.append(place))
    chosen = {"turn": 1, "feature": "intent_greet", "back": 0}
    talk.answer({"id": 1, "type": "open", "selection": chosen})
    assert heard[1] == heard[0]
    talk.answer({"id": 1, "type": "open", "selection": {"turn": 1, "feature": "x", "back": 9}})
    assert len(heard) == 2


def test_the_policies_featurizer_is_the_default_of_an_agents_heatmap(project):
    from dialogue_nb.agent.agent import Agent
    from dialogue_nb.policies.memoization import MemoizationPolicy

    tokens = LabelTokenizerSingleStateFeaturizer()
    featurizer = MaxHistoryTrackerFeaturizer(tokens, max_history=3)
    agent = Agent(project.domain, [MemoizationPolicy(featurizer)])
    heatmap = FeatureHeatmap.of_agent(agent)
    assert (heatmap.kind, heatmap.max_history) == ("words", 3)
    assert FeatureHeatmap.of_agent(agent, max_history=2).max_history == 2


def test_another_training_set_brings_its_domain(project, data):
    heatmap = FeatureHeatmap(data)
    fewer = generate(list(project.stories)[:1], project.domain)
    heatmap.data = fewer
    assert len(heatmap.windows) < sum(map(len, (t.actions for t in data)))
    assert heatmap.domain is fewer.domain


def test_a_conversation_needs_a_domain():
    with pytest.raises(FeaturizerError, match="FeatureHeatmap\\(tracker, domain\\)"):
        FeatureHeatmap(bakery_talk())


def test_files_and_bundles_need_no_kernel(data, tmp_path):
    for heatmap in (FeatureHeatmap(data), FeatureHeatmap(hostile_talk(), BAKERY)):
        text = heatmap.to_html(tmp_path / "file.html").read_text("utf-8")
        assert "<img src" not in text
        assert re.search(r'id="parts">(.*?)</script>', text)
        bundle, _ = heatmap._repr_mimebundle_()
        assert bundle["text/plain"].startswith("Features of")
        assert bundle["text/html"].startswith("<table")
        assert heatmap.figure().axes


def named(heatmap):
    return {column["name"] for column in heatmap.view["columns"]}


def test_what_only_rules_speak_of_is_left_out_of_the_window_as_policies_leave_it_out():
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    heatmap.selection = {"turn": 5}
    assert {"active_loop_order_form", "slot_bread_0"} <= named(heatmap)
    heatmap.rule_only = RuleOnly(frozenset({"bread"}), frozenset({"order_form"}))
    assert not {"active_loop_order_form", "slot_bread_0"} & named(heatmap)
    heatmap.rule_only = RuleOnly()
    assert "active_loop_order_form" in named(heatmap)


def test_of_an_agent_what_only_its_rules_speak_of_is_left_out():
    domain = Domain.from_yaml(
        "{intents: [hire, thank], forms: {hire_form: {required_slots: [size]}}, "
        "slots: {size: {type: text, mappings: []}}, responses: {utter_welcome: [{text: '!'}]}}"
    )
    rules = "rules:\n- rule: hire\n  steps:\n  - intent: hire\n  - action: hire_form\n"
    rules += "  - active_loop: hire_form\nstories:\n- story: thanks\n  steps:\n"
    rules += "  - intent: thank\n  - action: utter_welcome\n"
    agent = Agent(domain, policies=[RulePolicy(), MemoizationPolicy()])
    agent.train(agent.load_data(parse_stories(rules, format="yaml")[0]))
    heatmap = FeatureHeatmap.of_agent(agent)
    assert heatmap.rule_only.loops == {"hire_form"}
    assert FeatureHeatmap.of_agent(agent, rule_only=RuleOnly()).rule_only.loops == set()


def test_the_slider_says_that_it_moves_this_view_only(data):
    for heatmap in (FeatureHeatmap(data), FeatureHeatmap(bakery_talk(), BAKERY)):
        assert heatmap.view["hint"] == "only in this view: policies keep their own max_history"
