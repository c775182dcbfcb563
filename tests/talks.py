"""Conversations to look at: a bot of our own, small and large, friendly and hostile."""

from __future__ import annotations

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.ensemble import combine
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction

HOSTILE = "<img src=x onerror=alert(1)> \"'`{}\u202eabc\x00 \U0001f600"
BAKERY = Domain.from_yaml(
    """
    intents: [greet, order, thank, cancel, give_number]
    entities: [{bread: {roles: [first, second]}}, number]
    slots:
      bread: {type: text, mappings: [{type: from_entity, entity: bread}]}
      number: {type: float, max_value: 12, mappings: [{type: from_entity, entity: number}]}
      size: {type: categorical, values: [small, large], mappings: [{type: custom}]}
      vegan: {type: bool, mappings: [{type: custom}]}
    forms: {order_form: {required_slots: [bread, number]}}
    responses:
      utter_greet: [{text: Good morning!}]
      utter_which_bread: [{text: Which bread would you like?}]
      utter_thanks: [{text: Thank you and good bye.}]
      utter_sold_out: [{text: That is sold out.}]
    actions: [action_check_oven, action_default_fallback]
    """
)


class MemoizationPolicy(Policy):
    """Knows the answer to a greeting and to thanks, nothing else."""

    def predict_action_probabilities(self, tracker, domain):
        answers = {"greet": "utter_greet", "thank": "utter_thanks"}
        return self._sure(answers.get(tracker.latest_message.intent_name or ""), tracker, domain)

    def _sure(self, action, tracker, domain):
        numbers = np.zeros(domain.num_actions)
        if action and tracker.latest_action_name == "action_listen":
            numbers[domain.index_for_action(action)] = 1.0
            about = {"stories": ["a good morning"], "sentence": "known from 'a good morning'"}
            return PolicyPrediction(numbers, self.name, 3, about)
        about = {"stories": ["a good morning"], "sentence": "the nearest is in 'a good morning'"}
        return PolicyPrediction(numbers, self.name, 3, about)


class KerasPolicy(Policy):
    """Never silent, never sure; a slot makes it surer."""

    def predict_action_probabilities(self, tracker, domain):
        scores = np.array([(i * 7 % 11) / 4 for i in range(domain.num_actions)])
        wanted = {"greet": "utter_greet", "order": "action_check_oven", "thank": "utter_thanks"}
        message = tracker.latest_message.intent_name or ""
        listened = tracker.latest_action_name == "action_listen"
        form = tracker.latest_action_name in ("order_form", "action_check_oven")
        after = "utter_which_bread" if form and not tracker.get_slot("number") else "action_listen"
        liked = wanted.get(message, "utter_which_bread") if listened else after
        scores[domain.index_for_action(liked)] += 4 + 2 * (tracker.get_slot("vegan") is True)
        return np.exp(scores) / np.exp(scores).sum()


class RulePolicy(Policy):
    """Falls back where nobody is surer than its threshold."""

    core_fallback_threshold = 0.3

    def predict_action_probabilities(self, tracker, domain):
        numbers = np.zeros(domain.num_actions)
        numbers[domain.index_for_action("action_default_fallback")] = 0.3
        return numbers


POLICIES = (RulePolicy(), MemoizationPolicy(), KerasPolicy())


def decide(tracker, domain=BAKERY, policies=POLICIES):
    """The decision of three simple policies."""
    return combine([policy.predict(tracker, domain) for policy in policies], domain)


def act(tracker, times=1, domain=BAKERY, text="Good morning! Fresh from the oven."):
    """The bot does what it decides, so many times."""
    for _ in range(times):
        decision = decide(tracker, domain)
        tracker.decisions.append((len(tracker.events), decision))
        tracker.update(ActionExecuted(decision.action, decision.policy, decision.confidence))
        if decision.action.startswith("utter"):
            tracker.update(BotUttered(text))


def bakery_talk():
    """A morning at the bakery: a form, slots, something taken back, thanks."""
    tracker = DialogueStateTracker("ann", BAKERY.slots, [ActionExecuted("action_listen")])
    tracker.update(UserUttered("hi there", {"name": "greet", "confidence": 0.97}))
    act(tracker, 2)
    order = {"name": "order", "confidence": 0.88}
    rye = ({"entity": "bread", "role": "first", "value": "rye"},)
    tracker.update(UserUttered("two rye breads please", order, rye))
    tracker.update(SlotSet("bread", "rye"))
    act(tracker)
    tracker.update(ActionExecuted("order_form", "RulePolicy", 1.0))
    tracker.update_with_events([ActiveLoop("order_form"), SlotSet("requested_slot", "number")])
    tracker.update(BotUttered("How many?"))
    tracker.update(ActionExecuted("action_listen", "RulePolicy", 1.0))
    number = ({"entity": "number", "value": 2},)
    tracker.update(UserUttered("2", {"name": "give_number", "confidence": 0.71}, number))
    tracker.update_with_events(
        [SlotSet("number", 2), ActionExecuted("order_form", "RulePolicy", 1)]
    )
    tracker.update_with_events([ActiveLoop(None), BotUttered("Two rye breads.")])
    act(tracker)
    tracker.update(UserUttered("no wait", {"name": "cancel", "confidence": 0.42}))
    tracker.update(ActionExecuted("action_back", None, 1.0))
    tracker.update(UserUtteranceReverted())
    tracker.update(ActionExecuted("action_listen", "KerasPolicy", 0.64))
    tracker.update(UserUttered("thanks!", {"name": "thank", "confidence": 0.99}))
    act(tracker, 2)
    return tracker


def restarted_talk():
    """A conversation that began twice."""
    tracker = bakery_talk()
    tracker.update_with_events([ActionExecuted("action_restart"), Restarted()])
    tracker.update(ActionExecuted("action_listen"))
    tracker.update(UserUttered("hi again", {"name": "greet", "confidence": 0.9}))
    act(tracker, 2)
    return tracker


def long_talk(turns=200):
    """A conversation of many turns."""
    tracker = DialogueStateTracker("long", BAKERY.slots, [ActionExecuted("action_listen")])
    while sum(isinstance(e, ActionExecuted) for e in tracker.events) < turns:
        tracker.update(UserUttered.of("greet", text=f"message {len(tracker.events)}"))
        act(tracker, 2)
    return tracker


def hostile_talk():
    """Every name is an attack, or of another script, or very long."""
    names = [HOSTILE, "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
             "\u65e5\u672c\u8a9e\u306e\u610f\u56f3", "utter_" + "very_" * 30 + "long"]  # fmt: skip
    events = [ActionExecuted("action_listen")]
    for name in names:
        events += [
            UserUttered(
                name, {"name": name, "confidence": 0.5}, ({"entity": name, "value": name},)
            ),
            SlotSet(name, name),
            ActionExecuted(name, name, 0.5),
            BotUttered(name),
            ActionExecuted("action_listen", name, 0.5),
        ]
    return DialogueStateTracker(HOSTILE, (), events)


def large_domain(actions):
    """A domain with so many actions of its own."""
    responses = "\n".join(f"  utter_number_{i}: [{{text: '{i}'}}]" for i in range(actions))
    return Domain.from_yaml(f"intents: [greet]\nresponses:\n{responses}\n")
