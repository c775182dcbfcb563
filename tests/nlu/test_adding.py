"""New examples in the files of a bot: nothing else in them changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.nlu.adding import add_example
from dialogue_nb.nlu.examples import TrainingExample
from dialogue_nb.nlu.reader import parse_nlu
from tests.nlu.corpus import YAML

CITY = {"start": 3, "end": 7, "value": "Oslo", "entity": "city", "role": "to"}


def test_it_comes_behind_the_last_one_of_its_intent_and_nothing_else_changes():
    new = add_example(YAML, TrainingExample("certainly not", "deny"))
    lines = YAML.split("\n")
    at = lines.index("    - never")
    assert new.split("\n") == [*lines[: at + 1], "    - certainly not", *lines[at + 1 :]]


@pytest.mark.parametrize("text", ["", YAML, "## intent:deny\n* no\n", "nlu:\n- intent: other\n"])
def test_a_new_intent_comes_at_the_end_with_its_marks(text):
    new = add_example(text, TrainingExample("to Oslo", "go: there", (CITY,)))
    data, found = parse_nlu(new)
    assert data.examples[-1].intent == "go: there"
    assert data.examples[-1].entities == (CITY,)
    assert new.startswith(text.rstrip("\n"))
    assert [one.code for one in found] in ([], ["N103"])


def test_in_markdown_it_is_written_with_the_sign_of_the_others():
    text = "## intent:deny\n* no\n\n## intent:greet\n- hi\n"
    new = add_example(text, TrainingExample("never  \n ever", "deny"))
    assert new == "## intent:deny\n* no\n* never ever\n\n## intent:greet\n- hi\n"


def test_an_example_that_is_there_is_not_added_again():
    assert add_example(YAML, TrainingExample("never", "deny")) == YAML


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ('{"rasa_nlu_data": {}}', TrainingExample("no", "deny")),
        ("nlu: {a: b}", TrainingExample("no", "deny")),
        ("nlu: [{intent: deny, examples: '- no'}]", TrainingExample("never", "deny")),
        (YAML, TrainingExample(" ", "deny")),
        (YAML, TrainingExample("no", None)),
    ],
)
def test_where_there_is_no_telling_how_it_is_an_error(text, example):
    with pytest.raises(DialogueError):
        add_example(text, example)


@given(st.text(max_size=40), st.text(min_size=1, max_size=12))
def test_what_is_added_is_read_again_or_refused(words, intent):
    try:
        new = add_example(YAML, TrainingExample(words, intent))
    except DialogueError:
        return
    before, after = parse_nlu(YAML)[0].examples, parse_nlu(new)[0].examples
    assert len(after) == len(before) + 1 or new == YAML
    assert set(before) <= set(after)
