"""Reading a domain of Rasa 0.14 to 3.x, from one file or several, into records.

Codes: D101 no domain at all, D102 unknown key, D103 something else was expected, D104 a number for
a text, D105 there twice, D106 there in two files, D107 a name that Rasa 3.x refuses, D110 an old
spelling was translated, D111 a key without effect, D120 unknown slot type, D121 slot parameters,
D122 a slot's mappings, D130 unknown action, D131 another unknown name, D132 a response is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.domain_defaults import SESSION_METADATA_SLOT
from dialogue_nb.core.domain_records import Entity, Form, Intent, Response, SessionConfig
from dialogue_nb.core.domain_slots import FormMappings, Notes, SlotContext, read_form, read_slot
from dialogue_nb.core.slots import Slot
from dialogue_nb.core.yaml_nodes import YamlNode, kind_of

DOMAIN_KEYS: Final = (
    "intents", "entities", "slots", "responses", "templates", "actions", "forms", "e2e_actions",
    "session_config", "config",
)  # fmt: skip
"""The keys that make a YAML file part of a domain."""

_OTHER_KEYS: Final = (
    "version", "nlu", "stories", "rules", "language", "pipeline", "policies", "recipe",
    "assistant_id", "importers",
)  # fmt: skip  # other parts of a bot, which may stand in the same file
_KEYS_WITHOUT_EFFECT: Final = ("action_factory", "topics")
_CLASS_PATH: Final = re.compile(r"(?:\w+\.)+([A-Z]\w*)")
_ITEM_HINT: Final = "Begin each line of the list with '- '."
_RESPONSE_KEYS: Final = (
    "text", "buttons", "image", "custom", "attachment", "quick_replies", "elements", "button_type",
    "channel", "condition", "id", "metadata",
)  # fmt: skip

T = TypeVar("T")
Named = tuple[str, YamlNode]


@dataclass(frozen=True)
class DomainSections:
    """What is written in a domain's files, without what Rasa adds by itself."""

    intents: tuple[Intent, ...]
    entities: tuple[Entity, ...]
    slots: tuple[Slot, ...]
    responses: dict[str, tuple[Response, ...]]
    actions: tuple[str, ...]
    actions_with_domain: tuple[str, ...]
    forms: tuple[Form, ...]
    e2e_actions: tuple[str, ...]
    session_config: SessionConfig
    store_entities_as_slots: bool


def read_sections(files: Sequence[YamlNode]) -> tuple[DomainSections, dict[str, YamlNode]]:
    """Reads the domain that one or more files make together.

    Args:
        files: The root of each file. The first file that defines something wins.

    Returns:
        The sections, and the places of what is named in them, by "intents.greet" and the like.
    """
    tops = [_top_level(file) for file in files]
    notes = Notes()
    reader = _SectionReader(tops, {})
    entities = reader.records("entities", _listed, _entity)
    intents = reader.records("intents", _listed, _intent)
    old: FormMappings = {}
    forms = reader.records("forms", _forms(notes), lambda n, at: read_form(n, at, notes, old))
    store = all(_stores_entities(top) for top in tops)
    names = {entity.name for entity in entities}
    context = SlotContext(names, old, store, notes, all(_is_old(top) for top in tops))
    slots = reader.records("slots", _mapped, lambda n, at: read_slot(n, at, context))
    responses = reader.responses(notes)
    actions = reader.records("actions", _actions(notes), lambda name, at: (name, at))
    e2e = reader.records("e2e_actions", _listed_texts, lambda name, at: name)
    notes.report()
    sections = DomainSections(
        intents, entities, _without_session_slot(slots, reader.places), responses,
        tuple(name for name, _ in actions),
        tuple(name for name, at in actions if _sends_domain(at)),
        forms, e2e, _session_config(tops), store,
    )  # fmt: skip
    return sections, reader.places


def _top_level(file: YamlNode) -> dict[str, YamlNode]:
    if file.data is not None and not isinstance(file.data, dict):
        message = f"A domain must be a mapping ('intents: ...'), found {kind_of(file.data)}."
        file.error("D101", message)
        return {}
    entries = file.mapping(None)
    known = (*DOMAIN_KEYS, *_OTHER_KEYS, *_KEYS_WITHOUT_EFFECT, "action_names")
    for key, node in entries.items():
        if key in _KEYS_WITHOUT_EFFECT:
            node.report("D111", "info", f"'{key}' has no effect any more.")
        elif key not in known and not key.startswith("_"):  # _x: holds what aliases repeat
            hint = did_you_mean(key, DOMAIN_KEYS) or f"Known are {listing(DOMAIN_KEYS, limit=12)}."
            node.warning("D102", f"Unknown key '{key}' in the domain.", hint)
    if "action_names" in entries:  # a domain saved by 0.x: the names of the classes in `actions`
        node = entries.pop("action_names")
        message = "The actions are named as 'action_names' says; 'actions' lists their classes."
        node.report("D110", "info", message)
        entries["actions"] = node
    return entries


def _is_old(top: dict[str, YamlNode]) -> bool:
    """Whether a file has none of the signs of 2.0 or later: slots had other features before."""
    slots, forms = (top[key].data if key in top else None for key in ("slots", "forms"))
    bodies = slots.values() if isinstance(slots, dict) else ()
    newer = {"mappings", "influence_conversation"}
    is_newer = any(isinstance(body, dict) and newer & body.keys() for body in bodies)
    return not is_newer and "version" not in top and not isinstance(forms, dict)


@dataclass(frozen=True)
class _SectionReader:
    """Reads one section after the other from all files."""

    tops: Sequence[dict[str, YamlNode]]
    places: dict[str, YamlNode]

    def records(
        self,
        section: str,
        names: Callable[[YamlNode], list[Named]],
        record: Callable[[str, YamlNode], T],
    ) -> tuple[T, ...]:
        """The records of a section.

        Args:
            section: Its key.
            names: Finds what the section names, as (name, node of what is said about it).
            record: Makes a record of that.
        """
        found = [named for top in self.tops if section in top for named in names(top[section])]
        return tuple(record(name, at) for name, at in found if self._is_new(section, name, at))

    def responses(self, notes: Notes) -> dict[str, tuple[Response, ...]]:
        """The responses of all files, under both names that the section has had."""
        found = {}
        for top in self.tops:
            for key in ("responses", "templates"):
                if key == "templates" and key in top:
                    notes.add("Old name of 'responses'", "templates", top[key])
                for name, node in _mapped(top[key]) if key in top else ():
                    if self._is_new("responses", name, node):
                        found[name] = _variations(node, notes)
        return found

    def _is_new(self, section: str, name: str, node: YamlNode) -> bool:
        place = f"{section}.{name}"
        first = self.places.setdefault(place, node)
        if first is node:
            return True
        what = f"'{name}' is there twice in {section}"
        if first.source != node.source or first.diagnostics is not node.diagnostics:
            node.warning("D106", f"{what}: it is in '{first.source}' too, which is used.")
        else:
            line = first.positions.line(*first.path) if first.positions else None
            where = f" (first in line {line})" if line else ""
            node.error("D105", f"{what}{where}.", "Remove or rename one of the two.")
        return False


def _mapped(node: YamlNode) -> list[Named]:
    """What a section of the form `name: properties` names."""
    if node.data == []:  # as some versions wrote an empty section
        return []
    return list(node.mapping(None).items())


def _listed(node: YamlNode) -> list[Named]:
    """What a section of the form `- name` or `- name: properties` names."""
    return [named for element in node.elements(_ITEM_HINT) for named in _named(element)]


def _listed_texts(node: YamlNode) -> list[Named]:
    """What a section of the form `- text` names."""
    found = ((element.name(), element) for element in node.elements(_ITEM_HINT))
    return [(name, element) for name, element in found if name is not None]


def _forms(notes: Notes) -> Callable[[YamlNode], list[Named]]:
    """Finds the forms, whose section was a list up to 1.x."""

    def read(node: YamlNode) -> list[Named]:
        if not isinstance(node.data, list):
            return _mapped(node)
        found = _listed(node)
        for name, at in found:
            notes.add("Forms given as a list have no required slots here", name, at)
        return found

    return read


def _actions(notes: Notes) -> Callable[[YamlNode], list[Named]]:
    """Finds the actions; a class `bot.ActionFindRoom`, as in 0.x, is named `action_find_room`."""

    def name_of(written: str, at: YamlNode) -> str:
        path = _CLASS_PATH.fullmatch(written)
        if path is None:
            return written
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.group(1)).lower()
        notes.add("Classes of actions are never imported, their names are taken to be", name, at)
        return name

    return lambda node: [(name_of(written, at), at) for written, at in _listed(node)]


def _named(node: YamlNode) -> list[Named]:
    """The name in a list item, and the node of its properties."""
    if not isinstance(node.data, dict):
        name = node.name()
        return [] if name is None else [(name, replace(node, data=None))]
    if len(node.data) > 1:
        hint = f"Begin '{list(node.data)[1]}' on a line of its own, with '- ' or indented further."
        node.error("D103", f"{node.label} must be one name, found {len(node.data)}.", hint)
        return list(node.mapping(None).items())[:1]
    named = list(node.mapping(None).items())
    for name, child in named:
        if child.data is None:
            child.warning("D103", f"'{name}' has a colon, but no properties.", "Remove the colon.")
    return named


def _intent(name: str, node: YamlNode) -> Intent:
    known = node.mapping(("use_entities", "ignore_entities", "triggers", "is_retrieval_intent"))
    use: bool | tuple[str, ...] = True
    if "use_entities" in known:
        use = known["use_entities"].data
        if not isinstance(use, bool):
            use = known["use_entities"].names()
    ignore = known["ignore_entities"].names() if "ignore_entities" in known else None
    triggers = known["triggers"].name() if "triggers" in known else None
    retrieval = "is_retrieval_intent" in known and known["is_retrieval_intent"].boolean(False)
    return Intent(name, use or (), ignore, triggers, retrieval)


def _entity(name: str, node: YamlNode) -> Entity:
    known = node.mapping(("roles", "groups", "influence_conversation"))
    return Entity(
        name,
        known["roles"].names() if "roles" in known else (),
        known["groups"].names() if "groups" in known else (),
        "influence_conversation" not in known or known["influence_conversation"].boolean(True),
    )


def _sends_domain(node: YamlNode) -> bool:
    known = node.mapping(("send_domain",))
    return "send_domain" in known and known["send_domain"].boolean(False)


def _variations(node: YamlNode, notes: Notes) -> tuple[Response, ...]:
    if node.data is None:
        node.error("D103", f"The response '{node.path[-1]}' is empty.", "Add '- text: ...' below.")
        return ()
    if isinstance(node.data, str):
        notes.add("Responses given as bare texts", str(node.path[-1]), node)
        return (Response(node.data),)
    found = (_response(item, notes) for item in node.elements("Write '- text: ...'."))
    return tuple(response for response in found if response is not None)


def _response(node: YamlNode, notes: Notes) -> Response | None:
    if isinstance(node.data, str):
        notes.add("Responses given as bare texts", str(node.path[-2]), node)
        return Response(node.data)
    if not isinstance(node.data, dict):
        node.expected("a mapping with a text", hint="Write 'text: ...'.")
        return None
    known = node.mapping(_RESPONSE_KEYS)
    known = {key: sub for key, sub in known.items() if sub.data is not None}
    body: dict[str, Any] = {}
    for key, sub in known.items():
        if key in ("buttons", "quick_replies", "elements", "condition"):
            texts = ("title", "payload", "type", "name") if key != "elements" else ()
            body[key] = tuple(part for _, part in sub.mappings(texts))
        elif key in ("custom", "attachment") and not isinstance(sub.data, dict):
            sub.expected("a mapping ('key: value')")
        elif key in ("custom", "attachment", "metadata"):
            body[key] = sub.data
        else:
            body[key] = sub.text()
    _check_condition(node.child("condition"))
    if not (known.keys() - {"channel", "condition", "id", "metadata", "button_type"}):
        node.error("D103", f"{node.label} says nothing.", "Add a 'text' or a 'custom'.")
        return None
    if "text" not in body and "custom" not in body:
        body["text"] = ""  # Rasa 3.x wants one of the two; only an image says the empty text
    return Response(**body)


def _check_condition(node: YamlNode) -> None:
    for part in node.data if isinstance(node.data, list) else ():
        if isinstance(part, dict) and not {"name", "value"} <= part.keys():
            node.error("D103", "A condition needs a 'name' (of a slot) and a 'value'.")


def _session_config(tops: Sequence[dict[str, YamlNode]]) -> SessionConfig:
    default = SessionConfig()
    config = default
    for top in tops:
        if "session_config" not in top or config != default:
            continue
        known = top["session_config"].mapping(
            ("session_expiration_time", "carry_over_slots_to_new_session")
        )
        minutes, carry = default.session_expiration_time, default.carry_over_slots
        if "session_expiration_time" in known and known["session_expiration_time"].data is not None:
            node = known["session_expiration_time"]
            is_number = isinstance(node.data, (int, float)) and not isinstance(node.data, bool)
            if is_number and node.data >= 0:
                minutes = node.data
            else:
                node.expected("a number of minutes (0: never)")
        if "carry_over_slots_to_new_session" in known:
            carry = known["carry_over_slots_to_new_session"].boolean(carry)
        config = SessionConfig(minutes, carry)
    return config


def _stores_entities(top: dict[str, YamlNode]) -> bool:
    config = top["config"].mapping(None) if "config" in top else {}
    key = "store_entities_as_slots"
    return key not in config or config[key].boolean(True)


def _without_session_slot(slots: tuple[Slot, ...], places: dict[str, YamlNode]) -> tuple[Slot, ...]:
    """The slots without the one that Rasa 3.x adds itself and refuses to find in a domain."""
    if SESSION_METADATA_SLOT not in (slot.name for slot in slots):
        return slots
    message = f"The slot '{SESSION_METADATA_SLOT}' comes by itself and must not be in a domain."
    places[f"slots.{SESSION_METADATA_SLOT}"].warning("D111", message, "Remove it.")
    return tuple(slot for slot in slots if slot.name != SESSION_METADATA_SLOT)
