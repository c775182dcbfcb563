from __future__ import annotations

import json
from itertools import count

import numpy as np
import pytest

from dialogue_nb.agent.actions import Action, ActionExecutionRejection, as_action, as_actions
from dialogue_nb.core.events import BotUttered, SlotSet
from dialogue_nb.core.exceptions import AgentError, UnknownNameError

from .kiosk import happened, kiosk, texts


def run(action):
    """What is said and what happens when the kiosk runs the action."""
    agent = kiosk(actions={"action_count": action})
    tracker = agent.tracker()
    messages = agent.execute_action("default", "action_count")
    return messages, happened(tracker), tracker


class Counting(Action):
    def name(self):
        return "action_count"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="One")
        dispatcher.utter_message(response="utter_sold", paper="Times", change="2")
        return [SlotSet("paper", "Times")]


@pytest.mark.parametrize("registered", [Counting, Counting()])
def test_an_action_class_or_object_speaks_through_the_dispatcher(registered):
    messages, events, tracker = run(registered)
    assert texts(messages) == ["One", "One Times, 2 back."]
    assert events == [
        ("action", "action_count"),
        ("bot", "One"),
        ("bot", "One Times, 2 back."),
        ("slot", "paper"),
    ]
    assert tracker.get_slot("paper") == "Times"


@pytest.mark.parametrize(
    ("function", "said", "slot"),
    [
        (lambda tracker, domain: None, [], None),
        (lambda tracker, domain: "Two.", ["Two."], None),
        (lambda tracker, domain: [], [], None),
        (lambda tracker, domain: [SlotSet("paper", "x")], [], "x"),
        (lambda tracker, domain: [{"event": "slot", "name": "paper", "value": 7}], [], 7),
        (lambda tracker, domain: (SlotSet("paper", i) for i in "ab"), [], "b"),
        (lambda tracker, domain: [BotUttered("Three.")], ["Three."], None),
        (lambda dispatcher, tracker, domain: dispatcher.utter_message("Four."), ["Four."], None),
        (lambda tracker, domain, extra=1: "Five.", ["Five."], None),
        (lambda *args: str(len(args)), ["2"], None),
    ],
)
def test_a_function_may_return_events_a_text_or_nothing(function, said, slot):
    messages, _, tracker = run(function)
    assert texts(messages) == said
    assert tracker.get_slot("paper") == slot


def raises(tracker, domain):
    raise KeyError("till")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (raises, "failed with KeyError: 'till'"),
        (lambda tracker, domain: 5, "must return a list of events, a text or None, not 5"),
        (lambda tracker, domain: {"event": "slot"}, "must return a list of events"),
        (lambda tracker, domain: [{"event": "slto"}], "Unknown event type 'slto'"),
        (lambda tracker, domain: [3], "must be a JSON object"),
        (lambda dispatcher, tracker, domain: dispatcher.utter_message(respons="x"), None),
    ],
)
def test_an_action_that_fails_says_so_and_counts_as_executed(function, told):
    messages, events, _ = run(function)
    assert events[0] == ("action", "action_count")
    if told is not None:
        assert told in messages[-1]["text"]
        assert messages[-1]["metadata"] == {"problem": "action_failed", "action": "action_count"}


def test_what_an_action_said_before_it_failed_is_not_lost():
    def half(dispatcher, tracker, domain):
        dispatcher.utter_message(text="So far, so good.")
        raise ValueError("then not")

    messages, _, _ = run(half)
    assert texts(messages) == [
        "So far, so good.",
        "The action 'action_count' failed with ValueError: then not",
    ]


def test_an_action_cannot_change_the_conversation_by_hand():
    def meddle(tracker, domain):
        tracker.update(SlotSet("paper", "stolen"))

    _, events, tracker = run(meddle)
    assert tracker.get_slot("paper") is None
    assert events == [("action", "action_count")]


def test_an_action_that_refuses_leaves_only_the_refusal():
    def refuse(dispatcher, tracker, domain):
        dispatcher.utter_message(text="I say something, and then not.")
        raise ActionExecutionRejection("action_count")

    messages, events, _ = run(refuse)
    assert messages == []
    assert events == [("action_execution_rejected", "action_count")]


def test_an_unregistered_action_says_so_and_does_nothing():
    agent = kiosk()
    (message,) = agent.execute_action("default", "action_weigh")
    assert "'action_weigh' is not registered" in message["text"]
    assert message["metadata"] == {"problem": "not_registered", "action": "action_weigh"}
    assert happened(agent.tracker())[0] == ("action", "action_weigh")


def test_an_action_can_be_registered_later_by_a_decorator():
    agent = kiosk()

    @agent.action("action_weigh")
    def weigh(tracker, domain):
        return "Two pounds."

    assert texts(agent.execute_action("default", "action_weigh")) == ["Two pounds."]
    assert weigh(None, None) == "Two pounds."


def test_registering_an_action_that_the_domain_lacks_is_an_error_with_a_hint():
    with pytest.raises(UnknownNameError, match="Did you mean 'action_weigh'"):
        kiosk().action("action_wiegh")


def test_a_registered_action_replaces_a_default_one():
    agent = kiosk(actions={"action_restart": lambda tracker, domain: "Again!"})
    assert texts(agent.execute_action("default", "action_restart")) == ["Again!"]


async def later(tracker, domain):
    return None


@pytest.mark.parametrize(
    ("thing", "told"),
    [
        (lambda tracker: None, r"takes \(tracker\): expected fn\(tracker, domain\)"),
        (lambda a, b, c, d: None, r"expected fn\(tracker, domain\) or fn\(dispatcher"),
        (later, "is async"),
        (Counting, "calls itself 'action_count'"),
        (42, "got int"),
    ],
)
def test_what_is_no_action_is_refused_when_it_is_registered(thing, told):
    with pytest.raises(AgentError, match=told):
        as_action("action_other", thing)


def test_actions_can_be_given_as_a_list_if_they_know_their_names():
    assert list(as_actions([Counting])) == ["action_count"]
    with pytest.raises(AgentError, match="does not know its name"):
        as_actions([lambda tracker, domain: None])


class Stubborn:
    def __bool__(self):
        raise ValueError("neither yes nor no")


def loops():
    circle = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (SlotSet("paper", np.arange(3)), "the value of slot 'paper' cannot be kept (got ndarray)"),
        (SlotSet("paper", np.float32(2.5)), "(got float32)"),
        (SlotSet("paper", {"Times", "Herald"}), "(got set)"),
        (SlotSet("paper", b"Times"), "(got bytes)"),
        (SlotSet("pages", Stubborn()), "(got Stubborn)"),
        (SlotSet("pages", loops()), "(got list)"),
        (SlotSet(["paper"], 1), "a slot has a name"),
        (BotUttered(7), "what the bot says must be a text, got int"),
        (BotUttered("7", {"custom": {7j}}), "an event of type 'bot' cannot be kept"),
    ],
)
def test_what_no_conversation_can_keep_is_told_and_the_conversation_goes_on(event, told):
    messages, events, tracker = run(lambda tracker, domain: [event])
    assert told in messages[-1]["text"]
    assert events == [("action", "action_count"), ("bot", messages[-1]["text"])]
    assert len(json.dumps(tracker.as_dict())) > 100


def test_an_action_that_never_stops_to_return_events_is_stopped():
    messages, events, _ = run(lambda tracker, domain: (SlotSet("paper", n) for n in count()))
    assert "more than 10,000 events" in messages[-1]["text"]
    assert len(events) == 2


def test_a_number_that_is_said_is_its_text():
    messages, _, _ = run(lambda dispatcher, tracker, domain: dispatcher.utter_message(7))
    assert texts(messages) == ["7"]
