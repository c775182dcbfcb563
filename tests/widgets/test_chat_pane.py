"""`ChatPane` without a browser."""

from __future__ import annotations

import json
import re

import pytest

from dialogue_nb.core.exceptions import AgentError, DialogueError, UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.completions import UnreadMessageError
from dialogue_nb.widgets.chat_pane import MAIN, ChatPane
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.chats import greenhouse
from tests.talks import hostile_talk

FERN = '/water{"plant": "fern"}'


@pytest.fixture
def chat():
    return ChatPane(greenhouse())


def actions(tracker):
    return [event.label for event in tracker.events if event.type_name == "action"]


def test_the_bot_answers_and_the_answer_is_selected(chat):
    assert chat.selection == {"turn": 0, "branch": 0}
    assert [message["text"] for message in chat.say("/hello")] == [
        "Hello! Shall I water something?"
    ]
    assert chat.selection == {"turn": 2, "branch": 0}
    assert chat.summary == "Chat of default: 1 message"


def test_a_message_of_the_browser_is_answered_with_nothing_or_with_a_hint(chat):
    assert chat.answer({"id": 1, "type": "say", "text": "/hello"}) == {"id": 1}
    answer = chat.answer({"id": 2, "type": "say", "text": "watr"})
    assert answer["hint"].startswith("This bot reads intents, not words")
    assert answer["suggestions"][0] == "/water"
    assert chat.view["count"] == "1 message"
    assert chat.error == {}


def test_what_cannot_be_read_is_an_error_in_a_script_unless_it_is_sent_anyway(chat):
    with pytest.raises(UnreadMessageError, match="reads intents"):
        chat.say("good morning")
    chat.say("good morning", anyway=True)
    assert chat.view["turns"][2]["said"][0][1] == ["about", "not understood"]


def test_a_bot_that_is_not_trained_says_so_in_the_pane():
    agent = greenhouse()
    agent.is_trained = False
    chat = ChatPane(agent)
    answer = chat.answer({"id": 1, "type": "say", "text": "/hello"})
    assert answer["hint"].startswith("The bot has not learnt anything yet")
    with pytest.raises(AgentError, match="not trained yet"):
        chat.say("/hello")


def test_undo_takes_the_last_message_back_and_gives_it(chat):
    chat.say("/hello")
    before = chat.tracker.events
    chat.say(FERN)
    assert chat.undo() == FERN
    assert chat.tracker.events == before
    assert chat.agent.tracker() is chat.tracker
    assert chat.tracker.get_slot("plant") is None
    assert chat.undo() == "/hello"
    with pytest.raises(AgentError, match="nothing to undo"):
        chat.undo()


def test_a_restart_forgets_and_can_be_undone(chat):
    chat.say("/hello")
    chat.say(FERN)
    chat.restart()
    assert chat.tracker.get_slot("plant") is None
    assert chat.view["turns"][2]["kind"] == "turn dn-chat__gone"
    assert [message["text"] for message in chat.say("/hello")] == [
        "Hello! Shall I water something?"
    ]
    assert chat.undo() == "/hello"
    assert chat.undo() == ""
    assert chat.tracker.get_slot("plant") == "fern"


def test_a_fork_goes_its_own_way_and_the_conversation_stays(chat):
    chat.say("/hello")
    chat.say(FERN)
    whole = chat.tracker.events
    fork = chat.fork(4)
    assert chat.tracker is fork
    assert chat.view["count"] == "fork 1, turn 4 · 1 message"
    assert chat.view["names"] == [MAIN]
    chat.say("/bye")
    chat.switch(MAIN)
    assert chat.tracker.events == whole
    chat.switch("fork 1, turn 4")
    assert actions(chat.tracker)[-1] == "action_listen"
    assert chat.tracker.latest_message.intent_name == "bye"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "fork", "turn": 77}, "a turn from 0 to 0, got 77"),
        ({"type": "switch", "name": "x"}, f"Expected one of '{MAIN}', got 'x'."),
        ({"type": "undo"}, "There is nothing to undo"),
        (
            {"type": "save", "format": "pdf"},
            "expected one of 'markdown', 'yaml' as 'format', got 'pdf'.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_the_pane(chat, message, said):
    assert said in chat.answer({"id": 1} | message)["error"]
    assert said in chat.error["message"]


def test_misuse_in_a_cell_raises(chat):
    with pytest.raises(UnknownNameError):
        chat.switch("x")
    with pytest.raises(DialogueError, match="Expected a format"):
        chat.story("pdf")


def test_the_conversation_becomes_a_story(chat):
    chat.say("/hello")
    chat.say(FERN)
    assert chat.story() == (
        '## chat: hello, water\n* hello\n    - utter_hello\n* water{"plant": "fern"}\n'
        '    - slot{"plant": "fern"}\n    - utter_watered\n'
    )
    assert "story: my talk" in chat.story("yaml", "my talk")


def test_who_wants_the_story_gets_it_and_can_stop_that(chat):
    saved = []
    end = chat.on_save(lambda text, format: saved.append((text, format)))
    chat.say("/hello")
    answer = chat.answer({"id": 1, "type": "save", "format": "yaml"})
    assert saved == [(answer["text"], "yaml")]
    assert answer["said"] == "Saved."
    end()
    answer = chat.answer({"id": 2, "type": "save", "format": "markdown"})
    assert answer["said"] == "The conversation as a story, to copy:"
    assert len(saved) == 1


def test_who_wants_to_know_of_changes_hears_of_each(chat):
    heard = []
    end = chat.on_message(lambda tracker: heard.append(len(tracker.events)))
    chat.say("/hello")
    chat.fork(2)
    chat.restart()
    end()
    chat.say("/hello")
    assert len(heard) == 3
    assert heard[0] > heard[1]


def test_an_error_of_a_listener_is_shown_and_stops_nothing(chat):
    def broken(tracker):
        raise ValueError("no ears")

    chat.on_message(broken)
    assert chat.say("/hello")
    assert chat.error["message"] == "ValueError: no ears"


def test_an_agent_that_was_trained_anew_goes_on_with_the_conversation(chat):
    chat.say("/hello")
    chat.fork(2)
    chat.switch(MAIN)
    events = chat.tracker.events
    again = greenhouse()
    chat.agent = again
    assert chat.tracker is again.tracker()
    assert chat.tracker.events == events
    assert [decision.action for _, decision in chat.tracker.decisions] == [
        "utter_hello",
        "action_listen",
    ]
    assert set(chat.conversations) == {MAIN, "fork 1, turn 2"}
    assert [message["text"] for message in chat.say(FERN)] == ["The fern has had its water."]


def test_another_conversation_forgets_the_forks(chat):
    chat.say("/hello")
    chat.fork(2)
    chat.tracker = DialogueStateTracker("default", chat.agent.domain.slots)
    assert list(chat.conversations) == [MAIN]
    assert chat.view["names"] == []
    assert chat.say("/hello")


def test_what_is_said_elsewhere_appears_on_refresh(chat):
    chat.agent.handle_text("/hello")
    assert chat.view["count"] == "0 messages"
    chat.refresh()
    assert chat.view["count"] == "1 message"


def test_a_file_has_the_chat_the_strip_and_the_confidences(chat, tmp_path):
    chat.say("/hello")
    text = chat.to_html(tmp_path / "chat.html").read_text("utf-8")
    (data,) = re.findall(r'id="parts">(.*?)</script>', text)
    talk, strip, bars = json.loads(data)
    assert talk["state"]["view"]["turns"][2]["buttons"] == []
    assert len(strip["state"]["view"]["branches"][0]["turns"]) == 5
    assert list(bars["frames"]) == [str(i) for i in range(5)]


def test_a_hostile_conversation_is_a_harmless_file(chat, tmp_path):
    chat.tracker = hostile_talk()
    text = chat.to_html(tmp_path / "chat.html").read_text("utf-8")
    assert "<img src" not in text


def test_the_bundle_has_a_table_and_the_transcript(chat):
    chat.say("/hello")
    data, _ = chat._repr_mimebundle_()
    assert data["text/plain"].split("\n")[0] == "Chat of default: 1 message"
    assert "Hello! Shall I water something?" in data["text/plain"]
    assert data["text/html"].startswith("<table")


def test_the_same_agent_can_be_seen_in_other_views(chat):
    chat.say("/hello")
    timeline = TrackerTimeline(chat.tracker)
    assert timeline.selection["turn"] == chat.selection["turn"]
    assert ChatPane.of_agent(chat.agent).view == chat.view
