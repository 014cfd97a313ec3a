"""Who is followed: feeds and their sources are added, changed, paused and removed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from aggregator import text, urls
from aggregator.errors import AggregatorError, Conflict, NotFound
from aggregator.model import NewSource
from aggregator.store import counters, subscriptions
from aggregator.store.counters import Touched, chunks
from aggregator.store.due import rests_until
from aggregator.store.keys import capped, is_row, of_feed
from aggregator.store.naming import unique_slugs
from aggregator.store.saving import settle
from aggregator.store.schema import entries, feeds, gone_entries, sources

_NOTHING = NewSource()


def add(  # noqa: PLR0913  # what a feed is made of; all but the address has a default
    c: Connection,
    url: str,
    *,
    now: datetime,
    interval: timedelta,
    source: NewSource = _NOTHING,
    full_text: bool = False,
    discover: bool = True,
    trial: bool = False,
    note: str = "",
) -> int:
    """Follow the feed at `url`, due as soon as its host may be asked; return its id.

    Feeds of one site, or of one organisation and title, share a source. A feed that was removed is
    taken up again with the entries that were kept.

    Raises:
        AggregatorError: `url` is no web address.
        Conflict: its address is followed already, however it is spelled; `key` is that feed's id.
    """
    url = _web_address(url)
    counters.alone(c)
    old = followed(c, of_feed(url))
    if old is not None and old.removed_at is None:
        raise _conflict(old)
    columns = {
        "url": url,
        "host": urls.host(url),
        "enabled": True,
        "trial": trial,
        "full_text": full_text,
        "discover": discover,
        "note": text.allowed(note),
        "next_poll_at": rests_until(c, urls.host(url), now),
        "interval_s": max(1, int(interval.total_seconds())),
    }
    if old is not None:
        return _revive(c, old.id, columns)
    title = text.shorten(source.title or "", 200)
    return c.execute(
        insert(feeds)
        .values(
            source_id=_find_source(c, url, source, now),
            url_key=of_feed(url),
            title=title or None,
            title_fixed=bool(title),
            created_at=now,
            **columns,
        )
        .returning(feeds.c.id)
    ).scalar_one()


def _web_address(url: str) -> str:
    address = text.squeeze(url)
    if not urls.is_web(address) or len(address) > 2000:
        raise AggregatorError(
            f"{text.shorten(url, 200)} is no web address; give one like https://…"
        )
    return address


def _conflict(old: Any) -> Conflict:
    name = f"{old.title} ({old.url})" if old.title else old.url
    state = "on trial" if old.trial else "followed"
    return Conflict(f"feed {old.id}, {name}, is {state} already", what="feed", key=old.id)


def _revive(c: Connection, feed_id: int, columns: dict[str, Any]) -> int:
    c.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(columns | _FRESH | {"removed_at": None, "claimed_until": None})
    )
    _relist(c, feed_id)
    return feed_id


# No failure is known.
_WELL: dict[str, Any] = {
    "failures": 0,
    "failing_since": None,
    "last_error": None,
    "gone_at": None,
}
# What a feed forgets when its address changes or a person tries it again.
_FRESH: dict[str, Any] = {
    "etag": None,
    "last_modified": None,
    "body_hash": None,
    "faults": None,
    "gap_s": None,
    "newest_at": None,
    "hint_s": None,
    "fresh_s": None,
    "skip_hours": [],
    "skip_days": [],
    "moving_to": None,
    "moving_seen": 0,
    "site_prints": None,
    "held_at": None,
    "held_why": None,
} | _WELL


def followed(c: Connection, url_key: str) -> Any:
    """Return the row of the feed at an address, also of one that was removed; None for none."""
    query = select(feeds.c.id, feeds.c.url, feeds.c.title, feeds.c.trial, feeds.c.removed_at)
    return c.execute(query.where(feeds.c.url_key == url_key)).first()


def _relist(c: Connection, feed_id: int) -> None:
    """Decide anew what is listed of a feed's entries."""
    ids = set(c.scalars(select(entries.c.id).where(entries.c.feed_id == feed_id)))
    touched = Touched(feeds={feed_id})
    counters.touch(c, ids, touched)
    settle(c, ids, touched)


def _exists(c: Connection, feed_id: int) -> None:
    kept = select(feeds.c.id).where(feeds.c.id == feed_id, feeds.c.removed_at.is_(None))
    if not is_row(feed_id) or c.scalar(kept) is None:
        raise NotFound("feed", feed_id)


def _set(c: Connection, feed_id: int, **values: Any) -> None:
    kept = update(feeds).where(feeds.c.id == feed_id, feeds.c.removed_at.is_(None))
    if not is_row(feed_id) or not c.execute(kept.values(values)).rowcount:
        raise NotFound("feed", feed_id)


# --------------------------------------------------------------------------------------- sources


def _find_source(c: Connection, url: str, source: NewSource, now: datetime) -> int:
    """Return the source that a new feed belongs to; make it when there is none like it."""
    title = text.shorten(source.title or "", 200)
    organisation = text.squeeze(source.organisation or "") or None
    site = source.site_url if source.site_url and urls.is_web(source.site_url) else None
    alike = None
    if site:
        alike = sources.c.site_key == of_feed(site)
    elif organisation and title:
        alike = (sources.c.organisation == organisation) & (sources.c.title == title)
    if alike is not None:
        same = select(sources.c.id).where(alike, sources.c.sample == source.sample)
        found = c.scalar(same.order_by(sources.c.id).limit(1))
        if found is not None:
            return found
    shown = title or urls.host(url)
    [slug] = unique_slugs(c, sources, [text.slug(shown)])
    return c.execute(
        insert(sources)
        .values(
            slug=slug,
            title=shown,
            title_known=bool(title),
            site_url=capped(site, 2000) if site else None,
            site_key=of_feed(site) if site else None,
            organisation=organisation,
            country=(source.country or "").upper()[:2] or None,
            category=source.category,
            licence=source.licence,
            language=source.language,
            sample=source.sample,
            created_at=now,
        )
        .returning(sources.c.id)
    ).scalar_one()


def change_source(  # noqa: PLR0913  # None: as it is
    c: Connection,
    source_id: int,
    *,
    title: str | None = None,
    site_url: str | None = None,
    organisation: str | None = None,
    country: str | None = None,
    category: str | None = None,
    licence: str | None = None,
) -> None:
    """Change what is known of a source; None leaves it as it is, an empty text clears it.

    Raises:
        AggregatorError: `site_url` is no web address.
        NotFound: there is no such source.
    """
    values: dict[str, Any] = {}
    if title:
        values |= {"title": text.shorten(title, 200), "title_known": True}
    if site_url is not None:
        address = _web_address(site_url) if site_url else None
        values |= {"site_url": address, "site_key": of_feed(address) if address else None}
    given = {
        "organisation": organisation,
        "country": country.upper()[:2] if country else country,
        "category": category,
        "licence": licence,
    }
    values |= {name: text.squeeze(v) or None for name, v in given.items() if v is not None}
    counters.alone(c)
    same = update(sources).where(sources.c.id == source_id)
    if not c.execute(same.values({"id": source_id} | values)).rowcount:
        raise NotFound("source", source_id)
    counters.moved_on(c)


# ---------------------------------------------------------------------------------------- states


def poll_soon(c: Connection, feed_id: int, now: datetime) -> None:
    """Make a feed due at once; one that is gone is tried again.

    Raises:
        NotFound: no such feed is followed.
    """
    _set(c, feed_id, next_poll_at=now, gone_at=None)


def pause(c: Connection, feed_id: int) -> None:
    """Stop polling a feed; its entries stay.

    Raises:
        NotFound: no such feed is followed.
    """
    _set(c, feed_id, enabled=False)


def hold(c: Connection, feed_id: int, why: str, now: datetime) -> None:
    """Poll a feed no more until a person has looked at it: `why` says what seems wrong.

    Raises:
        NotFound: no such feed is followed.
    """
    said = text.shorten(text.allowed(why), 1000)
    _set(c, feed_id, held_at=now, held_why=said, claimed_until=None)


def resume(c: Connection, feed_id: int, now: datetime) -> None:
    """Poll a feed again, at once, whether it was paused, gone or held.

    The content for which a feed was held is accepted: its whole document is read again, and what
    was known of the site is forgotten.

    Raises:
        NotFound: no such feed is followed.
    """
    _exists(c, feed_id)
    held = c.scalar(select(feeds.c.held_at).where(feeds.c.id == feed_id))
    values = (_FRESH if held else _WELL) | {"enabled": True, "next_poll_at": now}
    _set(c, feed_id, **values)


def accept(c: Connection, feed_id: int, now: datetime) -> None:
    """Follow a feed that was on trial: its recaps become listed.

    Raises:
        NotFound: no such feed is followed.
    """
    counters.alone(c)
    _set(c, feed_id, trial=False, next_poll_at=now)
    _relist(c, feed_id)


def change(  # None: as it is
    c: Connection,
    feed_id: int,
    *,
    url: str | None = None,
    title: str | None = None,
    full_text: bool | None = None,
    discover: bool | None = None,
) -> None:
    """Change a feed; None leaves a value as it is, an empty title gives the feed's own back.

    Raises:
        AggregatorError: `url` is no web address.
        Conflict: another feed has that address; `key` is its id.
        NotFound: no such feed is followed.
    """
    values: dict[str, Any] = {}
    if title is not None:
        said = text.shorten(title, 200)
        values |= {"title": said or None, "title_fixed": bool(said)}
    if full_text is not None:
        # What was read without it is read again: a feed that is not modified brings nothing.
        values |= {"full_text": full_text, "etag": None, "last_modified": None, "body_hash": None}
    if discover is not None:
        values["discover"] = discover
    if url is not None:
        address = _web_address(url)
        counters.alone(c)
        other = followed(c, of_feed(address))
        if other is not None and other.id != feed_id:
            if other.removed_at is None:
                raise _conflict(other)
            _exists(c, feed_id)
            fold_feeds(c, other.id, into=feed_id)
        values |= {"url": address, "url_key": of_feed(address), "host": urls.host(address)}
        values |= _FRESH
    if values:
        _set(c, feed_id, **values)
        counters.moved_on(c)
    else:
        _exists(c, feed_id)


# -------------------------------------------------------------------------------------- removing


def remove(c: Connection, feed_id: int, *, keep_entries: bool) -> int:
    """Follow a feed no more; return how many entries went with it, or were kept.

    Kept entries stay listed under their source; the feed is taken up again when it is added again.

    Raises:
        NotFound: no such feed is followed.
    """
    counters.alone(c)
    _exists(c, feed_id)
    ids = set(c.scalars(select(entries.c.id).where(entries.c.feed_id == feed_id)))
    if keep_entries and ids:
        kept = update(feeds).where(feeds.c.id == feed_id)
        c.execute(kept.values(removed_at=func.current_timestamp(), claimed_until=None))
        counters.moved_on(c)
        return len(ids)
    _delete_feed(c, feed_id, ids)
    return len(ids)


def remove_samples(c: Connection) -> int:
    """Remove the bundled samples with all their feeds and entries; return how many feeds."""
    counters.alone(c)
    query = select(feeds.c.id).join_from(feeds, sources, sources.c.id == feeds.c.source_id)
    samples = list(c.scalars(query.where(sources.c.sample)))
    for feed_id in samples:
        ids = set(c.scalars(select(entries.c.id).where(entries.c.feed_id == feed_id)))
        _delete_feed(c, feed_id, ids)
    return len(samples)


def _delete_feed(c: Connection, feed_id: int, ids: Collection[int]) -> None:
    """Delete a feed; what it stood for is promoted, counted anew, and its ids are remembered."""
    touched = Touched()
    counters.touch(c, ids, touched)
    freed = _followers(c, ids)
    source_id = c.scalar(select(feeds.c.source_id).where(feeds.c.id == feed_id))
    if ids:
        c.execute(insert(gone_entries), [{"entry_id": one} for one in ids])
    subscriptions.leave(c, [feed_id])
    c.execute(delete(feeds).where(feeds.c.id == feed_id))
    touched.feeds.discard(feed_id)
    counters.touch(c, freed, touched)
    settle(c, freed, touched)
    others = select(feeds.c.id).where(feeds.c.source_id == sources.c.id)
    c.execute(delete(sources).where(sources.c.id == source_id, ~exists(others)))


def _followers(c: Connection, ids: Collection[int]) -> set[int]:
    """Return the duplicates, in other feeds, of entries that are about to go."""
    found: set[int] = set()
    for some in chunks(ids):
        found.update(c.scalars(select(entries.c.id).where(entries.c.duplicate_of.in_(some))))
    return found - set(ids)


def fold_feeds(c: Connection, feed_id: int, *, into: int) -> None:
    """Give a feed's entries to another feed, which has the same address now, and drop the feed.

    Of an entry that both have, the other feed's stays.
    """
    counters.alone(c)
    target = c.execute(select(feeds.c.source_id).where(feeds.c.id == into)).one()
    theirs = entries.alias("theirs")
    both = exists(
        select(theirs.c.id).where(theirs.c.feed_id == into, theirs.c.guid == entries.c.guid)
    )
    moving = set(c.scalars(select(entries.c.id).where(entries.c.feed_id == feed_id, ~both)))
    touched = Touched(feeds={into}, sources={target.source_id})
    counters.touch(c, moving, touched)
    for some in chunks(moving):
        moved = update(entries).where(entries.c.id.in_(some))
        c.execute(moved.values(feed_id=into, source_id=target.source_id))
    left = set(c.scalars(select(entries.c.id).where(entries.c.feed_id == feed_id)))
    _delete_feed(c, feed_id, left)
    touched.feeds.discard(feed_id)
    settle(c, moving, touched)
