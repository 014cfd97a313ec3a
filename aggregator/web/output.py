"""What machines read: listings as RSS, Atom or JSON Feed; OPML, calendars, sitemap, citations."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from aggregator import publish
from aggregator.model import EventCard
from aggregator.store import Connection, coverage, entries, feeds, upkeep
from aggregator.web import language, listings, paths, render
from aggregator.web.frame import listed_entry
from aggregator.web.guard import base, now, public, site
from aggregator.web.language import gettext
from aggregator.web.listings import Listing

blueprint = Blueprint("output", __name__)

_WRITERS = {"rss.xml": publish.rss, "atom.xml": publish.atom, "feed.json": publish.json_feed}
_TYPES = {name: media_type for name, media_type, _ in listings.FORMATS}
_FORMAT = "any('rss.xml', 'atom.xml', 'feed.json')"
_KIND = "any('events', 'series', 'tags', 'sources', 'talks', 'speakers')"
_CITATIONS = {
    "bib": (publish.bibtex, "application/x-bibtex"),
    "json": (publish.csl_json, "application/vnd.citationstyles.csl+json"),
    "cff": (publish.cff, "application/yaml"),
}
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # when nothing was ever published
_OF_A_KIND = 2000  # talks, and speakers, in the sitemap
_WRITTEN_ABOUT = timedelta(days=365)  # after its end, an event is written about no more


# ------------------------------------------------------------------------------------ output feeds


@blueprint.get(f"/<{_FORMAT}:form>", defaults={"kind": "", "slug": ""})
@blueprint.get(f"/<{_KIND}:kind>/<slug>/<{_FORMAT}:form>")
@public
def feed(c: Connection, form: str, kind: str, slug: str) -> BaseResponse:
    """Answer the newest entries of everything, or of one thing that has a page of its own."""
    title = site().settings.site_title
    return _feed(c, listings.named(c, kind, slug) if kind else listings.home(title), form)


@blueprint.get(f"/search/<{_FORMAT}:form>")
@public
def found(c: Connection, form: str) -> BaseResponse:
    """Answer the entries that a search finds, the newest first: a reader wants what is new."""
    listing = listings.search(c, request.args)
    return _feed(c, replace(listing, query=replace(listing.query, by_date=True)), form)


def _feed(c: Connection, listing: Listing, form: str) -> BaseResponse:
    settings = site().settings
    query = listings.part(listing, request.args, settings.output_size, full=True)
    page = entries.find(c, query)
    cursor = {name: value for name in ("before", "after") if (value := request.args.get(name))}
    home = listing.path == "/"
    # Our hub is told of every list that has something new (`websub`), but not of older parts, nor
    # of searches, of which there is no end.
    told = listing.path != "/search/" and not cursor
    hub = settings.hub_url if told and settings.base_url else ""
    document = publish.Document(
        title=settings.site_title if home else f"{listing.title} · {settings.site_title}",
        home_url=base() + listing.page(),
        self_url=base() + listing.feed(form, **cursor),
        base_url=base(),
        feed_id=uuid.uuid5(_identity(c), listing.feed("")).urn,
        site_title=settings.site_title,
        subtitle=listing.description,
        entries=page.items,
        hub=hub or None,
        next_url=base() + listing.feed(form, before=listings.written(page.next))
        if page.next
        else None,
        previous_url=base() + listing.feed(form, after=listings.written(page.previous))
        if page.previous
        else None,
        language=language.languages().default,
        complete=not page.next and not page.previous and _is_over(listing),
    )
    response = _answer(_WRITERS[form](document), f"{_TYPES[form]}; charset=utf-8")
    response.last_modified = document.changed_at()
    if hub:
        response.headers["Link"] = f'<{hub}>; rel="hub", <{document.self_url}>; rel="self"'
    return response


def _is_over(listing: Listing) -> bool:
    """Tell whether nobody will write of an event any more, as far as one can tell."""
    card = listing.about
    if not isinstance(card, EventCard):
        return False
    last = card.ends_on or card.starts_on or date(card.year, 12, 31)
    return now().date() > last + _WRITTEN_ABOUT


def _identity(c: Connection) -> uuid.UUID:
    """Return what tells this site from others for ever: made once, kept with the data.

    Ids of feeds and events are made of it, so that they stay when the site gets another name.
    """
    kept = upkeep.state(c, "site_id")
    if kept is None:
        with site().database.writing() as writing:
            kept = upkeep.state(writing, "site_id") or str(uuid.uuid4())
            upkeep.set_state(writing, "site_id", kept)
    return uuid.UUID(kept)


def _answer(body: bytes | str, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Access-Control-Allow-Origin"] = "*"  # public data, for readers in browsers
    return response


# --------------------------------------------------------------------------------------- calendars


@blueprint.get("/events.ics")
@public
def calendar(c: Connection) -> BaseResponse:
    """Answer all events whose dates are known."""
    return _calendar(c, coverage.events(c), gettext("Events"), "events.ics")


@blueprint.get("/events/<slug>/event.ics")
@public
def event_calendar(c: Connection, slug: str) -> BaseResponse:
    """Answer one event."""
    card = coverage.event_card(c, slug)
    return _calendar(c, (card,), card.name, f"{card.slug}.ics")


def _calendar(c: Connection, cards: tuple[EventCard, ...], title: str, name: str) -> BaseResponse:
    body = publish.ical(
        cards,
        host=str(_identity(c)),
        base_url=base(),
        stamp=max((card.newest_at for card in cards if card.newest_at), default=_NEVER),
        title=title,
    )
    response = _answer(body, "text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response


# ------------------------------------------------------------------------------------ one document


@blueprint.get("/opml.xml")
@public
def opml(c: Connection) -> BaseResponse:
    """Answer the followed feeds."""
    groups = feeds.queue_export(c)
    newest = max((card.newest_at for card, _ in groups if card.newest_at), default=_NEVER)
    body = publish.opml(site().settings.site_title, groups, date=newest)
    return _answer(body, "text/x-opml; charset=utf-8")


@blueprint.get("/entries/<int(max=2147483647):entry_id>/cite.<any('bib', 'json', 'cff'):form>")
@public
def citation(c: Connection, entry_id: int, form: str) -> BaseResponse:
    """Answer how to cite an entry."""
    card = listed_entry(c, entry_id)
    if not card.listed:
        abort(404)
    write, media_type = _CITATIONS[form]
    response = _answer(write(card, site().settings.site_title), f"{media_type}; charset=utf-8")
    name = f"recap-{card.id}.{form}" if form != "cff" else "CITATION.cff"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.get("/sitemap.xml")
@public
def sitemap(c: Connection) -> BaseResponse:
    """Answer the pages that are ours.

    Entries are left out: their canonical address is the original's, not ours.
    """
    host = base()
    body = publish.sitemap((host + path, changed_at) for path, changed_at in _pages(c))
    return _answer(body, "application/xml; charset=utf-8")


def _pages(c: Connection) -> Iterator[tuple[str, datetime | None]]:
    """Yield the paths below the site's address, the most important first: lists, then things."""
    for path in ("/", "/events/", "/series/", "/talks/", "/speakers/", "/tags/", "/sources/"):
        yield path, None
    yield "/archive/", None
    yield "/about/", None
    for kind, name, newest_at in coverage.addresses(c, _OF_A_KIND):
        yield paths.of(kind, name), newest_at
    for month in coverage.months(c):
        yield f"/archive/{month.year}/{month.month:02d}/", None


@blueprint.get("/opensearch.xml")
@public
def opensearch(_c: Connection) -> BaseResponse:
    """Answer how browsers search here (OpenSearch 1.1)."""
    body = render.html("opensearch.xml", search=f"{base()}/search?q={{searchTerms}}")
    return _answer(body, "application/opensearchdescription+xml; charset=utf-8")
