"""RSS 2.0 with the RSS Advisory Board's best practices."""

from __future__ import annotations

from lxml import etree

from aggregator import urls
from aggregator.model import EntryCard
from aggregator.publish.document import (
    GENERATOR,
    Document,
    authors_of,
    categories,
    media_type,
    summary_of,
    title_of,
)
from aggregator.publish.markup import ATOM, CONTENT, DC, HISTORY, add, rfc822, root, written

_DOCS = "https://www.rssboard.org/rss-specification"


def rss(document: Document) -> bytes:
    """Return the document as RSS 2.0; serve it as ``application/rss+xml``."""
    known: dict[str | None, str] = {"atom": ATOM, "content": CONTENT, "dc": DC}
    top = root("rss", known | ({"fh": HISTORY} if document.complete else {}))
    top.set("version", "2.0")
    channel = add(top, "channel")
    add(channel, "title", document.title)
    add(channel, "link", document.home_url)
    add(channel, "description", document.subtitle or document.title)
    add(channel, "language", document.language)
    add(channel, "lastBuildDate", rfc822(document.changed_at()))
    add(channel, "generator", f"{GENERATOR} {document.version}")
    add(channel, "docs", _DOCS)
    add(channel, "ttl", str(document.ttl_minutes))
    _link(channel, "self", document.self_url, "application/rss+xml")
    _link(channel, "next", document.next_url, "application/rss+xml")
    _link(channel, "previous", document.previous_url, "application/rss+xml")
    _link(channel, "hub", document.hub)
    if document.complete:
        add(channel, f"{{{HISTORY}}}complete")
    for entry in document.items():
        _item(add(channel, "item"), entry, document)
    return written(top)


def _link(parent: etree._Element, rel: str, href: str | None, media: str | None = None) -> None:
    if href:
        add(parent, f"{{{ATOM}}}link", rel=rel, href=href, type=media)


def _item(item: etree._Element, entry: EntryCard, document: Document) -> None:
    add(item, "title", title_of(entry))
    add(item, "link", document.link_of(entry))
    # Readers that know no content:encoded take the first of the two.
    add(item, "description", summary_of(entry))
    if entry.html:
        add(item, f"{{{CONTENT}}}encoded", document.content_of(entry))
    add(item, "guid", entry.uid, isPermaLink="false")
    add(item, "pubDate", rfc822(entry.sorted_at))
    for author in authors_of(entry):
        add(item, f"{{{DC}}}creator", author)
    for kind, thing in categories(entry):
        add(item, "category", thing.name, domain=document.scheme(kind))
    if entry.language and entry.language != document.language:
        add(item, f"{{{DC}}}language", entry.language)
    if entry.licence:
        add(item, f"{{{DC}}}rights", entry.licence)
    for url in [url for url in entry.enclosures if urls.is_web(url)][:1]:  # RSS knows one
        # Its size is not known, and 0 is how the profile says so.
        add(item, "enclosure", url=url, length="0", type=media_type(url))
    if urls.is_web(entry.feed_url):
        add(item, "source", entry.source.name, url=entry.feed_url)
    if document.link_of(entry) != document.page_of(entry):
        _link(item, "related", document.page_of(entry), "text/html")
