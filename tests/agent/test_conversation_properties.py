"""Whatever is said to a bot with forms, rules and moody actions: what holds of every conversation.

The bot is a small hotel's desk. Two forms switch, a rule goes round for ever, a fallback has two
stages, and what its own actions return is drawn with the messages.
"""

import json
from itertools import chain, count, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.agent.actions import ActionExecutionRejection
from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.states import states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [room, taxi, say, agree, refuse, wifi, whim, spin, enough, out_of_scope]
entities: [number, {place: {roles: [from, to]}}]
slots:
  nights:
    type: float
    max_value: 30
    mappings: [{type: from_entity, entity: number, not_intent: taxi}]
  breakfast:
    type: bool
    mappings:
    - type: from_intent
      intent: agree
      value: true
      conditions: [{active_loop: room_form, requested_slot: breakfast}]
    - type: from_intent
      intent: refuse
      value: false
      conditions: [{active_loop: room_form, requested_slot: breakfast}]
  wish:
    type: text
    mappings:
    - type: from_text
      not_intent: [wifi, enough, taxi]
      conditions: [{active_loop: room_form, requested_slot: wish}]
  start:
    type: text
    mappings: [{type: from_entity, entity: place, role: from}, {type: from_entity, entity: place}]
  goal:
    type: text
    mappings: [{type: from_entity, entity: place, role: to}, {type: from_entity, entity: place}]
  mood: {type: categorical, values: [good, bad], mappings: [{type: custom}]}
forms:
  room_form: {required_slots: [nights, breakfast, wish]}
  taxi_form: {required_slots: [start, goal], ignored_intents: [wifi]}
actions: [action_whim, validate_room_form, validate_taxi_form]
responses:
  utter_ask_nights: [{text: "How many nights?"}]
  utter_ask_breakfast: [{text: "With breakfast?"}]
  utter_ask_wish: [{text: "Any wish?"}]
  utter_ask_start: [{text: "From where?"}]
  utter_ask_taxi_form_goal: [{text: "Where to?"}]
  utter_wifi: [{text: It is free.}]
  utter_booked: [{text: "{nights} nights."}]
  utter_called: [{text: "To {goal}."}]
  utter_fine: [{text: As you like.}]
  utter_round: [{text: And again.}]
""")

RULES = """
rules:
- rule: a room
  steps: [{intent: room}, {action: room_form}, {active_loop: room_form}]
- rule: a taxi
  steps: [{intent: taxi}, {action: taxi_form}, {active_loop: taxi_form}]
- rule: booked
  condition: [{active_loop: room_form}]
  steps:
  - action: room_form
  - active_loop: null
  - slot_was_set: [requested_slot: null]
  - action: utter_booked
- rule: called
  condition: [{active_loop: taxi_form}]
  steps: [{action: taxi_form}, {active_loop: null}, {action: utter_called}]
- rule: a question in between
  condition: [{active_loop: room_form}]
  steps: [{intent: wifi}, {action: utter_wifi}, {action: room_form}, {active_loop: room_form}]
- rule: a question
  condition: [{active_loop: null}]
  steps: [{intent: wifi}, {action: utter_wifi}]
- rule: no more of it
  condition: [{active_loop: room_form}]
  steps:
  - intent: enough
  - action: action_deactivate_loop
  - active_loop: null
  - action: utter_fine
- rule: a whim
  steps: [{intent: whim}, {action: action_whim}]
- rule: once round
  wait_for_user_input: false
  steps: [{intent: spin}, {action: utter_round}]
- rule: and round
  wait_for_user_input: false
  steps: [{action: utter_round}, {action: utter_round}]
- rule: not understood
  steps:
  - intent: nlu_fallback
  - action: action_two_stage_fallback
  - active_loop: action_two_stage_fallback
stories:
- story: a room and a taxi
  steps:
  - intent: room
  - action: room_form
  - active_loop: room_form
  - action: room_form
  - active_loop: null
  - action: utter_booked
  - intent: agree
  - action: taxi_form
  - active_loop: taxi_form
"""

CHECKS = ("accept", "leave", "take back", "refuse", "reject")
WHIMS = (
    [], [SlotSet("mood", "bad")], [FollowupAction("utter_wifi")], [FollowupAction("taxi_form")],
    [FollowupAction("action_restart")], [UserUtteranceReverted()], [Restarted()],
    [ActionExecutionRejected("action_whim")], [AllSlotsReset()], [LoopInterrupted(True)],
    [ActiveLoop(None), SlotSet("requested_slot", None)], "refuse", "fail",
)  # fmt: skip
TAME_WHIMS = (*WHIMS[:4], WHIMS[5], WHIMS[7], *WHIMS[10:])
"""Those that do not take from a form what it was told, or the conversation its beginning."""


class Desk:
    """The trained bot, and what its own actions do next."""

    def __init__(self):
        self.agent = Agent(DOMAIN, [MemoizationPolicy(max_history=3), RulePolicy()])
        stories, found = parse_stories(RULES)
        assert not found
        self.agent.train(self.agent.load_data(stories, augmentation_factor=0))
        self.agent.action("action_whim")(self.whim)
        for form in DOMAIN.form_names:
            self.agent.action(f"validate_{form}")(self.checker(form))
        self.senders = count()

    def meets(self, whims=(), checks=()):
        """A new guest; whims and checks are what the actions do, in turn."""
        self.whims = chain(whims, repeat([]))
        self.checks = chain(checks, repeat("accept"))
        return f"guest {next(self.senders)}"

    def whim(self, tracker, domain):
        chosen = next(self.whims)
        if chosen == "refuse":
            raise ActionExecutionRejection("action_whim")
        if chosen == "fail":
            raise ValueError("out of order")
        return chosen

    def checker(self, form):
        def check(tracker, domain):
            last = tracker.events[-1]
            fresh = isinstance(last, SlotSet) and last.key != "requested_slot"
            how = next(self.checks) if fresh else "leave"
            if how == "refuse":
                raise ActionExecutionRejection(form)
            if how == "reject":
                return [ActionExecutionRejected(form)]
            changes = {"accept": last, "take back": SlotSet(last.key, None)} if fresh else {}
            return [changes[how]] if how in changes else []

        return check


@pytest.fixture(scope="module")
def desk():
    return Desk()


def entity(kind, values):
    roles = st.sampled_from([None, "from", "to"]) if kind == "place" else st.none()
    return st.builds(
        lambda value, role: {"entity": kind, "value": value} | ({"role": role} if role else {}),
        values,
        roles,
    )


def understood(intent, entities, text):
    parsed = {"intent": {"name": intent, "confidence": 0.9}, "entities": entities}
    return {"text": text, "parse_data": parsed}


some_entities = st.lists(
    entity("number", st.integers(0, 40)) | entity("place", st.sampled_from(["inn", "port"])),
    max_size=2,
)
intents = [*(i for i in DOMAIN.intent_names if i not in ("restart", "back")), "nlu_fallback"]
messages = st.one_of(
    st.builds(understood, st.sampled_from(intents), some_entities, st.text(max_size=4)),
    st.sampled_from(["/room", "/taxi", "/agree", "/refuse", '/say{"number": 2}']),
    st.sampled_from(["/back", "/restart", "a quiet one", "/nothing_known", ""]),
)
conversations = st.lists(messages, min_size=1, max_size=7)
few = settings(max_examples=30, deadline=None)


def turns(desk, sender, talk):
    """The conversation after each message, and the events of that message."""
    for message in talk:
        before = len(desk.agent.tracker(sender).events)
        desk.agent.handle_text(message, sender)
        tracker = desk.agent.tracker(sender)
        yield tracker, tracker.events[before:]


@few
@given(conversations, st.lists(st.sampled_from(WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_the_bot_always_comes_to_listen_and_never_runs_more_than_ten_actions(
    desk, talk, whims, checks
):
    sender = desk.meets(whims, checks)
    for tracker, events in turns(desk, sender, talk):
        assert events[-1].label == "action_listen"
        chosen = [e for e in events if isinstance(e, ActionExecuted) and e.policy is not None]
        listens = sum(event.label == "action_listen" for event in chosen)
        assert len(chosen) - listens <= desk.agent.processor.max_number_of_predictions
        assert listens <= 1
        assert tracker.latest_action_name == "action_listen"


@few
@given(conversations, st.lists(st.sampled_from(WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_predicting_changes_nothing_and_says_the_same_again(desk, talk, whims, checks):
    sender = desk.meets(whims, checks)
    for tracker, _ in turns(desk, sender, talk):
        before = (json.dumps(tracker.as_dict()), tracker.events, list(tracker.decisions))
        first = desk.agent.predict_next(sender)
        branches = [tracker.branch(i) for i in range(len(tracker.events))]
        decided = desk.agent.ensemble.decide_batch(branches, DOMAIN)
        assert desk.agent.predict_next(sender).as_dict() == first.as_dict()
        assert before == (json.dumps(tracker.as_dict()), tracker.events, list(tracker.decisions))
        again = desk.agent.ensemble.decide_batch(branches, DOMAIN)
        assert [(d.action, d.confidence) for d in again] == [
            (d.action, d.confidence) for d in decided
        ]


@few
@given(conversations, st.lists(st.sampled_from(WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_a_conversation_read_from_its_json_stands_where_it_stood(desk, talk, whims, checks):
    sender = desk.meets(whims, checks)
    for tracker, _ in turns(desk, sender, talk):
        body = json.loads(json.dumps(tracker.as_dict()))
        read = DialogueStateTracker.from_dict(body, DOMAIN.slots)
        assert read.as_dict() == tracker.as_dict()
        assert read.events == tracker.events
        assert states_of(read, DOMAIN) == states_of(tracker, DOMAIN)
        assert read.active_loop == tracker.active_loop
        decide = desk.agent.processor.decide
        assert decide(read).as_dict() == decide(tracker).as_dict()


@few
@given(conversations, st.lists(st.sampled_from(WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_a_conversation_read_from_its_json_goes_on_in_the_same_way(desk, talk, whims, checks):
    cut = len(talk) // 2
    first = desk.meets(whims, checks)
    list(turns(desk, first, talk))
    second = desk.meets(whims, checks)
    list(turns(desk, second, talk[:cut]))
    body = json.loads(json.dumps(desk.agent.tracker(second).as_dict()))
    desk.agent.tracker_store[second] = DialogueStateTracker.from_dict(body, DOMAIN.slots)
    list(turns(desk, second, talk[cut:]))
    assert desk.agent.tracker(second).events == desk.agent.tracker(first).events


def missing_slots(form, tracker):
    required = next(each.required_slots for each in DOMAIN.forms if each.name == form)
    return [slot for slot in required if tracker.get_slot(slot) is None]


@few
@given(conversations, st.lists(st.sampled_from(TAME_WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_an_active_form_waits_for_a_slot_that_is_empty(desk, talk, whims, checks):
    sender = desk.meets(whims, checks)
    for tracker, _ in turns(desk, sender, talk):
        form = tracker.active_loop_name
        if form in DOMAIN.form_names:
            assert tracker.get_slot("requested_slot") in missing_slots(form, tracker)


@few
@given(conversations, st.lists(st.sampled_from(TAME_WHIMS)), st.lists(st.sampled_from(CHECKS)))
def test_a_form_ends_when_all_is_filled_or_when_it_is_ended_or_left(desk, talk, whims, checks):
    sender = desk.meets(whims, checks)
    *_, (tracker, _) = turns(desk, sender, talk)
    events = tracker.events
    for i, event in enumerate(events):
        form = tracker.branch(i).active_loop_name
        if event != ActiveLoop(None) or form not in DOMAIN.form_names:
            continue
        by = next(e.label for e in reversed(events[:i]) if isinstance(e, ActionExecuted))
        if by == form:
            assert missing_slots(form, tracker.branch(i)) == []
            assert tracker.branch(i).get_slot("requested_slot") is None
        else:
            assert by in ("action_deactivate_loop", "action_whim")


@few
@given(st.lists(st.sampled_from(CHECKS), max_size=4), st.booleans())
def test_whoever_answers_every_question_gets_to_the_end_of_the_form(desk, checks, wants_breakfast):
    answers = {
        "nights": '/say{"number": 3}',
        "breakfast": "/agree" if wants_breakfast else "/refuse",
        "wish": "a quiet one",
    }
    sender = desk.meets((), checks)
    desk.agent.handle_text("/room", sender)
    for _ in range(len(answers) + 2 * len(checks)):
        tracker = desk.agent.tracker(sender)
        if tracker.active_loop is None:
            break
        desk.agent.handle_text(answers[tracker.get_slot("requested_slot")], sender)
    tracker = desk.agent.tracker(sender)
    assert tracker.active_loop is None
    assert missing_slots("room_form", tracker) == []
    assert tracker.get_slot("breakfast") is wants_breakfast
    spoken = [e.text for e in tracker.events if isinstance(e, UserUttered)]
    assert len(spoken) >= 1 + len(answers)
