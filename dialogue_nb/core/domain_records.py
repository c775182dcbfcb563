"""What a domain is made of, besides slots: intents, entities, forms, responses, sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

ENTITY_LABEL_SEPARATOR: Final = "#"
"""Stands between an entity and its role or group: `city#departure`."""


@dataclass(frozen=True)
class Intent:
    """Something that a user may want to say.

    Args:
        name: The name of the intent.
        use_entities: Which entities of such a message policies see: True for all, or their names.
        ignore_entities: Which of those they do not see after all. None stands for the entities
            that are declared with `influence_conversation: false`.
        triggers: The action that always answers this intent (MappingPolicy of 0.14 to 2.x).
        is_retrieval: Whether it is a group of intents with one ready answer each.

    Example:
        >>> Intent("inform", use_entities=("city",)).as_dict()
        {'inform': {'use_entities': ['city']}}
        >>> Intent("greet").as_dict()
        'greet'
    """

    name: str
    use_entities: bool | tuple[str, ...] = True
    ignore_entities: tuple[str, ...] | None = None
    triggers: str | None = None
    is_retrieval: bool = False

    def as_dict(self) -> str | dict[str, Any]:
        """The intent as a domain writes it: its name, with its properties if it has any."""
        body: dict[str, Any] = {}
        if self.use_entities is not True:
            body["use_entities"] = list(self.use_entities or ())
        if self.ignore_entities is not None:
            body["ignore_entities"] = list(self.ignore_entities)
        if self.triggers is not None:
            body["triggers"] = self.triggers
        if self.is_retrieval:
            body["is_retrieval_intent"] = True
        # Rasa fills up the properties of an intent only when there is at least one.
        return {self.name: body} if body else self.name


@dataclass(frozen=True)
class Entity:
    """A kind of thing that can be found in a message.

    Args:
        name: The name of the entity.
        roles: What it can be in one message: the city of departure, of destination.
        groups: Which of several things in one message it can belong to: the first, second pizza.
        influence_conversation: Whether policies see it when an intent does not say otherwise.

    Example:
        >>> Entity("city", roles=("from", "to")).labels
        ('city', 'city#from', 'city#to')
    """

    name: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    influence_conversation: bool = True

    @property
    def sublabels(self) -> tuple[str, ...]:
        """Its labels with a role or a group."""
        parts = (*self.roles, *self.groups)
        # A role and a group of one name have one label.
        return tuple(dict.fromkeys(f"{self.name}{ENTITY_LABEL_SEPARATOR}{part}" for part in parts))

    @property
    def labels(self) -> tuple[str, ...]:
        """What policies may see of it: its name, then its name with each role and group."""
        return (self.name, *self.sublabels)

    def as_dict(self) -> str | dict[str, Any]:
        """The entity as a domain writes it: its name, with its properties if it has any."""
        body: dict[str, Any] = {}
        if self.roles:
            body["roles"] = list(self.roles)
        if self.groups:
            body["groups"] = list(self.groups)
        if not self.influence_conversation:
            body["influence_conversation"] = False
        return {self.name: body} if body else self.name


def wanted_labels(intent: Intent, entities: Iterable[Entity]) -> frozenset[str]:
    """The entity labels that policies see in a message of an intent.

    Example:
        >>> city, day = Entity("city", ("from",)), Entity("day", influence_conversation=False)
        >>> sorted(wanted_labels(Intent("book"), [city, day]))
        ['city', 'city#from']
        >>> sorted(wanted_labels(Intent("book", ("day",), ignore_entities=()), [city, day]))
        ['day']
    """
    entities = list(entities)
    unseen = [entity.name for entity in entities if not entity.influence_conversation]
    if intent.use_entities is True:
        used = [entity.name for entity in entities if entity.influence_conversation]
    else:
        used = list(intent.use_entities or ())
    ignored = unseen if intent.ignore_entities is None else intent.ignore_entities
    return _labels_of(used, entities) - _labels_of(ignored, entities)


def _labels_of(names: Iterable[str], entities: Iterable[Entity]) -> frozenset[str]:
    """The labels that are named, and all labels of an entity that is named."""
    named = set(names)
    return frozenset(
        label
        for entity in entities
        for label in entity.labels
        if entity.name in named or label in named
    )


@dataclass(frozen=True)
class Form:
    """A loop that asks for slots until all of them are filled.

    Args:
        name: The name of the form, which is also the name of its action.
        required_slots: The slots it asks for, in this order.
        ignored_intents: Intents whose messages never fill its slots.
    """

    name: str
    required_slots: tuple[str, ...] = ()
    ignored_intents: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The form as a domain of Rasa 3.x writes it."""
        body: dict[str, Any] = {"required_slots": list(self.required_slots)}
        if self.ignored_intents:
            body["ignored_intents"] = list(self.ignored_intents)
        return body


@dataclass(frozen=True)
class Response:
    """One way to say something.

    Args:
        text: The words; `{slot}` stands for the value of a slot.
        buttons: `{"title": what is read, "payload": what is sent}`, and what a channel adds to it.
        image: The address of an image.
        custom: Anything that a channel understands.
        attachment: A file, as the channel takes it.
        quick_replies: Like buttons, gone after the answer.
        elements: Cards of a carousel.
        button_type: How the buttons look.
        channel: The only channel it is meant for, None for all.
        condition: `{"type": "slot", "name": ..., "value": ...}`: the slots that must have a value.
        id: A name for this variation.
        metadata: Anything that travels with the message.

    Example:
        >>> vip = Response("Welcome back, {name}!", condition=({"name": "vip", "value": True},))
        >>> vip.holds({"vip": True}), vip.holds({})
        (True, False)
    """

    text: str | None = None
    buttons: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    image: str | None = None
    custom: Mapping[str, Any] | None = field(default=None, hash=False)
    attachment: Mapping[str, Any] | None = field(default=None, hash=False)
    quick_replies: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    elements: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    button_type: str | None = None
    channel: str | None = None
    condition: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    id: str | None = None
    metadata: Any = field(default=None, hash=False)

    def holds(self, slots: Mapping[str, Any]) -> bool:
        """Whether every slot has the value that the condition asks for.

        Args:
            slots: The value of each slot; one that is not there has the value None.
        """
        return all(
            _same(slots.get(str(part.get("name"))), part.get("value")) for part in self.condition
        )

    def as_dict(self) -> dict[str, Any]:
        """The variation as a domain writes it."""
        body: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value is not None and value != ():
                body[f.name] = [dict(part) for part in value] if isinstance(value, tuple) else value
        return body


def fitting_variations(
    variations: Iterable[Response], slots: Mapping[str, Any], channel: str | None
) -> tuple[Response, ...]:
    """The variations that may be said now, as Rasa 3.x chooses them.

    Those for the channel go before those for all channels; among equals, those with a condition go
    before those without one.

    Args:
        variations: All variations of a response.
        slots: The values of the slots, for the conditions.
        channel: Where the conversation takes place.
    """
    holding = [each for each in variations if each.holds(slots)]
    for wanted in dict.fromkeys((channel, None)):
        here = [each for each in holding if each.channel == wanted]
        chosen = [each for each in here if each.condition] or here
        if chosen:
            return tuple(chosen)
    return ()


@dataclass(frozen=True)
class SessionConfig:
    """When a conversation begins anew.

    Args:
        session_expiration_time: After how many minutes of silence; 0 means never.
        carry_over_slots: Whether the slots keep their values.
    """

    session_expiration_time: float = 60
    carry_over_slots: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The settings as a domain writes them."""
        return {
            "session_expiration_time": self.session_expiration_time,
            "carry_over_slots_to_new_session": self.carry_over_slots,
        }


def _same(value: Any, wanted: Any) -> bool:
    """Whether a slot has the value of a condition; texts are compared regardless of case."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted)
