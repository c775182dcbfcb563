"""A library's desk with the policies of old bots, for tests of fallbacks, mapping and forms."""

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories

DESK = Domain.from_yaml(
    """
intents:
- greet
- lend
- name_title
- nonsense
- ask_hours: {triggers: utter_hours}
- ask_clerk: {triggers: action_call_clerk}
actions: [action_call_clerk, utter_hello, utter_hours, utter_what, utter_lent]
forms:
  lend_form: {required_slots: []}
"""
)
LISTEN = ActionExecuted("action_listen")
FORM = ActionExecuted("lend_form")
IN_FORM = ActiveLoop("lend_form")
REFUSED = ActionExecutionRejected("lend_form")
LENDING = (LISTEN, UserUttered.of("lend"), FORM, IN_FORM, LISTEN)
TAKEN_BACK = UserUtteranceReverted()


def did(*names, policy=None):
    """Actions, in order."""
    return tuple(ActionExecuted(name, policy=policy) for name in names)


def said(intent, confidence=1.0, *rivals):
    """A listen and a message, with what else it may have been as (intent, confidence)."""
    ranking = [(intent, confidence), *rivals]
    ranked = tuple({"name": name, "confidence": number} for name, number in ranking)
    return LISTEN, UserUttered("...", ranked[0], intent_ranking=ranked)


def talk(*events, domain=DESK):
    """A conversation that has seen the events."""
    return DialogueStateTracker("ann", domain.slots, events)


def stories(text, domain=DESK):
    """Training dialogues of stories."""
    read, found = parse_stories(text)
    assert not found, found
    return generate(read, domain)
