"""The site as static files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator import settings as configuration
from aggregator.assets import folder
from aggregator.errors import AggregatorError
from aggregator.export import export
from aggregator.model import EntryQuery, SafeHtml
from aggregator.pictures import key_of
from aggregator.recognise import catalogue
from aggregator.settings import Settings
from aggregator.store import Database, entries, pictures
from tests import once, world

LIVE = ("/admin", "/api", "/search", "/suggest")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Database, Path]:
    place = tmp_path_factory.mktemp("export")
    settings = configuration.load(
        {
            "AGGREGATOR_DATA_DIR": str(place / "var"),
            "AGGREGATOR_BASE_URL": "https://recaps.example",
            "AGGREGATOR_PAGE_SIZE": "5",
        }
    )
    database = once.database_at(place / "var" / "aggregator.sqlite3")
    world.build(database, recaps=24, others=4)
    export(settings, database, catalogue.load(folder("config")), place / "site")
    return settings, database, place / "site"


def test_every_page_and_feed_is_there(written: tuple[Settings, Database, Path]) -> None:
    site = written[2]
    for name in ("index.html", "rss.xml", "atom.xml", "feed.json", "opml.xml", "404.html"):
        assert (site / name).stat().st_size > 100, name
    assert len(list(site.glob("entries/*/index.html"))) == 24
    for kind in ("events", "series", "tags", "sources", "talks", "speakers"):
        assert (site / kind / "index.html").is_file(), kind
        assert list(site.glob(f"{kind}/*/atom.xml")), kind


def test_every_link_leads_to_a_file(written: tuple[Settings, Database, Path]) -> None:
    site = written[2]
    seen = 0
    for page in site.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="(/[^"]*)"', page.read_text(encoding="utf-8")):
            path = urlsplit(link).path
            if path.removeprefix("/de").startswith(LIVE):
                continue
            seen += 1
            target = site / path.lstrip("/")
            assert target.is_file() or (target / "index.html").is_file(), f"{page}: {link}"
            assert "before=" not in link, f"{page}: {link}"
    assert seen > 500


def test_every_language_is_there_once(written: tuple[Settings, Database, Path]) -> None:
    site = written[2]
    assert len(list(site.glob("de/entries/*/index.html"))) == 24
    assert not (site / "en").exists()
    english = (site / "about/index.html").read_text(encoding="utf-8")
    german = (site / "de/about/index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in english
    assert 'href="/de/about/" hreflang="de"' in english
    assert '<html lang="de">' in german
    assert 'href="/about/" hreflang="en"' in german
    assert 'hreflang="en" href="https://recaps.example/about/"' in german


def test_feeds_name_the_public_address(written: tuple[Settings, Database, Path]) -> None:
    assert "https://recaps.example/rss.xml" in (written[2] / "rss.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Database, Path]]:
    """A site with two recaps, and the folder to write it to: each page more takes time."""
    place = tmp_path_factory.mktemp("small")
    settings = configuration.load(
        {"AGGREGATOR_DATA_DIR": str(place), "AGGREGATOR_BASE_URL": "https://recaps.example"}
    )
    database = once.database_at(place / "aggregator.sqlite3")
    world.build(database, recaps=2, others=0)
    yield settings, database, place / "site"
    database.close()


def test_pictures_are_written_and_shown(small: tuple[Settings, Database, Path]) -> None:
    settings, database, site = small
    url, key = "https://blog.example/a.jpg", key_of("https://blog.example/a.jpg")
    article = f'<p><img src="picture:{key}" alt="" width="640" height="480"></p>'
    with database.writing() as c:
        [card, _] = entries.find(c, EntryQuery()).items
        pictures.note(c, {card.id: [url]}, world.NOW)
        [(picture_id, _)] = pictures.take(c, world.NOW, lease=world.HOUR, limit=1)
        size = {"width": 640, "height": 480}
        pictures.hold(c, picture_id, data=b"RIFF", now=world.NOW, **size)
        pictures.place(c, {card.id: (SafeHtml(article), (url,))})
    export(settings, database, catalogue.load(folder("config")), site)
    page = (site / f"entries/{card.id}/index.html").read_text(encoding="utf-8")
    assert f'<img src="/pictures/{key}.webp"' in page
    assert (site / f"pictures/{key}.webp").read_bytes() == b"RIFF"
    feed = (site / "atom.xml").read_text(encoding="utf-8")
    assert f"https://recaps.example/pictures/{key}.webp" in feed


def test_an_export_is_replaced_but_nothing_else_is(
    small: tuple[Settings, Database, Path], tmp_path: Path
) -> None:
    settings, database, site = small
    known = catalogue.load(folder("config"))
    for _ in range(2):
        assert export(settings, database, known, site) > 100
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(AggregatorError, match="not empty"):
        export(settings, database, known, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"
