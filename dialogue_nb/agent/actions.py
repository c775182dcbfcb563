"""What the bot can do: actions, and how a learner's own functions become actions.

An action gets the conversation and returns events; what it says goes through a dispatcher, as in
the Rasa SDK. Anything registered by name may be a function `fn(tracker, domain)`, a function
`fn(dispatcher, tracker, domain)`, an `Action` object, or an `Action` class.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from dialogue_nb.agent.responses import message_for
from dialogue_nb.agent.returned_events import returned_events
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecutionRejected, BotUttered, Event
from dialogue_nb.core.exceptions import AgentError, DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker

ActionReturn = Sequence[Event | Mapping[str, Any]] | str | None
RunOther = Callable[[str, DialogueStateTracker], tuple[Event, ...]]


class ActionExecutionRejection(DialogueError):
    """Raised by an action that refuses to run; another action is chosen instead.

    Args:
        action_name: The action that refuses.
        message: Why.
    """

    def __init__(self, action_name: str, message: str = "") -> None:
        self.action_name = action_name
        super().__init__(message or f"The action '{action_name}' refused to run.")


class CollectingDispatcher:
    """Takes what an action says.

    Args:
        tracker: The conversation, for the slots in responses.
        domain: The bot's domain, for its responses.
        rng: Chooses among the variations of a response.
        registered: A learner's own actions by name.
        run_other: Runs another action of the bot on a conversation; what it says is in the events.
    """

    def __init__(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rng: np.random.Generator,
        registered: Mapping[str, Action] = MappingProxyType({}),
        run_other: RunOther | None = None,
    ) -> None:
        self.tracker = tracker
        self.domain = domain
        self.rng = rng
        self.registered = registered
        self._run_other = run_other
        self.messages: list[dict[str, Any]] = []

    def run(self, name: str, tracker: DialogueStateTracker) -> tuple[Event, ...]:
        """Runs another action of the bot, as forms do to ask and to validate.

        Args:
            name: The action's name.
            tracker: The conversation that it is to see.

        Returns:
            What it says and what follows, in order.

        Raises:
            AgentError: If this dispatcher belongs to no bot.
            ActionExecutionRejection: If it refuses; the action that runs it then refuses too.
        """
        if self._run_other is None:
            raise AgentError(f"'{name}' cannot be run here: this dispatcher belongs to no bot.")
        return self._run_other(name, tracker)

    def utter_message(
        self,
        text: str | None = None,
        *,
        response: str | None = None,
        buttons: Sequence[Mapping[str, Any]] | None = None,
        image: str | None = None,
        json_message: Mapping[str, Any] | None = None,
        attachment: Any = None,
        **slots: Any,
    ) -> None:
        """Says something: words of its own, a response of the domain, or both in one message.

        Args:
            text: Words, said as they are.
            response: The name of a response of the domain.
            buttons: `{"title": ..., "payload": ...}` for each button.
            image: The address of a picture.
            json_message: A payload of the channel's own, `custom` in the message.
            attachment: Anything to attach.
            **slots: Values for the response's placeholders, stronger than the slots.
        """
        message: dict[str, Any] = {}
        if response is not None:
            message = self._response(response, slots)
        text = None if text is None else str(text)  # a number is what it looks like
        own = {"text": text, "image": image, "attachment": attachment}
        lists = {"buttons": buttons and [dict(b) for b in buttons], "custom": json_message}
        message |= {key: value for key, value in (own | lists).items() if value is not None}
        self.messages.append(message)

    def _response(self, name: str, slots: Mapping[str, Any]) -> dict[str, Any]:
        message = message_for(name, self.tracker, self.domain, self.rng, slots)
        if message is None:
            note = f"The domain has no response '{name}' that fits, so nothing could be said."
            return problem(note, "missing_response", name)
        return message


class Action:
    """Something the bot can do. Subclasses say their name and what they do.

    Example:
        >>> from dialogue_nb.core.events import SlotSet
        >>> class ActionCount(Action):
        ...     def name(self):
        ...         return "action_count"
        ...     def run(self, dispatcher, tracker, domain):
        ...         dispatcher.utter_message(text="One more.")
        ...         return [SlotSet("count", (tracker.get_slot("count") or 0) + 1)]
        >>> ActionCount().name()
        'action_count'
    """

    def name(self) -> str:
        """The name in the domain's list of actions."""
        raise NotImplementedError("An Action says its name: define name(self).")

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Does it.

        Args:
            dispatcher: Takes what is to be said.
            tracker: A copy of the conversation so far.
            domain: The bot's domain.

        Returns:
            The events that follow (as events or in Rasa's JSON form), None for none, or a text to
            say.

        Raises:
            ActionExecutionRejection: If the action refuses to run.
        """
        raise NotImplementedError(f"{self.name()} does nothing yet: define run(self, ...).")


class FunctionAction(Action):
    """A plain function as an action.

    Args:
        name: The action's name.
        function: `fn(tracker, domain)` or `fn(dispatcher, tracker, domain)`.

    Raises:
        AgentError: If the function takes something else, or is async.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self._name = name
        self._function = function
        self._takes_dispatcher = _positional_arguments(name, function) == 3

    def name(self) -> str:
        """The name it was registered by."""
        return self._name

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> ActionReturn:
        """Calls the function."""
        first = (dispatcher,) if self._takes_dispatcher else ()
        result: ActionReturn = self._function(*first, tracker, domain)
        return result


def as_action(name: str, thing: Any) -> Action:
    """Makes an action of what somebody registered by a name.

    Args:
        name: The action's name.
        thing: A function, an `Action` object, or an `Action` class.

    Raises:
        AgentError: If it is none of these, or if its own name is another one.

    Example:
        >>> as_action("action_hello", lambda tracker, domain: "Hello!").name()
        'action_hello'
    """
    action: Any = thing() if inspect.isclass(thing) else thing
    if callable(getattr(action, "run", None)) and callable(getattr(action, "name", None)):
        if inspect.iscoroutinefunction(action.run):
            raise AgentError(f"The action '{name}' is async: write `def run`, not `async def run`.")
        if action.name() != name:
            raise AgentError(f"The action registered as '{name}' calls itself '{action.name()}'.")
        return cast(Action, action)
    if callable(action):
        return FunctionAction(name, action)
    raise AgentError(
        f"The action '{name}' must be a function, an Action or an Action class, "
        f"got {type(thing).__name__}."
    )


def as_actions(things: Mapping[str, Any] | Iterable[Any]) -> dict[str, Action]:
    """Makes actions by name of `{name: thing}`, or of Actions, which know their names."""
    if isinstance(things, Mapping):
        return {str(name): as_action(str(name), thing) for name, thing in things.items()}
    made: list[Any] = [thing() if inspect.isclass(thing) else thing for thing in things]
    nameless = [thing for thing in made if not callable(getattr(thing, "name", None))]
    if nameless:
        raise AgentError(
            f"{nameless[0]!r} does not know its name: give actions as a dict, {{name: function}}."
        )
    return {thing.name(): as_action(thing.name(), thing) for thing in made}


def run_action(
    action: Action,
    tracker: DialogueStateTracker,
    domain: Domain,
    rng: np.random.Generator,
    additions: Iterable[Event] = (),
    registered: Mapping[str, Action] = MappingProxyType({}),
    run_other: RunOther | None = None,
    *,
    may_refuse: bool = True,
) -> tuple[Event, ...]:
    """Runs an action on a copy of the conversation; whatever it raises becomes a message.

    Args:
        action: What to do.
        tracker: The conversation; it is not changed.
        domain: The bot's domain.
        rng: Chooses among the variations of a response.
        additions: Events that the action is to see at the end of the conversation.
        registered: A learner's own actions by name.
        run_other: Runs another action of the bot on a conversation.
        may_refuse: Whether a refusal is this action's own. One that another action runs, as a form
            runs its validation, refuses for that action.

    Returns:
        What was said, then what follows. An action that fails says so, and counts as executed; an
        action that refuses gives an `ActionExecutionRejected` and nothing else.

    Raises:
        ActionExecutionRejection: If it refuses and that is not its own to say.
    """
    seen = tracker.copy()
    seen.update_with_events(additions)
    dispatcher = CollectingDispatcher(seen, domain, rng, registered, run_other)
    try:
        events = _events(action.run(dispatcher, seen, domain), dispatcher)
    except ActionExecutionRejection:
        if not may_refuse:
            raise
        return (ActionExecutionRejected(action.name()),)
    except (
        Exception
    ) as error:  # a learner's own code: any error is theirs to see, none ends the chat
        note = f"The action '{action.name()}' failed with {type(error).__name__}: {error}"
        dispatcher.messages.append(problem(note, "action_failed", action.name()))
        events = ()
    return (*(bot_event(message) for message in dispatcher.messages), *events)


def problem(text: str, kind: str, action: str) -> dict[str, Any]:
    """A message of the bot that tells a problem; `metadata` says the kind and the action."""
    return {"text": text, "metadata": {"problem": kind, "action": action}}


def problem_told(tracker: DialogueStateTracker, kind: str, action: str) -> bool:
    """Whether the bot has told a problem of that kind with that action in this conversation."""
    told = {"problem": kind, "action": action}
    said = (event for event in tracker.events if isinstance(event, BotUttered))
    return any(told.items() <= event.metadata.items() for event in said)


def bot_event(message: Mapping[str, Any]) -> BotUttered:
    """The event of a message of the bot."""
    apart = ("text", "metadata", "notes", "response")
    metadata = dict(message.get("metadata") or {})
    if "notes" in message:
        metadata["notes"] = list(message["notes"])
    if "response" in message:
        metadata["utter_action"] = message["response"]
    data = {key: value for key, value in message.items() if key not in apart}
    return BotUttered(message.get("text"), data, metadata=metadata)


def _events(returned: Any, dispatcher: CollectingDispatcher) -> tuple[Event, ...]:
    if isinstance(returned, str):
        dispatcher.utter_message(text=returned)
        return ()
    return returned_events(returned)


def _positional_arguments(name: str, function: Callable[..., Any]) -> int:
    expected = "expected fn(tracker, domain) or fn(dispatcher, tracker, domain)"
    if inspect.iscoroutinefunction(function):
        raise AgentError(f"The action '{name}' is async: {expected}, an ordinary function.")
    signature = inspect.signature(function)
    for count in (2, 3):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return count
    raise AgentError(f"The action '{name}' takes {signature}: {expected}.")
