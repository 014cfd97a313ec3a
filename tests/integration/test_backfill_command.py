"""`aggregator feeds backfill` as a process that is stopped, killed, watched, or beside `serve`."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.model import EntryQuery
from aggregator.store import Database, feeds
from tests import once
from tests.feeds import RECAP, Item, rss
from tests.integration.store_samples import follow as add
from tests.integration.store_samples import listed, other, save
from tests.site import Answer, Request, Site, free_port


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The database of the commands."""
    return once.database_at(tmp_path / "aggregator.sqlite3")


@pytest.fixture
def environ(tmp_path: Path, database: Database) -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    return plain | {
        "AGGREGATOR_DATA_DIR": str(tmp_path),
        "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_POLL_PROCESSES": "1",
        "AGGREGATOR_POLL_TICK_S": "1",
        "AGGREGATOR_FETCH_READ_S": "60",  # some answers are held until a server has started
    }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "aggregator", *words]


def call(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        command(*words), env=environ, check=True, stdout=subprocess.PIPE, text=True, timeout=60
    )
    return done.stdout


def titles(database: Database) -> list[str]:
    query = EntryQuery(listed_only=False, limit=0)
    return sorted(card.title for card in listed(database, query).items)


class Hold:
    """An answer that is held back the first time, until the test lets it go."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self, _: Request) -> Answer:
        if not self.asked.is_set():
            self.asked.set()
            self.go.wait(60)
        return self._answer


def archive(site: Site, pages: int, hold: int) -> Hold:
    """Archives that lead to each other; the one of number `hold` keeps its asker waiting."""
    held = Hold(Answer())
    for number in range(pages):
        older = f"/{number + 1}.xml" if number + 1 < pages else ""
        link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{older}"/>'
        post = Item(f"Post {number}", guid=f"guid-{number}", link=f"/{number}/")
        body = rss(post, link="/").replace("<channel>", f"<channel>{link if older else ''}")
        answer = Answer(body=body, content_type="application/rss+xml")
        if number == hold:
            held = Hold(answer)
        site.set(f"/{number}.xml", held if number == hold else answer)
    return held


def follow(database: Database, site: Site, path: str, newest: str = "/0/") -> None:
    """Follow a feed that was polled once, and brought one post."""
    number = add(database, site.url(path), now=datetime.now(UTC))
    post = other("guid-0", "Post 0", url=site.url(newest))
    save(database, number, post, now=datetime.now(UTC))


def test_a_killed_backfill_goes_on_where_it_was(
    environ: dict[str, str], database: Database, site: Site
) -> None:
    held = archive(site, 6, hold=3)
    follow(database, site, "/0.xml")
    with subprocess.Popen(command("feeds", "backfill", "1"), env=environ) as running:
        assert held.asked.wait(30)
        running.kill()
    held.go.set()
    assert titles(database) == ["Post 0", "Post 1", "Post 2"]
    assert call(environ, "feeds", "backfill", "1") == "read 3 older pages, 3 new entries\n"
    assert titles(database) == [f"Post {number}" for number in range(6)]
    assert [len(site.asked(f"/{number}.xml")) for number in (1, 2, 3, 4, 5)] == [1, 1, 2, 1, 1]


def test_a_killed_reading_of_the_sitemap_goes_on_where_it_was(
    environ: dict[str, str], database: Database, site: Site
) -> None:
    item = Item("Post 0", guid="guid-0", link=site.url("/2025/post-0/"))
    site.set("/feed.xml", Answer(body=rss(item)))
    rows = "".join(f"<url><loc>{site.url(f'/20{24 - n}/post-{n}/')}</loc></url>" for n in range(5))
    site.set("/sitemap.xml", Answer(body=f"<urlset>{rows}</urlset>"))
    held = Hold(Answer(status=404))
    for number in range(5):
        date = f'<meta property="article:published_time" content="20{24 - number}-05-01">'
        body = f"<html><head><title>P {number}</title>{date}</head><body>{RECAP}</body></html>"
        answer = Answer(body=body, content_type="text/html")
        held = Hold(answer) if number == 2 else held
        site.set(f"/20{24 - number}/post-{number}/", held if number == 2 else answer)
    follow(database, site, "/feed.xml", newest="/2025/post-0/")
    with subprocess.Popen(command("feeds", "backfill", "1"), env=environ) as running:
        assert held.asked.wait(30)
        running.kill()
    held.go.set()
    assert titles(database) == ["P 0", "P 1", "Post 0"]
    assert call(environ, "feeds", "backfill", "1") == "read 3 older pages, 3 new entries\n"
    assert titles(database) == [*(f"P {number}" for number in range(5)), "Post 0"]
    asked = [len(site.asked(f"/20{24 - number}/post-{number}/")) for number in range(5)]
    assert asked == [1, 1, 2, 1, 1]


def test_an_interrupted_backfill_says_how_to_go_on(
    environ: dict[str, str], database: Database, site: Site
) -> None:
    held = archive(site, 4, hold=2)
    follow(database, site, "/0.xml")
    running = subprocess.Popen(
        command("feeds", "backfill", "1"), env=environ, stderr=subprocess.PIPE, text=True
    )
    assert held.asked.wait(30)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    held.go.set()
    assert running.returncode == 130
    assert "stopped: read 1 older pages, 1 new entries; the same command goes on" in said
    assert "Traceback" not in said
    with database.writing() as c:
        assert feeds.due_of(c, "127.0.0.1", datetime(2100, 1, 1, tzinfo=UTC)), "it is free again"
    assert call(environ, "feeds", "backfill", "1") == "read 2 older pages, 2 new entries\n"


def test_a_limit_is_told(environ: dict[str, str], database: Database, site: Site) -> None:
    archive(site, 4, hold=-1)
    follow(database, site, "/0.xml")
    said = call(environ, "feeds", "backfill", "--limit", "2", site.url("/0.xml"))
    assert said == "read 2 older pages, 2 new entries (stopped at 2 pages; run it again to go on)\n"
    assert call(environ, "feeds", "backfill", "1") == "read 1 older pages, 1 new entries\n"


def test_a_terminal_shows_how_far_it_is(
    environ: dict[str, str], database: Database, site: Site
) -> None:
    held = archive(site, 4, hold=2)
    follow(database, site, "/0.xml")
    ours, theirs = pty.openpty()
    shown = environ | {"TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen(
        command("feeds", "backfill", "1"), env=shown, stderr=theirs, stdout=subprocess.DEVNULL
    ) as running:
        os.close(theirs)
        seen = b""
        while b"1 pages, 1 new entries" not in seen and select.select([ours], [], [], 30)[0]:
            seen += os.read(ours, 65_536)
        held.go.set()
        assert b"1 pages, 1 new entries, now at" in seen
        try:
            while os.read(ours, 65_536):
                pass
        except OSError:  # how Linux says that the other side has closed
            pass
        assert running.wait(30) == 0
    os.close(ours)


def test_serve_polls_other_feeds_meanwhile_and_leaves_this_one_alone(
    environ: dict[str, str], database: Database, site: Site
) -> None:
    held = archive(site, 9, hold=4)
    follow(database, site, "/0.xml")
    polled = Hold(Answer(body=rss()))
    backfill = subprocess.Popen(
        command("feeds", "backfill", "1"), env=environ, stdout=subprocess.PIPE, text=True
    )
    assert held.asked.wait(30)
    with database.writing() as c:
        feeds.poll_soon(c, 1, datetime(2000, 1, 1, tzinfo=UTC))
    add(database, site.set("/other.xml", polled), now=datetime(2001, 1, 1, tzinfo=UTC))
    polled.go.set()
    serve = subprocess.Popen(
        command("serve", "--port", str(free_port()), "--workers", "1"),
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert polled.asked.wait(30)
        assert len(site.asked("/0.xml")) == 1
        held.go.set()
        assert backfill.communicate(timeout=30)[0] == "read 8 older pages, 8 new entries\n"
        assert len(titles(database)) == 9
    finally:
        serve.terminate()
        assert serve.wait(30) == 0
