"""The cache of pictures.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of pictures and of the entries that show them."""
    op.add_column("contents", sa.Column("pictured", sa.Text(), nullable=True))
    op.create_table(
        "pictures",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("try_at", _AT, nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("held_at", _AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("key", name=op.f("uq_pictures_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_pictures_try_at",
        "pictures",
        ["try_at"],
        sqlite_where=sa.text("try_at IS NOT NULL"),
        postgresql_where=sa.text("try_at IS NOT NULL"),
    )
    op.create_table(
        "entry_pictures",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("picture_id", _ID, autoincrement=False, nullable=False),
        sa.Column("placed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_pictures_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"],
            ["pictures.id"],
            name=op.f("fk_entry_pictures_picture_id_pictures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "picture_id", name=op.f("pk_entry_pictures")),
    )
    op.create_index(op.f("ix_entry_pictures_picture_id"), "entry_pictures", ["picture_id"])
