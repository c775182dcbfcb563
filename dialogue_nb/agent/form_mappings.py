"""What a form asks for and what fills it, as far as the form itself says so (the SDK of Rasa 1.x).

In Rasa 3.x the domain says both. A form written in Python in the style of 1.x is read as if the
domain said it: each mapping counts while the form is active, and, other than `from_entity` and
`from_trigger_intent`, only when its slot is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialogue_nb.agent.slot_extraction import as_list
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_slots import form_condition
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.trackers import DialogueStateTracker

Intents = str | Sequence[str] | None


class FormMappings:
    """The part of a form that says which slots it wants and how they are filled."""

    def name(self) -> str:
        """The name of the form."""
        raise NotImplementedError

    def required_slots(self, tracker: DialogueStateTracker) -> Sequence[str]:
        """The slots to ask for, in order; overridden where the domain does not say it.

        Args:
            tracker: The conversation, since what is asked for may depend on what was answered.
        """
        return ()

    def slot_mappings(self) -> Mapping[str, Any]:
        """How slots are filled: `{slot: mapping}` or `{slot: [mapping, ...]}`.

        A mapping is made by `from_entity`, `from_intent`, `from_trigger_intent` or `from_text`. A
        required slot that is not mentioned is filled from the entity of its name, or as the domain
        says.
        """
        return {}

    def from_entity(
        self,
        entity: str,
        intent: Intents = None,
        not_intent: Intents = None,
        role: str | None = None,
        group: str | None = None,
    ) -> dict[str, Any]:
        """The value of an entity.

        Args:
            entity: The entity.
            intent: The intents for which it counts; None for all.
            not_intent: The intents for which it does not count.
            role: Its role; None for entities without one.
            group: Its group; None for entities without one.
        """
        more = {key: value for key, value in (("role", role), ("group", group)) if value}
        return _mapping("from_entity", intent, not_intent, entity=entity, **more)

    def from_intent(
        self, value: Any, intent: Intents = None, not_intent: Intents = None
    ) -> dict[str, Any]:
        """A fixed value, when the message has one of the intents."""
        return _mapping("from_intent", intent, not_intent, value=value)

    def from_trigger_intent(
        self, value: Any, intent: Intents = None, not_intent: Intents = None
    ) -> dict[str, Any]:
        """A fixed value, when the message that starts the form has one of the intents."""
        return _mapping("from_trigger_intent", intent, not_intent, value=value)

    def from_text(self, intent: Intents = None, not_intent: Intents = None) -> dict[str, Any]:
        """The whole message."""
        return _mapping("from_text", intent, not_intent)

    def slots_required(self, tracker: DialogueStateTracker, domain: Domain) -> list[str]:
        """The slots that the form itself wants, or else the domain's for it."""
        own = list(self.required_slots(tracker))
        listed = (form.required_slots for form in domain.forms if form.name == self.name())
        return own or list(next(listed, ()))

    def mappings_by_slot(self, tracker: DialogueStateTracker) -> dict[str, list[dict[str, Any]]]:
        """The form's own mappings as a domain of 3.x would write them, by slot.

        Raises:
            AgentError: If `slot_mappings` returns something else than mappings.
        """
        own = dict(self.slot_mappings())
        if not own and not self.required_slots(tracker):
            return {}
        slots = dict.fromkeys([*self.required_slots(tracker), *own])
        mappings = {slot: as_list(own.get(slot, self.from_entity(slot))) for slot in slots}
        return {
            slot: [self._conditional(slot, mapping) for mapping in several]
            for slot, several in mappings.items()
        }

    def _conditional(self, slot: str, mapping: Any) -> dict[str, Any]:
        if not isinstance(mapping, Mapping) or "type" not in mapping:
            raise AgentError(
                f"The mapping of slot '{slot}' in form '{self.name()}' must be made by "
                "from_entity, from_intent, from_trigger_intent or from_text, "
                f"got {mapping!r:.60}."
            )
        condition = form_condition(self.name(), slot, str(mapping["type"]))
        return {**mapping, "conditions": [condition]}


def _mapping(kind: str, intent: Intents, not_intent: Intents, **more: Any) -> dict[str, Any]:
    if intent and not_intent:
        raise AgentError(
            f"A mapping has an intent or a not_intent, not both: got '{intent}' and '{not_intent}'."
        )
    intents = {"intent": as_list(intent), "not_intent": as_list(not_intent)}
    return {"type": kind, **more, **{key: names for key, names in intents.items() if names}}
