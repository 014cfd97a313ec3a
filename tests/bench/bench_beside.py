"""What a poll of many feeds does to the pages that are read at the same time.

Run: ``python -m tests.bench.bench_beside [--feeds 500] [--recaps 10000] [--seconds 8]``. Needs wrk.
``serve`` runs with two web processes on a site with many recaps; wrk asks for an event's page and,
each time made anew, for one search after the other. First alone, then while the poller of the same
``serve`` takes in a farm of feeds that it sees for the first time: the dearest poll there is.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import update

from aggregator import recognise
from aggregator import settings as configuration
from aggregator.recognise import catalogue
from aggregator.store import Database, open_database, schema
from tests.bench import bench_pages, bench_poll

_HOSTS = 50
_WARM_S = 3
_SEARCHES = """
local number = 0
request = function()
  number = number + 1
  return wrk.format("GET", "/search?q=the+" .. number)
end
"""


def main() -> None:
    """Print both, and how many feeds were polled meanwhile."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--feeds", type=int, default=500)
    asked.add_argument("--recaps", type=int, default=10_000)
    asked.add_argument("--events", type=int, default=1_000)
    asked.add_argument("--seconds", type=int, default=8, help="of load, each time")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ |= {
            "AGGREGATOR_DATA_DIR": name,
            "AGGREGATOR_LOG_LEVEL": "warning",
            "AGGREGATOR_FEEDS_FILES": "[]",
            "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
            "AGGREGATOR_PICTURES": "false",
        }
        settings = configuration.load(os.environ)
        database = open_database(settings.database)
        bench_pages.fill(database, given.recaps, given.events)
        _call_judged(database, settings)
        page = bench_pages.addresses(database)["event"]
        database.close()
        script = scratch / "searches.lua"
        script.write_text(_SEARCHES)
        with bench_poll.played(given.feeds, _HOSTS, recaps=10):
            _follow(scratch, given.feeds)
            for address, words in ((page, []), ("/", ["-s", str(script)])):
                _compare(address, words, given.seconds)


def _call_judged(database: Database, settings: configuration.Settings) -> None:
    """Say that all was judged by this version; else it would be judged again beside the poll."""
    stamp = catalogue.load(settings.config_dir).stamp(recognise.VERSION, settings.recap_threshold)
    with database.writing() as c:
        c.execute(update(schema.entries).values(recogniser=stamp))


def _follow(scratch: Path, feeds: int) -> None:
    command = [sys.executable, "-m", "aggregator", "feeds", "import"]
    opml = scratch / "feeds.opml"
    bench_poll.write_opml(opml, feeds, _HOSTS)
    subprocess.run([*command, str(opml)], check=True, capture_output=True)


def _compare(address: str, words: list[str], seconds: int) -> None:
    kind = "searches, each made anew" if words else "an event's page from the cache"
    sys.stdout.write(f"{kind}\n")
    alone = _measured(address, words, seconds, scheduler=False)
    beside = _measured(address, words, seconds, scheduler=True)
    sys.stdout.write(f"  p99 beside the poll / alone: {beside.p99 / alone.p99:.2f}\n")


def _measured(address: str, words: list[str], seconds: int, *, scheduler: bool) -> bench_pages.Load:
    serve = [sys.executable, "-m", "aggregator", "serve", "--port", "PORT", "--workers", "2"]
    with bench_pages.running([*serve, *([] if scheduler else ["--no-scheduler"])]) as port:
        url = f"http://127.0.0.1:{port}{address}"
        bench_pages.load(url, _WARM_S, words)  # until both processes are there, and warm
        bench_poll.tell("cold")
        with _polling() if scheduler else contextlib.nullcontext([0]) as polled:
            found = bench_pages.load(url, seconds, words)
        name = f"beside a poll ({polled[0]} feeds)" if scheduler else "alone"
        sys.stdout.write(f"  {name:<28} {found}\n")
    return found


@contextlib.contextmanager
def _polling() -> Iterator[list[int]]:
    """Wait until polls have begun; then count those of the time in between."""
    polled = [0]
    while not bench_poll.tell("cold"):
        time.sleep(0.2)
    yield polled
    polled[0] = bench_poll.tell("cold")


if __name__ == "__main__":
    main()
