"""One polite, bounded, guarded GET. Feeds, article pages and robots rules all come through it.

Each hop of a fetch waits its turn at its host (`hosts`), has its address checked (`guard`) and is
asked; redirects are followed by hand (`walk`), answers read (`answers`) and bodies unpacked up to a
limit (`unpack`). One deadline is over everything but the waiting.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import aiohttp

from aggregator.errors import (
    AddressRefused,
    FetchError,
    RateLimited,
    TooLarge,
    Unreachable,
)
from aggregator.fetch import answers, wire
from aggregator.fetch.guard import Guard, GuardedResolver, Refused
from aggregator.fetch.hosts import Hosts, Resting
from aggregator.fetch.robots import Robots
from aggregator.fetch.unpack import CODINGS, Broken, Overfull
from aggregator.fetch.walk import REDIRECTS, Walk, begun, read_url
from aggregator.model import Fetched, FetchRequest, NotModified

_HEADER_BYTES = 65_536  # of all headers together; some sites send long policies
_HEADER_LINES = 256
_KEPT_S = 5.0  # that an unused connection is kept
_REST = timedelta(minutes=1)  # of a host that asks to be left alone and does not say how long
_REST_AT_MOST = timedelta(days=1)  # others write on the same host, and did not ask for more
_OVER = ("Got more than", "Too many headers")  # what aiohttp says of headers over the limit


@dataclass(kw_only=True, eq=False)
class Fetcher:
    """Keeps connections, hosts' turns and robots rules; an async context manager.

    One of these serves a whole program, on one event loop: `fetch` and `allowed` may run any number
    of times at once. Seconds, counts, and "host:port" names.
    """

    user_agent: str
    connect_s: float = 5.0  # to connect, TLS included
    read_s: float = 15.0  # between two pieces of an answer
    total_s: float = 60.0  # everything, redirects included
    max_redirects: int = 10
    per_host: int = 2  # connections at once to one host
    host_rate: float = 60.0  # requests a minute to one host, once the burst is used up
    host_burst: int = 20  # requests that one host may get before that
    concurrency: int = 64  # fetches at once
    allow_private: bool = False
    allow_hosts: tuple[str, ...] = ()  # may be private all the same

    def __post_init__(self) -> None:
        self._guard = Guard(allow_private=self.allow_private, allow_hosts=self.allow_hosts)
        self._slots = asyncio.Semaphore(self.concurrency)
        self._hosts = Hosts(places=self.per_host, burst=self.host_burst, rate=self.host_rate)
        self._robots = Robots(self.fetch, self.user_agent)
        self._resolver: GuardedResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._guard, self.concurrency)
        self._session = aiohttp.ClientSession(
            connector=wire.Connector(resolver=self._resolver, limit=0, keepalive_timeout=_KEPT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            request_class=wire.Request,
            headers={"User-Agent": self.user_agent, "Accept-Encoding": ", ".join(CODINGS)},
            auto_decompress=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_HEADER_LINES,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.connect_s, sock_read=self.read_s
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._robots.close()
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def fetch(self, request: FetchRequest) -> Fetched | NotModified:
        """Ask for one thing. Waiting for a turn at a host does not count as its time.

        Raises:
            AddressRefused: a private address, odd scheme or port, here or after a redirect.
            Unreachable: no answer, or not in time.
            TooLarge: the body is over `request.max_bytes`, or the headers over our limit.
            RateLimited: 429 or 503, or a redirect that is to be followed much later; or not asked,
                because the host has asked to be left alone (429) and the time is not over.
            Gone: 410.
            FetchError: any other answer that is no 200 or 304.
        """
        walk = begun(request)
        while walk.hops <= self.max_redirects:
            if walk.pause_s:
                await asyncio.sleep(walk.pause_s)
            answer = await self._turn(walk)
            if answer is not None:
                return answer
        raise FetchError(
            f"{walk.name} redirects more than {self.max_redirects} times: "
            "give the address that it ends at",
            url=request.url,
        )

    async def allowed(self, url: str) -> bool:
        """Tell whether the site's robots.txt lets us ask for a page.

        Waits its turn when the site sets a Crawl-delay (of which 10 s are honoured). Rules are
        remembered for a day. No rules: allowed. Feeds are made for programs and are asked for
        without this.

        Raises:
            FetchError: the rules cannot be had now, so nothing may be asked until they can.
        """
        try:
            return await self._robots.allowed(read_url(url))
        except ValueError:
            return False

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the sitemaps that the robots.txt of a page's site names, as it spells them.

        Raises:
            RateLimited: the site asks to be left alone.
        """
        try:
            return await self._robots.sitemaps(read_url(url))
        except ValueError:
            return ()

    async def _turn(self, walk: Walk) -> Fetched | NotModified | None:
        """Make the next hop once its host and this program have room for it."""
        try:
            self._guard.check(walk.url)
            host = self._hosts[(walk.url.host or "").rstrip(".")]
            await host.enter()
        except Refused as error:
            raise _refused(walk, error) from error
        except Resting as error:
            raise _not_asked(walk, error) from error
        try:
            async with self._slots:
                return await self._hop(walk)
        except RateLimited as error:
            if error.status == 429:
                wait = _REST if error.retry_after is None else error.retry_after
                host.rest(min(wait, _REST_AT_MOST))
            raise
        finally:
            host.leave()

    async def _hop(self, walk: Walk) -> Fetched | NotModified | None:
        """Ask within what is left of the time, and turn every library's error into ours."""
        address = walk.request.url
        walk.began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(walk.began + self.total_s - walk.spent_s):
                return await self._ask(walk)
        except Refused as error:
            raise _refused(walk, error) from error
        except Overfull as error:
            limit = walk.request.max_bytes
            raise TooLarge(
                f"{walk.name} is larger than the limit of {limit} bytes", url=address
            ) from error
        except Broken as error:
            raise FetchError(f"{walk.name} cannot be read: {error}", url=address) from error
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise self._failure(walk, error) from error
        finally:
            walk.spent_s += asyncio.get_running_loop().time() - walk.began

    async def _ask(self, walk: Walk) -> Fetched | NotModified | None:
        """Ask; None when the answer was a redirect and the walk has gone on."""
        if self._session is None:
            raise RuntimeError("a Fetcher is used within 'async with'")
        form = walk.request.form
        async with self._session.request(
            "POST" if form else "GET",
            walk.url,
            data=form or None,
            headers=walk.headers(),
            allow_redirects=False,
        ) as response:
            if sum(len(name) + len(value) for name, value in response.raw_headers) > _HEADER_BYTES:
                raise _headers_over(walk)
            if response.status in REDIRECTS:
                await answers.drained(response)
                answers.follow(walk, response)
                return None
            return await answers.read(walk, response)

    def _failure(self, walk: Walk, error: Exception) -> FetchError:
        """Say in words why there was no answer."""
        kind: type[FetchError] = Unreachable
        match error:
            case aiohttp.ConnectionTimeoutError():
                said = f"did not accept a connection within {self.connect_s:g} s"
            case aiohttp.SocketTimeoutError():
                said = f"sent nothing for {self.read_s:g} s"
            case TimeoutError():
                said = f"took longer than {self.total_s:g} s in all"
            case aiohttp.ClientConnectorDNSError() | socket.gaierror():
                said = f"cannot be found: the name {walk.url.host} is unknown"
            case aiohttp.ClientSSLError() | ssl.SSLError():
                said = f"has no secure connection: {_tls_reason(error)}"
            case aiohttp.ClientConnectorError():
                said = f"cannot be reached: {_reason(error)}"
            case aiohttp.InvalidURL() | ValueError():
                kind, said = AddressRefused, "is no address that can be asked"
            case aiohttp.ClientResponseError() if error.message.startswith(_OVER):
                return _headers_over(walk)
            case aiohttp.ClientResponseError():
                kind, said = FetchError, "answered with what is not HTTP"
            case _:
                said = "broke the connection off before its answer was complete"
        return kind(f"{walk.name} {said}", url=walk.request.url)


# -------------------------------------------------------------------------------------- in words


def _refused(walk: Walk, error: Refused) -> AddressRefused:
    return AddressRefused(f"{walk.name} is not asked: {error}", url=walk.request.url)


def _not_asked(walk: Walk, error: Resting) -> RateLimited:
    left = max(1, round(error.left.total_seconds()))
    return RateLimited(
        f"{walk.name} was not asked: {walk.url.host} has had too many requests from here and wants"
        f" to be left alone for another {left} s",
        url=walk.request.url,
        retry_after=error.left,
        host=walk.host,
    )


def _headers_over(walk: Walk) -> TooLarge:
    return TooLarge(
        f"{walk.name} answered with headers over the limit of {_HEADER_BYTES} bytes in"
        f" {_HEADER_LINES} lines",
        url=walk.request.url,
    )


def _reason(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error.os_error, ConnectionRefusedError):
        return "the connection was refused"
    return (error.os_error.strerror or str(error.os_error)).lower()


def _tls_reason(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    said = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or str(inner)
    return str(said).lower().replace("_", " ")
