"""The message loop: a message comes in, the bot acts until it listens again.

    session -> understanding -> slots -> (predict -> run -> record)* -> listen

Every step adds events to the tracker and nothing else; why each action was taken is kept beside
them (`tracker.decisions`). Behaviour follows Rasa 3.6; where it departs, the docstring says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from dialogue_nb.agent.actions import Action, bot_event, problem
from dialogue_nb.agent.default_actions import (
    ACTION_DEFAULT_FALLBACK_NAME,
    run_by_name,
)
from dialogue_nb.agent.interpreter import Interpreter, understand, user_event
from dialogue_nb.agent.live_trackers import LiveTrackers
from dialogue_nb.agent.slot_extraction import EXTRACT_SLOTS_NAME
from dialogue_nb.agent.tracker_store import TrackerStore
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_ACTIONS
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    Event,
    UserUttered,
)
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.rule_policy import RulePolicy

MAX_NUMBER_OF_PREDICTIONS: Final = 10
FOLLOWUP: Final = "followup_action"
"""What Rasa writes in place of a policy when an action was asked for by another one."""

_STOPPING: Final = (ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME)


class MessageProcessor:
    """Runs conversations.

    Args:
        domain: The bot's domain.
        ensemble: The trained policies.
        interpreter: Understands messages.
        actions: A learner's own actions by name.
        random_seed: Decides among variations of a response.
        clock: The time in seconds since 1970.
        max_number_of_predictions: How many actions without listening, or how many refusals in a
            row, before the circuit breaker steps in.
        store: Where conversations are kept; None keeps them in memory only.
    """

    def __init__(
        self,
        domain: Domain,
        ensemble: PolicyEnsemble,
        interpreter: Interpreter,
        actions: Mapping[str, Action],
        *,
        random_seed: int = 42,
        clock: Callable[[], float] = time.time,
        max_number_of_predictions: int = MAX_NUMBER_OF_PREDICTIONS,
        store: TrackerStore | None = None,
    ) -> None:
        self.domain = domain
        self.ensemble = ensemble
        self.interpreter = interpreter
        self.actions = actions
        self.random_seed = random_seed
        self.clock = clock
        self.max_number_of_predictions = max_number_of_predictions
        self.trackers = LiveTrackers(domain.slots, store)
        self._answering: set[str] = set()

    def tracker(self, sender_id: str = "default") -> DialogueStateTracker:
        """The conversation with that person; a new one begins empty."""
        return self.trackers.tracker(sender_id)

    def handle_message(
        self, message: str | Mapping[str, Any], sender_id: str = "default"
    ) -> list[dict[str, Any]]:
        """Takes a message and answers it.

        Args:
            message: What the user typed, or `{"text": ..., "parse_data": ...}` when it is already
                understood.
            sender_id: Whose message it is.

        Returns:
            The bot's messages: `{"recipient_id", "text", ...}`.

        Raises:
            AgentError: If an action that answers a message calls this for its own conversation.
        """
        if sender_id in self._answering:
            raise AgentError(
                f"The conversation '{sender_id}' is answering a message already: an action cannot "
                "say something in it. Return a FollowupAction, or use another sender_id."
            )

        def answer(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
            before = len(tracker.events)
            self._take(tracker, message)
            self._act(tracker)
            return messages_of(tracker, before)

        self._answering.add(sender_id)
        try:
            return self.trackers.change(sender_id, answer)
        finally:
            self._answering.discard(sender_id)

    def log_message(
        self, message: str | Mapping[str, Any], sender_id: str = "default"
    ) -> DialogueStateTracker:
        """Adds a message, and the slots it fills, to the conversation without answering it."""
        self.trackers.change(sender_id, lambda tracker: self._take(tracker, message))
        return self.tracker(sender_id)

    def _take(self, tracker: DialogueStateTracker, message: str | Mapping[str, Any]) -> None:
        if self._needs_session(tracker):
            self._run(tracker, ACTION_SESSION_START_NAME, policy=None, confidence=1.0)
        self._log(tracker, [self._understand(message)])
        self._extract_slots(tracker)

    def predict_next(self, sender_id: str = "default") -> Decision:
        """What the bot would do next, and why; the conversation is not changed."""
        return self.decide(self.tracker(sender_id))

    def execute_action(
        self,
        sender_id: str,
        action: str,
        policy: str | None = None,
        confidence: float | None = None,
    ) -> list[dict[str, Any]]:
        """Runs an action whatever the policies think.

        Args:
            sender_id: In whose conversation.
            action: The action's name.
            policy: What to record as the policy that chose it.
            confidence: What to record as its confidence.

        Returns:
            The bot's messages.
        """

        def run(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
            before = len(tracker.events)
            self._run(tracker, action, policy=policy, confidence=confidence)
            return messages_of(tracker, before)

        return self.trackers.change(sender_id, run)

    def decide(self, tracker: DialogueStateTracker) -> Decision:
        """What comes next in a conversation, and why.

        Two departures from what the policies say. Where there is no `RulePolicy`, which answers
        them, `/restart`, `/back` and `/session_start` run their actions after a listen although no
        policy maps them, unless a policy that memorizes has seen another answer in the stories.
        And `action_default_fallback` is followed by a listen: its message is taken back, so the
        policies would see the same situation and choose it again.
        """
        decision = self.ensemble.decide(tracker, self.domain)
        if decision.rule == "followup":
            return decision
        if _last_action(tracker) == ACTION_DEFAULT_FALLBACK_NAME:
            if decision.action == ACTION_LISTEN_NAME:
                return decision
            note = (
                f"After {ACTION_DEFAULT_FALLBACK_NAME} has taken the message back, the bot listens."
            )
            return _ordered(decision, ACTION_LISTEN_NAME, "followup", note)
        intent = tracker.latest_message.intent_name or ""
        if tracker.latest_action_name == ACTION_LISTEN_NAME and intent in DEFAULT_INTENT_ACTIONS:
            return self._default_intent(decision, intent)
        return decision

    def _default_intent(self, decision: Decision, intent: str) -> Decision:
        if any(isinstance(policy, RulePolicy) for policy in self.ensemble.policies):
            return decision
        action = DEFAULT_INTENT_ACTIONS[intent]
        memories = {p.name for p in self.ensemble.policies if p.is_memoizing}
        is_known = decision.policy in memories and decision.confidence > 0
        if decision.action == action or is_known:
            return decision
        return _ordered(decision, action, "default_intent", f"/{intent} always runs {action}.")

    def _act(self, tracker: DialogueStateTracker) -> None:
        decided: list[Decision] = []
        done = refused = 0  # in a row; Rasa does not count refusals and can go on for ever
        while max(done, refused) < self.max_number_of_predictions:
            if tracker.is_paused() and tracker.latest_message.intent_name != "restart":
                return
            decided.append(self.decide(tracker))
            if self._run_decision(tracker, decided[-1]):
                done, refused = done + 1, 0
            else:
                refused += 1
            if decided[-1].action in _STOPPING:
                return
        self._break_circuit(tracker, decided)

    def _run_decision(self, tracker: DialogueStateTracker, decision: Decision) -> bool:
        if decision.prediction is not None and decision.prediction.is_end_to_end:
            self._extract_slots(tracker)  # once more, as in Rasa 3.6
        return self._run(
            tracker,
            decision.action,
            policy=FOLLOWUP if decision.rule == "followup" else decision.policy,
            confidence=decision.confidence,
            decision=decision,
        )

    def _run(
        self,
        tracker: DialogueStateTracker,
        name: str,
        *,
        policy: str | None,
        confidence: float | None,
        decision: Decision | None = None,
    ) -> bool:
        """Runs an action and records what it did, or that it refused; whether it ran."""
        additions = decision.events if decision else ()
        rng = self._rng(tracker)
        events = run_by_name(name, tracker, self.domain, self.actions, rng, additions)
        if any(isinstance(event, ActionExecutionRejected) for event in events):
            self._log(tracker, (_by(event, policy, confidence) for event in events))
            return False
        if decision is not None:
            self._log(tracker, decision.events)
            tracker.decisions.append((len(tracker.events), decision))
        prediction = decision.prediction if decision else None
        is_text = name in self.domain.e2e_actions
        executed = ActionExecuted(
            None if is_text else name,
            policy,
            confidence,
            action_text=name if is_text else None,
            hide_rule_turn=prediction is not None and prediction.hide_rule_turn,
        )
        self._log(tracker, [executed, *events])
        if any(isinstance(event, UserUttered) for event in events):
            self._extract_slots(tracker)
        return True

    def _extract_slots(self, tracker: DialogueStateTracker) -> None:
        """Fills slots from the last message; not an action that is recorded, as in Rasa."""
        rng = self._rng(tracker)
        run = (EXTRACT_SLOTS_NAME, tracker, self.domain, self.actions, rng)
        self._log(tracker, run_by_name(*run))

    def _log(self, tracker: DialogueStateTracker, events: Iterable[Event]) -> None:
        """Adds events with the time of now."""
        tracker.update_with_events(replace(event, timestamp=self.clock()) for event in events)

    def _understand(self, message: str | Mapping[str, Any]) -> UserUttered:
        if isinstance(message, str):
            return user_event(understand(self.interpreter, message), message, self.domain)
        text = str(message.get("text") or "")
        parsed = message.get("parse_data") or understand(self.interpreter, text)
        return user_event(parsed, text, self.domain)

    def _needs_session(self, tracker: DialogueStateTracker) -> bool:
        if not tracker.applied_events():
            return True
        minutes = self.domain.session_config.session_expiration_time
        said = tracker.get_last_event_for(UserUttered)
        if minutes <= 0 or said is None or said.timestamp is None:
            return False
        return (self.clock() - said.timestamp) / 60 > minutes

    def _rng(self, tracker: DialogueStateTracker) -> np.random.Generator:
        """A generator that depends on where the conversation stands, so that a run repeats."""
        conversation = self.trackers.number(tracker.sender_id)
        return np.random.default_rng([self.random_seed, conversation, len(tracker.events)])

    def _break_circuit(self, tracker: DialogueStateTracker, decisions: list[Decision]) -> None:
        """Says why the bot stopped, and listens (Rasa does not, and stays stuck afterwards)."""
        message = problem(explain_circuit(decisions), "circuit_breaker", decisions[-1].action)
        self._log(tracker, [bot_event(message), ActionExecuted(ACTION_LISTEN_NAME)])


def messages_of(tracker: DialogueStateTracker, since: int = 0) -> list[dict[str, Any]]:
    """What the bot said, as channels send it.

    Args:
        tracker: The conversation.
        since: From which event on.

    Returns:
        `{"recipient_id", "text", ...}` for each message, with its buttons, image and so on; in
        `metadata` what there is to note: a missing slot value, a problem.
    """
    messages = []
    for event in tracker.events[since:]:
        if isinstance(event, BotUttered):
            message = {"recipient_id": tracker.sender_id, "text": event.text, **event.data}
            noted = {k: v for k, v in event.metadata.items() if k != "utter_action"}
            messages.append(message | ({"metadata": noted} if noted else {}))
    return messages


def explain_circuit(decisions: list[Decision]) -> str:
    """Why the bot did not come to listen, in plain words: who chose what, in turns.

    Args:
        decisions: The decisions since the last message, oldest first.
    """
    chosen = [(d.action, d.policy or "a follow-up") for d in decisions]
    cycle = next((n for n in range(1, 5) if _repeats(chosen, n)), None)
    shown = dict.fromkeys(chosen[-(cycle or 4) :])
    names = ", ".join(f"'{action}' (by {policy})" for action, policy in shown)
    how = "the last ones were" if cycle is None else "again and again" if cycle == 1 else "in turns"
    who = f"{how} {names}" if cycle is None else f"{names} {how}"
    return (
        f"I stopped after {len(decisions)} actions without listening: {who}. No policy expected "
        f"'{ACTION_LISTEN_NAME}' there: a story in which the user speaks then would teach it."
    )


def _repeats(items: list[Any], length: int) -> bool:
    tail = items[-2 * length :]
    return len(tail) == 2 * length and tail[:length] == tail[length:]


def _by(event: Event, policy: str | None, confidence: float | None) -> Event:
    """A refusal with who had chosen the action; other events as they are."""
    if not isinstance(event, ActionExecutionRejected) or event.policy is not None:
        return event
    return replace(event, policy=policy, confidence=confidence)


def _last_action(tracker: DialogueStateTracker) -> str | None:
    """The last action since the last message, also when what it did was to take that back."""
    for event in reversed(tracker.events):
        if isinstance(event, ActionExecuted):
            return event.label
        if isinstance(event, UserUttered):
            return None
    return None


def _ordered(decision: Decision, action: str, rule: str, note: str) -> Decision:
    """The decision for an action that no policy chose; what the policies said stays in it."""
    return replace(
        decision,
        action=action,
        confidence=1.0,
        policy=None,
        rule=rule,
        winner=None,
        events=(),
        note=note,
    )
