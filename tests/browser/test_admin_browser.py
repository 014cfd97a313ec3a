"""The admin pages in Chromium: forms without scripts, a phone's width, accessibility."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page
from werkzeug.serving import make_server

from aggregator.model import EntryQuery, FeedLink, Kind, Outcome, RawHtml, Recognition
from aggregator.store import Database, entries, feeds
from tests import desk, world
from tests.browser.watched import STATES, State, Watched
from tests.desk import ARTICLE, FEED_URL, MENTION, PASSWORD, account, add_feed, recap_of

OVERLOADED = "service unavailable): it is overloaded or under repair and asks to be left alone"
SHOTS = os.environ.get("AGGREGATOR_TEST_SHOTS")  # a folder for pictures of every page


class Stage:
    """The running site with a bit of everything that admins see."""

    def __init__(self, folder: Path) -> None:
        settings = desk.settings_in(folder)
        self.database: Database = desk.database_in(settings)
        account(self.database, "ada")
        account(self.database, "eve", "editor")
        now = datetime.now(UTC)
        built = world.build(self.database, recaps=120, others=30, now=now)
        self._trouble(built.feed_ids, now)
        app = desk.app_of(settings, self.database)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _trouble(self, feed_ids: tuple[int, ...], now: datetime) -> None:
        """Make feeds that fail and rest, one on trial, and an entry in doubt."""
        for place, feed_id in enumerate(feed_ids):
            self._history(feed_id, place, now)
        with self.database.writing() as c:
            feeds.pause(c, feed_ids[3])
        found = Recognition(kind=Kind.RECAP, kind_score=0.55, events=(MENTION,), version=1,
                            why=("title: FjordSoftCon 2026", "lead: attended"))  # fmt: skip
        self.feed = add_feed(self.database, recap_of(recognition=found, original=ARTICLE))
        both = tuple(
            FeedLink(url=f"https://try.example/{name}.xml", title=name, type="application/rss+xml")
            for name in ("feed", "comments")
        )
        self.trial = add_feed(
            self.database,
            *(recap_of(n, title=f"On trial {n}", original=RawHtml("<p>x</p>")) for n in (11, 12)),
            url="https://try.example/feed.xml",
            trial=True,
            candidates=both,
        )

    def _history(self, feed_id: int, place: int, now: datetime) -> None:
        with self.database.writing() as c:
            url = feeds.get(c, feed_id).url
            for back in range(12, 0, -1):
                when = now - timedelta(hours=back)
                bad = place == 1 or (place == 5 and back % 4 == 0)
                outcome = Outcome.FAILED if bad else Outcome.NOT_MODIFIED
                error = f"{url} answered 503 ({OVERLOADED}, try again later" if bad else None
                poll = world.poll_of(feed_id, url, (), when, outcome=outcome, error=error,
                                     http_status=503 if bad else 304)  # fmt: skip
                feeds.finish(c, [poll], when)

    def close(self) -> None:
        self.server.shutdown()
        self.database.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


# What the login page says, by the browser's language.
LOGIN = {"en-GB": ("Name", "Password", "Log in"), "de-DE": ("Name", "Passwort", "Anmelden")}


def opened(
    browser: Browser, stage: Stage, width: int, *, scripts: bool = True, locale: str = "en-GB"
) -> Page:
    """Return a page of somebody who has logged in."""
    context = browser.new_context(
        base_url=stage.address,
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        locale=locale,
    )
    page = context.new_page()
    page.goto(f"{stage.address}/admin/login")
    name, password, log_in = LOGIN[locale]
    page.get_by_label(name).fill("ada")
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=log_in).click()
    page.wait_for_url(f"{stage.address}/admin/")
    return page


def paths_of(stage: Stage) -> dict[str, str]:
    with stage.database.reading() as c:
        failing = next(feed.id for feed in feeds.all_feeds(c) if feed.status == "failing")
    return {
        "overview": "/admin/",
        "feeds": "/admin/feeds/",
        "add": "/admin/feeds/add",
        "feed": f"/admin/feeds/{failing}/",
        "feed-edit": f"/admin/feeds/{failing}/edit",
        "feed-remove": f"/admin/feeds/{failing}/remove",
        "trial": f"/admin/feeds/{stage.trial}/",
        "waiting": f"/admin/feeds/{stage.feed}/?since=4102444800000",
        "entries": "/admin/entries/",
        "unsure": "/admin/entries/?show=unsure",
        "entry": f"/admin/entries/{entry_of(stage)}/",
        "events": "/admin/events/",
        "event": "/admin/events/fjordsoftcon-2026/",
        "tags": "/admin/tags/",
        "tag": "/admin/tags/testing/",
        "decisions": "/admin/decisions/",
        "accounts": "/admin/accounts/",
        "account": "/admin/accounts/2/",
        "missing": "/admin/feeds/99999/",
    }


def entry_of(stage: Stage) -> int:
    with stage.database.reading() as c:
        query = EntryQuery(feed_id=stage.feed, listed_only=False, limit=1)
        return entries.find(c, query).items[0].id


# German where its long words may be too wide.
SCREENS: dict[str, tuple[State, ...]] = {
    "en-GB": STATES,
    "de-DE": ((1280, "dark"), (320, "light")),
}


@pytest.mark.parametrize("locale", SCREENS)
def test_every_admin_page_is_sound_at_every_width(
    browser: Browser, stage: Stage, locale: str
) -> None:
    page = opened(browser, stage, 1280, locale=locale)
    watched = Watched(page, stage.address)
    faults = []
    for name, path in paths_of(stage).items():
        watched.open(path)
        if page.locator("html").get_attribute("lang") != locale[:2]:
            faults.append(f"{name}: not in {locale}")
        if page.locator("h1").count() != 1:
            faults.append(f"{name}: {page.locator('h1').count()} main headings")
        for state in SCREENS[locale]:
            watched.turn(state)
            if SHOTS:
                photographed(page, name, state, locale)
            faults += [f"{name} at {state} in {locale}: {one}" for one in watched.wrong()]
    page.context.close()
    assert faults == []


def photographed(page: Page, name: str, state: State, locale: str) -> None:
    width, scheme = state
    tall = min(page.evaluate("document.documentElement.scrollHeight"), 1800)
    part = FloatRect(x=0, y=0, width=width, height=tall)
    shot = Path(str(SHOTS)) / f"{name}-{width}-{scheme}-{locale}.png"
    page.screenshot(path=shot, full_page=True, clip=part)


def test_a_feed_is_added_and_discarded_without_scripts(browser: Browser, stage: Stage) -> None:
    page = opened(browser, stage, 390, scripts=False)
    page.goto(f"{stage.address}/admin/feeds/")
    page.get_by_role("link", name="Add a feed").click()
    page.get_by_label("Address of a blog").fill("another.example/blog")
    page.get_by_role("button", name="Look at it").click()
    assert "Waiting for the poll" in page.locator("main").inner_text()
    page.get_by_role("link", name="Stop reloading").click()
    page.get_by_role("button", name="Discard").click()
    assert "is discarded" in page.locator("main").inner_text()
    page.context.close()


def test_an_address_that_is_followed_already_leads_to_that_feed(
    browser: Browser, stage: Stage
) -> None:
    page = opened(browser, stage, 1280, scripts=False)
    page.goto(f"{stage.address}/admin/feeds/add")
    page.get_by_label("Address of a blog").fill(FEED_URL.replace("https", "http"))
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("link", name="Show that feed").click()
    assert page.url == f"{stage.address}/admin/feeds/{stage.feed}/"
    page.context.close()


def test_a_correction_is_made_and_undone_by_keyboard(browser: Browser, stage: Stage) -> None:
    page = opened(browser, stage, 1280, scripts=False)
    page.goto(f"{stage.address}/admin/entries/{entry_of(stage)}/")
    page.get_by_label("Add a tag").focus()
    page.keyboard.type("Crochet")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Tag added: Crochet" in page.locator("main").inner_text()
    page.get_by_role("button", name="Undo Tag added: Crochet").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Undone" in page.locator("main").inner_text()
    page.context.close()
