"""What the network of TEDPolicy is made of, as plain records that can be written as JSON.

TedShape     what is computed: sizes, layers, which columns of a state are what
TedTraining  how it is learnt: what is dropped, which connections exist, the loss
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from dialogue_nb.core.exceptions import ModelError

LISTEN: Final = ("prev_action_listen", "bot_listen")

# how the names of features begin, by the attribute of a state; the longer beginnings first
_BEGINNINGS: Final = (
    ("intent_", "intent"),
    ("user_", "intent"),
    ("entity_", "entities"),
    ("slot_", "slots"),
    ("prev_", "action_name"),
    ("bot_", "action_name"),
    ("active_loop_", "active_loop"),
)
LABEL: Final = "label_action_name"


class Attribute(NamedTuple):
    """One attribute of a state: some neighbouring columns of its vector.

    Args:
        name: "intent", "entities", "slots", "action_name" or "active_loop".
        start: The first column.
        stop: The column after the last one.
        size: How many numbers it is embedded in.
    """

    name: str
    start: int
    stop: int
    size: int


@dataclass(frozen=True)
class TedShape:
    """What the network computes.

    Args:
        attributes: The attributes of a state, in the order of their columns.
        listen: The column that says that the bot has just listened; the user's part of a state
            counts only there. None: in all states.
        label_words: W, how many features an action has.
        label_size: In how many numbers these are embedded at first.
        encoding: The size of the encoded user, previous action and label.
        units: U, the size of a turn in the transformer.
        layers: L, how many layers the transformer has.
        heads: H, how many heads each of them has.
        embedding: D, the size in which dialogues and actions are compared.
        reach: How far relative positions reach; what is farther counts as that far.
        relative_keys: Whether the scores of the attention depend on learned relative positions.
        relative_values: Whether what is attended to does.
        cosine: Whether the similarity is the cosine, not the inner product.
        every_step: Whether there is an answer after every turn (whole dialogues, in which no turn
            sees a later one), or only after the last one (windows, padded on the left).
    """

    attributes: tuple[Attribute, ...]
    listen: int | None
    label_words: int
    label_size: int = 20
    encoding: int = 50
    units: int = 128
    layers: int = 1
    heads: int = 4
    embedding: int = 20
    reach: int = 5
    relative_keys: bool = False
    relative_values: bool = False
    cosine: bool = False
    every_step: bool = False

    @property
    def features(self) -> int:
        """F, how many features a state has."""
        return max(attribute.stop for attribute in self.attributes)

    @property
    def encoded(self) -> tuple[str, ...]:
        """The attributes that go through a layer of their own after they are embedded."""
        return tuple(a.name for a in self.attributes if a.name in ("intent", "action_name"))

    @property
    def turn_size(self) -> int:
        """C, the size of a turn when all its attributes stand side by side."""
        return sum(self.encoding if a.name in self.encoded else a.size for a in self.attributes)

    @property
    def depth(self) -> int:
        """The size of one head."""
        return self.units // self.heads

    @property
    def distances(self) -> int:
        """How many relative positions are told apart."""
        return self.reach + 1 if self.every_step else 2 * self.reach + 1

    def as_dict(self) -> dict[str, Any]:
        """The shape as a JSON-ready dict."""
        return asdict(self) | {"attributes": [list(a) for a in self.attributes]}

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> TedShape:
        """Reads what `as_dict` wrote.

        Raises:
            ModelError: If it is something else.
        """
        try:
            attributes = tuple(Attribute(*each) for each in body["attributes"])
            shape = cls(**{**body, "attributes": attributes})
            sizes = (shape.units, shape.layers, shape.heads, shape.embedding, shape.features)
            if any(not isinstance(size, int) or size < 1 for size in sizes):
                raise ValueError(f"sizes {sizes}")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"This is no shape of a TED network: {error}.") from error
        return shape


@dataclass(frozen=True)
class TedTraining:
    """How the network learns; the names are those of the policy's parameters.

    Args:
        drop_rate: Share of the features, and of their embeddings, that is left out.
        drop_rate_dialogue: Share of the numbers that is left out in the transformer and before it.
        drop_rate_label: Share of the numbers that is left out in the embeddings of actions.
        drop_rate_attention: Share of the turns that attention has to do without.
        use_sparse_input_dropout: Whether `drop_rate` holds for features.
        use_dense_input_dropout: Whether `drop_rate` holds for their embeddings.
        connection_density: Share of the connections in the inner layers that exist.
        regularization_constant: The weight of the squares of the weights in the loss.
        loss_type: "cross_entropy" or "margin".
        number_of_negative_examples: How many wrong actions, and how many other dialogues, an
            example is compared with; None: all.
        constrain_similarities: Whether the similarities themselves are kept small.
        scale_loss: Whether what is known already counts less.
        maximum_positive_similarity: Margin: what is enough for the right action.
        maximum_negative_similarity: Margin: what is little enough, negated, for a wrong one.
        use_maximum_negative_similarity: Margin: whether only the most similar wrong one counts.
        negative_margin_scale: Margin: how much it counts that actions, and dialogues, resemble
            each other.
    """

    drop_rate: float = 0.0
    drop_rate_dialogue: float = 0.1
    drop_rate_label: float = 0.0
    drop_rate_attention: float = 0.0
    use_sparse_input_dropout: bool = True
    use_dense_input_dropout: bool = True
    connection_density: float = 0.2
    regularization_constant: float = 0.001
    loss_type: str = "cross_entropy"
    number_of_negative_examples: int | None = 20
    constrain_similarities: bool = False
    scale_loss: bool = True
    maximum_positive_similarity: float = 0.8
    maximum_negative_similarity: float = -0.2
    use_maximum_negative_similarity: bool = True
    negative_margin_scale: float = 0.8


def attributes_of(
    feature_names: Sequence[str], sizes: Mapping[str, int]
) -> tuple[tuple[Attribute, ...], int | None]:
    """Which features belong to which attribute of a state, and the one that says "listen".

    Args:
        feature_names: The names of a state's features, in order.
        sizes: In how many numbers an attribute is embedded, by its name.

    Example:
        >>> names = ["intent_bye", "intent_hi", "slot_city_0", "prev_action_listen", "prev_utter"]
        >>> attributes, listen = attributes_of(names, {"intent": 3, "slots": 4, "action_name": 5})
        >>> [tuple(attribute) for attribute in attributes], listen
        ([('intent', 0, 2, 3), ('slots', 2, 3, 4), ('action_name', 3, 5, 5)], 3)
    """
    found: dict[str, tuple[int, int]] = {}
    for i, feature in enumerate(feature_names):
        name = next((n for begin, n in _BEGINNINGS if feature.startswith(begin)), "slots")
        found[name] = (found.get(name, (i, i))[0], i + 1)
    listen = next((i for i, name in enumerate(feature_names) if name in LISTEN), None)
    return tuple(Attribute(n, *columns, sizes[n]) for n, columns in found.items()), listen
