"""HTML for readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from aggregator import publish, text
from aggregator.errors import NotFound
from aggregator.model import (
    Cursor,
    EntryCard,
    EntryQuery,
    EventCard,
    EventLink,
    EventPage,
    Link,
    TalkCard,
)
from aggregator.store import Connection, browse, coverage, entries
from aggregator.web import charts, listings, paths, shelves
from aggregator.web.frame import data_of, found, listed_entry, page, pager
from aggregator.web.guard import base, now, public, site, totals
from aggregator.web.listings import Listing
from aggregator.web.shelves import Shelf

blueprint = Blueprint("pages", __name__)

_YEAR = timedelta(days=365)
_JUST_NOW = timedelta(days=90)
# Statements a page makes do not grow with what it shows; what it shows is bounded by these.
_GROUPS = 8
_PER_GROUP = 5
_TALKS_IN_FULL = 8
_EVENTS = 80
_TELLINGS = 60
_TAGS = 240
_SERIES = 90
_SOURCES = 240
_SPEAKERS = 240
_YEARS_CROSSED = 6

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
        c,
        before=listings.read(before) if before else None,
        limit=_GROUPS,
        per_group=_PER_GROUP,
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
        busiest=coverage.busiest(c, now() - _JUST_NOW, 6) or coverage.busiest(c, since, 6),
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
        raise NotFound("page", given[:20])
    year = int(given) if given else None
    before = request.args.get("before") if year else None
    part = browse.events_part(
        c, year=year, before=listings.read(before) if before else None, limit=_EVENTS
    )
    if year and not part.items:
        raise NotFound("page", year)
    by_year: dict[int, list[EventCard]] = {}
    for card in part.items:
        by_year.setdefault(card.year, []).append(card)
    years = coverage.years(c)
    return page(
        c,
        "events.html",
        by_year=by_year,
        year=year,
        years=years,
        of_year={one: count for one, count, _ in years},
        pager=_older_events(year, part.next),
    )


def _older_events(year: int | None, following: Cursor | None) -> dict[str, str]:
    if year is None or following is None:
        return {"newer": "", "older": ""}
    return {"newer": "", "older": f"{paths.events(year)}&before={listings.written(following)}"}


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
        data=data_of(publish.event_data(about.event, base() + listing.path)),
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
    cards = coverage.all_series(c)
    shelf = shelves.shelf(cards, _SERIES, slug=lambda one: one.slug, weight=lambda one: one.recaps)
    return page(c, "series_list.html", shelf=shelf, count=len(cards))


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
    cards = sorted(coverage.tags(c), key=lambda one: one.slug)
    shelf = shelves.shelf(cards, _TAGS, slug=lambda one: one.slug, weight=lambda one: one.recaps)
    top = sorted(cards, key=lambda one: -one.recaps)[:24]
    return page(c, "tags.html", top=top, shelf=shelf, count=len(cards))


@blueprint.get("/tags/<slug>/")
@public
def tag(c: Connection, slug: str) -> str:
    """Show one tag: recaps, who writes about it, at which events of which year, related tags."""
    card = coverage.tag(c, slug)
    listing = listings.tag(card)
    part = found(c, listing)
    crossings = browse.tag_crossings(c, card.id)
    years = {event.year for one in crossings for event, _ in one.editions}
    return page(
        c,
        "tag.html",
        listing=listing,
        tag=card,
        entries=part.items,
        pager=pager(listing, part),
        crossings=crossings,
        years=sorted(years, reverse=True)[:_YEARS_CROSSED],
        writers=browse.tag_sources(c, card.id),
        related=coverage.related_tags(c, card.id),
        chart=charts.months(coverage.months(c, tag_id=card.id, since=now() - 2 * _YEAR), _month()),
    )


@blueprint.get("/sources/")
@public
def sources(c: Connection) -> str:
    """Show all teams and blogs."""
    cards = coverage.sources(c)
    shelf = shelves.shelf(cards, _SOURCES, slug=lambda one: one.slug, weight=lambda one: one.recaps)
    return page(c, "sources.html", shelf=shelf, count=len(cards))


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
        groups=_by_event(part.items),
        pager=pager(listing, part),
        events=coverage.source_events(c, card.id),
        chart=charts.months(
            coverage.months(c, source_id=card.id, since=now() - 2 * _YEAR), _month()
        ),
    )


def _by_event(
    cards: Iterable[EntryCard],
) -> list[tuple[EventLink | None, list[EntryCard]]]:
    """Return recaps grouped by the event each is mostly about, in the order of the newest."""
    groups: dict[str, tuple[EventLink | None, list[EntryCard]]] = {}
    for card in cards:
        about = card.events[0] if card.events else None
        key = about.slug if about else f"{card.id}"
        groups.setdefault(key, (about, []))[1].append(card)
    return list(groups.values())


# ------------------------------------------------------------------------------------------ talks


@blueprint.get("/talks/")
@public
def talks(c: Connection) -> str:
    """Show the talks that are told of most."""
    return page(
        c,
        "talks.html",
        recent=coverage.top_talks(c, now() - _YEAR, 12),
        ever=coverage.top_talks(c, None, 20),
    )


@blueprint.get("/talks/<int(max=2147483647):talk_id>/")
@public
def talk(c: Connection, talk_id: int) -> str:
    """Show one talk and who wrote about it."""
    card, tellings = coverage.talk(c, talk_id)
    return page(
        c,
        "talk.html",
        listing=listings.talk(card),
        talk=card,
        tellings=tellings[:_TELLINGS],
        count=len(tellings),
        beside=browse.talks_beside(c, talk_id) if card.event else (),
        data=data_of(publish.talk_data(card, f"{base()}/talks/{card.id}/", base())),
    )


@blueprint.get("/speakers/")
@public
def speakers(c: Connection) -> str:
    """Show the speakers: all, or those of most talks, or those of a letter, in parts."""
    beginnings = browse.speaker_beginnings(c)
    letters = shelves.lettered(beginnings)
    count = sum(letters.values())
    if count <= _SPEAKERS:
        letters = {}
    letter = shelves.letter_asked(letters)
    after = _name_asked("after") if letter else ""
    own = [first for first in beginnings if letter and shelves.letter_of(first) == letter]
    cards = browse.speakers(c, beginnings=own, after=after, limit=_SPEAKERS + bool(own))
    shown = cards[:_SPEAKERS] if own else sorted(cards, key=lambda one: one.slug)
    if after and not shown:
        raise NotFound("page", after)
    older = ""
    if len(cards) > len(shown):
        older = f"{paths.speakers()}?{urlencode({'letter': letter, 'after': shown[-1].slug})}"
    return page(
        c,
        "speakers.html",
        shelf=Shelf(shown, letters, letter),
        count=count,
        pager={"newer": "", "older": older},
    )


def _name_asked(argument: str) -> str:
    """Return the slug that the address names, if any.

    Raises:
        NotFound: it is none.
    """
    given = request.args.get(argument, "")
    if given and text.slug(given) != given:
        raise NotFound("page", given[:40])
    return given


@blueprint.get("/speakers/<slug>/")
@public
def speaker(c: Connection, slug: str) -> str:
    """Show a speaker's talks, by the event they were given at."""
    card, given = coverage.speaker(c, slug)
    events: dict[str, list[TalkCard]] = {}
    for one in given:
        events.setdefault(one.event.slug if one.event else "", []).append(one)
    return page(
        c,
        "speaker.html",
        listing=listings.speaker(card),
        speaker=card,
        talks=given,
        events=len(events),
    )


# ---------------------------------------------------------------------------------------- entries


@blueprint.get("/entries/<int(max=2147483647):entry_id>/")
@public
def entry(c: Connection, entry_id: int) -> str | BaseResponse:
    """Show one recap."""
    card = listed_entry(c, entry_id)
    if card.duplicate_of is not None:
        return redirect(paths.entry(card.duplicate_of))
    why, duplicates = entries.background(c, entry_id)
    newer, older, others = entries.beside(c, _list_of(c, card), listings.cursor_of(card))
    return page(
        c,
        "entry.html",
        entry=card,
        why=why,
        duplicates=duplicates,
        others=others if card.events else (),
        newer=newer,
        older=older,
        licence_url=publish.licence_url(card.licence),
        image=publish.image_of(card, base()),
        data=data_of(publish.entry_data(card, f"{base()}/entries/{card.id}/", base())),
    )


def _list_of(c: Connection, card: EntryCard) -> EntryQuery:
    """Return the list that an entry stands in: of its event, else of its source."""
    if card.events:
        return EntryQuery(event_id=coverage.event_card(c, card.events[0].slug).id, limit=6)
    return EntryQuery(source_id=coverage.source(c, card.source.slug).id, limit=6)


@blueprint.get("/about/")
@public
def about(c: Connection) -> str:
    """Tell how the site works."""
    return page(c, "about.html")
