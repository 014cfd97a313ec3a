"""A repaired XML tree to a `ParsedFeed`, by feedparser.

The tree is cleared first of what feedparser gets wrong: ids that it takes for addresses, second
descriptions that it takes for content, titles of pictures that it takes for the entry's.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.model import ParsedEntry, ParsedFeed, RawHtml
from aggregator.parse import wording
from aggregator.parse.dates import moment
from aggregator.parse.document import items, local

_PICTURES = ("http://search.yahoo.com/mrss", "http://www.itunes.com/dtds")
_TEXTS = ("description", "summary", "content", "encoded", "abstract")
_DATES = ("pubdate", "published", "date", "issued", "updated", "modified", "created")
_HTML = ("text/html", "application/xhtml+xml")
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
# feedparser's time grows with the square of these.
_MOST_ATTRIBUTES = 50
_MOST_LETTERS = 2_000
_MOST_ALIKE = 200  # elements of one name in one entry
_PEOPLE = ("author", "creator", "name", "email", "managingeditor", "webmaster", "publisher")
_LONGEST = timedelta(days=30)  # no refresh hint is believed beyond this

Said = dict[str, Any]  # what feedparser found


def read(root: etree._Element, url: str, limit: int, problems: Iterable[str]) -> ParsedFeed:
    """Return the feed below `root`, at most `limit` entries of it.

    Raises:
        ParseError: feedparser cannot read it.
    """
    faults = list(problems)
    elements = _newest(items(root), limit, faults)
    for element in elements:
        _clear(element)
    _bound(root)
    found = _found(root, url)
    feed: Said = found.feed
    entries: list[Said] = found.entries
    bases = [_stated_base(element, url) for element in elements]
    if len(bases) != len(entries):  # feedparser saw other entries than we: rather no base at all
        bases = [""] * len(entries)
    site = urls.absolute(url, _text(feed, "link"))
    return ParsedFeed(
        title=_plain(feed, "title") or None,
        site_url=site or None,
        description=_plain(feed, "subtitle") or None,
        language=wording.language(_text(feed, "language") or _lang(root)),
        refresh_hint=_refresh_hint(feed),
        older_url=_related(feed, url, "prev-archive") or _related(feed, url, "next"),
        hub_url=_related(feed, url, "hub"),
        entries=wording.told_apart(
            (
                _entry(entry, feed, stated, site or url)
                for entry, stated in zip(entries, bases, strict=True)
            ),
            faults,
        ),
        problems=tuple(faults),
    )


def _found(root: etree._Element, url: str) -> Any:
    try:
        return feedparser.parse(
            # Bytes in a file object: a string might be taken for an address and fetched.
            io.BytesIO(etree.tostring(root, encoding="utf-8", xml_declaration=True)),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": _base(root, url),
            },
        )
    except Exception as error:  # it has stumbled over hostile documents in many ways
        raise ParseError(f"{url} cannot be read: {error!s:.200}", url=url) from error


# -------------------------------------------------------------------------- before feedparser


def _newest(found: list[etree._Element], limit: int, faults: list[str]) -> list[etree._Element]:
    """Take all but the newest `limit` entries out of the tree; return those that stay, in order."""
    if len(found) <= limit:
        return found
    faults.append(f"it has {len(found)} entries, of which the newest {limit} were read")
    dated = [(_date_of(element), place) for place, element in enumerate(found)]
    if sum(date is not None for date, _ in dated) * 2 >= len(dated):
        dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0, reverse=True)
    kept = {place for _, place in dated[:limit]}
    for place, element in enumerate(found):
        parent = element.getparent()
        if place not in kept and parent is not None:
            parent.remove(element)
    return [element for place, element in enumerate(found) if place in kept]


def _date_of(element: etree._Element) -> datetime | None:
    dates = {local(child): child.text for child in element if local(child) in _DATES}
    return next((moment(dates[name]) for name in _DATES if dates.get(name)), None)


def _clear(item: etree._Element) -> None:
    """Take out of an entry what feedparser would mistake for something else."""
    seen = Counter[str]()
    for child in list(item):
        seen[local(child)] += 1
        if seen[local(child)] > _MOST_ALIKE:
            item.remove(child)
    texts = [child for child in item if local(child) in _TEXTS and not _is_picture(child)]
    for child in list(item):
        if _is_picture(child) and (texts or local(child) in ("title", "subtitle")):
            item.remove(child)
        elif local(child) in ("guid", "id") and not urls.is_web((child.text or "").strip()):
            child.set("isPermaLink", "false")
        elif local(child) == "date" and all(local(other) != "pubdate" for other in item):
            child.tag = "pubDate"  # feedparser takes Dublin Core's date for that of an update
    described = [child for child in texts if local(child) in ("description", "abstract")]
    for child in sorted(described, key=lambda child: len(child.text or ""))[:-1]:
        item.remove(child)


def _bound(root: etree._Element) -> None:
    """Cut off what would keep feedparser busy for minutes."""
    for element in root.iter():
        if _unbound(element.tag):
            element.tag = "unknown"  # else feedparser takes its slow, lenient road
        if len(element.attrib) > _MOST_ATTRIBUTES or any(map(_unbound, element.attrib)):
            element.attrib.clear()
        if len(element.text or "") > _MOST_LETTERS and local(element) in _PEOPLE:
            element.text = (element.text or "")[:_MOST_LETTERS]


def _unbound(name: object) -> bool:
    """Tell whether a name has a prefix that nothing declares."""
    return ":" in str(name).rpartition("}")[2]


def _is_picture(element: etree._Element) -> bool:
    if local(element) in ("author", "keywords", "category"):
        return False
    namespace = etree.QName(element).namespace if isinstance(element.tag, str) else None
    return (namespace or "").lower().startswith(_PICTURES)


def _base(root: etree._Element, url: str) -> str:
    """Return what addresses in the document are relative to.

    RSS says nothing of it. Where a feed is kept at another host than its site (FeedBurner), only
    the site's address makes sense.
    """
    if local(root) == "feed":
        return url
    link = next((str(child.text) for child in root.iter("{*}link") if child.text), "").strip()
    return link if urls.is_web(link) and urls.host(link) != urls.host(url) else url


def _stated_base(item: etree._Element, url: str) -> str:
    """Return the xml:base in force for an entry's text; empty when none is stated."""
    text = next((child for child in item if local(child) in ("content", "encoded")), item)
    try:
        return urls.absolute(url, urljoin(url, text.base)) if text.base else ""
    except ValueError:
        return ""


def _lang(root: etree._Element) -> str:
    return root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""


# ---------------------------------------------------------------------------- after feedparser


def _entry(entry: Said, feed: Said, stated_base: str, site: str) -> ParsedEntry:
    body, full = _body(entry)
    link = _link(entry, site)
    _, cut = wording.tidy(body)
    published, updated = _dates(entry)
    detail: Said = next(iter(entry.get("content") or ()), {}) or entry.get("summary_detail") or {}
    spoken = detail.get("language") or _text(entry, "language") or _text(feed, "language")
    enclosed = (link for link in _listed(entry, "links") if link.get("rel") == "enclosure")
    attached = (urls.absolute(site, _text(part, "href")) for part in enclosed)
    parsed = ParsedEntry(
        guid="",
        url=link,
        title=_plain(entry, "title"),
        authors=_authors(entry) or _authors(feed),
        published=published,
        updated=updated,
        language=wording.language(spoken),
        tags=wording.tags(
            _text(tag, "label") or _text(tag, "term")
            for tag in _listed(entry, "tags")
            if "schemas.google.com" not in _text(tag, "scheme")  # Blogger's own bookkeeping
        ),
        enclosures=tuple(dict.fromkeys(filter(None, attached))),
        html=RawHtml(body),
        base_url=stated_base or link or site,
        summary_only=wording.is_summary(body, full=full, cut=cut),
    )
    return wording.finished(parsed, dict.get(entry, "id"))


def _body(entry: Said) -> tuple[str, bool]:
    """Return the entry's text as HTML, and whether the feed calls it the content."""
    contents = [part for part in _listed(entry, "content") if _text(part, "value").strip()]
    readable = [part for part in contents if _text(part, "type") in (*_HTML, "text/plain", "")]
    if readable:
        best = max(
            readable, key=lambda part: (part.get("type") in _HTML, len(_text(part, "value")))
        )
        return _as_html(best), True
    detail = entry.get("summary_detail") or {}
    return _as_html({"type": detail.get("type"), "value": _text(entry, "summary")}), False


def _as_html(part: Said) -> str:
    value = _text(part, "value").strip()
    return value if part.get("type") in _HTML else wording.paragraphs(value)


def _link(entry: Said, site: str) -> str:
    said = [_text(entry, "feedburner_origlink"), _text(entry, "link")]
    said += [
        _text(link, "href") for link in _listed(entry, "links") if link.get("rel") != "enclosure"
    ]
    return next(filter(None, (urls.absolute(site, address) for address in said if address)), "")


def _dates(entry: Said) -> tuple[datetime | None, datetime | None]:
    # dict.get, because feedparser's own answers one date for another with a warning
    said = {
        name: moment(dict.get(entry, name) or "") for name in ("published", "created", "updated")
    }
    published, updated = said["published"] or said["created"], said["updated"]
    return published, updated


def _authors(thing: Said) -> tuple[str, ...]:
    people = _listed(thing, "authors") or [thing.get("author_detail") or {}]
    said = [_text(person, "name") for person in people]
    return wording.names([*filter(None, said)] or filter(None, [_text(thing, "author")]))


def _plain(thing: Said, name: str) -> str:
    detail = thing.get(f"{name}_detail") or {}
    return wording.plain(_text(thing, name), markup=detail.get("type") in _HTML)


def _refresh_hint(feed: Said) -> timedelta | None:
    """Return how often the feed says it changes: ``ttl`` (minutes), else the syndication module."""
    ttl = re.match(r"\d{1,7}", _text(feed, "ttl").strip(), re.ASCII)
    if ttl and int(ttl.group()):
        return min(timedelta(minutes=int(ttl.group())), _LONGEST)
    hours = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    if not hours:
        return None
    times = re.fullmatch(r"\d{1,5}", _text(feed, "sy_updatefrequency").strip(), re.ASCII)
    span = timedelta(hours=hours) / max(1, int(times.group()) if times else 1)
    return min(span, _LONGEST)


def _related(feed: Said, url: str, relation: str) -> str | None:
    found = (link for link in _listed(feed, "links") if link.get("rel") == relation)
    return next((urls.absolute(url, _text(link, "href")) for link in found), "") or None


def _text(thing: Said, name: str) -> str:
    value = dict.get(thing, name)
    return value if isinstance(value, str) else ""


def _listed(thing: Said, name: str) -> list[Said]:
    value = dict.get(thing, name) or []
    return [part for part in value if isinstance(part, dict)]
