"""Pictures of the views, to look at: `python -m tests.browser.shots FOLDER [NAME ...]`.

One file for each view, theme and width. A view is a function that shows something in a notebook.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from dialogue_nb import bots
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.widgets.base import close_all
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from dialogue_nb.widgets.training_panel import TrainingPanel
from tests.browser.harness import Notebook, launch, wired
from tests.chats import greenhouse
from tests.talks import BAKERY, POLICIES, act, bakery_talk, decide, hostile_talk, restarted_talk
from tests.training import failed_panel, show_panel, taught_panel


def timeline(notebook):
    """Strips: a form and something taken back, a restart, hostile names, nothing at all."""
    for tracker in (bakery_talk(), restarted_talk(), hostile_talk(), DialogueStateTracker("new")):
        notebook.show(TrackerTimeline(tracker))


def fork(notebook):
    """A strip compared with a fork that went on otherwise."""
    compared = TrackerTimeline(bakery_talk())
    other = compared.fork(6)
    other.update(UserUttered.of("thank"))
    act(other, 2)
    compared.refresh()
    compared.selection = {"turn": 6, "branch": 1}
    notebook.show(compared)


def bars(notebook):
    """Bars with hypothetical input, and where nothing was decided."""
    tried = ConfidenceBars(bakery_talk(), decide=decide, domain=BAKERY, policies=POLICIES)
    tried.what_if("greet", slots={"vegan": True})
    notebook.show(tried).get_by_text("What if").click()
    notebook.show(ConfidenceBars(DialogueStateTracker("new")))


def training(notebook):
    """Two runs that differ, the second one after a stop; what can be set; nothing yet."""
    show_panel(notebook, taught_panel(), "Settings")
    show_panel(notebook, failed_panel())
    show_panel(notebook, TrainingPanel(bots.load("moodbot")))


def chat(notebook):
    """A chat with buttons, a picture, a problem and a hint; one after a restart; a new one."""
    talk = ChatPane(greenhouse())
    for text in ("/hello", '/water{"plant": "fern"}', "/hello", "/break_it"):
        talk.say(text)
    view = notebook.show(talk)
    view.get_by_role("combobox").fill("water the fern")
    view.get_by_role("combobox").press("Enter")
    view.get_by_text("reads intents").wait_for()
    older = ChatPane(greenhouse(), "older")
    older.tracker = restarted_talk()
    older.fork(14)
    notebook.show(older)
    new = notebook.show(ChatPane(greenhouse(), "new"))
    new.get_by_role("combobox").fill('/water{"plant": ')


SCENES = {scene.__name__: scene for scene in (timeline, fork, bars, training, chat)}


def shoot(folder: Path, names=tuple(SCENES)):
    """Writes the pictures; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with sync_playwright() as playwright, wired():
        browser = launch(playwright)
        for name in names:
            for theme, width in (("light", 1280), ("dark", 1280), ("light", 480), ("dark", 480)):
                notebook = Notebook(browser.new_page(), theme, width)
                SCENES[name](notebook)
                notebook.page.wait_for_timeout(300)
                made.append(folder / f"{name}-{theme}-{width}.png")
                notebook.page.screenshot(path=made[-1], full_page=True)
                notebook.page.close()
                close_all()
        browser.close()
    return made


if __name__ == "__main__":
    for path in shoot(Path(sys.argv[1]), sys.argv[2:] or tuple(SCENES)):
        print(path)
