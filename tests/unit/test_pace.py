"""When to poll next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import pace
from aggregator.model import Rhythm
from aggregator.settings import load

SETTINGS = load({})
EXACT = load({"AGGREGATOR_POLL_JITTER": "0"})
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 4, 12, 20, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("gap", "hint", "wait"),
    [
        (None, None, HOUR),  # nothing known: as for a new feed
        (8 * HOUR, None, 2 * HOUR),
        (timedelta(minutes=4), None, HOUR / 2),  # the floor
        (90 * DAY, None, DAY),  # the ceiling
        (8 * HOUR, 6 * HOUR, 6 * HOUR),  # asked to come later
        (8 * HOUR, 30 * DAY, DAY),  # but never beyond the ceiling
        (8 * HOUR, MINUTE, 2 * HOUR),  # asking to come sooner is no reason to
    ],
)
def test_the_interval_follows_how_often_a_feed_publishes(
    gap: timedelta | None, hint: timedelta | None, wait: timedelta
) -> None:
    assert pace.next_interval(SETTINGS, Rhythm(gap=gap, hint=hint), NOW) == wait
    assert pace.next_interval(SETTINGS, Rhythm(gap=gap, fresh_for=hint), NOW) == wait


def test_the_interval_grows_while_a_feed_is_silent_and_shrinks_when_it_speaks_again() -> None:
    def after(silence: timedelta) -> timedelta:
        return pace.next_interval(SETTINGS, Rhythm(gap=8 * HOUR, newest_at=NOW - silence), NOW)

    waits = [after(silence) for silence in (HOUR, 4 * DAY, 8 * DAY, 365 * DAY)]
    assert waits == [2 * HOUR, 6 * HOUR, 12 * HOUR, DAY]
    assert after(MINUTE) == 2 * HOUR


def test_the_usual_gap_is_the_median_of_the_last_gaps() -> None:
    weekly = [NOW - timedelta(days=7 * n) for n in range(30)]
    assert pace.usual_gap(weekly, NOW) == 7 * DAY
    assert pace.usual_gap([weekly[0] + DAY, *weekly], NOW) == 7 * DAY  # of tomorrow: no date
    assert (
        pace.usual_gap([NOW - 400 * DAY, *[NOW - 800 * DAY - d * DAY for d in range(9)]], NOW)
        == DAY
    )
    assert pace.usual_gap([NOW], NOW) == DAY
    assert pace.usual_gap([], NOW) is None


def test_failures_double_the_wait_up_to_the_ceiling() -> None:
    waits = [pace.backed_off(HOUR, failures, SETTINGS) for failures in range(1, 40)]
    assert waits[:4] == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert set(waits[4:]) == {DAY}


def test_a_rest_is_as_long_as_asked_but_no_longer_than_a_week() -> None:
    asked = [None, HOUR, 3 * DAY, 3650 * DAY]
    assert [pace.rest(one) for one in asked] == [timedelta(), HOUR, 3 * DAY, 7 * DAY]


def spread(wait: timedelta, rhythm: Rhythm | None = None, **how: object) -> list[timedelta]:
    plan = [
        pace.after(NOW, wait, rhythm or Rhythm(), SETTINGS, **how) - NOW  # type: ignore[arg-type]
        for _ in range(400)
    ]
    return sorted(plan)


def test_feeds_of_one_interval_do_not_march_in_step() -> None:
    for wait in (HOUR / 2, 4 * HOUR, DAY):
        waits = spread(wait)
        assert len(set(waits)) == 400
        assert HOUR / 2 <= waits[0] < waits[-1] <= DAY
        # anywhere in it, not in a lump at an end that was cut off
        assert waits[300] - waits[100] > (waits[-1] - waits[0]) / 3


def test_feeds_that_were_added_together_are_spread_over_half_of_their_interval() -> None:
    waits = spread(DAY, first=True)
    assert DAY / 2 <= waits[0] < waits[-1] <= DAY
    assert waits[-1] - waits[0] > DAY / 3
    assert waits[300] - waits[100] > DAY / 6


def test_what_is_asked_for_is_never_undercut() -> None:
    assert spread(4 * HOUR, Rhythm(hint=4 * HOUR))[0] >= 4 * HOUR
    assert spread(HOUR, Rhythm(fresh_for=6 * HOUR), first=True)[0] >= 6 * HOUR
    assert set(spread(DAY, Rhythm(hint=9 * DAY))) == {DAY}
    assert spread(2 * HOUR, asked=5 * HOUR)[0] >= 5 * HOUR
    assert set(spread(2 * HOUR, asked=3 * DAY)) == {3 * DAY}  # a server's word beats the ceiling


def test_without_jitter_the_wait_is_exact() -> None:
    assert pace.after(NOW, 4 * HOUR, Rhythm(), EXACT, first=True) == NOW + 4 * HOUR


ALL_HOURS = frozenset(range(24))


@pytest.mark.parametrize(
    ("hours", "days", "wait", "hour"),
    [
        ({14}, (), 2 * HOUR, "2026-03-04 15:00"),
        ({13}, (), 2 * HOUR, "2026-03-04 14:20"),  # not the hour in question
        ({21, 22, 23, 0, 1}, (), 10 * HOUR, "2026-03-05 02:00"),
        ((), {2}, 2 * HOUR, "2026-03-05 00:00"),
        ({0, 1}, {2}, 2 * HOUR, "2026-03-05 02:00"),
        ((), {2, 3, 4}, 2 * HOUR, "2026-03-05 12:20"),  # not further away than the ceiling
        (ALL_HOURS, (), 2 * HOUR, "2026-03-04 14:20"),  # cannot be meant
        ((), set(range(7)), 2 * HOUR, "2026-03-04 14:20"),
        (ALL_HOURS - {13}, (), 2 * HOUR, "2026-03-05 12:20"),
    ],
)
def test_skipped_hours_and_days_are_waited_out(
    hours: set[int], days: set[int], wait: timedelta, hour: str
) -> None:
    rhythm = Rhythm(skip_hours=frozenset(hours), skip_days=frozenset(days))
    planned = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    assert pace.after(NOW, wait, rhythm, EXACT) == planned
    if planned.minute == 0:
        varied = {pace.after(NOW, wait, rhythm, SETTINGS) for _ in range(50)}
        assert len(varied) == 50
        assert {moment.replace(minute=0, second=0, microsecond=0) for moment in varied} == {planned}


def test_skipped_hours_hold_no_matter_how_often_a_rhythm_is_copied() -> None:
    rhythm = replace(Rhythm(skip_hours=frozenset({14})), fresh_for=HOUR)
    assert pace.after(NOW, 2 * HOUR, rhythm, EXACT).hour == 15
