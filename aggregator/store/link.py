"""Writes what was recognised in entries: events, tags, talks and shared links.

The same recognition written twice gives the same rows: things are found by what identifies them
(a series' slug; series, year and edition; a tag's slug; a talk's resource or title) and made only
when they are absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, or_, select, update

from aggregator import text as words
from aggregator import urls
from aggregator.model import (
    Correction,
    EventMention,
    Evidence,
    Fix,
    Kind,
    Recognition,
    TagMention,
)
from aggregator.store.counters import Touched, alone, chunks
from aggregator.store.keys import capped, of_link
from aggregator.store.schema import (
    entries,
    entry_links,
    entry_tags,
    events,
    mentions,
    series,
    tags,
)
from aggregator.store.talks import link_talks

_WITH_YEAR = re.compile(r"(\S.*?)\s*[’']?((?:19|20)\d\d)")
# A post names no more than these; more is a list, an attack, or both.
_EVENTS, _TAGS, _LINKS = 20, 50, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkable:
    """A stored entry with what was recognised in it."""

    entry_id: int
    recognition: Recognition
    links: tuple[tuple[str, str], ...] = ()  # (address, words) in the article
    corrections: tuple[Correction, ...] = ()

    @property
    def recap(self) -> bool:
        """Whether it tells of talks and links that are worth keeping."""
        return self.recognition.kind is Kind.RECAP


@dataclass(slots=True)
class _Resolved:
    """An event as mentions find it."""

    id: int
    row: Any
    facts: dict[str, Any] = field(default_factory=dict)  # columns to fill


def link(c: Connection, items: Sequence[Linkable], touched: Touched, *, fresh: bool) -> None:
    """Write the coverage of `items`; `fresh` entries have none yet.

    What they counted for before must be in `touched` already; what they count for now is added.
    """
    alone(c)
    ids = [item.entry_id for item in items]
    if not fresh:
        for table in (mentions, entry_tags, entry_links):
            for some in chunks(ids):
                c.execute(delete(table).where(table.c.entry_id.in_(some)))
    main = _link_events(c, items, touched)
    _link_tags(c, items, touched)
    link_talks(
        c,
        {item.entry_id: item.recognition.talks if item.recap else () for item in items},
        main,
        touched,
        fresh=fresh,
    )
    _write_links(c, items)


# ---------------------------------------------------------------------------------- events


def _link_events(
    c: Connection, items: Sequence[Linkable], touched: Touched
) -> dict[int, int | None]:
    """Write the mentions of `items`; return the strongest event of each."""
    corrected = _corrected_events(c, items)
    usable = {item.entry_id: _usable(item, corrected) for item in items}
    found = find_events(c, [mention for some in usable.values() for mention in some])
    rows: list[dict[str, Any]] = []
    main: dict[int, int | None] = {}
    for item in items:
        seen = [(found[_identity(mention)].id, mention) for mention in usable[item.entry_id]]
        best = _best(item, seen, corrected)
        main[item.entry_id] = max(best, key=lambda event: best[event][1], default=None)
        touched.events.update(best)
        rows += [
            {"entry_id": item.entry_id, "event_id": event, "evidence": evidence, "score": score}
            for event, (evidence, score) in best.items()
        ]
    touched.events.update(event.id for event in found.values())
    if rows:
        c.execute(insert(mentions), rows)
    _set_main(c, main)
    return main


def _corrected_events(c: Connection, items: Sequence[Linkable]) -> dict[str, int]:
    """Return the events that corrections name, by the corrections' values, merges followed."""
    values = {
        word.value
        for item in items
        for word in item.corrections
        if word.what in (Fix.EVENT, Fix.NOT_EVENT)
    }
    if not values:
        return {}
    slugs = {words.slug(value): value for value in values}
    found = c.execute(
        select(
            events.c.slug, func.coalesce(events.c.merged_into, events.c.id).label("event_id")
        ).where(events.c.slug.in_(slugs))
    )
    return {slugs[row.slug]: row.event_id for row in found}


def _usable(item: Linkable, corrected: Collection[str]) -> list[EventMention]:
    """Return the mentions that the tables can hold, and one for each event that a person names.

    A person names an event by its slug, or a new one by its name with the year. What the
    recogniser made of a slug is not used: the event is known, and its slug is no name.
    """
    named = [word.value for word in item.corrections if word.what is Fix.EVENT]
    known = {words.slug(value) for value in named if value in corrected}
    denied = {words.slug(w.value) for w in item.corrections if w.what is Fix.NOT_EVENT}
    some = [
        mention
        for mention in item.recognition.events[:_EVENTS]
        if 1900 <= mention.year <= 2200
        and words.slug(mention.name) not in denied
        and not (mention.evidence is Evidence.PERSON and words.slug(mention.name) in known)
    ]
    spelled = {words.slug(mention.name) for mention in some}
    for value in named:
        new = None if value in corrected or words.slug(value) in spelled else _named(value)
        if new:
            some.append(new)
    return some


def _named(value: str) -> EventMention | None:
    """Return the event that "Foo Days 2026" names."""
    parts = _WITH_YEAR.fullmatch(words.squeeze(value))
    if not parts:
        return None
    return EventMention(
        name=parts[0], series=parts[1], year=int(parts[2]), evidence=Evidence.PERSON
    )


def _best(
    item: Linkable, seen: Iterable[tuple[int, EventMention]], corrected: dict[str, int]
) -> dict[int, tuple[str, float]]:
    """Return event -> (evidence, score), strongest first; what a person says comes before all."""
    best: dict[int, tuple[str, float]] = {}
    for word in item.corrections:
        if word.what is Fix.EVENT and word.value in corrected:
            best[corrected[word.value]] = (Evidence.PERSON, 1.0)
    for event, mention in seen:
        score = min(1.0, max(0.0, mention.score))
        if event not in best or best[event][1] < score:
            best[event] = (mention.evidence, score)
    for word in item.corrections:
        if word.what is Fix.NOT_EVENT:
            best.pop(corrected.get(word.value, -1), None)
    return best


def _set_main(c: Connection, main: dict[int, int | None]) -> None:
    c.execute(
        update(entries)
        .where(entries.c.id == bindparam("b_id"))
        .values(main_event_id=bindparam("main")),
        [{"b_id": entry_id, "main": event} for entry_id, event in main.items()],
    )


def _identity(mention: EventMention) -> tuple[str, int, str]:
    return words.slug(mention.series), mention.year, mention.edition


def find_events(
    c: Connection, wanted: Iterable[EventMention]
) -> dict[tuple[str, int, str], _Resolved]:
    """Return the event of each mention by (series slug, year, edition); make what is absent."""
    by_identity: dict[tuple[str, int, str], list[EventMention]] = {}
    for mention in wanted:
        by_identity.setdefault(_identity(mention), []).append(mention)
    if not by_identity:
        return {}
    hosts = {
        (words.slug(mention.part_of), mention.year, ""): mention
        for some in by_identity.values()
        for mention in some
        if mention.part_of and words.slug(mention.part_of) != words.slug(mention.series)
    }
    names = {words.slug(m.part_of): m.part_of for m in hosts.values() if m.part_of}
    names |= {key[0]: some[0].series for key, some in by_identity.items()}
    series_ids = _find_or_make(c, series, names)
    keys = set(by_identity) | set(hosts)
    found = _existing_events(c, series_ids, keys)
    missing: dict[tuple[str, int, str], tuple[str, bool]] = {}  # name, flagged
    for key in sorted(keys - set(found)):
        some = by_identity.get(key, [])
        name = some[0].name if some else f"{names[key[0]]} {key[1]}"
        missing[key] = (name, bool(some) and not any(mention.known for mention in some))
    if missing:
        _make_events(c, series_ids, missing)
        found |= _existing_events(c, series_ids, set(missing))
    _fill_facts(c, by_identity, found)
    return found


def _find_or_make(c: Connection, table: Table, names: dict[str, str]) -> dict[str, int]:
    """Return the ids of rows by slug; make those that are absent under the name given."""
    found = {
        slug: row_id
        for some in chunks(names)
        for slug, row_id in c.execute(
            select(table.c.slug, table.c.id).where(table.c.slug.in_(some))
        )
    }
    absent = [
        {"slug": slug, "name": words.shorten(name, 200) or slug}
        for slug, name in names.items()
        if slug not in found
    ]
    if absent:
        made = c.execute(insert(table).returning(table.c.slug, table.c.id), absent)
        found |= {row.slug: row.id for row in made}
    return found


_target = events.alias("target")  # what an event was merged into, or itself


def _existing_events(
    c: Connection, series_ids: dict[str, int], keys: set[tuple[str, int, str]]
) -> dict[tuple[str, int, str], _Resolved]:
    slugs = {series_ids[key[0]]: key[0] for key in keys}
    rows = c.execute(
        select(
            events.c.series_id,
            events.c.year.label("asked_year"),
            events.c.edition.label("asked_edition"),
            _target,
        )
        .join_from(
            events, _target, _target.c.id == func.coalesce(events.c.merged_into, events.c.id)
        )
        .where(events.c.series_id.in_(slugs), events.c.year.in_({key[1] for key in keys}))
    )
    found = {}
    for row in rows:
        key = (slugs[row[0]], row.asked_year, row.asked_edition)
        if key in keys:
            found[key] = _Resolved(row.id, row)
    return found


def _make_events(
    c: Connection,
    series_ids: dict[str, int],
    missing: dict[tuple[str, int, str], tuple[str, bool]],
) -> None:
    slugs = unique_slugs(c, events, [words.slug(name) for name, _ in missing.values()])
    c.execute(
        insert(events),
        [
            {
                "series_id": series_ids[key[0]],
                "year": key[1],
                "edition": key[2],
                "slug": slug,
                "name": words.shorten(name, 200) or slug,
                "flagged": flagged,
            }
            for (key, (name, flagged)), slug in zip(missing.items(), slugs, strict=True)
        ],
    )


def unique_slugs(c: Connection, table: Table, wanted: Sequence[str]) -> list[str]:
    """Return slugs for new rows of `table`: as wanted, with a number where that is taken."""
    alike = or_(*(table.c.slug.startswith(slug, autoescape=True) for slug in set(wanted)))
    taken = set(c.scalars(select(table.c.slug).where(alike))) if wanted else set()
    given = []
    for slug in wanted:
        free, number = slug, 2
        while free in taken:
            free, number = f"{slug}-{number}", number + 1
        taken.add(free)
        given.append(free)
    return given


def _fill_facts(
    c: Connection,
    by_identity: dict[tuple[str, int, str], list[EventMention]],
    found: dict[tuple[str, int, str], _Resolved],
) -> None:
    """Fill what posts state and nobody has set: dates, place, homepage, the event it is part of."""
    for key, some in by_identity.items():
        event = found[key]
        for mention in some:
            _stated(event, mention, found)
        if event.facts:
            c.execute(update(events).where(events.c.id == event.id).values(event.facts))


def _stated(
    event: _Resolved, mention: EventMention, found: dict[tuple[str, int, str], _Resolved]
) -> None:
    row, facts = event.row, event.facts
    fixed = set(row.fixed)
    if mention.starts_on and not row.starts_on and not fixed & {"starts_on", "ends_on"}:
        facts.setdefault("starts_on", mention.starts_on)
        if mention.ends_on and mention.ends_on >= facts["starts_on"]:
            facts.setdefault("ends_on", mention.ends_on)
    if mention.place and not row.place and "place" not in fixed:
        facts.setdefault("place", words.shorten(mention.place, 200))
    if urls.is_web(mention.homepage or "") and not row.homepage and "homepage" not in fixed:
        facts.setdefault("homepage", mention.homepage)
    if mention.part_of and row.part_of is None:
        host = found.get((words.slug(mention.part_of), mention.year, ""))
        if host and host.id != event.id and host.row.part_of is None:
            facts.setdefault("part_of", host.id)
    if mention.known and row.flagged:
        facts["flagged"] = False


# ------------------------------------------------------------------------------------ tags


def _link_tags(c: Connection, items: Sequence[Linkable], touched: Touched) -> None:
    given: dict[int, dict[str, TagMention]] = {
        item.entry_id: {tag.slug: tag for tag in item.recognition.tags[:_TAGS] if tag.slug}
        for item in items
    }
    names = {slug: tag.name for some in given.values() for slug, tag in some.items()}
    if not names:
        return
    ids = find_tags(c, names)
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for entry_id, some in given.items():
        for slug, tag in some.items():
            row = {"entry_id": entry_id, "tag_id": ids[slug], "origin": tag.origin}
            rows.setdefault((entry_id, ids[slug]), row)
    c.execute(insert(entry_tags), list(rows.values()))
    touched.tags.update(tag_id for _, tag_id in rows)


def find_tags(c: Connection, names: dict[str, str]) -> dict[str, int]:
    """Return tags' ids by slug, merges followed; make those that are absent."""
    ids = _find_or_make(c, tags, names)
    merged: dict[int, int] = {}
    for some in chunks(ids.values()):
        followed = select(tags.c.id, tags.c.merged_into).where(
            tags.c.id.in_(some), tags.c.merged_into.is_not(None)
        )
        merged |= {row.id: row.merged_into for row in c.execute(followed)}
    return {slug: merged.get(tag_id, tag_id) for slug, tag_id in ids.items()}


# ----------------------------------------------------------------------------------- links


def _write_links(c: Connection, items: Sequence[Linkable]) -> None:
    """Keep the addresses that recaps link, so that an event's page can show what they share."""
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for item in items:
        if not item.recap:
            continue
        for url, said in item.links[:_LINKS]:
            key = of_link(url)
            if key:
                row = {
                    "entry_id": item.entry_id,
                    "url_key": key,
                    "url": capped(url, 2000),
                    "words": words.shorten(said, 120),
                }
                rows.setdefault((item.entry_id, key), row)
    if rows:
        c.execute(insert(entry_links), list(rows.values()))
