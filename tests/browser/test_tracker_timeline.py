"""The timeline in a browser: mouse, keyboard, forks, hostile text, long conversations, the file."""

from __future__ import annotations

import pytest

from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.forms import begins, filled_talk, is_filled, long_form_talk, says, switched_talk, talk
from tests.talks import HOSTILE, act, bakery_talk, hostile_talk, long_talk, restarted_talk


def selected(view):
    return view.locator("[aria-selected=true]").get_attribute("data-key")


def press(notebook, *keys):
    for key in keys:
        notebook.page.keyboard.press(key)


def answered(notebook):
    """Waits until everything the page asked has been answered."""
    notebook.page.wait_for_timeout(50)


def test_a_turn_is_selected_with_a_click_and_python_hears_of_it(notebook):
    timeline = TrackerTimeline(bakery_talk())
    view = notebook.show(timeline)
    assert selected(view) == "0-10"
    view.get_by_role("option").nth(3).click()
    assert selected(view) == "0-3"
    assert (
        view.locator(".dn-timeline__detail")
        .inner_text()
        .startswith("Turn 3 · user: “two rye breads please” · order 0.88")
    )
    answered(notebook)
    assert timeline.selection == {"turn": 3, "branch": 0}


def test_the_selection_moves_when_python_says_so(notebook):
    timeline = TrackerTimeline(bakery_talk())
    view = notebook.show(timeline)
    timeline.selection = {"turn": 4}
    notebook.sync()
    assert selected(view) == "0-4"


@pytest.mark.parametrize(
    ("keys", "turn"),
    [
        (["ArrowLeft"], 9),
        (["ArrowRight", "ArrowRight", "ArrowRight"], 12),
        (["Home"], 0),
        (["Home", "ArrowLeft"], 0),
        (["Home", "End"], 12),
        (["Home", "PageDown", "PageDown"], 3),
        (["PageUp"], 8),
        (["Control+ArrowLeft"], 10),
    ],
)
def test_the_keyboard_moves_the_selection(notebook, keys, turn):
    view = notebook.show(TrackerTimeline(bakery_talk()))
    press(notebook, "Tab", "Tab")
    assert view.locator(":focus").get_attribute("data-key") == "0-10"
    press(notebook, *keys)
    assert selected(view) == f"0-{turn}"
    assert view.locator(":focus").get_attribute("data-key") == f"0-{turn}"
    assert view.locator("[role=option][tabindex='0']").count() == 1


def test_on_a_page_from_right_to_left_english_stays_english_and_arrows_point_as_drawn(notebook):
    notebook.page.evaluate("document.documentElement.dir = 'rtl'")
    view = notebook.show(TrackerTimeline(hostile_talk()))
    assert view.locator(".dn").evaluate("node => getComputedStyle(node).direction") == "ltr"
    arabic = view.get_by_role("option").nth(3).locator("bdi").first
    assert arabic.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"
    press(notebook, "Tab", "Tab", "ArrowLeft")
    assert selected(view) == "0-6"


def test_a_fork_is_made_and_compared_with_the_keyboard_alone(notebook):
    def on_fork(fork, turn):
        fork.update(UserUttered.of("thank"))
        act(fork, 2)
        return fork

    timeline = TrackerTimeline(bakery_talk(), on_fork=on_fork)
    view = notebook.show(timeline)
    press(notebook, "Tab", "Tab", "PageUp", "PageUp", "PageUp", "f")
    view.get_by_text("≠").wait_for()
    assert view.get_by_role("listbox").count() == 2
    assert view.locator(".dn-heading").inner_text().startswith("TIMELINE")
    assert "1 fork" in view.locator(".dn-heading").inner_text()
    press(notebook, "ArrowDown")
    assert selected(view) == "1-3"
    press(notebook, "ArrowRight", "ArrowLeft", "ArrowLeft")
    assert selected(view) == "0-2"
    view.get_by_label("compare with").select_option("")
    notebook.page.wait_for_function("() => document.querySelectorAll('ol').length === 1")
    assert timeline.forks.keys() == {"fork 1, turn 3"}


def test_a_fork_that_fails_is_shown(notebook):
    def on_fork(fork, turn):
        raise ValueError("no forks on Sundays")

    view = notebook.show(TrackerTimeline(bakery_talk(), on_fork=on_fork))
    view.get_by_role("button", name="Fork before turn 10").click()
    view.get_by_role("alert").get_by_text("ValueError: no forks on Sundays").first.wait_for()


def test_two_views_agree_and_a_turn_that_is_added_appears_in_both(notebook):
    tracker = bakery_talk()
    timeline = TrackerTimeline(tracker)
    first, second = notebook.show(timeline), notebook.show(timeline)
    first.get_by_role("option").nth(1).click()
    assert selected(second) == "0-1"
    tracker.update(UserUttered.of("greet"))
    act(tracker)
    timeline.refresh()
    notebook.sync()
    assert first.get_by_role("option").count() == second.get_by_role("option").count() == 14


def test_loops_reverts_and_restarts_can_be_told_without_colour(notebook):
    view = notebook.show(TrackerTimeline(restarted_talk()))
    assert view.locator(".dn-timeline__states").count() == 3
    struck = view.locator(".dn-timeline__struck .dn-name")
    assert struck.all_inner_texts() == ["cancel", "action_back"]
    assert "line-through" in struck.first.evaluate("node => getComputedStyle(node).textDecoration")
    numbers = view.locator(".dn-timeline__number").all_inner_texts()
    assert numbers[1] == "1 before the new start"
    assert numbers[5] == "5 unseen in a form"
    assert numbers[8] == "8 taken back"
    assert "restart" in view.get_by_role("option").nth(12).get_attribute("aria-label")


def test_a_form_stands_as_a_band_under_its_turns_with_what_it_did_in_each(notebook):
    view = notebook.show(TrackerTimeline(filled_talk()))
    band = view.locator(".dn-timeline__span")
    assert band.inner_text().split("\n") == ["hire_form", "✓ filled"]
    assert band.get_attribute("title") == "hire_form, turns 2 to 9: filled"
    left, right = (view.get_by_role("option").nth(i).bounding_box() for i in (2, 9))
    box = band.bounding_box()
    assert abs(box["x"] - left["x"]) < 2
    assert abs(box["x"] + box["width"] - right["x"] - right["width"]) < 2
    assert box["y"] >= left["y"] + left["height"] - 1
    cut = view.get_by_role("option").nth(6)
    assert cut.locator(".dn-timeline__states").inner_text() == "⊘ refused ↷ interrupted"
    said = cut.get_attribute("aria-label")
    assert said.endswith("hire_form: refused the message, interrupted by utter_price")
    cut.click()
    assert (
        "refused the message, interrupted by" in view.locator(".dn-timeline__detail").inner_text()
    )
    assert notebook.accessibility() == []


def test_forms_that_share_a_turn_have_bands_of_their_own(notebook):
    view = notebook.show(TrackerTimeline(switched_talk()))
    bands = view.locator(".dn-timeline__span")
    assert bands.count() == 5
    first, second = (bands.nth(i).bounding_box() for i in (0, 1))
    assert second["x"] < first["x"] + first["width"]
    assert second["y"] >= first["y"] + first["height"]
    both = view.get_by_role("option").nth(4).locator(".dn-timeline__states .dn-name")
    assert both.all_inner_texts() == ["⊘ refused → replaced by repair_form", "● begins"]


def test_the_name_of_a_form_stays_in_sight_in_a_long_conversation(notebook):
    view = notebook.show(TrackerTimeline(long_form_talk()))
    view.get_by_role("option").nth(100).click()
    name = view.locator(".dn-timeline__span .dn-name").first.bounding_box()
    assert 0 <= name["x"] < 100
    view.get_by_role("option").last.click()
    assert "still open" in view.locator(".dn-timeline__span").inner_text()


def test_a_fork_shows_its_forms_from_where_it_differs(notebook):
    timeline = TrackerTimeline(filled_talk())
    timeline.fork(6)
    view = notebook.show(timeline)
    bands = view.locator(".dn-timeline__span")
    assert bands.count() == 2
    first = view.get_by_role("listbox").nth(1).get_by_role("option").first
    assert abs(bands.nth(1).bounding_box()["x"] - first.bounding_box()["x"]) < 2
    assert notebook.accessibility() == []


@pytest.mark.parametrize(("theme", "width"), [("light", 480), ("dark", 1280)])
def test_names_of_forms_are_text_and_are_cut_to_fit(open_notebook, theme, width):
    notebook = open_notebook(theme, width)
    parts = [[says("go"), *begins(name, name), *is_filled(name)] for name in (HOSTILE, "x" * 300)]
    view = notebook.show(TrackerTimeline(talk(*parts)))
    assert view.locator("img").count() == 0
    assert "<img src=x onerror=alert(1)>" in view.locator(".dn-timeline__span").first.inner_text()
    assert "\u202e" not in view.inner_text()
    for i in range(2):
        band = view.locator(".dn-timeline__span").nth(i)
        assert band.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width
    assert notebook.accessibility() == []


def test_an_empty_conversation_says_what_to_do(notebook):
    view = notebook.show(TrackerTimeline(DialogueStateTracker("new")))
    assert "talk to the bot" in view.locator(".dn-timeline__detail").inner_text()


@pytest.mark.parametrize("width", [480, 1280])
def test_hostile_and_long_names_are_text_and_are_cut_to_fit(open_notebook, width):
    notebook = open_notebook(width=width)
    view = notebook.show(TrackerTimeline(hostile_talk()))
    assert view.locator("img").count() == 0
    name = view.get_by_role("option").nth(7).locator(".dn-name").first
    assert name.evaluate("node => node.scrollWidth > node.clientWidth")
    assert name.get_attribute("title").endswith("_long")
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width
    assert notebook.accessibility() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_a_screen_reader(open_notebook, theme):
    notebook = open_notebook(theme)
    timeline = TrackerTimeline(restarted_talk())
    timeline.fork(14)
    notebook.show(timeline)
    notebook.show(TrackerTimeline(switched_talk()))
    assert notebook.accessibility() == []


def test_of_200_turns_the_selected_one_is_in_sight_and_none_is_drawn_anew(notebook):
    view = notebook.show(TrackerTimeline(long_talk()))
    notebook.page.evaluate(
        """() => { window.turns = [...document.querySelectorAll('[role=option]')];
        for (let i = 0; i < 10; i++) turns[20 * i].click(); }"""
    )
    assert selected(view) == "0-180"
    assert notebook.page.evaluate("window.turns.every((node) => node.isConnected)")
    box = view.locator("[aria-selected=true]").bounding_box()
    assert 0 <= box["x"] <= 1280 - box["width"]


def test_a_view_that_is_drawn_before_it_stands_in_the_page_shows_the_selection(notebook):
    notebook.page.evaluate("document.getElementById('outputs').style.display = 'none'")
    view = notebook.show(TrackerTimeline(long_talk()))
    notebook.page.evaluate("document.getElementById('outputs').style.display = ''")
    notebook.page.wait_for_function("document.querySelector('.dn-timeline__track').scrollLeft > 0")
    box = view.locator("[aria-selected=true]").bounding_box()
    assert 0 <= box["x"] <= 1280 - box["width"]


def test_closing_the_view_leaves_nothing(notebook):
    notebook.show(TrackerTimeline(bakery_talk()))
    assert notebook.close_views() == 0


def test_the_file_walks_through_the_confidences_of_every_turn(notebook, tmp_path):
    path = TrackerTimeline(bakery_talk()).to_html(tmp_path / "talk.html")
    page = notebook.page
    page.goto(path.as_uri())
    assert page.get_by_text("turn 10: what comes after thank").is_visible()
    page.get_by_role("option").nth(1).click()
    page.get_by_text("turn 1: what comes after greet").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("No decision is recorded at this turn").wait_for()
    assert page.get_by_role("button", name="Fork").count() == 0
    assert page.get_by_text("What if").is_hidden()
