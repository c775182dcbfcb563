"""Deciding many turns at once, by the rules of the ensemble, on arrays.

A test has thousands of turns and wants of each only what was decided and by whom; a `Decision` for
each would cost more than the predictions. A test holds this to what `PolicyEnsemble.decide` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.states import State
from dialogue_nb.policies.ensemble import combine
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction, checked_probabilities


class Verdict(NamedTuple):
    """What is left of a decision.

    Args:
        action: The action.
        confidence: How sure the policy was.
        policy: The policy that decided, None when no policy had an opinion.
        rank: The place of the gold action, by the highest confidence that any policy has in it; 1
            is the best, None if no policy thought of it or nobody said which action that is.
    """

    action: str
    confidence: float
    policy: str | None
    rank: int | None = None


def verdicts(
    policies: Sequence[Policy],
    states: Sequence[Sequence[State]],
    domain: Domain,
    golds: Sequence[str] | None = None,
    refused: Sequence[str | None] | None = None,
) -> list[Verdict]:
    """What an ensemble decides for many conversations.

    Args:
        policies: The policies; all of them answer in batches.
        states: For each conversation its states.
        domain: The domain.
        golds: For each conversation the action that would be right, None if nobody knows.
        refused: For each conversation the action that was refused and does not count.

    Raises:
        PolicyPredictionError: If a policy answers with something that is no list of probabilities.
    """
    if not states:
        return []
    winner = np.full(len(states), -1)  # (B,)
    action = np.zeros(len(states), dtype=int)  # (B,)
    confidence = np.full(len(states), -1.0)  # (B,)
    priority = np.zeros(len(states))  # (B,)
    highest = np.zeros((len(states), domain.num_actions))  # (B, A)
    for i, policy in enumerate(policies):
        rows = _checked(policy.predict_batch(states, domain), len(states), policy, domain)
        np.maximum(highest, rows, out=highest)
        rows = _without(rows, refused, domain)
        best = rows.argmax(axis=1)  # (B,)
        sure = rows[np.arange(len(rows)), best]  # (B,)
        wins = (sure > confidence) | ((sure == confidence) & (policy.priority > priority))  # (B,)
        winner[wins], action[wins], confidence[wins] = i, best[wins], sure[wins]
        priority[wins] = policy.priority
    names = [policy.name for policy in policies]
    ranks = [None] * len(states) if golds is None else _ranks(highest, golds, domain)
    return [
        Verdict(domain.action_names[a], float(c), names[w] if c > 0 else None, rank)
        for a, c, w, rank in zip(action, confidence, winner, ranks, strict=True)
    ]


def verdict(
    predictions: Sequence[PolicyPrediction],
    domain: Domain,
    gold: str | None = None,
    refused: str | None = None,
) -> Verdict:
    """What the ensemble decides for one conversation.

    Args:
        predictions: What the policies say.
        domain: The domain.
        gold: The action that would be right, None if nobody knows.
        refused: The action that was refused and does not count.
    """
    decision = combine(predictions, domain, rejected=refused)
    policy = decision.policy if decision.confidence > 0 else None
    highest = np.max([prediction.probabilities for prediction in predictions], axis=0)  # (A,)
    rank = None if gold is None else _ranks(highest[None], [gold], domain)[0]
    return Verdict(decision.action, decision.confidence, policy, rank)


def _ranks(
    highest: npt.NDArray[np.float64], golds: Sequence[str], domain: Domain
) -> list[int | None]:
    """The place of each gold action among all actions."""
    places = {name: i for i, name in enumerate(domain.action_names)}
    columns = np.array([places.get(gold, -1) for gold in golds], dtype=int)  # (B,)
    own = np.where(columns < 0, 0.0, highest[np.arange(len(columns)), columns])  # (B,)
    better = (highest > own[:, None]).sum(axis=1)  # (B,)
    return [int(count) + 1 if p > 0 else None for count, p in zip(better, own, strict=True)]


def _without(
    rows: npt.NDArray[np.float64], refused: Sequence[str | None] | None, domain: Domain
) -> npt.NDArray[np.float64]:
    """The rows in which the refused actions do not count."""
    names = refused or ()
    places = [(i, domain.index_for_action(name)) for i, name in enumerate(names) if name]
    if not places:
        return rows
    counted = rows.copy()  # (B, A)
    counted[tuple(zip(*places, strict=True))] = 0.0
    return counted


def _checked(
    rows: npt.NDArray[np.float64], count: int, policy: Policy, domain: Domain
) -> npt.NDArray[np.float64]:
    """The rows, all of which are probabilities; otherwise the error that the ensemble raises."""
    rows = np.asarray(rows, dtype=np.float64)  # (B, A)
    fits = rows.shape == (count, domain.num_actions)
    if not fits or not bool(((rows >= 0) & (rows <= 1)).all()):
        rows = np.array([checked_probabilities(row, domain, policy.name) for row in rows])
    return rows  # (B, A)
