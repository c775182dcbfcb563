"""`ContradictionMatrix` without a browser: sources, clicks, errors, files."""

from __future__ import annotations

import time

import pytest

import dialogue_nb as dn
from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.exceptions import ProjectError
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.contradiction_matrix import ContradictionMatrix
from tests.policies.ferry import FERRY, RULES, STORIES, data_of, stories_of
from tests.rulebook import QUARREL, QUARREL_STORIES, many_quarrels, quarrel_data


@pytest.fixture
def matrix():
    return ContradictionMatrix(quarrel_data())


def test_stories_with_a_domain_data_and_projects_are_checked(matrix, tmp_path):
    stories = [*stories_of(QUARREL), *stories_of(QUARREL_STORIES, "stories.yml")]
    assert ContradictionMatrix(stories, FERRY).view == matrix.view
    project = bots.load("moodbot")
    assert ContradictionMatrix(project).view["nothing"].startswith("✓ No contradictions among 2")
    assert ContradictionMatrix(project.folder).view == ContradictionMatrix(project).view


def test_the_projects_config_says_how_rules_are_checked(tmp_path):
    (tmp_path / "domain.yml").write_text("{intents: [a, b], actions: [utter_c]}")
    rule = "rules:\n- rule: two\n  steps: [{intent: a}, {action: utter_c}, {intent: b},\n"
    (tmp_path / "rules.yml").write_text(rule + "    {action: utter_c}]\n")
    config = "policies:\n- name: RulePolicy\n"
    (tmp_path / "config.yml").write_text(config)
    strict = ContradictionMatrix(tmp_path)
    assert [one["code"] for one in strict.view["problems"]] == ["R101"]
    (tmp_path / "config.yml").write_text(config + "  restrict_rules: false\n")
    matrix = ContradictionMatrix(dn.Project.load(tmp_path))
    assert matrix.view["problems"] == []
    (tmp_path / "config.yml").write_text("policies:\n- name: NoSuchPolicy\n")
    assert ContradictionMatrix(dn.Project.load(tmp_path)).view["problems"]


def test_an_agent_lends_its_domain_and_its_checks():
    agent = Agent(FERRY, [RulePolicy(restrict_rules=False)])
    matrix = ContradictionMatrix.of_agent(agent, quarrel_data())
    assert [one["code"] for one in matrix.view["problems"]] == ["R103"]


def test_another_project_may_be_set(matrix):
    assert matrix.project is None
    matrix.project = bots.load("moodbot")
    assert matrix.view["cells"] == []
    matrix.source = quarrel_data()
    assert len(matrix.view["cells"]) == 4


def test_stories_that_cannot_be_read_are_an_error_and_later_shown_in_the_widget(matrix, tmp_path):
    with pytest.raises(ProjectError):
        ContradictionMatrix(tmp_path / "nothing")
    before = matrix.view
    matrix.source = tmp_path / "nothing"
    assert "no such file" in matrix.error["message"]
    assert matrix.view is before
    matrix.source = quarrel_data()
    assert matrix.error == {}


def test_both_places_are_told(matrix):
    heard = []
    end = matrix.on_select_source(lambda *place: heard.append(place))
    ask = {"id": 1, "type": "source", "rule": 0, "story": 1, "item": 0}
    matrix.answer({**ask, "is_rule": True})
    matrix.answer({**ask, "is_rule": False})
    matrix.answer({"id": 2, "type": "problem", "number": 0})
    for wrong in ({"rule": 9}, {"item": 7}, {"item": -1}):
        assert "error" not in matrix.answer({**ask, "is_rule": True, **wrong})
    matrix.answer({"id": 3, "type": "problem", "number": 99})
    end()
    matrix.answer({**ask, "is_rule": True})
    assert heard == [
        ("rules.yml", 6, "goodbye"),
        ("stories.yml", 14, "no end"),
        ("rules.yml", 23, "two messages"),
    ]


def test_what_is_built_in_has_no_place():
    rules = "rules:\n- rule: own\n  steps: [{intent: restart}, {action: utter_bye}]\n"
    matrix = ContradictionMatrix(data_of(rules))
    heard = []
    matrix.on_select_source(lambda *place: heard.append(place))
    ask = {"id": 1, "type": "source", "rule": 0, "story": 0, "item": 0}
    matrix.answer({**ask, "is_rule": True})
    matrix.answer({**ask, "is_rule": False})
    assert [place[2] for place in heard] == ["own"]


def test_the_bundle_has_the_count_and_every_contradiction(matrix):
    data, _ = matrix._repr_mimebundle_()
    assert data["text/plain"] == (
        "Rules and stories: 4 contradictions among 7 rules and 3 stories, 2 other problems"
    )
    assert "the story &#x27;no end&#x27; says utter_go_on" in data["text/html"]


def test_a_file_and_a_figure_can_be_written(matrix, tmp_path):
    assert "utter_go_on" in matrix.to_html(tmp_path / "matrix.html").read_text("utf-8")
    matrix.figure().savefig(tmp_path / "matrix.png")


def test_35_rules_and_100_stories_take_less_than_a_second():
    data = many_quarrels(35, 100)
    begin = time.perf_counter()
    matrix = ContradictionMatrix(data)
    assert time.perf_counter() - begin < 1
    assert len(matrix.view["stories"]) == 100


def test_it_stands_at_the_front_door():
    assert dn.ContradictionMatrix is ContradictionMatrix
    peace = ContradictionMatrix(data_of(RULES, STORIES))
    assert peace.view["others"]["stories"] == ["a doubt while booking"]
    assert ContradictionMatrix(parse_stories("## a\n* b\n - c")[0]).view["rules"] == []
