"""Entries: what a poll must know of them, one query for every listing, and one entry in full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true, update

from aggregator import identity
from aggregator.errors import NotFound
from aggregator.model import (
    Cursor,
    EntryCard,
    EntryFile,
    EntryQuery,
    Known,
    Page,
    Post,
    RawHtml,
)
from aggregator.store.cards import entry_cards, entry_rows
from aggregator.store.counters import chunks
from aggregator.store.keys import is_row
from aggregator.store.originals import unpacked
from aggregator.store.saving import corrections_by_entry
from aggregator.store.schema import contents, entries, gone_entries, sources
from aggregator.store.search import Hits, conditions, ranked


def known(c: Connection, feed_id: int) -> dict[str, Known]:
    """Return what is stored of a feed's entries, by guid, in two queries."""
    column = entries.c
    rows = c.execute(
        select(
            column.guid,
            column.id,
            column.content_hash,
            column.url_key,
            column.title_key,
            column.published_at,
            column.published_inferred,
            func.substr(column.summary, 1, identity.BEGINNING),
        ).where(column.feed_id == feed_id)
    ).all()
    if not rows:
        return {}
    decided = corrections_by_entry(c, select(column.id).where(column.feed_id == feed_id))
    return {
        guid: Known(
            *(entry_id, content_hash, url_key, title_key),
            None if inferred else published_at,
            begins,
            decided.get(entry_id, ()),
        )
        for guid, entry_id, content_hash, url_key, title_key, published_at, inferred, begins in rows
    }


# -------------------------------------------------------------------------------------- listings


def find(c: Connection, query: EntryQuery, hits: Hits | None = None) -> Page[EntryCard]:
    """Return a page of entries: newest first, or the most relevant first when words are asked for.

    Four queries whatever the size (seven with words). Paging goes on from the last row, so that new
    arrivals move nothing. `hits`: what `search.hits` gave for the query, where it was asked.
    """
    if query.words.strip() and not query.by_date:
        return _find_ranked(c, query, hits)
    paged = entry_rows(full=query.full).where(*conditions(c, query))
    newest_first = (entries.c.sorted_at.desc(), entries.c.id.desc())
    if query.after is not None and query.before is None:
        paged = paged.where(_newer(query.after)).order_by(entries.c.sorted_at, entries.c.id)
    else:
        if query.before is not None:
            paged = paged.where(_older(query.before))
        paged = paged.order_by(*newest_first)
    rows = c.execute(paged.limit(query.limit + 1) if query.limit else paged).all()
    more = bool(query.limit) and len(rows) > query.limit
    some = list(rows[: query.limit] if more else rows)
    if query.after is not None and query.before is None:
        some.reverse()
        newer, older = more, True
    else:
        newer, older = query.before is not None, more
    return Page(
        items=entry_cards(c, some, brief=query.brief),
        next=_cursor(some[-1]) if some and older else None,
        previous=_cursor(some[0]) if some and newer else None,
    )


def _cursor(row: Any) -> Cursor:
    return Cursor(published_at=row.sorted_at, id=row.id)


def _older(than: Cursor) -> ColumnElement[bool]:
    # The first comparison alone lets the database begin in the index at the right place.
    return and_(
        entries.c.sorted_at <= than.published_at,
        or_(entries.c.sorted_at < than.published_at, entries.c.id < than.id),
    )


def _newer(than: Cursor) -> ColumnElement[bool]:
    return and_(
        entries.c.sorted_at >= than.published_at,
        or_(entries.c.sorted_at > than.published_at, entries.c.id > than.id),
    )


def _find_ranked(c: Connection, query: EntryQuery, hits: Hits | None) -> Page[EntryCard]:
    """Page through the ranked hits; a cursor names the hit to go on from."""
    ids = ranked(c, query, hits)
    limit = query.limit or len(ids)
    start = 0
    if query.before is not None and query.before.id in ids:
        start = ids.index(query.before.id) + 1
    elif query.after is not None and query.after.id in ids:
        start = max(0, ids.index(query.after.id) - limit)
    wanted = ids[start : start + limit]
    if not wanted:
        return Page()
    found = {
        row.id: row
        for row in c.execute(entry_rows(full=query.full).where(entries.c.id.in_(wanted)))
    }
    rows = [found[one] for one in wanted]
    return Page(
        items=entry_cards(c, rows, brief=query.brief),
        next=_cursor(rows[-1]) if start + limit < len(ids) else None,
        previous=_cursor(rows[0]) if start else None,
    )


def count(c: Connection, query: EntryQuery) -> int:
    """Return how many entries `query` finds, paging aside."""
    found = select(func.count(entries.c.id)).where(*conditions(c, query))
    return c.execute(found).scalar_one()


# ------------------------------------------------------------------------------------- one entry


def get(c: Connection, entry_id: int) -> EntryCard:
    """Return an entry with its text, also one that is not listed.

    Raises:
        NotFound: there is no such entry.
    """
    query = entry_rows(full=True).where(entries.c.id == entry_id)
    rows = c.execute(query).all() if is_row(entry_id) else []
    if not rows:
        raise NotFound("entry", entry_id)
    return entry_cards(c, rows)[0]


def file(c: Connection, entry_id: int) -> EntryFile:
    """Return all that admins see of an entry.

    Raises:
        NotFound: there is no such entry.
    """
    found = _files(c, entries.c.id == entry_id, limit=1) if is_row(entry_id) else ()
    if not found:
        raise NotFound("entry", entry_id)
    return found[0]


def files(c: Connection, entry_ids: Collection[int]) -> tuple[EntryFile, ...]:
    """Return all that admins see of these entries, in their order; what there is not is left out.

    As many queries for some thousands as for one.
    """
    found = {
        filed.card.id: filed
        for some in chunks(entry_ids)
        for filed in _files(c, entries.c.id.in_(some), limit=len(some))
    }
    return tuple(found[one] for one in entry_ids if one in found)


def cards(c: Connection, entry_ids: Collection[int]) -> dict[int, EntryCard]:
    """Return entries by their ids, without their texts."""
    rows = c.execute(entry_rows().where(entries.c.id.in_(entry_ids))).all()
    return {card.id: card for card in entry_cards(c, rows)}


def background(c: Connection, entry_id: int) -> tuple[tuple[str, ...], tuple[EntryCard, ...]]:
    """Return why an entry was judged as it was, and the same post in other feeds; two queries.

    Raises:
        NotFound: there is no such entry.
    """
    query = select(contents.c.why, entries.c.id, entries.c.duplicate_of).join_from(
        contents, entries, entries.c.id == contents.c.entry_id
    )
    row = c.execute(query.where(entries.c.id == entry_id)).first() if is_row(entry_id) else None
    if row is None:
        raise NotFound("entry", entry_id)
    return tuple(row.why), _alike(c, [row]).get(row.duplicate_of or row.id, ())


def beside(
    c: Connection, query: EntryQuery, here: Cursor
) -> tuple[EntryCard | None, EntryCard | None, tuple[EntryCard, ...]]:
    """Return what stands in a list beside an entry: the next newer, the next older, the newest.

    They are brief. Six queries; `query.limit` is how many of the newest there are, the entry itself
    left out.
    """
    asked = entry_rows().where(*conditions(c, query))
    newest_first = (entries.c.sorted_at.desc(), entries.c.id.desc())
    newer = asked.where(_newer(here)).order_by(entries.c.sorted_at, entries.c.id).limit(1)
    older = asked.where(_older(here)).order_by(*newest_first).limit(1)
    newest = asked.where(entries.c.id != here.id).order_by(*newest_first).limit(query.limit)
    found = [c.execute(one).all() for one in (newer, older, newest)]
    rows = {row.id: row for some in found for row in some}
    shown = {card.id: card for card in entry_cards(c, list(rows.values()), brief=True)}
    after, before, others = ([shown[row.id] for row in some] for some in found)
    return next(iter(after), None), next(iter(before), None), tuple(others)


def stale(
    c: Connection, stamp: int, limit: int, after_id: int = 0, *, every: bool = False
) -> tuple[EntryFile, ...]:
    """Return entries that were judged by another recogniser or registry, by id from `after_id` on.

    `stamp` is that of the recogniser and registry in force (`Catalogue.stamp`); with `every`, the
    other entries come as well.
    """
    return _files(c, and_(_stale(stamp, every), entries.c.id > after_id), limit=limit)


def count_stale(c: Connection, stamp: int, *, every: bool = False) -> int:
    """Return how many entries `stale` would return in all."""
    return c.execute(select(func.count(entries.c.id)).where(_stale(stamp, every))).scalar_one()


def _stale(stamp: int, every: bool) -> ColumnElement[bool]:
    if every:
        return true()
    # two ranges, which the index finds, in place of "differs"
    return or_(entries.c.recogniser < stamp, entries.c.recogniser > stamp)


def forget_judgements(c: Connection) -> None:
    """Take all entries for stale."""
    c.execute(update(entries).values(recogniser=0))


def unchanged_since(c: Connection, files: Sequence[EntryFile]) -> set[int]:
    """Return those of these entries that are still as they were read: nobody judged them since."""
    read = {filed.card.id: (filed.content_hash, filed.recogniser) for filed in files}
    query = select(entries.c.id, entries.c.content_hash, entries.c.recogniser)
    return {
        row.id
        for row in c.execute(query.where(entries.c.id.in_(read)))
        if (row.content_hash, row.recogniser) == read[row.id]
    }


def _files(c: Connection, condition: ColumnElement[bool], *, limit: int) -> tuple[EntryFile, ...]:
    rows = c.execute(
        entry_rows(full=True)
        .add_columns(
            contents.c.original,
            contents.c.feed_html,
            contents.c.base_url,
            contents.c.why,
            sources.c.country,
        )
        .where(condition)
        .order_by(entries.c.id)
        .limit(limit)
    ).all()
    ids = [row.id for row in rows]
    decided = corrections_by_entry(c, ids)
    alike = _alike(c, rows)
    return tuple(
        EntryFile(
            card=card,
            why=tuple(row.why),
            corrections=decided.get(row.id, ()),
            post=Post(
                id=row.guid,
                url=row.url,
                title=row.title,
                published=None if row.published_inferred else row.published_at,
                tags=tuple(row.feed_tags),
                html=RawHtml(unpacked(row.original)),
                authors=tuple(row.authors),
                language=row.declared_language,
                country=row.country,
            ),
            base_url=row.base_url,
            feed_html=RawHtml(unpacked(row.feed_html)),
            duplicates=alike.get(row.duplicate_of or row.id, ()),
            recogniser=row.recogniser,
            content_hash=row.content_hash,
        )
        for card, row in zip(entry_cards(c, rows), rows, strict=True)
    )


def _alike(c: Connection, rows: Sequence[Any]) -> dict[int, tuple[EntryCard, ...]]:
    """Return the other entries of the groups that `rows` are in, by the one that is shown."""
    ids = {row.id for row in rows}
    leaders = {row.duplicate_of or row.id for row in rows}
    in_groups = or_(entries.c.id.in_(leaders), entries.c.duplicate_of.in_(leaders))
    others = c.execute(entry_rows().where(in_groups, entries.c.id.not_in(ids))).all()
    grouped: dict[int, list[EntryCard]] = defaultdict(list)
    for card in entry_cards(c, others):
        grouped[card.duplicate_of or card.id].append(card)
    return {leader: tuple(cards) for leader, cards in grouped.items()}


def deleted_at(c: Connection, entry_id: int) -> bool:
    """Tell whether an entry of that id was here once and is gone."""
    gone = select(gone_entries.c.entry_id).where(gone_entries.c.entry_id == entry_id)
    return is_row(entry_id) and c.scalar(gone) is not None
