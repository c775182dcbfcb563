"""Training with Keras' own loop: every backend, every model, every callback."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.keras_training import Training, targets

keras = import_keras()


def train_with_fit(training: Training, *, one_hot: bool) -> None:
    """Trains a model, which must be compiled.

    Args:
        training: The run.
        one_hot: Whether the labels are given as rows with a single 1 (what a loss like
            categorical_crossentropy needs) or as numbers.
    """
    examples = Batches(training.examples, training.batch_size, one_hot, training)
    validation = None
    if training.validation is not None:
        validation = Batches(training.validation, training.batch_size, one_hot)
    training.model.fit(
        examples,
        epochs=training.epochs,
        callbacks=[Publisher(training), *training.callbacks],
        validation_data=validation,
        shuffle=False,
        verbose=0,
    )


class Publisher(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
    """Publishes what was learnt after every epoch, and stops when the run is to stop."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self.training = training

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops after the batch, when it is to stop."""
        if self.training.stop.is_set():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Publishes the epoch's results and weights."""
        results = {name: float(value) for name, value in (logs or {}).items()}
        self.training.publish(epoch, results, self.training.snapshot())


class Batches(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
    """Examples in batches, each made dense when it is its turn.

    Args:
        examples: The examples.
        size: How many a batch has; the last one may have fewer.
        one_hot: Whether the labels are rows with a single 1.
        training: Where the order of each epoch comes from; None for the order they are in.
    """

    def __init__(
        self, examples: TrainingExamples, size: int, one_hot: bool, training: Training | None = None
    ) -> None:
        super().__init__()
        self.examples = examples
        self.size = size
        self.training = training
        self.labels, self.weights = targets(examples)
        self.rows = np.eye(examples.domain.num_actions, dtype=np.float32) if one_hot else None
        self.order: npt.NDArray[Any] = training.order() if training else np.arange(len(examples))

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.order) // self.size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """One batch: x (B, T, F), y (B, A) or (B, T, A) or labels (B,) or (B, T), weights."""
        chosen = self.order[index * self.size : (index + 1) * self.size]
        labels = self.labels[chosen]
        y = labels if self.rows is None else self.rows[labels]
        return self.examples.batch(chosen), y, self.weights[chosen]

    def on_epoch_end(self) -> None:
        """Draws the order of the next epoch."""
        if self.training is not None:
            self.order = self.training.order()
