"""Databases with all tables, which take long to make: made once, then copied."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from aggregator.store import Database, open_database, upkeep


@cache
def tables() -> bytes:
    """Return an SQLite file with all tables and nothing in them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tables.sqlite3"
        database = open_database(f"sqlite:///{path}")
        upkeep.upgrade(database)
        database.close()
        return path.read_bytes()


def database_at(path: Path) -> Database:
    """Open the SQLite file at `path`; when it is not there, it is made, with all tables."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tables())
    return open_database(f"sqlite:///{path}")
