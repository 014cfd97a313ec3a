"""What was recognised is kept apart from what people made of it, so that all of that can be undone.

Namings are what posts name, mentions what merges and rejections make of them. Facts of events get
the post, the person or the registry that they come from. Decisions can be taken back.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EVIDENCE = (
    "evidence IN ('person', 'title', 'link', 'lead', 'heading', 'tag', 'image', 'address', "
    "'hashtag', 'body', 'date')"
)
_FIXES = "'kind', 'hidden', 'event', 'not_event', 'tag', 'not_tag', 'talk', 'not_talk'"


def upgrade() -> None:
    """Make the tables, and fill them from what is there."""
    _add_columns()
    _create_namings()
    _create_facts()
    _create_decisions()
    _allow_talk_corrections()


def _add_columns() -> None:
    op.add_column("events", sa.Column("hashtag", sa.Text()))
    op.add_column("events", _flag("rejected"))
    op.add_column("talk_mentions", _words("was"))


def _create_namings() -> None:
    """Take what is mentioned for what was named: merges of before cannot be told apart."""
    op.create_table(
        "namings",
        _key("namings", "entry_id", "entries"),
        _key("namings", "event_id", "events"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.CheckConstraint(_EVIDENCE, name=op.f("ck_namings_evidence")),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_namings_score")),
        sa.PrimaryKeyConstraint("entry_id", "event_id", name=op.f("pk_namings")),
    )
    op.create_index(op.f("ix_namings_event_id_entry_id"), "namings", ["event_id", "entry_id"])
    op.execute(
        "INSERT INTO namings (entry_id, event_id, position, evidence, score) "
        "SELECT m.entry_id, m.event_id, row_number() OVER (PARTITION BY m.entry_id ORDER BY "
        "CASE WHEN e.main_event_id = m.event_id THEN 0 ELSE 1 END, m.score DESC, m.event_id) - 1, "
        "m.evidence, m.score FROM mentions m JOIN entries e ON e.id = m.entry_id"
    )
    op.create_table(
        "merged_tags",
        _key("merged_tags", "entry_id", "entries"),
        _key("merged_tags", "tag_id", "tags"),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('feed', 'derived', 'person')", name=op.f("ck_merged_tags_origin")
        ),
        sa.PrimaryKeyConstraint("entry_id", "tag_id", name=op.f("pk_merged_tags")),
    )
    op.create_index(op.f("ix_merged_tags_tag_id"), "merged_tags", ["tag_id"])


def _create_facts() -> None:
    op.create_table(
        "event_facts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _key("event_facts", "event_id", "events"),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID),
        _words("words"),
        _words("made_by"),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "fact IN ('dates', 'place', 'homepage', 'hashtag')", name=op.f("ck_event_facts_fact")
        ),
        sa.CheckConstraint(
            "origin IN ('person', 'registry', 'post', 'series')",
            name=op.f("ck_event_facts_origin"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_event_facts_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_facts")),
    )
    op.create_index(op.f("ix_event_facts_event_id"), "event_facts", ["event_id"])
    op.create_index(op.f("ix_event_facts_entry_id"), "event_facts", ["entry_id"])
    _fill_facts()
    op.create_table(
        "old_slugs",
        sa.Column("slug", sa.Text(), nullable=False),
        _key("old_slugs", "event_id", "events"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_old_slugs")),
    )
    op.create_index(op.f("ix_old_slugs_event_id"), "old_slugs", ["event_id"])
    op.create_table(
        "old_talks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _key("old_talks", "talk_id", "talks"),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_talks")),
    )
    op.create_index(op.f("ix_old_talks_talk_id"), "old_talks", ["talk_id"])


def _fill_facts() -> None:
    """Note what is known already; what no person has set comes from a post that is not known."""
    c = op.get_bind()
    known = c.execute(
        sa.text("SELECT id, place, starts_on, ends_on, homepage, fixed FROM events")
    ).all()
    rows = []
    for row in known:
        fixed = row.fixed if isinstance(row.fixed, list) else json.loads(row.fixed or "[]")
        dates = f"{row.starts_on or ''}/{row.ends_on or ''}" if row.starts_on or row.ends_on else ""
        for fact, value, columns in (
            ("dates", dates, {"starts_on", "ends_on"}),
            ("place", row.place or "", {"place"}),
            ("homepage", row.homepage or "", {"homepage"}),
        ):
            by_person = bool(columns & set(fixed))
            if value or by_person:
                origin = "person" if by_person else "post"
                rows.append({"e": row.id, "fact": fact, "value": value, "origin": origin})
    if rows:
        c.execute(
            sa.text(
                "INSERT INTO event_facts (event_id, fact, value, origin) "
                "VALUES (:e, :fact, :value, :origin)"
            ),
            rows,
        )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _words("made_by"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("entry_id", _ID),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        _words("undone_by"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_decisions_entry_id_entries"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_decisions_target_id"), "decisions", ["target", "id"])
    op.create_index(op.f("ix_decisions_entry_id"), "decisions", ["entry_id"])


def _allow_talk_corrections() -> None:
    """Widen the words that a correction may have; SQLite changes a constraint by a new table."""
    if not _on_sqlite():
        op.drop_constraint(op.f("ck_corrections_what"), "corrections", type_="check")
        op.create_check_constraint(
            op.f("ck_corrections_what"), "corrections", f"what IN ({_FIXES})"
        )
        return
    op.create_table(
        "corrections_wide",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _key("corrections", "entry_id", "entries"),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _words("made_by"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"what IN ({_FIXES})", name=op.f("ck_corrections_what")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint(
            "entry_id", "what", "value", name=op.f("uq_corrections_entry_id_what_value")
        ),
    )
    op.execute(
        "INSERT INTO corrections_wide (id, entry_id, what, value, made_by, made_at) "
        "SELECT id, entry_id, what, value, made_by, made_at FROM corrections"
    )
    op.drop_table("corrections")
    op.rename_table("corrections_wide", "corrections")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _key(table: str, name: str, target: str) -> sa.Column[Any]:
    """Return a column that names a row of `target` and goes with it."""
    return sa.Column(
        name,
        _ID,
        sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}_{target}"), ondelete="CASCADE"),
        autoincrement=False,
        nullable=False,
    )


def _words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
