"""Connections to a database of conversations: made as each needs them, and errors in plain words.

SQLite writes ahead (WAL), so that readers and a writer do not wait for each other; it waits for
other writers, and says that something is written only when the disk has it.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import StaticPool

from dialogue_nb.core.exceptions import DamagedStoreError, TrackerStoreError

SECONDS: Final = 30.0
"""How long a writer waits for other writers."""

_WRITES: Final = "dialogue_nb_writes"
# sqlite.org/rescode.html; only these say that the file itself is not what it was
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
_DRIVERS: Final = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class Database:
    """A database, opened when it is first used.

    Args:
        place: A file, or an address as SQLAlchemy has them.

    Attributes:
        file: The file; None if it is not one of SQLite.
    """

    def __init__(self, place: str | Path | URL) -> None:
        self.url = _url_of(place)
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        self.file = Path(self.url.database or "") if is_file else None
        if self.file is not None and (self.file.name == ":memory:" or "mode=memory" in str(place)):
            self.file = None
        self._engine = self._made()
        self._identity: tuple[int, int] | None = None
        self._process = os.getpid()
        self._end = weakref.finalize(self, self._engine.dispose)

    @property
    def where(self) -> str:
        """The path, or the address without its password."""
        if self.file is not None:
            return str(self.file.absolute())
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Ends all connections; the next use makes new ones."""
        self._engine.dispose()

    def write_ahead(self) -> None:
        """Lets SQLite write ahead from now on; the file remembers that."""
        if self.file is None:
            return
        # where that cannot be (somebody else is just opening it; a network drive), writers and
        # readers wait for each other, and that is all
        with closing(sqlite3.connect(self.file)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
        self._identity = _identity(self.file)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of things and changes nothing."""
        with self._told(), self._ready().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all that is written in it, or nothing."""
        with self._told():
            engine = self._ready().execution_options(**{_WRITES: True})
            with engine.connect() as connection, connection.begin():
                yield connection

    def _ready(self) -> sa.Engine:
        if self._process != os.getpid():  # connections do not survive a fork; theirs stay theirs
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    def _made(self) -> sa.Engine:
        options: dict[str, Any] = {}
        if self.url.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": SECONDS, "check_same_thread": False}
            if self.file is None:
                options["poolclass"] = StaticPool  # each connection would be a memory of its own
            else:
                self.file.absolute().parent.mkdir(parents=True, exist_ok=True)
        else:
            options["pool_pre_ping"] = True  # a server may have been started anew
        try:
            engine = sa.create_engine(self.url, **options)
        except (ImportError, exc.ArgumentError) as error:
            extra = " (pip install 'dialogue_nb[postgresql]')" if "psycopg" in str(error) else ""
            raise TrackerStoreError(
                f"'{self.where}' cannot be used: {error}. Expected a file name or an address as "
                f"SQLAlchemy has them, with its driver installed{extra}."
            ) from error
        if self.url.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", _set_up)
            sa.event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database in plain words; a damaged file is moved aside."""
        self._check_there()
        try:
            yield
        except exc.IntegrityError:
            raise
        except exc.DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            if code in _DAMAGED and self.file is not None:
                raise self.moved_aside(str(error.orig)) from error
            reason = " ".join(str(error.orig).split())
            raise TrackerStoreError(
                f"The conversations in '{self.where}' cannot be reached: {reason}. {_advice(code)}"
            ) from error

    def _check_there(self) -> None:
        """SQLite would go on writing into a file that has been deleted, and all would be lost."""
        if self._identity is None or self._identity == _identity(self.file):
            return
        self.close()
        self._identity = None
        raise DamagedStoreError(
            f"The file of conversations '{self.file}' was removed or replaced while it was in use. "
            "What is in memory goes into the file that is there from now on: do again what you did."
        )

    def moved_aside(self, reason: str) -> TrackerStoreError:
        """Moves a damaged file away, with what belongs to it; gives the error that says so.

        Args:
            reason: What is wrong with it.
        """
        file = self.file or Path()
        self.close()
        self._identity = None
        if not is_damaged(file):  # another process was quicker, or only a reading went wrong
            return TrackerStoreError(
                f"The conversations in '{file}' could not be read ({reason}), but the file that is "
                "there now is sound. Do again what you did."
            )
        new = _free_name(file, f"damaged-{datetime.now():%Y%m%d-%H%M%S}")
        for ending in _COMPANIONS:
            companion = file.with_name(file.name + ending)
            if companion.exists():
                companion.rename(new.with_name(new.name + ending))
        return DamagedStoreError(
            f"The file of conversations '{file}' is damaged ({reason}). It was moved to '{new}', "
            "and nothing in it was changed. Open the store again to begin with an empty one; what "
            f"can be saved of the old one, \"sqlite3 '{new.name}' .recover\" prints."
        )


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None if there is none."""
    if file is None or not file.exists():
        return None
    about = file.stat()
    return about.st_dev, about.st_ino


def is_damaged(file: Path) -> bool:
    """Whether SQLite finds a file damaged; one that is not there is sound.

    Args:
        file: The file.
    """
    if not file.exists():
        return False
    address = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=SECONDS)) as connection:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF in _DAMAGED
    return bool(answer != "ok")


def _free_name(file: Path, ending: str) -> Path:
    """A name beside a file that nothing has."""
    names = (f"{file.name}.{ending}{f'-{n}' if n else ''}" for n in count())
    return next(new for name in names if not (new := file.with_name(name)).exists())


def _url_of(place: str | Path | URL) -> URL:
    if isinstance(place, URL):
        return place
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
    except exc.ArgumentError as error:
        raise TrackerStoreError(
            f"Expected a file name or an address as SQLAlchemy has them (postgresql://...): {error}"
        ) from error
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _set_up(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin when we say so, see _begin
    for setting in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {setting}").close()


def _begin(connection: sa.Connection) -> None:
    """Whoever will write waits for other writers at once: later it would be too late to wait."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _advice(code: int) -> str:
    """What to do about an error of SQLite."""
    return {
        sqlite3.SQLITE_BUSY: f"Another process has been writing for {SECONDS:.0f} seconds: end it.",
        sqlite3.SQLITE_FULL: "Make room on the disk, and say it again.",
        sqlite3.SQLITE_READONLY: "Choose a place where you may write, or keep them in memory.",
        sqlite3.SQLITE_CANTOPEN: "Choose a place where you may write, or keep them in memory.",
    }.get(code, "See whether the file or the server is there and may be used.")
