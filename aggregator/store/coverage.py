"""What pages show of events and series; the door to tags, sources, talks and moderation too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from aggregator.errors import Moved, NotFound
from aggregator.model import (
    Cursor,
    EntryCard,
    EventCard,
    EventGroup,
    EventPage,
    Facet,
    Link,
    Page,
    SeriesCard,
    TagCard,
)
from aggregator.store import cards, schema
from aggregator.store.keys import of_link
from aggregator.store.moderation import (
    change_event,
    correct,
    corrections_of,
    ignore_tag,
    merge_events,
    merge_tags,
    rename_tag,
    uncorrect,
)
from aggregator.store.topics import (
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
    "all_series",
    "busiest",
    "change_event",
    "correct",
    "corrections_of",
    "event",
    "event_card",
    "events",
    "groups",
    "ignore_tag",
    "merge_events",
    "merge_tags",
    "months",
    "related_tags",
    "rename_tag",
    "series",
    "source",
    "source_events",
    "sources",
    "speaker",
    "tag",
    "tag_events",
    "tags",
    "talk",
    "top_talks",
    "uncorrect",
    "years",
]

_SHARED_LINKS = 20  # of an event


# ----------------------------------------------------------------------------------------- home


def groups(
    c: Connection, *, before: Cursor | None = None, limit: int = 12, per_group: int = 4
) -> Page[EventGroup]:
    """Return events by their newest recap, each with its newest recaps; six queries.

    A recap is in the group of its strongest event; one without an event is a group of its own.
    """
    rows = _newest_groups(c, before, limit + 1)
    some = rows[:limit]
    shown = [row.event_id for row in some if row.event_id is not None]
    of = {
        card.id: card
        for card in cards.event_cards(c, cards.event_rows().where(schema.events.c.id.in_(shown)))
    }
    lone = [row.entry_id for row in some if row.entry_id is not None]
    by_event, by_id = _newest_entries(c, shown, lone, per_group)
    found = []
    for row in some:
        if row.event_id is None:
            found.append(EventGroup(event=None, entries=(by_id[row.entry_id],)))
            continue
        listed = tuple(by_event[row.event_id])
        more = max(0, of[row.event_id].recaps - len(listed))
        found.append(EventGroup(event=of[row.event_id], entries=listed, more=more))
    last = some[-1] if len(rows) > limit else None
    return Page(
        items=tuple(found),
        next=Cursor(published_at=last.at, id=last.place) if last else None,
    )


def _newest_groups(c: Connection, before: Cursor | None, limit: int) -> list[Any]:
    """Return (at, place, event_id, entry_id), the newest first; `place` decides between equals."""
    events, entries = schema.events, schema.entries
    nothing = cast(null(), BigInteger)
    of_events = select(
        events.c.grouped_at.label("at"),
        (events.c.id * 2).label("place"),
        events.c.id.label("event_id"),
        nothing.label("entry_id"),
    ).where(events.c.grouped_at.is_not(None))
    alone = select(
        entries.c.sorted_at.label("at"),
        (entries.c.id * 2 + 1).label("place"),
        nothing.label("event_id"),
        entries.c.id.label("entry_id"),
    ).where(entries.c.listed, entries.c.main_event_id.is_(None))
    if before is not None:
        when = literal(before.published_at, schema.UtcDateTime())
        of_events = of_events.where(
            events.c.grouped_at <= when,
            or_(events.c.grouped_at < when, events.c.id * 2 < before.id),
        )
        alone = alone.where(
            entries.c.sorted_at <= when,
            or_(entries.c.sorted_at < when, entries.c.id * 2 + 1 < before.id),
        )
    # Each half is cut by its own index before the two are put together.
    halves = (
        of_events.order_by(events.c.grouped_at.desc(), events.c.id.desc()).limit(limit).subquery(),
        alone.order_by(entries.c.sorted_at.desc(), entries.c.id.desc()).limit(limit).subquery(),
    )
    both = union_all(*(select(half) for half in halves)).subquery()
    newest = select(both).order_by(both.c.at.desc(), both.c.place.desc()).limit(limit)
    return list(c.execute(newest))


def _newest_entries(
    c: Connection, event_ids: Collection[int], lone: Collection[int], per_group: int
) -> tuple[dict[int, list[EntryCard]], dict[int, EntryCard]]:
    """Return the newest entries of each event, and entries without an event by their ids."""
    entries = schema.entries
    place = func.row_number().over(
        partition_by=entries.c.main_event_id,
        order_by=(entries.c.sorted_at.desc(), entries.c.id.desc()),
    )
    numbered = (
        select(entries.c.id, place.label("place"))
        .where(entries.c.main_event_id.in_(event_ids), entries.c.listed)
        .subquery()
    )
    chosen = select(numbered.c.id).where(numbered.c.place <= per_group)
    rows = c.execute(
        cards.entry_rows()
        .where(or_(entries.c.id.in_(chosen), entries.c.id.in_(lone)))
        .order_by(entries.c.sorted_at.desc(), entries.c.id.desc())
    ).all()
    by_event: dict[int, list[EntryCard]] = defaultdict(list)
    by_id: dict[int, EntryCard] = {}
    for row, card in zip(rows, cards.entry_cards(c, rows), strict=True):
        by_id[card.id] = card
        by_event[row.main_event_id].append(card)
    return by_event, by_id


# --------------------------------------------------------------------------------------- events


def event_card(c: Connection, slug: str) -> EventCard:
    """Return an event.

    Raises:
        Moved: the event was merged into another.
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
        raise NotFound("event", slug)
    if row.target_slug is not None:
        raise Moved("event", slug, row.target_slug)
    return cards.event_card(row)


def event(c: Connection, slug: str) -> EventPage:
    """Return all that an event's page shows beside its entries, in eight queries.

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
) -> tuple[EventCard, ...]:
    """Return events with listed recaps, the newest year and recap first.

    Args:
        c: in any transaction.
        year: only of that year.
        series_id: only of that series.
        flagged: in place of those, all that wait for an admin's eye, covered or not.
    """
    table = schema.events
    query = cards.event_rows().where(table.c.merged_into.is_(None))
    query = query.where(table.c.flagged if flagged else table.c.recaps > 0)
    if year is not None:
        query = query.where(table.c.year == year)
    if series_id is not None:
        query = query.where(table.c.series_id == series_id)
    newest = (table.c.year.desc(), table.c.newest_at.desc(), table.c.id.desc())
    return cards.event_cards(c, query.order_by(*newest))


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
