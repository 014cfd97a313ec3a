"""Reading for pages that lead on: long lists in parts, and what a tag meets where."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, func, or_, select

from aggregator.model import (
    Crossing,
    Cursor,
    EventCard,
    EventLink,
    Link,
    Page,
    SpeakerCard,
    TalkCard,
)
from aggregator.store.cards import (
    EVENT_LINK,
    event_cards,
    event_link,
    event_rows,
    talk_cards,
    talk_rows,
)
from aggregator.store.schema import (
    entries,
    entry_tags,
    events,
    mentions,
    series,
    sources,
    talk_speakers,
    talks,
)


def events_part(
    c: Connection, *, year: int | None = None, before: Cursor | None = None, limit: int
) -> Page[EventCard]:
    """Return events with listed recaps, the newest year first, then the newest recap.

    A page goes on from its last row, so that new arrivals move nothing; only those of one year
    have further pages.
    """
    query = event_rows().where(events.c.recaps > 0, events.c.merged_into.is_(None))
    if year is not None:
        query = query.where(events.c.year == year)
    if before is not None:
        older = and_(events.c.newest_at == before.published_at, events.c.id < before.id)
        query = query.where(or_(events.c.newest_at < before.published_at, older))
    newest = (events.c.year.desc(), events.c.newest_at.desc(), events.c.id.desc())
    found = event_cards(c, query.order_by(*newest).limit(limit + 1))
    shown = found[:limit]
    more = len(found) > limit and shown[-1].newest_at is not None
    last = shown[-1] if more else None
    return Page(
        items=shown,
        next=Cursor(published_at=last.newest_at, id=last.id) if last and last.newest_at else None,
    )


def tag_crossings(c: Connection, tag_id: int, limit: int = 6) -> tuple[Crossing, ...]:
    """Return the series whose recaps have this tag most, with how many each edition has."""
    counted = (
        select(mentions.c.event_id, func.count().label("number"))
        .join_from(entry_tags, mentions, mentions.c.entry_id == entry_tags.c.entry_id)
        .where(entry_tags.c.tag_id == tag_id, entry_tags.c.listed)
        .group_by(mentions.c.event_id)
        .cte()
    )
    total = func.sum(counted.c.number).label("total")
    most = (
        select(events.c.series_id, total)
        .join_from(counted, events, events.c.id == counted.c.event_id)
        .join(series, series.c.id == events.c.series_id)
        .group_by(events.c.series_id, series.c.slug)
        .order_by(total.desc(), series.c.slug)
        .limit(limit)
        .subquery()
    )
    rows = c.execute(
        select(*EVENT_LINK, counted.c.number)
        .join_from(counted, events, events.c.id == counted.c.event_id)
        .join(series, series.c.id == events.c.series_id)
        .join(most, most.c.series_id == events.c.series_id)
        .order_by(most.c.total.desc(), series.c.slug)
        .order_by(events.c.year, events.c.edition, events.c.id)
    )
    found: dict[str, list[tuple[EventLink, int]]] = {}
    for row in rows:
        found.setdefault(row.series_slug, []).append((event_link(row), row.number))
    return tuple(
        Crossing(series=Link(slug=slug, name=some[0][0].series), editions=tuple(some))
        for slug, some in found.items()
    )


def tag_sources(c: Connection, tag_id: int, limit: int = 8) -> tuple[tuple[Link, int], ...]:
    """Return who writes most with this tag, and how many recaps."""
    counted = (
        select(entries.c.source_id, func.count().label("number"))
        .join_from(entry_tags, entries, entries.c.id == entry_tags.c.entry_id)
        .where(entry_tags.c.tag_id == tag_id, entry_tags.c.listed)
        .group_by(entries.c.source_id)
        .subquery()
    )
    rows = c.execute(
        select(sources.c.slug, sources.c.title, counted.c.number)
        .join_from(counted, sources, sources.c.id == counted.c.source_id)
        .order_by(counted.c.number.desc(), sources.c.title, sources.c.slug)
        .limit(limit)
    )
    return tuple((Link(slug=row.slug, name=row.title), row.number) for row in rows)


def talks_beside(c: Connection, talk_id: int, limit: int = 6) -> tuple[TalkCard, ...]:
    """Return other talks of the same event, most told of first."""
    same = select(talks.c.event_id).where(talks.c.id == talk_id).scalar_subquery()
    return talk_cards(
        c,
        talk_rows()
        .where(talks.c.event_id == same, talks.c.id != talk_id, talks.c.recaps > 0)
        .order_by(talks.c.recaps.desc(), talks.c.id)
        .limit(limit),
    )


def speaker_beginnings(c: Connection) -> dict[str, int]:
    """Return how many speakers of talks that recaps tell of have slugs of each first character."""
    first = func.substr(talk_speakers.c.slug, 1, 1).label("first")
    rows = c.execute(
        select(first, func.count(func.distinct(talk_speakers.c.slug)).label("number"))
        .join_from(talk_speakers, talks, talks.c.id == talk_speakers.c.talk_id)
        .where(talks.c.recaps > 0)
        .group_by(first)
    )
    return {row.first: row.number for row in rows}


def speakers(
    c: Connection, *, beginnings: Collection[str] = (), after: str = "", limit: int
) -> tuple[SpeakerCard, ...]:
    """Return speakers with how many talks recaps tell of, those with most first.

    Args:
        c: in any transaction.
        beginnings: first characters of slugs; only the speakers with these, in the order of slugs.
        after: with `beginnings`, the slug to go on after.
        limit: how many at most.
    """
    number = func.count().label("number")
    found = (
        select(talk_speakers.c.slug, number)
        .join_from(talk_speakers, talks, talks.c.id == talk_speakers.c.talk_id)
        .where(talks.c.recaps > 0, talk_speakers.c.slug > after)
        .group_by(talk_speakers.c.slug)
        .limit(limit)
    )
    if beginnings:
        found = found.where(func.substr(talk_speakers.c.slug, 1, 1).in_(beginnings))
        found = found.order_by(talk_speakers.c.slug)
    else:
        found = found.order_by(number.desc(), talk_speakers.c.slug)
    some = found.subquery()
    rows = c.execute(
        select(some.c.slug, some.c.number, talk_speakers.c.name)
        .join_from(some, talk_speakers, talk_speakers.c.slug == some.c.slug)
        .group_by(some.c.slug, some.c.number, talk_speakers.c.name)
        .order_by(some.c.slug, func.count().desc(), talk_speakers.c.name)
    )
    cards: dict[str, SpeakerCard] = {}
    for row in rows:  # of several spellings the commonest comes first
        cards.setdefault(row.slug, SpeakerCard(slug=row.slug, name=row.name, talks=row.number))
    if beginnings:
        return tuple(cards.values())
    return tuple(sorted(cards.values(), key=lambda one: (-one.talks, one.slug)))
