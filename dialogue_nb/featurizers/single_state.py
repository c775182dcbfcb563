"""One state as a vector with named entries, and back.

    BinarySingleStateFeaturizer         one entry for each name of the domain
    LabelTokenizerSingleStateFeaturizer names are cut at `_`, one entry for each word

Padding (None instead of a state) is a row of -1 everywhere, so that it differs from a state in
which nothing is known, a row of 0.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.exceptions import FeaturizerError
from dialogue_nb.core.states import State

T = TypeVar("T")

Vector = npt.NDArray[np.float32]

PADDING: Final = -1.0


@dataclass(frozen=True, eq=False)
class _Layout:
    """The names of the entries of one domain and where each one stands."""

    domain: Domain
    names: tuple[str, ...]
    index: Mapping[str, int]


def _likeliest(
    prefix: str, names: Iterable[str], values: Vector, index: Mapping[str, int]
) -> str | None:
    """The name with the highest positive entry, None when all are zero."""
    weights = {name: float(values[index[prefix + name]]) for name in names}
    best = max(weights, key=weights.__getitem__, default=None)
    return best if best is not None and weights[best] > 0 else None


def _read_slots(
    domain: Domain, values: Vector, index: Mapping[str, int]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The features of the slots that have one that is not zero, sorted by name."""
    features = {
        slot.name: tuple(float(values[index[name]]) for name in slot.feature_names)
        for slot in domain.slots
    }
    return tuple(sorted((name, numbers) for name, numbers in features.items() if any(numbers)))


def _add_up(
    words: Counter[str], labels: Sequence[tuple[str, Counter[str]]]
) -> tuple[str, ...] | None:
    """The first labels, each used once, whose words add up to exactly these; None if none do."""
    if not words:
        return ()
    for i, (label, own) in enumerate(labels):
        if own <= words:
            rest = _add_up(words - own, labels[i + 1 :])
            if rest is not None:
                return (label, *rest)
    return None


class SingleStateFeaturizer:
    """What all state featurizers share; a featurizer of your own writes `_names` and `_write`.

    It keeps nothing but its parameters: the layout of the last domain is only remembered for speed.
    """

    _remembered: _Layout | None = None

    def feature_names(self, domain: Domain) -> tuple[str, ...]:
        """The names of the vector's entries, in order.

        Args:
            domain: The domain whose intents, entities, slots, actions and forms are encoded.
        """
        return self._layout(domain).names

    def encode(self, state: State | None, domain: Domain) -> Vector:
        """One state as a vector.

        Args:
            state: The state; None is padding.
            domain: The domain. Names that it does not know leave no trace, as in Rasa.

        Returns:
            The vector, (F,) float32; padding is -1 everywhere.
        """
        rows = self.encode_many([state], domain)  # (1, F)
        return rows.reshape(-1)  # (F,)

    def encode_many(self, states: Sequence[State | None], domain: Domain) -> Vector:
        """Several states as vectors.

        Args:
            states: The states; None is padding.
            domain: The domain.

        Returns:
            One row for each state, (S, F) float32.
        """
        layout = self._layout(domain)
        rows = np.zeros((len(states), len(layout.names)), dtype=np.float32)  # (S, F)
        for row, state in zip(rows, states, strict=True):
            if state is None:
                row[:] = PADDING
            else:
                self._write(state, row, layout)
        return rows

    def decode(self, vector: npt.ArrayLike, domain: Domain) -> State | None:
        """The state that a vector stands for, as far as the vector keeps it.

        Args:
            vector: The vector, (F,).
            domain: The domain it was made with.

        Returns:
            The state; None for padding.

        Raises:
            FeaturizerError: If the vector has another length than the domain asks for.
        """
        layout = self._layout(domain)
        values = np.asarray(vector, dtype=np.float32)  # (F,)
        if values.shape != (len(layout.names),):
            raise FeaturizerError(
                f"{type(self).__name__} makes vectors of {len(layout.names)} features for this "
                f"domain, got an array of shape {values.shape}. Was it made with another domain?"
            )
        if values.size and (values == PADDING).all():
            return None
        return self._read(values, layout)

    def encode_all_actions(self, domain: Domain) -> Vector:
        """Every action of the domain as a vector.

        Args:
            domain: The domain.

        Returns:
            One row for each action, (A, A) or (A, words) float32.
        """
        return np.eye(domain.num_actions, dtype=np.float32)  # (A, A)

    def as_dict(self) -> dict[str, Any]:
        """Name and parameters, JSON-ready; `single_state_featurizer_from_dict` reads them back."""
        return {"name": type(self).__name__}

    def __eq__(self, other: object) -> bool:
        """Whether the other has the same class and parameters."""
        if not isinstance(other, SingleStateFeaturizer):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        params = {k: v for k, v in self.as_dict().items() if k != "name"}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in params.items())})"

    def _layout(self, domain: Domain) -> _Layout:
        layout = self._remembered
        if layout is None or layout.domain is not domain:
            names = self._names(domain)
            layout = self._remembered = _Layout(domain, names, {n: i for i, n in enumerate(names)})
        return layout

    def _names(self, domain: Domain) -> tuple[str, ...]:
        raise NotImplementedError

    def _write(self, state: State, row: Vector, layout: _Layout) -> None:
        raise NotImplementedError

    def _read(self, values: Vector, layout: _Layout) -> State:
        raise NotImplementedError


class BinarySingleStateFeaturizer(SingleStateFeaturizer):
    """One entry for each intent, entity, slot feature, previous action and form of the domain.

    Not kept: the text of messages, roles and groups of entities, what a rule forbids.

    Example:
        >>> domain = Domain.from_yaml("{intents: [greet, bye], actions: [utter_hi]}")
        >>> featurizer = BinarySingleStateFeaturizer()
        >>> state = State(intent="greet", prev_action="action_listen")
        >>> vector = featurizer.encode(state, domain)
        >>> [name for name, x in zip(featurizer.feature_names(domain), vector) if x]
        ['intent_greet', 'prev_action_listen']
        >>> featurizer.decode(vector, domain) == state
        True
    """

    def _names(self, domain: Domain) -> tuple[str, ...]:
        return domain.feature_names

    def _write(self, state: State, row: Vector, layout: _Layout) -> None:
        for name, value in state.flat().items():
            position = layout.index.get(name)
            if position is not None:
                row[position] = value

    def _read(self, values: Vector, layout: _Layout) -> State:
        domain, at = layout.domain, layout.index
        named = sorted(name for name in domain.entity_labels if f"entity_{name}" in at)
        action = _likeliest("prev_", domain.action_names, values, at)
        is_text = action in domain.e2e_actions
        return State(
            intent=_likeliest("intent_", domain.intent_names, values, at),
            entities=tuple(name for name in named if values[at[f"entity_{name}"]] > 0),
            slots=_read_slots(domain, values, at),
            prev_action=None if is_text else action,
            prev_text=action if is_text else None,
            active_loop=_likeliest("active_loop_", domain.form_names, values, at),
        )


class LabelTokenizerSingleStateFeaturizer(SingleStateFeaturizer):
    """Names are cut into words: `utter_ask_city` and `utter_ask_date` have two in common.

    The vector is `[words of the user | slots | words of the bot | forms]`; words are counted. What
    the user said is written only where the bot has just listened; after another action the bot's
    own words stand alone. (Rasa lost the forms here; we keep them.) "intent" and "entity" are words
    too.

    Args:
        use_shared_vocab: Whether user and bot share one list of words.
        split_symbol: Where names are cut.

    Example:
        >>> domain = Domain.from_yaml("{intents: [ask_city], actions: [utter_ask_city]}")
        >>> featurizer = LabelTokenizerSingleStateFeaturizer()
        >>> state = State(intent="ask_city", prev_action="action_listen")
        >>> vector = featurizer.encode(state, domain)
        >>> [name for name, x in zip(featurizer.feature_names(domain), vector) if x]
        ['user_ask', 'user_city', 'user_intent', 'bot_action', 'bot_listen']
        >>> featurizer.decode(vector, domain) == state
        True
    """

    def __init__(self, use_shared_vocab: bool = False, split_symbol: str = "_") -> None:
        self.use_shared_vocab = use_shared_vocab
        self.split_symbol = split_symbol

    def as_dict(self) -> dict[str, Any]:
        """The featurizer as a JSON-ready dict."""
        own = {"use_shared_vocab": self.use_shared_vocab, "split_symbol": self.split_symbol}
        return super().as_dict() | own

    def encode_all_actions(self, domain: Domain) -> Vector:
        """Every action of the domain as the words of its name.

        Args:
            domain: The domain.

        Returns:
            One row for each action, 1 for each of its words, (A, words of the bot) float32.
        """
        words = {word: i for i, word in enumerate(self._vocabularies(domain)[1])}
        rows = np.zeros((domain.num_actions, len(words)), dtype=np.float32)  # (A, V)
        for row, action in zip(rows, domain.action_names, strict=True):
            row[[words[word] for word in self._words(action)]] = 1.0
        return rows

    def _words(self, name: str) -> list[str]:
        return name.split(self.split_symbol)

    def _vocabularies(self, domain: Domain) -> tuple[list[str], list[str]]:
        """The words of the user and the words of the bot."""
        said = [f"intent_{n}" for n in domain.intent_names]
        said += [f"entity_{n}" for n in domain.entity_labels]
        user = {word for label in said for word in self._words(label)}
        bot = {word for label in domain.action_names for word in self._words(label)}
        if self.use_shared_vocab:
            user = bot = user | bot
        return sorted(user), sorted(bot)

    def _names(self, domain: Domain) -> tuple[str, ...]:
        user, bot = self._vocabularies(domain)
        slots = (name for slot in domain.slots for name in slot.feature_names)
        loops = (f"active_loop_{name}" for name in domain.form_names)
        return (*(f"user_{w}" for w in user), *slots, *(f"bot_{w}" for w in bot), *loops)

    def _write(self, state: State, row: Vector, layout: _Layout) -> None:
        listened = state.prev_action == ACTION_LISTEN_NAME
        for name, value in state.flat().items():
            if name.startswith("prev_"):
                found = [f"bot_{word}" for word in self._words(name.removeprefix("prev_"))]
            elif name.startswith(("intent_", "entity_")):
                found = [f"user_{word}" for word in self._words(name)] if listened else []
            else:
                found = [name]
            for entry in found:
                if entry in layout.index:
                    row[layout.index[entry]] += value

    def _read(self, values: Vector, layout: _Layout) -> State:
        domain, at = layout.domain, layout.index
        user, bot = self._vocabularies(domain)
        said = Counter({w: round(float(values[at[f"user_{w}"]])) for w in user})
        done = Counter({w: round(float(values[at[f"bot_{w}"]])) for w in bot})
        intent, entities = self._explain(+said, domain)
        action = next((n for n in domain.action_names if Counter(self._words(n)) == +done), None)
        loop = _likeliest("active_loop_", domain.form_names, values, at)
        slots = _read_slots(domain, values, at)
        return State(intent, None, entities, slots, action, None, loop)

    def _explain(self, said: Counter[str], domain: Domain) -> tuple[str | None, tuple[str, ...]]:
        """The first intent and entities of the domain whose words add up to what was said."""
        labels = {n: Counter(self._words(f"entity_{n}")) for n in domain.entity_labels}
        usable = [(n, words) for n, words in sorted(labels.items()) if words <= said]
        for intent in (*domain.intent_names, None):
            words = Counter(self._words(f"intent_{intent}")) if intent else Counter()
            if words <= said:
                entities = _add_up(said - words, usable)
                if entities is not None:
                    return intent, entities
        return None, ()


STATE_FEATURIZERS: Final[dict[str, type[SingleStateFeaturizer]]] = {
    cls.__name__: cls for cls in (BinarySingleStateFeaturizer, LabelTokenizerSingleStateFeaturizer)
}


def look_up(
    body: Mapping[str, Any], known: Mapping[str, type[T]], kind: str
) -> tuple[type[T], dict[str, Any]]:
    """The class that `{"name": ..., parameter: value}` asks for, and its parameters, both checked.

    Args:
        body: The name and the parameters.
        known: The classes by name; their constructors name their parameters.
        kind: What they are, for the message.

    Raises:
        FeaturizerError: If the name or a parameter is unknown.
    """
    name = str(body.get("name"))
    cls = known.get(name)
    if cls is None:
        hint = did_you_mean(name, known)
        raise FeaturizerError(f"Unknown {kind} '{name}', known: {listing(known)}. {hint}".strip())
    params = {key: value for key, value in body.items() if key != "name"}
    allowed = [*inspect.signature(cls).parameters]
    for key in params:
        if key not in allowed:
            hint = did_you_mean(key, allowed)
            raise FeaturizerError(
                f"{name} has no parameter '{key}', it has {listing(allowed)}. {hint}".strip()
            )
    return cls, params


def single_state_featurizer_from_dict(body: Mapping[str, Any]) -> SingleStateFeaturizer:
    """Makes a state featurizer from its name and parameters.

    Args:
        body: `{"name": "BinarySingleStateFeaturizer", parameter: value, ...}`.

    Raises:
        FeaturizerError: If the name or a parameter is unknown.

    Example:
        >>> single_state_featurizer_from_dict({"name": "BinarySingleStateFeaturizer"})
        BinarySingleStateFeaturizer()
    """
    cls, params = look_up(body, STATE_FEATURIZERS, "state featurizer")
    return cls(**params)
