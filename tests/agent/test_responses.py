from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.agent.responses import fill, fill_all, message_for
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.trackers import DialogueStateTracker

from .kiosk import DOMAIN, happened, kiosk, texts


@pytest.mark.parametrize(
    ("text", "values", "expected", "missing"),
    [
        ("To {city}.", {"city": "Oslo"}, "To Oslo.", []),
        ("{a}{a}", {"a": 1}, "11", []),
        ("{a}", {"a": False}, "False", []),
        ("{a}", {"a": ""}, "", []),
        ("{a} {b}", {"a": None}, "{a} {b}", ["a", "b"]),
        ("{a}", {"a": "{b}", "b": "x"}, "{b}", []),
        ("{a.__class__.__mro__}", {"a": "x"}, "{a.__class__.__mro__}", ["a.__class__.__mro__"]),
        ("{a!r} {a:>9999999999} {0} {} {{a}}", {"a": "x"}, None, None),
        ('/tell{{"part": "{a}"}}', {"a": "bell"}, '/tell{"part": "bell"}', []),
        ('/tell{"of": {"part": 1}}', {}, '/tell{"of": {"part": 1}}', ['"part": 1']),
        ("{two\nlines}", {}, "{two\nlines}", []),
        ("{größe} {名前}", {"größe": "L", "名前": "Aiko"}, "L Aiko", []),
    ],
)
def test_placeholders_are_filled_and_nothing_else_is_done(text, values, expected, missing):
    without_value: list[str] = []
    filled = fill(text, values, without_value)
    if expected is None:
        assert filled == "{a!r} {a:>9999999999} {0} {} {a}"
    else:
        assert (filled, without_value) == (expected, missing)


@given(st.text(), st.dictionaries(st.text(max_size=3), st.text(max_size=3)))
def test_filling_never_fails(text, values):
    fill(text, values, [])


def test_all_strings_in_buttons_and_payloads_are_filled():
    parts = {"a": ["{x}", {"b": "{x}!"}], "n": 3, "none": None}
    assert fill_all(parts, {"x": "yes"}, []) == {"a": ["yes", {"b": "yes!"}], "n": 3, "none": None}


def test_a_variation_with_a_condition_that_holds_goes_before_one_without():
    domain = Domain.from_yaml(
        """
        slots: {vip: {type: bool, mappings: [{type: custom}]}}
        responses:
          utter_hi:
          - text: Hi.
          - text: Welcome back!
            condition: [{type: slot, name: vip, value: true}]
        """
    )
    said = []
    for vip in (None, True):
        tracker = DialogueStateTracker("x", domain.slots, [SlotSet("vip", vip)])
        said.append(message_for("utter_hi", tracker, domain, np.random.default_rng(1))["text"])
    assert said == ["Hi.", "Welcome back!"]


def test_a_missing_slot_value_stays_visible_and_is_noted():
    agent = kiosk()
    (message,) = agent.handle_text('/buy{"paper": "Herald"}')[:1]
    assert message["text"] == "One Herald, {change} back."
    assert message["metadata"] == {"notes": ["utter_sold: no value for {change}."]}


def test_buttons_are_filled_too():
    agent = kiosk()
    agent.handle_text('/buy{"paper": "Herald"}')
    (message,) = agent.handle_text("/leave")
    assert message["buttons"] == [{"title": "More Herald", "payload": "/buy"}]


def conversation(seed, senders=("ann",)):
    agent = kiosk(random_seed=seed)
    return [texts(agent.handle_text("/hello", sender)) for sender in senders]


def test_the_same_seed_chooses_the_same_variations():
    many = [f"guest {i}" for i in range(12)]
    assert conversation(5, many) == conversation(5, many)


def test_all_variations_occur_among_many_conversations():
    many = [f"guest {i}" for i in range(40)]
    said = {words[0] for words in conversation(5, many)}
    assert said == {"Morning!", "Hello there!", "What will it be?"}


def test_an_utterance_without_a_response_says_so():
    domain = Domain.from_yaml("{intents: [hello], actions: [utter_lost]}")
    agent = kiosk(domain=DOMAIN)
    agent.processor.domain = domain
    tracker = agent.tracker("x")
    messages = agent.execute_action("x", "utter_lost")
    assert "no response 'utter_lost'" in messages[0]["text"]
    assert messages[0]["metadata"]["problem"] == "missing_response"
    assert happened(tracker)[0] == ("action", "utter_lost")
