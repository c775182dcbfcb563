"""`ChatPane`: talk to a bot in a cell, and see who decided what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Self

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.cell_project import moved
from dialogue_nb.agent.default_actions import ACTION_RESTART_NAME
from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.events import UserUttered
from dialogue_nb.core.exceptions import AgentError, DialogueError, UnknownNameError
from dialogue_nb.core.listeners import listen
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.from_conversation import story_of
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.writer import write_stories
from dialogue_nb.views.chat_pane import (
    answering_turn,
    chat_pane_html,
    chat_pane_text,
    chat_pane_view,
    last_exchange,
    without_kernel,
)
from dialogue_nb.views.completions import UnreadMessageError, check_readable, completions, starters
from dialogue_nb.views.html import Html
from dialogue_nb.views.turns import fork_at
from dialogue_nb.widgets.base import View, read_static
from dialogue_nb.widgets.messages import sendable
from dialogue_nb.widgets.offline import OfflinePart
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline

MAIN: Final = "the conversation"
"""What the conversation is called that the forks come from."""

_INTENTS_NAMED: Final = 3
NOT_TRAINED: Final = "The bot has not learnt anything yet. Train it first, then talk to it."
_FORMATS: Final = ("markdown", "yaml")


class ChatPane(View):
    r"""A conversation with a bot: talk, take back, fork, begin anew, save it as a story.

    A turn is selected with a click or the arrow keys; `selection` is then `{"turn": n, "branch":
    0}`. The conversation is the agent's own, `agent.tracker(sender_id)`: what is said elsewhere
    appears after `refresh()`.

    Args:
        agent: The bot, trained.
        sender_id: Who talks to it.
        key: See `View`.

    Attributes:
        conversations: The conversation and its forks by name.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [hi], responses: {utter_hi: [{text: Hello!}]}}")
        >>> agent = Agent(domain, policies=[MemoizationPolicy()])
        >>> stories, _ = parse_stories("## hello\n* hi\n- utter_hi")
        >>> chat = ChatPane(agent.train(agent.load_data(stories)))
        >>> [message["text"] for message in chat.say("/hi")]
        ['Hello!']
        >>> print(chat.story())
        ## chat: hi
        * hi
            - utter_hi
        <BLANKLINE>
        >>> chat.close()
    """

    _esm = read_static("shared.js", "chat_pane.js")
    _css = read_static("shared.css", "chat_pane.css")

    vocabulary = traitlets.Dict().tag(sync=True)

    def __init__(self, agent: Agent, sender_id: str = "default", *, key: str | None = None) -> None:
        super().__init__(key=key)
        self._agent = agent
        self.sender_id = sender_id
        self._told: list[Callable[[DialogueStateTracker], Any]] = []
        self._saved: list[Callable[[str, StoryFormat], Any]] = []
        self._name = MAIN
        self.conversations: dict[str, DialogueStateTracker] = {MAIN: self.tracker}
        self.vocabulary = completions(agent.domain)
        self._show()

    @classmethod
    def of_agent(cls, agent: Agent, sender_id: str = "default", **options: Any) -> Self:
        """The same as `ChatPane(agent, sender_id)`; all views of conversations have it.

        Args:
            agent: The agent, trained.
            sender_id: Who talks to it.
            **options: As for `ChatPane`.
        """
        return cls(agent, sender_id, **options)

    @property
    def agent(self) -> Agent:
        """The bot. Another one, trained anew perhaps, goes on with the conversation as it is."""
        return self._agent

    @agent.setter
    def agent(self, agent: Agent) -> None:
        with self.lock, self.hold_sync():
            talks = {name: moved(talk, agent) for name, talk in self._talks().items()}
            if agent is not self._agent and self._agent.tracker_store.store is None:
                for sender, talk in self._agent.tracker_store.items():
                    agent.tracker_store[sender] = moved(talk, agent)
            self._agent, self.conversations = agent, talks
            agent.tracker_store[self.sender_id] = talks[self._name]
            self.vocabulary = completions(agent.domain)
            self.refresh()

    @property
    def tracker(self) -> DialogueStateTracker:
        """The conversation. Setting another one forgets the forks."""
        return self._agent.tracker(self.sender_id)

    @tracker.setter
    def tracker(self, tracker: DialogueStateTracker) -> None:
        with self.lock:
            self._name, self.conversations = MAIN, {MAIN: tracker}
            self._put(tracker)

    @property
    def others(self) -> dict[str, DialogueStateTracker]:
        """The conversations that one can go on with instead: the forks, what was forked."""
        return {name: talk for name, talk in self.conversations.items() if name != self._name}

    def refresh(self) -> None:
        """Looks at the conversation anew, after something was said elsewhere."""
        with self.lock:
            self._agent.tracker_store.refresh(self.sender_id)
            others = list(self.others)
            self.view = chat_pane_view(
                self.tracker,
                starters=starters(self._agent.domain),
                name=self._name if others else "",
                names=others,
                where=self._agent.tracker_store.where,
            )

    # --- what a person does ---------------------------------------------------------------------

    def say(self, text: str, *, anyway: bool = False) -> list[dict[str, Any]]:
        """Says something to the bot.

        Args:
            text: The message.
            anyway: Whether a message that cannot be read goes to the bot nevertheless.

        Returns:
            The bot's messages, `{"recipient_id", "text", ...}`.

        Raises:
            UnreadMessageError: If the bot has no language understanding and the message is not
                like `/intent` or `/intent{"entity": "value"}`; nothing was said then.
            AgentError: If the agent is not trained.
        """
        with self.lock:
            self._agent.check_trained()
            if not anyway:
                check_readable(text, self._agent)
            try:
                return self._agent.handle_text(text, self.sender_id)
            finally:  # also what led to an error is to be seen
                self._changed()

    def undo(self) -> str:
        """Takes the last message back, with everything that came of it.

        Returns:
            The message; "" for a restart.

        Raises:
            AgentError: If nothing was said.
        """
        with self.lock:
            events = self._agent.tracker_store.refresh(self.sender_id).events
            place = last_exchange(events)
            if place is None:
                raise AgentError("There is nothing to undo: nobody has said anything yet.")
            self._put(self.tracker.branch(place))
            return str(getattr(events[place], "text", None) or "")

    def restart(self) -> None:
        """Begins the conversation anew; what was said before stays to be seen, and to be undone."""
        with self.lock:
            self._agent.processor.execute_action(self.sender_id, ACTION_RESTART_NAME)
            self._changed()

    def reopen(self, sender_id: str) -> DialogueStateTracker:
        """Goes on in the conversation of somebody else, or begins one with them; forks are left.

        Args:
            sender_id: Whose conversation it is.
        """
        with self.lock:
            self.sender_id = sender_id
            self._name, self.conversations = MAIN, {MAIN: self.tracker}
            self._changed()
            return self.tracker

    def fork(self, turn: int) -> DialogueStateTracker:
        """Goes on from before a turn; the conversation as it is stays in `conversations`.

        Args:
            turn: The turn; what came before it is shared.

        Returns:
            The fork, which is what one talks in from now on.

        Raises:
            UnknownNameError: If there is no such turn.
        """
        with self.lock:
            forked = fork_at(self.tracker, turn)
            self.conversations = self._talks()
            self._name = f"fork {len(self.conversations)}, turn {turn}"
            self.conversations[self._name] = forked
            self._put(forked)
            return forked

    def switch(self, name: str) -> None:
        """Goes on in another conversation.

        Args:
            name: Its name, one of `conversations`.

        Raises:
            UnknownNameError: If there is no such conversation.
        """
        with self.lock:
            if name not in self.conversations:
                known = listing(self.conversations)
                raise UnknownNameError(f"Expected one of {known}, got '{name}'.")
            self.conversations = self._talks()
            self._name = name
            self._put(self.conversations[name])

    def story(self, format: StoryFormat = "markdown", name: str | None = None) -> str:
        """The conversation as a story, to learn from.

        Args:
            format: "markdown" or "yaml".
            name: The name of the story; default one that says what it is about.

        Raises:
            DialogueError: If there is no such format.
        """
        return self._written(format, name)[0]

    def on_message(self, callback: Callable[[DialogueStateTracker], Any]) -> Callable[[], None]:
        """Calls a function with the conversation after each change of it.

        Args:
            callback: The function; its errors are shown in the pane.

        Returns:
            A function that ends it.
        """
        return listen(self._told, callback)

    def on_save(self, callback: Callable[[str, StoryFormat], Any]) -> Callable[[], None]:
        """Calls a function with a story's text and format when "Save as story" is pressed.

        Args:
            callback: The function; its errors are shown in the pane.

        Returns:
            A function that ends it.
        """
        return listen(self._saved, callback)

    # --- messages -------------------------------------------------------------------------------

    def answer_say(self, text: str, anyway: bool = False) -> dict[str, Any] | None:
        """The browser says something; what cannot be read is answered with a hint."""
        if not self._agent.is_trained:
            return {"hint": NOT_TRAINED}
        try:
            self.say(text, anyway=anyway)
        except UnreadMessageError as hint:
            return {"hint": str(hint), "suggestions": hint.suggestions}
        return None

    def answer_undo(self) -> dict[str, Any]:
        """The browser takes the last message back."""
        return {"text": self.undo()}

    def answer_restart(self) -> None:
        """The browser begins anew."""
        self.restart()

    def answer_fork(self, turn: int) -> None:
        """The browser forks."""
        self.fork(turn)

    def answer_switch(self, name: str) -> None:
        """The browser goes to another conversation."""
        self.switch(name)

    def answer_save(self, format: StoryFormat) -> dict[str, Any]:
        """The conversation is to be saved as a story; the browser shows it too."""
        text, problems = self._written(format, None)
        for callback in list(self._saved):
            callback(text, format)
        said = "Saved." if self._saved else "The conversation as a story, to copy:"
        return {"text": text, "said": " ".join([said, *(each.message for each in problems)])}

    # --- inside ---------------------------------------------------------------------------------

    def _written(self, format: StoryFormat, name: str | None) -> tuple[str, list[Diagnostic]]:
        if format not in _FORMATS:
            raise DialogueError(f"Expected a format ({listing(_FORMATS)}), got {format!r}.")
        story = story_of(self.tracker.events, name or _story_name(self.tracker))
        return write_stories([story], format)

    def _talks(self) -> dict[str, DialogueStateTracker]:
        """The conversations, the current one as it is now."""
        return self.conversations | {self._name: self.tracker}

    def _put(self, tracker: DialogueStateTracker) -> None:
        try:
            self._agent.tracker_store[self.sender_id] = tracker
        finally:  # should somebody else have changed it, that is to be seen
            self.conversations[self._name] = self.tracker
            self._changed()

    def _changed(self) -> None:
        """Shows the conversation, and tells who wants to know."""
        self._show()
        for callback in list(self._told):
            with self.errors_shown("on_message"):
                callback(self.tracker)

    def _show(self) -> None:
        with self.hold_sync():
            self.refresh()
            turn = answering_turn(self.tracker)
            self.selection = {**self.selection, "turn": turn, "branch": 0}

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """Whose conversation it is, and how long."""
        return f"Chat of {self.sender_id}: {self.view['count']}"

    def html(self) -> Html:
        """The conversation as a table."""
        return chat_pane_html(self.view)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return data | {"text/plain": sendable(chat_pane_text(self.view))}, metadata

    def offline_parts(self) -> Sequence[OfflinePart]:
        """The chat; under it the strip of turns and the confidences of every turn."""
        timeline = TrackerTimeline(self.tracker)
        parts = timeline.offline_parts()
        timeline.close()
        chat = self.offline_part()
        still = {**chat.state, "view": without_kernel(self.view)}
        return [replace(chat, state=still), *parts]


def _story_name(tracker: DialogueStateTracker) -> str:
    """A name for the story of a conversation: the first things that the user wanted."""
    said = (event for event in tracker.applied_events() if isinstance(event, UserUttered))
    wanted = list(dict.fromkeys(event.intent_name or "words" for event in said))
    more = ", ..." if len(wanted) > _INTENTS_NAMED else ""
    return f"chat: {', '.join(wanted[:_INTENTS_NAMED])}{more}" if wanted else "chat"
