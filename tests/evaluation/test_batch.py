from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import PolicyPredictionError
from dialogue_nb.core.states import State
from dialogue_nb.evaluation.batch import verdict, verdicts
from dialogue_nb.policies.policy import Policy

DOMAIN = Domain.from_yaml("actions: [utter_a, utter_b]")
NUMBERS = st.sampled_from([0.0, 0.25, 0.5, 1.0])


class Table(Policy):
    """Answers each conversation with the row of its last state's intent."""

    predicts_from_states = True

    def __init__(self, rows, priority=1):
        super().__init__(priority=priority)
        self.rows = rows

    def predict_batch(self, states, domain):
        return np.array([self.rows[int(conversation[-1].intent)] for conversation in states])


def asked(count):
    return [(State(intent=str(i)),) for i in range(count)]


ROW = st.lists(NUMBERS, min_size=DOMAIN.num_actions, max_size=DOMAIN.num_actions)
POLICIES = st.lists(st.tuples(st.lists(ROW, min_size=3, max_size=3), st.integers(1, 3)), min_size=1)


@given(POLICIES)
def test_many_at_once_are_decided_as_the_ensemble_decides_each(tables):
    policies = [Table(rows, priority) for rows, priority in tables]
    columns = [policy.predict_states(asked(3), DOMAIN) for policy in policies]
    one_by_one = [verdict([column[i] for column in columns], DOMAIN) for i in range(3)]
    assert verdicts(policies, asked(3), DOMAIN) == one_by_one


def test_nothing_asked_is_nothing_decided():
    assert verdicts([Table([])], [], DOMAIN) == []


@pytest.mark.parametrize("wrong", [[2.0], [float("nan")], [-0.5]])
def test_wrong_probabilities_are_the_error_they_are_elsewhere(wrong):
    row = [*wrong, *([0.0] * (DOMAIN.num_actions - 1))]
    with pytest.raises(PolicyPredictionError, match="Table must return"):
        verdicts([Table([row])], asked(1), DOMAIN)


def test_a_row_of_the_wrong_length_is_an_error():
    with pytest.raises(PolicyPredictionError, match=r"Table must return 15 probabilities"):
        verdicts([Table([[0.5, 0.5]])], asked(1), DOMAIN)
