"""An article with pictures, before a real browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count

import pytest
from PIL import Image
from playwright.sync_api import Browser

from aggregator.imaging import encode
from aggregator.model import EntryQuery, SafeHtml
from aggregator.pictures import key_of, name_of
from aggregator.store import Connection, entries, pictures
from tests import world
from tests.browser.conftest import Running
from tests.browser.watched import Watched

_NUMBERS = count()
_SHIFT = """() => new Promise((done) => { let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 200); })"""
_THROUGH = """async () => {
    for (let at = 0; at < document.documentElement.scrollHeight; at += 300) {
        scrollTo(0, at);
        await new Promise((done) => setTimeout(done, 30));
    }
    await Promise.all([...document.images].map((one) => one.decode()));
    return [...document.images].map((one) => [one.naturalWidth, one.naturalHeight, one.height]);
}"""
_SIGN = """(link) => { const made = getComputedStyle(link, "::before");
    return [made.content, getComputedStyle(link.querySelector("img")).aspectRatio]; }"""


def held(c: Connection, entry_id: int, picture: Image.Image, alt: str = "") -> str:
    """Put a picture into the cache, and return how an article shows it."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    made = encode(out.getvalue())
    url = f"https://blog.example/{next(_NUMBERS)}.png"
    pictures.note(c, {entry_id: [url]}, world.NOW)
    [(picture_id, _)] = pictures.take(c, world.NOW, lease=world.HOUR, limit=1)
    size = {"width": made.width, "height": made.height}
    pictures.hold(c, picture_id, data=made.data, now=world.NOW, **size)
    return (
        f'<img src="{name_of(key_of(url))}" alt="{alt}" width="{made.width}"'
        f' height="{made.height}" loading="lazy" decoding="async">'
    )


@pytest.fixture(scope="module")
def address(running: Running) -> str:
    """The address of a recap with a photograph, a tall picture, a drawing, a gallery, a video."""
    with running.database.writing() as c:
        entry_id = entries.find(c, EntryQuery(limit=0)).items[-1].id
        photo = Image.new("RGB", (1600, 900), "teal")
        tall = held(c, entry_id, Image.new("RGB", (700, 2400), "navy"), "A poster")
        drawing = held(c, entry_id, Image.new("RGBA", (600, 300), (0, 0, 0, 0)), "A drawing")
        shown = held(c, entry_id, photo, "The hall")
        still = held(c, entry_id, photo.resize((480, 360)))
        both = "".join(
            f"<figure>{held(c, entry_id, photo.resize(size), 'One of two')}</figure>"
            for size in ((400, 300), (300, 400))
        )
        article = (
            f"<p>What we saw.</p><figure>{shown}<figcaption>The hall.</figcaption></figure>"
            f"<p>The poster:</p>{tall}<p>{drawing}</p>"
            f"<figure>{both}<figcaption>Two.</figcaption></figure>"
            f'<p><a href="https://video.example/1">{still}<br>Video: Opening</a></p><p>The end.</p>'
        )
        pictures.place(c, {entry_id: (SafeHtml(article), ())})
    return f"/entries/{entry_id}/"


@pytest.fixture
def watched(browser: Browser, running: Running) -> Iterator[Watched]:
    context = browser.new_context(base_url=running.url, locale="en-GB")
    yield Watched(context.new_page(), running.url)
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844), (320, 640)])
def test_pictures_come_without_moving_anything_and_fit_the_screen(
    watched: Watched, address: str, width: int, height: int
) -> None:
    watched.page.set_viewport_size({"width": width, "height": height})
    watched.page.goto(address)
    sizes = watched.page.evaluate(_THROUGH)
    assert len(sizes) == 6
    assert all(wide > 0 for wide, _, _ in sizes)  # all of them came
    assert max(shown for _, _, shown in sizes) <= 600
    assert [1280, 720] in [size[:2] for size in sizes]
    assert watched.page.evaluate(_SHIFT) == 0
    assert not watched.strangers


def test_an_article_with_pictures_is_sound(watched: Watched, address: str) -> None:
    assert watched.unsound(address, ((320, "light"), (390, "dark"), (1280, "dark"))) == []


def test_a_video_has_a_sign_and_words(watched: Watched, address: str) -> None:
    watched.page.goto(address)
    link = watched.page.get_by_role("link", name="Video: Opening")
    sign, shape = link.evaluate(_SIGN)
    assert "▶" in sign
    assert shape == "16 / 9"
    assert link.locator("img").bounding_box() is not None


def test_what_is_drawn_on_nothing_has_a_light_ground_in_the_dark(
    watched: Watched, address: str
) -> None:
    watched.page.emulate_media(color_scheme="dark")
    watched.page.goto(address)
    drawing = watched.page.get_by_role("img", name="A drawing")
    ground = drawing.evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(238, 238, 238)"


def test_a_tall_picture_leads_to_itself_in_full(watched: Watched, address: str) -> None:
    watched.page.goto(address)
    link = watched.page.get_by_role("link", name="A poster")
    source = link.locator("img").get_attribute("src")
    assert link.get_attribute("href") == source
    assert str(source).startswith("/pictures/")
