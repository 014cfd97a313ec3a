"""Every kind of page, at three widths, light and dark, with scripts and without, in German too:
no rule of accessibility broken, nothing wider than the screen, nothing asked of anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Response, Route

from aggregator.model import EntryQuery
from aggregator.store import coverage, entries
from tests.browser.conftest import Running

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 1280)
Scheme = Literal["light", "dark"]
State = tuple[int, Scheme]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# What the rules say depends on width and colours, hardly on scripts: each pair of the first two is
# looked at once.
WITH_SCRIPTS: tuple[State, ...] = ((320, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))
WITHOUT: tuple[State, ...] = ((320, "dark"), (390, "light"))
HTML, CSS, SCRIPT = 40_000, 20_000, 8_000  # bytes before compression that a page may have
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_ASK = """([rules]) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(
    (found) => found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))"""
_WIDE = "() => document.documentElement.scrollWidth - innerWidth"
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


@dataclass
class Watched:
    """A tab, with what went over the wire and what was complained of."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)  # by the kind of thing

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("response", self._came)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 404" not in text:
            self.faults.append(text)

    def _came(self, response: Response) -> None:
        if not response.url.startswith(self.address):
            self.strangers.append(response.url)
            return
        kind = response.request.resource_type
        self.bytes[kind] = self.bytes.get(kind, 0) + len(response.body())

    def unsound(self, path: str, judged: tuple[State, ...]) -> list[str]:
        """Open a page, and return what is wrong with it; `judged`: the states that axe looks at."""
        self.faults.clear()
        self.strangers.clear()
        self.bytes.clear()
        self.page.goto(path)
        self.page.evaluate(_AXE)
        wrong: list[str] = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            wide = self.page.evaluate(_WIDE)
            if wide > 0:
                wrong.append(f"{width}: {wide} px wider than the screen")
            for scheme in SCHEMES:
                if (width, scheme) in judged:
                    self.page.emulate_media(color_scheme=scheme)
                    found: list[str] = self.page.evaluate(_ASK, [RULES])
                    wrong += [f"{width} {scheme}: {one}" for one in found]
        return wrong + self.faults + self.strangers


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
    scripted.bytes.clear()
    scripted.page.goto(paths[kind])
    shift = scripted.page.evaluate(_SHIFT)
    came = dict(scripted.bytes)
    assert shift == 0
    assert came["document"] <= HTML
    assert came.get("stylesheet", 0) <= CSS
    assert came.get("script", 0) <= SCRIPT
    assert set(came) <= {"document", "stylesheet", "script", "image", "other"}
