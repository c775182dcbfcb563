"""The trained network of TEDPolicy in plain NumPy.

This is the forward pass exactly as the Keras model computes it (`ted_model`), so that a trained bot
answers without loading Keras, and so that its work can be looked at: `forward_with_work` returns
what every turn attended to and how everything was embedded, and `forward` reads its answer off that
record.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.policies.lstm import softmax
from dialogue_nb.policies.npz import read_npz
from dialogue_nb.policies.ted_shape import LABEL, TedShape

Array = npt.NDArray[np.float32]

WINDOWS_AT_ONCE: Final = 1024
"""More than this are computed in pieces, which keeps the work in the processor's cache."""
MINUS_INFINITY: Final = np.float32(-1e9)
EPSILON: Final = 1e-6
SHAPE: Final = "shape"


class TedWork(NamedTuple):
    """What the network computed on the way to its answer; all float32.

    Args:
        is_real: Which turns are states; the others are padding, (B, T) bool.
        attention: Per layer how much each of the Q turns that were asked for looked at each turn,
            L arrays of (B, H, Q, T).
        dialogue: The dialogues, embedded, (B, D), or (B, T, D) after every turn.
        actions: The actions, embedded, (A, D).
        similarities: How well they go together, (B, A), or (B, T, A).
        probabilities: The answer, same shape.
    """

    is_real: npt.NDArray[np.bool_]
    attention: tuple[Array, ...]
    dialogue: Array
    actions: Array
    similarities: Array
    probabilities: Array


@dataclass(frozen=True, eq=False)
class TedNetwork:
    """The trained weights.

    Args:
        shape: What is computed.
        weights: The arrays by name, `layer/weight`; `expected_weights` says which and of what
            shape. All float32.
    """

    shape: TedShape
    weights: Mapping[str, Array]
    _places: dict[int, Array] = field(default_factory=dict, init=False, repr=False)

    @property
    def input_size(self) -> int:
        """F, the number of features."""
        return self.shape.features

    @property
    def output_size(self) -> int:
        """A, the number of actions."""
        return len(self.weights["ted/action_features"])

    @property
    def every_step(self) -> bool:
        """Whether there is an answer after every turn, or only after the last one."""
        return self.shape.every_step

    @cached_property
    def actions(self) -> Array:
        """Every action, embedded, (A, D)."""
        x = self._dense(LABEL, self.weights["ted/action_features"])  # (A, label_size)
        x = gelu(self._dense(f"encode_{LABEL}", x))  # (A, encoding)
        return self._comparable(self._dense("embed_action", x))  # (A, D)

    def forward(self, x: Array) -> Array:
        """The answer for some windows, however many.

        Args:
            x: (B, T, F) float32. A turn that is -1 everywhere is padding.

        Returns:
            Probabilities, (B, A), or (B, T, A) if `every_step`; float32.
        """
        pieces = [
            self.forward_with_work(x[i : i + WINDOWS_AT_ONCE]).probabilities
            for i in range(0, max(len(x), 1), WINDOWS_AT_ONCE)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def forward_with_work(self, x: Array, *, all_turns: bool = False) -> TedWork:
        """The answer together with what it was computed from.

        Args:
            x: (B, T, F) float32. A turn that is -1 everywhere is padding.
            all_turns: Whether to work out the attention of every turn; else that of those turns
                that the answer needs, which after a window is only the last one in the last layer.
        """
        shape = self.shape
        is_real = (x != PADDING).any(axis=2)  # (B, T)
        steps = x.shape[1]
        turns = self._encode_turns(np.maximum(x, np.float32(0)))  # (B, T, C)
        state = self._dense("embed_turn", turns) * np.float32(math.sqrt(shape.units))
        state = state + self._positions(steps)  # (B, T, U)
        hidden = ~is_real[:, None, None, :]  # (B, 1, 1, T)
        if shape.every_step:
            hidden = hidden | ~np.tri(steps, dtype=bool)  # (B, 1, T, T)
        mask = hidden * MINUS_INFINITY
        attention = []
        for i in range(shape.layers):
            only_last = i == shape.layers - 1 and not shape.every_step and not all_turns
            state, weights = self._block(f"block_{i}", state, mask, 1 if only_last else steps)
            attention.append(weights)
        asked = state if shape.every_step else state[:, -1]  # (B, U) or (B, T, U)
        dialogue = self._dense("embed_dialogue", gelu(self._norm("norm", asked)))
        dialogue = self._comparable(dialogue)  # (B, D) or (B, T, D)
        similarities = dialogue @ self.actions.T  # (B, A) or (B, T, A)
        return TedWork(
            is_real, tuple(attention), dialogue, self.actions, similarities, softmax(similarities)
        )

    def _encode_turns(self, x: Array) -> Array:
        shape, parts = self.shape, []
        for attribute in shape.attributes:
            part = x[:, :, attribute.start : attribute.stop]  # (B, T, stop - start)
            if attribute.name in ("intent", "entities") and shape.listen is not None:
                part = part * x[:, :, shape.listen, None]
            part = self._dense(attribute.name, part)  # (B, T, size)
            if attribute.name in shape.encoded:
                part = gelu(self._dense(f"encode_{attribute.name}", part))  # (B, T, encoding)
            parts.append(part)
        return np.concatenate(parts, axis=-1)  # (B, T, C)

    def _block(self, name: str, x: Array, mask: Array, asking: int) -> tuple[Array, Array]:
        """One layer of the transformer: (B, Q, U) for the last Q turns, and (B, H, Q, T)."""
        shape = self.shape
        normed = self._norm(f"{name}_norm_attention", x)  # (B, T, U)
        queries = self._heads(self._dense(f"{name}_query", normed[:, -asking:]))  # (B, H, Q, d)
        keys = self._heads(self._dense(f"{name}_key", normed))  # (B, H, T, d)
        values = self._heads(self._dense(f"{name}_value", normed))  # (B, H, T, d)
        scores = queries @ keys.swapaxes(2, 3)  # (B, H, Q, T)
        near = distances(shape, x.shape[1])[-asking:]  # (Q, T)
        if shape.relative_keys:
            between = self.weights[f"{name}/relative_keys"][:, near]  # (H, Q, T, d)
            scores = scores + np.einsum("bhqd,hqtd->bhqt", queries, between)
        scores = scores * np.float32(1 / math.sqrt(shape.depth)) + mask[:, :, -asking:]
        weights = softmax(scores)  # (B, H, Q, T)
        found = weights @ values  # (B, H, Q, d)
        if shape.relative_values:
            between = self.weights[f"{name}/relative_values"][:, near]  # (H, Q, T, d)
            found = found + np.einsum("bhqt,hqtd->bhqd", weights, between)
        found = found.swapaxes(1, 2).reshape(len(x), asking, shape.units)  # (B, Q, U)
        x = x[:, -asking:] + self._dense(f"{name}_output", found)
        wide = gelu(self._dense(f"{name}_widen", self._norm(f"{name}_norm_forward", x)))
        return x + self._dense(f"{name}_narrow", wide), weights  # (B, Q, U)

    def _heads(self, x: Array) -> Array:
        windows, steps, _ = x.shape
        x = x.reshape(windows, steps, self.shape.heads, self.shape.depth)  # (B, T, H, d)
        return x.swapaxes(1, 2)  # (B, H, T, d)

    def _dense(self, name: str, x: Array) -> Array:
        kernel = self.weights[f"{name}/kernel"]
        # one large product instead of one for each dialogue
        y = x.reshape(-1, x.shape[-1]) @ kernel  # (..., columns)
        bias = self.weights.get(f"{name}/bias")
        if bias is not None:
            y += bias
        return y.reshape(*x.shape[:-1], kernel.shape[1])

    def _norm(self, name: str, x: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(variance + np.float32(EPSILON))
        return np.asarray(scaled * self.weights[f"{name}/gamma"] + self.weights[f"{name}/beta"])

    def _comparable(self, x: Array) -> Array:
        if not self.shape.cosine:
            return x
        lengths = np.sqrt(np.maximum(np.square(x).sum(axis=-1, keepdims=True), 1e-12))
        return np.asarray(x / lengths, dtype=np.float32)

    def _positions(self, steps: int) -> Array:
        if steps not in self._places:
            self._places[steps] = positions(self.shape, steps)
        return self._places[steps]

    def save(self, file: Path) -> None:
        """Writes shape and weights as npz."""
        shape: Any = np.array(json.dumps(self.shape.as_dict()))
        arrays: dict[str, Any] = dict(self.weights)
        np.savez(file, **{SHAPE: shape}, **arrays)

    @classmethod
    def load(cls, file: Path) -> TedNetwork:
        """Reads what `save` wrote.

        Raises:
            ModelError: If the file is not there, is damaged, or has arrays that do not fit.
        """
        arrays: dict[str, Any] = read_npz(file)
        try:
            shape = TedShape.from_dict(json.loads(str(arrays.pop(SHAPE))))
        except (KeyError, ValueError, TypeError, ModelError) as error:
            raise ModelError(f"'{file}' holds no TED network: {error}.") from error
        actions = len(arrays.get("ted/action_features", ()))
        for name, expected in expected_weights(shape, actions).items():
            found = arrays.get(name)
            if found is None or found.shape != expected or found.dtype != np.float32:
                got = "nothing" if found is None else f"{found.dtype} of shape {found.shape}"
                raise ModelError(
                    f"'{file}' holds no TED network: {name} must be float32 of shape {expected}, "
                    f"got {got}."
                )
        return cls(shape, arrays)


def expected_weights(shape: TedShape, actions: int) -> dict[str, tuple[int, ...]]:
    """The names and shapes of all weights that answers are made with.

    Args:
        shape: What is computed.
        actions: A, how many actions there are.
    """
    units = shape.units
    found: dict[str, tuple[int, ...]] = {"ted/action_features": (actions, shape.label_words)}

    def dense(name: str, rows: int, columns: int, bias: bool = True) -> None:
        found[f"{name}/kernel"] = (rows, columns)
        if bias:
            found[f"{name}/bias"] = (columns,)

    for name, start, stop, size in shape.attributes:
        dense(name, stop - start, size)
        if name in shape.encoded:
            dense(f"encode_{name}", size, shape.encoding)
    dense("embed_turn", shape.turn_size, units)
    norms = ["norm"]
    for i in range(shape.layers):
        for part in ("query", "key", "value"):
            dense(f"block_{i}_{part}", units, units, bias=False)
        dense(f"block_{i}_output", units, units)
        dense(f"block_{i}_widen", units, 4 * units)
        dense(f"block_{i}_narrow", 4 * units, units)
        norms += [f"block_{i}_norm_attention", f"block_{i}_norm_forward"]
        for part, there in (("keys", shape.relative_keys), ("values", shape.relative_values)):
            if there:
                between = (shape.heads, shape.distances, shape.depth)
                found[f"block_{i}/relative_{part}"] = between
    found |= {f"{name}/{part}": (units,) for name in norms for part in ("gamma", "beta")}
    dense("embed_dialogue", units, shape.embedding)
    dense(LABEL, shape.label_words, shape.label_size)
    dense(f"encode_{LABEL}", shape.label_size, shape.encoding)
    dense("embed_action", shape.encoding, shape.embedding)
    return found


def positions(shape: TedShape, steps: int) -> Array:
    """Sines and cosines of the place of each turn, (T, U) float32.

    In a window the last turn has place 0, so that "now" always looks the same; a whole dialogue
    counts from its beginning.
    """
    place = np.arange(steps) if shape.every_step else np.arange(steps)[::-1]  # (T,)
    column = np.arange(shape.units)  # (U,)
    angles = place[:, None] / 10_000 ** (2 * (column // 2) / shape.units)  # (T, U)
    return np.where(column % 2 == 0, np.sin(angles), np.cos(angles)).astype(np.float32)


def distances(shape: TedShape, steps: int) -> npt.NDArray[np.int32]:
    """Which of the relative positions lies between two turns, (T, T) int32."""
    turns = np.arange(steps, dtype=np.int32)
    apart = np.clip(turns - turns[:, None], -shape.reach, 0 if shape.every_step else shape.reach)
    return np.asarray(apart + shape.reach, dtype=np.int32)


def gelu(x: Array) -> Array:
    """The Gaussian error linear unit (arXiv 1606.08415), approximated by a tanh."""
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * (x * x * x))
    return np.asarray(np.float32(0.5) * x * (np.tanh(inner) + np.float32(1)))
