"""Saves entries: the batch of a poll, or one that was judged again.

A known entry (same feed, same guid) is updated in place and keeps its id, its uid, when it was
first seen, and what people have corrected. Saving the same batch twice changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree, html
from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from aggregator import text as words
from aggregator.model import Correction, Fix, Kind, NewEntry, RawHtml, Recognition, SafeHtml, Saved
from aggregator.store import counters
from aggregator.store.counters import Touched, chunks
from aggregator.store.fold import refold
from aggregator.store.keys import capped, of_address, of_title, uid_candidates
from aggregator.store.link import Linkable, link
from aggregator.store.schema import contents, corrections, entries, searched
from aggregator.store.search import searchable

_BODY = 20_000  # characters of a recap's text that are searched
_READ = 400_000  # characters of an article that are read for them
_ORIGINAL_OF_OTHERS = 65_536  # characters kept of the original of what is no recap


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The feed that entries come from."""

    feed_id: int
    source_id: int
    url: str


def save(c: Connection, home: Home, batch: Sequence[NewEntry], now: datetime) -> Saved:
    """Store the entries of a poll with their coverage, and bring all counters up to date."""
    unique = {_guid(entry): entry for entry in reversed(batch)}  # a guid twice: the first stands
    if not unique:
        return Saved()
    counters.alone(c)
    known = _stored(c, home.feed_id, unique)
    new = {guid: entry for guid, entry in unique.items() if guid not in known}
    different = {
        guid: entry
        for guid, entry in unique.items()
        if guid in known and not _same(known[guid], entry)
    }
    if not new and not different:
        return Saved()
    touched = Touched(feeds={home.feed_id}, sources={home.source_id})
    made = _insert(c, home, new, now)
    changed = {known[guid].id: entry for guid, entry in different.items()}
    if changed:
        counters.touch(c, changed, touched)
        _update(c, {row.id: row for row in known.values()}, changed, now)
    fresh = {made[guid]: entry for guid, entry in new.items()}
    for some in (fresh, changed):
        if some:
            _link(c, some, touched, fresh=some is fresh)
    settle(c, fresh.keys() | changed.keys(), touched)
    order = {made[guid]: place for place, guid in enumerate(map(_guid, batch)) if guid in made}
    return Saved(new=tuple(sorted(order, key=order.__getitem__)), changed=tuple(sorted(changed)))


def settle(c: Connection, entry_ids: Collection[int], touched: Touched) -> None:
    """Fold, list and count after these entries have changed."""
    folded = refold(c, entry_ids)
    counters.touch(c, folded - set(entry_ids), touched)
    counters.relist(c, folded | set(entry_ids))
    counters.refresh(c, touched)
    counters.moved_on(c)


def _guid(entry: NewEntry) -> str:
    return capped(entry.guid) or capped(entry.url) or entry.content_hash


# ------------------------------------------------------------------------------ known entries


def _stored(c: Connection, feed_id: int, guids: Collection[str]) -> dict[str, Any]:
    return {
        row.guid: row
        for some in chunks(guids)
        for row in c.execute(
            select(entries, contents.c.html, contents.c.original)
            .join_from(entries, contents, contents.c.entry_id == entries.c.id)
            .where(entries.c.feed_id == feed_id, entries.c.guid.in_(some))
        )
    }


def _same(row: Any, entry: NewEntry) -> bool:
    """Tell whether saving `entry` over `row` would change nothing."""
    judged = entry.recognition
    return bool(
        row.content_hash == entry.content_hash
        and row.html == _safe(entry.html)
        and row.summary == words.allowed(entry.summary)
        and row.kind == judged.kind
        and row.recogniser == judged.version
        and row.original == _original(entry)
    )


def _safe(shown: SafeHtml | None) -> str | None:
    return None if shown is None else words.allowed(str(shown))


def _original(entry: NewEntry) -> bytes:
    kept = entry.original
    if entry.recognition.kind is not Kind.RECAP:
        kept = RawHtml(kept[:_ORIGINAL_OF_OTHERS])
    return packed(kept)


def packed(text: str) -> bytes:
    """Return an original as it is kept; nothing for nothing."""
    return zlib.compress(words.allowed(text).encode("utf-8")) if text else b""


def unpacked(kept: bytes) -> str:
    """Return an original from what is kept of it."""
    return zlib.decompress(kept).decode("utf-8") if kept else ""


def corrections_by_entry(
    c: Connection, entry_ids: Collection[int]
) -> dict[int, tuple[Correction, ...]]:
    """Return what people have decided, oldest first."""
    found: dict[int, tuple[Correction, ...]] = {}
    for some in chunks(entry_ids):
        for row in c.execute(
            select(corrections).where(corrections.c.entry_id.in_(some)).order_by(corrections.c.id)
        ):
            word = Correction(what=Fix(row.what), value=row.value, by=row.made_by, at=row.made_at)
            found[row.entry_id] = (*found.get(row.entry_id, ()), word)
    return found


# ------------------------------------------------------------------------------------- writing


def _columns(entry: NewEntry, published_at: datetime, first_seen_at: datetime) -> dict[str, Any]:
    """Return what a new entry and an updated one have in common."""
    judged = entry.recognition
    declared = words.squeeze(entry.language or "")[:35]
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
        "published_inferred": entry.published_inferred,
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
        "html": _safe(entry.html),
        "original": _original(entry),
        "feed_html": packed(entry.feed_html),
        "base_url": capped(entry.base_url, 4000),
        "why": [words.allowed(reason) for reason in entry.recognition.why],
    }


def _insert(c: Connection, home: Home, new: dict[str, NewEntry], now: datetime) -> dict[str, int]:
    """Insert entries, the oldest first so that ids grow with time; return their ids by guid."""
    if not new:
        return {}
    # `new` is in the reverse order of the feed, whose first item is usually the newest.
    oldest_first = dict(sorted(new.items(), key=lambda pair: pair[1].published_at))
    uids = _new_uids(c, home, oldest_first, now)
    rows = [
        {
            "uid": uids[guid],
            "feed_id": home.feed_id,
            "source_id": home.source_id,
            "guid": guid,
            "first_seen_at": now,
            "changed_at": now,
            **_columns(entry, entry.published_at, now),
        }
        for guid, entry in oldest_first.items()
    ]
    returning = insert(entries).returning(entries.c.guid, entries.c.id)
    made = {row.guid: row.id for row in c.execute(returning, rows)}
    c.execute(
        insert(contents),
        [{"entry_id": made[guid], **_content(entry)} for guid, entry in new.items()],
    )
    return made


def _new_uids(c: Connection, home: Home, new: Iterable[str], now: datetime) -> dict[str, str]:
    options = {guid: uid_candidates(guid, home.url, now) for guid in new}
    taken: set[str] = set()
    for some in chunks({uid for three in options.values() for uid in three}):
        taken.update(c.scalars(select(entries.c.uid).where(entries.c.uid.in_(some))))
    given = {}
    for guid, three in options.items():
        given[guid] = next((uid for uid in three if uid not in taken), f"{three[2]}:{len(taken)}")
        taken.add(given[guid])
    return given


_SHOWN = ("url", "title", "authors", "summary", "published_at", "updated_at", "enclosures", "kind")


def _update(
    c: Connection, rows: dict[int, Any], changed: dict[int, NewEntry], now: datetime
) -> None:
    values = []
    for entry_id, entry in changed.items():
        row = rows[entry_id]
        known_date = entry.published_inferred and not row.published_inferred
        published_at = row.published_at if entry.published_inferred else entry.published_at
        columns = _columns(entry, published_at, row.first_seen_at)
        if known_date:
            columns["published_inferred"] = False
        shown = any(columns[name] != getattr(row, name) for name in _SHOWN)
        columns["changed_at"] = now if shown or row.html != _safe(entry.html) else row.changed_at
        values.append({"b_id": entry_id} | columns)
    c.execute(update(entries).where(entries.c.id == bindparam("b_id")), values)
    c.execute(
        update(contents).where(contents.c.entry_id == bindparam("b_id")),
        [{"b_id": entry_id, **_content(entry)} for entry_id, entry in changed.items()],
    )


# ------------------------------------------------------------------------- reading the article


def _link(c: Connection, some: dict[int, NewEntry], touched: Touched, *, fresh: bool) -> None:
    """Write what is searched and what is covered, both from one reading of each article."""
    decided = {} if fresh else corrections_by_entry(c, some)
    rows, items = [], []
    for entry_id, entry in some.items():
        text, links = _article(entry.recognition.kind, entry.html, entry.excerpt, entry.original)
        row = search_row(entry.title, entry.authors, text or entry.summary)
        rows.append({"b_id": entry_id} | row)
        items.append(
            Linkable(
                entry_id=entry_id,
                recognition=entry.recognition,
                links=links,
                corrections=decided.get(entry_id, ()),
            )
        )
    if fresh:
        c.execute(insert(searched).values(entry_id=bindparam("b_id")), rows)
    else:
        c.execute(update(searched).where(searched.c.entry_id == bindparam("b_id")), rows)
    link(c, items, touched, fresh=fresh)


def search_row(title: str, authors: Sequence[str], said: str) -> dict[str, str]:
    """Return what is searched of an entry, its text up to 20,000 characters."""
    body = searchable(f"{' '.join(authors[:10])} {said[:_BODY]}", _BODY)
    return {"title": searchable(title, 1000), "body": body}


def _article(
    kind: Kind, shown: SafeHtml | None, excerpt: bool, original: str
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return text and links of a recap: of what is shown, if that is all of it."""
    if kind is not Kind.RECAP:
        return "", ()
    return read(str(shown) if shown and not excerpt else original)


def read(markup: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the text of an article and its links as (address, words); never raises."""
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = html.document_fromstring(words.allowed(markup[:_READ]), parser=parser)
        etree.strip_elements(tree, "script", "style", "noscript", "template", with_tail=False)
        links = tuple(
            (str(a.get("href")), words.squeeze(_text(a)[:500]))
            for a in tree.iter("a")
            if a.get("href")
        )
        return " ".join(str(piece) for piece in tree.itertext()), links
    except (etree.LxmlError, ValueError, AssertionError):
        return "", ()


def _text(element: html.HtmlElement) -> str:
    return " ".join(str(piece) for piece in element.itertext())


# -------------------------------------------------------------------------------- judged again


def judge(  # noqa: PLR0913  # all that showing an entry depends on
    c: Connection,
    entry_id: int,
    recognition: Recognition,
    *,
    shown: SafeHtml | None,
    excerpt: bool,
    summary: str,
    now: datetime,
) -> bool:
    """Store what was recognised anew in an entry; tell whether there is such an entry."""
    counters.alone(c)
    row = c.execute(
        select(entries, contents.c.html, contents.c.original)
        .join_from(entries, contents, contents.c.entry_id == entries.c.id)
        .where(entries.c.id == entry_id)
    ).first()
    if row is None:
        return False
    touched = Touched()
    counters.touch(c, [entry_id], touched)
    kind = recognition.kind
    same = (row.kind, row.html, row.summary) == (kind, _safe(shown), words.allowed(summary))
    c.execute(
        update(entries)
        .where(entries.c.id == entry_id)
        .values(
            kind=kind.value,
            kind_score=min(1.0, max(0.0, recognition.kind_score)),
            recogniser=recognition.version,
            language=recognition.language or row.language,
            excerpt=excerpt,
            summary=words.allowed(summary),
            hidden=hidden_by_person(entry_id),
            changed_at=row.changed_at if same else now,
        )
    )
    why = [words.allowed(reason) for reason in recognition.why]
    c.execute(
        update(contents).where(contents.c.entry_id == entry_id).values(html=_safe(shown), why=why)
    )
    said, links = _article(kind, shown, excerpt, unpacked(row.original))
    found = search_row(row.title, row.authors, said or summary)
    c.execute(update(searched).where(searched.c.entry_id == entry_id).values(found))
    item = Linkable(
        entry_id=entry_id,
        recognition=recognition,
        links=links,
        corrections=corrections_by_entry(c, [entry_id]).get(entry_id, ()),
    )
    link(c, [item], touched, fresh=False)
    settle(c, [entry_id], touched)
    return True


def hidden_by_person(entry_id: int) -> Any:
    """Return the expression for whether a person hides the entry."""
    said = select(func.count(corrections.c.id)).where(
        corrections.c.entry_id == entry_id,
        corrections.c.what == Fix.HIDDEN,
        corrections.c.value == "yes",
    )
    return exists(said.with_only_columns(corrections.c.id))
