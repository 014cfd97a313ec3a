"""A site's posts as its sitemaps list them, where its feed leads to no older ones."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aggregator.backfill.likeness import Likeness, date_in, place_of
from aggregator.drafts import Draft, Rules
from aggregator.errors import FetchError, ParseError, RateLimited, Unreachable
from aggregator.model import Fetched, FetchRequest, NewEntry, ParsedEntry
from aggregator.parse.sitemap import Listed, Sitemap, sitemap
from aggregator.poll import Tools, heeding, page_of
from aggregator.store.keys import of_address

_MOST_MAPS = 30  # sitemaps that are asked for
_MOST_POSTS = 20_000  # addresses that are looked at
_GUESSES = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml")
_TYPES = "application/xml, text/xml;q=0.9, application/gzip;q=0.8, text/plain;q=0.7, */*;q=0.1"
_OF_POSTS = re.compile(r"post|article|blog|news|entr", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"categor|tag|author|user|image|video|product|taxonom|page-sitemap|posts-page|attachment",
    re.IGNORECASE,
)
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)


# ------------------------------------------------------------------------------- the list of posts


async def posts(like: Likeness, known: Sequence[str], tools: Tools) -> tuple[Listed, ...]:
    """Return the addresses of a site that look like those of the `known` posts, newest first.

    Asks for the sitemaps that robots.txt names, else for those at the usual places; only on the
    posts' own host, and not for more than 30.

    Raises:
        Unreachable, RateLimited: the site cannot be asked now.
    """
    home = next(url for url in known if place_of(url) == like.place)
    async with heeding(tools):
        named = await tools.fetcher.sitemaps(home)
    waiting = [Listed(url=url) for url in named] or [Listed(url=url) for url in _guesses(home)]
    asked: set[str] = set()
    found: dict[str, Listed] = {}
    while waiting and len(asked) < _MOST_MAPS and len(found) < _MOST_POSTS:
        waiting.sort(key=_promise)  # stable: the site's own order within
        url = waiting.pop(0).url
        if url in asked or place_of(url) != like.place:
            continue
        asked.add(url)
        listed = await _sitemap(url, tools)
        waiting += listed.maps
        found |= {page.url: page for page in listed.pages if like.fits(page.url)}
        if not named and (listed.maps or listed.pages):
            named = (url,)  # the first guess that holds anything is the right one
            waiting = list(listed.maps)
    return _newest_first(list(found.values())[:_MOST_POSTS])


def _guesses(home: str) -> list[str]:
    parts = urlsplit(home)
    folders = [part for part in parts.path.split("/")[1:-1] if part and not part.isdigit()]
    below = [f"{folders[0]}/"] if folders else []
    origin = f"{parts.scheme}://{parts.netloc}/"
    return [f"{origin}{folder}{name}" for folder in ("", *below) for name in _GUESSES]


def _promise(listed: Listed) -> int:
    """Return how likely a sitemap lists posts, judged by its name: the lower the likelier."""
    name = urlsplit(listed.url).path
    if _OF_OTHERS.search(name):
        return 2
    return 0 if _OF_POSTS.search(name) else 1


async def _sitemap(url: str, tools: Tools) -> Sitemap:
    request = FetchRequest(url=url, accept=_TYPES, max_bytes=tools.settings.fetch_max_bytes)
    try:
        async with heeding(tools):
            answer = await tools.fetcher.fetch(request)
        if isinstance(answer, Fetched):
            return await asyncio.to_thread(sitemap, answer.body, url)
    except (Unreachable, RateLimited):
        raise
    except (FetchError, ParseError):
        pass
    return Sitemap()


def _newest_first(found: Sequence[Listed]) -> tuple[Listed, ...]:
    """Sort by date; a day that most addresses share is when the site was built, and tells none."""
    days = Counter(listed.changed_at.date() for listed in found if listed.changed_at)
    day, often = days.most_common(1)[0] if days else (None, 0)
    built = day if often > 3 and often * 2 > len(found) else None
    dated = (
        replace(
            listed,
            changed_at=None
            if listed.changed_at and listed.changed_at.date() == built
            else listed.changed_at,
        )
        for listed in found
    )
    return tuple(sorted(dated, key=_date, reverse=True))


def _date(listed: Listed) -> datetime:
    return date_in(listed.url) or listed.changed_at or _NEVER


# ----------------------------------------------------------------------------------------- a post


async def post(
    listed: Listed, like: Likeness, seen: Container[str], rules: Rules, tools: Tools
) -> NewEntry | None:
    """Fetch a page and return the post in it; None where there is none that can be told and dated.

    The page says when it was published; where it does not, its address does, or its sitemap. A page
    without any date is taken for no post: it would stand among the newest. `seen` are the keys of
    addresses that need not be looked at.

    Raises:
        FetchError: there is no page, or none now.
    """
    page = await page_of(listed.url, tools)
    if page is None or "html" not in page.content_type.lower():
        return None
    if page.url != listed.url and (of_address(page.url) in seen or not like.fits(page.url)):
        return None
    draft = Draft(
        parsed=ParsedEntry(
            guid=page.url,
            url=page.url,
            title="",
            base_url=page.url,
            content_hash=hashlib.sha256(page.body).hexdigest(),
        ),
        corrections=(),
        language=None,
        tried=True,
    )
    entry = await tools.stages.complete(draft, page, False, rules)
    if not entry.original or not entry.title:
        return None
    if entry.published_inferred:
        stated = date_in(page.url) or listed.changed_at
        return replace(entry, published_at=stated) if stated else None
    return entry
