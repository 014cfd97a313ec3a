"""Writes what was recognised in entries: events, tags, talks and shared links.

The same recognition written twice gives the same rows: things are found by what identifies them
(a series' slug; series, year and edition; a tag's slug; a talk's resource or title) and made only
when they are absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from aggregator import text as words
from aggregator.model import Correction, EventMention, Evidence, Fix, Kind, Recognition, TagMention
from aggregator.store import event_facts, fixes
from aggregator.store.counters import Touched, alone, chunks
from aggregator.store.keys import capped, of_link
from aggregator.store.naming import (
    find_events,
    identity,
    leave_addresses,
    make,
    named,
    resolve,
)
from aggregator.store.schema import (
    entries,
    entry_links,
    entry_tags,
    events,
    merged_tags,
    namings,
    tags,
)
from aggregator.store.talks import link_talks

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


def link(c: Connection, items: Sequence[Linkable], touched: Touched, *, fresh: bool) -> None:
    """Write the coverage of `items`; `fresh` entries have none yet.

    What they counted for before must be in `touched` already; what they count for now is added.
    """
    alone(c)
    ids = [item.entry_id for item in items]
    before: dict[int, int | None] = {}
    if not fresh:
        for some in chunks(ids):
            for table in (namings, entry_tags, merged_tags, entry_links):
                c.execute(delete(table).where(table.c.entry_id.in_(some)))
            mains = select(entries.c.id, entries.c.main_event_id).where(entries.c.id.in_(some))
            before |= {row.id: row.main_event_id for row in c.execute(mains)}
    _name_events(c, items, touched, fresh=fresh)
    main = resolve(c, ids, touched, fresh=fresh)
    leave_addresses(c, [(before[one], main[one]) for one in before])
    _link_tags(c, items, touched)
    link_talks(
        c,
        {
            item.entry_id: fixes.corrected(item.recognition.talks, item.corrections)
            if item.recap
            else ()
            for item in items
        },
        main,
        touched,
        fresh=fresh,
    )
    _write_links(c, items)


# ---------------------------------------------------------------------------------- events


def _name_events(
    c: Connection, items: Sequence[Linkable], touched: Touched, *, fresh: bool
) -> None:
    """Write which events the posts name, and what they state of them."""
    known = _slugs_of_persons(c, items)
    usable = {item.entry_id: _usable(item, known) for item in items}
    found = find_events(c, [mention for some in usable.values() for mention in some])
    touched.events.update(event.id for event in found.values())
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    facts: list[dict[str, Any]] = []
    for entry_id, some in usable.items():
        for position, mention in enumerate(some):
            own = {"entry_id": entry_id, "event_id": found[identity(mention)].id}
            score = min(1.0, max(0.0, mention.score))
            row = own | {"position": position, "evidence": mention.evidence, "score": score}
            key = entry_id, own["event_id"]
            if key not in rows or rows[key]["score"] < score:
                rows[key] = row
            facts += [own | fact for fact in event_facts.stated(mention)]
    if rows:
        c.execute(insert(namings), list(rows.values()))
    event_facts.put(c, [] if fresh else [item.entry_id for item in items], facts)
    if facts:
        for events_ in chunks({event.target for event in found.values()}):
            event_facts.refresh(c, events_)


def _slugs_of_persons(c: Connection, items: Sequence[Linkable]) -> set[str]:
    """Return those slugs of events that people have named and that there are."""
    slugs = {
        words.slug(word.value)
        for item in items
        for word in item.corrections
        if word.what is Fix.EVENT
    }
    return set(c.scalars(select(events.c.slug).where(events.c.slug.in_(slugs)))) if slugs else set()


def _usable(item: Linkable, known: set[str]) -> list[EventMention]:
    """Return the mentions that the tables can hold, and one for each new event that a person names.

    A person names an event by its slug, or a new one by its name with the year. What the
    recogniser made of a slug is not used: the event is known, and its slug is no name.
    """
    said = [word.value for word in item.corrections if word.what is Fix.EVENT]
    some = [
        mention
        for mention in item.recognition.events[:_EVENTS]
        if 1900 <= mention.year <= 2200
        and not (mention.evidence is Evidence.PERSON and words.slug(mention.name) in known)
    ]
    spelled = {words.slug(mention.name) for mention in some} | known
    new = [named(value) for value in said if words.slug(value) not in spelled]
    return some + [mention for mention in new if mention is not None]


# ------------------------------------------------------------------------------------ tags


def _link_tags(c: Connection, items: Sequence[Linkable], touched: Touched) -> None:
    given: dict[int, dict[str, TagMention]] = {
        item.entry_id: {tag.slug: tag for tag in item.recognition.tags[:_TAGS] if tag.slug}
        for item in items
    }
    names = {slug: tag.name for some in given.values() for slug, tag in some.items()}
    if not names:
        return
    ids, merged = _find_tags(c, names)
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    given_as: list[dict[str, Any]] = []
    for entry_id, some in given.items():
        own: list[dict[str, Any]] = [
            {"entry_id": entry_id, "tag_id": ids[slug], "origin": tag.origin}
            for slug, tag in some.items()
        ]
        targets = {merged[row["tag_id"]] for row in own if row["tag_id"] in merged}
        for row in own:
            target = merged.get(row["tag_id"], row["tag_id"])
            rows.setdefault((entry_id, target), row | {"tag_id": target})
            if target in targets:
                given_as.append(row)
    c.execute(insert(entry_tags), list(rows.values()))
    if given_as:
        c.execute(insert(merged_tags), given_as)
    touched.tags.update(tag_id for _, tag_id in rows)


def _find_tags(c: Connection, names: dict[str, str]) -> tuple[dict[str, int], dict[int, int]]:
    """Return tags' ids by slug, and what those that were merged are now; make what is absent."""
    rows = [
        row
        for some in chunks(names)
        for row in c.execute(
            select(tags.c.slug, tags.c.id, tags.c.merged_into).where(tags.c.slug.in_(some))
        )
    ]
    ids = {row.slug: row.id for row in rows}
    merged = {row.id: row.merged_into for row in rows if row.merged_into is not None}
    return ids | make(c, tags, {s: name for s, name in names.items() if s not in ids}), merged


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
