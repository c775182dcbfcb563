"""Training in a browser: curves that grow, a stop, runs side by side, settings, errors."""

from __future__ import annotations

import threading
import time

import pytest

from dialogue_nb import bots
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.widgets.run_control import RunControl
from dialogue_nb.widgets.training_panel import TrainingPanel
from tests.talks import HOSTILE
from tests.training import CurvedPolicy, curved_panel, failed_panel, show_panel, taught_panel


@pytest.fixture
def learning(notebook):
    """A panel whose policy learns as many epochs as its gate is released, and its view."""
    gates = threading.Semaphore(0)
    panel = curved_panel(gates, epochs=500)
    return panel, show_panel(notebook, panel), gates


def follow(notebook, happened):
    """Brings what Python sends to the page until something has happened."""
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        notebook.sync()
        notebook.page.wait_for_timeout(20)


def test_from_a_click_on_train_to_a_stop_that_keeps_what_was_learnt(notebook, learning):
    panel, view, gates = learning
    assert "Press Train" in view.inner_text()
    assert view.get_by_role("button", name="Stop").is_disabled()
    view.get_by_role("button", name="Train").click()
    gates.release(12)
    follow(notebook, lambda: "epoch 12 of 500" in view.inner_text())
    assert view.get_by_role("button", name="Train").is_disabled()
    assert view.locator("svg").first.locator("path.dn-green").count() == 2
    assert "s left" in view.locator(".dn-t-line").inner_text()
    pressed = time.monotonic()
    view.get_by_role("button", name="Stop").click()
    assert panel.runs[0].wait(5) == "stopped"
    assert time.monotonic() - pressed < 1
    gates.release(5)
    follow(notebook, lambda: "stopped, what was learnt is kept" in view.inner_text())
    assert "12 of 500" in view.locator("tbody").inner_text()
    assert view.get_by_role("button", name="Train").is_enabled()
    assert panel.agent.predict_next()


def test_the_stop_goes_over_the_comm_of_the_control(notebook, learning):
    panel, view, gates = learning
    heard = []
    panel.run_control.on_msg(lambda _, content, __: heard.append(content["type"]))
    view.get_by_role("button", name="Train").click()
    follow(notebook, lambda: view.get_by_role("button", name="Stop").is_enabled())
    view.get_by_role("button", name="Stop").click()
    follow(notebook, lambda: "stop" in heard)
    assert set(heard) <= {"hello", "train", "stop"}
    gates.release()
    panel.wait(10)


def test_a_stop_that_nobody_hears_says_what_to_do(notebook, learning):
    panel, view, gates = learning
    panel.train()
    gates.release(3)
    follow(notebook, lambda: "epoch 3" in view.inner_text())
    notebook.page.evaluate("window.kernel = 'busy'")
    view.get_by_role("button", name="Stop").click()
    view.get_by_text("interrupt that").wait_for()
    panel.stop()
    gates.release()
    panel.wait(10)


def test_a_new_view_has_all_the_curves_and_follows(notebook, learning):
    panel, first, gates = learning
    panel.train()
    gates.release(5)
    follow(notebook, lambda: "epoch 5 of" in first.inner_text())
    second = notebook.show(panel)
    second.get_by_text("epoch 5 of").wait_for()
    gates.release(4)
    follow(notebook, lambda: "epoch 9 of" in second.inner_text())
    paths = "svg path[class^='dn-']:not(.dn-t-grid)"
    read = "all => all.map(path => path.getAttribute('d'))"
    shapes = [view.locator(paths).evaluate_all(read) for view in (first, second)]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 4
    panel.stop()
    gates.release()
    panel.wait(10)


def test_runs_are_laid_over_each_other_and_compared(notebook):
    view = show_panel(notebook, taught_panel())
    assert view.locator("svg").first.locator("path.dn-blue").count() == 2
    assert view.locator("tbody").count() == 3
    assert "CurvedPolicy rate 0.05" in view.locator("tbody").nth(1).inner_text()
    chip = view.get_by_role("button", name="Curves of run 2")
    chip.focus()
    notebook.page.keyboard.press("Enter")
    assert chip.get_attribute("aria-pressed") == "false"
    assert view.locator("svg").first.locator("path.dn-blue").count() == 0


def test_epochs_are_read_with_the_mouse_and_the_keyboard(notebook):
    view = show_panel(notebook, taught_panel())
    slider = view.get_by_role("slider")
    slider.focus()
    notebook.page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuenow") == "1"
    notebook.page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext").startswith("Epoch 2, run 1: loss ")
    assert "held-out accuracy" in view.locator(".dn-t-read").inner_text()
    box = view.locator("svg").first.bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    assert 25 < int(slider.get_attribute("aria-valuenow")) < 36


def test_parameters_are_set_and_wrong_values_refused_beside_the_field(notebook):
    panel = curved_panel(epochs=4)
    view = show_panel(notebook, panel, "Settings")
    field = view.get_by_label("CurvedPolicy: epochs")
    field.fill("many")
    field.press("Enter")
    view.get_by_text("epochs must be a whole number from 1, got 'many'.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("3")
    field.press("Enter")
    follow(notebook, lambda: "must be" not in view.inner_text())
    view.get_by_label("CurvedPolicy: held_out").uncheck()
    follow(notebook, lambda: panel.settings_widget.view["groups"][2]["parameters"][2]["changed"])
    view.get_by_role("button", name="Train").click()
    panel.wait(10)
    assert len(panel.runs[0].curves["CurvedPolicy"]) == 3
    follow(notebook, lambda: "finished" in view.inner_text())
    view.get_by_role("button", name="All as in the beginning").click()
    follow(notebook, lambda: view.get_by_label("CurvedPolicy: epochs").input_value() == "4")


def test_an_error_is_shown_with_its_details(notebook):
    view = show_panel(notebook, failed_panel())
    alert = view.get_by_role("alert").first
    assert "the loss of epoch 0 is too high" in alert.inner_text()
    alert.get_by_text("Details", exact=True).click()
    assert "raise ValueError" in alert.inner_text()
    alert.get_by_role("button", name="Dismiss").click()
    assert not alert.is_visible()


def test_a_control_of_its_own_trains_and_stops(notebook):
    gates = threading.Semaphore(0)
    panel = curved_panel(gates, epochs=500)
    control = RunControl(panel.train)
    view = notebook.show(control)
    view.get_by_role("button", name="Train").click()
    gates.release(2)
    view.get_by_text("epoch 2 of 500").wait_for()
    view.get_by_role("button", name="Stop").click()
    assert control.run.wait(5) == "stopped"
    gates.release(5)
    view.get_by_text("what was learnt is kept").wait_for()
    assert notebook.accessibility() == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 480), ("light", 320)])
def test_nothing_is_in_the_way_of_a_screen_reader_and_nothing_scrolls_sideways(
    open_notebook, theme, width
):
    notebook = open_notebook(theme, width)
    view = show_panel(notebook, taught_panel(), "Settings")
    view.get_by_label("CurvedPolicy: rate").wait_for()
    assert notebook.accessibility() == []
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_and_foreign_names_are_text(open_notebook):
    notebook = open_notebook(width=480)
    names = [
        HOSTILE.replace("\0", ""),
        "\u0645\u0631\u062d\u0628\u0627",
        "\u65e5\u672c",
        "Very" * 30,
    ]
    policies = [type(name, (CurvedPolicy,), {})(3) for name in names]
    panel = TrainingPanel(bots.load("moodbot"), policies=[MemoizationPolicy(), *policies])
    panel.train()
    panel.wait(10)
    view = show_panel(notebook, panel, "Settings")
    view.get_by_text("<img").first.wait_for()
    assert view.locator("img").count() == 0
    assert notebook.accessibility() == []
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= 480


def test_a_file_has_the_curves_without_a_kernel(open_notebook, tmp_path):
    notebook = open_notebook()
    path = taught_panel().to_html(tmp_path / "training.html")
    notebook.page.goto(path.as_uri())
    view = notebook.page.locator(".dn-training")
    assert view.locator("svg").first.locator("path.dn-blue").count() == 2
    assert view.get_by_role("button", name="Train").count() == 0
    view.get_by_role("slider").focus()
    notebook.page.keyboard.press("Home")
    assert "Epoch 1" in view.locator(".dn-t-read").inner_text()


def test_closing_the_view_leaves_nothing(notebook):
    show_panel(notebook, taught_panel(), "Settings")
    notebook.page.wait_for_timeout(100)
    assert notebook.close_views() == 0
