"""`SQLTrackerStore`: conversations in one file, or in any database that SQLAlchemy reaches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL

from dialogue_nb.agent.sql_engine import Database, is_damaged
from dialogue_nb.agent.sql_tables import (
    CONVERSATIONS,
    EVENTS,
    VERSION,
    bring_up_to_date,
    conversation_row,
    event_of,
    event_rows,
    hash_of,
    insert_conversation,
    version_of,
)
from dialogue_nb.agent.tracker_store import (
    ConversationInfo,
    Head,
    SavedConversation,
    Term,
    TrackerStore,
    storable,
    terms_of,
)
from dialogue_nb.core.events import Event, UserUttered
from dialogue_nb.core.exceptions import ConversationChangedError, DamagedStoreError

CHECKED_BYTES = 64 << 20
"""A file up to this size is looked through when it is opened; a larger one as it is read."""


class SQLTrackerStore(TrackerStore):
    """Conversations in a database, events added and never changed, one transaction a message.

    With a file, the database is SQLite's. Several notebooks and programs may use it at once. A
    process that is killed loses the message that it is working on, and nothing else.

    A file of Rasa's own `SQLTrackerStore` is read too: its conversations are copied into tables
    beside those of Rasa, which stay as they are.

    Args:
        place: A file name, or an address: `postgresql://name@host/database`, whose driver comes
            with `pip install 'dialogue_nb[postgresql]'`, or any other that SQLAlchemy has.

    Raises:
        DamagedStoreError: If the file is damaged. It is moved aside, so that opening it again
            begins with an empty one; the message says where it is.
        TrackerStoreError: If it cannot be used: it is something else, or newer than this program.

    Attributes:
        notes: What there is to say about opening it: what was copied from Rasa's table.

    Example:
        >>> store = SQLTrackerStore("sqlite://")  # in memory; a name would be a file
        >>> head = store.write("ann", [UserUttered.of("hi", text="Hello")], keep=0, after=None)
        >>> [(info.sender_id, info.latest) for info in store.conversations("hello")]
        [('ann', 'Hello')]
        >>> store.delete("ann"), store.count()
        (True, 0)
        >>> store.close()
    """

    def __init__(self, place: str | Path | URL) -> None:
        self._database = Database(place)
        self.notes: tuple[str, ...] = ()
        self._is_open = False
        self._open()

    def _open(self) -> None:
        """Looks whether the tables are there and of today; makes them if not."""
        file = self._database.file
        small = file is not None and file.exists() and file.stat().st_size <= CHECKED_BYTES
        if file is not None and small and is_damaged(file):
            raise self._database.moved_aside("SQLite cannot read it")
        with self._database.reading() as connection:
            version = version_of(connection)
        if version != VERSION:
            with self._database.writing() as connection:
                self.notes = bring_up_to_date(connection)
        self._database.write_ahead()
        self._is_open = True

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        """A transaction; after a damaged file was moved aside, in a new one."""
        if not self._is_open:
            self._open()
        begin = self._database.writing if writes else self._database.reading
        try:
            with begin() as connection:
                yield connection
        except DamagedStoreError:
            self._is_open = False
            raise

    @property
    def where(self) -> str:
        """The path of the file, or the address without its password."""
        return self._database.where

    def close(self) -> None:
        """Ends all connections; the store opens them again if it is used again."""
        self._database.close()

    # --- one conversation

    def head(self, sender_id: str) -> Head | None:
        """How far a conversation has come; None if there is none."""
        wanted = sa.select(CONVERSATIONS.c.id, CONVERSATIONS.c.revision).where(_is(sender_id))
        with self._transaction() as connection:
            row = connection.execute(wanted).first()
        return Head(row.id, row.revision) if row else None

    def read(self, sender_id: str) -> SavedConversation | None:
        """A conversation; None if there is none."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(CONVERSATIONS).where(_is(sender_id))).first()
            bodies = [] if row is None else _bodies(connection, row.id)
        if row is None:
            return None
        events = (event_of(body, sender_id, place) for place, body in enumerate(bodies))
        return SavedConversation(Head(row.id, row.revision), tuple(events))

    def write(
        self, sender_id: str, events: Sequence[Event], *, keep: int, after: Head | None
    ) -> Head:
        """Adds events to a conversation, all of them or none; see `TrackerStore.write`."""
        try:
            with self._transaction(writes=True) as connection:
                row = _locked(connection, sender_id)
                if after != (Head(row.id, row.revision) if row else None):
                    raise _changed(sender_id)
                if row is None:
                    key = insert_conversation(connection, sender_id, events, time.time())
                    return Head(key, 1)
                return _append(connection, sender_id, row, events, keep)
        except exc.IntegrityError as error:  # both began it: the other one came first
            raise _changed(sender_id) from error

    def delete(self, sender_id: str) -> bool:
        """Deletes a conversation for good; whether there was one."""
        with self._transaction(writes=True) as connection:
            row = _locked(connection, sender_id)
            if row is not None:
                connection.execute(sa.delete(EVENTS).where(EVENTS.c.conversation == row.id))
                connection.execute(sa.delete(CONVERSATIONS).where(CONVERSATIONS.c.id == row.id))
        return row is not None

    # --- all of them

    def conversations(
        self, search: str = "", *, limit: int | None = None, offset: int = 0
    ) -> list[ConversationInfo]:
        """The conversations, the one that changed last first; see `TrackerStore.conversations`."""
        names = ("sender", "events", "messages", "began", "updated", "latest")
        order = (CONVERSATIONS.c.updated.desc(), CONVERSATIONS.c.id.desc())
        wanted = sa.select(*(CONVERSATIONS.c[name] for name in names)).where(*_having(search))
        wanted = wanted.order_by(*order).limit(limit).offset(offset or None)
        with self._transaction() as connection:
            rows = connection.execute(wanted).all()
        return [ConversationInfo(_unquoted(row[0]), *row[1:]) for row in rows]

    def count(self, search: str = "") -> int:
        """How many conversations there are, or are found."""
        wanted = sa.select(sa.func.count()).select_from(CONVERSATIONS).where(*_having(search))
        with self._transaction() as connection:
            return int(connection.scalar(wanted) or 0)

    def __repr__(self) -> str:
        """Where it is."""
        return f"<SQLTrackerStore {self.where}>"


def _unquoted(text: str) -> str:
    """A text that is written as JSON; nearly all are only quoted, and that is read quickly."""
    return str(json.loads(text)) if "\\" in text else text[1:-1]


def _is(sender_id: str) -> sa.ColumnElement[bool]:
    return CONVERSATIONS.c.sender_hash == hash_of(sender_id)


def _locked(connection: sa.Connection, sender_id: str) -> Any:
    """The row of a conversation, which nobody else can change until this transaction ends."""
    return connection.execute(
        sa.select(CONVERSATIONS).where(_is(sender_id)).with_for_update()
    ).first()


def _live(key: int) -> sa.ColumnElement[bool]:
    return sa.and_(EVENTS.c.conversation == key, EVENTS.c.cut.is_(None))


def _bodies(connection: sa.Connection, key: int) -> list[str]:
    wanted = sa.select(EVENTS.c.body).where(_live(key)).order_by(EVENTS.c.place)
    return list(connection.scalars(wanted))


def _append(
    connection: sa.Connection, sender_id: str, row: Any, events: Sequence[Event], keep: int
) -> Head:
    revision = row.revision + 1
    if keep < row.events:
        places = sa.select(EVENTS.c.place).where(_live(row.id)).order_by(EVENTS.c.place)
        first = connection.scalar(places.offset(keep).limit(1))
        taken_back = sa.update(EVENTS).where(_live(row.id), EVENTS.c.place >= first)
        connection.execute(taken_back.values(cut=revision))
    rows = event_rows(sender_id, events, first=row.written, revision=revision)
    if rows:
        connection.execute(sa.insert(EVENTS), [one | {"conversation": row.id} for one in rows])
    about = _about(row, events)
    if keep < row.events:
        bodies = enumerate(_bodies(connection, row.id))
        left = [event_of(body, sender_id, place) for place, body in bodies]
        about = conversation_row(sender_id, left, time.time())
    values = about | {"revision": revision, "written": row.written + len(rows)}
    connection.execute(sa.update(CONVERSATIONS).where(CONVERSATIONS.c.id == row.id).values(values))
    return Head(row.id, revision)


def _about(row: Any, events: Sequence[Event]) -> dict[str, Any]:
    """What stands in the list after more events, without reading those that there are."""
    new = conversation_row("", events, time.time())
    has_said = any(isinstance(event, UserUttered) for event in events)
    times = [one for one in (row.updated, new["updated"]) if one is not None]
    return {
        "events": row.events + new["events"],
        "messages": row.messages + new["messages"],
        "began": new["began"] if row.began is None else row.began,
        "updated": max(times, default=None),
        "latest": new["latest"] if has_said else row.latest,
    }


def _having(search: str) -> list[sa.ColumnElement[bool]]:
    """The conditions for a search."""
    return [_has(term) for term in terms_of(search)]


def _has(term: Term) -> sa.ColumnElement[bool]:
    """The condition that a conversation has what is searched for."""

    def contains(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return column.contains(term.words, autoescape=True)

    if term.kind == "intent":
        found = sa.and_(EVENTS.c.kind == "user", EVENTS.c.label == term.label)
    elif term.kind == "slot":
        value = EVENTS.c.words == term.words if term.words else EVENTS.c.words != ""
        found = sa.and_(EVENTS.c.kind == "slot", EVENTS.c.label == term.label, value)
    else:
        found = sa.or_(contains(EVENTS.c.words), contains(EVENTS.c.label))
    keys = sa.select(EVENTS.c.conversation).where(EVENTS.c.cut.is_(None), found)
    is_found = CONVERSATIONS.c.id.in_(keys)
    return is_found if term.kind else sa.or_(is_found, contains(CONVERSATIONS.c.name))


def _changed(sender_id: str) -> ConversationChangedError:
    name = storable(sender_id)[:80]
    return ConversationChangedError(
        f"The conversation '{name}' was changed meanwhile by another notebook or program; it has "
        "been read anew. Look at it, and do again what you wanted."
    )
