"""What a poller that runs for long holds in memory: 200 feeds, polled 20 times by one process.

Run: ``python -m tests.bench.bench_memory [--feeds 200] [--rounds 20]``. The farm answers all
requests in full; every other round a fifth of the feeds has one entry more. Figures are MB: of the
polling process, and of all its processes with what they share counted once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import settings as configuration
from aggregator.poller import Poller
from aggregator.settings import Settings
from aggregator.store import Database, feeds, open_database, upkeep
from tests.bench import farm
from tests.bench.bench_poll import PORT, held, played, tell


def _now() -> datetime:
    return datetime.now(UTC)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _rounds(database: Database, settings: Settings, rounds: int) -> None:
    async with Poller(database, settings, _now) as poller:
        for number in range(rounds):
            await asyncio.to_thread(tell, "cold" if number == 0 else ("same", "news")[number % 2])
            new = 0
            async for _, poll in poller.run(every=True):
                new += poll.entries_new
            both = held(os.getpid())
            sys.stdout.write(f"{number + 1:>5} {new:>6} {_resident():>6.0f} {both:>6.0f}\n")
            sys.stdout.flush()


def main() -> None:
    """Print one line a round."""
    words = argparse.ArgumentParser(description="Measures the memory of a poller over time.")
    words.add_argument("--feeds", type=int, default=200)
    words.add_argument("--rounds", type=int, default=20)
    said = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, played(said.feeds, 20, 10):
        settings = configuration.load(
            {
                "AGGREGATOR_DATA_DIR": folder,
                "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
                "AGGREGATOR_FETCH_HOST_RATE": "100000",
            }
        )
        database = open_database(settings.database)
        upkeep.upgrade(database)
        with database.writing() as c:
            for url in farm.addresses(said.feeds, 20, PORT):
                feeds.add(c, url, now=_now(), interval=timedelta(hours=1))
        sys.stdout.write(f"{'round':>5} {'new':>6} {'poller':>6} {'all':>6}\n")
        asyncio.run(_rounds(database, settings, said.rounds))
        database.close()


if __name__ == "__main__":
    main()
