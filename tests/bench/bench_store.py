"""What storing and reading cost: 500 feeds of 20 recaps in 1,000 events, then every page's query.

Run: ``python -m tests.bench.bench_store [URL] [FEEDS]``. Take the ratios; figures differ from
machine to machine. Without a URL the database is an SQLite file that goes away again.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from aggregator.model import EntryQuery, Kind, NewEntry
from aggregator.store import (
    Connection,
    Database,
    coverage,
    entries,
    feeds,
    open_database,
    search,
    upkeep,
)
from tests.integration.store_samples import HOUR, NOW, about, poll_of, recap, talk

_WORDS = [f"word{number}" for number in range(5000)]
_PER_FEED = 20


def article(dice: random.Random) -> str:
    """Return about 3 kB of HTML."""
    paragraphs = (" ".join(dice.choices(_WORDS, k=70)) for _ in range(6))
    link = f"https://tools.example/{dice.randint(0, 300)}"
    return f'<p><a href="{link}">A tool</a> python</p><p>' + "</p><p>".join(paragraphs) + "</p>"


def entry(dice: random.Random, feed: int, number: int) -> NewEntry:
    """Return one recap; of every second one a talk is told elsewhere too."""
    series, year = dice.randint(0, 99), 2017 + dice.randint(0, 9)
    given = [
        talk(f"Talk {dice.randint(0, 9)} of {series}", f"Speaker {dice.randint(0, 400)}"),
        talk(f"Keynote {number}", video=f"https://youtu.be/{series:05}{year}{dice.randint(0, 9)}x"),
    ]
    tags = {f"tag{min(dice.randint(0, 300), dice.randint(0, 300))}" for _ in range(3)} | {"events"}
    return recap(
        f"https://blog{feed}.example/{number}",
        about(f"Series {series}", year),
        url=f"https://blog{feed}.example/{number}",
        title=f"Post {number} of blog {feed}",
        html=article(dice),
        tags=sorted(tags),
        talks=given,
        at=NOW - timedelta(hours=dice.randint(1, 80_000)),
    )


def timed(name: str, work: Callable[[], object], rounds: int = 1) -> None:
    """Print how long `work` takes."""
    work()
    began = time.perf_counter()
    for _ in range(rounds):
        work()
    passed = (time.perf_counter() - began) / rounds
    sys.stdout.write(f"{name:>34}: {passed * 1e3:9.2f} ms\n")


def fill(database: Database, count: int) -> None:
    """Follow feeds and finish the first poll of each."""
    dice = random.Random(1)  # noqa: S311  # the same world each time
    batches = []
    for feed in range(count):
        with database.writing() as c:
            feed_id = feeds.add(c, f"https://blog{feed}.example/", now=NOW, interval=HOUR)
        batches.append((feed_id, [entry(dice, feed, n) for n in range(_PER_FEED)]))
    began, cpu = time.perf_counter(), time.process_time()
    for feed_id, batch in batches:
        with database.writing() as c:
            feeds.finish(c, [poll_of(feed_id, *batch)], NOW)
    passed, used = time.perf_counter() - began, time.process_time() - cpu
    sys.stdout.write(
        f"{count} feeds of {_PER_FEED} recaps: {passed:.2f} s, {used:.2f} s of CPU, "
        f"{passed / count * 1e3:.2f} ms a feed\n"
    )


def others(database: Database, count: int) -> None:
    """Finish the first polls of feeds without a recap, eight at a time as they come in."""
    dice = random.Random(3)  # noqa: S311
    done = []
    for feed in range(count):
        with database.writing() as c:
            feed_id = feeds.add(c, f"https://others{feed}.example/", now=NOW, interval=HOUR)
        found = [
            recap(
                f"https://others{feed}.example/{number}",
                title=f"Note {number} of blog {feed}",
                html=article(dice),
                tags=("python", "notes"),
                at=NOW - timedelta(hours=dice.randint(1, 80_000)),
                kind=Kind.OTHER,
            )
            for number in range(_PER_FEED)
        ]
        done.append(poll_of(feed_id, *found))
    cpu = time.process_time()
    for start in range(0, count, 8):
        with database.writing() as c:
            feeds.finish(c, done[start : start + 8], NOW)
    used = (time.process_time() - cpu) / count / _PER_FEED
    sys.stdout.write(f"{count * _PER_FEED} that are no recaps: {used * 1e3:.3f} ms of CPU each\n")


def polls(database: Database, count: int) -> None:
    """Time the polls of later days."""
    dice = random.Random(2)  # noqa: S311
    fresh = iter(range(100_000, 200_000))

    def one_new() -> None:
        with database.writing() as c:
            ids = feeds.resolve(c, "https://blog0.example/")
            feeds.finish(c, [poll_of(ids, entry(dice, 0, next(fresh)))], NOW)

    def nothing_new() -> None:
        with database.writing() as c:
            for feed_id in range(1, min(50, count) + 1):
                feeds.finish(c, [poll_of(feed_id)], NOW)

    def claim() -> None:
        with database.writing() as c:
            taken = feeds.claim(c, NOW + 2 * HOUR, lease=HOUR, limit=50)
            feeds.release(c, [feed.id for feed in taken])

    timed("finish with one new recap", one_new, 20)
    timed("finish 50 that brought nothing", nothing_new, 5)
    timed("claim and release 50", claim, 5)
    timed("known", lambda: reading(database, lambda c: entries.known(c, 1)), 20)


def reading(database: Database, door: Callable[[Connection], object]) -> None:
    """Read in a transaction of its own, as a page does."""
    with database.reading() as c:
        door(c)


def pages(database: Database) -> None:
    """Time what pages ask."""
    with database.reading() as c:
        event = coverage.busiest(c, NOW - timedelta(days=4000), 1)[0]
        common, rare = coverage.tags(c)[0], coverage.tags(c)[-1]
        source = coverage.sources(c)[0]
        series = coverage.all_series(c)[0]
        deep = entries.find(c, EntryQuery(limit=5000)).next
    doors: dict[str, Callable[[Connection], object]] = {
        "home groups": coverage.groups,
        "find newest": lambda c: entries.find(c, EntryQuery()),
        "find newest, with text": lambda c: entries.find(c, EntryQuery(full=True, limit=50)),
        "find 5,000 deep": lambda c: entries.find(c, EntryQuery(before=deep)),
        "find event": lambda c: entries.find(c, EntryQuery(event_id=event.id)),
        "find series": lambda c: entries.find(c, EntryQuery(series_id=series.id)),
        "find tag of all": lambda c: entries.find(c, EntryQuery(tag_id=common.id)),
        "find rare tag": lambda c: entries.find(c, EntryQuery(tag_id=rare.id)),
        "find source": lambda c: entries.find(c, EntryQuery(source_id=source.id)),
        "find year": lambda c: entries.find(c, EntryQuery(year=2020)),
        "find others": lambda c: entries.find(c, EntryQuery(kind=Kind.OTHER, listed_only=False)),
        "find word of all": lambda c: entries.find(c, EntryQuery(words="python")),
        "find rare word": lambda c: entries.find(c, EntryQuery(words="word17")),
        "find phrase": lambda c: entries.find(c, EntryQuery(words='"word17 word18"')),
        "count tag of all": lambda c: entries.count(c, EntryQuery(tag_id=common.id)),
        "facets, word of all": lambda c: search.facets(
            c, search.hits(c, EntryQuery(words="python"))
        ),
        "facets, rare word": lambda c: search.facets(c, search.hits(c, EntryQuery(words="word17"))),
        "suggestions": lambda c: search.suggestions(c, "sriees tga12"),
        "event page": lambda c: coverage.event(c, event.slug),
        "events": coverage.events,
        "years": coverage.years,
        "busiest": lambda c: coverage.busiest(c, NOW - timedelta(days=365), 6),
        "tags": coverage.tags,
        "related tags, tag of all": lambda c: coverage.related_tags(c, common.id),
        "tag events, tag of all": lambda c: coverage.tag_events(c, common.id),
        "sources": coverage.sources,
        "source events": lambda c: coverage.source_events(c, source.id),
        "months": coverage.months,
        "top talks": lambda c: coverage.top_talks(c, None, 10),
        "speaker": lambda c: coverage.speaker(c, "speaker-7"),
        "totals": lambda c: upkeep.totals(c, NOW),
        "changes": upkeep.changes,
    }
    for name, door in doors.items():
        timed(name, lambda door=door: reading(database, door), 5)  # type: ignore[misc]


def main() -> None:
    """Print the table."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        database = open_database(given)
        upkeep.upgrade(database)
        others(database, count)
        fill(database, count)
        polls(database, count)
        pages(database)
        timed("check", lambda: upkeep.check(database))
        sys.stdout.write(f"faults: {upkeep.check(database)}\n")
        database.close()


if __name__ == "__main__":
    main()
