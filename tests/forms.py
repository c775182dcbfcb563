"""Conversations with forms, event by event, as Rasa 3.6 writes them: a bicycle hire of our own."""

from __future__ import annotations

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker

FORM = "hire_form"
TWO_STAGE = "action_two_stage_fallback"


def listens():
    return ActionExecuted("action_listen", "RulePolicy", 1.0)


def says(intent, text=None):
    return UserUttered(text or f"/{intent}", {"name": intent, "confidence": 1.0})


def asks(slot, form=FORM):
    """The form runs and asks for a slot."""
    run = ActionExecuted(form, "RulePolicy", 1.0)
    return [run, SlotSet("requested_slot", slot), BotUttered(f"Which {slot}?"), listens()]


def begins(slot, form=FORM):
    """The form is started and asks for its first slot."""
    run, *rest = asks(slot, form)
    return [run, ActiveLoop(form), *rest]


def fills(slot, value):
    """The user says what was asked for."""
    return [says("tell", str(value)), SlotSet(slot, value)]


def is_filled(form=FORM):
    """The form runs and is done."""
    run = ActionExecuted(form, "RulePolicy", 1.0)
    return [run, SlotSet("requested_slot", None), ActiveLoop(None)]


def does(name, text=None, confidence=1.0):
    said = [BotUttered(text)] if text else []
    return [ActionExecuted(name, "RulePolicy", confidence), *said]


def refuses(form=FORM):
    return ActionExecutionRejected(form, "RulePolicy", 1.0)


def starts():
    return [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]


def talk(*parts, sender="ann"):
    """A conversation of events and lists of events."""
    events = [each for part in parts for each in (part if isinstance(part, list) else [part])]
    return DialogueStateTracker(sender, (), events)


def filled_talk():
    """A form that is begun, refuses a question, is interrupted by its answer, and is filled."""
    return talk(
        starts(), says("hire", "a bicycle, please"), begins("size"),
        fills("size", "large"), asks("days"),
        says("ask_price", "what does it cost?"), refuses(),
        does("utter_price", "Three coins a day."), asks("days"),
        fills("days", 2), is_filled(), does("utter_booked", "Two days, large."), listens(),
        says("thank"), does("utter_welcome", "You are welcome."), listens(),
    )  # fmt: skip


def open_talk():
    """A form that could not use the last message, which was taken back."""
    fallback = does("action_default_fallback", "Please say that in another way.", 0.3)
    return talk(
        starts(), says("hire"), begins("size"), fills("size", "small"), asks("days"),
        says("greet"), refuses(), fallback, UserUtteranceReverted(), listens(),
    )  # fmt: skip


def interrupted_talk():
    """A form that waits while something else answers, by a story with no form after it."""
    return talk(
        starts(), says("hire"), begins("size"),
        says("ask_price"), LoopInterrupted(True), does("utter_price", "Three coins."), listens(),
    )  # fmt: skip


def switched_talk():
    """One form after another: replaced, deactivated, restarted, cut by a new session, open."""
    long = "form_for_the_address_" + "that_is_very_" * 6 + "long"
    return talk(
        starts(), says("hire"), begins("size"),
        says("repair"), refuses(), does("action_turn_to_repairs"), ActiveLoop("repair_form"),
        asks("damage", "repair_form"),
        says("stop"), refuses("repair_form"), does("action_deactivate_loop"), ActiveLoop(None),
        SlotSet("requested_slot", None), does("utter_cancelled", "Nothing was booked."), listens(),
        says("hire"), begins("size"),
        says("restart"), does("action_restart"), Restarted(), listens(),
        says("hire"), begins("size"), starts(),
        says("move"), begins("street", long),
    )  # fmt: skip


def two_stage_talk():
    """The two-stage fallback: asks for a confirmation, for a rephrasing, and gives up."""
    run = ActionExecuted(TWO_STAGE, "RulePolicy", 1.0)
    fallback = [BotUttered("I give up, sorry."), UserUtteranceReverted()]
    return talk(
        starts(), says("nlu_fallback", "blorb"), run, ActiveLoop(TWO_STAGE),
        BotUttered("Did you mean 'repair'?"), listens(),
        says("out_of_scope", "no"), run, BotUttered("Could you rephrase?"), listens(),
        says("nlu_fallback", "blorb blorb"), run, BotUttered("Did you mean 'hire'?"), listens(),
        says("out_of_scope", "no"), run, ActiveLoop(None), fallback, listens(),
        says("greet"), does("utter_greet", "Hello!"), listens(),
    )  # fmt: skip


def long_form_talk(turns=200):
    """A form that is never filled, for so many turns."""
    parts = [starts(), says("hire"), begins("size")]
    while sum(len(part) > 2 for part in parts if isinstance(part, list)) * 2 < turns:
        parts += [says("tell"), asks("days")]
    return talk(*parts, sender="long")


def prefix(tracker, intent):
    """The conversation up to and with what came of a message."""
    events = tracker.events
    at = next(i for i, e in enumerate(events) if getattr(e, "intent_name", None) == intent)
    more = (i for i in range(at + 1, len(events)) if isinstance(events[i], UserUttered))
    return tracker.branch(next(more, len(events)))
