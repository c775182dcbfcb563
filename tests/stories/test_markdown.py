"""Markdown stories of every version, as steps, and what is said about wrong ones."""

import pytest

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.steps import Alternatives, Checkpoint, Line

FERRY = """\
<!-- a bot that sells
     tickets for ferries -->
## book a crossing ##
> at_the_counter{"open": true, "clerk": null}
* greet
  - utter_welcome            <!-- it says hello -->
* book{"port": "Bergen", "people": 3} OR ask_price
    - slot{"port": "Bergen", "people": 3}
    - ferry_form
    - form{"name": "ferry_form"}
- form{"name": null}
> ticket_sold
* thanks
    - utter_welcome
> the_end
"""
BOOK = UserUttered.of("book", {"port": "Bergen", "people": 3})


def read(text):
    stories, found = parse_markdown(text, "ferry.md")
    return stories, found


def events(body):
    """The events of a story with this body, which must be readable without a word about it."""
    stories, found = read(f"## x\n{body}\n")
    assert found == []
    return [event for item in stories[0].items for event in item.events]


def complaints(text):
    return [(d.code, str(d.severity), d.line) for d in read(text)[1]]


def test_a_story_keeps_names_order_and_lines():
    stories, found = read(FERRY)
    assert found == []
    (story,) = stories
    assert (story.name, story.file, story.line) == ("book a crossing", "ferry.md", 3)
    assert story.items == (
        Checkpoint("at_the_counter", {"open": True, "clerk": None}),
        Line((UserUttered.of("greet"),)),
        Line((ActionExecuted("utter_welcome"),)),
        Alternatives((BOOK, UserUttered.of("ask_price"))),
        Line((SlotSet("port", "Bergen"), SlotSet("people", 3))),
        Line((ActionExecuted("ferry_form"),)),
        Line((ActiveLoop("ferry_form"),)),
        Line((ActiveLoop(None),)),
        Checkpoint("ticket_sold"),
        Line((UserUttered.of("thanks"),)),
        Line((ActionExecuted("utter_welcome"),)),
        Checkpoint("the_end"),
    )  # fmt: skip
    assert [item.line for item in story.items] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- restart", Restarted()),
        ("- undo", ActionReverted()),
        ('- followup{"name": "utter_ok"}', FollowupAction("utter_ok")),
        ('- active_loop{"name": "ferry_form"}', ActiveLoop("ferry_form")),
        ('- form_validation{"validate": false}', LoopInterrupted(True)),
        ("- action_listen", ActionExecuted("action_listen")),
        ("-utter_without_a_space", ActionExecuted("utter_without_a_space")),
        ('*  /book{"port": "Oslo"}', UserUttered.of("book", {"port": "Oslo"})),
        ("* _book[port=Oslo, people=two]", None),
        (
            "* book[port=Oslo, people=two]",
            UserUttered.of("book", {"port": "Oslo", "people": "two"}),
        ),
        ("* book[]", UserUttered.of("book")),
        ("* ask:price", UserUttered.of("ask:price")),
        ("* book@0.25", UserUttered(None, {"name": "book", "confidence": 0.25})),
    ],
)
def test_one_line_is_one_event(line, expected):
    if expected is None:
        stories, found = read(f"## x\n{line}\n")
        assert stories[0].items[0].events[0] == UserUttered.of(
            "book", {"port": "Oslo", "people": "two"}
        )
        assert [(d.code, str(d.severity)) for d in found] == [("S114", "info")]
    else:
        assert events(line) == [expected]


def test_a_list_of_values_is_an_entity_for_each():
    (message,) = events('* book{"port": ["Oslo", "Kiel"], "deck": 2}')
    assert [(e["entity"], e["value"]) for e in message.entities] == [
        ("port", "Oslo"), ("port", "Kiel"), ("deck", 2),
    ]  # fmt: skip


def test_or_is_not_looked_for_inside_json_or_words():
    one, two = events('* book{"port": "Kiel OR Oslo"} OR greet')
    assert (one.entities[0]["value"], two.intent_name) == ("Kiel OR Oslo", "greet")
    (said,) = events("* book: a cabin OR a couch, please")
    assert said.text == "a cabin OR a couch, please"


def test_words_with_marked_entities_are_read_with_their_places():
    (said,) = events(
        '* book: from [Kiel](port) to [oslo]{"entity": "port", "role": "to", "value": "Oslo"}!'
    )
    assert said.text == "from Kiel to oslo!"
    assert said.entities == (
        {"start": 5, "end": 9, "value": "Kiel", "entity": "port"},
        {"start": 13, "end": 17, "value": "Oslo", "entity": "port", "role": "to"},
    )


def test_words_that_begin_with_a_slash_hold_their_entities_as_json():
    (said,) = events('* book: /book{"port": "Oslo"}')
    assert said.text == '/book{"port": "Oslo"}'
    assert said.entities == ({"entity": "port", "value": "Oslo"},)


def test_a_retrieval_intent_is_learnt_as_its_base():
    (said,) = events("* faq/ask_dogs")
    assert said.intent_name == "faq"
    assert said.intent["full_retrieval_intent_name"] == "faq/ask_dogs"


def test_what_version_1_named_differently_is_translated_and_said():
    stories, found = read("## x\n- action_deactivate_form\n")
    assert stories[0].items[0].events == (ActionExecuted("action_deactivate_loop"),)
    assert [(d.code, str(d.severity), d.line) for d in found] == [("S126", "info", 2)]


def test_turns_inside_a_form_are_left_out_as_rasa_does_and_said():
    stories, found = read("## x\n* book\n* form: inform\n- form: ferry_form\n- utter_ok\n")
    assert [item.line for item in stories[0].items] == [2, 5]
    assert [(d.code, d.line) for d in found] == [("S109", 3), ("S109", 4)]


def test_comments_of_all_shapes_are_passed_over():
    text = "<!-- a --># x\n- one <!-- b --><!-- c -->\n- two <!-- d\n- three\n--> - four\n"
    text += "<!----> - five"
    stories, found = read(text)
    assert found == []
    assert [item.events[0].action_name for item in stories[0].items] == [
        "one",
        "two",
        "four",
        "five",
    ]


def test_lines_may_end_as_on_any_system():
    for end in ("\n", "\r\n", "\r"):
        stories, found = read(f"\ufeff## x{end}- one{end}{end}- two")
        assert found == []
        assert [item.line for item in stories[0].items] == [2, 4]


RULE = """\
>> only while the form is open
    - form{"name": "ferry_form"}
    - slot{"requested_slot": "port"}
    - ...
* stop
    - utter_sure
    - ...
>> say hello once
* greet
    - utter_welcome
"""


def test_rules_have_conditions_and_know_where_they_hold():
    (first, second), found = read(RULE)
    assert found == []
    assert first.is_rule
    assert [item.events for item in first.conditions] == [
        (ActiveLoop("ferry_form"),), (SlotSet("requested_slot", "port"),),
    ]  # fmt: skip
    assert [item.line for item in first.items] == [5, 6]
    assert (first.conversation_start, first.wait_for_user_input) == (False, False)
    assert (second.conversation_start, second.wait_for_user_input) == (True, True)


@pytest.mark.parametrize(
    ("text", "code", "severity", "line"),
    [
        ("* greet\n", "S100", "error", 1),
        ("## x\n- a\n<!-- never closed\n- b", "S102", "error", 3),
        ("## x\n- a\njust words\n", "S103", "error", 3),
        ("## x\n", "S104", "warning", 1),
        ("## x\n> only\n", "S105", "warning", 1),
        (">> x\n- ...\n> here\n* a\n", "S106", "error", 3),
        ('## x\n- a\n> end{"a": 1}\n', "S107", "warning", 3),
        ("## x\n* a\n- ...\n", "S108", "error", 3),
        (">> x\n* a\n- ...\n- b\n- ...\n", "S116", "error", 2),
        ("## x\n\n- slot{'a': 1}\n", "S110", "error", 3),
        ('## x\n- slot{"a": 1, "a": 2}\n', "S110", "error", 2),
        ('## x\n* a{"b": NaN}\n', "S110", "error", 2),
        ("## x\n* a[b, c=d]\n", "S111", "error", 2),
        ("## x\n* a@1.5\n", "S112", "warning", 2),
        ("## x\n* a@high\n", "S112", "error", 2),
        ("## x\n- a\n*\n", "S113", "error", 3),
        ("## x\n* a OR  OR b\n", "S113", "error", 2),
        ('## x\n* a: [b]{"role": "c"}\n', "S118", "error", 2),
        ('## x\n* a{"b": 1} c\n', "S120", "error", 2),
        ("## x\n* a or b\n", "S121", "warning", 2),
        ('## x\n* a{"b": 1}: c\n', "S122", "warning", 2),
        ("## x\n* a:\n", "S123", "warning", 2),
        ("## x\n- utter_`name`\n", "S124", "error", 2),
        ("## `x` or `y`\n* a\n", "S124", "warning", 1),
        ("## x\n* a: say `name`\n", "S124", "warning", 2),
        ("## x\n* a\n-\n", "S125", "error", 3),
        ('## x\n- a{"b": 1}\n', "S127", "warning", 2),
        ("## x\n- utter_a## y\n", "S128", "warning", 2),
        ("## x\n* a\n- slot\n", "S129", "error", 3),
        ("## x\n* a\n- topic\n", "S130", "error", 3),
        ("## x\n* a\n- followup\n", "S131", "error", 3),
        ("## x\n* a\n- form\n", "S131", "error", 3),
        ('## x\n* a\n> {"b": 1}\n', "S133", "error", 3),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, code, severity, line):
    assert (code, severity, line) in complaints(text)


def test_an_error_in_json_names_the_column_and_the_story():
    (found,) = read('## far\n   * book{"port": Oslo}\n- a')[1]
    assert (found.story, found.line, found.column, found.file) == ("far", 2, 19, "ferry.md")
    assert "double quotes" in found.hint


def test_a_line_that_cannot_be_read_leaves_the_others_alone():
    stories, found = read("## x\n* a\n- slot{\n- b\n## y\n- c")
    assert [len(story.items) for story in stories] == [2, 1]
    assert len(found) == 1


def test_of_one_kind_of_problem_only_the_first_thousand_are_listed():
    found = read("## x\n" + "words\n" * 5000)[1]
    wrong = [d for d in found if d.code == "S103"]
    assert len(wrong) == 1001
    assert wrong[-1].message == "There are more of these; the rest is not listed."
