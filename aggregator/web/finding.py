"""Finding recaps: by words and filters, and by when they were published."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import replace

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from aggregator import text
from aggregator.errors import NotFound
from aggregator.model import EntryCard
from aggregator.store import Connection, coverage, entries, search, terms
from aggregator.web import listings, paths
from aggregator.web.frame import found, page, pager
from aggregator.web.guard import public, site

blueprint = Blueprint("finding", __name__)

_TAG = re.compile(r"<[^>]*>")


@blueprint.get("/search", strict_slashes=False)
@public
def find(c: Connection) -> str | BaseResponse:
    """Search recaps, with filters."""
    listing = listings.search(c, request.args)
    wanted = request.args.get("format", "")
    for name, _, _ in listings.FORMATS:
        if wanted and wanted == name.partition(".")[0]:
            return redirect(paths.under(listing.feed(name)), 301)
    if not listing.args:
        return page(c, "search.html", listing=listing, found=None, tags=coverage.tags(c, 24))
    words = listing.query.words
    query = listings.part(listing, request.args, site().settings.page_size, full=bool(words))
    hits = search.hits(c, query)
    part = entries.find(c, replace(query, brief=True), hits)
    near = search.suggestions(c, words) if words and not part.items else ((), ())
    return page(
        c,
        "search.html",
        listing=listing,
        found=part.items,
        texts=_snippets(part.items, words),
        facets=search.facets(c, hits),
        asked=dict(listing.args),
        near_tags=near[0],
        near_events=near[1],
        respelled=search.respelled(c, words) if words and not part.items else "",
        by_date=query.by_date,
        pager=pager(listing, part),
    )


def _snippets(cards: Iterable[EntryCard], words: str) -> dict[int, str]:
    """Return the pieces of the texts around the words that were found, by entry."""
    if not words:
        return {card.id: text.shorten(card.summary, 210) for card in cards}
    marker = terms.Marker(words)
    return {card.id: marker.snippet(_said(card)) for card in cards}


def _said(card: EntryCard) -> str:
    body = html.unescape(_TAG.sub(" ", card.html)) if card.html else card.summary
    return f"{card.summary} {body}" if card.excerpt else body


@blueprint.get("/archive/")
@public
def archive(c: Connection) -> str:
    """Show how many recaps were published in each month."""
    years = _years(c)
    most = max((count for months in years.values() for count in months.values()), default=1)
    return page(c, "archive.html", years=years, most=most)


def _years(c: Connection) -> dict[int, dict[int, int]]:
    years: dict[int, dict[int, int]] = {}
    for count in sorted(coverage.months(c), key=lambda one: -one.year):
        years.setdefault(count.year, {})[count.month] = count.recaps
    return years


@blueprint.get("/archive/<int(max=9999):year>/", defaults={"month": None})
@blueprint.get("/archive/<int(max=9999):year>/<int(fixed_digits=2):month>/")
@public
def archive_of(c: Connection, year: int, month: int | None) -> str:
    """Show the recaps of a year or a month."""
    listing = listings.archive(year, month)
    part = found(c, listing)
    months = _years(c).get(year, {})
    if not months or (month is not None and month not in months):
        raise NotFound("recap from", listing.title)
    return page(
        c,
        "archive_of.html",
        entries=part.items,
        heading=listing.title,
        year=year,
        month=month,
        counts=months,
        pager=pager(listing, part),
    )
