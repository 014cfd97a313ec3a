"""Saves entries: the batch of a poll, or one that was judged again.

A known entry (same feed, same guid) is updated in place and keeps its id, its uid, when it was
first seen, and what people have corrected. Saving the same batch twice changes nothing. An entry
that came in new markup, but with nothing new for a reader or the recogniser, is only marked, so
that it is known again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from aggregator import identity, urls
from aggregator import text as words
from aggregator.model import Correction, Fix, Kind, NewEntry, SafeHtml, Saved
from aggregator.store import counters, originals, pictures
from aggregator.store.counters import Touched, chunks
from aggregator.store.fold import refold
from aggregator.store.keys import capped, made_uids, of_address, of_title, own_uid
from aggregator.store.link import Linkable, link
from aggregator.store.schema import contents, corrections, entries, searched, text_prints


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The feed that entries come from."""

    feed_id: int
    source_id: int
    url: str


_Key = tuple[int, str]  # feed and guid
_Some = Mapping[_Key, NewEntry]


def save(c: Connection, home: Home, batch: Sequence[NewEntry], now: datetime) -> Saved:
    """Store the entries of a feed with their coverage, and bring all counters up to date."""
    return save_all(c, [(home, batch)], now)[0]


def save_all(
    c: Connection, brought: Sequence[tuple[Home, Sequence[NewEntry]]], now: datetime
) -> list[Saved]:
    """Store the entries of several feeds, in not many more statements than those of one."""
    homes = {home.feed_id: home for home, _ in brought}
    # a guid twice: the first stands
    unique = {
        (home.feed_id, _guid(entry)): entry
        for home, batch in reversed(brought)
        for entry in reversed(batch)
    }
    if not unique:
        return [Saved()] * len(brought)
    counters.alone(c)
    known = _stored(c, unique)
    new = {key: entry for key, entry in unique.items() if key not in known}
    different = {row.id: unique[key] for key, row in known.items() if not _alike(row, unique[key])}
    for key, row in known.items():
        if row.id not in different:
            _note(c, row, unique[key])
    made = _insert(c, homes, new, now) if new else {}
    seen: set[int] = set()
    if new or different:
        touched = Touched(
            feeds={feed_id for feed_id, _ in new},
            sources={homes[feed_id].source_id for feed_id, _ in new},
        )
        counters.touch(c, different, touched)
        rows = {row.id: row for row in known.values() if row.id in different}
        fresh = {made[key]: entry for key, entry in new.items()}
        seen = _cover(c, fresh, different, rows, touched, now)
    return [_saved(home, batch, made, known, seen) for home, batch in brought]


def _cover(
    c: Connection,
    fresh: Mapping[int, NewEntry],
    different: Mapping[int, NewEntry],
    rows: Mapping[int, Any],
    touched: Touched,
    now: datetime,
) -> set[int]:
    """Update what is different, write the coverage of all, and settle it.

    Return which of `different` look otherwise to readers now: after an upgrade whole feeds are read
    again, because they are hashed or judged otherwise.
    """
    # What is new and no recap is listed nowhere and counts for nothing but its feed.
    others = {one for one, entry in fresh.items() if entry.recognition.kind is not Kind.RECAP}
    if fresh:
        _link(c, fresh, touched if len(others) < len(fresh) else Touched(), fresh=True)
    seen = _update(c, rows, different, now) if different else set()
    if different:
        _link(c, different, touched, fresh=False)
    shown = {one: entry.pictures for one, entry in fresh.items() if entry.pictures}
    shown |= {one: entry.pictures for one, entry in different.items()}
    if shown:
        pictures.note(c, shown, now)
    settle(c, fresh.keys() | different.keys(), touched, fresh=fresh.keys(), unlisted=others)
    return seen


def _saved(
    home: Home,
    batch: Sequence[NewEntry],
    made: Mapping[_Key, int],
    known: Mapping[_Key, Any],
    seen: Collection[int],
) -> Saved:
    """Return what became of a feed's entries: the new ones in its order, the others by id.

    Of the others those that look otherwise to readers (`seen`).
    """
    keys = dict.fromkeys((home.feed_id, _guid(entry)) for entry in batch)
    ids = {known[key].id for key in keys if key in known}
    return Saved(
        new=tuple(made[key] for key in keys if key in made),
        changed=tuple(sorted(ids.intersection(seen))),
    )


def adopt(c: Connection, feed_id: int, renamed: Sequence[tuple[str, str]]) -> None:
    """Give known entries the guids that their feed gives them now; ids and uids stay."""
    if renamed:
        known = entries.c.feed_id == feed_id, entries.c.guid == bindparam("b_known")
        values = [{"b_known": capped(old), "b_guid": capped(new)} for old, new in renamed]
        c.execute(update(entries).where(*known).values(guid=bindparam("b_guid")), values)


_NONE: frozenset[int] = frozenset()


def settle(
    c: Connection,
    entry_ids: Collection[int],
    touched: Touched,
    *,
    fresh: Collection[int] = _NONE,
    unlisted: Collection[int] = _NONE,
) -> None:
    """Fold, list and count after these entries have changed.

    Args:
        c: in a write transaction.
        entry_ids: all of them.
        touched: what they counted for, and count for now.
        fresh: those that were not there before.
        unlisted: those that are not listed and stay so.
    """
    folded = refold(c, entry_ids, fresh=fresh)
    counters.touch(c, folded - set(entry_ids), touched)
    counters.relist(c, (folded | set(entry_ids)) - set(unlisted))
    counters.refresh(c, touched)
    counters.moved_on(c)


def _guid(entry: NewEntry) -> str:
    return capped(entry.guid) or capped(entry.url) or entry.content_hash


# ------------------------------------------------------------------------------ known entries


def _stored(c: Connection, keys: Collection[_Key]) -> dict[_Key, Any]:
    ids = sorted({feed_id for feed_id, _ in keys})
    return {
        (row.feed_id, row.guid): row
        for some in chunks({guid for _, guid in keys})
        for row in c.execute(_STORED, {"feeds": ids, "guids": some})
        if (row.feed_id, row.guid) in keys  # one feed's guid may be known of another
    }


_STORED = (
    select(entries, contents.c.html, contents.c.pictured, contents.c.original)
    .join_from(entries, contents, contents.c.entry_id == entries.c.id)
    .where(
        entries.c.feed_id.in_(bindparam("feeds", expanding=True)),
        entries.c.guid.in_(bindparam("guids", expanding=True)),
    )
)
# Of an entry's columns, what readers see, and what else the recogniser goes by.
_SHOWN = ("url_key", "title", "authors", "sorted_at", "enclosures")
_GIVEN = ("declared_language", "feed_tags", "excerpt")
# What is noted of an entry that is the same but for these. Some feeds date everything anew.
_NOTED = ("content_hash", "published_at", "published_inferred")


def _alike(row: Any, entry: NewEntry) -> bool:
    """Tell whether `entry` brings nothing new for readers and for the recogniser."""
    judged = entry.recognition
    if (row.kind, row.recogniser) != (judged.kind, judged.version):
        return False
    columns = _columns(entry, row.first_seen_at, row)
    if any(columns[name] != getattr(row, name) for name in (*_SHOWN, *_GIVEN)):
        return False
    if urls.canonical(row.url) != urls.canonical(columns["url"]):
        return False
    shown, kept = safe(entry.html), originals.unpacked(row.original)
    told = words.allowed(originals.original(entry))
    if row.content_hash == entry.content_hash:
        return bool(row.html == shown and kept == told)
    return _looks(row.html) == _looks(shown) and identity.looks(kept) == identity.looks(told)


def _looks(html: str | None, *, queries: bool = True) -> str | None:
    return None if html is None else identity.looks(html, queries=queries)


def _note(c: Connection, row: Any, entry: NewEntry) -> None:
    columns = _columns(entry, row.first_seen_at, row)
    values = {name: columns[name] for name in _NOTED if columns[name] != getattr(row, name)}
    if values:
        c.execute(update(entries).where(entries.c.id == row.id).values(values))


def safe(shown: SafeHtml | None) -> str | None:
    """Return what is shown as it is stored."""
    return None if shown is None else words.allowed(str(shown))


def corrections_by_entry(
    c: Connection, entry_ids: Collection[int] | Select[int]
) -> dict[int, tuple[Correction, ...]]:
    """Return what people have decided about entries, given or selected, oldest first."""
    found: dict[int, tuple[Correction, ...]] = {}
    for some in [entry_ids] if isinstance(entry_ids, Select) else chunks(entry_ids):
        for row in c.execute(
            select(corrections).where(corrections.c.entry_id.in_(some)).order_by(corrections.c.id)
        ):
            word = Correction(what=Fix(row.what), value=row.value, by=row.made_by, at=row.made_at)
            found[row.entry_id] = (*found.get(row.entry_id, ()), word)
    return found


# ------------------------------------------------------------------------------------- writing


def _columns(entry: NewEntry, first_seen_at: datetime, row: Any = None) -> dict[str, Any]:
    """Return what a new entry and an updated one have in common; `row` is what is known of it."""
    judged = entry.recognition
    declared = words.squeeze(entry.language or "")[:35]
    published_at, inferred = entry.published_at, entry.published_inferred
    if inferred and row is not None:  # a date that was stated once stands
        published_at, inferred = row.published_at, row.published_inferred
    return {
        "url": capped(entry.url, 4000),
        "url_key": of_address(entry.url),
        "title": words.squeeze(entry.title),
        "title_key": of_title(entry.title),
        "authors": [words.shorten(name, 200) for name in entry.authors[:50]],
        "language": (judged.language or declared.split("-")[0] or "").lower() or None,
        "declared_language": declared or None,
        "enclosures": [words.squeeze(url) for url in entry.enclosures[:50]],
        "feed_tags": [words.shorten(tag, 200) for tag in entry.feed_tags[:100]],
        "summary": words.allowed(entry.summary),
        "published_at": published_at,
        "published_inferred": inferred,
        "updated_at": entry.updated_at,
        "sorted_at": min(published_at, first_seen_at),
        "content_hash": entry.content_hash,
        "kind": judged.kind.value,
        "kind_score": min(1.0, max(0.0, judged.kind_score)),
        "recogniser": judged.version,
        "excerpt": entry.excerpt,
    }


def _content(entry: NewEntry) -> dict[str, Any]:
    return {
        "html": safe(entry.html),
        "original": originals.packed(originals.original(entry)),
        "feed_html": originals.packed(entry.feed_html),
        "base_url": capped(entry.base_url, 4000),
        "why": [words.allowed(reason) for reason in entry.recognition.why],
    }


def _insert(c: Connection, homes: Mapping[int, Home], new: _Some, now: datetime) -> dict[_Key, int]:
    """Insert entries, the oldest first so that ids grow with time; return their ids."""
    # `new` is in the reverse order of the feed, whose first item is usually the newest.
    oldest_first = dict(sorted(new.items(), key=lambda pair: pair[1].published_at))
    uids = _new_uids(c, homes, oldest_first, now)
    rows = [
        {
            "uid": uids[feed_id, guid],
            "feed_id": feed_id,
            "source_id": homes[feed_id].source_id,
            "guid": guid,
            "first_seen_at": now,
            "changed_at": now,
            **_columns(entry, now),
        }
        for (feed_id, guid), entry in oldest_first.items()
    ]
    made = {(row.feed_id, row.guid): row.id for row in c.execute(_INSERT, rows)}
    articles = [{"entry_id": made[key], **_content(entry)} for key, entry in oldest_first.items()]
    c.execute(insert(contents), articles)
    return made


_INSERT = insert(entries).returning(entries.c.feed_id, entries.c.guid, entries.c.id)


def _new_uids(
    c: Connection, homes: Mapping[int, Home], new: Iterable[_Key], now: datetime
) -> dict[_Key, str]:
    """Return an id for each new entry: the origin's own, unless another entry has it already."""
    wished = {key: own_uid(key[1]) for key in new}
    taken = _taken(c, filter(None, wished.values()))
    given: dict[_Key, str] = {}
    for key, own in wished.items():
        if own and own not in taken:
            given[key] = own
            taken.add(own)
    others = {
        (feed_id, guid): made_uids(guid, homes[feed_id].url, now)
        for feed_id, guid in wished.keys() - given.keys()
    }
    taken = _taken(c, (uid for two in others.values() for uid in two)) if others else set()
    for key, (short, long) in others.items():
        given[key] = next(
            (uid for uid in (short, long) if uid not in taken), f"{long}:{len(taken)}"
        )
        taken.add(given[key])
    return given


def _taken(c: Connection, uids: Iterable[str]) -> set[str]:
    """Return those of these ids that entries have."""
    return {uid for some in chunks(set(uids)) for uid in c.scalars(_UIDS, {"uids": some})}


_UIDS = select(entries.c.uid).where(entries.c.uid.in_(bindparam("uids", expanding=True)))


def _update(
    c: Connection, rows: Mapping[int, Any], changed: Mapping[int, NewEntry], now: datetime
) -> set[int]:
    """Write what has changed of entries; return those that look otherwise to readers."""
    values = []
    seen = set()
    for entry_id, entry in changed.items():
        row = rows[entry_id]
        columns = _columns(entry, row.first_seen_at, row)
        told = {name: (getattr(row, name), columns[name]) for name in (*_SHOWN, "kind")}
        # some hosts sign the addresses of pictures and players anew at each request
        for name, one, other in (
            ("html", row.html, safe(entry.html)),
            ("summary", row.summary, columns["summary"]),
        ):
            told[name] = _looks(one, queries=False), _looks(other, queries=False)
        differs = any(one != other for one, other in told.values())
        columns["changed_at"] = now if differs else row.changed_at
        if differs:
            seen.add(entry_id)
        values.append({"b_id": entry_id} | columns)
    c.execute(update(entries).where(entries.c.id == bindparam("b_id")), values)
    articles = []
    for entry_id, entry in changed.items():
        article = {"b_id": entry_id, **_content(entry)}
        same = article["html"] == rows[entry_id].html
        articles.append(article | {"pictured": rows[entry_id].pictured if same else None})
    c.execute(update(contents).where(contents.c.entry_id == bindparam("b_id")), articles)
    return seen


# ------------------------------------------------------------------------- what the article says


def _link(c: Connection, some: Mapping[int, NewEntry], touched: Touched, *, fresh: bool) -> None:
    """Write what is searched and what is covered, both from one reading of each article."""
    decided = {} if fresh else corrections_by_entry(c, some)
    rows: dict[int, dict[str, str]] = {}
    printed: dict[int, list[str]] = {}
    items = []
    for entry_id, entry in some.items():
        kind = entry.recognition.kind
        text, links = originals.article(kind, entry.html, entry.excerpt, entry.original)
        found = originals.search_row(kind, entry.title, entry.authors, text or entry.summary)
        rows[entry_id] = found
        if kind is Kind.RECAP:
            printed[entry_id] = originals.own_words(entry.authors, found["body"])
        items.append(
            Linkable(
                entry_id=entry_id,
                recognition=entry.recognition,
                links=links,
                corrections=decided.get(entry_id, ()),
            )
        )
    index(c, rows, printed, fresh=fresh)
    link(c, items, touched, fresh=fresh)


def index(
    c: Connection,
    rows: Mapping[int, dict[str, str]],
    printed: Mapping[int, Sequence[str]],
    *,
    fresh: bool,
) -> None:
    """Write the words by which entries are searched, and the prints by which copies are found."""
    given = [{"b_id": entry_id} | row for entry_id, row in rows.items()]
    if fresh:
        c.execute(insert(searched).values(entry_id=bindparam("b_id")), given)
    else:
        c.execute(update(searched).where(searched.c.entry_id == bindparam("b_id")), given)
        for some in chunks(rows):
            c.execute(delete(text_prints).where(text_prints.c.entry_id.in_(some)))
    prints = [
        {"entry_id": entry_id, "print": one}
        for entry_id, told in printed.items()
        for one in originals.prints(told)
    ]
    if prints:
        c.execute(insert(text_prints), prints)
