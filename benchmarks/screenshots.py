"""Makes the pictures of the workbench in the README: the real one, in a real browser, with moodbot.

usage: python benchmarks/screenshots.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from measure import HERE, ROOT

FOLDER = HERE / "plots"
WIDTH, HEIGHT = 1280, 720


def main(folder: Path = FOLDER) -> list[Path]:
    """Trains, talks, edits, trains again, and takes the pictures; gives their paths."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from dialogue_nb import bots
    from dialogue_nb.widgets.workbench import Workbench
    from tests.browser.harness import Notebook, launch, wired

    made = []
    with sync_playwright() as playwright, wired():
        bench = Workbench(bots.load("moodbot"), tracker_store=None)
        bench.train(wait=True)
        for message in ("/greet", "/mood_unhappy", "/deny"):
            bench.say(message)
        name = next(iter(bench.editor.texts))
        sad = "- intent: deny\n  - action: utter_goodbye"
        text = bench.editor.texts[name].replace(sad, sad.replace("goodbye", "iamabot"))
        bench.editor.set_text(name, text)
        bench.train(wait=True)
        browser = launch(playwright)
        for theme in ("light", "dark"):
            notebook = Notebook(browser.new_page(), theme, WIDTH, HEIGHT)
            view = notebook.show(bench)
            view.locator(".cm-content").wait_for()
            notebook.page.wait_for_timeout(1_000)
            made.append(folder / f"workbench_{theme}.png")
            view.screenshot(path=made[-1])
        browser.close()
        bench.close()
    return made


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:])):
        print(path)
