"""The two notations for what users say, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.stories.messages import annotated, decode_json, read_annotated, read_intent
from dialogue_nb.stories.notes import Notes
from tests.stories.story_strategies import PATIENT, spoken_messages


@pytest.mark.parametrize(
    ("text", "plain", "found"),
    [
        ("[Oslo](port)", "Oslo", [("port", "Oslo", 0, 4)]),
        ("to [oslo](port:Oslo)!", "to oslo!", [("port", "Oslo", 3, 7)]),
        ("[a](b)[c](d)", "ac", [("b", "a", 0, 1), ("d", "c", 1, 2)]),
        ('[K]{"entity": "port"}', "K", [("port", "K", 0, 1)]),
        ('[K][{"entity": "a"}, {"entity": "b"}]', "K", [("a", "K", 0, 1), ("b", "K", 0, 1)]),
        ("no [brackets] (here)", "no [brackets] (here)", []),
        ("deck[0][1]", "deck[0][1]", []),
        ("[[a](b)", "[a", [("b", "[a", 0, 2)]),
        ("[](a) [b]() [c](:d) [e](f:)", "[](a) [b]() [c](:d) [e](f:)", []),
        ("[never", "[never", []),
        ("[a](b", "[a](b", []),
    ],
)
def test_marked_words_are_read_as_rasa_reads_them(text, plain, found):
    notes = Notes()
    words, entities = read_annotated(text, notes)
    assert words == plain
    assert [(e["entity"], e["value"], e["start"], e["end"]) for e in entities] == found
    assert notes.found == []


@pytest.mark.parametrize(
    "text",
    ["[a]{}", '[a]{"entity": 1}', '[a]{"entity": "b", "role": 2}', "[a]{b}", '[a][{"role": "b"}]'],
)
def test_marks_that_cannot_be_read_are_errors_and_stay_words(text):
    notes = Notes()
    assert read_annotated(text, notes) == (text, ())
    assert {(d.code, str(d.severity)) for d in notes.found} == {("S118", "error")}


@PATIENT
@given(spoken_messages())
def test_marking_words_and_reading_them_loses_nothing_or_is_noticed_as_different(message):
    again = read_annotated(annotated(message.text, message.entities), Notes())
    plain, entities = again
    # Words that hold brackets themselves may come out differently; the writers check for that.
    if not set("[]/") & set(message.text) and all("]" not in str(e) for e in message.entities):
        simple = all(isinstance(e["entity"], str) and e["entity"] for e in message.entities)
        if simple and "\ud800" not in message.text:
            assert plain == message.text
            assert list(entities) == list(message.entities)


@PATIENT
@given(st.text(alphabet="[](){}:\"',ab \\/", max_size=60))
def test_any_row_of_brackets_is_read_and_keeps_its_other_characters(text):
    plain, entities = read_annotated(text, Notes())
    assert len(plain) <= len(text)
    for entity in entities:
        if "start" in entity:
            assert 0 <= entity["start"] < entity["end"] <= len(plain)


@PATIENT
@given(st.text(alphabet="[]{}@_/=,.:\"'ab 01", max_size=40))
def test_any_intent_is_read_or_complained_about(text):
    notes = Notes()
    message, _ = read_intent(text, notes)
    assert message is not None or notes.found
    if message is not None:
        assert 0 <= message.intent["confidence"] <= 1


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "1" * 5000, "", "{"])
def test_json_that_cannot_be_read_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        decode_json(text)
