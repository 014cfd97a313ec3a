"""What an output feed is made of, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import MimeTypes
from urllib.parse import quote

from aggregator import __version__, text, urls
from aggregator.model import EntryCard, EventLink, Link
from aggregator.pictures import leading, path_of, placed

GENERATOR = "Event feed aggregator"
# When nothing was ever published, a feed was last changed at a moment that never moves.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_TYPES = MimeTypes(filenames=())  # Python's own table: the machine's differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A listing as a feed."""

    title: str
    home_url: str  # the page of the listing
    self_url: str  # of this document, in this format
    base_url: str  # of the site, without a slash at its end
    feed_id: str  # an IRI that never changes
    site_title: str
    subtitle: str = ""
    language: str = "en"  # of the site
    entries: tuple[EntryCard, ...] = ()  # newest first
    updated: datetime | None = None  # None: when the newest of the entries changed
    next_url: str | None = None  # older entries (RFC 5005 section 3)
    previous_url: str | None = None
    complete: bool = False  # all there is, and no more will come (RFC 5005 section 2)
    hub: str | None = None  # WebSub
    ttl_minutes: int = 60
    version: str = __version__  # of the generator

    def items(self) -> tuple[EntryCard, ...]:
        """Return the entries, each id once: readers drop what has the id of another."""
        return tuple({entry.uid: entry for entry in reversed(self.entries)}.values())[::-1]

    def changed_at(self) -> datetime:
        """Return when the document last changed."""
        return self.updated or max((e.changed_at for e in self.entries), default=_NEVER)

    def page_of(self, entry: EntryCard) -> str:
        """Return the address of our page about an entry."""
        return f"{self.base_url}/entries/{entry.id}/"

    def content_of(self, entry: EntryCard) -> str:
        """Return an entry's article with the addresses of its pictures, or nothing."""
        return placed(entry.html, self.base_url) if entry.html else ""

    def link_of(self, entry: EntryCard) -> str:
        """Return where an entry's link goes: to the original, or to our page where it has none."""
        return entry.url if urls.is_web(entry.url) else self.page_of(entry)

    def scheme(self, kind: str) -> str:
        """Return the IRI that tells our "tags", "events" and "series" apart."""
        return f"{self.base_url}/{kind}/"

    def address(self, kind: str, slug: str) -> str:
        """Return the address of the page of an event, a tag, a series or a source."""
        return f"{self.base_url}/{kind}/{quote(slug)}/"


def categories(entry: EntryCard) -> list[tuple[str, Link]]:
    """Return ("events", "series" or "tags", thing) for all that an entry is filed under."""
    events: tuple[EventLink, ...] = entry.events
    series = {event.series_slug: event.series for event in events}
    return [
        *(("events", Link(slug=event.slug, name=event.name)) for event in events),
        *(("series", Link(slug=slug, name=name)) for slug, name in series.items()),
        *(("tags", tag) for tag in entry.tags),
    ]


def title_of(entry: EntryCard) -> str:
    """Return a title in plain text that is never empty."""
    return text.squeeze(entry.title) or text.shorten(entry.summary, 80) or "Untitled"


def summary_of(entry: EntryCard) -> str:
    """Return a summary in plain text that is never empty."""
    return text.squeeze(entry.summary) or title_of(entry)


def image_of(entry: EntryCard, base_url: str) -> str:
    """Return the address of our copy of the picture that stands for an entry, or nothing."""
    key = leading(entry.html) if entry.html else ""
    return f"{base_url}{path_of(key)}" if key else ""


def authors_of(entry: EntryCard) -> tuple[str, ...]:
    """Return who wrote an entry; its source where that is not known."""
    names = tuple(text.squeeze(name) for name in entry.authors)
    return tuple(name for name in names if name) or (text.squeeze(entry.source.name) or "Unknown",)


def media_type(url: str) -> str:
    """Return the media type that an address's ending tells, a general one where it tells none."""
    return _TYPES.guess_type(url.partition("?")[0])[0] or "application/octet-stream"


def stamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 has it, in UTC: ``2024-07-22T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
