"""One database that follows feeds of one server, and posts for these feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from aggregator import settings as settings_module
from aggregator.model import DueFeed, EntryCard, EntryQuery, NewSource, Poll
from aggregator.poll import Tools, fetcher_of, poll_feed
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Database, entries, feeds
from tests.feeds import Item
from tests.integration.store_samples import HOUR, NOW
from tests.site import Answer, Site

DATES = [f"{day:02} Sep 2025 09:{day:02}:00 +0000" for day in range(1, 29)]


def settings_in(folder: str) -> Settings:
    return settings_module.load(
        {
            "AGGREGATOR_DATA_DIR": folder,
            "AGGREGATOR_FEEDS_FILES": "",
            "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
            "AGGREGATOR_POLL_PROCESSES": "1",
        }
    )


@dataclass
class World:
    """One database that follows feeds of one server."""

    database: Database
    site: Site
    settings: Settings
    runner: asyncio.Runner
    stages: Stages
    now: datetime = NOW

    def follow(self, path: str = "/feed.xml", title: str | None = None) -> int:
        with self.database.writing() as c:
            url = self.site.url(path)
            source = NewSource(title=title)
            return feeds.add(c, url, now=self.now, interval=HOUR, source=source)

    def poll(self, feed: int, body: str, *, later: timedelta = HOUR) -> Poll:
        """Let the server answer with `body`, let time pass, and poll once."""
        with self.database.reading() as c:
            path = feeds.get(c, feed).url.removeprefix(self.site.url(""))
        self.site.set(path, Answer(body=body))
        self.now += later
        return self.poll_again(feed)

    def poll_again(self, feed: int) -> Poll:
        with self.database.writing() as c:
            claimed = feeds.claim(c, self.now, lease=HOUR, limit=1, ids=[feed])
        assert claimed, "a feed that is held is not polled"
        poll = self.runner.run(self._polled(claimed[0]))
        with self.database.writing() as c:
            saved = feeds.finish(c, [poll], self.now)[0]
        return replace(poll, entries_new=len(saved.new), entries_changed=len(saved.changed))

    async def _polled(self, feed: DueFeed) -> Poll:
        async with fetcher_of(self.settings) as fetcher:
            tools = Tools(
                database=self.database,
                settings=self.settings,
                fetcher=fetcher,
                stages=self.stages,
                clock=lambda: self.now,
                not_after=lambda: self.now,
            )
            return await poll_feed(feed, tools)

    def cards(self, feed: int | None = None) -> list[EntryCard]:
        """All that is stored, also what is not listed, the newest first."""
        with self.database.reading() as c:
            query = EntryQuery(feed_id=feed, listed_only=False, limit=0, full=True)
            return list(entries.find(c, query).items)

    def listed(self) -> list[EntryCard]:
        with self.database.reading() as c:
            return list(entries.find(c, EntryQuery(limit=0, full=True)).items)

    def ids(self) -> dict[str, tuple[int, str]]:
        """Id and uid by title."""
        found = {card.title: (card.id, card.uid) for card in self.cards()}
        assert len(found) == len(self.cards()), "a title is stored twice"
        return found


def post(number: int, **more: str) -> Item:
    """One of several posts that share nothing."""
    words = ("gauge", "solver", "mesh", "kernel", "tensor", "stencil", "cache", "queue", "tree")
    name = words[number % len(words)]
    fields = {
        "title": f"The {name} of part {number}",
        "html": f"<p>This is what part {number} has to say about the {name}, at some length.</p>",
        "link": f"http://blog.example/{number}/{name}.html",
        "guid": f"http://blog.example/?p={number}",
        "date": DATES[number],
        **more,
    }
    return Item(**fields)  # type: ignore[arg-type]  # all given fields are strings


def posts(change: Callable[[int], dict[str, str]] = lambda _: {}, count: int = 6) -> list[Item]:
    """Posts, the newest first, each changed by what `change` says of its number."""
    return [post(number, **change(number)) for number in reversed(range(count))]


def atom(*items: Item, title: str = "Example team") -> str:
    """Return an Atom document with the items' guids as ids."""
    rows = "".join(
        f"<entry><id>{escape(item.guid)}</id><title>{escape(item.title)}</title>"
        f'<link href="{escape(item.link)}"/><updated>{_iso(item.date)}</updated>'
        f'<content type="html">{escape(item.html)}</content></entry>'
        for item in items
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(title)}</title>'
        f"<id>urn:x-test:feed</id><updated>2025-10-01T00:00:00Z</updated>{rows}</feed>"
    )


def _iso(date: str) -> str:
    return datetime.strptime(date, "%d %b %Y %H:%M:%S %z").isoformat()


STORY = " ".join(
    f"On day {word} we heard how the {word} group keeps its {word} code alive for years to come."
    for word in ("first", "second", "third", "climate", "genome", "plasma", "ocean", "crystal")
)
REPORT = f"<p>Three of us went to ResearchSoftCon 2025 in Tromsø last month.</p><p>{STORY}</p>"


def report(**more: str) -> Item:
    fields = {
        "title": "Highlights from ResearchSoftCon 2025",
        "html": REPORT,
        "link": "https://blog.example/researchsoftcon/",
        "guid": "https://blog.example/?p=7",
        **more,
    }
    return Item(**fields)  # type: ignore[arg-type]  # all given fields are strings
