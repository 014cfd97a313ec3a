"""Hubs (WebSub, W3C Recommendation of 2018): asks to be told when feeds have something new.

What hubs then send comes to the web site (`web.hooks`), which notes it in the database. So nothing
here waits for an answer longer than a request takes: a run asks for what is wanted now, renews what
is about to end, and says goodbye where nobody listens any more. A hub only ever makes polls come
sooner; without one, or with one that fails, feeds are polled as often as ever.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote, urlsplit

from aggregator.errors import FetchError, RateLimited, StoreError, Unreachable
from aggregator.fetch.guard import is_public
from aggregator.model import FetchRequest
from aggregator.poll import Tools, heeding
from aggregator.settings import Settings
from aggregator.store import news, subscriptions, upkeep
from aggregator.store.subscriptions import LEASE, Subscription

_log = logging.getLogger("aggregator.websub")
_AT_ONCE = 50  # subscriptions asked for in one run
_MOST_BYTES = 65_536  # of a hub's answer, which nobody reads
_LATER = timedelta(hours=6)  # until a hub that failed is asked again
_REFUSED = timedelta(days=7)  # the same for one that said no
_PUBLISHED = "hub:published"  # fact: what our hub was told of our own feeds
_TOLD_AT_ONCE = 100  # addresses in one message to our hub
_PAUSE = timedelta(minutes=1)  # between two messages to it
_UNTOLD = timedelta(minutes=5)  # until it is told again where that failed
_OWN_FEEDS = ("rss.xml", "atom.xml", "feed.json")


def wanted(settings: Settings) -> bool:
    """Tell whether subscriptions are asked for: hubs must be able to reach us."""
    return settings.websub and bool(settings.base_url) and _is_reachable(settings)


def _is_reachable(settings: Settings) -> bool:
    host = urlsplit(settings.base_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        named = "." in host and not host.endswith((".local", ".localhost", ".internal"))
        return named or settings.fetch_allow_private
    return is_public(host) or settings.fetch_allow_private


async def keep(tools: Tools) -> None:
    """Do what there is to do now; never raises what a hub or the database is at fault for."""
    try:
        if wanted(tools.settings):
            await _keep(tools)
        elif await asyncio.to_thread(_any_held, tools):
            await asyncio.to_thread(_forget, tools)
        await _publish(tools)
    except StoreError as error:  # the next run tries again
        _log.warning("hub.kept", extra={"f": {"error": str(error)}})


async def _keep(tools: Tools) -> None:
    asked, ended = await asyncio.to_thread(_due, tools)
    await asyncio.gather(
        *(_subscribe(tools, one) for one in asked), *(_unsubscribe(tools, one) for one in ended)
    )


def _due(tools: Tools) -> tuple[tuple[Subscription, ...], tuple[Subscription, ...]]:
    now = tools.clock()
    with tools.database.reading() as c:
        if not subscriptions.untidy(c, now):
            return (), ()
    with tools.database.writing() as c:
        subscriptions.tidy(c, now)
        return subscriptions.wanted(c, now, _AT_ONCE), subscriptions.farewells(c, now)


def _any_held(tools: Tools) -> bool:
    with tools.database.reading() as c:
        return subscriptions.any_held(c)


def _forget(tools: Tools) -> None:
    with tools.database.writing() as c:
        subscriptions.forget_all(c, tools.clock())


# --------------------------------------------------------------------------------- what is asked


async def _subscribe(tools: Tools, one: Subscription) -> None:
    """Ask a hub; it comes back by itself to make sure that it was us (section 5.3)."""
    fields = {**_fields(tools, one, "subscribe"), "hub.secret": one.secret}
    fields["hub.lease_seconds"] = str(int(LEASE.total_seconds()))
    try:
        await _post(tools, one.hub_url, fields.items())
    except FetchError as error:
        wait = error.retry_after or _LATER if _passes(error) else _REFUSED
        await asyncio.to_thread(_unanswered, tools, one, wait)
        told = {"hub": one.hub_url, "topic": one.topic_url, "error": str(error)}
        _log.warning("hub.failed", extra={"f": told})
        return
    _log.info("hub.asked", extra={"f": {"hub": one.hub_url, "topic": one.topic_url}})


def _passes(error: FetchError) -> bool:
    return isinstance(error, Unreachable | RateLimited) or (error.status or 0) >= 500


def _unanswered(tools: Tools, one: Subscription, wait: timedelta) -> None:
    with tools.database.writing() as c:
        subscriptions.unanswered(c, one.token, tools.clock(), wait)


async def _unsubscribe(tools: Tools, one: Subscription) -> None:
    """Tell a hub that nobody listens any more; where that fails, its lease runs out."""
    try:
        await _post(tools, one.hub_url, _fields(tools, one, "unsubscribe").items())
    except FetchError as error:
        _log.info("hub.left", extra={"f": {"hub": one.hub_url, "error": str(error)}})


def _fields(tools: Tools, one: Subscription, mode: str) -> dict[str, str]:
    return {
        "hub.mode": mode,
        "hub.topic": one.topic_url,
        "hub.callback": f"{tools.settings.base_url}/websub/{one.token}",
    }


async def _post(tools: Tools, url: str, fields: Iterable[tuple[str, str]]) -> None:
    request = FetchRequest(url=url, form=tuple(fields), max_bytes=_MOST_BYTES)
    async with heeding(tools):
        await tools.fetcher.fetch(request)


# ------------------------------------------------------------------------------- our own output


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """What our hub was told last."""

    version: str = ""  # of all that is shown
    newest: datetime | None = None  # when the newest recap that it was told of had changed
    again_at: datetime | None = None  # it is told of nothing before

    @classmethod
    def read(cls, kept: str | None) -> Self:
        """Read what was kept; earlier versions kept the number of the version alone."""
        said = json.loads(kept or "{}")
        if not isinstance(said, dict):
            return cls(version=str(said))
        times = {
            name: datetime.fromisoformat(said[name]) if said.get(name) else None
            for name in ("newest", "again_at")
        }
        return cls(version=said.get("version", ""), **times)

    def written(self) -> str:
        """Return it as it is kept."""
        return json.dumps(asdict(self), default=datetime.isoformat)


async def _publish(tools: Tools) -> None:
    """Tell our own hub when our feeds have changed, and which."""
    settings = tools.settings
    if not settings.hub_url or not settings.base_url:
        return
    told = await asyncio.to_thread(_unpublished, tools)
    if told is None:
        return
    last, now, paths = told
    addresses = [f"{settings.base_url}{path}{name}" for path in paths for name in _OWN_FEEDS]
    try:
        for begin in range(0, len(addresses), _TOLD_AT_ONCE):
            some = addresses[begin : begin + _TOLD_AT_ONCE]
            fields = [("hub.mode", "publish"), *(("hub.url", url) for url in some)]
            await _post(tools, settings.hub_url, fields)
    except FetchError as error:
        _log.warning("hub.untold", extra={"f": {"hub": settings.hub_url, "error": str(error)}})
        wait = error.retry_after or _UNTOLD if _passes(error) else _LATER
        await asyncio.to_thread(_note, tools, replace(last, again_at=tools.clock() + wait))
        return
    await asyncio.to_thread(_note, tools, replace(now, again_at=tools.clock() + _PAUSE))


def _unpublished(tools: Tools) -> tuple[_Published, _Published, list[str]] | None:
    """Return what was told last, what is to be told now, and the paths of what has changed."""
    now = tools.clock()
    with tools.database.reading() as c:
        version, last = str(upkeep.changes(c)), _Published.read(upkeep.state(c, _PUBLISHED))
        # a clock that was ahead and was set right must not silence us until that time comes again
        waits = last.again_at is not None and now < last.again_at <= now + _REFUSED
        if version == last.version or waits:
            return None
        lists = news.changed_lists(c, min(last.newest, now)) if last.newest else ()
        told = _Published(version=version, newest=news.newest(c) or now)
    return last, told, ["/", *(f"/{kind}/{quote(slug)}/" for kind, slug in lists)]


def _note(tools: Tools, told: _Published) -> None:
    with tools.database.writing() as c:
        upkeep.set_state(c, _PUBLISHED, told.written())
