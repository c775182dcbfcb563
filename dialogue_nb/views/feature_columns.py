"""States as rows of named numbers or words, in three ways: binary, words, nested.

    binary   one column for each entry of the vector that most policies learn from
    words    the same with names cut into words (`LabelTokenizerSingleStateFeaturizer`)
    nested   the parts of the state as Rasa 2 and 3 write them, with names instead of numbers

Only what is not zero is kept: a data set of thousands of states is a few numbers for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.slots import BooleanSlot, CategoricalSlot, FloatSlot, Slot
from dialogue_nb.core.states import State
from dialogue_nb.featurizers.single_state import (
    BinarySingleStateFeaturizer,
    LabelTokenizerSingleStateFeaturizer,
    SingleStateFeaturizer,
)

UNSEEN: Final = "the state has it, the vector cannot say it"

KINDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "intent": ("user", "intent", "intent %: said", "intent %: not said"),
    "entity": ("entities", "entities", "entity %: mentioned", "entity %: not mentioned"),
    "slot": ("slots", "slot ", "slot %: set", "slot %: not set"),
    "slot_true": ("slots", "slot ", "slot %: true", "slot %: not true"),
    "slot_is": ("slots", "slot ", "slot %: is “#”", "slot %: is not “#”"),
    "slot_number": ("slots", "slot ", "slot %: value #", "slot %: value 0"),
    "action": ("previous action", "action", "% was done last", "% was not done last"),
    "form": ("form", "form", "form %: active", "form %: not active"),
    "user_word": ("user", "intent", "the user's names have “%” # times", "no “%” of the user"),
    "bot_word": ("previous action", "action", "the action's name has “%”", "no “%” of the bot"),
    "other": ("", "", "%: #", "%: 0"),
    "part": ("", "intent", "%: #", "no %"),
    "part_entities": ("", "entities", "%: #", "no %"),
    "part_slot": ("", "slot ", "slot %: #", "slot %: not set"),
    "part_action": ("", "action", "%: #", "no %"),
    "part_form": ("", "form", "%: #", "no %"),
    "unseen_intent": ("not in the vector", "intent", f"intent %: {UNSEEN}", "no intent %"),
    "unseen_text": ("not in the vector", "intent", f"%: {UNSEEN}", "no %"),
    "unseen_entity": ("not in the vector", "entities", f"entity %: {UNSEEN}", "no entity %"),
    "unseen_slot": ("not in the vector", "slot ", f"slot %: {UNSEEN}", "nothing of slot %"),
    "unseen_action": ("not in the vector", "action", f"action %: {UNSEEN}", "no action %"),
    "unseen_form": ("not in the vector", "form", f"form %: {UNSEEN}", "no form %"),
}
"""For each kind of column: its group; which part of the state it shows (a slot's name is added);
what a value says and what 0 says, with % for the column's label and # for the number."""

_CHUNK: Final = 1000


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: What the featurizer calls it.
        kind: A key of `KINDS`.
        label: What it is about: an intent, a slot, a word ...
        value: Which value of a slot.

    Example:
        >>> Column("slot_city_0", "slot", "city").as_dict()["on"]
        'slot city: set'
    """

    name: str
    kind: str
    label: str
    value: str | None = None

    @property
    def group(self) -> str:
        """Columns of one group stand together."""
        return KINDS[self.kind][0]

    @property
    def part(self) -> str:
        """Which part of the state it shows, as `causes.moments_of` names it."""
        part = KINDS[self.kind][1]
        return part + self.label if part.endswith(" ") else part

    def as_dict(self) -> dict[str, Any]:
        """The column for the browser: `on` says what a value says, with # for the number."""
        on, off = (
            "".join({"%": self.label, "#": self.value or "#"}.get(c, c) for c in template)
            for template in KINDS[self.kind][2:]
        )
        return {"name": self.name, "part": self.part, "on": on, "off": off}


@dataclass(frozen=True, eq=False)
class StateCells:
    """What is not zero in S states.

    Args:
        columns: The columns; first those of the vector, then what the vector cannot say.
        size: How many columns the vector has.
        offsets: Where the cells of each state begin, (S + 1,) uint32.
        places: The column of each cell, (C,) uint32.
        values: Its number, (C,) float32; in the nested view the place of its words in `texts`.
        texts: The words of the nested view, None in the others.
    """

    columns: tuple[Column, ...]
    size: int
    offsets: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]
    values: npt.NDArray[np.float32]
    texts: tuple[str, ...] | None = None

    def row(self, state: int) -> dict[int, float]:
        """The cells of a state: `{column: value}`."""
        span = slice(int(self.offsets[state]), int(self.offsets[state + 1]))
        return dict(zip(self.places[span].tolist(), self.values[span].tolist(), strict=True))


def featurizers_of(own: SingleStateFeaturizer | None) -> dict[str, SingleStateFeaturizer | None]:
    """The ways to look at states by name, the first one first.

    Args:
        own: The featurizer in use; one of your own is a way of its own.

    Example:
        >>> list(featurizers_of(None))
        ['binary', 'words', 'nested']
    """
    ways: dict[str, SingleStateFeaturizer | None] = {
        "binary": BinarySingleStateFeaturizer(),
        "words": LabelTokenizerSingleStateFeaturizer(),
        "nested": None,
    }
    if own is None or isinstance(own, BinarySingleStateFeaturizer):
        return ways
    name = "words" if isinstance(own, LabelTokenizerSingleStateFeaturizer) else type(own).__name__
    return {name: own} | {key: way for key, way in ways.items() if key != name}


def state_cells(
    states: Sequence[State], domain: Domain, featurizer: SingleStateFeaturizer | None
) -> StateCells:
    """What is not zero in states.

    Args:
        states: The states.
        domain: Their domain.
        featurizer: What makes vectors of them; None: their parts are shown as they are.

    Example:
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> seen = [State(intent="greet", prev_action="action_listen"), State(intent="bye")]
        >>> cells = state_cells(seen, domain, BinarySingleStateFeaturizer())
        >>> [[cells.columns[i].name for i in cells.row(s)] for s in (0, 1)]
        [['intent_greet', 'prev_action_listen'], ['intent bye']]
    """
    if featurizer is None:
        return _nested_cells(states, domain)
    columns = columns_of(domain, featurizer)
    more: dict[Column, int] = {}
    known = frozenset(domain.feature_names)
    slots = frozenset(slot.name for slot in domain.slots)
    offsets, places, values = [0], [], []
    for begin in range(0, len(states), _CHUNK):
        chunk = states[begin : begin + _CHUNK]
        vectors = featurizer.encode_many(chunk, domain)  # (chunk, F)
        for state, vector in zip(chunk, vectors, strict=True):
            here = np.flatnonzero(vector)
            unseen = [
                more.setdefault(column, len(columns) + len(more))
                for column in _unseen(state, known, slots)
            ]
            places += [*here.tolist(), *unseen]
            values += [*vector[here].tolist(), *(1.0 for _ in unseen)]
            offsets.append(len(places))
    return _cells((*columns, *more), len(columns), offsets, places, values)


def _cells(
    columns: tuple[Column, ...],
    size: int,
    offsets: Sequence[int],
    places: Sequence[int],
    values: Sequence[float],
    texts: tuple[str, ...] | None = None,
) -> StateCells:
    return StateCells(
        columns,
        size,
        np.asarray(offsets, np.uint32),
        np.asarray(places, np.uint32),
        np.asarray(values, np.float32),
        texts,
    )


def columns_of(domain: Domain, featurizer: SingleStateFeaturizer | None) -> tuple[Column, ...]:
    """The columns of a domain's vectors, those of nested states if there is no featurizer.

    Args:
        domain: The domain.
        featurizer: What makes the vectors.
    """
    if featurizer is None:
        return _nested_columns(domain)
    known = {column.name: column for column in _known_columns(domain)}
    return tuple(known.get(name) or _word(name) for name in featurizer.feature_names(domain))


def _known_columns(domain: Domain) -> Iterator[Column]:
    yield from (Column(f"intent_{name}", "intent", name) for name in domain.intent_names)
    yield from (Column(f"entity_{label}", "entity", label) for label in domain.entity_labels)
    for slot in domain.slots:
        for i, name in enumerate(slot.feature_names):
            yield _slot_column(slot, name, i)
    yield from (Column(f"prev_{name}", "action", name) for name in domain.action_names)
    yield from (Column(f"active_loop_{name}", "form", name) for name in domain.form_names)


def _slot_column(slot: Slot, name: str, i: int) -> Column:
    if isinstance(slot, CategoricalSlot):
        value = slot.values[i] if i < len(slot.values) else "another value"
        return Column(name, "slot_is", slot.name, value)
    if i and isinstance(slot, BooleanSlot):
        return Column(name, "slot_true", slot.name)
    alone = slot.dimension == 1 or (i == 0 and isinstance(slot, (BooleanSlot, FloatSlot)))
    return Column(name, "slot" if alone else "slot_number", slot.name)


def _word(name: str) -> Column:
    for prefix in ("user_", "bot_"):
        if name.startswith(prefix):
            return Column(name, f"{prefix}word", name.removeprefix(prefix))
    return Column(name, "other", name)


def _unseen(state: State, known: frozenset[str], slots: frozenset[str]) -> Iterator[Column]:
    """What a state has that leaves no trace in a vector: unknown names, roles, texts, "not set"."""
    if state.intent is not None and f"intent_{state.intent}" not in known:
        yield _unknown("intent", state.intent)
    if state.text is not None:
        yield Column("the user's words", "unseen_text", "the user's words")
    for label in state.entities:
        if f"entity_{label}" not in known or "#" in label:
            yield _unknown("entity", label)
    for name, features in state.slots:
        if isinstance(features, str) or name not in slots:
            yield _unknown("slot", name)
    action = state.prev_action or state.prev_text
    if action is not None and f"prev_{action}" not in known:
        yield _unknown("action", action)
    if state.active_loop is not None and f"active_loop_{state.active_loop}" not in known:
        yield _unknown("form", state.active_loop)


def _unknown(kind: str, label: str) -> Column:
    return Column(f"{kind} {label}", f"unseen_{kind}", label)


# --- nested ---------------------------------------------------------------------------------------


def _nested_columns(domain: Domain) -> tuple[Column, ...]:
    return (
        Column("user: intent", "part", "intent"),
        Column("user: text", "part", "text"),
        Column("user: entities", "part_entities", "entities"),
        *(Column(f"slots: {s.name}", "part_slot", s.name) for s in domain.slots if s.dimension),
        Column("prev_action", "part_action", "previous action"),
        Column("active_loop", "part_form", "form"),
    )


def _nested_cells(states: Sequence[State], domain: Domain) -> StateCells:
    columns = _nested_columns(domain)
    index = {column: i for i, column in enumerate(columns)}
    texts: dict[str, int] = {"": 0}  # 0 is nothing
    offsets, places, values = [0], [], []
    for state in states:
        for column, text in _parts(state):
            places.append(index.setdefault(column, len(index)))
            values.append(float(texts.setdefault(text, len(texts))))
        offsets.append(len(places))
    return _cells(tuple(index), len(index), offsets, places, values, tuple(texts))


def _parts(state: State) -> Iterator[tuple[Column, str]]:
    said: dict[str, Any] = {"intent": state.intent, "text": state.text}
    for name, value in said.items():
        if value is not None:
            yield Column(f"user: {name}", "part", name), value
    if state.entities:
        yield Column("user: entities", "part_entities", "entities"), ", ".join(state.entities)
    for name, features in state.slots:
        text = features if isinstance(features, str) else ", ".join(f"{x:g}" for x in features)
        yield Column(f"slots: {name}", "part_slot", name), text
    action = state.prev_action or state.prev_text
    if action is not None:
        yield Column("prev_action", "part_action", "previous action"), action
    if state.active_loop is not None:
        yield Column("active_loop", "part_form", "form"), state.active_loop
