"""Subscriptions at hubs (WebSub): which feeds want one, how each stands, and what hubs say.

A feed's row holds its one subscription. `sub_state` is none, pending (asked for, and the hub has
not come back to make sure), active (until `sub_expires_at`) or denied; `sub_try_at` is when to ask
the hub next. A subscription that is given up leaves a farewell behind, so that the hub can be told
and, when it asks whether that is meant, be answered, also when the feed is gone.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from aggregator import urls
from aggregator.model import Poll
from aggregator.store import due
from aggregator.store.schema import facts, feeds, polls

LEASE = timedelta(days=10)  # that hubs are asked for
_LONGEST = timedelta(days=60)  # that a hub is believed
_VERIFIED_WITHIN = timedelta(hours=1)  # a hub that has not come back by then will not
_AGAIN_UNVERIFIED = timedelta(days=1)
_SOONEST = timedelta(minutes=5)  # between two requests for one feed
_DENIED = timedelta(days=7)
_FAREWELL = timedelta(days=1)
_BYE = "farewell:"  # how the facts about given up subscriptions begin
_SAID = '%"until"%'  # what those contain of which the hub was told


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a hub is asked for, or asked to end."""

    token: str  # the part of our address that nobody can guess
    hub_url: str
    topic_url: str
    secret: str = ""  # signs what the hub sends; empty for one that ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A subscription as the hub's messages find it."""

    feed_id: int
    secret: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a feed stands with its hub, for people."""

    hub_url: str
    state: str  # one of `schema.SUB_STATES`
    until: datetime | None  # of an active one: when it ends, unless it is renewed
    asks_at: datetime | None  # when the hub is asked next
    pinged_at: datetime | None  # when it last told of news; None also where it cannot be relied on


def _none(now: datetime) -> dict[str, Any]:
    """Return what a feed without a subscription has; it gets one again when it may have one."""
    return {
        "sub_state": "none",
        "sub_token": None,
        "sub_secret": None,
        "sub_expires_at": None,
        "sub_try_at": now,
        "sub_pinged_at": None,
    }


def _polled() -> ColumnElement[bool]:
    ended = feeds.c.gone_at, feeds.c.removed_at, feeds.c.held_at
    return and_(feeds.c.enabled, ~feeds.c.trial, *(column.is_(None) for column in ended))


# ------------------------------------------------------------------------------- what polls tell


def after_polls(c: Connection, told: Sequence[tuple[Any, Poll]], now: datetime) -> None:
    """Take in what polls tell of their feeds' hubs.

    A document says which hub there is. News that the hub did not tell of show that it is not to be
    relied on: the feed is polled as often as others until the hub tells of something again.

    Args:
        c: in a write transaction.
        told: polls with their entries counted, each with the row of its feed as it was before; not
            in the history yet.
        now: the time of it.
    """
    hubs = {row.id: hub for row, poll in told if poll.read and (hub := _hub(poll)) != _known(row)}
    if hubs:
        give_up(c, list(hubs), now)
        c.execute(
            update(feeds)
            .where(feeds.c.id == bindparam("feed"))
            .values(
                hub_url=bindparam("hub"), topic_url=bindparam("topic"), sub_try_at=bindparam("at")
            ),
            [
                {"feed": feed_id, "hub": hub, "topic": topic, "at": now if hub else None}
                for feed_id, (hub, topic) in hubs.items()
            ],
        )
    pinged = {
        row.id: row.sub_pinged_at
        for row, poll in told
        if row.id not in hubs and poll.entries_new and row.sub_pinged_at is not None
    }
    if not pinged:
        return
    last = select(polls.c.feed_id, func.max(polls.c.started_at)).group_by(polls.c.feed_id)
    before = c.execute(last.where(polls.c.feed_id.in_(pinged)))
    silent = [feed_id for feed_id, started_at in before if pinged[feed_id] < started_at]
    if silent:
        c.execute(update(feeds).where(feeds.c.id.in_(silent)).values(sub_pinged_at=None))


def _known(row: Any) -> tuple[str | None, str | None]:
    return row.hub_url, row.topic_url


def _hub(poll: Poll) -> tuple[str | None, str | None]:
    """Return the hub that a document names and its topic there; both or none."""
    hub, topic = _address(poll.hub_url), _address(poll.topic_url)
    return (hub, topic) if hub and topic else (None, None)


def _address(url: str | None) -> str | None:
    return url if url and urls.is_web(url) and len(url) <= 2000 else None


def keep_pings(c: Connection, told: Iterable[tuple[Any, Poll]], soon: datetime) -> None:
    """Poll feeds again `soon` whose hub told of something new while they were being polled.

    Args:
        c: in a write transaction.
        told: polls that are stored, each with the row of its feed, None where it has none.
        soon: when to.
    """
    late = [
        row.id
        for row, poll in told
        if row and row.sub_pinged_at is not None and row.sub_pinged_at >= poll.started_at
    ]
    if late:
        later = feeds.c.id.in_(late), feeds.c.next_poll_at > soon
        c.execute(update(feeds).where(*later).values(next_poll_at=soon))


# ------------------------------------------------------------------------------ asking the hubs


def wanted(c: Connection, now: datetime, limit: int) -> tuple[Subscription, ...]:
    """Return what hubs are to be asked for now; nobody else gets them for an hour.

    Args:
        c: in a write transaction.
        now: what is to be asked until then.
        limit: at most so many, those that wait longest first.
    """
    rows = c.execute(
        select(feeds)
        .where(feeds.c.sub_try_at <= now, feeds.c.hub_url.is_not(None), _polled())
        .order_by(feeds.c.sub_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    found = []
    for row in rows:
        if row.sub_state == "pending":  # asked for, and the hub never came back
            later = now + _AGAIN_UNVERIFIED
            _set(c, feeds.c.id == row.id, sub_state="none", sub_try_at=later)
            continue
        token = row.sub_token or secrets.token_urlsafe(32)
        secret = row.sub_secret or secrets.token_urlsafe(32)
        _set(
            c,
            feeds.c.id == row.id,
            sub_state="active" if row.sub_state == "active" else "pending",
            sub_token=token,
            sub_secret=secret,
            sub_try_at=now + _VERIFIED_WITHIN,
        )
        found.append(
            Subscription(token=token, hub_url=row.hub_url, topic_url=row.topic_url, secret=secret)
        )
    return tuple(found)


def _set(c: Connection, which: ColumnElement[bool], **values: Any) -> bool:
    return c.execute(update(feeds).where(which).values(values)).rowcount > 0


def unanswered(c: Connection, token: str, now: datetime, wait: timedelta) -> None:
    """Note that a hub could not be asked: ask again after `wait`, sooner where a lease runs out."""
    row = c.execute(select(feeds).where(feeds.c.sub_token == token)).first()
    if row is None:
        return
    if row.sub_state == "active":
        left = row.sub_expires_at - now
        _set(c, feeds.c.id == row.id, sub_try_at=now + max(min(wait, left / 3), _SOONEST))
    elif row.sub_state == "pending":
        _set(c, feeds.c.id == row.id, sub_state="none", sub_try_at=now + max(wait, _SOONEST))


def forget_all(c: Connection, now: datetime) -> None:
    """Drop all subscriptions at once: they are switched off."""
    c.execute(update(feeds).where(feeds.c.sub_token.is_not(None)).values(_none(now)))


def any_held(c: Connection) -> bool:
    """Tell whether there is any subscription."""
    return c.scalar(select(feeds.c.id).where(feeds.c.sub_token.is_not(None)).limit(1)) is not None


# --------------------------------------------------------------------------------- the hubs' words


def is_ours(c: Connection, token: str) -> bool:
    """Tell whether a token is that of a subscription, or of one that was given up of late."""
    kept = select(facts.c.key).where(facts.c.key == f"{_BYE}{token}")
    return held(c, token) is not None or c.execute(kept).first() is not None


def held(c: Connection, token: str) -> Held | None:
    """Return the subscription of a token; None when there is none."""
    row = c.execute(select(feeds).where(feeds.c.sub_token == token)).first()
    if row is None:
        return None
    return Held(feed_id=row.id, secret=row.sub_secret or "", active=row.sub_state == "active")


def standing(c: Connection, feed_id: int) -> Standing | None:
    """Return how a feed stands with its hub; None where it names none."""
    row = c.execute(select(feeds).where(feeds.c.id == feed_id)).first()
    if row is None or not row.hub_url:
        return None
    return Standing(
        hub_url=row.hub_url,
        state=row.sub_state or "none",
        until=row.sub_expires_at,
        asks_at=row.sub_try_at,
        pinged_at=row.sub_pinged_at,
    )


def confirm(c: Connection, token: str, topic: str, lease: timedelta | None, now: datetime) -> bool:
    """Take a hub's word that it has subscribed us for `lease`; False: we never asked for that."""
    lease = min(lease or LEASE, _LONGEST)
    asked = and_(
        feeds.c.sub_token == token,
        feeds.c.topic_url == topic,
        feeds.c.sub_state.in_(("pending", "active")),
        _polled(),
    )
    return _set(
        c,
        asked,
        sub_state="active",
        sub_expires_at=now + lease,
        sub_try_at=now + max(lease * 0.75, _SOONEST),
    )


def deny(c: Connection, token: str, topic: str, now: datetime) -> bool:
    """Take a hub's word that it does not, or no longer, serve us; False: we never asked."""
    ours = feeds.c.sub_token == token, feeds.c.topic_url == topic
    asked = feeds.c.sub_state.in_(("pending", "active"))
    row = c.execute(select(feeds).where(*ours, asked)).first()
    if row is None:
        return False
    _lapse(c, [row], now)
    return _set(
        c, feeds.c.id == row.id, sub_state="denied", sub_expires_at=None, sub_try_at=now + _DENIED
    )


def ping(
    c: Connection, token: str, now: datetime, *, pause: timedelta, failing_pause: timedelta
) -> bool:
    """Make a feed due because its hub says that there is something new.

    Args:
        c: in a write transaction.
        token: of the subscription.
        now: when the hub said so.
        pause: at least between two polls, whatever hubs say.
        failing_pause: the same for a feed that fails.

    Returns:
        Whether the feed is polled sooner than it would have been.
    """
    row = c.execute(
        select(feeds).where(feeds.c.sub_token == token, feeds.c.sub_state == "active", _polled())
    ).first()
    if row is None:
        return False
    soon = due.rests_until(c, row.host, now)
    if row.last_polled_at is not None:
        soon = max(soon, row.last_polled_at + (failing_pause if row.failures else pause))
    values: dict[str, Any] = {"sub_pinged_at": now}
    sooner = bool(row.next_poll_at > soon)
    if sooner:
        values["next_poll_at"] = soon
    _set(c, feeds.c.id == row.id, **values)
    return sooner


# ------------------------------------------------------------------------------------- the end


def tidy(c: Connection, now: datetime) -> None:
    """End what has run out, and give up what nobody wants any more."""
    expired = feeds.c.sub_state == "active", feeds.c.sub_expires_at <= now
    rows = c.execute(select(feeds).where(feeds.c.sub_token.is_not(None), *expired)).all()
    _lapse(c, rows, now)
    _set(c, feeds.c.id.in_([row.id for row in rows]), sub_state="none", sub_expires_at=None)
    unwanted = feeds.c.sub_token.is_not(None), or_(~_polled(), feeds.c.hub_url.is_(None))
    give_up(c, c.scalars(select(feeds.c.id).where(*unwanted)).all(), now)


def untidy(c: Connection, now: datetime) -> bool:
    """Tell whether there is anything to do for `tidy`, `wanted` or `farewells`."""
    expired = and_(feeds.c.sub_state == "active", feeds.c.sub_expires_at <= now)
    ended = and_(feeds.c.sub_token.is_not(None), or_(expired, ~_polled()))
    waiting = and_(feeds.c.sub_try_at <= now, feeds.c.hub_url.is_not(None), _polled())
    queries = (
        select(feeds.c.id).where(ended),
        select(feeds.c.id).where(waiting),
        select(facts.c.key).where(facts.c.key.startswith(_BYE), facts.c.value.not_like(_SAID)),
    )
    return any(c.execute(query.limit(1)).first() for query in queries)


def _lapse(c: Connection, rows: Iterable[Any], now: datetime) -> None:
    """Poll feeds as often as others again that were left to their hub."""
    for row in rows:
        usual = (row.last_polled_at or now) + timedelta(seconds=row.interval_s)
        later = feeds.c.id == row.id, feeds.c.next_poll_at > max(now, usual)
        c.execute(update(feeds).where(*later).values(next_poll_at=max(now, usual)))


def give_up(c: Connection, feed_ids: Sequence[int], now: datetime) -> None:
    """End the subscriptions of these feeds; what is known of their hubs stays.

    Their next poll is as it was planned.
    """
    leave(c, feed_ids)
    chosen = feeds.c.id.in_(feed_ids), feeds.c.sub_token.is_not(None)
    c.execute(update(feeds).where(*chosen).values(_none(now)))


def leave(c: Connection, feed_ids: Sequence[int]) -> None:
    """Have the hubs of these feeds be told, later, that nobody listens any more."""
    standing = feeds.c.sub_state.in_(("pending", "active")), feeds.c.hub_url.is_not(None)
    for row in c.execute(select(feeds).where(feeds.c.id.in_(feed_ids), *standing)).all():
        value = json.dumps({"hub": row.hub_url, "topic": row.topic_url})
        c.execute(insert(facts).values(key=f"{_BYE}{row.sub_token}", value=value))


def farewells(c: Connection, now: datetime) -> tuple[Subscription, ...]:
    """Return what hubs are to be asked to end; each only once. Old ones are forgotten."""
    rows = c.execute(select(facts).where(facts.c.key.startswith(_BYE))).all()
    found = []
    for row in rows:
        said = json.loads(row.value)
        if "until" in said:
            if datetime.fromisoformat(said["until"]) <= now:
                c.execute(delete(facts).where(facts.c.key == row.key))
            continue
        until = json.dumps(said | {"until": (now + _FAREWELL).isoformat()})
        c.execute(update(facts).where(facts.c.key == row.key).values(value=until))
        token = row.key.removeprefix(_BYE)
        found.append(Subscription(token=token, hub_url=said["hub"], topic_url=said["topic"]))
    return tuple(found)


def confirm_end(c: Connection, token: str, topic: str) -> bool:
    """Tell whether we mean a subscription to end; once."""
    key = facts.c.key == f"{_BYE}{token}"
    kept = c.scalar(select(facts.c.value).where(key))
    if kept is None or json.loads(kept)["topic"] != topic:
        return False
    c.execute(delete(facts).where(key))
    return True
