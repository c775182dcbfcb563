"""Reading a text that is being written gives what reading it from scratch gives, only sooner."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.stories.live import LiveStories, cut
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.writer import write_stories
from tests.stories.story_strategies import PATIENT, stories

MARKDOWN = "## a\n* greet\n    - utter_greet\n\n## b <!-- two -->\n* leave\n    - utter_bye\n"
YAML = """version: "3.1"

stories:
- story: a
  steps:
  - intent: greet
  - action: utter_greet

# about b
- story: b
  metadata: {by: me}
  steps:
  - or:
    - intent: leave
    - intent: vanish
  - action: utter_bye

rules:
  - rule: c
    condition:
      - active_loop: null
    steps:
      - intent: greet
      - action: utter_greet

nlu:
- intent: greet
  examples: |
    - hi
"""
TEXTS = {"markdown": MARKDOWN, "yaml": YAML}

# What somebody types, and what breaks a text in ways that reach beyond a line.
pieces = st.sampled_from(
    ["x", "\n", " ", "  ", "- ", "* ", "## ", ">> ", "> p\n", "<!--", "-->", "{", "}", '"', "'",
     ":", "#", "[", "]", "\t", "&a ", "*a", "---\n", "stories:\n", "rules:\n", "- story: d\n",
     "|\n", "é", "😀", "\r\n", "  - action: z\n", "\n\n", "nlu:\n", "\ufeff", "  steps:\n",
     "- rule: r\n"]
)  # fmt: skip
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), pieces), max_size=6)


def everything(stories):
    """Stories with their lines, which do not count when stories are compared."""
    return [
        (story, story.line, [item.line for item in (*story.conditions, *story.items)])
        for story in sorted(stories, key=lambda story: story.line)
    ]


def compared(diagnostics):
    return sorted(diagnostics, key=lambda found: (found.line or 0, str(found)))


def assert_alike(live, text, format):
    stories, found = live.read(text, format)
    # an edit may fall between the two characters of a line ending: each half then ends a line
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    whole, said = parse_stories(plain, format=format)
    if any(one.code.startswith("Y") and one.code != "Y103" for one in said):
        # A text that YAML cannot read at all: here the stories around the broken place are there.
        assert errors_in(found) or not errors_in(said)
        return
    assert everything(stories) == everything(whole)
    assert compared(found) == compared(said)


@pytest.mark.parametrize("format", ["markdown", "yaml"])
@given(edits=edits)
@example(edits=[(0.5, 0, "\r\n"), (0.5, 0, "\r\n")])
@PATIENT
def test_after_any_edits_the_stories_are_those_of_the_whole_text(format, edits):
    live = LiveStories()
    text = TEXTS[format]
    assert_alike(live, text, format)
    for place, removed, piece in edits:
        at = round(place * len(text))
        text = text[:at] + piece + text[at + removed :]
        assert_alike(live, text, format)


@pytest.mark.parametrize("format", ["markdown", "yaml"])
@given(written=st.lists(stories(), max_size=4))
@PATIENT
def test_whatever_is_written_is_read_alike(format, written):
    text, _ = write_stories(written, format)
    assert_alike(LiveStories(), text, format)


@pytest.mark.parametrize(("format", "blocks"), [("markdown", 2), ("yaml", 4)])
def test_only_the_story_that_was_edited_is_read_again(format, blocks):
    live = LiveStories("s")
    live.read(TEXTS[format], format)
    assert live.blocks_read == blocks
    stories, _ = live.read(TEXTS[format].replace("utter_bye", "utter_byebye"), format)
    assert live.blocks_read == 1
    assert {story.file for story in stories} == {"s"}


def test_stories_below_an_edit_move_with_their_lines():
    live = LiveStories()
    before = {story.name: story.line for story in live.read(YAML, "yaml")[0]}
    grown = YAML.replace("  - action: utter_greet\n", "  - action: utter_greet\n" * 3, 1)
    after = {story.name: story.line for story in live.read(grown, "yaml")[0]}
    assert (before["a"], before["b"], before["c"]) == (4, 10, 19)
    assert (after["a"], after["b"], after["c"]) == (4, 12, 21)


def test_a_broken_story_leaves_the_others_alone():
    stories, found = LiveStories().read(YAML.replace("action: utter_bye", "action: 'utter"), "yaml")
    assert [story.name for story in stories] == ["a", "c"]
    (error,) = errors_in(found)
    assert (error.code, 10 <= error.line <= 19) == ("Y101", True)


def test_a_key_that_is_there_twice_names_the_line_of_the_text():
    text = YAML.replace("  metadata: {by: me}\n", "  steps: []\n")
    live = LiveStories()
    (error,) = errors_in(live.read(text, "yaml")[1])
    assert "first in line 11" in error.message
    (error,) = errors_in(live.read("\n" + text, "yaml")[1])
    assert "first in line 12" in error.message


def test_what_is_tied_together_is_not_cut():
    tied = "stories:\n- story: a\n  steps: &all\n  - intent: x\n- story: b\n  steps: *all\n"
    assert [block.line for block in cut(tied, "yaml")] == [1]
    stories, found = LiveStories().read(tied, "yaml")
    assert [len(story.items) for story in stories] == [1, 1]
    assert not found
