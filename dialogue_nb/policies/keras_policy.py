"""A policy that learns with a neural network written in Keras.

Its own network is a small LSTM over the last turns. Another one is written by overriding
`model_architecture`, as in Rasa Core 0.x, on any backend of Keras.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.featurizers.tracker_featurizers import (
    TrackerFeaturizer,
)
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.keras_network import KerasNetwork
from dialogue_nb.policies.keras_run import (
    Made,
    OptimizerSettings,
    default_model,
    make_default,
    make_own,
)
from dialogue_nb.policies.lstm import LstmNetwork
from dialogue_nb.policies.network_policy import KERAS_FILE, NetworkPolicy


class KerasPolicy(NetworkPolicy):
    """Learns the next action with a neural network; by default a small LSTM.

    Args:
        featurizer: A `MaxHistoryTrackerFeaturizer` (one prediction for each window) or a
            `FullDialogueTrackerFeaturizer` (one for each step of a dialogue). None: the former,
            with `max_history`.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states the network sees, if there is no featurizer; None: all.
        rnn_size: The size of the LSTM's state.
        dropout: Which share of the features the LSTM must do without while it learns.
        epochs: How often all examples are gone through; None: as often as makes about 1,000 steps
            (`keras_training.chosen_epochs`).
        batch_size: How many examples are learnt from at once; None: 32, and more for many examples
            (`keras_training.chosen_batch_size`).
        validation_split: Which share of the stories is held out and tried after every epoch.
        random_seed: Makes a run repeat exactly; None: each run is different.
        optimizer: The name of a Keras optimizer.
        learning_rate: The size of its steps.
        decay_learning_rate: Whether the steps become smaller from epoch to epoch, towards 0.

    Attributes:
        history_: `loss`, `accuracy` and, with a validation split, `val_loss` and `val_accuracy`
            after each epoch, by name.
        epochs_: How many epochs the run was to have.
        stopped_: Whether somebody stopped it before.
        network_: What answers; its weights are those of the last finished epoch.

    Example:
        A network of one's own::

            class WiderPolicy(KerasPolicy):
                def model_architecture(self, input_shape, output_shape):
                    from keras.layers import Dense, Flatten, Input
                    from keras.models import Sequential

                    return Sequential([
                        Input(input_shape), Flatten(), Dense(64, "relu"),
                        Dense(output_shape[-1], "softmax"),
                    ])
    """

    own_network: ClassVar[type[Any]] = LstmNetwork
    own_file: ClassVar[str] = "lstm.npz"

    network_: LstmNetwork | KerasNetwork | None

    def __init__(
        self,
        featurizer: TrackerFeaturizer | None = None,
        priority: int = 1,
        max_history: int | None = 5,
        rnn_size: int = 32,
        dropout: float = 0.2,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float = 0.0,
        random_seed: int | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        decay_learning_rate: bool = True,
    ) -> None:
        super().__init__(featurizer, priority, max_history)
        self.rnn_size = rnn_size
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.random_seed = random_seed
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.decay_learning_rate = decay_learning_rate

    def model_architecture(
        self, input_shape: tuple[int, int], output_shape: tuple[int, ...]
    ) -> Any:
        """The network, which may be compiled or not. Override it for one of your own.

        It must end in probabilities (a softmax). If you do not compile it, it learns with the
        policy's optimizer and the cross-entropy of the actions.

        Args:
            input_shape: (T, F): turns and features of a window, or of the longest dialogue.
                Padding is -1 in all features.
            output_shape: (A,), one probability for each action, or (T, A), those after each step of
                a dialogue.

        Returns:
            A Keras model: masking, LSTM, dense, softmax.
        """
        keras = import_keras()
        every_step = len(output_shape) == 2
        return keras.Sequential(
            [
                keras.layers.Input((None, input_shape[1])),
                keras.layers.Masking(mask_value=PADDING),
                keras.layers.LSTM(self.rnn_size, dropout=self.dropout, return_sequences=every_step),
                keras.layers.Dense(output_shape[-1]),
                keras.layers.Activation("softmax"),
            ]
        )

    def persist(self, path: str | Path) -> None:
        """Writes the policy into a folder: JSON, the model in Keras' own format, and of our own
        network also its weights as npz, from which it is loaded without Keras.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the network could not be loaded again without running code.
        """  # noqa: D205
        super().persist(path)
        if isinstance(self.network_, LstmNetwork):
            KerasNetwork(self.keras_model()).save(Path(path) / KERAS_FILE)

    def keras_model(self) -> Any:
        """The trained network as a Keras model, to look at or to go on with.

        Returns:
            The model; for the policy's own network a new one with the trained weights.

        Raises:
            NotTrainedError: If nothing was learnt.
        """
        network = self._network()
        if not isinstance(network, LstmNetwork):
            return network.model
        outputs = network.output_size
        return default_model(
            lambda: self.model_architecture(
                (1, network.input_size), (1, outputs) if network.every_step else (outputs,)
            ),
            network,
        )

    def _made(self, examples: TrainingExamples, rng: np.random.Generator) -> Made:
        """The model to be trained, its optimizer, and what makes something that answers of it."""
        inputs, outputs = examples.state_vectors.shape[1], examples.domain.num_actions
        steps, every_step = examples.window_ids.shape[1], examples.labels.ndim == 2
        settings = OptimizerSettings(self.optimizer, self.learning_rate)

        def architecture() -> Any:
            output_shape = (steps, outputs) if every_step else (outputs,)
            return self.model_architecture((steps, inputs), output_shape)

        if type(self).model_architecture is not KerasPolicy.model_architecture:
            return make_own(architecture, settings, inputs, outputs)
        start = LstmNetwork.drawn(inputs, self.rnn_size, outputs, every_step=every_step, rng=rng)
        return make_default(architecture, settings, start)
