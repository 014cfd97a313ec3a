"""Upgrade, check, backup, restore, prune, and figures about the whole database."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.model import FeedStatus, Totals
from aggregator.store import Database, counters, open_database, pictures
from aggregator.store.schema import changes as changes_table
from aggregator.store.schema import (
    entries,
    events,
    facts,
    feeds,
    gone_entries,
    metadata,
    polls,
    sources,
    tags,
    talks,
)
from aggregator.store.versions import is_current, upgrade, version

__all__ = [
    "is_current",
    "upgrade",
    "version",
]

_BATCH = 500  # rows copied at a time
_CHECK_SEARCH = "INSERT INTO searched_fts (searched_fts, rank) VALUES ('integrity-check', 1)"


# ------------------------------------------------------------------------------------------ check


def check(database: Database) -> list[str]:
    """Return what is wrong with the database, in words; nothing when all is well."""
    if not is_current(database):
        return ["the tables are not those of this program; run: aggregator db upgrade"]
    with database.writing() as c:
        faults = _damage(c) if database.dialect == "sqlite" else []
        return faults + counters.wrong(c)


def _damage(c: Connection) -> list[str]:
    faults = [
        f"the file is damaged: {said}"
        for said in c.scalars(text("PRAGMA integrity_check(20)"))
        if said != "ok"
    ]
    for row in c.execute(text("PRAGMA foreign_key_check")).fetchmany(20):
        faults.append(f"{row[0]} {row[1]} names a row of {row[2]} that is not there")
    try:
        c.execute(
            text("INSERT INTO searched_fts (searched_fts, rank) VALUES ('integrity-check', 1)")
        )
    except SQLAlchemyError:
        faults.append("the search index differs from what it indexes; restore a backup")
    return faults


# ------------------------------------------------------------------------------ backup and restore


def backup(database: Database, path: Path) -> None:
    """Write all there is to a new SQLite file, whichever database it is in.

    The file appears when it is whole. Writers go on meanwhile.

    Raises:
        StoreError: there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise StoreError(f"{path} exists already; backups are not written over")
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if database.dialect == "sqlite":
            _copy_file(database, scratch)
        else:
            _copy_rows(database, scratch)
        os.link(scratch, path)  # unlike a rename, refuses a file that came in between
    except FileExistsError as error:
        raise StoreError(f"{path} exists already; backups are not written over") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot write the backup {path}: {error}") from error
    finally:
        for left in (scratch, *(scratch.with_name(scratch.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def _copy_file(database: Database, scratch: Path) -> None:
    with database.reading() as c, closing(sqlite3.connect(scratch)) as target:
        source = c.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)  # noqa: S101  # for the type checker
        with closing(sqlite3.connect(_file_of(database))) as own:
            own.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _file_of(database: Database) -> str:
    return str(database.engine.url.database)


def _copy_rows(database: Database, scratch: Path) -> None:
    target = open_database(f"sqlite:///{scratch.absolute()}")
    try:
        upgrade(target)
        with database.reading() as source, target.writing() as c:
            _copy(source, c)
        with target.engine.connect() as c:
            c.exec_driver_sql("ROLLBACK")
            c.exec_driver_sql("PRAGMA journal_mode = DELETE")
    finally:
        target.close()


def restore(database: Database, path: Path, *, force: bool = False) -> None:
    """Replace all there is by what a backup holds, in one transaction.

    Args:
        database: of either kind; its tables are made or upgraded first.
        path: a file that `backup` wrote, also of an older version of this program.
        force: also when the database holds entries, which are lost then.

    Raises:
        StoreError: the file is no backup, or the database holds entries.
    """
    with _backup_of(path) as source:
        upgrade(database)
        with source.reading() as old, database.writing() as c:
            counters.alone(c)
            if not force and c.scalar(select(entries.c.id).limit(1)) is not None:
                raise StoreError(
                    f"{database.url} holds entries; they would be lost (--force does it anyway)"
                )
            for table in reversed(metadata.sorted_tables):
                c.execute(delete(table))
            _copy(old, c)


@contextmanager
def _backup_of(path: Path) -> Iterator[Database]:
    """Open a copy of a backup, upgraded to our version; the backup itself stays as it is."""
    try:
        with path.open("rb") as opened:
            begins = opened.read(16)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    if begins != b"SQLite format 3\x00":
        raise StoreError(f"{path} is no backup of ours: it is no SQLite file")
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with (
            closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as given,
            closing(sqlite3.connect(scratch)) as target,
        ):
            given.backup(target)
        source = open_database(f"sqlite:///{scratch.absolute()}")
        try:
            with source.reading() as c:
                found = version(c)
            if found is None:
                raise StoreError(f"{path} is no backup of ours: it holds none of our tables")
            upgrade(source)
            yield source
        finally:
            source.close()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot read the backup {path}: {error}") from error
    finally:
        for left in (scratch, *(scratch.with_name(scratch.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def _copy(source: Connection, target: Connection) -> None:
    """Copy the rows of all tables. What names a row of its own table is written afterwards."""
    for table in metadata.sorted_tables:
        inward = [
            column.name
            for column in table.c
            if any(key.column.table is table for key in column.foreign_keys)
        ]
        later: list[dict[str, Any]] = []
        target.execute(delete(table))  # a fresh database has a row or two
        rows = source.execution_options(yield_per=_BATCH).execute(select(table))
        for part in rows.partitions(_BATCH):
            values = [dict(row._mapping) for row in part]
            for row in values if inward else ():
                named = {name: row[name] for name in inward}
                if any(value is not None for value in named.values()):
                    later.append({"b_id": row["id"]} | named)
                    row.update(dict.fromkeys(inward))
            target.execute(insert(table), values)
        if later:
            target.execute(
                update(table)
                .where(table.c.id == bindparam("b_id"))
                .values({name: bindparam(name) for name in inward}),
                later,
            )
    for table in metadata.sorted_tables:
        _go_on_counting(target, table)


def _go_on_counting(c: Connection, table: Table) -> None:
    """Let new rows get ids after all that were ever given, entries that are gone included."""
    if table.autoincrement_column is None:
        return
    highest = c.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    if table is entries:
        gone = c.execute(select(func.coalesce(func.max(gone_entries.c.entry_id), 0))).scalar_one()
        highest = max(highest, gone)
    if c.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        c.execute(select(func.setval(sequence, highest + 1, False)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        values = {"seq": highest, "name": table.name}
        c.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        c.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), values)


# ------------------------------------------------------------------------------ figures and facts


def prune(c: Connection, now: datetime, history: timedelta) -> int:
    """Forget polls older than `history`, and pictures that no entry has; return how many polls."""
    pictures.prune(c)
    return c.execute(delete(polls).where(polls.c.started_at < now - history)).rowcount


def totals(c: Connection, now: datetime) -> Totals:
    """Return the sizes of everything, in three queries."""
    status = case(
        (feeds.c.gone_at.is_not(None), FeedStatus.GONE.value),
        (~feeds.c.enabled | feeds.c.held_at.is_not(None), FeedStatus.PAUSED.value),
        (feeds.c.failures > 0, FeedStatus.FAILING.value),
        else_=FeedStatus.ACTIVE.value,
    )
    kept = feeds.c.removed_at.is_(None)
    by_status = c.execute(
        select(status.label("status"), func.count().label("number"))
        .where(kept, ~feeds.c.trial)
        .group_by(text("status"))
    ).all()
    polled = kept & feeds.c.enabled & feeds.c.gone_at.is_(None) & feeds.c.held_at.is_(None)
    due = polled & (feeds.c.next_poll_at <= now)
    waiting = c.execute(
        select(
            func.count().filter(due).label("due"),
            func.min(feeds.c.next_poll_at).filter(polled).label("next_poll_at"),
            func.max(feeds.c.last_polled_at).label("last_poll_at"),
            func.count().filter(kept & feeds.c.trial).label("trials"),
        ).select_from(feeds)
    ).one()
    sizes = c.execute(
        select(
            _number(sources, sources.c.entries > 0),
            _number(entries),
            select(func.coalesce(func.sum(sources.c.recaps), 0)).scalar_subquery(),
            _number(events, events.c.recaps > 0),
            _number(talks, talks.c.recaps > 0),
            _number(tags, tags.c.recaps > 0, ~tags.c.ignored),
            _number(sources, sources.c.sample),
        )
    ).one()
    lag = now - waiting.next_poll_at if waiting.due else timedelta()
    return Totals(
        feeds={row.status: row.number for row in by_status},
        sources=sizes[0],
        entries=sizes[1],
        recaps=int(sizes[2]),
        events=sizes[3],
        talks=sizes[4],
        tags=sizes[5],
        due=waiting.due,
        lag=lag,
        last_poll_at=waiting.last_poll_at,
        next_poll_at=waiting.next_poll_at,
        trials=waiting.trials,
        samples=sizes[6],
    )


def _number(table: Table, *conditions: Any) -> Any:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


def recent_polls(c: Connection, since: datetime) -> tuple[dict[str, int], float]:
    """Return how many polls ended how since then, and how many seconds they took together."""
    rows = c.execute(
        select(polls.c.outcome, func.count().label("number"), func.sum(polls.c.duration_ms))
        .where(polls.c.started_at >= since)
        .group_by(polls.c.outcome)
    ).all()
    return {row[0]: row[1] for row in rows}, float(sum(row[2] for row in rows)) / 1000


def size_bytes(c: Connection) -> int:
    """Return how large the database is."""
    if c.dialect.name == "sqlite":
        pages = c.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages * c.execute(text("PRAGMA page_size")).scalar_one())
    return int(c.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def state(c: Connection, key: str) -> str | None:
    """Return a small fact that was kept; None when it was not."""
    return c.scalar(select(facts.c.value).where(facts.c.key == key))


def set_state(c: Connection, key: str, value: str) -> None:
    """Keep a small fact."""
    if not c.execute(update(facts).where(facts.c.key == key).values(value=value)).rowcount:
        c.execute(insert(facts).values(key=key, value=value))


def changes(c: Connection) -> int:
    """Return a number that moves on whenever something shown has changed."""
    return c.scalar(select(changes_table.c.count)) or 0
