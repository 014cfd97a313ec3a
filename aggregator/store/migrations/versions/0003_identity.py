"""Prints of recaps' beginnings, by which copies under other titles and addresses are found.

They are written when an entry is saved or judged again, so recaps that are here already get theirs
with the next version of the recogniser.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of prints."""
    op.create_table(
        "text_prints",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("print", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_text_prints_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "print", name=op.f("pk_text_prints")),
    )
    op.create_index(op.f("ix_text_prints_print_entry_id"), "text_prints", ["print", "entry_id"])
