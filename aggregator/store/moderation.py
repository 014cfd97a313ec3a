"""What people decide: corrections of entries, events that are one, tags that are one or none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from aggregator import text, urls
from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import Correction, Fix
from aggregator.store import counters
from aggregator.store.counters import Touched
from aggregator.store.keys import is_row
from aggregator.store.saving import corrections_by_entry, hidden_by_person, settle
from aggregator.store.schema import (
    corrections,
    entries,
    entry_tags,
    events,
    mentions,
    tags,
    talks,
)
from aggregator.store.talks import regroup

_OPPOSITE = {
    Fix.EVENT: Fix.NOT_EVENT,
    Fix.NOT_EVENT: Fix.EVENT,
    Fix.TAG: Fix.NOT_TAG,
    Fix.NOT_TAG: Fix.TAG,
}
_SINGLE = (Fix.KIND, Fix.HIDDEN)  # a later one replaces the earlier, whatever its value

# ------------------------------------------------------------------------------- corrections


def correct(c: Connection, entry_id: int, correction: Correction, now: datetime) -> None:
    """Keep a person's decision about an entry; it stands at every later poll.

    What was recognised is not touched: recognise the entry again. Only hiding works at once. A
    decision cancels its opposite about the same thing.

    Raises:
        NotFound: there is no such entry.
    """
    counters.alone(c)
    query = select(entries.c.id).where(entries.c.id == entry_id)
    if not is_row(entry_id) or c.scalar(query) is None:
        raise NotFound("entry", entry_id)
    what, value = correction.what, text.shorten(correction.value, 300)
    for row in c.execute(select(corrections).where(corrections.c.entry_id == entry_id)).all():
        replaced = what in _SINGLE and row.what == what
        opposed = row.what == _OPPOSITE.get(what) and text.slug(row.value) == text.slug(value)
        if replaced or opposed or (row.what == what and row.value == value):
            c.execute(delete(corrections).where(corrections.c.id == row.id))
    c.execute(
        insert(corrections).values(
            entry_id=entry_id,
            what=what.value,
            value=value,
            made_by=text.shorten(correction.by, 100),
            made_at=correction.at or now,
        )
    )
    _hide(c, entry_id, what)


def uncorrect(c: Connection, entry_id: int, what: Fix, value: str) -> None:
    """Take a decision back; nothing happens when it was not made.

    What was recognised is not touched: recognise the entry again.
    """
    counters.alone(c)
    c.execute(
        delete(corrections).where(
            corrections.c.entry_id == entry_id,
            corrections.c.what == what.value,
            corrections.c.value == value,
        )
    )
    _hide(c, entry_id, what)


def _hide(c: Connection, entry_id: int, what: Fix) -> None:
    if what is not Fix.HIDDEN:
        return
    hidden = hidden_by_person(entry_id)
    c.execute(update(entries).where(entries.c.id == entry_id).values(hidden=hidden))
    touched = Touched()
    counters.touch(c, [entry_id], touched)
    settle(c, [entry_id], touched)


def corrections_of(c: Connection, entry_id: int) -> tuple[Correction, ...]:
    """Return what people have decided about an entry, oldest first."""
    return corrections_by_entry(c, [entry_id]).get(entry_id, ())


# ------------------------------------------------------------------------------------- events


def _event(c: Connection, slug: str) -> Any:
    row = c.execute(select(events).where(events.c.slug == slug)).first()
    if row is None:
        raise NotFound("event", slug)
    if row.merged_into is not None:
        into = select(events.c.slug).where(events.c.id == row.merged_into)
        raise Moved("event", slug, c.execute(into).scalar_one())
    return row


def merge_events(c: Connection, from_slug: str, into_slug: str, now: datetime) -> None:
    """Make two events one: the first one's slug leads to the second, and so do later mentions.

    Raises:
        AggregatorError: both are the same event.
        NotFound: there is no such event (Moved: it was merged before).
    """
    counters.alone(c)
    old, new = _event(c, from_slug), _event(c, into_slug)
    if old.id == new.id:
        raise AggregatorError(f"{from_slug} cannot be merged into itself")
    about = select(mentions.c.entry_id).where(mentions.c.event_id == old.id)
    ids = set(c.scalars(about)) | set(
        c.scalars(select(entries.c.id).where(entries.c.main_event_id == old.id))
    )
    touched = Touched(events={old.id, new.id})
    counters.touch(c, ids, touched)
    both = select(mentions.c.entry_id).where(mentions.c.event_id == new.id)
    c.execute(delete(mentions).where(mentions.c.event_id == old.id, mentions.c.entry_id.in_(both)))
    c.execute(update(mentions).where(mentions.c.event_id == old.id).values(event_id=new.id))
    c.execute(update(entries).where(entries.c.main_event_id == old.id).values(main_event_id=new.id))
    c.execute(update(events).where(events.c.part_of == old.id).values(part_of=new.id))
    c.execute(
        update(events)
        .where(events.c.id == new.id)
        .values(_inherited(old, new) | {"part_of": None if new.part_of == old.id else new.part_of})
    )
    c.execute(
        update(events)
        .where(or_(events.c.id == old.id, events.c.merged_into == old.id))
        .values(merged_into=new.id, flagged=False, part_of=None)
    )
    c.execute(update(talks).where(talks.c.event_id == old.id).values(event_id=new.id))
    regroup(c, [new.id], touched)
    settle(c, ids, touched)


def _inherited(old: Any, new: Any) -> dict[str, Any]:
    """Return what the event that goes knows and the one that stays does not."""
    values = {
        name: getattr(old, name)
        for name in ("place", "homepage")
        if getattr(new, name) is None and getattr(old, name) is not None
    }
    if new.starts_on is None and new.ends_on is None and old.starts_on is not None:
        values |= {"starts_on": old.starts_on, "ends_on": old.ends_on}
    return values


def change_event(  # noqa: PLR0913  # None: as it is
    c: Connection,
    slug: str,
    *,
    name: str | None = None,
    place: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    homepage: str | None = None,
    clear: Collection[str] = (),
    now: datetime,
) -> None:
    """Change an event; later polls leave what a person has set. Its slug stays.

    None leaves a value as it is, an empty text clears it, and so does naming the value in `clear`
    (place, starts_on, ends_on, homepage). The event waits for nobody's eye then, also when nothing
    else is changed.

    Raises:
        AggregatorError: it would end before it starts, or `homepage` is no web address.
        NotFound: there is no such event (Moved: it was merged into another).
    """
    counters.alone(c)
    row = _event(c, slug)
    values: dict[str, Any] = {column: None for column in _CLEARABLE if column in clear}
    if name is not None and text.squeeze(name):
        values["name"] = text.shorten(name, 200)
    if place is not None:
        values["place"] = text.shorten(place, 200) or None
    if homepage is not None:
        address = text.squeeze(homepage)
        if address and not urls.is_web(address):
            raise AggregatorError(f"{text.shorten(address, 200)} is no web address")
        values["homepage"] = address or None
    if starts_on is not None:
        values["starts_on"] = starts_on
    if ends_on is not None:
        values["ends_on"] = ends_on
    starts = values.get("starts_on", row.starts_on)
    ends = values.get("ends_on", row.ends_on)
    if starts and ends and ends < starts:
        if ends_on is not None:
            raise AggregatorError("an event cannot end before it starts")
        values["ends_on"] = None  # the old end belongs to the old start
    fixed = sorted({*row.fixed, *values})
    c.execute(
        update(events)
        .where(events.c.id == row.id)
        .values(values | {"fixed": fixed, "flagged": False})
    )
    counters.moved_on(c)


_CLEARABLE = ("place", "starts_on", "ends_on", "homepage")


def _dates(
    row: Any, values: dict[str, Any], starts_on: date | None, ends_on: date | None
) -> dict[str, Any]:
    given = {"starts_on": starts_on, "ends_on": ends_on}
    dates: dict[str, Any] = {name: day for name, day in given.items() if day is not None}
    known = {"starts_on": row.starts_on, "ends_on": row.ends_on} | values | dates
    starts, ends = known["starts_on"], known["ends_on"]
    if starts and ends and ends < starts:
        if ends_on is not None:
            raise AggregatorError("an event cannot end before it starts")
        dates["ends_on"] = None  # the old end belongs to the old start
    return dates


# --------------------------------------------------------------------------------------- tags


def _tag(c: Connection, slug: str) -> Any:
    row = c.execute(select(tags).where(tags.c.slug == slug)).first()
    if row is None:
        raise NotFound("tag", slug)
    if row.merged_into is not None:
        into = select(tags.c.slug).where(tags.c.id == row.merged_into)
        raise Moved("tag", slug, c.execute(into).scalar_one())
    return row


def merge_tags(c: Connection, from_slug: str, into_slug: str) -> None:
    """Make two tags one: the first one's slug leads to the second, also at later polls.

    Raises:
        AggregatorError: both are the same tag.
        NotFound: there is no such tag (Moved: it was merged before).
    """
    counters.alone(c)
    old, new = _tag(c, from_slug), _tag(c, into_slug)
    if old.id == new.id:
        raise AggregatorError(f"{from_slug} cannot be merged into itself")
    both = select(entry_tags.c.entry_id).where(entry_tags.c.tag_id == new.id)
    c.execute(
        delete(entry_tags).where(entry_tags.c.tag_id == old.id, entry_tags.c.entry_id.in_(both))
    )
    c.execute(update(entry_tags).where(entry_tags.c.tag_id == old.id).values(tag_id=new.id))
    c.execute(
        update(tags)
        .where(or_(tags.c.id == old.id, tags.c.merged_into == old.id))
        .values(merged_into=new.id)
    )
    counters.refresh(c, Touched(tags={old.id, new.id}))
    counters.moved_on(c)


def rename_tag(c: Connection, slug: str, name: str) -> None:
    """Give a tag another name; its slug stays, and later polls leave it.

    Raises:
        AggregatorError: no name is given.
        NotFound: there is no such tag (Moved: it was merged into another).
    """
    said = text.shorten(name, 100)
    if not said:
        raise AggregatorError("a tag needs a name")
    counters.alone(c)
    c.execute(update(tags).where(tags.c.id == _tag(c, slug).id).values(name=said, fixed=True))
    counters.moved_on(c)


def ignore_tag(c: Connection, slug: str, ignored: bool) -> None:
    """Show a tag nowhere, or show it again; entries keep it.

    Raises:
        NotFound: there is no such tag (Moved: it was merged into another).
    """
    counters.alone(c)
    c.execute(update(tags).where(tags.c.id == _tag(c, slug).id).values(ignored=ignored))
    counters.moved_on(c)
