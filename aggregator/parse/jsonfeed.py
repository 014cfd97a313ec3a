"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from typing import Any

from aggregator import urls
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import ParsedEntry, ParsedFeed, RawHtml
from aggregator.parse import wording
from aggregator.parse.dates import moment
from aggregator.text import allowed

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.\d)?/?")


def read(text: str, url: str, max_entries: int) -> ParsedFeed:
    """Return the feed that `text` holds.

    Raises:
        ParseError: it is not valid JSON.
        NotAFeed: it is JSON of another kind.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{url} is not valid JSON: {str(error)[:200]}", url=url) from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeed(f"{url} is JSON, but no JSON Feed: it has no list of items", url=url)
    problems = []
    if not _VERSION.fullmatch(_text(document, "version")):
        problems.append("it does not say which version of JSON Feed it is")
    items = [item for item in document["items"] if isinstance(item, dict)]
    if len(items) > max_entries:
        problems.append(f"it has {len(items)} entries, of which the newest {max_entries} were read")
        items = _newest(items, max_entries)
    site = urls.absolute(url, _text(document, "home_page_url"))
    hubs = [_text(hub, "url") for hub in _list(document, "hubs") if isinstance(hub, dict)]
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
        entries=entries,
        problems=tuple(problems),
    )


def _newest(items: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    dated = [(moment(_text(item, "date_published")), item) for item in items]
    if sum(date is None for date, _ in dated) * 2 > len(dated):
        return items[:limit]
    dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0, reverse=True)
    return [item for _, item in dated[:limit]]


def _entry(item: dict[str, Any], feed: dict[str, Any], base: str, url: str) -> ParsedEntry:
    content = _text(item, "content_html") or wording.paragraphs(_text(item, "content_text"))
    body = content or wording.paragraphs(_text(item, "summary"))
    link = urls.absolute(base, _text(item, "url")) or urls.absolute(
        base, _text(item, "external_url")
    )
    guid = _text(item, "id")
    attached = [_text(part, "url") for part in _list(item, "attachments") if isinstance(part, dict)]
    published, updated = moment(_text(item, "date_published")), moment(_text(item, "date_modified"))
    _, cut = wording.tidy(body)
    entry = ParsedEntry(
        guid="",
        url=link or (guid if urls.is_web(guid) else ""),
        title=wording.plain(_text(item, "title")),
        authors=_authors(item) or _authors(feed),
        published=published,
        updated=updated,
        language=wording.language(_text(item, "language") or _text(feed, "language")),
        tags=wording.tags(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        enclosures=tuple(filter(None, (urls.absolute(base, part) for part in attached))),
        html=RawHtml(body),
        base_url=link or base or url,
        summary_only=wording.is_summary(body, full=bool(content), cut=cut),
    )
    return wording.finished(entry, guid)


def _authors(thing: dict[str, Any]) -> tuple[str, ...]:
    said = [*_list(thing, "authors"), thing.get("author")]  # 1.1, and 1.0
    return wording.names(_text(one, "name") for one in said if isinstance(one, dict))


def _text(thing: dict[str, Any], name: str) -> str:
    """Return a field as text; ids are numbers at times."""
    value = thing.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return allowed(value) if isinstance(value, str) else ""


def _list(thing: dict[str, Any], name: str) -> list[Any]:
    value = thing.get(name)
    return value if isinstance(value, list) else []
