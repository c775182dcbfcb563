"""Rows: how smoothly a training set scrolls, how fast another max_history is counted.

Frame times are taken in a real browser while a heatmap of 12,000 windows and 134 features scrolls
from its top; a screen wants a frame every 16.7 ms, which it gets if none takes longer. The counting
is of MultiWOZ if it is here.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from measure import OURS, ROOT, Measurement, multiwoz, show

ROW = "heatmap"
WINDOWS, FEATURES = 12_000, 134
# scrolls by so many pixels a frame and gives the times between frames, in milliseconds
SCROLL = """(count) => new Promise((done) => {
  const grid = document.querySelector(".dn-heat__grid");
  const took = [];
  let last = 0;
  const frame = (now) => {
    if (last) took.push(now - last);
    last = now;
    grid.scrollTop += 120;
    if (took.length < count) requestAnimationFrame(frame);
    else done(took);
  };
  requestAnimationFrame(frame);
})"""
# what painting alone costs, in milliseconds: the work in the scroll event of each frame
PAINT = """(count) => {
  const grid = document.querySelector(".dn-heat__grid");
  const took = [];
  for (let i = 0; i < count; i++) {
    grid.scrollTop += 120;
    const start = performance.now();
    grid.dispatchEvent(new Event("scroll"));
    took.push(performance.now() - start);
  }
  return took;
}"""


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Frames, painting, and the counts for another max_history."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.harness import Notebook, chromium, launch, wired

    made = [_counting("12,000 windows", _large_set()[0])]
    folder = multiwoz()
    if folder is not None and not quick:
        made.append(_counting("MultiWOZ", _multiwoz(folder)))
    if chromium() is None:
        return made
    with sync_playwright() as playwright, wired():
        browser = launch(playwright)
        frames, paint = _scrolling(Notebook(browser.new_page()), 60 if quick else 300)
        browser.close()
    case = f"a frame of {WINDOWS:,} x {FEATURES}"
    return [
        *made,
        Measurement(ROW, case, OURS, statistics.median(frames), detail=_spread(frames)),
        Measurement(ROW, "painting it", OURS, statistics.median(paint), detail=_spread(paint)),
    ]


def _spread(took):
    ordered = sorted(took)
    late = sum(one > 0.025 for one in took)
    return {"p95": ordered[int(0.95 * len(ordered))], "slowest": ordered[-1], "over_25_ms": late}


def _large_set():
    """Dialogues of a domain with so many features that make so many different windows."""
    import random

    from dialogue_nb.core.domain import Domain
    from dialogue_nb.core.events import ActionExecuted, UserUttered
    from dialogue_nb.core.trackers import DialogueStateTracker

    bare = len(Domain.from_yaml("{}").feature_names)
    names = [f"topic_{i}" for i in range((FEATURES - bare) // 2)]
    actions = [f"utter_{i}" for i in range(FEATURES - bare - len(names))]
    domain = Domain.from_yaml(f"{{intents: [{', '.join(names)}], actions: [{', '.join(actions)}]}}")
    assert len(domain.feature_names) == FEATURES
    choose = random.Random(7)
    trackers = []
    for number in range(WINDOWS // 30):
        events = []
        for _ in range(15):
            said, done = UserUttered.of(choose.choice(names)), choose.choice(actions)
            events += [ActionExecuted("action_listen"), said, ActionExecuted(done)]
        trackers.append(DialogueStateTracker(f"talk {number}", domain.slots, events))
    return trackers, domain


def _multiwoz(folder):
    from dialogue_nb.core.domain import Domain
    from dialogue_nb.stories.generator import generate
    from dialogue_nb.stories.reader import read_stories

    domain = Domain.load(folder / "domain.yml")
    stories, _ = read_stories(next(p for p in (folder / "data", folder) if p.is_dir()))
    return generate(stories, domain)


def _counting(case, trackers):
    """The median over many sizes of the window, each counted for the first time."""
    from dialogue_nb.views.training_windows import TrainingWindows

    domain = trackers.domain if hasattr(trackers, "domain") else _large_set()[1]
    windows = TrainingWindows(trackers, domain)
    took = []
    for max_history in range(1, 13):
        start = time.perf_counter()
        windows.counted(max_history)
        took.append(time.perf_counter() - start)
    detail = {"windows": len(windows), "slowest": max(took)}
    return Measurement(ROW, f"max_history, {case}", OURS, statistics.median(took), detail=detail)


def _scrolling(notebook, count):
    from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap

    trackers, domain = _large_set()
    heatmap = FeatureHeatmap(trackers, domain)
    heatmap.equal, heatmap.features = "each time", "all"
    assert len(heatmap.windows) >= WINDOWS
    assert len(heatmap.view["columns"]) == FEATURES
    notebook.show(heatmap)
    notebook.page.wait_for_timeout(1000)
    frames = [milliseconds / 1000 for milliseconds in notebook.page.evaluate(SCROLL, count)]
    paint = [milliseconds / 1000 for milliseconds in notebook.page.evaluate(PAINT, count)]
    return frames, paint


if __name__ == "__main__":
    show(measure(Path(), quick="--quick" in sys.argv))
