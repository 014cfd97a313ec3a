"""Feeds whose addresses change: redirects that last, and those that do not."""

from __future__ import annotations

import pytest

from aggregator.errors import NotFound
from aggregator.model import EntryQuery, FeedStatus, Outcome
from aggregator.store import entries, feeds, upkeep
from tests.feeds import page, recap, rss
from tests.polls import DAY, HOUR, Polls, dated, worked
from tests.site import Answer, Request, Site, redirect

BODY = dated(HOUR, 9 * HOUR)
PAGE = Answer(body=page(recap()), content_type="text/html")


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_believed_at_the_third_sight(
    polls: Polls, site: Site, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = site.set("/old", redirect("/new", status)), site.set("/new", Answer(body=BODY))
    [feed] = polls.follow(old)
    first = polls.one(feed)
    assert (first.outcome, len(polls.guids(feed))) == (Outcome.CHANGED, 2)
    assert polls.feed(feed).url == old
    assert f"to {new}" in (polls.history(feed)[0].note or "")
    polls.one(feed)
    assert polls.feed(feed).url == old
    with caplog.at_level("INFO"):
        polls.one(feed)
    assert polls.feed(feed).url == new
    assert "moved for good" in (polls.history(feed)[0].note or "")
    moved = [record for record in caplog.records if record.message == "feed.moved"]
    assert [(record.f["from"], record.f["to"]) for record in moved] == [(old, new)]  # type: ignore[attr-defined]
    assert polls.feed(feed).error is None
    polls.one(feed)
    assert len(site.asked("/old")) == 3
    assert polls.history(feed)[0].note is None


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_never_moves_a_feed(polls: Polls, site: Site, status: int) -> None:
    old = site.set("/old", redirect("/new", status))
    site.set("/new", Answer(body=BODY, headers={"ETag": '"1"'}))
    [feed] = polls.follow(old)
    assert all(worked(polls.one(feed)) for _ in range(6))
    assert polls.feed(feed).url == old


def test_a_feed_moves_no_further_than_the_first_passing_redirect(polls: Polls, site: Site) -> None:
    old = site.set("/old", redirect("/between", 301))
    site.set("/between", redirect("/new", 302))
    site.set("/new", Answer(body=BODY))
    [feed] = polls.follow(old)
    for _ in range(4):
        polls.one(feed)
    assert polls.feed(feed).url == site.url("/between")


def test_a_move_is_counted_over_polls_that_bring_nothing(polls: Polls, site: Site) -> None:
    old = site.set("/old", redirect("/new"))
    new = site.set("/new", Answer(body=BODY, headers={"ETag": '"1"'}))
    [feed] = polls.follow(old)
    outcomes = [polls.one(feed, after=DAY).outcome for _ in range(3)]
    assert outcomes == [Outcome.CHANGED, Outcome.NOT_MODIFIED, Outcome.NOT_MODIFIED]
    assert polls.feed(feed).url == new


def test_polls_that_go_elsewhere_or_nowhere_begin_the_count_anew(polls: Polls, site: Site) -> None:
    for path in ("/a", "/b"):
        site.set(path, Answer(body=BODY))
    to_a, to_b, stays = redirect("/a"), redirect("/b"), Answer(body=BODY)
    old = site.set("/old", to_a, to_a, to_b, to_a, to_a, stays, to_a, to_a, to_b, to_b, to_b)
    [feed] = polls.follow(old)
    for _ in range(10):
        assert worked(polls.one(feed))
        assert polls.feed(feed).url == old
    polls.one(feed)
    assert polls.feed(feed).url == site.url("/b")


def test_a_failed_poll_neither_counts_nor_begins_anew(polls: Polls, site: Site) -> None:
    site.set("/new", Answer(body=BODY), Answer(status=500), Answer(body=BODY))
    [feed] = polls.follow(site.set("/old", redirect("/new")))
    for _ in range(3):
        polls.one(feed)
        assert polls.feed(feed).url == site.url("/old")
    polls.one(feed)
    assert polls.feed(feed).url == site.url("/new")


def test_a_permanent_redirect_to_a_page_is_not_believed(polls: Polls, site: Site) -> None:
    site.set("/old", Answer(body=BODY))
    [feed] = polls.follow(site.url("/old"))
    polls.one(feed)
    site.set("/old", redirect("/"))
    site.set("/", PAGE)
    for _ in range(5):
        assert polls.one(feed).outcome is Outcome.FAILED
    ill = polls.feed(feed)
    assert (ill.url, ill.status) == (site.url("/old"), FeedStatus.FAILING)
    assert "not a feed" in (ill.error or "")
    assert len(polls.guids(feed)) == 2


def test_a_move_to_a_followed_feed_folds_both_into_one(polls: Polls, site: Site) -> None:
    old = site.set("/old", redirect("/new"))
    other = recap(2, title="Recap of HackDays 2025", html="<p>Another week, another city.</p>")
    new = site.set("/new", Answer(body=rss(recap(1), other)))
    before, after = polls.follow(old, new)
    polls.all()
    assert len(polls.guids(before)) == len(polls.guids(after)) == 2
    polls.one(before)
    polls.one(before)
    with pytest.raises(NotFound):
        polls.feed(before)
    assert polls.feed(after).url == new
    assert "moved for good" in (polls.history(after)[0].note or "")
    assert len(polls.guids(after)) == 2
    with polls.database.reading() as c:
        assert len(entries.find(c, EntryQuery(listed_only=False)).items) == 2
    assert upkeep.check(polls.database) == []


def test_a_feed_found_on_a_page_is_taken_at_once(polls: Polls, site: Site) -> None:
    head = f'<link rel="alternate" type="application/rss+xml" href="{site.url("/feed.xml")}">'
    site.set("/", Answer(body=f"<html><head>{head}</head><body>Hi</body></html>"))
    site.set("/feed.xml", Answer(body=BODY))
    [feed] = polls.follow(site.url("/"))
    polls.one(feed)
    assert polls.feed(feed).url == site.url("/feed.xml")
    assert "found on the page" in (polls.history(feed)[0].note or "")


@pytest.mark.parametrize("answer", ["moved", "read", "unchanged"])
def test_an_address_that_a_person_gives_during_a_poll_stands_and_is_read_afresh(
    polls: Polls, site: Site, answer: str
) -> None:
    tags = {"ETag": '"old"', "Last-Modified": "Mon, 06 Oct 2025 10:00:00 GMT"}
    new = site.set("/new", Answer(body=dated(3 * HOUR), headers={"ETag": '"new"'}))
    site.set("/elsewhere", Answer(body=BODY))

    def meanwhile(_: Request) -> Answer:
        with polls.database.writing() as c:
            feeds.change(c, feed, url=new)
            feeds.poll_soon(c, feed, polls.now)
        if answer == "moved":
            return redirect("/elsewhere")
        return Answer(status=304) if answer == "unchanged" else Answer(body=BODY, headers=tags)

    first = redirect("/elsewhere") if answer == "moved" else Answer(body=BODY, headers=tags)
    [feed] = polls.follow(site.set("/old", first))
    for _ in range(2):
        polls.one(feed)
    site.set("/old", meanwhile)
    polls.one(feed, after=HOUR)
    assert polls.feed(feed).url == new
    assert polls.feed(feed).next_poll_at == polls.now, "the new address waits for no interval"
    assert polls.all()[feed].outcome is Outcome.CHANGED
    [asked] = site.asked("/new")
    assert not {"If-None-Match", "If-Modified-Since"} & set(asked.headers)
