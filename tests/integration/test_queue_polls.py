"""One and the same behaviour, whoever polls: this process by itself, or workers by the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator import settings as configuration
from aggregator.model import EntryQuery, Feed, FeedStatus
from aggregator.poller import Poller
from aggregator.queue import Jobs, due_hosts
from aggregator.settings import Settings
from aggregator.store import Database, entries, feeds, open_database, upkeep
from tests.conftest import fresh_schema
from tests.feeds import OTHER, Item, page, recap, rss
from tests.site import Answer, Site, redirect

HOUR = timedelta(hours=1)
PAST = datetime(2001, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def schema() -> Iterator[str]:
    """A PostgreSQL schema for all tests of this module, because making tables takes time."""
    with fresh_schema() as url:
        database = open_database(url)
        upkeep.upgrade(database)
        database.close()
        yield url


@pytest.fixture
def settings(schema: str, tmp_path: Path) -> Settings:
    return configuration.load(
        {
            "AGGREGATOR_DATA_DIR": str(tmp_path),
            "AGGREGATOR_DATABASE_URL": schema,
            "AGGREGATOR_QUEUE": "procrastinate",
            "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
            "AGGREGATOR_POLL_PROCESSES": "1",
        }
    )


class World:
    """Followed feeds, and a pass over all that are due, made the one way or the other."""

    def __init__(self, database: Database, settings: Settings, mode: str) -> None:
        self._database = database
        self._settings = settings
        self._mode = mode

    def follow(self, url: str) -> int:
        with self._database.writing() as c:
            return feeds.add(c, url, now=PAST, interval=HOUR)

    def poll(self) -> None:
        """Poll what is due."""
        asyncio.run(self._poll())

    async def _poll(self) -> None:
        async with Poller(self._database, self._settings, now) as poller:
            if self._mode == "local":
                async for _ in poller.run():
                    pass
                return
            async with Jobs(self._settings, connections=2) as jobs:
                await jobs.order(due_hosts(self._database))
                await jobs.work(poller, asyncio.Event(), wait=False)
                assert not await jobs.app.job_manager.list_jobs_async(), "jobs leave nothing behind"

    def again(self) -> None:
        """Make all feeds due, and poll."""
        with self._database.writing() as c:
            for feed in feeds.all_feeds(c):
                feeds.poll_soon(c, feed.id, PAST)
        self.poll()

    def feed(self, feed_id: int) -> Feed:
        with self._database.reading() as c:
            return feeds.get(c, feed_id)

    def titles(self) -> list[str]:
        with self._database.reading() as c:
            found = entries.find(c, EntryQuery(listed_only=False, limit=0)).items
        return sorted(card.title for card in found)


@pytest.fixture(params=["local", "procrastinate"])
def world(request: pytest.FixtureRequest, settings: Settings) -> Iterator[World]:
    database = open_database(settings.database)
    yield World(database, settings, request.param)
    with database.writing() as c:
        for feed in feeds.all_feeds(c):
            feeds.remove(c, feed.id, keep_entries=False)
    database.close()


def test_what_is_due_is_polled_once_and_what_is_new_is_stored(world: World, site: Site) -> None:
    ids = [
        world.follow(site.set(f"/{n}.xml", Answer(body=rss(Item(f"Post {n}", guid=f"{n}")))))
        for n in range(5)
    ]
    world.poll()
    world.poll()
    assert world.titles() == [f"Post {n}" for n in range(5)]
    assert [len(site.asked(f"/{n}.xml")) for n in range(5)] == [1] * 5
    for feed_id in ids:
        assert world.feed(feed_id).next_poll_at > now()


def test_validators_are_sent_and_a_304_changes_nothing(world: World, site: Site) -> None:
    world.follow(site.set("/feed.xml", Answer(body=rss(Item("One")), headers={"ETag": '"1"'})))
    world.poll()
    world.again()
    assert [asked.headers["If-None-Match"] for asked in site.asked("/feed.xml")] == [None, '"1"']
    assert world.titles() == ["One"]


def test_a_failure_is_told_and_backed_off(world: World, site: Site) -> None:
    feed_id = world.follow(site.set("/feed.xml", Answer(status=500)))
    world.poll()
    feed = world.feed(feed_id)
    assert (feed.status, feed.failures) == (FeedStatus.FAILING, 1)
    assert "answered 500" in (feed.error or "")
    assert feed.next_poll_at > now() + HOUR


def test_a_feed_that_is_gone_is_polled_no_more(world: World, site: Site) -> None:
    feed_id = world.follow(site.set("/feed.xml", Answer(status=410)))
    world.poll()
    assert world.feed(feed_id).status is FeedStatus.GONE
    world.poll()
    assert len(site.asked("/feed.xml")) == 1


def test_the_feed_that_a_page_announces_is_followed(world: World, site: Site) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.set("/feed.xml", Answer(body=rss(Item("One"))))
    feed_id = world.follow(
        site.set("/", Answer(body=f"<html><head>{link}</head></html>", content_type="text/html"))
    )
    world.poll()
    assert world.feed(feed_id).url == site.url("/feed.xml")
    assert world.titles() == ["One"]


def test_a_redirect_is_followed(world: World, site: Site) -> None:
    site.set("/new.xml", Answer(body=rss(Item("One"))))
    world.follow(site.set("/old.xml", redirect("/new.xml", 302)))
    world.poll()
    assert world.titles() == ["One"]


def test_the_page_of_a_short_entry_is_fetched(world: World, site: Site) -> None:
    short = Item(
        "Highlights from ResearchSoftCon 2025", OTHER, link=site.url("/recap/"), summary_only=True
    )
    site.set("/recap/", Answer(body=page(recap()), content_type="text/html"))
    world.follow(site.set("/feed.xml", Answer(body=rss(short))))
    world.poll()
    assert len(site.asked("/recap/")) == 1
    assert world.titles() == ["Highlights from ResearchSoftCon 2025"]


def test_a_paused_feed_is_not_asked(world: World, site: Site) -> None:
    feed_id = world.follow(site.set("/feed.xml", Answer(body=rss(Item("One")))))
    with world._database.writing() as c:
        feeds.pause(c, feed_id)
    world.poll()
    assert not site.requests


def test_a_feed_whose_poll_fails_does_not_stop_the_others_of_its_host(
    world: World, site: Site
) -> None:
    for number in range(5):
        answer = Answer(status=404) if number % 2 else Answer(body=rss(Item(f"Post {number}")))
        world.follow(site.set(f"/{number}.xml", answer))
    world.poll()
    assert world.titles() == ["Post 0", "Post 2", "Post 4"]
    assert len(site.requests) == 5
