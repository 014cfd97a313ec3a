"""An admin site over a database of its own, and who has logged in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from aggregator.store import Database
from tests import desk
from tests.desk import Visitor, account


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = desk.database_in(desk.settings_in(tmp_path))
    yield database
    database.close()


@pytest.fixture
def app(tmp_path: Path, database: Database) -> Flask:
    return desk.app_of(desk.settings_in(tmp_path), database)


@pytest.fixture
def admin(app: Flask, database: Database) -> Visitor:
    account(database, "ada")
    return desk.logged_in(app, "ada")


@pytest.fixture
def editor(app: Flask, database: Database) -> Visitor:
    account(database, "ada")
    account(database, "eve", "editor")
    return desk.logged_in(app, "eve")
