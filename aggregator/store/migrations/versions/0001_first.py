"""All tables as they were at first.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives ids by itself only to a column that is declared INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Tables whose ids nobody outside ever sees.
_REUSED = ("login_failures", "polls", "corrections")


def upgrade() -> None:
    """Make all tables, and the full-text index of the database at hand."""
    _create_people_and_facts()
    _create_sources()
    _create_coverage()
    _create_entries()
    _create_mentions()
    op.execute("INSERT INTO changes (id, count) VALUES (1, 0)")
    if op.get_bind().dialect.name == "sqlite":
        _index_text_on_sqlite()
    else:
        _index_text_on_postgresql()


def _index_text_on_sqlite() -> None:
    """An FTS5 table over `searched` (external content), kept in step by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE searched_fts USING fts5("
        "title, body, content='searched', content_rowid='entry_id', tokenize='porter unicode61')"
    )
    added = (
        "INSERT INTO searched_fts (rowid, title, body) VALUES (new.entry_id, new.title, new.body);"
    )
    dropped = (
        "INSERT INTO searched_fts (searched_fts, rowid, title, body) "
        "VALUES ('delete', old.entry_id, old.title, old.body);"
    )
    for name, when, what in (
        ("added", "INSERT", added),
        ("dropped", "DELETE", dropped),
        ("changed", "UPDATE", dropped + added),
    ):
        op.execute(f"CREATE TRIGGER searched_{name} AFTER {when} ON searched BEGIN {what} END")


def _index_text_on_postgresql() -> None:
    """A generated tsvector under a GIN index.

    The configuration stems as FTS5's tokenizer "porter" does and knows no stop words, so that both
    databases find the same.
    """
    op.execute(
        "CREATE TEXT SEARCH DICTIONARY aggregator_porter (TEMPLATE = snowball, LANGUAGE = porter)"
    )
    op.execute("CREATE TEXT SEARCH CONFIGURATION aggregator_words (COPY = simple)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION aggregator_words "
        "ALTER MAPPING FOR asciiword, word, numword WITH aggregator_porter"
    )
    op.execute(
        "ALTER TABLE searched ADD COLUMN vector tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('aggregator_words', title), 'A') || "
        "setweight(to_tsvector('aggregator_words', body), 'D')) STORED"
    )
    op.execute("CREATE INDEX ix_searched_vector ON searched USING gin (vector)")


# ------------------------------------------------------------------------------ short for columns


def _id() -> sa.Column[int]:
    return sa.Column("id", _ID, autoincrement=True, nullable=False)


def _text(name: str, *, null: bool = False, empty: bool = False) -> sa.Column[str]:
    default = sa.text("''") if empty else None
    return sa.Column(name, sa.Text(), server_default=default, nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _flag(name: str, *, on: bool = False) -> sa.Column[bool]:
    default = sa.true() if on else sa.false()
    return sa.Column(name, sa.Boolean(), server_default=default, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), server_default=sa.text("'[]'"), nullable=False)


def _to(
    table: str, name: str, target: str, on_delete: str = "CASCADE", *, null: bool = False
) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}_{target}"), ondelete=on_delete
    )
    return sa.Column(name, _ID, autoincrement=False, nullable=null), constraint


def _table(
    name: str,
    *parts: SchemaItem,
    key: tuple[str, ...],
    unique: tuple[tuple[str, ...], ...] = (),
    checks: dict[str, str] | None = None,
) -> None:
    op.create_table(
        name,
        *parts,
        # op.f: these are whole names; the naming convention is not to be put before them.
        *(
            sa.CheckConstraint(said, name=op.f(f"ck_{name}_{of}"))
            for of, said in (checks or {}).items()
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*some, name=op.f(f"uq_{name}_{'_'.join(some)}")) for some in unique),
        # Ids that were out in the world are not used again; SQLite must be told.
        sqlite_autoincrement=any(
            p.name == "id" and p.autoincrement is True for p in parts if isinstance(p, sa.Column)
        )
        and name not in _REUSED,
    )


def _index(table: str, *columns: str, name: str = "", flag: str = "", more: str = "") -> None:
    sqlite = " AND ".join(part for part in (flag and f"{flag} = 1", more) if part)
    postgresql = " AND ".join(part for part in (flag, more) if part)
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}",
        table,
        list(columns),
        sqlite_where=sa.text(sqlite) if sqlite else None,
        postgresql_where=sa.text(postgresql) if postgresql else None,
    )


# ----------------------------------------------------------------------------------- the tables


def _create_people_and_facts() -> None:
    _table(
        "accounts",
        _id(),
        _text("name"),
        _text("role"),
        _text("password_hash"),
        _time("created_at"),
        key=("id",),
        unique=(("name",),),
        checks={"role": "role IN ('admin', 'editor')"},
    )
    _table(
        "changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        key=("id",),
        checks={"one_row": "id = 1"},
    )
    _table(
        "facts",
        _text("key"),
        _text("value"),
        key=("key",),
    )
    _table(
        "login_failures",
        _id(),
        _text("name"),
        _text("address"),
        _time("failed_at"),
        key=("id",),
    )
    _index("login_failures", "address", "failed_at")
    _index("login_failures", "name", "failed_at")


def _create_sources() -> None:
    _table(
        "sources",
        _id(),
        _text("slug"),
        _text("title"),
        _flag("title_known", on=True),
        _text("site_url", null=True),
        _text("site_key", null=True),
        _text("organisation", null=True),
        _text("country", null=True),
        _text("category", null=True),
        _text("licence", null=True),
        _text("language", null=True),
        _flag("sample"),
        _time("created_at"),
        _count("entries"),
        _count("recaps"),
        _time("newest_at", null=True),
        key=("id",),
        unique=(("slug",),),
    )
    _index("sources", "site_key")
    _table(
        "feeds",
        _id(),
        *_to("feeds", "source_id", "sources"),
        _text("url"),
        _text("url_key"),
        _text("host"),
        _text("title", null=True),
        _flag("title_fixed"),
        _flag("enabled", on=True),
        _flag("trial"),
        _flag("full_text"),
        _flag("discover", on=True),
        _flag("summary_only"),
        _list("candidates"),
        _text("note", empty=True),
        _text("etag", null=True),
        _text("last_modified", null=True),
        _text("body_hash", null=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        _time("next_poll_at"),
        _time("claimed_until", null=True),
        _text("claimed_by", null=True),
        _time("last_polled_at", null=True),
        _time("last_success_at", null=True),
        _time("last_changed_at", null=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        _text("last_error", null=True),
        _count("failures"),
        _time("gone_at", null=True),
        _time("removed_at", null=True),
        _time("created_at"),
        _count("entries"),
        _count("recaps"),
        key=("id",),
        unique=(("url_key",),),
        checks={"failures": "failures >= 0", "interval": "interval_s > 0"},
    )
    _index(
        "feeds",
        "next_poll_at",
        name="ix_feeds_due",
        flag="enabled",
        more="gone_at IS NULL AND removed_at IS NULL",
    )
    _index(
        "feeds",
        "host",
        "next_poll_at",
        name="ix_feeds_host_due",
        flag="enabled",
        more="gone_at IS NULL AND removed_at IS NULL",
    )
    _index("feeds", "source_id")
    _table(
        "polls",
        _id(),
        *_to("polls", "feed_id", "feeds"),
        _time("started_at"),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        _text("outcome"),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column("entries_new", sa.Integer(), nullable=False),
        sa.Column("entries_changed", sa.Integer(), nullable=False),
        _text("error", null=True),
        key=("id",),
        checks={"outcome": "outcome IN ('changed', 'same', 'not_modified', 'gone', 'failed')"},
    )
    _index("polls", "feed_id", "started_at")
    _index("polls", "started_at")


def _create_coverage() -> None:
    _table(
        "series",
        _id(),
        _text("slug"),
        _text("name"),
        _text("homepage", null=True),
        _text("place", null=True),
        _count("events"),
        _count("recaps"),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        key=("id",),
        unique=(("slug",),),
    )
    _table(
        "tags",
        _id(),
        _text("slug"),
        _text("name"),
        _flag("fixed"),
        _flag("ignored"),
        *_to("tags", "merged_into", "tags", null=True),
        _count("recaps"),
        key=("id",),
        unique=(("slug",),),
    )
    _index("tags", "merged_into")
    _index("tags", "recaps")
    _table(
        "events",
        _id(),
        *_to("events", "series_id", "series"),
        *_to("events", "part_of", "events", "SET NULL", null=True),
        *_to("events", "merged_into", "events", null=True),
        _text("slug"),
        _text("name"),
        sa.Column("year", sa.Integer(), nullable=False),
        _text("edition", empty=True),
        _text("place", null=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _text("homepage", null=True),
        _flag("flagged"),
        _list("fixed"),
        _count("recaps"),
        _count("sources"),
        _count("talks"),
        _time("newest_at", null=True),
        _time("grouped_at", null=True),
        key=("id",),
        unique=(("series_id", "year", "edition"), ("slug",)),
        checks={"dates": "ends_on >= starts_on", "year": "year >= 1900 AND year <= 2200"},
    )
    _index("events", "grouped_at", "id", name="ix_events_grouped", more="grouped_at IS NOT NULL")
    _index("events", "merged_into")
    _index("events", "part_of")
    _index("events", "year")
    _table(
        "talks",
        _id(),
        *_to("talks", "event_id", "events", "SET NULL", null=True),
        _text("title"),
        _text("title_key"),
        _list("speakers"),
        _list("links"),
        _text("told", empty=True),
        _count("recaps"),
        _time("newest_at", null=True),
        key=("id",),
    )
    _index("talks", "event_id", "title_key")
    _index("talks", "recaps", "newest_at")
    _table(
        "talk_links",
        *_to("talk_links", "talk_id", "talks"),
        _text("url_key"),
        _text("kind"),
        key=("talk_id", "url_key"),
        checks={"kind": "kind IN ('video', 'slides', 'code', 'paper', 'page')"},
    )
    _index("talk_links", "url_key")
    _table(
        "talk_speakers",
        *_to("talk_speakers", "talk_id", "talks"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        _text("slug"),
        _text("name"),
        key=("talk_id", "position"),
    )
    _index("talk_speakers", "slug", "talk_id")


def _create_entries() -> None:
    _table(
        "gone_entries",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        key=("entry_id",),
    )
    _table(
        "entries",
        _id(),
        _text("uid"),
        *_to("entries", "feed_id", "feeds"),
        *_to("entries", "source_id", "sources"),
        _text("guid"),
        _text("url"),
        _text("url_key"),
        _text("title"),
        _text("title_key"),
        _list("authors"),
        _text("language", null=True),
        _text("declared_language", null=True),
        _list("enclosures"),
        _list("feed_tags"),
        _text("summary", empty=True),
        _time("published_at"),
        _flag("published_inferred"),
        _time("updated_at", null=True),
        _time("first_seen_at"),
        _time("changed_at"),
        _time("sorted_at"),
        _text("content_hash"),
        _text("kind"),
        sa.Column("kind_score", sa.Float(), nullable=False),
        _count("recogniser"),
        _flag("excerpt"),
        _flag("hidden"),
        *_to("entries", "duplicate_of", "entries", "SET NULL", null=True),
        _flag("listed"),
        *_to("entries", "main_event_id", "events", "SET NULL", null=True),
        key=("id",),
        unique=(("feed_id", "guid"), ("uid",)),
        checks={
            "kind": "kind IN ('recap', 'other')",
            "kind_score": "kind_score >= 0 AND kind_score <= 1",
        },
    )
    _index("entries", "duplicate_of")
    _index(
        "entries", "main_event_id", "sorted_at", "id", name="ix_entries_event_listed", flag="listed"
    )
    _index("entries", "feed_id", "sorted_at", "id")
    _index("entries", "kind", "sorted_at", "id")
    _index("entries", "sorted_at", "id", name="ix_entries_listed", flag="listed")
    _index("entries", "main_event_id")
    _index("entries", "recogniser", "id")
    _index("entries", "sorted_at", "id")
    _index("entries", "source_id")
    _index(
        "entries", "source_id", "sorted_at", "id", name="ix_entries_source_listed", flag="listed"
    )
    _index("entries", "title_key")
    _index("entries", "url_key")
    _table(
        "contents",
        *_to("contents", "entry_id", "entries"),
        _text("html", null=True),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("feed_html", sa.LargeBinary(), nullable=False),
        _text("base_url"),
        _list("why"),
        key=("entry_id",),
    )
    _table(
        "corrections",
        _id(),
        *_to("corrections", "entry_id", "entries"),
        _text("what"),
        _text("value"),
        _text("made_by", empty=True),
        _time("made_at"),
        key=("id",),
        unique=(("entry_id", "what", "value"),),
        checks={
            "what": "what IN ('kind', 'hidden', 'event', 'not_event', 'tag', 'not_tag', 'not_talk')"
        },
    )
    _table(
        "entry_links",
        *_to("entry_links", "entry_id", "entries"),
        _text("url_key"),
        _text("url"),
        _text("words"),
        key=("entry_id", "url_key"),
    )
    _table(
        "searched",
        *_to("searched", "entry_id", "entries"),
        _text("title"),
        _text("body"),
        key=("entry_id",),
    )


def _create_mentions() -> None:
    _table(
        "entry_tags",
        *_to("entry_tags", "entry_id", "entries"),
        *_to("entry_tags", "tag_id", "tags"),
        _text("origin"),
        _flag("listed"),
        key=("entry_id", "tag_id"),
        checks={"origin": "origin IN ('feed', 'derived', 'person')"},
    )
    _index("entry_tags", "tag_id", "entry_id", name="ix_entry_tags_listed", flag="listed")
    _index("entry_tags", "tag_id", "entry_id")
    _table(
        "mentions",
        *_to("mentions", "entry_id", "entries"),
        *_to("mentions", "event_id", "events"),
        _text("evidence"),
        sa.Column("score", sa.Float(), nullable=False),
        _flag("listed"),
        key=("entry_id", "event_id"),
        checks={
            "evidence": "evidence IN ('person', 'title', 'link', 'lead', 'heading', 'tag', "
            "'image', 'address', 'hashtag', 'body', 'date')",
            "score": "score >= 0 AND score <= 1",
        },
    )
    _index("mentions", "event_id", "entry_id")
    _index("mentions", "event_id", "entry_id", name="ix_mentions_listed", flag="listed")
    _table(
        "talk_mentions",
        *_to("talk_mentions", "entry_id", "entries"),
        *_to("talk_mentions", "talk_id", "talks"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("title"),
        _text("title_key"),
        _list("speakers"),
        _list("links"),
        _text("told", empty=True),
        key=("entry_id", "talk_id"),
    )
    _index("talk_mentions", "talk_id", "entry_id")
