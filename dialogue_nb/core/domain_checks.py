"""Looking for names in a domain that the domain does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain_defaults import AUTOMATIC_SLOT_NAMES, DEFAULT_ACTION_NAMES
from dialogue_nb.core.domain_reader import DomainSections
from dialogue_nb.core.yaml_nodes import YamlNode

_UTTER_PREFIX: Final = "utter_"
_LATIN_LETTER: Final = re.compile("[A-Za-z]")
_COMPARISONS: Final = 50_000
"""How many names are compared, altogether, to find out what unknown ones were meant to be."""


def check_sections(
    sections: DomainSections,
    places: Mapping[str, YamlNode],
    *,
    intents: Collection[str],
    actions: Collection[str],
) -> None:
    """Reports every name in a domain that stands for nothing or for two things, at its place.

    Only what Rasa refuses too is an error: an intent that triggers an unknown action, and two
    actions of one name.

    Args:
        sections: What the domain says.
        places: Where it says so, by "intents.greet" and the like; reports go there.
        intents: All intents, Rasa's own included.
        actions: All actions, Rasa's own included.
    """
    check = _NameCheck()
    labels = {label for entity in sections.entities for label in entity.labels}
    for intent in sections.intents:
        at = places[f"intents.{intent.name}"]
        if intent.triggers is not None and intent.triggers not in actions:
            message = f"Intent '{intent.name}' triggers the unknown action '{intent.triggers}'."
            at.child("triggers").error("D130", message, check.hint(intent.triggers, actions))
        if isinstance(intent.use_entities, tuple):
            check.names(at.child("use_entities"), intent.use_entities, labels, "entities")
        if intent.ignore_entities:
            check.names(at.child("ignore_entities"), intent.ignore_entities, labels, "entities")
    slots = {slot.name for slot in sections.slots}
    for form in sections.forms:
        at = places[f"forms.{form.name}"]
        check.names(at, form.required_slots, slots, "slots")
        check.names(at, form.ignored_intents, intents, "intents")
    _check_mappings(sections, places, check, labels, intents)
    for name, variations in sections.responses.items():
        wanted = [str(part.get("name")) for each in variations for part in each.condition]
        known = slots.union(AUTOMATIC_SLOT_NAMES)
        check.names(places[f"responses.{name}"], wanted, known, "slots")
    _check_responses(sections, places)
    _check_action_names(sections, places)
    _check_spelling(sections, places)


class _NameCheck:
    """Reports unknown names, with what they may have been meant to be while that takes no time."""

    def __init__(self) -> None:
        self._comparisons = _COMPARISONS

    def names(self, at: YamlNode, names: Iterable[str], known: Collection[str], kind: str) -> None:
        """Reports those names at a place that are not known."""
        for name in dict.fromkeys(names):
            if name not in known:
                hint = self.hint(name, known) or f"Add it to the {kind} of the domain."
                message = f"'{name}' in {at.label} is not among the {kind}."
                at.warning("D131", message, hint)

    def hint(self, name: str, known: Collection[str]) -> str:
        """What the name may have been meant to be, "" once too many names were compared."""
        self._comparisons -= len(known)
        return did_you_mean(name, known) if self._comparisons >= 0 else ""


def _check_mappings(
    sections: DomainSections,
    places: Mapping[str, YamlNode],
    check: _NameCheck,
    labels: Collection[str],
    intents: Collection[str],
) -> None:
    forms = {form.name for form in sections.forms}
    for slot in sections.slots:
        at = places[f"slots.{slot.name}"]
        kinds: dict[str, list[str]] = {"entities": [], "intents": [], "forms": []}
        for mapping in slot.mappings:
            if mapping["type"] == "from_entity":
                kinds["entities"] += _as_names(mapping["entity"])
            kinds["intents"] += _as_names(mapping.get("intent"))
            kinds["intents"] += _as_names(mapping.get("not_intent"))
            for condition in mapping.get("conditions") or ():
                kinds["forms"] += _as_names(condition.get("active_loop"))
        check.names(at, kinds["entities"], labels, "entities")
        check.names(at, kinds["intents"], intents, "intents")
        check.names(at, kinds["forms"], forms, "forms")


def _as_names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(name) for name in values if name is not None]


def _check_responses(sections: DomainSections, places: Mapping[str, YamlNode]) -> None:
    """One warning for all actions that look like responses and are none."""
    names = (*sections.responses, *sections.actions)
    parents = {name.split("/")[0] for name in names if "/" in name}  # utter_faq of utter_faq/price
    known = parents.union(sections.responses)
    missing = [name for name in sections.actions if name not in known]
    missing = [name for name in missing if name.startswith(_UTTER_PREFIX)]
    if missing:
        message = f"Actions without a response: {listing(missing, limit=5)}."
        hint = "Add them to 'responses', or the bot says nothing there."
        places[f"actions.{missing[0]}"].warning("D132", message, hint)


def _check_action_names(sections: DomainSections, places: Mapping[str, YamlNode]) -> None:
    """Forms and end-to-end texts are actions too, and must not have the name of another one."""
    taken = {*DEFAULT_ACTION_NAMES, *sections.responses} - set(sections.actions)
    named = [(f"forms.{form.name}", form.name) for form in sections.forms]
    named += [(f"e2e_actions.{text}", text) for text in sections.e2e_actions]
    for place, name in named:
        if name in taken or (place.startswith("e2e") and name in sections.actions):
            message = f"There are two actions of the name '{name}'."
            places[place].error("D105", message, "Rename one of the two.")
        taken.add(name)


def _check_spelling(sections: DomainSections, places: Mapping[str, YamlNode]) -> None:
    """Rasa 3.x reads a domain only if these names have a letter of A to Z somewhere."""
    named = [(f"slots.{slot.name}", slot.name) for slot in sections.slots]
    named += [(f"forms.{form.name}", form.name) for form in sections.forms]
    named += [(f"actions.{name}", name) for name in sections.actions_with_domain]
    for place, name in named:
        if not _LATIN_LETTER.search(name):
            message = f"Rasa 3.x refuses the name '{name}', because it has no letter of A to Z."
            places[place].warning("D107", message, "Rename it if Rasa is to read this domain.")
