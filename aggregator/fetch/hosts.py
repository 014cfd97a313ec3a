"""How much is asked of one host: so many requests at once, so many a minute, and a rest if it asks.

A request needs a place and a token. Tokens come back at a steady pace (a token bucket), so that a
host may get a burst and after that a request now and then. Who waits is served in the order of
coming, holds nothing meanwhile, and leaves nothing behind when it is cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from datetime import timedelta

_KEPT = 1_000  # hosts remembered before those with nothing to remember are dropped
_WHOLE = 1 - 1e-6  # of a token: what floats make of one


class Resting(Exception):
    """The host wants to be left alone for `left` more."""

    def __init__(self, left: timedelta) -> None:
        super().__init__(left)
        self.left = left


class Host:
    """The places, tokens and rest of one host; lives on one event loop."""

    __slots__ = (
        "_burst",
        "_counted_at",
        "_free",
        "_loop",
        "_pace",
        "_places",
        "_rest_until",
        "_timer",
        "_tokens",
        "_waiting",
    )

    def __init__(self, places: int, burst: int, pace: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._places = self._free = places
        self._burst = burst
        self._pace = pace  # tokens a second
        self._tokens = float(burst)
        self._counted_at = self._loop.time()
        self._rest_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self) -> None:
        """Wait for a place and a token; whoever enters must `leave`.

        Raises:
            Resting: the host has asked to be left alone, before or meanwhile.
        """
        now = self._loop.time()
        if self._rest_until > now:
            raise self._resting(now)
        if not self._waiting and self._take(now):
            return
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        self._serve()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._tokens += 1  # was let in just now: nothing was asked for it
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to who waits."""
        self._free += 1
        self._serve()

    def rest(self, wait: timedelta) -> None:
        """Let nobody in for so long, those that wait already neither."""
        now = self._loop.time()
        self._rest_until = max(self._rest_until, now + wait.total_seconds())
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(self._resting(now))

    def is_idle(self) -> bool:
        """Tell whether there is nothing about this host that a new one would not know."""
        now = self._loop.time()
        self._count(now)
        unused = self._free == self._places and self._tokens >= self._burst and not self._waiting
        return unused and self._rest_until <= now

    def _resting(self, now: float) -> Resting:
        return Resting(timedelta(seconds=self._rest_until - now))

    def _count(self, now: float) -> None:
        came = (now - self._counted_at) * self._pace
        self._tokens = min(float(self._burst), self._tokens + came)
        self._counted_at = now

    def _take(self, now: float) -> bool:
        if not self._free:
            return False
        self._count(now)
        if self._tokens < _WHOLE:
            return False
        self._free -= 1
        self._tokens -= 1
        return True

    def _serve(self) -> None:
        """Let in who waits, as far as there are places and tokens; come back when tokens lack."""
        while self._waiting:
            if not self._waiting[0].done():  # else it was cancelled
                if not self._take(self._loop.time()):
                    break
                self._waiting[0].set_result(None)
            self._waiting.popleft()
        if self._waiting and self._free and self._timer is None:
            lacking = max(0.0, 1 - self._tokens) / self._pace
            self._timer = self._loop.call_later(lacking, self._again)

    def _again(self) -> None:
        self._timer = None
        self._serve()


class Hosts:
    """The hosts that have been asked of late."""

    def __init__(self, *, places: int, burst: int, rate: float) -> None:
        """Set what each host is asked.

        Args:
            places: requests at once.
            burst: requests that need not wait for the pace.
            rate: requests a minute after that.
        """
        self._places = places
        self._burst = burst
        self._pace = rate / 60
        self._known: dict[str, Host] = {}
        self._sweep_at = _KEPT

    def __getitem__(self, name: str) -> Host:
        """Return the host of that name."""
        host = self._known.get(name)
        if host is None:
            if len(self._known) >= self._sweep_at:
                self._known = dict(self._remembered())
                self._sweep_at = max(_KEPT, 2 * len(self._known))
            host = self._known[name] = Host(self._places, self._burst, self._pace)
        return host

    def _remembered(self) -> Iterator[tuple[str, Host]]:
        return ((name, host) for name, host in self._known.items() if not host.is_idle())
