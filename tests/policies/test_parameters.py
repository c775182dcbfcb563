"""Parameters of policies: read from signature and docstring, checked with a clear sentence."""

from __future__ import annotations

import pytest

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.parameters import checked_parameter, parameters_of
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.sklearn_policy import SklearnPolicy

CLASSES = [MemoizationPolicy, AugmentedMemoizationPolicy, KerasPolicy, SklearnPolicy]


class Mine(Policy):
    """A policy of one's own.

    Args:
        depth: How deep
            it looks.
    """

    def __init__(self, depth=3, careful=False, share=0.5, name_=None, *more, **rest):
        super().__init__()


def known(cls):
    return {parameter.name: parameter for parameter in parameters_of(cls)}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_parameter_has_a_meaning_and_a_default_that_it_accepts(cls):
    for parameter in parameters_of(cls):
        assert parameter.meaning, parameter.name
        assert parameter.checked(parameter.default) == parameter.default


def test_the_parameters_of_the_network_are_all_there():
    assert list(known(KerasPolicy)) == [
        "priority", "max_history", "rnn_size", "dropout", "epochs", "batch_size",
        "validation_split", "random_seed", "optimizer", "learning_rate", "decay_learning_rate",
    ]  # fmt: skip
    assert "1,000 steps" in known(KerasPolicy)["epochs"].meaning
    assert known(KerasPolicy)["optimizer"].kind == "choice"


def test_what_takes_objects_cannot_be_set_by_hand():
    assert {"featurizer", "model", "param_grid"}.isdisjoint(known(SklearnPolicy))


def test_a_policy_without_annotations_is_read_by_its_defaults():
    kinds = {name: (p.kind, p.default) for name, p in known(Mine).items()}
    assert kinds == {"depth": ("whole", 3), "careful": ("switch", False), "share": ("number", 0.5)}
    assert known(Mine)["depth"].meaning == "How deep it looks."


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("epochs", "40", 40), ("epochs", "", None), ("epochs", 40.0, 40), ("epochs", None, None),
        ("dropout", "0", 0.0), ("dropout", " .5 ", 0.5), ("learning_rate", "1e-3", 0.001),
        ("decay_learning_rate", "false", False), ("optimizer", "sgd", "sgd"),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(name, given, read):
    assert checked_parameter(KerasPolicy, name, given) == read


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("epochs", "0", "epochs must be a whole number from 1, or nothing, got '0'"),
        ("epochs", "1.5", "whole number"),
        ("epochs", True, "whole number"),
        ("dropout", "1", "dropout must be a number from 0 to below 1, got '1'"),
        ("dropout", "", "dropout must be a number from 0 to below 1, got nothing"),
        ("dropout", "nan", "a number"),
        ("dropout", "1e999", "a number"),
        ("learning_rate", 0, "above 0"),
        ("random_seed", -1, "from 0 to 4294967295"),
        ("optimizer", "adma", "one of 'adam', 'adamw'"),
        ("decay_learning_rate", "maybe", "true or false"),
        ("optimizer", 3, "one of"),
        ("epoch", 3, "no parameter 'epoch' to set. Did you mean 'epochs'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(name, given, message):
    with pytest.raises(PolicyConfigError, match=message):
        checked_parameter(KerasPolicy, name, given)
