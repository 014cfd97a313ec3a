"""Which lists of recaps have something new, so that those who follow them can be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.model import EntryCard
from aggregator.store.cards import entry_cards, entry_rows
from aggregator.store.schema import entries, events, mentions

_MOST = 100  # recaps; more come at once only where a feed is new, and then nobody follows them yet


def changed_lists(c: Connection, since: datetime) -> tuple[tuple[str, str], ...]:
    """Return the lists, home aside, that have a recap that is new or changed since then.

    Each is named as in addresses: ("events", slug), ("series", slug), ("tags", slug), ("sources",
    slug), ("talks", id) or ("speakers", slug). Those of the newest 100 such recaps.
    """
    changed = entry_rows().where(entries.c.listed, entries.c.changed_at > since)
    newest = changed.order_by(entries.c.changed_at.desc(), entries.c.id.desc()).limit(_MOST)
    cards = entry_cards(c, c.execute(newest).all())
    own = (one for card in cards for one in _lists(card))
    return tuple(dict.fromkeys((*own, *_hosting(c, cards))))


def newest(c: Connection) -> datetime | None:
    """Return when a listed recap was last added or changed; None where there is none."""
    return c.scalar(select(func.max(entries.c.changed_at)).where(entries.c.listed))


def _lists(card: EntryCard) -> Iterator[tuple[str, str]]:
    yield "sources", card.source.slug
    for event in card.events:
        yield "events", event.slug
        yield "series", event.series_slug
    for tag in card.tags:
        yield "tags", tag.slug
    for talk in card.talks:
        yield "talks", str(talk.id)
        for speaker in talk.speakers:
            yield "speakers", speaker.slug


def _hosting(c: Connection, cards: tuple[EntryCard, ...]) -> Iterator[tuple[str, str]]:
    """Yield the events that those of the cards are part of: their lists hold these recaps too."""
    whole = events.alias("whole")
    query = (
        select(whole.c.slug)
        .join_from(whole, events, events.c.part_of == whole.c.id)
        .join(mentions, mentions.c.event_id == events.c.id)
        .where(mentions.c.entry_id.in_([card.id for card in cards]))
    )
    for slug in c.scalars(query.distinct().order_by(whole.c.slug)):
        yield "events", slug
