"""No text makes a reader fail, or take more time than its length allows."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.yaml_writer import dump_yaml
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.reader import parse_stories, story_format
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.yaml import parse_yaml_stories
from tests.stories.story_strategies import HOSTILE_WORDS, PATIENT, values

PARTS = [
    *HOSTILE_WORDS, "## a\n", ">> r\n", "\n", "* ", "    - ", "> ", "{", '": ', "OR", " OR ",
    "- ...\n", "slot", "form", '{"name": null}', "stories:\n", "rules:\n", "- story: a\n",
    "- rule: b\n", "  steps:\n", "  - intent: c\n", "  - action: d\n", "  - or:\n", "    - ",
    "  - user: |\n", "      ", "  - slot_was_set:\n", "  condition:\n", "  - checkpoint: e\n",
    "version: ", "*a", "&a ", "? ",
]  # fmt: skip
texts = st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=30).map("".join)


def check(result, source):
    stories, found = result
    assert all(isinstance(story, Story) and story.file == source for story in stories)
    for diagnostic in found:
        assert isinstance(diagnostic, Diagnostic)
        assert diagnostic.file == source
        assert diagnostic.line >= 1


@given(texts)
@PATIENT
def test_any_text_is_read_without_an_exception(text):
    check(parse_markdown(text, "a.md"), "a.md")
    check(parse_yaml_stories(text, "a.yml"), "a.yml")
    check(parse_stories(text, "a.txt"), "a.txt")


step_keys = st.sampled_from(
    ["intent", "user", "entities", "or", "action", "bot", "checkpoint", "slot_was_set",
     "active_loop", "metadata", "role", "other"]
)  # fmt: skip
steps = st.recursive(
    values,
    lambda inner: (
        st.dictionaries(step_keys | st.text(max_size=3), inner, max_size=3)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)
blocks = st.dictionaries(
    st.sampled_from(
        ["story", "rule", "steps", "metadata", "condition", "conversation_start",
         "wait_for_user_input", "other"]
    ),
    steps | st.lists(steps, max_size=4),
    max_size=5,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["stories", "rules", "version"]), steps | st.lists(blocks)))
@PATIENT
def test_any_data_in_the_place_of_stories_is_read_without_an_exception(data):
    try:
        text = dump_yaml(data)
        text.encode()
    except UnicodeEncodeError:
        return
    check(parse_yaml_stories(text, "a.yml"), "a.yml")


@pytest.mark.parametrize(
    "line",
    [
        "* " + "[" * 200_000,
        "* a: " + "[" * 200_000,
        "* a: " + "[a](" * 50_000,
        "* a: " + "[a](:" * 40_000 + ")",
        "* a: " + "[a]{" * 50_000,
        "* a: " + "[a][{" * 40_000,
        "* a" + "{" * 200_000,
        "* a" + '{"a":' * 40_000,
        "* a" + " OR a{" * 40_000,
        "* a" + ' OR a{"b' * 30_000,
        "* a" + " " * 200_000 + "b",
        "* " + "a: " * 60_000,
        "- " + " " * 200_000 + "x",
        '- slot{"a":' + "[" * 200_000,
        '- slot{"a":' + "9" * 200_000 + "}",
        "- " + "`" * 200_001,
        "- " + "<!--" * 50_000,
        "- " + "<!---->" * 40_000,
        "> " + "{" * 200_000,
        "#" * 200_000,
        ">" * 200_000,
        "* a[" + "b=c," * 50_000 + "]",
        "* a" + "@" * 200_000,
        "* a@" + "1" * 200_000,
        "*" + " form: " * 30_000,
    ],
)
def test_long_rows_of_signs_take_no_long_time(line):
    started = time.process_time()
    parse_markdown(f"## x\n{line}\n")
    story_format(f"## x\n{line}\n")
    parse_yaml_stories(f"stories:\n- story: x\n  steps:\n  - user: '{line}'\n")
    assert time.process_time() - started < 10


def test_many_lines_take_time_in_proportion():
    text = (
        "## x\n"
        + '* book{"port": "Oslo", "deck": 3}\n    - slot{"port": "Oslo"}\n    - utter_ok\n' * 6000
    )
    started = time.process_time()
    stories, found = parse_markdown(text)
    assert time.process_time() - started < 5
    assert (len(stories[0].items), found) == (18000, [])
