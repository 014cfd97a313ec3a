"""One feed: on trial, what it would bring; followed, its health and what is known of its source."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask import make_response, request

from aggregator import again
from aggregator.model import EntryQuery, Feed, Kind
from aggregator.showing import licence_allows
from aggregator.store import entries, feeds, subscriptions
from aggregator.web.admin import words
from aggregator.web.admin.desk import (
    ADMIN,
    Answer,
    action,
    address,
    done,
    line,
    number,
    page,
    show,
    url_for,
)
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import Refused

_PREVIEWED = 10  # entries
_POLLS = 60
_REFRESH_S = 3
_PATIENCE = timedelta(minutes=2)  # after which a poll that was asked for is not waited for


@page("/feeds/<int:feed_id>/")
def feed_page(feed_id: int) -> Answer:
    """Show a feed; while a poll that was asked for is awaited, the page reloads by itself."""
    query = EntryQuery(feed_id=feed_id, listed_only=False, limit=_PREVIEWED)
    with site().database.reading() as c:
        feed = feeds.get(c, feed_id)
        newest = entries.find(c, query).items
        files = entries.files(c, [card.id for card in newest]) if feed.trial else ()
        polls = feeds.history(c, feed_id, limit=_POLLS)
        hub = subscriptions.standing(c, feed_id)
    waiting = _waiting(feed)
    template = "feed_trial.html" if feed.trial else "feed.html"
    late = waiting is not None and waiting > _PATIENCE
    body = show(
        template,
        feed=feed,
        newest=newest,
        files=files,
        polls=polls,
        hub=hub,
        waiting=waiting is not None,
        late=late,
    )
    answer = make_response(body)
    if waiting is not None and not late and request.method == "GET":
        # As a header: the page itself says that it reloads and offers a link that ends it.
        answer.headers["Refresh"] = str(_REFRESH_S)
    return answer


def _waiting(feed: Feed) -> timedelta | None:
    """Return for how long a poll has been awaited, None when none is."""
    if request.args.get("wait") == "no":
        return None
    stamp_ms = number(request.args.get("since"), 0, most=2**43)
    asked = datetime.fromtimestamp(stamp_ms / 1000, UTC) if stamp_ms else None
    if feed.last_polled_at is None and feed.trial:
        asked = max(asked, feed.created_at) if asked else feed.created_at
    elif asked is None or (feed.last_polled_at is not None and feed.last_polled_at >= asked):
        return None
    return now() - asked


def waiting_since() -> int:
    """Return the time now as it stands in the address of a page that waits, in milliseconds."""
    return int(now().timestamp() * 1000)


def _here(feed_id: int, *, wait: bool = False) -> str:
    since = waiting_since() if wait else None
    return url_for("admin.feed_page", feed_id=feed_id, since=since)


# ---------------------------------------------------------------------------------------- on trial


@action("/feeds/<int:feed_id>/choose", on=feed_page, role=ADMIN)
def choose_feed(feed_id: int) -> Answer:
    """Take another of the feeds that the page announces."""
    url = address("url", gettext("The address"), needed=True)
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        if url not in {link.url for link in feed.candidates}:
            said = gettext("The page does not announce that feed; add it by its address")
            raise Refused(said)
        feeds.change(c, feed_id, url=url)
        feeds.poll_soon(c, feed_id, now())
    return done(gettext("Looking at that feed."), "feed.choose", url, _here(feed_id, wait=True))


@action("/feeds/<int:feed_id>/follow", on=feed_page, role=ADMIN)
def follow_feed(feed_id: int) -> Answer:
    """Follow a feed that was on trial: its recaps are shown from now on."""
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        feeds.accept(c, feed_id, now())
    name = words.feed_name(feed)
    said = gettext("%(feed)s is followed. Its recaps are on the site.", feed=name)
    return done(said, "feed.follow", feed.url, _here(feed_id))


@action("/feeds/<int:feed_id>/discard", on=feed_page, role=ADMIN)
def discard_feed(feed_id: int) -> Answer:
    """Discard a feed that was on trial, with its entries."""
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        if not feed.trial:
            raise Refused(gettext("This feed is followed already; remove it instead"))
        feeds.remove(c, feed_id, keep_entries=False)
    said = gettext("%(feed)s is discarded.", feed=words.feed_name(feed))
    return done(said, "feed.discard", feed.url, url_for("admin.feeds_page"))


# ---------------------------------------------------------------------------------------- followed


@action("/feeds/<int:feed_id>/poll", on=feed_page, role=ADMIN)
def poll_feed(feed_id: int) -> Answer:
    """Ask for a poll; the poller takes it at its next look."""
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        feeds.poll_soon(c, feed_id, now())
    said = gettext("A poll is asked for.")
    return done(said, "feed.poll", feed.url, _here(feed_id, wait=True))


@action("/feeds/<int:feed_id>/pause", on=feed_page, role=ADMIN)
def pause_feed(feed_id: int) -> Answer:
    """Stop polling a feed until it is resumed."""
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        feeds.pause(c, feed_id)
    name = words.feed_name(feed)
    said = gettext("%(feed)s is paused. Its entries stay on the site.", feed=name)
    return done(said, "feed.pause", feed.url, _here(feed_id))


@action("/feeds/<int:feed_id>/resume", on=feed_page, role=ADMIN)
def resume_feed(feed_id: int) -> Answer:
    """Poll a paused, gone or held feed again, beginning now."""
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        feeds.resume(c, feed_id, now())
    said = gettext("%(feed)s is polled again.", feed=words.feed_name(feed))
    return done(said, "feed.resume", feed.url, _here(feed_id, wait=True))


@page("/feeds/<int:feed_id>/remove", role=ADMIN)
def remove_feed_page(feed_id: int) -> Answer:
    """Ask what is to become of the entries."""
    with site().database.reading() as c:
        feed = feeds.get(c, feed_id)
    return show("feed_remove.html", feed=feed)


@action("/feeds/<int:feed_id>/remove", on=remove_feed_page, role=ADMIN)
def remove_feed(feed_id: int) -> Answer:
    """Remove a feed and keep or delete its entries."""
    fate = request.form.get("entries", "")
    if fate not in ("keep", "delete"):
        raise Refused(gettext("Choose whether its entries are kept or deleted"))
    with site().database.writing() as c:
        feed = feeds.get(c, feed_id)
        count = feeds.remove(c, feed_id, keep_entries=fate == "keep")
    told = {"feed": words.feed_name(feed), "entries": words.counted(count, "entry")}
    if fate == "keep":
        said = gettext("%(feed)s is removed; kept: %(entries)s.", **told)
    else:
        said = gettext("%(feed)s is removed; deleted: %(entries)s.", **told)
    return done(said, f"feed.remove.{fate}", feed.url, url_for("admin.feeds_page"))


# ------------------------------------------------------------------------------------------ editing


@page("/feeds/<int:feed_id>/edit", role=ADMIN)
def edit_feed_page(feed_id: int) -> Answer:
    """Show what can be changed of a feed and its source."""
    with site().database.reading() as c:
        feed = feeds.get(c, feed_id)
    return show("feed_edit.html", feed=feed)


@action("/feeds/<int:feed_id>/edit", on=edit_feed_page, role=ADMIN)
def edit_feed(feed_id: int) -> Answer:
    """Change a feed and its source."""
    url = address("url", gettext("The address"), needed=True)
    title = line("title", gettext("The feed's title"))
    full_text = "full_text" in request.form
    licence = _shaped("licence", gettext("The licence"), r"[A-Za-z0-9][A-Za-z0-9.+-]*", "CC-BY-4.0")
    with site().database.writing() as c:
        before = feeds.get(c, feed_id)
        feeds.change(
            c,
            feed_id,
            url=url if url != before.url else None,
            title=title if title != (before.title or "") else None,
            full_text=full_text if full_text != before.full_text else None,
            discover="discover" in request.form,
        )
        feeds.change_source(
            c,
            before.source.id,
            title=line("source_title", gettext("The source's name"), needed=True),
            site_url=address("site_url", gettext("The site")),
            organisation=line("organisation", gettext("The organisation")),
            country=_shaped("country", gettext("The country"), r"[A-Za-z]{2}", "GB").upper(),
            category=_shaped(
                "category", gettext("The category"), r"[a-z0-9]+(-[a-z0-9]+)*", "rse-group"
            ),
            licence=licence,
        )
        if url != before.url:
            feeds.poll_soon(c, feed_id, now())
    if licence_allows(licence) is not licence_allows(before.source.licence):
        _show_again(before.source.id, whole=licence_allows(licence))
    to = _here(feed_id, wait=url != before.url)
    return done(gettext("Saved."), "feed.edit", before.url, to)


def _shaped(name: str, label: str, pattern: str, example: str) -> str:
    text = line(name, label, limit=60)
    if text and not re.fullmatch(pattern, text):
        said = gettext(
            "%(label)s is written like %(example)s, not %(text)s",
            label=label,
            example=example,
            text=text,
        )
        raise Refused(said)
    return text


def _show_again(source_id: int, *, whole: bool) -> None:
    """Show fetched articles whole, or as excerpts, as the source's new licence has it."""
    recaps = EntryQuery(source_id=source_id, kind=Kind.RECAP, listed_only=False, limit=0)
    here = site()
    with here.database.reading() as c:  # hundreds of recaps take seconds: nobody may wait for them
        cards = entries.find(c, recaps).items
        some = entries.files(c, [card.id for card in cards if card.excerpt or not whole])
    fetched = [filed for filed in some if filed.feed_html]  # others show what the feed gave
    again.recognise_files(here.database, fetched, here.catalogue, here.settings, now())
