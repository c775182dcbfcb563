"""Several policies, one decision (the rules of Rasa 3.6).

1. An action that was just refused (`ActionExecutionRejected`) does not count.
2. If a policy says that a form goes on whatever the user said, only such predictions compete; if
not, and
   one was made from the words of the message, only such predictions compete.
3. The highest confidence wins, then the highest priority, then the first in the list.

Confidences of different policies do not mean the same: 1.0 of a memory is not 1.0 of a network.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    UserUtteranceFeaturization,
)
from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.core.states import State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.decision import Decision, without
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction


def rejected_action(tracker: DialogueStateTracker) -> str | None:
    """The action that was refused since the last one ran, None if there is none."""
    for event in reversed(tracker.events):
        if isinstance(event, ActionExecuted):
            return None
        if isinstance(event, ActionExecutionRejected):
            return event.name
    return None


def combine(
    predictions: Sequence[PolicyPrediction],
    domain: Domain,
    *,
    rejected: str | None = None,
    after_listen: bool = False,
    states: Sequence[State] = (),
) -> Decision:
    """Makes one decision from the predictions of all policies. They are not changed.

    Args:
        predictions: One of each policy; the first wins where all else is equal.
        domain: The domain.
        rejected: An action that does not count.
        after_listen: Whether the user has just spoken; then it is noted how the message was read.
        states: What the policies saw, for the record.

    Raises:
        PolicyConfigError: If there are no predictions.

    Example:
        >>> domain = Domain.from_yaml("actions: [utter_hi]")
        >>> listen, hi = np.zeros(domain.num_actions), np.zeros(domain.num_actions)
        >>> listen[0], hi[-1] = 1.0, 1.0
        >>> said = [PolicyPrediction(listen, "Network", 1), PolicyPrediction(hi, "Memory", 3)]
        >>> decision = combine(said, domain)
        >>> print(decision.why())
        Memory chose utter_hi (1.00) by its higher priority (3), Network preferred action_listen (1.00).
    """
    if not predictions:
        raise PolicyConfigError("An ensemble needs at least one policy, got none.")
    refused = domain.action_names.index(rejected) if rejected in domain.action_names else None
    winner, rule = _winner(predictions, refused)
    if refused is not None:
        before, _ = _winner(predictions, None)
        if (before, predictions[before].best_index) == (before, refused):
            rule = "rejection"
    best = predictions[winner]
    counted = without(best.probabilities, refused)
    choice = int(np.argmax(counted))
    events = [event for prediction in predictions for event in prediction.events]
    events += best.optional_events
    if after_listen:
        events.append(UserUtteranceFeaturization(best.is_end_to_end))
    return Decision(
        domain.action_names[choice],
        float(counted[choice]),
        best.policy_name,
        rule,
        tuple(predictions),
        tuple(states),
        domain.action_names,
        None if refused is None else rejected,
        winner,
        tuple(events),
    )


def _winner(predictions: Sequence[PolicyPrediction], refused: int | None) -> tuple[int, str]:
    """The place of the best prediction, and the rule by which it is the best."""
    competing, rule = list(range(len(predictions))), "confidence"
    if any(prediction.is_no_user_prediction for prediction in predictions):
        competing = [i for i in competing if predictions[i].is_no_user_prediction]
        rule = "loop"
    elif any(prediction.is_end_to_end for prediction in predictions):
        competing = [i for i in competing if predictions[i].is_end_to_end]
        rule = "end_to_end"
    marks = {
        i: (float(without(predictions[i].probabilities, refused).max()), predictions[i].priority)
        for i in competing
    }
    # the first of several equal ones wins
    winner = max(competing, key=marks.__getitem__)
    ties = [marks[i] for i in competing if i != winner and marks[i][0] == marks[winner][0]]
    if rule == "confidence" and ties:
        rule = "order" if marks[winner] in ties else "priority"
    return winner, rule


class PolicyEnsemble:
    """The policies of a bot.

    Args:
        policies: The policies; the first wins where confidence and priority are equal.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> listen = ActionExecuted("action_listen")
        >>> said = [listen, UserUttered.of("greet"), ActionExecuted("utter_hi"), listen]
        >>> story = DialogueStateTracker("hello", domain.slots, said)
        >>> ensemble = PolicyEnsemble([MemoizationPolicy()]).train([story], domain)
        >>> decision = ensemble.decide(story.branch(2), domain)
        >>> print(decision.why())
        MemoizationPolicy chose utter_hi (1.00): the last 2 turns are in its memory, from 'hello'.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)

    def train(self, trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Trains every policy on the dialogues that it learns from.

        Args:
            trackers: All dialogues: from stories, augmented ones, rules.
            domain: The domain they belong to.
            **kwargs: Passed on to every policy whose `train` has such a parameter.

        Returns:
            The ensemble itself.
        """
        for policy in self.policies:
            known = inspect.signature(policy.train).parameters
            takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values())
            chosen = {key: value for key, value in kwargs.items() if takes_all or key in known}
            policy.train(policy.select(trackers), domain, **chosen)
        return self

    def decide(self, tracker: DialogueStateTracker, domain: Domain) -> Decision:
        """What comes next in a conversation, and why. The conversation is not changed.

        Args:
            tracker: The conversation.
            domain: The domain.

        Raises:
            PolicyPredictionError: If a policy answers with something that is no list of
                probabilities.
        """
        followup = tracker.followup_action
        states = prediction_states(tracker, domain)
        if followup is not None and followup in domain.action_names:
            return _follow(followup, domain, states)
        predictions = [policy.predict(tracker, domain) for policy in self.policies]
        return _decide(tracker, domain, predictions, states)

    def decide_batch(
        self, trackers: Sequence[DialogueStateTracker], domain: Domain
    ) -> list[Decision]:
        """The same for many conversations at once, which is faster.

        Args:
            trackers: The conversations.
            domain: The domain.

        Returns:
            One decision for each, the same as those of `decide`.
        """
        states = [prediction_states(tracker, domain) for tracker in trackers]
        columns = [
            policy.predict_states(states, domain)
            if policy.answers_in_batches
            else [policy.predict(tracker, domain) for tracker in trackers]
            for policy in self.policies
        ]
        decisions = []
        for i, tracker in enumerate(trackers):
            followup = tracker.followup_action
            if followup is not None and followup in domain.action_names:
                decisions.append(_follow(followup, domain, states[i]))
            else:
                decisions.append(_decide(tracker, domain, [c[i] for c in columns], states[i]))
        return decisions

    def __repr__(self) -> str:
        return f"PolicyEnsemble({list(self.policies)!r})"


def _follow(action: str, domain: Domain, states: Sequence[State]) -> Decision:
    return Decision(action, 1.0, None, "followup", (), tuple(states), domain.action_names)


def _decide(
    tracker: DialogueStateTracker,
    domain: Domain,
    predictions: Sequence[PolicyPrediction],
    states: Sequence[State],
) -> Decision:
    after_listen = tracker.latest_action_name == ACTION_LISTEN_NAME
    return combine(
        predictions,
        domain,
        rejected=rejected_action(tracker),
        after_listen=after_listen,
        states=states,
    )
