"""Polling by workers on any number of machines: jobs of procrastinate, kept in PostgreSQL.

A job is the due feeds of one host, not one feed: that is polite (one host is asked by one worker at
a time) and cheap (a job costs some milliseconds, a poll a fraction of one). The feeds' table stays
the truth: a claim makes a poll happen once, whoever was told to do it. So a job is never tried
again and leaves nothing behind, however it ended: what is still due is ordered by the next tick.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from aggregator import log
from aggregator.errors import StoreError
from aggregator.poller import Poller
from aggregator.settings import Settings
from aggregator.store import Database, feeds, open_database

_log = logging.getLogger("aggregator.queue")
_QUEUE = "polls"
_TASK = "poll_host"
# Orders that wait at a time. PostgreSQL looks through all of them for each job that it hands out:
# 6 ms a job with up to a thousand, 23 ms with two thousand. Later ticks order the other hosts.
_MOST_WAITING = 500
_BEATS = 4  # heartbeats that a worker may miss before it counts as dead


def _now() -> datetime:
    return datetime.now(UTC)


def _conninfo(url: str) -> str:
    """Return an SQLAlchemy URL as PostgreSQL's own client library reads it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def _unusable(error: ConnectorException) -> StoreError:
    """Say what is wrong; the library's own words are "Database error."."""
    said = str(error.__cause__ or error).strip().partition("\n")[0]
    return StoreError(f"the job queue cannot be used: {said}")


def _order(host: str) -> Job:
    """Return the job of a host.

    The queueing lock lets one order wait, not two; the lock lets one be under way, not two. So what
    becomes due while a host's job runs is ordered again, and done afterwards.
    """
    return Job(
        queue=_QUEUE,
        task_name=_TASK,
        queueing_lock=f"poll:{host}",
        lock=f"host:{host}",
        task_kwargs={"host": host},
    )


class Jobs:
    """The queue, opened; an async context manager."""

    def __init__(self, settings: Settings, *, connections: int = 1) -> None:
        self._beat_s = float(settings.poll_tick_s)
        self._grace_s = settings.fetch_total_s
        self.app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=_conninfo(settings.database), min_size=1, max_size=connections
            )
        )
        self.app.task(name=_TASK, queue=_QUEUE)(self._poll_host)
        self._poller: Poller | None = None  # of a worker
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            await self.app.open_async()
            if not await self.app.check_connection_async():
                await self._create()
        except ConnectorException as error:
            raise _unusable(error) from error
        return self

    async def _create(self) -> None:
        try:
            await self.app.schema_manager.apply_schema_async()
        except ConnectorException:  # another process was faster
            if not await self.app.check_connection_async():
                raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.app.close_async()

    async def order(self, hosts: Sequence[str]) -> int:
        """Order a poll of what is due on each host, as far as there is room for more orders.

        Args:
            hosts: the one that waits longest first.

        Returns:
            How many orders were new.

        Raises:
            StoreError: the queue cannot be used just now.
        """
        if not hosts:
            return 0
        try:
            waiting = await self.app.job_manager.list_jobs_async(queue=_QUEUE, status="todo")
            known = {job.queueing_lock for job in waiting}
            wanted = [job for job in map(_order, hosts) if job.queueing_lock not in known]
            room = max(0, _MOST_WAITING - len(known))
            return await self._defer(wanted[:room])
        except ConnectorException as error:
            raise _unusable(error) from error

    async def _defer(self, jobs: list[Job]) -> int:
        if not jobs:
            return 0
        try:
            await self.app.job_manager.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:  # another process orders as well
            if len(jobs) == 1:
                return 0
            half = len(jobs) // 2
            return await self._defer(jobs[:half]) + await self._defer(jobs[half:])
        return len(jobs)

    async def work(self, poller: Poller, stop: asyncio.Event, *, wait: bool = True) -> None:
        """Take jobs, `poll_concurrency` at once, until `stop` is set; what has begun is finished.

        Args:
            poller: makes the polls.
            stop: set by the caller.
            wait: False: return as soon as there are no more jobs.

        Raises:
            StoreError: the queue cannot be used just now.
        """
        self._poller, self._stop = poller, stop
        worker = asyncio.create_task(
            self.app.run_worker_async(
                queues=[_QUEUE],
                concurrency=poller.tools.settings.poll_concurrency,
                wait=wait,
                shutdown_graceful_timeout=self._grace_s,
                update_heartbeat_interval=self._beat_s,
                stalled_worker_timeout=self._beat_s * _BEATS,
                abort_job_polling_interval=3600.0,  # nobody aborts our jobs
                delete_jobs="always",
                install_signal_handlers=False,
            )
        )
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        worker.cancel()  # its way to be told to finish what it has begun
        try:
            await worker
        except asyncio.CancelledError:
            pass
        except ConnectorException as error:
            raise _unusable(error) from error

    async def _poll_host(self, host: str) -> None:
        """Do a job."""
        if self._poller is None:
            raise RuntimeError("only a worker does jobs")
        try:
            await self._poller.poll_host(host, self._stop.is_set)
        except StoreError as error:  # what is still due is ordered again
            _log.warning("poll.host", extra={"f": {"host": host, "error": str(error)}})

    async def bury(self) -> int:
        """Take the jobs of workers that died out of the queue, so that their hosts are free again.

        They are not put back: that fails where the host was ordered anew meanwhile, and is of no
        use, because the next tick orders what is due. Return how many there were.

        Raises:
            StoreError: the queue cannot be used just now.
        """
        manager = self.app.job_manager
        silent_s = self._beat_s * _BEATS
        count = 0
        try:
            for job in await manager.get_stalled_jobs(
                queue=_QUEUE, seconds_since_heartbeat=silent_s
            ):
                count += await self._drop(job)
            await manager.prune_stalled_workers(silent_s)
        except ConnectorException as error:
            raise _unusable(error) from error
        return count

    async def _drop(self, job: Job) -> bool:
        try:
            await self.app.job_manager.finish_job_by_id_async(
                job_id=job.id or 0, status=Status.FAILED, delete_job=True
            )
        except ConnectorException:  # another worker was faster, or it has ended after all
            return False
        _log.warning("job.buried", extra={"f": {"host": job.task_kwargs.get("host")}})
        return True


def due_hosts(database: Database) -> tuple[str, ...]:
    """Return the hosts that have feeds to be polled now."""
    with database.reading() as c:
        return feeds.due_hosts(c, _now())


def work(settings: Settings) -> None:
    """Take jobs until told to stop (SIGTERM or SIGINT); what is under way is finished first."""
    log.configure(settings.log_level, settings.log_style)
    database = open_database(settings.database)
    try:
        asyncio.run(_work(settings, database))
    finally:
        database.close()


async def _work(settings: Settings, database: Database) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Jobs(settings, connections=2) as jobs, Poller(database, settings, _now) as poller:
        housekeeper = asyncio.create_task(_keep_house(jobs, poller, settings.poll_tick_s))
        started = {"part": "worker", "concurrency": settings.poll_concurrency}
        _log.info("app.start", extra={"f": started})
        while not stop.is_set():
            try:
                await jobs.work(poller, stop)
            except StoreError as error:  # the database may come back
                _log.warning("worker.waits", extra={"f": {"error": str(error)}})
            if not stop.is_set():
                await _wait(stop, settings.poll_tick_s)
        housekeeper.cancel()
        await asyncio.gather(housekeeper, return_exceptions=True)
    _log.info("app.stop", extra={"f": {"part": "worker"}})


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _keep_house(jobs: Jobs, poller: Poller, every_s: float) -> None:
    """Free, again and again, what workers held that were killed: their jobs, and their claims."""
    while True:
        try:
            await jobs.bury()
            await poller.void_dead()
        except StoreError as error:
            _log.warning("queue.house", extra={"f": {"error": str(error)}})
        await asyncio.sleep(every_s)
