"""What the writers write, word for word, and what they say that they cannot."""

import pytest

from dialogue_nb.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Line, Story
from dialogue_nb.stories.writer import to_markdown, to_yaml, write_stories
from dialogue_nb.stories.yaml import parse_yaml_stories

MARKDOWN = """\
## book a crossing
> at_the_counter{"open": true}
* greet OR book@0.5{"port": ["Kiel", "Oslo"]}
    - slot{"port": "Oslo", "name": null}
    - form{"name": "ferry_form"}
    - action_deactivate_form
    - reset_slots
* ask: how is the [weather](topic)?
    - followup{"name": "utter_sunny"}
> ticket_sold

>> stop the form
    - form{"name": "ferry_form"}
    - ...
* stop
    - utter_sure
    - ...
"""

YAML = """\
version: '3.1'
stories:
- story: book a crossing
  steps:
  - checkpoint: at_the_counter
    slot_was_set:
    - open: true
  - or:
    - intent: greet
    - intent: book
      entities:
      - port: Oslo
        role: to
      - dog
  - slot_was_set:
    - port: Oslo
    - name
  - active_loop: ferry_form
  - action: reset_slots
  - intent: ask
    user: how is the [weather](topic)?
  - user: and tomorrow?
  - bot: no idea
  - active_loop: null
rules:
- rule: hello once
  condition:
  - slot_was_set:
    - open: true
  conversation_start: true
  steps:
  - intent: greet
  - action: utter_welcome
  wait_for_user_input: false
"""


@pytest.mark.parametrize(
    ("read", "write", "text"),
    [(parse_markdown, to_markdown, MARKDOWN), (parse_yaml_stories, to_yaml, YAML)],
)
def test_a_text_in_the_writers_own_style_comes_back_letter_for_letter(read, write, text):
    stories, found = read(text)
    assert [d for d in found if d.severity != "info"] == []
    assert write(stories) == (text, [])


def story(*events, **keys):
    return Story(
        "night ferry", tuple(Line((event,), 7) for event in events), file="a.yml", line=3, **keys
    )


def losses(format, *stories):
    return [(d.code, str(d.severity), d.line) for d in write_stories(stories, format)[1]]


@pytest.mark.parametrize(
    ("format", "lost", "expected"),
    [
        ("markdown", story(ActionExecuted(None, action_text="hi")), ("W102", "error", 7)),
        ("markdown", story(UserUttered("good evening")), ("W102", "error", 7)),
        ("markdown", story(SlotSet("port", FILLED)), ("W102", "error", 7)),
        ("markdown", story(ActionExecuted("a{b")), ("W102", "error", 7)),
        ("markdown", story(UserUttered.of("a\n* b")), ("W102", "error", 7)),
        ("markdown", story(SlotSet("port", object())), ("W102", "error", 7)),
        (
            "markdown",
            story(UserUttered("say `yes`", {"name": "a", "confidence": 1.0})),
            ("W109", "warning", 3),
        ),
        ("markdown", story(metadata={"by": "Mia"}), ("W104", "warning", 3)),
        ("markdown", Story("two\nlines", line=3), ("W105", "error", 3)),
        ("markdown", Story("\ud800", line=3), ("W105", "error", 3)),
        ("markdown", story(ActionExecuted("\ud800")), ("W102", "error", 7)),
        ("yaml", story(FollowupAction("utter_hi")), ("W102", "error", 7)),
        ("yaml", story(ActionExecuted("restart")), ("W102", "error", 7)),
        ("yaml", story(UserUttered.of("greet", {"role": "x"})), ("W102", "error", 7)),
        ("yaml", story(SlotSet("port", "\ud800")), ("W102", "error", 7)),
        ("yaml", story(SlotSet("port", float("nan"))), ("W102", "error", 7)),
        ("yaml", Story("", line=3), ("W105", "error", 3)),
        ("yaml", story(metadata={"by": object()}), ("W104", "warning", 3)),
        (
            "yaml",
            story(UserUttered(None, {"name": "greet", "confidence": 0.5})),
            ("W108", "warning", 7),
        ),
        ("yaml", story(ActionExecuted("utter_hi", policy="TEDPolicy")), ("W103", "info", 7)),
    ],
)
def test_what_a_format_cannot_express_is_said_with_its_line(format, lost, expected):
    assert losses(format, lost) == [expected]


def test_markdown_has_no_form_for_roles():
    entity = {"entity": "port", "value": "Oslo", "role": "to"}
    message = UserUttered(None, {"name": "book", "confidence": 1.0}, (entity,))
    assert losses("markdown", story(message)) == [("W102", "error", 7)]


def test_a_rule_with_conditions_at_the_start_of_a_conversation_is_no_markdown():
    rule = Story(
        "x", (Line((ActionExecuted("a"),)),), True, (Line((SlotSet("b", 1),)),), True, line=2
    )
    assert losses("markdown", rule) == [("W106", "error", 2)]


def test_what_would_become_something_else_is_left_out():
    text, found = to_markdown(
        [story(ActionExecuted(None, action_text="hi"), ActionExecuted("utter_hi"))]
    )
    assert text == "## night ferry\n    - utter_hi\n"
    assert found[0].message == "Markdown has no form for this action 'hi': it is left out."
    assert (found[0].file, found[0].story) == ("a.yml", "night ferry")


def test_slots_that_stand_together_twice_are_written_on_two_lines():
    both = Story("x", (Line((SlotSet("deck", 1), SlotSet("deck", 2))),))
    text, found = to_markdown([both])
    assert text == '## x\n    - slot{"deck": 1}\n    - slot{"deck": 2}\n'
    assert [d.code for d in found] == ["W107"]
    assert parse_yaml_stories(to_yaml([both])[0])[0] == [both]


def test_json_does_not_end_a_comment_begin_an_alternative_or_name_a_variable():
    said = UserUttered.of("book", {"port": "Kiel OR <!--Oslo--> `x`"})
    text, found = to_markdown([story(said)])
    assert found == []
    assert not any(sign in text for sign in (" OR ", "<!--", "-->", "`"))
    assert parse_markdown(text)[0][0].items[0].events == (said,)


def test_a_name_that_opens_a_comment_does_not_swallow_the_next_story():
    text, found = to_markdown([Story("<!--", line=1), Story("harbour", line=5)])
    assert [read.name for read in parse_markdown(text)[0]] == ["<! --", "harbour"]
    assert [(d.code, d.line) for d in found] == [("W105", 1)]


def test_an_underscore_that_belongs_to_an_intent_survives_markdown():
    text, found = to_markdown([story(UserUttered.of("_private"))])
    assert (text, found) == ("## night ferry\n* /_private\n", [])


def test_stories_go_from_markdown_to_yaml_and_back():
    stories, _ = parse_markdown(
        MARKDOWN.replace("@0.5", "").replace('- followup{"name": "utter_sunny"}', "- a")
    )
    yaml, lost = to_yaml(stories)
    assert lost == []
    assert parse_yaml_stories(yaml)[0] == stories


def test_nothing_is_written_for_no_stories():
    assert to_markdown([]) == ("", [])
    assert parse_yaml_stories(to_yaml([])[0]) == ([], [])


def test_writing_changes_nothing_in_its_input():
    before = [story(AllSlotsReset(), ActiveLoop("f")), Story("y", (Checkpoint("c"),))]
    again = [story(AllSlotsReset(), ActiveLoop("f")), Story("y", (Checkpoint("c"),))]
    write_stories(before, "yaml")
    write_stories(before, "markdown")
    assert before == again


def test_alternatives_of_slots_are_left_out_of_markdown():
    either = Story("x", (Alternatives((SlotSet("a", 1), SlotSet("a", 2)), 4),))
    assert losses("markdown", either) == [("W102", "error", 4)]
    assert losses("yaml", either) == []
