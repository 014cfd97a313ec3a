"""Values that the tests of the store are about, and short ways to store and read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import event as sa_event

from aggregator.model import (
    EntryCard,
    EntryQuery,
    EventMention,
    Evidence,
    Judged,
    Kind,
    LinkKind,
    NewEntry,
    NewSource,
    Outcome,
    Page,
    Poll,
    RawHtml,
    Recognition,
    SafeHtml,
    Saved,
    TagMention,
    TalkLink,
    TalkMention,
)
from aggregator.store import Connection, Database, entries, feeds, judging

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def follow(
    database: Database,
    url: str = "https://blog.example/feed.xml",
    *,
    trial: bool = False,
    source: NewSource | None = None,
    now: datetime = NOW,
) -> int:
    """Add a feed."""
    with database.writing() as c:
        return feeds.add(c, url, now=now, interval=HOUR, trial=trial, source=source or NewSource())


def about(
    series: str = "PyData London",
    year: int = 2026,
    *,
    edition: str = "",
    score: float = 1.0,
    part_of: str | None = None,
    known: bool = True,
) -> EventMention:
    """A mention of an event."""
    return EventMention(
        name=f"{series} {year}{f' {edition}' if edition else ''}",
        series=series,
        year=year,
        edition=edition,
        evidence=Evidence.TITLE,
        score=score,
        part_of=part_of,
        known=known,
    )


def talk(
    title: str, *speakers: str, video: str = "", code: str = "", told: str = ""
) -> TalkMention:
    """A mention of a talk."""
    links = []
    if video:
        links.append(TalkLink(url=video, kind=LinkKind.VIDEO))
    if code:
        links.append(TalkLink(url=code, kind=LinkKind.CODE))
    return TalkMention(title=title, speakers=speakers, links=tuple(links), told=told)


def recap(
    guid: str,
    *events: EventMention,
    title: str = "",
    html: str = "<p>We went there and liked it.</p>",
    tags: Sequence[str] = (),
    talks: Sequence[TalkMention] = (),
    at: datetime | None = None,
    url: str | None = None,
    kind: Kind = Kind.RECAP,
) -> NewEntry:
    """An entry as a poll hands it over; published at NOW when `at` is not given."""
    judged = Recognition(
        kind=kind,
        kind_score=0.9 if kind is Kind.RECAP else 0.1,
        events=events,
        talks=tuple(talks),
        tags=tuple(TagMention(slug=name.lower(), name=name) for name in tags),
        language="en",
        why=("title: an event",),
        version=1,
    )
    shown = SafeHtml(html) if kind is Kind.RECAP else None
    title = title or f"Title of {guid}"
    digest = hashlib.sha256(f"{title}{html}{tags}{url}".encode()).hexdigest()
    return NewEntry(
        guid=guid,
        url=f"https://blog.example/{guid}" if url is None else url,
        title=title,
        authors=("Ada Example",),
        published_at=at or NOW,
        published_inferred=False,
        updated_at=None,
        language="en-GB",
        enclosures=(),
        feed_tags=tuple(tags),
        html=shown,
        excerpt=False,
        summary=f"Summary of {guid}.",
        original=RawHtml(html),
        feed_html=RawHtml(""),
        base_url="https://blog.example/",
        content_hash=digest,
        recognition=judged,
    )


def other(guid: str, title: str = "", **changes: object) -> NewEntry:
    """An entry that is no recap."""
    return replace(recap(guid, title=title, kind=Kind.OTHER), **changes)  # type: ignore[arg-type]


def poll_of(feed_id: int, *found: NewEntry, now: datetime = NOW, **changes: object) -> Poll:
    """A poll that brought `found`."""
    poll = Poll(
        feed_id=feed_id,
        url="https://blog.example/feed.xml",
        started_at=now,
        duration=timedelta(milliseconds=120),
        outcome=Outcome.CHANGED if found else Outcome.NOT_MODIFIED,
        next_poll_at=now + HOUR,
        interval=HOUR,
        http_status=200 if found else 304,
        entries=found,
    )
    return replace(poll, **changes)  # type: ignore[arg-type]


def save(database: Database, feed_id: int, *found: NewEntry, now: datetime = NOW) -> Saved:
    """Finish a poll that brought `found`."""
    with database.writing() as c:
        return feeds.finish(c, [poll_of(feed_id, *found, now=now)], now)[0]


def judge(  # what a replay of the recogniser stores, of one entry
    c: Connection,
    entry_id: int,
    recognition: Recognition,
    *,
    html: SafeHtml | None,
    summary: str = "s",
    excerpt: bool = False,
    now: datetime = NOW,
) -> None:
    """Store what was recognised anew in an entry."""
    judged = Judged(
        entry_id=entry_id,
        recognition=recognition,
        html=html,
        excerpt=excerpt,
        summary=summary,
        pictures=(),
    )
    assert judging.judge(c, [judged], now) == {entry_id}


def listed(database: Database, query: EntryQuery | None = None) -> Page[EntryCard]:
    """Find entries; all that are listed when nothing is asked."""
    with database.reading() as c:
        return entries.find(c, query or EntryQuery(limit=0))


def titles(page: Page[EntryCard]) -> list[str]:
    """Return the titles of a page."""
    return [card.title for card in page.items]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that run within; those that begin and end transactions left out."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SET ", "SHOW ")):
            seen.append(statement)

    sa_event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa_event.remove(database.engine, "before_cursor_execute", note)
