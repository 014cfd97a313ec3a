"""The database: SQLite by default, PostgreSQL by changing the URL.

Functions by subject are in the modules beside this one. Each takes the connection first, so the
caller owns the transaction and sees where it begins and ends.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from aggregator.errors import StoreError

__all__ = ["Connection", "Database", "open_database"]

# Made once: json.dumps would make one for each value.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_BUSY_S = 30  # how long a writer waits for another one on SQLite


class Database:
    """An open database: a pool of connections and the two kinds of transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url: str = engine.url.render_as_string(hide_password=True)
        self.dialect: str = engine.dialect.name

    def __repr__(self) -> str:
        return f"Database({self.url!r})"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its end.

        Raises:
            StoreError: when the database cannot be used as it is.
        """
        with self._transaction({"isolation_level": "REPEATABLE READ"}) as c:
            yield c

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; rolled back when anything is raised within.

        On SQLite it takes the write lock at once, so that no transaction has to be upgraded; other
        writers wait up to 30 seconds.

        Raises:
            StoreError: when the database cannot be used as it is.
        """
        with self._transaction({"immediate": True}) as c:
            yield c

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[Connection]:
        if self.dialect == "sqlite":
            options.pop("isolation_level", None)
        try:
            with self.engine.connect().execution_options(**options) as c, c.begin():
                yield c
        except (DBAPIError, NoConnectionFree) as error:
            words = _in_words(error)
            if words is None:
                raise
            raise StoreError(f"the database {self.url} {words}") from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database at `url`; an SQLite file and its folder are made when they are absent.

    ``postgres://`` and ``postgresql://`` addresses are spoken to through psycopg.

    Raises:
        StoreError: for a URL that cannot be read, a kind of database that is not supported, a
            folder that cannot be made, or a server that does not answer.
    """
    parsed = _parsed(url)
    shown = parsed.render_as_string(hide_password=True)
    options: dict[str, Any] = {
        "json_serializer": _JSON.encode,
    }
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed, shown)
        options |= {"pool_size": 10, "max_overflow": 20}
    else:
        options |= {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 15}
        options["connect_args"] = {"connect_timeout": 10, "options": "-c timezone=UTC"}
        if "options" in parsed.query:
            given = parsed.query["options"]
            told = given if isinstance(given, str) else " ".join(given)
            options["connect_args"]["options"] = f"{told} -c timezone=UTC"
    engine = create_engine(parsed, **options)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    database = Database(engine)
    try:
        with database.reading() as c:
            c.execute(text("SELECT 1"))
    except DBAPIError as error:
        engine.dispose()
        raise StoreError(f"cannot open the database {shown}: {_first_line(error)}") from error
    except StoreError:
        engine.dispose()
        raise
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "the database URL cannot be read; write it as sqlite:////path/to/file or "
            "postgresql://user:password@host/name"
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(
            f"{parsed.drivername} databases are not supported; use sqlite or postgresql"
        )
    try:
        parsed.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(f"the driver for {parsed.drivername} is missing: {error}") from error
    return parsed


def _make_folder(url: URL, shown: str) -> None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError(
            f"{shown} names no file; several parts share the database, so it must be one"
        )
    path = Path(url.database)
    if path.is_dir():
        raise StoreError(f"{path} is a folder; the database URL must name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {path.parent}: {error.strerror}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -16000")  # kB; the index of words is large
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; fewer waits for the disk


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself while another one switches."""
    end = time.monotonic() + _BUSY_S
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                return
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


# What a driver's message contains, and what to say to people.
_FAULTS = (
    ("database is locked", f"was kept locked for {_BUSY_S} s by another program; try again"),
    ("database table is locked", "was kept locked by another program; try again"),
    ("disk is full", "cannot be written: the disk is full; make room and try again"),
    ("no space left", "cannot be written: the disk is full; make room and try again"),
    ("readonly database", "cannot be written: the file or its folder is read-only"),
    ("unable to open database", "cannot be opened: check that its folder may be written"),
    ("disk i/o error", "cannot be read or written: the disk reports an error"),
    ("file is not a database", "is no SQLite database; check the path"),
    ("malformed", "is damaged; restore a backup (aggregator db restore FILE)"),
    ("no such table", "has no tables of ours yet; run: aggregator db upgrade"),
    ("42P01", "has no tables of ours yet; run: aggregator db upgrade"),
    ("42703", "is older than this program; run: aggregator db upgrade"),
    ("no such column", "is older than this program; run: aggregator db upgrade"),
    ("deadlock detected", "was busy with another writer; try again"),
    ("could not serialize", "was busy with another writer; try again"),
    ("password authentication failed", "refuses the name or the password"),
    ("permission denied", "does not allow us to do this; check the rights of its user"),
)


def _in_words(error: DBAPIError | NoConnectionFree) -> str | None:
    """Return what is wrong with the database; None for an error that is our own fault."""
    if isinstance(error, NoConnectionFree):
        return "is too busy: no connection became free; try again"
    if isinstance(error, (IntegrityError, DataError)):
        return None
    said = str(error.orig).lower()
    code = getattr(error.orig, "sqlstate", None) or ""
    for sign, words in _FAULTS:
        if sign in said or sign == code:
            return words
    if _no_answer(error, code, said):
        return f"does not answer: {_first_line(error)}"
    return None


def _no_answer(error: DBAPIError, code: str, said: str) -> bool:
    # PostgreSQL: no connection (class 08), too many clients (53), server going down (57P)
    if error.connection_invalidated or code[:2] in ("08", "53") or code[:3] == "57P":
        return True
    return not code and "connection" in said and not isinstance(error.orig, sqlite3.Error)
