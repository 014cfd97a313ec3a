"""All tables as they were at first.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives ids by itself only to a column that is declared INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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


def _create_people_and_facts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'editor')", name=op.f("ck_accounts_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_changes_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_table(
        "facts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_facts")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(
        op.f("ix_login_failures_address_failed_at"), "login_failures", ["address", "failed_at"]
    )
    op.create_index(
        op.f("ix_login_failures_name_failed_at"), "login_failures", ["name", "failed_at"]
    )


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_known", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("site_url", sa.Text(), nullable=True),
        sa.Column("site_key", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("slug", name=op.f("uq_sources_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sources_site_key"), "sources", ["site_key"])
    op.create_table(
        "feeds",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source_id", _ID, autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_fixed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("trial", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("full_text", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("discover", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("summary_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("candidates", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.Text(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_feeds_failures")),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_feeds_interval")),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_feeds_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url_key", name=op.f("uq_feeds_url_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_feeds_due",
        "feeds",
        ["next_poll_at"],
        sqlite_where=sa.text("enabled = 1 AND gone_at IS NULL AND removed_at IS NULL"),
        postgresql_where=sa.text("enabled AND gone_at IS NULL AND removed_at IS NULL"),
    )
    op.create_index(
        "ix_feeds_host_due",
        "feeds",
        ["host", "next_poll_at"],
        sqlite_where=sa.text("enabled = 1 AND gone_at IS NULL AND removed_at IS NULL"),
        postgresql_where=sa.text("enabled AND gone_at IS NULL AND removed_at IS NULL"),
    )
    op.create_index(op.f("ix_feeds_source_id"), "feeds", ["source_id"])
    op.create_table(
        "polls",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("feed_id", _ID, autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column("entries_new", sa.Integer(), nullable=False),
        sa.Column("entries_changed", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('changed', 'same', 'not_modified', 'gone', 'failed')",
            name=op.f("ck_polls_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_polls_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_feed_id_started_at"), "polls", ["feed_id", "started_at"])
    op.create_index(op.f("ix_polls_started_at"), "polls", ["started_at"])


def _create_coverage() -> None:
    op.create_table(
        "series",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("events", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tags",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fixed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ignored", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("merged_into", _ID, nullable=True),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["tags.id"], name=op.f("fk_tags_merged_into_tags"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("slug", name=op.f("uq_tags_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tags_merged_into"), "tags", ["merged_into"])
    op.create_index(op.f("ix_tags_recaps"), "tags", ["recaps"])
    op.create_table(
        "events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("series_id", _ID, autoincrement=False, nullable=False),
        sa.Column("part_of", _ID, nullable=True),
        sa.Column("merged_into", _ID, nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("flagged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fixed", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sources", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("talks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grouped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_events_dates")),
        sa.CheckConstraint("year >= 1900 AND year <= 2200", name=op.f("ck_events_year")),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["events.id"],
            name=op.f("fk_events_merged_into_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["part_of"], ["events.id"], name=op.f("fk_events_part_of_events"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_events_series_id_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "series_id", "year", "edition", name=op.f("uq_events_series_id_year_edition")
        ),
        sa.UniqueConstraint("slug", name=op.f("uq_events_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_events_grouped",
        "events",
        ["grouped_at", "id"],
        sqlite_where=sa.text("grouped_at IS NOT NULL"),
        postgresql_where=sa.text("grouped_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_events_merged_into"), "events", ["merged_into"])
    op.create_index(op.f("ix_events_part_of"), "events", ["part_of"])
    op.create_index(op.f("ix_events_year"), "events", ["year"])
    op.create_table(
        "talks",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("event_id", _ID, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("speakers", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("links", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("recaps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_talks_event_id_events"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talks")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_talks_event_id_title_key"), "talks", ["event_id", "title_key"])
    op.create_index(op.f("ix_talks_recaps_newest_at"), "talks", ["recaps", "newest_at"])
    op.create_table(
        "talk_links",
        sa.Column("talk_id", _ID, autoincrement=False, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('video', 'slides', 'code', 'paper', 'page')", name=op.f("ck_talk_links_kind")
        ),
        sa.ForeignKeyConstraint(
            ["talk_id"], ["talks.id"], name=op.f("fk_talk_links_talk_id_talks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("talk_id", "url_key", name=op.f("pk_talk_links")),
    )
    op.create_index(op.f("ix_talk_links_url_key"), "talk_links", ["url_key"])
    op.create_table(
        "talk_speakers",
        sa.Column("talk_id", _ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["talk_id"],
            ["talks.id"],
            name=op.f("fk_talk_speakers_talk_id_talks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("talk_id", "position", name=op.f("pk_talk_speakers")),
    )
    op.create_index(op.f("ix_talk_speakers_slug_talk_id"), "talk_speakers", ["slug", "talk_id"])


def _create_entries() -> None:
    op.create_table(
        "gone_entries",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_gone_entries")),
    )
    op.create_table(
        "entries",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("feed_id", _ID, autoincrement=False, nullable=False),
        sa.Column("source_id", _ID, autoincrement=False, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("declared_language", sa.Text(), nullable=True),
        sa.Column("enclosures", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("feed_tags", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("summary", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_inferred", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sorted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kind_score", sa.Float(), nullable=False),
        sa.Column("recogniser", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("excerpt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("duplicate_of", _ID, nullable=True),
        sa.Column("listed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("main_event_id", _ID, nullable=True),
        sa.CheckConstraint("kind IN ('recap', 'other')", name=op.f("ck_entries_kind")),
        sa.CheckConstraint(
            "kind_score >= 0 AND kind_score <= 1", name=op.f("ck_entries_kind_score")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of"],
            ["entries.id"],
            name=op.f("fk_entries_duplicate_of_entries"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_entries_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["main_event_id"],
            ["events.id"],
            name=op.f("fk_entries_main_event_id_events"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_entries_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("feed_id", "guid", name=op.f("uq_entries_feed_id_guid")),
        sa.UniqueConstraint("uid", name=op.f("uq_entries_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_entries_duplicate_of"), "entries", ["duplicate_of"])
    op.create_index(
        "ix_entries_event_listed",
        "entries",
        ["main_event_id", "sorted_at", "id"],
        sqlite_where=sa.text("listed = 1"),
        postgresql_where=sa.text("listed"),
    )
    op.create_index(
        op.f("ix_entries_feed_id_sorted_at_id"), "entries", ["feed_id", "sorted_at", "id"]
    )
    op.create_index(op.f("ix_entries_kind_sorted_at_id"), "entries", ["kind", "sorted_at", "id"])
    op.create_index(
        "ix_entries_listed",
        "entries",
        ["sorted_at", "id"],
        sqlite_where=sa.text("listed = 1"),
        postgresql_where=sa.text("listed"),
    )
    op.create_index(op.f("ix_entries_main_event_id"), "entries", ["main_event_id"])
    op.create_index(op.f("ix_entries_recogniser_id"), "entries", ["recogniser", "id"])
    op.create_index(op.f("ix_entries_sorted_at_id"), "entries", ["sorted_at", "id"])
    op.create_index(op.f("ix_entries_source_id"), "entries", ["source_id"])
    op.create_index(
        "ix_entries_source_listed",
        "entries",
        ["source_id", "sorted_at", "id"],
        sqlite_where=sa.text("listed = 1"),
        postgresql_where=sa.text("listed"),
    )
    op.create_index(op.f("ix_entries_title_key"), "entries", ["title_key"])
    op.create_index(op.f("ix_entries_url_key"), "entries", ["url_key"])
    op.create_table(
        "contents",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("feed_html", sa.LargeBinary(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("why", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_contents_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_contents")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('kind', 'hidden', 'event', 'not_event', 'tag', 'not_tag', 'not_talk')",
            name=op.f("ck_corrections_what"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_corrections_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint(
            "entry_id", "what", "value", name=op.f("uq_corrections_entry_id_what_value")
        ),
    )
    op.create_table(
        "entry_links",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_links_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "url_key", name=op.f("pk_entry_links")),
    )
    op.create_table(
        "searched",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_searched_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_searched")),
    )


def _create_mentions() -> None:
    op.create_table(
        "entry_tags",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("tag_id", _ID, autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('feed', 'derived', 'person')", name=op.f("ck_entry_tags_origin")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_tags_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_entry_tags_tag_id_tags"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "tag_id", name=op.f("pk_entry_tags")),
    )
    op.create_index(
        "ix_entry_tags_listed",
        "entry_tags",
        ["tag_id", "entry_id"],
        sqlite_where=sa.text("listed = 1"),
        postgresql_where=sa.text("listed"),
    )
    op.create_index(op.f("ix_entry_tags_tag_id_entry_id"), "entry_tags", ["tag_id", "entry_id"])
    op.create_table(
        "mentions",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("event_id", _ID, autoincrement=False, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("listed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "evidence IN ('person', 'title', 'link', 'lead', 'heading', 'tag', 'image', 'address', 'hashtag', 'body', 'date')",
            name=op.f("ck_mentions_evidence"),
        ),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_mentions_score")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_mentions_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_mentions_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "event_id", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_event_id_entry_id"), "mentions", ["event_id", "entry_id"])
    op.create_index(
        "ix_mentions_listed",
        "mentions",
        ["event_id", "entry_id"],
        sqlite_where=sa.text("listed = 1"),
        postgresql_where=sa.text("listed"),
    )
    op.create_table(
        "talk_mentions",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("talk_id", _ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("speakers", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("links", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_talk_mentions_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["talk_id"],
            ["talks.id"],
            name=op.f("fk_talk_mentions_talk_id_talks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "talk_id", name=op.f("pk_talk_mentions")),
    )
    op.create_index(
        op.f("ix_talk_mentions_talk_id_entry_id"), "talk_mentions", ["talk_id", "entry_id"]
    )
