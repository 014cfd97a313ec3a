"""The cache of pictures: what articles want, what was fetched, and who shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from aggregator.model import Picture, SafeHtml
from aggregator.pictures import key_of
from aggregator.store import counters
from aggregator.store.counters import chunks
from aggregator.store.schema import contents, entry_pictures, pictures

_MOST = 50  # pictures of one entry
_LONGEST = 2000  # characters of an address
_TRIES = 4  # before a picture is given up
_WAIT = timedelta(minutes=30)  # after the first try; four times longer after each further one


def note(c: Connection, wanted: Mapping[int, Sequence[str]], now: datetime) -> None:
    """Note which pictures entries have, in place of those they had; new ones are to be fetched.

    Args:
        c: in a write transaction.
        wanted: per entry the addresses, in order; too many and too long ones are left out.
        now: when the new ones may be fetched.
    """
    keys = {
        entry_id: {key_of(url): url for url in urls[:_MOST] if len(url) <= _LONGEST}
        for entry_id, urls in wanted.items()
    }
    by_key = {key: url for found in keys.values() for key, url in found.items()}
    known = _ids(c, by_key)
    new = [
        {"key": key, "url": url, "try_at": now} for key, url in by_key.items() if key not in known
    ]
    if new:
        c.execute(insert(pictures), new)
        known = _ids(c, by_key)
    for some in chunks(wanted):
        c.execute(delete(entry_pictures).where(entry_pictures.c.entry_id.in_(some)))
    rows = [
        {"entry_id": entry_id, "picture_id": known[key], "placed": False}
        for entry_id, found in keys.items()
        for key in found
    ]
    if rows:
        c.execute(insert(entry_pictures), rows)


def _ids(c: Connection, keys: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(keys):
        query = select(pictures.c.key, pictures.c.id).where(pictures.c.key.in_(some))
        found |= {row.key: row.id for row in c.execute(query)}
    return found


def take(
    c: Connection, now: datetime, *, lease: timedelta, limit: int
) -> tuple[tuple[int, str], ...]:
    """Take pictures to be fetched, as (id, address); nobody else gets them until `lease` is over.

    One that is never settled, because its process died, is taken again; each time counts as a try.
    """
    query = (
        select(pictures.c.id, pictures.c.url)
        .where(pictures.c.try_at <= now)
        .order_by(pictures.c.try_at, pictures.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = [(row.id, row.url) for row in c.execute(query)]
    if rows:
        taken = update(pictures).where(pictures.c.id.in_([row[0] for row in rows]))
        c.execute(taken.values(try_at=now + lease, tries=pictures.c.tries + 1))
    return tuple(rows)


def waiting(c: Connection, now: datetime) -> int:
    """Return how many pictures could be fetched now."""
    query = select(func.count()).select_from(pictures).where(pictures.c.try_at <= now)
    return c.execute(query).scalar_one()


def hold(
    c: Connection, picture_id: int, *, data: bytes, width: int, height: int, now: datetime
) -> None:
    """Store a picture that was fetched; WebP, sizes in pixels."""
    kept = update(pictures).where(pictures.c.id == picture_id)
    size = {"width": width, "height": height}
    c.execute(kept.values(data=data, held_at=now, try_at=None, refused=None, **size))


def miss(c: Connection, picture_id: int, why: str, now: datetime, *, for_good: bool) -> None:
    """Note that a picture could not be had; it is tried again some times, unless `for_good`."""
    row = c.execute(select(pictures.c.tries).where(pictures.c.id == picture_id)).first()
    if row is None:
        return
    left = not for_good and row.tries < _TRIES
    again = now + _WAIT * 4 ** (row.tries - 1) if left else None
    kept = update(pictures).where(pictures.c.id == picture_id)
    c.execute(kept.values(refused=why[:500], try_at=again))


def unplaced(c: Connection, limit: int) -> tuple[int, ...]:
    """Return entries whose articles could show a picture now that was not there before."""
    query = (
        select(entry_pictures.c.entry_id)
        .join(pictures, pictures.c.id == entry_pictures.c.picture_id)
        .where(~entry_pictures.c.placed, pictures.c.held_at.is_not(None))
        .distinct()
        .order_by(entry_pictures.c.entry_id)
        .limit(limit)
    )
    return tuple(c.scalars(query))


def held(c: Connection, entry_ids: Collection[int]) -> dict[int, dict[str, Picture]]:
    """Return the pictures of entries that are here, by address."""
    found: dict[int, dict[str, Picture]] = defaultdict(dict)
    columns = pictures.c.key, pictures.c.url, pictures.c.width, pictures.c.height
    for some in chunks(entry_ids):
        query = (
            select(entry_pictures.c.entry_id, *columns)
            .join(pictures, pictures.c.id == entry_pictures.c.picture_id)
            .where(entry_pictures.c.entry_id.in_(some), pictures.c.held_at.is_not(None))
        )
        for row in c.execute(query):
            picture = Picture(key=row.key, width=row.width, height=row.height)
            found[row.entry_id][row.url] = picture
    return dict(found)


def place(c: Connection, shown: Mapping[int, tuple[SafeHtml | None, Collection[str]]]) -> None:
    """Store articles with their pictures in place, beside those without.

    That is no change of the entry: its text is what it was, so feeds do not announce it again.

    Args:
        c: in a write transaction.
        shown: per entry its article, and the addresses of the pictures that it shows.
    """
    articles = [{"b_id": one, "b_html": html} for one, (html, _) in shown.items() if html]
    if articles:
        changed = update(contents).where(contents.c.entry_id == bindparam("b_id"))
        c.execute(changed.values(pictured=bindparam("b_html")), articles)
    for entry_id, (_, urls) in shown.items():
        ids = select(pictures.c.id).where(pictures.c.key.in_([key_of(url) for url in urls]))
        kept = update(entry_pictures).where(
            entry_pictures.c.entry_id == entry_id, entry_pictures.c.picture_id.in_(ids)
        )
        c.execute(kept.values(placed=True))
    if shown:
        counters.moved_on(c)


def get(c: Connection, key: str) -> bytes | None:
    """Return a picture (WebP); None when it is not here."""
    return c.scalar(select(pictures.c.data).where(pictures.c.key == key))


def keys(c: Connection) -> tuple[str, ...]:
    """Return the keys of all pictures that articles show."""
    query = select(pictures.c.key).where(
        exists(
            select(literal_column("1")).where(
                entry_pictures.c.picture_id == pictures.c.id, entry_pictures.c.placed
            )
        )
    )
    return tuple(c.scalars(query.order_by(pictures.c.id)))


def prune(c: Connection) -> int:
    """Forget pictures that no entry has any more; return how many."""
    used = exists(select(literal_column("1")).where(entry_pictures.c.picture_id == pictures.c.id))
    return c.execute(delete(pictures).where(~used)).rowcount
