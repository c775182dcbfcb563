"""Loops: actions that stay in charge for several messages.

A loop is started by being run, does its step, and is run again after each message until it is done:

    run = (activate) -> is it done? -> do -> is it done? -> (deactivate)

Forms are loops that ask for slots (`forms.py`); the two-stage fallback is another
(`two_stage_fallback.py`). The events are those of Rasa 3.6, in its order.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialogue_nb.agent.actions import Action, CollectingDispatcher
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActiveLoop, Event
from dialogue_nb.core.trackers import DialogueStateTracker


class LoopAction(Action):
    """An action that stays in charge until it is done.

    A loop of your own says its `name`, what it does (`do`) and when it is over (`is_done`).

    Example:
        >>> import numpy as np
        >>> from dialogue_nb.core.events import UserUttered
        >>> class Quiz(LoopAction):
        ...     def name(self):
        ...         return "quiz"
        ...     def do(self, dispatcher, tracker, domain, events):
        ...         dispatcher.utter_message(text="What is seven times eight?")
        ...         return []
        ...     def is_done(self, tracker, domain, events):
        ...         return tracker.latest_message.text == "56"
        >>> asked = DialogueStateTracker("me", events=[UserUttered("quiz me")])
        >>> domain = Domain.from_yaml("actions: [quiz]")
        >>> dispatcher = CollectingDispatcher(asked, domain, np.random.default_rng(1))
        >>> [event.name for event in Quiz().run(dispatcher, asked, domain)]
        ['quiz']
        >>> asked.update_with_events([ActiveLoop("quiz"), UserUttered("56")])
        >>> [event.name for event in Quiz().run(dispatcher, asked, domain)]
        [None]
    """

    def run(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """Starts the loop or goes on with it.

        Returns:
            What happens: `ActiveLoop(name)` where it starts, `ActiveLoop(None)` where it ends.
        """
        events: list[Event] = []
        if tracker.active_loop_name != self.name():
            events.append(ActiveLoop(self.name()))
            started = tracker.copy()
            started.update_with_events(events)
            events += self.activate(dispatcher, started, domain)
        if not self.is_done(tracker, domain, events):
            events += self.do(dispatcher, tracker, domain, events)
        if self.is_done(tracker, domain, events):
            events.append(ActiveLoop(None))
            events += self.deactivate(dispatcher, tracker, domain, events)
        return events

    def activate(
        self, dispatcher: CollectingDispatcher, tracker: DialogueStateTracker, domain: Domain
    ) -> Sequence[Event]:
        """What happens when the loop starts; the tracker already knows that it is active."""
        return []

    def do(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> Sequence[Event]:
        """One step of the loop.

        Args:
            dispatcher: Takes what is to be said.
            tracker: The conversation as it was when the loop was run.
            domain: The bot's domain.
            events: What the loop has done in this run so far.

        Returns:
            What happens further.
        """
        raise NotImplementedError(f"The loop '{self.name()}' has nothing to do: define do(...).")

    def is_done(
        self, tracker: DialogueStateTracker, domain: Domain, events: Sequence[Event]
    ) -> bool:
        """Whether the loop is over.

        Args:
            tracker: The conversation as it was when the loop was run.
            domain: The bot's domain.
            events: What the loop has done in this run so far.
        """
        raise NotImplementedError(f"The loop '{self.name()}' has no end: define is_done(...).")

    def deactivate(
        self,
        dispatcher: CollectingDispatcher,
        tracker: DialogueStateTracker,
        domain: Domain,
        events: Sequence[Event],
    ) -> Sequence[Event]:
        """What happens when the loop ends."""
        return []
