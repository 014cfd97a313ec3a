"""What a poll brought is stored, and its claim ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from aggregator import text, urls
from aggregator.model import NewEntry, Outcome, Poll, Saved
from aggregator.store import counters, due, subscriptions
from aggregator.store.counters import chunks
from aggregator.store.following import fold_feeds, followed
from aggregator.store.keys import capped, of_feed
from aggregator.store.naming import unique_slugs
from aggregator.store.saving import Home, adopt, save, save_all
from aggregator.store.schema import entries, feeds, polls, sources

_AGAIN = timedelta(minutes=1)  # after a poll during which the hub told of something new


def finish_all(c: Connection, done: Sequence[Poll], now: datetime) -> list[Saved]:
    """Store what polls brought, and end their claims; those without news cost next to nothing.

    Most polls bring nothing: all of those together are a few statements, however many they are.
    """
    saved = {id(poll): Saved() for poll in done}
    news = [poll for poll in done if not _is_quiet(poll)]
    if news:  # before any row is locked, or two pollers could wait for each other
        counters.alone(c)
    quiet = [poll for poll in done if _is_quiet(poll)]
    if quiet:
        _finish_quiet(c, quiet, now)
    saved |= {id(poll): one for poll, one in zip(news, _finish_news(c, news, now), strict=True)}
    subscriptions.keep_pings(c, done, now + _AGAIN)
    due.keep_rests(c, [poll.feed_id for poll in done], now)
    return [saved[id(poll)] for poll in done]


def finish(c: Connection, poll: Poll, now: datetime) -> Saved:
    """Store everything that a poll brought, and end its claim.

    A feed that was removed meanwhile is left alone, and nothing is saved. A permanent move to the
    address of another feed folds this feed into that one. A feed that was not even asked is given
    back, and due when its host may be asked again. One that was given another address meanwhile
    keeps that, and is due at once.
    """
    return _finish_news(c, [poll], now)[0]


def _finish_news(c: Connection, news: Sequence[Poll], now: datetime) -> list[Saved]:
    """Do so for several polls: what they brought is saved together."""
    if any(poll.entries for poll in news):
        counters.alone(c)
    homes = [_told(c, poll, now) for poll in news]
    brought = [(home, poll.entries) for home, poll in zip(homes, news, strict=True) if home]
    kept = iter(_seen(c, save_all(c, brought, now), now))
    saved = [next(kept) if home else Saved() for home in homes]
    told = [home.feed_id for home, one in zip(homes, saved, strict=True) if home and _is_news(one)]
    if told:
        c.execute(update(feeds).where(feeds.c.id.in_(told)).values(last_changed_at=now))
    lines = []
    for home, poll, one in zip(homes, news, saved, strict=True):
        if home:
            subscriptions.after_poll(c, home.feed_id, poll, news=bool(one.new), now=now)
            lines.append(_line(home.feed_id, poll, one))
    if lines:
        c.execute(insert(polls), lines)
    return saved


def _is_news(saved: Saved) -> bool:
    return bool(saved.new or saved.changed)


def _seen(c: Connection, saved: Sequence[Saved], now: datetime) -> list[Saved]:
    """Leave out what was stored anew, but looks to readers as it did.

    After an upgrade whole feeds are read again, because they are hashed or judged otherwise.
    """
    ids = [entry_id for one in saved for entry_id in one.changed]
    changed = select(entries.c.id).where(entries.c.changed_at == now)
    seen = {one for some in chunks(ids) for one in c.scalars(changed.where(entries.c.id.in_(some)))}
    return [replace(one, changed=tuple(sorted(seen.intersection(one.changed)))) for one in saved]


def bring(c: Connection, feed_id: int, found: Sequence[NewEntry], now: datetime) -> Saved:
    """Save entries of a feed that came otherwise than by a poll; its state stays as it is.

    Nothing is saved for a feed that is followed no more.
    """
    counters.alone(c)
    kept = select(feeds.c.source_id, feeds.c.url).where(feeds.c.id == feed_id)
    row = c.execute(kept.where(feeds.c.removed_at.is_(None))).first()
    if row is None:
        return Saved()
    return save(c, Home(feed_id=feed_id, source_id=row.source_id, url=row.url), found, now)


def _told(c: Connection, poll: Poll, now: datetime) -> Home | None:
    """Let a poll tell of its feed; return where its entries belong, None where they do not."""
    failed = poll.outcome in (Outcome.FAILED, Outcome.GONE)
    if failed or poll.read or poll.new_url or poll.etag or poll.last_modified:
        url = c.scalar(select(feeds.c.url).where(feeds.c.id == poll.feed_id))
        if url is not None and url != poll.url:
            poll = _of_old_address(poll, now)
    if not poll.asked:
        due.release(c, [poll.feed_id])
        due.put_off(c, poll.feed_id, poll.next_poll_at)
        _heed(c, poll, now)
        return None
    feed_id = _moved(c, poll.feed_id, poll.new_url) if poll.new_url else poll.feed_id
    row = c.execute(
        update(feeds)
        .where(feeds.c.id == feed_id, feeds.c.removed_at.is_(None))
        .values(_after(poll, now))
        .returning(
            feeds.c.source_id,
            feeds.c.url,
            feeds.c.last_success_at,
            select(sources.c.title_known)
            .where(sources.c.id == feeds.c.source_id)
            .scalar_subquery()
            .label("source_known"),
            select(sources.c.site_url)
            .where(sources.c.id == feeds.c.source_id)
            .scalar_subquery()
            .label("source_site"),
        )
    ).first()
    _heed(c, poll, now)
    if row is None:
        return None
    _tell_source(c, poll, row)
    adopt(c, feed_id, poll.adopted)
    return Home(feed_id=feed_id, source_id=row.source_id, url=row.url)


def _heed(c: Connection, poll: Poll, now: datetime) -> None:
    if poll.rests_host and poll.rests_until:
        due.rest(c, poll.rests_host, poll.rests_until, now)


def _of_old_address(poll: Poll, now: datetime) -> Poll:
    """Return what is left of a poll whose feed was given another address meanwhile.

    Its entries are the feed's, but all it tells of an address is about the old one: what it is to
    be asked with, where it has moved, that it fails. The new one is due at once.
    """
    well = poll.outcome in (Outcome.CHANGED, Outcome.SAME, Outcome.NOT_MODIFIED)
    return replace(
        poll,
        asked=poll.asked and well,
        next_poll_at=now,
        read=False,
        new_url=None,
        moving_to=None,
        moving_seen=0,
        etag=None,
        last_modified=None,
        body_hash=None,
        title=None,
        site_url=None,
        site_prints=None,
    )


def _line(feed_id: int, poll: Poll, saved: Saved) -> dict[str, Any]:
    """Return the row of the history."""
    return {
        "feed_id": feed_id,
        "started_at": poll.started_at,
        "duration_ms": int(poll.duration.total_seconds() * 1000),
        "outcome": _outcome(poll, saved).value,
        "http_status": poll.http_status,
        "body_bytes": poll.body_bytes,
        "entries_new": len(saved.new),
        "entries_changed": len(saved.changed),
        "error": _said(poll.error),
        "note": _said(poll.note),
    }


def _outcome(poll: Poll, saved: Saved) -> Outcome:
    return Outcome.SAME if poll.entries and not _is_news(saved) else poll.outcome


def _said(words: str | None) -> str | None:
    return text.shorten(words, 1000) if words else None


# ---------------------------------------------------------------------------- what a feed becomes


def _after(poll: Poll, now: datetime) -> dict[str, Any]:
    """Return what the row of a feed becomes by a poll."""
    values: dict[str, Any] = {
        "claimed_until": None,
        "last_polled_at": now,
        "last_error": _said(poll.error),
        "last_status": poll.http_status,
        "next_poll_at": poll.next_poll_at,
        "interval_s": max(1, int(poll.interval.total_seconds())),
    }
    if poll.candidates:
        values["candidates"] = [
            {"url": link.url, "title": link.title, "type": link.type, "site_url": link.site_url}
            for link in poll.candidates[:20]
        ]
    if poll.outcome in (Outcome.FAILED, Outcome.GONE):
        return values | _after_failure(poll, now)
    values |= _WELL | {"last_success_at": now}
    values |= {"moving_to": poll.moving_to, "moving_seen": poll.moving_seen}
    answered = poll.outcome in (Outcome.CHANGED, Outcome.SAME)
    for name in ("etag", "last_modified", "body_hash"):
        known = getattr(poll, name)
        if known is not None:
            values[name] = capped(known, 2000)
        elif answered and name != "body_hash":
            values[name] = None  # the server says no more what it said once
    if poll.outcome is Outcome.CHANGED:
        values["summary_only"] = poll.summary_only
        values.setdefault("candidates", [])  # those of this very poll stay for the preview
    if poll.site_prints is not None:
        values["site_prints"] = list(poll.site_prints)
    if poll.title:
        told = text.shorten(poll.title, 200)
        values["title"] = case((feeds.c.title_fixed, feeds.c.title), else_=told)
    return values | _pace(poll)


_WELL: dict[str, Any] = {"failures": 0, "failing_since": None, "gone_at": None}


def _after_failure(poll: Poll, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "failures": feeds.c.failures + 1,
        "failing_since": func.coalesce(feeds.c.failing_since, now),
    }
    if poll.outcome is Outcome.GONE:
        values["gone_at"] = now
    if poll.held:
        values |= {"held_at": now, "held_why": _said(poll.held)}
    return values


def _pace(poll: Poll) -> dict[str, Any]:
    """Return what a poll told of how often the feed wants to be asked."""
    if poll.rhythm is None:
        return {}
    values: dict[str, Any] = {"fresh_s": _seconds(poll.rhythm.fresh_for)}
    if poll.read:
        values |= {
            "faults": _said(poll.error),
            "gap_s": _seconds(poll.rhythm.gap),
            "newest_at": poll.rhythm.newest_at,
            "hint_s": _seconds(poll.rhythm.hint),
            "skip_hours": sorted(poll.rhythm.skip_hours),
            "skip_days": sorted(poll.rhythm.skip_days),
        }
    return values


_MOST_S = 2**31 - 1  # of an Integer column on PostgreSQL


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else min(int(span.total_seconds()), _MOST_S)


# --------------------------------------------------------------------------- polls without news


def _is_quiet(poll: Poll) -> bool:
    """Tell whether a poll brought nothing but the news that there are none."""
    told = poll.read or poll.entries or poll.candidates or poll.new_url or not poll.asked
    worked = poll.outcome in (Outcome.SAME, Outcome.NOT_MODIFIED)
    return worked and poll.rhythm is not None and not told


def _finish_quiet(c: Connection, quiet: Sequence[Poll], now: datetime) -> None:
    ids = [poll.feed_id for poll in quiet]
    kept = select(feeds.c.id, feeds.c.url).where(feeds.c.id.in_(ids), feeds.c.removed_at.is_(None))
    urls_now = {row.id: row.url for row in c.execute(kept)}
    some = [
        poll if urls_now[poll.feed_id] == poll.url else _of_old_address(poll, now)
        for poll in quiet
        if poll.feed_id in urls_now
    ]
    by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
    for poll in some:
        values = _after(poll, now)
        by_columns.setdefault(frozenset(values), []).append(values | {"feed": poll.feed_id})
    for columns, rows in by_columns.items():
        values = {name: bindparam(name) for name in columns}
        c.execute(update(feeds).where(feeds.c.id == bindparam("feed")).values(values), rows)
    if some:
        c.execute(insert(polls), [_line(poll.feed_id, poll, Saved()) for poll in some])


# ------------------------------------------------------------------------------ sources and moves


def _tell_source(c: Connection, poll: Poll, row: Any) -> None:
    """Let the first poll that knows them tell the title and the site of a source."""
    values: dict[str, Any] = {}
    title = text.shorten(poll.title or "", 200)
    if title and not row.source_known:
        [slug] = unique_slugs(c, sources, [text.slug(title)])
        values = {"title": title, "title_known": True, "slug": slug}
    if poll.site_url and not row.source_site and urls.is_web(poll.site_url):
        values |= {"site_url": capped(poll.site_url, 2000), "site_key": of_feed(poll.site_url)}
    if values:
        c.execute(update(sources).where(sources.c.id == row.source_id).values(values))


def _moved(c: Connection, feed_id: int, url: str) -> int:
    """Give a feed the address it has moved to for good; return the feed that lives there now."""
    if not urls.is_web(url) or len(url) > 2000:
        return feed_id
    own = c.execute(select(feeds.c.url_key).where(feeds.c.id == feed_id)).first()
    if own is None:
        return feed_id
    other = None if own.url_key == of_feed(url) else followed(c, of_feed(url))
    if other is not None and other.removed_at is None:
        fold_feeds(c, feed_id, into=other.id)
        return int(other.id)
    if other is not None:  # nobody follows it any more: what was kept of it is ours now
        fold_feeds(c, other.id, into=feed_id)
    c.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(url=url, url_key=of_feed(url), host=urls.host(url))
    )
    return feed_id
