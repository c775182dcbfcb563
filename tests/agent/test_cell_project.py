"""A bot that grows cell by cell."""

from __future__ import annotations

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.cell_project import CellProject, converse, messages_in, with_header
from dialogue_nb.core.exceptions import AgentError, DialogueError, StoryError
from dialogue_nb.policies.memoization import MemoizationPolicy
from tests.chats import GREENHOUSE, greenhouse

HELLO = "## hello\n* hello\n- utter_hello\n"
BYE = "## bye\n* bye\n- utter_bye\n"


@pytest.fixture
def cells():
    made = CellProject()
    made.set_domain(GREENHOUSE)
    return made


def names(cells):
    return [story.name for story in cells.project.stories]


def test_a_cell_that_runs_again_replaces_what_it_said(cells):
    cells.add_stories(HELLO + BYE, cell="a")
    cells.add_stories("## other\n* bye\n- utter_bye", cell="b")
    cells.add_stories("## hello again\n* hello\n- utter_hello\n", cell="a")
    assert names(cells) == ["other", "hello again"]


def test_a_story_replaces_the_one_of_its_name_wherever_that_was_written(cells):
    cells.add_stories(HELLO + BYE)
    cells.add_stories("## bye\n* bye\n- action_measure\n")
    assert names(cells) == ["hello", "bye"]
    assert cells.project.stories[1].items[1].events[0].label == "action_measure"
    cells.add_stories(HELLO + BYE)
    assert names(cells) == ["hello", "bye"]
    assert cells.project.stories[1].items[1].events[0].label == "utter_bye"


def test_stories_of_the_bot_below_come_back_when_a_cell_no_longer_replaces_them():
    cells = CellProject(bots.load("moodbot"))
    before = names(cells)
    cells.add_stories(f"## {before[0]}\n* greet\n- utter_greet", cell="a")
    assert sorted(names(cells)) == sorted(before)
    assert names(cells)[-1] == before[0]
    cells.add_stories("## mine\n* greet\n- utter_greet", cell="a")
    assert names(cells) == [*before, "mine"]


def test_what_is_wrong_is_told_by_line_and_training_refuses_it(cells):
    cell = cells.add_stories("## hello\n* helo\n- utter_hello\n")
    (problem,) = cell.diagnostics
    assert (problem.line, problem.code, problem.hint) == (2, "S401", "Did you mean 'hello'?")
    assert problem in cells.project.diagnostics
    with pytest.raises(StoryError, match="helo"):
        cells.train([MemoizationPolicy()])


def test_only_the_problems_of_a_cell_are_told_under_it(cells):
    cells.add_stories("## wrong\n* helo\n- utter_hello\n")
    assert cells.add_stories(BYE).diagnostics == ()


def test_without_a_domain_names_are_not_checked():
    assert CellProject().add_stories("## a\n* whatever\n- utter_x").diagnostics == ()


def test_a_domain_with_errors_is_told_about_and_not_taken_over(cells):
    before = cells.project.domain
    cell = cells.set_domain("intents: [a\n")
    assert cell.diagnostics[0].severity == "error"
    assert cells.project.domain is before
    cells.set_domain("intents: [a]")
    assert "a" in cells.project.domain.intent_names


def test_training_learns_what_is_written_now_and_knows_what_has_changed(cells):
    with pytest.raises(AgentError, match=r"run %train first"):
        cells.trained()
    with pytest.raises(AgentError, match="nothing to learn yet"):
        cells.train([MemoizationPolicy()])
    cells.add_stories(HELLO)
    agent = cells.train([MemoizationPolicy()])
    assert cells.trained() is agent
    assert not cells.is_stale
    cells.add_stories(BYE)
    assert cells.is_stale
    cells.train([MemoizationPolicy()])
    assert not cells.is_stale
    cells.set_domain(GREENHOUSE + "session_config: {session_expiration_time: 5}\n")
    assert cells.is_stale


def test_conversations_go_on_with_the_bot_that_was_trained_anew(cells):
    cells.add_stories(HELLO)
    cells.train([MemoizationPolicy()]).handle_text("/hello", "ann")
    said = cells.trained().tracker("ann").events
    agent = cells.train([MemoizationPolicy()])
    assert agent.tracker("ann").events == said


@pytest.mark.parametrize(
    ("text", "name", "is_rule", "whole", "format"),
    [
        ("* hi\n- a", "n", False, "## n\n* hi\n- a", "markdown"),
        ("* hi\n- a", "n", True, ">> n\n* hi\n- a", "markdown"),
        ("## x\n* hi", "n", False, "## x\n* hi", "markdown"),
        ("## x\n* hi", "", True, ">> x\n* hi", "markdown"),
        ("stories:\n- story: x", "", False, "stories:\n- story: x", "yaml"),
        ("- story: x\n  steps: []", "", False, "stories:\n- story: x\n  steps: []", "yaml"),
        ("- rule: x\n  steps: []", "", True, "rules:\n- rule: x\n  steps: []", "yaml"),
        ("- intent: hi", "n", False, "stories:\n- story: n\n  steps:\n  - intent: hi", "yaml"),
        ("- intent: hi", "n", True, "rules:\n- rule: n\n  steps:\n  - intent: hi", "yaml"),
    ],
)
def test_a_text_gets_the_header_that_it_lacks(text, name, is_rule, whole, format):
    assert with_header(text, name, is_rule=is_rule) == (whole, format)


@pytest.mark.parametrize("is_rule", [False, True])
def test_steps_alone_are_read_in_both_formats(cells, is_rule):
    for text in ("* hello\n- utter_hello", "- intent: hello\n- action: utter_hello"):
        cell = cells.add_stories(text, "one: name", is_rule=is_rule)
        assert [str(one) for one in cell.diagnostics] == []
        (story,) = cell.stories
        assert (story.name, story.is_rule, len(story.items)) == ("one: name", is_rule, 2)


@pytest.mark.parametrize(
    ("text", "is_rule", "said"),
    [
        ("", False, "The cell is empty"),
        (" \n", True, "The cell is empty"),
        ("* hi", False, "The story has no name: write one behind %%story, or a first line '##"),
        ("* hi", True, "The rule has no name: write one behind %%rule, or a first line '>>"),
    ],
)
def test_a_text_without_a_name_is_refused_in_a_sentence(text, is_rule, said):
    with pytest.raises(DialogueError, match=said):
        with_header(text, "", is_rule=is_rule)


def test_messages_begin_with_a_slash():
    assert messages_in("") == []
    assert messages_in(' /a{"x": "b c"}  /d hello') == ['/a{"x": "b c"}', "/d hello"]


def test_a_conversation_begins_anew_and_may_wait_for_its_last_answer():
    agent = greenhouse()
    converse(agent, ["/bye"], "x")
    answered = converse(agent, ["/hello"], "x")
    assert answered.latest_bot_utterance.text.startswith("Hello!")
    waiting = converse(agent, ["/hello"], "x", answer_last=False)
    assert waiting.latest_bot_utterance is None
    assert waiting.latest_message.intent_name == "hello"
    assert agent.predict_next("x").action == "utter_hello"
