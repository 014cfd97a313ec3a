"""What stands before Flask.

The path the site is mounted under, the language in the path, and the kept answers: they are given
from here, because most requests need nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from werkzeug.wsgi import get_current_url

from aggregator.errors import StoreError
from aggregator.web import language
from aggregator.web.cache import PageCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger("aggregator.web.guard")

Version = tuple[object, ...]


def version_of(changes: int, now: datetime) -> Version:
    """Return what pages are made from: the state of the database, and the day.

    They tell of the last twelve months, so a new day makes them new.
    """
    return changes, now.date()


class Front:
    """The outermost part of the application, inside of what a trusted proxy says."""

    def __init__(  # noqa: PLR0913  # what it is made of
        self,
        app: WSGIApplication,
        *,
        pages: PageCache,
        languages: language.Languages,
        changes: Callable[[], int],
        base_url: str,
        mounted_at: str,
        cookie: str,
    ) -> None:
        self._app = app
        self.pages = pages
        self._languages = languages
        self._changes = changes
        self._base_url = base_url
        self._mounted_at = mounted_at
        self._cookie = cookie

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        started = time.perf_counter()
        self._mount(environ)
        self._languages.take_from_path(environ)
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and self._cookie not in environ.get(
            "HTTP_COOKIE", ""
        ):
            try:
                now = version_of(self._changes(), datetime.now(UTC))
            except StoreError:  # the application says it in words
                return self._app(environ, start_response)
            key = self.key(environ)
            kept = self.pages.take(key, now)
            if kept is None:
                try:
                    return self._app(environ, start_response)
                finally:
                    self.pages.settle(key, now)
            status, headers, body = kept.answer(environ)
            start_response(status, headers)
            log_request(environ, int(status[:3]), len(body), started)
            return [body]
        return self._app(environ, start_response)

    def key(self, environ: WSGIEnvironment) -> tuple[str, ...]:
        """Return what an answer is kept under: all that it depends on but the database."""
        return (
            self._base_url or get_current_url(environ, root_only=True),
            language.in_path(environ),
            self._languages.of(environ),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
        )

    def _mount(self, environ: WSGIEnvironment) -> None:
        """Take the site's own path off, whether or not a proxy has done so."""
        path = self._mounted_at
        if not path:
            return
        asked = environ.get("PATH_INFO", "")
        if asked == path or asked.startswith(path + "/"):
            environ["PATH_INFO"] = asked[len(path) :] or "/"
        environ["SCRIPT_NAME"] = path


def log_request(environ: WSGIEnvironment, status: int, size: int, started: float) -> None:
    """Write the one line that tells of a request; never the query, which is the reader's own."""
    if _log.isEnabledFor(logging.INFO):
        fields = {
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("PATH_INFO", ""),
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "bytes": size,
        }
        _log.info("request.done", extra={"f": fields})
