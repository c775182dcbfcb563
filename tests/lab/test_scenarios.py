"""What people do with the workbench in JupyterLab, from the first click to the last."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from playwright.sync_api import expect

from tests import house

OPEN = "import dialogue_nb as dn\nbench = dn.Workbench(dn.bots.load('moodbot'))\nbench"
PATIENCE = 60_000


def opened(lab, cell=0):
    """The workbench, shown."""
    output = lab.run(cell)
    output.locator(".cm-content").first.wait_for()
    return output


def train(bench):
    """Presses Train and waits until it is over."""
    bench.get_by_role("button", name="Train", exact=True).first.click()
    expect(bench.locator(".dn-control")).to_contain_text("finished", timeout=PATIENCE)


def say(bench, text):
    """Says something in the chat."""
    field = bench.locator(".dn-chat input").first
    field.fill(text)
    field.press("Enter")


def test_lesson_1_from_the_first_click_to_an_answer_in_the_chat(open_lab, server):
    folder, _ = server
    lesson = shutil.copy(house.ROOT / "notebooks" / "01_first_bot.ipynb", folder)
    lab = open_lab(notebook=Path(lesson))
    bench = opened(lab, cell=2)
    train(bench)
    bench.get_by_role("button", name="/greet").click()
    chat = bench.locator(".dn-chat")
    expect(chat).to_contain_text("How has your day been")
    chat.get_by_role("button", name="rather sad").click()
    expect(chat).to_contain_text("Do you feel a little better now?")
    expect(bench.locator(".dn-bars tbody tr").first).to_contain_text("utter_did_that_help")


def test_a_story_is_changed_and_the_bar_with_it(open_lab):
    lab = open_lab(OPEN)
    bench = opened(lab)
    train(bench)
    say(bench, "/greet")
    bars = bench.locator(".dn-bars tbody tr")
    expect(bars.first).to_contain_text("utter_greet")
    lines = bench.locator(".cm-line", has_text="action: utter_greet")
    for place in range(4):
        lines.nth(0).wait_for()
        lines.nth(place).dblclick()
        lab.page.keyboard.press("End")
        for _ in "greet":
            lab.page.keyboard.press("Backspace")
        lab.page.keyboard.type("happy")
        lab.page.keyboard.press("Escape")
        lines = bench.locator(".cm-line", has_text=re.compile("action: utter_(greet|happy)"))
    expect(bench.locator(".dn-bench")).to_contain_text("trained on other stories")
    lab.page.keyboard.press("Control+Enter")
    expect(bench.locator(".dn-bench")).to_contain_text("predictions changed", timeout=PATIENCE)
    expect(bars.first).to_contain_text("utter_happy")
    bench.get_by_role("button", name=re.compile("predictions changed")).click()
    row = bench.locator(".dn-bench__changes tbody tr").first
    expect(row).to_contain_text("this conversation")
    expect(row).to_contain_text("utter_greet")


def test_training_is_stopped_and_the_bot_says_what_it_has_learnt(open_lab):
    longer = "bench.training.set_parameters('KerasPolicy', epochs=20_000)"
    lab = open_lab(OPEN, longer, "bench.agent.policies[-1].epochs_, bench.training.runs[-1].state")
    bench = opened(lab)
    lab.done(1)
    bench.get_by_role("button", name="Train", exact=True).first.click()
    control = bench.locator(".dn-control")
    expect(control).to_contain_text(re.compile(r"\d"), timeout=PATIENCE)
    expect(bench.locator(".dn-bench__curve")).to_be_visible(timeout=PATIENCE)
    bench.get_by_role("button", name="Stop", exact=True).first.click()
    since = time.monotonic()
    expect(control).to_contain_text("stopped", timeout=10_000)
    assert time.monotonic() - since < 3, "a second, and what a browser and a test need"
    say(bench, "/greet")
    expect(bench.locator(".dn-chat")).to_contain_text("How has your day been")
    expect(lab.done(2)).to_contain_text("'stopped'")


def test_after_a_restart_of_the_kernel_the_views_say_so(open_lab):
    lab = open_lab(OPEN)
    bench = opened(lab)
    lab.restart()
    gone = bench.get_by_text("The kernel no longer knows this view")
    gone.first.wait_for()
    assert gone.count() >= 5
    assert opened(lab).locator(".dn-bench").is_visible()


def test_after_a_restart_of_the_kernel_the_conversation_goes_on(open_lab):
    lab = open_lab(OPEN, "bench.train(wait=True); bench.say('/greet')")
    bench = opened(lab)
    lab.done(1)
    expect(bench.locator(".dn-chat")).to_contain_text("How has your day been")
    lab.restart()
    bench.get_by_text("The kernel no longer knows this view").first.wait_for()
    chat = opened(lab).locator(".dn-chat")
    expect(chat).to_contain_text("How has your day been", timeout=PATIENCE)
    expect(chat).to_contain_text("“default” is kept in")


def test_a_cell_that_is_run_again_replaces_its_workbench(open_lab):
    lab = open_lab(OPEN, "len(dn.widgets.base.View.alive)")
    opened(lab)
    first = lab.done(1).inner_text()
    opened(lab)
    assert lab.done(1).inner_text().split()[-1] == first.split()[-1]
    assert lab.page.locator(".dn-bench").count() == 1


def test_the_arrow_keys_move_the_turn_everywhere(open_lab):
    lab = open_lab(OPEN, "bench.train(wait=True); bench.say('/greet'); bench.say('/mood_great')")
    bench = opened(lab)
    lab.done(1)
    title = bench.locator(".dn-bars .dn-heading")
    expect(title).to_contain_text("turn 4")
    bench.get_by_role("button", name="Keys ?").focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.page.keyboard.press("ArrowLeft")
    expect(title).to_contain_text("turn 2")
    expect(bench.locator(".dn-heat .dn-heading")).to_contain_text("before turn 2")
