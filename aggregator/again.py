"""Judges stored entries again: after a person's correction, a better recogniser, a new registry."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.clean import clean
from aggregator.recognise import recognise
from aggregator.showing import shown
from aggregator.store import entries

if TYPE_CHECKING:
    from aggregator.model import EntryFile, SafeHtml
    from aggregator.recognise.catalogue import Catalogue
    from aggregator.settings import Settings
    from aggregator.store import Connection


def recognise_entry(
    c: Connection, entry_id: int, catalogue: Catalogue, settings: Settings, now: datetime
) -> None:
    """Recognise a stored entry from its original, with its corrections, and store the findings.

    The caller owns the transaction, so that a correction and what follows from it are one write.

    Raises:
        NotFound: there is no such entry.
    """
    recognise_file(c, entries.file(c, entry_id), catalogue, settings, now)


def recognise_file(
    c: Connection, filed: EntryFile, catalogue: Catalogue, settings: Settings, now: datetime
) -> None:
    """Do the same for an entry that was read already (`entries.stale` reads many at once)."""
    judged = recognise(filed.post, catalogue, filed.corrections, threshold=settings.recap_threshold)
    visible = shown(
        judged.kind,
        title=filed.card.title,
        original=filed.post.html,
        feed_html=filed.feed_html,
        base_url=filed.base_url,
        licence=filed.card.licence,
    )
    entries.store_recognition(
        c,
        filed.card.id,
        judged,
        html=visible.html,
        excerpt=visible.excerpt,
        summary=visible.summary,
        now=now,
    )


def readable(filed: EntryFile) -> SafeHtml:
    """Return the whole original, made safe, for editors who decide what it is."""
    return clean(filed.post.html, filed.base_url, title=filed.card.title)
