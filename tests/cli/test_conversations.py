"""`dialogue-nb conversations`, and `talk` that goes on where it was left."""

from __future__ import annotations

import io
import json

import pytest

from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore


@pytest.fixture
def typed(run):
    """Runs a command as it is typed."""
    return lambda words: run(*words.split())


@pytest.fixture
def talked(model, run, monkeypatch):
    """A store in which two people have talked."""
    for sender, typed in (("ann", "/hello\n"), ("bob", '/buy{"paper": "Herald"}\n/leave\n')):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert run("talk", "--store", "chats.db", "--sender", sender)[0] == 0
    return model / "chats.db"


def test_a_talk_goes_on_where_it_was_left(talked, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("/leave\n"))
    status, out, err = run("talk", "--store", "chats.db", "--sender", "ann")
    assert status == 0
    assert "So long." in out
    assert f"The conversation 'ann' is kept in {talked}; it goes on after 1 messages." in err
    store = SQLTrackerStore(talked)
    assert store.conversations()[0].messages == 2
    store.close()


def test_conversations_are_listed_and_searched(talked, typed):
    status, out, err = typed("conversations list --store chats.db")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["bob", "ann"]
    assert err == f"2 of 2 conversations in {talked}\n"
    words = "conversations list --store chats.db --search slot:paper=herald --json"
    _, out, _ = typed(words)
    (row,) = json.loads(out)
    assert (row["sender_id"], row["messages"], row["latest"]) == ("bob", 2, "/leave")
    _, out, _ = typed("conversations list --store chats.db --limit 1")
    assert out.startswith("bob ")


def test_a_conversation_is_shown(talked, typed):
    status, out, _ = typed("conversations show bob --store chats.db")
    assert status == 0
    assert "user: /leave (leave 1.00)" in out
    assert "bot: So long." in out
    body = json.loads(typed("conversations show bob --store chats.db --json")[1])
    assert body["sender_id"] == "bob"


def test_conversations_travel_as_trackers_and_as_stories(talked, typed):
    words = "conversations export --store chats.db -d domain.yml -o all.json"
    status, out, err = typed(words)
    assert (status, out, err) == (0, "", "2 conversations written to all.json\n")
    status, _, err = typed("conversations import all.json --store new.db")
    assert (status, err) == (0, "Imported: bob, ann\n")
    for store in ("chats.db", "new.db"):
        words = f"conversations export ann bob --store {store} --format markdown"
        status, out, _ = typed(words)
        assert out.startswith("## ann\n* hello\n    - utter_hello\n")
    again = "conversations import all.json --store new.db"
    status, _, err = typed(again)
    assert (status, err.count("\n")) == (2, 1)
    assert "already" in err
    assert typed(f"{again} --replace")[0] == 0
    one = json.loads(typed("conversations export ann --store new.db")[1])
    (talked.parent / "one.json").write_text(json.dumps(one))
    words = "conversations import one.json --sender eve --store new.db --json"
    status, out, _ = typed(words)
    assert json.loads(out) == {"imported": ["eve"]}


def test_deleting_a_name_with_a_mistake_deletes_nothing(talked, typed):
    status, _, err = typed("conversations delete ann bobb --store chats.db")
    assert status == 2
    assert "There is no conversation 'bobb'. Did you mean 'bob'?" in err
    assert json.loads(typed("conversations delete ann --store chats.db --json")[1]) == {
        "deleted": ["ann"]
    }
    _, out, _ = typed("conversations list --store chats.db")
    assert [line.split()[0] for line in out.splitlines()] == ["bob"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("conversations", "required: WHAT"),
        ("conversations list", "required: --store"),
        ("conversations list --store none.db", "found none: none.db"),
        ("conversations show eve --store chats.db", "no conversation 'eve'"),
        ("conversations import domain.yml --store chats.db", "is no JSON file"),
        ("conversations list --store domain.yml", "was moved to"),
    ],
)
def test_what_cannot_be_done_is_one_line(talked, typed, words, said):
    status, out, err = typed(words)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
