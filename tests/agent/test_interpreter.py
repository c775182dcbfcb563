from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.agent.interpreter import RegexInterpreter, user_event
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import AgentError

DOMAIN = Domain.from_yaml("{intents: [inform, faq], entities: [city, {day: {roles: [from]}}]}")


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "entities"),
    [
        ("/inform", "inform", 1.0, []),
        ("  /inform  ", "inform", 1.0, []),
        ("/inform@0.25", "inform", 0.25, []),
        ('/inform@0.25{"city": "Oslo"}', "inform", 0.25, [("city", "Oslo")]),
        (
            '/inform{"city": ["a", "b"], "n": 3}',
            "inform",
            1.0,
            [("city", "a"), ("city", "b"), ("n", 3)],
        ),
        ("/inform@3", "inform", 1.0, []),
        ("/inform@1.2.3", "inform", 0.0, []),
        ('/inform {"city": null}', "inform", 1.0, [("city", None)]),
        ("/two words", "two words", 1.0, []),
    ],
)
def test_messages_that_say_what_they_mean_are_read(text, intent, confidence, entities):
    parsed = RegexInterpreter().parse(text)
    assert parsed["intent"] == {"name": intent, "confidence": confidence}
    assert [(e["entity"], e["value"]) for e in parsed["entities"]] == entities
    assert "notes" not in parsed


@pytest.mark.parametrize("text", ["", "inform", "/", "/{}", "/@0.5", "say /inform", "\x00", " / "])
def test_other_text_is_not_understood(text):
    parsed = RegexInterpreter().parse(text)
    assert parsed["intent"] == {"name": None, "confidence": 0.0}
    assert parsed["intent_ranking"] == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("/inform{city}", r"no JSON object"),
        ('/inform{"a": 1, "a": 2}', r"'a' occurs twice"),
        ('/inform{"a": NaN}', r"NaN"),
        ('/inform{"a": 1} and more', r"'and more'"),
        ("/inform{" + '"a":{' * 5000 + "}" * 5001, r"no JSON object"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_intent_is_kept(text, note):
    parsed = RegexInterpreter().parse(text)
    assert parsed["intent"]["name"] == "inform"
    assert any(note.strip("r") in said for said in parsed["notes"])


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    parsed = RegexInterpreter().parse("/" + text)
    event = user_event(parsed, text, DOMAIN)
    assert event.intent_name in (None, *DOMAIN.intent_names)


def test_a_hostile_message_is_read_in_no_time():
    started = time.process_time()
    for text in ("/a" + "{" * 90_000, "/a@" + "1." * 45_000 + "{", "/" + "x" * 10_000_000):
        RegexInterpreter().parse(text)
    assert time.process_time() - started < 1.0


def test_names_that_the_domain_does_not_know_are_left_out_with_a_hint():
    parsed = RegexInterpreter().parse('/infrom{"city": "Oslo", "ctiy": 1}')
    event = user_event(parsed, "", DOMAIN)
    assert event.intent_name is None
    assert event.intent_ranking == ()
    assert [entity["entity"] for entity in event.entities] == ["city"]
    assert event.metadata["notes"] == [
        "Unknown intent 'infrom'. Did you mean 'inform'?",
        "Unknown entity 'ctiy'. Did you mean 'city'?",
    ]


def test_of_a_command_with_an_unknown_intent_nothing_counts():
    text = '/infrom{"city": "Oslo"}'
    assert user_event(RegexInterpreter().parse(text), text, DOMAIN).entities == ()


def test_a_retrieval_intent_is_known_by_its_first_part():
    event = user_event(RegexInterpreter().parse("/faq/ask_price"), "", DOMAIN)
    assert event.intent_name == "faq"
    assert "notes" not in event.metadata


def test_an_interpreter_of_ones_own_needs_to_return_an_intent_only():
    event = user_event({"intent": {"name": "faq", "confidence": 0.4}}, "how much?", DOMAIN)
    assert (event.text, event.intent_name, event.entities) == ("how much?", "faq", ())


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("faq", "must return a dict, got 'faq'"),
        (None, "must return a dict, got None"),
        ({"intent": "faq"}, "must return a dict as 'intent', got 'faq'"),
        ({"intent": {"name": "faq"}, "entities": ["Oslo"]}, "a list of dicts as 'entities'"),
        ({"entities": {"entity": "city", "value": "Oslo"}}, "a list of dicts as 'entities'"),
        ({"intent": {}, "intent_ranking": "faq"}, "a list of dicts as 'intent_ranking'"),
    ],
)
def test_an_interpreter_that_returns_something_else_is_told_what_it_should_return(returned, told):
    with pytest.raises(AgentError) as error:
        user_event(returned, "how much?", DOMAIN)
    assert told in str(error.value)
    assert "{'intent': {'name': 'greet', 'confidence': 0.9}" in str(error.value)
