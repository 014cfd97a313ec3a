"""The poller's process: looks for due feeds every few seconds, and keeps house once a day."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import again, log, pace, websub
from aggregator.errors import StoreError
from aggregator.illustrate import illustrate
from aggregator.poller import Poller
from aggregator.queue import Jobs, due_hosts
from aggregator.settings import Settings
from aggregator.store import Database, due, open_database, upkeep

_log = logging.getLogger("aggregator.scheduler")


def _now() -> datetime:
    return datetime.now(UTC)


def run(settings: Settings) -> None:
    """Poll what is due until told to stop (SIGTERM or SIGINT), or until the parent process is gone.

    The body of a process of its own: parsing must never keep a page waiting.
    """
    log.configure(settings.log_level, settings.log_style)
    database = open_database(settings.database)
    try:
        asyncio.run(_serve(database, settings))
    finally:
        database.close()


def clockwork() -> AsyncIOScheduler:
    """Return a scheduler that does late what could not be done in time, once, and not never.

    By itself it would leave out what is a second late: on a machine that sleeps at night, what is
    to be done once a day would never be.
    """
    late = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    return AsyncIOScheduler(timezone=UTC, job_defaults=late)


async def _serve(database: Database, settings: Settings) -> None:
    parent = multiprocessing.parent_process()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        poller = await stack.enter_async_context(Poller(database, settings, _now))
        jobs = None
        if settings.queue == "procrastinate":
            jobs = await stack.enter_async_context(Jobs(settings))

        async def tick() -> None:
            if parent is not None and not parent.is_alive():
                stop.set()
                return
            try:
                if jobs:
                    await jobs.order(await asyncio.to_thread(due_hosts, database))
                else:
                    await poller.fill()
            except StoreError as error:  # the next tick tries again
                _log.warning("poll.tick", extra={"f": {"error": str(error)}})

        async def keep_house() -> None:
            await asyncio.to_thread(_keep_house, database, settings)

        works = clockwork()
        often = {"trigger": "interval", "seconds": settings.poll_tick_s}
        works.add_job(tick, **often, next_run_time=_now())
        works.add_job(illustrate, **often, args=[poller.tools])
        works.add_job(websub.keep, **often, args=[poller.tools])
        daily = _now() + timedelta(minutes=10)
        works.add_job(keep_house, "interval", hours=24, next_run_time=daily)
        works.add_job(  # once: after an upgrade all that is stored may be judged otherwise
            again.catch_up,
            args=[database, poller.tools.stages, settings, _now],
            next_run_time=_now() + timedelta(minutes=1),
        )
        works.start()
        collector = asyncio.create_task(_collect(poller, settings))
        _log.info("app.start", extra={"f": {"part": "poller", "tick_s": settings.poll_tick_s}})
        await stop.wait()
        works.shutdown(wait=False)
        collector.cancel()
        await asyncio.gather(collector, return_exceptions=True)
    _log.info("app.stop", extra={"f": {"part": "poller"}})


async def _collect(poller: Poller, settings: Settings) -> None:
    """Store what the polls bring, and begin further ones in their places, for ever."""
    while True:
        try:
            await poller.collect()
            await poller.fill()  # more may be due than there was room for
        except StoreError as error:  # what has ended is kept, and stored when that works again
            _log.warning("poll.unstored", extra={"f": {"error": str(error)}})
            await asyncio.sleep(settings.poll_tick_s)


def _keep_house(database: Database, settings: Settings) -> None:
    with database.writing() as c:
        upkeep.prune(c, _now(), timedelta(days=settings.poll_history_days))
        lease = timedelta(seconds=settings.poll_lease_s)
        late = due.put_right(c, _now(), longest=pace.longest(settings), lease=lease * 2)
    if late:
        _log.warning("clock.wrong", extra={"f": {"feeds": late, "was": "ahead"}})
