"""Many feeds at once: claims what is due, polls it, and stores what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from aggregator import process
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import DueFeed, FeedStatus, Outcome, Poll, Saved
from aggregator.poll import Tools, failed, fetcher_of, poll_feed
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Connection, Database, claims, feeds

_log = logging.getLogger("aggregator.poll")


class Poller:
    """Opens what polls need and closes it again.

    ::

        async with Poller(database, settings, clock) as poller:
            async for feed, poll in poller.run(every=True): ...
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Callable[[], datetime],
        not_after: Callable[[], datetime] | None = None,
    ) -> None:
        self.tools = Tools(
            database=database,
            settings=settings,
            fetcher=fetcher_of(settings),
            stages=Stages(settings),
            clock=clock,
            not_after=not_after or clock,
        )
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._landed: asyncio.Queue[tuple[DueFeed, Poll]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(_void_claims_of_the_dead, self.tools.database)
        await self.tools.fetcher.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._land()
        await self.tools.fetcher.__aexit__(kind, error, trace)
        self.tools.stages.close(kill=kind is not None)

    async def run(
        self, *, ids: Sequence[int] | None = None, every: bool = False
    ) -> AsyncIterator[tuple[DueFeed, Poll]]:
        """Poll what is due (or `ids`, or every active feed); yield each poll once it is stored."""
        waiting = list(ids) if ids is not None else None
        if every:
            waiting = await asyncio.to_thread(_active, self.tools)
        while True:
            await self.fill(waiting)
            if not self._flying:
                return
            for row in await self.collect():
                yield row

    async def fill(self, waiting: list[int] | None = None) -> None:
        """Claim as many feeds as there is room for, and start their polls.

        Args:
            waiting: ids still to be polled, due or not; those that are tried are taken off. None:
                what is due.
        """
        room = self.tools.settings.poll_concurrency - len(self._flying)
        while room > 0 and (waiting is None or waiting):
            chosen = None
            if waiting is not None:
                chosen, waiting[:] = waiting[:room], waiting[room:]
            claimed = await asyncio.to_thread(_claim, self.tools, chosen, room)
            for feed in claimed:
                self._flying[feed.id] = asyncio.create_task(self._fly(feed))
            room -= len(claimed)
            if waiting is None:
                break

    async def _fly(self, feed: DueFeed) -> None:
        await self._landed.put((feed, await poll_feed(feed, self.tools)))

    async def collect(self) -> list[tuple[DueFeed, Poll]]:
        """Wait for polls to end, store all that have, and return them."""
        batch = [await self._landed.get()]
        while not self._landed.empty():
            batch.append(self._landed.get_nowait())
        try:
            return await asyncio.to_thread(_store, self.tools, batch)
        finally:
            for feed, _ in batch:
                self._flying.pop(feed.id, None)

    async def poll_host(self, host: str) -> int:
        """Poll what is due on one host; return how many feeds that were."""
        ids = await asyncio.to_thread(_due_of, self.tools, host)
        claimed = await asyncio.to_thread(_claim, self.tools, ids, len(ids)) if ids else ()
        polls = [(feed, await poll_feed(feed, self.tools)) for feed in claimed]
        if polls:
            await asyncio.to_thread(_store, self.tools, polls)
        return len(polls)

    async def _land(self) -> None:
        """Stop what is under way and give its claims back, so that nobody need wait for them."""
        left = dict(self._flying)
        for task in left.values():
            task.cancel()
        await asyncio.gather(*left.values(), return_exceptions=True)
        self._flying.clear()
        if left:
            await asyncio.to_thread(_release, self.tools, list(left))


def _active(tools: Tools) -> list[int]:
    with tools.database.reading() as c:
        rows = feeds.all_feeds(c, trial=None)
    return [row.id for row in rows if row.status in (FeedStatus.ACTIVE, FeedStatus.FAILING)]


def _void_claims_of_the_dead(database: Database) -> None:
    """Free what a poller on this machine held when it was killed: nobody should wait for it."""
    with database.reading() as c:
        ended = [name for name in claims.owners(c) if process.has_ended(name)]
    if ended:
        with database.writing() as c:
            _log.info("poll.voided", extra={"f": {"claims": claims.void(c, ended)}})


def _due_of(tools: Tools, host: str) -> tuple[int, ...]:
    with tools.database.reading() as c:
        return feeds.due_of(c, host, tools.clock())


def _claim(tools: Tools, ids: Sequence[int] | None, limit: int) -> tuple[DueFeed, ...]:
    with tools.database.writing() as c:
        return feeds.claim(
            c,
            tools.clock(),
            lease=timedelta(seconds=tools.settings.poll_lease_s),
            limit=limit,
            ids=ids,
            owner=process.me(),
        )


def _release(tools: Tools, ids: Sequence[int]) -> None:
    with tools.database.writing() as c:
        feeds.release(c, ids)


def _store(tools: Tools, batch: list[tuple[DueFeed, Poll]]) -> list[tuple[DueFeed, Poll]]:
    """Store finished polls in one transaction; when that fails, each in its own."""
    try:
        with tools.database.writing() as c:
            return [(feed, _finish(c, feed, poll, tools)) for feed, poll in batch]
    except Exception:
        if len(batch) > 1:
            return [row for single in batch for row in _store(tools, [single])]
        feed, poll = batch[0]
        _log.exception("poll.bug", extra={"f": {"feed_id": feed.id, "url": feed.url}})
        lost = failed(feed, AggregatorError("what was fetched could not be stored"), tools, poll)
        try:
            with tools.database.writing() as c:
                return [(feed, _finish(c, feed, lost, tools))]
        except StoreError as error:
            return [(feed, replace(lost, error=str(error)))]


def _finish(c: Connection, feed: DueFeed, poll: Poll, tools: Tools) -> Poll:
    saved: Saved = feeds.finish(c, poll, tools.clock())
    done = replace(poll, entries_new=len(saved.new), entries_changed=len(saved.changed))
    level = logging.WARNING if done.outcome is Outcome.FAILED else logging.INFO
    fields = {
        "feed_id": feed.id,
        "url": feed.url,
        "outcome": done.outcome,
        "status": done.http_status,
        "new": done.entries_new,
        "changed": done.entries_changed,
        "bytes": done.body_bytes,
        "ms": round(done.duration.total_seconds() * 1000),
        "next_s": round((done.next_poll_at - done.started_at).total_seconds()),
    }
    if done.error:
        fields["error"] = done.error
    _log.log(level, "poll.done", extra={"f": fields})
    return done
