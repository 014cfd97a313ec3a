"""What tests share: settings, a fixed time, and a real database of each kind."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, create_engine, delete, text

from aggregator import settings as settings_module
from aggregator.errors import StoreError
from aggregator.settings import Settings
from aggregator.store import Database, open_database, upkeep
from aggregator.store.schema import metadata
from tests.once import database_at

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
POSTGRESQL = os.environ.get(
    "AGGREGATOR_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)

# What takes longest is begun first, whatever works beside others and whatever they wait for, so
# that no processor is idle in the end.
_LONG = (
    "integration/polling/test_interrupted.py",
    "browser/test_soundness.py",
    "integration/test_queue.py",
    "integration/test_backfill_command.py",
    "browser/test_admin_browser.py",
    "integration/test_websub.py",
    "integration/test_cli.py",
    "integration/test_export.py",
    "integration/test_store_feeds.py",
    "integration/test_backfill.py",
    "integration/polling/test_pace_of_polls.py",
    "integration/test_again.py",
    "integration/polling/test_shown.py",
    "integration/test_serve.py",
    "integration/admin/test_language.py",
    "integration/test_websub_serve.py",
    "integration/identity/test_entries.py",
    "browser/test_reading.py",
    "browser/test_pictures_browser.py",
    "integration/test_output.py",
    "integration/test_pictures.py",
    "unit/test_parse_hostile.py",
    "integration/test_web_pages.py",
)
_RANKS = {Path(__file__).parent / name: rank for rank, name in enumerate(_LONG)}


def pytest_configure(config: pytest.Config) -> None:
    """Let several workers take files in our order, and commands be stopped as by a person."""
    config.option.loadscopereorder = False
    # Shells start what runs in the background with Ctrl-C ignored, and so would be what we start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=lambda item: _RANKS.get(item.path, len(_RANKS)))


@pytest.fixture
def now() -> datetime:
    """The time of all tests that do not let time pass."""
    return NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as they come, but with a data folder of the test's own and no feeds to load."""
    return settings_module.load(
        {"AGGREGATOR_DATA_DIR": str(tmp_path / "var"), "AGGREGATOR_FEEDS_FILES": ""}
    )


# --------------------------------------------------------------------------------- databases


@pytest.fixture(scope="module", autouse=True)
def _databases_end_with_their_module() -> Iterator[None]:
    """Close what the tests of a module have opened: Python 3.13 warns of what is left open."""
    opened: list[Database] = []
    init = Database.__init__

    def noted(self: Database, engine: Engine) -> None:
        init(self, engine)
        opened.append(self)

    with patch.object(Database, "__init__", noted):
        yield
    for database in opened:
        database.close()


@cache
def _postgresql_fault() -> str | None:
    """Say why there is no PostgreSQL; None when it answers."""
    try:
        open_database(POSTGRESQL).close()
    except StoreError as error:
        return str(error)
    return None


def _need_postgresql() -> None:
    """Skip a test that needs PostgreSQL when there is none; in CI that is a failure."""
    fault = _postgresql_fault()
    if fault and os.environ.get("CI"):
        pytest.fail(f"PostgreSQL is needed in CI: {fault}")
    if fault:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {fault}")


@contextmanager
def _new_schema() -> Iterator[str]:
    """Make a schema on PostgreSQL and drop it afterwards; give a URL that leads to it."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(open_url := POSTGRESQL.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as c:
        c.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield f"{open_url}{'&' if '?' in open_url else '?'}options=-csearch_path%3D{name}"
    finally:
        with engine.begin() as c:
            c.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


@contextmanager
def fresh_schema() -> Iterator[str]:
    """Give the URL of an empty PostgreSQL schema; skips, or fails in CI, where there is none."""
    _need_postgresql()
    with _new_schema() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite and PostgreSQL in turn."""
    kind: str = request.param
    if kind == "postgresql":
        _need_postgresql()
    return kind


@pytest.fixture
def empty_database(database_kind: str, tmp_path: Path) -> Iterator[Database]:
    """An open database without tables."""
    if database_kind == "sqlite":
        database = open_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield database
        database.close()
        return
    with _new_schema() as url:
        database = open_database(url)
        yield database
        database.close()


@pytest.fixture(scope="session")
def _upgraded_schema() -> Iterator[str]:
    """A PostgreSQL schema with all tables; each test leaves them empty."""
    with _new_schema() as url:
        database = open_database(url)
        upkeep.upgrade(database)
        database.close()
        yield url


@pytest.fixture
def database(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[Database]:
    """A database with all tables and nothing in them, SQLite and PostgreSQL in turn."""
    if database_kind == "sqlite":
        database = database_at(tmp_path / "test.sqlite3")
        yield database
        database.close()
        return
    database = open_database(request.getfixturevalue("_upgraded_schema"))
    yield database
    with database.writing() as c:  # for a few rows faster than TRUNCATE by far
        for table in reversed(metadata.sorted_tables):
            c.execute(delete(table))
    database.close()
