"""The whole circle of WebSub, with `aggregator serve` as its users run it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from aggregator.store import Database, open_database, upkeep
from aggregator.store.schema import feeds as table
from tests.feeds import Item, rss
from tests.hub import Hub, ask, signed
from tests.integration.store_samples import follow
from tests.site import Answer, Site, free_port


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'aggregator.sqlite3'}")
    upkeep.upgrade(opened)
    yield opened
    opened.close()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def chunked(url: str, parts: list[bytes], signature: str) -> int:
    """Send a body of unknown length, as some hubs do; return the status."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    headers = {"X-Hub-Signature": signature, "Transfer-Encoding": "chunked"}
    connection.request("POST", place.path, iter(parts), headers, encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_a_hub_tells_of_is_polled_within_seconds(database: Database, tmp_path: Path) -> None:
    port = free_port()
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    environ = plain | {
        "AGGREGATOR_DATA_DIR": str(tmp_path),
        "AGGREGATOR_BASE_URL": f"http://127.0.0.1:{port}/recaps",
        "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_POLL_TICK_S": "1",
        "AGGREGATOR_POLL_PROCESSES": "1",
    }
    command = [sys.executable, "-m", "aggregator", "serve", "--port", str(port), "--workers", "1"]
    with Site() as site:
        hub = Hub(site)
        headers = {"Link": f'<{hub.url}>; rel="hub"'}
        topic = site.set("/feed.xml", Answer(body=rss(Item("One")), headers=headers))
        follow(database, topic, now=datetime(2001, 1, 1, tzinfo=UTC))
        serve = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: hub.subscribers)
            [(_, callback)] = hub.subscribers
            for sent in (hub.publish(topic, b"<rss/>")[0].status, _chunked(hub, callback)):
                assert sent == 204
            _let_the_last_poll_be_long_ago(database)
            assert ask(callback, method="POST", body=b"unsigned").status == 204
            assert len(site.asked("/feed.xml")) == 1
            assert _chunked(hub, callback) == 204
            wait_for(lambda: len(site.asked("/feed.xml")) == 2, 20)
        finally:
            serve.terminate()
            assert serve.wait(30) == 0


def _chunked(hub: Hub, callback: str) -> int:
    parts = [b"<rss>", b"x" * 100_000, b"</rss>"]
    return chunked(callback, parts, signed(hub.asked[0].secret, b"".join(parts)))


def _let_the_last_poll_be_long_ago(database: Database) -> None:
    """Once a minute is what a hub may ask for, and no test should wait that long."""
    now = datetime.now(UTC)
    past, later = now - timedelta(minutes=5), now + timedelta(hours=1)
    with database.writing() as c:
        c.execute(update(table).values(last_polled_at=past, next_poll_at=later))
