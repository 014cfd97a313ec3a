"""Pages as linked data (schema.org in JSON-LD 1.1), for search engines and reference managers."""

from __future__ import annotations

import json
from typing import Any

from aggregator import text, urls
from aggregator.model import EntryCard, EventCard, EventLink, LinkKind, TalkCard
from aggregator.publish.document import authors_of, image_of, stamp, summary_of, title_of

_LICENCES = {  # SPDX ids to where the text stands
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
}
_ONLINE = {"online", "virtual", "remote", "web"}
_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}

Json = dict[str, Any]


def licence_url(licence: str | None) -> str:
    """Return where the text of a licence stands; empty for those we do not know."""
    return _LICENCES.get(licence or "", "")


def linked_data(thing: Json) -> str:
    """Return a thing as the content of a script element.

    No ``<`` is in it, so nothing in a title can end the element (WHATWG HTML section 4.12.1.3).
    """
    whole = {"@context": "https://schema.org"} | _without_nothing(thing)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def _without_nothing(thing: Json) -> Json:
    return {name: value for name, value in thing.items() if value not in (None, "", [], {})}


def event_data(card: EventCard, page: str) -> Json:
    """Return an event; `page` is our page about it."""
    online = (card.place or "").casefold() in _ONLINE
    mode = "OnlineEventAttendanceMode" if online else None
    where: Json | None = None
    if card.place:
        where = {"@type": "Place", "name": card.place, "address": card.place}
    if online:
        where = {"@type": "VirtualLocation", "url": card.homepage or page}
    return _without_nothing(
        {
            "@type": "Event",
            "name": card.name,
            # a year alone is a date of ISO 8601, too
            "startDate": card.starts_on.isoformat() if card.starts_on else str(card.year),
            "endDate": card.ends_on.isoformat() if card.ends_on else None,
            "eventStatus": "https://schema.org/EventScheduled",
            "eventAttendanceMode": f"https://schema.org/{mode}" if mode else None,
            "location": where,
            "url": card.homepage or page,
            "mainEntityOfPage": page,
            "superEvent": {"@type": "EventSeries", "name": card.series.name},
        }
    )


def _about(event: EventLink, base_url: str) -> Json:
    return {
        "@type": "Event",
        "name": event.name,
        "startDate": str(event.year),
        "url": f"{base_url}/events/{event.slug}/",
    }


def entry_data(entry: EntryCard, page: str, base_url: str) -> Json:
    """Return a recap; `page` is our page about it, `base_url` the site's address."""
    return _without_nothing(
        {
            "@type": "BlogPosting",
            "headline": text.shorten(title_of(entry), 110),
            "description": summary_of(entry),
            "image": image_of(entry, base_url),
            "author": [{"@type": "Person", "name": name} for name in authors_of(entry)],
            "publisher": {"@type": "Organization", "name": entry.source.name},
            "datePublished": None if entry.published_inferred else stamp(entry.published_at),
            "dateModified": stamp(entry.updated_at) if entry.updated_at else None,
            "inLanguage": entry.language,
            "license": licence_url(entry.licence) or entry.licence,
            "keywords": [tag.name for tag in entry.tags],
            "mainEntityOfPage": page,
            "url": entry.url or page,
            "isBasedOn": entry.url,
            "about": [_about(event, base_url) for event in entry.events],
            "mentions": [talk_data(talk, "", base_url) for talk in entry.talks[:20]],
        }
    )


def talk_data(talk: TalkCard, page: str, base_url: str) -> Json:
    """Return a talk: a video where there is one; `page` is our page about it, "" within another."""
    watched = [link.url for link in talk.links if link.kind is LinkKind.VIDEO]
    return _without_nothing(
        {
            "@type": "VideoObject" if watched else "CreativeWork",
            "name": talk.title,
            "description": (talk.told or talk.title) if page else None,
            "url": watched[0] if watched else page,
            "mainEntityOfPage": page,
            "creator": [{"@type": "Person", "name": one.name} for one in talk.speakers],
            "recordedAt": _about(talk.event, base_url) if talk.event and watched and page else None,
            "associatedMedia": [
                {"@type": "MediaObject", "url": link.url, "name": urls.host(link.url)}
                for link in talk.links
                if link.kind is not LinkKind.VIDEO
            ]
            if page
            else None,
        }
    )
