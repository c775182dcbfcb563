"""Where rules and stories disagree: which rows and columns, which turns, which places, in words."""

from __future__ import annotations

import json

import pytest

from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.training_data import Origin
from dialogue_nb.views.contradiction_figure import contradiction_matrix_figure
from dialogue_nb.views.contradiction_matrix import (
    NO_RULES,
    Contradictions,
    contradiction_matrix_html,
    contradiction_matrix_view,
    sentence_of,
)
from tests.policies.ferry import FERRY, RULES, STORIES, data_of
from tests.rulebook import hostile_quarrel, many_quarrels, quarrel_data


def matrix_of(data, **params):
    return Contradictions(RulePolicy(**params), data, data.domain)


def view_of(data, **params):
    return contradiction_matrix_view(matrix_of(data, **params))


VIEW = view_of(quarrel_data())


def cells(view):
    """{(rule, story): [turns]}"""
    return {
        (view["rules"][cell["rule"]]["name"], view["stories"][cell["story"]]["name"]): [
            item["turn"] for item in cell["items"]
        ]
        for cell in view["cells"]
    }


def item(view, rule, story):
    names = [
        (view["rules"][c["rule"]]["name"], view["stories"][c["story"]]["name"])
        for c in view["cells"]
    ]
    return view["cells"][names.index((rule, story))]["items"][0]


def test_each_rule_and_story_that_disagree_share_a_cell_with_the_turn():
    assert cells(VIEW) == {
        ("goodbye", "a friendly end"): [3],
        ("goodbye", "no end"): [3],
        ("prices", "a friendly end"): [1],
        ("dogs once more", "dogs"): [2],
    }
    assert [one["name"] for one in VIEW["rules"]] == ["goodbye", "prices", "dogs once more"]
    assert VIEW["stories"][-1] == {"name": "dogs", "kind": "rule"}


def test_what_agrees_is_counted_and_named():
    assert VIEW["others"] == {
        "rules": ["booking", "two messages", "booked"],
        "stories": ["peaceful"],
    }
    assert VIEW["rest"] == "3 other rules and 1 other story agree with all."
    assert VIEW["title"] == "4 contradictions among 7 rules and 3 stories, 2 other problems"


def test_a_cell_has_what_each_says_where_and_in_which_turns():
    found = item(VIEW, "prices", "a friendly end")
    assert (found["says"], found["does"]) == ("utter_price", "utter_member_price")
    assert found["places"] == [
        ["rules.yml", 10, "prices"],
        ["stories.yml", 6, "a friendly end"],
    ]
    rule, story = ([VIEW["states"][number] for number in w] for w in found["windows"])
    assert rule == [[["after", "action_listen"], ["intent", "ask_price"]]]
    assert story == [[*rule[0], ["slot mood", "set"]]]
    assert "add a condition" in found["hint"]


def test_of_two_rules_that_contradict_each_other_each_says_its_own():
    found = item(VIEW, "dogs once more", "dogs")
    assert {found["says"], found["does"]} == {"utter_dogs", "utter_go_on"}
    assert found["says"] == "utter_go_on"
    assert [place[2] for place in found["places"]] == ["dogs once more", "dogs"]


def test_a_sentence_tells_both_sides():
    rule, story = VIEW["rules"][0], VIEW["stories"][1]
    assert sentence_of(item(VIEW, "goodbye", "no end"), rule, story) == (
        "At turn 3 the rule 'goodbye' says utter_bye, the story 'no end' says utter_go_on."
    )


def test_rules_that_lack_something_are_listed_too():
    found = [(one["code"], one["severity"], one["place"][2]) for one in VIEW["problems"]]
    assert found == [("R101", "error", "two messages"), ("R103", "error", "booking")]
    assert view_of(quarrel_data(), restrict_rules=False)["problems"][0]["code"] == "R103"


def test_a_rule_that_contradicts_what_is_built_in_says_so():
    rules = "rules:\n- rule: own restart\n  steps: [{intent: restart}, {action: utter_bye}]\n"
    view = view_of(data_of(rules))
    assert cells(view) == {("/restart", "own restart"): [2]}
    assert view["rules"] == [{"name": "/restart", "kind": "built in"}]
    assert view["cells"][0]["items"][0]["places"][0] is None
    assert "/restart (built in) says action_restart" in contradiction_matrix_html(view)


def test_several_turns_in_one_line_are_told_apart():
    view = view_of(many_quarrels(30, 12))
    turns = list(cells(view).values())
    assert sorted(map(len, turns)) == [1] * 6 + [2] * 6
    assert view["title"].startswith("18 contradictions among 30 rules and 12 stories")
    windows = [item["windows"] for cell in view["cells"] for item in cell["items"]]
    assert all(rule == story for rule, story in windows)


def test_peace_says_among_how_many():
    view = view_of(data_of(RULES, STORIES))
    assert view["cells"] == []
    assert view["nothing"] == "✓ No contradictions among 8 rules and 1 story."
    assert view["nothing"] in contradiction_matrix_html(view)


def test_no_rules_say_what_to_do():
    view = view_of(generate([], FERRY))
    assert view["nothing"] == NO_RULES
    assert NO_RULES in contradiction_matrix_html(view)


def test_the_view_is_json_without_folders_of_this_machine():
    assert json.loads(json.dumps(VIEW)) == VIEW
    matrix = matrix_of(quarrel_data())
    assert all(isinstance(rule, Origin) for pairs in matrix.cells.values() for rule, _ in pairs)


def test_names_are_text_in_the_table():
    html = contradiction_matrix_html(view_of(hostile_quarrel()))
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize("data", [quarrel_data(), many_quarrels(60, 50), generate([], FERRY)])
def test_the_figure_can_be_written(data, tmp_path):
    contradiction_matrix_figure(view_of(data)).savefig(tmp_path / "matrix.png")
    assert (tmp_path / "matrix.png").stat().st_size > 2_000


def test_checking_needs_no_training():
    policy = RulePolicy()
    data = quarrel_data()
    Contradictions(policy, data, data.domain)
    assert not hasattr(policy, "lookup_")
