"""The interface's language: which one a reader gets, and that it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from lxml import html as markup

from aggregator.model import EntryQuery
from aggregator.store import coverage, entries
from tests import world
from tests.messages import extracted
from tests.web_site import Site, make


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make(tmp_path_factory.mktemp("site"))
    world.build(made.database, recaps=60, others=5)
    yield made
    made.database.close()


def read(answer: Any) -> Any:
    """The page of an answer."""
    return markup.document_fromstring(answer.text)


def language_of(answer: Any) -> str:
    return str(read(answer).get("lang"))


# ----------------------------------------------------------------------------------- which language


@pytest.mark.parametrize(
    ("wish", "spoken"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("fr,it;q=0.9", "en"),
        ("fr,de;q=0.2", "de"),
        ("*", "en"),
        (";;q=,,\x00" * 50, "en"),
    ],
)
def test_a_browsers_wish_decides(site: Site, wish: str, spoken: str) -> None:
    answer = site.get("/", Accept_Language=wish)
    assert language_of(answer) == spoken
    assert answer.headers["Content-Language"] == spoken
    assert "Accept-Language" in answer.headers["Vary"]


def test_an_address_with_a_language_overrules_the_wish_and_keeps_to_it(site: Site) -> None:
    answer = site.get("/de/events/", Accept_Language="en")
    assert language_of(answer) == "de"
    assert "Accept-Language" not in answer.headers["Vary"]
    page = read(answer)
    onward = [one for one in page.xpath("//main//a/@href") if one.startswith("/")]
    assert onward
    files = (".xml", ".json", ".ics")
    assert all(one.startswith("/de/") or one.endswith(files) for one in onward)


def test_the_languages_of_a_page_lead_to_each_other(site: Site) -> None:
    page = site.page("/de/tags/python/?letter=a")
    assert page.xpath("//footer//a[@hreflang='en']/@href") == ["/en/tags/python/?letter=a"]
    announced = dict(
        zip(
            page.xpath("//link[@hreflang]/@hreflang"),
            page.xpath("//link[@hreflang]/@href"),
            strict=True,
        )
    )
    assert announced["de"].endswith("/de/tags/python/?letter=a")
    assert announced["en"].endswith("/en/tags/python/?letter=a")


def test_a_language_may_be_asked_for_as_people_type_it(site: Site) -> None:
    answer = site.get("/search?q=keynote&lang=de")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/de/search?q=keynote"
    assert language_of(site.get("/?lang=xx")) == "en"


@pytest.mark.parametrize("path", ["rss.xml", "events.ics", "api/v1/events", "tags/python/atom.xml"])
def test_what_machines_read_has_one_address(site: Site, path: str) -> None:
    answer = site.get(f"/de/{path}")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/{path}")
    assert "Accept-Language" not in site.get(f"/{path}").headers["Vary"]


@pytest.mark.parametrize(
    ("path", "query"),
    [("/de//evil.example/x.xml", ""), ("//evil.example/", "lang=de"), ("//evil.example/x", "")],
)
def test_no_address_leads_to_another_site(site: Site, path: str, query: str) -> None:
    asked = {"PATH_INFO": path, "QUERY_STRING": query}
    answer = site.client.get("/", environ_overrides=asked)
    assert not re.match(r"(https?:)?//", answer.headers.get("Location", ""))


def test_a_kept_page_is_given_only_to_those_who_read_its_language(site: Site) -> None:
    for _ in range(2):
        for wish in ("de", "en"):
            assert language_of(site.get("/talks/", Accept_Language=wish)) == wish
            assert language_of(site.get("/en/talks/", Accept_Language=wish)) == "en"


def test_an_address_that_has_moved_keeps_its_language(tmp_path: Path) -> None:
    site = make(tmp_path)
    world.build(site.database, recaps=40, others=0)
    with site.database.writing() as c:
        first, second = coverage.events(c)[:2]
        coverage.merge_events(c, first.slug, second.slug, world.NOW)
    answer = site.get(f"/de/events/{first.slug}/")
    assert answer.headers["Location"] == f"/de/events/{second.slug}/"
    site.database.close()


def test_a_site_may_speak_another_language_by_default(tmp_path: Path) -> None:
    site = make(tmp_path, language="de")
    assert language_of(site.get("/about/", Accept_Language="fr")) == "de"
    assert b'xml:lang="de"' in site.get("/atom.xml").data
    assert language_of(site.get("/nowhere", Accept_Language="en")) == "en"
    assert language_of(site.get("/admin/login", Accept_Language="fr")) == "de"
    assert language_of(site.get("/admin/login", Accept_Language="en")) == "en"
    site.database.close()


def test_a_language_below_a_path_of_the_site_stays_below_it(tmp_path: Path) -> None:
    site = make(tmp_path, base_url="https://example.org/recaps")
    page = site.page("/recaps/de/about/")
    assert page.get("lang") == "de"
    assert "/recaps/de/events/" in page.xpath("//nav//a/@href")
    assert page.xpath("//link[@hreflang='en']/@href") == ["https://example.org/recaps/en/about/"]
    assert page.xpath("//link[@rel='stylesheet']/@href")[0].startswith("/recaps/static/")
    site.database.close()


# ------------------------------------------------------------------------------------------- words


def test_dates_and_numbers_are_written_as_the_language_does(site: Site) -> None:
    with site.database.reading() as c:
        card = next(e for e in entries.find(c, EntryQuery(limit=50)).items if e.language == "en")
    english, german = (
        read(site.get(f"/{code}/entries/{card.id}/")).xpath("string(//article//time)")
        for code in ("en", "de")
    )
    assert re.fullmatch(r"\d{1,2} [A-Z]\w+ \d{4}", english)
    assert re.fullmatch(r"\d{1,2}\. [A-Z]\w+ \d{4}", german)


def test_a_recap_in_the_readers_language_is_not_said_to_be_in_another(site: Site) -> None:
    with site.database.reading() as c:
        german = entries.find(c, EntryQuery(limit=1, language="de")).items[0]
    path = f"/entries/{german.id}/"
    heading = read(site.get(f"/de{path}")).find(".//h1")
    assert heading.get("lang") is None
    foreign = read(site.get(f"/en{path}"))
    assert foreign.find(".//h1").get("lang") == "de"
    assert "in German" in foreign.text_content()


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site without content whose theme brings a language in which each message is marked."""
    theme = tmp_path_factory.mktemp("theme")
    (theme / "translations").mkdir()
    catalogue = Catalog(locale="eo")
    for message in extracted():
        if isinstance(message.id, tuple):
            catalogue.add(message.id, tuple(f"⟦{form}⟧" for form in message.id))
        elif message.id:
            catalogue.add(message.id, f"⟦{message.id}⟧")
    with (theme / "translations/eo.po").open("wb") as opened:
        write_po(opened, catalogue)
    made = make(tmp_path_factory.mktemp("empty"), theme_dir=str(theme), feeds_files="")
    yield made
    made.database.close()


@pytest.mark.parametrize(
    "path",
    [
        "/", "/events/", "/series/", "/tags/", "/sources/", "/talks/", "/archive/", "/about/",
        "/suggest/", "/search", "/search?q=qqqqq", "/nowhere", "/events/none/", "/talks/1/",
        "/speakers/none/", "/entries/1/", "/?before=x", "/suggest/forged/",
    ],
)  # fmt: skip
def test_nothing_on_a_page_is_left_untranslated(marked: Site, path: str) -> None:
    page = read(marked.get(f"/eo{path}"))
    assert page.get("lang") == "eo"
    for odd in page.xpath("//script | //code | //kbd | //q | //*[@hreflang] | //input"):
        odd.drop_tree()
    said = " ".join(page.xpath("//text()"))
    said += " ".join(page.xpath("//@aria-label | //@title | //@placeholder | //@data-label"))
    left = re.sub(r"⟦[^⟦⟧]*(?:⟦[^⟦⟧]*⟧[^⟦⟧]*)*⟧", "", said)
    words = set(re.findall(r"[^\W\d_]{2,}", left))
    assert words <= {"Event", "recaps", "RSS", "Atom", "JSON"}  # the site's title, and names
