"""When to poll next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import pace
from aggregator.settings import load

SETTINGS = load({})
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gap", "hint", "wait"),
    [
        (None, None, HOUR),  # nothing known: as for a new feed
        (8 * HOUR, None, 2 * HOUR),
        (timedelta(minutes=4), None, HOUR / 2),  # the floor
        (90 * DAY, None, DAY),  # the ceiling
        (8 * HOUR, 6 * HOUR, 6 * HOUR),  # asked to come later
        (8 * HOUR, 30 * DAY, DAY),  # but never beyond the ceiling
    ],
)
def test_the_interval_follows_how_often_a_feed_publishes(
    gap: timedelta | None, hint: timedelta | None, wait: timedelta
) -> None:
    assert pace.next_interval(SETTINGS, gap=gap, hint=hint) == wait


def test_failures_double_the_wait_up_to_the_ceiling() -> None:
    waits = [pace.backed_off(HOUR, failures, SETTINGS) for failures in range(1, 40)]
    assert waits[:4] == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert set(waits[4:]) == {DAY}


def test_a_blog_that_fell_silent_is_asked_less_often() -> None:
    weekly = [NOW - timedelta(days=7 * n) for n in range(1, 9)]
    silent = [date - timedelta(days=400) for date in weekly]
    assert pace.usual_gap(weekly, NOW) == timedelta(days=7)
    assert pace.usual_gap(silent, NOW) == timedelta(days=407) / 4
    assert pace.usual_gap([], NOW) is None


durations = st.none() | st.timedeltas(timedelta(), timedelta(days=9999))


@given(durations, durations, st.integers(0, 10_000))
def test_waits_stay_within_bounds(
    gap: timedelta | None, hint: timedelta | None, failures: int
) -> None:
    floor, ceiling = HOUR / 2, DAY
    interval = pace.next_interval(SETTINGS, gap=gap, hint=hint)
    assert floor <= interval <= ceiling
    assert interval <= pace.backed_off(interval, failures, SETTINGS) <= ceiling
    assert floor <= pace.jittered(interval, SETTINGS) <= ceiling * (1 + SETTINGS.poll_jitter)
