"""What every domain has without saying so, exactly as in Rasa 3.6: intents, actions, slots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from dialogue_nb.core.domain_records import Intent
from dialogue_nb.core.events import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from dialogue_nb.core.slots import AnySlot, Slot, TextSlot

DEFAULT_INTENT_NAMES: Final = (
    "restart", "back", "out_of_scope", "session_start", "nlu_fallback",
)  # fmt: skip
DEFAULT_ACTION_NAMES: Final = (
    ACTION_LISTEN_NAME,
    "action_restart",
    "action_session_start",
    "action_default_fallback",
    "action_deactivate_loop",
    "action_revert_fallback_events",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_two_stage_fallback",
    "action_unlikely_intent",
    "action_back",
    RULE_SNIPPET_ACTION_NAME,
    "action_extract_slots",
)
DEFAULT_INTENT_ACTIONS: Final = {
    "restart": "action_restart",
    "back": "action_back",
    "session_start": "action_session_start",
}
"""What a user can always ask for, and what it runs."""
REQUESTED_SLOT: Final = "requested_slot"
SESSION_METADATA_SLOT: Final = "session_started_metadata"
KNOWLEDGE_BASE_ACTION: Final = "action_query_knowledge_base"
KNOWLEDGE_BASE_SLOTS: Final = (
    "knowledge_base_listed_objects",
    "knowledge_base_last_object",
    "knowledge_base_last_object_type",
)
AUTOMATIC_SLOT_NAMES: Final = (REQUESTED_SLOT, *KNOWLEDGE_BASE_SLOTS, SESSION_METADATA_SLOT)


def with_default_intents(intents: Iterable[Intent]) -> tuple[Intent, ...]:
    """The intents and those that every bot has, sorted by name."""
    by_name = {name: Intent(name) for name in DEFAULT_INTENT_NAMES}
    by_name |= {intent.name: intent for intent in intents}
    return tuple(by_name[name] for name in sorted(by_name))


def without_default_intents(intents: Iterable[Intent]) -> list[Intent]:
    """The intents without those that `with_default_intents` adds again just as they are."""
    defaults = {Intent(name) for name in DEFAULT_INTENT_NAMES}
    return [intent for intent in intents if intent not in defaults]


def all_action_names(
    user_actions: Sequence[str],
    responses: Collection[str],
    forms: Sequence[str],
    e2e_actions: Sequence[str],
) -> tuple[str, ...]:
    """All actions in the order of Rasa 3.6; `action_listen` is always the first.

    Example:
        >>> all_action_names(["action_b"], ["utter_z", "utter_a"], ["c_form"], [])[13:]
        ('action_b', 'utter_a', 'utter_z', 'c_form')
    """
    listed = set(user_actions)
    names = [
        *DEFAULT_ACTION_NAMES,
        *user_actions,
        *sorted(name for name in responses if name not in listed),
        *(form for form in forms if form not in listed),
        *e2e_actions,
    ]
    return tuple(dict.fromkeys(names))


def with_automatic_slots(
    slots: Sequence[Slot], *, has_forms: bool, action_names: Collection[str]
) -> tuple[Slot, ...]:
    """The slots and those that come by themselves: for forms, a knowledge base, sessions."""
    automatic: list[Slot] = []
    if has_forms:
        automatic.append(TextSlot(REQUESTED_SLOT, influence_conversation=False))
    if KNOWLEDGE_BASE_ACTION in action_names:
        names = KNOWLEDGE_BASE_SLOTS
        automatic.extend(TextSlot(name, influence_conversation=False) for name in names)
    automatic.append(AnySlot(SESSION_METADATA_SLOT))
    declared = {slot.name for slot in slots}
    return (*slots, *(slot for slot in automatic if slot.name not in declared))


def without_automatic_slots(
    slots: Sequence[Slot], *, has_forms: bool, action_names: Collection[str]
) -> tuple[Slot, ...]:
    """The slots without those at the end that `with_automatic_slots` adds again as they are."""
    slots = tuple(slots)
    for kept in range(max(0, len(slots) - len(AUTOMATIC_SLOT_NAMES)), len(slots)):
        again = with_automatic_slots(slots[:kept], has_forms=has_forms, action_names=action_names)
        if again == slots:
            return slots[:kept]
    return slots
