"""The JSON API, ``/api/v1``: what the pages show, read-only, for programs.

Lists answer ``{"items": [...], "total": n, "next": address or null}``; errors are problem details
(RFC 9457). Everything may be read from scripts of other sites (CORS). `openapi` describes it all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from aggregator import publish
from aggregator.errors import AggregatorError, Conflict, Moved, NotFound, StoreError
from aggregator.model import EventCard, SeriesCard, SourceCard, TagCard, TalkCard
from aggregator.publish.document import stamp
from aggregator.store import Connection, coverage, entries, feeds
from aggregator.web import guard, listings, openapi

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

_DEFAULT = 30  # entries in one answer
_MOST = 100
_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 410: "Gone"}

Json = dict[str, Any]
View = Callable[..., Json]


# ---------------------------------------------------------------------------- routes and answers


def _route(rule: str, *parameters: str) -> Callable[[View], View]:
    """Register a view that takes a connection and returns what is sent as JSON.

    Other query parameters than `parameters` are refused: a filter that was misspelt would
    otherwise return everything.
    """

    def register(view: View) -> View:
        @wraps(view)
        def answer(c: Connection, **values: Any) -> Response:
            odd = sorted(set(request.args) - set(parameters))
            if odd:
                takes = ", ".join(parameters) or "none"
                raise AggregatorError(f"unknown parameter {odd[0][:40]}; there are: {takes}")
            return _as_json(view(c, **values))

        bounded = rule.replace("<int:", "<int(max=2147483647):")  # what a database can hold
        blueprint.add_url_rule(bounded, view.__name__, guard.public(answer))
        return view

    return register


def _as_json(value: Json, mimetype: str = "application/json") -> Response:
    """Return an answer that scripts of other sites may read."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False)
    response = Response(body, mimetype=mimetype)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
    return response


@blueprint.errorhandler(AggregatorError)
def _expected(error: AggregatorError) -> BaseResponse:
    if isinstance(error, Moved) and request.view_args:
        endpoint = request.endpoint or ""
        if "talk_id" in request.view_args:
            return redirect(url_for(endpoint, talk_id=int(error.slug)), 301)
        if "slug" in request.view_args:
            return redirect(url_for(endpoint, slug=error.slug), 301)
    for kind, status in ((NotFound, 404), (Conflict, 409), (StoreError, 503)):
        if isinstance(error, kind):
            return _problem(status, str(error))
    return _problem(400, str(error))


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> BaseResponse:
    return _problem(error.code or 500, error.description or "")


def _problem(status: int, detail: str) -> Response:
    title = _TITLES.get(status, "Not ready" if status == 503 else "Refused")
    response = _as_json(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        "application/problem+json",
    )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _items(
    values: Iterable[Json], *, following: str | None = None, total: int | None = None
) -> Json:
    items = list(values)
    return {"items": items, "total": len(items) if total is None else total, "next": following}


def _whole(path: str) -> str:
    """Return the public address of a path of ours."""
    return f"{guard.base()}{path}"


# ---------------------------------------------------------------------------------------- entries


@_route("/")
def index(_c: Connection) -> Json:
    """Tell what there is."""
    return {
        "title": guard.site().settings.site_title,
        "openapi": _whole("/api/v1/openapi.json"),
        **{name: _whole(f"/api/v1/{name}") for name in openapi.LISTS},
    }


@_route("/entries", *openapi.FILTERS, "kind", "limit", "before")
def entries_list(c: Connection) -> Json:
    """List recaps, newest first, or best first where words are asked for."""
    args = request.args
    if args.get("kind", "recap") != "recap":
        raise AggregatorError("only entries of kind recap are public")
    limit = args.get("limit", str(_DEFAULT))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= _MOST):
        raise AggregatorError(f"limit is a number from 1 to {_MOST}")
    listing = listings.search(c, args)
    found = entries.find(c, listings.part(listing, args, int(limit), full=True))
    following = None
    if found.next:
        kept = {name: args[name] for name in (*openapi.FILTERS, "limit") if args.get(name)}
        query = urlencode({**kept, "before": listings.written(found.next)})
        following = _whole(f"/api/v1/entries?{query}")
    cards = (publish.entry_json(card, guard.base()) for card in found.items)
    return _items(cards, following=following, total=entries.count(c, listing.query))


@_route("/entries/<int:entry_id>")
def entry(c: Connection, entry_id: int) -> Json:
    """Show one recap."""
    card = entries.get(c, entry_id)
    if not card.listed:
        raise NotFound("entry", entry_id)
    return publish.entry_json(card, guard.base())


# -------------------------------------------------------------------------------- events and talks


@_route("/events", "year")
def events(c: Connection) -> Json:
    """List the events that recaps tell of, newest first."""
    year = request.args.get("year", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise AggregatorError("year is a number of four digits")
    return _items(event_json(card) for card in coverage.events(c, year=int(year) if year else None))


@_route("/events/<slug>")
def event(c: Connection, slug: str) -> Json:
    """Show one event with its talks, tags and editions."""
    about = coverage.event(c, slug)
    return {
        **event_json(about.event),
        "talk_list": [talk_json(card) for card in about.talks],
        "tags": [tag_json(card) for card in about.tags],
        "links": [
            {"url": link.value, "title": link.name, "recaps": link.count} for link in about.links
        ],
        "editions": [event_json(card) for card in about.editions],
        "parts": [event_json(card) for card in about.parts],
        "written_by": [{"slug": one.slug, "title": one.name} for one in about.sources],
    }


@_route("/series")
def series_list(c: Connection) -> Json:
    """List the series of events."""
    return _items(series_json(card) for card in coverage.all_series(c))


@_route("/series/<slug>")
def series(c: Connection, slug: str) -> Json:
    """Show one series with its events."""
    card = coverage.series(c, slug)
    editions = coverage.events(c, series_id=card.id)
    return {**series_json(card), "editions": [event_json(one) for one in editions]}


@_route("/talks/<int:talk_id>")
def talk(c: Connection, talk_id: int) -> Json:
    """Show one talk, and what recaps say of it."""
    card, tellings = coverage.talk(c, talk_id)
    return {
        **talk_json(card),
        "told_by": [
            {
                "entry": telling.entry_id,
                "title": telling.title,
                "url": telling.url,
                "source": telling.source.slug,
                "published": _time(telling.published_at),
                "told": telling.told,
            }
            for telling in tellings
        ],
    }


@_route("/speakers/<slug>")
def speaker(c: Connection, slug: str) -> Json:
    """Show one speaker with the talks that recaps tell of."""
    card, talks = coverage.speaker(c, slug)
    return {"slug": card.slug, "name": card.name, "talks": [talk_json(one) for one in talks]}


# -------------------------------------------------------------------------- tags, sources, feeds


@_route("/tags")
def tags(c: Connection) -> Json:
    """List the tags, most used first."""
    return _items(tag_json(card) for card in coverage.tags(c))


@_route("/sources")
def sources(c: Connection) -> Json:
    """List the teams and blogs."""
    return _items(source_json(card) for card in coverage.sources(c))


@_route("/sources/<slug>")
def source(c: Connection, slug: str) -> Json:
    """Show one team or blog."""
    return source_json(coverage.source(c, slug))


@_route("/feeds")
def feeds_list(c: Connection) -> Json:
    """List the followed feeds."""
    return _items(
        {
            "url": feed.url,
            "title": feed.title or feed.source.title,
            "source": feed.source.slug,
            "status": feed.status,
        }
        for feed in feeds.all_feeds(c)
    )


@_route("/openapi.json")
def openapi_document(_c: Connection) -> Json:
    """Describe this API (OpenAPI 3.1)."""
    return openapi.document(guard.site().settings.site_title, _whole("/api/v1"))


@blueprint.route("/<path:rest>")
def nothing(rest: str) -> BaseResponse:
    """Say that there is nothing, in the form of this API."""
    raise NotFound("such resource:", rest[:80])


# ----------------------------------------------------------------------------------------- shapes


def _time(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def event_json(card: EventCard) -> Json:
    """Return an event as the API shows it."""
    return {**publish.event_json(card), "series_slug": card.series.slug}


def talk_json(card: TalkCard) -> Json:
    """Return a talk as the API shows it."""
    return {
        "id": card.id,
        "title": card.title,
        "speakers": [{"slug": one.slug, "name": one.name} for one in card.speakers],
        "links": [{"url": link.url, "kind": link.kind} for link in card.links],
        "event": card.event.slug if card.event else None,
        "recaps": card.recaps,
    }


def series_json(card: SeriesCard) -> Json:
    """Return a series as the API shows it."""
    return {
        "slug": card.slug,
        "name": card.name,
        "homepage": card.homepage,
        "place": card.place,
        "events": card.events,
        "recaps": card.recaps,
        "first_year": card.first_year,
        "last_year": card.last_year,
    }


def tag_json(card: TagCard) -> Json:
    """Return a tag as the API shows it."""
    return {"slug": card.slug, "name": card.name, "recaps": card.recaps}


def source_json(card: SourceCard) -> Json:
    """Return a source as the API shows it."""
    return {
        "slug": card.slug,
        "title": card.title,
        "site_url": card.site_url,
        "organisation": card.organisation,
        "country": card.country,
        "category": card.category,
        "licence": card.licence,
        "recaps": card.recaps,
        "newest": _time(card.newest_at),
        "feeds": [{"url": link.url, "title": link.title} for link in card.feeds],
    }
