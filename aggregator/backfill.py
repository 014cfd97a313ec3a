"""Walks back through a feed's older pages, for what was published before it was followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aggregator import poll, process
from aggregator.errors import AggregatorError, FetchError, ParseError
from aggregator.model import DueFeed, Fetched, FetchRequest, Outcome, Poll
from aggregator.poll import FEED_TYPES, Tools
from aggregator.store import feeds, upkeep

_MOST_PAGES = 1000  # of one feed: a bound on servers that make pages up without end
_MOST_ROUNDS = 50  # of fetching article pages for one of them
_PAUSE_S = 1.0  # between two pages of one feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One older page that was read and stored."""

    url: str
    entries_new: int


async def backfill(feed_id: int, tools: Tools) -> AsyncIterator[Step]:
    """Read a feed's older pages, newest first, and store what is new; yield after each page.

    The way back is the feed's own links (RFC 5005: prev-archive, next), else ``?paged=2, 3, …`` as
    WordPress has it. It ends where there is no older page, where a page holds nothing new, or where
    the server says no. Where it was stopped half way, it goes on with the page that was next.

    Raises:
        AggregatorError: the feed itself cannot be read, or is being polled just now.
    """
    feed = await asyncio.to_thread(_claimed, tools, feed_id)
    key = f"backfill:{feed_id}"
    url = await asyncio.to_thread(_next_page, tools, key)
    try:
        if not url:
            url = await _first(feed, tools)
        for _ in range(_MOST_PAGES):
            if not url:
                break
            await asyncio.sleep(_PAUSE_S)
            found = await _older(feed, url, tools)
            if found is None:
                break
            step, older = found
            await asyncio.to_thread(_note, tools, key, older if step.entries_new else "")
            yield step
            if not step.entries_new:
                break
            url = older
        await asyncio.to_thread(_note, tools, key, "")
    finally:
        await asyncio.to_thread(_release, tools, feed_id)


def _claimed(tools: Tools, feed_id: int) -> DueFeed:
    lease = timedelta(seconds=tools.settings.poll_lease_s)
    with tools.database.writing() as c:
        claimed = feeds.claim(
            c, tools.clock(), lease=lease, limit=1, ids=[feed_id], owner=process.me()
        )
    if not claimed:
        raise AggregatorError(f"feed {feed_id} is being polled just now: try again in a minute")
    return claimed[0]


def _release(tools: Tools, feed_id: int) -> None:
    with tools.database.writing() as c:
        feeds.release(c, [feed_id])


def _next_page(tools: Tools, key: str) -> str:
    with tools.database.reading() as c:
        return upkeep.state(c, key) or ""


def _note(tools: Tools, key: str, url: str) -> None:
    with tools.database.writing() as c:
        upkeep.set_state(c, key, url)


async def _fetched(url: str, tools: Tools) -> Fetched:
    request = FetchRequest(url=url, accept=FEED_TYPES, max_bytes=tools.settings.fetch_max_bytes)
    answer = await tools.fetcher.fetch(request)
    if not isinstance(answer, Fetched):
        raise ParseError(f"{url} answered 304 to a first request", url=url)
    return answer


async def _first(feed: DueFeed, tools: Tools) -> str:
    """Return the address of the page before the feed's own."""
    answer = await _fetched(feed.url, tools)
    reading = await tools.stages.read(answer, {}, poll.rules_for(feed, tools))
    return reading.feed.older_url or _paged(answer.url, 2)


async def _older(feed: DueFeed, url: str, tools: Tools) -> tuple[Step, str] | None:
    """Read and store one older page; None where there is none."""
    saved, linked = 0, ""
    try:
        answer = await _fetched(url, tools)
        for _ in range(_MOST_ROUNDS):  # each fetches as many article pages as one poll may
            brought, linked = await poll.read_entries(feed, answer, tools)
            saved += await asyncio.to_thread(_store, tools, feed, brought)
            if brought.body_hash:  # else article pages are left to be fetched
                break
    except (FetchError, ParseError):  # WordPress answers 404 behind the last page
        return None
    number = dict(parse_qsl(urlsplit(url).query)).get("paged", "")
    older = linked or (_paged(url, int(number) + 1) if number.isdigit() else "")
    return Step(url=url, entries_new=saved), older


def _store(tools: Tools, feed: DueFeed, brought: Poll) -> int:
    with tools.database.writing() as c:
        row = feeds.get(c, feed.id)
        # An older page says nothing about the feed's own document: its validators stay as they are.
        kept = replace(
            brought,
            outcome=Outcome.CHANGED if brought.entries else Outcome.SAME,
            etag=feed.etag,
            last_modified=feed.last_modified,
            body_hash=feed.body_hash,
            interval=row.interval,
            next_poll_at=row.next_poll_at,
            new_url=None,
            error=None,
        )
        return len(feeds.finish(c, kept, tools.clock()).new)


def _paged(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "paged"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))
