"""The cached pictures; they are fetched when recaps are, never here."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from aggregator.store import pictures
from aggregator.web.guard import site

blueprint = Blueprint("images", __name__)


@blueprint.get("/pictures/<key>.webp")
def picture(key: str) -> Response:
    """Return a picture. Its address names what was fetched once, so it never changes."""
    with site().database.reading() as c:
        data = pictures.get(c, key)
    if data is None:
        abort(404)
    answer = Response(data, mimetype="image/webp")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.set_etag(key)
    answer.make_conditional(request)
    return answer
