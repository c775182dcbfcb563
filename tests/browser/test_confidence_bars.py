"""The bars in a browser: numbers, hypothetical input while typing, many actions, hostile text."""

from __future__ import annotations

import numpy as np
import pytest

from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.ensemble import combine
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.talks import BAKERY, HOSTILE, POLICIES, bakery_talk, decide, large_domain


@pytest.fixture
def bars():
    return lambda: ConfidenceBars(bakery_talk(), decide=decide, domain=BAKERY, policies=POLICIES)


def names(view):
    return view.locator("tbody th .dn-name").all_inner_texts()


def test_every_policy_has_a_column_and_the_chosen_action_comes_first(notebook, bars):
    view = notebook.show(bars())
    assert view.locator("thead th").all_inner_texts() == [
        "action", "R\nRule", "M\nMemoization", "L\nLSTM",
    ]  # fmt: skip
    first = view.locator("tbody tr").first
    assert first.inner_text().split() == ["utter_thanks", "chosen", "1.00", "0.50"]
    assert names(view)[:2] == ["utter_thanks", "action_default_fallback"]
    assert view.get_by_role("button", name="14 more").is_visible()
    assert "0.30: the bot falls back" in view.inner_text()
    assert "Memoization chose utter_thanks (1.00)" in view.locator(".dn-bars__why").inner_text()


def test_the_rest_is_unfolded_and_folded_with_the_keyboard(notebook, bars):
    view = notebook.show(bars())
    view.get_by_role("button", name="14 more").focus()
    notebook.page.keyboard.press("Enter")
    assert len(names(view)) == BAKERY.num_actions
    view.get_by_role("button", name="only the first 5").wait_for()
    notebook.page.keyboard.press("Enter")
    assert len(names(view)) == 5


def test_a_policy_without_an_opinion_looks_different_from_one_that_says_zero(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    assert view.locator(".dn-bars__silent").count() == 0
    widget.selection = {"turn": 3}
    notebook.sync()
    silent = view.locator("tbody tr").first.locator(".dn-bars__silent")
    assert silent.count() == 1


def test_the_bars_move_while_choosing(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    view.get_by_text("What if").click()
    assert view.get_by_label("intent").input_value() == "thank"
    view.get_by_label("intent").select_option("greet")
    view.get_by_text("hypothetical").wait_for()
    assert names(view)[0] == "utter_greet"
    weights = "nodes => nodes.map(node => getComputedStyle(node).fontWeight)"
    assert view.locator("tbody th").evaluate_all(weights) == ["700"] + ["400"] * 5
    view.get_by_label("vegan").select_option("true")
    view.locator("tbody tr").first.get_by_text("0.98").wait_for()
    view.get_by_role("button", name="Back to what happened").click()
    view.get_by_text("hypothetical").wait_for(state="detached")
    assert names(view)[0] == "utter_thanks"
    assert view.get_by_label("vegan").input_value() == ""
    assert widget.tracker == bakery_talk()


def test_entities_are_added_and_removed_and_fill_slots(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    view.get_by_text("What if").click()
    view.get_by_label("intent").select_option("order")
    view.get_by_role("button", name="Add an entity").click()
    view.get_by_label("entity", exact=True).select_option("number")
    view.get_by_label("its value").press_sequentially("12", delay=1)
    notebook.page.wait_for_timeout(100)
    assert view.get_by_label("its value").input_value() == "12"
    assert widget.view["input"]["entities"] == [{"entity": "number", "value": "12"}]
    assert widget.view["input"]["slots"]["number"] == "12"
    view.get_by_role("button", name="remove this entity").click()
    notebook.page.wait_for_timeout(50)
    assert widget.view["input"]["entities"] == []


def test_only_the_latest_of_quick_changes_is_asked(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    view.get_by_text("What if").click()
    notebook.page.evaluate("window.kernel = 'busy'")
    view.get_by_label("bread").fill("")
    for letter in ("a", "ab", "abc", "abcd"):
        view.get_by_label("bread").fill(letter)
    assert len(notebook.sent("probe")) == 1
    view.get_by_text("The kernel is busy").wait_for()


def test_an_answer_changes_the_bars_that_are_there(notebook, bars):
    """Bars can only move, and be quick, if they are not made anew."""
    widget = bars()
    view = notebook.show(widget)
    view.get_by_text("What if").click()
    notebook.page.evaluate(
        """() => { window.rows = [...document.querySelectorAll('tbody tr')];
        window.field = document.querySelector('[data-key=intent]'); }"""
    )
    widget.what_if("greet")
    notebook.sync()
    kept = "rows.filter(row => row.isConnected && !row.innerText.startsWith('utter_thanks')).length"
    assert notebook.page.evaluate(f"window.{kept}") >= 4
    assert notebook.page.evaluate("window.field.isConnected && window.field.value") == "greet"
    assert names(view)[0] == "utter_greet"


def test_what_another_view_chooses_is_shown_here_too(notebook, bars):
    widget = bars()
    first, second = notebook.show(widget), notebook.show(widget)
    for view in (first, second):
        view.get_by_text("What if").click()
    first.get_by_label("intent").select_option("greet")
    second.get_by_text("hypothetical").wait_for()
    assert second.get_by_label("intent").input_value() == "greet"
    assert names(second) == names(first)


def test_a_name_in_the_sentence_becomes_the_selection(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    view.get_by_role("button", name="a good morning").click()
    view.get_by_role("button", name="action_default_fallback").click()
    notebook.page.wait_for_timeout(50)
    assert widget.selection["story"] == "a good morning"
    assert view.locator("tr[data-named]").inner_text().startswith("action_default_fallback")


def test_the_quotes_of_a_story_stand_in_its_link(notebook, bars):
    widget = bars()
    view = notebook.show(widget)
    link = view.locator(".dn-bars__why").get_by_role("button", name="a good morning").first
    assert link.inner_text() == "'a good morning'"
    sentence = "".join(part["text"] for part in widget.view["why"])
    assert view.locator(".dn-bars__why").evaluate("node => node.textContent") == sentence


def test_the_bars_follow_the_timeline(notebook, bars):
    widget, timeline = bars(), TrackerTimeline(bakery_talk())
    timeline.observe(lambda _: setattr(widget, "selection", timeline.selection), "selection")
    strip, view = notebook.show(timeline), notebook.show(widget)
    strip.get_by_role("option").nth(1).click()
    view.get_by_text("turn 1: what comes after greet").wait_for()


@pytest.mark.parametrize("actions", [5, 50, 500])
def test_any_number_of_actions_fits(notebook, actions):
    domain = large_domain(actions)
    rng = np.random.default_rng(1)
    columns = [PolicyPrediction(rng.dirichlet(np.ones(domain.num_actions)), n, 1)
               for n in ("RulePolicy", "TEDPolicy", "KerasPolicy", "MyPolicy")]  # fmt: skip
    widget = ConfidenceBars()
    widget.show(combine(columns, domain))
    view = notebook.show(widget)
    assert len(names(view)) == 5
    view.get_by_role("button", name="more").click()
    assert len(names(view)) == domain.num_actions
    assert view.locator(".dn-bars__frame").bounding_box()["height"] <= 420


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 480), ("light", 300)])
def test_nothing_is_in_the_way_of_a_screen_reader_and_nothing_scrolls_sideways(
    open_notebook, bars, theme, width
):
    notebook = open_notebook(theme, width)
    view = notebook.show(bars())
    view.get_by_text("What if").click()
    assert notebook.accessibility() == []
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_are_text(notebook):
    prediction = PolicyPrediction(np.array([1.0, 0.0]), HOSTILE, 1, {"sentence": HOSTILE})
    widget = ConfidenceBars()
    widget.show(Decision(HOSTILE, 1.0, HOSTILE, "confidence", (prediction,), (),
                         (HOSTILE, "b"), winner=0))  # fmt: skip
    view = notebook.show(widget)
    assert view.locator("img").count() == 0
    assert names(view)[0].startswith("<img src=x")


def test_a_followup_has_no_bars_but_a_reason(notebook):
    tracker = DialogueStateTracker("a", (), [ActionExecuted("action_listen"), UserUttered.of("x")])
    widget = ConfidenceBars()
    decision = Decision("b", 1.0, None, "followup", (), (), ("a", "b"))
    widget.show(decision, turn=1, tracker=tracker)
    view = notebook.show(widget)
    assert names(view) == ["b", "a"]
    assert "something asked for this action" in view.locator(".dn-bars__why").inner_text()


def test_bars_grow_slowly_unless_the_reader_wants_no_motion(notebook, bars):
    view = notebook.show(bars())
    duration = "node => getComputedStyle(node).transitionDuration"
    assert view.locator(".dn-bars__bar").first.evaluate(duration) == "0.15s"
    notebook.page.emulate_media(reduced_motion="reduce")
    assert view.locator(".dn-bars__bar").first.evaluate(duration) == "0s"


def test_closing_the_view_leaves_nothing(notebook, bars):
    notebook.show(bars())
    assert notebook.close_views() == 0
