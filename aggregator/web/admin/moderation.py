"""Entries: what was recognised and why, and a person's corrections of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import request, url_for

from aggregator import again
from aggregator.errors import AggregatorError, NotFound
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
)
from aggregator.web.admin.effects import effect
from aggregator.web.guard import now, site

_WITH_YEAR = re.compile(r"\S.*?(?<!\d)(19|20)\d\d")  # a new event's name
_EVENTS_OFFERED = 500  # names in the list that the browser completes from
_DECISIONS = 50  # that an entry's page shows

SHOWS = {
    "recaps": ("Recaps", EntryQuery(listed_only=False, kind=Kind.RECAP, hidden=False)),
    "others": ("Others", EntryQuery(listed_only=False, kind=Kind.OTHER, hidden=False)),
    "unsure": (
        "Unsure",
        EntryQuery(
            listed_only=False, hidden=False, min_score=words.UNSURE[0], max_score=words.UNSURE[1]
        ),
    ),
    "hidden": ("Hidden", EntryQuery(listed_only=False, hidden=True)),
    "all": ("All", EntryQuery(listed_only=False)),
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
        shows=SHOWS,
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
        said=fixes.said,
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
            value = _READERS[what](c, filed, line("value", "The value", limit=300, needed=True))
        correction = Correction(what=what, value=value, by=person(), at=now())
        coverage.correct(c, entry_id, correction, now())
        again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    here = url_for("admin.entry_page", entry_id=entry_id)
    to = login.local_path(request.form.get("to"), here)  # back to the list it was decided in
    said = f"{_said(what, value)}. It stays so at later polls; the entry's page can undo it."
    return done(said, f"entry.{what}", f"{entry_id} {value}", to)


@action("/entries/<int:entry_id>/undo", on=entry_page)
def undo_correction(entry_id: int) -> Answer:
    """Take a correction back; what the recogniser finds stands again."""
    what = _fix()
    value = line("value", "The value", limit=5000, needed=True)
    with site().database.writing() as c:
        filed = entries.file(c, entry_id)
        if not any(k.what is what and k.value == value for k in filed.corrections):
            raise AggregatorError("That correction is not there any more")
        coverage.uncorrect(c, entry_id, what, value, by=person(), now=now())
        again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    to = url_for("admin.entry_page", entry_id=entry_id)
    return done(f"Undone: {_said(what, value)}.", f"entry.undo.{what}", f"{entry_id} {value}", to)


def _fix() -> Fix:
    try:
        return Fix(request.form.get("what", ""))
    except ValueError:
        raise AggregatorError("That is nothing that can be corrected") from None


def _said(what: Fix, value: str) -> str:
    if what is Fix.KIND:
        return "It is a recap" if value == Kind.RECAP else "It is no recap"
    if what is Fix.HIDDEN:
        return "It is hidden" if value == "yes" else "It is not hidden"
    return f"{words.FIXES[what]}: {fixes.said(Correction(what=what, value=value))}"


def _talk() -> str:
    """Return the correction of a talk that the form's fields amount to."""
    given = re.split(r"\s*(?:,|;| and | & )\s*", line("speakers", "The speakers", limit=500))
    speakers = tuple(name for name in given if name)
    return fixes.TalkFix(
        title=line("title", "The title", limit=300, needed=True),
        was=line("was", "The old title", limit=300),
        speakers=speakers,
        url=address("url", "The address"),
    ).written()


# ----------------------------------------------------------------- what a correction may be set to

Reader = Callable[[Connection, EntryFile, str], str]


def _one_of(*allowed: str) -> Reader:
    def read(_c: Connection, _filed: EntryFile, value: str) -> str:
        if value not in allowed:
            raise AggregatorError(f"It can be {' or '.join(allowed)}, not {value}")
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
        raise AggregatorError(
            f"There is no event {value}. To make a new one, write its name with the year: Name 2026"
        )
    return value


def _event_here(_c: Connection, filed: EntryFile, value: str) -> str:
    return _among(value, {event.slug for event in filed.card.events}, "event")


def _tag(_c: Connection, _filed: EntryFile, value: str) -> str:
    if len(value) > 60:
        raise AggregatorError("A tag has at most 60 characters")
    return value


def _tag_here(_c: Connection, filed: EntryFile, value: str) -> str:
    return _among(value, {tag.slug for tag in filed.card.tags}, "tag")


def _talk_here(_c: Connection, filed: EntryFile, value: str) -> str:
    return _among(value, {talk.title for talk in filed.card.talks}, "talk")


def _among(value: str, here: set[str], what: str) -> str:
    if value not in here:
        raise AggregatorError(f"This entry has no {what} {value} any more")
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
