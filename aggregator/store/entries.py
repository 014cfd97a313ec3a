"""Entries: what a poll must know of them, one query for every listing, and one entry in full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

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
    Recognition,
    SafeHtml,
)
from aggregator.store.cards import entry_cards, entry_rows
from aggregator.store.keys import is_row
from aggregator.store.saving import corrections_by_entry, judge, unpacked
from aggregator.store.schema import contents, corrections, entries, gone_entries, sources
from aggregator.store.search import conditions, ranked


def known(c: Connection, feed_id: int) -> dict[str, Known]:
    """Return what is stored of a feed's entries, by guid, in two queries."""
    rows = c.execute(
        select(entries.c.id, entries.c.guid, entries.c.content_hash).where(
            entries.c.feed_id == feed_id
        )
    ).all()
    corrected = set(
        c.scalars(
            select(corrections.c.entry_id)
            .join_from(corrections, entries, entries.c.id == corrections.c.entry_id)
            .where(entries.c.feed_id == feed_id)
        )
    )
    decided = corrections_by_entry(c, corrected) if corrected else {}
    return {
        row.guid: Known(
            id=row.id, content_hash=row.content_hash, corrections=decided.get(row.id, ())
        )
        for row in rows
    }


# -------------------------------------------------------------------------------------- listings


def find(c: Connection, query: EntryQuery) -> Page[EntryCard]:
    """Return a page of entries: newest first, or the most relevant first when words are asked for.

    Four queries whatever the size (five with words). Paging goes on from the last row, so that new
    arrivals move nothing.
    """
    if query.words.strip():
        return _find_ranked(c, query)
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
        items=entry_cards(c, some),
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


def _find_ranked(c: Connection, query: EntryQuery) -> Page[EntryCard]:
    """Page through the ranked hits; a cursor names the hit to go on from."""
    ids = ranked(c, query)
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
        items=entry_cards(c, rows),
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


def stale(c: Connection, version: int, limit: int, after_id: int = 0) -> tuple[EntryFile, ...]:
    """Return entries that an older recogniser than `version` judged, by id from `after_id` on."""
    older = and_(entries.c.recogniser < version, entries.c.id > after_id)
    return _files(c, older, limit=limit)


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


def store_recognition(  # noqa: PLR0913  # all that showing an entry depends on
    c: Connection,
    entry_id: int,
    recognition: Recognition,
    *,
    html: SafeHtml | None,
    excerpt: bool,
    summary: str,
    now: datetime,
) -> None:
    """Store what was recognised anew in an entry, with the corrections that stand.

    `changed_at` moves only when the text that is shown, the summary or the kind has changed.

    Raises:
        NotFound: there is no such entry.
    """
    done = judge(c, entry_id, recognition, shown=html, excerpt=excerpt, summary=summary, now=now)
    if not done:
        raise NotFound("entry", entry_id)


def deleted_at(c: Connection, entry_id: int) -> bool:
    """Tell whether an entry of that id was here once and is gone."""
    gone = select(gone_entries.c.entry_id).where(gone_entries.c.entry_id == entry_id)
    return is_row(entry_id) and c.scalar(gone) is not None
