"""Tags: renaming, merging, ignoring."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from aggregator.model import TagCard
from aggregator.store import coverage
from aggregator.text import slug as slug_of
from aggregator.web.admin.desk import Answer, action, done, line, page, person, show, url_for
from aggregator.web.admin.lists import part
from aggregator.web.admin.words import has
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import Refused

_DECISIONS = 20  # that a page shows; all are on a page of their own


@page("/tags/")
def tags_page() -> Answer:
    """Show the tags, most used first."""
    q = request.args.get("q", "").strip()[:200]
    with site().database.reading() as c:
        every = coverage.tags(c, ignored=True)
    found = [tag for tag in every if has(q, tag.name, tag.slug)]
    here, pages, shown = part(found)
    return show(
        "tags.html", tags=shown, total=len(every), found=len(found), q=q, page=here, pages=pages
    )


@page("/tags/<slug>/")
def tag_page(slug: str) -> Answer:
    """Show a tag: rename it, merge it, ignore it."""
    with site().database.reading() as c:
        tag = coverage.tag(c, slug)
        others = [other for other in coverage.tags(c) if other.slug != tag.slug]
        decisions = coverage.list_decisions(c, target=slug, limit=_DECISIONS)
    return show("tag.html", tag=tag, others=others, decisions=decisions)


@action("/tags/<slug>/rename", on=tag_page)
def rename_tag(slug: str) -> Answer:
    """Rename a tag; its address stays."""
    name = line("name", gettext("The name"), limit=60, needed=True)
    with site().database.writing() as c:
        coverage.rename_tag(c, slug, name, now(), by=person())
    to = url_for("admin.tag_page", slug=slug)
    return done(gettext("Renamed."), "tag.rename", f"{slug} {name}", to)


@action("/tags/<slug>/merge", on=tag_page)
def merge_tag(slug: str) -> Answer:
    """Merge a tag into another; its address leads there from now on."""
    wanted = line("into", gettext("The tag to merge into"), limit=60, needed=True)
    with site().database.writing() as c:
        tag = coverage.tag(c, slug)
        into = _tag_called(coverage.tags(c), wanted)
        if into.slug == tag.slug:
            raise Refused(gettext("A tag cannot be merged into itself"))
        coverage.merge_tags(c, tag.slug, into.slug, now(), by=person())
    said = gettext(
        "%(tag)s is now %(other)s, in later posts as well.", tag=tag.name, other=into.name
    )
    to = url_for("admin.tag_page", slug=into.slug)
    return done(said, "tag.merge", f"{tag.slug} {into.slug}", to)


@action("/tags/<slug>/ignore", on=tag_page)
def ignore_tag(slug: str) -> Answer:
    """Hide a tag from readers, or show it again."""
    ignored = request.form.get("ignored") == "yes"
    with site().database.writing() as c:
        tag = coverage.tag(c, slug)
        coverage.ignore_tag(c, slug, ignored, now(), by=person())
    said = gettext("%(tag)s is shown again.", tag=tag.name)
    if ignored:
        said = gettext("%(tag)s is no longer shown.", tag=tag.name)
    to = url_for("admin.tag_page", slug=slug)
    return done(said, "tag.ignore" if ignored else "tag.show", slug, to)


def _tag_called(tags: Iterable[TagCard], wanted: str) -> TagCard:
    for tag in tags:
        if wanted.casefold() in (tag.name.casefold(), tag.slug) or slug_of(wanted) == tag.slug:
            return tag
    raise Refused(gettext("There is no tag %(name)s", name=wanted))
