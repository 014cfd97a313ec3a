"""Which entries of several feeds are one post, and where posts with odd dates stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.store import entries
from tests.feeds import rss
from tests.integration.identity.samples import REPORT, World, post, posts, report
from tests.integration.store_samples import HOUR, NOW

# --------------------------------------------------------------------------------- the same post

COPIES: dict[str, dict[str, str]] = {
    "the same address": {"html": "<p>Only a summary.</p>", "guid": "planet-1"},
    "a tracked address": {
        "link": "http://www.blog.example/researchsoftcon?utm_source=planet",
        "html": "<p>Only a summary.</p>",
        "guid": "planet-1",
    },
    "through a redirect that names it": {
        "link": "https://www.google.com/url?q=https://blog.example/researchsoftcon/&sa=t",
        "html": "<p>Only a summary.</p>",
        "guid": "planet-1",
    },
    "through a proxy of feeds": {
        "link": "http://feedproxy.example/~r/blog/~3/x7Gf/",
        "html": REPORT.replace("<p>", "<div>").replace("</p>", "</div>"),
        "guid": "planet-1",
    },
    "under the name of its author": {
        "link": "http://feedproxy.example/~r/blog/~3/x7Gf/",
        "title": "Ada Example: Highlights from ResearchSoftCon 2025",
        "guid": "planet-1",
    },
    "under another title and after a note": {
        "link": "https://association.example/news/tromso",
        "title": "What we learnt at ResearchSoftCon 2025 in Tromsø",
        "html": "<p><em>This was first published on the blog of the Example team.</em></p>"
        + REPORT,
        "guid": "association-1",
    },
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_in_another_feed_is_stored_there_and_folded_for_readers(
    world: World, copy: dict[str, str]
) -> None:
    blog, planet = world.follow("/blog.xml", "The blog"), world.follow("/planet.xml", "The planet")
    world.poll(blog, rss(report()))
    world.poll(planet, rss(report(**copy)), later=2 * HOUR)
    [shown] = world.listed()
    assert shown.feed_id == blog
    [stored] = world.cards(planet)
    assert stored.duplicate_of == shown.id
    with world.database.reading() as c:
        filed = entries.file(c, shown.id)
    assert {filed.card.source.name, *(one.source.name for one in filed.duplicates)} == {
        "The blog",
        "The planet",
    }


def test_reports_of_two_years_that_are_written_alike_are_two_posts(world: World) -> None:
    one, two = world.follow("/one.xml"), world.follow("/two.xml")
    world.poll(one, rss(report()))
    later = {
        "title": "Highlights from ResearchSoftCon 2024",
        "html": REPORT.replace("2025", "2024"),
        "link": "https://two.example/2024/",
        "date": "21 Oct 2024 09:00:00 +0000",
    }
    world.poll(two, rss(report(**later)))
    assert len(world.listed()) == 2


def test_reports_of_one_event_by_two_teams_are_two_posts(world: World) -> None:
    one, two = world.follow("/one.xml"), world.follow("/two.xml")
    world.poll(one, rss(report()))
    other = REPORT.replace("heard how", "were told why").replace("keeps its", "rewrites all")
    world.poll(two, rss(report(html=other, link="https://two.example/x", title="Our week away")))
    assert len(world.listed()) == 2


# ----------------------------------------------------------------------------------------- dates


def test_an_entry_dated_in_the_future_keeps_its_date_but_not_the_top(world: World) -> None:
    feed = world.follow()
    announced = report(date="01 Oct 2026 09:00:00 +0000")
    world.poll(feed, rss(announced))
    news = report(guid="b", link="https://blog.example/b", title="ResearchSoftCon 2025, day 2")
    world.poll(feed, rss(replace(news, date=f"{NOW + 3 * HOUR:%a, %d %b %Y %T} +0000"), announced),
               later=4 * HOUR)  # fmt: skip
    newest, older = world.cards()
    assert (newest.guid, older.guid) == ("b", announced.guid)
    assert older.published_at == datetime(2026, 10, 1, 9, tzinfo=NOW.tzinfo)
    assert not older.published_inferred
    assert older.sorted_at == older.fetched_at == NOW + HOUR


@pytest.mark.parametrize(
    ("date", "stands"),
    [
        ("", False),
        ("sometime soon", False),
        ("Thu, 01 Jan 1970 00:00:00 +0000", False),
        ("Mon, 01 Jan 1900 00:00:00 +0000", False),
        ("Fri, 01 Jan 2049 00:00:00 +0000", False),
        ("Mon, 31 Feb 2025 25:61:00 +0000", False),
        ("Mon, 20 Oct 2025 10:00:00 +9900", False),
        ("Wed, 21 Oct 2025 09:00:00 EST", True),
        ("2025-10-21", True),
    ],
)
def test_no_date_is_fatal(world: World, date: str, stands: bool) -> None:
    feed = world.follow()
    world.poll(feed, rss(report(date=date), *posts()))
    card = next(card for card in world.cards() if "Highlights" in card.title)
    assert card.published_inferred is not stands
    if not stands:
        assert card.published_at == card.fetched_at == NOW + HOUR
    assert world.cards()[0].id == card.id  # found last, or published last


def test_a_date_that_is_edited_in_the_feed_is_followed(world: World) -> None:
    feed = world.follow()
    first, second = (
        report(date="01 Oct 2025 09:00:00 +0000"),
        post(3, date="02 Oct 2025 09:00:00 Z"),
    )
    world.poll(feed, rss(second, first))
    assert [card.title for card in world.cards()] == [second.title, first.title]
    poll = world.poll(feed, rss(second, replace(first, date="03 Oct 2025 09:00:00 +0000")))
    assert (poll.entries_new, poll.entries_changed) == (0, 1)
    newest = world.cards()[0]
    assert (newest.title, newest.published_at.day) == (first.title, 3)
    world.poll(feed, rss(second, replace(first, date="")))
    assert world.cards()[0].published_at.day == 3  # what was stated once stands


def test_a_feed_that_dates_everything_now_moves_nothing_to_the_top(world: World) -> None:
    feed, other = world.follow(), world.follow("/other.xml")
    everything = [report(), *posts()]
    for hour in range(1, 4):
        now = f"{NOW + hour * HOUR:%a, %d %b %Y %T} +0000"
        poll = world.poll(feed, rss(*(replace(item, date=now) for item in everything)))
        world.poll(other, rss(post(8)), later=timedelta())
        assert (poll.entries_new, poll.entries_changed) == ((7, 0) if hour == 1 else (0, 0))
    assert {card.changed_at for card in world.cards()} == {NOW + HOUR}
    assert {card.sorted_at for card in world.cards(feed)} == {NOW + HOUR}
