"""What a site's robots.txt (RFC 9309) lets us ask, and how fast."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego
from yarl import URL

from aggregator.errors import FetchError, RateLimited, TooLarge
from aggregator.model import Fetched, FetchRequest, NotModified

_MAX_BYTES = 524_288  # RFC 9309 section 2.5 wants 500 KiB to be read
_MAX_DELAY_S = 10.0  # a longer Crawl-delay is not honoured in full
_KEPT_S = 86_400.0  # section 2.4: at most a day
_KEPT_FAILED_S = 3_600.0
_ORIGINS = 2_000  # remembered at once

Fetch = Callable[[FetchRequest], Awaitable[Fetched | NotModified]]


@dataclass(slots=True)
class _Rules:
    """What is known of one origin."""

    lines: Protego | None  # None: `all_allowed` decides
    all_allowed: bool
    until: float  # loop time
    delay_s: float = 0.0
    free_at: float = 0.0  # loop time from when on the next page may be asked


class Robots:
    """Remembers the rules of origins; one file is asked for once, however many wait for it."""

    def __init__(self, fetch: Fetch, user_agent: str) -> None:
        self._fetch = fetch
        self._name = user_agent.partition("/")[0].strip() or "*"
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Rules]] = {}

    async def allowed(self, url: URL) -> bool:
        """Tell whether the page may be asked; waits its turn when the site sets a pace."""
        origin = str(url.origin())
        rules = await self._rules(origin)
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

    async def _rules(self, origin: str) -> _Rules:
        known = self._known.get(origin)
        if known and known.until > asyncio.get_running_loop().time():
            return known
        task = self._asking.get(origin)
        if task is None:
            task = asyncio.create_task(self._ask(origin))
            self._asking[origin] = task
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        rules = await asyncio.shield(task)
        self._known[origin] = rules
        if len(self._known) > _ORIGINS:
            self._known.popitem(last=False)
        return rules

    async def _ask(self, origin: str) -> _Rules:
        now = asyncio.get_running_loop().time()
        request = FetchRequest(
            url=f"{origin}/robots.txt", accept="text/plain, */*;q=0.1", max_bytes=_MAX_BYTES
        )
        try:
            answer = await self._fetch(request)
        except TooLarge:
            return _Rules(None, True, now + _KEPT_S)
        except FetchError as error:
            # Section 2.3.1.3: what is not there forbids nothing; 2.3.1.4: what fails forbids all.
            absent = error.status is not None and 400 <= error.status < 500
            absent = absent and not isinstance(error, RateLimited)
            return _Rules(None, absent, now + (_KEPT_S if absent else _KEPT_FAILED_S))
        body = answer.body if isinstance(answer, Fetched) else b""
        lines = Protego.parse(body.decode("utf-8-sig", "replace"))
        delay_s = float(lines.crawl_delay(self._name) or 0.0)
        return _Rules(lines, True, now + _KEPT_S, max(0.0, min(delay_s, _MAX_DELAY_S)))
