"""What a server's answer says: a body, nothing new, or a refusal, in words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from multidict import CIMultiDictProxy

from aggregator.errors import FetchError, Gone, RateLimited
from aggregator.fetch import wire
from aggregator.fetch.links import links
from aggregator.fetch.unpack import Overfull, Unpacker, coding_of
from aggregator.fetch.walk import Walk, read_url
from aggregator.model import Fetched, NotModified

_Headers = CIMultiDictProxy[str]
_FRESH_AT_MOST = timedelta(days=365)
_WAIT_AT_MOST = timedelta(days=7)  # no server that asks for more means it
_PAUSE_AT_MOST = timedelta(seconds=10)  # before a redirect is followed
_SPARED_BYTES = 65_536  # read of a page that only says no, in at most
_SPARED_S = 0.5
_ADVICE = {
    401: "it wants a login; use a public address, or put user:password@ in this one",
    402: "it wants to be paid; look for another address",
    403: "the server lets nobody like us in; ask its owner or look for another address",
    404: "check the address",
    410: "it is gone for good; remove it or find its new address",
    429: "it has had too many requests from here and asks to be left alone, try again {when}",
    451: "it is withheld for legal reasons",
    503: "it is overloaded or under repair and asks to be left alone, try again {when}",
}
_KINDS: dict[int, type[FetchError]] = {410: Gone, 429: RateLimited, 503: RateLimited}
_LOOK = "check the address in a browser"
_ASKED_TO_WAIT = "it asks to be left alone before its redirect is followed, try again {when}"


async def read(walk: Walk, response: aiohttp.ClientResponse) -> Fetched | NotModified:
    """Read an answer that is no redirect.

    Raises:
        FetchError, RateLimited, Gone: any status but 200, 203 and a 304 that was asked for; to a
            POST, any but 2xx.
        Overfull, Broken: the body.
    """
    headers, request = response.headers, walk.request
    if response.status == 304 and (wire.sent(request.etag) or wire.sent(request.last_modified)):
        return NotModified(
            url=str(walk.url),
            moved_to=walk.moved_to,
            etag=wire.kept(headers.get("ETag")) or request.etag,
            last_modified=wire.kept(headers.get("Last-Modified")) or request.last_modified,
            fresh_for=fresh_for(headers),
            elapsed=walk.elapsed(),
        )
    worked = response.status in (200, 203) or (request.form and response.status // 100 == 2)
    if not worked:
        await drained(response)
        raise _refusal(
            walk, response, _ADVICE.get(response.status), _KINDS.get(response.status, FetchError)
        )
    body = await _body(response, request.max_bytes)
    linked = _linked(walk, headers) if "Link" in headers else {}
    return Fetched(
        url=str(walk.url),
        moved_to=walk.moved_to,
        status=response.status,
        body=body,
        content_type=_text(headers.get("Content-Type", "")),
        etag=wire.kept(headers.get("ETag")),
        last_modified=wire.kept(headers.get("Last-Modified")),
        fresh_for=fresh_for(headers),
        hub_url=linked.get("hub"),
        self_url=linked.get("self"),
        elapsed=walk.elapsed(),
    )


async def drained(response: aiohttp.ClientResponse) -> None:
    """Read the little that may be left of an answer, so that its connection can be used again."""
    left = _SPARED_BYTES
    with suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_SPARED_S):
            async for piece in response.content.iter_any():
                left -= len(piece)
                if left < 0:
                    return


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


def follow(walk: Walk, response: aiohttp.ClientResponse) -> None:
    """Let a walk go where a redirect leads, after the pause that it asks for.

    Raises:
        FetchError, AddressRefused: it leads nowhere, in a circle, or to what is no address; it
            would make a GET of a POST (RFC 9110 section 15.4).
        RateLimited: it is to be followed much later (RFC 9110 section 10.2.3).
    """
    if walk.request.form and response.status not in (307, 308):
        # the others turn a POST into a GET (RFC 9110 section 15.4), which is not what was meant
        raise _refusal(walk, response, "it sends what it was given elsewhere, to be asked for")
    location = response.headers.get("Location", "").strip()
    if not location:
        raise _refusal(walk, response, "it does not say where to; give the address that it means")
    wait = retry_after(response.headers) or timedelta()
    if wait > _PAUSE_AT_MOST:
        raise _refusal(walk, response, _ASKED_TO_WAIT, RateLimited)
    walk.pause_s = wait.total_seconds()
    walk.hop(response.status, location)


def _refusal(
    walk: Walk,
    response: aiohttp.ClientResponse,
    advice: str | None,
    kind: type[FetchError] = FetchError,
) -> FetchError:
    """Say in words what a status other than 200 means for us."""
    status = response.status
    try:
        phrase = HTTPStatus(status).phrase.lower()
    except ValueError:
        phrase = "unknown status"
    other = "the fault is the server's, try again later" if status >= 500 else _LOOK
    wait = retry_after(response.headers)
    when = f"in {wait.total_seconds():.0f} s" if wait else "later"
    return kind(
        f"{walk.name} answered {status} ({phrase}): {(advice or other).format(when=when)}",
        url=walk.request.url,
        status=status,
        retry_after=wait,
        host=walk.host,
    )


def fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    """Return for how long an answer stays fresh (RFC 9111 section 4.2.1); None when not said.

    ``Cache-Control: max-age`` beats ``Expires``, which is compared with the server's own ``Date``.
    """
    control = headers.get("Cache-Control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    found = re.search(r'(?<![\w-])max-age\s*=\s*"?(\d{1,12})', control)
    if found:
        return _within(float(found.group(1)), _FRESH_AT_MOST) or None
    expires, now = _date(headers.get("Expires")), _date(headers.get("Date"))
    if not expires or not now:
        return None
    return _within((expires - now).total_seconds(), _FRESH_AT_MOST) or None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a server asks us to wait (RFC 9110 section 10.2.3); None when not said.

    A date is compared with the server's own ``Date`` where there is one, so that a wrong clock
    there does no harm. Between nothing and a week.
    """
    said = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"-?[0-9]+(\.[0-9]*)?", said):
        return _within(float(said), _WAIT_AT_MOST)
    until = _date(said)
    if until is None:
        return None
    now = _date(headers.get("Date")) or datetime.now(UTC)
    return _within((until - now).total_seconds(), _WAIT_AT_MOST)


def _within(seconds: float, most: timedelta) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), most.total_seconds()))


def _date(said: str | None) -> datetime | None:
    if not said:
        return None
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()[:500]


def _linked(walk: Walk, headers: _Headers) -> dict[str, str]:
    """Return the first web address that the Link headers name for each relation."""
    found: dict[str, str] = {}
    for target, relations in links(headers.getall("Link", ())):
        try:
            url = walk.url.join(read_url(target))
        except ValueError:
            continue
        if url.scheme in ("http", "https") and url.raw_host:
            for relation in relations:
                found.setdefault(relation, str(url))
    return found
