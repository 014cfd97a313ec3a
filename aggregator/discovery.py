"""Which feed an address is or leads to."""

from __future__ import annotations

from aggregator import parse
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import FeedLink, FetchRequest, NotModified
from aggregator.poll import FEED_TYPES, fetcher_of
from aggregator.settings import Settings


async def discover(url: str, settings: Settings) -> tuple[FeedLink, ...]:
    """Return the feed at `url`, or those that the page there announces, best first.

    Raises:
        FetchError: the address cannot be read.
    """
    async with fetcher_of(settings) as fetcher:
        request = FetchRequest(url=url, accept=FEED_TYPES, max_bytes=settings.fetch_max_bytes)
        answer = await fetcher.fetch(request)
    if isinstance(answer, NotModified):
        raise ParseError(f"{url} answered 304 to a first request", url=url)
    try:
        feed = parse.parse(answer)
    except NotAFeed as error:
        return error.feed_links
    return (
        FeedLink(
            url=answer.url,
            title=feed.title or "",
            type=answer.content_type.partition(";")[0].strip(),
            site_url=feed.site_url,
        ),
    )
