"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from aggregator import urls
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import ParsedEntry, ParsedFeed
from aggregator.parse import wording
from aggregator.parse.dates import moment
from aggregator.parse.document import MOST_ITEMS
from aggregator.text import allowed

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.\d)?/?")
_WEBSUB = ("websub", "pubsubhubbub", "")  # other kinds of hubs speak another protocol
_MOST_PARTS = 100_000  # objects; each takes 230 bytes of memory and more
_MOST_ALIKE = 200  # tags, authors or attachments of one item

Item = dict[str, Any]


def read(data: bytes, url: str, max_entries: int) -> ParsedFeed:
    """Return the feed in a document in UTF-8.

    Raises:
        ParseError: it is not valid JSON.
        NotAFeed: it is JSON of another kind.
    """
    document = _loaded(data, url)
    problems = []
    if not _VERSION.fullmatch(_text(document, "version")):
        problems.append("it does not say which version of JSON Feed it is")
    items = [item for item in document["items"][:MOST_ITEMS] if isinstance(item, dict)]
    if len(items) > max_entries:
        more = "more than " if len(items) == MOST_ITEMS else ""
        problems.append(f"the newest {max_entries} of {more}{len(items)} entries were taken")
        items = _newest(items, max_entries)
    site = urls.absolute(url, _text(document, "home_page_url"))
    hubs = [
        _text(hub, "url")
        for hub in _list(document, "hubs")
        if isinstance(hub, dict) and _text(hub, "type").lower() in _WEBSUB
    ]
    entries = wording.told_apart(
        (_entry(item, document, site or url, url) for item in items), problems
    )
    return ParsedFeed(
        title=wording.plain(_text(document, "title")) or None,
        site_url=site or None,
        description=wording.plain(_text(document, "description")) or None,
        language=wording.language(_text(document, "language")),
        older_url=urls.absolute(url, _text(document, "next_url")) or None,
        hub_url=next((hub for hub in hubs if urls.is_web(hub)), None),
        self_url=urls.absolute(url, _text(document, "feed_url")) or None,
        entries=entries,
        problems=tuple(problems),
    )


def _loaded(data: bytes, url: str) -> Item:
    if data.count(b"{") > _MOST_PARTS or data.count(b"[") > 3 * _MOST_PARTS:
        raise ParseError(f"{url} is JSON with more parts than a feed may have", url=url)
    try:
        document = json.loads(data, strict=False)  # line ends as they stand are no harm
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{url} is not valid JSON: {str(error)[:200]}", url=url) from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeed(f"{url} is JSON, but no JSON Feed: it has no list of items", url=url)
    return document


def _newest(items: list[Item], limit: int) -> list[Item]:
    dated = [(_published(item) or _updated(item), item) for item in items]
    if sum(date is None for date, _ in dated) * 2 > len(dated):
        return items[:limit]
    dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0, reverse=True)
    return [item for _, item in dated[:limit]]


def _published(item: Item) -> datetime | None:
    return moment(_text(item, "date_published"))


def _updated(item: Item) -> datetime | None:
    return moment(_text(item, "date_modified"))


def _entry(item: Item, feed: Item, base: str, url: str) -> ParsedEntry:
    content = _text(item, "content_html") or wording.paragraphs(_text(item, "content_text"))
    guid = _text(item, "id")
    addresses = (_text(item, "url"), _text(item, "external_url"))
    absolute = (urls.absolute(base, address) for address in addresses)
    link = next(filter(None, absolute), "") or (guid if urls.is_web(guid) else "")
    attached = [_text(part, "url") for part in _list(item, "attachments") if isinstance(part, dict)]
    return wording.entry(
        guid,
        content or wording.paragraphs(_text(item, "summary")),
        full=bool(content),
        url=link,
        title=wording.plain(_text(item, "title")),
        authors=_authors(item) or _authors(feed),
        published=_published(item),
        updated=_updated(item),
        language=wording.language(_text(item, "language") or _text(feed, "language")),
        tags=wording.tags(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        enclosures=tuple(filter(None, (urls.absolute(base, part) for part in attached))),
        base_url=link or base or url,
    )


def _authors(thing: Item) -> tuple[str, ...]:
    said = [*_list(thing, "authors"), thing.get("author")]  # 1.1, and 1.0
    return wording.names(_text(one, "name") for one in said if isinstance(one, dict))


def _text(thing: Item, name: str) -> str:
    """Return a field as text; ids are numbers at times."""
    value = thing.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return allowed(value) if isinstance(value, str) else ""


def _list(thing: Item, name: str) -> list[Any]:
    value = thing.get(name)
    return value[:_MOST_ALIKE] if isinstance(value, list) else []
