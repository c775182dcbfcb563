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
    """

    action: str
    confidence: float
    policy: str | None


def verdicts(
    policies: Sequence[Policy], states: Sequence[Sequence[State]], domain: Domain
) -> list[Verdict]:
    """What an ensemble decides for many conversations, none of which has a refused action.

    Args:
        policies: The policies; all of them answer in batches.
        states: For each conversation its states.
        domain: The domain.

    Raises:
        PolicyPredictionError: If a policy answers with something that is no list of probabilities.
    """
    if not states:
        return []
    winner = np.full(len(states), -1)  # (B,)
    action = np.zeros(len(states), dtype=int)  # (B,)
    confidence = np.full(len(states), -1.0)  # (B,)
    priority = np.zeros(len(states))  # (B,)
    for i, policy in enumerate(policies):
        rows = _checked(policy.predict_batch(states, domain), len(states), policy, domain)
        best = rows.argmax(axis=1)  # (B,)
        sure = rows[np.arange(len(rows)), best]  # (B,)
        wins = (sure > confidence) | ((sure == confidence) & (policy.priority > priority))  # (B,)
        winner[wins], action[wins], confidence[wins] = i, best[wins], sure[wins]
        priority[wins] = policy.priority
    names = [policy.name for policy in policies]
    return [
        Verdict(domain.action_names[a], float(c), names[w] if c > 0 else None)
        for a, c, w in zip(action, confidence, winner, strict=True)
    ]


def verdict(predictions: Sequence[PolicyPrediction], domain: Domain) -> Verdict:
    """What the ensemble decides for one conversation."""
    decision = combine(predictions, domain)
    policy = decision.policy if decision.confidence > 0 else None
    return Verdict(decision.action, decision.confidence, policy)


def _checked(
    rows: npt.NDArray[np.float64], count: int, policy: Policy, domain: Domain
) -> npt.NDArray[np.float64]:
    """The rows, all of which are probabilities; otherwise the error that the ensemble raises."""
    rows = np.asarray(rows, dtype=np.float64)  # (B, A)
    fits = rows.shape == (count, domain.num_actions)
    if not fits or not bool(((rows >= 0) & (rows <= 1)).all()):
        rows = np.array([checked_probabilities(row, domain, policy.name) for row in rows])
    return rows  # (B, A)
