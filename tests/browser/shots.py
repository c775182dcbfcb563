"""Pictures of the views, to look at: `python -m tests.browser.shots FOLDER [NAME ...]`.

One file for each view, theme and width. A view is a function that shows something in a notebook.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from dialogue_nb import bots
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.stories.generator import generate
from dialogue_nb.widgets.base import close_all
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.contradiction_matrix import ContradictionMatrix
from dialogue_nb.widgets.conversation_list import ConversationList
from dialogue_nb.widgets.evaluation_report import EvaluationReport
from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap
from dialogue_nb.widgets.story_graph import StoryGraph
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from dialogue_nb.widgets.training_panel import TrainingPanel
from tests.browser.harness import Notebook, launch, wired
from tests.chats import greenhouse
from tests.forms import filled_talk, open_talk, prefix, switched_talk, two_stage_talk
from tests.reports import baker_report, hostile_report, large_result
from tests.rulebook import (
    ferry_matcher,
    hostile_matcher,
    hostile_quarrel,
    many_quarrels,
    quarrel_data,
)
from tests.talks import (
    BAKERY,
    HOSTILE,
    POLICIES,
    act,
    bakery_talk,
    decide,
    hostile_talk,
    restarted_talk,
)
from tests.training import failed_panel, show_panel, taught_panel
from tests.trees import hostile_stories, many_stories


def timeline(notebook):
    """Strips: a form and something taken back, a restart, hostile names, nothing at all."""
    for tracker in (bakery_talk(), restarted_talk(), hostile_talk(), DialogueStateTracker("new")):
        notebook.show(TrackerTimeline(tracker))


def forms(notebook):
    """Strips and chats with forms: filled, open, one after the other, the two-stage fallback."""
    made = [filled_talk(), open_talk(), switched_talk(), two_stage_talk()]
    for tracker in made:
        notebook.show(TrackerTimeline(tracker))
    compared = TrackerTimeline(made[0])
    other = compared.fork(6)
    other.update_with_events(made[0].events[-8:])
    compared.refresh()
    notebook.show(compared)
    for tracker in (
        prefix(filled_talk(), "tell"),
        open_talk(),
        prefix(two_stage_talk(), "nlu_fallback"),
    ):
        chat = ChatPane(greenhouse(), str(len(tracker.events)))
        chat.tracker = tracker
        notebook.show(chat)


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


def conversations(notebook):
    """What was kept: an open one, hostile names, a question before deleting; found; none yet."""
    store = SQLTrackerStore("sqlite://")
    agent = greenhouse(tracker_store=store)
    for name, text in (("Ann", "/hello"), (HOSTILE, "/bye"), ("शिवा मीरा 你好", "/how_warm")):
        agent.handle_text(text, name)
    agent.handle_text("/hello", "a name that is much longer than a line can ever hold " * 3)
    pane = ChatPane(agent, "Ann")
    view = notebook.show(ConversationList(pane))
    view.get_by_role("button", name="Delete Ann", exact=True).click()
    found = ConversationList(agent)
    found.search = "intent:hello"
    notebook.show(found)
    notebook.show(ConversationList(greenhouse()))
    notebook.show(pane)


def features(notebook):
    """Windows: of a form, nested, of hostile names, and what training knows of one."""
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    heatmap.selection = {**heatmap.selection, "feature": "slot_bread_0", "back": 1}
    notebook.show(heatmap)
    nested = FeatureHeatmap(bakery_talk(), BAKERY)
    nested.kind = "nested"
    notebook.show(nested)
    notebook.show(FeatureHeatmap(hostile_talk(), BAKERY, max_history=9))
    project = bots.load("moodbot")
    data = generate(list(project.stories), project.domain)
    known = FeatureHeatmap(data[1].tracker(), project.domain, data=data)
    known.selection = {"turn": 5, "feature": "intent_mood_great", "back": 0}
    notebook.show(known)


def windows(notebook):
    """A training set: with the selected cell, by action with equal windows, nested."""
    project = bots.load("moodbot")
    data = generate(list(project.stories), project.domain)
    heatmap = FeatureHeatmap(data)
    heatmap.selection = {"row": 2, "feature": "intent_greet", "back": 0}
    notebook.show(heatmap)
    again = FeatureHeatmap(data, max_history=1)
    again.equal, again.sort = "each time", "conflicts"
    notebook.show(again)
    nested = FeatureHeatmap(data, max_history=3)
    nested.kind = "nested"
    notebook.show(nested)


def graph(notebook):
    """Paths with a chosen story, what a policy tells apart, hostile names, no stories."""
    project = bots.load("moodbot")
    chosen = StoryGraph(project)
    chosen.select_path(chosen.graph.paths[1].name, chosen.graph.paths[1].nodes[3])
    notebook.show(chosen)
    notebook.show(StoryGraph(project, merged=True, max_history=2))
    for stories in (hostile_stories(), []):
        notebook.show(StoryGraph(stories))


def forest(notebook):
    """A thousand stories, one of them chosen, a search."""
    many = StoryGraph(many_stories(1000))
    many.select_path("story 7")
    shown = notebook.show(many)
    shown.get_by_role("searchbox").fill("intent_5")


def rules(notebook):
    """A rule that beats another one, a form that goes on, no rule that matches, hostile names."""
    for matcher in (ferry_matcher("price"), ferry_matcher("form"), ferry_matcher("lost")):
        notebook.show(matcher)
    notebook.show(hostile_matcher())


def report(notebook):
    """A test with a chosen turn, a chosen cell, many actions, hostile names, nothing."""
    chosen = baker_report()
    wrong = chosen.result.failures[1]
    chosen.selection = {"number": wrong.number, "turn": wrong.turn}
    notebook.show(chosen)
    cell = EvaluationReport(large_result())
    cell.selection = {"cell": cell.view["cells"][0][:2]}
    notebook.show(cell)
    notebook.show(hostile_report())
    notebook.show(EvaluationReport(EvaluationResult((), ())))


def quarrels(notebook):
    """Rules that contradict stories and each other, hostile names, many, none."""
    matrix = ContradictionMatrix(quarrel_data())
    matrix.selection = {"rule": "goodbye", "story": "no end"}
    for one in (matrix, ContradictionMatrix(hostile_quarrel())):
        notebook.show(one)
    notebook.show(ContradictionMatrix(many_quarrels(30, 12)))
    for source in (bots.load("moodbot"), ()):
        notebook.show(ContradictionMatrix(source))


SCENES = {
    scene.__name__: scene
    for scene in (
        timeline,
        forms,
        fork,
        bars,
        training,
        chat,
        conversations,
        features,
        windows,
        graph,
        forest,
        rules,
        report,
        quarrels,
    )
}


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
