"""Events: what is known of them, other names, merging, and those that nobody knew."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from aggregator.model import EventCard
from aggregator.store import coverage
from aggregator.text import slug as slug_of
from aggregator.web.admin.desk import (
    Answer,
    action,
    address,
    day,
    done,
    line,
    page,
    person,
    show,
    url_for,
)
from aggregator.web.admin.lists import part
from aggregator.web.admin.words import has
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import Refused

_OFFERED = 500  # events in the list that the browser completes from
_DECISIONS = 20  # that a page shows; all are on a page of their own


@page("/events/")
def events_page() -> Answer:
    """Show the events, those that no list knows first."""
    q = request.args.get("q", "").strip()[:200]
    with site().database.reading() as c:
        waiting = coverage.waiting(c)
        every = coverage.events(c)
        rejected = coverage.events(c, rejected=True)
    asked = [(event, named) for event, named in waiting if _fits(q, event)]
    found = [event for event in every if not event.flagged and _fits(q, event)]
    here, pages, shown = part(found)
    return show(
        "events.html",
        several=[(event, named) for event, named in asked if named > 1],
        single=[(event, named) for event, named in asked if named < 2],
        rejected=[event for event in rejected if _fits(q, event)],
        events=shown,
        total=len(every),
        found=len(found),
        q=q,
        page=here,
        pages=pages,
    )


def _fits(q: str, event: EventCard) -> bool:
    return has(q, event.name, event.slug, event.place)


@page("/events/<slug>/")
def event_page(slug: str) -> Answer:
    """Show what is known of an event, from whom, and what it may be merged into."""
    with site().database.reading() as c:
        event = coverage.event_card(c, slug, rejected=True)
        others = [other for other in coverage.events(c) if other.slug != event.slug]
        facts = coverage.event_facts(c, event.id)
        aliases = coverage.aliases(c, event.id)
        decisions = coverage.list_decisions(c, target=slug, limit=_DECISIONS)
    near = sorted(others, key=lambda other: (not _near(event, other), other.name.casefold()))
    return show(
        "event.html",
        event=event,
        others=near[:_OFFERED],
        facts=facts,
        aliases=aliases,
        decisions=decisions,
    )


def _near(event: EventCard, other: EventCard) -> bool:
    """Tell whether two events may well be one: of one year, or of one series."""
    return event.year == other.year or event.series.slug == other.series.slug


@action("/events/<slug>/change", on=event_page)
def change_event(slug: str) -> Answer:
    """Change an event's facts; they stay at later polls."""
    starts_on = day("starts_on", gettext("The first day"))
    ends_on = day("ends_on", gettext("The last day"))
    if ends_on and (starts_on is None or ends_on < starts_on):
        raise Refused(gettext("The last day comes before the first"))
    said = {
        "name": line("name", gettext("The name"), needed=True),
        "place": line("place", gettext("The place")),
        "homepage": address("homepage", gettext("The homepage")),
        "hashtag": line("hashtag", gettext("The hashtag"), limit=60),
    }
    with site().database.writing() as c:
        event = coverage.event_card(c, slug)
        # what is sent as it was shown stays what posts say; only the rest is a person's word
        said = {name: new for name, new in said.items() if new != (getattr(event, name) or "")}
        days = {"starts_on": starts_on, "ends_on": ends_on}
        days = {} if days == {name: getattr(event, name) for name in days} else days
        coverage.change_event(
            c,
            slug,
            **said,  # type: ignore[arg-type]  # names of texts
            **{name: value for name, value in days.items() if value is not None},  # type: ignore[arg-type]
            clear=[name for name, value in days.items() if value is None],
            now=now(),
            by=person(),
        )
    return done(gettext("Saved."), "event.change", slug, _to(slug))


@action("/events/<slug>/accept", on=event_page)
def accept_event(slug: str) -> Answer:
    """Take an event as it is: somebody has looked at it."""
    name = _ruled(slug, coverage.accept_event)
    said = gettext("%(event)s is taken as it is.", event=name)
    return done(said, "event.accept", slug, url_for("admin.events_page"))


@action("/events/<slug>/reject", on=event_page)
def reject_event(slug: str) -> Answer:
    """Say that it is no event; no post is about it from now on."""
    name = _ruled(slug, coverage.reject_event)
    said = gettext("%(event)s is no event, in later posts as well.", event=name)
    return done(said, "event.reject", slug, url_for("admin.events_page"))


def _ruled(slug: str, rule: Callable[..., None]) -> str:
    """Decide about an event whether it is one; return its name."""
    with site().database.writing() as c:
        event = coverage.event_card(c, slug)
        rule(c, slug, now(), by=person())
    return event.name


@action("/events/<slug>/merge", on=event_page)
def merge_event(slug: str) -> Answer:
    """Merge an event into another; its address leads there from now on."""
    wanted = line("into", gettext("The event to merge into"), needed=True)
    with site().database.writing() as c:
        event = coverage.event_card(c, slug)
        into = coverage.event_card(c, slug_of(wanted))
        if into.slug == event.slug:
            raise Refused(gettext("An event cannot be merged into itself"))
        coverage.merge_events(c, event.slug, into.slug, now(), by=person())
    said = gettext(
        "%(event)s is now part of %(other)s; its old address leads there.",
        event=event.name,
        other=into.name,
    )
    return done(said, "event.merge", f"{event.slug} {into.slug}", _to(into.slug))


@action("/events/<slug>/alias", on=event_page)
def add_alias(slug: str) -> Answer:
    """Let another name mean this event."""
    name = line("alias", gettext("The other name"), needed=True)
    with site().database.writing() as c:
        coverage.add_alias(c, slug, name, now(), by=person())
    said = gettext("%(name)s means this event, in later posts as well.", name=name)
    return done(said, "event.alias", f"{slug} {name}", _to(slug))


@action("/events/<slug>/split", on=event_page)
def split_event(slug: str) -> Answer:
    """Take what was merged into this event out of it again."""
    other = line("alias", gettext("The other event"), needed=True)
    with site().database.writing() as c:
        coverage.split_event(c, other, now(), by=person())
    said = gettext("%(event)s is an event of its own.", event=other)
    return done(said, "event.split", f"{slug} {other}", _to(slug))


def _to(slug: str) -> str:
    return url_for("admin.event_page", slug=slug)
