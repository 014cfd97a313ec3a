"""Polls that are killed, kept waiting, run beside each other, or find the disk full."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from aggregator.errors import StoreError
from aggregator.model import Outcome, Poll
from aggregator.poller import Poller
from aggregator.scheduler import clockwork
from aggregator.settings import Settings
from aggregator.store import Database, due, feeds, limits, open_database, upkeep
from tests.feeds import Item, page, rss
from tests.polls import DAY, HOUR, NOW, Polls, dated, started
from tests.site import Answer, Request, Site

FEEDS = 12
BODY = dated(HOUR, 9 * HOUR)


def blog(number: int) -> str:
    """Return a feed with entries of its own."""
    names = tuple(f"{number}-{n}" for n in range(4))
    return rss(
        *(Item(f"Note {name}", guid=name, link=f"https://b.example/{name}") for name in names)
    )


# -------------------------------------------------------------------------------- several pollers


def test_two_pollers_never_ask_for_one_feed_at_once(polls: Polls, site: Site) -> None:
    paths = [f"/{number}" for number in range(16)]
    polls.follow(*(site.set(path, Answer(body=BODY, delay=0.05)) for path in paths))
    pollers = [started(polls, "poll", "--json") for _ in range(2)]
    reports = [json.loads(poller.communicate(timeout=60)[0]) for poller in pollers]
    assert [poller.returncode for poller in pollers] == [0, 0]
    assert Counter(request.path for request in site.requests) == dict.fromkeys(paths, 1)
    assert sorted(report["polled"] for report in reports)[1] <= 16
    assert sum(report["polled"] for report in reports) == 16


# ---------------------------------------------------------------------------------------- killed


def test_polls_that_are_killed_again_and_again_lose_and_double_nothing(
    polls: Polls, site: Site
) -> None:
    for number in range(FEEDS):
        site.set(f"/{number}", Answer(body=blog(number), headers={"ETag": f'"{number}"'}))
    ids = polls.follow(*(site.url(f"/{number}") for number in range(FEEDS)))
    dice = random.Random(7)  # noqa: S311 - the same moments in each run
    for asked in (1, 4, 9, 12):
        victim = started(polls, "poll")
        goal = len(site.requests) + asked
        while len(site.requests) < goal and victim.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.4))  # anywhere between an answer and the end
        victim.kill()
        victim.communicate()
        assert upkeep.check(polls.database) == []
    last = started(polls, "poll", "--json")
    report = json.loads(last.communicate(timeout=60)[0])
    assert report["failed"] == 0
    for number, feed in enumerate(ids):
        assert polls.guids(feed) == [f"{number}-{n}" for n in range(4)]
        assert polls.feed(feed).last_success_at is not None
    with polls.database.writing() as c:
        far = NOW + 9000 * DAY
        assert len(feeds.claim(c, far, lease=HOUR, limit=99)) == FEEDS, "none is still in hand"
    assert upkeep.check(polls.database) == []


def test_what_a_stopped_poll_had_in_hand_is_given_back(polls: Polls, site: Site) -> None:
    slow = Answer(body=BODY, delay=30)
    ids = polls.follow(*(site.set(f"/{number}", slow) for number in range(3)))
    stopped = started(polls, "poll")
    while len(site.requests) < 2:  # of one host two are asked at once
        time.sleep(0.01)
    stopped.send_signal(signal.SIGINT)
    assert stopped.wait(20) == 130
    _, said = stopped.communicate()
    assert "Traceback" not in said
    with polls.database.writing() as c:
        assert len(feeds.claim(c, NOW, lease=HOUR, limit=9)) == len(ids)


# ---------------------------------------------------------------------------------------- claims


def of_pages(polls: Polls, site: Site, path: str, pages: list[str], delay: float = 0) -> int:
    """Follow a feed whose entries are on pages that take `delay` seconds each."""
    for one in pages:
        site.set(one, Answer(body=page(Item("Note")), content_type="text/html", delay=delay))
    items = (Item(f"Note {one}", guid=one, link=site.url(one)) for one in pages)
    [feed] = polls.follow(site.set(path, Answer(body=rss(*items))))
    with polls.database.writing() as c:
        feeds.change(c, feed, full_text=True)
    return feed


def test_a_poll_with_many_slow_pages_ends_before_its_claim_does(polls: Polls, site: Site) -> None:
    polls.one(of_pages(polls, site, "/warm", ["/seen"]))  # loads what pages are read with
    assert site.asked("/seen")
    polls.settings = polls.settings.model_copy(update={"poll_lease_s": 5})
    pages = [f"/page-{number}" for number in range(9)]
    feed = of_pages(polls, site, "/feed", pages, delay=0.5)
    spent: list[timedelta] = []
    while len(spent) < 9 and not all(map(site.asked, pages)):
        spent.append(polls.one(feed, after=HOUR).duration)
        assert len(polls.guids(feed)) == 9
        assert site.asked("/page-0")
    assert max(spent) < timedelta(seconds=5)
    assert [len(site.asked(path)) for path in pages] == [1] * 9
    assert polls.one(feed, after=HOUR).outcome is Outcome.SAME


def test_a_poll_that_is_late_still_fetches_one_page(polls: Polls, site: Site) -> None:
    polls.settings = polls.settings.model_copy(update={"poll_lease_s": 0.001})
    pages = [f"/page-{number}" for number in range(3)]
    feed = of_pages(polls, site, "/feed", pages)
    for fetched in (1, 2, 3):
        polls.one(feed, after=HOUR)
        assert sum(len(site.asked(path)) for path in pages) == fetched


# ---------------------------------------------------------------------------------- wrong clocks


def test_what_a_clock_that_was_ahead_has_put_off_is_polled_when_it_is_right(
    polls: Polls, site: Site
) -> None:
    full = Answer(status=429, headers={"Retry-After": "360000"})
    well, busy, held, far = polls.follow(
        *(site.set(f"/{n}", Answer(body=BODY)) for n in range(3)), "http://127.0.0.2:9/"
    )
    polls.now += 3650 * DAY
    polls.all(well, busy, held)
    with polls.database.writing() as c:
        feeds.claim(c, polls.now, lease=HOUR, limit=1, ids=[held])
        due.rest(c, "127.0.0.2", polls.now + DAY, polls.now)
    polls.now -= 3650 * DAY
    site.set("/1", full)
    polls.one(busy)
    assert polls.all(after=4 * DAY) == {}
    assert _put_right(polls) == 3
    assert _put_right(polls) == 0
    assert polls.all().keys() == {well, held, far}, "what a server has asked for is kept to"


def test_what_a_clock_that_was_ahead_has_noted_limits_nobody_once_it_is_right(
    database: Database,
) -> None:
    with database.writing() as c:
        assert limits.take(c, "ada", NOW + 3650 * DAY, [(1, DAY)])
        assert limits.take(c, "ada", NOW, [(1, DAY)])
        assert not limits.take(c, "ada", NOW - HOUR, [(1, DAY)]), "machines' clocks differ a little"


def test_work_that_is_late_because_the_machine_slept_is_done_all_the_same() -> None:
    async def slept() -> list[str]:
        done: list[str] = []
        works = clockwork()
        works.add_job(done.append, args=["once"], next_run_time=datetime.now(UTC))
        works.add_job(done.append, "interval", seconds=0.5, args=["often"])
        works.start()
        time.sleep(2.5)  # nothing runs meanwhile, as on a machine that sleeps
        await asyncio.sleep(0.3)
        works.shutdown(wait=False)
        return done

    assert sorted(asyncio.run(slept())) == ["often", "once"]


def _put_right(polls: Polls) -> int:
    with polls.database.writing() as c:
        return due.put_right(c, polls.now, longest=8 * DAY, lease=HOUR)


# ---------------------------------------------------------------------------------------- locked


def test_a_poll_waits_for_another_writer(polls: Polls, site: Site) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(body=BODY)))
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with polls.database.writing() as c:
            c.execute(text("UPDATE feeds SET note = 'held'"))
            held.set()
            free.wait(20)

    def answer(_request: Request) -> Answer:
        writer.start()
        held.wait(20)
        threading.Timer(6, free.set).start()
        return Answer(body=BODY)

    writer = threading.Thread(target=hold)
    site.set("/feed", answer)
    begun = time.monotonic()
    assert polls.one(feed).outcome is Outcome.CHANGED
    writer.join()
    assert time.monotonic() - begun >= 6
    assert len(polls.guids(feed)) == 2


def test_a_writer_is_waited_for_half_a_minute(polls: Polls) -> None:
    if polls.database.dialect != "sqlite":
        pytest.skip("PostgreSQL waits as long as it takes")
    with polls.database.reading() as c:
        assert c.scalar(text("PRAGMA busy_timeout")) == 30_000


# ------------------------------------------------------------------------------------- full disk


@contextmanager
def full(database: Database, spare: int = 0) -> Iterator[None]:
    """Let the file of a database grow by so many pages and no more."""
    with database.reading() as c:
        most = c.execute(text("PRAGMA page_count")).scalar_one() + spare

    def limit(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {most}")  # type: ignore[attr-defined]

    def lift(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823")  # type: ignore[attr-defined]

    event.listen(database.engine, "checkout", limit)
    event.listen(database.engine, "checkin", lift)
    try:
        yield
    finally:
        event.remove(database.engine, "checkout", limit)
        event.remove(database.engine, "checkin", lift)


LONG = rss(*(Item(f"Post {n}", html="<p>Words.</p>" * 900, guid=f"{n}") for n in range(40)))


def test_a_full_disk_ends_the_run_in_words_and_loses_nothing(polls: Polls, site: Site) -> None:
    if polls.database.dialect != "sqlite":
        pytest.skip("SQLite alone can be told how large it may be")
    small, large = polls.follow(
        site.set("/small", Answer(body=BODY)), site.set("/large", Answer(body=LONG))
    )
    with full(polls.database, spare=5), pytest.raises(StoreError, match="the disk is full"):
        polls.all()
    assert upkeep.check(polls.database) == []
    assert polls.guids(large) == []
    polls.all()
    assert (len(polls.guids(small)), len(polls.guids(large))) == (2, 40)
    assert upkeep.check(polls.database) == []


def test_a_poller_that_stays_stores_what_it_has_when_there_is_room_again(
    polls: Polls, site: Site
) -> None:
    if polls.database.dialect != "sqlite":
        pytest.skip("SQLite alone can be told how large it may be")
    [feed] = polls.follow(site.set("/large", Answer(body=LONG)))

    async def run() -> list[Poll]:
        async with Poller(polls.database, polls.settings, lambda: NOW) as poller:
            await poller.fill()
            with full(polls.database):
                for _ in range(2):
                    with pytest.raises(StoreError, match="the disk is full"):
                        await poller.collect()
            return [poll for _, poll in await poller.collect()]

    [poll] = asyncio.run(run())
    assert (poll.outcome, poll.entries_new) == (Outcome.CHANGED, 40)
    assert len(site.requests) == 1
    assert len(polls.guids(feed)) == 40


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_the_command_says_that_the_disk_is_full_and_works_when_there_is_room(
    small_disk: Path, site: Site, settings: Settings
) -> None:
    url = f"sqlite:///{small_disk / 'a.sqlite3'}"
    database = open_database(url)
    upkeep.upgrade(database)
    polls = Polls(database, settings)
    [feed] = polls.follow(site.set("/large", Answer(body=LONG)))
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    done = started(polls, "poll")
    _, said = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "the disk is full" in said
    assert "Traceback" not in said
    filler.unlink()
    again = started(polls, "poll")
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert len(polls.guids(feed)) == 40
    assert upkeep.check(database) == []
    database.close()
