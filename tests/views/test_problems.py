"""Diagnostics in an editor: the right characters are underlined, the right repair is offered."""

from __future__ import annotations

import pytest

from dialogue_nb.agent.live_project import Document, LiveProject
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.views.problems import MAX_PROBLEMS, problem_views

DOMAIN = """intents: [order, leave]
entities:
- drink:
    roles: [first]
slots:
  paid: {type: bool}
  size: {type: categorical, values: [small, large]}
forms:
  order_form: {required_slots: [size]}
responses:
  utter_bye: [{text: Bye}]
"""


def problems_of(text, domain=DOMAIN):
    live = LiveProject([Document.of_stories(text), Document.of_domain(domain)])
    return problem_views(live.diagnostics[0], text.split("\n"), can_add=True)


def underlined(text, problem):
    return text.split("\n")[problem["line"] - 1][problem["from"] : problem["to"]]


@pytest.mark.parametrize(
    ("line", "marked", "fixes"),
    [
        ("* oder", "oder", ["Change to 'order'", "intents oder"]),
        ("* order OR vanish", "vanish", ["intents vanish"]),
        ('* order{"drnk": "tea"}', "drnk", ["Change to 'drink'", "entities drnk"]),
        ("* order: a [tea](drnk)!", "drnk", ["Change to 'drink'", "entities drnk"]),
        ("    - utter_by", "utter_by", ["Change to 'utter_bye'", "responses utter_by"]),
        ("    - call_waiter", "call_waiter", ["actions call_waiter"]),
        ('    - slot{"payed": true}', "payed", ["Change to 'paid'", "slots payed"]),
        ('    - slot{"size": "smal"}', "smal", ["Change to 'small'"]),
        ('- form{"name": "oder_form"}', "oder_form", ["Change to 'order_form'", "forms oder_form"]),
        ('    - slot{"paid": tru}', "tru", []),
        ("nothing like it", "nothing like it", []),
        ("* 你好", "你好", ["intents 你好"]),
        ("* a'b", "a'b", ["intents a'b"]),
        ("    - utter_bye_utter_by", "utter_bye_utter_by", ["responses utter_bye_utter_by"]),
    ],
)  # fmt: skip
def test_the_name_is_underlined_and_what_mends_it_is_offered(line, marked, fixes):
    text = f"## a\n* leave\n{line}\n"
    (problem,) = problems_of(text)
    assert problem["line"] == 3
    assert underlined(text, problem) == marked
    offered = [
        fix["label"] if "insert" in fix else f"{fix['section']} {fix['name']}"
        for fix in problem["fixes"]
    ]
    if "Change to" in "".join(offered) and "Change to" not in "".join(fixes):
        offered = offered[1:]  # whether two names are close enough is another test's matter
    assert offered == fixes


def test_in_yaml_a_name_is_found_below_the_line_of_its_step():
    text = (
        "stories:\n- story: a\n  steps:\n  - intent: order\n    entities:\n    - drnk: tea\n"
        "  - or:\n    - intent: leave\n    - intent: vanish\n  - action: utter_bye\n"
    )
    found = problems_of(text)
    assert [(p["line"], underlined(text, p)) for p in found] == [(6, "drnk"), (9, "vanish")]


def test_a_name_of_another_item_is_not_taken_for_it():
    text = "stories:\n- story: a\n  steps:\n  - action: utter_bye\n  - intent: vanish\n"
    lines = text.split("\n")
    about = Diagnostic("S401", "error", "The domain has no intent 'vanish'.", line=4)
    (problem,) = problem_views([about], lines, can_add=False)
    assert (problem["line"], underlined(text, problem)) == (4, "- action: utter_bye")


def test_problems_of_a_domain_can_be_mended_too():
    text = (
        "intents: [a]\nslots:\n  size:\n    type: texxt\nforms:\n  f:\n    required_slots: [siz]\n"
    )
    live = LiveProject([Document.of_domain(text)])
    found = problem_views(live.diagnostics[0], text.split("\n"), can_add=True)
    labels = [(underlined(text, p), [fix["label"] for fix in p["fixes"]]) for p in found]
    assert ("texxt", ["Change to 'text'"]) in labels
    assert ("siz", ["Change to 'size'", "Add to the domain"]) in labels


def test_errors_come_before_what_matters_less_when_there_are_too_many():
    notes = [Diagnostic("X1", "info", "note", line=1) for _ in range(MAX_PROBLEMS)]
    error = Diagnostic("X2", "error", "error", line=1)
    found = problem_views([*notes, error], ["x"], can_add=False)
    assert len(found) == MAX_PROBLEMS
    assert [p["code"] for p in found].count("X2") == 1


@pytest.mark.parametrize("line", [None, 0, 99])
@pytest.mark.parametrize("column", [None, 1, 99])
def test_a_place_outside_of_the_text_is_brought_inside(line, column):
    about = Diagnostic("X1", "error", "What?", line=line, column=column)
    for lines in ([""], ["ab", "c"]):
        (problem,) = problem_views([about], lines, can_add=False)
        written = lines[problem["line"] - 1]
        assert 0 <= problem["from"] <= max(problem["to"], 1) <= max(len(written), 1)
