"""The network of TEDPolicy as a Keras model, to be read from top to bottom.

Vlasov, Mosig and Nichol: Dialogue Transformers, arXiv 1910.00486; as in Rasa 3.6.

    features of the last turns        x            (B, T, F)
    each attribute embedded           turns        (B, T, C)
    a transformer over the turns      transformed  (B, 1, U), or (B, T, U) after every turn
    the dialogue so far, embedded     dialogue     (B, 1, D), or (B, T, D)
    every action, embedded            actions      (A, D)
    how well they go together         similarities (B, 1, A), or (B, T, A)

B dialogues of T turns, F features, C numbers for a turn before and U in the transformer, H heads,
D numbers in which dialogues are compared with A actions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.featurizers.single_state import PADDING
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.ted_layers import Dense, Noise, Norm, Start, dropped
from dialogue_nb.policies.ted_loss import MINUS_INFINITY, losses
from dialogue_nb.policies.ted_network import TedNetwork, distances, expected_weights, positions
from dialogue_nb.policies.ted_shape import LABEL, TedShape, TedTraining

keras = import_keras()
ops = keras.ops

Array = npt.NDArray[np.float32]


class Block(keras.layers.Layer):  # type: ignore[misc, name-defined]
    """One layer of the transformer: turns look at each other, then each thinks for itself."""

    def __init__(
        self, name: str, shape: TedShape, training: TedTraining, start: Start, seeds: Any
    ) -> None:
        super().__init__(name=name)
        self.shape, self.training, self.seeds = shape, training, seeds
        units, density = shape.units, training.connection_density

        def dense(part: str, rows: int, columns: int, **more: Any) -> Dense:
            return Dense(f"{name}_{part}", rows, columns, start, density=density, **more)

        self.norm_attention = Norm(f"{name}_norm_attention", units, start)
        self.query = dense("query", units, units, use_bias=False)
        self.key = dense("key", units, units, use_bias=False)
        self.value = dense("value", units, units, use_bias=False)
        self.output_dense = dense("output", units, units)
        self.norm_forward = Norm(f"{name}_norm_forward", units, start)
        self.widen = dense("widen", units, 4 * units, gelu=True)
        self.narrow = dense("narrow", 4 * units, units)
        distances = (shape.heads, shape.distances, shape.depth)
        self.relative_keys = self.relative_values = None
        if shape.relative_keys:
            self.relative_keys = self.add_weight(
                name="relative_keys", shape=distances, initializer=start.glorot
            )
        if shape.relative_values:
            self.relative_values = self.add_weight(
                name="relative_values", shape=distances, initializer=start.glorot
            )
        self.built = True

    def call(self, x: Any, hidden: Any, *, asking: int, noise: Noise | None = None) -> Any:
        """What the turns know after they have looked at each other.

        Args:
            x: (B, T, U).
            hidden: 1 where a turn must not look at another one, (B, 1, 1, T) or (B, 1, T, T).
            asking: Q, how many turns are asked for, the last ones.
            noise: What numbers are dropped by; None: nothing is dropped.

        Returns:
            (B, Q, U).
        """
        rate = self.training.drop_rate_dialogue
        normed = self.norm_attention(x)  # (B, T, U)
        found = self._attend(normed[:, -asking:], normed, hidden, noise is not None)  # (B, Q, U)
        x = x[:, -asking:] + dropped(found, rate, noise)
        wide = dropped(self.widen(self.norm_forward(x)), rate, noise)  # (B, Q, 4U)
        return x + dropped(self.narrow(wide), rate, noise)  # (B, Q, U)

    def _attend(self, asked: Any, all_turns: Any, hidden: Any, training: bool) -> Any:
        queries = self._heads(self.query(asked))  # (B, H, Q, d)
        keys = self._heads(self.key(all_turns))  # (B, H, T, d)
        values = self._heads(self.value(all_turns))  # (B, H, T, d)
        scores = ops.matmul(queries, ops.swapaxes(keys, 2, 3))  # (B, H, Q, T)
        near = distances(self.shape, keys.shape[2])[-queries.shape[2] :]  # (Q, T)
        if self.relative_keys is not None:
            between = ops.take(self.relative_keys, near, axis=1)  # (H, Q, T, d)
            scores = scores + ops.einsum("bhqd,hqtd->bhqt", queries, between)
        scores = scores / math.sqrt(self.shape.depth) + hidden * MINUS_INFINITY
        if training and self.training.drop_rate_attention > 0:
            drawn = keras.random.uniform(ops.shape(scores), seed=self.seeds) + hidden
            gone = ops.cast(drawn < self.training.drop_rate_attention, "float32")
            scores = scores + gone * MINUS_INFINITY
        weights = ops.softmax(scores, axis=-1)  # (B, H, Q, T)
        found = ops.matmul(weights, values)  # (B, H, Q, d)
        if self.relative_values is not None:
            between = ops.take(self.relative_values, near, axis=1)  # (H, Q, T, d)
            found = found + ops.einsum("bhqt,hqtd->bhqd", weights, between)
        found = ops.transpose(found, (0, 2, 1, 3))  # (B, Q, H, d)
        found = ops.reshape(found, (-1, found.shape[1], self.shape.units))  # (B, Q, U)
        return self.output_dense(found)  # (B, Q, U)

    def _heads(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, x.shape[1], self.shape.heads, self.shape.depth))  # (B, T, H, d)
        return ops.transpose(x, (0, 2, 1, 3))  # (B, H, T, d)


@keras.saving.register_keras_serializable("dialogue_nb")
class TedModel(keras.Model):  # type: ignore[misc, name-defined]
    """The network. Its answer is a dict: `probabilities`, `dialogue` and `actions`.

    Args:
        shape: What is computed, a `TedShape` or its dict.
        actions: The features of every action, (A, W).
        training: How it learns, a `TedTraining` or its dict.
        seed: What the weights are drawn from; None: anything.
        name: The name of the model.
    """

    def __init__(
        self,
        shape: TedShape | dict[str, Any],
        actions: Any,
        training: TedTraining | dict[str, Any] | None = None,
        seed: int | None = None,
        name: str = "ted",
    ) -> None:
        super().__init__(name=name)
        start = Start(seed)
        self.ted_shape = TedShape.from_dict(shape) if isinstance(shape, dict) else shape
        self.ted_training = (
            TedTraining(**training) if isinstance(training, dict) else (training or TedTraining())
        )
        self.seeds = keras.random.SeedGenerator(int(start.rng.integers(2**31)))
        features = np.asarray(actions, dtype=np.float32)  # (A, W)
        self.action_features = self.add_weight(
            name="action_features", shape=features.shape, trainable=False,
            initializer=lambda *_, **__: features,
        )  # fmt: skip
        self.surprise = keras.metrics.Mean(name="loss")
        self.accuracy = keras.metrics.Mean(name="accuracy")
        self._make_layers(start)
        self.built = True

    def _make_layers(self, start: Start) -> None:
        shape, training = self.ted_shape, self.ted_training
        decay, density = training.regularization_constant, training.connection_density
        self.embeddings = [
            Dense(a.name, a.stop - a.start, a.size, start, decay=decay) for a in shape.attributes
        ]
        self.encoders = [
            Dense(f"encode_{a.name}", a.size, shape.encoding, start,
                  density=density, decay=decay, gelu=True)
            for a in shape.attributes if a.name in shape.encoded
        ]  # fmt: skip
        self.embed_turn = Dense(
            "embed_turn", shape.turn_size, shape.units, start, density=density, decay=decay
        )
        self.blocks = [
            Block(f"block_{i}", shape, training, start, self.seeds) for i in range(shape.layers)
        ]
        self.norm = Norm("norm", shape.units, start)
        self.embed_dialogue = Dense(
            "embed_dialogue", shape.units, shape.embedding, start, decay=decay
        )
        self.embed_label = Dense(LABEL, shape.label_words, shape.label_size, start, decay=decay)
        self.encode_label = Dense(
            f"encode_{LABEL}", shape.label_size, shape.encoding, start,
            density=density, decay=decay, gelu=True,
        )  # fmt: skip
        self.embed_action = Dense(
            "embed_action", shape.encoding, shape.embedding, start, decay=decay
        )

    def call(self, x: Any, training: bool = False) -> dict[str, Any]:
        """The answer for some dialogues.

        Args:
            x: (B, T, F) float32, padding is -1 everywhere.
            training: Whether to drop numbers and to draw examples to compare with.

        Returns:
            `probabilities` (B, A), `dialogue` (B, D), or (B, T, A) and (B, T, D) after every step;
            `actions` (A, D).
        """
        shape = self.ted_shape
        noise = self._noise(x) if training else None
        is_real = ops.cast(ops.any(ops.not_equal(x, PADDING), axis=2), "float32")  # (B, T)
        turns = self._encode_turns(ops.maximum(x, 0.0), noise)  # (B, T, C)
        transformed = self._transform(turns, is_real, noise)  # (B, 1 or T, U)
        dialogue = self.embed_dialogue(ops.gelu(transformed, approximate=True))
        dialogue = dialogue if shape.every_step else dialogue[:, 0]  # (B, D) or (B, T, D)
        actions = self._embed_actions(training)  # (A, D)
        if shape.cosine:
            dialogue, actions = (ops.normalize(each, axis=-1) for each in (dialogue, actions))
        similarities = ops.matmul(dialogue, ops.transpose(actions))  # (B, A) or (B, T, A)
        answer = {"probabilities": ops.softmax(similarities), "dialogue": dialogue}
        return answer | {"actions": actions} | self._compared_with(dialogue, noise)

    def _noise(self, x: Any) -> Noise:
        """What a batch needs: for its turns, for each layer, and for what it is compared with."""
        shape, (batch, steps, _) = self.ted_shape, x.shape
        asking = [steps] * (shape.layers - 1) + [steps if shape.every_step else 1]
        turns = steps * (len(self.encoders) * shape.encoding + shape.units)
        layers = sum(asking) * 6 * shape.units
        others = 2 * asking[-1] * (self.ted_training.number_of_negative_examples or 0)
        return Noise(keras.random.uniform((batch, turns + layers + others), seed=self.seeds))

    def _encode_turns(self, x: Any, noise: Noise | None) -> Any:
        shape, settings = self.ted_shape, self.ted_training
        heard = 1.0 if shape.listen is None else x[:, :, shape.listen, None]  # (B, T, 1)
        on_features = settings.drop_rate if settings.use_sparse_input_dropout else 0.0
        on_embeddings = settings.drop_rate if settings.use_dense_input_dropout else 0.0
        encoders, training = iter(self.encoders), noise is not None
        parts = []
        for attribute, embedding in zip(shape.attributes, self.embeddings, strict=True):
            part = x[:, :, attribute.start : attribute.stop]  # (B, T, stop - start)
            if attribute.name in ("intent", "entities"):
                part = part * heard
            part = embedding(self._drop(part, on_features, training))  # (B, T, size)
            part = self._drop(part, on_embeddings, training)
            if attribute.name in shape.encoded:
                part = next(encoders)(part)  # (B, T, encoding)
                part = dropped(part, settings.drop_rate_dialogue, noise)
            parts.append(part)
        return ops.concatenate(parts, axis=-1)  # (B, T, C)

    def _transform(self, turns: Any, is_real: Any, noise: Noise | None) -> Any:
        shape = self.ted_shape
        steps = turns.shape[1]
        x = self.embed_turn(turns) * math.sqrt(shape.units)  # (B, T, U)
        x = x + positions(shape, steps)  # (B, T, U)
        x = dropped(x, self.ted_training.drop_rate_dialogue, noise)
        hidden = 1 - is_real[:, None, None, :]  # (B, 1, 1, T)
        if shape.every_step:
            hidden = ops.maximum(hidden, 1 - np.tri(steps, dtype=np.float32))  # (B, 1, T, T)
        for i, block in enumerate(self.blocks):
            # of a window only the last turn is asked for, and only by the last layer
            last = i == shape.layers - 1 and not shape.every_step
            x = block(x, hidden, asking=1 if last else steps, noise=noise)
        return self.norm(x)  # (B, 1 or T, U)

    def _embed_actions(self, training: bool) -> Any:
        rate = self.ted_training.drop_rate_label
        x = self._drop(self.embed_label(self.action_features), rate, training)  # (A, label_size)
        x = self._drop(self.encode_label(x), rate, training)  # (A, encoding)
        return self.embed_action(x)  # (A, D)

    def _compared_with(self, dialogue: Any, noise: Noise | None) -> dict[str, Any]:
        """Which wrong actions, and which other dialogues, each example is compared with."""
        count = self.ted_training.number_of_negative_examples
        if noise is None or count is None:
            return {}
        number, examples = self.action_features.shape[0], math.prod(dialogue.shape[:-1])

        def drawn(high: int) -> Any:
            chance = ops.reshape(noise.take((*dialogue.shape[:-1], count)), (examples, count))
            return ops.minimum(ops.cast(chance * high, "int32"), high - 1)

        return {"wrong_actions": drawn(number), "others": drawn(examples)}

    def _drop(self, x: Any, rate: float, training: bool) -> Any:
        return keras.random.dropout(x, rate, seed=self.seeds) if training and rate else x

    def objective(self, answer: dict[str, Any], labels: Any, weights: Any) -> Any:
        """What is to become small, a number; the weights' own share in it comes on top.

        Args:
            answer: What `call` returned.
            labels: Indices of actions, (B,) or (B, T).
            weights: 1 where the label counts, else 0; same shape.
        """
        each = losses(answer, labels, weights, self.ted_training)  # (B,) or (B, T)
        return ops.sum(each * weights) / ops.sum(weights)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None,
        training: bool = True,
    ) -> Any:  # fmt: skip
        """What Keras' own loop makes small."""
        return self.objective(y_pred, y, sample_weight) + sum(self.losses)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """What Keras' own loop shows: the cross-entropy of the actions, and how many are right."""
        probabilities = y_pred["probabilities"]
        surprise = keras.losses.sparse_categorical_crossentropy(y, probabilities)
        self.surprise.update_state(surprise, sample_weight)
        hits = ops.equal(ops.argmax(probabilities, axis=-1), ops.cast(y, "int32"))
        self.accuracy.update_state(ops.cast(hits, "float32"), sample_weight)
        return self.get_metrics_result()

    def get_config(self) -> dict[str, Any]:
        """What the model can be made of again."""
        return {
            "shape": self.ted_shape.as_dict(),
            "actions": ops.convert_to_numpy(self.action_features).tolist(),
            "training": vars(self.ted_training).copy(),
            "name": self.name,
        }


def network_of(model: TedModel, weights: Sequence[Array]) -> TedNetwork:
    """What answers in place of a model.

    Args:
        model: The model.
        weights: Its weights, in the order of `get_weights()`.
    """
    named = dict(zip(names_of(model), weights, strict=True))
    actions = model.action_features.shape[0]
    kept = expected_weights(model.ted_shape, actions)
    return TedNetwork(model.ted_shape, {name: named[name] for name in kept})


def with_weights(network: TedNetwork) -> TedModel:
    """A model with the weights of a network. What was no connection in it is one, with weight 0."""
    features = network.weights["ted/action_features"]
    model = TedModel(network.shape, features, TedTraining(connection_density=1.0))
    model.set_weights([network.weights[name] for name in names_of(model)])
    return model


def names_of(model: TedModel) -> list[str]:
    """The names of a model's weights as a `TedNetwork` has them, `layer/weight`."""
    return ["/".join(weight.path.split("/")[-2:]) for weight in model.weights]
