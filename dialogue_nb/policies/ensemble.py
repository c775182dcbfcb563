"""Several policies, one decision (the rules of Rasa 3.6).

1. An action that was just refused (`ActionExecutionRejected`) does not count.
2. If a policy says that a form goes on whatever the user said, only such predictions compete; if
not, and
   one was made from the words of the message, only such predictions compete.
3. A prediction does not count if it gives way to the policy that would win without it (Rasa 1.10
   lets `FormPolicy` give way to `MappingPolicy`).
4. The highest confidence wins, then the highest priority, then the first in the list.

Confidences of different policies do not mean the same: 1.0 of a memory is not 1.0 of a network.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    UserUtteranceFeaturization,
)
from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.core.states import NOTHING_RULE_ONLY, RuleOnly, State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.decision import Decision, best_without
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.policies.rule_lookup import RuleLookup


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
        >>> import numpy as np
        >>> domain = Domain.from_yaml("actions: [utter_hi]")
        >>> listen, hi = np.zeros(domain.num_actions), np.zeros(domain.num_actions)
        >>> listen[0], hi[-1] = 1.0, 1.0
        >>> said = [PolicyPrediction(listen, "Mine", 1), PolicyPrediction(hi, "Yours", 3)]
        >>> decision = combine(said, domain)
        >>> print(decision.why())
        Yours chose utter_hi (1.00) by its higher priority (3), Mine preferred action_listen (1.00).
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
    choice, confidence = best_without(best, refused)
    events = [event for prediction in predictions for event in prediction.events]
    events += best.optional_events
    if after_listen:
        events.append(UserUtteranceFeaturization(best.is_end_to_end))
    return Decision(
        domain.action_names[choice],
        confidence,
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
        i: (best_without(predictions[i], refused)[1], predictions[i].priority) for i in competing
    }
    if any(prediction.gives_way_to for prediction in predictions):
        competing = [i for i in competing if not _gives_way(i, predictions, competing, marks)]
    # the first of several equal ones wins
    winner = max(competing, key=marks.__getitem__)
    ties = [marks[i] for i in competing if i != winner and marks[i][0] == marks[winner][0]]
    if rule == "confidence" and ties:
        rule = "order" if marks[winner] in ties else "priority"
    return winner, rule


def _gives_way(
    one: int,
    predictions: Sequence[PolicyPrediction],
    competing: Sequence[int],
    marks: Mapping[int, tuple[float, int]],
) -> bool:
    others = [i for i in competing if i != one]
    best = max(others, key=marks.__getitem__, default=one)
    names = predictions[one].gives_way_to
    return best != one and predictions[best].policy_name in names and marks[best][0] > 0


class PolicyEnsemble:
    """The policies of a bot.

    Args:
        policies: The policies; the first wins where confidence and priority are equal.

    Attributes:
        lock: Held while the policies are asked, and by whoever trains them on another thread while
            they take over what was learnt, so that no decision is made of half of it.

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
        self.lock = threading.RLock()

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
        return self.decide_batch([tracker], domain)[0]

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
        asked = [i for i, t in enumerate(trackers) if t.followup_action not in domain.action_names]
        with self.lock:
            rule_only = self.share_rule_only()
            states = [prediction_states(tracker, domain, rule_only) for tracker in trackers]
            columns = [
                policy.predict_states([states[i] for i in asked], domain)
                if policy.answers_in_batches
                else [policy.predict(trackers[i], domain) for i in asked]
                for policy in self.policies
            ]
        rows = {i: [column[k] for column in columns] for k, i in enumerate(asked)}
        return [
            _decide(tracker, domain, states[i], rows.get(i)) for i, tracker in enumerate(trackers)
        ]

    def share_rule_only(self) -> RuleOnly:
        """Tells the policies that learn from stories what only rules speak of.

        Returns:
            These slots and loops.
        """
        lookups = (getattr(policy, "lookup_", None) for policy in self.policies)
        known = [lookup.rule_only for lookup in lookups if isinstance(lookup, RuleLookup)]
        rule_only = known[0] if known else NOTHING_RULE_ONLY
        for policy in self.policies:
            if policy.rule_only is not rule_only:
                policy.rule_only = rule_only
        return rule_only

    def __repr__(self) -> str:
        return f"PolicyEnsemble({list(self.policies)!r})"


def _decide(
    tracker: DialogueStateTracker,
    domain: Domain,
    states: Sequence[State],
    predictions: Sequence[PolicyPrediction] | None,
) -> Decision:
    """The decision for one conversation; without predictions it is the follow-up's."""
    if predictions is None:
        action = str(tracker.followup_action)
        return Decision(action, 1.0, None, "followup", (), tuple(states), domain.action_names)
    after_listen = tracker.latest_action_name == ACTION_LISTEN_NAME
    rejected = rejected_action(tracker)
    return combine(predictions, domain, rejected=rejected, after_listen=after_listen, states=states)
