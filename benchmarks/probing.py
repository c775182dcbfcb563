"""Rows: from a choice in the confidence bars to changed bars, from a click on a turn to both views.

In a real browser; the widgets answer in this process, as in the browser tests: what a notebook
server adds to a message (a millisecond or two on one machine) is not in the numbers. The bot is
moodbot with memoization and a network, its conversation has 200 turns.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from measure import OURS, ROOT, Measurement, show

ROW = "probe"
TURNS = 200
# the time from an event to the frame in which the heading of the bars has changed
WATCH = """(selector) => {
  window.took = [];
  let started = 0;
  for (const name of ["input", "click"]) {
    addEventListener(name, () => (started = performance.now()), true);
  }
  new MutationObserver(() => {
    const since = started;
    started = 0;
    if (since) requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.took.push(performance.now() - since);
      port2.postMessage(0);
    });
  }).observe(document.querySelector(selector), { subtree: true, childList: true });
}"""


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """The time in the middle of many choices, and of many selections."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.harness import Notebook, chromium, launch, wired

    if chromium() is None:
        return []
    agent = _moodbot(epochs=5 if quick else 50)
    times = 6 if quick else 30
    with sync_playwright() as playwright, wired():
        browser = launch(playwright)
        cases = {
            "a choice to changed bars": _choices(Notebook(browser.new_page()), agent, times),
            f"a click on one of {TURNS} turns": _clicks(Notebook(browser.new_page()), agent, times),
        }
        browser.close()
    return [
        Measurement(ROW, case, OURS, statistics.median(took), detail={"slowest": max(took)})
        for case, took in cases.items()
    ]


def _moodbot(epochs):
    from dialogue_nb import bots
    from dialogue_nb.agent.agent import Agent
    from dialogue_nb.policies.keras_policy import KerasPolicy
    from dialogue_nb.policies.memoization import MemoizationPolicy

    project = bots.load("moodbot")
    agent = Agent(project.domain, [MemoizationPolicy(), KerasPolicy(epochs=epochs)])
    agent.train(agent.load_data(list(project.stories)))
    while len(agent.tracker("default").decisions) < TURNS:
        agent.handle_text("/greet")
    return agent


def _seconds(notebook):
    return [milliseconds / 1000 for milliseconds in notebook.page.evaluate("window.took")]


def _choices(notebook, agent, times):
    from dialogue_nb.widgets.confidence_bars import ConfidenceBars

    view = notebook.show(ConfidenceBars.of_agent(agent))
    view.get_by_text("What if").click()
    notebook.page.evaluate(WATCH, ".dn-bars tbody")
    for i in range(times):
        view.get_by_label("intent").select_option(["mood_great", "deny", "mood_unhappy"][i % 3])
        notebook.page.wait_for_timeout(150)
    return _seconds(notebook)


def _clicks(notebook, agent, times):
    from dialogue_nb.widgets.confidence_bars import ConfidenceBars
    from dialogue_nb.widgets.tracker_timeline import TrackerTimeline

    bars = ConfidenceBars.of_agent(agent)
    timeline = TrackerTimeline(agent.tracker("default"))
    timeline.observe(lambda _: setattr(bars, "selection", timeline.selection), "selection")
    turns = notebook.show(timeline).get_by_role("option")
    notebook.show(bars)
    notebook.page.evaluate(WATCH, ".dn-bars .dn-heading")
    for i in range(times):
        turns.nth(5 * i + i % 2).click()
        notebook.page.wait_for_timeout(150)
    return _seconds(notebook)


if __name__ == "__main__":
    show(measure(Path(), quick="--quick" in sys.argv))
