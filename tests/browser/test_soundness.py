"""Every kind of page, at three widths, light and dark, with scripts and without, in German too:
no rule of accessibility broken, nothing wider than the screen, nothing asked of anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from aggregator.model import EntryQuery
from aggregator.store import coverage, entries
from tests.browser.conftest import Running
from tests.browser.watched import State, Watched

# What the rules say depends on width and colours, hardly on scripts: each pair of the first two is
# looked at once.
WITH_SCRIPTS: tuple[State, ...] = ((320, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))
WITHOUT: tuple[State, ...] = ((320, "dark"), (390, "light"))
HTML, CSS, SCRIPT = 40_000, 20_000, 8_000  # bytes before compression that a page may have
_SHIFT = """() => new Promise((done) => { let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
        .observe({type: "layout-shift", buffered: true});
    requestIdleCallback(() => done(sum)); })"""

KINDS = (
    "home",
    "older",
    "events",
    "event",
    "all series",
    "series",
    "tags",
    "tag",
    "sources",
    "source",
    "talks",
    "talk",
    "speakers",
    "speaker",
    "entry",
    "search",
    "no hit",
    "empty search",
    "archive",
    "month",
    "about",
    "suggest",
    "missing",
)


def addresses(running: Running) -> dict[str, str]:
    """One address of each kind of page, of those with most on them."""
    with running.database.reading() as c:
        found = entries.find(c, EntryQuery(limit=100, full=True)).items
        # The recap with the most in it: talks, a table, code.
        recap = max(
            found,
            key=lambda one: (len(one.events), "<table" in (one.html or ""), len(one.html or "")),
        )
        event = max(coverage.events(c), key=lambda one: one.recaps)
        card = coverage.top_talks(c, None, 1)[0]
        month = coverage.months(c)[0]
        cursor = found[60].published_at
    return {
        "home": "/",
        "older": f"/?before={cursor:%Y%m%dT%H%M%SZ}-1",
        "events": "/events/",
        "event": f"/events/{event.slug}/",
        "all series": "/series/",
        "series": f"/series/{event.series.slug}/",
        "tags": "/tags/",
        "tag": "/tags/python/",
        "sources": "/sources/",
        "source": f"/sources/{recap.source.slug}/",
        "talks": "/talks/",
        "talk": f"/talks/{card.id}/",
        "speakers": "/speakers/",
        "speaker": f"/speakers/{card.speakers[0].slug}/",
        "entry": f"/entries/{recap.id}/",
        "search": "/search?q=keynote",
        "no hit": "/search?q=keynoot",
        "empty search": "/search",
        "archive": "/archive/",
        "month": f"/archive/{month.year}/{month.month:02d}/",
        "about": "/about/",
        "suggest": "/suggest/",
        "missing": "/nowhere",
    }


def _nothing(route: Route) -> None:
    route.fulfill(body="", content_type="text/javascript")


@pytest.fixture(scope="module")
def scripted(browser: Browser, running: Running) -> Iterator[Watched]:
    context = browser.new_context(base_url=running.url, locale="en-GB")
    yield Watched(context.new_page(), running.url)
    context.close()


@pytest.fixture(scope="module")
def plain(browser: Browser, running: Running) -> Iterator[Watched]:
    """A tab in which no script of ours runs, of a German: axe itself needs scripts."""
    context = browser.new_context(base_url=running.url, locale="de-DE")
    context.route("**/*.js", _nothing)
    yield Watched(context.new_page(), running.url)
    context.close()


@pytest.fixture(scope="module")
def paths(running: Running) -> dict[str, str]:
    return addresses(running)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_sound_at_every_width_light_and_dark(
    scripted: Watched, paths: dict[str, str], kind: str
) -> None:
    assert scripted.unsound(paths[kind], WITH_SCRIPTS) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_sound_without_scripts_and_in_german(
    plain: Watched, paths: dict[str, str], kind: str
) -> None:
    assert plain.unsound(paths[kind], WITHOUT) == []
    assert plain.page.evaluate("document.documentElement.lang") == "de"
    assert not plain.page.locator(".js:visible").count()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_stays_within_its_budget_and_holds_still(
    scripted: Watched, paths: dict[str, str], kind: str
) -> None:
    scripted.page.set_viewport_size({"width": 390, "height": 800})
    scripted.open(paths[kind])
    shift = scripted.page.evaluate(_SHIFT)
    came = dict(scripted.bytes)
    assert shift == 0
    assert came["document"] <= HTML
    assert came.get("stylesheet", 0) <= CSS
    assert came.get("script", 0) <= SCRIPT
    assert set(came) <= {"document", "stylesheet", "script", "image", "other"}
