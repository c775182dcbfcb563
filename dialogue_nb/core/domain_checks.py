"""Looking for names in a domain that the domain does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain_defaults import AUTOMATIC_SLOT_NAMES
from dialogue_nb.core.domain_reader import DomainSections
from dialogue_nb.core.yaml_nodes import YamlNode

_UTTER_PREFIX: Final = "utter_"


def check_sections(
    sections: DomainSections,
    places: Mapping[str, YamlNode],
    *,
    intents: Collection[str],
    actions: Collection[str],
) -> None:
    """Reports every name in a domain that stands for nothing, at its place.

    Only what Rasa refuses too (an intent that triggers an unknown action) is an error.

    Args:
        sections: What the domain says.
        places: Where it says so, by "intents.greet" and the like; reports go there.
        intents: All intents, Rasa's own included.
        actions: All actions, Rasa's own included.
    """
    labels = {label for entity in sections.entities for label in entity.labels}
    for intent in sections.intents:
        at = places[f"intents.{intent.name}"]
        if intent.triggers is not None and intent.triggers not in actions:
            message = f"Intent '{intent.name}' triggers the unknown action '{intent.triggers}'."
            at.child("triggers").error("D130", message, did_you_mean(intent.triggers, actions))
        used = intent.use_entities if isinstance(intent.use_entities, tuple) else ()
        _check_names(at.child("use_entities"), used, labels, "entity")
        _check_names(at.child("ignore_entities"), intent.ignore_entities or (), labels, "entity")
    slots = {slot.name for slot in sections.slots}
    known_slots = slots.union(AUTOMATIC_SLOT_NAMES)
    for form in sections.forms:
        at = places[f"forms.{form.name}"]
        _check_names(at, form.required_slots, slots, "slot")
        _check_names(at, form.ignored_intents, intents, "intent")
    _check_mappings(sections, places, labels, intents)
    for name, variations in sections.responses.items():
        wanted = [str(part.get("name")) for each in variations for part in each.condition]
        _check_names(places[f"responses.{name}"], wanted, known_slots, "slot")
    _check_responses(sections, places)


def _check_names(at: YamlNode, names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in dict.fromkeys(names):
        if name not in known:
            message = f"Unknown {what} '{name}' in {at.label}."
            hint = did_you_mean(name, known) or f"Add it to the {what}s of the domain."
            at.warning("D131", message, hint.replace("entitys", "entities"))


def _check_mappings(
    sections: DomainSections,
    places: Mapping[str, YamlNode],
    labels: Collection[str],
    intents: Collection[str],
) -> None:
    forms = {form.name for form in sections.forms}
    for slot in sections.slots:
        at = places[f"slots.{slot.name}"]
        for mapping in slot.mappings:
            if mapping["type"] == "from_entity":
                _check_names(at, [str(mapping["entity"])], labels, "entity")
            for key in ("intent", "not_intent"):
                _check_names(at, _as_names(mapping.get(key)), intents, "intent")
            loops = [condition.get("active_loop") for condition in mapping.get("conditions") or ()]
            _check_names(at, [str(loop) for loop in loops if loop is not None], forms, "form")


def _as_names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(name) for name in values if name is not None]


def _check_responses(sections: DomainSections, places: Mapping[str, YamlNode]) -> None:
    """One warning for all actions that look like responses and are none."""
    parents = {
        name.split("/")[0] for name in (*sections.responses, *sections.actions) if "/" in name
    }
    missing = [
        name
        for name in sections.actions
        if name.startswith(_UTTER_PREFIX) and name not in sections.responses and name not in parents
    ]
    if missing:
        message = f"Actions without a response: {listing(missing, limit=5)}."
        hint = "Add them to 'responses', or the bot says nothing there."
        places[f"actions.{missing[0]}"].warning("D132", message, hint)
