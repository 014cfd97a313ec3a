"""The JSON shapes of the command line and the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from aggregator.model import (
    EntryCard,
    EventCard,
    Feed,
    Kind,
    Recognition,
    TalkCard,
    TalkMention,
)
from aggregator.pictures import placed
from aggregator.publish.document import stamp


def _time(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def entry_json(entry: EntryCard, base_url: str = "") -> dict[str, Any]:
    """Return an entry as ``entries list --json`` shows it.

    Its content is shown for recaps that are not hidden; those folded as duplicates included.
    `base_url` is the site's address, which its pictures are given.
    """
    shown = entry.kind is Kind.RECAP and not entry.hidden
    return {
        "id": entry.id,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "feed_url": entry.feed_url,
        "source": entry.source.name,
        "authors": list(entry.authors),
        "published": None if entry.published_inferred else _time(entry.published_at),
        "updated": _time(entry.updated_at),
        "fetched": _time(entry.fetched_at),
        "language": entry.language,
        "kind": entry.kind.value,
        "kind_score": round(entry.kind_score, 4),
        "events": [
            {"slug": e.slug, "name": e.name, "series": e.series, "year": e.year}
            for e in entry.events
        ],
        "tags": [tag.name for tag in entry.tags],
        "talks": [talk_json(talk) for talk in entry.talks],
        "enclosures": list(entry.enclosures),
        "summary": entry.summary,
        "content_html": placed(entry.html, base_url) if shown and entry.html else None,
        "duplicate_of": entry.duplicate_of,
    }


def talk_json(talk: TalkCard) -> dict[str, Any]:
    """Return a talk as entries show it; its address is that of its first link."""
    first = talk.links[0] if talk.links else None
    return {
        "title": talk.title,
        "url": first.url if first else None,
        "kind": first.kind.value if first else None,
        "speakers": [speaker.name for speaker in talk.speakers],
        "links": [{"url": link.url, "kind": link.kind.value} for link in talk.links],
    }


def feed_json(feed: Feed) -> dict[str, Any]:
    """Return a feed as ``feeds list --json`` shows it."""
    return {
        "id": feed.id,
        "url": feed.url,
        "site_url": feed.source.site_url,
        "title": feed.title,
        "source": feed.source.title,
        "status": feed.status.value,
        "error": feed.error,
        "failures": feed.failures,
        "last_polled": _time(feed.last_polled_at),
        "last_changed": _time(feed.last_changed_at),
        "next_poll": _time(feed.next_poll_at),
        "interval_s": int(feed.interval.total_seconds()),
        "entries": feed.entries,
    }


def event_json(card: EventCard) -> dict[str, Any]:
    """Return an event as ``events list --json`` shows it."""
    return {
        "id": card.id,
        "slug": card.slug,
        "name": card.name,
        "series": card.series.name,
        "year": card.year,
        "edition": card.edition or None,
        "place": card.place,
        "starts_on": _day(card.starts_on),
        "ends_on": _day(card.ends_on),
        "homepage": card.homepage,
        "part_of": card.part_of.slug if card.part_of else None,
        "recaps": card.recaps,
        "sources": card.sources,
        "talks": card.talks,
        "newest": _time(card.newest_at),
    }


def recognition_json(
    id: str,  # noqa: A002 - the name of the field
    recognition: Recognition,
    *,
    explain: bool = False,
) -> dict[str, Any]:
    """Return what was recognised in a post as ``recognise`` writes it."""
    row: dict[str, Any] = {
        "id": id,
        "kind": recognition.kind.value,
        "kind_score": round(recognition.kind_score, 4),
        "events": [
            {"name": e.name, "series": e.series, "year": e.year} for e in recognition.events
        ],
        "talks": [_mention_json(talk) for talk in recognition.talks],
    }
    if explain:
        row["why"] = list(recognition.why)
    return row


def _mention_json(talk: TalkMention) -> dict[str, Any]:
    first = talk.links[0] if talk.links else None
    return {
        "title": talk.title,
        "url": first.url if first else None,
        "kind": first.kind.value if first else None,
        "speakers": list(talk.speakers),
    }
