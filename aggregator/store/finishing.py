"""What a poll brought is stored, and its claim ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from aggregator import text, urls
from aggregator.model import NewEntry, Outcome, Poll, Saved
from aggregator.store import counters, due, subscriptions
from aggregator.store.following import fold_feeds, followed
from aggregator.store.keys import capped, of_feed
from aggregator.store.naming import unique_slugs
from aggregator.store.saving import Home, adopt, save, save_all
from aggregator.store.schema import feeds, hosts, polls, sources

_AGAIN = timedelta(minutes=1)  # after a poll during which the hub told of something new


def finish(c: Connection, done: Sequence[Poll], now: datetime) -> list[Saved]:
    """Store everything that polls brought, and end their claims.

    Most polls bring nothing: all of those together are a few statements, however many they are.
    A feed that was removed meanwhile is left alone, and nothing is saved. A permanent move to the
    address of another feed folds this feed into that one. A feed that was not even asked is given
    back, and due when its host may be asked again. One that was given another address meanwhile
    keeps that, and is due at once.

    Returns:
        What became of the entries of each poll, in the order of `done`.
    """
    if not all(map(_is_quiet, done)):
        counters.alone(c)  # before any row is locked, or two pollers could wait for each other
    rows = _standing(c, [poll.feed_id for poll in done])
    told = [_of_now(poll, rows.get(poll.feed_id), now) for poll in done]
    places = _moved_all(c, told, rows)
    _tell(c, [(row, poll) for row, poll in zip(places, told, strict=True) if row], now)
    for poll in told:
        if poll.rests_host and poll.rests_until:
            due.rest(c, poll.rests_host, poll.rests_until, now)
    # after the rests, which spread what is due behind them
    due.give_back(c, {poll.feed_id: poll.next_poll_at for poll in told if not poll.asked})
    saved = _keep(c, list(zip(places, told, strict=True)), now)
    due.keep_rests(c, rows.values(), now)
    subscriptions.keep_pings(c, ((rows.get(poll.feed_id), poll) for poll in done), now + _AGAIN)
    return saved


def _is_quiet(poll: Poll) -> bool:
    """Tell whether a poll brought nothing but the news that there are none."""
    told = poll.read or poll.entries or poll.candidates or poll.new_url or poll.rests_host
    worked = poll.outcome in (Outcome.SAME, Outcome.NOT_MODIFIED)
    return worked and poll.asked and not told


def _standing(c: Connection, feed_ids: Collection[int]) -> dict[int, Any]:
    """Return the rows of feeds that are followed, with what is known of their sources."""
    query = _STANDING.where(feeds.c.id.in_(feed_ids), feeds.c.removed_at.is_(None))
    return {row.id: row for row in c.execute(query.order_by(feeds.c.id).with_for_update(of=feeds))}


_STANDING = select(
    *(feeds.c.id, feeds.c.url, feeds.c.source_id, feeds.c.failures, feeds.c.failing_since),
    *(feeds.c.title_fixed, feeds.c.hub_url, feeds.c.topic_url, feeds.c.sub_pinged_at),
    *(sources.c.title_known, sources.c.site_url.label("source_site")),
    hosts.c.rests_until,
).select_from(
    feeds.join(sources, sources.c.id == feeds.c.source_id).outerjoin(
        hosts, hosts.c.host == feeds.c.host
    )
)


def _of_now(poll: Poll, row: Any, now: datetime) -> Poll:
    """Return what of a poll is about its feed as it stands now."""
    return poll if row is None or row.url == poll.url else _of_old_address(poll, now)


def _moved_all(c: Connection, told: Sequence[Poll], rows: Mapping[int, Any]) -> list[Any]:
    """Let feeds move for good; return for each poll the row of its feed, None where none is left.

    None as well where the feed was not asked: then there is nothing to tell of it.
    """
    places = {poll.feed_id: poll.feed_id for poll in told if poll.asked and poll.feed_id in rows}
    moving = [poll for poll in told if poll.new_url and poll.feed_id in places]
    for poll in moving:
        places[poll.feed_id] = _moved(c, poll.feed_id, poll.new_url or "")
    if moving:
        rows = _standing(c, places.values())
    return [rows.get(places.get(poll.feed_id, 0)) for poll in told]


def _tell(c: Connection, told: Sequence[tuple[Any, Poll]], now: datetime) -> None:
    """Let polls tell of their feeds and sources."""
    by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row, poll in told:
        values = _after(poll, row, now)
        by_columns.setdefault(frozenset(values), []).append(values | {"feed": row.id})
    for columns, some in by_columns.items():
        values = {name: bindparam(name) for name in sorted(columns)}
        c.execute(update(feeds).where(feeds.c.id == bindparam("feed")).values(values), some)
    _tell_sources(c, told)
    for row, poll in told:
        adopt(c, row.id, poll.adopted)


def _keep(c: Connection, told: Sequence[tuple[Any, Poll]], now: datetime) -> list[Saved]:
    """Save the entries of polls, and write the history; None in place of a row: left alone."""
    brought = [(_home(row), poll.entries) for row, poll in told if row]
    kept = iter(save_all(c, brought, now))
    saved = [next(kept) if row else Saved() for row, _ in told]
    lines = [(row, poll.counted(one)) for (row, poll), one in zip(told, saved, strict=True) if row]
    news = [row.id for row, poll in lines if poll.entries_new or poll.entries_changed]
    if news:
        c.execute(update(feeds).where(feeds.c.id.in_(news)).values(last_changed_at=now))
    subscriptions.after_polls(c, lines, now)
    if lines:
        c.execute(insert(polls), [_line(row.id, poll) for row, poll in lines])
    return saved


def _home(row: Any) -> Home:
    return Home(feed_id=row.id, source_id=row.source_id, url=row.url)


def bring(c: Connection, feed_id: int, found: Sequence[NewEntry], now: datetime) -> Saved:
    """Save entries of a feed that came otherwise than by a poll; its state stays as it is.

    Nothing is saved for a feed that is followed no more.
    """
    counters.alone(c)
    kept = select(feeds.c.id, feeds.c.source_id, feeds.c.url).where(feeds.c.id == feed_id)
    row = c.execute(kept.where(feeds.c.removed_at.is_(None))).first()
    if row is None:
        return Saved()
    return save(c, _home(row), found, now)


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


def _line(feed_id: int, poll: Poll) -> dict[str, Any]:
    """Return the row of the history; the entries of `poll` are counted."""
    return {
        "feed_id": feed_id,
        "started_at": poll.started_at,
        "duration_ms": int(poll.duration.total_seconds() * 1000),
        "outcome": poll.outcome.value,
        "http_status": poll.http_status,
        "body_bytes": poll.body_bytes,
        "entries_new": poll.entries_new,
        "entries_changed": poll.entries_changed,
        "error": _said(poll.error),
        "note": _said(poll.note),
    }


def _said(words: str | None) -> str | None:
    return text.shorten(words, 1000) if words else None


# ---------------------------------------------------------------------------- what a feed becomes


def _after(poll: Poll, row: Any, now: datetime) -> dict[str, Any]:
    """Return what the row of a feed becomes by a poll; `row` is what it is before."""
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
        return values | _after_failure(poll, row, now)
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
    if poll.title and not row.title_fixed:
        values["title"] = text.shorten(poll.title, 200)
    return values | _pace(poll)


_WELL: dict[str, Any] = {"failures": 0, "failing_since": None, "gone_at": None}


def _after_failure(poll: Poll, row: Any, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "failures": row.failures + 1,
        "failing_since": row.failing_since or now,
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


# ------------------------------------------------------------------------------ sources and moves


def _tell_sources(c: Connection, told: Sequence[tuple[Any, Poll]]) -> None:
    """Let the first poll that knows them tell the titles and the sites of sources."""
    titles: dict[int, str] = {}
    sites: dict[int, str] = {}
    for row, poll in told:
        title = text.shorten(poll.title or "", 200)
        if title and not row.title_known:
            titles.setdefault(row.source_id, title)
        if poll.site_url and not row.source_site and urls.is_web(poll.site_url):
            sites.setdefault(row.source_id, poll.site_url)
    this = update(sources).where(sources.c.id == bindparam("source"))
    if titles:
        slugs = unique_slugs(c, sources, [text.slug(title) for title in titles.values()])
        c.execute(
            this.values(title=bindparam("told"), title_known=True, slug=bindparam("as")),
            [
                {"source": source_id, "told": title, "as": slug}
                for (source_id, title), slug in zip(titles.items(), slugs, strict=True)
            ],
        )
    if sites:
        c.execute(
            this.values(site_url=bindparam("told"), site_key=bindparam("key")),
            [
                {"source": source_id, "told": capped(url, 2000), "key": of_feed(url)}
                for source_id, url in sites.items()
            ],
        )


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
