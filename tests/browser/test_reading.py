"""What readers meet in a browser: every kind of page, by keyboard, small and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from aggregator.model import EntryQuery
from aggregator.store import coverage, entries
from tests.browser.conftest import Running

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_PAGES = (
    "home",
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
    "speaker",
    "entry",
    "search",
    "no hit",
    "empty search",
    "archive",
    "month",
    "about",
    "suggest",
)


@pytest.fixture(scope="session")
def addresses(running: Running) -> dict[str, str]:
    with running.database.reading() as c:
        found = entries.find(c, EntryQuery(limit=100, full=True)).items
        # The recap with the most in it: talks, a table, code.
        recap = max(
            found,
            key=lambda one: (len(one.events), "<table" in (one.html or ""), len(one.html or "")),
        )
        card = coverage.top_talks(c, None, 1)[0]
        month = coverage.months(c)[0]
    return {
        "home": "/",
        "events": "/events/",
        "event": f"/events/{recap.events[0].slug}/",
        "all series": "/series/",
        "series": f"/series/{recap.events[0].series_slug}/",
        "tags": "/tags/",
        "tag": "/tags/python/",
        "sources": "/sources/",
        "source": f"/sources/{recap.source.slug}/",
        "talks": "/talks/",
        "talk": f"/talks/{card.id}/",
        "speaker": f"/speakers/{card.speakers[0].slug}/",
        "entry": f"/entries/{recap.id}/",
        "search": "/search?q=keynote",
        "no hit": "/search?q=zzzzqqqq",
        "empty search": "/search",
        "archive": "/archive/",
        "month": f"/archive/{month.year}/{month.month:02d}/",
        "about": "/about/",
        "suggest": "/suggest/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", _PAGES)
def test_no_rule_of_accessibility_is_broken(
    page: Page, addresses: dict[str, str], kind: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(addresses[kind])
    found = Axe().run(page, options=_RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("kind", _PAGES)
def test_nothing_scrolls_sideways_on_a_small_screen(
    page: Page, addresses: dict[str, str], kind: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(addresses[kind])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_reads_the_same_without_script(
    browser: object, running: Running, addresses: dict[str, str]
) -> None:
    context = browser.new_context(base_url=running.url, java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(addresses["event"])
    page.get_by_role("link", name="Tags").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tags"
    page.get_by_role("searchbox").first.fill("keynote")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=keynote")
    assert page.locator("mark").count() > 0
    assert not page.locator(".theme").is_visible()
    assert not page.locator(".filter").first.is_visible()
    context.close()


def test_the_theme_that_was_chosen_stays(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    switch = page.locator(".theme")
    switch.click()
    switch.click()
    assert "dark" in (switch.get_attribute("aria-label") or "")
    dark = page.evaluate(paper)
    assert dark != light
    page.goto("/events/")
    assert page.evaluate(paper) == dark


def test_long_lists_are_filtered_as_one_types(page: Page) -> None:
    page.goto("/events/")
    rows = page.locator("#events li")
    everything = rows.count()
    page.get_by_label("Filter events").fill("harbour")
    shown = page.locator("#events li:visible")
    assert 0 < shown.count() < everything
    assert all("Harbour" in text for text in shown.all_inner_texts())
    assert page.locator(".filter [role=status]").inner_text() == f"{shown.count()} of {everything}"


def test_keys_walk_through_titles_and_can_be_switched_off(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("main a.go").first
    assert first.evaluate("one => one === document.activeElement")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.goto("/")
    page.keyboard.press("/")
    assert not page.locator("#q").evaluate("one => one === document.activeElement")


def test_the_keyboard_opens_the_title_it_is_on(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("j")
    wanted = page.locator("main a.go").first.get_attribute("href") or "-"
    page.keyboard.press("o")
    page.wait_for_url(f"**{wanted}")


def test_the_first_tab_offers_to_skip_to_the_content(page: Page) -> None:
    page.goto("/events/")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("one => one === document.activeElement")
    assert skip.is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_address_of_a_feed_is_copied(page: Page, running: Running) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/tags/python/")
    page.get_by_role("button", name="Copy feed address").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{running.url}/tags/python/rss.xml"


def test_the_layout_does_not_shift_while_a_page_loads(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver((list) => {
            for (const one of list.getEntries()) window.shift += one.value;
        }).observe({ type: "layout-shift", buffered: true }); }"""
    )
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
    shift = page.evaluate("window.shift")
    assert shift == 0


def test_wide_code_and_tables_scroll_within_themselves(
    page: Page, addresses: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(addresses["entry"])
    wide = page.locator(".article table, .article pre")
    assert wide.count() > 0
    for box in (wide.nth(n).bounding_box() for n in range(wide.count())):
        assert box
        assert box["x"] + box["width"] <= 390
