"""What is listed, and the counters that spare pages from counting.

Each counter has one expression, used to refresh it and to check it. Everything here is called
within a write transaction, after `alone`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.model import Kind
from aggregator.store import Database, event_facts
from aggregator.store.schema import (
    changes,
    entries,
    entry_tags,
    events,
    feeds,
    mentions,
    namings,
    series,
    sources,
    tags,
    talk_mentions,
    talks,
)

# Any number, the same in all our processes: the key of PostgreSQL's advisory lock.
_LOCK = 0x5EC0_FEED
_CHUNK = 5000  # values in one IN (...); SQLite allows 32,766


@dataclass(slots=True)
class Touched:
    """Rows whose counters may be out of date."""

    feeds: set[int] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    tags: set[int] = field(default_factory=set)
    talks: set[int] = field(default_factory=set)


def chunks(ids: Collection[Any]) -> Iterator[list[Any]]:
    """Yield `ids` in pieces that fit into one IN (...)."""
    rows = sorted(ids)
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def alone(c: Connection) -> None:
    """Wait until no other transaction changes coverage.

    SQLite has one writer anyway. On PostgreSQL this spares us deadlocks between two polls that
    touch the same events and tags in another order, and doubles of what both would create.
    """
    if c.dialect.name == "postgresql":
        c.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def moved_on(c: Connection) -> None:
    """Note that something shown has changed; last in a transaction, because it locks the row."""
    done = c.execute(update(changes).where(changes.c.id == 1).values(count=changes.c.count + 1))
    if not done.rowcount:
        c.execute(insert(changes).values(id=1, count=1))


def version(database: Database) -> int:
    """Return how often something shown has changed, by the shortest road there is.

    Every request for a page asks: past SQLAlchemy this takes a tenth of the time.

    Raises:
        StoreError: the database does not answer, or has no tables.
    """
    try:
        connection = database.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT count FROM changes WHERE id = 1")
            row = cursor.fetchone()
            cursor.close()
        finally:
            connection.close()
    except (SQLAlchemyError, database.engine.dialect.loaded_dbapi.Error) as error:
        raise StoreError(f"the database {database.url} does not answer: {error}") from error
    return row[0] if row else 0


# ---------------------------------------------------------------------------------- listing


def listable() -> ColumnElement[bool]:
    """What makes an entry fit to be shown, were it no duplicate."""
    on_trial = select(feeds.c.id).where(feeds.c.id == entries.c.feed_id, feeds.c.trial)
    return and_(entries.c.kind == Kind.RECAP, ~entries.c.hidden, ~exists(on_trial))


def listed() -> ColumnElement[bool]:
    """The one rule of what readers see."""
    return case((and_(listable(), entries.c.duplicate_of.is_(None)), true()), else_=false())


def relist(c: Connection, entry_ids: Collection[int]) -> None:
    """Decide anew whether these entries are listed, and note it with their mentions and tags."""
    for ids in chunks(entry_ids):
        c.execute(update(entries).where(entries.c.id.in_(ids)).values(listed=listed()))
        for table in (mentions, entry_tags):
            of_entry = select(entries.c.listed).where(entries.c.id == table.c.entry_id)
            c.execute(
                update(table)
                .where(table.c.entry_id.in_(ids))
                .values(listed=of_entry.scalar_subquery())
            )


def touch(c: Connection, entry_ids: Collection[int], touched: Touched) -> None:
    """Add all that these entries count for."""
    for ids in chunks(entry_ids):
        for feed_id, source_id in c.execute(
            select(entries.c.feed_id, entries.c.source_id)
            .where(entries.c.id.in_(ids))
            .group_by(entries.c.feed_id, entries.c.source_id)
        ):
            touched.feeds.add(feed_id)
            touched.sources.add(source_id)
        for column, of_entry, known in (
            (mentions.c.event_id, mentions.c.entry_id, touched.events),
            (entry_tags.c.tag_id, entry_tags.c.entry_id, touched.tags),
            (talk_mentions.c.talk_id, talk_mentions.c.entry_id, touched.talks),
        ):
            known.update(c.scalars(select(column).where(of_entry.in_(ids)).distinct()))


# --------------------------------------------------------------------------------- counting


def _of_event() -> ColumnElement[bool]:
    """Mentions of an event or of a part of it, of listed entries."""
    part = events.alias("part")
    parts = select(part.c.id).where(part.c.part_of == events.c.id).correlate(events)
    return and_(
        mentions.c.listed, or_(mentions.c.event_id == events.c.id, mentions.c.event_id.in_(parts))
    )


def counters() -> dict[Table, dict[str, Any]]:
    """Return each counter with the expression that computes it, in an order that may be run."""
    own_entry = entries.c.id == mentions.c.entry_id
    main = and_(entries.c.main_event_id == events.c.id, entries.c.listed)
    from_source = and_(entries.c.source_id == sources.c.id, entries.c.listed)
    shown = events.alias("shown")
    covered = and_(shown.c.series_id == series.c.id, shown.c.recaps > 0)
    of_series = select(func.count(distinct(mentions.c.entry_id))).join_from(
        mentions, shown, shown.c.id == mentions.c.event_id
    )
    return {
        feeds: {
            "entries": select(func.count(entries.c.id)).where(entries.c.feed_id == feeds.c.id),
            # Not as a condition: SQLite would read all recaps there are by the index on kind.
            "recaps": select(
                func.count(case((and_(entries.c.kind == Kind.RECAP, ~entries.c.hidden), 1)))
            ).where(entries.c.feed_id == feeds.c.id),
        },
        sources: {
            "entries": select(func.count(entries.c.id)).where(entries.c.source_id == sources.c.id),
            "recaps": select(func.count(entries.c.id)).where(from_source),
            "newest_at": select(func.max(entries.c.sorted_at)).where(from_source),
        },
        talks: {
            "recaps": select(func.count(entries.c.id))
            .join_from(talk_mentions, entries, entries.c.id == talk_mentions.c.entry_id)
            .where(talk_mentions.c.talk_id == talks.c.id, entries.c.listed),
            "newest_at": select(func.max(entries.c.sorted_at))
            .join_from(talk_mentions, entries, entries.c.id == talk_mentions.c.entry_id)
            .where(talk_mentions.c.talk_id == talks.c.id, entries.c.listed),
        },
        tags: {
            "recaps": select(func.count(entry_tags.c.entry_id)).where(
                entry_tags.c.tag_id == tags.c.id, entry_tags.c.listed
            )
        },
        events: {
            "recaps": select(func.count(distinct(mentions.c.entry_id))).where(_of_event()),
            "sources": select(func.count(distinct(entries.c.source_id)))
            .join_from(mentions, entries, own_entry)
            .where(_of_event()),
            "newest_at": select(func.max(entries.c.sorted_at))
            .join_from(mentions, entries, own_entry)
            .where(_of_event()),
            "grouped_at": select(func.max(entries.c.sorted_at)).where(main),
            "talks": select(func.count(talks.c.id)).where(
                talks.c.event_id == events.c.id, talks.c.recaps > 0
            ),
        },
        series: {
            "events": select(func.count(shown.c.id)).where(covered),
            "recaps": of_series.where(shown.c.series_id == series.c.id, mentions.c.listed),
            "first_year": select(func.min(shown.c.year)).where(covered),
            "last_year": select(func.max(shown.c.year)).where(covered),
        },
    }


@cache
def _refreshing(table: Table) -> Update:
    """Return the statement that counts anew; made once: that costs more than running it."""
    values = {name: query.scalar_subquery() for name, query in counters()[table].items()}
    return update(table).where(table.c.id.in_(bindparam("ids", expanding=True))).values(values)


def _refresh(c: Connection, table: Table, ids: Collection[int]) -> None:
    for some in chunks(ids):
        c.execute(_refreshing(table), {"ids": some})


def refresh(c: Connection, touched: Touched) -> None:
    """Count anew what was touched, then drop events, series, talks and tags without entries."""
    _drop_talks(c, touched)
    for table, ids in ((feeds, touched.feeds), (sources, touched.sources), (talks, touched.talks)):
        if ids:
            _refresh(c, table, ids)
    if touched.tags:
        _refresh(c, tags, touched.tags)
        _drop_tags(c, touched.tags)
    if touched.events:
        _refresh_events(c, touched.events)


def _drop_talks(c: Connection, touched: Touched) -> None:
    for ids in chunks(touched.talks):
        told = select(talk_mentions.c.talk_id).where(talk_mentions.c.talk_id == talks.c.id)
        known = c.execute(
            select(talks.c.id, talks.c.event_id, exists(told)).where(talks.c.id.in_(ids))
        ).all()
        touched.events.update(event_id for _, event_id, _ in known if event_id is not None)
        gone = [talk_id for talk_id, _, still_told in known if not still_told]
        if gone:
            c.execute(delete(talks).where(talks.c.id.in_(gone)))
            touched.talks.difference_update(gone)


def _drop_tags(c: Connection, tag_ids: Collection[int]) -> None:
    """Drop tags that nobody uses, unless a person has decided something about them."""
    for ids in chunks(tag_ids):
        c.execute(_DROPPING_TAGS, {"ids": ids})


_other_tag = tags.alias("other")
_DROPPING_TAGS = delete(tags).where(
    tags.c.id.in_(bindparam("ids", expanding=True)),
    tags.c.recaps == 0,
    ~tags.c.ignored,
    ~tags.c.fixed,
    tags.c.merged_into.is_(None),
    ~exists(select(entry_tags.c.tag_id).where(entry_tags.c.tag_id == tags.c.id)),
    ~exists(select(_other_tag.c.id).where(_other_tag.c.merged_into == tags.c.id)),
)


def _refresh_events(c: Connection, event_ids: Collection[int]) -> None:
    rows = [
        row
        for ids in chunks(event_ids)
        for row in c.execute(
            select(events.c.id, events.c.series_id, events.c.part_of).where(events.c.id.in_(ids))
        )
    ]
    hosts = {row.part_of for row in rows if row.part_of is not None}
    in_series = {row.series_id for row in rows}
    for ids in chunks(hosts):
        in_series.update(c.scalars(select(events.c.series_id).where(events.c.id.in_(ids))))
    # The parts first: a host without any part and mention goes with them.
    _refresh(c, events, {row.id for row in rows} | hosts)
    _drop_events(c, {row.id for row in rows} - hosts)
    _drop_events(c, hosts)
    for ids in chunks({row.id for row in rows}):
        event_facts.refresh(c, ids)
    _refresh(c, series, in_series)
    for ids in chunks(in_series):
        held = select(events.c.id).where(events.c.series_id == series.c.id)
        c.execute(delete(series).where(series.c.id.in_(ids), ~exists(held)))


def _drop_events(c: Connection, event_ids: Collection[int]) -> None:
    """Drop events that no entry names, unless a person has edited, merged or rejected them."""
    for ids in chunks(event_ids):
        candidates = c.execute(_IDLE_EVENTS, {"ids": ids}).all()
        gone = [row.id for row in candidates if not row.fixed]
        if gone:
            c.execute(delete(events).where(events.c.id.in_(gone)))


_other_event = events.alias("other")
_IDLE_EVENTS = select(events.c.id, events.c.fixed).where(
    events.c.id.in_(bindparam("ids", expanding=True)),
    events.c.recaps == 0,
    events.c.merged_into.is_(None),
    ~events.c.rejected,
    ~exists(select(mentions.c.event_id).where(mentions.c.event_id == events.c.id)),
    ~exists(select(namings.c.event_id).where(namings.c.event_id == events.c.id)),
    ~exists(
        select(_other_event.c.id).where(
            or_(_other_event.c.merged_into == events.c.id, _other_event.c.part_of == events.c.id)
        )
    ),
)


def wrong(c: Connection) -> list[str]:
    """Return, in words, each counter that differs from what counting gives."""
    faults = []
    for table, expressions in counters().items():
        for name, query in expressions.items():
            differs = table.c[name].is_distinct_from(query.scalar_subquery())
            number = c.scalar(select(func.count()).select_from(table).where(differs))
            if number:
                faults.append(f"{table.name}.{name} is wrong in {number} rows")
    off = c.scalar(select(func.count(entries.c.id)).where(entries.c.listed != listed()))
    if off:
        faults.append(f"entries.listed is wrong in {off} rows")
    for table in (mentions, entry_tags):
        number = c.scalar(
            select(func.count())
            .select_from(table)
            .join(entries, entries.c.id == table.c.entry_id)
            .where(table.c.listed != entries.c.listed)
        )
        if number:
            faults.append(f"{table.name}.listed is wrong in {number} rows")
    return faults
