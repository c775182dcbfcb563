"""A trained Keras model of any architecture as something that answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.policies.keras_backend import backend_name, import_keras

Array = npt.NDArray[np.float32]

WINDOWS_AT_ONCE: Final = 1024


class KerasNetwork:
    """A Keras model that is only asked, never trained.

    While its twin is trained, `set_weights` gives it what was learnt so far; answers and new
    weights wait for each other, so that no answer is made from half of them.

    Args:
        model: The model: (B, T, F) -> (B, A), or (B, T, A) if it answers after every step.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._lock = threading.Lock()

    @property
    def input_size(self) -> int:
        """F, the number of features."""
        return int(self.model.input_shape[-1])

    @property
    def output_size(self) -> int:
        """A, the number of actions."""
        return int(self.model.output_shape[-1])

    @property
    def every_step(self) -> bool:
        """Whether there is an answer after every step, or only after the last one."""
        return len(self.model.output_shape) == 3

    @property
    def steps(self) -> int | None:
        """T, if the model takes windows of one length only; None if it takes any."""
        steps = self.model.input_shape[1]
        return None if steps is None else int(steps)

    def forward(self, x: Array) -> Array:
        """The answer for some windows, however many.

        Args:
            x: (B, T, F) float32, padding is -1.

        Returns:
            Probabilities, (B, A), or (B, T, A) if `every_step`; float32.
        """
        pieces = [
            self._answer(x[i : i + WINDOWS_AT_ONCE])
            for i in range(0, max(len(x), 1), WINDOWS_AT_ONCE)
        ]
        return np.concatenate(pieces)

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Takes over the weights of a model of the same architecture."""
        with self._lock:
            self.model.set_weights(list(weights))

    def save(self, file: Path) -> None:
        """Writes the model in Keras' own format.

        Raises:
            ModelError: If it has something that could not be loaded again safely.
        """
        if '"class_name": "Lambda"' in self.model.to_json():
            raise ModelError(
                "The model cannot be saved: it has a Lambda layer, which could only be loaded by "
                "running code from the file. Write it as a layer class of your own, decorated "
                "with @keras.saving.register_keras_serializable()."
            )
        self.model.save(file)

    @classmethod
    def load(cls, file: Path) -> KerasNetwork:
        """Reads what `save` wrote; nothing in the file is executed.

        Raises:
            ModelError: If the file is not there, is damaged, or needs code to be loaded.
        """
        if not file.is_file():
            raise ModelError(f"No model can be read from '{file}': there is no such file.")
        try:
            model = import_keras().saving.load_model(file, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises whatever its parts raise on a damaged file
            raise ModelError(
                f"No model can be read from '{file}': {error} A layer class of your own must be "
                "defined, and decorated with @keras.saving.register_keras_serializable(), before "
                "the model is loaded; Lambda layers are not loaded, since they are code."
            ) from error
        return cls(model)

    def _answer(self, x: Array) -> Array:
        windows, steps, features = x.shape
        # each new shape is compiled anew, so there are only few: powers of two
        rows = _power_of_two(windows)
        length = self.steps or (_power_of_two(steps) if self.every_step else steps)
        padded = np.full((rows, length, features), PADDING, dtype=np.float32)  # (rows, length, F)
        if not self.every_step:
            kept = min(steps, length)
            padded[:windows, length - kept :] = x[:, steps - kept :]
        elif steps <= length:
            padded[:windows, :steps] = x  # answers after every step: padding at the end
        else:
            raise ModelError(
                f"The model takes dialogues of at most {length} turns, got one of {steps}. Let "
                "model_architecture build it with input_shape=(None, input_shape[1])."
            )
        with self._lock:
            answer = np.asarray(self._ask(padded), dtype=np.float32)
        return answer[:windows, :steps] if self.every_step else answer[:windows]

    def _ask(self, x: Array) -> Any:
        if self.every_step and backend_name() == "tensorflow":
            # TimeDistributed answers for one step only when a compiled model is asked for dialogues
            # of different lengths (Keras 3.15)
            return self.model(x, training=False)
        return self.model.predict_on_batch(x)


def _power_of_two(number: int) -> int:
    """The smallest power of two that is not below the number."""
    return 1 << max(number - 1, 0).bit_length()
