"""Output feeds, lists, calendars and citations, read back by other people's readers."""

from __future__ import annotations

import io
import json
import re
from calendar import timegm
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import feedparser
import icalendar
import listparser
import pytest
from lxml import etree

from aggregator import publish
from aggregator.model import (
    EntryCard,
    EventCard,
    EventLink,
    EventMention,
    Feed,
    FeedLink,
    FeedStatus,
    Kind,
    Link,
    LinkKind,
    Recognition,
    SafeHtml,
    SourceCard,
    TalkCard,
    TalkLink,
    TalkMention,
)
from aggregator.publish import Document

NOON = datetime(2024, 7, 22, 12, 0, tzinfo=UTC)
EVENT = EventLink(
    slug="rsecon-2024", name="RSECon 2024", series="RSECon", series_slug="rsecon", year=2024
)
TALK = TalkCard(
    id=5,
    title="Testing & telling",
    speakers=(Link(slug="ada-example", name="Ada Example"),),
    links=(
        TalkLink(url="https://video.example/1", kind=LinkKind.VIDEO),
        TalkLink(url="https://slides.example/1", kind=LinkKind.SLIDES),
    ),
    event=EVENT,
)
ENTRY = EntryCard(
    id=7,
    uid="tag:recaps.example,2024:entry/7",
    guid="https://team.example/?p=7",
    url="https://team.example/rsecon?a=1&b=2",
    title="Three days <at> RSECon & more",
    authors=("Ada Example", "Björn Beispiel"),
    language="de",
    summary="We went to Newcastle.",
    kind=Kind.RECAP,
    kind_score=0.91234567,
    listed=True,
    hidden=False,
    published_at=NOON,
    published_inferred=False,
    updated_at=NOON + timedelta(hours=1),
    fetched_at=NOON + timedelta(hours=2),
    changed_at=NOON + timedelta(hours=3),
    source=Link(slug="team", name="The Team"),
    licence="CC-BY-4.0",
    sample=False,
    feed_id=3,
    feed_url="https://team.example/feed.xml",
    enclosures=("https://team.example/talk.mp3", "https://team.example/talk.pdf"),
    events=(EVENT,),
    tags=(Link(slug="testing", name="Testing"), Link(slug="c-plus-plus", name="C++")),
    talks=(TALK,),
    told=1,
    duplicate_of=None,
    excerpt=False,
    html=SafeHtml("<p>We went to <b>Newcastle</b> &amp; back.</p>"),
)
DOCUMENT = Document(
    title="Recaps of RSECon",
    subtitle="Newest first",
    home_url="https://recaps.example/series/rsecon/",
    self_url="https://recaps.example/series/rsecon/rss.xml",
    base_url="https://recaps.example",
    feed_id="tag:recaps.example,2024:series/rsecon",
    site_title="Event recaps",
    entries=(ENTRY, replace(ENTRY, id=8, uid="tag:recaps.example,2024:entry/8", url="", html=None)),
    next_url="https://recaps.example/series/rsecon/rss.xml?page=2",
    previous_url="https://recaps.example/series/rsecon/rss.xml?page=0",
    hub="https://hub.example/",
    version="1.2",
)
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"


def tree(body: bytes) -> etree._Element:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False))


def read(body: bytes) -> Any:
    found = feedparser.parse(io.BytesIO(body))
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("make", [publish.rss, publish.atom])
def test_a_feed_reader_finds_what_was_published(make: Any) -> None:
    found = read(make(DOCUMENT))
    assert found.feed.title == "Recaps of RSECon"
    assert found.feed.link == DOCUMENT.home_url
    assert found.feed.subtitle == "Newest first"
    first, second = found.entries
    assert first.id == ENTRY.uid
    assert first.title == ENTRY.title
    assert first.link == ENTRY.url
    assert first.content[-1].value == ENTRY.html
    assert first.summary == ENTRY.summary
    assert timegm(first.published_parsed) == NOON.timestamp()
    assert [author.name for author in first.authors] == list(ENTRY.authors)
    assert {(tag.scheme, tag.label or tag.term) for tag in first.tags} == {
        ("https://recaps.example/events/", "RSECon 2024"),
        ("https://recaps.example/series/", "RSECon"),
        ("https://recaps.example/tags/", "Testing"),
        ("https://recaps.example/tags/", "C++"),
    }
    assert first.enclosures[0].href == "https://team.example/talk.mp3"
    assert first.enclosures[0].type == "audio/mpeg"
    assert second.link == "https://recaps.example/entries/8/"
    assert "content" not in second


@pytest.mark.parametrize("make", [publish.rss, publish.atom])
def test_a_feed_says_where_it_is_and_where_it_goes_on(make: Any) -> None:
    links = {link.rel: link.href for link in read(make(DOCUMENT)).feed.links}
    assert links["self"] == DOCUMENT.self_url
    assert links["next"] == DOCUMENT.next_url
    assert links["previous"] == DOCUMENT.previous_url
    assert links["hub"] == DOCUMENT.hub


def test_rss_keeps_the_rules_of_the_profile() -> None:
    channel = tree(publish.rss(DOCUMENT))[0]
    assert channel.findtext("language") == "en"
    assert channel.findtext("lastBuildDate") == "Mon, 22 Jul 2024 15:00:00 GMT"
    assert channel.findtext("generator") == "Event feed aggregator 1.2"
    assert channel.findtext("ttl") == "60"
    assert channel.findtext("docs")
    item = channel.find("item")
    assert item is not None
    names = [child.tag for child in item]
    assert names.index("description") < names.index(f"{CONTENT}encoded")
    guid = item.find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"
    assert item.findtext("pubDate") == "Mon, 22 Jul 2024 12:00:00 GMT"
    assert [e.text for e in item.findall(f"{DC}creator")] == list(ENTRY.authors)
    assert item.find("author") is None
    assert len(item.findall("enclosure")) == 1
    source = item.find("source")
    assert source is not None
    assert (source.text, source.get("url")) == ("The Team", ENTRY.feed_url)
    related = item.find(f"{ATOM}link")
    assert related is not None
    assert related.get("href") == "https://recaps.example/entries/7/"


def test_atom_names_the_origin_of_each_entry() -> None:
    feed = tree(publish.atom(DOCUMENT))
    assert feed.findtext(f"{ATOM}id") == DOCUMENT.feed_id
    assert feed.findtext(f"{ATOM}updated") == "2024-07-22T15:00:00Z"
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    assert entry.findtext(f"{ATOM}updated") == "2024-07-22T15:00:00Z"
    assert entry.findtext(f"{ATOM}published") == "2024-07-22T12:00:00Z"
    assert entry.findtext(f"{ATOM}rights") == "CC-BY-4.0"
    assert entry.findtext(f"{ATOM}source/{ATOM}id") == ENTRY.feed_url
    assert entry.findtext(f"{ATOM}source/{ATOM}title") == "The Team"
    rels = [link.get("rel") for link in entry.findall(f"{ATOM}link")]
    assert rels == ["alternate", "related", "enclosure", "enclosure"]


def test_json_feed_tells_events_and_talks() -> None:
    feed = json.loads(publish.json_feed(DOCUMENT))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["next_url"] == DOCUMENT.next_url
    assert feed["hubs"] == [{"type": "WebSub", "url": DOCUMENT.hub}]
    first, second = feed["items"]
    assert (first["id"], first["url"], first["title"]) == (ENTRY.uid, ENTRY.url, ENTRY.title)
    assert first["content_html"] == ENTRY.html
    assert first["date_published"] == "2024-07-22T12:00:00Z"
    assert first["date_modified"] == "2024-07-22T15:00:00Z"
    assert first["attachments"][0]["mime_type"] == "audio/mpeg"
    assert first["_recap"]["kind"] == "recap"
    assert first["_recap"]["page"] == "https://recaps.example/entries/7/"
    assert first["_recap"]["events"][0]["url"] == "https://recaps.example/events/rsecon-2024/"
    assert first["_recap"]["talks"][0]["url"] == "https://video.example/1"
    assert first["_source"]["feed_url"] == ENTRY.feed_url
    assert second["content_text"] == ENTRY.summary
    assert "content_html" not in second


@pytest.mark.parametrize("make", [publish.rss, publish.atom, publish.json_feed])
class TestEveryFormat:
    def test_equal_documents_are_equal_bytes(self, make: Any) -> None:
        assert make(DOCUMENT) == make(replace(DOCUMENT))

    def test_an_id_is_there_once(self, make: Any) -> None:
        twice = replace(DOCUMENT, entries=(ENTRY, ENTRY, ENTRY))
        assert make(twice) == make(replace(DOCUMENT, entries=(ENTRY,)))

    def test_an_empty_document_never_changes(self, make: Any) -> None:
        empty = replace(DOCUMENT, entries=())
        body = make(empty)
        assert body == make(empty)
        assert str(datetime.now(UTC).year).encode() not in body

    def test_characters_that_xml_forbids_are_left_out(self, make: Any) -> None:
        odd = "a\x00b\x0bc\ud800d\ufffee"
        entry = replace(
            ENTRY,
            title=odd,
            summary=odd,
            authors=(odd,),
            tags=(Link(slug="x", name=odd),),
            html=SafeHtml(odd),
            source=Link(slug="x", name=odd),
            licence=odd,
        )
        body = make(replace(DOCUMENT, title=odd, subtitle=odd, entries=(entry,)))
        assert b"abcde" in body
        assert not re.search("[\x00\x0b\ufffe\ud800]", body.decode("utf-8"))

    def test_what_is_not_known_is_left_out(self, make: Any) -> None:
        bare = replace(
            ENTRY,
            title="",
            authors=(),
            language=None,
            summary="",
            licence=None,
            enclosures=("javascript:alert(1)",),
            events=(),
            tags=(),
            talks=(),
            html=None,
            feed_url="",
        )
        body = make(replace(DOCUMENT, entries=(bare,), next_url=None, previous_url=None, hub=None))
        assert b"Untitled" in body
        assert b"The Team" in body
        assert b"javascript" not in body
        assert b"None" not in body


def test_opml_is_read_back() -> None:
    one = SourceCard(
        id=1, slug="a", title="A & B", site_url="https://a.example/", category="rse/uk"
    )
    two = SourceCard(id=2, slug="c", title="C")
    body = publish.opml(
        "Followed",
        (
            (one, (FeedLink(url="https://a.example/feed?x=1&y=2"),)),
            (
                two,
                (
                    FeedLink(url="https://c.example/1", title="C1"),
                    FeedLink(url="https://c.example/2"),
                ),
            ),
        ),
        date=NOON,
    )
    found = listparser.parse(body)
    assert not found.bozo
    assert found.meta.title == "Followed"
    assert [(feed.url, feed.title) for feed in found.feeds] == [
        ("https://a.example/feed?x=1&y=2", "A & B"),
        ("https://c.example/1", "C1"),
        ("https://c.example/2", "C"),
    ]
    outline = tree(body).find("body/outline")
    assert outline is not None
    assert outline.get("htmlUrl") == "https://a.example/"
    assert outline.get("category") == "/rse-uk"


def card(**changes: Any) -> EventCard:
    base = EventCard(
        id=4,
        slug="rsecon-2024",
        name="RSECon 2024, the eighth; with a comma",
        series=Link(slug="rsecon", name="RSECon"),
        year=2024,
        place="Newcastle upon Tyne",
        starts_on=date(2024, 9, 3),
        ends_on=date(2024, 9, 5),
        homepage="https://rsecon24.society-rse.org/",
        recaps=3,
    )
    return replace(base, **changes)


def test_a_calendar_has_the_events_whose_dates_are_known() -> None:
    body = publish.ical(
        (card(), card(id=5, starts_on=None), card(id=6, ends_on=None, place=None, homepage=None)),
        host="recaps.example",
        base_url="https://recaps.example",
        stamp=NOON,
    )
    assert b"\r\n" in body
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    calendar: Any = icalendar.Calendar.from_ical(body)
    assert calendar["version"] == "2.0"
    first, second = calendar.walk("VEVENT")
    assert first["uid"] == "event-4@recaps.example"
    assert first["summary"] == "RSECon 2024, the eighth; with a comma"
    assert first["dtstart"].dt == date(2024, 9, 3)
    assert first["dtend"].dt == date(2024, 9, 6)
    assert first["dtstamp"].dt == NOON
    assert first["url"] == "https://recaps.example/events/rsecon-2024/"
    assert first["location"] == "Newcastle upon Tyne"
    assert b"DTSTART;VALUE=DATE:20240903" in body
    assert second["dtend"].dt == date(2024, 9, 4)
    assert "location" not in second


def test_the_title_of_a_calendar_is_escaped_and_folded_like_any_text() -> None:
    body = publish.ical(
        (), host="h", base_url="https://h", stamp=NOON, title="Zürich; Bern, Genf\n" * 5
    )
    head, _, rest = body.partition(b"NAME:")
    assert head == b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Event feed aggregator//EN\r\n"
    first, second = rest.split(b"\r\n")[:2]
    assert first.startswith("Zürich\\; Bern\\, Genf Zürich".encode())
    assert len(b"NAME:" + first) in (74, 75)  # as full as whole characters allow
    assert second.startswith(b" ")


def test_an_event_never_ends_before_it_begins() -> None:
    body = publish.ical(
        (card(ends_on=date(2023, 1, 1)),), host="h", base_url="https://h", stamp=NOON
    )
    assert b"DTEND;VALUE=DATE:20240904" in body


def test_a_sitemap_holds_as_many_as_the_protocol_allows() -> None:
    pages = [
        (f"https://recaps.example/entries/{n}/?a&b", NOON if n else None) for n in range(50_001)
    ]
    found = tree(publish.sitemap(pages))
    assert len(found) == 50_000
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert found[0].findtext(f"{space}loc") == "https://recaps.example/entries/0/?a&b"
    assert found[0].find(f"{space}lastmod") is None
    assert found[1].findtext(f"{space}lastmod") == "2024-07-22T12:00:00Z"


def test_an_entry_has_its_json_shape() -> None:
    assert publish.entry_json(ENTRY) == {
        "id": 7,
        "guid": ENTRY.guid,
        "url": ENTRY.url,
        "title": ENTRY.title,
        "feed_url": ENTRY.feed_url,
        "source": "The Team",
        "authors": ["Ada Example", "Björn Beispiel"],
        "published": "2024-07-22T12:00:00Z",
        "updated": "2024-07-22T13:00:00Z",
        "fetched": "2024-07-22T14:00:00Z",
        "language": "de",
        "kind": "recap",
        "kind_score": 0.9123,
        "events": [
            {"slug": "rsecon-2024", "name": "RSECon 2024", "series": "RSECon", "year": 2024}
        ],
        "tags": ["Testing", "C++"],
        "talks": [
            {
                "title": "Testing & telling",
                "url": "https://video.example/1",
                "kind": "video",
                "speakers": ["Ada Example"],
                "links": [
                    {"url": "https://video.example/1", "kind": "video"},
                    {"url": "https://slides.example/1", "kind": "slides"},
                ],
            }
        ],
        "enclosures": list(ENTRY.enclosures),
        "summary": ENTRY.summary,
        "content_html": "<p>We went to <b>Newcastle</b> &amp; back.</p>",
        "duplicate_of": None,
    }


def test_an_entry_that_is_no_recap_or_not_listed_shows_no_content() -> None:
    assert publish.entry_json(replace(ENTRY, kind=Kind.OTHER, listed=False))["content_html"] is None
    assert publish.entry_json(replace(ENTRY, hidden=True, listed=False))["content_html"] is None
    folded = replace(ENTRY, listed=False, duplicate_of=3, updated_at=None)
    assert publish.entry_json(folded)["duplicate_of"] == 3
    assert publish.entry_json(folded)["updated"] is None


def test_a_talk_without_links_has_no_address() -> None:
    row = publish.entry_json(replace(ENTRY, talks=(replace(TALK, links=()),)))["talks"][0]
    assert (row["url"], row["kind"], row["links"]) == (None, None, [])


def test_a_feed_has_its_json_shape() -> None:
    feed = Feed(
        id=3,
        url="https://team.example/feed.xml",
        title=None,
        source=SourceCard(id=1, slug="team", title="The Team", site_url="https://team.example/"),
        status=FeedStatus.FAILING,
        trial=False,
        full_text=False,
        summary_only=False,
        discover=True,
        error="answered 500",
        http_status=500,
        failures=2,
        created_at=NOON,
        last_polled_at=NOON,
        last_success_at=None,
        last_changed_at=None,
        next_poll_at=NOON + timedelta(hours=1),
        interval=timedelta(hours=1),
        entries=4,
        recaps=1,
    )
    assert publish.feed_json(feed) == {
        "id": 3,
        "url": "https://team.example/feed.xml",
        "site_url": "https://team.example/",
        "title": None,
        "source": "The Team",
        "status": "failing",
        "error": "answered 500",
        "failures": 2,
        "last_polled": "2024-07-22T12:00:00Z",
        "last_changed": None,
        "next_poll": "2024-07-22T13:00:00Z",
        "interval_s": 3600,
        "entries": 4,
    }


def test_an_event_has_its_json_shape() -> None:
    row = publish.event_json(card(part_of=EVENT, newest_at=NOON))
    assert (row["slug"], row["series"], row["year"]) == ("rsecon-2024", "RSECon", 2024)
    assert (row["starts_on"], row["ends_on"]) == ("2024-09-03", "2024-09-05")
    assert (row["part_of"], row["newest"], row["edition"]) == (
        "rsecon-2024",
        "2024-07-22T12:00:00Z",
        None,
    )
    assert json.loads(json.dumps(row)) == row


def test_a_recognition_has_its_json_shape() -> None:
    found = Recognition(
        kind=Kind.RECAP,
        kind_score=0.75,
        events=(EventMention(name="RSECon 2024", series="RSECon", year=2024),),
        talks=(
            TalkMention(title="A", speakers=("B",), links=TALK.links),
            TalkMention(title="C"),
        ),
        why=("the title says so",),
    )
    row = {
        "id": "x",
        "kind": "recap",
        "kind_score": 0.75,
        "events": [{"name": "RSECon 2024", "series": "RSECon", "year": 2024}],
        "talks": [
            {"title": "A", "url": "https://video.example/1", "kind": "video", "speakers": ["B"]},
            {"title": "C", "url": None, "kind": None, "speakers": []},
        ],
    }
    assert publish.recognition_json("x", found, explain=False) == row
    assert publish.recognition_json("x", found, explain=True) == {
        **row,
        "why": ["the title says so"],
    }


def test_a_bibtex_record_survives_odd_characters() -> None:
    odd = replace(
        ENTRY,
        title="50% of {C_1} & $x^2$ ~ #1 \\end",
        authors=("RSE and Friends",),
        url="https://x/{a}",
    )
    assert publish.bibtex(odd, "Event recaps") == (
        "@misc{friends2024post,\n"
        "  author = {{RSE and Friends}},\n"
        "  title = {{50\\% of \\{C\\_1\\} \\& \\$x\\textasciicircum{}2\\$ \\textasciitilde{} \\#1 "
        "\\textbackslash{}end}},\n"
        "  year = {2024},\n"
        "  month = {7},\n"
        "  howpublished = {The Team},\n"
        "  url = {https://x/%7Ba%7D},\n"
        "  note = {Blog post, listed by Event recaps}\n"
        "}\n"
    )


def test_a_csl_record_names_title_author_and_day() -> None:
    (item,) = json.loads(publish.csl_json(ENTRY, "Event recaps"))
    assert item["type"] == "post-weblog"
    assert item["author"] == [{"literal": "Ada Example"}, {"literal": "Björn Beispiel"}]
    assert item["issued"] == {"date-parts": [[2024, 7, 22]]}
    assert item["URL"] == ENTRY.url
    assert item["id"] == "example2024three"


def test_a_citation_file_quotes_what_it_says() -> None:
    lines = publish.cff(replace(ENTRY, title='a: "b" # c'), "Event recaps").splitlines()
    assert lines[0] == "cff-version: 1.2.0"
    assert 'title: "a: \\"b\\" # c"' in lines
    assert '  - name: "Ada Example"' in lines
    assert '    - name: "Ada Example"' in lines
    assert "  date-published: 2024-07-22" in lines
    assert f'  url: "{ENTRY.url}"' in lines
