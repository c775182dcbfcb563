"""The small parts of the network of TEDPolicy, as Keras layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.policies.keras_backend import import_keras

keras = import_keras()
ops = keras.ops

Array = npt.NDArray[np.float32]

EPSILON = 1e-6


class Start:
    """Draws the first values of weights in NumPy, where nothing has to be compiled for it.

    Args:
        seed: What to draw from; None: anything.
    """

    def __init__(self, seed: int | None) -> None:
        self.rng = np.random.default_rng(seed)

    def glorot(self, shape: Any, dtype: Any = None) -> Array:
        """Glorot and Bengio (2010): the variance that keeps signals at their size."""
        limit = math.sqrt(6 / (shape[-2] + shape[-1]))
        return np.asarray(self.rng.uniform(-limit, limit, shape), dtype=np.float32)

    def connections(self, shape: Any, density: float) -> Array:
        """1 where two numbers are connected, else 0; nothing is without any connection."""
        rows, columns = shape
        least = np.arange(rows)[:, None] % columns == np.arange(columns) % rows
        return np.asarray(least | (self.rng.random(shape) < density), dtype=np.float32)

    def zeros(self, shape: Any, dtype: Any = None) -> Array:
        """Zeros."""
        return np.zeros(shape, dtype=np.float32)

    def ones(self, shape: Any, dtype: Any = None) -> Array:
        """Ones."""
        return np.ones(shape, dtype=np.float32)


class Dense(keras.layers.Layer):  # type: ignore[misc, name-defined]
    """x @ kernel + bias, where only a share of the connections exists."""

    def __init__(
        self, name: str, rows: int, columns: int, start: Start,
        *, density: float = 1.0, decay: float = 0.0, use_bias: bool = True, gelu: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name=name)
        shape = rows, columns
        regularizer = keras.regularizers.L2(decay) if decay else None
        kernel = start.glorot(shape)
        self.connections = None
        if density < 1:
            exists = start.connections(shape, density)
            # fewer connections, each the stronger, so that signals keep their size
            kernel *= exists / math.sqrt(density)
            self.connections = self.add_weight(
                name="connections", shape=shape, initializer=lambda *_, **__: exists,
                trainable=False,
            )  # fmt: skip
        self.kernel = self.add_weight(
            name="kernel", shape=shape, initializer=lambda *_, **__: kernel,
            regularizer=regularizer,
        )  # fmt: skip
        self.bias = None
        if use_bias:
            self.bias = self.add_weight(name="bias", shape=(columns,), initializer=start.zeros)
        self.gelu = gelu
        self.built = True

    def call(self, x: Any) -> Any:
        """(..., rows) -> (..., columns)."""
        kernel = self.kernel
        if self.connections is not None:
            kernel = kernel * self.connections
        y = ops.matmul(x, kernel)  # (..., columns)
        if self.bias is not None:
            y = y + self.bias
        return ops.gelu(y, approximate=True) if self.gelu else y


class Norm(keras.layers.Layer):  # type: ignore[misc, name-defined]
    """Mean 0 and variance 1 over the numbers of each turn, then scaled and shifted as learnt."""

    def __init__(self, name: str, units: int, start: Start) -> None:
        super().__init__(name=name)
        self.gamma = self.add_weight(name="gamma", shape=(units,), initializer=start.ones)
        self.beta = self.add_weight(name="beta", shape=(units,), initializer=start.zeros)
        self.built = True

    def call(self, x: Any) -> Any:
        """(..., U) -> (..., U)."""
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return centred * ops.rsqrt(variance + EPSILON) * self.gamma + self.beta


class Noise:
    """The random numbers of a batch, drawn all at once: ten draws take long to compile.

    Args:
        drawn: Numbers from 0 to 1, (B, N); they are handed out from left to right.
    """

    def __init__(self, drawn: Any) -> None:
        self.drawn = drawn
        self.used = 0

    def take(self, shape: tuple[int, ...]) -> Any:
        """The next numbers, in a shape that begins with B."""
        count = math.prod(shape[1:])
        taken = self.drawn[:, self.used : self.used + count]  # (B, count)
        self.used += count
        return ops.reshape(taken, shape)


def dropped(x: Any, rate: float, noise: Noise | None) -> Any:
    """Without a share of its numbers, the others the greater for it (arXiv 1207.0580)."""
    if noise is None or not rate:
        return x
    return ops.where(noise.take(x.shape) < rate, 0.0, x / (1 - rate))
