"""The web site: pages and feeds for readers, the API, and the admin pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flask import Flask

from aggregator import settings as configuration
from aggregator.recognise import catalogue as catalogues
from aggregator.store import open_database
from aggregator.web import (
    admin,
    api,
    faults,
    finding,
    guard,
    hooks,
    images,
    language,
    ops,
    output,
    pages,
    render,
    suggest,
)

if TYPE_CHECKING:
    from aggregator.recognise.catalogue import Catalogue
    from aggregator.settings import Settings
    from aggregator.store import Database

_LARGEST_REQUEST = 4 << 20  # bytes; the largest thing that is sent to us is an OPML file


def create_app(
    settings: Settings | None = None,
    database: Database | None = None,
    catalogue: Catalogue | None = None,
) -> Flask:
    """Return the site as a WSGI application.

    Without arguments everything comes from the environment, so that any WSGI server can start it
    as ``aggregator.web:create_app()``.

    Raises:
        SettingsError: a setting or a file of the config folder is wrong.
        StoreError: the database cannot be opened.
    """
    settings = settings or configuration.load(os.environ)
    app = Flask("aggregator", static_folder=None)
    app.secret_key = configuration.secret_key(settings)
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
        SESSION_COOKIE_NAME="aggregator_session",
        WTF_CSRF_TIME_LIMIT=None,  # the session's own end is enough
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    language.install(app, render.roots_of(settings), settings.language)
    guard.install(
        app,
        guard.Site(
            settings=settings,
            database=database or open_database(settings.database),
            catalogue=catalogue or catalogues.load(settings.config_dir),
        ),
    )
    faults.install(app)
    render.install(app, settings)
    for blueprint in (
        pages.blueprint,
        finding.blueprint,
        suggest.blueprint,
        images.blueprint,
        output.blueprint,
        ops.blueprint,
        hooks.blueprint,
        api.blueprint,
        admin.blueprint,
    ):
        app.register_blueprint(blueprint)
    return app
