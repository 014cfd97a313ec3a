"""Feeds that a page announces, and feeds that an OPML list names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.model import FeedLink
from aggregator.parse import document
from aggregator.parse.vocabulary import local
from aggregator.text import fold, shorten

_MOST = 20
_READ = 2_000_000  # bytes of a page that are looked through
_RESOLVED = 5_000  # links; no honest page has so many that may lead to feeds, and each costs time
_TYPES = re.compile(
    r"application/(?:rss|atom|rdf)\+xml|application/feed\+json|(?:text|application)/xml|text/rss",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:^|/)(?:feeds?|rss|atom|rss2)(?:\.(?:xml|json|php))?/?$|\.(?:rss|atom|rdf)$"
    r"|(?:^|/)index\.(?:xml|rdf)$|(?:^|/)feed\.json$|/feeds?/[\w-]+(?:\.xml)?/?$",
    re.IGNORECASE,
)
_WORD = re.compile(r"feed|rss|atom|rdf|index\.xml", re.IGNORECASE)  # one is in all of `_PATH`
_COMMENTS = re.compile(r"/comments?/|\bcomments? (?:on|feed|for)\b|»\s*comment|kommentar")


def page_tree(text: str) -> lxml_html.HtmlElement | None:
    """Return a page's tree, or None when there is nothing to read."""
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, no_network=True)
    try:
        return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def find_feeds(body: bytes, url: str, content_type: str = "") -> tuple[FeedLink, ...]:
    """Return the feeds that the page at `url` announces, the likeliest first; never raises.

    First ``<link rel="alternate">`` in its order, then links whose addresses look like feeds';
    feeds of comments come last.
    """
    text, _ = document.decode(body[:_READ], content_type)
    tree = page_tree(text)
    if tree is None:
        return ()
    stated = next(iter(tree.xpath("//base/@href")), "")
    base = urls.absolute(url, str(stated)) or url
    links: dict[str, FeedLink] = {}
    wanted = _MOST  # that are not of comments
    for found in _feeds(tree, base):
        key = urls.key(found.url)
        if found.url == url or key in links:
            continue
        links[key] = found
        wanted -= 0 if _is_comments(found) else 1
        if not wanted:  # whatever follows comes after these and would be cut off
            break
    ranked = sorted(links.values(), key=_is_comments)
    return tuple(ranked[:_MOST])


def _feeds(tree: lxml_html.HtmlElement, base: str) -> Iterator[FeedLink]:
    """Yield the feeds that are announced, then those that are guessed, in the page's order."""
    for element in islice(filter(_announces, tree.iter("link")), _RESOLVED):
        found = _announced(element, base)
        if found:
            yield found
    # Resolving is dear: only where page or link has a word that the address of a feed must have.
    anywhere = bool(_WORD.search(base))
    links = (a for a in tree.iter("a") if anywhere or _WORD.search(a.get("href") or ""))
    for element in islice(links, _RESOLVED):
        found = _guessed(element, base)
        if found:
            yield found


def _announces(element: lxml_html.HtmlElement) -> bool:
    """Tell whether a ``<link>`` says that it leads to another form of the page, or to a feed."""
    relations = _relations(element)
    return not relations.isdisjoint(("alternate", "feed")) and "stylesheet" not in relations


def _relations(element: lxml_html.HtmlElement) -> set[str]:
    return set((element.get("rel") or "").lower().split())


def _announced(element: lxml_html.HtmlElement, base: str) -> FeedLink | None:
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    target = urls.absolute(base, element.get("href") or "")
    if not target:
        return None
    json_feed = kind == "application/json" and bool(_PATH.search(urlsplit(target).path))
    if not (_TYPES.fullmatch(kind) or json_feed or "feed" in _relations(element)):
        return None
    return FeedLink(url=target, title=shorten(element.get("title") or "", 200), type=kind)


def _guessed(element: lxml_html.HtmlElement, base: str) -> FeedLink | None:
    target = urls.absolute(base, element.get("href") or "")
    if not target:
        return None
    parts = urlsplit(target)
    if not (_PATH.search(parts.path) or "feed=rss" in parts.query or "feed=atom" in parts.query):
        return None
    return FeedLink(url=target.partition("#")[0], title=shorten(element.text_content(), 200))


def _is_comments(link: FeedLink) -> bool:
    return bool(_COMMENTS.search(link.url.lower()) or _COMMENTS.search(fold(link.title)))


def opml(body: bytes) -> tuple[FeedLink, ...]:
    """Return the feeds that an OPML document (opml.org/spec2.opml) names, each once.

    Raises:
        ParseError: it is no OPML.
    """
    problems: list[str] = []
    root = document.strict(body)
    if local(root) != "opml":
        data, problems = document.utf8(body)
        root = document.mended(data, problems)
    if root is None or local(root) != "opml":
        found = f"its first element is <{local(root)}>" if root is not None else "no XML"
        raise ParseError(
            f"the file is no OPML list of feeds ({found}): export one from your reader", url=""
        )
    links: dict[str, FeedLink] = {}
    for outline in root.iter("{*}outline"):
        said = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
        address = re.sub(
            r"^feed:(?://)?(?=https?://)|^feed(?=://)", "", said.get("xmlurl", "").strip()
        )
        target = urls.absolute("", f"http{address}" if address.startswith("://") else address)
        if target:
            title = shorten(said.get("title") or said.get("text") or "", 300)
            site = urls.absolute("", said.get("htmlurl", "")) or None
            link = FeedLink(url=target, title=title, type=said.get("type", "")[:100], site_url=site)
            links.setdefault(target, link)
    if not links and problems:
        raise ParseError(f"the OPML list is damaged: {problems[-1]}", url="")
    return tuple(links.values())
