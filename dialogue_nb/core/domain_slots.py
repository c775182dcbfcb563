"""Reading the slots and forms of a domain, and bringing older ways of filling slots to that of 3.x.

Up to 2.x a slot was filled from the entity of its own name, and a form of 2.x said itself how its
slots are filled. Since 3.0 each slot says so in its `mappings`; what older domains mean is written
there, in the way of Rasa's own migration.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain_records import Form
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.core.slots import (
    OLD_FEATURES,
    AnySlot,
    CategoricalSlot,
    FloatSlot,
    Slot,
    slot_class,
)
from dialogue_nb.core.yaml_nodes import YamlNode, kind_of

MAPPING_REQUIRES: Final[dict[str, tuple[str, ...]]] = {
    "from_entity": ("entity",),
    "from_intent": ("value",),
    "from_trigger_intent": ("value",),
    "from_text": (),
    "custom": (),
}
_MAPPING_KEYS: Final = (
    "type", "entity", "role", "group", "intent", "not_intent", "value", "action", "conditions",
)  # fmt: skip
_OLD_SLOT_KEYS: Final = ("type", "auto_fill", "value_reset_delay")
# Mappings that also work when another slot of the form is asked for.
_WHENEVER_ACTIVE: Final = ("from_entity", "from_trigger_intent")

FormMappings = dict[str, list[tuple[str, dict[str, Any]]]]
"""For each slot, what forms in the style of 2.x say about filling it: (form, mapping)."""


@dataclass
class Notes:
    """Translations of older spellings, told once each instead of once for every place."""

    _places: dict[str, list[tuple[str, YamlNode]]] = field(default_factory=dict)

    def add(self, kind: str, name: str, node: YamlNode) -> None:
        """Remembers that something was translated at a place."""
        self._places.setdefault(kind, []).append((name, node))

    def report(self) -> None:
        """Reports each kind of translation as one piece of information, at its first place."""
        for kind, places in self._places.items():
            names = listing(dict.fromkeys(name for name, _ in places), limit=5)
            places[0][1].report("D110", "info", f"{kind}: {names}.")


def read_form(name: str, node: YamlNode, notes: Notes, old_mappings: FormMappings) -> Form:
    """Reads one form; what an old one says about its slots is added to `old_mappings`."""
    if node.data is None:
        return Form(name)
    body = node.mapping(None)
    if "required_slots" in body or not body:
        known = node.mapping(("required_slots", "ignored_intents"))
        required = known.get("required_slots")
        ignored = known["ignored_intents"].names() if "ignored_intents" in known else ()
        if required is None or not isinstance(required.data, dict):
            return Form(name, required.names() if required else (), ignored)
        slots = required.mapping(None)
    else:
        ignored = body.pop("ignored_intents").names() if "ignored_intents" in body else ()
        slots = body
    notes.add("The mappings of forms in the style of 2.x were moved to their slots", name, node)
    for slot, mappings in slots.items():
        read = read_mappings(mappings) or ({"type": "from_entity", "entity": slot},)
        old_mappings.setdefault(slot, []).extend((name, mapping) for mapping in read)
    return Form(name, tuple(slots), ignored)


def read_mappings(node: YamlNode) -> tuple[dict[str, Any], ...]:
    """Reads the list of a slot's mappings; a wrong one is reported and left out."""
    found = []
    for item, mapping in node.mappings(texts=("entity", "role", "group", "action")):
        item.mapping(_MAPPING_KEYS)
        kind = mapping.get("type")
        if not isinstance(kind, str) or kind not in MAPPING_REQUIRES:
            hint = did_you_mean(str(kind), MAPPING_REQUIRES)
            message = f"Unknown type '{kind}' of mapping: known are {listing(MAPPING_REQUIRES)}."
            item.error("D122", message, hint)
            continue
        missing = [key for key in MAPPING_REQUIRES[kind] if mapping.get(key) is None]
        for key in missing:
            item.error("D122", f"A mapping of type '{kind}' needs a value for '{key}'.")
        for key in mapping.keys() & {"intent", "not_intent"}:
            names = item.child(key).names()
            mapping[key] = list(names) if isinstance(mapping[key], list) else mapping[key]
        if mapping.get("conditions") is not None:
            mapping["conditions"] = _read_conditions(item.child("conditions"))
        if not missing:
            found.append(mapping)
    return tuple(found)


def _read_conditions(node: YamlNode) -> list[dict[str, Any]]:
    found = node.mappings(texts=("active_loop", "requested_slot"))
    for item, _ in found:
        item.mapping(("active_loop", "requested_slot"))
    return [condition for _, condition in found]


@dataclass(frozen=True)
class SlotContext:
    """What the reading of slots needs to know of the rest of the domain.

    Args:
        entities: The names of the entities; an old slot of such a name is filled from it.
        old_mappings: What forms in the style of 2.x say about filling slots.
        auto_fill: Whether slots without mappings are filled from entities at all.
        notes: Where translations are told.
        is_old: Whether the domain is one of 0.x or 1.x.
    """

    entities: Collection[str]
    old_mappings: FormMappings
    auto_fill: bool
    notes: Notes
    is_old: bool = False


def read_slot(name: str, node: YamlNode, context: SlotContext) -> Slot:
    """Reads one slot; what is wrong with it is reported, and it becomes one without features."""
    if not isinstance(node.data, dict):
        node.expected("a mapping with a type", hint="Write 'type: text' on the line below.")
        return AnySlot(name)
    cls = _read_type(node, context.notes)
    if cls is None:
        return AnySlot(name)  # the error is reported; what names the slot is not wrong as well
    known = node.mapping({f.name for f in fields(cls)} - {"name"} | {*_OLD_SLOT_KEYS})
    if "value_reset_delay" in known:
        known["value_reset_delay"].report(
            "D111", "info", "value_reset_delay has no effect in any version."
        )
    arguments = {key: sub.data for key, sub in known.items() if key not in _OLD_SLOT_KEYS}
    if "values" in known and cls is CategoricalSlot:
        arguments["values"] = _read_values(known["values"])
    if "influence_conversation" in known:
        arguments["influence_conversation"] = _read_influence(known["influence_conversation"], cls)
    if context.is_old:
        arguments |= {f.name: False for f in fields(cls) if f.name in OLD_FEATURES}
    arguments["mappings"] = _slot_mappings(name, known, context)
    try:
        slot = cls(name, **arguments)
    except DomainError as error:
        for found in error.diagnostics:
            node.report(found.code, found.severity, found.message, found.hint)
        return AnySlot(name, mappings=arguments["mappings"])
    except (TypeError, ValueError) as error:  # from a class that somebody registered
        node.error("D121", f"Slot '{name}' cannot be made a {cls.__name__}: {error}.")
        return AnySlot(name, mappings=arguments["mappings"])
    _check_initial_value(slot, node)
    return slot


def _read_type(node: YamlNode, notes: Notes) -> type[Slot] | None:
    if node.data.get("type") is None:
        node.error("D103", f"{node.label} has no type.", "Add for instance 'type: text'.")
        return None
    written = node.child("type").name()
    if written is None:
        return None
    try:
        cls = slot_class(written)
    except DomainError as error:
        found = error.diagnostics[0]
        node.child("type").report(found.code, found.severity, found.message, found.hint)
        return None
    if written == "unfeaturized":
        notes.add("Slots of type 'unfeaturized' are of type 'any' now", str(node.path[-1]), node)
    return cls


def _read_influence(node: YamlNode, cls: type[Slot]) -> bool:
    default = next(f.default for f in fields(cls) if f.name == "influence_conversation")
    return node.boolean(bool(default))


def _read_values(node: YamlNode) -> tuple[Any, ...]:
    values = []
    for item in node.elements():
        if item.data is None:
            message = "null means 'not set' and cannot be one of the values; it is left out."
            item.warning("D121", message, 'If you mean the word, write "null" in quotes.')
        elif isinstance(item.data, (list, dict)):
            item.expected("a text, a number, or true or false")
        else:
            values.append(item.data)
    return tuple(values)


def _slot_mappings(
    name: str, known: Mapping[str, YamlNode], context: SlotContext
) -> tuple[dict[str, Any], ...]:
    """The slot's own mappings, those that old forms give it, and the automatic one of old slots."""
    mappings = list(read_mappings(known["mappings"])) if "mappings" in known else []
    for form, mapping in context.old_mappings.get(name, ()):
        _add_form_mapping(mappings, form, name, mapping)
    wanted = known["auto_fill"].boolean(True) if "auto_fill" in known else True
    may_fill = context.auto_fill and wanted and (context.is_old or name in context.entities)
    if "mappings" not in known and may_fill:
        kind = "Slots without mappings are filled from the entity of their name"
        context.notes.add(kind, name, known["type"])
        mappings.append({"type": "from_entity", "entity": name})
    return tuple(mappings)


def _add_form_mapping(
    mappings: list[dict[str, Any]], form: str, slot: str, mapping: dict[str, Any]
) -> None:
    condition = form_condition(form, slot, mapping["type"])
    plain = {key: value for key, value in mapping.items() if key != "conditions"}
    for i, other in enumerate(mappings):
        conditions = other.get("conditions", [])
        if conditions and {k: v for k, v in other.items() if k != "conditions"} == plain:
            mappings[i] = plain | {"conditions": [*conditions, condition]}
            return
    mappings.append(plain | {"conditions": [condition]})


def form_condition(form: str, slot: str, kind: str) -> dict[str, str]:
    """When a mapping counts that stood in a form: while the form is active, or only when it asks.

    Args:
        form: The name of the form.
        slot: The slot that the mapping fills.
        kind: The type of the mapping.

    Example:
        >>> form_condition("parcel_form", "note", "from_text")
        {'active_loop': 'parcel_form', 'requested_slot': 'note'}
    """
    asked = {} if kind in _WHENEVER_ACTIVE else {"requested_slot": slot}
    return {"active_loop": form, **asked}


def _check_initial_value(slot: Slot, node: YamlNode) -> None:
    value = slot.initial_value
    if value is None:
        return
    if isinstance(slot, FloatSlot):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number:
            message = f"The initial value of slot '{slot.name}' is no number, but {kind_of(value)}."
            node.child("initial_value").warning("D121", message)
        elif not slot.min_value <= value <= slot.max_value:
            message = (
                f"The initial value {value} of slot '{slot.name}' is not between its min_value "
                f"({slot.min_value}) and its max_value ({slot.max_value})."
            )
            node.child("initial_value").warning("D121", message)
    elif isinstance(slot, CategoricalSlot) and str(value).lower() not in slot.values:
        message = f"The initial value '{value}' of slot '{slot.name}' is none of its values."
        hint = did_you_mean(str(value), slot.values)
        node.child("initial_value").warning("D121", message, hint)
