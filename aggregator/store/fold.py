"""Folds one post that stands in several feeds: one entry is shown, the others point to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from aggregator.model import Kind
from aggregator.store.counters import chunks, listable
from aggregator.store.schema import entries, searched

_ALIKE = 0.8  # share of three-word runs of the shorter text that the longer has as well
_RUN = 3
_LEAST_WORDS = 12  # a shorter text says too little to call two posts one
_LEAST_TITLE = 8  # letters; "News" is the title of many posts
_TOGETHER = timedelta(hours=1)  # entries first seen within it came at about the same time
_MOST_TEXTS = 40  # entries of one title that are compared: a bound on hostile feeds


def refold(c: Connection, entry_ids: Collection[int]) -> set[int]:
    """Decide anew which of these entries, and of those like them, stand for the others.

    The one stored first stays, because its id is out in our feeds; of those that came at about the
    same time, the one published first. Where it may not be shown, the next one is promoted. Return
    the entries whose folding changed.
    """
    rows = _alike(c, entry_ids)
    if len(rows) < 2 and not any(row.duplicate_of for row in rows.values()):
        return set()
    changes = []
    for group in map(_by_age, _groups(c, list(rows.values()))):
        shown = next((row for row in group if row.fit), group[0])
        for row in group:
            leader = None if row is shown else shown.id
            if row.duplicate_of != leader:
                changes.append({"b_id": row.id, "b_leader": leader})
    if changes:
        c.execute(
            update(entries)
            .where(entries.c.id == bindparam("b_id"))
            .values(duplicate_of=bindparam("b_leader")),
            changes,
        )
    return {change["b_id"] for change in changes}


def _by_age(group: list[Any]) -> list[Any]:
    start = min(row.first_seen_at for row in group) + _TOGETHER
    return sorted(
        group,
        key=lambda row: (
            (0, row.published_at) if row.first_seen_at <= start else (1, row.first_seen_at),
            row.id,
        ),
    )


def _alike(c: Connection, entry_ids: Collection[int]) -> dict[int, Any]:
    """Return the entries asked for, those of the same address or title, and their groups."""
    seeds: dict[int, Any] = {}
    for some in chunks(entry_ids):
        seeds |= {row.id: row for row in c.execute(_ROWS.where(entries.c.id.in_(some)))}
    keys = {row.url_key for row in seeds.values() if row.url_key}
    titles = {row.title_key for row in seeds.values() if _tells(row)}
    rows = dict(seeds)
    for column, values in ((entries.c.url_key, keys), (entries.c.title_key, titles)):
        for some in chunks(values):
            rows |= {row.id: row for row in c.execute(_ROWS.where(column.in_(some)))}
    leaders = {row.duplicate_of or row.id for row in rows.values()}
    if len(rows) > len(seeds) or any(row.duplicate_of for row in rows.values()):
        leaders |= set(rows)
    for some in chunks(leaders):
        of_group = or_(entries.c.duplicate_of.in_(some), entries.c.id.in_(some))
        rows |= {row.id: row for row in c.execute(_ROWS.where(of_group))}
    return dict(sorted(rows.items()))


_ROWS = select(
    entries.c.id,
    entries.c.feed_id,
    entries.c.url_key,
    entries.c.title_key,
    entries.c.kind,
    entries.c.duplicate_of,
    entries.c.published_at,
    entries.c.first_seen_at,
    listable().label("fit"),
)


def _tells(row: Any) -> bool:
    return row.kind == Kind.RECAP and len(row.title_key) >= _LEAST_TITLE


def _groups(c: Connection, rows: Sequence[Any]) -> list[list[Any]]:
    """Return the entries that are one post, each group in the order of their ids."""
    root = {row.id: row.id for row in rows}

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    def join(some: Iterable[int]) -> None:
        first, *others = sorted(find(one) for one in some)
        for other in others:
            root[find(other)] = find(first)

    for same in (*_same_address(rows), *_same_text(c, rows)):
        join(same)
    groups = defaultdict(list)
    for row in rows:
        groups[find(row.id)].append(row)
    return list(groups.values())


def _same_address(rows: Iterable[Any]) -> list[list[int]]:
    """Group by address; where one feed gives an address to several posts, by title as well."""
    by_key: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row.url_key:
            by_key[row.url_key].append(row)
    same: list[list[int]] = []
    for some in by_key.values():
        titles = defaultdict(set)
        for row in some:
            titles[row.feed_id].add(row.title_key)
        if all(len(own) == 1 for own in titles.values()):
            same.append([row.id for row in some])
            continue
        by_title: dict[str, list[int]] = defaultdict(list)
        for row in some:
            by_title[row.title_key].append(row.id)
        same += by_title.values()
    return same


def _same_text(c: Connection, rows: Iterable[Any]) -> list[tuple[int, int]]:
    """Return pairs of recaps of different feeds with one title and nearly the same text."""
    by_title: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if _tells(row):
            by_title[row.title_key].append(row)
    several = [
        some[:_MOST_TEXTS] for some in by_title.values() if len({row.feed_id for row in some}) > 1
    ]
    if not several:
        return []
    runs: dict[int, set[tuple[str, ...]]] = {}
    for some in chunks({row.id for group in several for row in group}):
        texts = select(searched.c.entry_id, searched.c.body).where(searched.c.entry_id.in_(some))
        runs |= {row.entry_id: _runs(row.body) for row in c.execute(texts)}
    return [
        (first.id, second.id)
        for group in several
        for place, second in enumerate(group)
        for first in group[:place]
        if first.feed_id != second.feed_id and _near(runs[first.id], runs[second.id])
    ]


def _runs(body: str) -> set[tuple[str, ...]]:
    some = body.split()[:4000]
    return set(zip(*(some[start:] for start in range(_RUN)), strict=False))


def _near(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> bool:
    shorter = min(len(one), len(other))
    return shorter > _LEAST_WORDS - _RUN and len(one & other) >= _ALIKE * shorter
