"""Alembic's door: runs the steps on the connection that `upkeep` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from aggregator.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
)
with context.begin_transaction():
    context.run_migrations()
