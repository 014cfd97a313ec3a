"""What pages show of events and series; the door to tags, sources, talks and moderation too."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    func,
    or_,
    select,
)

from aggregator.errors import Moved, NotFound
from aggregator.model import (
    EventCard,
    EventFact,
    EventPage,
    Facet,
    Link,
    SeriesCard,
    TagCard,
)
from aggregator.store import cards, schema
from aggregator.store import event_facts as stated
from aggregator.store.decisions import list_decisions
from aggregator.store.groups import groups
from aggregator.store.keys import of_link
from aggregator.store.moderation import (
    correct,
    corrections_of,
    ignore_tag,
    merge_tags,
    rename_tag,
    uncorrect,
    undo,
)
from aggregator.store.ruling import (
    accept_event,
    add_alias,
    aliases,
    change_event,
    merge_events,
    reject_event,
    split_event,
)
from aggregator.store.topics import (
    addresses,
    months,
    related_tags,
    source,
    source_events,
    sources,
    speaker,
    tag,
    tag_events,
    tags,
    talk,
    top_talks,
)

__all__ = [
    "accept_event",
    "add_alias",
    "addresses",
    "aliases",
    "all_series",
    "busiest",
    "change_event",
    "correct",
    "corrections_of",
    "event",
    "event_card",
    "event_facts",
    "events",
    "groups",
    "ignore_tag",
    "list_decisions",
    "merge_events",
    "merge_tags",
    "months",
    "reject_event",
    "related_tags",
    "rename_tag",
    "series",
    "source",
    "source_events",
    "sources",
    "speaker",
    "split_event",
    "tag",
    "tag_events",
    "tags",
    "talk",
    "top_talks",
    "uncorrect",
    "undo",
    "waiting",
    "years",
]

_SHARED_LINKS = 20  # of an event


# --------------------------------------------------------------------------------------- events


def event_card(c: Connection, slug: str, *, rejected: bool = False) -> EventCard:
    """Return an event; with `rejected` also one of which a person says that it is none.

    Raises:
        Moved: the event was merged into another, or is called otherwise now.
        NotFound: there is no such event.
    """
    events = schema.events
    target = events.alias("target")
    row = c.execute(
        cards.event_rows()
        .add_columns(target.c.slug.label("target_slug"))
        .outerjoin(target, target.c.id == events.c.merged_into)
        .where(events.c.slug == slug)
    ).first()
    if row is None:
        raise _no_event(c, slug)
    if row.target_slug is not None:
        raise Moved("event", slug, row.target_slug)
    if row.rejected and not rejected:
        raise NotFound("event", slug)
    return cards.event_card(row)


def event_facts(c: Connection, event_id: int) -> tuple[EventFact, ...]:
    """Return all that is said of an event, by whom, and what of it is shown."""
    return stated.known(c, event_id, every=True)


def _no_event(c: Connection, slug: str) -> NotFound:
    """Return the error for an event that is not there, which may be known by another slug."""
    events, old = schema.events, schema.old_slugs
    target = events.alias("target")
    now = c.scalar(
        select(target.c.slug)
        .join_from(old, events, events.c.id == old.c.event_id)
        .join(target, target.c.id == func.coalesce(events.c.merged_into, events.c.id))
        .where(old.c.slug == slug)
    )
    return NotFound("event", slug) if now is None else Moved("event", slug, now)


def event(c: Connection, slug: str) -> EventPage:
    """Return all that an event's page shows beside its entries, in ten queries.

    Raises:
        Moved: the event was merged into another.
        NotFound: there is no such event.
    """
    card = event_card(c, slug)
    events, talks = schema.events, schema.talks
    covered = schema.events.c.recaps > 0
    own_series = select(events.c.series_id).where(events.c.id == card.id).scalar_subquery()
    named = cards.talk_cards(
        c,
        cards.talk_rows()
        .where(talks.c.event_id == card.id, talks.c.recaps > 0)
        .order_by(talks.c.recaps.desc(), talks.c.id),
    )
    by, authors = _writers(c, card.id)
    return EventPage(
        event=card,
        talks=named,
        tags=_tags_of(c, card.id),
        links=_shared_links(c, card),
        editions=cards.event_cards(
            c,
            cards.event_rows()
            .where(events.c.series_id == own_series, or_(covered, events.c.id == card.id))
            .where(events.c.merged_into.is_(None))
            .order_by(events.c.year, events.c.edition, events.c.id),
        ),
        parts=cards.event_cards(
            c,
            cards.event_rows()
            .where(events.c.part_of == card.id, covered)
            .order_by(events.c.name, events.c.id),
        ),
        sources=by,
        authors=authors,
        facts=stated.known(c, card.id),
    )


def _entries_about(event_id: int) -> Any:
    """Return the query for the ids of listed recaps of an event and of its parts."""
    events, mentions = schema.events, schema.mentions
    these = select(events.c.id).where(or_(events.c.id == event_id, events.c.part_of == event_id))
    return select(mentions.c.entry_id).where(mentions.c.event_id.in_(these), mentions.c.listed)


def _tags_of(c: Connection, event_id: int) -> tuple[TagCard, ...]:
    tags_, entry_tags = schema.tags, schema.entry_tags
    number = func.count().label("number")
    rows = c.execute(
        select(tags_, number)
        .join_from(entry_tags, tags_, tags_.c.id == entry_tags.c.tag_id)
        .where(entry_tags.c.entry_id.in_(_entries_about(event_id)), ~tags_.c.ignored)
        .group_by(tags_.c.id)
        .order_by(number.desc(), tags_.c.slug)
    )
    return tuple(cards.tag_card(row, row.number) for row in rows)


def _shared_links(c: Connection, card: EventCard) -> tuple[Facet, ...]:
    """Return addresses that several recaps link, but for talks, the event's site and themselves."""
    links, entries, talk_links = schema.entry_links, schema.entries, schema.talk_links
    number = func.count(func.distinct(links.c.entry_id)).label("number")
    own = select(entries.c.url_key).where(entries.c.id.in_(_entries_about(card.id)))
    resources = select(talk_links.c.url_key).join_from(
        talk_links, schema.talks, schema.talks.c.id == talk_links.c.talk_id
    )
    rows = c.execute(
        select(func.min(links.c.url).label("url"), func.max(links.c.words).label("words"), number)
        .where(
            links.c.entry_id.in_(_entries_about(card.id)),
            links.c.url_key != of_link(card.homepage or ""),
            links.c.url_key.not_in(own),
            links.c.url_key.not_in(resources.where(schema.talks.c.event_id == card.id)),
        )
        .group_by(links.c.url_key)
        .having(number > 1)
        .order_by(number.desc(), links.c.url_key)
        .limit(_SHARED_LINKS)
    )
    return tuple(Facet(value=row.url, name=row.words or row.url, count=row.number) for row in rows)


def _writers(c: Connection, event_id: int) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Return the sources and the authors of an event's recaps, those who wrote most first."""
    entries, sources_ = schema.entries, schema.sources
    rows = c.execute(
        select(sources_.c.slug, sources_.c.title, entries.c.authors)
        .join_from(entries, sources_, sources_.c.id == entries.c.source_id)
        .where(entries.c.id.in_(_entries_about(event_id)), entries.c.listed)
        .order_by(entries.c.sorted_at.desc(), entries.c.id.desc())
    ).all()
    by = Counter(Link(slug=row.slug, name=row.title) for row in rows)
    authors = Counter(name for row in rows for name in row.authors)
    return tuple(link for link, _ in by.most_common()), tuple(n for n, _ in authors.most_common())


def events(
    c: Connection,
    *,
    year: int | None = None,
    series_id: int | None = None,
    flagged: bool = False,
    rejected: bool = False,
) -> tuple[EventCard, ...]:
    """Return events with listed recaps, the newest year and recap first.

    Args:
        c: in any transaction.
        year: only of that year.
        series_id: only of that series.
        flagged: in place of those, all that wait for an admin's eye, covered or not.
        rejected: in place of those, all of which a person says that they are none.
    """
    table = schema.events
    query = cards.event_rows().where(table.c.merged_into.is_(None))
    if rejected:
        query = query.where(table.c.rejected)
    else:
        query = query.where(table.c.flagged if flagged else table.c.recaps > 0)
    if year is not None:
        query = query.where(table.c.year == year)
    if series_id is not None:
        query = query.where(table.c.series_id == series_id)
    newest = (table.c.year.desc(), table.c.newest_at.desc(), table.c.id.desc())
    return cards.event_cards(c, query.order_by(*newest))


def waiting(c: Connection) -> tuple[tuple[EventCard, int], ...]:
    """Return the events that no registry knows and nobody has looked at, most named first.

    Each with the number of posts that name it: copies of one post count once, what is hidden or
    on trial does not count.
    """
    table, namings = schema.events, schema.namings
    entries, feeds = schema.entries, schema.feeds
    named = (
        select(namings.c.event_id, func.count().label("number"))
        .join_from(namings, table, table.c.id == namings.c.event_id)
        .join(entries, entries.c.id == namings.c.entry_id)
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .where(table.c.flagged, entries.c.duplicate_of.is_(None), ~entries.c.hidden, ~feeds.c.trial)
        .group_by(namings.c.event_id)
        .subquery()
    )
    rows = c.execute(
        cards.event_rows()
        .add_columns(named.c.number)
        .join(named, named.c.event_id == table.c.id)
        .where(table.c.flagged, table.c.merged_into.is_(None), ~table.c.rejected)
        .order_by(named.c.number.desc(), table.c.year.desc(), table.c.id.desc())
    )
    return tuple((cards.event_card(row), row.number) for row in rows)


def years(c: Connection) -> tuple[tuple[int, int, int], ...]:
    """Return (year, events, recaps) of each year that has events with listed recaps, newest first.

    A recap of two events of a year counts once.
    """
    table, mentions = schema.events, schema.mentions
    rows = c.execute(
        select(
            table.c.year,
            func.count(func.distinct(table.c.id)),
            func.count(func.distinct(mentions.c.entry_id)),
        )
        .join_from(table, mentions, and_(mentions.c.event_id == table.c.id, mentions.c.listed))
        .group_by(table.c.year)
        .order_by(table.c.year.desc())
    )
    return tuple((row[0], row[1], row[2]) for row in rows)


def busiest(c: Connection, since: datetime, limit: int) -> tuple[EventCard, ...]:
    """Return the events that most listed recaps since then are about."""
    entries, table = schema.entries, schema.events
    number = func.count(entries.c.id)
    counted = (
        select(entries.c.main_event_id, number.label("number"))
        .where(entries.c.listed, entries.c.sorted_at >= since, entries.c.main_event_id.is_not(None))
        .group_by(entries.c.main_event_id)
        .order_by(number.desc(), entries.c.main_event_id.desc())
        .limit(limit)
        .subquery()
    )
    return cards.event_cards(
        c,
        cards.event_rows()
        .join(counted, counted.c.main_event_id == table.c.id)
        .order_by(counted.c.number.desc(), table.c.newest_at.desc(), table.c.id.desc()),
    )


# --------------------------------------------------------------------------------------- series


def series(c: Connection, slug: str) -> SeriesCard:
    """Return a series.

    Raises:
        NotFound: there is no such series.
    """
    row = c.execute(select(schema.series).where(schema.series.c.slug == slug)).first()
    if row is None:
        raise NotFound("series", slug)
    return cards.series_card(row)


def all_series(c: Connection) -> tuple[SeriesCard, ...]:
    """Return all series with listed recaps, by name."""
    table = schema.series
    query = select(table).where(table.c.recaps > 0).order_by(func.lower(table.c.name), table.c.id)
    return tuple(cards.series_card(row) for row in c.execute(query))
