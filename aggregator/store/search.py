"""Full-text search on both databases, what narrows it, and the conditions of every listing.

Both databases see the same folded words (`terms`), split them alike and stem them alike (Porter's
algorithm, no stop words). So they find the same entries. Only the order by relevance differs a
little.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)

from aggregator.model import EntryQuery, EventCard, Facet, Facets, TagCard
from aggregator.store.cards import (
    entry_key,
    event_card,
    event_rows,
    is_common_tag,
    month_of,
    tag_card,
)
from aggregator.store.schema import (
    entries,
    entry_tags,
    events,
    mentions,
    searched,
    sources,
    tags,
    talk_mentions,
    talk_speakers,
)
from aggregator.store.terms import Term, asked_words, positive, terms

_COUNTED = 1000  # newest hits that are ranked and counted: doing it with all is what is slow


def _fts5(some: Iterable[Term], joined: str) -> str:
    """Return terms in FTS5's language; each is quoted, so nothing in it is syntax."""
    return joined.join(
        '"' + " ".join(term.tokens) + '"' + ("*" if term.prefix else "") for term in some
    )


def _tsquery(some: Iterable[Term], joined: str) -> str:
    """Return terms in PostgreSQL's language; tokens are letters and digits, none is syntax."""
    return joined.join(
        "(" + " <-> ".join(term.tokens) + (":*" if term.prefix else "") + ")" for term in some
    )


_fts = table("searched_fts", column("rowid"), column("searched_fts"))
_vector: ColumnElement[Any] = literal_column("searched.vector")


def matching(c: Connection, asked: str) -> ColumnElement[bool]:
    """Return the condition for entries that answer what the reader asks.

    What holds no word at all (``"***"``) finds nothing.
    """
    some = terms(asked)
    if not some:
        return false()
    wanted, unwanted = positive(some), [term for term in some if term.negative]
    if c.dialect.name == "sqlite":
        conditions = []
        if wanted:
            words = _fts5(wanted, " AND ")
            conditions.append(entry_key(c, common=_is_common(c, words)).in_(_rowids(words)))
        if unwanted:
            conditions.append(entries.c.id.not_in(_rowids(_fts5(unwanted, " OR "))))
        return and_(*conditions)
    parts = [_tsquery(wanted, " & ")] if wanted else []
    parts += [f"!{_tsquery([term], '')}" for term in unwanted]
    query = func.to_tsquery(text("'aggregator_words'"), " & ".join(parts))
    return entries.c.id.in_(select(searched.c.entry_id).where(_vector.op("@@")(query)))


def _is_common(c: Connection, words: str) -> bool:
    number = select(func.count()).where(_fts.c.searched_fts.op("MATCH")(words))
    return c.execute(number).scalar_one() > 2 * _COUNTED


def _rowids(query: str) -> Select[Any]:
    return select(_fts.c.rowid).where(_fts.c.searched_fts.op("MATCH")(query))


@dataclass(frozen=True, slots=True)
class Hits:
    """The newest entries that answer a query."""

    rows: tuple[Any, ...]  # (id, year, language, source_id), the newest first
    total: int  # how many there are in all

    @property
    def ids(self) -> list[int]:
        """Their ids, the newest first."""
        return [row.id for row in self.rows]


def hits(c: Connection, query: EntryQuery) -> Hits:
    """Return the newest 1,000 entries that answer `query`, and how many there are in all."""
    asked = conditions(c, query)
    year, _ = month_of(entries.c.sorted_at)
    found = (
        select(entries.c.id, year.label("year"), entries.c.language, entries.c.source_id)
        .where(*asked)
        .order_by(entries.c.sorted_at.desc(), entries.c.id.desc())
        .limit(_COUNTED)
    )
    rows = tuple(c.execute(found).all())
    total = len(rows)
    if total == _COUNTED:
        total = c.execute(select(func.count(entries.c.id)).where(*asked)).scalar_one()
    return Hits(rows, total)


def _among(c: Connection, key: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a key is one of many: one value to bind, not a thousand."""
    if c.dialect.name == "sqlite":
        return key.in_(select(func.json_each(json.dumps(ids)).table_valued("value").c.value))
    return key == any_(bindparam(None, list(ids), ARRAY(BigInteger)))


def ranked(c: Connection, query: EntryQuery, found: Hits | None = None) -> list[int]:
    """Return the ids of the newest 1,000 entries that match, the most relevant first.

    `found`: what `hits` gave for the query, where it was asked already.
    """
    newest = (found or hits(c, query)).ids
    wanted = positive(terms(query.words))
    if not wanted or not newest:
        return newest
    if c.dialect.name == "sqlite":
        # bm25 is negative: the better, the smaller. A word in the title weighs eight times.
        # The sign keeps SQLite from looking each id up on its own, which takes ten times as long.
        words = _fts.c.searched_fts.op("MATCH")(_fts5(wanted, " AND "))
        rank: ColumnElement[Any] = literal_column("bm25(searched_fts, 8.0, 1.0)")
        scored = select(_fts.c.rowid, rank).where(
            words, _among(c, literal_column("+rowid"), newest)
        )
    else:
        asked = func.to_tsquery(text("'aggregator_words'"), _tsquery(wanted, " & "))
        rank = -func.ts_rank(_vector, asked)
        scored = select(searched.c.entry_id, rank).where(_among(c, searched.c.entry_id, newest))
    weights = {row[0]: row[1] for row in c.execute(scored).all()}
    return sorted(newest, key=lambda one: weights.get(one, 0.0))  # equals stay newest first


# -------------------------------------------------------------------------------- conditions


def conditions(c: Connection, query: EntryQuery) -> list[ColumnElement[bool]]:
    """Return what `query` asks of entries, paging aside."""
    asked: list[ColumnElement[bool]] = []
    if query.listed_only:
        asked.append(entries.c.listed)
    asked += _judged(query)
    if query.event_id is not None:
        about = select(events.c.id).where(
            or_(events.c.id == query.event_id, events.c.part_of == query.event_id)
        )
        asked.append(_mentioning(query, about))
    if query.series_id is not None:
        about = select(events.c.id).where(events.c.series_id == query.series_id)
        asked.append(_mentioning(query, about))
    if query.tag_id is not None:
        tagged = select(entry_tags.c.entry_id).where(entry_tags.c.tag_id == query.tag_id)
        tagged = tagged.where(entry_tags.c.listed) if query.listed_only else tagged
        asked.append(entry_key(c, common=is_common_tag(c, query.tag_id)).in_(tagged))
    asked += _telling(query)
    for column_, value in (
        (entries.c.source_id, query.source_id),
        (entries.c.feed_id, query.feed_id),
        (entries.c.language, query.language),
    ):
        if value is not None:
            asked.append(column_ == value)
    if query.year is not None:
        asked += _within(query.year, query.month)
    if query.words.strip():
        asked.append(matching(c, query.words))
    return asked


def _telling(query: EntryQuery) -> list[ColumnElement[bool]]:
    """Return the conditions for entries that tell of a talk, or of one by a speaker."""
    told = select(talk_mentions.c.entry_id)
    given = talk_speakers.c.talk_id == talk_mentions.c.talk_id
    asked: list[ColumnElement[bool]] = []
    if query.talk_id is not None:
        asked.append(entries.c.id.in_(told.where(talk_mentions.c.talk_id == query.talk_id)))
    if query.speaker:
        by = told.join_from(talk_mentions, talk_speakers, given)
        asked.append(entries.c.id.in_(by.where(talk_speakers.c.slug == query.speaker)))
    return asked


def _judged(query: EntryQuery) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if query.kind is not None:
        asked.append(entries.c.kind == query.kind.value)
    if query.hidden is not None:
        asked.append(entries.c.hidden == query.hidden)
    if query.min_score is not None:
        asked.append(entries.c.kind_score >= query.min_score)
    if query.max_score is not None:
        asked.append(entries.c.kind_score <= query.max_score)
    return asked


def _mentioning(query: EntryQuery, about: Select[Any]) -> ColumnElement[bool]:
    found = select(mentions.c.entry_id).where(mentions.c.event_id.in_(about))
    return entries.c.id.in_(found.where(mentions.c.listed) if query.listed_only else found)


def _within(year: int, month: int | None) -> list[ColumnElement[bool]]:
    if not 1 <= year <= 9998 or not 1 <= (month or 1) <= 12:
        return [false()]
    begin = datetime(year, month or 1, 1, tzinfo=UTC)
    last = month is None or month == 12
    end = datetime(year + 1, 1, 1, tzinfo=UTC) if last else begin.replace(month=begin.month + 1)
    return [entries.c.sorted_at >= begin, entries.c.sorted_at < end]


# ------------------------------------------------------------------------------------ facets

_MOST_FACETS = 20


def facets(c: Connection, found: Hits) -> Facets:
    """Return what narrows a search, with how many of the newest 1,000 hits each has; 5 queries."""
    if not found.rows:
        return Facets()
    years = Counter(int(row.year) for row in found.rows)
    languages = Counter(row.language for row in found.rows if row.language)
    by_source = Counter(row.source_id for row in found.rows).most_common(_MOST_FACETS)
    number = func.count().label("hits")
    by_event = (
        select(mentions.c.event_id.label("id"), number)
        .where(_among(c, mentions.c.entry_id, found.ids))
        .group_by(mentions.c.event_id)
    )
    by_tag = (
        select(entry_tags.c.tag_id.label("id"), number)
        .join_from(entry_tags, tags, tags.c.id == entry_tags.c.tag_id)
        .where(_among(c, entry_tags.c.entry_id, found.ids), ~tags.c.ignored)
        .group_by(entry_tags.c.tag_id)
    )
    return Facets(
        events=_facets_of(c, by_event, events.c.id, events.c.slug, events.c.name),
        tags=_facets_of(c, by_tag, tags.c.id, tags.c.slug, tags.c.name),
        sources=_named(c, by_source, sources.c.id, sources.c.slug, sources.c.title),
        years=tuple(
            Facet(value=str(year), name=str(year), count=years[year])
            for year in sorted(years, reverse=True)
        ),
        languages=tuple(
            Facet(value=name, name=name, count=many) for name, many in languages.most_common()
        ),
        total=found.total,
        counted=len(found.rows),
    )


def _facets_of(
    c: Connection, counted: Select[int, int], key: Column[int], slug: Column[str], name: Column[str]
) -> tuple[Facet, ...]:
    most = counted.order_by(text("hits DESC"), text("id DESC")).limit(_MOST_FACETS)
    return _named(c, [(row[0], row[1]) for row in c.execute(most)], key, slug, name)


def _named(
    c: Connection,
    counted: Sequence[tuple[int, int]],
    key: Column[int],
    slug: Column[str],
    name: Column[str],
) -> tuple[Facet, ...]:
    wanted = select(key, slug, name).where(key.in_([one for one, _ in counted]))
    known = {row[0]: (row[1], row[2]) for row in c.execute(wanted)}
    return tuple(
        Facet(value=known[one][0], name=known[one][1], count=number) for one, number in counted
    )


# ------------------------------------------------------------------------------- suggestions

_KNOWN = 2000  # tags and events that are compared
_NEAR = 0.7  # of difflib's ratio: one letter in six may be wrong
_SPELLED = 0.8  # the same for words that are put in place of others


def suggestions(
    c: Connection, words: str, limit: int = 8
) -> tuple[tuple[TagCard, ...], tuple[EventCard, ...]]:
    """Return the tags and events whose names are nearest to what found nothing."""
    asked = asked_words(words)
    if not asked:
        return (), ()
    tag_rows = c.execute(
        select(tags)
        .where(tags.c.recaps > 0, ~tags.c.ignored)
        .order_by(tags.c.recaps.desc(), tags.c.id)
        .limit(_KNOWN)
    ).all()
    some_events = c.execute(
        event_rows()
        .where(events.c.recaps > 0)
        .order_by(events.c.newest_at.desc(), events.c.id)
        .limit(_KNOWN)
    ).all()
    return (
        tuple(tag_card(row) for row in _nearest(asked, tag_rows, limit)),
        tuple(event_card(row) for row in _nearest(asked, some_events, limit)),
    )


def respelled(c: Connection, words: str) -> str:
    """Return what was asked with unknown words replaced by near ones that titles hold; or "".

    Only what finds something is worth telling.
    """
    rows = select(searched.c.title).order_by(searched.c.entry_id.desc()).limit(_KNOWN)
    known = Counter(word for title in c.scalars(rows) for word in title.split())
    said = words
    for token in set(asked_words(words)):
        if token in known or len(token) < 4:
            continue
        near = difflib.get_close_matches(token, known, n=4, cutoff=_SPELLED)
        if near:
            meant = max(near, key=lambda word: known[word])
            said = re.sub(rf"(?<!\w){re.escape(token)}(?!\w)", meant, said, flags=re.IGNORECASE)
    return said if said != words and hits(c, EntryQuery(words=said)).total else ""


def _nearest(asked: Sequence[str], rows: Sequence[Any], limit: int) -> list[Any]:
    """Return the rows whose slugs have parts near to the words, the nearest first."""
    slugs = [[part for part in row.slug.split("-") if len(part) > 2] for row in rows]
    known = {part for parts in slugs for part in parts}
    near = [_near(token, known) for token in asked]
    scored = []
    for place, parts in enumerate(slugs):
        likeness = sum(max((of.get(part, 0.0) for part in parts), default=0.0) for of in near)
        if likeness:
            scored.append((-likeness, place))
    return [rows[place] for _, place in sorted(scored)[:limit]]


def _near(token: str, known: Iterable[str]) -> dict[str, float]:
    """Return the words that are near to one, and how: 1 for the same beginning."""
    matcher = difflib.SequenceMatcher(b=token, autojunk=False)
    found = {}
    for word in known:
        if word.startswith(token) or token.startswith(word):
            found[word] = 1.0
            continue
        matcher.set_seq1(word)
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
            likeness = matcher.ratio()
            if likeness >= _NEAR:
                found[word] = likeness
    return found
