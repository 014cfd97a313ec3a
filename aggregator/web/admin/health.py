"""All feeds with their health; adding one, importing many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from aggregator import parse
from aggregator.errors import AggregatorError, Conflict
from aggregator.model import Feed, FeedLink, FeedStatus, NewSource, PollRow
from aggregator.store import feeds
from aggregator.web.admin import words
from aggregator.web.admin.desk import (
    ADMIN,
    Answer,
    action,
    address,
    done,
    page,
    show,
    url_for,
)
from aggregator.web.admin.feed import waiting_since
from aggregator.web.admin.lists import part
from aggregator.web.guard import now, site
from aggregator.web.language import gettext, ngettext
from aggregator.web.told import Refused
from aggregator.web.words import number as number_of

if TYPE_CHECKING:
    from aggregator.store import Connection

_PER_PAGE = 50
_STRIP = 14  # polls in a row's strip
_OPML_BYTES = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A feed of the table, with its last polls, oldest first."""

    feed: Feed
    polls: tuple[PollRow, ...]


@page("/feeds/")
def feeds_page() -> Answer:
    """Show the followed feeds, those with trouble first."""
    sort = request.args.get("sort", "state")
    status = request.args.get("status", "")
    query = request.args.get("q", "").strip()[:200]
    with site().database.reading() as c:
        every = feeds.all_feeds(c, trial=None)
        followed = [feed for feed in every if not feed.trial]
        found = words.sorted_feeds(words.matching(followed, query, status), sort)
        here, pages, shown = part(found, _PER_PAGE)
        past = feeds.histories(c, [feed.id for feed in shown], _STRIP)
        rows = [Row(feed=feed, polls=past.get(feed.id, ())[::-1]) for feed in shown]
    return show(
        "feeds.html",
        rows=rows,
        found=len(found),
        counts={s: sum(f.status is s for f in followed) for s in FeedStatus},
        total=len(followed),
        long_ill=words.long_ill(followed, now()),
        trials=[feed for feed in every if feed.trial],
        sort=sort,
        status=status,
        q=query,
        page=here,
        pages=pages,
    )


@page("/feeds/add", role=ADMIN)
def add_page() -> Answer:
    """Show the form for one address, and the one for a whole list."""
    return show("feed_add.html")


@action("/feeds/add", on=add_page, role=ADMIN)
def add_feed() -> Answer:
    """Take a feed or site on trial: it is polled and shown, but not yet followed."""
    url = address("url", gettext("The address"), needed=True)
    with site().database.writing() as c:
        feed_id = feeds.add(c, url, now=now(), trial=True, interval=_first_interval())
        feeds.poll_soon(c, feed_id, now())
    to = url_for("admin.feed_page", feed_id=feed_id, since=waiting_since())
    return done(gettext("Looking at it. Nothing is shown to readers yet."), "feed.try", url, to)


def _first_interval() -> timedelta:
    return timedelta(seconds=site().settings.poll_interval_start_s)


# ------------------------------------------------------------------------------------------ import


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of one line of an OPML file."""

    link: FeedLink
    state: str  # "added", "there" or "failed"
    feed_id: int | None = None
    reason: str = ""


@action("/feeds/import", on=add_page, role=ADMIN)
def import_feeds() -> Answer:
    """Follow the feeds of an OPML file, and say line by line what became of each."""
    sent = request.files.get("file")
    body = b""
    if sent:
        body = sent.read(_OPML_BYTES + 1)
        sent.close()
    if not body:
        raise Refused(gettext("Choose an OPML file first; the one that was sent is empty"))
    if len(body) > _OPML_BYTES:
        most = _OPML_BYTES >> 20
        raise Refused(gettext("The file is too large: %(num)s MB are read at most", num=most))
    links = parse.opml(body)
    if not links:
        raise Refused(gettext("The file lists no feeds; export them from your reader as OPML"))
    with site().database.writing() as c:
        results = [_import(c, link) for link in links]
    counts = {s: sum(r.state == s for r in results) for s in ("added", "there", "failed")}
    added = counts["added"]
    said = ngettext("%(num)s feed added.", "%(num)s feeds added.", added, num=number_of(added))
    done(said, "feeds.import", counts, "")
    return show("import.html", results=results, counts=counts)


def _import(c: Connection, link: FeedLink) -> Imported:
    source = NewSource(title=link.title or None, site_url=link.site_url)
    try:
        feed_id = feeds.add(c, link.url, now=now(), source=source, interval=_first_interval())
    except Conflict as error:
        return Imported(link=link, state="there", feed_id=int(str(error.key)))
    except AggregatorError as error:
        return Imported(link=link, state="failed", reason=str(error))
    return Imported(link=link, state="added", feed_id=feed_id)
