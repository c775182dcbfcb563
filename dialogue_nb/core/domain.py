"""The domain: everything that a bot can understand, remember and do.

It is a record, read from one YAML file, several, or a folder (`Domain.load`), of any version from
0.14 to 3.x; older spellings are translated. The order of its actions is the order of all labels and
of every policy's probabilities, and is that of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, errors_in
from dialogue_nb.core.domain_checks import check_sections
from dialogue_nb.core.domain_defaults import (
    DEFAULT_ACTION_NAMES,
    DEFAULT_INTENT_NAMES,
    REQUESTED_SLOT,
    all_action_names,
    with_automatic_slots,
    with_default_intents,
    without_automatic_slots,
    without_default_intents,
)
from dialogue_nb.core.domain_files import domain_nodes
from dialogue_nb.core.domain_reader import read_sections
from dialogue_nb.core.domain_records import (
    Entity,
    Form,
    Intent,
    Response,
    SessionConfig,
    fitting_variations,
    wanted_labels,
)
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.exceptions import DomainError, UnknownNameError
from dialogue_nb.core.fingerprints import fingerprint_of
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.slots import OLD_FEATURES, ListSlot, Slot
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.core.yaml_nodes import YamlNode
from dialogue_nb.core.yaml_writer import dump_yaml

__all__ = [
    "DEFAULT_ACTION_NAMES",
    "DEFAULT_INTENT_NAMES",
    "REQUESTED_SLOT",
    "Domain",
    "Entity",
    "Form",
    "Intent",
    "Response",
    "SessionConfig",
    "parse_domain",
]


@dataclass(frozen=True, eq=False)
class Domain(Showable):
    r"""What a bot can understand, remember and do.

    Domains are equal when they say the same; `fingerprint` is that in 64 characters. They are made
    by `load`, `from_yaml` and `from_dict`, which add Rasa's own intents and slots too.

    Args:
        intents: The intents, sorted by name.
        entities: The entities, sorted by name.
        slots: The slots, in the order of the domain, then those added automatically.
        responses: For each response, its variations.
        user_actions: The actions that the domain lists itself (`action_names` has all).
        forms: The forms.
        session_config: When a conversation begins anew.
        e2e_actions: Texts of the bot that end-to-end stories use like actions.
        store_entities_as_slots: Whether stories' entities fill slots.
        actions_with_domain: Those actions that are sent the domain when they are called.
        source: Where it was read from.

    Example:
        >>> domain = Domain.from_yaml('''
        ... intents: [greet, inform]
        ... entities: [city]
        ... slots:
        ...   city: {type: text}
        ... responses:
        ...   utter_greet:
        ...   - text: Hello!
        ... ''')
        >>> domain.action_names[0], domain.action_names[-1]
        ('action_listen', 'utter_greet')
        >>> domain.slots_for_entities([{"entity": "city", "value": "Oslo"}])[0].value
        'Oslo'
    """

    intents: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    slots: tuple[Slot, ...] = ()
    responses: Mapping[str, tuple[Response, ...]] = field(default_factory=dict)
    user_actions: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    session_config: SessionConfig = field(default_factory=SessionConfig)
    e2e_actions: tuple[str, ...] = ()
    store_entities_as_slots: bool = True
    actions_with_domain: tuple[str, ...] = ()
    source: str | None = None

    # --- making one -----------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path | Sequence[str | Path], *, strict: bool = True) -> Domain:
        """Reads a domain from a file, several files, or folders with domain files.

        Args:
            path: The file or folder, or a list of them; the first that defines something wins.
            strict: Whether errors stop the loading; without, what was understood is returned.

        Raises:
            DomainError: If there are errors, with all of them, or if nothing could be read at all.
        """
        paths = [path] if isinstance(path, (str, Path)) else path
        return _checked(*parse_domain([Path(each) for each in paths]), strict=strict)

    @classmethod
    def from_yaml(cls, text: str, source: str | None = None, *, strict: bool = True) -> Domain:
        """Reads a domain from YAML text; see `load`."""
        return _checked(*parse_domain(text, source), strict=strict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, strict: bool = True) -> Domain:
        """Makes a domain from what its YAML would hold; see `load`."""
        return _checked(*_assemble([YamlNode(dict(data))]), strict=strict)

    # --- names, in the order that vectors have --------------------------------------------------

    @cached_property
    def intent_names(self) -> tuple[str, ...]:
        """The names of all intents."""
        return tuple(intent.name for intent in self.intents)

    @cached_property
    def entity_labels(self) -> tuple[str, ...]:
        """What policies may see of entities: all names, then all names with a role or group."""
        names = [entity.name for entity in self.entities]
        return (*names, *(label for entity in self.entities for label in entity.sublabels))

    @cached_property
    def slot_by_name(self) -> Mapping[str, Slot]:
        """Each slot by its name."""
        return {slot.name: slot for slot in self.slots}

    @cached_property
    def form_names(self) -> tuple[str, ...]:
        """The names of all forms."""
        return tuple(form.name for form in self.forms)

    @property
    def default_actions(self) -> tuple[str, ...]:
        """The actions that every bot has."""
        return DEFAULT_ACTION_NAMES

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        """All actions: Rasa's own, the listed ones, other responses, forms, end-to-end texts."""
        return all_action_names(
            self.user_actions, self.responses, self.form_names, self.e2e_actions
        )

    @property
    def num_actions(self) -> int:
        """How many actions there are: the length of every policy's probabilities."""
        return len(self.action_names)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the flat vector of a state, in its order.

        `intent_*`, `entity_*`, `slot_*_i`, `prev_*` (the previous action), `active_loop_*`.
        """
        return (
            *(f"intent_{name}" for name in self.intent_names),
            *(f"entity_{label}" for label in self.entity_labels),
            *(name for slot in self.slots for name in slot.feature_names),
            *(f"prev_{name}" for name in self.action_names),
            *(f"active_loop_{name}" for name in self.form_names),
        )

    @cached_property
    def _action_indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.action_names)}

    def index_for_action(self, name: str) -> int:
        """The place of an action in `action_names` and in every policy's probabilities.

        Raises:
            UnknownNameError: If there is no such action; the message names the closest one.

        Example:
            >>> Domain().index_for_action("action_listen")
            0
            >>> Domain().index_for_action("action_lisen")
            Traceback (most recent call last):
            dialogue_nb.core.exceptions.UnknownNameError: The domain has no action 'action_lisen'. \
Did you mean 'action_listen'?
        """
        try:
            return self._action_indices[name]
        except KeyError:
            hint = did_you_mean(name, self.action_names) or "Add it to the domain's actions."
            raise UnknownNameError(f"The domain has no action '{name}'. {hint}") from None

    # --- what entities do -----------------------------------------------------------------------

    @cached_property
    def _intent_by_name(self) -> dict[str, Intent]:
        return {intent.name: intent for intent in self.intents}

    def wanted_entities(self, intent_name: str | None) -> frozenset[str]:
        """The entity labels that policies see in a message of this intent.

        Args:
            intent_name: The intent; for one that is not in the domain, all labels are wanted.
        """
        intent = self._intent_by_name.get(intent_name or "")
        return wanted_labels(intent, self.entities) if intent else frozenset(self.entity_labels)

    def slots_for_entities(self, entities: Iterable[Mapping[str, Any]]) -> tuple[SlotSet, ...]:
        """The slots that a story's message fills: those mapped from its entities, outside of forms.

        Args:
            entities: `{"entity": type, "value": ..., "role": ..., "group": ...}`, one for each.

        Returns:
            In the order of the slots; a list slot gets all values, another one the last.
        """
        if not self.store_entities_as_slots:
            return ()
        found = list(entities)
        places = {
            place for e in found for place in self._slots_by_entity.get(str(e.get("entity")), ())
        }
        events = []
        for slot in (self.slots[place] for place in sorted(places)):
            values = slot.values_from_entities(found)
            if values:
                value = values if isinstance(slot, ListSlot) else values[-1]
                events.append(SlotSet(slot.name, value))
        return tuple(events)

    @cached_property
    def _slots_by_entity(self) -> dict[str, list[int]]:
        """For each entity the places of the slots that it can fill; looking at all takes time."""
        places: dict[str, list[int]] = {}
        for place, slot in enumerate(self.slots):
            for mapping in slot.mappings:
                if mapping.get("type") == "from_entity":
                    places.setdefault(str(mapping.get("entity")), []).append(place)
        return places

    def initial_slots(self) -> dict[str, Any]:
        """The value of each slot before anything happened."""
        return {slot.name: slot.initial_value for slot in self.slots}

    def response_variations(
        self, name: str, slots: Mapping[str, Any] | None = None, channel: str | None = None
    ) -> tuple[Response, ...]:
        """The variations of a response that may be said now; which of them is a matter of chance.

        Variations for the channel go first, then those with a condition that holds.

        Args:
            name: The response.
            slots: The values of the slots, for the conditions.
            channel: Where the conversation takes place.

        Raises:
            UnknownNameError: If there is no such response.

        Example:
            >>> hi, yo = Response("Hi"), Response("Yo", channel="chat")
            >>> domain = Domain(responses={"utter_hi": (hi, yo)})
            >>> [response.text for response in domain.response_variations("utter_hi", {}, "chat")]
            ['Yo']
        """
        if name not in self.responses:
            hint = did_you_mean(name, self.responses)
            raise UnknownNameError(f"The domain has no response '{name}'. {hint}".rstrip())
        return fitting_variations(self.responses[name], slots or {}, channel)

    # --- as data --------------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """What the domain's YAML holds, without what every reader adds by itself."""
        names = self.action_names
        slots = without_automatic_slots(self.slots, has_forms=bool(self.forms), action_names=names)
        body: dict[str, Any] = {
            "intents": [intent.as_dict() for intent in without_default_intents(self.intents)],
            "entities": [entity.as_dict() for entity in self.entities],
            "slots": {slot.name: slot.as_dict() for slot in slots},
            "responses": {
                name: [each.as_dict() for each in variations]
                for name, variations in self.responses.items()
            },
            "actions": [
                {name: {"send_domain": True}} if name in self.actions_with_domain else name
                for name in self.user_actions
            ],
            "forms": {form.name: form.as_dict() for form in self.forms},
            "e2e_actions": list(self.e2e_actions),
        }
        body = {key: value for key, value in body.items() if value}
        body["session_config"] = self.session_config.as_dict()
        if not self.store_entities_as_slots:
            body["config"] = {"store_entities_as_slots": False}
        return {"version": "3.1", **body}

    def to_yaml(self) -> str:
        """The domain as YAML that Rasa 3.x accepts, which has no word for `OLD_FEATURES`."""
        body = self.as_dict()
        for slot in body.get("slots", {}).values():
            for key in slot.keys() & OLD_FEATURES:
                del slot[key]
        return dump_yaml(body)

    @cached_property
    def fingerprint(self) -> str:
        """64 characters that are the same for equal domains, on every machine."""
        # The dict alone forgets the order of slots and forms, and what comes by itself.
        order = (self.intent_names, tuple(self.slot_by_name), self.form_names)
        return fingerprint_of((self.as_dict(), order))

    def __eq__(self, other: object) -> bool:
        """Whether the other domain says the same, wherever it came from."""
        return isinstance(other, Domain) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return (
            f"Domain({len(self.intents)} intents, {len(self.entities)} entities, "
            f"{len(self.slots)} slots, {self.num_actions} actions, {len(self.forms)} forms)"
        )


def parse_domain(
    given: str | Sequence[Path], source: str | None = None
) -> tuple[Domain | None, list[Diagnostic]]:
    r"""Reads a domain and says everything about it that is worth knowing, without raising.

    Args:
        given: A string is YAML text; a list of paths are files and folders.
        source: The name of the file that a text comes from.

    Returns:
        What was understood, None if nothing can be; and the diagnostics, by file and line. The
        domain is only to be relied on if none of them is an error.

    Example:
        >>> domain, found = parse_domain("intents: [greet]\nentites: [city]\n")
        >>> print(found[0])
        2:1: warning D102: Unknown key 'entites' in the domain. Did you mean 'entities'?
    """
    if isinstance(given, str):
        data, positions, diagnostics = parse_yaml(given, source)
        return _assemble([YamlNode(data, positions, source, diagnostics)])
    return _assemble(domain_nodes(given))


def _assemble(roots: Sequence[YamlNode]) -> tuple[Domain | None, list[Diagnostic]]:
    """Makes one domain of the roots of its files, and checks it."""
    if not roots or all(root.data is None and errors_in(root.diagnostics) for root in roots):
        nothing = Diagnostic("D101", "error", "No domain was given.", hint="Name a file or folder.")
        return None, [found for root in roots for found in root.diagnostics] or [nothing]
    sections, places = read_sections(roots)
    intents = with_default_intents(sections.intents)
    forms = [form.name for form in sections.forms]
    actions = all_action_names(sections.actions, sections.responses, forms, sections.e2e_actions)
    check_sections(
        sections, places, intents={intent.name for intent in intents}, actions=set(actions)
    )
    domain = Domain(
        intents,
        tuple(sorted(sections.entities, key=lambda entity: entity.name)),
        with_automatic_slots(sections.slots, has_forms=bool(forms), action_names=actions),
        sections.responses, sections.actions, sections.forms, sections.session_config,
        sections.e2e_actions, sections.store_entities_as_slots, sections.actions_with_domain,
        roots[0].source if len(roots) == 1 else None,
    )  # fmt: skip
    told = (sorted(root.diagnostics, key=lambda found: found.line or 0) for root in roots)
    return domain, [found for each in told for found in each]


def _checked(domain: Domain | None, diagnostics: list[Diagnostic], *, strict: bool) -> Domain:
    if domain is None or (strict and errors_in(diagnostics)):
        raise DomainError(diagnostics)
    return domain
