"""Searching, suggesting a blog, and what machines ask the site for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html as markup
from sqlalchemy import select

from aggregator.model import Kind, Outcome, Recognition
from aggregator.settings import Settings
from aggregator.store import feeds, open_database
from aggregator.store.schema import facts
from aggregator.web import create_app
from tests import world
from tests.web_site import Site, make


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site full of recaps; tests do not change it."""
    made = make(tmp_path_factory.mktemp("site"))
    world.build(made.database, recaps=160, others=20)
    yield made
    made.database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    made = make(tmp_path)
    yield made
    made.database.close()


# ------------------------------------------------------------------------------------------- search


def hits(page: markup.HtmlElement) -> int:
    return int(page.xpath("string(//p[@class='hits']/b)").split()[0].replace(",", ""))


def test_a_search_shows_where_the_words_are_and_how_to_narrow_it_down(site: Site) -> None:
    page = site.page("/search?q=keynote")
    assert page.xpath("//ol[@class='recaps']//mark")
    narrower = page.xpath("//ul[@class='facets']//a/@href")
    assert narrower
    assert all("q=keynote" in link for link in narrower)
    total = hits(page)
    filtered = site.page(narrower[0])
    fewer = hits(filtered)
    assert 0 < fewer <= total


def test_a_search_without_a_hit_suggests_what_is_near(site: Site) -> None:
    page = site.page("/search?q=pyton")
    assert "Near to it" in page.text_content()
    assert "/tags/python/" in page.xpath("//main//a/@href")


def test_a_word_that_is_misspelt_is_put_right(site: Site) -> None:
    page = site.page("/search?q=keynot highlihgts&year=2025")
    meant = page.xpath("//p[@class='meant']/a")[0]
    assert meant.text == "keynot highlights"
    assert meant.get("href") == "/search?q=keynot+highlights&year=2025"
    assert not site.page("/search?q=qqqqqqq").xpath("//p[@class='meant']")


def test_a_search_announces_feeds_of_its_own(site: Site) -> None:
    page = site.page("/search?q=keynote&year=2025")
    assert page.xpath("//link[@rel='alternate' and @type]/@href") == [
        "/search/rss.xml?q=keynote&year=2025",
        "/search/atom.xml?q=keynote&year=2025",
        "/search/feed.json?q=keynote&year=2025",
    ]


@pytest.mark.parametrize(
    "words",
    ['"', "-", "*", "a AND OR NOT", "col:umn", "((", "%", "\u202e", "a" * 5000, "NEAR(a b)"],
)
def test_no_words_are_a_fault(site: Site, words: str) -> None:
    assert site.client.get("/search", query_string={"q": words}).status_code == 200


def test_a_search_pages_through_all_hits_once(site: Site) -> None:
    seen: list[str] = []
    address = "/search?q=the"
    for _ in range(20):
        page = site.page(address)
        seen += page.xpath("//ol[@class='recaps']//a[@class='go']/@href")
        following = page.xpath("//nav[@class='pager']/a[@rel='next']/@href")
        if not following:
            break
        address = following[0]
    assert len(seen) == len(set(seen)) > 30


# ------------------------------------------------------------------------------------------ suggest


def send(site: Site, **form: str) -> Any:
    page = site.page("/suggest/")
    token = page.xpath("//input[@name='csrf_token']/@value")[0]
    return site.client.post("/suggest/", data={"csrf_token": token, **form})


def test_a_suggested_blog_is_stored_on_trial_and_has_a_page(empty: Site) -> None:
    answer = send(empty, address="blog.example/posts", note="Our team")
    assert answer.status_code == 303
    with empty.database.reading() as c:
        feed = feeds.all_feeds(c, trial=True)[0]
    assert (feed.url, feed.note) == ("https://blog.example/posts", "Our team")
    page = empty.page(answer.headers["Location"])
    assert "Waiting to be read" in page.text_content()
    assert page.xpath("//*[@data-refresh]")
    recap = world.new_entry(
        title="We went", recognition=Recognition(kind=Kind.RECAP, kind_score=1, version=1)
    )
    with empty.database.writing() as c:
        poll = world.poll_of(
            feed.id, feed.url, [recap, world.new_entry(url="https://blog.example/2")]
        )
        feeds.finish(c, [poll], world.NOW)
    page = empty.page(answer.headers["Location"])
    assert not page.xpath("//*[@data-refresh]")
    assert "We went" in page.text_content()
    assert "1 of them would be listed as a recap" in page.text_content().replace("\n", " ")


@pytest.mark.parametrize(
    ("folder", "fault", "said", "foreign"),
    [
        ("", "the connection was refused", "the connection was refused", False),
        ("/de", "the connection was refused", "die Verbindung wurde abgelehnt", False),
        ("/de", "odd <b>words", "odd <b>words", True),
    ],
)
def test_why_a_suggested_blog_cannot_be_read_is_told_in_the_readers_language(
    empty: Site, folder: str, fault: str, said: str, foreign: bool
) -> None:
    path = send(empty, address="blog.example/posts").headers["Location"]
    with empty.database.writing() as c:
        feed = feeds.all_feeds(c, trial=True)[0]
        poll = world.poll_of(feed.id, feed.url, [], outcome=Outcome.FAILED, error=fault)
        feeds.finish(c, [poll], world.NOW)
    [told] = empty.page(folder + path).xpath("//p[@class='notice bad']/span")
    assert told.text_content() == said
    assert told.get("lang") == ("en" if foreign else None)


def test_a_blog_that_is_followed_is_not_taken_twice(empty: Site) -> None:
    with empty.database.writing() as c:
        feeds.add(c, "https://blog.example/feed", now=world.NOW, interval=world.HOUR)
    answer = send(empty, address="http://www.blog.example/feed/")
    assert answer.status_code == 409
    assert "We follow that already" in answer.text


@pytest.mark.parametrize(
    "address", ["", "not an address", "ftp://x.example/", "javascript:alert(1)", "a" * 3000]
)
def test_what_is_no_address_is_told_in_words(empty: Site, address: str) -> None:
    answer = send(empty, address=address)
    assert answer.status_code == 400
    assert "no web address" in answer.text


def test_a_machine_that_fills_every_field_is_turned_away(empty: Site) -> None:
    send(empty, address="https://spam.example/", website="https://spam.example/")
    with empty.database.reading() as c:
        assert feeds.all_feeds(c, trial=None) == ()


def test_a_suggestion_from_another_site_is_refused(empty: Site) -> None:
    answer = empty.client.post("/suggest/", data={"address": "https://blog.example/"})
    assert answer.status_code == 400


def test_many_suggestions_from_one_place_are_slowed_down(empty: Site) -> None:
    codes = [send(empty, address=f"https://blog{n}.example/").status_code for n in range(8)]
    assert codes[:6] == [303] * 6
    assert codes[6:] == [429] * 2


def test_all_processes_of_the_site_count_suggestions_together(tmp_path: Path) -> None:
    first, second = make(tmp_path), make(tmp_path)
    codes = [
        send(site, address=f"https://blog{n}.example/").status_code
        for n, site in enumerate((first, second) * 4)
    ]
    assert codes == [303] * 6 + [429] * 2
    first.database.close()
    second.database.close()


def test_who_suggested_is_not_kept(empty: Site) -> None:
    send(empty, address="https://blog.example/")
    with empty.database.reading() as c:
        kept = [str(row) for row in c.execute(select(facts))]
    assert any("done:" in row for row in kept)
    assert not any("127.0.0.1" in row for row in kept)


# ----------------------------------------------------------------------------------------- machines


def test_health_is_told_with_the_reason(tmp_path: Path) -> None:
    site = make(tmp_path)
    assert site.get("/healthz").status_code == 200
    site.database.close()
    settings = Settings(**{**site.app.extensions["aggregator"].settings.model_dump(),
                           "database_url": f"sqlite:///{tmp_path / 'old.sqlite3'}"})  # fmt: skip
    fresh = open_database(settings.database)
    answer = create_app(settings, fresh).test_client().get("/healthz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.get_json()["reason"]
    fresh.close()


def test_metrics_are_the_databases_figures(site: Site) -> None:
    said = site.get("/metrics").text
    assert 'aggregator_entries{kind="recap"} 160.0' in said
    assert 'aggregator_entries{kind="other"} 20.0' in said
    assert "aggregator_poll_lag_seconds" in said
    assert 'aggregator_feeds{status="active"}' in said


def test_robots_are_told_what_is_for_people(site: Site) -> None:
    said = site.get("/robots.txt").text
    assert "Disallow: /admin/" in said
    assert "Sitemap: http://localhost/sitemap.xml" in said


def test_an_unexpected_fault_is_a_page_and_a_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = make(tmp_path)

    @site.app.get("/boom/")
    def _boom() -> str:
        raise RuntimeError("a bug")

    answer = site.get("/boom/")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "a bug" not in answer.text
    assert any(record.exc_info for record in caplog.records)
    site.database.close()
