"""TED: a policy that learns with a transformer over the turns of a dialogue.

Vlasov, Mosig and Nichol: Dialogue Transformers, arXiv 1910.00486. Names and defaults of the
parameters are those of Rasa 3.6, so that its `config.yml` works as it is. The network itself is in
`ted_model`; `ted_network` answers in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import NotTrainedError, PolicyConfigError
from dialogue_nb.core.states import State
from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.featurizers.tracker_featurizers import TrackerFeaturizer
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.keras_run import Made, OptimizerSettings, make_own, make_ready
from dialogue_nb.policies.keras_training import chosen_epochs, growing
from dialogue_nb.policies.parameters import parameters_of
from dialogue_nb.policies.policy import parameter_names
from dialogue_nb.policies.ted_inside import TransparentPolicy
from dialogue_nb.policies.ted_network import TedNetwork
from dialogue_nb.policies.ted_settings import (
    DENSE_DIMENSION,
    TRANSFORMER_LAYERS,
    TRANSFORMER_SIZE,
    batch_range,
    whole,
)
from dialogue_nb.policies.ted_shape import LABEL, TedShape, TedTraining, attributes_of

Array = npt.NDArray[np.float32]

OF_TRAINING: Final = tuple(field.name for field in fields(TedTraining))


class TEDPolicy(TransparentPolicy):
    """Learns the next action with a transformer that compares dialogues with actions.

    Every state of a dialogue is embedded: what the user said, slots, the action before, the active
    loop. A transformer looks over these turns and makes one vector of them. Every action has a
    vector of its own, and the more alike the two are, the more likely is the action.

    Args:
        featurizer: A `MaxHistoryTrackerFeaturizer` (windows) or a `FullDialogueTrackerFeaturizer`
            (whole dialogues, in which no turn sees a later one). None: the former, with
            `max_history`.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states the network sees, if there is no featurizer; None: all.
        epochs: How often all examples are gone through; None: as often as makes about 1,000 steps
            (Rasa's default is 1, which teaches next to nothing).
        batch_size: How many examples are learnt from at once: one number, or the first and the last
            between which it grows; None: [64, 256].
        batch_strategy: "balanced": rare actions come again until they stand in every other batch;
            "sequence": every example comes once.
        random_seed: Makes a run repeat exactly; None: each run is different.
        learning_rate: The size of the optimizer's steps.
        dense_dimension: In how many numbers an attribute of a state is embedded: one number, or a
            mapping for some of intent, entities, slots, action_name, active_loop and
            label_action_name; None: 20 each.
        encoding_dimension: The size of the encoded user, previous action, and label.
        transformer_size: The size of a turn in the transformer, a number or {dialogue: number};
            None: 128.
        number_of_transformer_layers: How many layers it has, likewise; None: 1.
        number_of_attention_heads: How many heads each layer has.
        use_key_relative_attention: Whether what a turn looks for depends on learned relative
            positions.
        use_value_relative_attention: Whether what it finds depends on them.
        max_relative_position: How far relative positions reach.
        embedding_dimension: The size in which dialogues and actions are compared.
        similarity_type: "inner", "cosine", or "auto": inner for the loss cross_entropy, cosine for
            margin.
        loss_type: "cross_entropy" or "margin".
        number_of_negative_examples: How many wrong actions, and how many other dialogues, an
            example is compared with; None: all.
        constrain_similarities: Whether similarities are kept small one by one; only for the loss
            cross_entropy.
        scale_loss: Whether what is known already counts less; only for the loss cross_entropy.
        maximum_positive_similarity: What is enough for the right action; only for the loss margin.
        maximum_negative_similarity: What is little enough, negated, for a wrong one; likewise.
        use_maximum_negative_similarity: Whether only the most similar wrong one counts; likewise.
        negative_margin_scale: How much it counts that actions, and dialogues, are alike; likewise.
        regularization_constant: The weight of the squares of the weights in the loss.
        connection_density: Share of the connections in the inner layers that exist.
        drop_rate: Share of the features, and of their embeddings, that is left out in training.
        drop_rate_dialogue: Share of the numbers left out in the transformer and before it.
        drop_rate_label: Share of the numbers left out in the embeddings of actions.
        drop_rate_attention: Share of the turns that attention has to do without.
        use_sparse_input_dropout: Whether `drop_rate` holds for features.
        use_dense_input_dropout: Whether `drop_rate` holds for their embeddings.
        ranking_length: How many of the likeliest actions keep their probability; 0: all.
        renormalize_confidences: Whether these then sum up to 1.
        model_confidence: Only "softmax".
        validation_split: Which share of the stories is held out and tried after every epoch.
        optimizer: The name of a Keras optimizer.
        decay_learning_rate: Whether the steps become smaller from epoch to epoch, towards 0.

    Attributes:
        network_: What answers; its weights are those of the last finished epoch.
    """

    own_network: ClassVar[type[Any]] = TedNetwork
    own_file: ClassVar[str] = "ted.npz"
    batch_strategy: str
    dense_dimension: int | Mapping[str, int] | None
    encoding_dimension: int
    transformer_size: int | Mapping[str, int] | None
    number_of_transformer_layers: int | Mapping[str, int] | None
    number_of_attention_heads: int
    use_key_relative_attention: bool
    use_value_relative_attention: bool
    max_relative_position: int
    embedding_dimension: int
    similarity_type: str
    loss_type: str
    ranking_length: int
    renormalize_confidences: bool
    optimizer: str
    _plan: tuple[TedShape, Array, int] | None = None

    def __init__(
        self,
        featurizer: TrackerFeaturizer | None = None, priority: int = 1,
        max_history: int | None = None, epochs: int | None = None,
        batch_size: int | Sequence[int] | None = None, batch_strategy: str = "balanced",
        random_seed: int | None = None, learning_rate: float = 0.001,
        dense_dimension: int | Mapping[str, int] | None = None, encoding_dimension: int = 50,
        transformer_size: int | Mapping[str, int] | None = None,
        number_of_transformer_layers: int | Mapping[str, int] | None = None,
        number_of_attention_heads: int = 4, use_key_relative_attention: bool = False,
        use_value_relative_attention: bool = False, max_relative_position: int = 5,
        embedding_dimension: int = 20, similarity_type: str = "auto",
        loss_type: str = "cross_entropy", number_of_negative_examples: int | None = 20,
        constrain_similarities: bool = False, scale_loss: bool = True,
        maximum_positive_similarity: float = 0.8, maximum_negative_similarity: float = -0.2,
        use_maximum_negative_similarity: bool = True, negative_margin_scale: float = 0.8,
        regularization_constant: float = 0.001, connection_density: float = 0.2,
        drop_rate: float = 0.0, drop_rate_dialogue: float = 0.1, drop_rate_label: float = 0.0,
        drop_rate_attention: float = 0.0, use_sparse_input_dropout: bool = True,
        use_dense_input_dropout: bool = True, ranking_length: int = 0,
        renormalize_confidences: bool = False, model_confidence: str = "softmax",
        validation_split: float = 0.0, optimizer: str = "adam",
        decay_learning_rate: bool = False,
    ) -> None:  # fmt: skip
        given = locals()
        super().__init__(featurizer, priority, max_history)
        for name in parameter_names(TEDPolicy):  # forty of them, each stored under its own name
            setattr(self, name, given[name])

    def check_parameters(self) -> None:
        """Raises an error if a parameter has a value that cannot be used.

        Raises:
            PolicyConfigError: The sentence says what it can be.
        """
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            if isinstance(value, str) and parameter.kind in ("whole", "number", "switch"):
                raise PolicyConfigError(
                    f"{parameter.name} must be {parameter.expected}, got {value!r}."
                )
            parameter.checked(value)
        batch_range(self.batch_size)
        self._sizes()

    def model_architecture(
        self, input_shape: tuple[int, int], output_shape: tuple[int, ...]
    ) -> Any:
        """The network. Override it for one of your own, as with KerasPolicy.

        One that you make of `ted_model.TedModel` learns as this policy does. Any other Keras model
        must end in probabilities (a softmax); it learns by the cross-entropy of the actions.

        Args:
            input_shape: (T, F): turns and features of a window, or of the longest dialogue.
                Padding is -1 in all features.
            output_shape: (A,), one probability for each action, or (T, A), those after each step of
                a dialogue.

        Returns:
            A `TedModel`.
        """
        from dialogue_nb.policies.ted_model import TedModel

        if self._plan is None:
            raise NotTrainedError(f"{self.name} makes its network when it is trained.")
        shape, actions, seed = self._plan
        training = TedTraining(**{name: getattr(self, name) for name in OF_TRAINING})
        return TedModel(shape, actions, training, seed)

    def keras_model(self) -> Any:
        """The trained network as a Keras model, to look at or to go on with.

        Returns:
            The model; for the policy's own network a new one with the trained weights.

        Raises:
            NotTrainedError: If nothing was learnt.
        """
        network = self._network()
        if not isinstance(network, TedNetwork):
            return network.model
        from dialogue_nb.policies.ted_model import with_weights

        return with_weights(network)

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """Probabilities for many conversations at once.

        Args:
            states: All states of each conversation (`core.states.prediction_states`).
            domain: The domain.

        Returns:
            Probabilities, (B, A) float64; with a `ranking_length` only so many are not 0.
        """
        rows = super().predict_batch(states, domain)
        return ranked(rows, self.ranking_length, renormalize=self.renormalize_confidences)

    # --- training ---------------------------------------------------------------------------------

    def _batch_sizes(self, epochs: int | None, batch_size: Any, count: int) -> Sequence[int]:
        self.check_parameters()
        first, last = batch_range(self.batch_size if batch_size is None else batch_size)
        number = self._given_epochs(epochs)
        number = number or chosen_epochs(-(-2 * count // (first + last)))
        return growing(first, last, number, count)

    def _balances(self, examples: TrainingExamples) -> bool:
        return self.batch_strategy == "balanced" and examples.labels.ndim == 1

    def _made(self, examples: TrainingExamples, rng: np.random.Generator) -> Made:
        inputs, outputs = examples.state_vectors.shape[1], examples.domain.num_actions
        steps = examples.window_ids.shape[1]
        output_shape = (outputs,) if examples.labels.ndim == 1 else (steps, outputs)
        settings = OptimizerSettings(self.optimizer, self.learning_rate)
        actions = examples.state_featurizer.encode_all_actions(examples.domain)  # (A, W)
        self._plan = self._shape(examples), actions, int(rng.integers(2**31))

        def architecture() -> Any:
            return self.model_architecture((steps, inputs), output_shape)

        import_keras()
        from dialogue_nb.policies.ted_model import TedModel, network_of

        model = architecture()
        if not isinstance(model, TedModel):
            return make_own(architecture, settings, inputs, outputs)
        program = "ted", model.ted_shape, model.ted_training, settings.name
        return make_ready(model, settings, lambda weights: network_of(model, weights), program)

    def _shape(self, examples: TrainingExamples) -> TedShape:
        dense, units, layers = self._sizes()
        encoder, domain = examples.state_featurizer, examples.domain
        attributes, listen = attributes_of(encoder.feature_names(domain), dense)
        cosine = self.similarity_type == "cosine" or (
            self.similarity_type == "auto" and self.loss_type == "margin"
        )
        return TedShape(
            attributes, listen, encoder.encode_all_actions(domain).shape[1], dense[LABEL],
            self.encoding_dimension, units, layers, self.number_of_attention_heads,
            self.embedding_dimension, self.max_relative_position, self.use_key_relative_attention,
            self.use_value_relative_attention, cosine, examples.labels.ndim == 2,
        )  # fmt: skip

    def _sizes(self) -> tuple[dict[str, int], int, int]:
        dense = whole("dense_dimension", self.dense_dimension, DENSE_DIMENSION)
        size = whole("transformer_size", self.transformer_size, TRANSFORMER_SIZE)["dialogue"]
        number = self.number_of_transformer_layers
        layers = whole("number_of_transformer_layers", number, TRANSFORMER_LAYERS)["dialogue"]
        if size % self.number_of_attention_heads:
            raise PolicyConfigError(
                f"transformer_size must be a multiple of number_of_attention_heads, got {size} and "
                f"{self.number_of_attention_heads}."
            )
        return dense, size, layers


def ranked(
    rows: npt.NDArray[np.float64], length: int, *, renormalize: bool
) -> npt.NDArray[np.float64]:
    """Probabilities of which only the highest are left.

    Args:
        rows: (B, A).
        length: How many are left in each row; 0 for all.
        renormalize: Whether these sum up to 1 afterwards.

    Example:
        >>> ranked(np.array([[0.5, 0.2, 0.3]]), 2, renormalize=False).tolist()
        [[0.5, 0.0, 0.3]]
    """
    if not 0 < length < rows.shape[1]:
        return rows
    kept = np.argsort(-rows, axis=1, kind="stable")[:, :length]  # (B, length)
    left = np.zeros_like(rows)
    np.put_along_axis(left, kept, np.take_along_axis(rows, kept, axis=1), axis=1)
    if renormalize:
        total = left.sum(axis=1, keepdims=True)  # (B, 1)
        left = left / np.where(total > 0, total, 1)
    return left
