"""OPML 2.0: the followed feeds, for other readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from aggregator.model import FeedLink, SourceCard
from aggregator.publish.markup import add, rfc822, written


def opml(
    title: str,
    sources: Iterable[tuple[SourceCard, tuple[FeedLink, ...]]],
    *,
    date: datetime,
) -> bytes:
    """Return the feeds of all sources as OPML 2.0; serve it as ``text/x-opml``.

    The feeds of a source that has several are grouped under its title.
    """
    root = etree.Element("opml")
    root.set("version", "2.0")
    head = add(root, "head")
    add(head, "title", title)
    add(head, "dateCreated", rfc822(date))
    add(head, "docs", "http://opml.org/spec2.opml")
    body = add(root, "body")
    for source, feeds in sources:
        parent = add(body, "outline", text=source.title) if len(feeds) > 1 else body
        for feed in feeds:
            _outline(parent, source, feed)
    return written(root)


def _outline(parent: etree._Element, source: SourceCard, feed: FeedLink) -> None:
    name = feed.title or source.title or feed.url
    # The path of a category begins with a slash (OPML 2.0, "category").
    category = (
        f"/{source.category.replace('/', '-').replace(',', ' ')}" if source.category else None
    )
    add(
        parent,
        "outline",
        type="rss",
        text=name,
        title=name,
        xmlUrl=feed.url,
        htmlUrl=feed.site_url or source.site_url,
        category=category,
    )
