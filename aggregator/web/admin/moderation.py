"""Entries: what was recognised and why, and a person's corrections of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from babel.lists import format_list
from flask import request

from aggregator import again
from aggregator.errors import NotFound
from aggregator.model import Correction, EntryFile, EntryQuery, Fix, Kind
from aggregator.store import Connection, coverage, entries, feeds, fixes
from aggregator.text import slug
from aggregator.web import listings, login
from aggregator.web.admin import words
from aggregator.web.admin.desk import (
    Answer,
    action,
    address,
    done,
    line,
    number,
    page,
    person,
    show,
    url_for,
)
from aggregator.web.admin.effects import effect
from aggregator.web.guard import now, site
from aggregator.web.language import N_, gettext, locale
from aggregator.web.told import Refused

_WITH_YEAR = re.compile(r"\S.*?(?<!\d)(19|20)\d\d")  # a new event's name
_EVENTS_OFFERED = 500  # names in the list that the browser completes from
_DECISIONS = 50  # that an entry's page shows

SHOWS = {
    "recaps": (N_("Recaps"), EntryQuery(listed_only=False, kind=Kind.RECAP, hidden=False)),
    "others": (N_("Others"), EntryQuery(listed_only=False, kind=Kind.OTHER, hidden=False)),
    "unsure": (
        N_("Unsure"),
        EntryQuery(
            listed_only=False, hidden=False, min_score=words.UNSURE[0], max_score=words.UNSURE[1]
        ),
    ),
    "hidden": (N_("Hidden"), EntryQuery(listed_only=False, hidden=True)),
    "all": (N_("All"), EntryQuery(listed_only=False)),
}


@page("/entries/")
def entries_page() -> Answer:
    """Show entries, newest first: recaps, others, those in doubt, hidden ones."""
    args = request.args
    wanted = args.get("show", "recaps")
    chosen = wanted if wanted in SHOWS else "recaps"
    feed_id = number(args.get("feed"), 0) or None
    q = args.get("q", "").strip()[:200]
    query = replace(SHOWS[chosen][1], feed_id=feed_id, words=q)
    before, after = args.get("before"), args.get("after")
    part = replace(
        query,
        limit=site().settings.page_size,
        before=listings.read(before) if before else None,
        after=listings.read(after) if after and not before else None,
    )
    with site().database.reading() as c:
        found = entries.find(c, part)
        total = entries.count(c, query)
        feed = feeds.get(c, feed_id) if feed_id else None

    def link(**changed: Any) -> str:
        kept = {"show": chosen, "feed": feed_id, "q": q or None}
        return url_for("admin.entries_page", **{**kept, **changed})

    return show(
        "entries.html",
        entries=found.items,
        total=total,
        feed=feed,
        shows={name: gettext(label) for name, (label, _) in SHOWS.items()},
        chosen=chosen,
        q=q,
        link=link,
        newer=link(after=listings.written(found.previous)) if found.previous else None,
        older=link(before=listings.written(found.next)) if found.next else None,
    )


@page("/entries/<int:entry_id>/")
def entry_page(entry_id: int) -> Answer:
    """Show an entry with everything that was recognised in it, and why."""
    with site().database.reading() as c:
        filed = entries.file(c, entry_id)
        known = coverage.events(c)[:_EVENTS_OFFERED]
        decisions = coverage.list_decisions(c, entry_id=entry_id, limit=_DECISIONS)

    effects: dict[Correction, str] = {}
    if filed.corrections:
        alone = again.uncorrected(filed, site().catalogue, site().settings)
        effects = {fix: effect(fix, alone) for fix in filed.corrections}
    return show(
        "entry.html",
        filed=filed,
        entry=filed.card,
        known=known,
        text=again.readable(filed),
        threshold=site().settings.recap_threshold,
        effects=effects,
        decisions=[one for one in decisions if one.undone_at is not None],
    )


# ------------------------------------------------------------------------------------- corrections


@action("/entries/<int:entry_id>/correct", on=entry_page)
def correct_entry(entry_id: int) -> Answer:
    """Correct what was recognised; the entry is recognised again at once."""
    what = _fix()
    with site().database.writing() as c:
        filed = entries.file(c, entry_id)
        if what is Fix.TALK:
            value = _talk()
        else:
            value = _READERS[what](
                c, filed, line("value", gettext("The value"), limit=300, needed=True)
            )
        correction = Correction(what=what, value=value, by=person(), at=now())
        coverage.correct(c, entry_id, correction, now())
        again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    here = url_for("admin.entry_page", entry_id=entry_id)
    to = login.local_path(request.form.get("to"), here)  # back to the list it was decided in
    said = gettext(
        "%(what)s. It stays so at later polls; the entry's page can undo it.",
        what=words.fix_said(correction),
    )
    return done(said, f"entry.{what}", f"{entry_id} {value}", to)


@action("/entries/<int:entry_id>/undo", on=entry_page)
def undo_correction(entry_id: int) -> Answer:
    """Take a correction back; what the recogniser finds stands again."""
    what = _fix()
    value = line("value", gettext("The value"), limit=5000, needed=True)
    with site().database.writing() as c:
        filed = entries.file(c, entry_id)
        if not any(k.what is what and k.value == value for k in filed.corrections):
            raise Refused(gettext("That correction is not there any more"))
        coverage.uncorrect(c, entry_id, what, value, by=person(), now=now())
        again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    to = url_for("admin.entry_page", entry_id=entry_id)
    said = words.fix_said(Correction(what=what, value=value))
    message = gettext("Undone: %(what)s.", what=said)
    return done(message, f"entry.undo.{what}", f"{entry_id} {value}", to)


def _fix() -> Fix:
    try:
        return Fix(request.form.get("what", ""))
    except ValueError:
        raise Refused(gettext("That is nothing that can be corrected")) from None


def _talk() -> str:
    """Return the correction of a talk that the form's fields amount to."""
    given = re.split(
        r"\s*(?:,|;| and | und | & )\s*", line("speakers", gettext("The speakers"), limit=500)
    )
    speakers = tuple(name for name in given if name)
    return fixes.TalkFix(
        title=line("title", gettext("The title"), limit=300, needed=True),
        was=line("was", gettext("The old title"), limit=300),
        speakers=speakers,
        url=address("url", gettext("The address")),
    ).written()


# ----------------------------------------------------------------- what a correction may be set to

Reader = Callable[[Connection, EntryFile, str], str]


def _one_of(*allowed: str) -> Reader:
    def read(_c: Connection, _filed: EntryFile, value: str) -> str:
        if value not in allowed:
            said = gettext(
                "It can be %(values)s, not %(value)s",
                values=format_list(allowed, "or", locale=locale()),
                value=value,
            )
            raise Refused(said)
        return value

    return read


def _event(c: Connection, _filed: EntryFile, value: str) -> str:
    """Return the slug of an event there is, by its slug or name, else a new event's name."""
    try:
        return coverage.event_card(c, slug(value)).slug
    except NotFound as error:
        moved = getattr(error, "slug", None)
        if isinstance(moved, str):
            return moved
    if not _WITH_YEAR.fullmatch(value):
        said = gettext(
            "There is no event %(name)s. To make a new one, write its name with the year:"
            " Name 2026",
            name=value,
        )
        raise Refused(said)
    return value


def _event_here(_c: Connection, filed: EntryFile, value: str) -> str:
    missing = N_("This entry has no event %(value)s any more")
    return _among(value, {event.slug for event in filed.card.events}, missing)


def _tag(_c: Connection, _filed: EntryFile, value: str) -> str:
    if len(value) > 60:
        raise Refused(gettext("A tag has at most 60 characters"))
    return value


def _tag_here(_c: Connection, filed: EntryFile, value: str) -> str:
    missing = N_("This entry has no tag %(value)s any more")
    return _among(value, {tag.slug for tag in filed.card.tags}, missing)


def _talk_here(_c: Connection, filed: EntryFile, value: str) -> str:
    missing = N_("This entry has no talk %(value)s any more")
    return _among(value, {talk.title for talk in filed.card.talks}, missing)


def _among(value: str, here: set[str], missing: str) -> str:
    if value not in here:
        raise Refused(gettext(missing, value=value))
    return value


_READERS: dict[Fix, Reader] = {
    Fix.KIND: _one_of(Kind.RECAP, Kind.OTHER),
    Fix.HIDDEN: _one_of("yes", "no"),
    Fix.EVENT: _event,
    Fix.NOT_EVENT: _event_here,
    Fix.TAG: _tag,
    Fix.NOT_TAG: _tag_here,
    Fix.NOT_TALK: _talk_here,
}
