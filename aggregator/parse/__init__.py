"""Feed documents to values: RSS 0.9x to 2.0, RDF, Atom, JSON Feed; feed links of pages; OPML.

A document goes through `document` (bytes to an XML tree, repaired where needed), `outline` (its
channel and newest entries) and `xmlfeed` (values), which asks one of two readers what the texts
mean: `fast`, or feedparser through `reference`. JSON goes through `jsonfeed`. Nothing here does
I/O.
"""

from __future__ import annotations

import re

from lxml import etree

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import document, jsonfeed, xmlfeed
from aggregator.parse.discover import find_feeds, opml
from aggregator.parse.vocabulary import local

__all__ = ["find_feeds", "opml", "parse"]

_PAGE = re.compile(rb"\s*(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_ROOTS = ("rss", "rdf", "feed", "channel")


def parse(fetched: Fetched, *, max_entries: int = 500) -> ParsedFeed:
    """Return the feed document in an answer. What is damaged is read as far as it goes.

    Whatever the server said of its type, the body decides. Of more than `max_entries` entries the
    newest are read.

    Raises:
        NotAFeed: it is a page or another kind of document; names the feeds that it links.
        ParseError: nothing can be read of it.
    """
    root = document.strict(fetched.body, fetched.content_type)
    if root is not None and local(root) in _ROOTS:
        return xmlfeed.read(root, fetched.url, max_entries, ())
    return _parse_slowly(fetched, max_entries)


def _parse_slowly(fetched: Fetched, max_entries: int) -> ParsedFeed:
    """Read a document that is no feed of well-formed XML in UTF-8."""
    url = fetched.url
    data, problems = document.utf8(fetched.body, fetched.content_type)
    if not data:
        raise ParseError(f"{url} answered with an empty document: look again later", url=url)
    if data.startswith((b"{", b"[")):
        return jsonfeed.read(data, url, max_entries)
    root = document.strict(data)  # in UTF-8 now, and without control characters
    if root is not None and local(root) in _ROOTS:
        return xmlfeed.read(root, url, max_entries, problems)
    if _PAGE.match(data, 0, 65_536) or document.find_start(data) is None:
        raise _no_feed(fetched)
    root = document.mended(data, problems)
    if root is None:
        raise ParseError(f"{url} is XML without anything in it that can be read", url=url)
    if local(root) not in _ROOTS:
        raise _no_feed(fetched, root)
    feed = xmlfeed.read(root, url, max_entries, problems)
    damage = [problem for problem in problems if problem.startswith(document.DAMAGED)]
    if damage and not feed.entries:
        raise ParseError(f"{url} holds no entry that can be read: {damage[0]}", url=url)
    return feed


def _no_feed(fetched: Fetched, root: etree._Element | None = None) -> NotAFeed:
    """Say what the document is, and what feeds it offers instead."""
    url, name = fetched.url, local(root)
    if name == "opml":
        said = "is an OPML list of feeds, not a feed: import it instead"
        return NotAFeed(f"{url} {said}", url=url)
    markup = b"<" in fetched.body
    links = find_feeds(fetched.body, url, fetched.content_type) if markup else ()
    if links:
        said = f"is a page, not a feed; it offers {links[0].url}"
    elif name and name != "html":
        said = f"is XML, but no feed (its first element is <{name[:40]}>): check the address"
    elif markup:
        said = "is a page, not a feed, and links none: look for the feed's own address"
    else:
        said = "is not a feed (it is neither XML nor JSON): check the address"
    return NotAFeed(f"{url} {said}", url=url, feed_links=links)
