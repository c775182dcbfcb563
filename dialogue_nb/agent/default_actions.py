"""The actions every bot has, and finding and running the action that belongs to a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from dialogue_nb.agent.actions import (
    Action,
    ActionReturn,
    CollectingDispatcher,
    problem,
    run_action,
)
from dialogue_nb.agent.forms import FormAction
from dialogue_nb.agent.slot_extraction import VALIDATE_SLOT_MAPPINGS_NAME, ActionExtractSlots
from dialogue_nb.agent.two_stage_fallback import TwoStageFallbackAction
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker

ACTION_RESTART_NAME: Final = "action_restart"
ACTION_DEFAULT_FALLBACK_NAME: Final = "action_default_fallback"
ACTION_BACK_NAME: Final = "action_back"
ASK_AFFIRMATION_NAME: Final = "action_default_ask_affirmation"
ASK_REPHRASE_NAME: Final = "action_default_ask_rephrase"


class _Named(Action):
    """An action whose name is an attribute; says a response, when the domain has it."""

    own_name = ""
    response: str | None = None

    def name(self) -> str:
        return self.own_name

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        if self.response is not None and domain.responses.get(self.response):
            dispatcher.utter_message(response=self.response)
        return self.events(tracker, domain)

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        return []


class ActionListen(_Named):
    """Waits for the next message."""

    own_name = ACTION_LISTEN_NAME


class ActionUnlikelyIntent(_Named):
    """Marks a message that was not expected here."""

    own_name = "action_unlikely_intent"


class ActionRuleSnippet(_Named):
    """Stands in rules for whatever came before; it does nothing."""

    own_name = RULE_SNIPPET_ACTION_NAME


class ActionRestart(_Named):
    """Starts the conversation afresh."""

    own_name = ACTION_RESTART_NAME
    response = "utter_restart"

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """The restart; what follows is that a session starts."""
        return [Restarted()]


class ActionSessionStart(_Named):
    """Begins a session, with the slots of the last one when the domain wants them carried over."""

    own_name = ACTION_SESSION_START_NAME

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """The start of the session, the slots carried over, and that the bot listens."""
        carried: list[Event] = []
        if domain.session_config.carry_over_slots:
            before = (e for e in tracker.applied_events() if isinstance(e, SlotSet))
            carried = [SlotSet(event.key, event.value) for event in before]
        return [SessionStarted(), *carried, ActionExecuted(ACTION_LISTEN_NAME)]


class ActionDefaultFallback(_Named):
    """Says that it did not understand, and forgets the message."""

    own_name = ACTION_DEFAULT_FALLBACK_NAME
    response = "utter_default"

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """The message is taken back."""
        return [UserUtteranceReverted()]


class ActionBack(_Named):
    """Goes back to before the last message: takes back the `/back` and the message before it."""

    own_name = ACTION_BACK_NAME
    response = "utter_back"

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """Both messages are taken back."""
        return [UserUtteranceReverted(), UserUtteranceReverted()]


class ActionDeactivateLoop(_Named):
    """Ends the active form."""

    own_name = "action_deactivate_loop"

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """The loop is over and no slot is asked for any more."""
        return [ActiveLoop(None), SlotSet("requested_slot", None)]


class ActionDefaultAskAffirmation(_Named):
    """Asks whether the intent was understood rightly."""

    own_name = ASK_AFFIRMATION_NAME

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Asks, with a button for yes and one for no."""
        message = tracker.latest_message
        intent = message.intent_name
        if intent == "nlu_fallback" and len(message.intent_ranking) > 1:
            intent = message.intent_ranking[1].get("name")
        yes = {"title": "Yes", "payload": f"/{intent}"}
        no = {"title": "No", "payload": "/out_of_scope"}
        dispatcher.utter_message(text=f"Did you mean '{intent}'?", buttons=[yes, no])
        return None


class ActionDefaultAskRephrase(_Named):
    """Asks to say it in other words."""

    own_name = ASK_REPHRASE_NAME
    response = "utter_ask_rephrase"


class ActionRevertFallbackEvents(_Named):
    """Takes back what asking for a confirmation or a rephrasing has added."""

    own_name = "action_revert_fallback_events"

    def events(self, tracker: DialogueStateTracker, domain: Domain) -> list[Event]:
        """The messages of the detour are taken back; the last one is said anew."""
        message = tracker.latest_message
        listen = ActionExecuted(ACTION_LISTEN_NAME)
        if tracker.last_executed_action_has(ASK_REPHRASE_NAME):
            return [*_rewinds(3), listen, _again(message)]
        if tracker.last_executed_action_has(ASK_AFFIRMATION_NAME):
            rephrased = tracker.last_executed_action_has(ASK_REPHRASE_NAME, skip=1)
            before = [*_rewinds(3), listen] if rephrased else []
            sure = replace(_again(message), intent={**message.intent, "confidence": 1.0})
            return [*_rewinds(2), listen, *before, sure]
        return []


class ActionUtter(_Named):
    """Says a response of the domain, or a text of an end-to-end story as it is."""

    def __init__(self, name: str) -> None:
        self.own_name = name

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Says it."""
        if self.own_name in domain.e2e_actions:
            dispatcher.utter_message(text=self.own_name)
        else:
            dispatcher.utter_message(response=self.own_name)
        return None


class ActionNotRegistered(_Named):
    """Stands for an action that nobody registered: says so, and does nothing."""

    def __init__(self, name: str, what: str) -> None:
        self.own_name = name
        self.what = what

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Says what is missing."""
        dispatcher.messages.append(problem(self.what, "not_registered", self.own_name))
        return None


DEFAULT_ACTIONS: Final[Mapping[str, Action]] = {
    action.name(): action
    for action in (
        ActionListen(), ActionRestart(), ActionSessionStart(), ActionDefaultFallback(),
        ActionDeactivateLoop(), ActionRevertFallbackEvents(), ActionDefaultAskAffirmation(),
        ActionDefaultAskRephrase(), ActionUnlikelyIntent(), ActionBack(), ActionRuleSnippet(),
        ActionExtractSlots(), TwoStageFallbackAction(),
    )
}  # fmt: skip


def action_for_name(name: str, domain: Domain, registered: Mapping[str, Action]) -> Action:
    """The action that belongs to a name.

    Args:
        name: One of `domain.action_names`.
        domain: The bot's domain.
        registered: A learner's own actions by name; they come first, also before default ones.

    Returns:
        The registered action, else the default one, else one that says the response of that name,
        else one that says that nobody registered it.

    Raises:
        UnknownNameError: If the domain has no such action and nobody registered it.
    """
    if name in registered:
        return registered[name]
    check_action_name(name, domain)
    if name in DEFAULT_ACTIONS:
        return DEFAULT_ACTIONS[name]
    if name.startswith("utter_") or name in domain.e2e_actions:
        return ActionUtter(name)
    if name in domain.form_names:
        return FormAction(name)
    return ActionNotRegistered(
        name,
        f"The action '{name}' is not registered, so nothing was done. "
        f"Register it: @agent.action('{name}') above a function of (tracker, domain).",
    )


def check_action_name(name: str, domain: Domain) -> None:
    """Raises if nothing would ever run an action of that name.

    Besides the domain's actions these are what forms and slots run: `validate_<form>`,
    `action_ask_<slot>`, `action_ask_<form>_<slot>`, `action_validate_slot_mappings`, and the
    actions of custom mappings.

    Raises:
        UnknownNameError: It names actions that look like it.
    """
    custom = {mapping.get("action") for slot in domain.slots for mapping in slot.mappings}
    helpers = {f"validate_{form}" for form in domain.form_names} | {VALIDATE_SLOT_MAPPINGS_NAME}
    asks = {f"action_ask_{slot.name}" for slot in domain.slots}
    for form in domain.forms:
        asks |= {f"action_ask_{form.name}_{slot}" for slot in form.required_slots}
    if name not in custom | helpers | asks:
        domain.index_for_action(name)


def run_by_name(
    name: str,
    tracker: DialogueStateTracker,
    domain: Domain,
    registered: Mapping[str, Action],
    rng: np.random.Generator,
    additions: Iterable[Event] = (),
    *,
    may_refuse: bool = True,
) -> tuple[Event, ...]:
    """Finds an action and runs it on a copy of the conversation; it may run others.

    Args:
        name: The action's name.
        tracker: The conversation; it is not changed.
        domain: The bot's domain.
        registered: A learner's own actions by name.
        rng: Chooses among the variations of a response.
        additions: Events that the action is to see at the end of the conversation.
        may_refuse: Whether a refusal is its own, as in `run_action`.

    Returns:
        What was said and what follows, as `run_action` gives it.
    """

    def run_other(other: str, seen: DialogueStateTracker) -> tuple[Event, ...]:
        return run_by_name(other, seen, domain, registered, rng, may_refuse=False)

    action = action_for_name(name, domain, registered)
    more = (additions, registered, run_other)
    return run_action(action, tracker, domain, rng, *more, may_refuse=may_refuse)


def _rewinds(count: int) -> list[Event]:
    return [UserUtteranceReverted() for _ in range(count)]


def _again(message: UserUttered) -> UserUttered:
    return replace(message, timestamp=None)
