"""A site to ask for pages, over a database of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from lxml import html as markup

from aggregator import settings as configuration
from aggregator.model import EntryQuery
from aggregator.recognise import catalogue as catalogues
from aggregator.recognise.catalogue import Catalogue
from aggregator.settings import Settings
from aggregator.store import Database, entries
from aggregator.web import create_app
from tests import once


@cache
def catalogue_in(folder: Path) -> Catalogue:
    """Return the registry in a folder, which must not change any more."""
    return catalogues.load(folder)


class _Compiled(BytecodeCache):
    """Templates as Jinja has compiled them, by their names and texts."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._codes.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def app_of(settings: Settings, database: Database) -> Flask:
    """Return the site; its registry and its templates are read once in all tests."""
    app = create_app(settings, database, catalogue_in(settings.config_dir))
    app.jinja_env.bytecode_cache = _COMPILED
    return app


@dataclass(frozen=True)
class Site:
    app: Flask
    database: Database
    client: FlaskClient

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(
            path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def page(self, path: str) -> markup.HtmlElement:
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        return markup.document_fromstring(answer.get_data(as_text=True))

    def query(self, **wanted: Any) -> Any:
        with self.database.reading() as c:
            return entries.find(c, EntryQuery(**wanted)).items


def make(folder: Path, **settings: str) -> Site:
    environ = {f"AGGREGATOR_{name.upper()}": value for name, value in settings.items()}
    values = configuration.load({"AGGREGATOR_DATA_DIR": str(folder), **environ})
    database = once.database_at(values.data_dir / "aggregator.sqlite3")
    app = app_of(values, database)
    return Site(app, database, app.test_client())
