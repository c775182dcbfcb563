"""Conditions of rules in words: what a rule says of a turn, what was there, where it failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.slots import BooleanSlot, CategoricalSlot, FloatSlot, Slot
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, State
from dialogue_nb.featurizers.differences import turn_in_words
from dialogue_nb.policies.rule_checks import short_file
from dialogue_nb.policies.rule_lookup import Condition, conditions_of
from dialogue_nb.stories.training_data import Origin

START: Final = "start of the conversation"
_LABELS: Final = {
    "prev_action": "after",
    "active_loop": "active loop",
    "start": START,
}
_NAMES: Final = {"prev_action": "previous action", "active_loop": "active loop"}


def value_in_words(what: str, value: Any, domain: Domain) -> str:
    """What a condition wants, or what was there, as people read it.

    Args:
        what: The kind of condition, see `Condition`.
        value: Its value; of slots their features.
        domain: The domain, for its slots.

    Example:
        >>> domain = Domain.from_yaml("slots: {vegan: {type: bool}}")
        >>> value_in_words("slot vegan", (1.0, 0.0), domain)
        'false'
        >>> value_in_words("active_loop", SHOULD_NOT_BE_SET, domain)
        'none'
    """
    if what == "start":
        return ""
    if value == SHOULD_NOT_BE_SET:
        return "not set" if what.startswith("slot ") else "none"
    if what == "entities":
        return ", ".join(map(str, value))
    if what.startswith("slot "):
        return _slot_in_words(domain.slot_by_name.get(what.removeprefix("slot ")), tuple(value))
    return str(value)


def _slot_in_words(slot: Slot | None, features: tuple[float, ...]) -> str:
    if not any(features):
        return "not set"
    if isinstance(slot, CategoricalSlot) and len(features) == len(slot.values):
        return "another value" if features[-1] and slot.has_other else _chosen(slot, features)
    if isinstance(slot, BooleanSlot) and len(features) == 2:
        return "true" if features[1] else "false"
    if isinstance(slot, FloatSlot) and len(features) == 2:
        return f"{slot.min_value + features[1] * (slot.max_value - slot.min_value):g}"
    if len(features) == 1 and features[0] == 1:
        return "set"
    return ", ".join(f"{number:g}" for number in features)


def _chosen(slot: CategoricalSlot, features: Sequence[float]) -> str:
    return ", ".join(str(v) for v, on in zip(slot.values, features, strict=True) if on)


def label_of(what: str) -> str:
    """What kind of condition it is, short.

    Example:
        >>> label_of("prev_action"), label_of("intent"), label_of("slot city")
        ('after', 'intent', 'slot city')
    """
    return _LABELS.get(what, what)


def said_of(state: State, domain: Domain) -> list[list[str]]:
    """What a state says, as [label, value].

    Args:
        state: A turn of a rule or of a conversation.
        domain: The domain.

    Example:
        >>> domain = Domain.from_yaml("intents: [greet]")
        >>> said_of(State("greet", prev_action="action_listen"), domain)
        [['after', 'action_listen'], ['intent', 'greet']]
    """
    return [
        [label_of(what), value_in_words(what, value, domain)]
        for what, value in conditions_of(state)
    ]


def failure_in_words(back: int, failed: Condition, there: State | None, domain: Domain) -> str:
    """Where a rule failed, and at what.

    Args:
        back: The turn, counted back: 1 is where the conversation stands.
        failed: What failed there.
        there: The conversation at that turn, None if it had not begun.
        domain: The domain.

    Example:
        >>> domain = Domain.from_yaml("intents: [greet]")
        >>> there = State("greet", prev_action="action_listen", active_loop="order_form")
        >>> loop = Condition("active_loop", SHOULD_NOT_BE_SET, "order_form")
        >>> print(failure_in_words(1, loop, there, domain))
        failed now: the active loop is 'order_form', the rule wants none
        >>> print(failure_in_words(2, Condition("intent", "bye"), None, domain))
        failed 1 turn ago: the conversation had not begun
    """
    head = f"failed {turn_in_words(-back)}:"
    if there is None:
        return f"{head} the conversation had not begun"
    what, wanted, found = failed
    if what == "start":
        return f"{head} it is not the {START}"
    if ("start", True) in conditions_of(there):
        return f"{head} it is the {START}"
    if what.startswith("slot "):
        is_ = "not set" if found is None else value_in_words(what, found, domain)
        wants = value_in_words(what, wanted, domain)
        it = "it " if wants in ("set", "not set") else ""
        return f"{head} the {what} is {is_}, the rule wants {it}{wants}"
    name, verb = _NAMES.get(what, what), "are" if what == "entities" else "is"
    is_ = f"the {name} {verb} {_quoted(what, found, domain)}"
    is_ = f"there {verb} no {name}" if found is None else is_
    return f"{head} {is_}, the rule wants {_quoted(what, wanted, domain)}"


def _quoted(what: str, value: Any, domain: Domain) -> str:
    shown = value_in_words(what, value, domain)
    return shown if value == SHOULD_NOT_BE_SET else f"'{shown}'"


def place_row(origin: Origin) -> list[Any]:
    """A place as the browser gets it: file, line, story; without the folders of this machine.

    Example:
        >>> place_row(Origin("goodbye", "/home/ann/bot/rules.yml", 7))
        ['rules.yml', 7, 'goodbye']
    """
    return [short_file(origin.file), origin.line, origin.story]


def where(place: Sequence[Any]) -> str:
    """File and line of a place; "" if they are not known.

    Args:
        place: What `place_row` made.

    Example:
        >>> where(["data/rules.yml", 7, "goodbye"]), where([None, 7, "goodbye"])
        ('data/rules.yml, line 7', 'line 7')
    """
    file, line, _ = place
    return ", ".join(filter(None, [file, f"line {line}" if line else ""]))
