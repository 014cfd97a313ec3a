"""When to poll a feed next: pure functions of what is known about it.

Three limits hold for every wait, the strongest first: what a server asked for with Retry-After, the
ceiling of the settings, what the feed itself asks for (ttl, skipHours, max-age) and the floor.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.model import Rhythm
from aggregator.settings import Settings

_NOTHING = timedelta()
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_PART = 4  # a feed is polled this many times in the usual gap between two of its entries
# A server may be down for maintenance for a week; a wait of months is a mistake in a header, and
# would lose the feed in silence.
_LONGEST_REST = timedelta(days=7)


def usual_gap(dates: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return the usual time between two entries: the median of the last gaps; None: no dates.

    Args:
        dates: of a document's entries, newest first.
        now: what is dated later does not count.
    """
    recent = [date for date in dates if date <= now][:20]
    if not recent:
        return None
    gaps = sorted(a - b for a, b in pairwise(recent))
    return gaps[len(gaps) // 2] if gaps else _DAY


def next_interval(settings: Settings, rhythm: Rhythm, now: datetime) -> timedelta:
    """Return how long to wait after a poll that worked.

    A part of the usual gap between entries, so that news are at most that old; longer the longer
    the feed is silent; not sooner than the feed or its server ask; within floor and ceiling.
    """
    gap = rhythm.gap
    if gap is None:
        gap = timedelta(seconds=settings.poll_interval_start_s) * _PART
    silent = now - rhythm.newest_at if rhythm.newest_at else _NOTHING
    wanted = max(max(gap, silent / 4) / _PART, asked_for(rhythm))
    floor, ceiling = _bounds(settings)
    return max(floor, min(wanted, ceiling))


def asked_for(rhythm: Rhythm) -> timedelta:
    """Return how long the feed and its server ask to wait between two polls."""
    return max(rhythm.hint or _NOTHING, rhythm.fresh_for or _NOTHING)


def backed_off(interval: timedelta, failures: int, settings: Settings) -> timedelta:
    """Return how long to wait after `failures` failures in a row: doubled by each, to a limit."""
    doubled: timedelta = interval * 2 ** min(failures, 10)
    return min(doubled, _bounds(settings)[1])


def rest(asked: timedelta | None) -> timedelta:
    """Return how long to leave a server alone that asks so, at most a week; nothing when not."""
    return min(asked or _NOTHING, _LONGEST_REST)


def longest(settings: Settings) -> timedelta:
    """Return what no feed is ever put off longer than, with a day to spare."""
    return max(_LONGEST_REST, _bounds(settings)[1]) + _DAY


def after(
    now: datetime,
    wait: timedelta,
    rhythm: Rhythm,
    settings: Settings,
    *,
    asked: timedelta = _NOTHING,
    first: bool = False,
) -> datetime:
    """Return when to poll next: `wait` from now, varied, and not in an hour that the feed skips.

    Args:
        now: the time of this poll.
        wait: from `next_interval` or `backed_off`.
        rhythm: of the feed; its hints and skipped hours are kept to, as far as the ceiling allows.
        settings: floor, ceiling and jitter.
        asked: from `rest`; kept to even beyond the ceiling.
        first: after the first poll of a feed the wait is anything from a half to the whole, so
            that feeds that were added together do not stay together.
    """
    floor, ceiling = _bounds(settings)
    least = max(floor, min(asked_for(rhythm), ceiling), asked)
    share = settings.poll_jitter
    if first and share:
        low, high = wait / 2, wait
    else:
        low, high = wait * (1 - share), wait * (1 + share)
    low = max(least, low)
    high = max(low, min(high, ceiling))
    planned = now + _between(low, high)
    moment = _allowed(planned, rhythm)
    if moment != planned and share:  # not all feeds of the world at the stroke of that hour
        moment += _between(_NOTHING, _HOUR * 5 / 6)
    return max(planned, min(moment, now + max(ceiling, asked)))


def _bounds(settings: Settings) -> tuple[timedelta, timedelta]:
    floor = timedelta(seconds=settings.poll_interval_min_s)
    return floor, timedelta(seconds=settings.poll_interval_max_s)


def _between(low: timedelta, high: timedelta) -> timedelta:
    # not for secrets: only so that feeds do not march in step
    return low + (high - low) * random.random()  # noqa: S311


def _allowed(moment: datetime, rhythm: Rhythm) -> datetime:
    """Return the first moment from `moment` on that the feed does not skip (RSS 2.0, in UTC)."""
    hours, days = rhythm.skip_hours, rhythm.skip_days
    if len(hours) >= 24 or len(days) >= 7:  # never: cannot be meant
        return moment
    while moment.hour in hours or moment.weekday() in days:
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return moment
