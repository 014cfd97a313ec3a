"""The home page: recaps grouped by event, the newest first; `coverage` is the door to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, func, literal, null, or_, select, union_all

from aggregator.model import Cursor, EntryCard, EventGroup, Page
from aggregator.store import cards, schema


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
    for row, card in zip(rows, cards.entry_cards(c, rows, brief=True), strict=True):
        by_id[card.id] = card
        by_event[row.main_event_id].append(card)
    return by_event, by_id
