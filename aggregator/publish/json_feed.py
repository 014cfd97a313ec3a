"""JSON Feed 1.1."""

from __future__ import annotations

import json
from typing import Any

from aggregator import text, urls
from aggregator.model import EntryCard
from aggregator.publish.document import (
    Document,
    authors_of,
    image_of,
    media_type,
    stamp,
    summary_of,
    title_of,
)
from aggregator.publish.shapes import talk_json

_VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(document: Document) -> bytes:
    """Return the document as JSON Feed 1.1; serve it as ``application/feed+json``.

    Two objects of our own: ``_recap`` (events, talks, our page, kind) and ``_source``.
    """
    feed: dict[str, Any] = {
        "version": _VERSION,
        "title": document.title,
        "home_page_url": document.home_url,
        "feed_url": document.self_url,
        "description": document.subtitle or document.title,
        "language": document.language,
        "authors": [{"name": document.site_title}],
    }
    if document.next_url:
        feed["next_url"] = document.next_url
    if document.hub:
        feed["hubs"] = [{"type": "WebSub", "url": document.hub}]
    feed["items"] = [_item(entry, document) for entry in document.items()]
    return (json.dumps(_allowed(feed), ensure_ascii=False) + "\n").encode()


def _item(entry: EntryCard, document: Document) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.uid,
        "url": document.link_of(entry),
        "title": title_of(entry),
        "summary": summary_of(entry),
        "date_published": stamp(entry.sorted_at),
        "date_modified": stamp(entry.changed_at),
        "authors": [{"name": name} for name in authors_of(entry)],
        "tags": [tag.name for tag in entry.tags],
    }
    if entry.html:
        item["content_html"] = document.content_of(entry)
    else:
        item["content_text"] = item["summary"]
    image = image_of(entry, document.base_url)
    if image:
        item["image"] = image
    if entry.language:
        item["language"] = entry.language
    attachments = [
        {"url": url, "mime_type": media_type(url)} for url in entry.enclosures if urls.is_web(url)
    ]
    if attachments:
        item["attachments"] = attachments
    item["_recap"] = {
        "kind": entry.kind.value,
        "page": document.page_of(entry),
        "events": [
            {
                "slug": event.slug,
                "name": event.name,
                "series": event.series,
                "year": event.year,
                "url": document.address("events", event.slug),
            }
            for event in entry.events
        ],
        "talks": [talk_json(talk) for talk in entry.talks],
    }
    item["_source"] = {
        "title": entry.source.name,
        "page": document.address("sources", entry.source.slug),
        "feed_url": entry.feed_url,
        "licence": entry.licence,
    }
    return item


def _allowed(value: Any) -> Any:
    if isinstance(value, str):
        return text.allowed(value)
    if isinstance(value, list):
        return [_allowed(part) for part in value]
    if isinstance(value, dict):
        return {key: _allowed(part) for key, part in value.items()}
    return value
