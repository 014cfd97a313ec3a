"""What is known of an event, and who says so: dates, place, homepage, hashtag.

Every statement is kept with the post or person that made it; the columns of `events` show the
best: a person's word, else the registry's, else what most posts say. Statements belong to the event
as it was named, so that merges can be undone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from aggregator import text, urls
from aggregator.model import EventFact, EventMention, FactName, FactOrigin, Link
from aggregator.store.schema import entries, event_facts, events, feeds, series, sources

_RANK = {origin: place for place, origin in enumerate(FactOrigin)}
_LONGEST = 200  # characters of a fact and of the words that state it; addresses: ten times that


def stated(mention: EventMention) -> list[dict[str, Any]]:
    """Return the rows of what a mention states, without entry and event."""
    said = dict(mention.said)
    values = {
        FactName.DATES: _dates(mention.starts_on, mention.ends_on),
        FactName.PLACE: text.shorten(mention.place or "", _LONGEST),
        FactName.HOMEPAGE: text.capped(mention.homepage or "", 2000)
        if urls.is_web(mention.homepage or "")
        else "",
        FactName.HASHTAG: text.shorten((mention.hashtag or "").lstrip("#"), 60),
    }
    return [
        {
            "fact": fact.value,
            "value": value,
            "origin": FactOrigin.REGISTRY if fact in mention.registry else FactOrigin.POST,
            "words": text.shorten(said.get(fact, ""), _LONGEST),
        }
        for fact, value in values.items()
        if value
    ]


def _dates(starts_on: date | None, ends_on: date | None) -> str:
    if starts_on and ends_on and ends_on < starts_on:
        ends_on = None
    return f"{starts_on or ''}/{ends_on or ''}" if starts_on or ends_on else ""


def dates_of(value: str) -> tuple[date | None, date | None]:
    """Return first and last day of a stored fact."""
    first, _, last = value.partition("/")
    return (
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
    )


def put(c: Connection, entry_ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """Keep what entries state now, in place of what they stated before."""
    if entry_ids:
        c.execute(delete(event_facts).where(event_facts.c.entry_id.in_(entry_ids)))
    if rows:
        c.execute(insert(event_facts), rows)


def say(  # who says what of what, and when
    c: Connection, event_id: int, fact: FactName, value: str | None, by: str, now: datetime
) -> str | None:
    """Keep a person's word; None takes it back, empty means that nothing is known.

    Return what the person before had said, None when nobody had.
    """
    own = (
        (event_facts.c.event_id == event_id)
        & (event_facts.c.fact == fact.value)
        & (event_facts.c.origin == FactOrigin.PERSON.value)
    )
    before = c.scalar(select(event_facts.c.value).where(own))
    c.execute(delete(event_facts).where(own))
    if value is not None:
        row = {"event_id": event_id, "fact": fact.value, "value": value}
        word = {"origin": FactOrigin.PERSON.value, "made_by": by, "made_at": now}
        c.execute(insert(event_facts).values(row | word))
    return before


# ---------------------------------------------------------------------------------- the best of it


def _statements(c: Connection, event_ids: Collection[int]) -> dict[int, list[Any]]:
    """Return all statements that count, of events and of what was merged into them."""
    target = func.coalesce(events.c.merged_into, events.c.id)
    rows = c.execute(
        select(
            event_facts,
            target.label("target"),
            entries.c.title,
            entries.c.url,
            sources.c.slug.label("source_slug"),
            sources.c.title.label("source_title"),
        )
        .join_from(event_facts, events, events.c.id == event_facts.c.event_id)
        .outerjoin(entries, entries.c.id == event_facts.c.entry_id)
        .outerjoin(feeds, feeds.c.id == entries.c.feed_id)
        .outerjoin(sources, sources.c.id == entries.c.source_id)
        .where(
            or_(events.c.id.in_(event_ids), events.c.merged_into.in_(event_ids)),
            or_(
                event_facts.c.entry_id.is_(None),
                ~entries.c.hidden & entries.c.duplicate_of.is_(None) & ~feeds.c.trial,
            ),
        )
        .order_by(event_facts.c.id)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.target].append(row)
    return found


def _voice(row: Any) -> str:
    """Return what two ways to say the same have in common."""
    if row.fact == FactName.HOMEPAGE:
        return urls.key(row.value)
    return row.value if row.fact == FactName.DATES else text.slug(row.value)


def _ordered(rows: Iterable[Any], target: int) -> list[tuple[Any, int]]:
    """Return statements of one fact, the best first, each with how many posts agree with it."""
    listed = list(rows)
    if any(row.entry_id is not None for row in listed):  # what came before statements were kept
        listed = [row for row in listed if row.entry_id or row.origin == FactOrigin.PERSON]
    agree: Counter[tuple[str, str]] = Counter()
    heard: set[tuple[str, str, int | None]] = set()
    for row in listed:
        if (row.origin, _voice(row), row.entry_id) not in heard:
            heard.add((row.origin, _voice(row), row.entry_id))
            agree[row.origin, _voice(row)] += 1
    spelled = Counter(row.value for row in listed)
    return sorted(
        ((row, agree[row.origin, _voice(row)]) for row in listed),
        key=lambda pair: (
            _RANK[FactOrigin(pair[0].origin)],
            pair[0].event_id != target,  # a word on the event itself beats one on what it absorbed
            -pair[1],
            -spelled[pair[0].value],
            pair[0].entry_id or 0,
            pair[0].id,
        ),
    )


def refresh(c: Connection, event_ids: Sequence[int]) -> None:
    """Show the best of what is stated of these events (no more than fit into one IN)."""
    said = _statements(c, event_ids)
    columns = ("place", "starts_on", "ends_on", "homepage", "hashtag")
    changed = []
    for row in c.execute(
        select(events.c.id, *(events.c[name] for name in columns)).where(
            events.c.id.in_(event_ids), events.c.merged_into.is_(None)
        )
    ).all():
        best = {
            name: next((one.value for one, _ in _of(said[row.id], name, row.id)), "")
            for name in FactName
        }
        starts_on, ends_on = dates_of(best[FactName.DATES])
        values: dict[str, Any] = {
            "place": best[FactName.PLACE] or None,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "homepage": best[FactName.HOMEPAGE] or None,
            "hashtag": best[FactName.HASHTAG] or None,
        }
        if any(getattr(row, name) != value for name, value in values.items()):
            changed.append(values | {"event": row.id})
    if changed:
        this = update(events).where(events.c.id == bindparam("event"))
        c.execute(this.values({name: bindparam(name) for name in columns}), changed)


def _of(rows: Iterable[Any], name: FactName, target: int) -> list[tuple[Any, int]]:
    return _ordered((row for row in rows if row.fact == name), target)


def known(c: Connection, event_id: int, *, every: bool = False) -> tuple[EventFact, ...]:
    """Return what is known of an event and from whom: the best of each, or all that is said."""
    rows = _statements(c, [event_id])[event_id]
    found = []
    for name in FactName:
        for place, (row, agree) in enumerate(_of(rows, name, event_id)):
            if place and not every:
                break
            if row.value or every:
                found.append(_fact(row, agree, chosen=place == 0))
    if not every and all(fact.name is not FactName.PLACE for fact in found):
        found += _usual_place(c, event_id)
    return tuple(found)


def _usual_place(c: Connection, event_id: int) -> list[EventFact]:
    """Return where the series usually is: no statement about this very event."""
    place = c.scalar(
        select(series.c.place)
        .join_from(events, series, series.c.id == events.c.series_id)
        .where(events.c.id == event_id)
    )
    usual = FactOrigin.SERIES
    return [EventFact(name=FactName.PLACE, value=place, origin=usual)] if place else []


def _fact(row: Any, agree: int, *, chosen: bool) -> EventFact:
    source = Link(slug=row.source_slug, name=row.source_title) if row.source_slug else None
    return EventFact(
        name=FactName(row.fact),
        value=row.value,
        origin=FactOrigin(row.origin),
        chosen=chosen,
        agree=agree,
        words=row.words,
        by=row.made_by,
        at=row.made_at,
        entry_id=row.entry_id,
        entry_title=row.title or "",
        entry_url=row.url or "",
        source=source,
    )
