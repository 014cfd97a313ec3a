"""What goes wrong, in words: a page for people, problem details for programs."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, redirect, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from aggregator.errors import AggregatorError, Conflict, Moved, NotFound, StoreError
from aggregator.web import paths, render, words
from aggregator.web.language import N_, gettext
from aggregator.web.told import told

_log = logging.getLogger(__name__)

STALE = N_("This form is too old or was not sent from this site. Go back, reload and try again.")


def _usual(status: int) -> tuple[str, str]:
    """Return heading and words for a status."""
    usual = {
        400: (
            gettext("This request cannot be understood"),
            gettext("The address or the form holds something odd."),
        ),
        403: (gettext("Not allowed"), gettext("You may not do this.")),
        404: (
            gettext("Nothing here"),
            gettext("There is no page at this address. It may have moved, or never was."),
        ),
        405: (
            gettext("Not this way"),
            gettext("This address does not take that kind of request."),
        ),
        409: (gettext("That is there already"), ""),
        410: (gettext("Gone"), gettext("This was here once and has been removed.")),
        413: (gettext("Too large"), gettext("What was sent is larger than we take.")),
        429: (gettext("Too many at once"), gettext("Please wait a little and try again.")),
        500: (
            gettext("Something broke"),
            gettext("The fault is ours and has been noted. Please try again later."),
        ),
        503: (
            gettext("Not ready"),
            gettext("The site cannot answer just now. Please try again in a minute."),
        ),
    }
    return usual.get(status, (gettext("That did not work"), ""))


def _missing(what: str) -> str:
    """Return in words that there is none of a kind of things; empty for kinds we do not name."""
    return {
        "event": gettext("No event is known under this name. It may have another one."),
        "series": gettext("No series is known under this name."),
        "tag": gettext("No recap has a tag of this name."),
        "source": gettext("No team or blog is known under this name."),
        "talk": gettext("No recap tells of such a talk. It may have been joined with another."),
        "speaker": gettext("No recap tells of a talk by such a speaker."),
        "entry": gettext("There is no such recap."),
        "recap": gettext("There is no such recap."),
        "suggestion": gettext("There is no such suggestion. It may have been turned down."),
        "page": gettext("There is no such page of this list. Begin with the first one."),
    }.get(what, "")


def install(app: Flask) -> None:
    """Attach the words to the app's errors."""
    app.register_error_handler(AggregatorError, _expected)
    app.register_error_handler(HTTPException, _http)


def _expected(error: AggregatorError) -> BaseResponse:
    if isinstance(error, Moved) and request.method in ("GET", "HEAD") and request.view_args:
        old = f"/{error.key}/"
        if old in request.path:
            path = paths.under(request.path.replace(old, f"/{error.slug}/", 1))
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"{path}?{query}" if query else path, 301)
    if isinstance(error, NotFound):
        return problem(404, _missing(error.what))
    if isinstance(error, Conflict):
        return problem(409, told(str(error)).words)
    if isinstance(error, StoreError):
        _log.error("store.unusable", extra={"f": {"error": str(error)}})
        return problem(503)
    return problem(400, told(str(error)).words)


def _http(error: HTTPException) -> BaseResponse:
    if error.response is not None:  # abort() was given a whole response
        return error.get_response()
    # What the libraries say is in English and for programmers; our own words are for all.
    stale = isinstance(error, CSRFError)
    response = problem(error.code or 500, gettext(STALE) if stale else "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def problem(status: int, said: str = "") -> BaseResponse:
    """Return an error in words: a page, or JSON under ``/api/``."""
    heading, usual = _usual(status)
    said = said or usual
    if request.path.startswith("/api/"):
        detail = {"type": "about:blank", "title": heading, "status": status, "detail": said}
        response = jsonify(detail)  # RFC 9457
        response.mimetype = "application/problem+json"
    else:
        last = request.path.rstrip("/").rpartition("/")[2]
        guess = words.words_of(last) if status in (404, 410) and not last.isdecimal() else ""
        response = Response(
            render.html("error.html", status=status, heading=heading, words=said, guess=guess)
        )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response
