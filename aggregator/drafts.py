"""The values that pass between a poll and the stages in its pool of processes (`ingest`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model import Correction, NewEntry, ParsedEntry, ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the feed's settings say about its entries."""

    now: datetime
    not_after: datetime  # what is dated later has a wrong date
    country: str | None
    licence: str | None
    full_text: bool
    max_entries: int
    max_bytes: int  # of one entry's HTML
    threshold: float  # kind_score from which an entry is a recap
    config_dir: str
    # what tells whether a document is of another site than before; None: any may come
    site_prints: tuple[str, ...] | None = None
    silent_for: timedelta = timedelta()  # time since the feed was last read
    failures: int = 0  # polls in a row until now


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry whose page is to be fetched before it is judged for good."""

    parsed: ParsedEntry
    corrections: tuple[Correction, ...]
    language: str | None
    tried: bool  # an earlier poll could not fetch its page


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A feed document, read: what is new in it."""

    feed: ParsedFeed  # without its entries
    dates: tuple[datetime, ...]  # of all its entries, newest first
    guids: tuple[str, ...]  # of all its entries
    prints: tuple[str, ...]  # what tells its site from others
    adopted: tuple[tuple[str, str], ...]  # (guid that is known, guid that it has now)
    summary_only: bool
    entries: tuple[NewEntry, ...]
    drafts: tuple[Draft, ...]
