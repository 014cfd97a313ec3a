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
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import pace
from aggregator.drafts import Draft, Reading, Rules
from aggregator.errors import (
    AggregatorError,
    FetchError,
    Gone,
    NotAFeed,
    ParseError,
    RateLimited,
    StoreError,
    TakenOver,
    Unreachable,
)
from aggregator.fetch import Fetcher
from aggregator.model import (
    DueFeed,
    Fetched,
    FetchRequest,
    Known,
    NewEntry,
    NotModified,
    Outcome,
    Poll,
    Rhythm,
)
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Database, due
from aggregator.store import entries as stored_entries

_log = logging.getLogger("aggregator.poll")

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)
_BELIEVED = 3  # polls in a row that a permanent redirect must be seen in
_LONGEST_URL = 2_000  # characters of an address that is stored
_MOMENT = timedelta(minutes=1)  # by which two ends of one rest may differ
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
        host_rate=settings.fetch_host_rate,
        host_burst=settings.fetch_host_burst,
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
        if isinstance(error, TakenOver):
            poll = replace(poll, held=str(error))
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
    try:
        if isinstance(answer, NotModified):
            poll = _unchanged(feed, answer, tools)
        else:
            poll = await _read(feed, answer, tools)
        return _moving(feed, answer.moved_to, poll)
    except NotAFeed as error:
        if not feed.discover or not error.feed_links or isinstance(answer, NotModified):
            raise
        return await _discovered(feed, answer, error, tools)


def _moving(feed: DueFeed, target: str | None, poll: Poll) -> Poll:
    """Note a permanent redirect; believe it when several polls in a row were sent to one target.

    Servers redirect by mistake, while they are set up and when a captive portal is in between; an
    address that was given up cannot be had back.
    """
    if target is None or len(target) > _LONGEST_URL:
        return poll
    seen = feed.moving_seen + 1 if target == feed.moving_to else 1
    if seen < _BELIEVED:
        said = f"sent on for good to {target}; after {_BELIEVED} polls in a row that is believed"
        return replace(poll, moving_to=target, moving_seen=seen, note=f"{said} (this is {seen})")
    return replace(poll, new_url=target, note=f"moved for good from {feed.url} to {target}")


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
        note=f"found on the page {page.url}",
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
        TakenOver: it seems to be another site's than it was.
    """
    rules = replace(
        rules_for(feed, tools),
        site_prints=feed.site_prints,
        silent_for=tools.clock() - (feed.last_success_at or tools.clock()),
        failures=feed.failures,
    )
    last = asyncio.get_running_loop().time() + tools.settings.poll_lease_s / 3
    known = await asyncio.to_thread(_known, tools, feed.id)
    reading = await tools.stages.read(answer, known, rules)
    completed, pending = await _completed(reading.drafts, rules, tools, last)
    entries = (*reading.entries, *completed)
    rhythm = _rhythm(feed, reading, answer, changed=bool(entries), now=tools.clock())
    poll = replace(
        _unchanged(replace(feed, rhythm=rhythm), answer, tools),
        outcome=Outcome.CHANGED if entries else Outcome.SAME,
        body_hash=hashlib.sha256(answer.body).hexdigest(),
        error="; ".join(reading.feed.problems) or None,
        read=True,
        title=reading.feed.title,
        site_url=reading.feed.site_url,
        summary_only=reading.summary_only,
        entries=entries,
        adopted=reading.adopted,
        site_prints=reading.prints or None,
        hub_url=answer.hub_url or reading.feed.hub_url,
        topic_url=answer.self_url or reading.feed.self_url or answer.url,
    )
    older = reading.feed.older_url or ""
    if not pending:
        return poll, older
    # Pages are left to be fetched: the next poll comes soon, and must get the whole document again.
    now, floor = tools.clock(), timedelta(seconds=tools.settings.poll_interval_min_s)
    soon = pace.after(now, floor, Rhythm(), tools.settings)
    again = replace(poll, etag=None, last_modified=None, body_hash=None, next_poll_at=soon)
    return again, older


def _rhythm(
    feed: DueFeed, reading: Reading, answer: Fetched, *, changed: bool, now: datetime
) -> Rhythm:
    """Return how often a feed brings something, by the document that was just read."""
    newest = next((date for date in reading.dates if date <= now), None)
    return Rhythm(
        gap=pace.usual_gap(reading.dates, now),
        # without dates, what tells that a feed is alive is that something in it changes
        newest_at=newest or (now if changed else feed.rhythm.newest_at),
        hint=reading.feed.refresh_hint,
        fresh_for=answer.fresh_for,
        skip_hours=reading.feed.skip_hours,
        skip_days=reading.feed.skip_days,
    )


async def _completed(
    drafts: Sequence[Draft], rules: Rules, tools: Tools, last: float
) -> tuple[list[NewEntry], bool]:
    """Fetch the pages of `drafts`, and judge them; tell whether pages are left for a later poll.

    No page is begun after `last` (loop time), when a third of the claim is over: others must not
    take the feed meanwhile. The first one is in any case, so that each poll gets further.
    """
    clock = asyncio.get_running_loop().time
    entries = []
    left = False
    for number, draft in enumerate(drafts):
        page, pending = None, True
        if number < tools.settings.pages_per_poll and (number == 0 or clock() < last):
            page, again = await _page(draft.parsed.url, tools)
            pending = again and not draft.tried
        entries.append(await tools.stages.complete(draft, page, pending, rules))
        left = left or pending
    return entries, left


def _known(tools: Tools, feed_id: int) -> dict[str, Known]:
    with tools.database.reading() as c:
        return stored_entries.known(c, feed_id)


async def page_of(url: str, tools: Tools) -> Fetched | None:
    """Fetch an article's page; None where its robots.txt does not let us.

    Raises:
        FetchError: there is none to be had.
    """
    request = FetchRequest(url=url, accept=_PAGE_TYPES, max_bytes=tools.settings.fetch_max_bytes)
    async with heeding(tools):
        if not await tools.fetcher.allowed(url):
            _log.info("page.robots", extra={"f": {"url": url}})
            return None
        answer = await tools.fetcher.fetch(request)
    return answer if isinstance(answer, Fetched) else None


async def _page(url: str, tools: Tools) -> tuple[Fetched | None, bool]:
    """Return an article's page, if there is one, and whether a later try may have more luck."""
    try:
        return await page_of(url, tools), False
    except FetchError as error:
        _log.info("page.failed", extra={"f": {"url": url, "error": str(error)}})
        return None, may_pass(error)


@asynccontextmanager
async def heeding(tools: Tools) -> AsyncIterator[None]:
    """Note for all who poll, now and later, when a host asks within to be left alone (429)."""
    try:
        yield
    except RateLimited as error:
        if error.status == 429 and error.host:
            await asyncio.to_thread(_rest, error.host, _rests_until(error, tools), tools)
        raise


def _rest(host: str, until: datetime, tools: Tools) -> None:
    try:
        with tools.database.reading() as c:
            if due.rests_until(c, host, tools.clock()) >= until - _MOMENT:
                return  # others were told so as well
        with tools.database.writing() as c:
            due.rest(c, host, until, tools.clock())
    except StoreError as error:  # this program leaves the host alone all the same
        _log.warning("host.unnoted", extra={"f": {"host": host, "error": str(error)}})


def _rests_until(error: RateLimited, tools: Tools) -> datetime:
    """Return until when the host of a 429 is left alone; for the floor where it does not say."""
    floor = timedelta(seconds=tools.settings.poll_interval_min_s)
    return tools.clock() + (pace.rest(error.retry_after) or floor)


def may_pass(error: FetchError) -> bool:
    """Tell whether the same request may work later."""
    return isinstance(error, Unreachable | RateLimited) or (error.status or 0) >= 500


def _unchanged(feed: DueFeed, answer: Fetched | NotModified, tools: Tools) -> Poll:
    """Return the poll of a feed that brought nothing new; what its document said stays in force."""
    now, whole = tools.clock(), isinstance(answer, Fetched)
    # a 304 that says nothing of how long it is fresh leaves what was said (RFC 9111 section 4.3.4)
    fresh_for = answer.fresh_for if whole else answer.fresh_for or feed.rhythm.fresh_for
    rhythm = replace(feed.rhythm, fresh_for=fresh_for)
    interval = pace.next_interval(tools.settings, rhythm, now)
    # What a hub tells of need not be looked for; once a day all the same, for hubs are not perfect.
    rare = timedelta(seconds=tools.settings.poll_interval_max_s)
    wait = rare if feed.pushed else interval
    first = feed.last_success_at is None
    return Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=now,
        duration=timedelta(),
        outcome=Outcome.SAME if whole else Outcome.NOT_MODIFIED,
        interval=interval,
        next_poll_at=pace.after(now, wait, rhythm, tools.settings, first=first),
        error=feed.faults,
        rhythm=rhythm,
        http_status=answer.status if isinstance(answer, Fetched) else 304,
        body_bytes=len(answer.body) if isinstance(answer, Fetched) else 0,
        # a 304 without validators leaves those that it confirmed in force (RFC 9110 section 15.4.5)
        etag=answer.etag if whole else answer.etag or feed.etag,
        last_modified=answer.last_modified if whole else answer.last_modified or feed.last_modified,
        body_hash=feed.body_hash,
    )


def failed(feed: DueFeed, error: AggregatorError, tools: Tools) -> Poll:
    """Return the poll to store when `error` ended it."""
    now, settings = tools.clock(), tools.settings
    wait = pace.backed_off(feed.interval, feed.failures + 1, settings)
    asked = pace.rest(error.retry_after if isinstance(error, FetchError) else None)
    limited = error if isinstance(error, RateLimited) else None
    unasked = limited is not None and limited.status is None
    planned = pace.after(now, wait, feed.rhythm, settings, asked=asked)
    return Poll(
        feed_id=feed.id,
        url=feed.url,
        started_at=now,
        duration=timedelta(),
        outcome=Outcome.GONE if isinstance(error, Gone) else Outcome.FAILED,
        interval=feed.interval,
        next_poll_at=now + asked if unasked else planned,
        asked=not unasked,
        rests_host=limited.host if limited and limited.status == 429 else None,
        rests_until=_rests_until(limited, tools) if limited else None,
        http_status=error.status if isinstance(error, FetchError) else None,
        error=" ".join(str(error).split()),
        etag=feed.etag,
        last_modified=feed.last_modified,
        body_hash=feed.body_hash,
        candidates=error.feed_links if isinstance(error, NotAFeed) else (),
    )
