"""HTML for readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from aggregator.errors import NotFound
from aggregator.model import EntryCard, EntryQuery, EventCard, EventPage, Link, TagCard
from aggregator.store import Connection, coverage, entries
from aggregator.web import charts, listings, paths
from aggregator.web.frame import found, listed_entry, page, pager
from aggregator.web.guard import now, public, site, totals
from aggregator.web.listings import Listing

blueprint = Blueprint("pages", __name__)

_YEAR = timedelta(days=365)
# Statements a page makes do not grow with what it shows; what it shows is bounded by these.
_GROUPS = 12
_TALKS_IN_FULL = 10
_EVENTS = 100
_TELLINGS = 60
_TAGS = 250


# ------------------------------------------------------------------------------------------- home


@blueprint.get("/")
@public
def home(c: Connection) -> str | BaseResponse:
    """Show the newest recaps, grouped by event."""
    listing = listings.home(site().settings.site_title)
    if not totals(c).recaps:
        return _welcome(c, listing)
    before = request.args.get("before")
    groups = coverage.groups(
        c, before=listings.read(before) if before else None, limit=_GROUPS, per_group=4
    )
    since = now() - _YEAR
    return page(
        c,
        "home.html",
        listing=listing,
        groups=groups.items,
        pager=pager(listing, groups),
        later=bool(before),
        chart=charts.months(coverage.months(c, since=now() - 2 * _YEAR), _month()),
        talks=coverage.top_talks(c, since, 6),
        busiest=coverage.busiest(c, since, 6),
        tags=coverage.tags(c, 24),
    )


def _welcome(c: Connection, listing: Listing) -> BaseResponse:
    site().totals = None  # a feed that was added shows nothing yet, but is counted here
    counts = totals(c)
    body = page(
        c,
        "welcome.html",
        listing=listing,
        now=now(),
        blogs=sum(counts.feeds.values()),
        sources=coverage.sources(c),
    )
    response = Response(body)
    response.headers["Cache-Control"] = "no-store"  # it tells how long the first poll will take
    return response


def _month() -> tuple[int, int]:
    return now().year, now().month


# ----------------------------------------------------------------------------------------- events


@blueprint.get("/events/")
@public
def events(c: Connection) -> str:
    """Show all events by year, or those of one year."""
    given = request.args.get("year", "")
    if given and not (given.isascii() and given.isdigit() and len(given) == 4):
        raise NotFound("year", given[:20])
    year = int(given) if given else None
    found = coverage.events(c, year=year)
    if year and not found:
        raise NotFound("event with recaps in", year)
    by_year: dict[int, list[EventCard]] = {}
    for place, card in enumerate(found):
        if place >= _EVENTS and card.year not in by_year:
            break  # whole years only; the others are a click away
        by_year.setdefault(card.year, []).append(card)
    years = coverage.years(c)
    return page(
        c,
        "events.html",
        by_year=by_year,
        year=year,
        years=years,
        rest=year is None and len(by_year) < len(years),
    )


@blueprint.get("/events/<slug>/")
@public
def event(c: Connection, slug: str) -> str:
    """Show one event: facts, talks, recaps."""
    about = coverage.event(c, slug)
    listing = listings.event(about.event)
    part = found(c, listing)
    older, newer = _neighbours(about)
    return page(
        c,
        "event.html",
        listing=listing,
        about=about,
        event=about.event,
        teams=_by_source(part.items),
        pager=pager(listing, part),
        talks=about.talks[:_TALKS_IN_FULL],
        more_talks=about.talks[_TALKS_IN_FULL:],
        chart=charts.editions(about.editions, slug),
        older=older,
        newer=newer,
    )


def _neighbours(about: EventPage) -> tuple[EventCard | None, EventCard | None]:
    """Return the editions before and after."""
    older = newer = None
    for first, second in pairwise(about.editions):
        if second.slug == about.event.slug:
            older = first
        if first.slug == about.event.slug:
            newer = second
    return older, newer


def _by_source(cards: tuple[EntryCard, ...]) -> list[tuple[Link, list[EntryCard]]]:
    teams: dict[str, tuple[Link, list[EntryCard]]] = {}
    for card in cards:
        teams.setdefault(card.source.slug, (card.source, []))[1].append(card)
    return list(teams.values())


# ------------------------------------------------------------------------------------ lists of all


@blueprint.get("/series/")
@public
def all_series(c: Connection) -> str:
    """Show all series."""
    return page(c, "series_list.html", series=coverage.all_series(c))


@blueprint.get("/series/<slug>/")
@public
def series(c: Connection, slug: str) -> str:
    """Show one series: its editions and the newest recaps."""
    card = coverage.series(c, slug)
    listing = listings.series(card)
    part = found(c, listing)
    editions = coverage.events(c, series_id=card.id)
    return page(
        c,
        "series.html",
        listing=listing,
        series=card,
        editions=editions,
        entries=part.items,
        pager=pager(listing, part),
        chart=charts.editions(editions),
    )


@blueprint.get("/tags/")
@public
def tags(c: Connection) -> str:
    """Show all tags."""
    found = coverage.tags(c)
    shown = found
    if len(found) > _TAGS and "all" not in request.args:
        shown = tuple(card for card in found if card.recaps > 1)
    letters: dict[str, list[TagCard]] = {}
    for card in sorted(shown, key=lambda one: one.slug):
        first = card.slug[:1].upper()
        letters.setdefault(first if first.isalpha() else "0–9", []).append(card)
    return page(
        c,
        "tags.html",
        top=found[:24],
        letters=letters,
        count=len(found),
        once=len(found) - len(shown),
    )


@blueprint.get("/tags/<slug>/")
@public
def tag(c: Connection, slug: str) -> str:
    """Show one tag: recaps, the events they are about, related tags."""
    card = coverage.tag(c, slug)
    listing = listings.tag(card)
    part = found(c, listing)
    return page(
        c,
        "tag.html",
        listing=listing,
        tag=card,
        entries=part.items,
        pager=pager(listing, part),
        events=coverage.tag_events(c, card.id),
        related=coverage.related_tags(c, card.id),
        chart=charts.months(coverage.months(c, tag_id=card.id, since=now() - 2 * _YEAR), _month()),
    )


@blueprint.get("/sources/")
@public
def sources(c: Connection) -> str:
    """Show all teams and blogs."""
    return page(c, "sources.html", sources=coverage.sources(c))


@blueprint.get("/sources/<slug>/")
@public
def source(c: Connection, slug: str) -> str:
    """Show one team or blog."""
    card = coverage.source(c, slug)
    listing = listings.source(card)
    part = found(c, listing)
    return page(
        c,
        "source.html",
        listing=listing,
        source=card,
        entries=part.items,
        pager=pager(listing, part),
        events=coverage.source_events(c, card.id),
        chart=charts.months(
            coverage.months(c, source_id=card.id, since=now() - 2 * _YEAR), _month()
        ),
    )


# ------------------------------------------------------------------------------------------ talks


@blueprint.get("/talks/")
@public
def talks(c: Connection) -> str:
    """Show the talks that are told of most."""
    return page(
        c,
        "talks.html",
        recent=coverage.top_talks(c, now() - _YEAR, 15),
        ever=coverage.top_talks(c, None, 25),
    )


@blueprint.get("/talks/<int(max=2147483647):talk_id>/")
@public
def talk(c: Connection, talk_id: int) -> str:
    """Show one talk and who wrote about it."""
    card, tellings = coverage.talk(c, talk_id)
    return page(c, "talk.html", talk=card, tellings=tellings[:_TELLINGS], count=len(tellings))


@blueprint.get("/speakers/<slug>/")
@public
def speaker(c: Connection, slug: str) -> str:
    """Show a speaker's talks."""
    card, given = coverage.speaker(c, slug)
    return page(c, "speaker.html", speaker=card, talks=given)


# ---------------------------------------------------------------------------------------- entries


@blueprint.get("/entries/<int(max=2147483647):entry_id>/")
@public
def entry(c: Connection, entry_id: int) -> str | BaseResponse:
    """Show one recap."""
    card = listed_entry(c, entry_id)
    if card.duplicate_of is not None:
        return redirect(paths.entry(card.duplicate_of))
    file = entries.file(c, entry_id)
    here = listings.cursor_of(card)
    by_source = EntryQuery(source_id=coverage.source(c, card.source.slug).id, limit=1)
    return page(
        c,
        "entry.html",
        entry=card,
        why=file.why,
        duplicates=file.duplicates,
        others=_others(c, card),
        earlier=entries.find(c, replace(by_source, before=here)).items,
        later=entries.find(c, replace(by_source, after=here)).items,
    )


def _others(c: Connection, card: EntryCard) -> list[EntryCard]:
    """Return other recaps of the event that an entry is mostly about."""
    if not card.events:
        return []
    event_id = coverage.event_card(c, card.events[0].slug).id
    found = entries.find(c, EntryQuery(event_id=event_id, limit=7)).items
    return [one for one in found if one.id != card.id][:6]


@blueprint.get("/about/")
@public
def about(c: Connection) -> str:
    """Tell how the site works."""
    return page(c, "about.html")
