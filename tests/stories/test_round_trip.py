"""Reading what was written gives the same stories, or the writer has said what it lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.writer import write_stories
from tests.stories.story_strategies import PATIENT, plain_words, stories

BOTH = pytest.mark.parametrize("format", ["markdown", "yaml"])
# Codes of what is lost beside the steps, or written in several lines.
HARMLESS = {"W103", "W104", "W107", "W108"}


def in_reading_order(found, format):
    return sorted(found, key=lambda story: story.is_rule) if format == "yaml" else found


@BOTH
@given(written=st.lists(stories(), max_size=2))
@PATIENT
def test_stories_come_back_as_they_were_unless_the_writer_says_otherwise(format, written):
    text, lost = write_stories(written, format)
    read, _ = parse_stories(text, "test_stories", format)
    if not lost:
        assert read == in_reading_order(written, format)


@BOTH
@given(written=st.lists(stories(), max_size=2))
@PATIENT
def test_what_is_written_can_always_be_read(format, written):
    text, lost = write_stories(written, format)
    text.encode()
    read, found = parse_stories(text, "test_stories", format)
    assert len(read) == len(written)
    if not any(diagnostic.code in ("W105", "W106") for diagnostic in lost):
        wrong = {d.code for d in errors_in(found)}
        assert wrong <= {"S106", "S108", "S115"}  # what rules may not hold: the input was wrong


@BOTH
@given(written=st.lists(stories(names=plain_words), max_size=2))
@PATIENT
def test_simple_names_are_never_lost(format, written):
    _, lost = write_stories(written, format)
    assert not {d.code for d in lost} & {"W101", "W105"}


@BOTH
@given(written=st.lists(stories(), max_size=2))
@PATIENT
def test_what_was_read_once_is_written_and_read_again_without_a_change(format, written):
    text, _ = write_stories(written, format)
    read, _ = parse_stories(text, "test_stories", format)
    again, lost = write_stories(read, format)
    assert parse_stories(again, "test_stories", format)[0] == read or lost
