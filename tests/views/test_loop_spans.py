"""Where forms were active, what they did in each turn, what they wait for."""

from __future__ import annotations

import json

from hypothesis import given, settings

from dialogue_nb.core.events import (
    ActiveLoop,
    SlotSet,
    UserUtteranceReverted,
)
from dialogue_nb.views.chat_pane import chat_pane_html, chat_pane_text, chat_pane_view
from dialogue_nb.views.loop_spans import SIGNS, loop_spans
from dialogue_nb.views.turns import turns_of
from tests.core.event_strategies import conversations
from tests.forms import (
    asks,
    begins,
    does,
    filled_talk,
    fills,
    interrupted_talk,
    is_filled,
    listens,
    long_form_talk,
    open_talk,
    prefix,
    says,
    starts,
    switched_talk,
    talk,
    two_stage_talk,
)


def spans(tracker):
    return [span["says"] for span in loop_spans(tracker, turns_of(tracker))[0]]


def marks(tracker):
    """The turns of loops: number and what is drawn there."""
    found = loop_spans(tracker, turns_of(tracker))[1]
    return [(i, mark["text"]) for i, here in enumerate(found) for mark in here]


def waiting(tracker):
    return "".join(text for _, text in chat_pane_view(tracker)["waiting"])


def test_a_form_asks_waits_refuses_is_interrupted_and_is_filled():
    assert spans(filled_talk()) == ["hire_form, turns 2 to 9: filled"]
    assert marks(filled_talk()) == [
        (2, "● asks for size"), (3, "● waits for size"),
        (4, "● asks for days"), (5, "● waits for days"),
        (6, "⊘ refused ↷ interrupted"), (7, "● asks for days"), (8, "● waits for days"),
        (9, "✓ filled"),
    ]  # fmt: skip


def test_forms_one_after_the_other_say_how_each_ended():
    first, second, third, fourth, fifth = spans(switched_talk())
    assert first == "hire_form, turns 2 to 4: replaced by repair_form"
    assert second == "repair_form, turns 4 to 7: deactivated by action_deactivate_loop"
    assert third == "hire_form, turns 10 to 12: cut by a restart"
    assert fourth == "hire_form, turns 14 to 16: cut by a new session"
    assert fifth.endswith("long, turns 18 to 20: still open")


def test_a_turn_in_which_one_form_replaces_another_belongs_to_both():
    found, turns = loop_spans(switched_talk(), turns_of(switched_talk()))
    assert [mark["span"] for mark in turns[4]] == [0, 1]
    assert [mark["text"] for mark in turns[4]] == [
        "⊘ refused → replaced by repair_form",
        "● begins",
    ]
    assert [span["lane"] for span in found] == [0, 1, 0, 0, 0]


def test_the_two_stage_fallback_asks_for_a_confirmation_and_for_a_rephrasing():
    assert spans(two_stage_talk()) == ["action_two_stage_fallback, turns 2 to 8: done"]
    asked = [text for _, text in marks(two_stage_talk())]
    assert asked[::2] == [
        "● asks for a confirmation",
        "● asks for a rephrasing",
        "● asks for a confirmation",
        "✓ done",
    ]
    before = two_stage_talk().branch(8)
    assert waiting(before) == "action_two_stage_fallback is waiting for a confirmation"
    rephrase = prefix(two_stage_talk(), "out_of_scope")
    assert waiting(rephrase) == "action_two_stage_fallback is waiting for a rephrasing"


def test_a_form_that_is_filled_at_once_begins_and_ends_in_one_turn():
    run, *rest = is_filled()
    tracker = talk(starts(), says("hire"), run, ActiveLoop("hire_form"), rest, listens())
    assert spans(tracker) == ["hire_form, turn 2: filled"]
    assert marks(tracker) == [(2, "✓ filled")]
    assert waiting(tracker) == ""


def test_a_form_whose_beginning_is_taken_back_is_over():
    tracker = talk(starts(), says("hire"), begins("size"), UserUtteranceReverted(), listens())
    assert spans(tracker) == ["hire_form, turns 2 to 3: taken back"]
    assert waiting(tracker) == ""


def test_a_form_whose_end_is_taken_back_goes_on():
    stop = does("action_deactivate_loop")
    tracker = talk(
        starts(), says("hire"), begins("size"), says("stop"), stop, ActiveLoop(None), listens(),
        says("back"), does("action_back"), UserUtteranceReverted(), UserUtteranceReverted(),
        listens(),
    )  # fmt: skip
    assert spans(tracker) == [
        "hire_form, turns 2 to 4: deactivated by action_deactivate_loop",
        "hire_form, turns 6 to 8: still open",
    ]
    assert waiting(tracker) == "hire_form is waiting for: size"


def test_what_an_earlier_form_asked_for_is_not_what_the_next_one_waits_for():
    tracker = talk(
        SlotSet("requested_slot", "size"), does("action_choose"), ActiveLoop("quiz"), listens()
    )
    assert marks(tracker) == [(0, "● begins"), (1, "● active"), (2, "● active")]
    assert waiting(tracker) == "quiz is waiting"


def test_actions_that_answer_nobody_do_not_interrupt():
    tracker = talk(
        starts(), says("hire"), begins("size"), says("tell"), does("action_unlikely_intent")
    )
    assert marks(tracker)[2] == (4, "● waits for size")


def test_a_chat_says_what_the_form_waits_for_and_why_still():
    assert waiting(prefix(filled_talk(), "tell")) == "hire_form is waiting for: days"
    refused = "hire_form could not use the last message; still waiting for: days"
    assert waiting(open_talk()) == refused
    assert waiting(prefix(filled_talk(), "ask_price")) == refused
    assert (
        waiting(interrupted_talk())
        == "utter_price answered in between; hire_form is still waiting for: size"
    )
    assert waiting(filled_talk()) == ""


def test_after_the_next_message_the_refusal_is_forgotten():
    tracker = open_talk()
    tracker.update_with_events([*fills("days", 3), *asks("colour")])
    assert waiting(tracker) == "hire_form is waiting for: colour"


def test_an_answer_before_the_form_began_does_not_interrupt_it():
    tracker = talk(starts(), says("hire"), does("utter_gladly", "Gladly!"), begins("size"))
    assert waiting(tracker) == "hire_form is waiting for: size"


def test_names_are_told_from_our_words():
    assert chat_pane_view(open_talk())["waiting"] == [
        ["name", "hire_form"],
        ["", " could not use the last message; still waiting"],
        ["", " for: "],
        ["name", "days"],
    ]


def test_the_table_and_the_text_of_a_chat_say_what_the_form_waits_for():
    view = chat_pane_view(open_talk())
    said = "hire_form could not use the last message; still waiting for: days"
    assert said in chat_pane_html(view)
    assert chat_pane_text(view).splitlines()[-1] == f"  {said}"


def test_the_table_of_a_chat_escapes_the_name_of_a_form():
    name = "<img src=x onerror=alert(1)>"
    view = chat_pane_view(talk(starts(), says("hire"), begins("<b>", name)))
    assert "<img" not in chat_pane_html(view)
    assert "&lt;img src=x" in chat_pane_html(view)


def test_200_turns_in_one_form_are_one_span():
    tracker = long_form_talk()
    found, turns = loop_spans(tracker, turns_of(tracker))
    assert len(turns) > 200
    assert [span["says"] for span in found] == [
        f"hire_form, turns 2 to {len(turns) - 1}: still open"
    ]
    assert len(json.dumps([found, turns])) < 60_000


@settings(max_examples=60)
@given(conversations)
def test_spans_and_active_loops_agree_in_any_conversation(events):
    tracker = talk(list(events))
    turns = turns_of(tracker)
    found, here = loop_spans(tracker, turns)
    assert (tracker.active_loop_name is not None) == bool(found and found[-1]["ending"] == "open")
    if tracker.active_loop_name:
        assert found[-1]["name"] == tracker.active_loop_name
    for number, span in enumerate(found):
        inside = [i for i, each in enumerate(here) if any(m["span"] == number for m in each)]
        assert inside == list(range(span["first"], span["last"] + 1))
        assert span["ending"] in SIGNS
        others = [s for s in found if s["lane"] == span["lane"] and s is not span]
        assert all(s["last"] < span["first"] or s["first"] > span["last"] for s in others)
    open_ones = [span for span in found if span["ending"] == "open"]
    assert len(open_ones) <= 1
