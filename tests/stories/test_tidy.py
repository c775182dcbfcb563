"""Laying out stories and domains, and rewriting stories: nothing changes its meaning in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.tidy import convert_stories, tidy_domain, tidy_stories
from dialogue_nb.stories.writer import write_stories
from tests.stories.story_strategies import PATIENT, stories

MESSY = """<!-- all about
  tea -->
##  tea
*order{"drink": "tea"}


- slot{"drink": "tea"}
-utter_tea   <!-- hot -->
<!-- next -->
#coffee
  >   paid
 * order OR leave
>>rule
  - ...
"""
TIDY = """<!-- all about
  tea -->
## tea
* order{"drink": "tea"}

    - slot{"drink": "tea"}
    - utter_tea   <!-- hot -->

<!-- next -->
# coffee
> paid
* order OR leave

>> rule
    - ...
"""


def test_markdown_is_laid_out_evenly_and_keeps_its_comments():
    assert tidy_stories(MESSY, "markdown") == (TIDY, (), ())
    assert tidy_stories(TIDY, "markdown").text == TIDY
    assert tidy_stories("", "markdown").text == ""


@pytest.mark.parametrize("format", ["markdown", "yaml"])
@given(written=st.lists(stories(), max_size=3))
@PATIENT
def test_laying_out_changes_no_story_unless_it_says_so(format, written):
    text, _ = write_stories(written, format)
    new = tidy_stories(text, format)
    if not new.losses and not new.errors:
        assert parse_stories(new.text, format=format)[0] == parse_stories(text, format=format)[0]
    if new.errors:
        assert new.text == text


def test_yaml_says_what_laying_it_out_would_lose():
    text = "# mine\nstories:\n- story: a  # b\n  steps: [{action: x}]\nnlu: []\nintents: [greet]\n"
    new = tidy_stories(text, "yaml")
    assert new.text == ("version: '3.1'\nstories:\n- story: a\n  steps:\n  - action: x\n")
    assert new.losses == (
        "2 comments are left out.",
        "What else is in the file is left out: 'nlu', 'intents'.",
    )


def test_switching_says_what_the_other_format_cannot_express():
    new = convert_stories("## a\n* hi@0.5\n    - utter_x\n", "markdown", "yaml")
    assert new.losses == ("Line 2: The confidence of the intent is not written: YAML has none.",)
    back = convert_stories(new.text, "yaml", "markdown")
    assert back == ("## a\n* hi\n    - utter_x\n", (), ())


def test_what_cannot_be_read_is_not_rewritten():
    broken = "## a\nno mark\n"
    for new in (tidy_stories(broken, "markdown"), convert_stories(broken, "markdown", "yaml")):
        assert new.text == broken
        assert [error.code for error in new.errors] == ["S103"]


def test_a_domain_is_written_in_the_usual_order_and_says_what_is_lost():
    text = "actions: [act]  # one\nintents: [greet]\nlanguage: en\n"
    new = tidy_domain(text)
    assert new.text.index("intents") < new.text.index("actions")
    assert Domain.from_yaml(new.text) == Domain.from_yaml(text)
    assert new.losses == (
        "1 comment is left out.",
        "What else is in the file is left out: 'language'.",
    )
    assert tidy_domain("intents: [a, a]").errors
