"""`ConversationList`: what was talked about before, to find it, reopen it or delete it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.live_trackers import LiveTrackers
from dialogue_nb.agent.tracker_store import ConversationInfo, TrackerStore
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.conversation_list import (
    conversation_list_html,
    conversation_list_view,
    key_of,
)
from dialogue_nb.views.html import Html
from dialogue_nb.widgets.base import View, read_static
from dialogue_nb.widgets.chat_pane import ChatPane

PAGE: Final = 30
"""So many conversations are shown at first, and so many more each time."""


class ConversationList(View):
    """The conversations that are kept, the latest first: search, reopen, begin a new one, delete.

    Args:
        source: A `ChatPane`, in which conversations are reopened; an agent, or a store.
        on_open: Called with the conversation when one is reopened:
            `lambda tracker: timeline.show(tracker, {})`, for example.
        key: See `View`.

    Example:
        >>> from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
        >>> from dialogue_nb.core.events import UserUttered
        >>> store = SQLTrackerStore("sqlite://")
        >>> _ = store.write("ann", [UserUttered.of("hi")], keep=0, after=None)
        >>> talks = ConversationList(store)
        >>> talks.summary
        'Conversations: 1 conversation. Kept in sqlite://'
        >>> talks.reopen("ann").latest_message.intent_name
        'hi'
        >>> talks.close(), store.close()
        (None, None)
    """

    _esm = read_static("shared.js", "conversation_list.js")
    _css = read_static("shared.css", "conversation_list.css")

    def __init__(
        self,
        source: ChatPane | Agent | TrackerStore,
        *,
        on_open: Callable[[DialogueStateTracker], Any] | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(key=key)
        self._source = LiveTrackers((), source) if isinstance(source, TrackerStore) else source
        self.on_open = on_open
        self._current: str | None = None
        self._search, self._limit = "", PAGE
        self._shown: list[ConversationInfo] = []
        self._end: Callable[[], None] | None = None
        if isinstance(source, ChatPane):
            self._end = source.on_message(lambda _: self.refresh())
        self.refresh()

    @property
    def trackers(self) -> LiveTrackers:
        """The conversations."""
        source = self._source
        if isinstance(source, ChatPane):
            source = source.agent
        return source.tracker_store if isinstance(source, Agent) else source

    @property
    def current(self) -> str | None:
        """Whose conversation is open; None if none is."""
        return self._source.sender_id if isinstance(self._source, ChatPane) else self._current

    @property
    def tracker(self) -> DialogueStateTracker | None:
        """The conversation that is open; None if none is."""
        return None if self.current is None else self.trackers.tracker(self.current)

    @property
    def search(self) -> str:
        """What is searched for: words, `intent:greet`, `slot:city=Oslo`; "" for all."""
        return self._search

    @search.setter
    def search(self, text: str) -> None:
        with self.lock:
            self._show(text, PAGE)

    def refresh(self) -> None:
        """Looks at the conversations anew, after something was said elsewhere."""
        with self.lock:
            self._show(self._search, self._limit)

    def _show(self, search: str, limit: int) -> None:
        trackers = self.trackers
        found = trackers.conversations(search.strip(), limit=limit)
        count = trackers.count()
        matches = trackers.count(search.strip()) if search.strip() else count
        self._search, self._limit, self._shown = search, limit, found
        self.view = conversation_list_view(
            found,
            count=count,
            matches=matches,
            search=search.strip(),
            current=self.current,
            where=trackers.where,
        )

    # --- what a person does ---------------------------------------------------------------------

    def reopen(self, sender_id: str) -> DialogueStateTracker:
        """Opens a conversation, in the chat if the list is one's.

        Args:
            sender_id: Whose it is.

        Raises:
            UnknownNameError: If it is not there (any more).
        """
        with self.lock:
            if sender_id not in self.trackers:
                raise UnknownNameError(f"There is no conversation '{sender_id[:80]}' any more.")
            return self._open(sender_id)

    def _open(self, sender_id: str) -> DialogueStateTracker:
        self._current = sender_id
        if isinstance(self._source, ChatPane):
            self._source.reopen(sender_id)
        tracker = self.trackers.refresh(sender_id)
        self.refresh()
        if self.on_open is not None:
            self.on_open(tracker)
        return tracker

    def begin(self) -> DialogueStateTracker:
        """Opens a new conversation; the others stay as they are."""
        with self.lock:
            name, number = "conversation 1", 1
            while name in self.trackers:
                number += 1
                name = f"conversation {number}"
            return self._open(name)

    def delete(self, sender_id: str) -> None:
        """Deletes a conversation for good.

        Args:
            sender_id: Whose it is. If it is open, an empty one takes its place.

        Raises:
            UnknownNameError: If it is not there (any more).
        """
        with self.lock:
            if self.trackers.pop(sender_id, None) is None:
                raise UnknownNameError(f"There is no conversation '{sender_id[:80]}' any more.")
            if sender_id == self.current:
                self._open(sender_id)
            self.refresh()

    # --- messages -------------------------------------------------------------------------------

    def answer_search(self, text: str) -> None:
        """The browser searches."""
        self.search = text

    def answer_more(self) -> None:
        """The browser wants to see more of them."""
        self._show(self._search, self._limit + PAGE)

    def answer_reopen(self, key: str) -> None:
        """The browser opens one."""
        self.reopen(self._named(key))

    def answer_begin(self) -> None:
        """The browser begins a new one."""
        self.begin()

    def answer_delete(self, key: str) -> None:
        """The browser deletes one, and has asked whether that is meant."""
        self.delete(self._named(key))

    def answer_refresh(self) -> None:
        """The browser looks again."""
        self.refresh()

    def _named(self, key: str) -> str:
        for info in self._shown:
            if key_of(info.sender_id) == key:
                return info.sender_id
        self.refresh()
        raise UnknownNameError("This conversation is not in the list any more: look again.")

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """How many, and where."""
        return f"Conversations: {self.view['count']}. {self.view['where']}"

    def html(self) -> Html:
        """The list as a table."""
        return conversation_list_html(self.view)

    def close(self) -> None:
        """Ends the widget; the conversations stay."""
        if self._end is not None:
            self._end()
        super().close()
