"""Actions that refuse: whose refusal it is, and how often that may happen."""

import pytest

from dialogue_nb.agent.actions import ActionExecutionRejection
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    FollowupAction,
)
from tests.agent.kiosk import Scripted, happened, kiosk
from tests.agent.repairs import with_words, workshop

REFUSED = ("action_execution_rejected", "repair_form")


def refuse(tracker, domain):
    raise ActionExecutionRejection("whatever it says")


def after(agent, message, sender="default"):
    since = len(agent.tracker(sender).events)
    agent.handle_text(message, sender)
    return happened(agent.tracker(sender), since)


@pytest.mark.parametrize("name", ["validate_repair_form", "action_ask_part"])
def test_a_form_refuses_when_what_it_runs_refuses(name):
    agent = workshop()
    agent.action(name)(refuse)
    events = after(agent, "/repair")
    assert REFUSED in events
    assert ("action", "repair_form") not in events
    assert ("active_loop", "repair_form") not in events
    assert not [event for event in events if event[1] == name]
    assert agent.tracker().active_loop is None


def test_a_form_that_is_on_goes_on_after_its_validation_refused_once():
    agent = workshop()
    agent.handle_text("/repair")
    agent.action("validate_repair_form")(refuse)
    events = after(agent, '/tell{"part": "chain"}')
    assert events.count(REFUSED) == 1
    assert ("action", "action_default_fallback") in events
    del agent.actions["validate_repair_form"]
    assert ("action", "repair_form") in after(agent, '/tell{"part": "bell"}')


@pytest.mark.parametrize("name", ["action_find", "action_validate_slot_mappings"])
def test_a_slot_is_left_as_it_is_when_the_action_for_it_refuses(name):
    custom = "spare:\n    type: bool\n    mappings:\n    - {type: custom, action: action_find}\n"
    agent = workshop(domain=with_words("spare:\n    type: bool\n    mappings:\n", custom))
    agent.action("action_find")(lambda tracker, domain: [])
    agent.action(name)(refuse)
    events = after(agent, '/tell{"part": "chain"}')
    assert ("slot", "part") in events
    assert not [event for event in events if event[0] == "action_execution_rejected"]


def test_a_follow_up_that_refuses_is_not_asked_again():
    script = {("action_listen", "hello"): "action_count"}
    agent = kiosk(Scripted(script), actions={"action_weigh": refuse})
    agent.action("action_count")(lambda tracker, domain: [FollowupAction("action_weigh")])
    events = after(agent, "/hello")
    assert events.count(("action_execution_rejected", "action_weigh")) == 1
    assert agent.tracker().followup_action is None
    assert events[-1] == ("action", "action_listen")


def test_a_follow_up_stays_when_something_else_refuses():
    tracker = kiosk().tracker()
    said = [ActionExecuted("action_listen"), FollowupAction("action_count")]
    tracker.update_with_events([*said, ActionExecutionRejected("action_weigh")])
    assert tracker.followup_action == "action_count"


def test_ten_actions_run_however_often_another_refused_in_between():
    stubborn = Scripted({"action_listen": "action_count", "utter_hello": "action_count"})
    other = Scripted({"action_listen": "utter_hello", "utter_hello": "utter_hello"}, 0.5, 1)
    agent = kiosk(stubborn, other, actions={"action_count": refuse})
    events = after(agent, "/hello")
    assert events.count(("action", "utter_hello")) == 10
    assert events.count(("action_execution_rejected", "action_count")) == 10
    assert agent.tracker().events[-2].metadata["problem"] == "circuit_breaker"
    assert events[-1] == ("action", "action_listen")
