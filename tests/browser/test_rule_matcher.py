"""The rules in a browser: conditions, filters, keyboard, many rules, hostile names, the file."""

from __future__ import annotations

import time

import pytest

from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.rule_matcher import RuleMatcher
from tests.policies.ferry import FERRY, talk
from tests.rulebook import (
    TALKS,
    agent_of,
    ferry_matcher,
    hostile_matcher,
    many_rules,
)


def rows(view):
    return view.locator("tbody tr")


def names(view):
    return view.locator("tbody .dn-link").all_inner_texts()


def press(notebook, *keys):
    for key in keys:
        notebook.page.keyboard.press(key)


def answered(notebook):
    """Waits until everything the page asked has been answered."""
    notebook.page.wait_for_timeout(80)


def test_each_rule_has_its_state_and_each_condition_whether_it_holds(notebook):
    view = notebook.show(ferry_matcher("price"))
    first, second, third = (rows(view).nth(i) for i in range(3))
    assert first.locator(".dn-rules__state").inner_text().split("\n") == [
        "● decides",
        "matches, the most specific of 2",
    ]
    assert first.locator("th").inner_text().split("\n") == [
        "prices for members",
        "rules.yml, line 12",
        "→ utter_member_price",
    ]
    assert second.locator(".dn-rules__state").inner_text().startswith("○ matches, less specific")
    assert third.locator(".dn-rules__state").inner_text().startswith("✗ 1 of 2 missing")
    now = third.locator("td[data-turn='now']")
    assert now.locator(".dn-rules__met").inner_text().endswith("after action_listen")
    missed = now.locator(".dn-rules__unmet")
    assert missed.text_content() == "✗ not met: intent book (is ask_price)"
    assert view.locator("thead tr").nth(1).inner_text().startswith("the conversation")
    assert "Rule decides: utter_member_price (1.00)." in view.locator(".dn-rules__why").inner_text()


def test_the_text_filters_while_it_is_typed(notebook):
    view = notebook.show(ferry_matcher("price"))
    view.get_by_role("searchbox").fill("price member")
    assert set(names(view)) == {"prices for members"}
    assert view.get_by_role("status").filter(has_text="of 23").inner_text() == "2 of 23"
    view.get_by_role("searchbox").fill("no such rule")
    assert view.get_by_text("No rule is like that.").is_visible()
    assert view.locator("table").is_hidden()
    view.get_by_role("searchbox").fill("")
    assert rows(view).count() == 23


def test_the_state_filters_and_stays_while_the_turn_changes(notebook):
    matcher = ferry_matcher("price")
    view = notebook.show(matcher)
    states = view.get_by_label("State of the rules")
    assert [text.strip() for text in states.locator("option").all_inner_texts()] == [
        "all rules (23)",
        "● decides (1)",
        "○ matches, less specific (1)",
        "✗ failed (21)",
    ]
    states.select_option("won")
    assert names(view) == ["prices for members"]
    matcher.selection = {"turn": 1}
    notebook.sync()
    assert names(view) == ["first hello"]
    matcher.selection = {"turn": 0}  # where no rule decides, all are shown again
    notebook.sync()
    assert (states.input_value(), rows(view).count()) == ("", 23)


def test_a_click_on_a_name_tells_where_it_is_and_marks_it(notebook):
    heard = []
    matcher = ferry_matcher("price")
    matcher.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(matcher)
    view.get_by_role("row").get_by_role("button", name="prices", exact=True).first.click()
    answered(notebook)
    assert heard == [("rules.yml", 6, "prices")]
    assert matcher.selection == {"turn": 3, "rule": "prices"}
    assert view.locator("tr[aria-current=true]").first.inner_text().count("prices") >= 1


def test_rows_are_walked_with_arrows_and_opened_with_enter(notebook):
    heard = []
    matcher = ferry_matcher("price")
    matcher.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(matcher)
    view.locator("tbody .dn-link").first.focus()
    press(notebook, "ArrowDown", "ArrowDown", "ArrowUp", "Enter")
    answered(notebook)
    assert heard == [("rules.yml", 6, "prices")]
    assert view.locator("tbody .dn-link:focus").inner_text() == "prices"
    press(notebook, "End")
    last = view.locator("tbody .dn-link").last
    assert last.evaluate("node => node === document.activeElement")
    press(notebook, "Home", "Control+ArrowDown")
    assert view.locator("tbody .dn-link:focus").inner_text() == "prices for members"
    assert view.locator("tbody [tabindex='0']").count() == 1


def test_a_name_in_the_sentence_leads_to_its_row(notebook):
    view = notebook.show(ferry_matcher("price"))
    view.get_by_role("searchbox").fill("dogs")
    view.locator(".dn-rules__why").get_by_role("button", name="prices", exact=True).click()
    assert view.locator("tbody .dn-link:focus").inner_text() == "prices"
    assert view.get_by_role("searchbox").input_value() == ""


def test_the_turn_is_chosen_here_or_elsewhere(notebook):
    matcher = ferry_matcher("price")
    view = notebook.show(matcher)
    assert view.get_by_role("button", name="Later turn").is_disabled()
    view.get_by_role("button", name="Earlier turn").focus()
    press(notebook, "Enter", "Enter")
    answered(notebook)
    assert matcher.view["turn"] == 1
    assert "turn 1: what comes after hello" in view.inner_text()
    assert view.get_by_role("button", name="Earlier turn").evaluate(
        "node => node === document.activeElement"
    )
    matcher.selection = {"turn": 0}
    notebook.sync()
    assert view.get_by_role("button", name="Earlier turn").is_disabled()


def test_a_form_that_goes_on_is_no_rule(notebook):
    view = notebook.show(ferry_matcher("form"))
    first = rows(view).first
    assert "the form 'ticket_form' is active" in first.inner_text()
    assert "built in, not a rule" in first.inner_text()
    assert "but the form 'ticket_form' comes first" in rows(view).nth(1).inner_text()
    assert view.get_by_text("in forms").first.is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
@pytest.mark.parametrize("name", ["price", "form", "lost", "restart"])
def test_it_is_accessible_and_only_the_table_scrolls_sideways(open_notebook, theme, width, name):
    notebook = open_notebook(theme, width=width)
    notebook.show(ferry_matcher(name))
    assert notebook.accessibility() == []
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert notebook.page.evaluate(wide) == 0
    if width == 480:
        frame = notebook.page.locator(".dn-rules__frame")
        assert frame.evaluate("f => f.scrollWidth - f.clientWidth") <= 0


def test_240_rules_come_page_by_page_and_are_filtered_at_once(notebook):
    view = notebook.show(many_rules(240))
    assert rows(view).count() == 31  # the fallback, and a page
    view.get_by_role("button", name="30 more of 690").click()
    assert rows(view).count() == 61
    begin = time.perf_counter()
    view.get_by_role("searchbox").fill("Number intent_239")
    assert set(names(view)) == {"rule number 239"}
    assert time.perf_counter() - begin < 2
    view.get_by_role("searchbox").fill("")
    assert rows(view).count() == 31


def test_hostile_names_are_text_and_are_cut(open_notebook):
    for width in (1280, 480):
        notebook = open_notebook(width=width)
        view = notebook.show(hostile_matcher())
        assert view.locator("img").count() == 0
        assert "<img src=x" in names(view)[0]
        assert "天气预报，请告诉我" in names(view)
        assert notebook.accessibility() == []
        spill = view.locator("tbody th").evaluate_all(
            "cells => cells.filter((c) => c.scrollWidth > c.clientWidth + 1).length"
        )
        assert spill == 0


def test_on_a_page_from_right_to_left_our_words_still_read_from_the_left(notebook):
    notebook.page.evaluate("document.documentElement.dir = 'rtl'")
    view = notebook.show(hostile_matcher())
    first = rows(view).first
    state, name = (first.locator(part).first.bounding_box() for part in ("td", "th"))
    assert state["x"] < name["x"]


def test_no_rules_and_no_policy_say_what_to_do(notebook):
    empty = notebook.show(RuleMatcher(agent_of("rules: []", FERRY)))
    assert "There are no rules yet: write one" in empty.inner_text()
    assert empty.get_by_role("searchbox").is_hidden()


def test_another_bot_brings_its_rules(notebook):
    matcher = ferry_matcher("price")
    view = notebook.show(matcher)
    rules = "rules:\n- rule: alone\n  steps: [{intent: ask_price}, {action: utter_dogs}]\n"
    matcher.agent = agent_of(rules, FERRY)
    notebook.sync()
    assert names(view)[0] == "alone"
    assert rows(view).count() == 2


def test_two_views_of_one_widget_agree(notebook):
    matcher = ferry_matcher("price")
    one, two = notebook.show(matcher), notebook.show(matcher)
    one.get_by_role("button", name="Earlier turn").click()
    answered(notebook)
    assert "turn 2" in two.locator(".dn-heading").inner_text()
    assert one.locator("tbody").inner_text() == two.locator("tbody").inner_text()


def test_it_follows_the_selection_of_another_view(notebook):
    matcher = ferry_matcher("price")
    bars = ConfidenceBars(talk(*TALKS["price"]))
    bars.observe(lambda change: setattr(matcher, "selection", change["new"]), "selection")
    view = notebook.show(matcher)
    bars.selection = {"turn": 1, "branch": 0}
    notebook.sync()
    assert "turn 1" in view.locator(".dn-heading").inner_text()


def test_errors_of_listeners_are_shown_in_the_widget(notebook):
    matcher = ferry_matcher("price")
    matcher.on_select_source(lambda *place: 1 / 0)
    view = notebook.show(matcher)
    view.locator("tbody .dn-link").first.click()
    view.get_by_role("alert").get_by_text("ZeroDivisionError").first.wait_for()


def test_a_busy_kernel_is_shown_and_the_rules_can_still_be_filtered(notebook):
    view = notebook.show(ferry_matcher("price"))
    notebook.page.evaluate("window.kernel = 'busy'")
    view.locator("tbody .dn-link").first.click()
    view.get_by_text("The kernel is busy since").wait_for()
    view.get_by_role("searchbox").fill("dogs")
    assert set(names(view)) == {"dogs, wherever it is asked"}


def test_closing_the_views_leaves_nothing_behind(notebook):
    matcher = ferry_matcher("price")
    notebook.show(matcher)
    notebook.show(matcher)
    assert notebook.close_views() == 0
    assert notebook.page.locator(".dn-rules").count() == 0


def test_the_file_works_without_a_kernel(open_notebook, tmp_path):
    notebook = open_notebook()
    path = ferry_matcher("price").to_html(tmp_path / "rules.html")
    page = notebook.page
    page.goto(path.as_uri())
    page.get_by_role("button", name="Earlier turn").click()
    page.get_by_role("button", name="Earlier turn").click()
    page.get_by_text("turn 1: what comes after hello").wait_for()
    assert names(page)[0] == "first hello"
    page.get_by_role("searchbox").fill("dogs")
    assert set(names(page)) == {"dogs, wherever it is asked"}


def test_the_rows_that_are_scrolled_away_do_not_lengthen_the_page(notebook):
    notebook.show(many_rules(60))
    bottom, height = notebook.page.evaluate(
        """() => [document.querySelector(".dn-rules").getBoundingClientRect().bottom,
                  document.documentElement.scrollHeight]"""
    )
    assert height < bottom + 200
