"""Stories against the domain and against each other."""

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.reader import parse_stories

DOMAIN = Domain.from_yaml("""\
intents: [greet, book, stop]
entities:
- port: {roles: [from, to]}
- deck
slots:
  port: {type: text, mappings: [{type: from_entity, entity: port}]}
  cabin: {type: categorical, values: [inside, outside], mappings: [{type: custom}]}
  paid: {type: bool, mappings: [{type: custom}]}
  note: {type: any, mappings: [{type: custom}]}
responses:
  utter_welcome: [{text: hello}]
actions: [action_pay]
forms:
  ferry_form: {required_slots: [port]}
""")


def lint(text):
    stories, found = parse_stories(text, "s.yml" if "stories:" in text else "s.md")
    assert found == []
    return [(d.code, str(d.severity), d.line) for d in lint_stories(stories, DOMAIN)]


def test_stories_that_fit_the_domain_give_no_word():
    assert (
        lint("""\
## all sorts
* greet OR restart
    - utter_welcome
* book{"port": "Oslo", "deck": 2}
    - ferry_form
    - form{"name": "ferry_form"}
    - slot{"requested_slot": "port", "cabin": "Outside", "paid": null}
    - form{"name": null}
    - action_pay
    - action_listen
    - action_back
""")
        == []
    )


@pytest.mark.parametrize(
    ("line", "expected", "hint"),
    [
        ("* gret", ("S401", "error", 2), "Did you mean 'greet'?"),
        ("* xyz", ("S401", "error", 2), "Add it to the domain's intents."),
        ('* book{"prot": "Oslo"}', ("S402", "warning", 2), "Did you mean 'port'?"),
        ('- slot{"cabins": 1}', ("S403", "error", 2), "Did you mean 'cabin'?"),
        ('> here{"zzz": 1}\n- action_pay', ("S403", "error", 2), "Add it to the domain's slots."),
        ("- utter_welcom", ("S404", "error", 2), "Did you mean 'utter_welcome'?"),
        ('- form{"name": "fery_form"}', ("S405", "error", 2), "Did you mean 'ferry_form'?"),
        ('- slot{"cabin": "outsid"}', ("S408", "warning", 2), "Did you mean 'outside'?"),
        ('- slot{"cabin": "roof"}', ("S408", "warning", 2), "It counts as any other value."),
    ],
)
def test_what_the_domain_does_not_have_is_named_with_what_was_meant(line, expected, hint):
    stories, _ = parse_stories(f"## x\n{line}\n", "a.md")
    found = lint_stories(stories, DOMAIN)[0]
    assert (found.code, str(found.severity), found.line) == expected
    assert (found.hint, found.story, found.file) == (hint, "x", "a.md")


def test_roles_and_values_that_yaml_names_are_checked_too():
    text = """\
stories:
- story: x
  steps:
  - intent: book
    entities: [{port: Oslo, role: frm}, {port: Oslo, role: from}, {deck: 2, group: a}]
  - slot_was_set: [port, paid, note]
rules:
- rule: y
  condition:
  - slot_was_set: [{prot: a}]
  steps:
  - intent: stop
  - active_loop: null
"""
    assert lint(text) == [
        ("S406", "warning", 4), ("S406", "warning", 4), ("S407", "warning", 6),
        ("S403", "error", 10),
    ]  # fmt: skip


def test_words_of_the_bot_are_no_names():
    assert lint("stories:\n- story: x\n  steps:\n  - user: hello\n  - bot: good evening\n") == []


def test_checkpoints_that_lead_nowhere_are_found():
    assert lint("""\
## a
* greet
> to_nobody
## b
> from_nobody
* book
""") == [("S421", "warning", 3), ("S420", "warning", 5)]


def test_a_slip_in_the_name_of_a_checkpoint_is_recognised():
    stories, _ = parse_stories("## a\n* greet\n> at_harbour\n## b\n> at_harbor\n* book\n", "a.md")
    hints = [d.hint for d in lint_stories(stories, DOMAIN)]
    assert hints == ["Did you mean 'at_harbor'?", "Did you mean 'at_harbour'?"]


def test_a_checkpoint_in_the_middle_of_a_story_is_its_own_way_on():
    assert lint("## a\n* greet\n> middle\n* book\n") == []


def test_steps_that_no_conversation_gets_to_are_found():
    assert lint("""\
## start
* greet
## circle, one
> west
* book
> east
## circle, two
> east
* stop
> west
""") == [("S422", "warning", 3), ("S422", "warning", 7)]


def test_a_circle_with_a_way_in_is_reached():
    assert (
        lint("""\
## start
* greet
> west
## circle, one
> west
* book
> east
## circle, two
> east
* stop
> west
""")
        == []
    )


def test_one_of_several_starts_is_enough_to_be_reached():
    assert lint(
        "## a\n* greet\n> one\n## b\n> two\n> one\n* book\n> end\n## c\n> end\n* stop\n"
    ) == [("S420", "warning", 5)]


def test_a_name_that_two_stories_have_is_said_with_the_place_of_the_first():
    stories, _ = parse_stories("## a\n* greet\n## b\n* book\n## a\n* stop\n", "a.md")
    (found,) = lint_stories(stories, DOMAIN)
    assert (found.code, str(found.severity), found.line) == ("S410", "info", 5)
    assert "a.md:1" in found.message


def test_a_story_and_a_rule_may_share_a_name():
    assert lint("## a\n* greet\n") == []
    text = "stories:\n- story: a\n  steps:\n  - intent: greet\n"
    assert lint(text + "rules:\n- rule: a\n  steps:\n  - intent: greet\n") == []
