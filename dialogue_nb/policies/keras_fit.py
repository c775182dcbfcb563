"""Training with Keras' own loop: every backend, every model, every callback."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.keras_training import Training, targets, with_padding

keras = import_keras()


class Batches(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
    """Examples in batches, each made dense when it is its turn.

    Args:
        examples: The examples.
        size: How many a batch has; the last one may have fewer.
        one_hot: Whether the labels are rows with a single 1.
    """

    def __init__(self, examples: TrainingExamples, size: int, one_hot: bool) -> None:
        super().__init__()
        self.examples = examples
        self.size = size
        self.vectors = with_padding(examples.state_vectors)  # (S + 1, F)
        self.labels, self.weights = targets(examples)
        self.rows = np.eye(examples.domain.num_actions, dtype=np.float32) if one_hot else None
        self.order: npt.NDArray[Any] = np.arange(len(examples))

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.order) // self.size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """One batch: x (B, T, F), y (B, A) or (B, T, A) or labels (B,) or (B, T), weights."""
        chosen = self.order[index * self.size : (index + 1) * self.size]
        labels = self.labels[chosen]
        y = labels if self.rows is None else self.rows[labels]
        return self.vectors[self.examples.window_ids[chosen]], y, self.weights[chosen]


class Publisher(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
    """Shuffles before every epoch, publishes after it, and stops when the run is to stop."""

    def __init__(self, training: Training, batches: Batches) -> None:
        super().__init__()
        self.training = training
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Draws the order of the epoch; the data set itself is not told of every beginning."""
        self.training.begin_epoch(epoch, self.model.optimizer)
        self.batches.size = self.training.batch_sizes[epoch]
        self.batches.order = self.training.order(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops after the batch, when it is to stop."""
        if self.training.stop.is_set():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Publishes the epoch's results and weights."""
        results = {name: float(value) for name, value in (logs or {}).items()}
        self.training.publish(epoch, results, self.training.snapshot())


def train_with_fit(training: Training, *, one_hot: bool) -> None:
    """Trains a model, which must be compiled.

    Args:
        training: The run.
        one_hot: Whether the labels are given as rows with a single 1 (what a loss like
            categorical_crossentropy needs) or as numbers.
    """
    examples = Batches(training.examples, training.batch_sizes[0], one_hot)
    validation = None
    if training.validation is not None:
        validation = Batches(training.validation, training.batch_sizes[0], one_hot)
    training.model.fit(
        examples,
        epochs=training.epochs,
        callbacks=[Publisher(training, examples), *training.callbacks],
        validation_data=validation,
        shuffle=False,
        verbose=0,
    )
