"""From an address to a `Listing`: a titled query, the same for pages, feeds, pager and API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from aggregator.errors import NotFound
from aggregator.model import (
    Cursor,
    EntryCard,
    EntryQuery,
    EventCard,
    SeriesCard,
    SourceCard,
    SpeakerCard,
    TagCard,
    TalkCard,
)
from aggregator.store import Connection, coverage
from aggregator.web.language import gettext
from aggregator.web.words import month_name

# Ends of addresses, media types and names of the three output feeds.
FORMATS = (
    ("rss.xml", "application/rss+xml", "RSS"),
    ("atom.xml", "application/atom+xml", "Atom"),
    ("feed.json", "application/feed+json", "JSON"),
)
_CURSOR = re.compile(r"(\d{8}T\d{6})(?:\.(\d{6}))?Z-(\d{1,18})")
_ROW = re.compile(r"[1-9][0-9]{0,17}")
_FILTERS = ("event", "tag", "source", "year", "language")
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A titled query over entries, with the address of its page."""

    title: str
    path: str  # from the site's root, with a slash at its end
    query: EntryQuery
    description: str = ""
    args: tuple[tuple[str, str], ...] = ()  # of a search
    about: EventCard | SeriesCard | TagCard | SourceCard | None = None
    filters: tuple[tuple[str, str], ...] = ()  # of a search: name of the filter, what it is set to

    def page(self, **cursor: str) -> str:
        """Return the path and query of the listing's page, or of the part at a cursor."""
        pairs = [*self.args, *cursor.items()]
        path = self.path if self.path != "/search/" else "/search"
        return path + (f"?{urlencode(pairs)}" if pairs else "")

    def feed(self, name: str, **cursor: str) -> str:
        """Return the path and query of one of its feeds: "rss.xml", "atom.xml", "feed.json"."""
        pairs = [*(pair for pair in self.args if pair[0] != "order"), *cursor.items()]
        return f"{self.path}{name}" + (f"?{urlencode(pairs)}" if pairs else "")


# ---------------------------------------------------------------------------------------- cursors


def written(cursor: Cursor) -> str:
    """Return a cursor as it stands in addresses."""
    at = cursor.published_at.astimezone(UTC)
    part = f".{at.microsecond:06}" if at.microsecond else ""
    return f"{at:%Y%m%dT%H%M%S}{part}Z-{cursor.id}"


def cursor_of(card: EntryCard) -> Cursor:
    """Return the cursor that stands at an entry."""
    return Cursor(published_at=card.sorted_at, id=card.id)


def read(given: str) -> Cursor:
    """Return the cursor that an address names.

    Raises:
        NotFound: it is none of ours.
    """
    found = _CURSOR.fullmatch(given)
    if found:
        try:
            at = datetime.strptime(f"{found[1]}+0000", "%Y%m%dT%H%M%S%z")
        except ValueError:  # the 31st of February
            found = None
    if not found:
        raise NotFound("page", given[:40])
    return Cursor(published_at=at.replace(microsecond=int(found[2] or 0)), id=int(found[3]))


def part(
    listing: Listing, args: Mapping[str, str], limit: int, *, full: bool = False
) -> EntryQuery:
    """Return the query for the part of the listing that ``before`` or ``after`` asks for.

    Raises:
        NotFound: the cursor is none of ours.
    """
    before, after = args.get("before"), args.get("after")
    return replace(
        listing.query,
        before=read(before) if before else None,
        after=read(after) if after and not before else None,
        limit=limit,
        full=full,
    )


# --------------------------------------------------------------------------------------- listings


def home(site_title: str) -> Listing:
    """Everything."""
    return Listing(
        title=site_title,
        path="/",
        query=EntryQuery(),
        description=gettext("What people bring home from conferences and workshops."),
    )


def event(card: EventCard) -> Listing:
    """Recaps of an event."""
    return Listing(
        title=card.name,
        path=f"/events/{quote(card.slug)}/",
        query=EntryQuery(event_id=card.id),
        description=gettext("Recaps of %(name)s.", name=card.name),
        about=card,
    )


def series(card: SeriesCard) -> Listing:
    """Recaps of all editions of a series."""
    return Listing(
        title=card.name,
        path=f"/series/{quote(card.slug)}/",
        query=EntryQuery(series_id=card.id),
        description=gettext("Recaps of all editions of %(name)s.", name=card.name),
        about=card,
    )


def tag(card: TagCard) -> Listing:
    """Recaps with a tag."""
    return Listing(
        title=card.name,
        path=f"/tags/{quote(card.slug)}/",
        query=EntryQuery(tag_id=card.id),
        description=gettext("Recaps tagged %(name)s.", name=card.name),
        about=card,
    )


def source(card: SourceCard) -> Listing:
    """Recaps by a source."""
    return Listing(
        title=card.title,
        path=f"/sources/{quote(card.slug)}/",
        query=EntryQuery(source_id=card.id),
        description=gettext("Recaps by %(name)s.", name=card.title),
        about=card,
    )


def talk(card: TalkCard) -> Listing:
    """Recaps that tell of a talk."""
    return Listing(
        title=card.title,
        path=f"/talks/{card.id}/",
        query=EntryQuery(talk_id=card.id),
        description=gettext("Recaps that tell of the talk “%(title)s”.", title=card.title),
    )


def speaker(card: SpeakerCard) -> Listing:
    """Recaps that tell of a talk by a speaker."""
    return Listing(
        title=card.name,
        path=f"/speakers/{quote(card.slug)}/",
        query=EntryQuery(speaker=card.slug),
        description=gettext("Recaps that tell of a talk by %(name)s.", name=card.name),
    )


def archive(year: int, month: int | None = None) -> Listing:
    """Recaps published in a year, or in a month of it.

    Raises:
        NotFound: there is no such time.
    """
    if not 1900 <= year <= 2200 or (month is not None and not 1 <= month <= 12):
        raise NotFound("month", f"{year}" if month is None else f"{year}-{month}")
    name = str(year) if month is None else month_name(year, month)
    path = f"/archive/{year}/" + ("" if month is None else f"{month:02d}/")
    return Listing(title=name, path=path, query=EntryQuery(year=year, month=month))


def search(c: Connection, args: Mapping[str, str]) -> Listing:
    """Recaps that hold the words of ``q``, within the filters event, tag, source, year, language.

    Raises:
        NotFound: a filter names what there is not.
    """
    words = " ".join(args.get("q", "").split())[:_LONGEST_SEARCH]
    wanted = {name: args.get(name, "").strip() for name in _FILTERS}
    query = EntryQuery(
        words=words,
        language=_language(wanted["language"]),
        year=_year(wanted["year"]),
        by_date=args.get("order") == "newest",
    )
    filters: list[tuple[str, str]] = []
    if wanted["event"]:
        found = coverage.event_card(c, wanted["event"])
        query, filters = replace(query, event_id=found.id), [*filters, ("event", found.name)]
    if wanted["tag"]:
        topic = coverage.tag(c, wanted["tag"])
        query, filters = replace(query, tag_id=topic.id), [*filters, ("tag", topic.name)]
    if wanted["source"]:
        writer = coverage.source(c, wanted["source"])
        query, filters = replace(query, source_id=writer.id), [*filters, ("source", writer.title)]
    filters += [(name, wanted[name]) for name in ("year", "language") if wanted[name]]
    order = "newest" if words and args.get("order") == "newest" else ""
    pairs = [("q", words), *((name, wanted[name]) for name in _FILTERS), ("order", order)]
    title = gettext("Search: %(words)s", words=words) if words else gettext("Search")
    return Listing(
        title=title,
        path="/search/",
        query=query,
        args=tuple((name, value) for name, value in pairs if value),
        description=gettext("Recaps found for %(words)s.", words=words)
        if words
        else gettext("All recaps that match."),
        filters=tuple(filters),
    )


def _year(given: str) -> int | None:
    if not given:
        return None
    if not re.fullmatch(r"(19|20|21)\d\d", given):
        raise NotFound("year", given[:20])
    return int(given)


def _language(given: str) -> str | None:
    if given and not re.fullmatch(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*", given):
        raise NotFound("language", given[:20])
    return given or None


def named(c: Connection, kind: str, slug: str) -> Listing:
    """Return the listing of an event, series, tag, source, talk or speaker by its path's parts.

    Raises:
        NotFound: there is none of that name; `Moved` when it has another now.
    """
    match kind:
        case "events":
            return event(coverage.event_card(c, slug))
        case "series":
            return series(coverage.series(c, slug))
        case "tags":
            return tag(coverage.tag(c, slug))
        case "sources":
            return source(coverage.source(c, slug))
        case "talks" if _ROW.fullmatch(slug):
            return talk(coverage.talk(c, int(slug))[0])
        case "speakers":
            return speaker(coverage.speaker(c, slug)[0])
    raise NotFound("list", kind)
