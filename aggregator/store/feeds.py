"""Sources and feeds: who is followed, what is due, and what a poll brought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from aggregator import urls
from aggregator.errors import NotFound
from aggregator.model import Feed, FeedLink, FeedStatus, Outcome, PollRow, SourceCard
from aggregator.store.cards import source_card
from aggregator.store.due import (
    Shares,
    claim,
    due_count,
    due_hosts,
    due_of,
    next_due,
    polled,
    release,
)
from aggregator.store.finishing import bring, finish
from aggregator.store.following import (
    accept,
    add,
    change,
    change_source,
    hold,
    pause,
    poll_soon,
    remove,
    remove_samples,
    resume,
)
from aggregator.store.keys import is_row, of_feed
from aggregator.store.schema import feeds, polls, sources

__all__ = [
    "Connection",
    "Shares",
    "accept",
    "add",
    "all_feeds",
    "bring",
    "change",
    "change_source",
    "claim",
    "due_count",
    "due_hosts",
    "due_of",
    "finish",
    "get",
    "histories",
    "history",
    "hold",
    "next_due",
    "pause",
    "poll_soon",
    "polled",
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
    if not row.enabled or row.held_at is not None:
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
        error=_held(row) or row.last_error,
        held=row.held_why,
        http_status=row.last_status,
        failures=row.failures,
        failing_since=row.failing_since,
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


def _held(row: Any) -> str | None:
    if row.held_at is None:
        return None
    return f"{row.held_why}; to accept what it brings now: aggregator feeds resume {row.id}"


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
                note=row.note,
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
