"""Where a conversation stands, and what each event does to that.

`advance` is the only place where an event has an effect, and it makes a new situation instead of
changing one. Behaviour follows Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    EntitiesAdded,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceFeaturization,
    UserUttered,
)

NO_MESSAGE: Final = UserUttered()


class LoopState(NamedTuple):
    """The active loop (form).

    Args:
        name: Its name.
        rejected: Whether it refused to handle the last message.
        is_interrupted: Whether something else answered the last message.
        trigger_message: The message that started it.
    """

    name: str
    rejected: bool = False
    is_interrupted: bool = False
    trigger_message: UserUttered | None = None


class Situation(NamedTuple):
    """Where a conversation stands.

    Args:
        slots: All slot values by name.
        latest_message: The last user message, an empty one before the first.
        latest_action: The last action, None before the first.
        latest_bot_utterance: The last thing the bot said, None before the first.
        followup_action: The action that is to be run next whatever the policies say.
        is_paused: Whether the bot keeps silent.
        active_loop: The active loop, None when there is none.
        slots_set: Names of the slots that anything ever set (initial values do not count).
        reads_text: Whether the last message was read as text (True), as an intent (False), or
            whether nobody said (None).
    """

    slots: Mapping[str, Any] = MappingProxyType({})
    latest_message: UserUttered = NO_MESSAGE
    latest_action: ActionExecuted | None = None
    latest_bot_utterance: BotUttered | None = None
    followup_action: str | None = ACTION_LISTEN_NAME
    is_paused: bool = False
    active_loop: LoopState | None = None
    slots_set: frozenset[str] = frozenset()
    reads_text: bool | None = None


def advance(  # noqa: C901  # one line for each kind of event reads best
    situation: Situation, event: Event, start: Situation
) -> Situation:
    """The situation after an event.

    Args:
        situation: The situation before it.
        event: What happens. A revert has no effect here: it changes which events are applied.
        start: The situation at the start of a conversation (for restarts and slot resets).

    Returns:
        A new situation; the given one is not changed.

    Example:
        >>> after = advance(Situation(), SlotSet("city", "Oslo"), Situation())
        >>> after.slots["city"]
        'Oslo'
    """
    match event:
        case ActionExecuted():
            return _after_action(situation, event)
        case UserUttered():
            return situation._replace(latest_message=event, followup_action=None, reads_text=None)
        case SlotSet(key=key, value=value):
            return situation._replace(
                slots={**situation.slots, key: value},
                slots_set=situation.slots_set | {key},
            )
        case BotUttered():
            return situation._replace(latest_bot_utterance=event)
        case Restarted():
            return start._replace(followup_action=ACTION_SESSION_START_NAME)
        case SessionStarted():
            return start
        case AllSlotsReset():
            return situation._replace(slots=start.slots, slots_set=start.slots_set)
        case ActiveLoop() | LoopInterrupted():
            return situation._replace(active_loop=_loop_after(situation, event))
        case ActionExecutionRejected():
            return _after_refusal(situation, event)
        case FollowupAction(name=name):
            return situation._replace(followup_action=name)
        case ConversationPaused() | ConversationResumed():
            return situation._replace(is_paused=isinstance(event, ConversationPaused))
        case UserUtteranceFeaturization(use_text_for_featurization=text):
            return situation._replace(reads_text=text)
        case EntitiesAdded(entities=entities):
            message = situation.latest_message
            longer = replace(message, entities=(*message.entities, *entities))
            return situation._replace(latest_message=longer)
        case _:
            return situation


def own_copy(value: Any) -> Any:
    """A slot's value for somebody who may change it: lists and dicts belong to events.

    Example:
        >>> listed = ["cheese"]
        >>> own_copy(listed).append("ham")
        >>> listed
        ['cheese']
    """
    return deepcopy(value) if isinstance(value, (list, dict)) else value


def _after_action(situation: Situation, event: ActionExecuted) -> Situation:
    loop = situation.active_loop
    if loop is not None:
        rejected = loop.rejected and event.action_name != loop.name
        loop = loop._replace(is_interrupted=False, rejected=rejected)
    return situation._replace(latest_action=event, followup_action=None, active_loop=loop)


def _after_refusal(situation: Situation, event: ActionExecutionRejected) -> Situation:
    """A follow-up that refuses has had its chance."""
    follows = situation.followup_action
    loop = _loop_after(situation, event)
    return situation._replace(
        active_loop=loop, followup_action=None if follows == event.name else follows
    )


def _loop_after(situation: Situation, event: Event) -> LoopState | None:
    loop = situation.active_loop
    match event:
        case ActiveLoop(name=None):
            return None
        case ActiveLoop(name=str(name)):
            return LoopState(name, trigger_message=situation.latest_message)
        case LoopInterrupted(is_interrupted=interrupted) if loop is not None:
            return loop._replace(is_interrupted=interrupted)
        case ActionExecutionRejected(name=name) if loop is not None and loop.name == name:
            return loop._replace(rejected=True)
        case _:
            return loop
