"""The tables of a `SQLTrackerStore`, which version of them a database has, and how it gets on.

A row of events is never changed or removed while its conversation exists: what is taken back (an
undo, a fork) is marked with the write that did so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from dialogue_nb.agent.tracker_store import ConversationInfo, Marks, storable
from dialogue_nb.core.event_json import event_from_dict
from dialogue_nb.core.events import Event
from dialogue_nb.core.exceptions import EventError, TrackerStoreError

VERSION: Final = 1
RASA_TABLE: Final = "events"
RASA_COLUMNS: Final = frozenset(("id", "sender_id", "type_name", "data"))
_LOCK: Final = 0x64_6E_62  # any number, the same everywhere: it names PostgreSQL's lock

METADATA: Final = sa.MetaData()
# MySQL's TEXT ends at 64 KB
_TEXT: Final = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
# SQLite counts by itself in columns of this type only
_KEY: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ABOUT: Final = sa.Table(
    "dialogue_nb_about",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)
CONVERSATIONS: Final = sa.Table(
    "dialogue_nb_conversations",
    METADATA,
    sa.Column("id", _KEY, primary_key=True, autoincrement=True),
    # a name may be longer than an index can hold, and have characters that no database can
    sa.Column("sender_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("sender", _TEXT, nullable=False, comment="JSON"),
    sa.Column("name", _TEXT, nullable=False, comment="casefolded, to search in"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("written", sa.Integer, nullable=False, comment="rows of events, also taken back"),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("began", sa.Float(53)),
    sa.Column("updated", sa.Float(53)),
    sa.Column("latest", sa.String(400), nullable=False),
    sqlite_autoincrement=True,  # the number of a deleted one is not given away again
)
EVENTS: Final = sa.Table(
    "dialogue_nb_events",
    METADATA,
    sa.Column("conversation", _KEY, sa.ForeignKey(CONVERSATIONS.c.id), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("added", sa.Integer, nullable=False, comment="the revision that wrote it"),
    sa.Column("cut", sa.Integer, comment="the revision that took it back"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("label", _TEXT, nullable=False, comment="casefolded, to search in"),
    sa.Column("words", _TEXT, nullable=False, comment="casefolded, to search in"),
    sa.Column("body", _TEXT, nullable=False, comment="JSON, as Rasa writes events"),
)
_BY_UPDATE: Final = sa.Index("dialogue_nb_by_update", CONVERSATIONS.c.updated, CONVERSATIONS.c.id)


# --- what stands in them


def hash_of(sender_id: str) -> str:
    """What a conversation is found by, however long its name is."""
    return hashlib.sha256(sender_id.encode("utf-8", "surrogatepass")).hexdigest()


def event_rows(
    sender_id: str, events: Iterable[Event], *, first: int, revision: int
) -> list[dict[str, Any]]:
    """Events as rows.

    Args:
        sender_id: Whose conversation it is; for errors.
        events: The events.
        first: The place of the first one.
        revision: The write they belong to.

    Raises:
        TrackerStoreError: If one holds something that JSON has no form for.
    """
    rows = []
    for place, event in enumerate(events, first):
        marks = Marks.of(event)
        rows.append(
            {
                "place": place,
                "added": revision,
                "kind": marks.kind,
                "label": marks.label,
                "words": marks.words,
                "body": _written(event, sender_id),
            }
        )
    return rows


def _written(event: Event, sender_id: str) -> str:
    try:
        return as_json(event.as_dict())
    except (TypeError, ValueError, RecursionError) as error:
        name = getattr(event, "key", None) or getattr(event, "name", None)
        what = f"'{event.type_name}'" + (f" of '{name}'" if name else "")
        raise TrackerStoreError(
            f"The conversation '{storable(sender_id)[:80]}' cannot be kept: expected values that "
            f"JSON has (texts, numbers, lists, objects), but its event {what} holds something else "
            f"({error}). Store such a value as a text, or keep the conversation in memory."
        ) from error


def as_json(value: Any) -> str:
    """A value as JSON that every database takes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    # halves of characters stay what they are, as \ud83d; the rest is shorter without such signs
    return text if _is_utf8(text) else json.dumps(value, separators=(",", ":"), default=_plain)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")


def event_of(body: str, sender_id: str, place: int) -> Event:
    """The event of a row.

    Raises:
        TrackerStoreError: If it cannot be read; it says which one.
    """
    try:
        return event_from_dict(json.loads(body))
    except (ValueError, RecursionError) as error:  # EventError is one too
        raise TrackerStoreError(
            f"Event {place + 1} of the conversation '{storable(sender_id)[:80]}' cannot be read: "
            f"{error}"
        ) from error


def conversation_row(sender_id: str, events: Sequence[Event], updated: float) -> dict[str, Any]:
    """What stands in the list of conversations.

    Args:
        sender_id: Whose it is.
        events: All events that were not taken back.
        updated: When it changed, for events without a time.
    """
    info = ConversationInfo.of(sender_id, events)
    return {
        "events": info.events,
        "messages": info.messages,
        "began": info.began,
        "updated": updated if info.updated is None else info.updated,
        "latest": storable(info.latest),
    }


# --- versions


def version_of(connection: sa.Connection) -> int | None:
    """Which version the tables have: 0 are Rasa's own, None that there are none.

    Raises:
        TrackerStoreError: If this is something else, or newer than this program.
    """
    inspector = sa.inspect(connection)
    if inspector.has_table(ABOUT.name):
        found = connection.scalar(sa.select(ABOUT.c.value).where(ABOUT.c.name == "version"))
        version = int(found) if found is not None and found.isdecimal() else -1
        if not 0 <= version <= VERSION:
            raise TrackerStoreError(
                f"The conversations were written in form {found}, and this dialogue_nb reads forms "
                f"up to {VERSION}. Use the dialogue_nb that wrote them, or a newer one."
            )
        return version
    tables = set(inspector.get_table_names())
    if RASA_TABLE in tables:
        names = {column["name"] for column in inspector.get_columns(RASA_TABLE)}
        if names >= RASA_COLUMNS:
            return 0
    if tables and connection.dialect.name == "sqlite":
        raise TrackerStoreError(
            "Expected a file with conversations, found a database with other tables "
            f"({', '.join(sorted(tables)[:5])}). Nothing in it was changed: choose another file."
        )
    return None


def bring_up_to_date(connection: sa.Connection) -> tuple[str, ...]:
    """Makes the tables, or brings them to the version of today; nothing that is there is lost.

    Args:
        connection: In a transaction that nobody else can write beside.

    Returns:
        What there is to say about it.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction does it
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    version = version_of(connection)
    said: list[str] = []
    if version is None:
        METADATA.create_all(connection)
    while version is not None and version < VERSION:
        said.append(_STEPS[version](connection))
        version += 1
    current = {"name": "version", "value": str(VERSION)}
    connection.execute(sa.delete(ABOUT).where(ABOUT.c.name == "version"))
    connection.execute(sa.insert(ABOUT), current)
    return tuple(said)


def _from_rasa(connection: sa.Connection) -> str:
    """Version 0 to 1: what Rasa's SQLTrackerStore wrote is copied; its table stays as it is."""
    METADATA.create_all(connection)
    old = sa.table(RASA_TABLE, *(sa.column(name) for name in ("id", "sender_id", "data")))
    rows = connection.execute(sa.select(old).order_by(old.c.sender_id, old.c.id))
    count = unread = 0
    for sender, group in groupby(rows, key=lambda row: str(row.sender_id)):
        events = []
        for row in group:
            try:
                events.append(event_from_dict(json.loads(row.data)))
            except (EventError, ValueError):
                unread += 1
        insert_conversation(connection, sender, events, 0.0)
        count += 1
    left = f" {unread} events could not be read and were left out." if unread else ""
    return (
        f"{count} conversations were copied from Rasa's table '{RASA_TABLE}', which stays as it "
        f"is.{left}"
    )


_STEPS: Final[dict[int, Callable[[sa.Connection], str]]] = {0: _from_rasa}
"""How tables of a version become those of the next one."""


def insert_conversation(
    connection: sa.Connection, sender_id: str, events: Sequence[Event], now: float
) -> int:
    """Adds a new conversation; gives its key.

    Args:
        connection: In a transaction.
        sender_id: Whose it is.
        events: What happened.
        now: When it is written, in seconds since 1970.
    """
    rows = event_rows(sender_id, events, first=0, revision=1)
    named = {
        "sender_hash": hash_of(sender_id),
        "sender": as_json(sender_id),
        "name": storable(sender_id).casefold(),
        "revision": 1,
        "written": len(rows),
    }
    values = named | conversation_row(sender_id, events, now)
    made = connection.execute(sa.insert(CONVERSATIONS).values(**values))
    key = int((made.inserted_primary_key or (0,))[0])
    if rows:
        connection.execute(sa.insert(EVENTS), [row | {"conversation": key} for row in rows])
    return key
