"""Slots: what a bot remembers, and which numbers a policy sees of it.

A slot is a record of how something is remembered; the value itself belongs to a tracker. The
features are those of Rasa 3.6. A bot's files can name a slot class of their own, as in
`type: my_bot.ColourSlot`; it is never imported from there: define or import the class in Python and
call `register_slot_type`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.exceptions import DomainError

DEFAULT_CATEGORICAL_VALUE: Final = "__other__"
OLD_FEATURES: Final = frozenset(("reads_text", "has_other"))
"""Parameters that only slots of domains of 0.x and 1.x have; Rasa 3.x knows no such keys."""
"""The value of a categorical slot that stands for every value its domain does not list."""


@dataclass(frozen=True)
class Slot:
    """How one thing is remembered. Subclasses say what its values look like to a policy.

    A type of your own is a frozen dataclass with a `type_name` and a `featurize`; its further
    parameters in the domain are its further fields.

    Args:
        name: The name of the slot.
        initial_value: The value before anything happened, and after a reset.
        influence_conversation: Whether policies see the slot at all.
        mappings: How it is filled from messages, in the form of Rasa 3.x: dicts with a `type` of
            "from_entity", "from_intent", "from_trigger_intent", "from_text" or "custom".

    Example:
        >>> @dataclass(frozen=True)
        ... class LengthSlot(Slot):
        ...     type_name = "length"
        ...     longest: int = 10
        ...     def featurize(self, value):
        ...         return (min(len(value or ""), self.longest) / self.longest,)
        >>> slot = LengthSlot("nickname", longest=20)
        >>> slot.features("Robin"), slot.dimension, slot.feature_names
        ((0.25,), 1, ('slot_nickname_0',))
    """

    type_name: ClassVar[str] = ""
    name: str
    initial_value: Any = field(default=None, hash=False)
    influence_conversation: bool = True
    mappings: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)

    def featurize(self, value: Any) -> tuple[float, ...]:
        """The features of a value; equally many for every value, None (not set) included."""
        raise NotImplementedError(f"{type(self).__name__} needs a method featurize(self, value).")

    def features(self, value: Any) -> tuple[float, ...]:
        """What policies see of a value: `featurize`, or nothing if they should not see it.

        Args:
            value: The value, None if the slot is not set.

        Returns:
            `dimension` numbers.
        """
        return self.featurize(value) if self.influence_conversation else ()

    def coerce(self, value: Any) -> Any:
        """What is stored when the slot is set to a value; only lists differ from the value."""
        return value

    def values_from_entities(self, entities: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The values that its `from_entity` mappings take from entities, outside of forms.

        Args:
            entities: `{"entity": type, "value": ..., "role": ..., "group": ...}`, one for each.
        """
        return [
            entity.get("value")
            for mapping in self.mappings
            if mapping.get("type") == "from_entity" and not _is_for_form(mapping)
            for entity in entities
            if all(entity.get(key) == mapping.get(key) for key in ("entity", "role", "group"))
        ]

    @property
    def dimension(self) -> int:
        """How many features the slot has, 0 when policies do not see it."""
        return len(self.features(None))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of its features in the flat view of a state: `slot_NAME_0`, ..."""
        return tuple(f"slot_{self.name}_{i}" for i in range(self.dimension))

    def as_dict(self) -> dict[str, Any]:
        """The slot as a domain of Rasa 3.x writes it: type, what is not default, mappings."""
        body: dict[str, Any] = {"type": slot_type_name(type(self))}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name not in ("name", "mappings") and (f.default is MISSING or value != f.default):
                body[f.name] = list(value) if isinstance(value, tuple) else value
        body["mappings"] = [dict(mapping) for mapping in self.mappings]
        return body


@dataclass(frozen=True)
class TextSlot(Slot):
    """A text: policies see only whether it is set, the empty text included.

    Example:
        >>> TextSlot("city").features("Oslo"), TextSlot("city").features(None)
        ((1.0,), (0.0,))
    """

    type_name: ClassVar[str] = "text"

    def featurize(self, value: Any) -> tuple[float, ...]:
        """`(1.0,)` if the slot is set."""
        return (0.0 if value is None else 1.0,)


@dataclass(frozen=True)
class BooleanSlot(Slot):
    """Yes or no: policies see whether it is set, and whether it is true.

    Args:
        reads_text: Whether the words "true" and "false" are read. In domains of 0.x and 1.x they
            are not: there a text left the slot without features.

    Example:
        >>> [BooleanSlot("paid").features(value) for value in (True, "false", None, "perhaps")]
        [(1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (0.0, 0.0)]
    """

    type_name: ClassVar[str] = "bool"
    reads_text: bool = True

    def featurize(self, value: Any) -> tuple[float, ...]:
        """`(1.0, truth)`; a value that is no truth value counts as not set."""
        truth = _truth(value) if self.reads_text else _number_truth(value)
        return (0.0, 0.0) if truth is None else (1.0, float(truth))


@dataclass(frozen=True)
class CategoricalSlot(Slot):
    """One of a few values: policies see which.

    Args:
        values: The values that are told apart, regardless of case. All others look alike:
            `__other__` is added at the end. None among them is left out, it means "not set".
        has_other: Whether other values get a feature of their own (`__other__`). In domains of 0.x
            and 1.x they have none: they look as if the slot were not set.

    Example:
        >>> slot = CategoricalSlot("size", values=("S", "L"))
        >>> slot.values
        ('s', 'l', '__other__')
        >>> slot.features("L"), slot.features("XXL"), slot.features(None)
        ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0))
    """

    type_name: ClassVar[str] = "categorical"
    values: tuple[str, ...] = ()
    has_other: bool = True

    def __post_init__(self) -> None:
        known = [str(value).lower() for value in self.values if value is not None]
        if self.has_other and DEFAULT_CATEGORICAL_VALUE not in known:
            known.append(DEFAULT_CATEGORICAL_VALUE)
        object.__setattr__(self, "values", tuple(known))

    def featurize(self, value: Any) -> tuple[float, ...]:
        """A one at the place of the value, zeros elsewhere; only zeros for None."""
        features = [0.0] * len(self.values)
        if value is not None:
            written = str(value).lower()
            known = written if written in self.values else DEFAULT_CATEGORICAL_VALUE
            if known in self.values:
                features[self.values.index(known)] = 1.0
        return tuple(features)

    def as_dict(self) -> dict[str, Any]:
        """As for all slots, without the `__other__` that every reader adds."""
        values = [value for value in self.values if value != DEFAULT_CATEGORICAL_VALUE]
        body = super().as_dict() | {"values": values}
        mappings = body.pop("mappings")
        return {**body, "mappings": mappings}


@dataclass(frozen=True)
class FloatSlot(Slot):
    """A number: policies see whether it is set, and where it lies between two bounds.

    Args:
        max_value: What is seen as 1.0, together with everything above.
        min_value: What is seen as 0.0, together with everything below.

    Raises:
        DomainError: If the bounds are no numbers, or the lower one is not below the upper one.

    Example:
        >>> slot = FloatSlot("people", min_value=0, max_value=8)
        >>> slot.features(2), slot.features("80"), slot.features("many")
        ((1.0, 0.25), (1.0, 1.0), (0.0, 0.0))
    """

    type_name: ClassVar[str] = "float"
    max_value: float = 1.0
    min_value: float = 0.0

    def __post_init__(self) -> None:
        bounds = (self.min_value, self.max_value)
        if not all(isinstance(b, (int, float)) and math.isfinite(b) for b in bounds):
            message = (
                f"min_value and max_value must be numbers, got {bounds[0]!r} and {bounds[1]!r}."
            )
            raise _slot_error(self.name, message)
        if self.min_value >= self.max_value:
            message = (
                f"min_value ({self.min_value}) must be less than max_value ({self.max_value})."
            )
            raise _slot_error(self.name, message)

    def featurize(self, value: Any) -> tuple[float, ...]:
        """`(1.0, position)`; what is no number counts as not set."""
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return (0.0, 0.0)
        # The order of min and max decides what "not a number" becomes: the upper bound, as in Rasa.
        clamped = max(self.min_value, min(self.max_value, number))
        return (1.0, (clamped - self.min_value) / (self.max_value - self.min_value))


@dataclass(frozen=True)
class ListSlot(Slot):
    """Several values: policies see whether there is any.

    Example:
        >>> slot = ListSlot("toppings")
        >>> slot.features(["cheese"]), slot.features([]), slot.coerce("cheese")
        ((1.0,), (0.0,), ['cheese'])
    """

    type_name: ClassVar[str] = "list"

    def featurize(self, value: Any) -> tuple[float, ...]:
        """`(1.0,)` if there is anything in it; a single thing counts as a list of it."""
        return (1.0 if value else 0.0,)

    def coerce(self, value: Any) -> Any:
        """A single thing becomes a list of it."""
        return [value] if value and not isinstance(value, list) else value


@dataclass(frozen=True)
class AnySlot(Slot):
    """Anything at all: policies never see it.

    Example:
        >>> AnySlot("search_results").features([{"id": 7}])
        ()
    """

    type_name: ClassVar[str] = "any"
    influence_conversation: bool = False

    def __post_init__(self) -> None:
        if self.influence_conversation:
            message = "Policies cannot see a slot of type 'any', so it cannot influence them."
            hint = "Remove influence_conversation, or choose another type."
            raise _slot_error(self.name, message, hint)

    def featurize(self, value: Any) -> tuple[float, ...]:
        """Nothing."""
        return ()


_BUILT_IN: Final[tuple[type[Slot], ...]] = (
    TextSlot, BooleanSlot, CategoricalSlot, FloatSlot, ListSlot, AnySlot,
)  # fmt: skip
_slot_types: dict[str, type[Slot]] = {cls.type_name: cls for cls in _BUILT_IN}
_OLD_NAMES: Final[dict[str, type[Slot]]] = {
    "unfeaturized": AnySlot,
    "UnfeaturizedSlot": AnySlot,
    **{cls.__name__: cls for cls in _BUILT_IN},
}
_RASA_MODULE: Final = re.compile(r"(?:rasa|rasa_core)\.(?:shared\.)?(?:core\.)?slots\.(\w+)")


def register_slot_type(type_name: str, cls: type[Slot]) -> None:
    """Makes a slot class of your own known under the name that domains use for it.

    Args:
        type_name: What the domain writes after `type:`, for instance "my_bot.slots.ColourSlot".
        cls: The class, a subclass of `Slot`. A class registered earlier is replaced.

    Raises:
        DomainError: If it is no subclass of `Slot`, or the name is that of a built-in type.
    """
    if not (isinstance(cls, type) and issubclass(cls, Slot)):
        raise _slot_error(type_name, f"A slot type must be a subclass of Slot, got {cls!r}.")
    if type_name in (built_in.type_name for built_in in _BUILT_IN):
        raise _slot_error(type_name, "This is the name of a built-in type.", "Choose another one.")
    _slot_types[type_name] = cls


def slot_class(type_name: str) -> type[Slot]:
    """The class of a slot type, by any name that a domain of 0.x to 3.x uses for it.

    Raises:
        DomainError: If nobody has registered a type of this name; nothing is ever imported.

    Example:
        >>> slot_class("text").__name__, slot_class("rasa_core.slots.FloatSlot").__name__
        ('TextSlot', 'FloatSlot')
        >>> slot_class("unfeaturized").__name__
        'AnySlot'
    """
    rasa_class = _RASA_MODULE.fullmatch(type_name)
    known = _slot_types.get(type_name) or _OLD_NAMES.get(
        rasa_class.group(1) if rasa_class else type_name
    )
    if known is not None:
        return known
    message = f"Unknown slot type '{type_name}': known are {listing(_slot_types)}."
    close = did_you_mean(type_name, _slot_types)
    hint = close or (
        "A class of your own is never imported from a bot's files: define a subclass of Slot in "
        f"Python and call register_slot_type('{type_name}', YourSlot) before loading."
    )
    raise DomainError([Diagnostic("D120", "error", message, hint=hint)])


def slot_type_name(cls: type[Slot]) -> str:
    """The name under which a slot class is registered, its own `type_name` if it is not."""
    return next((name for name, known in _slot_types.items() if known is cls), cls.type_name)


def _is_for_form(mapping: Mapping[str, Any]) -> bool:
    """Whether a mapping works only while a form is active; as Rasa, by its first condition."""
    conditions = mapping.get("conditions")
    return conditions is not None and any(
        condition.get("active_loop") is not None for condition in conditions[:1]
    )


def _truth(value: Any) -> bool | None:
    """What a value says as yes or no (None: neither), exactly as Rasa 3.6 takes it."""
    if isinstance(value, (bool, int, float)):
        return value == 1
    if not isinstance(value, str):
        return None
    if value.isdecimal():
        return float(value) == 1
    return {"true": True, "false": False}.get(value.strip().lower())


def _number_truth(value: Any) -> bool | None:
    """What a value says as yes or no (None: neither), exactly as Rasa up to 1.10 takes it."""
    try:
        return float(value) != 0
    except (TypeError, ValueError, OverflowError):
        return None


def _slot_error(name: str, message: str, hint: str = "") -> DomainError:
    return DomainError([Diagnostic("D121", "error", f"Slot '{name}': {message}", hint=hint)])
