"""Who is followed, what is due, and what a poll does to a feed."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import AggregatorError, Conflict, NotFound
from aggregator.model import DueFeed, EntryQuery, FeedLink, FeedStatus, NewSource, Outcome
from aggregator.store import Database, coverage, entries, feeds, open_database, upkeep
from tests.integration.store_samples import (
    HOUR,
    NOW,
    about,
    follow,
    listed,
    other,
    poll_of,
    recap,
    save,
    titles,
)

LEASE = timedelta(minutes=10)


def finish(database: Database, feed_id: int, **changes: object) -> None:
    with database.writing() as c:
        poll = replace(poll_of(feed_id), url=feeds.get(c, feed_id).url)
        feeds.finish(c, [replace(poll, **changes)], NOW)  # type: ignore[arg-type]


def claimed(database: Database, **how: object) -> list[int]:
    with database.writing() as c:
        found = feeds.claim(c, NOW, lease=LEASE, limit=100, **how)  # type: ignore[arg-type]
    return [feed.id for feed in found]


# -------------------------------------------------------------------------------------- adding


@pytest.mark.parametrize(
    "again",
    [
        "https://blog.example/feed.xml",
        "http://blog.example/feed.xml",
        "https://www.blog.example/feed.xml/",
        "HTTPS://Blog.example:443/feed.xml#top",
    ],
)
def test_a_feed_is_followed_once_however_it_is_spelled(database: Database, again: str) -> None:
    feed = follow(database)
    with pytest.raises(Conflict, match=r"blog\.example") as refused:
        follow(database, again)
    assert refused.value.key == feed
    with database.reading() as c:
        assert feeds.resolve(c, again) == feed
        assert feeds.resolve(c, str(feed)) == feed


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x.example/", "javascript:x", "http://"])
def test_what_is_no_web_address_is_refused(database: Database, url: str) -> None:
    with pytest.raises(AggregatorError, match="no web address"):
        follow(database, url)


@pytest.mark.parametrize("what", ["99", "x" * 50, "https://nobody.example/", "9" * 40, "²"])
def test_a_feed_that_is_not_followed_is_not_found(database: Database, what: str) -> None:
    with database.reading() as c, pytest.raises(NotFound):
        feeds.resolve(c, what)


def test_feeds_of_one_site_share_a_source(database: Database) -> None:
    site = NewSource(title="RSE Group", site_url="https://rse.example/blog/", country="gb")
    follow(database, "https://rse.example/atom.xml", source=site)
    follow(
        database,
        "https://feeds.example/rse",
        source=NewSource(title="Other", site_url="http://www.rse.example/blog"),
    )
    follow(database, "https://rse.example/other.xml", source=NewSource(title="RSE Group"))
    with database.reading() as c:
        found = coverage.sources(c)
    assert [(source.slug, len(source.feeds)) for source in found] == [
        ("rse-group", 2),
        ("rse-group-2", 1),
    ]
    assert found[0].country == "GB"


def test_the_first_poll_tells_title_and_site(database: Database) -> None:
    feed = follow(database)
    told = {"outcome": Outcome.CHANGED, "title": "A blog", "site_url": "https://blog.example/"}
    finish(database, feed, **told)
    finish(database, feed, **told | {"title": "Renamed", "site_url": "https://evil.example/"})
    with database.reading() as c:
        found = feeds.get(c, feed)
    assert (found.source.title, found.source.slug, found.title) == ("A blog", "a-blog", "Renamed")
    assert found.source.site_url == "https://blog.example/"


def test_a_title_that_a_person_gave_stands(database: Database) -> None:
    feed = follow(database, source=NewSource(title="Ours"))
    finish(database, feed, outcome=Outcome.CHANGED, title="Theirs")
    with database.writing() as c:
        assert feeds.get(c, feed).title == "Ours"
        assert feeds.get(c, feed).source.title == "Ours"
        feeds.change(c, feed, title="")
    finish(database, feed, outcome=Outcome.CHANGED, title="Theirs")
    with database.reading() as c:
        assert feeds.get(c, feed).title == "Theirs"


# ------------------------------------------------------------------------------------- polling


def test_what_is_due_is_claimed_once_the_oldest_first(database: Database) -> None:
    late = follow(database, "https://a.example/", now=NOW - timedelta(hours=2))
    later = follow(database, "https://b.example/", now=NOW - timedelta(hours=3))
    follow(database, "https://c.example/", now=NOW + timedelta(seconds=1))
    assert claimed(database) == [later, late]
    assert claimed(database) == []
    with database.writing() as c:
        feeds.release(c, [late])
    assert claimed(database) == [late]
    with database.writing() as c:
        after = feeds.claim(c, NOW + LEASE + HOUR, lease=LEASE, limit=2)
    assert [feed.id for feed in after] == [later, late]


def test_paused_gone_and_removed_feeds_are_not_due(database: Database) -> None:
    paused, gone, removed, active = (follow(database, f"https://{n}.example/") for n in "abcd")
    save(database, removed, recap("a"))
    finish(database, gone, outcome=Outcome.GONE, http_status=410, error="410 Gone")
    with database.writing() as c:
        feeds.pause(c, paused)
        feeds.remove(c, removed, keep_entries=True)
    with database.reading() as c:
        assert feeds.polled(c) == [active]
    assert claimed(database) == [active]
    assert claimed(database, ids=[paused, gone, removed]) == [paused, gone]
    with database.reading() as c:
        assert feeds.get(c, gone).status is FeedStatus.GONE
        assert feeds.get(c, paused).status is FeedStatus.PAUSED
        assert feeds.next_due(c) == NOW
        assert feeds.due_hosts(c, NOW) == ()
    with database.writing() as c:
        feeds.release(c, [paused, gone, active])
        feeds.resume(c, gone, NOW + HOUR)
        assert feeds.due_hosts(c, NOW + HOUR) == ("d.example", "b.example")
        assert feeds.due_of(c, "b.example", NOW + HOUR) == (gone,)
        assert feeds.get(c, gone).status is FeedStatus.ACTIVE


def test_a_failed_poll_is_counted_and_a_good_one_heals(database: Database) -> None:
    feed = follow(database)
    finish(database, feed, outcome=Outcome.CHANGED, etag='"1"', last_modified="then", body_hash="h")
    finish(database, feed, outcome=Outcome.FAILED, http_status=500, error="it answered 500")
    finish(database, feed, outcome=Outcome.FAILED, http_status=None, error="no answer")
    with database.reading() as c:
        found = feeds.get(c, feed)
        assert [row.outcome for row in feeds.history(c, feed)] == [
            Outcome.FAILED,
            Outcome.FAILED,
            Outcome.CHANGED,
        ]
    assert (found.status, found.failures, found.error) == (FeedStatus.FAILING, 2, "no answer")
    [due] = (feed for feed in _claim_all(database))
    assert (due.etag, due.last_modified, due.body_hash) == ('"1"', "then", "h")
    finish(database, feed, outcome=Outcome.SAME, etag=None)
    [due] = (feed for feed in _claim_all(database))
    assert (due.failures, due.etag, due.body_hash) == (0, None, "h")


def _claim_all(database: Database) -> tuple[DueFeed, ...]:
    with database.writing() as c:
        return feeds.claim(c, NOW + 9 * HOUR, lease=timedelta(seconds=-1), limit=10)


def test_what_a_page_offered_is_kept(database: Database) -> None:
    feed = follow(database)
    link = FeedLink(url="https://blog.example/rss", title="Posts", type="application/rss+xml")
    finish(database, feed, outcome=Outcome.FAILED, error="a page", candidates=(link,))
    with database.reading() as c:
        assert feeds.get(c, feed).candidates == (link,)
    finish(database, feed, outcome=Outcome.CHANGED, candidates=(link, link))
    with database.reading() as c:
        assert len(feeds.get(c, feed).candidates) == 2
    finish(database, feed, outcome=Outcome.CHANGED)
    with database.reading() as c:
        assert feeds.get(c, feed).candidates == ()


def test_a_feed_that_moves_for_good_gets_its_new_address(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a"))
    finish(database, feed, new_url="https://new.example/feed")
    with database.reading() as c:
        assert feeds.get(c, feed).url == "https://new.example/feed"
        assert feeds.resolve(c, "https://new.example/feed") == feed


def test_a_feed_that_moves_to_a_followed_address_is_folded_into_that_feed(
    database: Database,
) -> None:
    old, new = follow(database), follow(database, "https://new.example/feed")
    save(database, old, recap("a", about()), recap("both", url="https://b.example/both"))
    save(database, new, recap("both", url="https://b.example/both"), recap("c", about()))
    with database.writing() as c:
        poll = poll_of(old, recap("d"), new_url="https://new.example/feed")
        feeds.finish(c, [poll], NOW)
    with database.reading() as c:
        with pytest.raises(NotFound):
            feeds.get(c, old)
        assert feeds.get(c, new).entries == 4
        assert [source.slug for source in coverage.sources(c)] == ["new-example"]
    assert {card.guid for card in listed(database).items} == {"a", "both", "c", "d"}
    assert upkeep.check(database) == []


def test_a_poll_of_a_feed_that_was_removed_meanwhile_saves_nothing(database: Database) -> None:
    feed = follow(database)
    with database.writing() as c:
        feeds.remove(c, feed, keep_entries=False)
    assert save(database, feed, recap("a")).new == ()
    assert listed(database, EntryQuery(listed_only=False)).items == ()


# ----------------------------------------------------------------------------- trial, removal


def test_a_feed_on_trial_is_polled_but_not_listed_until_it_is_accepted(
    database: Database,
) -> None:
    feed = follow(database, trial=True)
    save(database, feed, recap("a", about(), tags=("x",)))
    assert listed(database).items == ()
    with database.reading() as c:
        assert coverage.events(c) == ()
        assert coverage.sources(c) == ()
        assert feeds.all_feeds(c) == ()
        assert [one.recaps for one in feeds.all_feeds(c, trial=True)] == [1]
        assert len(entries.find(c, EntryQuery(feed_id=feed, listed_only=False)).items) == 1
    with database.writing() as c:
        feeds.accept(c, feed, NOW)
    assert titles(listed(database)) == ["Title of a"]
    with database.reading() as c:
        assert coverage.events(c)[0].recaps == 1
        assert coverage.tags(c)[0].recaps == 1
    assert upkeep.check(database) == []


def test_a_removed_feed_takes_its_coverage_with_it(database: Database) -> None:
    feed, stays = follow(database), follow(database, "https://b.example/")
    save(database, feed, recap("a", about(), tags=("x",)), other("b"))
    save(database, stays, recap("c", about("SciPy")))
    with database.writing() as c:
        assert feeds.remove(c, feed, keep_entries=False) == 2
    with database.reading() as c:
        assert [event.slug for event in coverage.events(c)] == ["scipy-2026"]
        assert coverage.tags(c) == ()
        assert [one.slug for one in coverage.sources(c)] == ["b-example"]
        with pytest.raises(NotFound):
            coverage.series(c, "pydata-london")
    assert upkeep.check(database) == []


def test_kept_entries_stay_listed_and_a_feed_added_again_takes_them_up(
    database: Database,
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about()))
    uid = listed(database).items[0].uid
    with database.writing() as c:
        assert feeds.remove(c, feed, keep_entries=True) == 1
    with database.reading() as c:
        assert feeds.all_feeds(c, trial=None) == ()
        with pytest.raises(NotFound):
            feeds.get(c, feed)
    assert len(listed(database).items) == 1
    assert follow(database) == feed
    save(database, feed, recap("a", about()))
    assert [card.uid for card in listed(database).items] == [uid]
    assert upkeep.check(database) == []


def test_samples_go_at_once(database: Database) -> None:
    sample = NewSource(title="Sample", sample=True)
    feed = follow(database, "https://s.example/", source=sample)
    save(database, feed, recap("a", about()))
    follow(database)
    with database.writing() as c:
        assert feeds.remove_samples(c) == 1
    with database.reading() as c:
        assert [one.url for one in feeds.all_feeds(c)] == ["https://blog.example/feed.xml"]


def test_a_changed_address_conflicts_or_is_taken(database: Database) -> None:
    feed, taken = follow(database), follow(database, "https://b.example/")
    with database.writing() as c, pytest.raises(Conflict) as refused:
        feeds.change(c, feed, url="http://b.example")
    assert refused.value.key == taken
    with database.writing() as c:
        feeds.change(c, feed, url="https://c.example/", full_text=True, discover=False)
        found = feeds.get(c, feed)
        with pytest.raises(NotFound):
            feeds.change(c, 999, full_text=True)
    assert (found.url, found.full_text, found.discover) == ("https://c.example/", True, False)


def test_the_export_lists_active_and_paused_feeds_by_source(database: Database) -> None:
    one = NewSource(title="B team", site_url="https://b.example/")
    paused = follow(database, "https://b.example/1", source=one)
    follow(database, "https://b.example/2", source=one)
    follow(database, "https://a.example/", source=NewSource(title="A team"))
    follow(database, "https://trial.example/", trial=True)
    gone = follow(database, "https://gone.example/")
    finish(database, gone, outcome=Outcome.GONE)
    with database.writing() as c:
        feeds.pause(c, paused)
        found = feeds.queue_export(c)
    assert [(card.title, len(links)) for card, links in found] == [("A team", 1), ("B team", 2)]


# ------------------------------------------------------------------------- several processes


def _claim_all_there_is(url: str, found: multiprocessing.Queue[list[int]]) -> None:
    database = open_database(url)
    mine: list[int] = []
    while True:
        with database.writing() as c:
            some = feeds.claim(c, NOW, lease=LEASE, limit=7)
        if not some:
            break
        mine += [feed.id for feed in some]
    database.close()
    found.put(mine)


def test_no_two_processes_get_the_same_feed(database: Database) -> None:
    with database.writing() as c:
        ids = [
            feeds.add(c, f"https://host{number}.example/feed", now=NOW, interval=HOUR)
            for number in range(150)
        ]
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[list[int]] = context.Queue()
    url = database.engine.url.render_as_string(hide_password=False)
    workers = [context.Process(target=_claim_all_there_is, args=(url, found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    got = [found.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert sorted(one for some in got for one in some) == ids


def _save_the_same(url: str, feed_id: int, found: multiprocessing.Queue[int]) -> None:
    database = open_database(url)
    batch = [
        recap(f"{feed_id}-{n}", about("Shared Days", 2020 + n % 3), tags=(f"t{n % 5}",), title="")
        for n in range(30)
    ]
    for entry in batch:
        save(database, feed_id, entry)
    database.close()
    found.put(len(batch))


def test_processes_that_save_at_once_share_events_and_tags(database: Database) -> None:
    ids = [follow(database, f"https://host{number}.example/") for number in range(3)]
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[int] = context.Queue()
    url = database.engine.url.render_as_string(hide_password=False)
    workers = [context.Process(target=_save_the_same, args=(url, one, found)) for one in ids]
    for worker in workers:
        worker.start()
    assert [found.get(timeout=60) for _ in workers] == [30, 30, 30]
    for worker in workers:
        worker.join()
    with database.reading() as c:
        assert len(coverage.events(c)) == 3
        assert len(coverage.tags(c)) == 5
    assert upkeep.check(database) == []
