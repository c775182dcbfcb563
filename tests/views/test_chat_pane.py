"""The chat as a dict, as a table, as text; what may be said."""

from __future__ import annotations

import json
import re

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    Restarted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.chat_pane import (
    LONGEST_MESSAGE,
    NOTHING_SAID,
    answering_turn,
    chat_pane_html,
    chat_pane_text,
    chat_pane_view,
    last_exchange,
    without_kernel,
)
from dialogue_nb.views.completions import (
    UnreadMessageError,
    check_readable,
    completions,
    starters,
    suggestions,
)
from tests.chats import GREENHOUSE, greenhouse
from tests.talks import HOSTILE, bakery_talk, hostile_talk, long_talk, restarted_talk

DOMAIN = Domain.from_yaml(GREENHOUSE)


def talk(*messages):
    agent = greenhouse()
    for message in messages:
        agent.handle_text(message)
    return agent.tracker()


def test_a_turn_has_what_was_said_understood_done_and_decided():
    turn = chat_pane_view(bakery_talk())["turns"][3]
    assert turn["said"] == [
        [["words", "two rye breads please"], ["about", "order 0.88 · bread#first: rye"]]
    ]
    assert turn["bot"]["lines"] == [["name", "action_check_oven"]]
    assert turn["bot"]["mark"]["letter"] == "L"
    assert turn["bot"]["by"].startswith("LSTM 0.")
    assert turn["bot"]["title"] == "turn 3: action_check_oven"
    json.dumps(turn)


def test_a_listen_is_quiet_unless_it_is_all_that_a_message_brought():
    turns = chat_pane_view(talk("/hello", "/bye"))["turns"]
    assert [t["bot"] and t["bot"]["quiet"] for t in turns] == [True, True, False, True, False, None]
    assert turns[4]["bot"]["lines"] == [["name", "action_listen"]]


def test_buttons_links_notes_and_problems_are_told_apart():
    tracker = talk("/hello", '/water{"plant": "fern"}')
    turns = chat_pane_view(tracker)["turns"]
    assert turns[2]["buttons"][0] == ["The fern", '/water{"plant": "fern"}']
    assert turns[2]["bot"]["lines"] == [["words", "Hello! Shall I water something?"]]
    address = "https://example.org/fern.png"
    assert turns[4]["after"] == [["other", f"image: {address}", address]]
    broken = chat_pane_view(talk("/break_it"))["turns"][2]["bot"]["lines"]
    assert broken[0][0] == "problem"
    assert "ZeroDivisionError: no water left" in broken[0][1]


def test_only_web_addresses_become_links():
    tracker = DialogueStateTracker(events=[ActionExecuted("a")])
    tracker.update(BotUttered(None, {"image": "javascript:alert(1)", "custom": {"a": 1}}))
    assert chat_pane_view(tracker)["turns"][0]["after"] == [
        ["other", "image: javascript:alert(1)"],
        ["other", 'custom: {"a": 1}'],
    ]


def test_buttons_of_any_form_have_a_title_and_a_message():
    tracker = DialogueStateTracker(events=[ActionExecuted("a")])
    tracker.update(BotUttered("?", {"buttons": [{"title": "A"}, "B", {"payload": "/c"}]}))
    assert chat_pane_view(tracker)["turns"][0]["buttons"] == [["A", "A"], ["B", "B"], ["/c", "/c"]]


def test_what_is_gone_says_so_in_words():
    turns = chat_pane_view(restarted_talk())["turns"]
    assert turns[1]["bot"]["by"].endswith("· before the new start")
    assert turns[1]["kind"] == "turn dn-chat__gone"
    assert turns[8]["bot"]["by"].endswith("taken back")
    assert ["happened", "restart"] in turns[12]["after"]


def test_nothing_said_offers_something_to_say():
    view = chat_pane_view(DialogueStateTracker("new"), starters=["/hello"])
    assert (view["empty"], view["starters"]) == (NOTHING_SAID, ["/hello"])
    assert view["placeholder"] == "Message, like /hello"
    assert not view["can_undo"]
    assert chat_pane_view(talk("/hello"), starters=["/hello"])["starters"] == []


def test_long_messages_are_cut_and_200_turns_stay_small():
    tracker = DialogueStateTracker(events=[ActionExecuted("a"), BotUttered("x" * 50_000)])
    (line,) = chat_pane_view(tracker)["turns"][0]["bot"]["lines"]
    assert len(line[1]) == LONGEST_MESSAGE
    assert len(json.dumps(chat_pane_view(long_talk()))) < 120_000


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([], None),
        ([ActionExecuted("action_listen")], None),
        ([ActionExecuted("action_listen"), UserUttered.of("a"), ActionExecuted("b")], 1),
        ([UserUttered.of("a"), ActionExecuted("action_restart"), Restarted()], 1),
        ([UserUttered.of("restart"), ActionExecuted("action_restart", None, 1.0), Restarted()], 0),
    ],
)
def test_undo_goes_back_to_the_last_message_or_restart(events, place):
    assert last_exchange(events) == place


def test_the_turn_to_look_at_is_the_answer_even_if_it_is_a_listen():
    assert answering_turn(talk("/hello")) == 2
    assert answering_turn(talk("/hello", "/bye")) == 4


def test_a_file_has_no_buttons_but_names_them():
    view = without_kernel(chat_pane_view(talk("/hello"), names=["other"], starters=["/a"]))
    assert view["turns"][2]["buttons"] == []
    assert view["turns"][2]["after"][0] == ["other", 'button: The fern (/water{"plant": "fern"})']
    assert view["names"] == view["starters"] == []


def test_the_table_and_the_text_say_it_all():
    view = chat_pane_view(talk("/hello"))
    html = chat_pane_html(view)
    for words in (
        "/hello",
        "hello 1.00",
        "M Memoization",
        "[The fern]",
        "Chat of default: 1 message",
    ):
        assert words in html
    assert chat_pane_text(view).split("\n")[1:] == [
        "  user: /hello (hello 1.00)",
        "   bot: Hello! Shall I water something? [The fern] [The orchid] (Memoization 1.00)",
    ]
    assert "Nothing has been said" in chat_pane_html(chat_pane_view(DialogueStateTracker()))


def test_hostile_names_are_text_in_the_table():
    html = chat_pane_html(chat_pane_view(hostile_talk()))
    assert "<img" not in html
    assert "&lt;img src=x onerror=" in html
    assert "\x00" not in html
    assert "earlier turns are left out" in chat_pane_html(chat_pane_view(long_talk()))


# --- what may be said -----------------------------------------------------------------------------


def test_own_intents_come_first_and_values_are_those_of_slots_and_buttons():
    words = completions(DOMAIN)
    assert words["intents"][:5] == ["break_it", "bye", "hello", "how_warm", "water"]
    assert "restart" in words["intents"][5:]
    assert words["entities"] == {"amount": [], "plant": ['"fern"', '"cactus"', '"orchid"']}


def test_a_greeting_is_the_first_thing_to_say():
    assert starters(DOMAIN) == ["/hello", "/break_it", "/bye", "/how_warm"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("watr", ["/water"]),
        ('/watr{"plant": "fern"}', ['/water{"plant": "fern"}']),
        ("how warm", ["/how_warm"]),
        ('/water{"plant": fern}', ["/water"]),
        ("zzz", ["/break_it", "/bye", "/hello"]),
    ],
)
def test_what_was_meant_is_suggested(text, meant):
    assert suggestions(text, DOMAIN)[: len(meant)] == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good morning", "reads intents, not words: /hello"),
        ("/helo", "Unknown intent 'helo'. Did you mean 'hello'?"),
        ('/water{"plant"}', "The entities are no JSON object"),
        ('/water{"plnt": "fern"}', "Unknown entity 'plnt'. Did you mean 'plant'?"),
    ],
)
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(UnreadMessageError, match=re.escape(said)):
        check_readable(text, greenhouse())


def test_a_bot_that_understands_words_reads_everything():
    class Understands:
        def parse(self, text):
            return {"text": text, "intent": {"name": None, "confidence": 0.0}}

    check_readable("good morning", Agent(DOMAIN, [], Understands()))
    check_readable(HOSTILE, Agent(DOMAIN, [], Understands()))


def test_a_refusal_stands_above_the_answer_that_came_in_its_place():
    events = [
        ActionExecuted("action_listen"),
        UserUttered.of("ask"),
        ActionExecutionRejected("order_form"),
        ActionExecuted("utter_answer"),
        BotUttered("Ten."),
    ]
    turn = chat_pane_view(DialogueStateTracker(events=events))["turns"][1]
    assert turn["before"] == [["happened", "order_form refused"]]
    assert turn["after"] == []
    text = chat_pane_text(chat_pane_view(DialogueStateTracker(events=events)))
    assert text.index("order_form refused") < text.index("Ten.")
