"""`TrackerTimeline` without a browser."""

from __future__ import annotations

import json
import re

import pytest

from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.talks import act, bakery_talk, hostile_talk


def test_the_last_turn_with_something_done_is_selected_first():
    assert TrackerTimeline(bakery_talk()).selection == {"turn": 10, "branch": 0}
    assert TrackerTimeline(DialogueStateTracker("new")).selection == {"turn": 0, "branch": 0}


def test_a_fork_is_handed_over_and_compared():
    heard = []
    timeline = TrackerTimeline(bakery_talk(), on_fork=lambda fork, turn: heard.append((fork, turn)))
    assert timeline.answer({"id": 1, "type": "fork", "turn": 3, "branch": 0}) == {"id": 1}
    ((fork, turn),) = heard
    assert turn == 3
    assert timeline.forks == {"fork 1, turn 3": fork}
    assert timeline.view["compared"] == "fork 1, turn 3"
    assert timeline.view["shared"] == 3


def test_what_the_callback_returns_is_compared_instead():
    def on_fork(fork, turn):
        fork.update(UserUttered.of("thank"))
        act(fork)
        return fork

    timeline = TrackerTimeline(bakery_talk(), on_fork=on_fork)
    timeline.fork(3)
    assert timeline.view["branches"][1]["turns"][3]["action"]["name"] == "utter_thanks"


def test_a_fork_of_a_fork_and_the_way_back():
    timeline = TrackerTimeline(bakery_talk())
    first = timeline.fork(6)
    timeline.selection = {"turn": 5, "branch": 1}
    assert timeline.selected_tracker is first
    second = timeline.fork(5, branch=1)
    assert len(second.events) < len(first.events)
    timeline.answer({"id": 1, "type": "compare", "fork": None})
    assert len(timeline.view["branches"]) == 1
    assert timeline.selection["branch"] == 0
    assert timeline.selected_tracker is timeline.tracker


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "fork", "turn": 99}, "a turn from 0 to 12, got 99"),
        ({"type": "compare", "fork": "x"}, "Expected a fork (none), got 'x'."),
    ],
)
def test_what_is_not_there_is_said_in_the_widget(message, said):
    timeline = TrackerTimeline(bakery_talk())
    assert said in timeline.answer({"id": 1} | message)["error"]
    assert said in timeline.error["message"]


def test_a_fork_that_is_not_there_raises_in_a_cell():
    with pytest.raises(UnknownNameError, match="a turn from 0 to 12"):
        TrackerTimeline(bakery_talk()).fork(99)


def test_what_is_said_afterwards_appears_on_refresh():
    tracker = bakery_talk()
    timeline = TrackerTimeline(tracker)
    tracker.update(UserUttered.of("greet"))
    act(tracker)
    timeline.refresh()
    assert timeline.view["branches"][0]["turns"][-2]["action"]["name"] == "utter_greet"


def test_another_conversation_forgets_the_forks():
    timeline = TrackerTimeline(bakery_talk())
    timeline.fork(3)
    timeline.tracker = DialogueStateTracker("bob")
    assert timeline.forks == {}
    assert timeline.summary == "Timeline of bob: 0 turns"
    assert timeline.selection["turn"] == 0


def test_a_file_has_the_confidences_of_every_turn(tmp_path):
    timeline = TrackerTimeline(bakery_talk())
    text = timeline.to_html(tmp_path / "talk.html").read_text("utf-8")
    (data,) = re.findall(r'id="parts">(.*?)</script>', text)
    strip, bars = json.loads(data)
    assert len(strip["state"]["view"]["branches"][0]["turns"]) == 13
    assert list(bars["frames"]) == [str(i) for i in range(13)]
    assert bars["state"]["view"]["turn"] == 10
    assert bars["frames"]["0"]["view"]["decided"] is False


def test_a_conversation_without_decisions_is_a_file_of_its_own(tmp_path):
    timeline = TrackerTimeline(hostile_talk())
    text = timeline.to_html(tmp_path / "talk.html").read_text("utf-8")
    assert "<img src" not in text


def test_the_bundle_has_a_table_and_a_line():
    data, _ = TrackerTimeline(bakery_talk())._repr_mimebundle_()
    lines = data["text/plain"].splitlines()
    assert lines[0] == "Timeline of ann, this conversation: 12 turns"
    assert lines[-1] == "  order_form, turns 4 to 6: filled"
    assert data["text/html"].startswith("<table")


def test_the_figure_is_not_of_pyplot(tmp_path):
    TrackerTimeline(bakery_talk()).figure().savefig(tmp_path / "talk.svg")
