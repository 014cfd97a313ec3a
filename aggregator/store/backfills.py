"""Backfills: how far one has got, what is stored already, and what each of its pages brings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from aggregator.errors import Conflict
from aggregator.model import NewEntry, Saved
from aggregator.store import upkeep
from aggregator.store.finishing import bring
from aggregator.store.schema import entries, feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the backfill of a feed has got."""

    url: str = ""  # the next older page of the feed; empty: begin at the feed itself
    done: bool = False  # the oldest end was reached once
    passed: tuple[str, ...] = ()  # keys of addresses of the site where there is no post


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who walks back through which feed, until when nobody else may."""

    feed_id: int
    owner: str
    lease: timedelta


def progress(c: Connection, feed_id: int) -> Progress:
    """Return how far the feed's backfill has got; the beginning when there was none."""
    kept = upkeep.state(c, f"backfill:{feed_id}")
    if not kept:
        return Progress()
    said = json.loads(kept)
    return Progress(url=said["url"], done=said["done"], passed=tuple(said["passed"]))


def keep(
    c: Connection,
    claim: Claim,
    batch: Sequence[NewEntry],
    reached: Progress,
    now: datetime,
) -> Saved:
    """Store what a page brought and how far that is, and renew the claim, all in one transaction.

    Raises:
        Conflict: the claim was lost, or the feed removed; nothing is stored.
    """
    renew(c, claim, now)
    upkeep.set_state(c, f"backfill:{claim.feed_id}", json.dumps(asdict(reached)))
    return bring(c, claim.feed_id, batch, now) if batch else Saved()


def renew(c: Connection, claim: Claim, now: datetime) -> None:
    """Hold the claim for another lease.

    Raises:
        Conflict: it was lost, or the feed removed.
    """
    renewed = c.execute(
        update(feeds)
        .where(
            feeds.c.id == claim.feed_id,
            feeds.c.claimed_by == claim.owner,
            feeds.c.claimed_until.is_not(None),
            feeds.c.removed_at.is_(None),
        )
        .values(claimed_until=now + claim.lease)
    )
    if not renewed.rowcount:
        raise Conflict(
            f"feed {claim.feed_id} was removed or taken over meanwhile: run the command again",
            what="feed",
            key=claim.feed_id,
        )


def give_back(c: Connection, claim: Claim) -> None:
    """End the claim, if it is still ours."""
    ours = feeds.c.id == claim.feed_id, feeds.c.claimed_by == claim.owner
    c.execute(update(feeds).where(*ours).values(claimed_until=None))


def addresses(c: Connection, feed_id: int, limit: int = 200) -> tuple[str, ...]:
    """Return the addresses of a feed's newest entries."""
    query = select(entries.c.url).where(entries.c.feed_id == feed_id, entries.c.url != "")
    newest = query.order_by(entries.c.published_at.desc(), entries.c.id.desc())
    return tuple(c.scalars(newest.limit(limit)))


def count(c: Connection, feed_id: int) -> int:
    """Return how many entries of a feed are stored."""
    query = select(func.count(entries.c.id)).where(entries.c.feed_id == feed_id)
    return int(c.execute(query).scalar_one())


def seen(c: Connection, feed_id: int) -> set[str]:
    """Return the keys of the addresses of all entries that a feed's source has."""
    source = select(feeds.c.source_id).where(feeds.c.id == feed_id).scalar_subquery()
    return set(c.scalars(select(entries.c.url_key).where(entries.c.source_id == source)))
