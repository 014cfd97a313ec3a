"""One feed through all stages, and many feeds at once.

As a pipeline of commands, a poll is::

    claim | fetch | parse | skip what is known | recognise | (fetch page) | clean | store

The network is awaited on one event loop; what needs no network runs in a pool of processes
(`ingest`); one writer stores finished polls, as many as there are in one transaction. Each poll is
all or nothing: a process that is killed loses at most work that the next poll does again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import pace
from aggregator.drafts import Draft, Rules
from aggregator.errors import (
    AggregatorError,
    FetchError,
    Gone,
    NotAFeed,
    ParseError,
    RateLimited,
    Unreachable,
)
from aggregator.fetch import Fetcher
from aggregator.model import (
    Correction,
    DueFeed,
    Fetched,
    FetchRequest,
    NewEntry,
    NotModified,
    Outcome,
    Poll,
)
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Database
from aggregator.store import entries as stored_entries

_log = logging.getLogger("aggregator.poll")

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)
_PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What polls need, opened once by the caller."""

    database: Database
    settings: Settings
    fetcher: Fetcher
    stages: Stages
    clock: Callable[[], datetime]  # the time of the run
    not_after: Callable[[], datetime]  # what is dated later has a wrong date


def fetcher_of(settings: Settings) -> Fetcher:
    """Return a fetcher with the limits of the settings; not opened yet."""
    return Fetcher(
        user_agent=settings.user_agent,
        connect_s=settings.fetch_connect_s,
        read_s=settings.fetch_read_s,
        total_s=settings.fetch_total_s,
        max_redirects=settings.fetch_max_redirects,
        per_host=settings.fetch_per_host,
        concurrency=settings.poll_concurrency,
        allow_private=settings.fetch_allow_private,
        allow_hosts=settings.fetch_allow_hosts,
    )


# ------------------------------------------------------------------------------------- one feed


async def poll_feed(feed: DueFeed, tools: Tools) -> Poll:
    """Poll one feed; what fails becomes a failed poll, bugs included (with a traceback logged)."""
    started = tools.clock()
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        poll = await _poll(feed, tools)
    except AggregatorError as error:
        poll = failed(feed, error, tools)
    except Exception:  # a bug must not stop the other feeds
        _log.exception("poll.bug", extra={"f": {"feed_id": feed.id, "url": feed.url}})
        poll = failed(feed, AggregatorError("this program failed; its log has the details"), tools)
    return replace(poll, started_at=started, duration=timedelta(seconds=clock() - begun))


async def _poll(feed: DueFeed, tools: Tools) -> Poll:
    answer = await tools.fetcher.fetch(
        FetchRequest(
            url=feed.url,
            etag=feed.etag,
            last_modified=feed.last_modified,
            accept=FEED_TYPES,
            max_bytes=tools.settings.fetch_max_bytes,
        )
    )
    if isinstance(answer, NotModified):
        return _unchanged(feed, answer, tools)
    try:
        return await _read(feed, answer, tools)
    except NotAFeed as error:
        if not feed.discover or not error.feed_links:
            raise
        return await _discovered(feed, answer, error, tools)


async def _discovered(feed: DueFeed, page: Fetched, found: NotAFeed, tools: Tools) -> Poll:
    """Go on with the first feed that the page announces; the page becomes the source's site."""
    link = found.feed_links[0]
    request = FetchRequest(
        url=link.url, accept=FEED_TYPES, max_bytes=tools.settings.fetch_max_bytes
    )
    answer = await tools.fetcher.fetch(request)
    if isinstance(answer, NotModified):
        raise ParseError(f"{link.url} answered 304 to its first request", url=link.url)
    poll = await _read(feed, answer, tools)
    return replace(
        poll,
        new_url=answer.moved_to or link.url,
        site_url=poll.site_url or page.url,
        candidates=found.feed_links,
    )


async def _read(feed: DueFeed, answer: Fetched, tools: Tools) -> Poll:
    body_hash = hashlib.sha256(answer.body).hexdigest()
    if body_hash == feed.body_hash:
        return _unchanged(feed, answer, tools)
    poll, _ = await read_entries(feed, answer, tools)
    return poll


def rules_for(feed: DueFeed, tools: Tools) -> Rules:
    """Return what the stages have to know of a feed and of the settings."""
    settings = tools.settings
    return Rules(
        now=tools.clock(),
        not_after=tools.not_after(),
        country=feed.country,
        licence=feed.licence,
        full_text=feed.full_text,
        max_entries=settings.entries_per_poll,
        max_bytes=settings.entry_max_bytes,
        threshold=settings.recap_threshold,
        config_dir=str(settings.config_dir),
    )


async def read_entries(feed: DueFeed, answer: Fetched, tools: Tools) -> tuple[Poll, str]:
    """Read a document of a feed, with the pages of its entries where those are needed.

    Returns:
        What is to be stored, and the address of the document with older entries, or nothing.

    Raises:
        ParseError: it is no feed, or none that can be read.
    """
    settings, rules = tools.settings, rules_for(feed, tools)
    known = await asyncio.to_thread(_known, tools, feed.id)
    reading = await tools.stages.read(answer, known, rules)
    completed, pending = await _completed(reading.drafts, rules, tools)
    entries = (*reading.entries, *completed)
    gap = pace.usual_gap(reading.dates, tools.clock())
    hint = max((h for h in (reading.feed.refresh_hint, answer.fresh_for) if h), default=None)
    interval = pace.next_interval(settings, gap=gap, hint=hint)
    poll = replace(
        _unchanged(feed, answer, tools),
        outcome=Outcome.CHANGED if entries else Outcome.SAME,
        body_hash=hashlib.sha256(answer.body).hexdigest(),
        interval=interval,
        next_poll_at=tools.clock() + pace.jittered(interval, settings),
        error="; ".join(reading.feed.problems) or None,
        title=reading.feed.title,
        site_url=reading.feed.site_url,
        summary_only=reading.summary_only,
        entries=entries,
    )
    older = reading.feed.older_url or ""
    if not pending:
        return poll, older
    # Pages are left to be fetched: the next poll comes soon, and must get the whole document again.
    soon = tools.clock() + pace.jittered(timedelta(), settings)
    again = replace(poll, etag=None, last_modified=None, body_hash=None, next_poll_at=soon)
    return again, older


async def _completed(
    drafts: Sequence[Draft], rules: Rules, tools: Tools
) -> tuple[list[NewEntry], bool]:
    """Fetch the pages of `drafts`, and judge them; tell whether pages are left for a later poll."""
    entries = []
    left = False
    for number, draft in enumerate(drafts):
        page, pending = None, True
        if number < tools.settings.pages_per_poll:
            page, again = await _page(draft.parsed.url, tools)
            pending = again and not draft.tried
        entries.append(await tools.stages.complete(draft, page, pending, rules))
        left = left or pending
    return entries, left


def _known(tools: Tools, feed_id: int) -> dict[str, tuple[str, tuple[Correction, ...]]]:
    with tools.database.reading() as c:
        rows = stored_entries.known(c, feed_id)
    return {guid: (row.content_hash, row.corrections) for guid, row in rows.items()}


async def _page(url: str, tools: Tools) -> tuple[Fetched | None, bool]:
    """Fetch an article's page where its robots.txt lets us.

    Returns:
        The page, None when there is none to be had, and whether a later try may have more luck.
    """
    try:
        if not await tools.fetcher.allowed(url):
            _log.info("page.robots", extra={"f": {"url": url}})
            return None, False
        request = FetchRequest(
            url=url, accept=_PAGE_TYPES, max_bytes=tools.settings.fetch_max_bytes
        )
        answer = await tools.fetcher.fetch(request)
    except FetchError as error:
        _log.info("page.failed", extra={"f": {"url": url, "error": str(error)}})
        passing = isinstance(error, Unreachable | RateLimited) or (error.status or 0) >= 500
        return None, passing
    return (answer if isinstance(answer, Fetched) else None), False


def _unchanged(feed: DueFeed, answer: Fetched | NotModified, tools: Tools) -> Poll:
    interval = pace.next_interval(
        tools.settings, gap=feed.interval * pace.PART, hint=answer.fresh_for
    )
    whole = isinstance(answer, Fetched)
    return Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=tools.clock(),
        duration=timedelta(),
        outcome=Outcome.SAME if whole else Outcome.NOT_MODIFIED,
        interval=interval,
        next_poll_at=tools.clock() + pace.jittered(interval, tools.settings),
        http_status=answer.status if isinstance(answer, Fetched) else 304,
        body_bytes=len(answer.body) if isinstance(answer, Fetched) else 0,
        # a 304 without validators leaves those that it confirmed in force (RFC 9110 section 15.4.5)
        etag=answer.etag if whole else answer.etag or feed.etag,
        last_modified=answer.last_modified if whole else answer.last_modified or feed.last_modified,
        body_hash=feed.body_hash,
        new_url=answer.moved_to,
    )


def failed(feed: DueFeed, error: AggregatorError, tools: Tools, poll: Poll | None = None) -> Poll:
    """Return the poll to store when `error` ended it; `poll` lends its times."""
    wait = pace.backed_off(feed.interval, feed.failures + 1, tools.settings)
    asked = error.retry_after if isinstance(error, RateLimited) else None
    if asked:
        wait = max(wait, min(asked, timedelta(seconds=tools.settings.poll_interval_max_s)))
    now = tools.clock()
    return Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=poll.started_at if poll else now,
        duration=poll.duration if poll else timedelta(),
        outcome=Outcome.GONE if isinstance(error, Gone) else Outcome.FAILED,
        interval=feed.interval,
        next_poll_at=now + pace.jittered(wait, tools.settings),
        http_status=error.status if isinstance(error, FetchError) else None,
        error=" ".join(str(error).split()),
        etag=feed.etag,
        last_modified=feed.last_modified,
        body_hash=feed.body_hash,
        candidates=error.feed_links if isinstance(error, NotAFeed) else (),
    )
