"""One polite, bounded, guarded GET. Feeds, article pages and pictures all come through it.

Conditional requests (RFC 9110 section 13), redirects by hand, addresses checked on every hop
(`guard`), bodies unpacked up to a limit (`unpack`), one deadline over everything.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from aggregator.errors import (
    AddressRefused,
    FetchError,
    Gone,
    RateLimited,
    TooLarge,
    Unreachable,
)
from aggregator.fetch.guard import Guard, GuardedResolver, Refused
from aggregator.fetch.robots import Robots
from aggregator.fetch.unpack import Broken, Overfull, Unpacker, coding_of
from aggregator.model import Fetched, FetchRequest, NotModified

_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_HEADER_BYTES = 16_384  # one header line; some sites send long policies
_LONGEST = timedelta(days=365)  # no wait that a server asks for is believed beyond this
_ADVICE = {
    401: "it wants a login; use a public address, or put user:password@ in this one",
    403: "the server lets nobody like us in; ask its owner or look for another address",
    404: "check the address",
    410: "it is gone for good; remove it or find its new address",
    451: "it is withheld for legal reasons",
}


@dataclass(slots=True)
class _Walk:
    """How far one fetch has got through redirects."""

    request: FetchRequest
    url: URL  # without user and password
    login: tuple[str, str] | None
    started: float
    permanent: bool = True
    seen: set[URL] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The address for messages, without password."""
        first = _bare(_read_url(self.request.url))
        return str(first) if not self.seen else f"{first} (redirected to {self.url})"

    def hop(self, status: int, location: str) -> None:
        """Go where a redirect leads."""
        self.seen.add(self.url)
        target = self.url.join(_read_url(location)).with_fragment(None)
        if not _same_place(self.url, target):
            self.login = None
        elif target.user or target.password:
            self.login = (target.user or "", target.password or "")
        self.url = _bare(target)
        self.permanent = self.permanent and status in _PERMANENT
        if self.url in self.seen:
            raise FetchError(
                f"{self.name} redirects in a circle: check the address in a browser",
                url=self.request.url,
                status=status,
            )

    @property
    def moved_to(self) -> str | None:
        """The new address, with the login that is still valid there."""
        if not self.seen or not self.permanent:
            return None
        if self.login:
            return str(self.url.with_user(self.login[0]).with_password(self.login[1]))
        return str(self.url)


@dataclass(kw_only=True, eq=False)
class Fetcher:
    """Keeps connections, places per host and robots rules; an async context manager.

    One of these serves a whole program: `fetch` and `allowed` may run any number of times at once.
    Seconds, counts, and "host:port" names.
    """

    user_agent: str
    connect_s: float = 5.0  # to connect, TLS included
    read_s: float = 15.0  # between two pieces of an answer
    total_s: float = 60.0  # everything, redirects included
    max_redirects: int = 5
    per_host: int = 2  # connections at once to one host
    concurrency: int = 64  # fetches at once
    allow_private: bool = False
    allow_hosts: tuple[str, ...] = ()  # may be private all the same

    def __post_init__(self) -> None:
        self._guard = Guard(allow_private=self.allow_private, allow_hosts=self.allow_hosts)
        self._slots = asyncio.Semaphore(self.concurrency)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._robots = Robots(self.fetch, self.user_agent)
        self._resolver: GuardedResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._guard)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver, limit=0, limit_per_host=self.per_host
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
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
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def fetch(self, request: FetchRequest) -> Fetched | NotModified:
        """Ask for one thing. Waiting for a place at the host does not count as its time.

        Raises:
            AddressRefused: a private address, odd scheme or port, here or after a redirect.
            Unreachable: no answer, or not in time.
            TooLarge: the body is over `request.max_bytes`.
            RateLimited: 429 or 503.
            Gone: 410.
            FetchError: any other answer that is no 200 or 304.
        """
        try:
            url = _read_url(request.url)
        except ValueError as error:
            raise AddressRefused(f"{request.url!r} is no web address", url=request.url) from error
        async with self._place(url.raw_host or ""), self._slots:
            started = asyncio.get_running_loop().time()
            login = (url.user or "", url.password or "") if url.user or url.password else None
            walk = _Walk(request, _bare(url), login, started)
            return await self._guarded(walk)

    async def allowed(self, url: str) -> bool:
        """Tell whether the site's robots.txt lets us ask for a page.

        Waits its turn when the site sets a Crawl-delay (of which 10 s are honoured). Rules are
        remembered for a day. No rules: allowed. Rules that cannot be had: not allowed. Feeds are
        made for programs and are asked for without this.
        """
        try:
            return await self._robots.allowed(_read_url(url))
        except ValueError:
            return False

    def _place(self, host: str) -> asyncio.Semaphore:
        place = self._hosts.get(host)
        if place is None:
            place = asyncio.Semaphore(self.per_host)
            self._hosts[host] = place
        return place

    async def _guarded(self, walk: _Walk) -> Fetched | NotModified:
        """Run the fetch within its deadline and turn every library's error into ours."""
        address = walk.request.url
        try:
            async with asyncio.timeout(self.total_s):
                return await self._follow(walk)
        except Refused as error:
            raise AddressRefused(f"{walk.name} is not asked: {error}", url=address) from error
        except Overfull as error:
            raise TooLarge(
                f"{walk.name} is larger than the limit of {walk.request.max_bytes} bytes",
                url=address,
            ) from error
        except Broken as error:
            raise FetchError(f"{walk.name} cannot be read: {error}", url=address) from error
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise self._failure(walk, error) from error

    def _failure(self, walk: _Walk, error: Exception) -> FetchError:
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
            case aiohttp.ClientResponseError():
                kind, said = FetchError, "answered with what is not HTTP, or with too long headers"
            case _:
                said = "broke the connection off before its answer was complete"
        return kind(f"{walk.name} {said}", url=walk.request.url)

    async def _follow(self, walk: _Walk) -> Fetched | NotModified:
        if self._session is None:
            raise RuntimeError("a Fetcher is used within 'async with'")
        for _ in range(self.max_redirects + 1):
            self._guard.check(walk.url)
            async with self._session.get(
                walk.url, headers=self._headers(walk), allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or not location:
                    return await _answer(walk, response)
                walk.hop(response.status, location)
        raise FetchError(
            f"{walk.name} redirects more than {self.max_redirects} times: "
            "give the address that it ends at",
            url=walk.request.url,
        )

    def _headers(self, walk: _Walk) -> dict[str, str]:
        request = walk.request
        headers = {
            "User-Agent": self.user_agent,
            "Accept": request.accept,
            "Accept-Encoding": "gzip, deflate, br",
        }
        if request.etag and _sendable(request.etag):
            headers["If-None-Match"] = request.etag
        if request.last_modified and _sendable(request.last_modified):
            headers["If-Modified-Since"] = request.last_modified
        if walk.login:
            pair = f"{walk.login[0]}:{walk.login[1]}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers


# ------------------------------------------------------------------------------------- addresses


def _read_url(text: str) -> URL:
    """Return the address, not re-spelt when it can be sent as it is; ValueError if it cannot."""
    text = text.strip()
    plain = re.fullmatch(r"[!-~]+", text) is not None and "\\" not in text
    url = URL(text, encoded=plain)
    _ = url.raw_host  # read lazily else, and then the fault would show later
    return url


def _bare(url: URL) -> URL:
    return url.with_user(None).with_fragment(None) if url.host else url


def _same_place(old: URL, new: URL) -> bool:
    """Tell whether a login for `old` may be shown to `new`: same host, not less secure."""
    if old.host != new.host:
        return False
    secured = (old.scheme, new.scheme) == ("http", "https")
    return old.origin() == new.origin() or (
        secured and old.is_default_port() and new.is_default_port()
    )


def _sendable(validator: str) -> bool:
    return len(validator) <= 2_000 and validator.isprintable()


# --------------------------------------------------------------------------------------- answers


async def _answer(walk: _Walk, response: aiohttp.ClientResponse) -> Fetched | NotModified:
    headers, request = response.headers, walk.request
    asked = request.etag or request.last_modified
    if response.status == 304 and asked:
        return NotModified(
            url=str(walk.url),
            moved_to=walk.moved_to,
            etag=_validator(headers, "ETag") or request.etag,
            last_modified=_validator(headers, "Last-Modified") or request.last_modified,
            fresh_for=fresh_for(headers),
            elapsed=_since(walk),
        )
    if response.status not in (200, 203):
        raise _refusal(walk, response)
    body = await _body(response, request.max_bytes)
    return Fetched(
        url=str(walk.url),
        moved_to=walk.moved_to,
        status=response.status,
        body=body,
        content_type=_clean_header(headers.get("Content-Type", "")),
        etag=_validator(headers, "ETag"),
        last_modified=_validator(headers, "Last-Modified"),
        fresh_for=fresh_for(headers),
        elapsed=_since(walk),
    )


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    length = response.content_length
    if length is not None and length > limit:
        raise Overfull
    unpacker = Unpacker(coding_of(response.headers.get("Content-Encoding", "")), limit)
    received = 0
    async for piece in response.content.iter_any():
        received += len(piece)
        if received > limit:  # also of a packed body that unfolds to nothing
            raise Overfull
        unpacker.add(piece)
    return unpacker.finish()


def _refusal(walk: _Walk, response: aiohttp.ClientResponse) -> FetchError:
    """Say in words what a status other than 200 means for us."""
    status = response.status
    try:
        phrase = HTTPStatus(status).phrase.lower()
    except ValueError:
        phrase = "unknown status"
    said = f"{walk.name} answered {status} ({phrase})"
    url = walk.request.url
    if status in (429, 503):
        wait = retry_after(response.headers)
        until = f"in {int(wait.total_seconds())} s" if wait else "later"
        return RateLimited(
            f"{said}: it asks to be left alone, try again {until}",
            url=url,
            status=status,
            retry_after=wait,
        )
    if status == 410:
        return Gone(f"{said}: {_ADVICE[410]}", url=url, status=status)
    if status >= 500:
        advice = "the fault is the server's, try again later"
    else:
        advice = _ADVICE.get(status, "check the address in a browser")
    wait = retry_after(response.headers)
    return FetchError(f"{said}: {advice}", url=url, status=status, retry_after=wait)


def fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    """Return for how long an answer stays fresh (RFC 9111 section 4.2.1); None when not said.

    ``Cache-Control: max-age`` beats ``Expires``, which is compared with the server's own ``Date``.
    """
    control = headers.get("Cache-Control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    found = re.search(r'(?<![\w-])max-age\s*=\s*"?(\d{1,12})', control)
    if found:
        return _span(int(found.group(1)))
    expires, now = _date(headers.get("Expires")), _date(headers.get("Date"))
    return _span((expires - now).total_seconds()) if expires and now else None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a server asks us to wait (RFC 9110 section 10.2.3); None when not said.

    A date is compared with the server's own ``Date``, so that no clock but its own matters.
    """
    said = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,12}", said):
        return _span(int(said))
    until, now = _date(said), _date(headers.get("Date"))
    return _span((until - now).total_seconds()) if until and now else None


def _span(seconds: float) -> timedelta | None:
    if seconds <= 0:
        return None
    return min(timedelta(seconds=seconds), _LONGEST)


def _date(said: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None


def _since(walk: _Walk) -> timedelta:
    return timedelta(seconds=asyncio.get_running_loop().time() - walk.started)


def _clean_header(value: str) -> str:
    return value.encode("utf-8", "replace").decode()[:500]


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    """Return a validator that can be stored and sent again byte for byte, else None."""
    value = headers.get(name)
    return value if value and _sendable(value) else None


def _reason(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error.os_error, ConnectionRefusedError):
        return "the connection was refused"
    return (error.os_error.strerror or str(error.os_error)).lower()


def _tls_reason(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    said = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or str(inner)
    return str(said).lower().replace("_", " ")
