"""What a training run of a Keras model is, whichever way its numbers are computed.

    keras_jax.train_on_jax    whole epochs as one compiled program; models that we compiled, on JAX
    keras_fit.train_with_fit  Keras' own loop; every backend, every model

Both take a `Training`, shuffle by it, publish to it after every epoch, and stop when it says so.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.featurizers.examples import NO_STATE, TrainingExamples
from dialogue_nb.featurizers.single_state import PADDING

Array = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

BATCH_SIZES: Final = (32, 128)
EPOCHS: Final = (10, 200)
SIZES: Final = 3
"""How many different sizes a batch has at most that grows."""
EPOCHS_OF_A_SIZE: Final = 5
"""How many epochs each of them is worth at least."""
STEPS: Final = 1000
"""How many batches a training run has, as far as the bounds above allow it."""


@dataclass(frozen=True, eq=False)
class Training:
    """One training run.

    Args:
        model: The Keras model, built.
        examples: What to learn.
        validation: What to try it on after every epoch; None for nothing.
        epochs: How often all examples are gone through.
        batch_sizes: How many examples are learnt from at once, in each epoch.
        rng: What the order of the examples is drawn from.
        callbacks: Keras callbacks.
        stop: Once it is set, the run ends with the batch or the epoch it is in.
        publish: Called after every epoch with its number (from 0), its results (loss, accuracy,
            val_loss, val_accuracy), and the model's weights as arrays of their own.
        learning_rates: That of each epoch, for a model that its author did not compile; None: the
            optimizer's own.
        program: What distinguishes the computation of this model and its optimizer from others of
            the same shapes, so that what was compiled for it can be used again; None: nothing does.
        balanced: Whether rare labels come again until they stand in every other batch.
    """

    model: Any
    examples: TrainingExamples
    validation: TrainingExamples | None
    epochs: int
    batch_sizes: Sequence[int]
    rng: np.random.Generator
    callbacks: Sequence[Any]
    stop: threading.Event
    publish: Callable[[int, Mapping[str, float], list[Array]], None]
    learning_rates: Sequence[float] | None = None
    program: Hashable | None = None
    balanced: bool = False

    @property
    def batches(self) -> int:
        """How many batches the first epoch has."""
        return -(-len(self.examples) // self.batch_sizes[0])

    def begin_epoch(self, epoch: int, optimizer: Any) -> None:
        """Sets the learning rate of an epoch."""
        if self.learning_rates is not None:
            optimizer.learning_rate = self.learning_rates[epoch]

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """A new order of the examples for an epoch, (N,), or more if some come again."""
        if not self.balanced:
            return self.rng.permutation(len(self.examples))
        return balanced_order(self.examples.labels, self.batch_sizes[epoch], self.rng)

    def snapshot(self) -> list[Array]:
        """The model's weights as they are now, as arrays of their own."""
        return [np.array(weight) for weight in self.model.get_weights()]


def targets(examples: TrainingExamples) -> tuple[Ids, Array]:
    """What is to be predicted, and what of it counts.

    Args:
        examples: The examples.

    Returns:
        labels (N,) or (N, T) int32, 0 where there is none, and weights of the same shape, float32:
        1 where there is a label, 0 where there is none.
    """
    return np.where(examples.labels == NO_STATE, 0, examples.labels), examples.sample_weight


def with_padding(vectors: Array, rows: int = 1) -> Array:
    """The vectors of states with rows of padding after them, of which the id -1 finds the last.

    Args:
        vectors: (S, F) float32.
        rows: How many rows of padding.

    Returns:
        (S + rows, F) float32.
    """
    padding = np.full((rows, vectors.shape[1]), PADDING, dtype=np.float32)
    return np.concatenate([vectors, padding])


def as_wide(examples: TrainingExamples, steps: int) -> TrainingExamples:
    """The same examples in windows of another width, for a network that takes only one.

    Args:
        examples: The examples.
        steps: How many turns the windows are to have. Whole dialogues are not made shorter.

    Returns:
        Windows with padding added or turns cut off on the left, dialogues with padding at the end.
    """
    ids, labels = examples.window_ids, examples.labels
    more = steps - ids.shape[1]
    if labels.ndim == 1:
        ids = np.pad(ids[:, max(-more, 0) :], ((0, 0), (max(more, 0), 0)), constant_values=NO_STATE)
    else:
        at_end = ((0, 0), (0, max(more, 0)))
        ids, labels = (np.pad(a, at_end, constant_values=NO_STATE) for a in (ids, labels))
    return replace(examples, window_ids=ids, labels=labels)


def falling(learning_rate: float, epochs: int) -> list[float]:
    """A learning rate that falls evenly towards 0, one value for each epoch.

    Example:
        >>> falling(0.8, 4)
        [0.7, 0.5, 0.3, 0.1]
    """
    return [round(learning_rate * (1 - (i + 0.5) / epochs), 12) for i in range(epochs)]


def chosen_batch_size(count: int) -> int:
    """The batch size for so many examples: about a hundredth, as a power of two, 32 to 128.

    Example:
        >>> [chosen_batch_size(count) for count in (20, 4_000, 12_000, 1_000_000)]
        [32, 32, 128, 128]
    """
    low, high = BATCH_SIZES
    power = round(math.log2(max(count / 100, 1)))
    return min(max(1 << power, low), high)


def chosen_epochs(batches: int) -> int:
    """The number of epochs for so many batches in each: about 1,000 steps, in 10 to 200 epochs.

    A few stories are gone through often, many stories seldom: beyond that the network only learns
    them by heart.

    Example:
        >>> [chosen_epochs(batches) for batches in (1, 95, 900)]
        [200, 11, 10]
    """
    low, high = EPOCHS
    return min(max(-(-STEPS // max(batches, 1)), low), high)


def growing(first: int, last: int, epochs: int, count: int) -> list[int]:
    """A batch size that grows evenly from epoch to epoch, as in Smith et al. (arXiv 1711.00489).

    It grows in a few steps only, since each size is compiled anew; and the batches of an epoch are
    as large as each other, so that none of them is half padding.

    Args:
        first: The size in the first epoch.
        last: The size in the last epoch.
        epochs: How many epochs there are.
        count: How many examples there are.

    Example:
        >>> growing(64, 256, 15, 10_000)
        [64, 64, 64, 64, 64, 159, 159, 159, 159, 159, 250, 250, 250, 250, 250]
        >>> growing(64, 256, 3, 70)
        [70, 70, 70]
    """
    steps = min(max(epochs // EPOCHS_OF_A_SIZE, 1), SIZES)
    wide = np.linspace(first, last, steps) if steps > 1 else np.array([(first + last) / 2])
    chosen = wide.round().astype(int)[np.arange(epochs) * steps // epochs]  # (epochs,)
    batches = -(-count // chosen)
    return [int(size) for size in -(-count // np.maximum(batches, 1))]


def balanced_order(labels: Ids, batch_size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """An order of the examples in which every label is spread evenly over the epoch.

    A label that is so rare that most batches would do without it comes again until it stands in
    about every other batch (Rasa calls this the batch strategy "balanced").

    Args:
        labels: (N,) int32.
        batch_size: How many examples a batch has.
        rng: What the order is drawn from.

    Returns:
        Indices of examples, (N + what comes again,) int64; every example is there.

    Example:
        >>> labels = np.array([7] * 40 + [3], dtype=np.int32)
        >>> order = balanced_order(labels, 5, np.random.default_rng(1))
        >>> len(order), int((labels[order] == 3).sum())
        (44, 4)
    """
    often = -(-len(labels) // batch_size) // 2  # every other batch
    order = rng.permutation(len(labels))  # (N,)
    chosen, places = [], []
    for label in np.unique(labels):
        own = order[labels[order] == label]  # (n,)
        times = max(len(own), often)
        chosen.append(np.resize(own, times))
        places.append((np.arange(times) + rng.random()) / times)
    order = np.concatenate(chosen)
    return np.asarray(order[np.argsort(np.concatenate(places), kind="stable")])
