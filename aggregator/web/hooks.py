"""Where hubs reach us (WebSub): they make sure that we meant it, and tell that there is news.

A message counts only when it is signed with the secret of its subscription, and even then it only
makes the feed due: what is new is read from the feed itself, by a poll like any other.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from aggregator.store import subscriptions
from aggregator.web.guard import csrf, limiter, now, site

_log = logging.getLogger(__name__)
_PAUSE = timedelta(minutes=1)  # at least between two polls of a feed, whatever its hub says
_METHODS = ("sha1", "sha256", "sha384", "sha512")  # section 7
_CHUNK = 65_536

blueprint = Blueprint("hooks", __name__)


def _token() -> str:
    return str((request.view_args or {}).get("token"))


# A hub serves many feeds from few addresses; but nobody needs to be told of one feed all the time.
_limit = limiter.limit("1200 per minute")
_limit_each = limiter.limit("30 per minute", key_func=_token)


@blueprint.after_request
def _not_for_search_engines(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _unknown() -> Response:
    """Refuse in plain words: our page for people repeats the address, and a challenge is in it."""
    return Response("There is no such subscription here.\n", 404, mimetype="text/plain")


@blueprint.get("/websub/<token>")
@_limit
@_limit_each
def verify(token: str) -> BaseResponse:
    """Answer a hub that asks whether we meant it (section 5.3), or says no (section 5.2)."""
    said = request.args
    mode, topic = said.get("hub.mode"), said.get("hub.topic", "")
    with site().database.reading() as c:  # not everybody who comes by may have others wait
        if not subscriptions.is_ours(c, token):
            return _unknown()
    with site().database.writing() as c:
        match mode:
            case "subscribe":
                lease = said.get("hub.lease_seconds", type=int)
                span = timedelta(seconds=min(lease, 10**9)) if lease and lease > 0 else None
                meant = subscriptions.confirm(c, token, topic, span, now())
            case "unsubscribe":
                meant = subscriptions.confirm_end(c, token, topic)
            case "denied":
                meant = subscriptions.deny(c, token, topic, now())
            case _:
                meant = False
    if not meant:
        return _unknown()
    told = {"topic": topic, "reason": said.get("hub.reason", "")[:200]}
    _log.info(f"hub.{mode}", extra={"f": told})
    return Response(said.get("hub.challenge", "")[:4096], content_type="text/plain; charset=utf-8")


@blueprint.post("/websub/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # of a library without types
@_limit
@_limit_each
def ping(token: str) -> BaseResponse:
    """Take a hub's message that a feed has something new (section 7).

    Whoever sends one with a wrong signature is thanked all the same (section 8), and ignored. 410
    tells a hub that nobody is here any more, so that it ends the subscription.
    """
    settings = site().settings
    with site().database.reading() as c:
        held = subscriptions.held(c, token)
    if held is None:
        abort(410)
    request.max_content_length = settings.fetch_max_bytes
    if not _is_signed(held.secret):
        _log.warning("hub.unsigned", extra={"f": {"feed_id": held.feed_id}})
    elif held.active:
        with site().database.writing() as c:
            sooner = subscriptions.ping(
                c,
                token,
                now(),
                pause=_PAUSE,
                failing_pause=timedelta(seconds=settings.poll_interval_min_s),
            )
        _log.info("hub.pinged", extra={"f": {"feed_id": held.feed_id, "sooner": sooner}})
    return Response(status=204)


def _is_signed(secret: str) -> bool:
    """Tell whether the body was signed with `secret`; compared in constant time."""
    method, _, digest = request.headers.get("X-Hub-Signature", "").strip().partition("=")
    method = method.lower()
    if method not in _METHODS or not secret:
        return False
    signed = hmac.new(secret.encode(), digestmod=getattr(hashlib, method))
    while chunk := request.stream.read(_CHUNK):
        signed.update(chunk)
    return hmac.compare_digest(signed.hexdigest().encode(), digest.strip().lower().encode())
