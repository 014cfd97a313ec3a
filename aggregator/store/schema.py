"""All tables; the only place where a column is declared.

Full-text objects (the FTS5 table with its triggers on SQLite, the ``tsvector`` column on
PostgreSQL) are written by hand in their migration; `search` is the only module that reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
    event,
    false,
    text,
    true,
)

from aggregator.model import (
    Evidence,
    FactName,
    FactOrigin,
    Fix,
    Kind,
    LinkKind,
    Outcome,
    TagOrigin,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives ids by itself only to a column that is declared INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware on the way in, aware UTC on the way out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: D102
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: D102
        if value is None:
            return None
        when: datetime = value
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _one_of(column: str, words: type[StrEnum] | Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _id() -> Column[int]:
    return Column(Id, primary_key=True, autoincrement=True)


def _to(target: str, on_delete: str = "CASCADE", *, key: bool = False) -> Column[int]:
    """A column that names a row of `target`."""
    return Column(
        Id,
        ForeignKey(f"{target}.id", ondelete=on_delete),
        primary_key=key,
        nullable=False,
        autoincrement=False,
    )


def _maybe(target: str) -> Column[int | None]:
    """A column that may name a row of `target`; empty again when that goes."""
    return Column(Id, ForeignKey(f"{target}.id", ondelete="SET NULL"), nullable=True)


def _flag(*, on: bool = False) -> Column[bool]:
    return Column(Boolean, nullable=False, server_default=true() if on else false())


def _count() -> Column[int]:
    return Column(Integer, nullable=False, server_default=text("0"))


def _words() -> Column[str]:
    return Column(Text, nullable=False, server_default=text("''"))


def _list() -> Column[list[Any]]:
    return Column(JSON, nullable=False, server_default=text("'[]'"))


def _maybe_list() -> Column[list[Any] | None]:
    return Column(JSON(none_as_null=True), nullable=True)


def _at() -> Column[datetime]:
    return Column(UtcDateTime, nullable=False)


def _maybe_at() -> Column[datetime | None]:
    return Column(UtcDateTime, nullable=True)


def _where(flag: str, more: str = "") -> dict[str, Any]:
    """Return the condition of a partial index as each database finds it in our queries.

    SQLite has no booleans; SQLAlchemy compares them with 1, and the index must say the same.
    """
    sqlite = " AND ".join(part for part in (flag and f"{flag} = 1", more) if part)
    postgresql = " AND ".join(part for part in (flag, more) if part)
    return {"sqlite_where": text(sqlite), "info": {_ON_POSTGRESQL: text(postgresql)}}


# Told to PostgreSQL's dialect when tables are made there: loading it is dear, and most programs
# that load this module speak to SQLite.
_ON_POSTGRESQL = "postgresql_where"


@event.listens_for(metadata, "before_create")
def _tell_postgresql(_metadata: MetaData, c: Connection, **_options: object) -> None:
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if c.dialect.name == "postgresql" and _ON_POSTGRESQL in index.info:
            index.dialect_options["postgresql"]["where"] = index.info[_ON_POSTGRESQL]


# ------------------------------------------------------------------------------ who writes, what


class _Sources(TypedColumns):
    id = _id()
    slug: Named[str] = Column(Text)
    title: Named[str] = Column(Text)
    title_known = _flag(on=True)  # False: the title is the host until a poll tells it
    site_url: Named[str | None] = Column(Text)
    site_key: Named[str | None] = Column(Text)
    organisation: Named[str | None] = Column(Text)
    country: Named[str | None] = Column(Text)
    category: Named[str | None] = Column(Text)
    licence: Named[str | None] = Column(Text)
    language: Named[str | None] = Column(Text)
    sample = _flag()
    created_at = _at()
    entries = _count()
    recaps = _count()
    newest_at = _maybe_at()


sources = Table(
    "sources",
    metadata,
    _Sources,
    UniqueConstraint("slug"),
    Index(None, "site_key"),
    sqlite_autoincrement=True,
)


class _Feeds(TypedColumns):
    id = _id()
    source_id = _to("sources")
    url: Named[str] = Column(Text)
    url_key: Named[str] = Column(Text)  # what the spellings of one address share
    host: Named[str] = Column(Text)
    title: Named[str | None] = Column(Text)
    title_fixed = _flag()  # a person gave the title
    enabled = _flag(on=True)
    trial = _flag()
    full_text = _flag()
    discover = _flag(on=True)
    summary_only = _flag()
    candidates = _list()
    note = _words()
    etag: Named[str | None] = Column(Text)
    last_modified: Named[str | None] = Column(Text)
    body_hash: Named[str | None] = Column(Text)
    interval_s: Named[int] = Column(Integer)
    next_poll_at = _at()
    claimed_until = _maybe_at()
    claimed_by: Named[str | None] = Column(Text)  # the process that holds the claim
    last_polled_at = _maybe_at()
    last_success_at = _maybe_at()
    last_changed_at = _maybe_at()
    last_status: Named[int | None] = Column(Integer)
    last_error: Named[str | None] = Column(Text)
    failures = _count()
    failing_since = _maybe_at()  # when the first of these failures was
    gone_at = _maybe_at()
    removed_at = _maybe_at()  # the address is followed no more, the entries stay
    created_at = _at()
    entries = _count()
    recaps = _count()
    # what the document said when it was last read; polls that bring nothing leave it in force
    faults: Named[str | None] = Column(Text)  # that were survived, in words
    gap_s: Named[int | None] = Column(Integer)  # usual time between two entries
    newest_at = _maybe_at()  # date of its newest entry
    hint_s: Named[int | None] = Column(Integer)  # ttl, sy:updatePeriod
    fresh_s: Named[int | None] = Column(Integer)  # Cache-Control, Expires
    skip_hours = _list()
    skip_days = _list()
    # a permanent redirect that is not believed yet
    moving_to: Named[str | None] = Column(Text)
    moving_seen = _count()  # polls in a row that were sent there
    # its content is another site's, it seems: polled no more until a person has looked
    held_at = _maybe_at()
    held_why: Named[str | None] = Column(Text)
    site_prints = _maybe_list()  # what tells that it is still the same site; None: not known
    # subscription at a hub (WebSub)
    hub_url: Named[str | None] = Column(Text)
    topic_url: Named[str | None] = Column(Text)
    sub_state: Named[str | None] = Column(Text)
    sub_secret: Named[str | None] = Column(Text)
    sub_token: Named[str | None] = Column(Text)  # the part of our address that nobody can guess
    sub_expires_at = _maybe_at()
    sub_try_at = _maybe_at()
    sub_pinged_at = _maybe_at()  # when the hub last said that something is new


SUB_STATES = ("none", "pending", "active", "denied")
_POLLED = _where("enabled", "gone_at IS NULL AND removed_at IS NULL AND held_at IS NULL")
feeds = Table(
    "feeds",
    metadata,
    _Feeds,
    UniqueConstraint("url_key"),
    CheckConstraint("interval_s > 0", name="interval"),
    CheckConstraint("failures >= 0", name="failures"),
    _one_of("sub_state", SUB_STATES),
    Index(None, "source_id"),
    Index("ix_feeds_due", "next_poll_at", **_POLLED),
    # with all that choosing hosts asks for, so that it need not look at the rows
    Index("ix_feeds_host_due", "host", "next_poll_at", "claimed_until", **_POLLED),
    Index("ix_feeds_sub_token", "sub_token", unique=True, **_where("", "sub_token IS NOT NULL")),
    Index("ix_feeds_sub_try", "sub_try_at", **_where("", "sub_try_at IS NOT NULL")),
    sqlite_autoincrement=True,
)


class _Hosts(TypedColumns):
    host: Named[str] = Column(Text, primary_key=True)  # as the addresses of feeds have it
    rests_until = _at()


# Hosts that asked to be left alone for a while.
hosts = Table("hosts", metadata, _Hosts)


class _Polls(TypedColumns):
    id = _id()
    feed_id = _to("feeds")
    started_at = _at()
    duration_ms: Named[int] = Column(Integer)
    outcome: Named[str] = Column(Text)
    http_status: Named[int | None] = Column(Integer)
    body_bytes: Named[int] = Column(BigInteger)
    entries_new: Named[int] = Column(Integer)
    entries_changed: Named[int] = Column(Integer)
    error: Named[str | None] = Column(Text)
    note: Named[str | None] = Column(Text)  # worth telling, but no fault


polls = Table(
    "polls",
    metadata,
    _Polls,
    _one_of("outcome", Outcome),
    Index(None, "feed_id", "started_at"),
    Index(None, "started_at"),
)


# ---------------------------------------------------------------------------------- entries


class _Entries(TypedColumns):
    id = _id()
    uid: Named[str] = Column(Text)  # the id in our output; never changes
    feed_id = _to("feeds")
    source_id = _to("sources")
    guid: Named[str] = Column(Text)
    url: Named[str] = Column(Text)
    url_key: Named[str] = Column(Text)  # empty for an address without a path
    title: Named[str] = Column(Text)
    title_key: Named[str] = Column(Text)
    authors = _list()
    language: Named[str | None] = Column(Text)  # as recognised, ISO 639-1
    declared_language: Named[str | None] = Column(Text)  # as the feed said, BCP 47
    enclosures = _list()
    feed_tags = _list()
    summary = _words()
    published_at = _at()
    published_inferred = _flag()
    updated_at = _maybe_at()
    first_seen_at = _at()
    changed_at = _at()  # when what is shown of it last changed
    sorted_at = _at()  # published_at, but never later than first_seen_at
    content_hash: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    kind_score: Named[float] = Column(Float)
    recogniser = _count()
    excerpt = _flag()
    hidden = _flag()
    duplicate_of = _maybe("entries")
    listed = _flag()  # counters.relist alone writes it
    main_event_id = _maybe("events")


_LISTED = _where("listed")
entries = Table(
    "entries",
    metadata,
    _Entries,
    UniqueConstraint("feed_id", "guid"),
    UniqueConstraint("uid"),
    _one_of("kind", Kind),
    CheckConstraint("kind_score >= 0 AND kind_score <= 1", name="kind_score"),
    Index(None, "sorted_at", "id"),
    Index("ix_entries_listed", "sorted_at", "id", **_LISTED),
    Index(
        "ix_entries_source_listed",
        "source_id",
        "sorted_at",
        "id",
        **_LISTED,
    ),
    Index(
        "ix_entries_event_listed",
        "main_event_id",
        "sorted_at",
        "id",
        **_LISTED,
    ),
    Index(None, "main_event_id"),
    Index(None, "source_id"),
    Index(None, "kind", "sorted_at", "id"),
    Index(None, "feed_id", "sorted_at", "id"),
    Index(None, "url_key"),
    Index(None, "title_key"),
    Index(None, "duplicate_of"),
    Index(None, "recogniser", "id"),
    sqlite_autoincrement=True,
)


class _Contents(TypedColumns):
    entry_id = _to("entries", key=True)
    html: Named[str | None] = Column(Text)  # safe, what is shown
    original: Named[bytes] = Column(LargeBinary)  # zlib; untrusted
    feed_html: Named[bytes] = Column(LargeBinary)  # zlib; empty unless original is the page's
    base_url: Named[str] = Column(Text)
    why = _list()
    pictured: Named[str | None] = Column(Text)  # `html` with pictures of our cache in place


contents = Table("contents", metadata, _Contents)


class _Searched(TypedColumns):
    entry_id = _to("entries", key=True)
    title: Named[str] = Column(Text)  # folded words
    body: Named[str] = Column(Text)


searched = Table("searched", metadata, _Searched)


class _TextPrints(TypedColumns):
    entry_id = _to("entries", key=True)
    print: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)


# Of recaps: what two copies of a text share whatever their titles and addresses (see `fold`).
text_prints = Table("text_prints", metadata, _TextPrints, Index(None, "print", "entry_id"))


class _EntryLinks(TypedColumns):
    entry_id = _to("entries", key=True)
    url_key: Named[str] = Column(Text, primary_key=True)
    url: Named[str] = Column(Text)
    words: Named[str] = Column(Text)


entry_links = Table("entry_links", metadata, _EntryLinks)


class _Pictures(TypedColumns):
    id = _id()
    key: Named[str] = Column(Text)  # of the address (see `pictures.key_of`)
    url: Named[str] = Column(Text)
    tries = _count()
    try_at = _maybe_at()  # empty: it is here, or given up
    refused: Named[str | None] = Column(Text)  # why the last try brought nothing
    width: Named[int | None] = Column(Integer)
    height: Named[int | None] = Column(Integer)
    data: Named[bytes | None] = Column(LargeBinary)  # WebP of our own making
    held_at = _maybe_at()


pictures = Table(
    "pictures",
    metadata,
    _Pictures,
    UniqueConstraint("key"),
    Index("ix_pictures_try_at", "try_at", **_where("", "try_at IS NOT NULL")),
    sqlite_autoincrement=True,
)


class _EntryPictures(TypedColumns):
    entry_id = _to("entries", key=True)
    picture_id = _to("pictures", key=True)
    placed = _flag()  # the stored article shows it


entry_pictures = Table("entry_pictures", metadata, _EntryPictures, Index(None, "picture_id"))


class _GoneEntries(TypedColumns):
    entry_id: Named[int] = Column(Id, primary_key=True, autoincrement=False)


gone_entries = Table("gone_entries", metadata, _GoneEntries)


# ------------------------------------------------------------------------------------ coverage


class _Series(TypedColumns):
    id = _id()
    slug: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    homepage: Named[str | None] = Column(Text)
    place: Named[str | None] = Column(Text)
    events = _count()  # those with listed recaps
    recaps = _count()
    first_year: Named[int | None] = Column(Integer)
    last_year: Named[int | None] = Column(Integer)


series = Table("series", metadata, _Series, UniqueConstraint("slug"), sqlite_autoincrement=True)


class _Events(TypedColumns):
    id = _id()
    series_id = _to("series")
    part_of = _maybe("events")
    # A merged event stays as a row without coverage: its slug redirects, its later mentions follow.
    merged_into: Named[int | None] = Column(
        Id, ForeignKey("events.id", ondelete="CASCADE"), nullable=True
    )
    slug: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    year: Named[int] = Column(Integer)
    edition = _words()
    place: Named[str | None] = Column(Text)
    starts_on: Named[date | None] = Column(Date)
    ends_on: Named[date | None] = Column(Date)
    homepage: Named[str | None] = Column(Text)
    hashtag: Named[str | None] = Column(Text)  # without #
    flagged = _flag()
    rejected = _flag()  # a person says that it is no event; its row stays, so that it stays so
    fixed = _list()  # names of what a person has set
    recaps = _count()
    sources = _count()
    talks = _count()
    newest_at = _maybe_at()  # of its listed recaps
    grouped_at = _maybe_at()  # of those whose strongest event it is


_GROUPED = _where("", "grouped_at IS NOT NULL")
events = Table(
    "events",
    metadata,
    _Events,
    UniqueConstraint("slug"),
    UniqueConstraint("series_id", "year", "edition"),
    CheckConstraint("year >= 1900 AND year <= 2200", name="year"),
    CheckConstraint("ends_on >= starts_on", name="dates"),
    Index(None, "year"),
    Index(None, "part_of"),
    Index(None, "merged_into"),
    Index("ix_events_grouped", "grouped_at", "id", **_GROUPED),
    sqlite_autoincrement=True,
)


class _EventFacts(TypedColumns):
    id = _id()
    event_id = _to("events")
    fact: Named[str] = Column(Text)
    value: Named[str] = Column(Text)  # empty: a person says that it is not known
    origin: Named[str] = Column(Text)
    entry_id: Named[int | None] = Column(
        Id, ForeignKey("entries.id", ondelete="CASCADE"), nullable=True
    )
    words = _words()  # of the post
    made_by = _words()
    made_at = _maybe_at()


# Who said what of an event; the columns of `events` are the best of it.
event_facts = Table(
    "event_facts",
    metadata,
    _EventFacts,
    _one_of("fact", FactName),
    _one_of("origin", FactOrigin),
    Index(None, "event_id"),
    Index(None, "entry_id"),
)


class _OldSlugs(TypedColumns):
    slug: Named[str] = Column(Text, primary_key=True)
    event_id = _to("events")


# Addresses of events that are no more: what was seen in their recaps is another one now.
old_slugs = Table("old_slugs", metadata, _OldSlugs, Index(None, "event_id"))


class _Namings(TypedColumns):
    entry_id = _to("entries", key=True)
    event_id = _to("events", key=True)  # as named, whatever it was merged into since
    position: Named[int] = Column(Integer)
    evidence: Named[str] = Column(Text)
    score: Named[float] = Column(Float)


# What was recognised; mentions are what merges, rejections and corrections make of it.
namings = Table(
    "namings",
    metadata,
    _Namings,
    _one_of("evidence", Evidence),
    CheckConstraint("score >= 0 AND score <= 1", name="score"),
    Index(None, "event_id", "entry_id"),
)


class _Mentions(TypedColumns):
    entry_id = _to("entries", key=True)
    event_id = _to("events", key=True)
    evidence: Named[str] = Column(Text)
    score: Named[float] = Column(Float)
    listed = _flag()  # as the entry


mentions = Table(
    "mentions",
    metadata,
    _Mentions,
    _one_of("evidence", Evidence),
    CheckConstraint("score >= 0 AND score <= 1", name="score"),
    Index(None, "event_id", "entry_id"),
    Index("ix_mentions_listed", "event_id", "entry_id", **_LISTED),
)


class _Talks(TypedColumns):
    id = _id()
    event_id = _maybe("events")
    title: Named[str] = Column(Text)
    title_key: Named[str] = Column(Text)
    speakers = _list()  # [[name, slug], ...]; talk_speakers is for looking up
    links = _list()  # [[url, kind], ...]; talk_links is for looking up
    told = _words()
    recaps = _count()
    newest_at = _maybe_at()


talks = Table(
    "talks",
    metadata,
    _Talks,
    Index(None, "event_id", "title_key"),
    Index(None, "recaps", "newest_at"),
    sqlite_autoincrement=True,
)


class _OldTalks(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True, autoincrement=False)  # that it had in `talks`
    talk_id = _to("talks")
    title_key: Named[str] = Column(Text)


# Talks that turned out to be another one; they come back when that turns out to be wrong.
old_talks = Table("old_talks", metadata, _OldTalks, Index(None, "talk_id"))


class _TalkMentions(TypedColumns):
    entry_id = _to("entries", key=True)
    talk_id = _to("talks", key=True)
    position: Named[int] = Column(Integer)
    title: Named[str] = Column(Text)  # title, speakers and links as this entry has them
    title_key: Named[str] = Column(Text)
    speakers = _list()
    links = _list()
    told = _words()
    was = _words()  # the title that was recognised, where a person has changed the talk


talk_mentions = Table("talk_mentions", metadata, _TalkMentions, Index(None, "talk_id", "entry_id"))


class _TalkLinks(TypedColumns):
    talk_id = _to("talks", key=True)
    url_key: Named[str] = Column(Text, primary_key=True)
    kind: Named[str] = Column(Text)


talk_links = Table(
    "talk_links", metadata, _TalkLinks, _one_of("kind", LinkKind), Index(None, "url_key")
)


class _TalkSpeakers(TypedColumns):
    talk_id = _to("talks", key=True)
    position: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    slug: Named[str] = Column(Text)
    name: Named[str] = Column(Text)


talk_speakers = Table("talk_speakers", metadata, _TalkSpeakers, Index(None, "slug", "talk_id"))


class _Tags(TypedColumns):
    id = _id()
    slug: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    fixed = _flag()  # a person has renamed it
    ignored = _flag()
    merged_into: Named[int | None] = Column(
        Id, ForeignKey("tags.id", ondelete="CASCADE"), nullable=True
    )
    recaps = _count()


tags = Table(
    "tags",
    metadata,
    _Tags,
    UniqueConstraint("slug"),
    Index(None, "merged_into"),
    Index(None, "recaps"),
    sqlite_autoincrement=True,
)


class _EntryTags(TypedColumns):
    entry_id = _to("entries", key=True)
    tag_id = _to("tags", key=True)
    origin: Named[str] = Column(Text)
    listed = _flag()  # as the entry


entry_tags = Table(
    "entry_tags",
    metadata,
    _EntryTags,
    _one_of("origin", TagOrigin),
    Index(None, "tag_id", "entry_id"),
    Index("ix_entry_tags_listed", "tag_id", "entry_id", **_LISTED),
)


class _MergedTags(TypedColumns):
    entry_id = _to("entries", key=True)
    tag_id = _to("tags", key=True)
    origin: Named[str] = Column(Text)


# Tags as an entry was given them, where merges make them others: all of one kind, or none.
merged_tags = Table(
    "merged_tags", metadata, _MergedTags, _one_of("origin", TagOrigin), Index(None, "tag_id")
)


class _Corrections(TypedColumns):
    id = _id()
    entry_id = _to("entries")
    what: Named[str] = Column(Text)
    value: Named[str] = Column(Text)
    made_by = _words()
    made_at = _at()


corrections = Table(
    "corrections",
    metadata,
    _Corrections,
    UniqueConstraint("entry_id", "what", "value"),
    _one_of("what", Fix),
)


class _Decisions(TypedColumns):
    id = _id()
    made_at = _at()
    made_by = _words()
    action: Named[str] = Column(Text)
    target: Named[str] = Column(Text)  # slug of the event or tag, id of the entry
    said: Named[str] = Column(Text)  # in words
    undo: Named[dict[str, Any]] = Column(JSON)  # what it takes to take it back
    entry_id = _maybe("entries")
    undone_at = _maybe_at()
    undone_by = _words()


# What people have decided, newest last, so that each of it can be taken back.
decisions = Table(
    "decisions",
    metadata,
    _Decisions,
    Index(None, "target", "id"),
    Index(None, "entry_id"),
    sqlite_autoincrement=True,
)


# ----------------------------------------------------------------------------- people and facts


class _Accounts(TypedColumns):
    id = _id()
    name: Named[str] = Column(Text)
    role: Named[str] = Column(Text)
    password_hash: Named[str] = Column(Text)
    created_at = _at()


accounts = Table(
    "accounts",
    metadata,
    _Accounts,
    UniqueConstraint("name"),
    _one_of("role", ("admin", "editor")),
    sqlite_autoincrement=True,
)


class _LoginFailures(TypedColumns):
    id = _id()
    name: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    failed_at = _at()


login_failures = Table(
    "login_failures",
    metadata,
    _LoginFailures,
    Index(None, "name", "failed_at"),
    Index(None, "address", "failed_at"),
)


class _Facts(TypedColumns):
    key: Named[str] = Column(Text, primary_key=True)
    value: Named[str] = Column(Text)


facts = Table("facts", metadata, _Facts)


class _Changes(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    count: Named[int] = Column(BigInteger)


# One row: how often something shown has changed.
changes = Table("changes", metadata, _Changes, CheckConstraint("id = 1", name="one_row"))
