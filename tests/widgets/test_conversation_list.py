"""`ConversationList` without a browser, and conversations that are reopened in other views."""

from __future__ import annotations

import json

import pytest

from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.core.exceptions import ConversationChangedError, UnknownNameError
from dialogue_nb.views.conversation_list import IN_MEMORY, conversation_list_view, key_of, moment
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.conversation_list import PAGE, ConversationList
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.agent.store_checks import HOSTILE, exchange
from tests.chats import greenhouse


@pytest.fixture
def store(tmp_path):
    store = SQLTrackerStore(tmp_path / "chats.db")
    yield store
    store.close()


@pytest.fixture
def chat(store):
    agent = greenhouse(tracker_store=store)
    for name, text in (("ann", '/water{"plant": "fern"}'), ("bob", "/bye")):
        agent.handle_text(text, name)
    return ChatPane(agent, "ann")


def names(talks):
    return [row["name"] for row in talks.view["rows"]]


def test_the_latest_comes_first_and_the_open_one_is_marked(chat, store):
    talks = ConversationList(chat)
    assert names(talks) == ["bob", "ann"]
    assert [row["current"] for row in talks.view["rows"]] == [False, True]
    assert talks.view["rows"][1]["about"].startswith("1 message · ")
    assert talks.view["where"] == f"Kept in {store.where}"
    assert talks.summary == f"Conversations: 2 conversations. Kept in {store.where}"
    assert chat.view["kept"] == f"“ann” is kept in {store.where}"
    chat.say("/bye")
    assert names(talks) == ["ann", "bob"]
    assert talks.view["rows"][0]["latest"] == "/bye"


def test_a_conversation_is_reopened_in_the_chat_and_goes_on(chat):
    told = []
    chat.on_message(lambda tracker: told.append(tracker.sender_id))
    talks = ConversationList(chat)
    assert talks.answer({"id": 1, "type": "reopen", "key": key_of("bob")}) == {"id": 1}
    assert chat.sender_id == "bob"
    assert chat.tracker.latest_message.intent_name == "bye"
    assert chat.view["turns"][2]["said"][0][0] == ["words", "/bye"]
    assert chat.view["turns"][2]["bot"]["by"] == "Memoization 1.00"  # that is in the events
    assert told == ["bob"]
    chat.say("/hello")
    assert chat.tracker.latest_message.intent_name == "hello"
    assert talks.tracker is chat.tracker


def test_a_conversation_of_an_agent_is_opened_where_somebody_wants_it(chat):
    timeline = TrackerTimeline(chat.tracker)
    talks = ConversationList(chat.agent, on_open=lambda tracker: timeline.show(tracker, {}))
    assert talks.tracker is None
    talks.reopen("bob")
    assert timeline.summary.startswith("Timeline of bob")
    assert talks.tracker is timeline.tracker


def test_a_new_one_begins_and_the_others_stay(chat):
    talks = ConversationList(chat)
    talks.answer({"id": 1, "type": "begin"})
    assert (chat.sender_id, chat.tracker.events) == ("conversation 1", ())
    chat.say("/hello")
    talks.begin()
    assert chat.sender_id == "conversation 2"
    assert names(talks) == ["conversation 1", "bob", "ann"]


def test_searching_finds_words_intents_and_slots(chat):
    talks = ConversationList(chat)
    for search, found in (
        ("intent:bye", ["bob"]),
        ("slot:plant=fern", ["ann"]),
        ("utter_bye", ["bob"]),
        (" ", ["bob", "ann"]),
    ):
        assert talks.answer({"id": 1, "type": "search", "text": search}) == {"id": 1}
        assert names(talks) == found
    talks.search = "nobody"
    assert (talks.view["count"], talks.view["empty"]) == ("0 of 2 found", "Nothing is found.")
    assert (
        "Search for less" in talks.answer({"id": 2, "type": "search", "text": "a " * 99})["error"]
    )
    assert talks.search == "nobody"


def test_deleting_is_for_good_and_an_open_one_becomes_empty(chat, store):
    talks = ConversationList(chat)
    talks.answer({"id": 1, "type": "delete", "key": key_of("ann")})
    assert (chat.sender_id, chat.tracker.events, names(talks)) == ("ann", (), ["bob"])
    assert store.head("ann") is None
    with pytest.raises(UnknownNameError, match="no conversation 'nobody' any more"):
        talks.delete("nobody")


def test_one_that_another_notebook_has_deleted_is_told(chat, store):
    talks = ConversationList(store)
    SQLTrackerStore(store.where).delete("bob")
    for asked in ("delete", "reopen"):
        said = talks.answer({"id": 1, "type": asked, "key": key_of("bob")})["error"]
        assert "There is no conversation 'bob' any more" in said
    talks.refresh()
    said = talks.answer({"id": 1, "type": "reopen", "key": key_of("bob")})["error"]
    assert "not in the list any more" in said


def test_many_are_shown_a_page_at_a_time(store):
    for number in range(PAGE + 5):
        store.write(f"n{number}", exchange("hello", float(number)), keep=0, after=None)
    talks = ConversationList(store)
    assert (len(names(talks)), talks.view["more"]) == (PAGE, 5)
    talks.answer({"id": 1, "type": "more"})
    assert (len(names(talks)), talks.view["more"]) == (PAGE + 5, 0)


def test_hostile_names_and_words_are_short_and_only_text(store):
    for text in HOSTILE:
        store.write(text, exchange(text), keep=0, after=None)
    talks = ConversationList(store)
    assert len(json.dumps(talks.get_state("view"))) < 20_000
    assert "<script>" not in talks.html()
    for text in HOSTILE:
        assert talks.answer({"id": 1, "type": "reopen", "key": key_of(text)}) == {"id": 1}
        assert talks.current == text


def test_conversations_in_memory_are_listed_too_and_survive_a_training():
    chat = ChatPane(greenhouse())
    talks = ConversationList(chat)
    assert talks.view["empty"].startswith("There is none yet")
    chat.say("/hello")
    talks.begin()
    chat.say("/bye")
    assert names(talks) == ["conversation 1", "default"]
    assert talks.view["where"] == IN_MEMORY
    assert chat.view["kept"] == ""
    chat.agent = greenhouse()
    talks.refresh()
    assert names(talks) == ["conversation 1", "default"]


def test_the_list_is_a_table_without_a_front_end(chat):
    talks = ConversationList(chat)
    assert "ann (open)" in talks.html()
    talks.search = "nobody"
    assert "Nothing is found." in talks.html()


@pytest.mark.parametrize("when", [1e30, -1e30, float("inf"), float("nan")])
def test_an_odd_time_is_no_error(when):
    assert moment(when) == "some time"
    assert conversation_list_view([], count=0, matches=0)["count"] == "0 conversations"


# --- the chat and others who write


def test_what_another_notebook_said_appears_when_the_chat_looks_again(chat, store):
    greenhouse(tracker_store=store).handle_text("/bye", "ann")
    chat.refresh()
    assert chat.view["count"] == "2 messages"
    greenhouse(tracker_store=store).handle_text("/hello", "ann")
    assert chat.undo() == "/hello"  # it takes back what came last, whoever said it


def test_an_undo_that_comes_too_late_is_told_and_what_is_there_is_shown(chat, store):
    refresh = chat.agent.tracker_store.refresh

    def late(sender_id):
        """Somebody else speaks between looking and writing."""
        tracker = refresh(sender_id)
        chat.agent.tracker_store.refresh = refresh
        greenhouse(tracker_store=store).handle_text("/hello", "ann")
        return tracker

    chat.agent.tracker_store.refresh = late
    with pytest.raises(ConversationChangedError):
        chat.undo()
    assert chat.view["count"] == "2 messages"
    assert chat.undo() == "/hello"


def test_an_offline_file_does_not_say_where_conversations_are_kept(chat, store, tmp_path):
    text = chat.to_html(tmp_path / "chat.html").read_text("utf-8")
    assert "/water" in text
    assert str(store.where) not in text
