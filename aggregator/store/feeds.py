"""Sources and feeds: who is followed, what is due, and what a poll brought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from aggregator import text, urls
from aggregator.errors import NotFound
from aggregator.model import (
    DueFeed,
    Feed,
    FeedLink,
    FeedStatus,
    Outcome,
    Poll,
    PollRow,
    Saved,
    SourceCard,
)
from aggregator.store import counters
from aggregator.store.cards import source_card
from aggregator.store.following import (
    accept,
    add,
    change,
    change_source,
    fold_feeds,
    followed,
    pause,
    poll_soon,
    remove,
    remove_samples,
    resume,
)
from aggregator.store.keys import capped, is_row, of_feed
from aggregator.store.link import unique_slugs
from aggregator.store.saving import Home, save
from aggregator.store.schema import feeds, polls, sources

__all__ = [
    "Connection",
    "accept",
    "add",
    "all_feeds",
    "change",
    "change_source",
    "claim",
    "due_hosts",
    "due_of",
    "finish",
    "get",
    "histories",
    "history",
    "next_due",
    "pause",
    "poll_soon",
    "queue_export",
    "release",
    "remove",
    "remove_samples",
    "resolve",
    "resume",
]

# --------------------------------------------------------------------------------------- reading


def resolve(c: Connection, id_or_url: str) -> int:
    """Return the id of the feed that a person means by its id or by any spelling of its address.

    Raises:
        NotFound: no such feed is followed.
    """
    said = id_or_url.strip()
    row = None
    if said.isascii() and said.isdigit() and len(said) < 18:
        row = c.execute(_KEPT.where(feeds.c.id == int(said))).first()
    elif urls.is_web(said):
        row = c.execute(_KEPT.where(feeds.c.url_key == of_feed(said))).first()
    if row is None:
        raise NotFound("feed", id_or_url)
    return int(row.id)


_KEPT = select(feeds.c.id).where(feeds.c.removed_at.is_(None))


def get(c: Connection, feed_id: int) -> Feed:
    """Return a feed, also one on trial.

    Raises:
        NotFound: no such feed is followed.
    """
    row = c.execute(_rows().where(feeds.c.id == feed_id)).first() if is_row(feed_id) else None
    if row is None:
        raise NotFound("feed", feed_id)
    return _feed(row)


def all_feeds(c: Connection, *, trial: bool | None = False) -> tuple[Feed, ...]:
    """Return all feeds in the order they were added; `trial`: only those on trial, None: both."""
    query = _rows().order_by(feeds.c.id)
    if trial is not None:
        query = query.where(feeds.c.trial == trial)
    return tuple(_feed(row) for row in c.execute(query))


def _rows() -> Select[Any]:
    source = sources
    return (
        select(
            feeds,
            *(column.label(f"source_{column.name}") for column in source.c if column.name != "id"),
        )
        .join_from(feeds, source, source.c.id == feeds.c.source_id)
        .where(feeds.c.removed_at.is_(None))
    )


def status_of(row: Any) -> FeedStatus:
    """Return what the row of a feed amounts to."""
    if row.gone_at is not None:
        return FeedStatus.GONE
    if not row.enabled:
        return FeedStatus.PAUSED
    return FeedStatus.FAILING if row.failures else FeedStatus.ACTIVE


def _feed(row: Any) -> Feed:
    return Feed(
        id=row.id,
        url=row.url,
        title=row.title,
        source=source_card(_Prefixed(row)),
        status=status_of(row),
        trial=row.trial,
        full_text=row.full_text,
        summary_only=row.summary_only,
        discover=row.discover,
        error=row.last_error,
        http_status=row.last_status,
        failures=row.failures,
        created_at=row.created_at,
        last_polled_at=row.last_polled_at,
        last_success_at=row.last_success_at,
        last_changed_at=row.last_changed_at,
        next_poll_at=row.next_poll_at,
        interval=timedelta(seconds=row.interval_s),
        entries=row.entries,
        recaps=row.recaps,
        candidates=tuple(FeedLink(**link) for link in row.candidates),
        note=row.note,
    )


class _Prefixed:
    """The columns of a feed's source in a row of `_rows`."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self.id = row.source_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"source_{name}")


def history(c: Connection, feed_id: int, limit: int = 50) -> tuple[PollRow, ...]:
    """Return a feed's last polls, newest first."""
    return histories(c, [feed_id], limit).get(feed_id, ())


def histories(
    c: Connection, feed_ids: Sequence[int], limit: int = 50
) -> dict[int, tuple[PollRow, ...]]:
    """Return the last polls of each feed, newest first, by one query."""
    newest = polls.c.started_at.desc(), polls.c.id.desc()
    place = func.row_number().over(partition_by=polls.c.feed_id, order_by=newest)
    ranked = select(polls, place.label("place")).where(polls.c.feed_id.in_(feed_ids)).subquery()
    found: dict[int, list[PollRow]] = {}
    query = select(ranked).where(ranked.c.place <= limit)
    for row in c.execute(query.order_by(ranked.c.feed_id, ranked.c.place)):
        found.setdefault(row.feed_id, []).append(
            PollRow(
                started_at=row.started_at,
                duration_ms=row.duration_ms,
                outcome=Outcome(row.outcome),
                http_status=row.http_status,
                body_bytes=row.body_bytes,
                entries_new=row.entries_new,
                entries_changed=row.entries_changed,
                error=row.error,
            )
        )
    return {feed_id: tuple(rows) for feed_id, rows in found.items()}


def queue_export(c: Connection) -> tuple[tuple[SourceCard, tuple[FeedLink, ...]], ...]:
    """Return what an OPML file lists: sources by title, each with its feeds, paused ones too."""
    rows = c.execute(
        _rows()
        .where(~feeds.c.trial, feeds.c.gone_at.is_(None))
        .order_by(sources.c.title, sources.c.id, feeds.c.id)
    )
    by_source: dict[int, tuple[SourceCard, list[FeedLink]]] = {}
    for row in rows:
        card = source_card(_Prefixed(row))
        link = FeedLink(url=row.url, title=row.title or card.title, site_url=card.site_url)
        by_source.setdefault(card.id, (card, []))[1].append(link)
    return tuple((card, tuple(links)) for card, links in by_source.values())


# --------------------------------------------------------------------------------------- polling


def _polled() -> ColumnElement[bool]:
    """Feeds that are polled by themselves; worded as the index of what is due."""
    return and_(feeds.c.enabled, feeds.c.gone_at.is_(None), feeds.c.removed_at.is_(None))


def claim(  # noqa: PLR0913 - `ids` and `every` choose, the others say until when and how many
    c: Connection,
    now: datetime,
    *,
    lease: timedelta,
    limit: int,
    ids: Sequence[int] | None = None,
    every: bool = False,
    owner: str | None = None,
) -> tuple[DueFeed, ...]:
    """Take feeds to be polled; until `lease` has passed nobody else gets them.

    Args:
        c: in a write transaction.
        now: what is due until then.
        lease: longer than the longest poll.
        limit: at most so many, those that wait longest first.
        ids: just these, due or not, paused and gone ones too.
        every: all that are polled, due or not.
        owner: the process that takes them (see `claims`).
    """
    query = (
        select(feeds, sources.c.country, sources.c.licence)
        .join_from(feeds, sources, sources.c.id == feeds.c.source_id)
        .where(or_(feeds.c.claimed_until.is_(None), feeds.c.claimed_until <= now))
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
        .with_for_update(of=feeds, skip_locked=True)
    )
    if ids is not None:
        query = query.where(feeds.c.id.in_(ids), feeds.c.removed_at.is_(None))
    else:
        query = query.where(_polled())
        query = query if every else query.where(feeds.c.next_poll_at <= now)
    rows = c.execute(query).all()
    if rows:
        taken = update(feeds).where(feeds.c.id.in_([row.id for row in rows]))
        c.execute(taken.values(claimed_until=now + lease, claimed_by=owner))
    return tuple(_due(row) for row in rows)


def _due(row: Any) -> DueFeed:
    return DueFeed(
        id=row.id,
        url=row.url,
        source_id=row.source_id,
        country=row.country,
        licence=row.licence,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        interval=timedelta(seconds=row.interval_s),
        failures=row.failures,
        full_text=row.full_text,
        discover=row.discover,
        trial=row.trial,
        last_success_at=row.last_success_at,
    )


def release(c: Connection, feed_ids: Sequence[int]) -> None:
    """Give claimed feeds back unpolled; they are due as before."""
    c.execute(update(feeds).where(feeds.c.id.in_(feed_ids)).values(claimed_until=None))


def next_due(c: Connection) -> datetime | None:
    """Return when the next feed is due; None when none is polled."""
    return c.scalar(select(func.min(feeds.c.next_poll_at)).where(_polled()))


def _due_now(now: datetime) -> ColumnElement[bool]:
    free = or_(feeds.c.claimed_until.is_(None), feeds.c.claimed_until <= now)
    return and_(_polled(), feeds.c.next_poll_at <= now, free)


def due_hosts(c: Connection, now: datetime) -> tuple[str, ...]:
    """Return the hosts that have feeds to be polled now, the one that waits longest first."""
    query = select(feeds.c.host).where(_due_now(now)).group_by(feeds.c.host)
    return tuple(c.scalars(query.order_by(func.min(feeds.c.next_poll_at), feeds.c.host)))


def due_of(c: Connection, host: str, now: datetime) -> tuple[int, ...]:
    """Return the feeds of a host that are to be polled now."""
    query = select(feeds.c.id).where(_due_now(now), feeds.c.host == host)
    return tuple(c.scalars(query.order_by(feeds.c.next_poll_at, feeds.c.id)))


def finish(c: Connection, poll: Poll, now: datetime) -> Saved:
    """Store everything that a poll brought, and end its claim.

    Two statements when it brought nothing. A feed that was removed meanwhile is left alone, and
    nothing is saved. A permanent move to the address of another feed folds this feed into that one.
    """
    if poll.entries:
        counters.alone(c)
    feed_id = poll.feed_id
    if poll.new_url:
        feed_id = _moved(c, feed_id, poll.new_url)
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
    if row is None:
        return Saved()
    _tell_source(c, poll, row)
    home = Home(feed_id=feed_id, source_id=row.source_id, url=row.url)
    saved = save(c, home, poll.entries, now)
    c.execute(
        insert(polls).values(
            feed_id=feed_id,
            started_at=poll.started_at,
            duration_ms=int(poll.duration.total_seconds() * 1000),
            outcome=poll.outcome.value,
            http_status=poll.http_status,
            body_bytes=poll.body_bytes,
            entries_new=len(saved.new),
            entries_changed=len(saved.changed),
            error=_said(poll.error),
        )
    )
    return saved


def _said(error: str | None) -> str | None:
    return text.shorten(error, 1000) if error else None


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
        values["failures"] = feeds.c.failures + 1
        if poll.outcome is Outcome.GONE:
            values["gone_at"] = now
        return values
    values |= {"failures": 0, "gone_at": None, "last_success_at": now}
    answered = poll.outcome in (Outcome.CHANGED, Outcome.SAME)
    for name in ("etag", "last_modified", "body_hash"):
        known = getattr(poll, name)
        if known is not None:
            values[name] = capped(known, 2000)
        elif answered and name != "body_hash":
            values[name] = None  # the server says no more what it said once
    if poll.outcome is Outcome.CHANGED:
        values |= {"last_changed_at": now, "summary_only": poll.summary_only}
        values.setdefault("candidates", [])  # those of this very poll stay for the preview
    if poll.title:
        told = text.shorten(poll.title, 200)
        values["title"] = case((feeds.c.title_fixed, feeds.c.title), else_=told)
    return values


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
