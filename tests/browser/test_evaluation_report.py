"""The report in a browser: sorting, the matrix, turns and reasons, keyboard, hostile names."""

from __future__ import annotations

import pytest

from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.widgets.evaluation_report import EvaluationReport
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.reports import baker_report, hostile_report, large_result


def turns(view):
    return view.get_by_role("list", name="Turns").get_by_role("button")


def actions(view):
    return view.get_by_role("region", name="Scores").locator("tbody th").all_inner_texts()


def test_a_report_has_scores_policies_actions_confusions_and_wrong_turns(notebook):
    view = notebook.show(baker_report())
    assert "1 of 3 stories right (33 %), 4 of 21 actions wrong" in view.inner_text()
    assert "8 of 9 right" in view.get_by_role("list", name="Who decided").inner_text()
    assert view.get_by_role("button", name="utter_sold instead of utter_which: 3").is_visible()
    assert turns(view).count() == 4
    assert "Choose a turn" in view.get_by_role("region", name="Why").inner_text()


def test_the_table_of_actions_is_sorted_by_any_column(notebook):
    view = notebook.show(baker_report())
    precision = view.get_by_role("columnheader", name="precision")
    precision.get_by_role("button").click()
    assert precision.get_attribute("aria-sort") == "descending"
    assert actions(view) == ["utter_bye", "utter_greet", "utter_sold", "utter_which"]
    precision.get_by_role("button").click()
    assert precision.get_attribute("aria-sort") == "ascending"
    assert actions(view)[0] == "utter_which"
    assert precision.get_by_role("button").evaluate("b => b === document.activeElement")


def test_listens_count_on_request(notebook):
    view = notebook.show(baker_report())
    assert "action_listen" not in actions(view)
    view.get_by_label("count listens too").check()
    assert actions(view)[0] == "action_listen"
    assert view.get_by_role("button", name="action_listen: 12 right").is_visible()


def test_a_cell_shows_the_turns_behind_it_and_gives_them_back(notebook):
    widget = baker_report()
    view = notebook.show(widget)
    view.get_by_role("button", name="utter_sold instead of utter_which: 3").click()
    assert turns(view).count() == 3
    assert widget.selection["cell"] == ["utter_which", "utter_sold"]
    view.get_by_role("button", name="utter_greet: 2 right").click()
    notebook.page.wait_for_function("document.querySelectorAll('.dn-report__turn').length === 2")
    assert "utter_greet\n✓" in turns(view).first.inner_text()
    view.get_by_role("button", name="show all wrong ones").click()
    assert turns(view).count() == 4


def test_an_action_shows_the_wrong_turns_with_it(notebook):
    view = notebook.show(baker_report())
    view.get_by_role("button", name="utter_bye").first.click()
    assert turns(view).count() == 1
    assert "wrong ones with utter_bye" in view.inner_text()


def test_a_turn_shows_what_every_policy_said_and_where_it_is_written(notebook):
    widget, told = baker_report(), []
    widget.on_select_source(lambda *place: told.append(place))
    view = notebook.show(widget)
    turns(view).nth(1).click()
    why = view.get_by_role("region", name="Why")
    why.get_by_text("Guess chose utter_greet (0.60)").wait_for()
    assert "no opinion" in why.inner_text()
    assert turns(view).nth(1).get_attribute("aria-pressed") == "true"
    why.get_by_role("button", name="tests/baker.md:14").click()
    notebook.page.wait_for_timeout(50)
    assert told == [("tests/baker.md", 14, "in a hurry")]


def test_the_matrix_is_walked_with_the_arrow_keys(notebook):
    view = notebook.show(baker_report())
    first = view.get_by_role("button", name="utter_bye: 2 right")
    first.focus()
    notebook.page.keyboard.press("ArrowRight")
    focused = "() => document.activeElement.getAttribute('aria-label')"
    assert notebook.page.evaluate(focused) == "utter_greet instead of utter_bye: 1"
    notebook.page.keyboard.press("ArrowDown")
    assert notebook.page.evaluate(focused) == "utter_greet: 2 right"
    notebook.page.keyboard.press("ArrowLeft")
    assert notebook.page.evaluate(focused) == "utter_greet: 2 right"
    notebook.page.keyboard.press("Enter")
    assert view.get_by_role("button", name="utter_greet: 2 right").evaluate(
        "b => b === document.activeElement && b.getAttribute('aria-pressed')"
    ) == "true"  # fmt: skip
    matrix = view.get_by_role("region", name="Matrix")
    assert matrix.locator("button[tabindex='0']").count() == 1


def test_two_views_agree_and_python_can_choose(notebook):
    widget = baker_report()
    first, second = notebook.show(widget), notebook.show(widget)
    first.get_by_role("button", name="utter_sold instead of utter_which: 3").click()
    notebook.page.wait_for_timeout(50)
    assert turns(second).count() == 3
    widget.selection = {"number": 2, "turn": 5}
    notebook.sync()
    for view in (first, second):
        view.get_by_text("undecided turn 5").first.wait_for()
        assert turns(view).count() == 4


def test_a_timeline_follows_the_report(notebook):
    widget = baker_report()
    timeline = TrackerTimeline(widget.result.dialogues[0].tracker())

    def follow(_):
        timeline.tracker = widget.tracker
        timeline.selection = widget.selection

    widget.observe(follow, "selection")
    report, strip = notebook.show(widget), notebook.show(timeline)
    turns(report).last.click()
    chosen = strip.locator("[role=option][aria-selected=true]")
    chosen.wait_for()
    assert "utter_which" in chosen.inner_text()


@pytest.mark.parametrize("actions", [5, 50, 500])
def test_any_number_of_actions_and_turns_fits(notebook, actions):
    view = notebook.show(EvaluationReport(large_result(actions, 3000)))
    rows = view.get_by_role("region", name="Matrix").locator("tbody tr")
    assert rows.count() == min(actions, 16)
    assert turns(view).count() == 25
    view.get_by_role("button", name="25 more of").click()
    assert turns(view).count() == 50
    for frame in view.locator(".dn-report__frame").all():
        assert frame.bounding_box()["height"] <= 400


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 480), ("light", 300)])
def test_nothing_is_in_the_way_of_a_screen_reader_and_nothing_scrolls_sideways(
    open_notebook, theme, width
):
    notebook = open_notebook(theme, width)
    widget = baker_report()
    widget.selection = {"number": 1, "turn": 3, "cell": ["utter_bye", "utter_greet"]}
    notebook.show(widget)
    notebook.show(EvaluationReport(large_result()))
    assert notebook.accessibility() == []
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_are_text(notebook):
    view = notebook.show(hostile_report())
    assert view.locator("img").count() == 0
    assert "<img src=x" in turns(view).first.inner_text()


def test_nothing_tested_and_nothing_wrong_are_said(notebook):
    empty = notebook.show(EvaluationReport(EvaluationResult((), ())))
    assert empty.get_by_text("Nothing was tested.").count() == 3
    good = large_result(4, 40)
    right = tuple(turn for turn in good.turns if turn.is_right)
    view = notebook.show(EvaluationReport(EvaluationResult(right, good.stories)))
    assert view.get_by_text("Every action was right.").is_visible()


def test_the_file_works_without_a_kernel(open_notebook, tmp_path):
    notebook = open_notebook()
    path = baker_report().to_html(tmp_path / "report.html")
    notebook.page.goto(path.as_uri())
    page = notebook.page
    page.get_by_role("button", name="utter_sold instead of utter_which: 3").click()
    assert page.locator(".dn-report__turn").count() == 3
    page.locator(".dn-report__turn").first.click()
    assert page.get_by_text("The bot is not here.").is_visible()


def test_closing_the_view_leaves_nothing(notebook):
    notebook.show(baker_report())
    assert notebook.close_views() == 0
