"""How often something may be done; counted in the database, so that all processes count together.

Whoever does it is named by a digest that the caller makes: no address is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from aggregator.store.counters import alone
from aggregator.store.schema import facts
from aggregator.store.upkeep import set_state

_MARK = "done:"  # before the name in the keys of facts; the values are times
Limit = tuple[int, timedelta]  # how often within how long


def take(c: Connection, name: str, now: datetime, limits: Iterable[Limit]) -> bool:
    """Count one more for `name`; return False, and count nothing, where that is over a limit."""
    alone(c)
    allowed = tuple(limits)
    longest = max(within for _, within in allowed)
    times = _times(c, now, longest).get(name, [])
    for often, within in allowed:
        if sum(time > (now - within).timestamp() for time in times) >= often:
            return False
    set_state(c, f"{_MARK}{name}", " ".join(f"{time:.0f}" for time in (*times, now.timestamp())))
    return True


def _times(c: Connection, now: datetime, longest: timedelta) -> dict[str, list[float]]:
    """Return when each name did it within that time; forget those who did not.

    What lies further ahead than that was noted by a clock that was wrong: it counts no more.
    """
    first, last = (now - longest).timestamp(), (now + longest).timestamp()
    marked = facts.c.key.startswith(_MARK, autoescape=True)
    rows = c.execute(select(facts.c.key, facts.c.value).where(marked)).all()
    found = {
        key.removeprefix(_MARK): [t for t in map(float, said.split()) if first < t < last]
        for key, said in rows
    }
    idle = [f"{_MARK}{name}" for name, times in found.items() if not times]
    if idle:
        c.execute(delete(facts).where(facts.c.key.in_(idle)))
    return found
