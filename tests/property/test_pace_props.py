"""The next poll, whatever is known of a feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator import pace
from aggregator.model import Rhythm
from aggregator.settings import load

SETTINGS = load({})
FLOOR, CEILING = timedelta(minutes=30), timedelta(days=1)

times = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - as hypothesis wants it
)  # fmt: skip
spans = st.timedeltas(timedelta(), timedelta(days=9999))
rhythms = st.builds(
    Rhythm,
    gap=st.none() | spans,
    newest_at=st.none() | times,
    hint=st.none() | spans,
    fresh_for=st.none() | spans,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)


@given(rhythms, times)
def test_intervals_lie_between_floor_and_ceiling(rhythm: Rhythm, now: datetime) -> None:
    assert FLOOR <= pace.next_interval(SETTINGS, rhythm, now) <= CEILING


@given(rhythms, times, st.integers(0, 10_000))
def test_waits_after_failures_only_grow_and_end_at_the_ceiling(
    rhythm: Rhythm, now: datetime, failures: int
) -> None:
    interval = pace.next_interval(SETTINGS, rhythm, now)
    wait = pace.backed_off(interval, failures, SETTINGS)
    assert interval <= wait <= pace.backed_off(interval, failures + 1, SETTINGS) <= CEILING


@given(rhythms, times, st.integers(0, 50), st.none() | spans, st.booleans())
def test_the_next_poll_is_neither_too_soon_nor_too_late(
    rhythm: Rhythm, now: datetime, failures: int, retry: timedelta | None, first: bool
) -> None:
    asked = pace.rest(retry)
    wait = pace.backed_off(pace.next_interval(SETTINGS, rhythm, now), failures, SETTINGS)
    moment = pace.after(now, wait, rhythm, SETTINGS, asked=asked, first=first)
    least = max(FLOOR, asked, min(pace.asked_for(rhythm), CEILING))
    assert now + least <= moment <= now + max(CEILING, asked)


@given(rhythms, times)
def test_a_skipped_hour_is_only_taken_when_the_ceiling_is_reached(
    rhythm: Rhythm, now: datetime
) -> None:
    moment = pace.after(now, pace.next_interval(SETTINGS, rhythm, now), rhythm, SETTINGS)
    never = len(rhythm.skip_hours) == 24 or len(rhythm.skip_days) == 7
    skipped = moment.hour in rhythm.skip_hours or moment.weekday() in rhythm.skip_days
    assert not skipped or never or moment == now + CEILING
