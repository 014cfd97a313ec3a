"""Polls that bring nothing: what they cost, and what they must still remember."""

from __future__ import annotations

from dataclasses import replace

from aggregator import poller
from aggregator.model import DueFeed, FeedStatus, Outcome, Poll, Saved
from aggregator.poller import Poller
from aggregator.store import feeds
from tests.feeds import Item, rss
from tests.integration.store_samples import other, statements
from tests.polls import DAY, HOUR, NOW, Polls, dated
from tests.site import Answer, Site

BODY = dated(HOUR, 9 * HOUR)
ETAG = {"ETag": '"1"'}


def quiet(feed: DueFeed, **changes: object) -> Poll:
    """Return a poll that was answered 304."""
    poll = Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=NOW,
        duration=HOUR,
        outcome=Outcome.NOT_MODIFIED,
        next_poll_at=NOW + 2 * DAY,
        interval=HOUR,
        rhythm=feed.rhythm,
    )
    return replace(poll, **changes)  # type: ignore[arg-type]


def asked_with(site: Site, name: str) -> list[str | None]:
    return [request.headers.get(name) for request in site.asked("/feed")]


def test_the_same_bytes_are_not_read_again(polls: Polls, site: Site) -> None:
    site.set("/feed", Answer(body=BODY), Answer(body=BODY), Answer(body=BODY + " "))
    [feed] = polls.follow(site.url("/feed"))
    done = [polls.one(feed) for _ in range(3)]
    assert [poll.outcome for poll in done] == [Outcome.CHANGED, Outcome.SAME, Outcome.SAME]
    assert [poll.http_status for poll in done] == [200, 200, 200]
    assert [poll.read for poll in done] == [True, False, True]


def test_new_validators_are_kept_and_those_that_are_dropped_are_forgotten(
    polls: Polls, site: Site
) -> None:
    then = "Mon, 06 Oct 2025 10:00:00 GMT"
    changed = BODY.replace("Post of", "Note of")
    site.set(
        "/feed",
        Answer(body=BODY, headers={"ETag": '"1"', "Last-Modified": then}),
        Answer(status=304, headers={"ETag": '"2"'}),
        Answer(status=304),
        Answer(body=BODY, headers={"ETag": '"3"'}),  # the same bytes
        Answer(body=BODY),
        Answer(body=changed, headers={"ETag": '"4"'}),
        Answer(body=BODY),
        Answer(body=BODY),
    )
    [feed] = polls.follow(site.url("/feed"))
    for _ in range(8):
        polls.one(feed)
    etags = [None, '"1"', '"2"', '"2"', '"3"', None, '"4"', None]
    assert asked_with(site, "If-None-Match") == etags
    assert asked_with(site, "If-Modified-Since") == [None, then, then, then] + [None] * 4


def test_validators_survive_a_failure(polls: Polls, site: Site) -> None:
    site.set("/feed", Answer(body=BODY, headers=ETAG), Answer(status=500), Answer(body=BODY))
    [feed] = polls.follow(site.url("/feed"))
    for _ in range(3):
        polls.one(feed)
    assert asked_with(site, "If-None-Match") == [None, '"1"', '"1"']


def test_a_fault_of_a_document_is_shown_as_long_as_it_has_that_document(
    polls: Polls, site: Site
) -> None:
    broken = BODY.replace("</rss>", "")
    site.set("/feed", Answer(body=broken, headers=ETAG))
    [feed] = polls.follow(site.url("/feed"))
    polls.one(feed)
    fault = polls.feed(feed).error
    assert fault
    polls.one(feed)
    assert polls.history(feed)[0].outcome is Outcome.NOT_MODIFIED
    assert (polls.feed(feed).error, polls.feed(feed).status) == (fault, FeedStatus.ACTIVE)
    site.set("/feed", Answer(status=500), Answer(body=broken, headers=ETAG))
    polls.one(feed)
    assert "500" in (polls.feed(feed).error or "")
    polls.one(feed)
    assert polls.feed(feed).error == fault
    site.set("/feed", Answer(body=BODY))
    polls.one(feed)
    assert polls.feed(feed).error is None


def test_entries_beyond_the_limit_are_told_of_on_that_feed_alone(polls: Polls, site: Site) -> None:
    polls = replace(polls, settings=polls.settings.model_copy(update={"entries_per_poll": 5}))
    long = rss(*(Item(f"Post {n}", guid=f"{n}", date="") for n in range(8)))
    much, little = polls.follow(
        site.set("/much", Answer(body=long, headers=ETAG)), site.set("/little", Answer(body=BODY))
    )
    for _ in range(2):
        polls.all(much, little)
        assert polls.feed(much).status is FeedStatus.ACTIVE
        assert "8" in (polls.feed(much).error or "")
        assert "5" in (polls.feed(much).error or "")
        assert polls.feed(little).error is None
    assert len(polls.guids(much)) == 5


def test_polls_without_news_are_stored_together(polls: Polls, site: Site) -> None:
    ids = polls.follow(*(site.set(f"/{n}", Answer(body=BODY, headers=ETAG)) for n in range(6)))
    polls.all()
    with polls.database.writing() as c:
        due = feeds.claim(c, NOW + 9 * DAY, lease=HOUR, limit=9)
    some = [quiet(feed, etag='"2"') for feed in due]
    counts = []
    for batch in (some[:1], some):
        with statements(polls.database) as seen, polls.database.writing() as c:
            feeds.finish(c, batch, NOW + DAY)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6
    for feed in ids:
        assert polls.feed(feed).next_poll_at == NOW + 2 * DAY
        assert polls.feed(feed).last_success_at == NOW + DAY
        assert polls.history(feed)[0].outcome is Outcome.NOT_MODIFIED
    with polls.database.writing() as c:
        assert {due.etag for due in feeds.claim(c, NOW + 9 * DAY, lease=HOUR, limit=9)} == {'"2"'}


def test_a_feed_that_was_removed_meanwhile_disturbs_no_other(polls: Polls, site: Site) -> None:
    going, staying = polls.follow(
        *(site.set(path, Answer(body=BODY, headers=ETAG)) for path in ("/going", "/staying"))
    )
    polls.all()

    def removed(_request: object) -> Answer:
        with polls.database.writing() as c:
            feeds.remove(c, going, keep_entries=False)
        return Answer(status=304)

    site.set("/going", removed)
    polls.all(going, staying)
    assert polls.history(staying)[0].outcome is Outcome.NOT_MODIFIED


def test_a_poll_that_cannot_be_stored_fails_alone(polls: Polls) -> None:
    bad, good = polls.follow("https://bad.example/", "https://good.example/")
    with polls.database.writing() as c:
        due = feeds.claim(c, polls.now, lease=HOUR, limit=2)
    batch = [(feed, quiet(feed)) for feed in due]
    naive = NOW.replace(tzinfo=None)  # no database takes a time without a zone
    batch[0] = (due[0], replace(batch[0][1], started_at=naive))
    tools = Poller(polls.database, polls.settings, lambda: polls.now).tools
    done = {feed.id: poll for feed, poll in poller._store(tools, batch)}
    assert done[good].outcome is Outcome.NOT_MODIFIED
    assert done[bad].outcome is Outcome.FAILED
    assert polls.feed(bad).error == "what was fetched could not be stored"
    assert polls.feed(good).status is FeedStatus.ACTIVE


def test_a_held_feed_is_neither_polled_nor_due_until_somebody_accepts_it(
    polls: Polls, site: Site
) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(body=BODY, headers=ETAG)))
    polls.one(feed)
    with polls.database.writing() as c:
        feeds.hold(c, feed, "its posts are about betting now", NOW)
    held = polls.feed(feed)
    assert held.status is FeedStatus.PAUSED
    assert held.held == "its posts are about betting now"
    assert held.error is not None
    assert held.error.startswith(held.held)
    assert f"feeds resume {feed}" in held.error
    assert polls.all(after=DAY) == polls.all(feed) == polls.all(every=True) == {}
    with polls.database.writing() as c:
        feeds.resume(c, feed, polls.now)
    assert polls.feed(feed).held is polls.feed(feed).error is None
    polls.all()
    assert asked_with(site, "If-None-Match") == [None, None]


def test_a_poll_may_hold_its_feed(polls: Polls, site: Site) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(body=BODY)))
    with polls.database.writing() as c:
        [due] = feeds.claim(c, polls.now, lease=HOUR, limit=1)
        ended = quiet(due, outcome=Outcome.FAILED, error="taken over", held="taken over")
        feeds.finish(c, [ended], NOW)
    assert polls.feed(feed).held == "taken over"
    assert polls.guids(feed) == []


def test_what_came_otherwise_than_by_a_poll_leaves_the_feed_as_it_was(
    polls: Polls, site: Site
) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(status=500)))
    polls.one(feed)
    before = polls.feed(feed)
    with polls.database.writing() as c:
        assert len(feeds.bring(c, feed, [other("a"), other("b")], NOW).new) == 2
        assert feeds.bring(c, 99, [other("a")], NOW) == Saved()
    after = polls.feed(feed)
    assert after == replace(before, entries=2, source=after.source)
    assert polls.guids(feed) == ["a", "b"]
