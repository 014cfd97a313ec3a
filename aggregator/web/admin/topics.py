"""Events and tags: facts, merging, and taking away the flag of an event that nobody knew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import request, url_for

from aggregator.errors import AggregatorError
from aggregator.model import EventCard, TagCard
from aggregator.store import coverage
from aggregator.text import slug as slug_of
from aggregator.web.admin.desk import Answer, action, address, day, done, line, number, page, show
from aggregator.web.guard import now, site

_PER_PAGE = 100
T = TypeVar("T")


@page("/events/")
def events_page() -> Answer:
    """Show the events, those that no list knows first."""
    q = request.args.get("q", "").strip()[:200]
    with site().database.reading() as c:
        flagged = coverage.events(c, flagged=True)
        every = coverage.events(c)
    known = [event for event in every if not event.flagged]
    found = [event for event in known if _has(q, event.name, event.slug, event.place)]
    here, pages, shown = _part(found)
    return show(
        "events.html",
        flagged=[event for event in flagged if _has(q, event.name, event.slug, event.place)],
        events=shown,
        total=len(known),
        found=len(found),
        q=q,
        page=here,
        pages=pages,
    )


@page("/events/<slug>/")
def event_page(slug: str) -> Answer:
    """Show an event's facts, and what it may be merged into."""
    with site().database.reading() as c:
        event = coverage.event_card(c, slug)
        others = [other for other in coverage.events(c) if other.slug != event.slug]
    near = sorted(others, key=lambda other: (not _near(event, other), other.name.casefold()))
    return show("event.html", event=event, others=near)


def _near(event: EventCard, other: EventCard) -> bool:
    """Tell whether two events may well be one: of one year, or of one series."""
    return event.year == other.year or event.series.slug == other.series.slug


@action("/events/<slug>/change", on=event_page)
def change_event(slug: str) -> Answer:
    """Change an event's facts; they stay at later polls."""
    starts_on, ends_on = day("starts_on", "The first day"), day("ends_on", "The last day")
    if ends_on and (starts_on is None or ends_on < starts_on):
        raise AggregatorError("The last day comes before the first")
    days = {"starts_on": starts_on, "ends_on": ends_on}
    with site().database.writing() as c:
        coverage.change_event(
            c,
            slug,
            name=line("name", "The name", needed=True),
            place=line("place", "The place"),
            starts_on=starts_on,
            ends_on=ends_on,
            homepage=address("homepage", "The homepage"),
            clear=[name for name, value in days.items() if value is None],
            now=now(),
        )
    return done("Saved.", "event.change", slug, url_for("admin.event_page", slug=slug))


@action("/events/<slug>/unflag", on=event_page)
def unflag_event(slug: str) -> Answer:
    """Take an event as it is: somebody has looked at it."""
    with site().database.writing() as c:
        event = coverage.event_card(c, slug)
        coverage.change_event(c, slug, now=now())
    said = f"{event.name} is taken as it is."
    return done(said, "event.unflag", slug, url_for("admin.events_page"))


@action("/events/<slug>/merge", on=event_page)
def merge_event(slug: str) -> Answer:
    """Merge an event into another; its address leads there from now on."""
    wanted = line("into", "The event to merge into", needed=True)
    with site().database.writing() as c:
        event = coverage.event_card(c, slug)
        into = coverage.event_card(c, slug_of(wanted))
        if into.slug == event.slug:
            raise AggregatorError("An event cannot be merged into itself")
        coverage.merge_events(c, event.slug, into.slug, now())
    said = f"{event.name} is now part of {into.name}; its old address leads there."
    to = url_for("admin.event_page", slug=into.slug)
    return done(said, "event.merge", f"{event.slug} {into.slug}", to)


# -------------------------------------------------------------------------------------------- tags


@page("/tags/")
def tags_page() -> Answer:
    """Show the tags, most used first."""
    q = request.args.get("q", "").strip()[:200]
    with site().database.reading() as c:
        every = coverage.tags(c, ignored=True)
    found = [tag for tag in every if _has(q, tag.name, tag.slug)]
    here, pages, shown = _part(found)
    return show(
        "tags.html", tags=shown, total=len(every), found=len(found), q=q, page=here, pages=pages
    )


@page("/tags/<slug>/")
def tag_page(slug: str) -> Answer:
    """Show a tag: rename it, merge it, ignore it."""
    with site().database.reading() as c:
        tag = coverage.tag(c, slug)
        others = [other for other in coverage.tags(c) if other.slug != tag.slug]
    return show("tag.html", tag=tag, others=others)


@action("/tags/<slug>/rename", on=tag_page)
def rename_tag(slug: str) -> Answer:
    """Rename a tag; its address stays."""
    name = line("name", "The name", limit=60, needed=True)
    with site().database.writing() as c:
        coverage.rename_tag(c, slug, name)
    return done("Renamed.", "tag.rename", f"{slug} {name}", url_for("admin.tag_page", slug=slug))


@action("/tags/<slug>/merge", on=tag_page)
def merge_tag(slug: str) -> Answer:
    """Merge a tag into another; its address leads there from now on."""
    wanted = line("into", "The tag to merge into", limit=60, needed=True)
    with site().database.writing() as c:
        tag = coverage.tag(c, slug)
        into = _tag_called(coverage.tags(c), wanted)
        if into.slug == tag.slug:
            raise AggregatorError("A tag cannot be merged into itself")
        coverage.merge_tags(c, tag.slug, into.slug)
    said = f"{tag.name} is now {into.name}, in later posts as well."
    to = url_for("admin.tag_page", slug=into.slug)
    return done(said, "tag.merge", f"{tag.slug} {into.slug}", to)


@action("/tags/<slug>/ignore", on=tag_page)
def ignore_tag(slug: str) -> Answer:
    """Hide a tag from readers, or show it again."""
    ignored = request.form.get("ignored") == "yes"
    with site().database.writing() as c:
        tag = coverage.tag(c, slug)
        coverage.ignore_tag(c, slug, ignored)
    said = f"{tag.name} is {'no longer shown' if ignored else 'shown again'}."
    to = url_for("admin.tag_page", slug=slug)
    return done(said, "tag.ignore" if ignored else "tag.show", slug, to)


def _tag_called(tags: Iterable[TagCard], wanted: str) -> TagCard:
    for tag in tags:
        if wanted.casefold() in (tag.name.casefold(), tag.slug) or slug_of(wanted) == tag.slug:
            return tag
    raise AggregatorError(f"There is no tag {wanted}")


# ------------------------------------------------------------------------------------------- lists


def _has(q: str, *texts: str | None) -> bool:
    text = " ".join(filter(None, texts)).casefold()
    return all(word in text for word in q.casefold().split())


def _part(items: list[T]) -> tuple[int, int, list[T]]:
    """Return the page asked for, the number of pages, and its items."""
    pages = max(1, -(-len(items) // _PER_PAGE))
    here = number(request.args.get("page"), 1, least=1, most=pages)
    return here, pages, items[(here - 1) * _PER_PAGE : here * _PER_PAGE]
