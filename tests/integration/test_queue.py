"""Workers: orders of polls in PostgreSQL, and processes that carry them out, stop, and die."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator import settings as configuration
from aggregator.poller import Poller
from aggregator.queue import Jobs, due_hosts
from aggregator.settings import Settings
from aggregator.store import Database, feeds, open_database, upkeep
from tests.conftest import fresh_schema
from tests.feeds import Item, rss
from tests.integration.store_samples import poll_of, statements
from tests.site import Answer, Request, Site, free_port

HOUR = timedelta(hours=1)
PAST = datetime(2001, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


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


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return configuration.load(environ)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings.database)
    upkeep.upgrade(opened)
    yield opened
    opened.close()


def follow(database: Database, *addresses: str) -> list[int]:
    with database.writing() as c:
        return [feeds.add(c, url, now=PAST, interval=HOUR) for url in addresses]


def polled(database: Database) -> int:
    """Return how many feeds have been polled."""
    with database.reading() as c:
        return sum(feed.last_polled_at is not None for feed in feeds.all_feeds(c))


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def jobs_of(database: Database) -> list[tuple[str, str]]:
    with database.reading() as c:
        rows = c.execute(text("SELECT lock, status::text FROM procrastinate_jobs ORDER BY id"))
        return [(row.lock, row.status) for row in rows]


def workers_of(database: Database) -> int:
    with database.reading() as c:
        if c.scalar(text("SELECT to_regclass('procrastinate_workers')")) is None:
            return 0
        return int(c.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one())


# ------------------------------------------------------------------------------------ the orders


def in_queue(settings: Settings, do: Callable[[Jobs], Awaitable[None]]) -> None:
    """Run something with an open queue."""

    async def run() -> None:
        async with Jobs(settings, connections=2) as jobs:
            await do(jobs)

    asyncio.run(run())


def test_a_host_is_ordered_once_however_often_it_is_asked_for(
    settings: Settings, database: Database
) -> None:
    async def order(jobs: Jobs) -> None:
        assert await jobs.order(["a.example", "b.example"]) == 2
        assert await jobs.order(["b.example", "c.example"]) == 1
        assert await jobs.order([]) == 0

    in_queue(settings, order)
    assert jobs_of(database) == [(f"host:{name}.example", "todo") for name in "abc"]


def test_no_more_orders_wait_than_are_handed_out_fast(
    settings: Settings, database: Database
) -> None:
    hosts = [f"host-{number}.example" for number in range(700)]

    async def order(jobs: Jobs) -> None:
        assert await jobs.order(hosts) == 500
        assert await jobs.order(hosts) == 0
        async with Poller(database, settings, now) as poller:
            await jobs.work(poller, asyncio.Event(), wait=False)
        assert await jobs.order(hosts[500:]) == 200

    in_queue(settings, order)
    assert len(jobs_of(database)) == 200


def test_orderers_at_the_same_time_order_each_host_once(
    settings: Settings, database: Database
) -> None:
    hosts = [f"host-{number}.example" for number in range(40)]

    async def order(first: Jobs) -> None:
        async with Jobs(settings) as second, Jobs(settings) as third:
            several = [jobs.order(hosts) for jobs in (first, second, third)]
            assert sum(await asyncio.gather(*several)) == 40

    in_queue(settings, order)
    assert len(jobs_of(database)) == 40


def test_what_is_ordered_while_its_host_is_polled_is_done_afterwards(
    settings: Settings, database: Database, site: Site
) -> None:
    [first] = follow(database, site.url("/1.xml"))
    ordered: list[int] = []
    at_once = [0, 0]  # requests now, and at most

    async def work(jobs: Jobs) -> None:
        loop = asyncio.get_running_loop()

        def meanwhile(_: Request) -> Answer:
            at_once[0] += 1
            at_once[1] = max(at_once)
            follow(database, site.set("/2.xml", Answer(body=rss(Item("Two")))))
            order = jobs.order(due_hosts(database))
            ordered.append(asyncio.run_coroutine_threadsafe(order, loop).result(30))
            at_once[0] -= 1
            return Answer(body=rss(Item("One")))

        site.set("/1.xml", meanwhile)
        await jobs.order(due_hosts(database))
        async with Poller(database, settings, now) as poller:
            await jobs.work(poller, asyncio.Event(), wait=False)
            assert jobs_of(database) == [("host:127.0.0.1", "todo")]
            await jobs.work(poller, asyncio.Event(), wait=False)

    in_queue(settings, work)
    assert ordered == [1]
    assert (len(site.asked("/1.xml")), len(site.asked("/2.xml"))) == (1, 1)
    assert jobs_of(database) == []
    assert first


def test_a_host_whose_feeds_others_have_costs_one_query(
    settings: Settings, database: Database, site: Site
) -> None:
    follow(database, *(site.url(f"/{number}.xml") for number in range(20)))
    with database.writing() as c:
        feeds.claim(c, now(), lease=HOUR, limit=20)
    assert due_hosts(database) == ()

    async def poll() -> int:
        async with Poller(database, settings, now) as poller:
            with statements(database) as said:
                count = await poller.poll_host("127.0.0.1")
            assert len(said) == 1
            return count

    assert asyncio.run(poll()) == 0
    assert not site.requests


def test_a_feed_that_another_process_has_polled_meanwhile_is_not_polled_again(
    settings: Settings, database: Database, site: Site
) -> None:
    def meanwhile(_: Request) -> Answer:
        with database.writing() as c:
            for feed in feeds.claim(c, now(), lease=HOUR, limit=9):
                feeds.finish(c, [poll_of(feed.id, now=now(), url=feed.url)], now())
        return Answer(body=rss())

    site.set("/0.xml", meanwhile)
    follow(database, *(site.url(f"/{number}.xml") for number in range(5)))

    async def poll() -> int:
        one_at_a_time = settings.model_copy(update={"fetch_per_host": 1})
        async with Poller(database, one_at_a_time, now) as poller:
            return await poller.poll_host("127.0.0.1")

    assert asyncio.run(poll()) == 1
    assert len(site.requests) == 1


def test_the_job_of_a_dead_worker_is_buried_also_when_its_host_was_ordered_anew(
    settings: Settings, database: Database
) -> None:
    async def die(jobs: Jobs) -> None:
        manager = jobs.app.job_manager
        await jobs.order(["a.example"])
        worker = await manager.register_worker()
        assert await manager.fetch_job(["polls"], worker)
        assert await jobs.bury() == 0, "it may still be alive"
        await jobs.order(["a.example"])
        with database.writing() as c:
            c.execute(text("UPDATE procrastinate_workers SET last_heartbeat = '2001-01-01'"))
        assert await jobs.bury() == 1
        assert await jobs.bury() == 0

    in_queue(settings, die)
    assert jobs_of(database) == [("host:a.example", "todo")]
    assert workers_of(database) == 0


def test_a_job_that_cannot_reach_the_database_leaves_nothing_behind(
    settings: Settings, database: Database, site: Site
) -> None:
    """Its feeds stay due, and its host free: the next tick orders it again."""
    follow(database, site.set("/1.xml", Answer(body=rss(Item("One")))))
    broken = settings.database.replace("search_path%3D", "search_path%3Dno_")
    lost = open_database(broken)

    async def work(jobs: Jobs) -> None:
        await jobs.order(due_hosts(database))
        async with Poller(database, settings, now) as poller:
            object.__setattr__(poller.tools, "database", lost)
            await jobs.work(poller, asyncio.Event(), wait=False)
            object.__setattr__(poller.tools, "database", database)

    in_queue(settings, work)
    lost.close()
    assert jobs_of(database) == []
    assert due_hosts(database) == ("127.0.0.1",)


# ----------------------------------------------------------------------------------- the workers


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "aggregator", *words]


class Crew:
    """`serve` to order, and workers; all are gone when the test ends."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command(*words),
            env=self._environ | more,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        return self.start("serve", "--port", str(free_port()), "--workers", "1")

    def stop(self) -> list[int]:
        """Ask all to stop; return their exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(30) for process in self.processes]

    def end(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def crew(environ: dict[str, str], database: Database) -> Iterator[Crew]:
    made = Crew(environ)
    assert database
    yield made
    made.end()


class Farm:
    """Feeds on many hosts, which note how many requests each has at a time."""

    def __init__(self, stack: ExitStack, hosts: int, feeds_each: int) -> None:
        self._lock = threading.Lock()
        self._now = dict.fromkeys(range(hosts), 0)
        self.most = dict.fromkeys(range(hosts), 0)
        self.sites = [stack.enter_context(Site(f"127.0.0.{n + 2}")) for n in range(hosts)]
        self.addresses = [
            site.set(f"/{number}.xml", self._answer(host, number))
            for host, site in enumerate(self.sites)
            for number in range(feeds_each)
        ]

    def _answer(self, host: int, number: int) -> Callable[[Request], Answer]:
        def reply(_: Request) -> Answer:
            with self._lock:
                self._now[host] += 1
                self.most[host] = max(self.most[host], self._now[host])
            time.sleep(0.05)  # what a server takes: requests at the same time must meet here
            with self._lock:
                self._now[host] -= 1
            return Answer(body=rss(Item(f"Post {host}-{number}", guid=f"{host}-{number}")))

        return reply

    def asked(self) -> list[str]:
        return [site.url(request.path) for site in self.sites for request in site.requests]


def test_three_workers_poll_each_feed_once_and_no_host_twice_as_hard(
    crew: Crew, database: Database
) -> None:
    with ExitStack() as stack:
        farm = Farm(stack, hosts=12, feeds_each=5)
        follow(database, *farm.addresses)
        crew.serve()
        for _ in range(3):
            crew.start("worker", "--concurrency", "4")
        wait_for(lambda: polled(database) == 60)
        wait_for(lambda: not jobs_of(database))
        assert crew.stop() == [0, 0, 0, 0]
        assert sorted(farm.asked()) == sorted(farm.addresses)
        assert max(farm.most.values()) == 2, "two are allowed, and used"
    with database.reading() as c:
        assert all(feed.entries == 1 for feed in feeds.all_feeds(c))


def test_the_feeds_of_a_killed_worker_are_polled_by_the_others(
    crew: Crew, database: Database, site: Site
) -> None:
    asked, go = threading.Event(), threading.Event()

    def hold(_: Request) -> Answer:
        if not asked.is_set():
            asked.set()
            go.wait(60)
        return Answer(body=rss(Item("Held")))

    rest = [site.set(f"/{number}.xml", Answer(body=rss())) for number in range(6)]
    follow(database, site.set("/held.xml", hold), *rest)
    crew.serve()
    victim = crew.start("worker")
    assert asked.wait(30)
    wait_for(lambda: polled(database) == 6)
    children = Path(f"/proc/{victim.pid}/task/{victim.pid}/children").read_text().split()
    crew.start("worker")
    victim.kill()
    victim.wait()
    wait_for(lambda: polled(database) == 7, 30)
    go.set()
    assert [len(site.asked(f"/{number}.xml")) for number in range(6)] == [1] * 6
    assert len(site.asked("/held.xml")) == 2
    assert children
    wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children), 10)
    wait_for(lambda: not jobs_of(database), 10)


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun_and_no_more(
    crew: Crew, database: Database, site: Site, settings: Settings
) -> None:
    asked, go = threading.Event(), threading.Event()

    def hold(_: Request) -> Answer:
        asked.set()
        go.wait(60)
        return Answer(body=rss(Item("Held")))

    follow(database, *(site.set(f"/{number}.xml", hold) for number in range(6)))

    async def order(jobs: Jobs) -> None:
        await jobs.order(due_hosts(database))

    in_queue(settings, order)
    worker = crew.start("worker")
    assert asked.wait(30)
    wait_for(lambda: len(site.requests) == 2)
    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: _is_stopping(worker))
    go.set()
    assert worker.wait(30) == 0
    assert (polled(database), len(site.requests)) == (2, 2)
    assert due_hosts(database) == ("127.0.0.1",), "the others are free to be polled"
    assert jobs_of(database) == []


def _is_stopping(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the process has taken the signal that it was sent."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    pending = next(line for line in status.splitlines() if line.startswith("ShdPnd"))
    return int(pending.split()[1], 16) == 0


def test_a_worker_outlives_a_break_of_its_connections(
    crew: Crew, database: Database, site: Site
) -> None:
    crew.serve()
    worker = crew.start("worker", PGAPPNAME="breaking")
    named = "FROM pg_stat_activity WHERE application_name = 'breaking'"

    def connections() -> int:
        with database.reading() as c:
            return int(c.execute(text(f"SELECT count(*) {named}")).scalar_one())

    wait_for(lambda: workers_of(database) == 1)
    assert connections() >= 2
    with database.writing() as c:
        c.execute(text(f"SELECT pg_terminate_backend(pid) {named}"))
    follow(database, site.set("/feed.xml", Answer(body=rss(Item("One")))))
    wait_for(lambda: polled(database) == 1)
    assert worker.poll() is None
    assert connections() <= 6


def test_workers_without_postgresql_say_what_is_missing(tmp_path: Path) -> None:
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    for queue in ("local", "procrastinate"):
        done = subprocess.run(
            command("worker"),
            env=plain | {"AGGREGATOR_DATA_DIR": str(tmp_path), "AGGREGATOR_QUEUE": queue},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "PostgreSQL" in done.stderr
        assert "database_url" in done.stderr.lower()
        assert len(done.stderr.splitlines()) == 1
