"""Making a Keras model, choosing the loop that trains it, and ending the run in good order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.policies.keras_backend import backend_name, import_keras
from dialogue_nb.policies.keras_network import KerasNetwork
from dialogue_nb.policies.keras_training import Array, Training
from dialogue_nb.policies.lstm import LstmNetwork

LOSS: Final = "sparse_categorical_crossentropy"
SPARSE_LOSSES: Final = (LOSS, "SparseCategoricalCrossentropy")
BATCH_METHODS: Final = (
    "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end",
)  # fmt: skip


@dataclass(frozen=True)
class OptimizerSettings:
    """An optimizer that is still to be made.

    Args:
        name: The name of a Keras optimizer.
        learning_rate: The size of the steps.
    """

    name: str
    learning_rate: float

    def make(self) -> Any:
        """The optimizer.

        Raises:
            PolicyConfigError: If Keras has none of that name, or refuses the learning rate.
        """
        keras = import_keras()
        try:
            known = keras.optimizers.get(self.name)
            return type(known)(learning_rate=self.learning_rate)
        except (TypeError, ValueError) as error:
            raise PolicyConfigError(
                f"optimizer={self.name!r} with learning_rate={self.learning_rate!r} cannot be "
                f"used: {error} Give the name of a Keras optimizer, for instance 'adam' or "
                "'rmsprop', and a number above 0."
            ) from error


def own_model(architecture: Callable[[], Any], inputs: int, outputs: int) -> Any:
    """The model of somebody's own architecture, built.

    Args:
        architecture: Makes it.
        inputs: F, how many features it must take.
        outputs: A, how many probabilities it must end in.

    Raises:
        PolicyConfigError: If it is no Keras model, or one for other shapes.
    """
    with warnings.catch_warnings():
        # the style of Keras 1 and 2, which still works
        warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
        model = architecture()
    if not isinstance(model, import_keras().Model):
        raise PolicyConfigError(
            f"model_architecture must return a Keras model, got {type(model).__name__}. (The "
            "method compile returns None: return the model itself.)"
        )
    if not model.built:
        model.build((None, None, inputs))
    if model.input_shape[-1] != inputs or model.output_shape[-1] != outputs:
        raise PolicyConfigError(
            f"model_architecture must return a model from {inputs} features to {outputs} "
            f"probabilities, got one with input shape {model.input_shape} and output shape "
            f"{model.output_shape}."
        )
    return model


class Made(NamedTuple):
    """What a training run starts with.

    Args:
        model: The Keras model, built.
        optimizer: Its optimizer, built; None if the model is compiled already.
        network: Makes of the model's weights something that answers.
        program: What distinguishes the model and the optimizer from others of the same shapes;
            None if nothing that is known does.
    """

    model: Any
    optimizer: Any
    network: Callable[[list[Array]], Any]
    program: Hashable | None = None


def make_own(
    architecture: Callable[[], Any], settings: OptimizerSettings, inputs: int, outputs: int
) -> Made:
    """A model of somebody's own architecture, and a twin of it that answers.

    Args:
        architecture: Makes the model.
        settings: What the optimizer is to be, if the model is not compiled.
        inputs: F, how many features it must take.
        outputs: A, how many probabilities it must end in.
    """
    model = own_model(architecture, inputs, outputs)
    twin = KerasNetwork(own_model(architecture, inputs, outputs))
    optimizer = None
    if not model.compiled:
        optimizer = settings.make()
        optimizer.build(model.trainable_variables)

    def network(weights: list[Array]) -> KerasNetwork:
        twin.set_weights(weights)
        return twin

    return Made(model, optimizer, network)


def make_default(
    architecture: Callable[[], Any], settings: OptimizerSettings, start: LstmNetwork
) -> Made:
    """A model of our own architecture; NumPy answers in its place.

    Args:
        architecture: Makes the model.
        settings: What the optimizer is to be.
        start: What the model begins with.
    """
    made: list[Any] = []

    def make() -> list[Any]:
        model, optimizer = architecture(), settings.make()
        optimizer.build(model.trainable_variables)
        made[:] = model, optimizer
        return [*model.non_trainable_variables, *optimizer.variables]

    _make_variables(make)
    made[0].set_weights(start.weights)

    def network(weights: list[Array]) -> LstmNetwork:
        return start.with_weights(weights)

    # what no shape tells; the learning rate is data
    program = ("lstm", made[0].layers[1].get_config()["dropout"], settings.name)
    return Made(made[0], made[1], network, program)


def make_ready(
    model: Any, settings: OptimizerSettings, network: Callable[[list[Array]], Any],
    program: Hashable,
) -> Made:  # fmt: skip
    """A model that has its weights already.

    Args:
        model: The model, built.
        settings: What the optimizer is to be.
        network: Makes of the model's weights something that answers.
        program: What distinguishes the model from others of the same shapes.
    """
    made: list[Any] = []

    def make() -> list[Any]:
        made[:] = [settings.make()]
        made[0].build(model.trainable_variables)
        return list(made[0].variables)

    _make_variables(make)
    return Made(model, made[0], network, program)


def default_model(architecture: Callable[[], Any], network: LstmNetwork) -> Any:
    """The Keras model of our own architecture with the weights of a network."""
    made: list[Any] = []

    def make() -> list[Any]:
        made[:] = [architecture()]
        return list(made[0].non_trainable_variables)

    _make_variables(make)
    made[0].set_weights(network.weights)
    return made[0]


def _make_variables(make: Callable[[], list[Any]]) -> None:
    if backend_name() == "jax":
        from dialogue_nb.policies.keras_jax import made_at_once

        made_at_once(make)
    else:
        make()


def run(training: Training, optimizer: Any) -> bool:
    """Trains a model, until it is done, stopped or interrupted.

    Args:
        training: The run. An interrupt sets its `stop`.
        optimizer: The optimizer for a model that is not compiled, built; else it is not used.

    Returns:
        Whether the model's weights are what was learnt; False after an interrupt, when only the
        last ones that were published are.

    Raises:
        KeyboardInterrupt: If nothing was published yet.
    """
    published = 0

    def publish(epoch: int, logs: Mapping[str, float], weights: list[Array]) -> None:
        nonlocal published
        published += 1
        training.publish(epoch, logs, weights)

    try:
        _loop(replace(training, publish=publish), optimizer)
    except KeyboardInterrupt:
        training.stop.set()
        if not published:
            raise
        return False
    return True


def _loop(training: Training, optimizer: Any) -> None:
    model = training.model
    ours = not model.compiled
    wanted = [callback for callback in training.callbacks if _wants_batches(callback)]
    if ours and (training.callbacks or wanted or backend_name() != "jax"):
        if hasattr(model, "objective"):
            model.compile(optimizer=optimizer)
        else:
            model.compile(optimizer=optimizer, loss=LOSS, metrics=["accuracy"])
    if ours and not wanted and backend_name() == "jax":
        from dialogue_nb.policies.keras_jax import train_on_jax

        train_on_jax(training, optimizer)
    else:
        from dialogue_nb.policies.keras_fit import train_with_fit

        train_with_fit(training, one_hot=not (ours or _is_sparse(model.loss)))


def _is_sparse(loss: Any) -> bool:
    """Whether a loss takes labels as numbers, not as rows with a single 1."""
    return (loss if isinstance(loss, str) else getattr(loss, "name", None)) in SPARSE_LOSSES


def _wants_batches(callback: Any) -> bool:
    """Whether a callback wants to hear of every batch, not only of every epoch."""
    base = import_keras().callbacks.Callback
    return any(
        getattr(type(callback), name, None) is not getattr(base, name) for name in BATCH_METHODS
    )
