"""Walks back to what a feed's site published before the feed was followed.

The way back is the feed's own links to older documents (RFC 5005: prev-archive, next), else
``?paged=2, 3, …`` as WordPress has it, else the posts that the site's sitemaps list.

All that is stored is stored together with how far the walk has got, so it can be stopped at any
point, and goes on from there when it is begun again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aggregator import process, urls
from aggregator.backfill import site
from aggregator.backfill.likeness import Likeness, learn
from aggregator.drafts import Reading
from aggregator.errors import (
    AggregatorError,
    Conflict,
    FetchError,
    ParseError,
    RateLimited,
    StoreError,
    Unreachable,
)
from aggregator.model import DueFeed, Fetched, FetchRequest, Known, NewEntry
from aggregator.parse.sitemap import Listed
from aggregator.poll import FEED_TYPES, Tools, heeding, may_pass, page_of, rules_for
from aggregator.store import Connection, backfills, due, entries, feeds
from aggregator.store.backfills import Claim, Progress
from aggregator.store.keys import of_address

_log = logging.getLogger("aggregator.backfill")

MOST_PAGES = 1000  # of one feed in one run: a bound on servers that make pages up without end
_IN_VAIN = 25  # pages of a site in a row that are no posts; then its other ones are none either
_TROUBLE = 3  # pages in a row that fail; then the site is left alone
_REMEMBERED = 1000  # pages that are no posts
_MOST_ENTRIES = 2000  # of one document; a poll may take fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One older page that was read, and what it brought was stored."""

    url: str
    entries_new: int
    left: int | None = None  # pages still to be read, where that is known


async def backfill(
    feed_id: int, tools: Tools, *, limit: int = MOST_PAGES
) -> AsyncGenerator[Step, None]:
    """Read older pages, newest first, store what is new, and yield after each.

    It ends where there is no older page, where nothing new comes, where pages repeat themselves, or
    after `limit` pages. The feed is claimed all the while: nobody else polls it.

    Raises:
        AggregatorError: the feed cannot be read, was never polled, or is being polled just now; or
            the site asks to be left alone. What was read is kept.
    """
    walk = await asyncio.to_thread(_begin, tools, feed_id)
    holding = asyncio.create_task(_hold(walk))
    try:
        async with aclosing(walk.steps()) as steps:
            count = 0
            async for step in steps:
                yield step
                count += 1
                if count >= limit:
                    break
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        await asyncio.to_thread(_end, walk)


def _begin(tools: Tools, feed_id: int) -> _Walk:
    claim = Claim(
        feed_id=feed_id,
        owner=process.me(),
        lease=timedelta(seconds=tools.settings.poll_lease_s),
    )
    with tools.database.writing() as c:
        feed = feeds.get(c, feed_id)
        if feed.held:
            raise AggregatorError(f"feed {feed_id} is held: {feed.error}")
        if feed.last_success_at is None:
            raise AggregatorError(
                f"feed {feed_id} was never read: run `aggregator poll --feed {feed_id}` first"
            )
        claimed = feeds.claim(
            c, tools.clock(), lease=claim.lease, limit=1, ids=[feed_id], owner=claim.owner
        )
        if not claimed:
            raise AggregatorError(f"feed {feed_id} is being polled just now: try again in a minute")
        _ask_leave(c, claimed[0].host, tools.clock())
        known = entries.known(c, feed_id)
        return _Walk(claimed[0], claim, backfills.progress(c, feed_id), known, tools)


def _ask_leave(c: Connection, host: str, now: datetime) -> None:
    """Stop where a host rests: it told us so, or another process."""
    until = due.rests_until(c, host, now)
    if until > now:
        raise AggregatorError(f"{host} wants to be left alone for now; {_go_on(until)}")


async def _hold(walk: _Walk) -> None:
    """Renew the claim all the while: a page, or a row of sitemaps, may take longer than a lease."""

    def renew() -> None:
        with walk.tools.database.writing() as c:
            backfills.renew(c, walk.claim, walk.tools.clock())

    while True:
        await asyncio.sleep(walk.claim.lease.total_seconds() / 3)
        try:
            await asyncio.to_thread(renew)
        except Conflict:  # whoever stores the next page is told
            return
        except StoreError as error:
            _log.warning("backfill.unheld", extra={"f": {"error": str(error)}})


def _end(walk: _Walk) -> None:
    with walk.tools.database.writing() as c:
        backfills.give_back(c, walk.claim)


class _Walk:
    """One backfill under way."""

    def __init__(
        self,
        feed: DueFeed,
        claim: Claim,
        progress: Progress,
        known: dict[str, Known],
        tools: Tools,
    ) -> None:
        self.feed = feed
        self.claim = claim
        self.tools = tools
        self._progress = progress
        self._known = known
        self._stored = len(known)
        rules = rules_for(feed, tools)
        self._rules = replace(rules, max_entries=max(rules.max_entries, _MOST_ENTRIES))
        self._guids: set[str] = set()  # of the documents of this walk

    async def steps(self) -> AsyncGenerator[Step, None]:
        """Go all the ways back that there are."""
        url, guessed, found = self._progress.url, False, False
        if not url:
            try:
                reading = await self._document(self.feed.url)
            except RateLimited as error:
                raise self._paused(error) from error
            count = await self._take(reading, "", "")
            if count:  # a poll does not take all of a long document
                yield Step(url=self.feed.url, entries_new=count)
            url, guessed = self._before(reading)
        async with aclosing(self._documents(url, guessed)) as steps:
            async for step in steps:
                found = True
                yield step
        if guessed and not found:
            async with aclosing(self._posts()) as steps:
                async for step in steps:
                    yield step
        await self._keep((), replace(self._progress, url="", done=True))

    async def _keep(self, batch: tuple[NewEntry, ...], reached: Progress) -> int:
        """Store what a page brought; return how many entries were new."""

        def write() -> int:
            now = self.tools.clock()
            with self.tools.database.writing() as c:
                return len(backfills.keep(c, self.claim, batch, reached, now).new)

        count = await asyncio.to_thread(write)
        self._progress = reached
        return count

    # ---------------------------------------------------------------- older documents of the feed

    def _before(self, reading: Reading) -> tuple[str, bool]:
        """Return the address of the document before the feed's own, and whether it is a guess."""
        older = reading.feed.older_url
        if older and older != self.feed.url:
            return older, False
        return _paged(self.feed.url, 2), True

    async def _documents(self, url: str, guessed: bool) -> AsyncGenerator[Step, None]:
        read: set[str] = set()
        quiet = 0  # entries in a row that were known
        # Until the end was reached once, what lies behind known entries is not known.
        patience = 0 if self._progress.done else self._stored
        while url and url not in read and quiet <= patience:
            read.add(url)
            reading = await self._older(url, guessed and len(read) == 1)
            if reading is None or self._guids.issuperset(reading.guids):
                return
            older = reading.feed.older_url or _after(url)
            count = await self._take(reading, url, older)
            quiet = 0 if count else quiet + len(reading.guids)
            yield Step(url=url, entries_new=count)
            url = older

    async def _document(self, url: str) -> Reading:
        request = FetchRequest(
            url=url, accept=FEED_TYPES, max_bytes=self.tools.settings.fetch_max_bytes
        )
        async with heeding(self.tools):
            answer = await self.tools.fetcher.fetch(request)
        if not isinstance(answer, Fetched):
            raise ParseError(f"{url} answered 304 to a first request", url=url)
        return await self.tools.stages.read(answer, self._known, self._rules)

    async def _older(self, url: str, guess: bool) -> Reading | None:
        """Return an older document; None where there is none."""
        try:
            return await self._document(url)
        except ParseError:
            return None
        except FetchError as error:
            now_only = isinstance(error, Unreachable | RateLimited) if guess else may_pass(error)
            if now_only:
                raise self._paused(error) from error
            return None  # WordPress answers 404 behind the last page

    async def _take(self, reading: Reading, url: str, older: str) -> int:
        """Store the new entries of a document, those that want their page fetched one by one."""
        here = replace(self._progress, url=url)
        known = self._known.keys() | {now for _, now in reading.adopted}
        fresh = tuple(entry for entry in reading.entries if entry.guid not in known)
        count = await self._keep(fresh, here)
        for draft in reading.drafts:
            if draft.parsed.guid in known:
                continue
            page = await self._page(draft.parsed.url)
            entry = await self.tools.stages.complete(draft, page, False, self._rules)
            count += await self._keep((entry,), here)
        await self._keep((), replace(here, url=older))
        self._guids.update(reading.guids)
        self._known = dict.fromkeys(reading.guids, Known(0, "")) | self._known
        return count

    async def _page(self, url: str) -> Fetched | None:
        """Return an article's page; None where there is none to be had."""
        try:
            return await page_of(url, self.tools)
        except FetchError as error:
            # a feed may lead to many sites: what one of them asks for does not hold up the others
            if isinstance(error, RateLimited) and error.host == self.feed.host:
                raise self._paused(error) from error
            return None

    def _paused(self, error: FetchError) -> AggregatorError:
        """Say why the walk stops, and when it may go on."""
        until = self.tools.clock() + error.retry_after if error.retry_after else None
        return AggregatorError(f"{error}; what was read so far is kept, {_go_on(until)}")

    # ----------------------------------------------------------------------- posts of the site

    async def _posts(self) -> AsyncGenerator[Step, None]:
        like, known, seen = await asyncio.to_thread(self._learnt)
        if like is None:
            return
        try:
            listed = await site.posts(like, known, self.tools)
        except FetchError as error:
            raise self._paused(error) from error
        todo = [one for one in listed if of_address(one.url) not in seen][:MOST_PAGES]
        in_vain = trouble = 0
        for number, one in enumerate(todo, 1):
            try:
                entry = await site.post(one, like, seen, self._rules, self.tools)
            except FetchError as error:
                if may_pass(error):
                    trouble += 1
                    if trouble >= _TROUBLE or isinstance(error, RateLimited):
                        raise self._paused(error) from error
                    continue  # the next run tries it again
                entry = None
            trouble = 0
            count = await self._take_post(one, entry, seen)
            in_vain = 0 if entry else in_vain + 1
            yield Step(url=one.url, entries_new=count, left=len(todo) - number)
            if in_vain >= _IN_VAIN:
                return

    def _learnt(self) -> tuple[Likeness | None, tuple[str, ...], set[str]]:
        with self.tools.database.reading() as c:
            known = backfills.addresses(c, self.feed.id)
            like = learn(known)
            if like is not None:
                _ask_leave(c, urls.host(like.place), self.tools.clock())
            return like, known, backfills.seen(c, self.feed.id) | set(self._progress.passed)

    async def _take_post(self, listed: Listed, entry: NewEntry | None, seen: set[str]) -> int:
        """Store a post, or remember that there is none, so that no later run asks for it again."""
        key, reached = of_address(listed.url), self._progress
        if entry:
            seen.add(of_address(entry.url))
        if key not in seen:
            reached = replace(reached, passed=(*reached.passed, key)[-_REMEMBERED:])
        return await self._keep((entry,) if entry else (), reached)


def _go_on(until: datetime | None) -> str:
    """Say when to run the command again, to the minute in which that has become true."""
    if until is None:
        return "run this again later to go on"
    minute = until.astimezone(UTC) + timedelta(seconds=59)
    return f"run this again after {minute:%Y-%m-%d %H:%M} UTC to go on"


def _paged(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "paged"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))


def _after(url: str) -> str:
    """Return the page after one of ``?paged=``; empty for any other address."""
    number = dict(parse_qsl(urlsplit(url).query)).get("paged", "")
    return _paged(url, int(number) + 1) if number.isdigit() and len(number) < 9 else ""
