"""Which tables a database has, and the steps from older ones to ours.

Alembic takes the steps. It is loaded only for that: whether any are needed is asked by every
command, and is told by the names of their files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from aggregator.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

    from aggregator.store import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x5EC0_DB00  # PostgreSQL's advisory lock for upgrades


@cache
def _steps() -> tuple[str, ...]:
    """Return all versions there ever were, the newest last; files are named NUMBER_what.py."""
    names = sorted(path.name for path in (_FOLDER / "versions").glob("[0-9]*_*.py"))
    if not names:
        raise StoreError("the package holds no migrations; it was not installed whole")
    return tuple(name.partition("_")[0] for name in names)


def config(c: Connection | None = None) -> Config:
    """Return Alembic's configuration for a connection."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    if c is not None:
        made.attributes["connection"] = c
    return made


def upgrade(database: Database) -> tuple[str | None, str]:
    """Make or upgrade the tables; return the version before and after.

    Safe to run twice, and by two processes at once: the second one waits. A step that fails leaves
    the database as it was.

    Raises:
        StoreError: the database is newer than this program, or cannot be used.
    """
    from alembic import command  # noqa: PLC0415 - see above

    newest = _steps()[-1]
    with database.writing() as c:
        if database.dialect == "postgresql":
            c.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = version(c)
        if before is not None and before not in _steps():
            raise StoreError(
                f"{database.url} has version {before}, which this program does not know: it was"
                " made by a newer one; upgrade the program"
            )
        if before != newest:
            command.upgrade(config(c), "head")
        return before, newest


def version(c: Connection) -> str | None:
    """Return the version of the tables; None when there are none."""
    if not inspect(c).has_table("alembic_version"):
        return None
    found: str | None = c.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_current(database: Database) -> bool:
    """Tell whether the tables are those of this program."""
    with database.reading() as c:
        return version(c) == _steps()[-1]
