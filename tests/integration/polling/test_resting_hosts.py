"""Servers that ask to be left alone: 429 and 503 with Retry-After."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from aggregator.illustrate import illustrate
from aggregator.model import FeedStatus, Outcome
from aggregator.store import feeds
from tests.feeds import RECAP, Item, recap, rss
from tests.polls import DAY, HOUR, MINUTE, Polls, dated
from tests.site import Answer, Site, redirect

BODY = dated(HOUR)
SECOND = timedelta(seconds=1)


def limited(status: int = 429, after: str = "") -> Answer:
    """Return an answer that asks to come later."""
    return Answer(status=status, headers={"Retry-After": after} if after else {})


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("60", 2 * HOUR * 0.9, 2 * HOUR * 1.1),  # shorter than the usual step back
        ("36000", 10 * HOUR, 10 * HOUR * 1.1),
        (str(3 * 86400), 3 * DAY, 3 * DAY + HOUR),  # longer than the ceiling
        (str(86400 * 365), 7 * DAY, 7 * DAY + HOUR),  # nobody means that
    ],
)
def test_a_feed_waits_as_long_as_its_server_asks(
    polls: Polls, site: Site, status: int, asked: str, least: timedelta, most: timedelta
) -> None:
    [feed] = polls.follow(site.set("/feed", limited(status, asked)))
    poll = polls.one(feed)
    assert (poll.outcome, poll.http_status) == (Outcome.FAILED, status)
    assert least <= polls.wait(feed) <= most
    polls.all(after=polls.wait(feed) - SECOND)
    assert len(site.asked("/feed")) == 1
    polls.all(after=SECOND)
    assert len(site.asked("/feed")) == 2


def test_one_429_rests_the_whole_host(polls: Polls, site: Site) -> None:
    bodies = [site.set(f"/{n}", Answer(body=BODY)) for n in range(12)]
    ids = polls.follow(site.set("/full", limited(after="7200")), *bodies)
    done = polls.all()
    asked = [feed for feed in ids if feed in done and done[feed].asked]
    left = [feed for feed in ids if feed not in asked]
    assert set(left) & set(done), "feeds that were claimed with it are given back"
    assert len(site.requests) == len(asked)
    for feed in left:
        alone = polls.feed(feed)
        assert (alone.status, alone.failures, alone.error) == (FeedStatus.ACTIVE, 0, None)
        assert polls.history(feed) == ()
    waits = sorted(polls.wait(feed) for feed in ids)
    assert waits[0] >= 2 * HOUR
    assert len(set(waits[: len(left)])) == len(left), "they do not fall due in one burst"
    assert polls.all(after=2 * HOUR - SECOND) == {}
    site.set("/full", Answer(body=BODY))
    again = polls.all(after=2 * HOUR)
    assert set(left) <= set(again)
    assert all(poll.asked for poll in again.values())


def test_a_503_rests_one_feed_only(polls: Polls, site: Site) -> None:
    ids = polls.follow(
        site.set("/ill", limited(503, "7200")),
        *(site.set(f"/{n}", Answer(body=BODY)) for n in range(5)),
    )
    assert all(poll.asked for poll in polls.all().values())
    ill, *well = [polls.feed(feed).status for feed in ids]
    assert (ill, set(well)) == (FeedStatus.FAILING, {FeedStatus.ACTIVE})


def test_a_429_that_says_no_time_rests_the_host_for_the_floor(polls: Polls, site: Site) -> None:
    full, other = polls.follow(site.set("/full", limited()), site.set("/other", Answer(body=BODY)))
    polls.one(full)
    assert polls.wait(other) == 30 * MINUTE
    assert polls.wait(full) >= 30 * MINUTE


def test_a_rest_holds_for_feeds_that_are_added_or_finished_meanwhile(
    polls: Polls, site: Site
) -> None:
    full, early = polls.follow(
        site.set("/full", limited(after="36000")), site.set("/early", Answer(body=BODY))
    )
    polls.one(full)
    [late] = polls.follow(site.set("/late", Answer(body=BODY)))
    assert polls.wait(late) == 10 * HOUR
    polls.one(early)  # a person wants it now; another process may have had it in hand as well
    assert polls.wait(early) == 10 * HOUR
    assert polls.all(after=10 * HOUR - SECOND) == {}


def test_a_longer_rest_is_not_cut_short_by_a_shorter_one(polls: Polls, site: Site) -> None:
    one, two, three = polls.follow(
        site.set("/one", limited(after="72000")),
        site.set("/two", limited(after="60")),
        site.set("/three", Answer(body=BODY)),
    )
    polls.one(one)
    polls.one(two)
    assert 20 * HOUR <= polls.wait(three) <= 20 * HOUR + MINUTE
    assert polls.wait(two) >= 20 * HOUR


def test_other_hosts_do_not_notice(polls: Polls, site: Site) -> None:
    with Site("127.0.0.2") as other:
        full, well = polls.follow(
            site.set("/full", limited(after="7200")), other.set("/", Answer(body=BODY))
        )
        done = polls.all()
        assert done[well].outcome is Outcome.CHANGED
        assert polls.wait(well) < DAY
    assert done[full].outcome is Outcome.FAILED


@pytest.mark.parametrize("status", [429, 503])
def test_the_host_that_a_redirect_leads_to_rests_and_not_the_feeds_own(
    polls: Polls, site: Site, status: int
) -> None:
    with Site("127.0.0.2") as other:
        full = other.set("/full", limited(status, "36000"))
        sent, near, far = polls.follow(
            site.set("/sent", redirect(full, 302)),
            site.set("/near", Answer(body=BODY)),
            other.set("/far", Answer(body=BODY)),
        )
        assert polls.one(sent).http_status == status
        assert polls.wait(sent) >= 10 * HOUR
        assert polls.wait(near) == timedelta()
        assert polls.wait(far) == (10 * HOUR if status == 429 else timedelta())
        assert polls.one(near).outcome is Outcome.CHANGED


def test_a_feed_that_is_sent_to_a_host_at_rest_waits_for_that(polls: Polls, site: Site) -> None:
    polls.settings = polls.settings.model_copy(update={"poll_concurrency": 1})  # one by one
    with Site("127.0.0.2") as other:
        full = other.set("/full", limited(after="36000"))
        ids = polls.follow(full, site.set("/sent", redirect(full, 302)))
        done = polls.all(every=True)
        assert len(other.requests) == 1
        assert [done[feed].asked for feed in ids] == [True, False]
        assert 10 * HOUR - MINUTE < polls.wait(ids[1]) <= 10 * HOUR + MINUTE
        [late] = polls.follow(site.set("/late", Answer(body=BODY)))
        assert polls.wait(late) == timedelta(), "the first host has asked for nothing"


def test_a_429_for_a_page_rests_its_host_for_all_that_come_later(polls: Polls, site: Site) -> None:
    with Site("127.0.0.2") as other:
        item = Item("Highlights from HackDays 2025", link=other.url("/p"), guid="p")
        feed, far = polls.follow(
            site.set("/feed", Answer(body=rss(item))), other.set("/far", Answer(body=BODY))
        )
        with polls.database.writing() as c:
            feeds.change(c, feed, full_text=True)
        other.set("/p", limited(after="36000"))
        assert polls.one(feed).outcome is Outcome.CHANGED
        assert polls.wait(far) == 10 * HOUR
        assert polls.wait(feed) < DAY, "its own host has asked for nothing"
        assert polls.all(after=9 * HOUR).keys() <= {feed}


def test_a_429_for_robots_txt_rests_its_host_once_and_not_again_with_each_page(
    polls: Polls, site: Site
) -> None:
    with Site("127.0.0.2") as other:
        items = [Item(f"Post {n}", link=other.url(f"/{n}"), guid=f"{n}") for n in range(3)]
        feed, far = polls.follow(
            site.set("/feed", Answer(body=rss(*items))), other.set("/far", Answer(body=BODY))
        )
        with polls.database.writing() as c:
            feeds.change(c, feed, full_text=True)
        other.set("/robots.txt", limited(after="36000"))
        polls.one(feed)
        assert 10 * HOUR - MINUTE < polls.wait(far) <= 10 * HOUR
        assert [request.path for request in other.requests] == ["/robots.txt"]


def test_a_429_for_a_picture_rests_its_host(polls: Polls, site: Site) -> None:
    with Site("127.0.0.2") as other:
        picture = f'<p><img src="{other.url("/p.png")}" alt="The room"></p>'
        post = recap(html=RECAP + picture)
        feed, far = polls.follow(
            site.set("/feed", Answer(body=rss(post))), other.set("/far", Answer(body=BODY))
        )
        other.set("/p.png", limited(after="36000"))

        async def show() -> None:
            async with polls.poller() as poller:
                await illustrate(poller.tools)

        polls.one(feed)
        asyncio.run(show())
        assert len(other.asked("/p.png")) == 1
        assert polls.wait(far) == 10 * HOUR


def test_pages_that_may_not_be_asked_for_yet_are_fetched_by_a_later_poll(
    polls: Polls, site: Site
) -> None:
    item = Item("Highlights from HackDays 2025", html="We went.", link=site.url("/p"), guid="p")
    feed_url = site.set("/feed", Answer(body=rss(item)))
    [feed] = polls.follow(feed_url)
    with polls.database.writing() as c:
        feeds.change(c, feed, full_text=True)
    site.set("/p", limited(after="60"))
    assert polls.one(feed).outcome is Outcome.CHANGED
    assert polls.feed(feed).status is FeedStatus.ACTIVE
    assert polls.wait(feed) <= 33 * MINUTE
