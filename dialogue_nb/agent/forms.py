"""Forms: loops that ask for slots until all of them are filled.

    after each message:  what does it fill?  (action_extract_slots, before the form runs)
                         nothing at all      -> the form refuses, another policy answers
                         something           -> is it valid? -> ask for the next slot
    nothing left to ask: the form ends

The events and their order are those of Rasa 3.6. A form may also be written in Python as in the
SDK of Rasa 1.x, with `required_slots`, `slot_mappings`, `validate_<slot>` and `submit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialogue_nb.agent.actions import (
    ActionExecutionRejection,
    CollectingDispatcher,
    bot_event,
    problem,
    problem_told,
)
from dialogue_nb.agent.form_mappings import FormMappings
from dialogue_nb.agent.loops import LoopAction
from dialogue_nb.agent.slot_extraction import EXTRACT_SLOTS_NAME
from dialogue_nb.agent.validation import validated, validators
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import REQUESTED_SLOT
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker


class FormAction(FormMappings, LoopAction):
    """A form.

    Every form of a domain is one, without further code. Registered under the form's name, a
    subclass changes what it asks for and what it takes:

        class ParcelForm(FormAction):
            def name(self): return "parcel_form"
            def required_slots(self, tracker): return ["city", "weight"]
            def slot_mappings(self): return {"weight": self.from_entity("number")}
            def validate_weight(self, value, dispatcher, tracker, domain):
                return {"weight": value if value <= 50 else None}
            def submit(self, dispatcher, tracker, domain):
                dispatcher.utter_message(response="utter_booked")
                return []

    Args:
        name: The name of the form; a subclass may define `name` instead.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name

    def name(self) -> str:
        """The name of the form."""
        if not self._name:
            raise NotImplementedError("A form says its name: define name(self).")
        return self._name

    def submit(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> Sequence[Event] | None:
        """What is done when everything was answered; nothing, where rules or stories go on."""
        return []

    # --- the three steps of a loop

    def activate(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Takes what the message that started the form already says, and has it checked."""
        found = dispatcher.run(EXTRACT_SLOTS_NAME, tracker)
        extracted = [event for event in found if isinstance(event, SlotSet)]
        problems = [event for event in found if event.metadata.get("problem")]
        seen = tracker.copy()
        seen.update_with_events(extracted)
        required = self.slots_required(seen, domain)
        filled = {slot: seen.get_slot(slot) for slot in required if seen.get_slot(slot) is not None}
        checked = self.check_slots(filled, dispatcher, seen, domain)
        mentioned = {event.key for event in checked if isinstance(event, SlotSet)}
        unchecked = [event for event in extracted if event.key not in mentioned]
        return [*problems, *checked, *unchecked]

    def do(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> list[Event]:
        """Checks what was answered, and asks for the next slot."""
        checked: list[Event] = []
        if all(isinstance(event, ActiveLoop) for event in events):
            checked = self._validate_if_required(dispatcher, tracker, domain)
        if any(isinstance(event, ActionExecutionRejected) for event in checked):
            return checked
        return checked + self.request_next_slot(dispatcher, tracker, domain, [*events, *checked])

    def is_done(
        self, tracker: DialogueStateTracker, domain: Domain, events: Sequence[Event]
    ) -> bool:
        """Whether nothing is asked for any more, or a validation has ended the form."""
        if any(isinstance(event, ActionExecutionRejected) for event in events):
            return False
        asked = [e.value for e in events if isinstance(e, SlotSet) and e.key == REQUESTED_SLOT]
        loops = [event.name for event in events if isinstance(event, ActiveLoop)]
        return asked[-1:] == [None] or loops[-1:] == [None]

    def deactivate(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> Sequence[Event]:
        """Submits what was filled; a form that was ended before is not submitted."""
        seen = self._seen(tracker, events)
        if any(seen.get_slot(slot) is None for slot in self.slots_required(seen, domain)):
            return []
        return self.submit(dispatcher, seen, domain) or []

    # --- checking

    def validate(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Checks the slots that the last message filled.

        Raises:
            ActionExecutionRejection: If a slot was asked for and nothing was filled: then another
                action may answer.
        """
        required = self.slots_required(tracker, domain)
        asked = self.slot_to_fill(tracker)
        extracted = {
            event.key: event.value
            for event in _set_since_last_message(tracker)
            if event.key in required or event.key == asked
        }
        checked = self.check_slots(extracted, dispatcher, tracker, domain)
        was_filled = any(isinstance(e, SlotSet) and e.key != REQUESTED_SLOT for e in checked)
        was_rejected = any(isinstance(event, ActionExecutionRejected) for event in checked)
        if asked and not extracted and not was_filled and not was_rejected:
            why = f"The last message does not fill the slot '{asked}' that '{self.name()}' asks for"
            raise ActionExecutionRejection(self.name(), f"{why}.")
        return checked

    def check_slots(
        self,
        candidates: Mapping[str, Any],
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """What the action `validate_<form>`, or else the form's own methods, say of values.

        Args:
            candidates: The values by slot.
            dispatcher: Runs the action.
            tracker: The conversation; the action sees it with the candidates as the last events.
            domain: The bot's domain.

        Returns:
            What was decided; nothing where nobody validates, since the slots are set already.
        """
        seen = self._seen(tracker, [SlotSet(slot, value) for slot, value in candidates.items()])
        name = f"validate_{self.name()}"
        is_registered = name in dispatcher.registered
        is_listed = name in domain.action_names
        if is_registered or (is_listed and not problem_told(tracker, "not_registered", name)):
            return list(dispatcher.run(name, seen))
        if not validators(self, "validate", list(candidates)):
            return []
        before = len(dispatcher.messages)
        values = validated(self, candidates, dispatcher, seen, domain)
        said = [bot_event(message) for message in dispatcher.messages[before:]]
        del dispatcher.messages[before:]
        return [*said, *(SlotSet(slot, value) for slot, value in values.items())]

    def _validate_if_required(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Back from a detour there is nothing new to check, but what is asked for may change."""
        loop = tracker.active_loop
        after_message = tracker.latest_action_name == ACTION_LISTEN_NAME
        if loop is None or (after_message and not loop.is_interrupted):
            return self.validate(dispatcher, tracker, domain)
        return self.check_slots({}, dispatcher, tracker, domain)

    # --- asking

    def request_next_slot(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> list[Event]:
        """Asks for the next slot that has no value, or for the one that the validation wants.

        Returns:
            The slot that is asked for, None where none is left, and the question.
        """
        if self.is_done(tracker, domain, events):
            return [SlotSet(REQUESTED_SLOT, None)]
        seen = self._seen(tracker, events)
        wanted = (e.value for e in events if isinstance(e, SlotSet) and e.key == REQUESTED_SLOT)
        chosen = next(wanted, None)
        if chosen:
            return self._ask(str(chosen), dispatcher, seen, domain, events)
        required = self.slots_required(seen, domain)
        slot = next((slot for slot in required if seen.get_slot(slot) is None), None)
        request = SlotSet(REQUESTED_SLOT, slot)
        return [request, *(self._ask(slot, dispatcher, seen, domain, events) if slot else ())]

    def _ask(
        self,
        slot: str,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> list[Event]:
        form = self.name()
        about = (f"{form}_{slot}", slot)
        names = [f"{kind}_ask_{what}" for what in about for kind in ("action", "utter")]
        known = {*domain.action_names, *dispatcher.registered}
        name = next((name for name in names if name in known), None)
        if name is not None:
            return list(dispatcher.run(name, tracker))
        if any(isinstance(event, BotUttered) for event in events):
            return []  # a validation has asked in its own words
        note = (
            f"The form '{form}' waits for '{slot}' but has no question for it: "
            f"add a response 'utter_ask_{slot}' to the domain."
        )
        return [bot_event(problem(note, "missing_response", names[-1]))]

    def slot_to_fill(self, tracker: DialogueStateTracker) -> str | None:
        """The slot that the form has asked for; None where another form was active."""
        if tracker.active_loop_name != self.name():
            return None
        slot: str | None = tracker.get_slot(REQUESTED_SLOT)
        return slot

    def _seen(self, tracker: DialogueStateTracker, events: Sequence[Event]) -> DialogueStateTracker:
        """The conversation as actions that a form runs see it: with what the form has done."""
        seen = tracker.copy()
        seen.update(SlotSet(REQUESTED_SLOT, self.slot_to_fill(tracker)))
        seen.update(ActionExecuted(self.name()))
        seen.update_with_events(events)
        return seen


def _set_since_last_message(tracker: DialogueStateTracker) -> list[SlotSet]:
    """The slots that were set since the message that is the last one now."""
    last = tracker.latest_message
    found: list[SlotSet] = []
    for event in reversed(tracker.events):
        if isinstance(event, SlotSet):
            found.append(event)
        is_last = isinstance(event, UserUttered) and (event.text, event.intent) == (
            last.text,
            last.intent,
        )
        if is_last or isinstance(event, Restarted):
            break
    return found[::-1]
