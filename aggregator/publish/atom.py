"""Atom 1.0 (RFC 4287) with paging (RFC 5005)."""

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
    stamp,
    summary_of,
    title_of,
)
from aggregator.publish.markup import ATOM, HISTORY, LANG, add, root, written

_TYPE = "application/atom+xml"


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def atom(document: Document) -> bytes:
    """Return the document as Atom 1.0; serve it as ``application/atom+xml``."""
    feed = root(_tag("feed"), {None: ATOM} | ({"fh": HISTORY} if document.complete else {}))
    feed.set(LANG, document.language)
    add(feed, _tag("id"), document.feed_id)
    add(feed, _tag("title"), document.title)
    if document.subtitle:
        add(feed, _tag("subtitle"), document.subtitle)
    add(feed, _tag("updated"), stamp(document.changed_at()))
    _link(feed, "self", document.self_url, _TYPE)
    _link(feed, "alternate", document.home_url, "text/html")
    _link(feed, "next", document.next_url, _TYPE)
    _link(feed, "previous", document.previous_url, _TYPE)
    _link(feed, "hub", document.hub)
    if document.complete:
        add(feed, f"{{{HISTORY}}}complete")
    add(add(feed, _tag("author")), _tag("name"), document.site_title)
    add(feed, _tag("generator"), GENERATOR, version=document.version)
    for entry in document.items():
        _entry(add(feed, _tag("entry")), entry, document)
    return written(feed)


def _link(parent: etree._Element, rel: str, href: str | None, media: str | None = None) -> None:
    if href:
        add(parent, _tag("link"), rel=rel, href=href, type=media)


def _entry(element: etree._Element, entry: EntryCard, document: Document) -> None:
    if entry.language and entry.language != document.language:
        element.set(LANG, entry.language)
    add(element, _tag("id"), entry.uid)
    add(element, _tag("title"), title_of(entry))
    _link(element, "alternate", document.link_of(entry), "text/html")
    if document.link_of(entry) != document.page_of(entry):
        _link(element, "related", document.page_of(entry), "text/html")
    for url in entry.enclosures:
        if urls.is_web(url):
            _link(element, "enclosure", url, media_type(url))
    add(element, _tag("updated"), stamp(entry.changed_at))
    add(element, _tag("published"), stamp(entry.sorted_at))
    for author in authors_of(entry):
        add(add(element, _tag("author")), _tag("name"), author)
    for kind, thing in categories(entry):
        add(
            element,
            _tag("category"),
            term=thing.slug,
            scheme=document.scheme(kind),
            label=thing.name,
        )
    if entry.licence:
        add(element, _tag("rights"), entry.licence)
    add(element, _tag("summary"), summary_of(entry))
    if entry.html:
        add(element, _tag("content"), document.content_of(entry), type="html")
    if urls.is_web(entry.feed_url):
        _source(add(element, _tag("source")), entry)


def _source(element: etree._Element, entry: EntryCard) -> None:
    """Say where the entry came from (section 4.2.11)."""
    add(element, _tag("id"), entry.feed_url)
    add(element, _tag("title"), entry.source.name)
    add(element, _tag("updated"), stamp(entry.updated_at or entry.published_at))
    _link(element, "self", entry.feed_url)
