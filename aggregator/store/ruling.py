"""What people decide about events: that two are one, that one is none, what it is called, and back.

Nothing is lost by it: what posts name is kept apart (`naming`), and what follows is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from aggregator import text, urls
from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import FactName, Fix
from aggregator.store import counters, decisions, event_facts
from aggregator.store.counters import Touched, chunks
from aggregator.store.naming import find_events, identity, named, resolve
from aggregator.store.saving import settle
from aggregator.store.schema import corrections, events, mentions, namings
from aggregator.store.talks import regroup


def _event(c: Connection, slug: str) -> Any:
    row = c.execute(select(events).where(events.c.slug == slug)).first()
    if row is None:
        raise NotFound("event", slug)
    if row.merged_into is not None:
        into = select(events.c.slug).where(events.c.id == row.merged_into)
        raise Moved("event", slug, c.execute(into).scalar_one())
    return row


def _reconsider(c: Connection, event_ids: Collection[int]) -> None:
    """Make anew what follows from the names that posts give to these events."""
    ids: set[int] = set()
    for some in chunks(event_ids):
        for table in (namings, mentions):
            ids.update(c.scalars(select(table.c.entry_id).where(table.c.event_id.in_(some))))
        slugs = select(events.c.slug).where(events.c.id.in_(some))
        said = select(corrections.c.entry_id).where(
            corrections.c.what.in_((Fix.EVENT, Fix.NOT_EVENT)), corrections.c.value.in_(slugs)
        )
        ids.update(c.scalars(said))
    touched = Touched(events=set(event_ids))
    counters.touch(c, ids, touched)
    main = resolve(c, sorted(ids), touched)
    about = {event for event in main.values() if event is not None}
    regroup(c, about | set(event_ids), touched)
    settle(c, ids, touched)


# ------------------------------------------------------------------------------ two that are one


def merge_events(
    c: Connection, from_slug: str, into_slug: str, now: datetime, *, by: str = ""
) -> None:
    """Make two events one: the first one's slug leads to the second, and so do later mentions.

    Raises:
        AggregatorError: both are the same event.
        NotFound: there is no such event (Moved: it was merged before).
    """
    counters.alone(c)
    old, new = _event(c, from_slug), _event(c, into_slug)
    if old.id == new.id:
        raise AggregatorError(f"{from_slug} cannot be merged into itself")
    undo = _merge(c, old, new)
    said = f"{old.name} is {new.name}"
    decisions.note(c, "event.merge", new.slug, said, by=by, now=now, undo=undo)


def _merge(c: Connection, old: Any, new: Any) -> dict[str, Any]:
    """Point `old` and what was merged into it to `new`; return what it takes to undo that."""
    followers = list(c.scalars(select(events.c.id).where(events.c.merged_into == old.id)))
    parts = list(c.scalars(select(events.c.id).where(events.c.part_of == old.id)))
    c.execute(update(events).where(events.c.id.in_(parts)).values(part_of=new.id))
    c.execute(
        update(events)
        .where(events.c.id.in_([old.id, *followers]))
        .values(merged_into=new.id, flagged=False, part_of=None)
    )
    if new.part_of == old.id:
        c.execute(update(events).where(events.c.id == new.id).values(part_of=None))
    _reconsider(c, {old.id, new.id, *followers})
    return {
        "event": old.id,
        "followers": followers,
        "parts": [part for part in parts if part != new.id],
        "part_of": old.part_of,
        "flagged": old.flagged,
        "host_of_target": new.id if new.part_of == old.id else None,
    }


def split_event(c: Connection, slug: str, now: datetime, *, by: str = "") -> None:
    """Take an event that was merged, or an alias, out of what it was merged into.

    Raises:
        AggregatorError: it was merged into nothing.
        NotFound: there is no such event.
    """
    counters.alone(c)
    row = c.execute(select(events).where(events.c.slug == slug)).first()
    if row is None:
        raise NotFound("event", slug)
    if row.merged_into is None:
        raise AggregatorError(f"{row.name} is an event of its own")
    into = c.execute(select(events).where(events.c.id == row.merged_into)).one()
    for made in decisions.standing(c, "event.merge", into.slug):
        if made.undo.get("event") == row.id:
            _unmerge(c, made.undo)
            decisions.undone(c, made.id, by, now)
            return
    _unmerge(c, {"event": row.id})
    said = f"{row.name} is not {into.name}"
    undo = {"event": row.id, "into": into.id}
    decisions.note(c, "event.split", into.slug, said, by=by, now=now, undo=undo)


def _unmerge(c: Connection, undo: dict[str, Any]) -> None:
    """Make an event one of its own again, with what it had."""
    row = c.execute(select(events).where(events.c.id == undo["event"])).first()
    if row is None or row.merged_into is None:
        raise AggregatorError("that event is one of its own already")
    target, followers = row.merged_into, undo.get("followers", [])
    still = events.c.merged_into == target
    c.execute(update(events).where(events.c.id.in_(followers), still).values(merged_into=row.id))
    c.execute(
        update(events)
        .where(events.c.id == row.id)
        .values(
            merged_into=None,
            flagged=undo.get("flagged", False),
            part_of=_living(c, undo.get("part_of")),
        )
    )
    moved = [*undo.get("parts", []), *filter(None, [undo.get("host_of_target")])]
    c.execute(
        update(events)
        .where(events.c.id.in_(moved), or_(events.c.part_of == target, events.c.part_of.is_(None)))
        .values(part_of=row.id)
    )
    _reconsider(c, {row.id, target, *followers})


def _living(c: Connection, event_id: int | None) -> int | None:
    """Return the event that this one is now; None when it is gone."""
    if event_id is None:
        return None
    row = c.execute(
        select(events.c.id, events.c.merged_into).where(events.c.id == event_id)
    ).first()
    return None if row is None else row.merged_into or row.id


def remerge(c: Connection, undo: dict[str, Any]) -> None:
    """Undo a split."""
    counters.alone(c)
    rows = {
        row.id: row
        for row in c.execute(select(events).where(events.c.id.in_([undo["event"], undo["into"]])))
    }
    if len(rows) < 2 or any(row.merged_into is not None for row in rows.values()):
        raise AggregatorError("those events have changed since; merge them by hand")
    _merge(c, rows[undo["event"]], rows[undo["into"]])


def unmerge(c: Connection, undo: dict[str, Any]) -> None:
    """Undo a merge or an alias."""
    counters.alone(c)
    _unmerge(c, undo)


def add_alias(c: Connection, slug: str, name: str, now: datetime, *, by: str = "") -> None:
    """Let another name mean this event, in posts and as an address.

    A name without a year means the year of the event. Where there is an event of that name, it is
    merged into this one.

    Raises:
        AggregatorError: no name, or a name of this very event.
        NotFound: there is no such event (Moved: it was merged into another).
    """
    counters.alone(c)
    row = _event(c, slug)
    meant = named(text.shorten(name, 200), year=row.year)
    if meant is None:
        raise AggregatorError("an alias needs a name")
    found = find_events(c, [meant])[identity(meant)]
    if found.target == row.id:
        raise AggregatorError(f"{meant.name} means {row.name} already")
    old = c.execute(select(events).where(events.c.id == found.target)).one()
    c.execute(update(events).where(events.c.id == old.id).values(rejected=False))
    undo = _merge(c, old, row)
    said = f"“{old.name}” means {row.name}"
    decisions.note(c, "event.merge", row.slug, said, by=by, now=now, undo=undo)


# ----------------------------------------------------------------------------- whether it is one


def accept_event(c: Connection, slug: str, now: datetime, *, by: str = "") -> None:
    """Take an event as it is: it waits for nobody's eye any more.

    Raises:
        NotFound: there is no such event (Moved: it was merged into another).
    """
    counters.alone(c)
    row = _event(c, slug)
    _set(c, row.id, flagged=False, fixed=sorted({*row.fixed, "flagged"}))
    undo = {"event": row.id, "flagged": row.flagged, "fixed": list(row.fixed)}
    decisions.note(c, "event.accept", slug, f"{row.name} is right", by=by, now=now, undo=undo)
    counters.moved_on(c)


def reject_event(c: Connection, slug: str, now: datetime, *, by: str = "") -> None:
    """Say that this is no event: no entry is about it, now and later.

    Raises:
        NotFound: there is no such event (Moved: it was merged into another).
    """
    counters.alone(c)
    row = _event(c, slug)
    if row.rejected:
        raise AggregatorError(f"{row.name} was rejected already")
    parts = list(c.scalars(select(events.c.id).where(events.c.part_of == row.id)))
    _set(c, row.id, rejected=True, flagged=False, part_of=None)
    c.execute(update(events).where(events.c.id.in_(parts)).values(part_of=None))
    _reconsider(c, {row.id, *parts})
    undo = {"event": row.id, "flagged": row.flagged, "part_of": row.part_of, "parts": parts}
    decisions.note(c, "event.reject", slug, f"{row.name} is no event", by=by, now=now, undo=undo)


def unreject(c: Connection, undo: dict[str, Any]) -> None:
    """Undo a rejection."""
    counters.alone(c)
    parts = undo.get("parts", [])
    part_of = _living(c, undo.get("part_of"))
    _set(c, undo["event"], rejected=False, flagged=undo.get("flagged", True), part_of=part_of)
    free = events.c.id.in_(parts) & events.c.part_of.is_(None)
    c.execute(update(events).where(free).values(part_of=undo["event"]))
    _reconsider(c, {undo["event"], *parts})


def _set(c: Connection, event_id: int, **values: Any) -> None:
    done = c.execute(update(events).where(events.c.id == event_id).values(values))
    if not done.rowcount:
        raise AggregatorError("that event is gone")


# ------------------------------------------------------------------------------------- its facts

_CLEARABLE = ("place", "starts_on", "ends_on", "homepage", "hashtag")


def change_event(  # noqa: PLR0913  # None: as it is
    c: Connection,
    slug: str,
    *,
    name: str | None = None,
    place: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    homepage: str | None = None,
    hashtag: str | None = None,
    clear: Collection[str] = (),
    now: datetime,
    by: str = "",
) -> None:
    """Change an event; later polls leave what a person has set. Its slug stays.

    None leaves a value as it is, an empty text clears it, and so does naming the value in `clear`
    (place, starts_on, ends_on, homepage, hashtag). The event waits for nobody's eye then, also
    when nothing else is changed.

    Raises:
        AggregatorError: it would end before it starts, or `homepage` is no web address.
        NotFound: there is no such event (Moved: it was merged into another).
    """
    counters.alone(c)
    row = _event(c, slug)
    given: dict[str, Any] = {column: None for column in _CLEARABLE if column in clear}
    given |= _texts(place, homepage, hashtag)
    given |= _days(row, given, starts_on, ends_on)
    values: dict[str, Any] = {}
    if name is not None and text.squeeze(name):
        values["name"] = text.shorten(name, 200)
    before = {
        fact.value: event_facts.say(c, row.id, fact, value, by, now)
        for fact, value in _facts(row, given).items()
    }
    values |= {"fixed": sorted({*row.fixed, *given, *values, "flagged"}), "flagged": False}
    _set(c, row.id, **values)
    event_facts.refresh(c, [row.id])
    undo = {
        "event": row.id,
        "name": row.name,
        "fixed": list(row.fixed),
        "flagged": row.flagged,
        "facts": before,
    }
    changes = {**given, **({"name": values["name"]} if "name" in values else {})}
    said = f"{row.name}: {_listed(row, changes)}"
    decisions.note(c, "event.change", slug, said, by=by, now=now, undo=undo)
    counters.moved_on(c)


def _texts(place: str | None, homepage: str | None, hashtag: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if place is not None:
        given["place"] = text.shorten(place, 200) or None
    if homepage is not None:
        address = text.squeeze(homepage)
        if address and not urls.is_web(address):
            raise AggregatorError(f"{text.shorten(address, 200)} is no web address")
        given["homepage"] = address or None
    if hashtag is not None:
        given["hashtag"] = text.shorten(hashtag.lstrip("# "), 60) or None
    return given


def _days(
    row: Any, given: dict[str, Any], starts_on: date | None, ends_on: date | None
) -> dict[str, Any]:
    days: dict[str, Any] = {}
    if starts_on is not None:
        days["starts_on"] = starts_on
    if ends_on is not None:
        days["ends_on"] = ends_on
    starts = (given | days).get("starts_on", row.starts_on)
    ends = (given | days).get("ends_on", row.ends_on)
    if starts and ends and ends < starts:
        if ends_on is not None:
            raise AggregatorError("an event cannot end before it starts")
        days["ends_on"] = None  # the old end belongs to the old start
    return days


def _facts(row: Any, given: dict[str, Any]) -> dict[FactName, str]:
    """Return what a person says now, by fact; both days are one."""
    facts: dict[FactName, str] = {}
    for fact in (FactName.PLACE, FactName.HOMEPAGE, FactName.HASHTAG):
        if fact in given:
            facts[fact] = given[fact] or ""
    if given.keys() & {"starts_on", "ends_on"}:
        starts = given.get("starts_on", row.starts_on)
        ends = given.get("ends_on", row.ends_on)
        facts[FactName.DATES] = f"{starts or ''}/{ends or ''}" if starts or ends else ""
    return facts


_WORDS = {"starts_on": "first day", "ends_on": "last day"}


def _listed(row: Any, changes: dict[str, Any]) -> str:
    """Return what has really changed, in words."""
    said = [
        f"{_WORDS.get(name, name)} {value or 'not known'}"
        for name, value in changes.items()
        if value != getattr(row, name)
    ]
    return ", ".join(said) or "is right"


def unchange(c: Connection, undo: dict[str, Any], by: str, now: datetime) -> None:
    """Undo a change or an acceptance."""
    counters.alone(c)
    _set(
        c,
        undo["event"],
        fixed=undo["fixed"],
        flagged=undo["flagged"],
        **({"name": undo["name"]} if "name" in undo else {}),
    )
    for fact, value in undo.get("facts", {}).items():
        event_facts.say(c, undo["event"], FactName(fact), value, by, now)
    event_facts.refresh(c, [undo["event"]])
    counters.moved_on(c)


def aliases(c: Connection, event_id: int) -> tuple[tuple[str, str], ...]:
    """Return slug and name of what was merged into an event, by name."""
    rows: Iterable[Any] = c.execute(
        select(events.c.slug, events.c.name)
        .where(events.c.merged_into == event_id)
        .order_by(events.c.name, events.c.id)
    )
    return tuple((row.slug, row.name) for row in rows)
