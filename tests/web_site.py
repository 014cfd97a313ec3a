"""A site to ask for pages, over a database of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import html as markup

from aggregator import settings as configuration
from aggregator.model import EntryQuery
from aggregator.store import Database, entries, open_database, upkeep
from aggregator.web import create_app


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
    database = open_database(values.database)
    upkeep.upgrade(database)
    app = create_app(values, database)
    return Site(app, database, app.test_client())
