"""Events: which row a name means, and which events an entry is about in the end.

A post names events (`namings`); what merges, rejections and corrections make of that is what it is
about (`mentions`). The second follows from the first at any time, so all of it can be undone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from aggregator import text as words
from aggregator import urls
from aggregator.model import EventMention, Evidence, Fix
from aggregator.store.counters import Touched, chunks
from aggregator.store.schema import (
    corrections,
    entries,
    events,
    mentions,
    namings,
    old_slugs,
    series,
)

Identity = tuple[str, int, str]  # slug of the series, year, edition
_WITH_YEAR = re.compile(r"(\S.*?)\s*[’']?((?:19|20)\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An event as a mention finds it."""

    id: int  # as named
    series_id: int
    name: str
    flagged: bool
    fixed: tuple[str, ...]  # what people have set
    target: int  # the event that it was merged into, else itself
    part_of: int | None  # of the target
    rejected: bool  # the target


def identity(mention: EventMention) -> Identity:
    """Return what tells an event from all others."""
    return words.slug(mention.series), mention.year, mention.edition


def named(value: str, *, year: int | None = None) -> EventMention | None:
    """Return the event that a person means by "Foo Days 2026"; `year` where the name has none."""
    said = words.squeeze(value)
    parts = _WITH_YEAR.fullmatch(said)
    if parts:
        return EventMention(
            name=said, series=parts[1], year=int(parts[2]), evidence=Evidence.PERSON
        )
    if year is None or not said:
        return None
    return EventMention(name=f"{said} {year}", series=said, year=year, evidence=Evidence.PERSON)


# ------------------------------------------------------------------------------- finding, making


def find_events(c: Connection, wanted: Iterable[EventMention]) -> dict[Identity, Named]:
    """Return the event that each mention names; make what is absent."""
    by_identity: dict[Identity, list[EventMention]] = {}
    for mention in wanted:
        by_identity.setdefault(identity(mention), []).append(mention)
    if not by_identity:
        return {}
    hosts = {
        (words.slug(mention.part_of), mention.year, ""): mention.part_of
        for some in by_identity.values()
        for mention in some
        if mention.part_of and words.slug(mention.part_of) != words.slug(mention.series)
    }
    names = {key[0]: name for key, name in hosts.items()}
    names |= {key[0]: some[0].series for key, some in by_identity.items()}
    series_ids = _find_or_make(c, series, names)
    keys = set(by_identity) | set(hosts)
    found = _existing(c, series_ids, keys)
    missing: dict[Identity, tuple[str, bool]] = {}  # name, flagged
    for key in sorted(keys - set(found)):
        some = by_identity.get(key, [])
        name = some[0].name if some else f"{names[key[0]]} {key[1]}"
        missing[key] = (name, bool(some) and not any(mention.known for mention in some))
    if missing:
        _make(c, series_ids, missing)
        found |= _existing(c, series_ids, set(missing))
    _know(c, by_identity, found)
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
    return found | make(c, table, {s: name for s, name in names.items() if s not in found})


def make(c: Connection, table: Table, names: dict[str, str]) -> dict[str, int]:
    """Make rows of these slugs and names; return their ids by slug."""
    if not names:
        return {}
    rows = [
        {"slug": slug, "name": words.shorten(name, 200) or slug} for slug, name in names.items()
    ]
    made = c.execute(insert(table).returning(table.c.slug, table.c.id), rows)
    return {row.slug: row.id for row in made}


_target = events.alias("target")  # what an event was merged into, or itself


def _existing(
    c: Connection, series_ids: dict[str, int], keys: set[Identity]
) -> dict[Identity, Named]:
    slugs = {series_ids[key[0]]: key[0] for key in keys}
    rows = c.execute(
        select(
            events.c.series_id,
            events.c.year,
            events.c.edition,
            events.c.id,
            events.c.fixed,
            events.c.name,
            events.c.flagged,
            _target.c.id.label("target"),
            _target.c.part_of,
            _target.c.rejected,
        )
        .join_from(
            events, _target, _target.c.id == func.coalesce(events.c.merged_into, events.c.id)
        )
        .where(events.c.series_id.in_(slugs), events.c.year.in_({key[1] for key in keys}))
    )
    found = {}
    for row in rows:
        key = (slugs[row.series_id], row.year, row.edition)
        if key in keys:
            found[key] = Named(
                id=row.id,
                series_id=row.series_id,
                name=row.name,
                flagged=row.flagged,
                fixed=tuple(row.fixed),
                target=row.target,
                part_of=row.part_of,
                rejected=row.rejected,
            )
    return found


def _make(
    c: Connection, series_ids: dict[str, int], missing: dict[Identity, tuple[str, bool]]
) -> None:
    slugs = unique_slugs(c, events, [words.slug(name) for name, _ in missing.values()])
    c.execute(delete(old_slugs).where(old_slugs.c.slug.in_(slugs)))
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


# -------------------------------------------------------------------------------- what is known


def _know(
    c: Connection,
    by_identity: dict[Identity, list[EventMention]],
    found: dict[Identity, Named],
) -> None:
    """Write what the registry says of events and series, and which event is part of which."""
    told: dict[int, dict[str, Any]] = {}
    for key, some in by_identity.items():
        event = found[key]
        by_registry = next((one for one in some if one.known and not _by_person(one)), None)
        if by_registry is not None:
            changed = _by_registry(event, by_registry)
            if changed:
                c.execute(update(events).where(events.c.id == event.id).values(changed))
            told[event.series_id] = _of_series(by_registry)
        host = next((_host(mention, found) for mention in some if mention.part_of), None)
        if host is not None and event.part_of is None and host.target != event.target:
            own = events.c.id == event.target
            c.execute(update(events).where(own).values(part_of=host.target))
    if told:
        _know_series(c, told)


def _by_registry(event: Named, mention: EventMention) -> dict[str, Any]:
    """Return what changes in an event whose series is in the registry now."""
    changed: dict[str, Any] = {}
    name = words.shorten(mention.name, 200)
    if event.flagged and "flagged" not in event.fixed:
        changed["flagged"] = False
    if name != event.name and "name" not in event.fixed:
        changed["name"] = name
    return changed


def _by_person(mention: EventMention) -> bool:
    """Tell whether the mention is a person's word, which tells no more than a name."""
    return mention.evidence is Evidence.PERSON


def _host(mention: EventMention, found: dict[Identity, Named]) -> Named | None:
    host = found.get((words.slug(mention.part_of or ""), mention.year, ""))
    usable = host is not None and host.part_of is None and not host.rejected
    return host if usable else None


def _of_series(mention: EventMention) -> dict[str, Any]:
    homepage = mention.series_homepage or ""
    return {
        "name": words.shorten(mention.series, 200),
        "homepage": homepage if urls.is_web(homepage) else None,
        "place": words.shorten(mention.series_place or "", 200) or None,
    }


def _know_series(c: Connection, told: dict[int, dict[str, Any]]) -> None:
    rows = c.execute(
        select(series.c.id, series.c.name, series.c.homepage, series.c.place).where(
            series.c.id.in_(told)
        )
    ).all()
    for row in rows:
        values = told[row.id]
        if any(getattr(row, name) != value for name, value in values.items()):
            c.execute(update(series).where(series.c.id == row.id).values(values))


# --------------------------------------------------------------------------- what entries are about


def resolve(
    c: Connection, entry_ids: Collection[int], touched: Touched, *, fresh: bool = False
) -> dict[int, int | None]:
    """Write what entries are about, from what they name; return the strongest event of each."""
    seen: dict[int, list[Any]] = defaultdict(list)
    decided: dict[int, list[Any]] = defaultdict(list)
    for ids in chunks(entry_ids):
        for row in c.execute(_NAMED.where(namings.c.entry_id.in_(ids))):
            seen[row.entry_id].append(row)
        if not fresh:
            c.execute(delete(mentions).where(mentions.c.entry_id.in_(ids)))
            for row in c.execute(_DECIDED.where(corrections.c.entry_id.in_(ids))):
                decided[row.entry_id].append(row)
    meant = events_called(c, {row.value for some in decided.values() for row in some})
    rows: list[dict[str, Any]] = []
    main: dict[int, int | None] = {}
    for entry_id in entry_ids:
        best = _best(seen[entry_id], decided[entry_id], meant)
        main[entry_id] = max(best, key=lambda event: best[event][1], default=None)
        touched.events.update(best)
        rows += [
            {"entry_id": entry_id, "event_id": event, "evidence": evidence, "score": score}
            for event, (evidence, score) in best.items()
        ]
    if rows:
        c.execute(insert(mentions), rows)
    told = [  # of a fresh entry without an event, nothing is known already
        {"b_id": entry_id, "main": event}
        for entry_id, event in main.items()
        if event is not None or not fresh
    ]
    if told:
        same = update(entries).where(entries.c.id == bindparam("b_id"))
        c.execute(same.values(main_event_id=bindparam("main")), told)
    return main


_NAMED = (
    select(namings, _target.c.id.label("about"), _target.c.rejected, events.c.rejected.label("own"))
    .join_from(namings, events, events.c.id == namings.c.event_id)
    .join(_target, _target.c.id == func.coalesce(events.c.merged_into, events.c.id))
    .order_by(namings.c.entry_id, namings.c.position)
)
_DECIDED = (
    select(corrections.c.entry_id, corrections.c.what, corrections.c.value)
    .where(corrections.c.what.in_((Fix.EVENT, Fix.NOT_EVENT)))
    .order_by(corrections.c.id)
)


def _best(
    seen: Iterable[Any], decided: Iterable[Any], meant: dict[str, int]
) -> dict[int, tuple[str, float]]:
    """Return event -> (evidence, score), strongest first; what a person says comes before all."""
    best: dict[int, tuple[str, float]] = {}
    for word in decided:
        if word.what == Fix.EVENT and word.value in meant:
            best[meant[word.value]] = (Evidence.PERSON, 1.0)
    for row in seen:
        if not row.rejected and not row.own and best.get(row.about, ("", -1.0))[1] < row.score:
            best[row.about] = (row.evidence, row.score)
    for word in decided:
        if word.what == Fix.NOT_EVENT:
            best.pop(meant.get(word.value, -1), None)
    return best


def events_called(c: Connection, values: Collection[str]) -> dict[str, int]:
    """Return the events that people mean by slugs or names, merges followed, as far as known."""
    if not values:
        return {}
    slugs = {value: words.slug(value) for value in values}
    wanted = set(slugs.values())
    known: dict[str, int] = {
        row.slug: row.event_id
        for row in c.execute(
            select(old_slugs.c.slug, _CANONICAL)
            .join_from(old_slugs, events, events.c.id == old_slugs.c.event_id)
            .where(old_slugs.c.slug.in_(wanted), ~events.c.rejected)
        )
    }
    current = select(events.c.slug, _CANONICAL).where(events.c.slug.in_(wanted), ~events.c.rejected)
    known |= {row.slug: row.event_id for row in c.execute(current)}
    return {value: known[slug] for value, slug in slugs.items() if slug in known}


_CANONICAL = func.coalesce(events.c.merged_into, events.c.id).label("event_id")


def leave_addresses(c: Connection, moves: Iterable[tuple[int | None, int | None]]) -> None:
    """Let the address of an event that nobody names any more lead to where its recaps went.

    Only its address: the name may mean another event in the next post.

    Args:
        c: in a write transaction, `alone`.
        moves: the strongest event of each entry before and after.
    """
    went: dict[int, int] = {}
    for old, new in moves:
        if old is not None and new is not None and old != new:
            went.setdefault(old, new)
    if not went:
        return
    still = set(c.scalars(select(namings.c.event_id).where(namings.c.event_id.in_(went))))
    still |= set(c.scalars(select(mentions.c.event_id).where(mentions.c.event_id.in_(went))))
    for row in c.execute(
        select(events.c.id, events.c.slug).where(
            events.c.id.in_(set(went) - still), events.c.recaps > 0, events.c.merged_into.is_(None)
        )
    ).all():
        new = went[row.id]
        c.execute(update(old_slugs).where(old_slugs.c.event_id == row.id).values(event_id=new))
        c.execute(insert(old_slugs).values(slug=row.slug, event_id=new))
