"""What polling remembers: pace, moves, failures, held feeds, subscriptions, resting hosts.

Columns are added one by one. SQLite could only add several at once by building the table anew, and
dropping the old one would take all entries with it (they go when their feed goes).

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_POLLED = "gone_at IS NULL AND removed_at IS NULL AND held_at IS NULL"
_STATES = "sub_state IN ('none', 'pending', 'active', 'denied')"


def upgrade() -> None:
    """Add the columns, the table of resting hosts, and the indexes of what is due."""
    for column in _feed_columns():
        op.add_column("feeds", column)
    # SQLite can add a constraint only together with its column
    checked = f"CONSTRAINT ck_feeds_sub_state CHECK ({_STATES})"
    op.execute(f"ALTER TABLE feeds ADD COLUMN sub_state TEXT {checked}")
    op.add_column("polls", sa.Column("note", sa.Text()))
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        _time("rests_until", null=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    for name, columns in (
        ("ix_feeds_due", ["next_poll_at"]),
        ("ix_feeds_host_due", ["host", "next_poll_at", "claimed_until"]),
    ):
        op.drop_index(name, table_name="feeds")
        _partial_index(name, columns, f"enabled = 1 AND {_POLLED}", f"enabled AND {_POLLED}")
    known = "sub_token IS NOT NULL"
    _partial_index("ix_feeds_sub_token", ["sub_token"], known, known, unique=True)
    planned = "sub_try_at IS NOT NULL"
    _partial_index("ix_feeds_sub_try", ["sub_try_at"], planned, planned)


def _feed_columns() -> list[sa.Column[Any]]:
    return [
        _time("failing_since"),
        _text("faults"),
        sa.Column("gap_s", sa.Integer()),
        _time("newest_at"),
        sa.Column("hint_s", sa.Integer()),
        sa.Column("fresh_s", sa.Integer()),
        _list("skip_hours"),
        _list("skip_days"),
        _text("moving_to"),
        sa.Column("moving_seen", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _time("held_at"),
        _text("held_why"),
        sa.Column("site_prints", sa.JSON()),
        _text("hub_url"),
        _text("topic_url"),
        _text("sub_secret"),
        _text("sub_token"),
        _time("sub_expires_at"),
        _time("sub_try_at"),
        _time("sub_pinged_at"),
    ]


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text())


def _time(name: str, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), server_default=sa.text("'[]'"), nullable=False)


def _partial_index(
    name: str, columns: list[str], sqlite: str, postgresql: str, *, unique: bool = False
) -> None:
    op.create_index(
        name,
        "feeds",
        columns,
        unique=unique,
        sqlite_where=sa.text(sqlite),
        postgresql_where=sa.text(postgresql),
    )
