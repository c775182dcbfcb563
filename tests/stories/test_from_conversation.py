"""From a conversation to the story that would teach it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.states import states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.from_conversation import story_of
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.writer import write_stories
from tests.talks import BAKERY, bakery_talk

DOMAIN = Domain.from_yaml(
    """
    intents: [hello, order]
    entities: [{bread: {roles: [first]}}]
    slots: {bread: {type: text, mappings: [{type: from_entity, entity: bread}]}}
    actions: [utter_hello, utter_ok]
    """
)
RYE = {"entity": "bread", "value": "rye", "role": "first", "start": 4, "end": 7}


def said(*events):
    return [ActionExecuted("action_session_start"), SessionStarted(), *events]


TALK = said(
    ActionExecuted("action_listen", "MyPolicy", 0.4),
    UserUttered("hi there", {"name": "hello", "confidence": 0.62}, metadata={"a": 1}),
    ActionExecuted("utter_hello", "MyPolicy", 0.9),
    BotUttered("Hello!"),
    ActionExecuted("action_listen", "MyPolicy", 1.0),
    UserUttered("two rye", {"name": "order", "confidence": 0.8}, (RYE,)),
    SlotSet("bread", "rye", timestamp=3.0),
    ActionExecuted("utter_ok"),
    ActionExecuted("action_listen"),
)


def test_only_what_is_said_and_done_is_in_the_story():
    text, lost = write_stories([story_of(TALK, "rye")], "yaml")
    assert text.split("steps:\n")[1] == (
        "  - intent: hello\n"
        "  - action: utter_hello\n"
        "  - intent: order\n"
        "    entities:\n"
        "    - bread: rye\n"
        "      role: first\n"
        "  - slot_was_set:\n"
        "    - bread: rye\n"
        "  - action: utter_ok\n"
    )
    assert lost == []


def test_what_a_format_cannot_say_is_reported():
    _, lost = write_stories([story_of(TALK, "rye")], "markdown")
    assert [problem.code for problem in lost] == ["W102"]


@pytest.mark.parametrize(("format", "role"), [("markdown", None), ("yaml", "first")])
def test_a_bot_that_learns_the_story_is_in_the_states_of_the_conversation(format, role):
    rye = {key: value for key, value in RYE.items() if key != "role" or role}
    talk = [replace(e, entities=(rye,)) if getattr(e, "entities", ()) else e for e in TALK]
    text, _ = write_stories([story_of(talk, "rye")], format)
    stories, problems = parse_stories(text, format=format)
    assert problems == []
    (learnt,) = generate(stories, DOMAIN, augmentation_factor=0)
    assert learnt.states == states_of(DialogueStateTracker("x", DOMAIN.slots, talk), DOMAIN)


def test_what_was_taken_back_or_forgotten_is_left_out():
    wrong = [UserUttered.of("order"), UserUtteranceReverted(), ActionExecuted("action_listen")]
    story = story_of([*TALK, Restarted(), *TALK[:7], *wrong], "again")
    assert [item.events[0] for item in story.items] == [
        UserUttered.of("hello"),
        ActionExecuted("utter_hello"),
    ]


def test_forms_are_in_it_and_the_book_keeping_of_a_session_is_not():
    story = story_of(
        [SlotSet("session_started_metadata", {}), ActiveLoop("form"), ActiveLoop(None)], "form"
    )
    assert [item.events for item in story.items] == [(ActiveLoop("form"),), (ActiveLoop(None),)]


def test_words_that_were_not_understood_stay_words():
    words = UserUttered("mumble", {"name": None, "confidence": 0.0})
    (line,) = story_of([ActionExecuted("action_listen"), words], "x").items
    assert line.events[0].text == "mumble"


def test_a_long_conversation_can_be_written_and_read_again():
    for format in ("markdown", "yaml"):
        text, _ = write_stories([story_of(bakery_talk().events, "bakery")], format)
        stories, problems = parse_stories(text, format=format)
        assert [p.message for p in problems] == []
        assert len(generate(stories, BAKERY, augmentation_factor=0)) == 1
