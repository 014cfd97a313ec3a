"""Suggesting a blog: a form, and a page that tells what was found there.

Nothing is fetched here: the address is stored as a feed on trial, the next poll reads it, and the
page shows what the poll stored.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from datetime import timedelta

from flask import Blueprint, Response, current_app, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as BaseResponse

from aggregator import text, urls
from aggregator.errors import Conflict, NotFound
from aggregator.model import EntryQuery, Feed
from aggregator.store import Connection, entries, feeds, limits
from aggregator.web import paths
from aggregator.web.faults import problem
from aggregator.web.frame import page
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import told

blueprint = Blueprint("suggest", __name__)

_LONGEST_ADDRESS = 1000
_LONGEST_NOTE = 500
_BY_ONE = ((6, timedelta(hours=1)), (20, timedelta(days=1)))
_BY_ALL = ((60, timedelta(hours=1)), (200, timedelta(days=1)))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="suggestion")


def _form(
    status: int = 200,
    *,
    fault: str = "",
    address: str = "",
    note: str = "",
    followed: Feed | None = None,
) -> BaseResponse:
    with site().database.reading() as c:
        body = page(c, "suggest.html", fault=fault, address=address, note=note, followed=followed)
    response = Response(body, status)
    response.headers["Cache-Control"] = "no-store"  # the form's token is the reader's own
    return response


@blueprint.get("/suggest/")
def form() -> BaseResponse:
    """Show the form."""
    return _form()


@blueprint.post("/suggest/")
def send() -> BaseResponse:
    """Store a suggested address as a feed on trial, and lead to its page."""
    address = request.form.get("address", "").strip()
    note = text.shorten(request.form.get("note", ""), _LONGEST_NOTE)
    if request.form.get("website"):  # a field that people do not see, so a machine filled it in
        return redirect(paths.suggest(), 303)
    url = _web_address(address)
    if not url:
        fault = gettext(
            "That is no web address. Write it as your browser shows it: https://example.org/blog"
        )
        return _form(400, fault=fault, address=address[:_LONGEST_ADDRESS], note=note)
    with site().database.writing() as c:
        allowed = limits.take(c, _sender(), now(), _BY_ONE) and limits.take(c, "", now(), _BY_ALL)
    if not allowed:
        return problem(429)
    try:
        with site().database.writing() as c:
            feed_id = _add(c, url, note)
    except Conflict as error:
        feed = _feed(int(str(error.key)))
        if not feed.trial:
            return _form(409, address=address, note=note, followed=feed)
        feed_id = feed.id
    return redirect(paths.suggest(_signer().dumps(feed_id)), 303)


def _sender() -> str:
    """Return what tells senders apart, without keeping who they are.

    Whoever has one address of IPv6 has the 2^64 beside it, too.
    """
    address = request.remote_addr or ""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        known = ipaddress.ip_address("0.0.0.0")  # noqa: S104  # nobody listens there
    size = 64 if known.version == 6 else 32
    network = ipaddress.ip_network(f"{known}/{size}", strict=False)
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"suggest {network}".encode(), hashlib.sha256).hexdigest()[:24]


def _web_address(given: str) -> str:
    """Return what was typed as a web address, or nothing when it cannot be one."""
    if not given or len(given) > _LONGEST_ADDRESS or re.search(r"[\s<>\"]", given):
        return ""
    address = given if "://" in given else f"https://{given}"
    return address if urls.is_web(address) and "." in urls.host(address) else ""


def _add(c: Connection, url: str, note: str) -> int:
    start = timedelta(seconds=site().settings.poll_interval_start_s)
    return feeds.add(c, url, now=now(), trial=True, note=note, interval=start)


def _feed(feed_id: int) -> Feed:
    with site().database.reading() as c:
        return feeds.get(c, feed_id)


@blueprint.get("/suggest/<token>/")
def state(token: str) -> BaseResponse:
    """Show what was found at a suggested address so far."""
    try:
        feed_id = int(_signer().loads(token))
    except (BadSignature, TypeError, ValueError) as error:
        raise NotFound("suggestion", token[:20]) from error
    with site().database.reading() as c:
        feed = feeds.get(c, feed_id)
        query = EntryQuery(feed_id=feed_id, listed_only=False, limit=20)
        found = entries.find(c, query).items if feed.entries else ()
        recaps = [one for one in found if one.kind == "recap"]
        others = [one for one in found if one.kind != "recap"]
        body = page(
            c,
            "suggestion.html",
            feed=feed,
            fault=told(feed.error or ""),
            recaps=recaps,
            others=others,
            waiting=feed.last_polled_at is None,
        )
    response = Response(body)
    response.headers["Cache-Control"] = "no-store"
    return response
