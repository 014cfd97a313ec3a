"""Full-text search on both databases, what narrows it, and the conditions of every listing.

Text is reduced to folded words before it is stored, and so are the reader's words; then both
databases see the same words, split them alike and stem them alike (Porter's algorithm, no stop
words). So they find the same entries. Only the order by relevance differs a little.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)

from aggregator import text as spelling
from aggregator.model import EntryQuery, EventCard, Facet, Facets, TagCard
from aggregator.store.cards import event_card, event_rows, tag_card
from aggregator.store.schema import (
    entries,
    entry_tags,
    events,
    mentions,
    searched,
    sources,
    tags,
)

_MOST_TERMS = 20  # of a query; more is no question but an attack
_LONGEST_WORD = 100
_RANKED = 2000  # newest hits that are ordered by relevance: ranking common words is what is slow
_WORDS = re.compile(r"[^\W_]+")
_TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|(\S+))')


# ------------------------------------------------------------------------------------- words


def searchable(said: str, limit: int) -> str:
    """Return the words of `said`, folded and separated by spaces, at most `limit` characters."""
    return " ".join(_tokens(said[: limit * 2]))[:limit]


def _tokens(said: str) -> list[str]:
    spelled = spelling.fold(said).replace("c++", "cplusplus").replace("c#", "csharp")
    return [word[:_LONGEST_WORD] for word in _WORDS.findall(spelled)]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a reader asks for: a word, or words that stand side by side."""

    tokens: tuple[str, ...]
    negative: bool = False
    prefix: bool = False  # the last word may go on


def terms(asked: str) -> tuple[Term, ...]:
    """Read words, "phrases", -not and prefix*; any text is understood somehow."""
    found = []
    for minus, phrase, word in _TERM.findall(asked[:1000]):
        tokens = tuple(_tokens(phrase or word))
        if tokens:
            prefix = not phrase and word.rstrip('"').endswith("*")
            found.append(Term(tokens, negative=bool(minus), prefix=prefix))
    return tuple(found[:_MOST_TERMS])


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


def _positive(asked: Iterable[Term]) -> list[Term]:
    return [term for term in asked if not term.negative]


def matching(c: Connection, asked: str) -> ColumnElement[bool]:
    """Return the condition for entries that answer what the reader asks.

    What holds no word at all (``"***"``) finds nothing.
    """
    some = terms(asked)
    if not some:
        return false()
    wanted, unwanted = _positive(some), [term for term in some if term.negative]
    if c.dialect.name == "sqlite":
        conditions = []
        if wanted:
            conditions.append(entries.c.id.in_(_rowids(_fts5(wanted, " AND "))))
        if unwanted:
            conditions.append(entries.c.id.not_in(_rowids(_fts5(unwanted, " OR "))))
        return and_(*conditions)
    parts = [_tsquery(wanted, " & ")] if wanted else []
    parts += [f"!{_tsquery([term], '')}" for term in unwanted]
    query = func.to_tsquery(text("'aggregator_words'"), " & ".join(parts))
    return entries.c.id.in_(select(searched.c.entry_id).where(_vector.op("@@")(query)))


def _rowids(query: str) -> Select[Any]:
    return select(_fts.c.rowid).where(_fts.c.searched_fts.op("MATCH")(query))


def ranked(c: Connection, query: EntryQuery) -> list[int]:
    """Return the ids of the newest 2,000 entries that match, the most relevant first."""
    newest = (
        select(entries.c.id, entries.c.sorted_at)
        .where(*conditions(c, query))
        .order_by(entries.c.sorted_at.desc(), entries.c.id.desc())
        .limit(_RANKED)
        .subquery()
    )
    wanted = _positive(terms(query.words))
    if not wanted:
        found = select(newest.c.id).order_by(newest.c.sorted_at.desc(), newest.c.id.desc())
        return list(c.scalars(found))
    rank: ColumnElement[Any]
    if c.dialect.name == "sqlite":
        # bm25 is negative: the better, the smaller. A word in the title weighs eight times.
        rank = text("bm25(searched_fts, 8.0, 1.0)")  # type: ignore[assignment]
        found = (
            select(newest.c.id)
            .join_from(_fts, newest, newest.c.id == _fts.c.rowid)
            .where(_fts.c.searched_fts.op("MATCH")(_fts5(wanted, " AND ")))
            .order_by(rank, newest.c.sorted_at.desc(), newest.c.id.desc())
        )
    else:
        asked = func.to_tsquery(text("'aggregator_words'"), _tsquery(wanted, " & "))
        rank = func.ts_rank(_vector, asked)
        found = (
            select(newest.c.id)
            .join_from(newest, searched, searched.c.entry_id == newest.c.id)
            .order_by(rank.desc(), newest.c.sorted_at.desc(), newest.c.id.desc())
        )
    return list(c.scalars(found))


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
        asked.append(entries.c.id.in_(tagged))
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


def facets(c: Connection, query: EntryQuery) -> Facets:
    """Return what narrows a search, with the number of hits of each, by three queries."""
    hits = select(
        entries.c.id, entries.c.sorted_at, entries.c.language, sources.c.slug, sources.c.title
    ).join_from(entries, sources, sources.c.id == entries.c.source_id)
    asked = conditions(c, query)
    rows = c.execute(hits.where(*asked)).all()
    if not rows:
        return Facets()
    years = Counter(row.sorted_at.year for row in rows)
    languages = Counter(row.language for row in rows if row.language)
    by_source = Counter((row.slug, row.title) for row in rows)
    found = select(entries.c.id).where(*asked)
    return Facets(
        events=_facets_of(
            c,
            select(events.c.slug, events.c.name, func.count().label("hits"))
            .join_from(mentions, events, events.c.id == mentions.c.event_id)
            .where(mentions.c.entry_id.in_(found))
            .group_by(events.c.id, events.c.slug, events.c.name),
        ),
        tags=_facets_of(
            c,
            select(tags.c.slug, tags.c.name, func.count().label("hits"))
            .join_from(entry_tags, tags, tags.c.id == entry_tags.c.tag_id)
            .where(entry_tags.c.entry_id.in_(found), ~tags.c.ignored)
            .group_by(tags.c.id, tags.c.slug, tags.c.name),
        ),
        sources=tuple(
            Facet(value=slug, name=title, count=number)
            for (slug, title), number in by_source.most_common(_MOST_FACETS)
        ),
        years=tuple(
            Facet(value=str(year), name=str(year), count=years[year])
            for year in sorted(years, reverse=True)
        ),
        languages=tuple(
            Facet(value=name, name=name, count=number) for name, number in languages.most_common()
        ),
        total=len(rows),
    )


def _facets_of(c: Connection, query: Select[str, str, int]) -> tuple[Facet, ...]:
    ordered = query.order_by(text("hits DESC"), literal_column("2")).limit(_MOST_FACETS)
    return tuple(Facet(value=row.slug, name=row.name, count=row.hits) for row in c.execute(ordered))


# ------------------------------------------------------------------------------- suggestions

_KNOWN = 2000  # tags and events that are compared
_NEAR = 0.7  # of difflib's ratio: one letter in six may be wrong


def suggestions(
    c: Connection, words: str, limit: int = 8
) -> tuple[tuple[TagCard, ...], tuple[EventCard, ...]]:
    """Return the tags and events whose names are nearest to what found nothing."""
    asked = [token for term in _positive(terms(words)) for token in term.tokens]
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


def _nearest(asked: Sequence[str], rows: Sequence[Any], limit: int) -> list[Any]:
    matchers = [(token, difflib.SequenceMatcher(b=token, autojunk=False)) for token in asked]
    scored = []
    for place, row in enumerate(rows):
        parts = [part for part in row.slug.split("-") if len(part) > 2]
        likeness = sum(_likeness(token, matcher, parts) for token, matcher in matchers)
        if likeness:
            scored.append((-likeness, place, row))
    return [row for _, _, row in sorted(scored, key=lambda one: one[:2])[:limit]]


def _likeness(token: str, matcher: difflib.SequenceMatcher[str], parts: Iterable[str]) -> float:
    """Return how near the nearest part of a slug is: 1 the same beginning, 0 too far."""
    best = 0.0
    for part in parts:
        if part.startswith(token) or token.startswith(part):
            return 1.0
        matcher.set_seq1(part)
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
            best = max(best, matcher.ratio())
    return best if best >= _NEAR else 0.0


# ---------------------------------------------------------------------------------- snippets


def snippet(text: str, words: str, limit: int = 240) -> Markup:
    """Return the piece of plain `text` around what was asked for, escaped, with ``<mark>``."""
    line = spelling.squeeze(text[:100_000])
    asked = [token for term in _positive(terms(words)) for token in term.tokens]
    hits = [found.span() for found in _WORDS.finditer(line) if _meant(found.group(), asked)]
    start = _start(line, hits[0][0], limit) if hits else 0
    end = min(len(line), start + limit)
    if end < len(line):
        end = max(line.rfind(" ", start + limit // 2, end), start + limit // 2)
    pieces = [Markup("…") if start else Markup("")]
    at = start
    for begin, stop in hits:
        if begin >= start and stop <= end:
            pieces += [escape(line[at:begin]), _mark(line[begin:stop])]
            at = stop
    pieces += [escape(line[at:end]), Markup("…") if end < len(line) else Markup("")]
    return Markup("").join(pieces)


def _mark(word: str) -> Markup:
    return Markup("<mark>{}</mark>").format(word)


def _start(line: str, hit: int, limit: int) -> int:
    """Return where to begin so that some words stand before the hit."""
    if hit < limit // 2:
        return 0
    return line.find(" ", max(0, hit - limit // 4), hit) + 1 or hit


def _meant(word: str, asked: Iterable[str]) -> bool:
    """Tell whether a word is one that was asked for, other endings included."""
    folded = spelling.fold(word)
    return any(
        folded.startswith(token)
        or (len(folded) >= max(4, len(token) - 3) and token.startswith(folded))
        for token in asked
    )
