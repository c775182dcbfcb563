from __future__ import annotations

import pytest

from dialogue_nb.agent.actions import ActionExecutionRejection
from dialogue_nb.agent.forms import FormAction
from dialogue_nb.core.events import ActionExecutionRejected, ActiveLoop, SlotSet
from dialogue_nb.core.exceptions import AgentError, UnknownNameError
from tests.agent.repairs import DOMAIN_YAML, RULES_YAML, with_words, workshop

LISTEN = ("action", "action_listen")
FORM = ("action", "repair_form")
BEGUN = ["/repair", '/tell{"part": "chain"}']
"""Up to the question for the day."""


@pytest.fixture(scope="module")
def plain():
    return workshop()


def after(agent, *messages, sender="someone"):
    """What happened after the last message, the message itself left out."""
    for message in messages[:-1]:
        agent.handle_text(message, sender)
    since = len(agent.tracker(sender).events)
    agent.handle_text(messages[-1], sender)
    return [about(e) for e in agent.tracker(sender).events[since:] if e.type_name not in UNSEEN]


UNSEEN = ("user", "user_featurization")


def about(event):
    if isinstance(event, SlotSet):
        return ("slot", event.key, event.value)
    if isinstance(event, ActiveLoop):
        return ("loop", event.name)
    body = event.payload()
    return (event.type_name, body.get("name") or body.get("text"))


def talk(agent, *messages, sender):
    """The bot's answers to each message, and the conversation."""
    answers = [[m["text"] for m in agent.handle_text(text, sender)] for text in messages]
    return answers, agent.tracker(sender)


def test_a_form_asks_for_one_slot_after_the_other_and_ends(plain):
    answers, tracker = talk(
        plain, *BEGUN, '/tell{"day": "Monday"}', '/tell{"day": "Friday"}', "/yes", "the red one",
        sender="ann",
    )  # fmt: skip
    assert answers == [
        ["Which part?"],
        ["When do you bring it?"],
        ["When do you fetch it?"],
        ["A spare one meanwhile?"],
        ["Anything else?"],
        ["chain, Monday to Friday."],
    ]
    assert tracker.active_loop is None
    assert tracker.get_slot("requested_slot") is None
    assert tracker.get_slot("remark") == "the red one"


def test_what_the_first_message_says_is_not_asked_for(plain):
    events = after(plain, '/repair{"part": "saddle"}', sender="bob")
    at = events.index(FORM)
    assert events[at:] == [
        FORM,
        ("loop", "repair_form"),
        ("slot", "part", "saddle"),
        ("slot", "requested_slot", "bring"),
        ("bot", "When do you bring it?"),
        LISTEN,
    ]


def test_an_entity_that_two_slots_want_fills_the_one_that_is_asked_for(plain):
    _, tracker = talk(plain, *BEGUN, '/tell{"day": "Monday"}', sender="cleo")
    assert (tracker.get_slot("bring"), tracker.get_slot("fetch")) == ("Monday", None)


def test_a_role_says_which_slot_is_meant(plain):
    message = {
        "text": "until Tuesday",
        "parse_data": {
            "intent": {"name": "tell", "confidence": 1.0},
            "entities": [{"entity": "day", "value": "Tuesday", "role": "fetch"}],
        },
    }
    for text in (*BEGUN, message):
        plain.handle_text(text, "dana")
    tracker = plain.tracker("dana")
    assert (tracker.get_slot("bring"), tracker.get_slot("fetch")) == (None, "Tuesday")


def test_a_message_that_fills_nothing_is_refused_and_a_rule_may_answer(plain):
    events = after(plain, *BEGUN, "/price", sender="eve")
    assert events == [
        ("action_execution_rejected", "repair_form"),
        ("action", "utter_price"),
        ("bot", "Ten an hour."),
        FORM,
        ("slot", "requested_slot", "bring"),
        ("bot", "When do you bring it?"),
        LISTEN,
    ]
    rejected = [e for e in plain.tracker("eve").events if isinstance(e, ActionExecutionRejected)]
    assert (rejected[0].policy, rejected[0].confidence) == ("RulePolicy", 1.0)


def test_a_refused_message_that_nothing_answers_is_taken_back_and_the_form_waits_on(plain):
    events = after(plain, *BEGUN, "/no", sender="fay")
    assert events[0] == ("action_execution_rejected", "repair_form")
    assert ("action", "action_default_fallback") in events
    tracker = plain.tracker("fay")
    assert tracker.active_loop_name == "repair_form"
    assert tracker.get_slot("requested_slot") == "bring"


def test_a_rule_can_end_the_form(plain):
    events = after(plain, *BEGUN, "/enough", sender="gil")
    assert events[-4:] == [
        ("action", "action_deactivate_loop"),
        ("loop", None),
        ("slot", "requested_slot", None),
        LISTEN,
    ]


def test_the_question_of_the_form_comes_before_that_of_the_slot(plain):
    answers, _ = talk(
        plain, *BEGUN, '/tell{"day": "Mo"}', '/tell{"day": "Fr"}', "/no", sender="hal"
    )
    assert answers[-1] == ["Anything else?"]


def test_a_form_without_a_question_says_what_to_add():
    agent = workshop(domain=with_words("  utter_ask_part: [{text: Which part?}]\n", ""))
    (message,) = agent.handle_text("/repair")
    assert "'utter_ask_part'" in message["text"]
    assert message["metadata"]["problem"] == "missing_response"


def test_a_form_without_slots_ends_at_once():
    domain = with_words("required_slots: [part, bring, fetch, spare, remark]", "required_slots: []")
    events = after(workshop(domain=domain), "/repair")
    at = events.index(FORM)
    assert events[at + 1 : at + 4] == [
        ("loop", "repair_form"),
        ("slot", "requested_slot", None),
        ("loop", None),
    ]


# --- validation by an action


def with_validation(function, **options):
    agent = workshop(**options)
    agent.action("validate_repair_form")(function)
    return agent


def test_a_validation_can_change_and_take_back_values():
    def validate(dispatcher, tracker, domain):
        part = tracker.get_slot("part")
        if part == "engine":
            dispatcher.utter_message(text="Bicycles only.")
            return [SlotSet("part", None)]
        return [SlotSet("part", part.upper())] if part else []

    agent = with_validation(validate)
    answers, tracker = talk(agent, "/repair", '/tell{"part": "engine"}', sender="ida")
    assert answers[-1] == ["Bicycles only.", "Which part?"]
    assert tracker.get_slot("part") is None
    _, tracker = talk(agent, '/tell{"part": "bell"}', sender="ida")
    assert tracker.get_slot("part") == "BELL"


def test_a_validation_sees_what_is_to_be_checked_as_the_last_events():
    seen = []

    def validate(tracker, domain):
        seen.append([about(event) for event in tracker.events[-2:]])
        return []

    talk(with_validation(validate), *BEGUN, sender="jo")
    assert seen[-1] == [FORM, ("slot", "part", "chain")]


def test_a_validation_can_say_what_is_asked_next():
    def validate(tracker, domain):
        return [SlotSet("requested_slot", "spare")] if tracker.get_slot("part") else []

    answers, tracker = talk(with_validation(validate), *BEGUN, sender="kim")
    assert answers[-1] == ["A spare one meanwhile?"]
    assert tracker.get_slot("requested_slot") == "spare"


@pytest.mark.parametrize("end", [SlotSet("requested_slot", None), ActiveLoop(None)])
def test_a_validation_can_end_the_form(end):
    def validate(tracker, domain):
        return [end] if tracker.get_slot("part") else []

    _, tracker = talk(with_validation(validate), *BEGUN, sender="lea")
    assert tracker.active_loop is None


def test_a_validation_can_refuse_the_message():
    def validate(tracker, domain):
        return [ActionExecutionRejected("repair_form")] if tracker.get_slot("part") else []

    events = after(with_validation(validate), *BEGUN, sender="max")
    assert ("action_execution_rejected", "repair_form") in events
    assert FORM not in events


def test_an_unregistered_validation_that_the_domain_lists_is_told_once():
    agent = workshop(domain=DOMAIN_YAML + "actions: [validate_repair_form]\n")
    answers, _ = talk(agent, *BEGUN, sender="nat")
    told = [text for texts in answers for text in texts if "not registered" in text]
    assert len(told) == 1
    assert "validate_repair_form" in told[0]


def test_a_custom_question_is_asked_by_its_action():
    agent = workshop()
    agent.action("action_ask_part")(lambda tracker, domain: "Chain, bell or saddle?")
    answers, _ = talk(agent, "/repair", sender="oda")
    assert answers == [["Chain, bell or saddle?"]]


def test_an_action_that_no_form_runs_cannot_be_registered():
    with pytest.raises(UnknownNameError, match="validate_form"):
        workshop().action("validate_form")


# --- forms in Python


class RepairForm(FormAction):
    """As the SDK of 1.x has it."""

    def name(self):
        return "repair_form"

    @staticmethod
    def required_slots(tracker):
        return ["part", "spare"] if tracker.get_slot("part") == "wheel" else ["part"]

    def slot_mappings(self):
        return {
            "part": [self.from_entity("part"), self.from_text(not_intent=["price", "enough"])],
            "spare": [self.from_intent(True, intent="yes"), self.from_intent(False, intent="no")],
        }

    def validate_part(self, value, dispatcher, tracker, domain):
        if value == "engine":
            dispatcher.utter_message(text="Bicycles only.")
            return {"part": None}
        return {"part": value}

    def submit(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"Taken: {tracker.get_slot('part')}.")
        return [SlotSet("remark", "by form")]


OLD_DOMAIN = """
intents: [hello, repair, tell, 'yes', 'no', price, enough]
entities: [part, number]
slots:
  part: {type: text}
  spare: {type: bool}
  remark: {type: text}
forms: [repair_form]
responses:
  utter_hello: [{text: Good day.}]
  utter_price: [{text: Ten an hour.}]
  utter_taken: [{text: "All known."}]
  utter_stopped: [{text: Another time.}]
  utter_default: [{text: Pardon?}]
  utter_ask_part: [{text: Which part?}]
  utter_ask_spare: [{text: A spare one meanwhile?}]
"""


@pytest.fixture
def old():
    return workshop(domain=OLD_DOMAIN, actions=[RepairForm])


def test_a_form_in_python_asks_checks_and_submits(old):
    answers, tracker = talk(
        old, "/repair", '/tell{"part": "engine"}', '/tell{"part": "wheel"}', "/no", sender="pia"
    )
    assert answers == [
        ["Which part?"],
        ["Bicycles only.", "Which part?"],
        ["A spare one meanwhile?"],
        ["Taken: wheel.", "All known."],
    ]
    assert (tracker.get_slot("spare"), tracker.get_slot("remark")) == (False, "by form")


def test_a_form_in_python_takes_text_only_when_it_asks_for_it(old):
    answers, tracker = talk(old, "/repair", "the bell", sender="quin")
    assert tracker.get_slot("part") == "the bell"
    assert answers[-1] == ["Taken: the bell.", "All known."]


def test_a_form_in_python_refuses_what_it_has_no_use_for(old):
    events = after(old, "/repair", "/price", sender="ron")
    assert events[:2] == [("action_execution_rejected", "repair_form"), ("action", "utter_price")]


def test_a_mapping_that_is_none_is_told():
    class Wrong(RepairForm):
        def slot_mappings(self):
            return {"part": "part"}

    agent = workshop(domain=OLD_DOMAIN, actions=[Wrong])
    answers, _ = talk(agent, "/repair", sender="sam")
    assert "must be made by from_entity" in answers[0][0]


def test_a_mapping_has_either_intents_or_excluded_ones():
    with pytest.raises(AgentError, match="not both: got 'yes' and 'no'"):
        FormAction("x").from_text(intent="yes", not_intent="no")


def test_a_check_that_returns_nothing_is_told():
    class Silent(RepairForm):
        def validate_part(self, value, dispatcher, tracker, domain):
            return None

    agent = workshop(domain=OLD_DOMAIN, actions=[Silent])
    answers, _ = talk(agent, "/repair", '/tell{"part": "bell"}', sender="tea")
    assert "Silent.validate_part must return a dict" in answers[-1][0]


def test_a_form_may_refuse_by_raising():
    class Stubborn(RepairForm):
        def validate_part(self, value, dispatcher, tracker, domain):
            raise ActionExecutionRejection(self.name())

    agent = workshop(domain=OLD_DOMAIN, actions=[Stubborn])
    events = after(agent, "/repair", '/tell{"part": "bell"}', sender="uli")
    assert ("action_execution_rejected", "repair_form") in events


# --- two forms, and old domains


TWO_FORMS = with_words(
    "  repair_form: {required_slots: [part, bring, fetch, spare, remark]}\n",
    "  repair_form: {required_slots: [part, bring]}\n"
    "  rent_form: {required_slots: [fetch, part]}\n",
)
SWITCH = """
- rule: rather rent one
  steps:
  - intent: price
  - action: rent_form
  - active_loop: rent_form
"""


def test_one_form_can_take_over_from_another():
    rules = RULES_YAML[: RULES_YAML.index("- rule: a price in between")] + SWITCH
    agent = workshop(domain=TWO_FORMS, rules=rules)
    events = after(agent, "/repair", "/price", sender="vic")
    assert events == [
        ("action_execution_rejected", "repair_form"),
        ("action", "rent_form"),
        ("loop", "rent_form"),
        ("slot", "requested_slot", "fetch"),
        ("bot", "When do you fetch it?"),
        LISTEN,
    ]


def test_a_form_of_rasa_two_with_mappings_in_it_works():
    domain = """
    version: "2.0"
    intents: [repair, tell, price, enough, hello]
    entities: [part, day]
    slots: {part: {type: text}, bring: {type: text}}
    forms:
      repair_form:
        part: [{type: from_entity, entity: part}]
        bring: [{type: from_text, not_intent: price}]
    responses:
      utter_hello: [{text: a}]
      utter_price: [{text: Ten an hour.}]
      utter_taken: [{text: "{part}, {bring}."}]
      utter_stopped: [{text: a}]
      utter_ask_part: [{text: Which part?}]
      utter_ask_bring: [{text: When do you bring it?}]
    """
    answers, _ = talk(workshop(domain=domain), *BEGUN, "on Monday", sender="wim")
    assert answers == [["Which part?"], ["When do you bring it?"], ["chain, on Monday."]]


@pytest.mark.parametrize("lost", ["repiar_form", "", "<b>form</b>"])
def test_a_form_that_the_domain_does_not_have_holds_nobody_up(lost):
    agent = workshop()
    agent.action("action_ask_part")(lambda tracker, domain: [ActiveLoop(lost)])
    agent.handle_text("/repair")
    assert agent.tracker().active_loop_name == lost
    assert [message["text"] for message in agent.handle_text("/hello")] == ["Good day."]
    prediction = agent.tracker().decisions[-2][1].prediction
    assert lost == "" or lost not in prediction.explanation["sentence"]
