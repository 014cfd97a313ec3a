"""What holds for every answer: security headers, one copy for many readers, errors in words."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, jsonify, redirect, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from aggregator.errors import AggregatorError, Conflict, Moved, NotFound, StoreError
from aggregator.model import Totals
from aggregator.settings import Settings
from aggregator.store import Connection, Database, upkeep
from aggregator.web import cache, render

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from aggregator.recognise.catalogue import Catalogue

_log = logging.getLogger(__name__)

# Nothing is loaded from elsewhere and nothing stands in the page itself, so neither a post nor a
# fault in a template can make a browser run or fetch anything (CSP level 3).
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "font-src 'none'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_PACKED_TYPES = ("text/", "application/json", "application/problem+json")

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)


@dataclass(slots=True, kw_only=True)
class Site:
    """What every request needs; kept in ``app.extensions["aggregator"]``."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    pages: cache.PageCache = field(default_factory=cache.PageCache)
    totals: tuple[object, Totals] | None = None  # the version they were counted at, and they


def site() -> Site:
    """Return the running site: settings, database, catalogue."""
    here: Site = current_app.extensions["aggregator"]
    return here


def now() -> datetime:
    """Return the time of this request."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def base() -> str:
    """Return the public address of the site, without a slash at the end.

    The configured one; only without one is the request's Host header believed.
    """
    return site().settings.base_url or request.url_root.rstrip("/")


def totals(c: Connection) -> Totals:
    """Return the sizes of everything, counted once for each state of the database."""
    here = site()
    version = _version(c)
    kept = here.totals
    if kept is None or kept[0] != version:
        kept = here.totals = (version, upkeep.totals(c, now()))
    return kept[1]


def _version(c: Connection) -> tuple[object, ...]:
    """Return what pages are made from: the state of the database, and the day.

    They tell of the last twelve months, so a new day makes them new.
    """
    if "version" not in g:
        g.version = (upkeep.changes(c), now().date())
    version: tuple[object, ...] = g.version
    return version


# ------------------------------------------------------------------------------- public answers

View = Callable[..., "str | BaseResponse"]


def public(view: View) -> View:
    """Make a view's answer one that caches may share.

    The view gets an open reading connection as its first argument. Its answer is kept in memory
    until something that is shown changes, and carries an ETag, Cache-Control and, on request, gzip;
    what the reader has already is answered 304 (RFC 9110 section 13). Answers that say ``no-store``
    and redirects are passed on as they are.
    """

    @wraps(view)
    def answer(**values: Any) -> BaseResponse:
        here = site()
        with here.database.reading() as c:
            if _logged_in():
                response = current_app.make_response(view(c, **values))
                response.headers.setdefault("Cache-Control", "private, no-cache")
                return response
            version = _version(c)
            key = (base(), request.full_path)
            kept = here.pages.get(key, version)
            if kept is None:
                response = current_app.make_response(view(c, **values))
                if response.status_code != 200 or response.cache_control.no_store:
                    return response
                kept = cache.keep(response.get_data(), tuple(response.headers), version)
                here.pages.put(key, kept)
        return _shared(kept, here.settings.cache_s)

    return answer


def _logged_in() -> bool:
    # Looking into the session makes the answer vary by cookie, so look only where there is one.
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    return cookie in request.cookies and "_user_id" in session


def _shared(kept: cache.Kept, max_age_s: int) -> BaseResponse:
    packed = kept.packed if _takes_gzip() else None
    response = Response(packed or kept.body, headers=list(kept.headers))
    response.headers["Content-Length"] = str(len(packed or kept.body))
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={max_age_s}"
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(kept.etag, weak=True)  # weak: one tag for the plain and the packed form
    return response.make_conditional(request)


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


# ---------------------------------------------------------------------------------- every answer


def _finish(response: Response) -> Response:
    for name, value in _HEADERS:
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    _pack(response)
    _log.info(
        "request.done",
        extra={
            "f": {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.get("started", 0.0)) * 1000, 1),
                "bytes": response.content_length or 0,
            }
        },
    )
    return response


def _pack(response: Response) -> None:
    """Compress an answer that was made for this request alone."""
    if (
        response.direct_passthrough
        or response.is_streamed
        or response.status_code in (204, 304)
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(_PACKED_TYPES)
    ):
        return
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if not _takes_gzip():
        return
    packed = cache.keep(body, (), ()).packed
    if packed:
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"


class _Mounted:
    """Serves the site under the path of its base address, whether or not the proxy keeps it."""

    def __init__(self, app: WSGIApplication, path: str) -> None:
        self._app = app
        self._path = path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        asked = environ.get("PATH_INFO", "")
        if asked == self._path or asked.startswith(self._path + "/"):
            environ["PATH_INFO"] = asked[len(self._path) :] or "/"
        environ["SCRIPT_NAME"] = self._path
        return self._app(environ, start_response)


def install(app: Flask, here: Site) -> None:
    """Attach all of this to the app."""
    app.extensions["aggregator"] = here
    csrf.init_app(app)
    limiter.init_app(app)

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    app.after_request(_finish)
    app.register_error_handler(AggregatorError, _expected)
    app.register_error_handler(HTTPException, _http)
    path = render.path_of(here.settings.base_url)
    if path:
        app.wsgi_app = _Mounted(app.wsgi_app, path)  # type: ignore[method-assign]  # Flask's way
    hops = here.settings.proxy_hops
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops
        )


# ----------------------------------------------------------------------------------------- errors

_WORDS = {
    400: ("This request cannot be understood", "The address or the form holds something odd."),
    403: ("Not allowed", "You may not do this."),
    404: ("Nothing here", "There is no page at this address. It may have moved, or never was."),
    405: ("Not this way", "This address does not take that kind of request."),
    409: ("That is there already", ""),
    410: ("Gone", "This was here once and has been removed."),
    413: ("Too large", "What was sent is larger than we take."),
    429: ("Too many at once", "Please wait a little and try again."),
    500: ("Something broke", "The fault is ours and has been noted. Please try again later."),
    503: ("Not ready", "The site cannot answer just now. Please try again in a minute."),
}


def _expected(error: AggregatorError) -> BaseResponse:
    if isinstance(error, Moved) and request.method in ("GET", "HEAD") and request.view_args:
        old = f"/{error.key}/"
        if old in request.path:
            path = request.script_root + request.path.replace(old, f"/{error.slug}/", 1)
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"{path}?{query}" if query else path, 301)
    if isinstance(error, NotFound):
        return problem(404, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    if isinstance(error, Conflict):
        return problem(409, str(error))
    if isinstance(error, StoreError):
        _log.error("store.unusable", extra={"f": {"error": str(error)}})
        return problem(503)
    return problem(400, str(error))


def _http(error: HTTPException) -> BaseResponse:
    if error.response is not None:  # abort() was given a whole response
        return error.get_response()
    code = error.code or 500
    own = code in (400, 403) and not isinstance(error, InternalServerError)
    response = problem(code, (error.description or "") if own else "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def problem(status: int, words: str = "") -> BaseResponse:
    """Return an error in words: a page, or JSON under ``/api/``."""
    heading, usual = _WORDS.get(status, ("That did not work", ""))
    words = words or usual
    if request.path.startswith("/api/"):
        detail = {"type": "about:blank", "title": heading, "status": status, "detail": words}
        response = jsonify(detail)  # RFC 9457
        response.mimetype = "application/problem+json"
    else:
        last = request.path.rstrip("/").rpartition("/")[2]
        response = Response(
            render.html("error.html", status=status, heading=heading, words=words,
                         guess=render.words_of(last) if status in (404, 410) else "")
        )  # fmt: skip
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response
