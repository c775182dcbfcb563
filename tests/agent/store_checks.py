"""What every tracker store must hold, whatever database is behind it: checks as plain functions.

Each takes a function that opens the store, once more if it is called again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dialogue_nb.agent.live_trackers import LiveTrackers
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.agent.tracker_store import Head
from dialogue_nb.core.events import (
    ActionExecuted,
    BotUttered,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.exceptions import ConversationChangedError, TrackerStoreError
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.agent import chatting
from tests.agent.kiosk import Scripted, kiosk, texts

ROOT = Path(__file__).parents[2]
LISTEN = "action_listen"
SQL = "Robert'); DROP TABLE dialogue_nb_events;--"
HOSTILE = [
    SQL,
    '" OR 1=1 --',
    "%_\\%",
    "a\x00b\x01\x1b[31m\u202e\x7f",
    "half \ud83d",
    "<script>alert(1)</script>",
    "नमस्ते 你好 مرحبا 🌿",
    "",
    "x" * 1_000_000,
]


def exchange(name, at=None):
    """A message and its answer."""
    said = UserUttered(f"words of {name}", {"name": name, "confidence": 0.75}, timestamp=at)
    done = ActionExecuted("utter_hello", "MemoizationPolicy", 0.5, timestamp=at)
    return [said, done, BotUttered("Morning!"), ActionExecuted(LISTEN, timestamp=at)]


def kept(store, sender):
    """The events of a conversation, with their times, as plain records."""
    return [event.as_dict() for event in store.read(sender).events]


def everything_that_happened_is_read_again(opened):
    agent = kiosk(tracker_store=opened())
    agent.handle_text('/buy{"paper": "Herald"}', "ann")
    agent.handle_text("/leave", "ann")
    first = agent.tracker("ann")
    again = kiosk(tracker_store=opened()).tracker("ann")
    assert [e.as_dict() for e in again.events] == [e.as_dict() for e in first.events]
    assert again.get_slot("paper") == "Herald"
    sold = next(e for e in again.events if getattr(e, "action_name", "") == "utter_sold")
    assert (sold.policy, sold.confidence) == ("MemoizationPolicy", 1.0)


def a_conversation_goes_on_in_another_process(opened):
    kiosk(tracker_store=opened()).handle_text('/buy{"paper": "Herald"}', "ann")
    second = kiosk(tracker_store=opened())
    assert texts(second.handle_text("/leave", "ann")) == ["So long."]
    assert second.tracker_store.conversations()[0].messages == 2


def what_another_kernel_said_is_read_before_the_next_message(opened):
    left, right = kiosk(tracker_store=opened()), kiosk(tracker_store=opened())
    left.handle_text("/hello", "ann")
    first = left.tracker("ann").decisions[0][1]
    right.handle_text('/buy{"paper": "Times"}', "ann")
    left.handle_text("/leave", "ann")
    said = [e.intent_name for e in left.tracker("ann").events if isinstance(e, UserUttered)]
    assert said == ["hello", "buy", "leave"]
    assert left.tracker("ann").get_slot("paper") == "Times"
    assert kept(opened(), "ann") == [e.as_dict() for e in left.tracker("ann").events]
    decided = [(left.tracker("ann").events[i], d) for i, d in left.tracker("ann").decisions]
    assert all(event.action_name == decision.action for event, decision in decided)
    assert decided[0][1] is first  # what it knew of its own first message
    assert len(decided) > 2


def a_message_that_comes_in_between_is_answered_after_the_other(opened):
    other = kiosk(tracker_store=opened())
    counted = []

    def count(tracker, domain):
        counted.append(len(tracker.events))
        if len(counted) == 1:
            other.handle_text("/hello", "ann")

    script = Scripted({(LISTEN, "buy"): "action_count", "action_count": LISTEN})
    agent = kiosk(script, tracker_store=opened(), actions={"action_count": count})
    agent.handle_text('/buy{"paper": "Herald"}', "ann")
    said = [e.intent_name for e in agent.tracker("ann").events if isinstance(e, UserUttered)]
    assert said == ["hello", "buy"]
    assert len(counted) == 2  # it was answered anew
    assert kept(opened(), "ann") == [e.as_dict() for e in agent.tracker("ann").events]


def who_writes_over_what_they_have_not_read_is_told(opened):
    store = opened()
    head = store.write("ann", exchange("hello"), keep=0, after=None)
    opened().write("ann", exchange("buy"), keep=4, after=head)
    for after in (None, head, Head(head.key + 1, 1)):
        with pytest.raises(ConversationChangedError, match="changed meanwhile"):
            store.write("ann", exchange("leave"), keep=4, after=after)
    assert len(store.read("ann").events) == 8


def an_undo_takes_back_and_nothing_else(opened):
    agent = kiosk(tracker_store=opened())
    agent.handle_text("/hello", "ann")
    before = agent.tracker("ann")
    agent.handle_text('/buy{"paper": "Herald"}', "ann")
    agent.tracker_store["ann"] = before.branch(6)
    assert len(kept(opened(), "ann")) == 6
    assert opened().conversations()[0].messages == 1
    assert opened().conversations("slot:paper=Herald") == []
    agent.handle_text("/leave", "ann")
    assert kept(opened(), "ann") == [e.as_dict() for e in agent.tracker("ann").events]


def an_undo_of_what_somebody_else_has_gone_on_with_is_told(opened):
    left, right = kiosk(tracker_store=opened()), kiosk(tracker_store=opened())
    left.handle_text("/hello", "ann")
    right.handle_text("/leave", "ann")
    with pytest.raises(ConversationChangedError, match="'ann' was changed meanwhile"):
        left.tracker_store["ann"] = left.tracker("ann").branch(3)
    assert left.tracker("ann").latest_message.intent_name == "leave"
    assert len(kept(opened(), "ann")) == len(left.tracker("ann").events)


def what_was_done_by_hand_is_kept_with_the_next_message(opened):
    agent = kiosk(tracker_store=opened())
    agent.handle_text("/hello", "ann")
    agent.tracker("ann").update(SlotSet("paper", "Herald"))
    kiosk(tracker_store=opened()).handle_text("/leave", "ann")
    agent.handle_text("/hello", "ann")
    events = [e for e in agent.tracker("ann").events if e.type_name in ("user", "slot")]
    assert [e.type_name for e in events if getattr(e, "key", "paper") == "paper"] == [
        "user", "user", "slot", "user",
    ]  # fmt: skip
    assert kept(opened(), "ann") == [e.as_dict() for e in agent.tracker("ann").events]
    agent.tracker("ann").update(SlotSet("paper", "Times"))
    agent.tracker_store.save("ann")
    assert opened().retrieve("ann").get_slot("paper") == "Times"


def what_was_said_before_an_error_is_kept(opened):
    def strike(tracker, domain):
        raise KeyboardInterrupt

    agent = kiosk(tracker_store=opened(), actions={"action_count": strike})
    with pytest.raises(KeyboardInterrupt):
        agent.handle_text('/buy{"paper": "Herald"}', "ann")
    assert opened().retrieve("ann").get_slot("paper") == "Herald"


def a_deleted_conversation_is_gone_and_another_begins(opened):
    left, right = kiosk(tracker_store=opened()), kiosk(tracker_store=opened())
    left.handle_text("/hello", "ann")
    right.handle_text("/hello", "bob")
    del right.tracker_store["ann"]
    assert sorted(left.tracker_store) == ["ann", "bob"]  # it still has it in memory
    left.handle_text("/leave", "ann")
    said = [e.intent_name for e in left.tracker("ann").events if isinstance(e, UserUttered)]
    assert said == ["leave"]
    assert opened().delete("nobody") is False
    with pytest.raises(KeyError):
        del right.tracker_store["nobody"]
    assert "nobody" not in right.tracker_store
    assert "bob" in left.tracker_store


def hostile_words_in_every_field_are_only_words(opened):
    store = opened()
    for place, text in enumerate(HOSTILE):
        entity = {"entity": text, "value": text}
        events = [
            UserUttered(text, {"name": text, "confidence": 1.0}, (entity,)),
            SlotSet(text, {text: [text]}),
            ActionExecuted(text, text, 0.5),
            BotUttered(text, {text: text}),
            FollowupAction(text),
        ]  # fmt: skip
        store.write(f"{place}{text}", events, keep=0, after=None)
        assert store.read(f"{place}{text}").events == tuple(events)
    assert opened().count() == len(HOSTILE)
    senders = {info.sender_id for info in opened().conversations()}
    assert senders == {f"{place}{text}" for place, text in enumerate(HOSTILE)}
    for text in HOSTILE[:-1]:
        quoted = text.replace('"', "")
        if quoted.strip():
            found = store.conversations(f'"{quoted}"')
            assert any(text in info.sender_id for info in found), text
    assert [info.sender_id[:1] for info in store.conversations('"%_"')] == ["2"]
    assert len(store.conversations(SQL)) == 1


def messages_of_a_million_characters_are_answered_and_kept(opened):
    agent = kiosk(tracker_store=opened())
    for text in ("/hello", "words ", "\x00\u202e\x1b", '/buy{"paper": "'):
        agent.handle_text(text + 1_000_000 // len(text) * text, "ann")
    said = [e for e in opened().read("ann").events if isinstance(e, UserUttered)]
    assert [len(event.text) > 999_000 for event in said] == [True] * 4
    assert kept(opened(), "ann") == [e.as_dict() for e in agent.tracker("ann").events]
    assert len(opened().conversations()[0].latest) == 200


def conversations_are_listed_and_found(opened):
    store = opened()
    for number, name in enumerate(("ann", "Bob", "cleo")):
        store.write(name, exchange("hello", 100.0 + number), keep=0, after=None)
    head = store.head("ann")
    more = [UserUttered.of("buy", text="The HERALD, please"), SlotSet("paper", "Herald")]
    store.write("ann", [*more, SlotSet("change", 5)], keep=4, after=head)
    rows = store.conversations()
    assert {info.sender_id for info in rows} == {"ann", "Bob", "cleo"}
    assert rows[0].sender_id == "ann"  # what has no time of its own is written now
    assert (rows[0].messages, rows[0].events, rows[0].latest) == (2, 7, "The HERALD, please")
    assert rows[1].sender_id == "cleo"
    assert (rows[1].began, rows[1].updated) == (102.0, 102.0)
    searches = {
        "herald": ["ann"],
        "herald please": ["ann"],
        '"herald please"': [],
        "bob": ["Bob"],
        "intent:hello": ["ann", "cleo", "Bob"],
        "intent:buy": ["ann"],
        "intent:bu": [],
        "slot:paper": ["ann"],
        "slot:paper=herald": ["ann"],
        "slot:paper=her": [],
        "slot:change=5 intent:buy": ["ann"],
        "utter_hello": ["ann", "cleo", "Bob"],
        "nothing": [],
    }
    memory = LiveTrackers()
    for info in reversed(rows):
        memory[info.sender_id] = DialogueStateTracker(
            info.sender_id, (), store.read(info.sender_id).events
        )
    for search, found in searches.items():
        assert [info.sender_id for info in store.conversations(search)] == found, search
        assert store.count(search) == len(found)
        assert sorted(i.sender_id for i in memory.conversations(search)) == sorted(found), search
    assert [i.sender_id for i in store.conversations(limit=1, offset=1)] == ["cleo"]
    assert store.keys() == ["ann", "cleo", "Bob"]


def what_json_has_no_form_for_is_told_and_the_rest_stays(opened):
    store = opened()
    head = store.write("ann", exchange("hello"), keep=0, after=None)
    with pytest.raises(TrackerStoreError, match=r"'ann' cannot be kept.*event 'slot' of 'paper'"):
        store.write("ann", [SlotSet("paper", object())], keep=4, after=head)
    assert store.head("ann") == head
    assert len(store.read("ann").events) == 4


def run(what, where):
    """Runs the processes of `chatting` over a store."""
    command = [sys.executable, "-m", "tests.agent.chatting", what, where]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def twenty_kills_lose_nothing_that_was_acknowledged(opened):
    told = run("kill", opened().place)
    events = opened().read("ann").events
    said = [event.text for event in events if isinstance(event, UserUttered)]
    assert len(told) >= chatting.KILLS // 2
    assert [text for text in said if text in set(told)] == told
    lives = {text.split(",")[0] for text in told}
    # a message may have been written and its process killed before it could say so
    assert len(said) - len(told) <= chatting.KILLS
    assert len(lives) >= chatting.KILLS // 2
    whole(events)


def whole(events):
    """Every message was written with its answer, or not at all."""
    places = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    for first, after in zip(places, [*places[1:], len(events)], strict=True):
        done = [e.action_name for e in events[first:after] if isinstance(e, ActionExecuted)]
        assert done == ["utter_hello", LISTEN]


def two_processes_that_write_at_once_lose_nothing(opened):
    told = run("together", opened().place)
    events = opened().read("both").events
    said = [event.text for event in events if isinstance(event, UserUttered)]
    assert len(said) == 2 * chatting.EACH
    for name, texts_of_one in zip(("left", "right"), told, strict=True):
        assert [text for text in said if text.startswith(name)] == texts_of_one[::2]
        alone = [e.text for e in opened().read(f"only {name}").events if isinstance(e, UserUttered)]
        assert alone == texts_of_one[1::2]
    whole(events)


class Opened(SQLTrackerStore):
    """A store that knows what it was opened with."""

    def __init__(self, place):
        self.place = place
        super().__init__(place)


CHECKS = (
    everything_that_happened_is_read_again,
    a_conversation_goes_on_in_another_process,
    what_another_kernel_said_is_read_before_the_next_message,
    a_message_that_comes_in_between_is_answered_after_the_other,
    who_writes_over_what_they_have_not_read_is_told,
    an_undo_takes_back_and_nothing_else,
    an_undo_of_what_somebody_else_has_gone_on_with_is_told,
    what_was_done_by_hand_is_kept_with_the_next_message,
    what_was_said_before_an_error_is_kept,
    a_deleted_conversation_is_gone_and_another_begins,
    hostile_words_in_every_field_are_only_words,
    messages_of_a_million_characters_are_answered_and_kept,
    conversations_are_listed_and_found,
    what_json_has_no_form_for_is_told_and_the_rest_stays,
    twenty_kills_lose_nothing_that_was_acknowledged,
    two_processes_that_write_at_once_lose_nothing,
)
