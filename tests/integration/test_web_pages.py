"""Pages for readers, asked for through the whole app and a real database."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bleach._vendor import html5lib  # type: ignore[import-not-found]  # vendored, untyped
from lxml import html as markup
from sqlalchemy import event as sa_event

from aggregator.model import EntryQuery, EventMention, Kind, NewSource, Recognition, SafeHtml
from aggregator.store import coverage, entries, feeds
from aggregator.web import pages, paths
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


def addresses(site: Site) -> dict[str, str]:
    """One address of each kind of page."""
    with site.database.reading() as c:
        recap = next(
            one for one in entries.find(c, EntryQuery(limit=60)).items if one.events and one.talks
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
        "speakers": "/speakers/",
        "speaker": f"/speakers/{card.speakers[0].slug}/",
        "entry": f"/entries/{recap.id}/",
        "search": "/search?q=keynote",
        "empty search": "/search",
        "no hit": "/search?q=zzzzqqqq",
        "archive": "/archive/",
        "month": f"/archive/{month.year}/{month.month:02d}/",
        "about": "/about/",
        "suggest": "/suggest/",
    }


# Upper bounds: a page may get cheaper, not dearer.
STATEMENTS = {
    "home": 16,
    "events": 7,
    "event": 17,
    "all series": 6,
    "series": 11,
    "tags": 6,
    "tag": 15,
    "sources": 7,
    "source": 13,
    "talks": 9,
    "talk": 10,
    "speakers": 7,
    "speaker": 7,
    "entry": 17,
    "search": 17,
    "empty search": 6,
    "no hit": 9,
    "archive": 6,
    "month": 10,
    "about": 5,
}


@pytest.fixture
def counted(site: Site) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            said.append(statement)

    sa_event.listen(site.database.engine, "before_cursor_execute", note)
    yield said
    sa_event.remove(site.database.engine, "before_cursor_execute", note)


# ------------------------------------------------------------------------------------- all pages


@pytest.mark.parametrize("kind", [*STATEMENTS, "suggest"])
def test_every_kind_of_page_has_one_heading_and_its_landmarks(site: Site, kind: str) -> None:
    page = site.page(addresses(site)[kind])
    assert len(page.findall(".//h1")) == 1
    assert len(page.findall(".//main")) == 1
    assert page.find(".//header//nav").get("aria-label")
    assert page.find(".//a[@class='skip']").get("href") == "#main"
    assert page.get("lang") == "en"
    assert len(page.find(".//title").text) > 5


@pytest.mark.parametrize("kind", [*STATEMENTS, "suggest"])
def test_no_page_holds_what_the_content_policy_forbids(site: Site, kind: str) -> None:
    page = site.page(addresses(site)[kind])
    scripts = "//script[not(@src) and not(@type='application/ld+json')]"
    assert not page.xpath(f"//@style | //style | {scripts}")
    assert not [name for one in page.iter() for name in one.attrib if name.startswith("on")]
    loaded = page.xpath("//script/@src | //link[@rel='stylesheet']/@href | //img/@src")
    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.parametrize("kind", [*STATEMENTS, "suggest"])
def test_every_kind_of_page_is_html_without_a_parse_error(site: Site, kind: str) -> None:
    parser = html5lib.HTMLParser()
    parser.parse(site.get(addresses(site)[kind]).text)
    assert parser.errors == []


@pytest.mark.parametrize("kind", STATEMENTS)
def test_headings_do_not_skip_a_level(site: Site, kind: str) -> None:
    page = site.page(addresses(site)[kind])
    found = page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")
    ours = [one for one in found if not one.xpath("ancestor::*[@class='article']")]
    levels = [int(one.tag[1]) for one in ours]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("kind", STATEMENTS)
def test_every_kind_of_page_makes_few_statements(site: Site, counted: list[str], kind: str) -> None:
    address = addresses(site)[kind]
    site.app.extensions["aggregator"].pages.clear()
    site.app.extensions["aggregator"].totals = None
    counted.clear()
    site.get(address)
    assert len(counted) <= STATEMENTS[kind], "\n".join(counted)


def test_the_number_of_statements_does_not_grow_with_the_page(tmp_path: Path) -> None:
    made = []
    for recaps in (30, 120):
        site = make(tmp_path / str(recaps))
        world.build(site.database, recaps=recaps, others=0)
        said: list[str] = []
        sa_event.listen(
            site.database.engine, "before_cursor_execute", lambda *a, said=said: said.append(a[2])
        )
        site.get("/sources/ashbourne-rse-team/")
        made.append(len(said))
        site.database.close()
    assert made[0] == made[1]


def test_a_page_that_did_not_change_costs_one_statement(site: Site) -> None:
    stranger = site.app.test_client()  # whose pages may be those of others
    assert stranger.get("/tags/python/").status_code == 200
    said: list[str] = []

    def listen(connection: Any, *_: Any) -> None:  # to the driver: the count goes past the rest
        connection.set_trace_callback(said.append)

    sa_event.listen(site.database.engine, "checkout", listen)
    try:
        assert stranger.get("/tags/python/").status_code == 200
        assert said == ["SELECT count FROM changes WHERE id = 1"]
        said.clear()
        assert stranger.get("/tags/").status_code == 200
        assert len(said) > 1, "what is not kept yet is seen"
    finally:
        sa_event.remove(site.database.engine, "checkout", listen)
        with site.database.engine.connect() as connection:
            connection.connection.set_trace_callback(None)


@pytest.mark.parametrize("kind", [*STATEMENTS, "suggest"])
def test_pages_stay_within_forty_kilobytes(site: Site, kind: str) -> None:
    assert len(site.get(addresses(site)[kind]).data) <= 40_000


def test_style_and_script_stay_within_their_budgets(site: Site) -> None:
    assert len(site.get("/static/site.css").data) <= 20_000
    assert len(site.get("/static/site.js").data) <= 8_000


@pytest.mark.parametrize("kind", [*STATEMENTS, "suggest"])
def test_every_internal_link_leads_somewhere(site: Site, kind: str) -> None:
    page = site.page(addresses(site)[kind])
    links = set(page.xpath("//a/@href | //link/@href"))
    ours = {link for link in links if link.startswith("/") and not link.startswith("/admin")}
    for link in sorted(ours)[:120]:
        assert site.get(link).status_code in (200, 301, 302), f"{link} on {kind}"


def test_public_pages_are_told_apart_from_private_ones(site: Site) -> None:
    answer = site.get("/about/")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert site.get("/suggest/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/static/site.css", "/healthz", "/rss.xml"])
def test_security_headers_are_on_every_answer(site: Site, path: str) -> None:
    headers = site.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


# ---------------------------------------------------------------------------- conditional requests


@pytest.mark.parametrize(
    "kind", [*STATEMENTS, "/rss.xml", "/opml.xml", "/events.ics", "/sitemap.xml", "/robots.txt"]
)
def test_whatever_has_not_changed_is_answered_304_without_a_body(site: Site, kind: str) -> None:
    address = addresses(site).get(kind, kind)
    first = site.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    for headers in ({}, {"Cookie": "aggregator_session=none"}):
        again = site.get(address, If_None_Match=first.headers["ETag"], **headers)
        assert again.status_code == 304
        assert again.data == b""
        assert again.headers["ETag"] == first.headers["ETag"]


def test_a_page_changes_its_tag_when_something_shown_changes(tmp_path: Path) -> None:
    site = make(tmp_path)
    world.build(site.database, recaps=20, others=0)
    before = site.get("/").headers["ETag"]
    assert site.get("/").headers["ETag"] == before
    with site.database.writing() as c:
        coverage.rename_tag(c, "python", "Python!", world.NOW)
    after = site.get("/")
    assert after.headers["ETag"] != before
    assert "Python!" in after.text
    site.database.close()


def test_pages_are_packed_for_those_who_take_it(site: Site) -> None:
    plain, packed = site.get("/events/"), site.get("/events/", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in plain.headers["Vary"]
    refused = site.get("/events/", Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize("cookie", ["", "aggregator_session=none"])
def test_head_is_answered_like_get_without_a_body(site: Site, cookie: str) -> None:
    got, head = (
        site.get("/events/", Cookie=cookie),
        site.client.head("/events/", headers={"Cookie": cookie}),
    )
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_static_files_are_kept_for_good_under_the_address_that_pages_give(site: Site) -> None:
    address = site.page("/").xpath("//link[@rel='stylesheet']/@href")[0]
    assert "immutable" in site.get(address).headers["Cache-Control"]
    assert "immutable" not in site.get("/static/site.css?v=other").headers["Cache-Control"]
    assert site.get("/static/../base.html").status_code == 404


# -------------------------------------------------------------------------------- hosts and proxies


def feed_address(site: Site, **headers: str) -> str:
    answer = site.get("/about/", **headers)
    found = re.search(r'data-copy="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_links_follow_the_host_only_when_no_base_address_is_set(tmp_path: Path) -> None:
    open_site = make(tmp_path / "a")
    assert feed_address(open_site, Host="one.example") == "http://one.example/rss.xml"
    assert feed_address(open_site, Host="two.example") == "http://two.example/rss.xml"
    fixed = make(tmp_path / "b", base_url="https://recaps.example")
    assert feed_address(fixed, Host="evil.example") == "https://recaps.example/rss.xml"
    open_site.database.close()
    fixed.database.close()


def test_forwarded_headers_count_only_behind_a_trusted_proxy(tmp_path: Path) -> None:
    plain, behind = make(tmp_path / "a"), make(tmp_path / "b", proxy_hops="1")
    headers = {"X-Forwarded-Host": "public.example", "X-Forwarded-Proto": "https"}
    said = plain.client.get("/about/", headers=headers).text
    assert "public.example" not in said
    said = behind.client.get("/about/", headers=headers).text
    assert "https://public.example/rss.xml" in said
    plain.database.close()
    behind.database.close()


@pytest.mark.parametrize("asked", ["/recaps/about/", "/about/"])
def test_a_site_below_a_path_links_below_it(tmp_path: Path, asked: str) -> None:
    site = make(tmp_path, base_url="https://example.org/recaps")
    page = site.page(asked)
    assert set(page.xpath("//nav//a/@href")) >= {"/recaps/", "/recaps/events/", "/recaps/tags/"}
    assert page.xpath("//button/@data-copy")[0] == "https://example.org/recaps/rss.xml"
    assert site.get(page.xpath("//link[@rel='stylesheet']/@href")[0]).status_code == 200
    site.database.close()


# ------------------------------------------------------------------------------------------- home


def test_home_groups_recaps_by_event_and_pages_through_all_of_them(site: Site) -> None:
    seen: list[str] = []
    address = "/"
    for _ in range(60):
        page = site.page(address)
        seen += page.xpath(
            "//section[contains(@class, 'group')]//h2/a/@href[contains(., '/events/')]"
        )
        following = page.xpath("//nav[@class='pager']/a[@rel='next']/@href")
        if not following:
            break
        address = following[0]
    assert len(seen) == len(set(seen)) > 20


def test_home_announces_its_feeds_and_shows_them(site: Site) -> None:
    page = site.page("/")
    announced = page.xpath("//link[@rel='alternate' and @type]/@href")
    assert announced == ["/rss.xml", "/atom.xml", "/feed.json"]
    assert page.xpath("//a[contains(@class, 'pill')]/@href")[:3] == [
        "/rss.xml", "/atom.xml", "/feed.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        "home", "events", "event", "all series", "series", "tags", "tag", "sources", "source",
        "talks", "talk", "speakers", "speaker", "search", "archive", "month",
    ],
)  # fmt: skip
def test_every_list_announces_feeds_and_shows_them(site: Site, kind: str) -> None:
    page = site.page(addresses(site)[kind])
    announced = page.xpath("//link[@rel='alternate' and @type]/@href")
    assert [one.partition("?")[0].rpartition("/")[2] for one in announced] == [
        "rss.xml", "atom.xml", "feed.json",
    ]  # fmt: skip
    shown = "//main//div[@class='follow']//a[contains(@class, 'pill')]/@href"
    assert page.xpath(shown)[:3] == announced
    assert page.xpath("//main//button/@data-copy") == [f"http://localhost{announced[0]}"]


def test_the_chart_has_a_name_a_description_and_its_numbers_in_a_table(site: Site) -> None:
    figure = site.page("/").find(".//figure")
    named = figure.find("svg").get("aria-labelledby").split()
    title = figure.xpath(f".//*[@id='{named[0]}']")[0]
    assert title.text == "Recaps a month"
    rows = figure.xpath(".//tbody/tr")
    assert len(rows) == len(figure.xpath(".//rect"))


def test_a_new_installation_tells_what_to_do(empty: Site) -> None:
    assert "Nothing is followed yet" in empty.page("/").text_content()
    with empty.database.writing() as c:
        feeds.add(c, "https://blog.example/feed", now=world.NOW, interval=world.HOUR)
    said = empty.page("/").text_content()
    assert "on their way" in said
    assert "follows 1 blog" in said
    assert "None has been read yet. The next is asked any moment now" in said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/events/", "No event has a recap yet."),
        ("/talks/", "No recap tells of a talk yet."),
        ("/speakers/", "No recap tells of a talk yet."),
        ("/series/", "None yet."),
        ("/tags/", "None yet."),
        ("/sources/", "None yet."),
        ("/archive/", "Nothing yet."),
    ],
)
def test_an_empty_list_says_so_and_counts_nothing(empty: Site, path: str, words: str) -> None:
    said = empty.page(path).find(".//main").text_content()
    assert said.count(words) == 1
    assert not re.search(r"\b0 ", said)


def test_samples_are_said_to_be_samples(empty: Site) -> None:
    assert "sample blogs" not in empty.page("/").text_content()
    with empty.database.writing() as c:
        feeds.add(
            c,
            "https://sample.example/feed",
            now=world.NOW,
            interval=world.HOUR,
            source=NewSource(title="Invented", sample=True),
        )
    assert "sample blogs" in empty.page("/").text_content()


# ---------------------------------------------------------------------------------- events and tags


def test_an_event_shows_facts_talks_and_recaps_by_team(site: Site) -> None:
    with site.database.reading() as c:
        card = max(coverage.events(c), key=lambda one: one.recaps)
        about = coverage.event(c, card.slug)
    page = site.page(f"/events/{card.slug}/")
    facts = page.find(".//dl").text_content()
    assert card.place is None or card.place in facts
    assert str(card.recaps) in facts
    talks = page.xpath("//ol[contains(@class, 'talks')]/li")
    assert len(talks) == len(about.talks)
    teams = page.xpath("//section[@class='team']")
    assert len(teams) == card.sources
    assert sum(len(team.xpath(".//article")) for team in teams) == card.recaps


def test_an_event_of_which_nothing_is_known_has_a_page(empty: Site) -> None:
    mention = EventMention(name="Meetup 2024", series="Meetup", year=2024)
    one_recap(empty, recognition=recap_of(mention))
    page = empty.page("/events/meetup-2024/")
    assert page.xpath("//dl[@class='facts']/div[1]/dd")[0].text == "2024"
    assert "Where" not in page.find(".//dl").text_content()


def test_an_event_tells_who_states_its_facts_and_where(empty: Site) -> None:
    mention = EventMention(
        name="Meetup 2024", series="Meetup", year=2024, place="Bergen", starts_on=date(2024, 5, 2)
    )
    announced = recap_of(mention, kind=Kind.OTHER)
    one_recap(empty, recognition=announced, url="https://blog.example/soon/", title="Soon")
    one_recap(empty, recognition=recap_of(replace(mention, place=None, starts_on=None)),
              feed="https://two.example/feed", url="https://two.example/post/")  # fmt: skip
    page = empty.page("/events/meetup-2024/")
    said = page.xpath("//details[summary='Who states these facts']")[0]
    assert "Where" in said.text_content()
    assert all(link.startswith("https://blog.example/soon/") for link in said.xpath(".//a/@href"))


def recap_of(mention: EventMention, kind: Kind = Kind.RECAP) -> Recognition:
    return Recognition(kind=kind, kind_score=0.9, version=1, events=(mention,))


def test_an_event_leads_to_its_editions_its_writers_and_back(site: Site) -> None:
    with site.database.reading() as c:
        series = max(coverage.all_series(c), key=lambda one: one.events)
        editions = sorted(coverage.events(c, series_id=series.id), key=lambda one: one.year)
    page = site.page(f"/events/{editions[1].slug}/")
    assert page.xpath("//aside//a[@rel='prev']/@href") == [f"/events/{editions[0].slug}/"]
    assert page.xpath("//aside//a[@rel='next']/@href") == [f"/events/{editions[2].slug}/"]
    assert page.xpath("//aside//h2[.='Who was there']")
    assert page.xpath("//figure[@class='chart']//rect[@class='now']")


def test_a_talk_that_one_recap_tells_of_is_not_counted(tmp_path: Path) -> None:
    site = make(tmp_path)
    world.build(site.database, recaps=12, others=0)
    with site.database.reading() as c:
        card = next(one for one in coverage.events(c) if one.talks and one.recaps == 1)
    page = site.page(f"/events/{card.slug}/")
    assert page.xpath("//ol[@class='talks']/li")
    assert not page.xpath("//p[@class='told']")
    assert "told of by" not in page.text_content()
    site.database.close()


def test_a_series_shows_its_editions_as_a_table_and_a_chart(site: Site) -> None:
    with site.database.reading() as c:
        series = max(coverage.all_series(c), key=lambda one: one.events)
        editions = coverage.events(c, series_id=series.id)
    page = site.page(f"/series/{series.slug}/")
    assert page.xpath("//table[contains(@class, 'editions')]/tbody/tr/th/a/@href") == [
        f"/events/{one.slug}/" for one in editions
    ]
    assert page.xpath("//aside//figure[@class='chart']")


def test_a_tag_is_crossed_with_series_and_years(site: Site) -> None:
    page = site.page("/tags/python/")
    cells = page.xpath("//table[contains(@class, 'cross')]//td/a")
    assert cells
    for cell in cells[:5]:
        found = site.page(cell.get("href"))
        assert found.xpath("string(//p[@class='hits']/b)").split()[0] == cell.text
    years = page.xpath("//table[contains(@class, 'cross')]/thead//th/text()")[1:-1]
    assert years == sorted(years, reverse=True)


def test_a_source_shows_what_it_is_and_its_recaps_by_event(site: Site) -> None:
    page = site.page("/sources/ashbourne-rse-team/")
    facts = page.find(".//dl").text_content()
    assert "University of Ashbourne" in facts
    assert "ashbourne.example/feed.xml" in facts
    groups = page.xpath("//div[contains(@class, 'group') and contains(@class, 'hue-')]")
    heads = [one.xpath("string(.//h3)") for one in groups]
    assert len(heads) == len(set(heads)) > 5


def test_a_telling_leads_to_its_place_in_the_original(site: Site) -> None:
    with site.database.reading() as c:
        card = coverage.top_talks(c, None, 1)[0]
        _, tellings = coverage.talk(c, card.id)
    page = site.page(f"/talks/{card.id}/")
    found = page.xpath("//a[.='This place in the original']/@href")
    assert found == [paths.passage(one.url, one.told) for one in tellings if one.told]
    assert all("#:~:text=" in one for one in found)


def test_long_lists_of_names_are_cut_by_letters(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_SOURCES", 10)
    site.app.extensions["aggregator"].pages.clear()
    page = site.page("/sources/")
    assert len(page.xpath("//div[@id='sources']//li")) == 10
    letters = page.xpath("//nav[@aria-label='By first letter']//a/@href")
    assert letters[0] == "/sources/"
    seen = [link for path in letters[1:] for link in site.page(path).xpath("//main//li/a/@href")]
    shown = [link for link in seen if link.startswith("/sources/") and "letter" not in link]
    assert len({link for link in shown if link != "/sources/"}) == 24
    assert site.get("/sources/?letter=%C3%9F").status_code == 404
    site.app.extensions["aggregator"].pages.clear()


def test_many_speakers_are_cut_by_letters_and_those_of_a_letter_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = "//div[@id='speakers']//li/a/@href"
    monkeypatch.setattr(pages, "_SPEAKERS", 9_999)
    site.app.extensions["aggregator"].pages.clear()
    every = site.page("/speakers/").xpath(people)
    assert len(every) == len(set(every)) > 20
    monkeypatch.setattr(pages, "_SPEAKERS", 4)
    site.app.extensions["aggregator"].pages.clear()
    page = site.page("/speakers/")
    assert len(page.xpath(people)) == 4
    letters = page.xpath("//nav[@aria-label='By first letter']//a/@href")
    seen: list[str] = []
    went_on = False
    parts = letters[1:]
    while parts:
        part = site.page(parts.pop(0))
        assert len(part.xpath(people)) <= 4
        seen += part.xpath(people)
        further = part.xpath("//nav[@class='pager']/a[@rel='next']/@href")
        parts += further
        went_on = went_on or bool(further)
    assert went_on
    assert sorted(seen) == sorted(every)
    for odd in ("letter=%C3%9F", "letter=a&after=%00", "letter=a&after=zz"):
        assert site.get(f"/speakers/?{odd}").status_code == 404, odd
    site.app.extensions["aggregator"].pages.clear()


def test_readers_find_the_speakers_from_talks_and_back(site: Site) -> None:
    assert site.page("/talks/").xpath("//main//a[@href='/speakers/']")
    one = site.page("/speakers/").xpath("//div[@id='speakers']//li/a/@href")[0]
    assert site.page(one).xpath("//p[@class='over']/a/@href") == ["/speakers/"]


def test_a_speakers_page_names_who_spoke_with_them_but_not_them_again(site: Site) -> None:
    with site.database.reading() as c:
        talk = next(one for one in coverage.top_talks(c, None, 500) if len(one.speakers) > 1)
        first, second = talk.speakers[:2]
    shown = site.page(f"/speakers/{first.slug}/").xpath("//ol//span[@class='by']")
    assert [one for one in shown if second.name in one.text_content()]
    assert not [one for one in shown if first.name in one.text_content()]
    assert all(one.text_content().startswith("with ") for one in shown)


def test_events_of_a_year_go_on_below_the_fold(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_EVENTS", 4)
    site.app.extensions["aggregator"].pages.clear()
    with site.database.reading() as c:
        year, count, _ = max(coverage.years(c), key=lambda one: one[1])
    assert f"All {count} events of {year}" in site.page(f"/events/?year={year}").text_content() or (
        count > 4
    )
    seen: list[str] = []
    address = f"/events/?year={year}"
    while address:
        page = site.page(address)
        seen += page.xpath("//div[@id='events']//li/a/@href")
        address = page.xpath("string(//nav[@class='pager']/a[@rel='next']/@href)")
    assert len(seen) == len(set(seen)) == count
    site.app.extensions["aggregator"].pages.clear()


def test_an_event_that_was_merged_away_leads_to_where_it_is(tmp_path: Path) -> None:
    site = make(tmp_path)
    world.build(site.database, recaps=40, others=0)
    with site.database.writing() as c:
        first, second = coverage.events(c)[:2]
        coverage.merge_events(c, first.slug, second.slug, world.NOW)
    for end in ("", "rss.xml", "event.ics"):
        answer = site.get(f"/events/{first.slug}/{end}")
        assert answer.status_code == 301
        assert answer.headers["Location"] == f"/events/{second.slug}/{end}"
    site.database.close()


def test_events_of_a_year_are_only_those(site: Site) -> None:
    with site.database.reading() as c:
        year = coverage.years(c)[1][0]
    page = site.page(f"/events/?year={year}")
    assert [one.text for one in page.xpath("//section[@class='year']/h2")] == [str(year)]


@pytest.mark.parametrize(
    "path",
    [
        "/events/?year=20x4",
        "/events/?year=1066",
        "/events/no-such/",
        "/series/no-such/",
        "/tags/no-such/",
        "/sources/no-such/",
        "/talks/999999/",
        "/speakers/no-such/",
        "/entries/999999/",
        "/archive/2024/13/",
        "/archive/0/",
        "/archive/9999/",
        "/?before=yesterday",
        "/?before=20240231T000000Z-1",
        "/tags/python/?before=x",
        "/search?year=abc&q=a",
        "/search?event=no-such",
        "/search?language=%3Cb%3E",
        "/suggest/forged/",
        "/entries/99999999999999999999999/",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_a_page_in_words_with_a_search(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 404
    page = markup.document_fromstring(answer.text)
    assert page.xpath("string(//h1)") == "Nothing here"
    assert page.xpath("//main//input[@name='q']")
    assert answer.headers["Cache-Control"] == "no-store"


# ---------------------------------------------------------------------------------------- one entry


def test_a_recap_leads_to_its_original_above_and_below_the_text(site: Site) -> None:
    card = site.query(limit=1)[0]
    page = site.page(f"/entries/{card.id}/")
    assert page.xpath("//p[@class='origin']/a/@href") == [card.url, card.url]
    assert page.xpath("//link[@rel='canonical']/@href") == [card.url]
    assert page.xpath("//meta[@name='citation_title']/@content") == [card.title]
    assert page.xpath("//meta[@name='citation_author']/@content") == list(card.authors)


def test_a_recap_tells_reference_managers_and_search_engines_what_it_is(site: Site) -> None:
    card = next(one for one in site.query(limit=60) if one.events and one.licence)
    page = site.page(f"/entries/{card.id}/")
    assert page.xpath("//meta[@name='DC.title']/@content") == [card.title]
    assert page.xpath("//meta[@name='DC.creator']/@content") == list(card.authors)
    assert page.xpath("//meta[@name='DC.rights']/@content") == [card.licence]
    data = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))
    assert data["@type"] == "BlogPosting"
    assert data["isBasedOn"] == card.url
    assert data["about"][0]["name"] == card.events[0].name
    assert page.xpath("//a[@rel='license']/@href")[0].startswith("https://creativecommons.org/")


def test_a_recap_has_neighbours_of_the_same_event(site: Site) -> None:
    with site.database.reading() as c:
        event = max(coverage.events(c), key=lambda one: one.recaps)
    first, second, third, *_ = site.query(event_id=event.id, limit=5)
    page = site.page(f"/entries/{second.id}/")
    assert page.xpath("//nav[@class='pager']/a[@rel='prev']/@href") == [f"/entries/{first.id}/"]
    assert page.xpath("//nav[@class='pager']/a[@rel='next']/@href") == [f"/entries/{third.id}/"]
    assert event.name in page.xpath("string(//nav[@class='pager']/@aria-label)")


def one_recap(site: Site, feed: str = "https://blog.example/feed", **values: Any) -> int:
    """Follow a blog with one recap; return the entry's id."""
    recap = {
        "recognition": Recognition(kind=Kind.RECAP, kind_score=0.9, version=1),
        "html": SafeHtml("<p>Text</p>"),
    }
    entry = world.new_entry(**(recap | values))
    with site.database.writing() as c:
        feed_id = feeds.add(c, feed, now=world.NOW, interval=world.HOUR)
        return feeds.finish(c, [world.poll_of(feed_id, feed, [entry])], world.NOW)[0].new[0]


def test_a_recap_in_another_language_says_so_to_readers_and_machines(empty: Site) -> None:
    entry_id = one_recap(empty, title="تقرير", language="ar")
    page = empty.page(f"/entries/{entry_id}/")
    heading, body = page.find(".//h1"), page.xpath("//div[@class='article']")[0]
    assert (heading.get("lang"), heading.get("dir")) == ("ar", "auto")
    assert (body.get("lang"), body.get("dir")) == ("ar", "auto")
    assert "in Arabic" in page.text_content()


def test_an_excerpt_is_said_to_be_one(empty: Site) -> None:
    entry_id = one_recap(empty, excerpt=True)
    said = empty.page(f"/entries/{entry_id}/").text_content()
    assert "An excerpt" in said
    assert "Read on at" in said


EXCERPT = "An excerpt: the whole text is on their site"


@pytest.mark.parametrize(
    ("excerpt", "licence", "said"),
    [
        (True, "CC-BY-4.0", f"{EXCERPT}. Text by its authors, CC-BY-4.0"),
        (False, "CC-BY-4.0", "Text by its authors, CC-BY-4.0"),
        (False, "Odd <b>-1", "Text by its authors, Odd <b>-1"),
        (True, "", EXCERPT),
        (False, "", "The text is its authors’"),
    ],
)
def test_a_recap_says_whose_its_text_is(
    empty: Site, excerpt: bool, licence: str, said: str
) -> None:
    entry_id = one_recap(empty, excerpt=excerpt)
    with empty.database.writing() as c:
        source = feeds.all_feeds(c)[0].source
        feeds.change_source(c, source.id, licence=licence)
    page = empty.page(f"/entries/{entry_id}/")
    assert [line.text_content() for line in page.xpath("//p[@class='origin']/span")] == [said] * 2
    assert len(page.xpath("//a[@rel='license']")) == 2 * (licence == "CC-BY-4.0")


def test_titles_and_names_of_strangers_stay_text(empty: Site) -> None:
    nasty = "<script>alert(1)</script> & \"quotes\" 'too'"
    entry_id = one_recap(empty, title=nasty, authors=(nasty,), summary=nasty)
    for path in ("/", f"/entries/{entry_id}/", "/search?q=alert"):
        page = empty.page(path)
        for data in page.xpath("//script[not(@src)]"):
            assert "<" not in data.text
            assert nasty in data.text.encode().decode("unicode_escape"), path
        assert len(page.xpath("//script[not(@src)]")) == path.startswith("/entries/")
        assert nasty in page.text_content(), path


def test_a_post_that_two_feeds_carry_has_one_page_that_names_both(empty: Site) -> None:
    words = " ".join(f"sentence number {n} about the event." for n in range(80))
    told = {
        "title": "A very particular title",
        "html": SafeHtml(f"<p>{words}</p>"),
        "original": words,
    }
    first = one_recap(empty, url="https://blog.example/post/", **told)
    second = one_recap(
        empty, url="https://mirror.example/copy/", feed="https://mirror.example/feed", **told
    )
    answer = empty.get(f"/entries/{second}/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/entries/{first}/"
    page = empty.page(f"/entries/{first}/")
    assert "Also published at" in page.text_content()
    assert "https://mirror.example/copy/" in page.xpath("//aside//a/@href")


def test_what_is_no_recap_has_no_page(site: Site) -> None:
    other = site.query(listed_only=False, kind=Kind.OTHER, limit=1)[0]
    assert site.get(f"/entries/{other.id}/").status_code == 404


def test_a_removed_recap_is_gone(empty: Site) -> None:
    entry_id = one_recap(empty)
    with empty.database.writing() as c:
        feeds.remove(c, feeds.resolve(c, "https://blog.example/feed"), keep_entries=False)
    assert empty.get(f"/entries/{entry_id}/").status_code == 410


def test_an_entry_without_a_date_is_called_undated(tmp_path: Path) -> None:
    site = make(tmp_path)
    built = world.build(site.database, recaps=1, others=0)
    entry = world.new_entry(
        url="https://blog.example/undated/",
        title="No date",
        published_inferred=True,
        html=SafeHtml("<p>We went.</p>"),
        recognition=Recognition(kind=Kind.RECAP, kind_score=0.9, version=1),
    )
    poll = world.poll_of(built.feed_ids[0], "https://x.example/feed.xml", [entry], built.now)
    with site.database.writing() as c:
        feeds.finish(c, [poll], built.now)
    assert "undated, found" in site.get("/").get_data(as_text=True)
    (found,) = [one for one in site.query() if one.title == "No date"]
    page = site.get(f"/entries/{found.id}/").get_data(as_text=True)
    assert "undated, found" in page
    assert "citation_publication_date" not in page
