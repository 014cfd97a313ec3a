"""Feed documents to values: RSS 0.9x to 2.0, RDF, Atom, JSON Feed; feed links of pages; OPML.

A document goes through ``document.decode`` (bytes to text), ``document.tree`` (text to a repaired
XML tree), and ``xmlfeed`` (tree to values, by feedparser) or ``jsonfeed``. Nothing here does I/O.
"""

from __future__ import annotations

import re

from lxml import etree

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import document, jsonfeed, xmlfeed
from aggregator.parse.discover import find_feeds, opml

__all__ = ["find_feeds", "opml", "parse"]

_PAGE = re.compile(r"\s*(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)


def parse(fetched: Fetched, *, max_entries: int = 500) -> ParsedFeed:
    """Return the feed document in an answer. What is damaged is read as far as it goes.

    Whatever the server said of its type, the body decides. Of more than `max_entries` entries the
    newest are read.

    Raises:
        NotAFeed: it is a page or another kind of document; names the feeds that it links.
        ParseError: nothing can be read of it.
    """
    url = fetched.url
    if not fetched.body.strip(b" \t\r\n\0"):
        raise ParseError(f"{url} answered with an empty document: look again later", url=url)
    text, problems = document.decode(fetched.body, fetched.content_type)
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return jsonfeed.read(text, url, max_entries)
    if _PAGE.match(text, 0, 65_536) or document.find_start(text) is None:
        raise _no_feed(fetched, text)
    root, found = document.tree(text)
    if root is None:
        raise ParseError(f"{url} is XML without anything in it that can be read", url=url)
    if document.local(root) not in ("rss", "rdf", "feed", "channel"):
        raise _no_feed(fetched, text, root)
    feed = xmlfeed.read(root, url, max_entries, (*problems, *found))
    damage = [problem for problem in found if problem.startswith(document.DAMAGED)]
    if damage and not feed.entries:
        raise ParseError(f"{url} holds no entry that can be read: {damage[0]}", url=url)
    return feed


def _no_feed(fetched: Fetched, text: str, root: etree._Element | None = None) -> NotAFeed:
    """Say what the document is, and what feeds it offers instead."""
    url, name = fetched.url, document.local(root)
    if name == "opml":
        said = "is an OPML list of feeds, not a feed: import it instead"
        return NotAFeed(f"{url} {said}", url=url)
    links = find_feeds(text.encode("utf-8", "replace"), url) if "<" in text else ()
    if links:
        said = f"is a page, not a feed; it offers {links[0].url}"
    elif name and name != "html":
        said = f"is XML, but no feed (its first element is <{name[:40]}>): check the address"
    elif "<" in text:
        said = "is a page, not a feed, and links none: look for the feed's own address"
    else:
        said = "is not a feed (it is neither XML nor JSON): check the address"
    return NotAFeed(f"{url} {said}", url=url, feed_links=links)
