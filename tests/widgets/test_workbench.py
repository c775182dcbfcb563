"""`Workbench` without a browser: one selection, what a training changed, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
import yaml

from dialogue_nb import bots
from dialogue_nb.agent.project import Project
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.exceptions import AgentError, ProjectError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.base import View
from dialogue_nb.widgets.workbench import Workbench
from tests.talks import HOSTILE
from tests.training import CurvedPolicy


@pytest.fixture
def make():
    """Makes workbenches with nothing but memoization, which learns at once."""
    made = []

    def make_one(bot="moodbot", **options):
        project = bot if isinstance(bot, Project) else bots.load(bot)
        made.append(Workbench(project, policies=[MemoizationPolicy()], **options))
        return made[-1]

    yield make_one
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make):
    bench = make()
    bench.train(wait=True)
    bench.say("/greet")
    return bench


def rewrite(bench, old, new, place=0):
    name = list(bench.editor.texts)[place]
    bench.editor.set_text(name, bench.editor.texts[name].replace(old, new))


def no_errors(bench):
    return [view.error for view in bench.views if view.error] == []


def test_a_bot_that_has_learnt_nothing_says_so_everywhere(make):
    bench = make()
    assert bench.bar.view["state"] == "untrained"
    assert "Nothing is learnt yet" in bench.confidence.summary
    with pytest.raises(AgentError, match="not trained"):
        bench.say("/greet")
    assert bench.bar.view["changes"] is None
    assert bench.bar.view["windows"] > 10


def test_one_selection_moves_everywhere(bench):
    for view in (bench.timeline, bench.chat, bench.confidence, bench.features, bench.bar):
        view.answer({"id": 1, "type": "select", "selection": {**view.selection, "turn": 1}})
        turns = {v.selection["turn"] for v in (bench.timeline, bench.chat, bench.confidence)}
        assert turns == {1}
        assert bench.features.view["turn"] == bench.confidence.view["turn"] == 1
        bench.selection = {"turn": 2, "branch": 0}
        assert bench.timeline.selection["turn"] == 2
    assert no_errors(bench)


def test_the_lines_that_teach_the_selected_turn_are_selected_in_the_editor(bench):
    lines = bench.editor.selection
    text = bench.editor.texts[lines["file"]].split("\n")
    assert [line.strip() for line in text[lines["line"] - 1 : lines["last_line"]]] == [
        "- intent: greet",
        "- action: utter_greet",
    ]


def test_an_edit_makes_the_bot_stale_and_training_tells_what_changed(bench):
    rewrite(bench, "utter_greet", "utter_happy")
    assert bench.bar.view["state"] == "stale"
    assert bench.confidence.view["action"] == "utter_greet"
    bench.train(wait=True)
    assert bench.bar.view["state"] == "finished"
    first = bench.changes[0]
    assert (first.is_conversation, first.turn) == (True, 2)
    assert (first.before, first.now) == ("utter_greet", "utter_happy")
    assert {c.where for c in bench.changes[1:]} > {"a good day"}
    assert bench.bar.view["changed"] == len(bench.changes)
    assert bench.confidence.view["action"] == "utter_happy"
    assert bench.confidence.view["title"].endswith("(it was utter_greet then)")
    lines = bench.editor.selection
    text = bench.editor.texts[lines["file"]].split("\n")
    assert text[lines["last_line"] - 1].strip() == "- action: utter_happy"
    bench.train(wait=True)
    assert bench.changes == []
    assert no_errors(bench)


def test_a_click_on_a_change_leads_there(bench):
    rewrite(bench, "utter_happy", "utter_goodbye")
    bench.train(wait=True)
    place = [change.where for change in bench.changes].index("a good day")
    bench.bar.answer({"id": 1, "type": "go", "change": place})
    lines = bench.editor.selection
    text = bench.editor.texts[lines["file"]].split("\n")
    assert text[lines["last_line"] - 1].strip() == "- action: utter_goodbye"


@pytest.mark.parametrize("number", [-1, 99])
def test_a_change_that_is_not_there_is_one_sentence(bench, number):
    answer = bench.bar.answer({"id": 1, "type": "go", "change": number})
    assert answer["error"].startswith(f"There is no change {number}")
    assert bench.bar.error["traceback"] == ""


def test_a_very_long_history_is_cut(bench):
    bench.bar.answer({"id": 1, "type": "history", "value": 10**30})
    assert bench.bar.view["max_history"] == 1_000
    bench.train(wait=True)
    assert bench.agent.policies[0].max_history == 1_000


def test_stories_with_mistakes_cannot_be_learnt_and_the_bot_stays_as_it_was(bench):
    rewrite(bench, "utter_greet", "utter_gret")
    bench.train(wait=True)
    assert bench.bar.view["state"] in ("failed", "stale")
    assert "utter_gret" in json.dumps(bench.training.view)
    assert [message["text"] for message in bench.say("/mood_great")] != []


def test_the_slider_sets_how_far_the_policies_look_back(bench):
    before = bench.bar.view["windows"]
    bench.bar.answer({"id": 1, "type": "history", "value": 1})
    assert (bench.bar.view["max_history"], bench.features.max_history) == (1, 1)
    assert bench.bar.view["windows"] < before
    bench.train(wait=True)
    assert bench.agent.policies[0].max_history == 1


@pytest.mark.parametrize("bot", ["moodbot", "counter", "cafe"])
def test_a_conversation_becomes_a_story_in_the_editor(make, bot):
    bench = make(bot)
    bench.train(wait=True)
    intent = bench.project.stories[0].items[0].events[0].intent_name
    bench.say(f"/{intent}")
    before = [story.name for story in bench.project.stories]
    for _ in range(2):
        answer = bench.chat.answer({"id": 1, "type": "save", "format": "markdown"})
        assert "error" not in answer
    names = [story.name for story in bench.project.stories]
    assert names == [*before, f"chat: {intent}", f"chat: {intent} 2"]
    assert not [d for d in bench.editor.diagnostics if d.severity == "error"]
    assert bench.bar.view["state"] == "stale"


def test_a_fork_of_the_timeline_can_be_talked_to(bench):
    bench.timeline.answer({"id": 1, "type": "fork", "turn": 2, "branch": 0})
    (fork,) = (name for name in bench.chat.conversations if "fork" in name)
    bench.chat.switch(fork)
    assert bench.tracker.latest_message.intent_name is None
    bench.say("/bot_challenge")
    assert bench.tracker.latest_message.intent_name == "bot_challenge"
    assert no_errors(bench)


def test_a_fork_that_is_talked_to_is_compared_with_the_conversation_it_came_from(bench):
    bench.say("/greet")
    bench.timeline.fork(2)
    (fork,) = bench.timeline.forks
    main = bench.tracker
    bench.chat.switch(fork)
    bench.say("/bot_challenge")
    bench.chat.undo()
    assert list(bench.timeline.forks.values()) == [main]
    assert bench.timeline.view["compared"] == next(iter(bench.timeline.forks))
    bench.chat.switch(next(iter(bench.timeline.forks)))
    assert bench.timeline.tracker is main
    assert list(bench.timeline.forks) == [fork]
    assert no_errors(bench)


def test_the_features_of_the_compared_branch_are_shown(bench):
    fork = bench.timeline.fork(2)
    bench.timeline.selection = {"turn": 1, "branch": 1}
    assert bench.confidence.tracker is fork
    bench.timeline.selection = {"turn": 1, "branch": 0}
    assert bench.confidence.tracker is bench.tracker


def test_the_graph_is_made_when_somebody_sees_it(bench):
    assert len(bench.graph.graph.paths) == 0
    bench.bar.answer({"id": 1, "type": "panes", "hidden": ["training"]})
    assert bench.bar.hidden == ["training"]
    assert len(bench.graph.graph.paths) >= 4


def test_the_rules_follow_the_selected_turn_from_when_they_are_seen():
    bench = Workbench(bots.load("moodbot"), policies=[RulePolicy()])
    try:
        bench.train(wait=True)
        bench.say("/goodbye")
        assert not bench.rules.view["rows"]
        bench.bar.hidden = [name for name in bench.bar.hidden if name != "rules"]
        assert bench.rules.view["turn"] == bench.confidence.view["turn"]
        assert "whoever leaves hears a goodbye" in bench.rules.summary
        bench.selection = {"turn": 0, "branch": 0}
        assert bench.rules.view["turn"] == 0
        bench.say("/bot_challenge")
        assert bench.rules.view["turn"] == bench.confidence.view["turn"] > 0
        bench.train(wait=True)
        assert bench.rules.agent is bench.agent
        assert no_errors(bench)
    finally:
        bench.close()


def test_names_and_texts_of_anybody_are_escaped(make, tmp_path):
    (tmp_path / "domain.yml").write_text(
        yaml.safe_dump({"intents": ["hi"], "responses": {"utter_x": [{"text": HOSTILE}]}}),
        encoding="utf-8",
    )
    (tmp_path / "stories.md").write_text("## <b>x</b>\n* hi\n  - utter_x\n", encoding="utf-8")
    bench = make(Project.load(tmp_path))
    bench.train(wait=True)
    bench.say("/hi")
    for text in (bench.html(), bench.to_html(tmp_path / "out.html").read_text("utf-8")):
        assert "<img" not in text
        assert "<b>x</b>" not in text


def test_without_a_front_end_there_is_a_text_and_a_table(bench):
    data = bench._repr_mimebundle_()
    assert data["text/plain"] == repr(bench) == bench.summary
    assert "utter_greet" in data["text/html"]
    assert "<script" not in data["text/html"]
    assert bench.static()._repr_mimebundle_().keys() == {"text/plain", "text/html"}


def test_a_folder_may_be_given_and_a_wrong_one_is_one_error(make, tmp_path):
    bench = Workbench(bots.path("moodbot"), policies=[MemoizationPolicy()])
    assert bench.project.name == "moodbot"
    bench.close()
    with pytest.raises(ProjectError, match="no folder"):
        Workbench(tmp_path / "nothing")


def test_a_new_one_with_the_same_key_replaces_it_and_closing_leaves_nothing(make):
    before = set(View.alive)
    first = make(key="bench")
    made = set(View.alive) - before
    second = make(key="bench")
    assert not made & set(View.alive)
    assert first.comm is None
    second.close()
    assert set(View.alive) == before


def test_stories_that_make_too_many_dialogues_can_be_seen_and_written_shorter():
    text = "## boom\n" + 14 * "* a OR b OR c OR d\n- utter_x\n"
    domain = Domain.from_yaml("{intents: [a, b, c, d], responses: {utter_x: [{text: hi}]}}")
    project = Project(Path(), domain, tuple(parse_stories(text)[0]), (), ())
    bench = Workbench(project, policies=[MemoizationPolicy(max_history=None)], hidden=())
    assert "268,435,456 dialogues; the budget is" in bench.bar.error["message"]
    assert not bench.bar.error["traceback"]
    short = "stories:\n- story: boom\n  steps: [{intent: a}, {action: utter_x}]"
    bench.editor.set_text("stories.yml", short)
    bench.train(wait=True)
    assert no_errors(bench)
    assert bench.say("/a")[0]["text"] == "hi"
    bench.close()


def test_one_that_is_closed_in_mid_training_is_quiet_and_can_still_be_asked(monkeypatch):
    lost = []
    monkeypatch.setattr(threading, "excepthook", lambda told: lost.append(told.exc_value))
    policy = CurvedPolicy()
    policy.gates = threading.Semaphore(3)
    bench = Workbench(bots.load("moodbot"), policies=[policy])
    bench.train()
    run = bench.training.runs[-1]
    while not run.curves["CurvedPolicy"]:
        time.sleep(0.01)
    bench.close()
    policy.gates.release(1000)
    assert run.wait() == "stopped"
    bench.training.wait()
    assert lost == []
    assert no_errors(bench)
    assert "Workbench: moodbot" in repr(bench)
    bench.close()


def test_an_error_while_the_confidences_follow_a_run_is_shown_in_the_head(make, monkeypatch):
    bench = make()

    def raise_it(agent):
        raise ValueError("<img src=x>")

    monkeypatch.setattr(bench.confidence, "use", raise_it)
    run = bench.training.train()
    bench.training.wait()
    monkeypatch.setattr(type(run), "is_going_on", True)
    bench._learning(run)
    assert bench.bar.error["message"] == "ValueError: <img src=x>"


# --- conversations that are kept


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(bots.path("moodbot"), tmp_path / "mine"))


def said(bench):
    return [event.text for event in bench.tracker.events if isinstance(event, UserUttered)]


def test_a_conversation_goes_on_in_the_next_kernel_and_the_chat_says_where_it_is_kept(make, folder):
    first = make(Project.load(folder))
    first.train(wait=True)
    first.say("/greet")
    first.conversations.begin()
    first.say("/mood_great")
    first.train(wait=True)  # another bot, the same conversations
    assert said(first) == ["/mood_great"]
    first.close()
    bench = make(Project.load(folder))
    assert said(bench) == ["/greet"]
    file = folder / ".dialogue_nb" / "conversations.db"
    assert bench.chat.view["kept"] == f"“default” is kept in {file}"
    assert bench.timeline.view["count"] == "4 turns"
    bench.train(wait=True)
    bench.conversations.reopen("conversation 1")
    assert (said(bench), bench.sender_id) == (["/mood_great"], "conversation 1")
    for view in (bench.timeline, bench.confidence, bench.features):
        assert view.tracker is bench.tracker
    bench.say("/goodbye")
    assert said(bench) == ["/mood_great", "/goodbye"]
    assert bench.conversations.view["count"] == "2 conversations"
    assert no_errors(bench)


def test_bots_of_the_package_are_not_written_into(make):
    bench = make()
    assert os.environ["XDG_DATA_HOME"] in bench.chat.view["kept"]
    assert not (bots.path("moodbot") / ".dialogue_nb").exists()


@pytest.mark.parametrize("nowhere", [None, False])
def test_conversations_may_stay_in_memory(make, nowhere):
    bench = make(tracker_store=nowhere)
    assert bench.agent.tracker_store.where is None
    assert bench.chat.view["kept"] == ""


def test_a_place_may_be_chosen(make, tmp_path):
    bench = make(tracker_store=tmp_path / "chats.db", sender_id="ann")
    bench.train(wait=True)
    bench.say("/greet")
    assert make(tracker_store=tmp_path / "chats.db", sender_id="ann").tracker == bench.tracker


def test_a_damaged_file_is_told_in_the_chat_and_talking_goes_on(make, folder):
    file = folder / ".dialogue_nb" / "conversations.db"
    file.parent.mkdir()
    file.write_bytes(b"this was a database once " * 99)
    bench = make(Project.load(folder))
    assert "It was moved to" in bench.chat.error["message"]
    bench.train(wait=True)
    assert bench.say("/greet")


def test_two_notebooks_over_one_bot_see_what_the_other_says(make, folder):
    left, right = (make(Project.load(folder)) for _ in range(2))
    for bench in (left, right):
        bench.train(wait=True)
    left.say("/greet")
    right.say("/mood_great")
    assert said(right) == ["/greet", "/mood_great"]
    left.say("/goodbye")
    assert said(left) == ["/greet", "/mood_great", "/goodbye"]
    assert left.timeline.tracker is left.tracker
    assert no_errors(left)
