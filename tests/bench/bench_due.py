"""What choosing the next feeds costs when ten thousand are followed.

Run: ``python -m tests.bench.bench_due [URL] [FEEDS]``. Each figure is the median of several calls,
in milliseconds, once with few feeds due and once with all of them. Without a URL the database is an
SQLite file that goes away again.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from aggregator import publish
from aggregator.model import DueFeed, Outcome, Poll
from aggregator.store import Connection, Database, feeds, open_database, upkeep
from aggregator.store.schema import feeds as feeds_table
from aggregator.store.schema import sources as sources_table

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_LEASE = timedelta(minutes=10)
_TIMES = 15


def fill(database: Database, count: int) -> None:
    """Follow many feeds, a third of them on a few large hosts, due over the next day."""
    dice = random.Random(1)  # noqa: S311 - the same feeds each time
    rows = []
    for number in range(1, count + 1):
        host = f"host{dice.randrange(10) if number % 3 == 0 else 100 + number}.example"
        rows.append(
            {
                "id": number,
                "source_id": number,
                "url": f"https://{host}/{number}.xml",
                "url_key": f"{host}/{number}.xml",
                "host": host,
                "interval_s": 86400,
                "etag": f'"{number}"',
                "last_success_at": NOW,
                "next_poll_at": NOW + timedelta(seconds=dice.randrange(86400)),
                "created_at": NOW,
            }
        )
    with database.writing() as c:
        c.execute(
            insert(sources_table),
            [
                {"id": row["id"], "slug": f"s{row['id']}", "title": "A blog", "created_at": NOW}
                for row in rows
            ],
        )
        c.execute(insert(feeds_table), rows)


def poll_of(feed: DueFeed) -> Poll:
    """Return a poll that was answered 304."""
    return Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=NOW,
        duration=timedelta(milliseconds=90),
        outcome=Outcome.NOT_MODIFIED,
        next_poll_at=NOW + timedelta(days=1),
        interval=timedelta(days=1),
        http_status=304,
        etag=feed.etag,
        rhythm=feed.rhythm,
    )


def _claimed(c: Connection, now: datetime) -> tuple[DueFeed, ...]:
    shares = feeds.Shares(8, {})
    return feeds.claim(c, now, lease=_LEASE, limit=64, shares=shares, owner="bench")


def _claim_and_finish(c: Connection, now: datetime) -> None:
    claimed = _claimed(c, now)
    feeds.finish(c, [poll_of(feed) for feed in claimed], now)


def measured(
    database: Database, work: Callable[[Connection, datetime], object], now: datetime
) -> float:
    """Return the median time of some calls in milliseconds; what they write is undone."""
    times = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        with database.writing() as c:
            work(c, now)
            times.append(time.perf_counter() - begun)
            c.rollback()
    return statistics.median(times) * 1000


def _report(database: Database) -> None:
    works: tuple[tuple[str, Callable[[Connection, datetime], object]], ...] = (
        ("claim 64", _claimed),
        ("claim 64 and finish them", _claim_and_finish),
        ("hosts that have feeds due", feeds.due_hosts),
        ("what is due of one host", lambda c, now: feeds.due_of(c, "host3.example", now)),
        ("how many are due", feeds.due_count),
        ("when the next is due", lambda c, _now: feeds.next_due(c)),
        ("ids of all that are polled", lambda c, _now: feeds.polled(c)),
        ("feeds list --json", lambda c, _now: [*map(publish.feed_json, feeds.all_feeds(c))]),
    )
    sys.stdout.write(f"{'ms':>30} {'few due':>9} {'all due':>9}\n")
    for name, work in works:
        figures = [
            measured(database, work, now)
            for now in (NOW + timedelta(minutes=10), NOW + timedelta(days=2))
        ]
        sys.stdout.write(f"{name:>30} {figures[0]:9.2f} {figures[1]:9.2f}\n")


def main() -> None:
    """Fill a database and print what the calls take."""
    url, count = [*sys.argv[1:], "", ""][:2]
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(url or f"sqlite:///{folder}/bench.sqlite3")
        upkeep.upgrade(database)
        fill(database, int(count or 10_000))
        sys.stdout.write(f"{count or 10_000} feeds on {database.dialect}\n")
        _report(database)
        database.close()


if __name__ == "__main__":
    main()
