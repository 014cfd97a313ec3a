"""Folds one post that stands in several feeds: one entry is shown, the others point to it.

Entries are one post when they have one address; recaps of different feeds also when they have one
title and nearly one text, or other titles and, but for a few words, the same text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from aggregator.model import Kind
from aggregator.store.counters import chunks, listable
from aggregator.store.originals import own_words
from aggregator.store.schema import entries, searched, text_prints

_ALIKE = 0.8  # share of three-word runs of the shorter text that the longer has as well
_RUN = 3
_LEAST_WORDS = 12  # a shorter text says too little to call two posts one
# The same where the titles differ: reports of two years are often written alike.
_ALIKE_UNTITLED = 0.95
_LEAST_WORDS_UNTITLED = 60
_LEAST_TITLE = 8  # letters; "News" is the title of many posts
_TOGETHER = timedelta(hours=1)  # entries first seen within it came at about the same time
_MOST_TEXTS = 40  # entries of one title or print that are compared: a bound on hostile feeds
_MOST_PRINTED = 12  # entries that share a print; where more do, it is of a phrase that many use


_NONE: frozenset[int] = frozenset()


def refold(
    c: Connection, entry_ids: Collection[int], *, fresh: Collection[int] = _NONE
) -> set[int]:
    """Decide anew which of these entries, and of those like them, stand for the others.

    The one stored first stays, because its id is out in our feeds; of those that came at about the
    same time, the one published first. Where it may not be shown, the next one is promoted. Return
    the entries whose folding changed. `fresh` are those that were not there before, so that none
    points to them.
    """
    rows = _alike(c, entry_ids, fresh)
    if len(rows) < 2 and not any(row.duplicate_of for row in rows.values()):
        return set()
    changes = []
    for group in map(_by_age, _groups(c, list(rows.values()), set(entry_ids))):
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


def _alike(c: Connection, entry_ids: Collection[int], fresh: Collection[int]) -> dict[int, Any]:
    """Return the entries asked for, those of the same address or text, and their groups."""
    sharing = {one for some in chunks(fresh) for one in c.scalars(_SHARING, {"asked": some})}
    seeds = _rows(c, _BY_ID, (set(entry_ids) - set(fresh)) | sharing)
    recaps = [row for row in seeds.values() if row.kind == Kind.RECAP]
    rows = dict(seeds)
    rows |= _rows(c, _BY_ADDRESS, {row.url_key for row in seeds.values() if row.url_key})
    rows |= _rows(c, _BY_TITLE, {row.title_key for row in recaps if _tells(row)})
    rows |= _rows(c, _BY_ID, _printed_alike(c, [row.id for row in recaps]) - rows.keys())
    there = rows.keys() - set(fresh)
    leaders = {rows[one].duplicate_of or one for one in there}
    if len(rows) > len(seeds) or any(rows[one].duplicate_of for one in there):
        leaders |= there
    rows |= _rows(c, _BY_GROUP, leaders)
    return dict(sorted(rows.items()))


def _rows(c: Connection, query: Select[Any], asked: Collection[Any]) -> dict[int, Any]:
    return {row.id: row for some in chunks(asked) for row in c.execute(query, {"asked": some})}


def _printed_alike(c: Connection, recaps: Collection[int]) -> set[int]:
    """Return the entries whose texts begin like those of these recaps."""
    return {one for some in chunks(recaps) for one in c.scalars(_BY_PRINT, {"asked": some})}


_ROWS = select(
    entries.c.id,
    entries.c.feed_id,
    entries.c.url_key,
    entries.c.title_key,
    entries.c.authors,
    entries.c.kind,
    entries.c.duplicate_of,
    entries.c.published_at,
    entries.c.first_seen_at,
    listable().label("fit"),
)


_print = text_prints.alias("other")
_ASKED: BindParameter[Any] = bindparam("asked", expanding=True)
_more = text_prints.alias("more")
_other = entries.alias("others")
# Those that share an address, or as recaps a title or a print, with another entry: most do not.
_SHARING = select(entries.c.id).where(
    entries.c.id.in_(_ASKED),
    or_(
        and_(
            entries.c.url_key != "",
            exists().where(_other.c.url_key == entries.c.url_key, _other.c.id != entries.c.id),
        ),
        and_(
            entries.c.kind == Kind.RECAP,
            or_(
                exists().where(
                    _other.c.title_key == entries.c.title_key, _other.c.id != entries.c.id
                ),
                exists()
                .where(text_prints.c.entry_id == entries.c.id)
                .where(_print.c.print == text_prints.c.print)
                .where(_print.c.entry_id != entries.c.id),
            ),
        ),
    ),
)
_BY_ID = _ROWS.where(entries.c.id.in_(_ASKED))
_BY_ADDRESS = _ROWS.where(entries.c.url_key.in_(_ASKED))
_BY_TITLE = _ROWS.where(entries.c.title_key.in_(_ASKED))
_BY_GROUP = _ROWS.where(or_(entries.c.duplicate_of.in_(_ASKED), entries.c.id.in_(_ASKED)))
_BY_PRINT = (
    select(_print.c.entry_id)
    .join_from(text_prints, _print, _print.c.print == text_prints.c.print)
    .where(text_prints.c.entry_id.in_(_ASKED), _print.c.entry_id != text_prints.c.entry_id)
    .where(
        ~exists(
            select(_more.c.entry_id)
            .where(_more.c.print == text_prints.c.print)
            .limit(1)
            .offset(_MOST_PRINTED)
        )
    )
)


def _tells(row: Any) -> bool:
    return row.kind == Kind.RECAP and len(row.title_key) >= _LEAST_TITLE


def _groups(c: Connection, rows: Sequence[Any], asked: Collection[int]) -> list[list[Any]]:
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

    for same in (*_same_address(rows), *_same_text(c, rows, asked)):
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


def _same_text(c: Connection, rows: Sequence[Any], asked: Collection[int]) -> list[tuple[int, int]]:
    """Return pairs of recaps of different feeds with nearly the same text.

    Those that are not `asked` for have not changed: what was found of two of them stands.
    """
    recaps = {row.id: row for row in rows if row.kind == Kind.RECAP}
    anew = set(asked) | {one for one, row in recaps.items() if row.duplicate_of in asked}
    found = [
        (row.id, row.duplicate_of)
        for row in recaps.values()
        if row.id not in anew
        and row.duplicate_of in recaps
        and row.url_key != recaps[row.duplicate_of].url_key
    ]
    pairs = (
        _to_compare(c, recaps, anew) if len({row.feed_id for row in recaps.values()}) > 1 else []
    )
    texts = _texts(c, {recaps[one].id: recaps[one] for pair in pairs for one in pair})
    return found + [
        (one, other)
        for one, other in pairs
        if _near(texts[one], texts[other], titled=_one_title(recaps[one], recaps[other]))
    ]


def _to_compare(
    c: Connection, recaps: dict[int, Any], anew: Collection[int]
) -> list[tuple[int, int]]:
    """Return the pairs that share a title or a print; only so many of each, and none twice."""
    by_sign: dict[str | int, list[Any]] = defaultdict(list)
    for row in recaps.values():
        if _tells(row):
            by_sign[row.title_key].append(row)
    for some in chunks(recaps):
        for row in c.execute(_PRINTS, {"asked": some}):
            by_sign[row.print].append(recaps[row.entry_id])
    pairs = {
        (min(row.id, other.id), max(row.id, other.id))
        for sign, some in by_sign.items()
        if isinstance(sign, str) or len(some) <= _MOST_PRINTED
        for row in some
        if row.id in anew
        for other in some[:_MOST_TEXTS]
        if other.feed_id != row.feed_id
    }
    return sorted(pairs)


_PRINTS = select(text_prints).where(text_prints.c.entry_id.in_(_ASKED))
_NUMBER = re.compile(r"\d+")


def _one_title(one: Any, other: Any) -> bool | None:
    """Tell whether two recaps have one title; None: their titles say that they are not one."""
    if _tells(one) and one.title_key == other.title_key:
        return True
    numbers = [set(_NUMBER.findall(row.title_key)) for row in (one, other)]
    return None if all(numbers) and numbers[0] != numbers[1] else False


def _texts(c: Connection, rows: dict[int, Any]) -> dict[int, set[tuple[str, ...]]]:
    """Return the runs of words in the texts of entries."""
    found: dict[int, set[tuple[str, ...]]] = {}
    for some in chunks(rows):
        texts = select(searched.c.entry_id, searched.c.body).where(searched.c.entry_id.in_(some))
        for entry_id, body in c.execute(texts):
            found[entry_id] = _runs(own_words(rows[entry_id].authors, body))
    return found


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    some = words[:4000]
    return set(zip(*(some[start:] for start in range(_RUN)), strict=False))


def _near(one: set[tuple[str, ...]], other: set[tuple[str, ...]], *, titled: bool | None) -> bool:
    if titled is None:
        return False
    alike, least = (_ALIKE, _LEAST_WORDS) if titled else (_ALIKE_UNTITLED, _LEAST_WORDS_UNTITLED)
    shorter = min(len(one), len(other))
    return shorter > least - _RUN and len(one & other) >= alike * shorter
