"""What policies share that learn with a network written in Keras: training, watching, stopping."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError, NotTrainedError, PolicyConfigError
from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer, Tracker
from dialogue_nb.policies.keras_backend import seeded
from dialogue_nb.policies.keras_network import KerasNetwork
from dialogue_nb.policies.keras_run import Made, run
from dialogue_nb.policies.keras_training import (
    Array,
    Training,
    as_wide,
    chosen_batch_size,
    chosen_epochs,
    falling,
)
from dialogue_nb.policies.validation import hold_out
from dialogue_nb.policies.window_policy import WindowPolicy

KERAS_FILE: Final = "model.keras"

EpochHook = Callable[[int, Mapping[str, float]], Any]


class NetworkPolicy(WindowPolicy):
    """Learns the next action with a neural network.

    A subclass has the parameters below and makes its network in `_made`.

    Attributes:
        history_: `loss`, `accuracy` and, with a validation split, `val_loss` and `val_accuracy`
            after each epoch, by name.
        epochs_: How many epochs the run was to have.
        stopped_: Whether somebody stopped it before.
    """

    own_network: ClassVar[type[Any]]
    """What answers in place of the policy's own Keras model; it saves itself and loads itself."""
    own_file: ClassVar[str]
    """The file of that."""

    history_: dict[str, list[float]]
    epochs_: int
    stopped_: bool
    epochs: int | None
    batch_size: Any
    validation_split: float
    random_seed: int | None
    learning_rate: float
    decay_learning_rate: bool
    _stop: threading.Event | None = None

    def train(
        self,
        training_trackers: Sequence[Tracker],
        domain: Domain,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float | None = None,
        callbacks: Sequence[Any] = (),
        on_epoch_end: EpochHook | None = None,
        stop: threading.Event | None = None,
        **kwargs: Any,
    ) -> Self:
        """Learns from dialogues, augmented ones too, forgetting what was learnt before.

        An interrupt (Ctrl-C, the stop button of a notebook), `stop_training()` or the event `stop`
        ends it with the epoch it is in; what was learnt until then is kept.

        Args:
            training_trackers: Dialogues; rules are passed over.
            domain: The domain they belong to.
            epochs: In place of the policy's own `epochs`.
            batch_size: In place of the policy's own `batch_size`.
            validation_split: In place of the policy's own `validation_split`.
            callbacks: Any Keras callbacks.
            on_epoch_end: Called after every epoch with its number, from 0, and its results by name.
            stop: An event that ends the training when it is set.
            **kwargs: Not used.

        Returns:
            The policy itself. Where there is nothing to learn it has no opinion on anything.

        Raises:
            PolicyConfigError: If a parameter has a value that cannot be used, or the network does
                not fit the domain.
            KeyboardInterrupt: If there was an interrupt before the first epoch was over.
        """
        rng = np.random.default_rng(self.random_seed)
        share = self.validation_split if validation_split is None else validation_split
        learnt, held_out = hold_out(self.select(training_trackers), share, rng)
        self.__dict__.pop("window_featurizer", None)  # the parameters may have changed
        examples = self.window_featurizer.featurize_trackers(learnt, domain)
        sizes = self._batch_sizes(epochs, batch_size, len(examples))
        self.epochs_ = len(sizes)
        if not len(examples):
            self.network_, self.history_, self.stopped_ = None, {}, False
            return self
        self._stop = stop or threading.Event()
        with seeded(self.random_seed):
            made = self._made(examples, rng)
            decays = self.decay_learning_rate and made.optimizer is not None
            training = Training(
                made.model, examples, self._tried(held_out, examples), self.epochs_, sizes, rng,
                callbacks, self._stop, self._publisher(made, on_epoch_end),
                falling(self.learning_rate, self.epochs_) if decays else None, made.program,
                self._balances(examples),
            )  # fmt: skip
            self._run(training, made)
        return self

    def stop_training(self) -> None:
        """Ends a training that is going on in another thread with the epoch it is in."""
        stop = self._stop
        if stop is not None:
            stop.set()

    def persist(self, path: str | Path) -> None:
        """Writes the policy into a folder: JSON, and the network as npz, from which it is loaded
        without Keras, or in Keras' own format if its architecture is somebody's own.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the network could not be loaded again without running code.
        """  # noqa: D205
        network: Any = self._trained()
        kind = None if network is None else type(network).__name__
        more = {"network": kind, "epochs": self.epochs_, "stopped": self.stopped_}
        self.write_policy_file(path, **more, history=self.history_)
        if network is not None:
            is_own = isinstance(network, self.own_network)
            network.save(Path(path) / (self.own_file if is_own else KERAS_FILE))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote; nothing in the folder is executed.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no such policy, or a damaged one.
        """
        body = cls.read_policy_file(path)
        policy = cls(**body["params"])
        try:
            policy.epochs_, policy.stopped_ = int(body["epochs"]), bool(body["stopped"])
            policy.history_ = {k: [float(x) for x in v] for k, v in body["history"].items()}
            kind = body["network"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"The policy in '{path}' is damaged: {error}.") from error
        if kind is None:
            policy.network_ = None
        elif kind == cls.own_network.__name__:
            policy.network_ = cls.own_network.load(Path(path) / cls.own_file)
        else:
            policy.network_ = KerasNetwork.load(Path(path) / KERAS_FILE)
        return policy

    def _network(self) -> Any:
        """What was learnt.

        Raises:
            NotTrainedError: If that is nothing.
        """
        network = self._trained()
        if network is None:
            raise NotTrainedError(f"{self.name} had no dialogues to learn from, so has no model.")
        return network

    def _batch_sizes(self, epochs: int | None, batch_size: int | None, count: int) -> Sequence[int]:
        """How many of so many examples are learnt from at once, for each epoch."""
        size = positive("batch_size", batch_size, self.batch_size) or chosen_batch_size(count)
        return [size] * (self._given_epochs(epochs) or chosen_epochs(-(-count // size)))

    def _given_epochs(self, epochs: int | None) -> int | None:
        return positive("epochs", epochs, self.epochs)

    def _balances(self, examples: TrainingExamples) -> bool:
        """Whether rare actions come again until they stand in every other batch."""
        return False

    def _run(self, training: Training, made: Made) -> None:
        try:
            if run(training, made.optimizer):
                # a callback may have gone back to better weights
                self.network_ = made.network(training.snapshot())
            done = len(self.history_["loss"])
            self.stopped_ = training.stop.is_set() and done < self.epochs_
        finally:
            self._stop = None

    def _publisher(self, made: Made, hook: EpochHook | None) -> Callable[..., None]:
        """What takes over the results of an epoch: from then on the policy answers with them."""
        history: dict[str, list[float]] = {}

        def publish(epoch: int, logs: Mapping[str, float], weights: list[Array]) -> None:
            self.network_ = made.network(weights)
            for name, value in logs.items():
                history.setdefault(name, []).append(value)
            self.history_ = history
            if hook is not None:
                hook(epoch, logs)

        return publish

    def _made(self, examples: TrainingExamples, rng: np.random.Generator) -> Made:
        """The model to be trained, its optimizer, and what makes something that answers of it."""
        raise NotImplementedError(f"{self.name} must have a method _made(self, examples, rng).")

    def _tried(
        self, held_out: Sequence[Tracker], learnt: TrainingExamples
    ) -> TrainingExamples | None:
        """The examples of the dialogues that were held out, None if there are none."""
        if not held_out:
            return None
        featurizer = self.window_featurizer
        if isinstance(featurizer, MaxHistoryTrackerFeaturizer):
            # every action counts, as in a test, however often it stands there
            featurizer = MaxHistoryTrackerFeaturizer(
                featurizer.state_featurizer, featurizer.max_history, remove_duplicates=False
            )
        examples = featurizer.featurize_trackers(held_out, learnt.domain)
        return as_wide(examples, learnt.window_ids.shape[1]) if len(examples) else None


def positive(name: str, *values: int | None) -> int | None:
    """The first of the values that is given."""
    for value in values:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise PolicyConfigError(
                f"{name} must be a whole number from 1, or None to have it chosen, got {value!r}."
            )
        return value
    return None
