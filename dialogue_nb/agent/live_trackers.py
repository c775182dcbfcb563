"""The conversations that an agent talks in: trackers in memory, and a store behind them or none.

A message is read, answered and written as one thing: what somebody else has written meanwhile is
read first, and if they write while the bot is answering, the message is answered anew after theirs.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from dialogue_nb.agent.tracker_store import (
    ConversationInfo,
    Head,
    Marks,
    TrackerStore,
    common,
    is_found,
    terms_of,
)
from dialogue_nb.core.events import Event
from dialogue_nb.core.exceptions import (
    ConversationChangedError,
    DamagedStoreError,
    TrackerStoreError,
)
from dialogue_nb.core.trackers import DialogueStateTracker, SlotLike

ATTEMPTS: Final = 50
"""How often a message is answered anew because somebody else was quicker."""

T = TypeVar("T")


@dataclass
class _Live:
    """A conversation in memory, and what of it the store has."""

    sender_id: str
    tracker: DialogueStateTracker
    saved: tuple[Event, ...] = ()
    head: Head | None = None

    @property
    def unsaved(self) -> tuple[Event, ...]:
        return self.tracker.events[len(self.saved) :]


class LiveTrackers(MutableMapping[str, DialogueStateTracker]):
    """All conversations of an agent, by sender: `agent.tracker_store`.

    Reading gives a tracker, which stays the same one until somebody else changes the conversation;
    setting one keeps it; deleting one deletes it, in the store too. A tracker that is changed by
    hand is kept with the next message, or with `save`.

    Args:
        slots: The slots of the agent's domain.
        store: Where they are kept; None keeps them in memory only.

    Example:
        >>> trackers = LiveTrackers()
        >>> trackers.tracker("ann").sender_id, list(trackers), trackers.where
        ('ann', ['ann'], None)
    """

    def __init__(self, slots: Iterable[SlotLike] = (), store: TrackerStore | None = None) -> None:
        self.slots = tuple(slots)
        self.store = store
        self._live: dict[str, _Live] = {}
        self._locks: dict[str, threading.RLock] = {}

    @property
    def where(self) -> str | None:
        """Where the conversations are kept; None: in memory only."""
        return self.store.where if self.store else None

    def tracker(self, sender_id: str) -> DialogueStateTracker:
        """The conversation with that person; a new one begins empty."""
        if sender_id not in self._live:
            empty = DialogueStateTracker(sender_id, self.slots)
            self._live[sender_id] = self._read(sender_id) or _Live(sender_id, empty)
        return self._live[sender_id].tracker

    def number(self, sender_id: str) -> int:
        """A number that is the conversation's own, for what is left to chance in it.

        Args:
            sender_id: Whose it is. In memory they are counted; in a store, which others use too,
                the number comes from the name.
        """
        if self.store is not None:
            return zlib.crc32(sender_id.encode("utf-8", "surrogatepass"))
        places = {name: place for place, name in enumerate(self._live)}
        return places.get(sender_id, len(places))

    # --- changing and keeping

    def change(self, sender_id: str, work: Callable[[DialogueStateTracker], T]) -> T:
        """Does something with a conversation that adds to it, and keeps that.

        Args:
            sender_id: Whose conversation.
            work: What to do. Should somebody else change the conversation meanwhile, it is done
                again with what has become of it.

        Returns:
            What `work` gives.

        Raises:
            ConversationChangedError: If others change it again and again.
            TrackerStoreError: If the store cannot be used; what was done is in memory then, and is
                kept with the next change that can be.
        """
        if self.store is None:
            return work(self.tracker(sender_id))
        with self._lock(sender_id):
            for attempt in range(ATTEMPTS):
                self.refresh(sender_id)
                tracker = self.tracker(sender_id)
                before = self._live[sender_id].unsaved
                try:
                    done = work(tracker)
                except BaseException:
                    self._keep_what_is_there(sender_id)
                    raise
                try:
                    self._write(self._live[sender_id])
                except ConversationChangedError:
                    self._reload(sender_id, before)
                    if attempt + 1 == ATTEMPTS:
                        raise
                else:
                    return done
        raise AssertionError("the last attempt returns or raises")

    def refresh(self, sender_id: str) -> DialogueStateTracker:
        """The conversation, read anew if somebody else has changed it; what is not kept is added.

        Args:
            sender_id: Whose it is.
        """
        live = self._live.get(sender_id)
        if self.store is not None and live is not None:
            with self._lock(sender_id):
                if self._asked(lambda store: store.head(sender_id)) != live.head:
                    self._reload(sender_id, live.unsaved)
        return self.tracker(sender_id)

    def save(self, sender_id: str) -> None:
        """Keeps what was done to a tracker by hand.

        Args:
            sender_id: Whose conversation it is.
        """
        self.change(sender_id, lambda _: None)

    def conversations(
        self, search: str = "", *, limit: int | None = None, offset: int = 0
    ) -> list[ConversationInfo]:
        """The conversations, the one that changed last first.

        Args:
            search: What they must have: words, `intent:greet`, `slot:city=Oslo`.
            limit: How many at most.
            offset: How many to pass over.
        """
        if self.store is not None:
            return self._asked(
                lambda store: store.conversations(search, limit=limit, offset=offset)
            )
        found = list(reversed(self._found(search)))
        found.sort(key=lambda info: info.updated or 0.0, reverse=True)
        return found[offset:][:limit]

    def count(self, search: str = "") -> int:
        """How many conversations there are, or are found."""
        if self.store is not None:
            return self._asked(lambda store: store.count(search))
        return len(self._found(search))

    def _found(self, search: str) -> list[ConversationInfo]:
        """Those in memory in which something has happened."""
        terms = terms_of(search)
        talks = [live.tracker for live in self._live.values() if live.tracker.events]
        return [
            ConversationInfo.of(talk.sender_id, talk.events)
            for talk in talks
            if not terms or is_found(terms, talk.sender_id, [Marks.of(e) for e in talk.events])
        ]

    # --- a mapping of sender -> tracker

    def __getitem__(self, sender_id: str) -> DialogueStateTracker:
        """The conversation with that person."""
        if sender_id not in self:
            raise KeyError(sender_id)
        return self.tracker(sender_id)

    def __setitem__(self, sender_id: str, tracker: DialogueStateTracker) -> None:
        """Keeps another conversation; of the one that there is, what both begin with stays.

        Raises:
            ConversationChangedError: If somebody else has changed it; it is read anew then.
        """
        with self._lock(sender_id):
            self.tracker(sender_id)
            live = self._live[sender_id]
            self._live[sender_id] = changed = _Live(sender_id, tracker, live.saved, live.head)
            if self.store is not None:
                try:
                    self._write(changed)
                except ConversationChangedError:
                    self._reload(sender_id, ())
                    raise

    def __delitem__(self, sender_id: str) -> None:
        """Deletes a conversation, in the store too."""
        with self._lock(sender_id):
            was_live = self._live.pop(sender_id, None) is not None
            was_kept = self.store is not None and self._asked(lambda s: s.delete(sender_id))
        if not was_live and not was_kept:
            raise KeyError(sender_id)

    def __contains__(self, sender_id: object) -> bool:
        """Whether there is such a conversation."""
        if sender_id in self._live or self.store is None or not isinstance(sender_id, str):
            return sender_id in self._live
        return self._asked(lambda store: store.head(sender_id)) is not None

    def __iter__(self) -> Iterator[str]:
        """Whose conversations there are: those in memory, then those in the store only."""
        kept = self._asked(lambda store: store.keys()) if self.store else []
        return iter(dict.fromkeys([*self._live, *kept]))

    def __len__(self) -> int:
        """How many there are."""
        if self.store is None:
            return len(self._live)
        unsaved = sum(live.head is None for live in self._live.values())
        return self.count() + unsaved

    def __repr__(self) -> str:
        """How many, and where."""
        return f"<LiveTrackers: {len(self)} conversations, {self.where or 'in memory'}>"

    # --- inside

    def _lock(self, sender_id: str) -> threading.RLock:
        return self._locks.setdefault(sender_id, threading.RLock())

    def _read(self, sender_id: str) -> _Live | None:
        saved = self._asked(lambda store: store.read(sender_id)) if self.store else None
        if saved is None:
            return None
        tracker = DialogueStateTracker(sender_id, self.slots, saved.events)
        return _Live(sender_id, tracker, tracker.events, saved.head)

    def _reload(self, sender_id: str, more: Sequence[Event]) -> None:
        """Takes the conversation from the store; why an action was taken stays known.

        Args:
            sender_id: Whose it is.
            more: What is added to it, unless it is there: an interrupt may have come between
                writing and knowing that it is written.
        """
        live = self._live.pop(sender_id)
        new = self.tracker(sender_id)
        new.update_with_events(more[common(new.events[len(live.saved) :], more) :])
        same = common(live.tracker.events, new.events)
        decided = live.tracker.decisions
        new.decisions = [(place, decision) for place, decision in decided if place < same]

    def _write(self, live: _Live) -> None:
        """Writes what the store does not have yet."""
        events = live.tracker.events
        keep = common(live.saved, events)
        if keep < max(len(live.saved), len(events)):
            new, after, sender_id = events[keep:], live.head, live.sender_id
            live.head = self._asked(lambda s: s.write(sender_id, new, keep=keep, after=after))
        live.saved = events

    def _keep_what_is_there(self, sender_id: str) -> None:
        """After an error: keeps what was said until then, if that can be."""
        live = self._live.get(sender_id)
        try:
            if live is not None:
                self._write(live)
        except TrackerStoreError:
            return  # the first error is what went wrong; the events stay in memory

    def _asked(self, question: Callable[[TrackerStore], T]) -> T:
        """Asks the store. When its file is damaged, the new one gets what is in memory."""
        if self.store is None:
            raise AssertionError("there is a store where it is asked")
        try:
            return question(self.store)
        except DamagedStoreError:
            for live in self._live.values():
                live.saved, live.head = (), None
            raise


StorePlace = str | Path | TrackerStore | LiveTrackers | None
"""What `Agent(tracker_store=...)` takes."""


def open_store(place: StorePlace) -> TrackerStore | None:
    """The store that somebody means.

    Args:
        place: A file name, an address as SQLAlchemy has them, a store, the conversations of another
            agent (its store is shared), or None for none.

    Raises:
        TrackerStoreError: If it cannot be used.
    """
    if place is None or isinstance(place, TrackerStore):
        return place
    if isinstance(place, LiveTrackers):
        return place.store
    from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore

    return SQLTrackerStore(place)
