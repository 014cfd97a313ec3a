"""When to poll a feed next: pure functions of what is known about it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.settings import Settings

_DAY = timedelta(days=1)
PART = 4  # a feed is polled this many times in the usual gap between two of its entries


def usual_gap(dates: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return the usual time between two entries: the median gap, or how long it is silent now."""
    recent = [date for date in dates[:20] if date <= now]
    if not recent:
        return None
    gaps = sorted(a - b for a, b in pairwise(recent))
    usual = gaps[len(gaps) // 2] if gaps else _DAY
    return max(usual, (now - recent[0]) / 4)


def next_interval(
    settings: Settings, *, gap: timedelta | None, hint: timedelta | None
) -> timedelta:
    """Return how long to wait after a poll that worked.

    A part of the usual gap between entries, so that news are at most that old; not sooner than
    the feed or its server ask (`hint`); within the floor and the ceiling of the settings.
    """
    start = timedelta(seconds=settings.poll_interval_start_s)
    wanted = max(gap / PART if gap else start, hint or timedelta())
    floor = timedelta(seconds=settings.poll_interval_min_s)
    ceiling = timedelta(seconds=settings.poll_interval_max_s)
    return max(floor, min(wanted, ceiling))


def backed_off(interval: timedelta, failures: int, settings: Settings) -> timedelta:
    """Return how long to wait after `failures` failures in a row: doubled by each, to a limit."""
    ceiling = timedelta(seconds=settings.poll_interval_max_s)
    doubled: timedelta = interval * 2 ** min(failures, 10)
    return min(doubled, ceiling)


def jittered(wait: timedelta, settings: Settings) -> timedelta:
    """Return `wait`, varied by the jitter of the settings; never shorter than the floor."""
    floor = timedelta(seconds=settings.poll_interval_min_s)
    share = settings.poll_jitter
    # not for secrets: only so that feeds do not march in step
    return max(floor, wait * random.uniform(1 - share, 1 + share))  # noqa: S311
