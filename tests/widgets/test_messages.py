"""Messages and states of a front end that is broken or hostile, and what cannot be sent to one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.project import Project
from dialogue_nb.core.domain import Domain
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.workbench import Workbench

HALF = "\ud83d"


@pytest.fixture
def bench():
    made = Workbench(bots.load("moodbot"), policies=[MemoizationPolicy()], hidden=())
    made.train(wait=True)
    made.say("/greet")
    yield made
    made.close()


def sent_again(view) -> dict[str, Any]:
    """All that the front end gets of a view; it must be JSON."""
    state = view.get_state(["view", "selection", "error"])
    json.dumps(state, allow_nan=False, ensure_ascii=False).encode()
    return state


@pytest.mark.parametrize("content", [None, "stop", 3, ["stop"], True])
@pytest.mark.parametrize("name", ["chat", "training"])
def test_what_is_no_message_at_all_is_told_in_the_widget(bench, name, content):
    view = getattr(bench, name)
    view.receive(content)
    assert "Expected a message of type" in view.error["message"]
    bench.training.run_control.receive(content)
    assert "Expected a message of type" in bench.training.run_control.error["message"]


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        ("chat", {"type": "fork", "turn": "2"}, "expected a whole number as 'turn', got '2'."),
        ("chat", {"type": "fork", "turn": True}, "expected a whole number as 'turn', got True."),
        ("chat", {"type": "say", "text": None}, "expected a text as 'text', got None."),
        ("chat", {"type": "save", "format": "../x"}, "'yaml' as 'format', got '../x'."),
        ("timeline", {"type": "compare", "fork": []}, "a text or nothing as 'fork', got []."),
        ("confidence", {"type": "probe", "what": "x"}, "an object or nothing as 'what', got 'x'."),
        ("graph", {"type": "source", "node": 1.5}, "expected a whole number as 'node', got 1.5."),
        ("bar", {"type": "panes", "hidden": [1]}, "expected a list as 'hidden', got [1]."),
        ("bar", {"type": "go", "change": {}}, "expected a whole number as 'change', got {}."),
        ("editor", {"type": "tidy", "document": None}, "a whole number as 'document', got None."),
    ],
)
def test_a_message_of_wrong_types_is_refused_in_a_sentence(bench, name, message, said):
    view = getattr(bench, name)
    answer = view.answer({"id": 1} | message)
    assert said in answer["error"]
    assert not view.error["traceback"]


@pytest.mark.parametrize("wrong", [None, "x", [1], {"a": 1}, 1.5, float("nan"), True])
@pytest.mark.parametrize("name", ["bar", "chat", "confidence", "features", "timeline"])
def test_a_selection_of_wrong_types_changes_nothing(bench, name, wrong):
    view = getattr(bench, name)
    before = dict(view.selection)
    view.set_state({"selection": {**before, "turn": wrong}})
    assert "Expected a whole number as 'turn' of the selection" in view.error["message"]
    assert view.selection == before
    view.set_state({"selection": {**before, "turn": 1}})
    assert not view.error
    assert {each.selection["turn"] for each in (bench.bar, bench.chat, bench.timeline)} == {1}


@pytest.mark.parametrize("state", [{"selection": None}, {"selection": 7}, {"selection": ["turn"]}])
def test_a_selection_that_is_none_is_told_without_a_traceback(bench, state):
    before = dict(bench.timeline.selection)
    bench.timeline.set_state(state)
    assert "'selection' trait" in bench.timeline.error["message"]
    assert not bench.timeline.error["traceback"]
    assert bench.timeline.selection == before


@pytest.mark.parametrize(
    "state", [{"kind": "nonsense"}, {"max_history": 0}, {"max_history": "x"}, {"sort": []}]
)
def test_a_heatmap_stays_as_it_was_when_it_is_asked_for_what_it_has_not(bench, state):
    before = bench.features.view
    bench.features.set_state(state)
    assert bench.features.error["message"]
    bench.features.refresh()
    assert bench.features.view["title"] == before["title"]
    assert bench.features.kind == "binary"
    answer = bench.features.answer({"id": 1, "type": "look", "change": state})
    assert answer["error"]
    assert bench.features.max_history == 5


@pytest.mark.parametrize("document", [-1, 3, 10**30])
def test_there_are_only_the_documents_that_there_are(bench, document):
    texts = dict(bench.editor.texts)
    edit = {"start": 0, "end": 0, "insert": "x", "base": None, "format": "markdown"}
    for message in ({"type": "edit", **edit}, {"type": "tidy"}, {"type": "convert", "to": "yaml"}):
        answer = bench.editor.answer({"id": 1, "document": document, **message})
        assert "Expected a document from 0 to" in answer["error"]
    assert bench.editor.texts == texts


@pytest.mark.parametrize("node", [-3, 10**30])
def test_only_boxes_that_are_shown_can_be_opened(bench, node):
    answer = bench.graph.answer({"id": 1, "type": "open", "node": node})
    assert answer["error"] == f"Expected a box that is shown, got {node}."
    assert not bench.graph.view["opened"]


def test_a_window_longer_than_any_conversation_is_cut(bench):
    answer = bench.features.answer({"id": 1, "type": "look", "change": {"max_history": 10**30}})
    assert answer == {"id": 1}
    assert bench.features.max_history == 1000
    assert len(bench.features.view["rows"]) <= 1000


def test_a_front_end_sets_only_what_it_may_set(bench):
    for view in bench.views:
        before = sent_again(view)
        view.set_state({"view": {}, "error": {"message": 3}, "options": 1, "lock": 2, "nothing": 3})
        assert sent_again(view) == before
        assert view.html()


def test_halves_of_characters_can_be_sent_and_saved(tmp_path):
    domain = Domain.from_yaml(
        "{intents: [call], entities: [name], slots: {name: {type: text, mappings: [{type: "
        "from_entity, entity: name}]}}, responses: {utter_hi: [{text: 'Hi {name}!'}]}}"
    )
    stories, _ = parse_stories("## hello\n* call\n- utter_hi")
    project = Project(Path(), domain, tuple(stories), (), ())
    bench = Workbench(project, policies=[MemoizationPolicy()], hidden=(), sender_id=HALF)
    bench.train(wait=True)
    bench.say('/call{"name": "\\ud83d"}')
    assert HALF in bench.tracker.get_slot("name")
    for view in bench.views:
        sent_again(view)
        json.dumps(view._repr_mimebundle_(), ensure_ascii=False).encode()
        json.dumps(view.static()._repr_mimebundle_(), ensure_ascii=False).encode()
    json.dumps(bench._repr_mimebundle_(), ensure_ascii=False).encode()
    for view in (bench, *bench.views):
        page = view.to_html(tmp_path / "view.html").read_text("utf-8")
        json.loads(re.findall(r'id="parts">(.*?)</script>', page)[0], parse_constant=pytest.fail)
    bench.close()


def test_a_number_that_is_none_is_sent_and_saved_as_nothing(bench, tmp_path):
    bench.chat.view = {**bench.chat.view, "value": float("nan"), "values": [float("inf")]}
    assert sent_again(bench.chat)["view"]["value"] is None
    page = bench.chat.to_html(tmp_path / "chat.html").read_text("utf-8")
    json.loads(re.findall(r'id="parts">(.*?)</script>', page)[0], parse_constant=pytest.fail)
