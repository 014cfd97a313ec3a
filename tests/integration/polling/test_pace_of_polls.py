"""How soon a feed is polled again, seen from outside: polls against a server, and a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model import FeedStatus, Outcome
from tests.feeds import Item, rss
from tests.polls import DAY, HOUR, MINUTE, NOW, Polls, dated, worked
from tests.site import Answer, Site

FLOOR = 30 * MINUTE
ETAG = {"ETag": '"1"'}
BODY = dated(HOUR, 9 * HOUR)


def steady(polls: Polls) -> Polls:
    """Switch the jitter off, so that waits are exact."""
    return replace(polls, settings=polls.settings.model_copy(update={"poll_jitter": 0.0}))


def every(gap: timedelta, *, since: timedelta = timedelta()) -> str:
    """Return a feed with an entry every `gap`, the last one that long ago."""
    return dated(*(since + n * gap for n in range(8)))


def with_rules(body: str, rules: str) -> str:
    """Return an RSS document whose channel says `rules`."""
    return body.replace("<description>", f"{rules}<description>", 1)


# -------------------------------------------------------------------------------------- interval


@pytest.mark.parametrize(
    ("gap", "wait"),
    [(10 * MINUTE, FLOOR), (8 * HOUR, 2 * HOUR), (2 * DAY, 12 * HOUR), (30 * DAY, DAY)],
)
def test_a_feed_is_polled_as_often_as_it_publishes(
    polls: Polls, site: Site, gap: timedelta, wait: timedelta
) -> None:
    polls = steady(polls)
    [feed] = polls.follow(site.set("/feed", Answer(body=every(gap))))
    polls.one(feed)
    assert polls.wait(feed) == wait
    assert polls.feed(feed).interval == wait


@pytest.mark.parametrize(
    ("headers", "rules", "wait"),
    [
        ({"Cache-Control": "max-age=18000"}, "", 5 * HOUR),
        ({"Expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, "", DAY),
        ({}, "<ttl>300</ttl>", 5 * HOUR),
        ({"Cache-Control": "max-age=60"}, "<ttl>1</ttl>", 2 * HOUR),  # never sooner for that
        ({"Cache-Control": "max-age=31536000"}, "<ttl>999999</ttl>", DAY),
    ],
)
def test_a_feed_and_its_server_may_ask_for_longer_waits(
    polls: Polls, site: Site, headers: dict[str, str], rules: str, wait: timedelta
) -> None:
    polls = steady(polls)
    body = with_rules(every(8 * HOUR), rules)
    [feed] = polls.follow(site.set("/feed", Answer(body=body, headers=headers)))
    polls.one(feed)
    assert polls.wait(feed) == wait


@pytest.mark.parametrize("headers", [ETAG, {}])
def test_what_a_document_asked_for_stays_in_force_while_it_does_not_change(
    polls: Polls, site: Site, headers: dict[str, str]
) -> None:
    polls = steady(polls)
    body = with_rules(every(30 * MINUTE), "<ttl>300</ttl>")
    [feed] = polls.follow(site.set("/feed", Answer(body=body, headers=headers)))
    first, *others = [polls.when_due(feed) for _ in range(4)]
    assert first.outcome is Outcome.CHANGED
    assert {poll.outcome for poll in others} == {Outcome.NOT_MODIFIED if headers else Outcome.SAME}
    assert polls.wait(feed) == 5 * HOUR


def test_how_long_an_answer_is_fresh_stays_in_force_until_an_answer_says_otherwise(
    polls: Polls, site: Site
) -> None:
    polls = steady(polls)
    body, silent = every(30 * MINUTE), Answer(status=304)
    fresh = {"Cache-Control": "max-age=18000"}
    site.set(
        "/feed",
        Answer(body=body, headers=ETAG | fresh),
        silent,
        replace(silent, headers={"Cache-Control": "max-age=10800"}),
        silent,
        Answer(body=body),
    )
    [feed] = polls.follow(site.url("/feed"))
    waits = []
    for _ in range(5):
        polls.one(feed)
        waits.append(polls.wait(feed))
    assert waits == [5 * HOUR, 5 * HOUR, 3 * HOUR, 3 * HOUR, FLOOR]


def test_the_wait_grows_to_the_ceiling_while_a_feed_is_silent_and_shrinks_when_it_wakes(
    polls: Polls, site: Site
) -> None:
    polls = steady(polls)
    site.set("/feed", Answer(body=every(8 * HOUR), headers=ETAG))
    [feed] = polls.follow(site.url("/feed"))
    waits = []
    while polls.now < NOW + 40 * DAY:
        assert worked(polls.when_due(feed))
        waits.append(polls.wait(feed))
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2 * HOUR, DAY)
    site.set("/feed", Answer(body=dated(timedelta(), 8 * HOUR, 16 * HOUR, now=polls.now)))
    polls.when_due(feed)
    assert polls.wait(feed) == 2 * HOUR


def test_a_feed_without_dates_is_judged_by_what_changes_in_it(polls: Polls, site: Site) -> None:
    polls = steady(polls)
    undated = rss(Item("One", guid="1", date=""), Item("Two", guid="2", date=""))
    [feed] = polls.follow(site.set("/feed", Answer(body=undated, headers=ETAG)))
    polls.one(feed)
    assert polls.wait(feed) == HOUR
    polls.one(feed, after=400 * DAY)
    assert polls.wait(feed) == DAY
    site.set("/feed", Answer(body=rss(Item("Three", guid="3", date=""))))
    polls.one(feed)
    assert polls.wait(feed) == HOUR


SKIPPED = "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in (13, 14, 15)) + "</skipHours>"


def test_skipped_hours_and_days_are_left_out_also_after_a_304(polls: Polls, site: Site) -> None:
    polls = steady(polls)
    rules = f"{SKIPPED}<skipDays><day>Tuesday</day></skipDays>"
    body = with_rules(every(8 * HOUR), rules)
    [feed] = polls.follow(site.set("/feed", Answer(body=body, headers=ETAG)))
    polls.one(feed)  # on a Monday at noon
    assert polls.feed(feed).next_poll_at == NOW.replace(hour=16)
    polls.when_due(feed)
    assert polls.feed(feed).next_poll_at == NOW.replace(hour=18)
    polls.one(feed, after=7 * HOUR)
    assert polls.now.hour == 23
    assert polls.feed(feed).next_poll_at == polls.now + DAY  # no further away than the ceiling


def test_a_restart_polls_nothing_early(polls: Polls, site: Site) -> None:
    urls = [site.set(f"/{n}", Answer(body=every(8 * HOUR, since=n * HOUR))) for n in range(5)]
    ids = polls.follow(*urls)
    polls.all()
    soonest = min(polls.wait(feed) for feed in ids)
    assert polls.all(after=soonest - MINUTE) == {}  # each call opens a new poller
    assert len(polls.all(after=2 * MINUTE)) >= 1
    assert sum(len(site.asked(f"/{n}")) for n in range(5)) < 10


# ---------------------------------------------------------------------------------------- spread


def test_feeds_that_were_added_together_fall_due_apart(polls: Polls, site: Site) -> None:
    body = every(30 * DAY)
    ids = polls.follow(*(site.set(f"/{n}", Answer(body=body, headers=ETAG)) for n in range(12)))
    polls.all()
    waits = sorted(polls.wait(feed) for feed in ids)
    assert DAY / 2 <= waits[0] < waits[-1] <= DAY
    assert len(set(waits)) == 12
    before = {feed: polls.feed(feed).next_poll_at for feed in ids}
    polls.all(*ids, after=DAY)
    shifts = {polls.feed(feed).next_poll_at - before[feed] for feed in ids}
    assert len(shifts) == 12  # and do not keep step from then on


@pytest.mark.parametrize("every", [True, False])
def test_a_host_with_many_feeds_leaves_room_for_the_others(
    polls: Polls, site: Site, every: bool
) -> None:
    polls = replace(polls, settings=polls.settings.model_copy(update={"poll_concurrency": 4}))
    slow = Answer(body=BODY, delay=0.05)
    asked_before: list[int] = []

    def answer(_request: object) -> Answer:
        asked_before.append(len(site.requests))
        return Answer(body=BODY)

    with Site("127.0.0.2") as other:
        many = [site.set(f"/{number}", slow) for number in range(12)]
        ids = polls.follow(*many, other.set("/", answer))
        assert len(polls.all(every=every)) == len(ids)
    assert asked_before[0] <= 4


# -------------------------------------------------------------------------------------- failures


def test_failures_are_further_and_further_apart_and_one_success_ends_that(
    polls: Polls, site: Site
) -> None:
    polls = steady(polls)
    site.set("/feed", Answer(body=every(8 * HOUR), headers=ETAG))
    [feed] = polls.follow(site.url("/feed"))
    polls.one(feed)
    site.set("/feed", Answer(status=500))
    waits = []
    for _ in range(6):
        polls.when_due(feed)
        waits.append(polls.wait(feed))
    assert waits == [4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY, DAY]
    ill = polls.feed(feed)
    assert (ill.status, ill.failures) == (FeedStatus.FAILING, 6)
    assert ill.failing_since == NOW + 2 * HOUR
    site.set("/feed", Answer(body=every(8 * HOUR), headers=ETAG))
    polls.when_due(feed)
    well = polls.feed(feed)
    assert (well.status, well.failures, well.failing_since) == (FeedStatus.ACTIVE, 0, None)
    assert polls.wait(feed) < 7 * HOUR


def test_a_feed_that_fails_for_months_is_polled_daily_and_never_dropped(
    polls: Polls, site: Site
) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(status=404)))
    while polls.now < NOW + 60 * DAY:
        polls.when_due(feed)
    ill = polls.feed(feed)
    assert (ill.status, ill.failing_since) == (FeedStatus.FAILING, NOW)
    assert 21 * HOUR < polls.wait(feed) <= DAY
    assert ill.error is not None
    assert "404" in ill.error


def test_a_feed_that_is_gone_is_polled_no_more_and_says_so(polls: Polls, site: Site) -> None:
    site.set("/feed", Answer(body=every(8 * HOUR)), Answer(status=410))
    [feed] = polls.follow(site.url("/feed"))
    polls.one(feed)
    assert polls.one(feed).outcome is Outcome.GONE
    gone = polls.feed(feed)
    assert gone.status is FeedStatus.GONE
    assert "gone for good" in (gone.error or "")
    assert polls.all(after=400 * DAY) == {}
    assert len(polls.guids(feed)) == 8
