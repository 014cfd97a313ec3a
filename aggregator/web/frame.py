"""What all pages for readers share: the frame, the part of a list that is asked for, its pager."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, request
from markupsafe import Markup

from aggregator import publish
from aggregator.errors import NotFound
from aggregator.model import EntryCard, EventGroup, Page
from aggregator.store import Connection, entries
from aggregator.web import listings, paths, render
from aggregator.web.guard import base, site, totals
from aggregator.web.listings import Listing


def page(c: Connection, template: str, *, listing: Listing | None = None, **values: object) -> str:
    """Return a page in the frame that all pages share.

    Args:
        c: for the counts in the frame.
        template: its name.
        listing: whose feeds the page announces; None: those of the whole site.
        values: what the template shows.
    """
    title = site().settings.site_title
    return render.html(
        template,
        listing=listing or listings.home(title),
        formats=listings.FORMATS,
        totals=totals(c),
        base=base(),
        **values,
    )


def data_of(thing: dict[str, Any]) -> Markup:
    """Return linked data for a page's script element."""
    return Markup(publish.linked_data(thing))  # noqa: S704  # holds no <, > or &


def found(c: Connection, listing: Listing) -> Page[EntryCard]:
    """Return the part of a listing that the address asks for, brief."""
    query = listings.part(listing, request.args, site().settings.page_size)
    return entries.find(c, replace(query, brief=True))


def pager(listing: Listing, found: Page[EntryCard] | Page[EventGroup]) -> dict[str, str]:
    """Return the addresses of the newer and the older part; empty where there is none."""
    newer, older = found.previous, found.next
    return {
        "newer": paths.under(listing.page(after=listings.written(newer))) if newer else "",
        "older": paths.under(listing.page(before=listings.written(older))) if older else "",
    }


def listed_entry(c: Connection, entry_id: int) -> EntryCard:
    """Return an entry that readers may see; what is gone is answered 410.

    Raises:
        NotFound: there is none, or none for readers.
    """
    try:
        card = entries.get(c, entry_id)
    except NotFound:
        if entries.deleted_at(c, entry_id):
            abort(410)
        raise
    if not card.listed and card.duplicate_of is None:
        raise NotFound("recap", entry_id)
    return card
