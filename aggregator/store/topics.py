"""Reading tags, sources, talks, speakers and months; `coverage` is the door to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from aggregator.errors import Moved, NotFound
from aggregator.model import (
    EventCard,
    FeedLink,
    Link,
    MonthCount,
    SourceCard,
    SpeakerCard,
    TagCard,
    TalkCard,
    Telling,
)
from aggregator.store.cards import (
    entry_key,
    event_card,
    event_rows,
    is_common_tag,
    month_of,
    source_card,
    tag_card,
    talk_cards,
    talk_rows,
)
from aggregator.store.keys import is_row
from aggregator.store.schema import (
    entries,
    entry_tags,
    events,
    feeds,
    mentions,
    old_talks,
    series,
    talk_mentions,
    talk_speakers,
    talks,
)
from aggregator.store.schema import (
    sources as sources_table,
)
from aggregator.store.schema import (
    tags as tags_table,
)

# -------------------------------------------------------------------------------------- tags


def tag(c: Connection, slug: str) -> TagCard:
    """Return a tag, also an ignored one.

    Raises:
        Moved: the tag was merged into another.
        NotFound: there is no such tag.
    """
    target = tags_table.alias("target")
    row = c.execute(
        select(tags_table, target.c.slug.label("target_slug"))
        .outerjoin_from(tags_table, target, target.c.id == tags_table.c.merged_into)
        .where(tags_table.c.slug == slug)
    ).first()
    if row is None:
        raise NotFound("tag", slug)
    if row.target_slug is not None:
        raise Moved("tag", slug, row.target_slug)
    return tag_card(row)


def tags(c: Connection, limit: int = 0, *, ignored: bool = False) -> tuple[TagCard, ...]:
    """Return the tags of listed recaps, the commonest first; `limit` 0: all.

    With `ignored`, the tags that are shown nowhere come as well.
    """
    shown = and_(tags_table.c.recaps > 0, ~tags_table.c.ignored)
    query = (
        select(tags_table)
        .where(or_(shown, tags_table.c.ignored) if ignored else shown)
        .order_by(tags_table.c.recaps.desc(), tags_table.c.slug)
    )
    return tuple(tag_card(row) for row in c.execute(query.limit(limit) if limit else query))


_LATEST = 1000  # recaps with a tag that tell what stands beside it


def related_tags(c: Connection, tag_id: int, limit: int = 12) -> tuple[TagCard, ...]:
    """Return tags that stand beside this one; `recaps`: how often, in its latest 1,000 recaps."""
    here = (
        select(entry_tags.c.entry_id)
        .where(entry_tags.c.tag_id == tag_id, entry_tags.c.listed)
        .order_by(entry_tags.c.entry_id.desc())
        .limit(_LATEST)
        .subquery()
    )
    both = func.count().label("both")
    rows = c.execute(
        select(tags_table, both)
        .join_from(here, entry_tags, entry_tags.c.entry_id == here.c.entry_id)
        .join(tags_table, tags_table.c.id == entry_tags.c.tag_id)
        .where(tags_table.c.id != tag_id, ~tags_table.c.ignored)
        .group_by(tags_table.c.id)
        .order_by(both.desc(), tags_table.c.slug)
        .limit(limit)
    )
    return tuple(tag_card(row, row.both) for row in rows)


def tag_events(c: Connection, tag_id: int, limit: int = 20) -> tuple[EventCard, ...]:
    """Return events that are written about with this tag; `recaps`: with this tag."""
    tagged = and_(
        entry_tags.c.entry_id == mentions.c.entry_id,
        entry_tags.c.tag_id == tag_id,
        entry_tags.c.listed,
    )
    return _events_with(
        c, select(mentions.c.event_id).join_from(mentions, entry_tags, tagged), limit
    )


def _events_with(c: Connection, found: Select[Any], limit: int) -> tuple[EventCard, ...]:
    """Return the events that `found` has most rows of, with their number as `recaps`."""
    number = func.count().label("number")
    counted = found.add_columns(number).group_by(mentions.c.event_id).subquery()
    rows = c.execute(
        event_rows()
        .add_columns(counted.c.number)
        .join(counted, counted.c.event_id == events.c.id)
        .order_by(counted.c.number.desc(), events.c.newest_at.desc(), events.c.id.desc())
        .limit(limit)
    )
    return tuple(event_card(row, row.number) for row in rows)


# ------------------------------------------------------------------------------------ sources


def _shown() -> ColumnElement[bool]:
    """Sources with a feed that is not only on trial."""
    followed = select(feeds.c.id).where(
        feeds.c.source_id == sources_table.c.id, feeds.c.removed_at.is_(None), ~feeds.c.trial
    )
    return or_(sources_table.c.recaps > 0, exists(followed))


def source(c: Connection, slug: str) -> SourceCard:
    """Return a source with its feeds.

    Raises:
        NotFound: there is no such source, or it is only on trial.
    """
    row = c.execute(select(sources_table).where(sources_table.c.slug == slug, _shown())).first()
    if row is None:
        raise NotFound("source", slug)
    return source_card(row, _feeds_of(c, [row.id]).get(row.id, ()))


def sources(c: Connection) -> tuple[SourceCard, ...]:
    """Return all sources by title, with their feeds."""
    rows = c.execute(
        select(sources_table)
        .where(_shown())
        .order_by(func.lower(sources_table.c.title), sources_table.c.id)
    ).all()
    of = _feeds_of(c, None)
    return tuple(source_card(row, of.get(row.id, ())) for row in rows)


def _feeds_of(c: Connection, source_ids: list[int] | None) -> dict[int, tuple[FeedLink, ...]]:
    query = (
        select(feeds.c.source_id, feeds.c.url, feeds.c.title)
        .where(feeds.c.removed_at.is_(None), ~feeds.c.trial)
        .order_by(feeds.c.id)
    )
    if source_ids is not None:
        query = query.where(feeds.c.source_id.in_(source_ids))
    found: dict[int, tuple[FeedLink, ...]] = {}
    for row in c.execute(query):
        link = FeedLink(url=row.url, title=row.title or "")
        found[row.source_id] = (*found.get(row.source_id, ()), link)
    return found


def source_events(c: Connection, source_id: int, limit: int = 50) -> tuple[EventCard, ...]:
    """Return events that a source has written about; `recaps`: by this source."""
    own = and_(
        entries.c.id == mentions.c.entry_id, entries.c.source_id == source_id, entries.c.listed
    )
    return _events_with(c, select(mentions.c.event_id).join_from(mentions, entries, own), limit)


# -------------------------------------------------------------------------- talks and speakers


def talk(c: Connection, talk_id: int) -> tuple[TalkCard, tuple[Telling, ...]]:
    """Return a talk and what listed recaps tell of it, newest first.

    Raises:
        Moved: it turned out to be another talk; `slug` is the id of that one.
        NotFound: there is no such talk, or no listed recap tells of it.
    """
    query = talk_rows().where(talks.c.id == talk_id, talks.c.recaps > 0)
    found = talk_cards(c, query) if is_row(talk_id) else ()
    if not found:
        now = select(old_talks.c.talk_id).where(old_talks.c.id == talk_id)
        known_as = c.scalar(now) if is_row(talk_id) else None
        if known_as is not None:
            raise Moved("talk", talk_id, str(known_as))
        raise NotFound("talk", talk_id)
    rows = c.execute(
        select(
            entries.c.id,
            entries.c.title,
            entries.c.url,
            entries.c.published_at,
            sources_table.c.slug,
            sources_table.c.title.label("source_title"),
            talk_mentions.c.told,
        )
        .join_from(talk_mentions, entries, entries.c.id == talk_mentions.c.entry_id)
        .join(sources_table, sources_table.c.id == entries.c.source_id)
        .where(talk_mentions.c.talk_id == talk_id, entries.c.listed)
        .order_by(entries.c.sorted_at.desc(), entries.c.id.desc())
    )
    tellings = tuple(
        Telling(
            entry_id=row.id,
            title=row.title,
            url=row.url,
            source=Link(slug=row.slug, name=row.source_title),
            published_at=row.published_at,
            told=row.told,
        )
        for row in rows
    )
    return found[0], tellings


def top_talks(c: Connection, since: datetime | None, limit: int) -> tuple[TalkCard, ...]:
    """Return the talks that most recaps tell of; `since`: of those told of since then."""
    query = talk_rows().where(talks.c.recaps > 0)
    if since is not None:
        query = query.where(talks.c.newest_at >= since)
    query = query.order_by(talks.c.recaps.desc(), talks.c.newest_at.desc(), talks.c.id.desc())
    return talk_cards(c, query.limit(limit))


def speaker(c: Connection, slug: str) -> tuple[SpeakerCard, tuple[TalkCard, ...]]:
    """Return a speaker with the talks that recaps tell of, newest first.

    Raises:
        NotFound: no listed recap tells of a talk by such a speaker.
    """
    given = talk_cards(
        c,
        talk_rows()
        .join(talk_speakers, talk_speakers.c.talk_id == talks.c.id)
        .where(talk_speakers.c.slug == slug, talks.c.recaps > 0)
        .order_by(talks.c.newest_at.desc(), talks.c.id.desc()),
    )
    names = Counter(who.name for one in given for who in one.speakers if who.slug == slug)
    if not names:
        raise NotFound("speaker", slug)
    name = names.most_common(1)[0][0]
    return SpeakerCard(slug=slug, name=name, talks=len(given)), given


# ---------------------------------------------------------------------------- all that has a page

Address = tuple[str, str, datetime | None]


def addresses(c: Connection, limit: int) -> Iterator[Address]:
    """Yield all that has a page of its own, but for entries and months; six queries.

    Each as its kind ("events", "series", "sources", "tags", "talks" or "speakers"), its slug or
    id, and for events and sources when their newest recap came. Of talks and speakers those that
    most is told of, `limit` of each.
    """
    found: dict[str, Any] = {
        "events": select(events.c.slug, events.c.newest_at)
        .where(events.c.recaps > 0, events.c.merged_into.is_(None))
        .order_by(events.c.year.desc(), events.c.newest_at.desc(), events.c.id.desc()),
        "series": select(series.c.slug).where(series.c.recaps > 0).order_by(series.c.slug),
        "sources": select(sources_table.c.slug, sources_table.c.newest_at)
        .where(_shown())
        .order_by(sources_table.c.slug),
        "tags": select(tags_table.c.slug)
        .where(tags_table.c.recaps > 0, ~tags_table.c.ignored)
        .order_by(tags_table.c.recaps.desc(), tags_table.c.slug),
        "talks": select(talks.c.id)
        .where(talks.c.recaps > 0)
        .order_by(talks.c.recaps.desc(), talks.c.newest_at.desc(), talks.c.id.desc())
        .limit(limit),
        "speakers": select(talk_speakers.c.slug)
        .join_from(talk_speakers, talks, talks.c.id == talk_speakers.c.talk_id)
        .where(talks.c.recaps > 0)
        .group_by(talk_speakers.c.slug)
        .order_by(func.sum(talks.c.recaps).desc(), talk_speakers.c.slug)
        .limit(limit),
    }
    for kind, query in found.items():
        for row in c.execute(query):
            yield kind, str(row[0]), row[1] if len(row) > 1 else None


# ------------------------------------------------------------------------------------- months


def months(
    c: Connection,
    *,
    series_id: int | None = None,
    source_id: int | None = None,
    tag_id: int | None = None,
    since: datetime | None = None,
) -> tuple[MonthCount, ...]:
    """Return how many listed recaps were published in each month that has any, oldest first."""
    year, month = month_of(entries.c.sorted_at)
    query = select(
        year.label("year"), month.label("month"), func.count(entries.c.id).label("recaps")
    ).where(entries.c.listed)
    if series_id is not None:
        about = select(mentions.c.entry_id).where(
            mentions.c.listed,
            mentions.c.event_id.in_(select(events.c.id).where(events.c.series_id == series_id)),
        )
        query = query.where(entries.c.id.in_(about))
    if source_id is not None:
        query = query.where(entries.c.source_id == source_id)
    if tag_id is not None:
        tagged = select(entry_tags.c.entry_id)
        tagged = tagged.where(entry_tags.c.tag_id == tag_id, entry_tags.c.listed)
        query = query.where(entry_key(c, common=is_common_tag(c, tag_id)).in_(tagged))
    if since is not None:
        query = query.where(entries.c.sorted_at >= since)
    rows = c.execute(query.group_by(year, month).order_by(year, month))
    return tuple(
        MonthCount(year=int(row.year), month=int(row.month), recaps=row.recaps) for row in rows
    )
