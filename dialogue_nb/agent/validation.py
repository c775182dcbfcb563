"""Checking the values of slots before they count, as the helper classes of the Rasa SDK do it.

    class ValidateParcelForm(FormValidationAction):       # for the form parcel_form
        def name(self):
            return "validate_parcel_form"

        def validate_weight(self, value, dispatcher, tracker, domain):
            if value <= 50:
                return {"weight": value}
            dispatcher.utter_message(text="At most 50 kilos, please.")
            return {"weight": None}

A value that is taken back (None) is asked for again. What has no method counts as valid.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from dialogue_nb.agent.actions import Action, CollectingDispatcher
from dialogue_nb.agent.slot_extraction import VALIDATE_SLOT_MAPPINGS_NAME
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import AUTOMATIC_SLOT_NAMES, REQUESTED_SLOT
from dialogue_nb.core.events import Event, SlotSet
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.trackers import DialogueStateTracker


def slots_to_validate(tracker: DialogueStateTracker) -> dict[str, Any]:
    """The slots that were just filled: those set by the last events of a conversation.

    Args:
        tracker: The conversation as an action for validation sees it.

    Returns:
        The values by slot, in the order in which they were set.

    Example:
        >>> events = [SlotSet("name", "Ann"), SlotSet("city", "Oslo")]
        >>> slots_to_validate(DialogueStateTracker("me", events=events))
        {'name': 'Ann', 'city': 'Oslo'}
    """
    found: dict[str, Any] = {}
    for event in reversed(tracker.events):
        if not isinstance(event, SlotSet):
            break
        found.setdefault(event.key, event.value)
    return dict(reversed(found.items()))


def validators(owner: Any, prefix: str, slots: Sequence[str]) -> dict[str, Any]:
    """The methods `validate_<slot>` (or `extract_<slot>`) that an object has, by slot.

    Args:
        owner: The object.
        prefix: "validate" or "extract".
        slots: The slots; a "-" in a name is a "_" in the method's.

    Raises:
        AgentError: If one is async.
    """
    found = {slot: getattr(owner, f"{prefix}_{slot.replace('-', '_')}", None) for slot in slots}
    methods = {slot: method for slot, method in found.items() if callable(method)}
    for slot, method in methods.items():
        if inspect.iscoroutinefunction(method):
            name = f"{type(owner).__name__}.{prefix}_{slot}"
            raise AgentError(f"'{name}' is async: write an ordinary function (`def`).")
    return methods


def validated(
    owner: Any,
    candidates: Mapping[str, Any],
    dispatcher: CollectingDispatcher,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> dict[str, Any]:
    """The values after the methods `validate_<slot>` of an object have seen them.

    Args:
        owner: The object.
        candidates: The values to check, by slot.
        dispatcher: Takes what the methods say.
        tracker: The conversation; each method sees what those before it decided.
        domain: The bot's domain.

    Returns:
        The values that count, by slot: those that no method saw, and what the methods returned.

    Raises:
        AgentError: If a method returns nothing.
    """
    values = dict(candidates)
    methods = validators(owner, "validate", list(candidates))
    for slot, method in methods.items():
        result = method(values[slot], dispatcher, tracker, domain)
        values.update(_as_values(result, f"{type(owner).__name__}.validate_{slot}"))
        tracker.update_with_events(SlotSet(key, value) for key, value in values.items())
    return values


def _as_values(result: Any, name: str) -> dict[str, Any]:
    if not isinstance(result, Mapping):
        raise AgentError(
            f"{name} must return a dict of slots and their values, such as {{'city': value}} "
            f"(None: not valid, ask again), got {result!r:.60}."
        )
    return {str(key): value for key, value in result.items()}


class ValidationAction(Action):
    """Checks and finds values of slots, whatever form is active: `action_validate_slot_mappings`.

    Subclasses define `validate_<slot>(value, dispatcher, tracker, domain)` and, for slots with a
    custom mapping, `extract_<slot>(dispatcher, tracker, domain)`; both return `{slot: value}`.

    Example:
        >>> class Cities(ValidationAction):
        ...     def validate_city(self, value, dispatcher, tracker, domain):
        ...         return {"city": value.title()}
        >>> domain = Domain.from_yaml("slots: {city: {type: text, mappings: []}}")
        >>> tracker = DialogueStateTracker("me", domain.slots, [SlotSet("city", "oslo")])
        >>> [(event.key, event.value) for event in Cities().run(None, tracker, domain)]
        [('city', 'Oslo')]
    """

    def name(self) -> str:
        """The name of the action."""
        return VALIDATE_SLOT_MAPPINGS_NAME

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Finds and checks values.

        Returns:
            A `SlotSet` for every slot that was just filled or found.
        """
        wanted = list(self.required_slots(self.domain_slots(domain), dispatcher, tracker, domain))
        seen = tracker.copy()
        for slot, method in validators(self, "extract", wanted).items():
            found = _as_values(
                method(dispatcher, seen, domain), f"{type(self).__name__}.extract_{slot}"
            )
            seen.update_with_events(SlotSet(key, value) for key, value in found.items())
        candidates = {k: v for k, v in slots_to_validate(seen).items() if k in wanted}
        values = validated(self, candidates, dispatcher, seen, domain)
        return [SlotSet(slot, value) for slot, value in values.items()]

    def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> Sequence[str]:
        """The slots that are found and checked, in order; overridden where they change."""
        return domain_slots

    def domain_slots(self, domain: Domain) -> list[str]:
        """The slots that no form's condition belongs to."""
        return [
            slot.name
            for slot in domain.slots
            if slot.name not in AUTOMATIC_SLOT_NAMES
            and not any(
                condition.get("active_loop")
                for mapping in slot.mappings
                for condition in mapping.get("conditions") or ()
            )
        ]


class FormValidationAction(ValidationAction):
    """Checks what a form was told: registered as `validate_<form>`.

    A form whose `required_slots` are overridden asks for the first of them that has no value, so
    what a form asks for can depend on what was answered.
    """

    def name(self) -> str:
        """The name of the action: `validate_` and the form's."""
        raise NotImplementedError("Say which form it is for: `return 'validate_<form>'`.")

    def form_name(self) -> str:
        """The name of the form."""
        return self.name().removeprefix("validate_")

    def domain_slots(self, domain: Domain) -> list[str]:
        """The slots that the domain lists for the form."""
        return [
            slot
            for form in domain.forms
            if form.name == self.form_name()
            for slot in form.required_slots
        ]

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Finds and checks values, and says what is asked for next where that is its own choice."""
        events = super().run(dispatcher, tracker, domain)
        seen = tracker.copy()
        seen.update_with_events(events)
        listed = self.domain_slots(domain)
        required = list(self.required_slots(listed, dispatcher, seen, domain))
        if required == listed:
            return events
        missing = (slot for slot in required if seen.get_slot(slot) is None)
        return [*events, SlotSet(REQUESTED_SLOT, next(missing, None))]
