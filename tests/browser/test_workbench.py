"""The workbench in a browser: one selection, keys, panes, what changed; no front end of Jupyter."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import expect

from dialogue_nb import bots
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.widgets.workbench import Workbench
from tests.training import CurvedPolicy

WIDTHS = [("light", 480), ("dark", 1280), ("light", 1600)]


@pytest.fixture
def bench():
    bench = Workbench(bots.load("moodbot"), policies=[MemoizationPolicy()])
    bench.train(wait=True)
    bench.say("/greet")
    yield bench
    bench.close()


def title(view):
    return view.locator(".dn-bars .dn-heading")


def selected(view):
    return view.locator(".dn-heat .dn-heading")


def test_a_click_on_a_turn_moves_every_pane(notebook, bench):
    view = notebook.show(bench)
    expect(title(view)).to_contain_text("turn 2")
    view.locator(".dn-timeline").get_by_text("listen").first.click()
    expect(title(view)).to_contain_text("turn 1")
    expect(selected(view)).to_contain_text("turn 1")
    assert bench.selection["turn"] == 1


def test_the_arrow_keys_move_the_turn_from_anywhere_but_a_field(notebook, bench):
    view = notebook.show(bench)
    view.get_by_role("button", name="Keys ?").focus()
    notebook.page.keyboard.press("ArrowLeft")
    expect(title(view)).to_contain_text("turn 1")
    notebook.page.keyboard.press("/")
    field = view.locator(".dn-chat input").first
    expect(field).to_be_focused()
    notebook.page.keyboard.type("/bot")
    notebook.page.keyboard.press("ArrowLeft")
    expect(title(view)).to_contain_text("turn 1")
    assert field.input_value() == "/bot"
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("Escape")
    expect(field).not_to_be_focused()


def test_a_question_mark_lists_the_keys(notebook, bench):
    view = notebook.show(bench)
    opener = view.get_by_role("button", name="Keys ?")
    opener.focus()
    notebook.page.keyboard.press("?")
    assert view.get_by_text("write in the chat").is_visible()
    assert opener.get_attribute("aria-expanded") == "true"
    notebook.page.keyboard.press("Escape")
    expect(view.get_by_text("write in the chat")).not_to_be_visible()


def test_panes_are_hidden_and_shown_also_while_the_kernel_is_busy(notebook, bench):
    view = notebook.show(bench)
    notebook.page.evaluate("window.kernel = 'busy'")
    editor = view.locator(".dn-workbench__editor")
    assert editor.is_visible()
    button = view.get_by_role("button", name="Editor", exact=True)
    button.click()
    assert not editor.is_visible()
    assert button.get_attribute("aria-pressed") == "false"
    for name in ("Chat", "Confidence", "Timeline", "Features"):
        view.get_by_role("button", name=name, exact=True).click()
    assert not view.locator(".dn-workbench__right").is_visible()
    button.click()
    assert editor.is_visible()


def test_what_a_training_changed_is_a_list_whose_rows_lead_there(notebook, bench):
    view = notebook.show(bench)
    name = next(iter(bench.editor.texts))
    bench.editor.set_text(name, bench.editor.texts[name].replace("utter_greet", "utter_happy"))
    notebook.sync()
    expect(view.locator(".dn-bench")).to_contain_text("trained on other stories")
    bench.train(wait=True)
    notebook.sync()
    opener = view.get_by_role("button", name=re.compile("predictions changed"))
    opener.focus()
    notebook.page.keyboard.press("Enter")
    rows = view.locator(".dn-bench__changes tbody tr")
    assert rows.count() == len(bench.changes)
    assert rows.nth(0).inner_text().split() == [
        "this", "conversation", "2", "utter_greet", "1.00", "utter_happy", "1.00",
    ]  # fmt: skip
    rows.nth(1).get_by_role("button").click()
    expect(view.locator(".dn-story-editor")).to_be_visible()
    assert bench.editor.selection["line"] > 1
    assert "✓" in rows.nth(1).inner_text()


def test_a_run_that_python_starts_is_stopped_with_the_button_above(notebook):
    policy, gates = CurvedPolicy(epochs=500), threading.Semaphore(0)
    policy.gates = gates
    bench = Workbench(bots.load("moodbot"), policies=[policy])
    view = notebook.show(bench)
    control = view.locator(".dn-control")
    bench.train()
    gates.release(2)
    notebook.sync()
    expect(control).to_contain_text("epoch 2 of 500")
    control.get_by_role("button", name="Stop").click()
    assert bench.training.runs[-1].wait(5) == "stopped"
    gates.release(5)
    expect(control).to_contain_text("stopped")
    bench.close()


@pytest.mark.parametrize(("theme", "width"), WIDTHS)
def test_it_fits_and_can_be_read_at_every_width(open_notebook, bench, theme, width):
    notebook = open_notebook(theme, width)
    view = notebook.show(bench)
    view.locator(".cm-content").wait_for()
    notebook.page.wait_for_timeout(300)
    overflow = "() => document.documentElement.scrollWidth - window.innerWidth"
    assert notebook.page.evaluate(overflow) <= 0
    assert view.get_attribute("data-theme") == theme
    boxes = [
        view.locator(f".dn-workbench__{name}").bounding_box()
        for name in ("editor", "chat", "confidence", "timeline", "features")
    ]
    tops, lefts = [box["y"] for box in boxes], [box["x"] for box in boxes]
    if width < 760:
        assert tops == sorted(tops)
        assert len(set(tops)) == 5
    else:
        assert lefts[0] < lefts[1] < lefts[2]
        assert tops[1] == tops[2] < tops[3] < tops[4]
    assert notebook.accessibility() == []


def test_nothing_is_left_when_the_notebook_is_closed(notebook, bench):
    notebook.show(bench)
    notebook.page.wait_for_timeout(300)
    assert notebook.close_views() == 0
