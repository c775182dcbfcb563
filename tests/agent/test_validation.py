from __future__ import annotations

import pytest

from dialogue_nb.agent.validation import FormValidationAction, ValidationAction, slots_to_validate
from dialogue_nb.core.events import ActionExecuted, SlotSet
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.agent.repairs import workshop


class ValidateRepairForm(FormValidationAction):
    def name(self):
        return "validate_repair_form"

    def validate_part(self, value, dispatcher, tracker, domain):
        if value == "engine":
            dispatcher.utter_message(text="Bicycles only.")
            return {"part": None}
        return {"part": value, "spare": False}


class Dynamic(ValidateRepairForm):
    def required_slots(self, domain_slots, dispatcher, tracker, domain):
        return [*domain_slots[:1], "remark"] if tracker.get_slot("part") else domain_slots


class Extracting(FormValidationAction):
    def name(self):
        return "validate_repair_form"

    def required_slots(self, domain_slots, dispatcher, tracker, domain):
        return [*domain_slots, "mood"]

    def extract_mood(self, dispatcher, tracker, domain):
        return {"mood": tracker.latest_message.text}

    def validate_mood(self, value, dispatcher, tracker, domain):
        return {"mood": value.upper()}


def talk(action, *messages):
    agent = workshop()
    agent.action("validate_repair_form")(action)
    answers = [[m["text"] for m in agent.handle_text(text)] for text in messages]
    return answers, agent.tracker()


def test_a_method_for_a_slot_may_take_its_value_back():
    answers, tracker = talk(ValidateRepairForm, "/repair", '/tell{"part": "engine"}')
    assert answers[-1] == ["Bicycles only.", "Which part?"]
    assert tracker.get_slot("part") is None


def test_a_method_may_fill_other_slots_too():
    _, tracker = talk(ValidateRepairForm, "/repair", '/tell{"part": "bell"}')
    assert (tracker.get_slot("part"), tracker.get_slot("spare")) == ("bell", False)


def test_what_is_asked_for_may_depend_on_the_answers():
    answers, tracker = talk(Dynamic, "/repair", '/tell{"part": "bell"}', "the loud one", "/hello")
    assert answers[1] == ["Anything else?"]
    assert tracker.active_loop is None
    assert tracker.get_slot("bring") is None


def test_a_slot_may_be_found_by_a_method():
    _, tracker = talk(Extracting, "/repair")
    assert tracker.get_slot("mood") == "/REPAIR"


def test_only_the_slots_set_last_are_checked():
    events = [SlotSet("old", 1), ActionExecuted("form"), SlotSet("a", 1), SlotSet("a", 2)]
    assert slots_to_validate(DialogueStateTracker("me", events=events)) == {"a": 2}


def test_slots_of_forms_are_not_those_of_the_action_for_all():
    assert ValidationAction().domain_slots(workshop().domain) == ["part", "bring", "fetch"]


def test_an_async_method_is_told():
    class Late(ValidateRepairForm):
        async def validate_part(self, value, dispatcher, tracker, domain):
            return {"part": value}

    answers, _ = talk(Late, "/repair", '/tell{"part": "bell"}')
    assert "'Late.validate_part' is async" in answers[-1][0]


def test_a_method_that_returns_something_else_is_told():
    class Wrong(ValidateRepairForm):
        def validate_part(self, value, dispatcher, tracker, domain):
            return value

    answers, _ = talk(Wrong, "/repair", '/tell{"part": "bell"}')
    assert "Wrong.validate_part must return a dict" in answers[-1][0]
    with pytest.raises(NotImplementedError, match="validate_<form>"):
        FormValidationAction().name()


def test_an_error_says_what_to_return():
    tracker = DialogueStateTracker("me", events=[SlotSet("part", "bell")])

    class Wrong(ValidationAction):
        def domain_slots(self, domain):
            return ["part"]

        def validate_part(self, value, dispatcher, tracker, domain):
            return None

    with pytest.raises(AgentError, match="got None"):
        Wrong().run(None, tracker, workshop().domain)
