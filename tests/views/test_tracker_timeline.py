"""The strip of turns as a dict, a table and a figure."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    FollowupAction,
    LoopInterrupted,
    ReminderScheduled,
    SlotSet,
    StoryExported,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.figures import tracker_timeline_figure
from dialogue_nb.views.happenings import happening, shown_value
from dialogue_nb.views.tracker_timeline import (
    tracker_timeline_html,
    tracker_timeline_text,
    tracker_timeline_view,
)
from dialogue_nb.views.turns import fork_at
from tests.core.event_strategies import conversations
from tests.forms import filled_talk
from tests.talks import HOSTILE, act, bakery_talk, hostile_talk, long_talk, restarted_talk


def turns(tracker, **options):
    return tracker_timeline_view(tracker, **options)["branches"][0]["turns"]


def test_a_turn_says_what_was_said_and_done_by_whom_and_how_surely():
    turn = turns(bakery_talk())[3]
    assert turn["says"] == [
        "user: “two rye breads please”",
        "order 0.88",
        "bread#first: rye",
        "bread = rye",
        "action_check_oven by LSTM 0.56",
    ]
    assert [item["kind"] for item in turn["before"]] == ["user", "slot"]


def test_policies_are_named_in_the_order_of_the_ensemble():
    view = tracker_timeline_view(bakery_talk())
    assert [mark["letter"] for mark in view["policies"]] == ["R", "M", "L"]
    assert [t["action"]["policy"] for t in view["branches"][0]["turns"][:4]] == [None, 1, 2, 2]


def test_the_policy_of_a_rasa_dump_is_known_by_its_class():
    events = [
        ActionExecuted("action_listen", "policy_2_TEDPolicy", 0.9),
        ActionExecuted("utter_hi", "followup_action", 1.0),
    ]
    view = tracker_timeline_view(DialogueStateTracker(events=events))
    assert [mark["label"] for mark in view["policies"]] == ["TED"]
    assert view["branches"][0]["turns"][1]["says"] == ["utter_hi as another action asked 1.00"]


def test_a_loop_spans_its_turns():
    (span,) = tracker_timeline_view(bakery_talk())["branches"][0]["spans"]
    assert (span["name"], span["first"], span["last"]) == ("order_form", 4, 6)
    marked = [turn["index"] for turn in turns(bakery_talk()) if turn["loops"]]
    assert marked == [4, 5, 6]


def test_the_table_the_text_and_the_figure_say_where_forms_stand():
    view = tracker_timeline_view(filled_talk())
    table, text = tracker_timeline_html(view), tracker_timeline_text(view)
    assert "⊘ refused ↷ interrupted</td>" in table
    assert "hire_form, turns 2 to 9: filled" in table
    assert "hire_form: refused the message, interrupted by utter_price" in text
    assert text.splitlines()[-1] == "  hire_form, turns 2 to 9: filled"
    written = [text.get_text() for text in tracker_timeline_figure(view).axes[0].texts]
    assert "⊘ refused ↷ interrupted" in written
    # 15 turns stand in two rows of eight: the band goes on in the second
    assert {"hire_form …", "hire_form ✓ filled"} <= set(written)


def test_conversations_without_forms_have_no_column_for_them():
    text = tracker_timeline_html(tracker_timeline_view(long_talk(3)))
    assert "form" not in text


def test_what_policies_no_longer_see_says_why():
    fates = [turn["fate"] for turn in turns(restarted_talk())]
    assert fates[3:9] == ["forgotten", "forgotten", "in_form", "in_form", "reverted", "reverted"]
    assert fates[13:] == ["", "", "", ""]
    assert turns(bakery_talk())[8]["says"][-1] == "taken back"


def test_two_conversations_share_their_first_turns():
    tracker = bakery_talk()
    fork = fork_at(tracker, 3)
    assert tracker_timeline_view(tracker, other=fork)["shared"] == 3
    fork.update(UserUttered.of("thank"))
    act(fork, 2)
    view = tracker_timeline_view(tracker, other=fork, other_name="mine", forks=["mine"])
    assert view["shared"] == 3
    assert [branch["name"] for branch in view["branches"]] == ["this conversation", "mine"]
    assert view["count"] == "12 turns · 1 fork"
    assert tracker_timeline_view(tracker, other=tracker.copy())["shared"] == 12


def test_an_empty_conversation_has_one_turn_that_says_what_to_do():
    view = tracker_timeline_view(DialogueStateTracker("ann"))
    (turn,) = view["branches"][0]["turns"]
    assert turn["action"] is None
    assert "talk to the bot" in turn["says"][0]
    assert view["count"] == "0 turns"


def test_rare_events_are_told_in_words_and_book_keeping_is_not():
    told = [
        happening(event)["text"]
        for event in (
            AllSlotsReset(),
            ConversationPaused(),
            LoopInterrupted(True),
            ReminderScheduled("action_x"),
            FollowupAction("utter_a"),
            ActionExecutionRejected("my_form"),
            SlotSet("city", ["Oslo", 3]),
            SlotSet("city", None),
        )
    ]
    assert told == [
        "all slots emptied", "paused", "form interrupted", "reminder: action_x", "next: utter_a",
        "my_form refused", 'city = ["Oslo", 3]', "city = nothing",
    ]  # fmt: skip
    assert happening(LoopInterrupted(False)) is None
    assert happening(StoryExported()) is None


def test_long_values_are_cut():
    assert len(shown_value("x" * 10_000)) == 301
    (turn, _) = turns(DialogueStateTracker(events=[ActionExecuted("a"), BotUttered("y" * 10_000)]))
    assert len(turn["says"][1]) < 320


@settings(max_examples=40)
@given(conversations)
def test_any_conversation_can_be_shown_in_every_form(events):
    tracker = DialogueStateTracker(events=events)
    view = json.loads(json.dumps(tracker_timeline_view(tracker, other=fork_at(tracker, 0))))
    assert len(view["branches"][0]["turns"]) == len(turns(tracker))
    assert tracker_timeline_html(view).count("<tr") >= 4


def test_the_table_has_a_row_for_each_turn_and_strikes_what_was_taken_back():
    text = tracker_timeline_html(tracker_timeline_view(bakery_talk()))
    assert text.count("<tr") == 1 + 13
    assert "<s>action_back</s>" in text
    assert "M Memoization" in text
    assert "class=" not in text


def test_hostile_names_are_text_in_the_table():
    text = tracker_timeline_html(tracker_timeline_view(hostile_talk()))
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "\u202e" not in text
    assert "\x00" not in text
    assert not re.search(r"\son\w+=", re.sub(r">[^<]*<", "><", text))


def test_a_long_conversation_stays_small():
    view = tracker_timeline_view(long_talk())
    assert len(view["branches"][0]["turns"]) == 202
    text = tracker_timeline_html(view)
    assert len(text) < 20_000
    assert "172 earlier turns are left out here" in text
    assert len(json.dumps(view)) < 120_000


def test_the_figure_has_every_turn_and_no_formulas(tmp_path):
    tracker = bakery_talk()
    tracker.update(UserUttered.of(f"$x^{HOSTILE[:30]}"))
    figure = tracker_timeline_figure(tracker_timeline_view(tracker))
    figure.savefig(tmp_path / "strip.png")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {str(i) for i in range(13)} <= set(texts)
    assert "M: utter_greet 1.00" in texts
    assert any(text.startswith(r"\$x^") for text in texts)
