"""What a site's robots.txt (RFC 9309) lets us ask, and how fast."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from protego import Protego
from yarl import URL

from aggregator.errors import FetchError, RateLimited, Unreachable
from aggregator.model import Fetched, FetchRequest, NotModified

_MAX_BYTES = 2_097_152  # of a file that is fetched
_READ_BYTES = 524_288  # of it that are read: RFC 9309 section 2.5 wants at least 500 KiB
_MAX_DELAY_S = 10.0  # a longer Crawl-delay is not honoured in full
_KEPT_S = 86_400.0  # section 2.4: at most a day
_KEPT_FAILED_S = 3_600.0
_KEPT_RATE_LIMITED_S = 60.0  # where the site did not say when to come again
_ORIGINS = 2_000  # remembered at once

Fetch = Callable[[FetchRequest], Awaitable[Fetched | NotModified]]


@dataclass(slots=True)
class _Rules:
    """What is known of one origin."""

    until: float  # loop time
    all_allowed: bool = False  # where there are no `lines`
    lines: Protego | None = None
    delay_s: float = 0.0
    free_at: float = 0.0  # loop time from when on the next page may be asked
    failure: FetchError | None = None  # why nothing is known; a later try may have more luck


class Robots:
    """Remembers the rules of origins; one file is asked for once, however many wait for it."""

    def __init__(self, fetch: Fetch, user_agent: str) -> None:
        self._fetch = fetch
        self._name = user_agent.partition("/")[0].strip() or "*"
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Rules]] = {}

    async def allowed(self, url: URL) -> bool:
        """Tell whether the page may be asked; waits its turn when the site sets a pace.

        Raises:
            FetchError: the rules cannot be had now (section 2.3.1.4: then nothing is allowed).
        """
        origin = str(url.origin())
        rules = await self._rules(origin)
        if rules.failure is not None:
            raise _unknown(rules, rules.failure, url)
        if rules.lines is None:
            return rules.all_allowed
        if not rules.lines.can_fetch(str(url), self._name):
            return False
        if rules.delay_s:
            now = asyncio.get_running_loop().time()
            turn = max(now, rules.free_at)
            rules.free_at = turn + rules.delay_s
            await asyncio.sleep(turn - now)
        return True

    async def sitemaps(self, url: URL) -> tuple[str, ...]:
        """Return the addresses of the sitemaps that the file names.

        Raises:
            RateLimited: the host asks to be left alone.
        """
        rules = await self._rules(str(url.origin()))
        if isinstance(rules.failure, RateLimited):
            raise _unknown(rules, rules.failure, url)
        return tuple(rules.lines.sitemaps) if rules.lines else ()

    async def close(self) -> None:
        """Stop asking for what nobody waits for any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _rules(self, origin: str) -> _Rules:
        known = self._known.get(origin)
        if known and known.until > asyncio.get_running_loop().time():
            return known
        task = self._asking.get(origin)
        if task is None:
            task = asyncio.create_task(self._ask(origin))
            self._asking[origin] = task
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _ask(self, origin: str) -> _Rules:
        rules = await self._read(origin)
        self._known[origin] = rules
        self._known.move_to_end(origin)
        if len(self._known) > _ORIGINS:
            self._known.popitem(last=False)
        return rules

    async def _read(self, origin: str) -> _Rules:
        request = FetchRequest(
            url=f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", max_bytes=_MAX_BYTES
        )
        try:
            answer = await self._fetch(request)
        except FetchError as error:
            return _without(error)
        body = answer.body[:_READ_BYTES] if isinstance(answer, Fetched) else b""
        lines = Protego.parse(body.decode("utf-8-sig", "replace"))
        delay_s = float(lines.crawl_delay(self._name) or 0.0)
        return _Rules(_from_now(_KEPT_S), lines=lines, delay_s=max(0.0, min(delay_s, _MAX_DELAY_S)))


def _from_now(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def _without(error: FetchError) -> _Rules:
    """Return what holds where there is no file to be had."""
    if isinstance(error, RateLimited):
        wait = error.retry_after.total_seconds() if error.retry_after else _KEPT_RATE_LIMITED_S
        return _Rules(_from_now(min(wait, _KEPT_S)), failure=error)
    if isinstance(error, Unreachable) or (error.status or 0) >= 500:
        return _Rules(_from_now(_KEPT_FAILED_S), failure=error)
    # Section 2.3.1.3: what is not there forbids nothing.
    absent = error.status is not None and 400 <= error.status < 500
    return _Rules(_from_now(_KEPT_S if absent else _KEPT_FAILED_S), all_allowed=absent)


def _unknown(rules: _Rules, error: FetchError, url: URL) -> FetchError:
    """Say why a page is not asked, and how much is left of the time that its site asked for."""
    left = timedelta(seconds=max(0.0, rules.until - asyncio.get_running_loop().time()))
    return type(error)(
        f"{url.with_user(None)} is not asked while its site's robots.txt cannot be had: {error}",
        url=str(url),
        status=error.status,
        retry_after=None if error.retry_after is None else min(left, error.retry_after),
        host=error.host,
    )
