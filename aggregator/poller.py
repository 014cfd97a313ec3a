"""Many feeds at once: claims what is due, polls it, and stores what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from aggregator import process
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import DueFeed, Outcome, Poll
from aggregator.poll import Tools, failed, fetcher_of, poll_feed
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Database, claims, feeds

_log = logging.getLogger("aggregator.poll")
_AHEAD = 4  # feeds of one host are claimed for each of its connections: one is asked, three wait

_TOGETHER = 32  # polls that are stored in one transaction
_MOMENT_S = 1.0


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
        self._ended: list[tuple[DueFeed, Poll]] = []  # landed, not stored yet
        self._hosts: Counter[str] = Counter()  # of what is flying or has not been stored yet
        self._filling = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.void_dead()
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
        async with self._filling:
            while waiting is None or waiting:
                room = self.tools.settings.poll_concurrency - len(self._flying)
                if room <= 0:
                    return
                chosen = None
                if waiting is not None:
                    chosen, waiting[:] = waiting[:room], waiting[room:]
                claimed = await asyncio.to_thread(_claim, self.tools, chosen, room, self._shares())
                for feed in claimed:
                    if feed.id in self._flying:  # its poll outlives its claim, and will store
                        continue
                    self._flying[feed.id] = asyncio.create_task(self._fly(feed))
                    self._hosts[feed.host] += 1
                if waiting is None and not claimed:
                    return

    def _shares(self) -> feeds.Shares:
        settings = self.tools.settings
        most = min(settings.fetch_per_host * _AHEAD, settings.poll_concurrency // 4)
        return feeds.Shares(max(1, most), dict(self._hosts))

    async def _fly(self, feed: DueFeed) -> None:
        await self._landed.put((feed, await poll_feed(feed, self.tools)))

    async def collect(self) -> list[tuple[DueFeed, Poll]]:
        """Wait for polls to end, store all that have, and return them.

        Raises:
            StoreError: the database cannot be written just now. Nothing is lost: the next call
                tries again.
        """
        if not self._ended:
            self._ended.append(await self._landed.get())
        await self._gather()
        rows = await asyncio.to_thread(_store, self.tools, self._ended)
        for feed, _ in rows:
            self._flying.pop(feed.id, None)
            self._hosts[feed.host] -= 1
        self._hosts = +self._hosts
        self._ended.clear()
        return rows

    async def _gather(self) -> None:
        """Wait a moment for others to end: stored together they cost half of what each costs."""
        deadline = asyncio.get_running_loop().time() + _MOMENT_S
        try:
            async with asyncio.timeout_at(deadline):
                while len(self._ended) < min(_TOGETHER, len(self._flying)):
                    self._ended.append(await self._landed.get())
        except TimeoutError:
            pass

    async def poll_host(self, host: str, stopping: Callable[[], bool] = lambda: False) -> int:
        """Poll what is due on one host, so many feeds at once as it may be asked for.

        Each is claimed when its turn comes and stored when it has ended, so that a long row of them
        outlives no claim. Once `stopping` says so, no further one is begun.

        Returns:
            How many feeds were polled.

        Raises:
            StoreError: the database cannot be used just now.
        """
        if not await asyncio.to_thread(_due_of, self.tools, host):
            return 0
        lanes = (self._lane(host, stopping) for _ in range(self.tools.settings.fetch_per_host))
        done = await asyncio.gather(*lanes, return_exceptions=True)
        for error in done:
            if isinstance(error, BaseException):
                raise error
        return sum(count for count in done if isinstance(count, int))

    async def _lane(self, host: str, stopping: Callable[[], bool]) -> int:
        """Poll one feed of a host after the other until none is due."""
        count = 0
        while not stopping():
            claimed = await asyncio.to_thread(_claim, self.tools, None, 1, None, host)
            if not claimed:
                break
            [feed] = claimed
            try:
                done = await poll_feed(feed, self.tools)
            except asyncio.CancelledError:
                await asyncio.to_thread(_release, self.tools, [feed.id])
                raise
            try:
                await asyncio.to_thread(_store, self.tools, [(feed, done)])
            except StoreError:
                with contextlib.suppress(StoreError):
                    await asyncio.to_thread(_release, self.tools, [feed.id])
                raise
            count += 1
        return count

    async def void_dead(self) -> None:
        """Free what pollers on this machine held when they were killed."""
        await asyncio.to_thread(_void_claims_of_the_dead, self.tools.database)

    async def _land(self) -> None:
        """Stop what is under way and give its claims back, so that nobody need wait for them."""
        left = dict(self._flying)
        for task in left.values():
            task.cancel()
        await asyncio.gather(*left.values(), return_exceptions=True)
        self._flying.clear()
        try:
            if left:
                await asyncio.to_thread(_release, self.tools, list(left))
        except StoreError as error:  # whoever polls next sees that we are gone
            _log.warning("poll.unreleased", extra={"f": {"feeds": len(left), "error": str(error)}})


def _active(tools: Tools) -> list[int]:
    with tools.database.reading() as c:
        return feeds.polled(c)


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


def _claim(
    tools: Tools,
    ids: Sequence[int] | None,
    limit: int,
    shares: feeds.Shares | None = None,
    host: str | None = None,
) -> tuple[DueFeed, ...]:
    with tools.database.writing() as c:
        return feeds.claim(
            c,
            tools.clock(),
            lease=timedelta(seconds=tools.settings.poll_lease_s),
            limit=limit,
            ids=ids,
            host=host,
            shares=shares,
            owner=process.me(),
        )


def _release(tools: Tools, ids: Sequence[int]) -> None:
    with tools.database.writing() as c:
        feeds.release(c, ids)


def _store(tools: Tools, batch: Sequence[tuple[DueFeed, Poll]]) -> list[tuple[DueFeed, Poll]]:
    """Store finished polls in one transaction; when one is at fault, each in its own.

    Raises:
        StoreError: the database cannot be written; what was not stored may be tried again.
    """
    try:
        try:
            return _stored(tools, batch)
        except StoreError:  # it may have been in the way of another writer for a moment
            return _stored(tools, batch)
    except StoreError:
        raise
    except Exception:
        if len(batch) > 1:
            return [row for single in batch for row in _store(tools, [single])]
        [(feed, _)] = batch
        _log.exception("poll.bug", extra={"f": {"feed_id": feed.id, "url": feed.url}})
        lost = failed(feed, AggregatorError("what was fetched could not be stored"), tools)
        return _stored(tools, [(feed, lost)])


def _stored(tools: Tools, batch: Sequence[tuple[DueFeed, Poll]]) -> list[tuple[DueFeed, Poll]]:
    with tools.database.writing() as c:
        saved = feeds.finish(c, [poll for _, poll in batch], tools.clock())
    rows = [(feed, poll.counted(some)) for (feed, poll), some in zip(batch, saved, strict=True)]
    for feed, poll in rows:
        _tell(feed, poll)
    return rows


def _tell(feed: DueFeed, done: Poll) -> None:
    """Log how a poll ended."""
    level = logging.WARNING if done.asked and done.outcome is Outcome.FAILED else logging.INFO
    if not _log.isEnabledFor(level):
        return
    if not done.asked:
        told = {"feed_id": feed.id, "url": feed.url, "until": done.rests_until}
        _log.info("poll.rested", extra={"f": told})
        return
    if done.new_url:
        told = {"feed_id": feed.id, "from": feed.url, "to": done.new_url}
        _log.info("feed.moved", extra={"f": told})
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
