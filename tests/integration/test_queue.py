"""Workers: one parent that orders polls, two processes that make them, one PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh_schema
from tests.feeds import recap, rss
from tests.site import Answer, Site, free_port


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    with fresh_schema() as url:
        yield plain | {
            "AGGREGATOR_DATA_DIR": str(tmp_path),
            "AGGREGATOR_DATABASE_URL": url,
            "AGGREGATOR_QUEUE": "procrastinate",
            "AGGREGATOR_FEEDS_FILES": "[]",
            "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
            "AGGREGATOR_POLL_TICK_S": "1",
            "AGGREGATOR_POLL_PROCESSES": "1",
        }


def call(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", *words],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_workers_poll_what_serve_orders_and_each_feed_once(environ: dict[str, str]) -> None:
    call(environ, "db", "upgrade")
    serve = ("serve", "--port", str(free_port()), "--workers", "1")
    with Site() as site:
        for number in range(6):
            feed = rss(recap(number, title=f"Recap {number} of ResearchSoftCon 2025"))
            call(environ, "feeds", "add", site.set(f"/{number}.xml", Answer(body=feed)))
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "aggregator", *words],
                env=environ,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for words in (serve, ("worker",), ("worker", "--concurrency", "4"))
        ]
        try:
            end = time.monotonic() + 90
            polled: list[object] = []
            while time.monotonic() < end and len(polled) < 6:
                time.sleep(0.5)
                feeds = json.loads(call(environ, "feeds", "list", "--json"))
                polled = [feed for feed in feeds if feed["last_polled"] and feed["entries"]]
            assert len(polled) == 6
            for process in running:
                process.send_signal(signal.SIGTERM)
            assert [process.wait(30) for process in running] == [0, 0, 0]
        finally:
            for process in running:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        assert [len(site.asked(f"/{number}.xml")) for number in range(6)] == [1] * 6
