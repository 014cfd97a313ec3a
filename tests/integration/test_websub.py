"""Feeds whose hub tells when something is new (WebSub): a real hub, the real site, real polls."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import Row, select, update
from werkzeug.serving import make_server

from aggregator import websub
from aggregator.model import Outcome
from aggregator.recognise import catalogue as catalogues
from aggregator.settings import Settings
from aggregator.store import Database, feeds, news, upkeep
from aggregator.store.schema import facts
from aggregator.store.schema import feeds as table
from aggregator.web import create_app
from tests.feeds import Item, recap, rss
from tests.hub import Hub, ask, signed
from tests.integration import store_samples as samples
from tests.polls import Polls, started
from tests.site import Answer, Request, Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """A followed feed with a hub, and our site where the hub reaches it."""

    def __init__(self, polls: Polls, site: Site) -> None:
        self.polls = polls
        self.site = site
        self.hub = Hub(site)
        self.topic = site.url("/feed.xml")
        self.publish("One")
        [self.feed_id] = polls.follow(self.topic)

    def publish(self, *titles: str, hub: str | None = "", **headers: str) -> None:
        """Put posts into the feed, which names its hub in a header; None: no hub."""
        link = f'<{hub or self.hub.url}>; rel="hub", <{self.topic}>; rel="self"'
        told = {} if hub is None else {"Link": link}
        today = format_datetime(datetime.now(UTC))
        items = [Item(title, guid=title, date=today) for title in titles]
        self.site.set("/feed.xml", Answer(body=rss(*items), headers=told | headers))

    def keep(self) -> None:
        """Do what is to be done with hubs now, and wait until they have done their part."""

        async def once() -> None:
            async with self.polls.poller() as poller:
                await websub.keep(poller.tools)

        asyncio.run(once())
        self.hub.settle()

    def subscribe(self) -> str:
        """Poll, and subscribe to what the poll found; return our address at the hub."""
        self.polls.one(self.feed_id)
        self.keep()
        assert self.row().sub_state == "active"
        return self.hub.asked[-1].callback

    def row(self) -> Row[tuple[object, ...]]:
        with self.polls.database.reading() as c:
            return c.execute(select(table).where(table.c.id == self.feed_id)).one()

    def due(self) -> bool:
        return self.polls.feed(self.feed_id).next_poll_at <= datetime.now(UTC)

    def ping(self, body: bytes = b"<rss/>") -> None:
        [reply] = self.hub.publish(self.topic, body)
        assert reply.status == 204


_catalogue = cache(catalogues.load)  # it takes longer to load than most tests


@pytest.fixture
def address(database: Database, settings: Settings) -> Iterator[str]:
    """Our site, served on loopback."""
    app = create_app(settings, database, _catalogue(settings.config_dir))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def world(database: Database, settings: Settings, site: Site, address: str) -> World:
    changed = {"fetch_allow_private": True, "poll_processes": 1, "base_url": address}
    polls = Polls(database, settings.model_copy(update=changed), now=datetime.now(UTC))
    return World(polls, site)


# ----------------------------------------------------------------------------------- subscribing


def test_a_hub_in_the_header_is_asked_and_made_sure_of(world: World) -> None:
    world.subscribe()
    [asked] = world.hub.asked
    assert (asked.mode, asked.topic, asked.lease_s) == ("subscribe", world.topic, 864_000)
    assert asked.callback.startswith(f"{world.polls.settings.base_url}/websub/")
    assert len(asked.callback.rpartition("/")[2]) >= 40, "nobody can guess it"
    assert 40 <= len(asked.secret) < 200
    [reply] = world.hub.replies
    assert (reply.status, reply.body) == (200, b"challenge-7")
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert "noindex" in reply.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in reply.headers
    world.keep()
    assert len(world.hub.asked) == 1


def test_a_hub_in_the_document_is_asked_for_its_self_link(world: World) -> None:
    own = "https://blog.example/own.xml"
    links = "".join(
        f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{rel}" href="{url}"/>'
        for rel, url in (("hub", world.hub.url), ("self", own))
    )
    body = rss(Item("One")).replace("<channel>", f"<channel>{links}")
    world.site.set("/feed.xml", Answer(body=body))
    world.subscribe()
    assert world.hub.asked[0].topic == own


def test_the_header_goes_before_the_document(world: World) -> None:
    link = '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="hub" href="https://h.example/"/>'
    body = rss(Item("One")).replace("<channel>", f"<channel>{link}")
    head = f'<{world.hub.url}>; rel="hub"'
    world.site.set("/feed.xml", Answer(body=body, headers={"Link": head}))
    world.subscribe()
    assert world.hub.asked[0].topic == world.topic, "the feed's address, where it names no other"


def test_two_feeds_have_different_addresses_and_secrets(world: World) -> None:
    link = f'<{world.hub.url}>; rel="hub"'
    other = world.site.set("/b.xml", Answer(body=rss(Item("B")), headers={"Link": link}))
    world.polls.follow(other)
    world.polls.all(every=True)
    world.keep()
    first, second = world.hub.asked
    assert first.callback != second.callback
    assert first.secret != second.secret


@pytest.mark.parametrize(
    "changed",
    [{"base_url": ""}, {"websub": False}, {"base_url": "https://localhost"}],
    ids=["no public address", "switched off", "an address that only we reach"],
)
def test_no_hub_is_asked_where_it_could_not_reach_us(
    world: World, changed: dict[str, object]
) -> None:
    world.polls.one(world.feed_id)
    if changed.get("base_url"):
        changed = changed | {"fetch_allow_private": False}
    world.polls.settings = world.polls.settings.model_copy(update=changed)
    world.keep()
    assert not world.hub.asked


def test_a_hub_at_a_private_address_is_not_asked(world: World) -> None:
    world.polls.one(world.feed_id)
    changed = {"fetch_allow_private": False, "base_url": "https://recaps.example.org"}
    world.polls.settings = world.polls.settings.model_copy(update=changed)
    world.keep()
    assert not world.hub.asked
    assert world.row().sub_state == "none"


def test_feeds_on_trial_are_not_subscribed_to(world: World) -> None:
    with world.polls.database.writing() as c:
        c.execute(update(table).values(trial=True))
    world.polls.one(world.feed_id)
    world.keep()
    assert not world.hub.asked


def test_switching_it_off_ends_all_and_switching_it_on_asks_again(world: World) -> None:
    callback = world.subscribe()
    settings = world.polls.settings
    world.polls.settings = settings.model_copy(update={"websub": False})
    world.keep()
    assert (world.row().sub_state, world.row().sub_token) == ("none", None)
    assert ask(callback, method="POST", body=b"x").status == 410
    world.polls.settings = settings
    world.keep()
    assert world.row().sub_state == "active"
    assert world.hub.asked[-1].callback != callback


def _near(said: str, when: datetime) -> bool:
    """Tell whether a time of day that was shown is `when`, but for the minutes of this test."""
    return abs(datetime.strptime(said, "%Y-%m-%d %H:%M").replace(tzinfo=UTC) - when) < 5 * MINUTE


def test_the_command_shows_how_a_feed_stands_with_its_hub(world: World) -> None:
    def shown() -> dict[str, str]:
        command = started(world.polls, "feeds", "show", str(world.feed_id))
        lines = command.communicate(timeout=60)[0].splitlines()
        return {line[:18].strip(): line[19:] for line in lines}

    assert "hub" not in shown(), "nobody has read the feed yet"
    world.polls.one(world.feed_id)
    assert shown()["hub"] == world.hub.url
    assert shown()["news from the hub"].startswith("not asked for yet")
    world.keep()
    said = re.fullmatch(r"come until (.*), last never", shown()["news from the hub"])
    assert said
    assert _near(said[1], world.polls.now + 10 * DAY)
    world.ping()
    assert _near(shown()["news from the hub"].partition("last ")[2], datetime.now(UTC))
    world.hub.deny(world.hub.asked[0].callback, world.topic)
    assert shown()["news from the hub"].startswith("refused; asked for again ")


# ------------------------------------------------------------------------------------- the hub's no


def test_a_hub_that_denies_is_left_alone_for_a_while(world: World) -> None:
    callback = world.subscribe()
    assert world.hub.deny(callback, world.topic).status == 200
    assert world.row().sub_state == "denied"
    world.keep()
    assert len(world.hub.asked) == 1
    world.polls.now += 8 * DAY
    world.keep()
    assert (len(world.hub.asked), world.row().sub_state) == (2, "active")


@pytest.mark.parametrize(
    ("status", "wait"), [(400, 7 * DAY), (404, 7 * DAY), (500, 6 * HOUR), (503, 6 * HOUR)]
)
def test_a_hub_that_fails_is_asked_again_later_and_polls_go_on(
    world: World, status: int, wait: timedelta
) -> None:
    world.polls.one(world.feed_id)
    world.hub.refuses = status
    world.keep()
    assert world.row().sub_state == "none"
    assert world.polls.wait(world.feed_id) < 12 * HOUR
    world.hub.refuses = 0
    world.polls.now += wait - MINUTE
    world.keep()
    assert len(world.hub.asked) == 1
    world.polls.now += 2 * MINUTE
    world.keep()
    assert (len(world.hub.asked), world.row().sub_state) == (2, "active")


def test_a_hub_that_never_comes_back_is_asked_once_a_day(world: World) -> None:
    silent: list[Request] = []

    def take(request: Request) -> Answer:
        silent.append(request)
        return Answer(status=202)

    world.site.set("/hub", take)
    world.polls.one(world.feed_id)
    for _ in range(50):
        world.keep()
        world.polls.now += HOUR
    assert len(silent) == 2


# ----------------------------------------------------------------------------- making sure of it


def test_what_we_never_asked_for_is_not_confirmed(world: World) -> None:
    callback = world.subscribe()
    base = callback.rpartition("/")[0]
    for url, mode, topic in (
        (callback, "subscribe", "https://other.example/feed.xml"),
        (callback, "unsubscribe", world.topic),
        (callback, "", world.topic),
        (callback, "publish", world.topic),
        (f"{base}/{'x' * 43}", "subscribe", world.topic),
        (f"{base}/{'x' * 43}", "denied", world.topic),
    ):
        reply = world.hub.verify(url, mode, topic)
        assert reply.status == 404, (url, mode, topic)
        assert b"challenge-7" not in reply.body
    assert world.hub.deny(callback, "https://other.example/feed.xml").status == 404
    assert world.row().sub_state == "active"


def test_a_challenge_is_given_back_as_text_whatever_it_holds(world: World) -> None:
    callback = world.subscribe()
    reply = ask(
        f"{callback}?hub.mode=subscribe&hub.topic={world.topic}&hub.challenge=%3Cscript%3E%26%0A"
        "&hub.lease_seconds=none"
    )
    assert (reply.status, reply.body) == (200, b"<script>&\n")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


# ------------------------------------------------------------------------------------- the pings


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_message_makes_the_feed_due_at_once(world: World, method: str) -> None:
    world.subscribe()
    world.polls.now += 5 * MINUTE
    _let_the_last_poll_be(world, 5 * MINUTE)
    assert not world.due()
    [reply] = world.hub.publish(world.topic, b"<rss>\xff</rss>", method)
    assert (reply.status, reply.body) == (204, b"")
    assert world.due()
    world.publish("One", "Two")
    assert world.polls.all()[world.feed_id].entries_new == 1


def _let_the_last_poll_be(world: World, ago: timedelta) -> None:
    """The site's clock is real, so it is the past that has to be moved."""
    with world.polls.database.writing() as c:
        c.execute(update(table).values(last_polled_at=datetime.now(UTC) - ago))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=0000",
        "sha256",
        signed("another secret", b"<rss/>"),
        "md5=d41d8cd98f00b204e9800998ecf8427e",
        "sha256=\u00e9",
    ],
    ids=["none", "empty", "short", "no digest", "other secret", "weak method", "odd bytes"],
)
def test_a_wrong_signature_is_answered_and_ignored(world: World, signature: str) -> None:
    callback = world.subscribe()
    _let_the_last_poll_be(world, HOUR)
    headers = {"X_Hub_Signature": signature.encode().decode("latin-1")} if signature else {}
    reply = ask(callback, method="POST", body=b"<rss/>", **headers)
    assert reply.status == 204
    assert not world.due()


def test_the_signature_is_that_of_this_very_body(world: World) -> None:
    callback = world.subscribe()
    _let_the_last_poll_be(world, HOUR)
    proof = signed(world.hub.asked[0].secret, b"<rss/>")
    assert ask(callback, method="POST", body=b"<rss />", X_Hub_Signature=proof).status == 204
    assert not world.due()


def test_a_hub_cannot_make_us_ask_a_site_more_than_once_a_minute(world: World) -> None:
    world.subscribe()
    _let_the_last_poll_be(world, timedelta(seconds=10))
    for _ in range(3):
        world.ping(b"the same message, again and again")
    until_due = world.polls.feed(world.feed_id).next_poll_at - datetime.now(UTC)
    assert timedelta(seconds=40) < until_due <= timedelta(seconds=50)


def test_a_feed_that_fails_is_not_asked_more_often_for_its_hub(world: World) -> None:
    world.subscribe()
    world.site.set("/feed.xml", Answer(status=500))
    assert world.polls.one(world.feed_id).outcome is Outcome.FAILED
    _let_the_last_poll_be(world, 10 * MINUTE)
    world.ping()
    floor = timedelta(seconds=world.polls.settings.poll_interval_min_s)
    until_due = world.polls.feed(world.feed_id).next_poll_at - datetime.now(UTC)
    assert floor - 11 * MINUTE < until_due < floor


def test_messages_for_one_feed_are_limited_and_for_nobody_end(world: World) -> None:
    callback = world.subscribe()
    nobody = f"{callback.rpartition('/')[0]}/{'x' * 43}"
    assert ask(nobody, method="POST", body=b"x").status == 410
    statuses = [ask(callback, method="POST", body=b"x").status for _ in range(40)]
    assert statuses[0] == 204
    assert statuses[-1] == 429


def test_a_message_that_is_too_large_is_refused(world: World, database: Database) -> None:
    settings = world.polls.settings.model_copy(update={"fetch_max_bytes": 2048})
    client = create_app(settings, database).test_client()
    world.subscribe()
    path = "/websub/" + world.hub.asked[0].callback.rpartition("/")[2]
    secret = world.hub.asked[0].secret
    _let_the_last_poll_be(world, HOUR)
    for size, status in ((2049, 413), (2048, 204)):
        body = b"x" * size
        answer = client.post(path, data=body, headers={"X-Hub-Signature": signed(secret, body)})
        assert answer.status_code == status
        assert world.due() is (status == 204)


def test_a_message_that_comes_during_a_poll_is_not_lost(world: World) -> None:
    world.subscribe()
    _let_the_last_poll_be(world, HOUR)

    def meanwhile(_: Request) -> Answer:
        world.ping()
        return Answer(body=rss(Item("Two")), headers={"Link": f'<{world.hub.url}>; rel="hub"'})

    world.site.set("/feed.xml", meanwhile)
    world.polls.now = datetime.now(UTC)
    world.polls.one(world.feed_id)
    assert world.polls.wait(world.feed_id) <= MINUTE


# ----------------------------------------------------------------------- how often polls come now


def test_a_feed_is_polled_once_a_day_while_its_hub_tells_of_news(world: World) -> None:
    world.subscribe()
    world.polls.one(world.feed_id, after=HOUR)
    assert world.polls.wait(world.feed_id) < 12 * HOUR, "the hub has told nothing yet"
    world.ping()
    world.publish("One", "Two")
    world.polls.now = datetime.now(UTC) + 2 * HOUR
    world.polls.one(world.feed_id)
    assert 20 * HOUR < world.polls.wait(world.feed_id) <= DAY
    assert world.polls.feed(world.feed_id).interval < 12 * HOUR, "the usual interval is kept"


def test_news_that_the_hub_did_not_tell_of_end_the_trust_in_it(world: World) -> None:
    world.subscribe()
    world.ping()
    world.polls.now = datetime.now(UTC) + HOUR
    world.polls.one(world.feed_id)
    world.publish("One", "Two")
    world.polls.one(world.feed_id, after=DAY)
    assert world.row().sub_pinged_at is None
    world.polls.one(world.feed_id, after=HOUR)
    assert world.polls.wait(world.feed_id) < 12 * HOUR
    assert world.row().sub_state == "active"


def _trust(world: World) -> None:
    """Let the hub be one that has told of news, and the next poll be a day off."""
    world.subscribe()
    world.ping()
    world.polls.now = datetime.now(UTC) + HOUR
    world.polls.one(world.feed_id)
    assert world.polls.wait(world.feed_id) > 20 * HOUR


def test_when_a_hub_denies_the_usual_interval_holds_again(world: World) -> None:
    _trust(world)
    world.hub.deny(world.hub.asked[0].callback, world.topic)
    assert world.polls.wait(world.feed_id) < 12 * HOUR


def test_a_lease_is_renewed_before_it_ends(world: World) -> None:
    callback = world.subscribe()
    world.polls.now += timedelta(days=7)
    world.keep()
    assert len(world.hub.asked) == 1
    world.polls.now += timedelta(days=1)
    world.keep()
    assert [asked.callback for asked in world.hub.asked] == [callback, callback]
    assert world.row().sub_state == "active"


def test_when_a_lease_has_ended_the_usual_interval_holds_again(world: World) -> None:
    world.hub.lease_s = int((2 * DAY).total_seconds())
    _trust(world)
    world.hub.refuses = 500
    world.polls.now += 2 * DAY
    world.keep()
    assert world.row().sub_state == "none"
    assert world.polls.wait(world.feed_id) < 12 * HOUR
    callback = world.hub.asked[0].callback
    proof = signed(world.hub.asked[0].secret, b"late")
    before = world.row().next_poll_at
    assert ask(callback, method="POST", body=b"late", X_Hub_Signature=proof).status == 204
    assert world.row().next_poll_at == before, "what comes after the end is ignored"


# -------------------------------------------------------------------------------- changes and ends


def test_a_feed_that_changes_its_hub_is_subscribed_there_and_ended_here(
    world: World, site: Site
) -> None:
    old = world.subscribe()
    with Site() as elsewhere:
        other = Hub(elsewhere)
        world.publish("One", "Two", hub=other.url)
        world.polls.one(world.feed_id)
        world.keep()
        other.settle()
        [asked] = other.asked
        assert asked.callback != old
        assert world.row().sub_state == "active"
    assert [one.mode for one in world.hub.asked] == ["subscribe", "unsubscribe"]
    assert world.hub.subscribers == {}
    assert ask(old, method="POST", body=b"x").status == 410


def test_a_feed_without_a_hub_any_more_is_ended(world: World) -> None:
    world.subscribe()
    world.publish("One", "Two", hub=None)
    world.polls.one(world.feed_id)
    world.keep()
    assert world.hub.subscribers == {}
    assert (world.row().hub_url, world.row().sub_state) == (None, "none")


def test_an_unchanged_document_changes_nothing(world: World) -> None:
    world.publish("One", ETag='"1"')
    world.subscribe()
    world.polls.one(world.feed_id, after=HOUR)
    world.keep()
    assert (len(world.hub.asked), world.row().sub_state) == (1, "active")


def test_a_paused_feed_is_ended_and_a_resumed_one_subscribed_again(world: World) -> None:
    world.subscribe()
    with world.polls.database.writing() as c:
        feeds.pause(c, world.feed_id)
    world.keep()
    assert [one.mode for one in world.hub.asked] == ["subscribe", "unsubscribe"]
    assert world.hub.subscribers == {}
    with world.polls.database.writing() as c:
        feeds.resume(c, world.feed_id, world.polls.now)
    world.keep()
    assert len(world.hub.subscribers) == 1


@pytest.mark.parametrize("keep_entries", [False, True])
def test_a_removed_feed_is_ended_at_its_hub(world: World, keep_entries: bool) -> None:
    callback = world.subscribe()
    with world.polls.database.writing() as c:
        feeds.remove(c, world.feed_id, keep_entries=keep_entries)
    world.keep()
    assert world.hub.asked[-1].mode == "unsubscribe"
    assert world.hub.asked[-1].topic == world.topic
    assert world.hub.subscribers == {}
    world.keep()
    assert len(world.hub.asked) == 2
    assert ask(callback, method="POST", body=b"x").status == 410
    with world.polls.database.reading() as c:
        assert not c.execute(select(facts).where(facts.c.key.startswith("farewell:"))).all()


def test_a_farewell_that_nobody_takes_is_forgotten(world: World) -> None:
    world.subscribe()
    world.hub.refuses = 500
    with world.polls.database.writing() as c:
        feeds.remove(c, world.feed_id, keep_entries=False)
    world.keep()
    assert len(world.hub.asked) == 2
    world.polls.now += 2 * DAY
    [world.feed_id] = world.polls.follow(world.topic)
    world.polls.one(world.feed_id)
    world.keep()
    with world.polls.database.reading() as c:
        assert not c.execute(select(facts).where(facts.c.key.startswith("farewell:"))).all()
    assert replace(world.hub.asked[-1], callback="", secret="").mode == "subscribe"


# ----------------------------------------------------------------------------------- our own feeds


def _own_hub(world: World) -> None:
    world.polls.settings = world.polls.settings.model_copy(update={"hub_url": world.hub.url})


def _told(world: World) -> list[str]:
    """Return the addresses that our hub was told of since the last look, without the site's."""
    base = world.polls.settings.base_url
    told = [pair for one in world.site.asked("/hub") for pair in parse_qsl(one.body.decode())]
    world.site.requests.clear()
    assert all(said == "publish" for name, said in told if name == "hub.mode")
    return sorted(said.removeprefix(base) for name, said in told if name == "hub.url")


HOME = ["/atom.xml", "/feed.json", "/rss.xml"]


def test_our_hub_is_told_when_our_feeds_have_changed_and_only_then(world: World) -> None:
    world.publish("One", hub=None)
    world.polls.one(world.feed_id)
    _own_hub(world)
    world.keep()
    assert _told(world) == HOME
    world.polls.now += HOUR
    world.keep()
    assert _told(world) == []
    world.publish("One", "Two", hub=None)
    world.polls.one(world.feed_id)
    world.keep()
    assert _told(world) == HOME


def test_what_an_older_version_has_told_our_hub_is_not_told_again(world: World) -> None:
    _own_hub(world)
    world.publish("One", hub=None)
    world.polls.one(world.feed_id)
    with world.polls.database.writing() as c:
        upkeep.set_state(c, "hub:published", str(upkeep.changes(c)))
    world.keep()
    assert _told(world) == []
    world.publish("Two", hub=None)
    world.polls.one(world.feed_id)
    world.keep()
    assert _told(world) == HOME


def test_our_hub_is_told_of_the_lists_that_a_new_recap_is_in(world: World) -> None:
    _own_hub(world)
    world.publish("One", hub=None)
    world.polls.one(world.feed_id)
    world.keep()
    world.polls.now += HOUR
    _told(world)
    world.site.set("/feed.xml", Answer(body=rss(replace(recap(), tags=("Testing",)))))
    world.polls.one(world.feed_id)
    world.keep()
    told = _told(world)
    kinds = Counter(address.split("/")[1] for address in told if address not in HOME)
    assert kinds == {"events": 3, "series": 3, "sources": 3, "tags": 3, "talks": 6, "speakers": 6}
    assert set(HOME) < set(told)
    settings = world.polls.settings
    client = create_app(settings, world.polls.database).test_client()
    for address in told:
        answer = client.get(address)
        own = f'<{world.hub.url}>; rel="hub", <{settings.base_url}{address}>'
        assert answer.headers["Link"] == f'{own}; rel="self"', "hubs take the name from there"
        assert answer.data.count(world.hub.url.encode()) == 1
    world.polls.now += HOUR
    world.publish("Three", hub=None)
    world.polls.one(world.feed_id)
    world.keep()
    assert _told(world) == HOME, "the recap is not told of again"


def test_our_hub_is_told_of_the_events_that_an_event_is_part_of(world: World) -> None:
    database = world.polls.database
    hosted = samples.recap("a", samples.about("RSE-HPC", part_of="SC"))
    samples.save(database, world.feed_id, samples.recap("b", samples.about("SC")))
    samples.save(database, world.feed_id, hosted, now=samples.NOW + DAY)
    with database.reading() as c:
        told = news.changed_lists(c, samples.NOW)
        assert {slug for kind, slug in told if kind == "events"} == {"rse-hpc-2026", "sc-2026"}
        assert news.changed_lists(c, samples.NOW + DAY) == ()


def test_our_hub_is_told_once_a_minute_at_most(world: World) -> None:
    _own_hub(world)
    told = []
    for number in range(6):
        world.publish(f"Post {number}", hub=None)
        world.polls.one(world.feed_id)
        world.keep()
        told.append(len(world.site.asked("/hub")))
        world.polls.now += MINUTE / 2
    assert told == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("status", "after", "wait"),
    [(500, "", 5 * MINUTE), (503, "1800", 30 * MINUTE), (400, "", 6 * HOUR)],
)
def test_a_hub_of_ours_that_fails_is_told_again_later(
    world: World, status: int, after: str, wait: timedelta
) -> None:
    world.publish("One", hub=None)
    world.polls.one(world.feed_id)
    _own_hub(world)
    headers = {"Retry-After": after} if after else {}
    world.site.set("/hub", Answer(status=status, headers=headers), Answer(status=204))
    begun, asked = world.polls.now, []
    for passed in (timedelta(), wait - MINUTE, wait, 2 * wait):
        world.polls.now = begun + passed
        world.keep()
        asked.append(len(world.site.asked("/hub")))
    assert asked == [1, 1, 2, 2]


def test_our_feeds_name_our_hub_where_it_is_told_of_them(
    settings: Settings, database: Database
) -> None:
    hub, base = "https://hub.example/", "https://recaps.example"
    changed = {"hub_url": hub, "base_url": base}
    client = create_app(settings.model_copy(update=changed), database).test_client()
    for name in ("rss.xml", "atom.xml", "feed.json"):
        answer = client.get(f"/{name}")
        assert answer.headers["Link"] == f'<{hub}>; rel="hub", <{base}/{name}>; rel="self"'
        assert hub.encode() in answer.data
    for untold in ("/search/rss.xml?q=x", "/search/rss.xml", "/rss.xml?before=20260101T000000Z-1"):
        answer = client.get(untold)
        assert answer.status_code == 200
        assert hub.encode() not in answer.data
        assert "Link" not in answer.headers
    plain = create_app(settings, database).test_client().get("/rss.xml")
    assert "Link" not in plain.headers
