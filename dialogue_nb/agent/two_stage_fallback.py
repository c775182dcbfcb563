"""The two-stage fallback of Rasa 2 and later: ask what was meant, then ask to say it anew.

nlu_fallback -> "Did you mean ...?" -> yes: go on with that
-> no (out_of_scope): "Could you rephrase?" -> go on with that
-> not understood either: give up (action_default_fallback)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dialogue_nb.agent.actions import CollectingDispatcher
from dialogue_nb.agent.loops import LoopAction
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActiveLoop,
    Event,
    Restarted,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker

TWO_STAGE_FALLBACK_NAME: Final = "action_two_stage_fallback"
NOT_UNDERSTOOD: Final = "nlu_fallback"
DENIED: Final = "out_of_scope"


class TwoStageFallbackAction(LoopAction):
    """Asks for a confirmation, then for a rephrasing, then gives up."""

    def name(self) -> str:
        """The name of the action."""
        return TWO_STAGE_FALLBACK_NAME

    def do(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> Sequence[Event]:
        """Asks for the one or the other."""
        has_just_begun = any(isinstance(event, ActiveLoop) for event in events)
        not_understood = tracker.latest_message.intent_name == NOT_UNDERSTOOD
        asks_what = has_just_begun or not_understood
        ask = "action_default_ask_affirmation" if asks_what else "action_default_ask_rephrase"
        return dispatcher.run(ask, tracker)

    def is_done(
        self, tracker: DialogueStateTracker, domain: Domain, events: Sequence[Event]
    ) -> bool:
        """Whether the user has said what was meant, or has failed to do so often enough."""
        is_clear = tracker.latest_message.intent_name not in (NOT_UNDERSTOOD, DENIED)
        return is_clear or _has_failed(tracker)

    def deactivate(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> Sequence[Event]:
        """Gives up, or goes on as if the message had been understood in the first place."""
        if _has_failed(tracker):
            return dispatcher.run("action_default_fallback", tracker)
        message = tracker.latest_message
        sure = replace(message, intent={**message.intent, "confidence": 1.0}, timestamp=None)
        return [UserUtteranceReverted(), ActionExecuted(ACTION_LISTEN_NAME), sure]


def _has_failed(tracker: DialogueStateTracker) -> bool:
    twice = [NOT_UNDERSTOOD, NOT_UNDERSTOOD]
    again = [DENIED, NOT_UNDERSTOOD, DENIED]
    return _last_intents(tracker, 2) == twice or _last_intents(tracker, 3) == again


def _last_intents(tracker: DialogueStateTracker, count: int) -> list[str | None]:
    """The intents among the last messages, latest first; taking one back counts as a message."""
    spoken: list[Event] = []
    for event in reversed(tracker.events):
        if isinstance(event, Restarted) or len(spoken) == count:
            break
        if isinstance(event, (UserUttered, UserUtteranceReverted)):
            spoken.append(event)
    return [event.intent_name for event in spoken if isinstance(event, UserUttered)]
