"""Who holds which claims on feeds, so that those of a process that died need not run out."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from aggregator.store.schema import feeds


def owners(c: Connection) -> tuple[str, ...]:
    """Return the names of the processes that hold claims."""
    held = select(feeds.c.claimed_by).where(feeds.c.claimed_until.is_not(None))
    return tuple(name for name in c.scalars(held.distinct()) if name)


def void(c: Connection, names: Collection[str]) -> int:
    """End the claims of these processes; their feeds are due as before. Return how many."""
    query = update(feeds).where(feeds.c.claimed_by.in_(names), feeds.c.claimed_until.is_not(None))
    return c.execute(query.values(claimed_until=None, claimed_by=None)).rowcount
