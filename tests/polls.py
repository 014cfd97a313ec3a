"""Polls under test: a real poller on a real database, at times that the test sets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from aggregator.model import Feed, Outcome, Poll, PollRow
from aggregator.poller import Poller
from aggregator.pool import Stages
from aggregator.settings import Settings, load
from aggregator.store import Database, entries, feeds
from tests.feeds import Item, rss

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class _Shared(Stages):
    """A pool that outlives its poller: starting its process takes longer than most tests."""

    def close(self, *, kill: bool = False) -> None:
        """Stay open; `end_stages` closes it."""
        if kill:
            super().close(kill=True)


@cache
def _stages() -> _Shared:
    return _Shared(load({"AGGREGATOR_POLL_PROCESSES": "1"}))


def end_stages() -> None:
    """End the process that the tests have shared, if any did."""
    if _stages.cache_info().currsize:
        Stages.close(_stages())
        _stages.cache_clear()


@dataclass
class Polls:
    """Feeds that are followed, and a clock that only the test moves."""

    database: Database
    settings: Settings
    now: datetime = NOW

    def follow(self, *urls: str, discover: bool = True) -> list[int]:
        """Add feeds; return their ids."""
        start = timedelta(seconds=self.settings.poll_interval_start_s)
        with self.database.writing() as c:
            return [
                feeds.add(c, url, now=self.now, interval=start, discover=discover) for url in urls
            ]

    def all(
        self, *ids: int, after: timedelta | None = None, every: bool = False
    ) -> dict[int, Poll]:
        """Let time pass, then poll these feeds, or every one, or those that are due."""
        self.now += after or timedelta()
        return asyncio.run(self._run(list(ids) or None, every=every))

    def poller(self) -> Poller:
        """Return a poller that uses the shared process; not opened yet."""
        made = Poller(self.database, self.settings, lambda: self.now)
        made.tools = replace(made.tools, stages=_stages())
        return made

    async def _run(self, ids: list[int] | None, *, every: bool) -> dict[int, Poll]:
        async with self.poller() as poller:
            return {feed.id: poll async for feed, poll in poller.run(ids=ids, every=every)}

    def one(self, feed_id: int, after: timedelta | None = None) -> Poll:
        """Let time pass, then poll one feed, due or not."""
        return self.all(feed_id, after=after)[feed_id]

    def when_due(self, feed_id: int) -> Poll:
        """Let time pass until a feed is due, and poll what is due then."""
        return self.all(after=max(self.wait(feed_id), timedelta()))[feed_id]

    def feed(self, feed_id: int) -> Feed:
        """Return a feed as it is stored."""
        with self.database.reading() as c:
            return feeds.get(c, feed_id)

    def history(self, feed_id: int) -> tuple[PollRow, ...]:
        """Return the polls of a feed, newest first."""
        with self.database.reading() as c:
            return feeds.history(c, feed_id)

    def wait(self, feed_id: int) -> timedelta:
        """Return how long it is until a feed is due."""
        return self.feed(feed_id).next_poll_at - self.now

    def guids(self, feed_id: int) -> list[str]:
        """Return which entries of a feed are stored."""
        with self.database.reading() as c:
            return sorted(entries.known(c, feed_id))


def environ(polls: Polls) -> dict[str, str]:
    """Return the environment of commands on the same database."""
    plain = {name: told for name, told in os.environ.items() if "AGGREGATOR_" not in name}
    return plain | {
        "AGGREGATOR_DATABASE_URL": polls.database.engine.url.render_as_string(hide_password=False),
        "AGGREGATOR_DATA_DIR": str(polls.settings.data_dir),
        "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_POLL_PROCESSES": "1",
    }


def started(polls: Polls, *words: str) -> subprocess.Popen[str]:
    """Start a command on the same database."""
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator", *words],
        env=environ(polls),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def dated(*ages: timedelta, now: datetime = NOW) -> str:
    """Return an RSS document with an entry of each age."""
    return rss(*(_aged(age, now) for age in ages))


def _aged(age: timedelta, now: datetime) -> Item:
    when = now - age
    link = f"https://blog.example/{when:%Y%m%d%H%M}"
    return Item(f"Post of {when}", link=link, guid=link, date=format_datetime(when))


def worked(poll: Poll) -> bool:
    """Tell whether a poll was answered as it should be."""
    return poll.outcome in (Outcome.CHANGED, Outcome.SAME, Outcome.NOT_MODIFIED)
