"""Polling by workers on any number of machines: jobs of procrastinate, kept in PostgreSQL.

A job is the due feeds of one host, not one feed: that is polite (one host is asked by one worker at
a time) and cheap (a job costs some milliseconds, a poll a fraction of one). The feeds' table stays
the truth: a claim makes a poll happen once, whoever was told to do it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from aggregator import log
from aggregator.errors import StoreError
from aggregator.poller import Poller
from aggregator.settings import Settings
from aggregator.store import Database, feeds, open_database

_log = logging.getLogger("aggregator.queue")
_QUEUE = "polls"
_TASK = "poll_host"


def _now() -> datetime:
    return datetime.now(UTC)


def _conninfo(url: str) -> str:
    """Return an SQLAlchemy URL as PostgreSQL's own client library reads it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


class Jobs:
    """The queue, opened; an async context manager."""

    def __init__(self, settings: Settings) -> None:
        self.app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=_conninfo(settings.database))
        )

    async def __aenter__(self) -> Self:
        try:
            await self.app.open_async()
            if not await self.app.check_connection_async():
                await self._create()
        except ConnectorException as error:
            raise StoreError(f"the job queue cannot be used: {error}") from error
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

    async def order(self, hosts: tuple[str, ...]) -> int:
        """Order a poll of what is due on each host; return how many orders were new."""
        count = 0
        for host in hosts:
            job = self.app.configure_task(
                _TASK, queue=_QUEUE, queueing_lock=f"poll:{host}", lock=f"host:{host}"
            )
            try:
                await job.defer_async(host=host)
                count += 1
            except AlreadyEnqueued:
                continue
        return count


def due_hosts(database: Database) -> tuple[str, ...]:
    """Return the hosts that have feeds to be polled now."""
    with database.reading() as c:
        return feeds.due_hosts(c, _now())


def work(settings: Settings) -> None:
    """Take jobs until told to stop (SIGTERM or SIGINT); what is under way is finished first."""
    log.configure(settings.log_level, settings.log_style)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    database = open_database(settings.database)
    try:
        async with Jobs(settings) as jobs, Poller(database, settings, _now) as poller:

            @jobs.app.task(
                name=_TASK, queue=_QUEUE, retry=procrastinate.RetryStrategy(max_attempts=3, wait=30)
            )
            async def poll_host(host: str) -> None:
                await poller.poll_host(host)

            _log.info("app.start", extra={"f": {"part": "worker"}})
            await jobs.app.run_worker_async(
                queues=[_QUEUE],
                concurrency=settings.poll_concurrency,
                shutdown_graceful_timeout=settings.fetch_total_s,
                delete_jobs="successful",
            )
            _log.info("app.stop", extra={"f": {"part": "worker"}})
    finally:
        database.close()
