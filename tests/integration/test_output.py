"""Output feeds, calendars and the like, asked for through the whole app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import feedparser
import icalendar
import pytest
from flask.testing import FlaskClient
from lxml import etree

from aggregator import settings as configuration
from aggregator.model import EntryQuery
from aggregator.store import Database, coverage, entries
from tests import once, web_site, world
from tests.integration.store_samples import statements

FORMATS = ("rss.xml", "atom.xml", "feed.json")


def open_site(folder: Path, **settings: str) -> tuple[Database, FlaskClient]:
    environ = {f"AGGREGATOR_{name.upper()}": value for name, value in settings.items()}
    values = configuration.load({"AGGREGATOR_DATA_DIR": str(folder), **environ})
    database = once.database_at(folder / "aggregator.sqlite3")
    return database, web_site.app_of(values, database).test_client()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, FlaskClient]]:
    database, client = open_site(tmp_path_factory.mktemp("output"), output_size="20")
    world.build(database, recaps=90, others=10)
    yield database, client
    database.close()


@pytest.fixture(scope="module")
def client(built: tuple[Database, FlaskClient]) -> FlaskClient:
    return built[1]


@pytest.fixture(scope="module")
def lists(built: tuple[Database, FlaskClient]) -> dict[str, str]:
    """The folder of each kind of list, with the end of its address."""
    with built[0].reading() as c:
        card = max(coverage.events(c), key=lambda one: one.recaps)
        source = coverage.sources(c)[0]
        talk = coverage.top_talks(c, None, 1)[0]
    return {
        "home": "/{}",
        "event": f"/events/{card.slug}/{{}}",
        "series": f"/series/{card.series.slug}/{{}}",
        "tag": "/tags/python/{}",
        "source": f"/sources/{source.slug}/{{}}",
        "talk": f"/talks/{talk.id}/{{}}",
        "speaker": f"/speakers/{talk.speakers[0].slug}/{{}}",
        "search": "/search/{}?q=keynote",
    }


def read(answer: Any) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.data)


def found_in(body: bytes, expression: str) -> list[str]:
    return [str(one) for one in cast("list[Any]", etree.fromstring(body).xpath(expression))]


def ids_of(form: str, body: bytes) -> list[str]:
    if form == "feed.json":
        return [item["id"] for item in json.loads(body)["items"]]
    return [entry.id for entry in feedparser.parse(body).entries]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "kind", ["home", "event", "series", "tag", "source", "talk", "speaker", "search"]
)
def test_every_list_has_every_feed_and_it_names_itself(
    client: FlaskClient, lists: dict[str, str], kind: str, form: str
) -> None:
    address = lists[kind].format(form)
    answer = client.get(address)
    assert answer.status_code == 200
    if form == "feed.json":
        assert answer.mimetype == "application/feed+json"
        assert read(answer)["feed_url"] == f"http://localhost{address}"
        assert read(answer)["items"]
    else:
        assert answer.mimetype == f"application/{form.partition('.')[0]}+xml"
        feed = feedparser.parse(answer.data)
        assert not feed.bozo
        links = {link.rel: link.href for link in feed.feed.links}
        assert links["self"] == f"http://localhost{address}"
        assert feed.entries


def test_the_three_formats_of_a_list_hold_the_same_entries(
    client: FlaskClient, lists: dict[str, str]
) -> None:
    for pattern in lists.values():
        rss, atom, feed = (ids_of(form, client.get(pattern.format(form)).data) for form in FORMATS)
        assert rss == atom == feed


def following(form: str, body: bytes) -> str | None:
    if form == "feed.json":
        address: str | None = json.loads(body).get("next_url")
    else:
        links = feedparser.parse(body).feed.links
        address = next((link.href for link in links if link.rel == "next"), None)
    return address.removeprefix("http://localhost") if address else None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["home", "search"])
def test_the_pages_of_a_feed_hold_each_entry_once(
    built: tuple[Database, FlaskClient], lists: dict[str, str], kind: str, form: str
) -> None:
    database, client = built
    words = "keynote" if kind == "search" else ""
    with database.reading() as c:
        expected = {card.uid for card in entries.find(c, EntryQuery(words=words, limit=0)).items}
    seen: list[str] = []
    address: str | None = lists[kind].format(form)
    for _ in range(20):
        if address is None:
            break
        body = client.get(address).data
        found = ids_of(form, body)
        assert 0 < len(found) <= 20
        seen += found
        address = following(form, body)
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


@pytest.mark.parametrize("form", FORMATS)
def test_a_feed_that_did_not_change_is_answered_304(client: FlaskClient, form: str) -> None:
    first = client.get(f"/{form}")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    by_tag = client.get(f"/{form}", headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(f"/{form}", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (by_tag.status_code, by_date.status_code) == (304, 304)
    stale = client.get(f"/{form}", headers={"If-None-Match": 'W/"other"'})
    assert stale.status_code == 200


def test_a_feed_was_last_modified_when_its_newest_change_was(
    built: tuple[Database, FlaskClient],
) -> None:
    database, client = built
    with database.reading() as c:
        newest = max(card.changed_at for card in entries.find(c, EntryQuery(limit=20)).items)
    assert client.get("/rss.xml").last_modified == newest.replace(microsecond=0)


def test_the_feed_of_an_event_long_past_is_complete_where_it_fits(tmp_path: Path) -> None:
    database, client = open_site(tmp_path, output_size="3")
    world.build(database, recaps=60, others=0)
    with database.reading() as c:
        cards = coverage.events(c)
    seen = set()
    for card in cards:
        last = card.ends_on or card.starts_on or date(card.year, 12, 31)
        over = datetime.now(UTC).date() > last + timedelta(days=365)
        whole = b"complete" in client.get(f"/events/{card.slug}/atom.xml").data
        assert whole == (over and card.recaps <= 3), card.slug
        seen.add(whole)
    assert seen == {True, False}
    assert b"fh:complete" not in client.get("/atom.xml").data
    database.close()


def test_the_feed_of_a_search_begins_with_the_newest(client: FlaskClient) -> None:
    dates = [entry.published for entry in feedparser.parse(
        client.get("/search/atom.xml?q=keynote&order=best").data
    ).entries]  # fmt: skip
    assert len(dates) > 5
    assert dates == sorted(dates, reverse=True)


def test_ids_survive_another_name_of_the_site(tmp_path: Path) -> None:
    database, client = open_site(tmp_path)
    world.build(database, recaps=10, others=0)
    before = feedparser.parse(client.get("/atom.xml").data)
    _, moved = open_site(tmp_path, base_url="https://new.example/recaps")
    after = feedparser.parse(moved.get("/recaps/atom.xml").data)
    assert before.feed.id == after.feed.id
    assert [entry.id for entry in before.entries] == [entry.id for entry in after.entries]
    assert after.feed.links[0].href.startswith("https://new.example/recaps/")
    database.close()


def test_a_search_feed_is_found_under_the_pages_own_address_too(client: FlaskClient) -> None:
    answer = client.get("/search?q=keynote&format=rss")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/search/rss.xml?q=keynote"


@pytest.mark.parametrize(
    "path",
    [
        "/events/no/rss.xml",
        "/nothing/x/rss.xml",
        "/rss.xml?before=x",
        "/tags/no/feed.json",
        "/talks/99999/rss.xml",
        "/talks/first/rss.xml",
        "/talks/999999999999999999999/rss.xml",
        "/speakers/nobody/rss.xml",
    ],
)
def test_a_feed_of_nothing_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_feeds_of_a_talk_and_a_speaker_hold_the_recaps_that_tell_of_them(
    built: tuple[Database, FlaskClient],
) -> None:
    database, client = built
    with database.reading() as c:
        told = entries.find(c, EntryQuery(limit=0)).items
        talk = coverage.top_talks(c, None, 1)[0]
    who = talk.speakers[0].slug
    of_talk = {one.uid for one in told if talk.id in {card.id for card in one.talks}}
    by_speaker = {
        one.uid for one in told if who in {by.slug for card in one.talks for by in card.speakers}
    }
    assert 1 < len(of_talk) <= len(by_speaker) < len(told)
    assert set(ids_of("atom.xml", client.get(f"/talks/{talk.id}/atom.xml").data)) == of_talk
    assert set(ids_of("rss.xml", client.get(f"/speakers/{who}/rss.xml").data)) == by_speaker


def test_feeds_may_be_read_by_scripts_of_other_sites(client: FlaskClient) -> None:
    assert client.get("/feed.json").headers["Access-Control-Allow-Origin"] == "*"


def test_the_calendar_holds_the_events_with_dates(built: tuple[Database, FlaskClient]) -> None:
    database, client = built
    with database.reading() as c:
        dated = [card for card in coverage.events(c) if card.starts_on]
    answer = client.get("/events.ics")
    assert answer.mimetype == "text/calendar"
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert {str(one["summary"]) for one in calendar.walk("VEVENT")} == {one.name for one in dated}
    one = client.get(f"/events/{dated[0].slug}/event.ics")
    assert len(icalendar.Calendar.from_ical(one.data).walk("VEVENT")) == 1
    assert client.get("/events.ics").data == answer.data


def test_a_calendar_is_made_once_for_all_who_ask(built: tuple[Database, FlaskClient]) -> None:
    database, client = built
    first = client.get("/events.ics")
    with statements(database) as seen:
        again = client.get("/events.ics")
    assert seen == []  # it is the kept answer
    assert again.data == first.data
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/events.ics", headers=known).status_code == 304


def test_opml_lists_the_followed_feeds(client: FlaskClient) -> None:
    answer = client.get("/opml.xml")
    assert answer.mimetype == "text/x-opml"
    outlines = found_in(answer.data, "//outline[@type='rss']/@xmlUrl")
    assert len(outlines) == 24
    assert "https://ashbourne.example/feed.xml" in outlines


def test_the_sitemap_names_pages_that_are_there_and_none_of_the_entries(
    client: FlaskClient,
) -> None:
    found = found_in(client.get("/sitemap.xml").data, "//*[local-name()='loc']/text()")
    assert len(found) == len(set(found)) > 50
    assert not [url for url in found if "/entries/" in url]
    assert [url for url in found if "/speakers/" in url]
    for url in found[::9]:
        assert client.get(url.removeprefix("http://localhost")).status_code == 200, url


def test_the_sitemap_of_a_site_below_a_path_names_the_path_once(tmp_path: Path) -> None:
    database, client = open_site(tmp_path, base_url="https://example.org/recaps")
    found = found_in(client.get("/sitemap.xml").data, "//*[local-name()='loc']/text()")
    assert "https://example.org/recaps/events/" in found
    assert client.get("/robots.txt").text.count("https://example.org/recaps/sitemap.xml") == 1
    database.close()


def test_a_recap_can_be_cited_in_three_formats(built: tuple[Database, FlaskClient]) -> None:
    database, client = built
    with database.reading() as c:
        card = entries.find(c, EntryQuery(limit=1)).items[0]
    page = f"/entries/{card.id}/cite"
    bibtex, csl, cff = (client.get(f"{page}.{form}") for form in ("bib", "json", "cff"))
    assert bibtex.text.startswith("@misc{")
    assert read(csl)[0]["type"] == "post-weblog"
    assert "cff-version:" in cff.text
    for answer in (bibtex, csl, cff):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert card.url in answer.text
    assert client.get("/entries/999999/cite.bib").status_code == 404


def test_browsers_learn_how_to_search_here(client: FlaskClient) -> None:
    described = client.get("/opensearch.xml").data
    assert found_in(described, "//*[local-name()='Url']/@template") == [
        "http://localhost/search?q={searchTerms}"
    ]


def test_an_empty_site_has_feeds_that_hold_nothing_yet(tmp_path: Path) -> None:
    database, client = open_site(tmp_path)
    for form in FORMATS:
        answer = client.get(f"/{form}")
        assert answer.status_code == 200
        assert ids_of(form, answer.data) == []
    assert client.get("/rss.xml").last_modified == datetime(2000, 1, 1, tzinfo=UTC)
    database.close()
