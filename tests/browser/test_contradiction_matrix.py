"""The contradictions in a browser: cells, both places, keyboard, many, hostile names, the file."""

from __future__ import annotations

import pytest

from dialogue_nb.widgets.contradiction_matrix import ContradictionMatrix
from tests.policies.ferry import RULES, STORIES, data_of
from tests.rulebook import hostile_quarrel, many_quarrels, quarrel_data


def detail(view):
    return view.locator(".dn-matrix__item > p").first.inner_text()


def cell(view, rule, story):
    return view.get_by_role("button", name=f"rule {rule}, story {story}:")


def answered(notebook):
    """Waits until everything the page asked has been answered."""
    notebook.page.wait_for_timeout(80)


def press(notebook, *keys):
    for key in keys:
        notebook.page.keyboard.press(key)


@pytest.fixture
def matrix():
    return ContradictionMatrix(quarrel_data())


def test_only_what_disagrees_is_shown_and_the_rest_on_request(notebook, matrix):
    view = notebook.show(matrix)
    assert view.locator("tbody th").all_inner_texts() == ["goodbye", "prices", "dogs once more"]
    assert view.locator("thead th").all_inner_texts() == ["a friendly end", "no end", "dogs\nrule"]
    assert view.locator(".dn-matrix__mark").all_inner_texts() == [
        "✗ turn 3", "✗ turn 3", "✗ turn 1", "✗ turn 2",
    ]  # fmt: skip
    assert "3 other rules and 1 other story agree with all." in view.inner_text()
    view.get_by_role("button", name="Show all rules and stories").click()
    assert view.locator("tbody th").count() == 6
    assert "peaceful" in view.locator("thead").inner_text()
    view.get_by_role("button", name="Only what disagrees").click()
    assert view.locator("tbody th").count() == 3


def test_a_click_shows_both_sides_and_offers_both_places(notebook, matrix):
    heard = []
    matrix.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(matrix)
    cell(view, "goodbye", "no end").click()
    answered(notebook)
    assert matrix.selection == {"rule": "goodbye", "story": "no end"}
    assert detail(view) == (
        "At turn 3 the rule 'goodbye' says utter_bye, the story 'no end' says utter_go_on."
    )
    sides = view.locator(".dn-matrix__sides > div")
    left, right = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    assert "after action_listen" in sides.nth(0).inner_text()
    assert "slot mood set" in sides.nth(1).inner_text()
    sides.nth(0).get_by_role("button").click()
    sides.nth(1).get_by_role("button").click()
    view.locator(".dn-matrix__problems").get_by_role("button", name="two messages").click()
    answered(notebook)
    assert heard == [
        ("rules.yml", 6, "goodbye"),
        ("stories.yml", 14, "no end"),
        ("rules.yml", 23, "two messages"),
    ]


def test_cells_are_walked_with_the_keyboard(notebook, matrix):
    view = notebook.show(matrix)
    view.locator(".dn-matrix__mark").first.focus()
    press(notebook, "ArrowRight")
    assert detail(view).startswith("At turn 3 the rule 'goodbye' says utter_bye, the story 'no")
    press(notebook, "ArrowDown")
    answered(notebook)
    assert matrix.selection["rule"] == "prices"
    assert view.locator(".dn-matrix__mark:focus").inner_text() == "✗ turn 1"
    press(notebook, "End")
    assert "the rule 'dogs' says" in detail(view)
    press(notebook, "Home", "Control+ArrowRight")
    assert "the story 'a friendly end'" in detail(view)
    assert view.locator(".dn-matrix__mark[tabindex='0']").count() == 1


def test_the_selection_moves_when_python_says_so(notebook, matrix):
    view = notebook.show(matrix)
    matrix.selection = {"rule": "dogs once more", "story": "dogs"}
    notebook.sync()
    assert "the rule 'dogs once more' says utter_go_on" in detail(view)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
def test_it_is_accessible_and_only_the_grid_scrolls_sideways(open_notebook, theme, width):
    notebook = open_notebook(theme, width=width)
    for data in (quarrel_data(), hostile_quarrel(), many_quarrels(20, 30), data_of(RULES)):
        notebook.show(ContradictionMatrix(data))
    assert notebook.accessibility() == []
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert notebook.page.evaluate(wide) == 0


def test_hostile_names_are_text_and_are_cut(notebook):
    view = notebook.show(ContradictionMatrix(hostile_quarrel()))
    assert view.locator("img").count() == 0
    assert "<img src=x" in view.locator("tbody th").first.inner_text()
    widths = view.locator("tbody th, thead th").evaluate_all(
        "cells => cells.map((c) => c.getBoundingClientRect().width)"
    )
    assert max(widths) < 260


def test_of_very_many_only_the_first_are_drawn(notebook):
    view = notebook.show(ContradictionMatrix(many_quarrels(90, 4)))
    assert view.locator("tbody th").count() == 4
    view.get_by_role("button", name="Show all rules and stories").click()
    assert view.locator("tbody th").count() == 60
    assert "Not shown: 30 rules, 0 stories more." in view.inner_text()


def test_peace_and_no_rules_say_so(notebook):
    matrix = ContradictionMatrix(data_of(RULES, STORIES))
    view = notebook.show(matrix)
    assert "✓ No contradictions among 8 rules and 1 story." in view.inner_text()
    assert view.locator("table").is_hidden()
    matrix.source = ()
    notebook.sync()
    assert "There are no rules yet" in view.inner_text()
    matrix.source = quarrel_data()
    notebook.sync()
    assert view.locator("tbody th").count() == 3


def test_what_is_built_in_has_no_place(notebook):
    rules = "rules:\n- rule: own\n  steps: [{intent: restart}, {action: utter_bye}]\n"
    view = notebook.show(ContradictionMatrix(data_of(rules)))
    assert "the built-in '/restart' says action_restart" in detail(view)
    sides = view.locator(".dn-matrix__sides > div")
    assert sides.nth(0).get_by_role("button").count() == 0
    assert sides.nth(1).get_by_role("button").count() == 1


def test_two_views_of_one_widget_agree(notebook, matrix):
    one, two = notebook.show(matrix), notebook.show(matrix)
    cell(one, "prices", "a friendly end").click()
    answered(notebook)
    assert detail(one) == detail(two)
    assert "the rule 'prices'" in detail(two)


def test_errors_and_a_busy_kernel_are_shown(notebook, matrix):
    matrix.on_select_source(lambda *place: 1 / 0)
    view = notebook.show(matrix)
    view.locator(".dn-matrix__sides button").first.click()
    view.get_by_role("alert").get_by_text("ZeroDivisionError").first.wait_for()
    notebook.page.evaluate("window.kernel = 'busy'")
    cell(view, "prices", "a friendly end").click()
    view.get_by_text("The kernel is busy since").wait_for()
    assert "the rule 'prices'" in detail(view)


def test_closing_the_views_leaves_nothing_behind(notebook, matrix):
    notebook.show(matrix)
    assert notebook.close_views() == 0
    assert notebook.page.locator(".dn-matrix").count() == 0


def test_the_file_works_without_a_kernel(open_notebook, matrix, tmp_path):
    notebook = open_notebook()
    notebook.page.goto(matrix.to_html(tmp_path / "matrix.html").as_uri())
    page = notebook.page
    cell(page, "prices", "a friendly end").click()
    assert "the rule 'prices' says utter_price" in detail(page)
    page.locator(".dn-matrix__sides button").first.click()
    page.get_by_role("button", name="Show all rules and stories").click()
    assert page.locator("tbody th").count() == 6
