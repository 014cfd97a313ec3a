"""What is due: feeds are claimed for a poll, given back, and hosts are left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from aggregator.model import DueFeed, Rhythm
from aggregator.store import counters
from aggregator.store.schema import feeds, hosts, sources


def _polled() -> ColumnElement[bool]:
    """Feeds that are polled by themselves; worded as the index of what is due."""
    unended = feeds.c.gone_at.is_(None), feeds.c.removed_at.is_(None), feeds.c.held_at.is_(None)
    return and_(feeds.c.enabled, *unended)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(feeds.c.claimed_until.is_(None), feeds.c.claimed_until <= now)


def _due_now(now: datetime) -> ColumnElement[bool]:
    return and_(_polled(), feeds.c.next_poll_at <= now, _free(now))


# -------------------------------------------------------------------------------------- claiming


@dataclass(frozen=True, slots=True)
class Shares:
    """How many feeds of one host may be under way at once, and how many are."""

    most: int
    under_way: Mapping[str, int]


def claim(  # noqa: PLR0913 - the middle three choose, the others say until when and how many
    c: Connection,
    now: datetime,
    *,
    lease: timedelta,
    limit: int,
    ids: Sequence[int] | None = None,
    host: str | None = None,
    shares: Shares | None = None,
    owner: str | None = None,
) -> tuple[DueFeed, ...]:
    """Take feeds to be polled; until `lease` has passed nobody else gets them.

    Args:
        c: in a write transaction.
        now: what is due until then.
        lease: longer than the longest poll.
        limit: at most so many, those that wait longest first.
        ids: just these, due or not, paused and gone ones too; not those that are held.
        host: of what is due, only the feeds of this one.
        shares: of what is due, no more of one host than this leaves room for.
        owner: the process that takes them (see `claims`).
    """
    if ids is not None:
        which = and_(_free(now), feeds.c.held_at.is_(None), feeds.c.removed_at.is_(None))
        which = and_(feeds.c.id.in_(ids), which)
    elif shares is not None:
        which = and_(feeds.c.id.in_(_shared(c, now, limit, shares)), _due_now(now))
    else:
        which = _due_now(now)
        which = which if host is None else and_(which, feeds.c.host == host)
    rows = c.execute(
        select(feeds, sources.c.country, sources.c.licence)
        .join_from(feeds, sources, sources.c.id == feeds.c.source_id)
        .where(which)
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
        .with_for_update(of=feeds, skip_locked=True)
    ).all()
    if rows:
        taken = update(feeds).where(feeds.c.id.in_([row.id for row in rows]))
        c.execute(taken.values(claimed_until=now + lease, claimed_by=owner))
    return tuple(_due(row, now) for row in rows)


def _shared(c: Connection, now: datetime, limit: int, shares: Shares) -> list[int]:
    """Choose among what is due, so that the many feeds of one host do not fill all places."""
    full = [host for host, count in shares.under_way.items() if count >= shares.most]
    waiting = select(feeds.c.id, feeds.c.host).where(_due_now(now), feeds.c.host.not_in(full))
    waiting = waiting.order_by(feeds.c.next_poll_at, feeds.c.id).limit(limit * 4)
    taken = Counter(shares.under_way)
    chosen: list[int] = []
    for row in c.execute(waiting):
        if taken[row.host] < shares.most and len(chosen) < limit:
            taken[row.host] += 1
            chosen.append(row.id)
    return chosen


def _due(row: Any, now: datetime) -> DueFeed:
    return DueFeed(
        id=row.id,
        url=row.url,
        host=row.host,
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
        site_prints=None if row.site_prints is None else tuple(row.site_prints),
        rhythm=Rhythm(
            gap=_span(row.gap_s),
            newest_at=row.newest_at,
            hint=_span(row.hint_s),
            fresh_for=_span(row.fresh_s),
            skip_hours=frozenset(row.skip_hours),
            skip_days=frozenset(row.skip_days),
        ),
        faults=row.faults,
        moving_to=row.moving_to,
        moving_seen=row.moving_seen,
        pushed=_is_pushed(row, now),
    )


def _is_pushed(row: Any, now: datetime) -> bool:
    """Tell whether the hub tells of what is new, as it has done since it was last relied on."""
    active = row.sub_state == "active" and row.sub_expires_at is not None
    return bool(active and row.sub_expires_at > now and row.sub_pinged_at is not None)


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def release(c: Connection, feed_ids: Sequence[int]) -> None:
    """Give claimed feeds back unpolled; they are due as before."""
    c.execute(update(feeds).where(feeds.c.id.in_(feed_ids)).values(claimed_until=None))


def give_back(c: Connection, until: Mapping[int, datetime]) -> None:
    """Give claimed feeds back unpolled; none of them is due before the time that it is given."""
    if until:
        release(c, list(until))
        this = feeds.c.id == bindparam("feed"), feeds.c.next_poll_at < bindparam("at")
        later = update(feeds).where(*this).values(next_poll_at=bindparam("at"))
        c.execute(later, [{"feed": one, "at": at} for one, at in until.items()])


# ---------------------------------------------------------------------------------------- asking


def next_due(c: Connection) -> datetime | None:
    """Return when the next feed is due; None when none is polled."""
    return c.scalar(select(func.min(feeds.c.next_poll_at)).where(_polled()))


def polled(c: Connection) -> list[int]:
    """Return the feeds that are polled by themselves, due or not, the hosts taking turns."""
    turn = func.row_number().over(partition_by=feeds.c.host, order_by=feeds.c.id)
    return list(c.scalars(select(feeds.c.id).where(_polled()).order_by(turn, feeds.c.id)))


def due_count(c: Connection, now: datetime) -> int:
    """Return how many feeds are to be polled now."""
    return c.execute(select(func.count()).select_from(feeds).where(_due_now(now))).scalar_one()


def due_hosts(c: Connection, now: datetime) -> tuple[str, ...]:
    """Return the hosts that have feeds to be polled now, the one that waits longest first."""
    query = select(feeds.c.host).where(_due_now(now)).group_by(feeds.c.host)
    return tuple(c.scalars(query.order_by(func.min(feeds.c.next_poll_at), feeds.c.host)))


def due_of(c: Connection, host: str, now: datetime) -> tuple[int, ...]:
    """Return the feeds of a host that are to be polled now."""
    query = select(feeds.c.id).where(_due_now(now), feeds.c.host == host)
    return tuple(c.scalars(query.order_by(feeds.c.next_poll_at, feeds.c.id)))


# ----------------------------------------------------------------------------------------- hosts


def rests_until(c: Connection, host: str, now: datetime) -> datetime:
    """Return until when a host wants to be left alone; `now` when it has not asked for that."""
    told = c.scalar(select(hosts.c.rests_until).where(hosts.c.host == host))
    return max(told, now) if told else now


def rest(c: Connection, host: str, until: datetime, now: datetime) -> None:
    """Leave a host alone: none of its feeds is due before `until`, and then one after the other.

    Args:
        c: in a write transaction.
        host: as the addresses of feeds have it.
        until: a longer rest that it asked for before stays in force.
        now: rests that have ended are forgotten.
    """
    counters.alone(c)  # on PostgreSQL two processes may be told so at once
    until = max(until, rests_until(c, host, now))
    c.execute(delete(hosts).where(or_(hosts.c.host == host, hosts.c.rests_until <= now)))
    c.execute(insert(hosts).values(host=host, rests_until=until))
    soon = select(feeds.c.id).where(feeds.c.host == host, feeds.c.next_poll_at < until, _polled())
    _put_off(c, c.scalars(soon.order_by(feeds.c.next_poll_at, feeds.c.id)).all(), until)


def keep_rests(c: Connection, rows: Iterable[Any], now: datetime) -> None:
    """Put feeds off, polled just now, whose host began a rest while they were being polled.

    Args:
        c: in a write transaction.
        rows: each with the id of a feed and the `rests_until` of its host, or None.
        now: the time of it.
    """
    by_end: dict[datetime, list[int]] = {}
    for row in rows:
        if row.rests_until is not None and row.rests_until > now:
            by_end.setdefault(row.rests_until, []).append(row.id)
    for until, feed_ids in by_end.items():
        sooner = select(feeds.c.id).where(feeds.c.id.in_(feed_ids), feeds.c.next_poll_at < until)
        _put_off(c, c.scalars(sooner.order_by(feeds.c.id)).all(), until)


def put_right(c: Connection, now: datetime, *, longest: timedelta, lease: timedelta) -> int:
    """Undo what was written while the clock was ahead; return how many feeds were put off by it.

    Else they would be polled no more until that time comes, which may be in years, and nothing
    would say so.

    Args:
        c: in a write transaction.
        now: the right time.
        longest: no feed is put off, and no host rests, for longer than that.
        lease: no claim holds for longer.
    """
    c.execute(delete(hosts).where(hosts.c.rests_until > now + longest))
    claimed = feeds.c.claimed_until > now + lease
    c.execute(update(feeds).where(claimed).values(claimed_until=None))
    off = feeds.c.next_poll_at > now + longest
    return c.execute(update(feeds).where(off).values(next_poll_at=now)).rowcount


# After its rest a host's feeds are due so far apart, but all of them within an hour.
_STEP, _SPREAD = timedelta(seconds=10), timedelta(hours=1)


def _put_off(c: Connection, feed_ids: Sequence[int], until: datetime) -> None:
    if feed_ids:
        step = min(_STEP, _SPREAD / len(feed_ids))
        later = update(feeds).where(feeds.c.id == bindparam("feed"))
        later = later.values(next_poll_at=bindparam("at"))
        rows = [{"feed": one, "at": until + n * step} for n, one in enumerate(feed_ids)]
        c.execute(later, rows)
