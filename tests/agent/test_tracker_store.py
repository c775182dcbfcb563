"""Tracker stores: the same checks with SQLite and with a real PostgreSQL; then what files do."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.agent import sql_engine
from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.live_trackers import LiveTrackers, open_store
from dialogue_nb.agent.sql_tables import (
    CONVERSATIONS,
    EVENTS,
    METADATA,
    VERSION,
    conversation_row,
    event_rows,
    hash_of,
)
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.agent.tracker_store import ConversationInfo, storable
from dialogue_nb.core.event_json import event_from_dict
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.exceptions import DamagedStoreError, DialogueError, TrackerStoreError
from tests.agent import postgres
from tests.agent.kiosk import kiosk
from tests.agent.store_checks import CHECKS, Opened, exchange, kept
from tests.core.event_strategies import actions, messages, others

MANY = 10_000


@contextmanager
def opening(place):
    """Opens stores at one place; afterwards all are closed."""
    made = []

    def opened():
        made.append(Opened(place))
        return made[-1]

    try:
        yield opened
    finally:
        for store in made:
            store.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sqlite(check, tmp_path):
    with opening(str(tmp_path / "chats.db")) as opened:
        check(opened)


@pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL is installed: no initdb")
def test_postgresql_passes_the_same_checks():
    """One test, because one server is enough; which check failed is in the traceback."""
    with postgres.server() as address:
        for check in CHECKS:
            with opening(address) as opened:
                check(opened)
            engine = sa.create_engine(address.replace("postgresql", "postgresql+psycopg"))
            METADATA.drop_all(engine)
            engine.dispose()


# --- files


@pytest.fixture
def file(tmp_path):
    return tmp_path / "chats.db"


@pytest.fixture
def filled(file):
    """A file with a conversation, closed."""
    store = SQLTrackerStore(file)
    store.write("ann", exchange("hello"), keep=0, after=None)
    store.close()
    return file


@pytest.mark.parametrize("damage", ["no database", "torn", "overwritten in the middle"])
def test_a_damaged_file_is_moved_aside_whole_and_the_error_says_where(filled, damage):
    store = SQLTrackerStore(filled)
    head = None
    for number in range(60):
        head = store.write("long", exchange(f"n{number}"), keep=4 * number, after=head)
    store.close()
    whole = filled.read_bytes()
    broken = {
        "no database": b"This is a letter, not a database. " * 300,
        "torn": whole[: len(whole) // 2],
        "overwritten in the middle": whole[:4096] + b"\xff" * 20_000 + whole[24_096:],
    }[damage]
    filled.write_bytes(broken)
    with pytest.raises(DamagedStoreError, match="is damaged") as told:
        SQLTrackerStore(filled)
    (moved,) = (p for p in filled.parent.glob("*.damaged-*") if not p.name.endswith(("wal", "shm")))
    assert str(moved) in str(told.value)
    assert moved.read_bytes() == broken
    assert not filled.exists()
    again = SQLTrackerStore(filled)
    assert again.count() == 0
    again.close()


def test_two_damaged_files_in_one_second_both_stay(file):
    for text in (b"one " * 50, b"two " * 50):
        file.write_bytes(text)
        with pytest.raises(DamagedStoreError):
            SQLTrackerStore(file)
    assert sorted(p.read_bytes()[:3] for p in file.parent.glob("*damaged*")) == [b"one", b"two"]


def test_a_chat_goes_on_in_a_new_file_when_its_file_is_damaged_meanwhile(filled):
    agent = kiosk(tracker_store=filled)
    agent.handle_text("/leave", "ann")
    events = agent.tracker("ann").events
    agent.tracker_store.store.close()
    filled.write_bytes(b"overwritten by a program that went wrong " * 200)
    with pytest.raises(DamagedStoreError, match="It was moved to"):
        agent.handle_text("/hello", "ann")
    agent.handle_text("/hello", "ann")
    store = SQLTrackerStore(filled)
    assert store.read("ann").events[: len(events)] == events
    assert kept(store, "ann") == [e.as_dict() for e in agent.tracker("ann").events]
    store.close()


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_is_deleted_while_it_is_in_use_is_told_and_written_anew(filled, is_replaced):
    agent = kiosk(tracker_store=filled)
    agent.handle_text("/leave", "ann")
    for file in filled.parent.iterdir():
        file.unlink()
    if is_replaced:
        other = SQLTrackerStore(filled)
        other.write("bob", exchange("hello"), keep=0, after=None)
        other.close()
    with pytest.raises(DamagedStoreError, match="removed or replaced"):
        agent.handle_text("/hello", "ann")
    agent.handle_text("/hello", "ann")
    store = SQLTrackerStore(filled)
    assert kept(store, "ann") == [e.as_dict() for e in agent.tracker("ann").events]
    assert store.conversations("ann")[0].messages == 3
    assert (store.head("bob") is not None) == is_replaced
    store.close()


def test_a_sound_file_is_not_moved_because_a_reading_went_wrong(filled):
    database = sql_engine.Database(filled)
    told = database.moved_aside("a reading went wrong")
    assert not isinstance(told, DamagedStoreError)
    assert "is sound" in str(told)
    assert filled.exists()


def test_a_database_of_something_else_is_left_alone(file):
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(TrackerStoreError, match=r"other tables \(recipes\)"):
        SQLTrackerStore(file)
    assert file.read_bytes() == before


def test_a_newer_form_is_told_and_left_alone(filled):
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE dialogue_nb_about SET value = '7'")
    connection.close()
    with pytest.raises(TrackerStoreError, match=f"form 7.*up to {VERSION}"):
        SQLTrackerStore(filled)


RASA_FILE = """
CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255) NOT NULL,
  type_name VARCHAR(255) NOT NULL, timestamp FLOAT, intent_name VARCHAR(255),
  action_name VARCHAR(255), data TEXT);
INSERT INTO events VALUES
 (1, 'ann', 'action', 1.0, NULL, 'action_listen', '{"event": "action", "timestamp": 1.0,
  "name": "action_listen", "policy": null, "confidence": null}'),
 (2, 'bob', 'slot', 1.5, NULL, NULL, '{"event": "slot", "name": "paper", "value": "Times"}'),
 (3, 'ann', 'user', 2.0, 'hello', NULL, '{"event": "user", "timestamp": 2.0, "text": "Hi!",
  "parse_data": {"intent": {"name": "hello", "confidence": 0.8}, "entities": []}}'),
 (4, 'ann', 'form', 3.0, NULL, NULL, '{"event": "form", "name": "paper_form"}'),
 (5, 'ann', 'odd', 4.0, NULL, NULL, 'no JSON');
"""
"""Version 0: what Rasa's own SQLTrackerStore writes."""


def test_a_file_of_version_0_is_brought_up_to_date_and_its_tables_stay(file):
    with sqlite3.connect(file) as connection:
        connection.executescript(RASA_FILE)
    connection.close()
    store = SQLTrackerStore(file)
    assert store.notes == (
        "2 conversations were copied from Rasa's table 'events', which stays as it is. "
        "1 events could not be read and were left out.",
    )
    assert store.retrieve("ann").latest_message.text == "Hi!"
    assert store.retrieve("ann").active_loop_name == "paper_form"
    assert store.retrieve("bob").get_slot("paper") == "Times"
    assert kiosk(tracker_store=store).handle_text("/hello", "ann")
    store.close()
    again = SQLTrackerStore(file)
    assert again.notes == ()
    assert again.count() == 2
    again.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (5,)
    connection.close()


def test_a_migration_that_is_interrupted_leaves_the_file_as_it_was(file, monkeypatch):
    with sqlite3.connect(file) as connection:
        connection.executescript(RASA_FILE)
    connection.close()

    def fails(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dialogue_nb.agent.sql_tables.insert_conversation", fails)
        with pytest.raises(KeyboardInterrupt):
            SQLTrackerStore(file)
    store = SQLTrackerStore(file)
    assert store.count() == 2
    store.close()


def test_ten_thousand_conversations_are_listed_in_under_200_ms(file):
    store = SQLTrackerStore(file)
    talks, happened = [], []
    for number in range(MANY):
        events = [UserUttered.of("hello", text=f"Message {number}")]
        name = f"person {number}"
        rows = event_rows(name, events, first=0, revision=1)
        happened += [row | {"conversation": number + 1} for row in rows]
        about = {
            "sender": f'"{name}"',
            "name": name,
            "sender_hash": hash_of(name),
            "id": number + 1,
        }
        about |= {"revision": 1, "written": 1}
        talks.append(about | conversation_row(name, events, float(number)))
    with store._database.writing() as connection:
        connection.execute(sa.insert(CONVERSATIONS), talks)
        connection.execute(sa.insert(EVENTS), happened)
    seconds = []
    for _ in range(5):
        begun = time.process_time()  # other tests may run beside this one
        rows = store.conversations()
        seconds.append(time.process_time() - begun)
    assert (len(rows), rows[0].sender_id) == (MANY, f"person {MANY - 1}")
    assert min(seconds) < 0.2
    begun = time.process_time()
    assert [info.sender_id for info in store.conversations('"message 777"')][-1] == "person 777"
    assert time.process_time() - begun < 1
    assert len(LiveTrackers((), store)) == MANY
    store.close()


def test_what_was_deleted_is_not_left_in_the_file(file):
    store = SQLTrackerStore(file)
    secret = "a word that nobody else says"
    store.write("ann", [UserUttered.of("hello", text=secret)], keep=0, after=None)
    store.delete("ann")
    store.close()
    assert secret.encode() not in file.read_bytes()


_MEMORY = SQLTrackerStore("sqlite://")
happenings = st.lists(st.one_of(messages, actions, others), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(happenings, st.integers(0, 12)), max_size=4), st.text(max_size=9))
def test_any_conversation_with_any_undos_is_read_as_it_is_in_memory(steps, sender):
    store = _MEMORY
    store.delete(sender)
    head, expected = None, []
    for more, kept_of_it in steps:
        keep = min(kept_of_it, len(expected))
        expected = expected[:keep] + more
        head = store.write(sender, more, keep=keep, after=head)
        assert [e.as_dict() for e in store.read(sender).events] == plain(expected)
        (listed,) = store.conversations()
        again = ConversationInfo.of(sender, expected)
        assert listed.sender_id == sender
        assert (listed.events, listed.messages) == (again.events, again.messages)
        assert listed.latest == storable(again.latest)
    store.delete(sender)


def plain(events):
    """What JSON leaves of events: lists for tuples."""
    return [event_from_dict(json.loads(json.dumps(e.as_dict()))).as_dict() for e in events]


# --- who says where


def test_an_agent_keeps_its_conversations_in_memory_unless_it_is_told_where(file):
    agent = kiosk()
    agent.handle_text("/hello")
    assert agent.tracker_store.where is None
    assert agent.tracker_store.conversations("intent:hello")[0].sender_id == "default"
    told = kiosk(tracker_store=str(file))
    assert told.tracker_store.where == str(file)
    assert kiosk(tracker_store=told.tracker_store).tracker_store.store is told.tracker_store.store
    assert open_store(told.tracker_store.store) is told.tracker_store.store
    told.tracker_store.store.close()


def test_a_saved_model_talks_into_a_store(file, tmp_path):
    kiosk().persist(tmp_path / "model")
    agent = Agent.load(tmp_path / "model", tracker_store=file)
    agent.handle_text("/hello", "ann")
    again = Agent.load(tmp_path / "model", tracker_store=file)
    assert again.tracker("ann") == agent.tracker("ann")
    for one in (agent, again):
        one.tracker_store.store.close()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nonsense://here", "cannot be used"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot be reached"),
        ("://", "Expected a file name or an address"),
    ],
)
def test_a_place_that_cannot_be_used_is_one_sentence_without_a_password(place, said):
    with pytest.raises(TrackerStoreError, match=said) as told:
        SQLTrackerStore(place)
    assert "secret" not in str(told.value)


def test_a_folder_is_no_file_of_conversations(tmp_path):
    with pytest.raises(TrackerStoreError, match="Choose a place where you may write"):
        SQLTrackerStore(tmp_path)


@pytest.mark.parametrize("search", ["x" * 501, "a " * 13])
def test_a_search_has_an_end(search):
    for trackers in (LiveTrackers(), SQLTrackerStore("sqlite://")):
        with pytest.raises(DialogueError, match="Search for less"):
            trackers.conversations(search)
