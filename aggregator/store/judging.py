"""Stores what was recognised anew in entries that are there: one after a correction, or all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from aggregator import text as words
from aggregator.model import Correction, Fix, Judged, Kind
from aggregator.store import counters, originals, pictures
from aggregator.store.counters import Touched, chunks
from aggregator.store.link import Linkable, link
from aggregator.store.saving import corrections_by_entry, index, safe, settle
from aggregator.store.schema import contents, entries, searched, text_prints


def judge(c: Connection, some: Sequence[Judged], now: datetime) -> set[int]:
    """Store findings, with the corrections that stand; return the entries that were there.

    `changed_at` moves only where the text that is shown, the summary or the kind has changed.
    """
    counters.alone(c)
    found = {one.entry_id: one for one in some}
    rows = {
        row.id: row
        for ids in chunks(found)
        for row in c.execute(_ROWS.where(entries.c.id.in_(ids)))
    }
    if not rows:
        return set()
    touched = Touched()
    counters.touch(c, rows, touched)
    decided = corrections_by_entry(c, rows)
    judged = {entry_id: found[entry_id] for entry_id in rows}
    _write(c, rows, judged, decided, now)
    items = _index(c, rows, judged, decided)
    link(c, items, touched, fresh=False)
    settle(c, rows, touched)
    return set(rows)


_ROWS = select(
    entries,
    contents.c.html,
    contents.c.original,
    contents.c.pictured,
    contents.c.why,
    searched.c.title.label("said_title"),
    searched.c.body.label("said_body"),
).join_from(entries, contents, contents.c.entry_id == entries.c.id)
_ROWS = _ROWS.join(searched, searched.c.entry_id == entries.c.id)


def _write(
    c: Connection,
    rows: Mapping[int, Any],
    judged: Mapping[int, Judged],
    decided: Mapping[int, Sequence[Correction]],
    now: datetime,
) -> None:
    columns, articles = [], []
    for entry_id, one in judged.items():
        row, kind = rows[entry_id], one.recognition.kind
        html, summary = safe(one.html), words.allowed(one.summary)
        same = (row.kind, row.html, row.summary) == (kind, html, summary)
        hidden = any((w.what, w.value) == (Fix.HIDDEN, "yes") for w in decided.get(entry_id, ()))
        columns.append(
            {
                "b_id": entry_id,
                "kind": kind.value,
                "kind_score": min(1.0, max(0.0, one.recognition.kind_score)),
                "recogniser": one.recognition.version,
                "language": one.recognition.language or row.language,
                "excerpt": one.excerpt,
                "summary": summary,
                "hidden": hidden,
                "changed_at": row.changed_at if same else now,
            }
        )
        why = [words.allowed(reason) for reason in one.recognition.why]
        if (row.html, row.why) != (html, why):  # these rows are large
            pictured = row.pictured if row.html == html else None
            articles.append({"b_id": entry_id, "html": html, "why": why, "pictured": pictured})
    c.execute(update(entries).where(entries.c.id == bindparam("b_id")), columns)
    if articles:
        c.execute(update(contents).where(contents.c.entry_id == bindparam("b_id")), articles)
    pictures.note(c, {entry_id: one.pictures for entry_id, one in judged.items()}, now)


def _index(
    c: Connection,
    rows: Mapping[int, Any],
    judged: Mapping[int, Judged],
    decided: Mapping[int, tuple[Correction, ...]],
) -> list[Linkable]:
    """Write the words of entries where they have changed; return what their coverage is made of."""
    printed = _printed(c, rows)
    changed: dict[int, dict[str, str]] = {}
    told: dict[int, list[str]] = {}
    items = []
    for entry_id, one in judged.items():
        row, kind = rows[entry_id], one.recognition.kind
        text, links = originals.article(
            kind, one.html, one.excerpt, originals.unpacked(row.original)
        )
        said = originals.search_row(kind, row.title, row.authors, text or one.summary)
        recap = kind is Kind.RECAP
        if said != {"title": row.said_title, "body": row.said_body} or recap != (
            entry_id in printed
        ):
            changed[entry_id] = said
            if recap:
                told[entry_id] = originals.own_words(row.authors, said["body"])
        items.append(
            Linkable(
                entry_id=entry_id,
                recognition=one.recognition,
                links=links,
                corrections=decided.get(entry_id, ()),
            )
        )
    if changed:
        index(c, changed, told, fresh=False)
    return items


def _printed(c: Connection, rows: Mapping[int, Any]) -> set[int]:
    """Return the entries of which there are prints."""
    found: set[int] = set()
    for ids in chunks(rows):
        known = select(text_prints.c.entry_id).where(text_prints.c.entry_id.in_(ids)).distinct()
        found.update(c.scalars(known))
    return found
