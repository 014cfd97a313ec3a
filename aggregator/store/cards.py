"""Turns rows into the values that pages show; each function is one query, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from aggregator.model import (
    EntryCard,
    EventCard,
    EventLink,
    FeedLink,
    Kind,
    Link,
    SafeHtml,
    SeriesCard,
    SourceCard,
    TagCard,
    TalkCard,
)
from aggregator.store.counters import chunks
from aggregator.store.schema import (
    contents,
    entries,
    entry_tags,
    events,
    feeds,
    mentions,
    series,
    sources,
    tags,
    talk_mentions,
    talks,
)
from aggregator.store.talks import shown_links

# ----------------------------------------------------------------------------------- entries


def entry_rows(*, full: bool = False) -> Select[Any]:
    """Return the query for entries with what their cards need of feed and source."""
    query = select(
        entries,
        sources.c.slug.label("source_slug"),
        sources.c.title.label("source_title"),
        sources.c.licence,
        sources.c.sample,
        feeds.c.url.label("feed_url"),
    ).join_from(entries, sources, sources.c.id == entries.c.source_id)
    query = query.join(feeds, feeds.c.id == entries.c.feed_id)
    if full:
        query = query.add_columns(func.coalesce(contents.c.pictured, contents.c.html).label("html"))
        query = query.join(contents, contents.c.entry_id == entries.c.id)
    return query


def entry_cards(
    c: Connection, rows: Sequence[Any], *, brief: bool = False
) -> tuple[EntryCard, ...]:
    """Return the cards of rows of `entry_rows`, in their order, with three more queries.

    `brief`: without their talks, only with how many there are, which takes a fifth of the time.
    """
    if not rows:
        return ()
    ids = [row.id for row in rows]
    about = _events_of(c, ids)
    tagged = _tags_of(c, ids)
    talks = {} if brief else _talks_of(c, ids)
    told = _told(c, ids) if brief else {one: len(some) for one, some in talks.items()}
    return tuple(
        _entry_card(
            row,
            about.get(row.id, ()),
            tagged.get(row.id, ()),
            talks.get(row.id, ()),
            told.get(row.id, 0),
        )
        for row in rows
    )


def _entry_card(
    row: Any,
    about: tuple[EventLink, ...],
    tagged: tuple[Link, ...],
    talks: tuple[TalkCard, ...],
    told: int,
) -> EntryCard:
    shown = getattr(row, "html", None)
    return EntryCard(
        id=row.id,
        uid=row.uid,
        guid=row.guid,
        url=row.url,
        title=row.title,
        authors=tuple(row.authors),
        language=row.language,
        summary=row.summary,
        kind=Kind(row.kind),
        kind_score=row.kind_score,
        listed=row.listed,
        hidden=row.hidden,
        published_at=row.published_at,
        published_inferred=row.published_inferred,
        updated_at=row.updated_at,
        fetched_at=row.first_seen_at,
        changed_at=row.changed_at,
        source=Link(slug=row.source_slug, name=row.source_title),
        licence=row.licence,
        sample=row.sample,
        feed_id=row.feed_id,
        feed_url=row.feed_url,
        enclosures=tuple(row.enclosures),
        events=about,
        tags=tagged,
        talks=talks,
        told=told,
        duplicate_of=row.duplicate_of,
        excerpt=row.excerpt,
        html=None if shown is None else SafeHtml(shown),
    )


def _events_of(c: Connection, ids: Collection[int]) -> dict[int, tuple[EventLink, ...]]:
    found: dict[int, list[EventLink]] = defaultdict(list)
    for some in chunks(ids):
        for row in c.execute(
            select(mentions.c.entry_id, *EVENT_LINK)
            .join_from(mentions, events, events.c.id == mentions.c.event_id)
            .join(series, series.c.id == events.c.series_id)
            .join(entries, entries.c.id == mentions.c.entry_id)
            .where(mentions.c.entry_id.in_(some))
            .order_by(
                mentions.c.entry_id,
                entries.c.main_event_id.is_distinct_from(mentions.c.event_id),
                mentions.c.score.desc(),
                mentions.c.event_id,
            )
        ):
            found[row.entry_id].append(event_link(row))
    return {entry_id: tuple(links) for entry_id, links in found.items()}


def _tags_of(c: Connection, ids: Collection[int]) -> dict[int, tuple[Link, ...]]:
    found: dict[int, list[Link]] = defaultdict(list)
    for some in chunks(ids):
        for row in c.execute(
            select(entry_tags.c.entry_id, tags.c.slug, tags.c.name)
            .join_from(entry_tags, tags, tags.c.id == entry_tags.c.tag_id)
            .where(entry_tags.c.entry_id.in_(some), ~tags.c.ignored)
            .order_by(entry_tags.c.entry_id, tags.c.slug)
        ):
            found[row.entry_id].append(Link(slug=row.slug, name=row.name))
    return {entry_id: tuple(links) for entry_id, links in found.items()}


def _told(c: Connection, ids: Collection[int]) -> dict[int, int]:
    number = select(talk_mentions.c.entry_id, func.count()).group_by(talk_mentions.c.entry_id)
    return {
        entry_id: count
        for some in chunks(ids)
        for entry_id, count in c.execute(number.where(talk_mentions.c.entry_id.in_(some)))
    }


def _talks_of(c: Connection, ids: Collection[int]) -> dict[int, tuple[TalkCard, ...]]:
    found: dict[int, list[TalkCard]] = defaultdict(list)
    for some in chunks(ids):
        for row in c.execute(
            talk_rows()
            .add_columns(talk_mentions.c.entry_id, talk_mentions.c.told.label("told_here"))
            .join(talk_mentions, talk_mentions.c.talk_id == talks.c.id)
            .where(talk_mentions.c.entry_id.in_(some))
            .order_by(talk_mentions.c.entry_id, talk_mentions.c.position)
        ):
            found[row.entry_id].append(talk_card(row, told=row.told_here))
    return {entry_id: tuple(cards) for entry_id, cards in found.items()}


_COMMON = 1000  # recaps


def entry_key(c: Connection, *, common: bool) -> ColumnElement[int]:
    """Return the id of entries, as it is best compared with the ids that a condition allows.

    The sign keeps SQLite from looking up each entry that has what most have: walking along the
    index of dates is quicker then, and SQLite does not know by itself.
    """
    walks = common and c.dialect.name == "sqlite"
    return literal_column("+entries.id", Integer) if walks else entries.c.id


def is_common_tag(c: Connection, tag_id: int) -> bool:
    """Tell whether so many recaps have a tag that looking each up is slow."""
    return (c.scalar(select(tags.c.recaps).where(tags.c.id == tag_id)) or 0) > _COMMON


# ------------------------------------------------------------------------------------ events

EVENT_LINK = (
    events.c.slug.label("event_slug"),
    events.c.name.label("event_name"),
    events.c.year.label("event_year"),
    series.c.slug.label("series_slug"),
    series.c.name.label("series_name"),
)


def event_link(row: Any) -> EventLink:
    """Return the link of a row with the columns of EVENT_LINK."""
    return EventLink(
        slug=row.event_slug,
        name=row.event_name,
        series=row.series_name,
        series_slug=row.series_slug,
        year=row.event_year,
    )


_host = events.alias("host")
_host_series = series.alias("host_series")


def event_rows() -> Select[Any]:
    """Return the query for events with what their cards need."""
    return (
        select(
            events,
            series.c.slug.label("series_slug"),
            series.c.name.label("series_name"),
            _host.c.slug.label("host_slug"),
            _host.c.name.label("host_name"),
            _host.c.year.label("host_year"),
            _host_series.c.slug.label("host_series_slug"),
            _host_series.c.name.label("host_series_name"),
        )
        .join_from(events, series, series.c.id == events.c.series_id)
        .outerjoin(_host, _host.c.id == events.c.part_of)
        .outerjoin(_host_series, _host_series.c.id == _host.c.series_id)
    )


def event_cards(c: Connection, query: Select[Any]) -> tuple[EventCard, ...]:
    """Run a query made from `event_rows`."""
    return tuple(event_card(row) for row in c.execute(query))


def event_card(row: Any, recaps: int | None = None) -> EventCard:
    """Return the card of a row of `event_rows`; `recaps` in place of all recaps."""
    host = None
    if row.host_slug is not None:
        host = EventLink(
            slug=row.host_slug,
            name=row.host_name,
            series=row.host_series_name,
            series_slug=row.host_series_slug,
            year=row.host_year,
        )
    return EventCard(
        id=row.id,
        slug=row.slug,
        name=row.name,
        series=Link(slug=row.series_slug, name=row.series_name),
        year=row.year,
        edition=row.edition,
        place=row.place,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        homepage=row.homepage,
        part_of=host,
        recaps=row.recaps if recaps is None else recaps,
        sources=row.sources,
        talks=row.talks,
        newest_at=row.newest_at,
        hashtag=row.hashtag,
        flagged=row.flagged,
        rejected=row.rejected,
    )


def series_card(row: Any) -> SeriesCard:
    """Return the card of a row of `series`."""
    return SeriesCard(
        id=row.id,
        slug=row.slug,
        name=row.name,
        homepage=row.homepage,
        place=row.place,
        events=row.events,
        recaps=row.recaps,
        first_year=row.first_year,
        last_year=row.last_year,
    )


# ------------------------------------------------------------------------------------- talks


def talk_rows() -> Select[Any]:
    """Return the query for talks with their events."""
    return (
        select(talks, *EVENT_LINK)
        .select_from(talks)
        .outerjoin(events, events.c.id == talks.c.event_id)
        .outerjoin(series, series.c.id == events.c.series_id)
    )


def talk_card(row: Any, *, told: str = "", by: tuple[Link, ...] = ()) -> TalkCard:
    """Return the card of a row of `talk_rows`; `by` names who wrote about it."""
    return TalkCard(
        id=row.id,
        title=row.title,
        speakers=tuple(Link(slug=slug, name=name) for name, slug in row.speakers),
        links=shown_links(row.links),
        event=None if row.event_slug is None else event_link(row),
        recaps=row.recaps,
        sources=by,
        told=told or row.told,
    )


def talk_cards(c: Connection, query: Select[Any]) -> tuple[TalkCard, ...]:
    """Run a query made from `talk_rows`, and add who wrote about each talk."""
    rows = c.execute(query).all()
    by = _sources_of_talks(c, [row.id for row in rows])
    return tuple(talk_card(row, by=by.get(row.id, ())) for row in rows)


def _sources_of_talks(c: Connection, talk_ids: Collection[int]) -> dict[int, tuple[Link, ...]]:
    found: dict[int, list[Link]] = defaultdict(list)
    for some in chunks(talk_ids):
        for row in c.execute(
            select(talk_mentions.c.talk_id, sources.c.slug, sources.c.title)
            .join_from(talk_mentions, entries, entries.c.id == talk_mentions.c.entry_id)
            .join(sources, sources.c.id == entries.c.source_id)
            .where(talk_mentions.c.talk_id.in_(some), entries.c.listed)
            .group_by(talk_mentions.c.talk_id, sources.c.slug, sources.c.title)
            .order_by(talk_mentions.c.talk_id, sources.c.title)
        ):
            found[row.talk_id].append(Link(slug=row.slug, name=row.title))
    return {talk_id: tuple(links) for talk_id, links in found.items()}


# --------------------------------------------------------------------------- tags and sources


def tag_card(row: Any, recaps: int | None = None) -> TagCard:
    """Return the card of a row of `tags`; `recaps` in place of all recaps."""
    return TagCard(
        id=row.id,
        slug=row.slug,
        name=row.name,
        recaps=row.recaps if recaps is None else recaps,
        ignored=row.ignored,
    )


def source_card(row: Any, of: tuple[FeedLink, ...] = ()) -> SourceCard:
    """Return the card of a row of `sources`; `of` are its feeds."""
    return SourceCard(
        id=row.id,
        slug=row.slug,
        title=row.title,
        site_url=row.site_url,
        organisation=row.organisation,
        country=row.country,
        category=row.category,
        licence=row.licence,
        sample=row.sample,
        recaps=row.recaps,
        entries=row.entries,
        newest_at=row.newest_at,
        feeds=of,
    )


class _Part(FunctionElement[int]):
    """The year or the month of a time; SQLite keeps times as text, and cutting beats parsing."""

    type = Integer()
    inherit_cache = True
    name = "part"


@compiles(_Part)
def _extracted(part: _Part, compiler: Any, **how: Any) -> str:
    column, name, _ = part.clauses
    return f"CAST(EXTRACT({name.value} FROM {compiler.process(column, **how)}) AS INTEGER)"


@compiles(_Part, "sqlite")
def _cut(part: _Part, compiler: Any, **how: Any) -> str:
    column, _, at = part.clauses
    return f"CAST(substr({compiler.process(column, **how)}, {at.value}) AS INTEGER)"


def month_of(column: ColumnElement[Any]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return the expressions for year and month of a time."""
    return _Part(column, "year", "1, 4"), _Part(column, "month", "6, 2")
