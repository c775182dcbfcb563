"""Conversations as files: Rasa's JSON form and stories, where they are kept by default."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.conversation_files import (
    add_conversations,
    export_json,
    export_stories,
    read_conversations,
)
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.agent.store_places import project_store, store_place
from dialogue_nb.core.exceptions import DialogueError, TrackerStoreError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN_YAML, kiosk
from tests.agent.store_checks import HOSTILE, exchange


@pytest.fixture
def talks():
    agent = kiosk()
    agent.handle_text('/buy{"paper": "Herald"}', "ann")
    agent.handle_text("/hello", "bob")
    return [agent.tracker("ann"), agent.tracker("bob")]


def test_what_is_exported_is_imported_again_with_times_and_slots(talks, tmp_path):
    file = tmp_path / "talks.json"
    for chosen in (talks, talks[:1]):
        file.write_text(export_json(chosen), encoding="utf-8")
        read = read_conversations(file)
        assert read == chosen
        for one, other in zip(read, chosen, strict=True):
            assert [e.as_dict() for e in one.events] == [e.as_dict() for e in other.events]
    file.write_text("\n".join(json.dumps(talk.as_dict()) for talk in talks) + "\n")
    assert read_conversations(file) == talks


def test_a_slot_that_no_event_has_set_is_set_at_the_end(tmp_path):
    file = tmp_path / "talk.json"
    events = [{"event": "action", "name": "action_listen", "timestamp": 5.0}]
    body = {"sender_id": "ann", "events": events, "slots": {"paper": "Times", "pages": None}}
    file.write_text(json.dumps(body))
    (talk,) = read_conversations(file)
    assert talk.get_slot("paper") == "Times"
    assert [(e.type_name, e.timestamp) for e in talk.events] == [("action", 5.0), ("slot", 5.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "is no JSON file"),
        ("[1]", "item 1: an object with a list 'events', got something of type int"),
        ('{"slots": {}}', "got an object without it"),
        ('{"events": []}\n{"events": [', "line 2 is none"),
        ('{"events": [{"event": "slto"}]}', "Event 1 of 1: Unknown event type 'slto'"),
        ("[" * 100_000, "is no JSON file"),
    ],
)
def test_what_is_no_conversation_is_told_with_its_place(tmp_path, text, said):
    file = tmp_path / "talk.json"
    file.write_text(text)
    with pytest.raises(TrackerStoreError, match=r"talk\.json") as told:
        read_conversations(file)
    assert said in str(told.value)


def test_a_name_that_is_taken_is_told_and_nothing_is_imported(talks):
    store = SQLTrackerStore("sqlite://")
    assert add_conversations(store, talks[1:]) == ["bob"]
    with pytest.raises(TrackerStoreError, match="'bob' already"):
        add_conversations(store, talks)
    assert store.keys() == ["bob"]
    with pytest.raises(TrackerStoreError, match="Two of the conversations are of 'ann'"):
        add_conversations(store, [talks[0], talks[0]])
    shorter = DialogueStateTracker("bob", (), talks[1].events[:3])
    add_conversations(store, [shorter], replace=True)
    assert store.retrieve("bob") == shorter
    store.close()


@pytest.mark.parametrize("format", ["yaml", "markdown"])
def test_conversations_become_stories_with_names_of_their_own(talks, format):
    twin = DialogueStateTracker("ann ", (), talks[0].events)
    empty = DialogueStateTracker("nobody")
    text, problems = export_stories([*talks, twin, empty], format)
    assert problems == []
    stories, found = parse_stories(text)
    assert [story.name for story in stories] == ["ann", "bob", "ann (2)"]
    assert found == []


def test_hostile_names_become_names_of_stories():
    trackers = [DialogueStateTracker(text, (), exchange("hello")) for text in HOSTILE]
    text, _ = export_stories(trackers, "yaml")
    stories, found = parse_stories(text)
    assert len(stories) == len(HOSTILE)
    assert found == []
    with pytest.raises(DialogueError, match="Expected a format"):
        export_stories(trackers, "pdf")


# --- where


@pytest.fixture
def bot(tmp_path):
    folder = tmp_path / "newsagent"
    folder.mkdir()
    (folder / "domain.yml").write_text(DOMAIN_YAML, encoding="utf-8")
    return Project.load(folder)


def test_a_bot_has_its_conversations_in_its_folder_out_of_git(bot):
    store, problem = project_store(bot)
    assert problem == ""
    assert Path(store.where) == bot.folder / ".dialogue_nb" / "conversations.db"
    assert (bot.folder / ".dialogue_nb" / ".gitignore").read_text() == "*\n"
    assert Project.load(bot.folder).diagnostics == bot.diagnostics  # it is no file of the bot
    store.close()


def test_a_bot_of_the_package_has_them_in_the_persons_folder():
    own = Path(os.environ["XDG_DATA_HOME"])
    assert (
        store_place(bots.load("cafe")) == own / "dialogue_nb" / "bots" / "cafe" / "conversations.db"
    )


def test_a_bot_that_may_only_be_read_has_them_in_the_persons_folder(bot, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert Path(os.environ["XDG_DATA_HOME"]) in store_place(bot).parents


def test_a_bot_without_files_has_none(bot):
    assert project_store(replace(bot, domain_files=())) == (None, "")


def test_a_damaged_file_is_told_and_an_empty_one_begun(bot):
    file = store_place(bot)
    file.parent.mkdir()
    file.write_bytes(b"not any more " * 99)
    store, problem = project_store(bot)
    assert "It was moved to" in problem
    assert store.count() == 0
    store.close()


def test_where_nothing_can_be_kept_memory_serves_and_that_is_told(bot):
    (bot.folder / ".dialogue_nb").write_text("a file where the folder would be")
    store, problem = project_store(bot)
    assert store is None
    assert "kept in memory now" in problem
