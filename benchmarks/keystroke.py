"""Row: from a key pressed in the story editor to its problem on the screen, in a real browser.

A file of 350 stories, in both formats; the widget answers in this process, as in the browser tests:
what a notebook server adds to a message (a millisecond or two on one machine) is not in the number.
"""

from __future__ import annotations

import random
import statistics
import sys
from pathlib import Path

from measure import OURS, ROOT, Measurement, show

ROW = "keystroke"
STORIES, INTENTS, ACTIONS = 350, 40, 60
WATCH = """() => {
  window.took = [];
  let pressed = 0;
  const errors = () => document.querySelectorAll(".cm-lintRange-error").length;
  let last = errors();
  addEventListener("keydown", () => (pressed = performance.now()), true);
  new MutationObserver(() => {
    if (errors() === last) return;
    last = errors();
    const since = pressed;
    // the task behind the next frame: the frame is painted then
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.took.push(performance.now() - since);
      port2.postMessage(0);
    });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """The time in the middle of many keystrokes, half of which make an error and half mend it."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.harness import chromium, launch, wired

    if chromium() is None:
        return []
    found = []
    with sync_playwright() as playwright, wired():
        browser = launch(playwright)
        for format in ("markdown", "yaml"):
            text = _stories(format)
            took = _keystrokes(browser, text, pairs=5 if quick else 20)
            detail = {"characters": len(text), "slowest": max(took), "keystrokes": len(took)}
            case = f"{STORIES} stories in {format}"
            found.append(Measurement(ROW, case, OURS, statistics.median(took), detail=detail))
        browser.close()
    return found


def _stories(format):
    from dialogue_nb.stories.reader import parse_stories
    from dialogue_nb.stories.writer import write_stories

    chance = random.Random(7)
    lines = []
    for number in range(STORIES):
        lines.append(f"## story {number} of many")
        for turn in range(4):
            lines.append(f'* intent_{chance.randrange(INTENTS)}{{"city": "Oslo"}}')
            lines += ['    - slot{"city": "Oslo"}'] * (turn % 2)
            lines.append(f"    - utter_{chance.randrange(ACTIONS)}")
    return write_stories(parse_stories("\n".join(lines))[0], format)[0]


def _keystrokes(browser, text: str, pairs: int) -> list[float]:
    """Seconds from each key to the painted answer."""
    from dialogue_nb.core.domain import Domain
    from dialogue_nb.widgets.story_editor import StoryEditor
    from tests.browser.harness import Notebook

    domain = Domain.from_dict(
        {
            "intents": [f"intent_{n}" for n in range(INTENTS)],
            "entities": ["city"],
            "slots": {"city": {"type": "text"}},
            "responses": {f"utter_{n}": [{"text": "x"}] for n in range(ACTIONS)},
        }
    )
    notebook = Notebook(browser.new_page())
    view = notebook.show(StoryEditor(text, domain))
    # the cursor behind an action in the middle of the text
    view.locator(".dn-story").nth(STORIES // 2).locator(".dn-chip-bot").first.dblclick()
    notebook.page.keyboard.press("End")
    notebook.page.wait_for_timeout(500)
    notebook.page.evaluate(WATCH)
    for key in ["x", "Backspace"] * pairs:
        notebook.page.keyboard.press(key)
        notebook.page.wait_for_timeout(400)
    return [milliseconds / 1000 for milliseconds in notebook.page.evaluate("window.took")]


if __name__ == "__main__":
    show(measure(Path(), quick="--quick" in sys.argv))
