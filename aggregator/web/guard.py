"""What holds for every answer: security headers, one copy for many readers, packing, the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, redirect, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from aggregator.model import Totals
from aggregator.settings import Settings
from aggregator.store import Connection, Database, counters, upkeep
from aggregator.web import cache, front, language, paths, render

if TYPE_CHECKING:
    from aggregator.recognise.catalogue import Catalogue

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
    front: front.Front = field(init=False)
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


def _version(c: Connection) -> front.Version:
    """Return the state of the database that this request sees."""
    if "version" not in g:
        g.version = front.version_of(upkeep.changes(c), now())
    version: front.Version = g.version
    return version


# ------------------------------------------------------------------------------- public answers

View = Callable[..., "str | BaseResponse"]


def public(view: View) -> View:
    """Make a view's answer one that caches may share.

    The view gets an open reading connection as its first argument. Its answer is kept in memory
    until something that is shown changes (`front.Front` gives it from there), and carries an ETag,
    Cache-Control and, on request, a coding; what the reader has already is answered 304. Answers
    that say ``no-store`` and redirects are passed on as they are.
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
            key = here.front.key(request.environ)
            kept = here.pages.get(key, version)
            if kept is None:
                response = current_app.make_response(view(c, **values))
                if response.status_code != 200 or response.cache_control.no_store:
                    return response
                kept = _kept(response, version, here.settings.cache_s)
                here.pages.put(key, kept)
        status, headers, body = kept.answer(request.environ)
        return Response([body] if body else [], status, headers)  # bytes would set a length

    return answer


def _logged_in() -> bool:
    # Looking into the session makes the answer vary by cookie, so look only where there is one.
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    return cookie in request.cookies and "_user_id" in session


def _kept(response: Response, version: front.Version, max_age_s: int) -> cache.Kept:
    modified = response.last_modified
    of_form = ("content-length", "last-modified")
    headers = [pair for pair in response.headers if pair[0].lower() not in of_form]
    headers += [*_HEADERS, ("Cache-Control", f"public, max-age={max_age_s}"), ("Vary", _vary())]
    if language.speaks(request.path):
        headers.append(("Content-Language", language.chosen()))
    return cache.Kept(
        version=version, body=response.get_data(), headers=headers, last_modified=modified
    )


def _vary() -> str:
    """Return what else than the address decides on the answer."""
    by_wish = language.speaks(request.path) and not language.in_path(request.environ)
    return "Accept-Encoding, Accept-Language" if by_wish else "Accept-Encoding"


# ---------------------------------------------------------------------------------- every answer


def _finish(response: Response) -> Response:
    for name, value in _HEADERS:
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    _pack(response)
    size = 0 if request.method == "HEAD" else response.content_length or 0
    started = g.get("started", time.perf_counter())
    front.log_request(request.environ, response.status_code, size, started)
    return response


def _pack(response: Response) -> None:
    """Compress an answer that was made for this request alone."""
    if (
        response.direct_passthrough
        or response.is_streamed
        or response.status_code in (204, 304)
        or "ETag" in response.headers  # packed already, where it is worth it
        or not (response.mimetype or "").startswith(_PACKED_TYPES)
    ):
        return
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    name = cache.coding(request.headers.get("Accept-Encoding", ""), len(body))
    if name:
        response.set_data(cache.PACKERS[name](body))
        response.headers["Content-Encoding"] = name


def _one_address() -> BaseResponse | None:
    """Lead to the one address of a thing in a language.

    ``?lang=de`` is the form that people type. What has no language is not below one.
    """
    code = request.args.get("lang", "")
    if code in language.languages().tongues and language.speaks(request.path):
        query = "&".join(
            part for part in request.query_string.decode("latin-1").split("&")
            if not part.startswith("lang=")
        )  # fmt: skip
        request.environ[language.IN_PATH] = code
        return redirect(paths.under(request.path) + (f"?{query}" if query else ""))
    if language.in_path(request.environ) and not language.speaks(request.path):
        query = request.query_string.decode("latin-1")
        return redirect(paths.under(request.path) + (f"?{query}" if query else ""), 301)
    return None


def install(app: Flask, here: Site) -> None:
    """Attach all of this to the app, whose languages must be there already."""
    app.extensions["aggregator"] = here
    csrf.init_app(app)
    limiter.init_app(app)

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    app.before_request(_one_address)
    app.after_request(_finish)
    settings = here.settings
    here.front = front.Front(
        app.wsgi_app,
        pages=here.pages,
        languages=app.extensions["aggregator_languages"],
        changes=partial(counters.version, here.database),
        base_url=settings.base_url,
        mounted_at=render.path_of(settings.base_url),
        cookie=app.config["SESSION_COOKIE_NAME"],
    )
    app.wsgi_app = here.front  # type: ignore[method-assign]  # Flask's documented way
    hops = settings.proxy_hops
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops
        )
