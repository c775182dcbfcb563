"""Training on JAX: a whole epoch is one compiled program.

The program goes through the batches by itself (`lax.fori_loop`) and looks states up in the table
of distinct ones (S, F), so that an array of all windows (N, T, F) never exists. How many batches
there are is told it each time, so that a few stories more or less need no other program.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.keras_training import Training, targets, with_padding

keras = import_keras()

# A program of ours runs for about as long as it takes to compile it thoroughly. These settings
# halve the compilation, and the program is as fast.
QUICK_TO_COMPILE: Final[dict[str, str | bool]] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": "1",
}


PROGRAMS_KEPT: Final = 16
"""Of how many networks the programs are kept, for the next training with the same shapes."""

_PROGRAMS: dict[Hashable, Any] = {}


class Batch(NamedTuple):
    """Examples that are learnt from at once; `Batches` has one more axis in front.

    Args:
        window_ids: Ids of states, (B, T) int32.
        labels: Indices of actions, (B,) or (B, T) int32.
        weights: 1 where the label counts, else 0; same shape, float32.
    """

    window_ids: Any
    labels: Any
    weights: Any


class Batches(NamedTuple):
    """The batches of an epoch.

    Args:
        count: How many there are, int32; what follows them is not looked at.
        stacked: A `Batch` whose arrays have one more axis in front, as long as a power of two.
    """

    count: Any
    stacked: Batch


class Weights(NamedTuple):
    """All numbers that change in training: those of the model, and those of the optimizer."""

    trainable: Any
    rest: Any
    optimizer: Any


class Sums(NamedTuple):
    """What is added up over the batches of an epoch."""

    loss: Any
    hits: Any
    weight: Any


def train_on_jax(training: Training, optimizer: Any) -> None:
    """Trains a model.

    Args:
        training: The run. Its callbacks are called at the beginnings and ends of the training and
            of its epochs, not for every batch.
        optimizer: The Keras optimizer, built for the model.
    """
    model = training.model
    callbacks = keras.callbacks.CallbackList(
        list(training.callbacks), model=model, epochs=training.epochs, steps=training.batches
    )
    vectors = _vectors(training.examples)  # (R, F)
    test = _validation(training)
    programs: dict[tuple[int, ...], Any] = {}  # by the room for batches and their size
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(training.epochs):
        training.begin_epoch(epoch, optimizer)
        callbacks.on_epoch_begin(epoch)
        # read anew each time: a callback may have changed the learning rate or the weights
        batches = _cut(training.examples, training.order(epoch), training.batch_sizes[epoch])
        before, shape = _weights(model, optimizer), batches.stacked.weights.shape
        if shape not in programs:
            learn = _epoch(model, optimizer)
            programs[shape] = _program(training.program, learn, before, vectors, batches)
        weights, sums = programs[shape](before, vectors, batches)
        _write_back(model, optimizer, weights)
        logs = _averages(sums) | {f"val_{name}": value for name, value in test().items()}
        training.publish(epoch, logs, training.snapshot())
        callbacks.on_epoch_end(epoch, dict(logs))
        if training.stop.is_set() or model.stop_training:
            break
    callbacks.on_train_end()


def made_at_once(make: Callable[[], list[Any]]) -> None:
    """Makes models and optimizers without compiling a program for each of their variables.

    Keras computes the first value of a variable when it makes it. Here that happens while JAX only
    traces: one program computes the values that are wanted, and the others are never computed.

    Args:
        make: Makes them, and returns the variables whose first values are wanted. The others have
            no value afterwards: they are to be set.
    """
    variables: list[Any] = []

    def values() -> list[Any]:
        variables[:] = make()
        return [variable.value for variable in variables]

    for variable, value in zip(variables, _compiled(values)(), strict=True):
        variable.assign(value)


def _epoch(model: Any, optimizer: Any) -> Callable[..., Any]:
    """The program of an epoch: (weights, vectors, batches) -> (weights, sums)."""

    def loss(trainable: Any, rest: Any, x: Any, batch: Batch) -> tuple[Any, tuple[Any, Sums]]:
        answer, rest, more = model.stateless_call(
            trainable, rest, x, training=True, return_losses=True
        )
        sums = _sums(model, answer, batch)
        if hasattr(model, "objective"):  # it learns by something else than what is shown
            aim = model.objective(answer, batch.labels, batch.weights)
        else:
            aim = sums.loss / sums.weight
        return aim + sum(more), (rest, sums)

    def step(vectors: Any, weights: Weights, batch: Batch) -> tuple[Weights, Sums]:
        x = vectors[batch.window_ids]  # (B, T, F)
        with_gradient = jax.value_and_grad(loss, has_aux=True)
        (_, (rest, sums)), gradient = with_gradient(weights.trainable, weights.rest, x, batch)
        trainable, of_optimizer = optimizer.stateless_apply(
            weights.optimizer, gradient, weights.trainable
        )
        return Weights(trainable, rest, of_optimizer), sums

    def epoch(weights: Weights, vectors: Any, batches: Batches) -> tuple[Weights, Sums]:
        return _through(batches, weights, lambda w, batch: step(vectors, w, batch))

    return epoch


def _validation(training: Training) -> Callable[[], dict[str, float]]:
    """A function that tries the model on what was held out."""
    model, examples = training.model, training.validation
    if examples is None:
        return dict
    vectors = _vectors(examples)  # (R, F)
    batches = _cut(examples, np.arange(len(examples)), training.batch_sizes[0])

    def test(trainable: Any, rest: Any, vectors: Any, batches: Batches) -> Sums:
        def step(_: None, batch: Batch) -> tuple[None, Sums]:
            x = vectors[batch.window_ids]  # (B, T, F)
            answer, _rest = model.stateless_call(trainable, rest, x, training=False)
            return None, _sums(model, answer, batch)

        return _through(batches, None, step)[1]

    def values() -> tuple[Any, Any]:
        return [v.value for v in model.trainable_variables], [
            v.value for v in model.non_trainable_variables
        ]

    run = _program(training.program, test, *values(), vectors, batches)
    return lambda: _averages(run(*values(), vectors, batches))


def _through(
    batches: Batches, start: Any, step: Callable[[Any, Batch], tuple[Any, Sums]]
) -> tuple[Any, Sums]:
    """Goes through the batches; gives what the last step left, and the sums of all."""

    def body(i: Any, so_far: tuple[Any, Sums]) -> tuple[Any, Sums]:
        state, sums = so_far
        state, more = step(state, jax.tree.map(lambda array: array[i], batches.stacked))
        return state, Sums(*map(jnp.add, sums, more))

    nothing = Sums(*(jnp.zeros((), jnp.float32) for _ in Sums._fields))
    after: tuple[Any, Sums] = jax.lax.fori_loop(0, batches.count, body, (start, nothing))
    return after


def _sums(model: Any, answer: Any, batch: Batch) -> Sums:
    # a model that has an objective of its own tells more than probabilities, (B, A) or (B, T, A)
    probabilities = answer["probabilities"] if hasattr(model, "objective") else answer
    losses = keras.losses.sparse_categorical_crossentropy(batch.labels, probabilities)  # (B[, T])
    hits = jnp.argmax(probabilities, axis=-1) == batch.labels  # (B[, T])
    return Sums(
        jnp.sum(losses * batch.weights), jnp.sum(hits * batch.weights), jnp.sum(batch.weights)
    )


def _averages(sums: Sums) -> dict[str, float]:
    weight = float(sums.weight)
    return {"loss": float(sums.loss) / weight, "accuracy": float(sums.hits) / weight}


def _vectors(examples: TrainingExamples) -> Any:
    """The vectors of all states with padding, (R, F).

    A few states more or less do not change the shape, so that the program can be used again.
    """
    vectors = examples.state_vectors
    rows = 1 << len(vectors).bit_length()
    return jnp.asarray(with_padding(vectors, rows - len(vectors)))


def _cut(examples: TrainingExamples, order: npt.NDArray[Any], size: int) -> Batches:
    """Examples in batches of the same size; what fills up the last one counts for nothing."""
    count = -(-len(order) // size)
    room = 1 << (count - 1).bit_length()
    rows = np.resize(order, count * size).reshape(count, size)  # (K, B)
    labels, weights = (array[rows] for array in targets(examples))  # (K, B[, T])
    weights.reshape(count * size, -1)[len(order) :] = 0
    arrays = examples.window_ids[rows], labels, weights
    stacked = Batch(*(np.resize(array, (room, *array.shape[1:])) for array in arrays))
    return Batches(np.int32(count), stacked)


def _weights(model: Any, optimizer: Any) -> Weights:
    groups = model.trainable_variables, model.non_trainable_variables, optimizer.variables
    return Weights(*([variable.value for variable in group] for group in groups))


def _write_back(model: Any, optimizer: Any, weights: Weights) -> None:
    groups = model.trainable_variables, model.non_trainable_variables, optimizer.variables
    for variables, values in zip(groups, weights, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _program(name: Hashable | None, function: Callable[..., Any], *arguments: Any) -> Any:
    """The compiled function, from the last few ones if it has a name and was compiled before."""
    if name is None:
        return _compiled(function, *arguments)
    shapes = tuple((np.shape(leaf), str(leaf.dtype)) for leaf in jax.tree.leaves(arguments))
    key = name, function.__name__, shapes
    if key not in _PROGRAMS:
        while len(_PROGRAMS) >= PROGRAMS_KEPT:
            _PROGRAMS.pop(next(iter(_PROGRAMS)), None)
        _PROGRAMS[key] = _compiled(function, *arguments)
    return _PROGRAMS[key]


def _compiled(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """The function as a program for arguments of these shapes."""
    lowered = jax.jit(function).lower(*arguments)
    if jax.default_backend() == "cpu":
        try:
            return lowered.compile(compiler_options=QUICK_TO_COMPILE)
        except jax.errors.JaxRuntimeError:
            pass  # another version of JAX, which does not know the option any more
    return lowered.compile()
