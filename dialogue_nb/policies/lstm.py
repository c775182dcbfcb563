"""The default network of KerasPolicy in plain NumPy: masking, LSTM, dense, softmax.

This is the forward pass exactly as Keras computes it, so that a trained bot answers without loading
Keras, and so that its work can be looked at: `forward_with_work` returns the gates and the states
of every step, and `forward` reads its answer off that record.

    x (B, T, F) -> is_real (B, T) -> hidden (B, T, H) -> probabilities (B, A) or (B, T, A)

B windows of T turns, F features, H = rnn_size units, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.policies.npz import read_npz

Array = npt.NDArray[np.float32]

WINDOWS_AT_ONCE: Final = 2048
"""More than this are computed in pieces, which keeps the work in the processor's cache."""


class LstmWork(NamedTuple):
    """Everything that the network computed on the way to its answer; all float32.

    Args:
        is_real: Which steps are states; the others are padding and leave no trace, (B, T) bool.
        input_gates: How much of the new candidate is written, 0 to 1, (B, T, H).
        forget_gates: How much of the old cell is kept, 0 to 1, (B, T, H).
        candidates: What could be written, -1 to 1, (B, T, H).
        output_gates: How much of the cell is shown, 0 to 1, (B, T, H).
        cells: The memory after each step, (B, T, H).
        hidden: What is shown of it after each step, -1 to 1, (B, T, H).
        logits: The scores before the softmax, (B, A), or (B, T, A) for every step.
        probabilities: The answer, same shape.
    """

    is_real: npt.NDArray[np.bool_]
    input_gates: Array
    forget_gates: Array
    candidates: Array
    output_gates: Array
    cells: Array
    hidden: Array
    logits: Array
    probabilities: Array


@dataclass(frozen=True, eq=False)
class LstmNetwork:
    """The trained weights, in the order and the layout in which Keras has them; all float32.

    The columns of the first three are four blocks of H: input gate, forget gate, candidate, output
    gate.

    Args:
        kernel: From features to the four blocks, (F, 4H).
        recurrent_kernel: From the hidden state before, (H, 4H).
        bias: (4H,).
        dense_kernel: From the hidden state to the scores of the actions, (H, A).
        dense_bias: (A,).
        every_step: Whether there is an answer after every step, or only after the last one.

    Example:
        >>> network = LstmNetwork.drawn(6, 4, 3, rng=np.random.default_rng(1))
        >>> x = np.zeros((2, 5, 6), dtype=np.float32)
        >>> network.forward(x).shape
        (2, 3)
        >>> network.forward_with_work(x).hidden.shape
        (2, 5, 4)
    """

    WEIGHTS: ClassVar = ("kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    dense_kernel: Array
    dense_bias: Array
    every_step: bool = False

    @property
    def input_size(self) -> int:
        """F, the number of features."""
        return len(self.kernel)

    @property
    def output_size(self) -> int:
        """A, the number of actions."""
        return len(self.dense_bias)

    @property
    def weights(self) -> list[Array]:
        """The weights in the order of Keras' `get_weights()`."""
        return [getattr(self, name) for name in self.WEIGHTS]

    def with_weights(self, weights: Sequence[Array]) -> LstmNetwork:
        """A network of the same kind with other weights, in the order of `weights`."""
        named: dict[str, Any] = dict(zip(self.WEIGHTS, weights, strict=True))
        return replace(self, **named)

    def forward(self, x: Array) -> Array:
        """The answer for some windows, however many.

        Args:
            x: (B, T, F) float32. A step that is -1 everywhere is padding, wherever it stands.

        Returns:
            Probabilities, (B, A), or (B, T, A) if `every_step`; float32.
        """
        pieces = [
            self.forward_with_work(x[i : i + WINDOWS_AT_ONCE]).probabilities
            for i in range(0, max(len(x), 1), WINDOWS_AT_ONCE)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def forward_with_work(self, x: Array) -> LstmWork:
        """The answer together with everything it was computed from.

        Args:
            x: (B, T, F) float32. A step that is -1 everywhere is padding, wherever it stands.

        Returns:
            The record of the work; its last field is the answer.
        """
        windows, steps, _ = x.shape
        units = len(self.recurrent_kernel)
        is_real = (x != PADDING).any(axis=2)  # (B, T)
        # what each step adds is known beforehand: one large product instead of T small ones
        added = x @ self.kernel + self.bias  # (B, T, 4H)
        work = np.empty((6, steps, windows, units), dtype=np.float32)  # (6, T, B, H)
        inputs, forgets, candidates, outputs, cells, hiddens = work
        hidden = cell = np.zeros((windows, units), dtype=np.float32)  # (B, H)
        for t in range(steps):
            total = added[:, t] + hidden @ self.recurrent_kernel  # (B, 4H)
            i, f, c, o = total.reshape(windows, 4, units).swapaxes(0, 1)  # each (B, H)
            inputs[t], forgets[t], outputs[t] = sigmoid(i), sigmoid(f), sigmoid(o)
            candidates[t] = np.tanh(c)
            new_cell = forgets[t] * cell + inputs[t] * candidates[t]
            new_hidden = outputs[t] * np.tanh(new_cell)
            # padding changes nothing: the states are carried over it
            real = is_real[:, t, None]  # (B, 1)
            cells[t] = cell = np.where(real, new_cell, cell)
            hiddens[t] = hidden = np.where(real, new_hidden, hidden)
        i, f, c, o, cells, hiddens = work.swapaxes(1, 2)  # each (B, T, H)
        shown = hiddens if self.every_step else hidden  # (B, T, H) or (B, H)
        logits = shown @ self.dense_kernel + self.dense_bias  # (B, A) or (B, T, A)
        return LstmWork(is_real, i, f, c, o, cells, hiddens, logits, softmax(logits))

    def save(self, file: Path) -> None:
        """Writes the weights as npz."""
        arrays: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        np.savez(file, **arrays)

    @classmethod
    def load(cls, file: Path) -> LstmNetwork:
        """Reads what `save` wrote.

        Raises:
            ModelError: If the file is not there, is damaged, or has arrays that do not fit.
        """
        arrays = read_npz(file)
        missing = [f.name for f in fields(cls) if f.name not in arrays]
        if missing:
            raise ModelError(f"'{file}' holds no LSTM network: it has no {missing[0]}.")
        named: dict[str, Any] = {name: arrays[name] for name in cls.WEIGHTS}
        network = cls(**named, every_step=bool(arrays["every_step"]))
        network._check(file)
        return network

    @classmethod
    def drawn(
        cls,
        input_size: int,
        units: int,
        output_size: int,
        *,
        every_step: bool = False,
        rng: np.random.Generator,
    ) -> LstmNetwork:
        """A network that has learnt nothing, drawn as Keras draws it.

        Args:
            input_size: F, the number of features.
            units: H, the size of the state.
            output_size: A, the number of actions.
            every_step: Whether there is an answer after every step.
            rng: What to draw from.

        Returns:
            Kernels uniform with Glorot's variance, an orthogonal recurrent kernel, biases 0 but 1
            for the forget gates, so that nothing is forgotten at first.
        """
        bias = np.zeros(4 * units, dtype=np.float32)  # (4H,)
        bias[units : 2 * units] = 1
        return cls(
            _glorot_uniform(rng, input_size, 4 * units),
            _orthogonal(rng, units, 4 * units),
            bias,
            _glorot_uniform(rng, units, output_size),
            np.zeros(output_size, dtype=np.float32),
            every_step,
        )

    def _check(self, file: Path) -> None:
        units = self.recurrent_kernel.shape[0] if self.recurrent_kernel.ndim == 2 else 0
        features, actions = self.kernel.shape[:1], self.dense_bias.shape[:1]
        expected = [
            (*features, 4 * units), (units, 4 * units), (4 * units,), (units, *actions), actions
        ]  # fmt: skip
        shapes = [array.shape for array in self.weights]
        if shapes != expected or any(array.dtype != np.float32 for array in self.weights):
            raise ModelError(f"'{file}' holds no LSTM network: its arrays have shapes {shapes}.")


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), in a form that never overflows."""
    half = np.float32(0.5)
    return np.asarray(half * np.tanh(half * x) + half)


def softmax(logits: Array) -> Array:
    """Scores as probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _glorot_uniform(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Glorot and Bengio (2010): the variance that keeps signals at their size."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Saxe et al. (2014): orthogonal rows of length 1, so that states neither grow nor fade."""
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))  # (columns, rows), (rows, rows)
    # with these signs all directions are equally likely
    return np.asarray((q * np.sign(np.diag(r))).T, dtype=np.float32)
