"""What readers do in a browser: by keyboard, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Running
from tests.browser.test_soundness import addresses as addresses_of


@pytest.fixture(scope="session")
def addresses(running: Running) -> dict[str, str]:
    return addresses_of(running)


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


def test_wide_code_and_tables_scroll_within_themselves(
    page: Page, addresses: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(addresses["entry"])
    wide = page.locator(".article .scroll, .article pre")
    assert wide.count() > 0
    for box in (wide.nth(n).bounding_box() for n in range(wide.count())):
        assert box
        assert box["x"] + box["width"] <= 390


def test_home_event_entry_and_search_are_walked_through_by_keyboard(
    page: Page, addresses: dict[str, str]
) -> None:
    page.goto("/")
    _tab_to(page, "main section.group h2 a")
    event = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/*/")
    assert page.get_by_role("heading", level=1).inner_text() == event
    _tab_to(page, "main .recap a.go")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/*/")
    _tab_to(page, "main .origin a")
    assert page.evaluate("document.activeElement.href").startswith("https://")
    page.goto(addresses["search"])
    _tab_to(page, "main input[name=q]")
    page.keyboard.press("Control+A")
    page.keyboard.type("testing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=testing")
    _tab_to(page, ".facets a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=testing&*")
    assert page.locator(".facets a[aria-current]").count() == 1


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what is meant, and see that it shows."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            break
    else:
        raise AssertionError(f"the focus never came to {selector}")
    seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert seen != "none"


def test_nothing_in_a_post_changes_the_page_around_it(
    page: Page, addresses: dict[str, str]
) -> None:
    wrapper = "main > .wrap, main .entry, main .entry header, .side, .foot"
    measure = f"""() => [...document.querySelectorAll("{wrapper}")].map((one) => {{
        const box = one.getBoundingClientRect(); return [box.x, box.width]; }})"""
    page.goto(addresses["entry"])
    before = page.evaluate(measure)
    page.evaluate(
        """() => { document.querySelector(".article").innerHTML =
            `<p>${"w".repeat(3000)}</p>
            <div class="scroll"><table><tr>${"<td>cell</td>".repeat(80)}</tr></table></div>
            <pre>${"code ".repeat(400)}</pre><p><a href="https://x.example/">${"a-b/".repeat(500)}</a>
            <h1>One</h1><h1>Two</h1><ul>${"<li><ul>".repeat(40)}`; }"""
    )
    assert page.evaluate(measure) == before
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
