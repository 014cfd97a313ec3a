"""Feed documents to values. What a file can show is in ``tests/data/feeds``."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import find_feeds, opml, parse
from aggregator.parse.dates import moment

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
URL = "https://lab.example/blog/feed.xml"


def read(body: bytes | str, content_type: str = "", **options: Any) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse(Fetched(url=URL, status=200, body=data, content_type=content_type), **options)


def rss(items: str, head: str = "<title>Lab</title>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def plain(value: Any) -> Any:
    """Return a value as a file would write it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    return [plain(part) for part in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.xml")), ids=lambda path: path.stem)
def test_a_sample_reads_as_its_comment_says(path: Path) -> None:
    body = path.read_bytes()
    stated = re.search(r"^expect: (\{.*\})$", body.decode(), re.MULTILINE)
    assert stated, "the sample does not say what is expected"
    expected = json.loads(stated.group(1))
    found = plain(read(body))
    entries = expected.pop("entries", None)
    assert {name: found[name] for name in expected} == expected
    if entries is not None:
        assert len(found["entries"]) == len(entries)
        for entry, wanted in zip(found["entries"], entries, strict=True):
            assert {name: entry[name] for name in wanted} == wanted


# ----------------------------------------------------------------------------------------- bytes


def titled(codec: str, said: str = "") -> bytes:
    declared = f'<?xml version="1.0" encoding="{said}"?>' if said else ""
    return f"{declared}<rss><channel><title>Zoë</title></channel></rss>".encode(codec)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(titled("utf-16", "utf-16"), "", id="UTF-16"),
        pytest.param(titled("utf-16-le"), "", id="UTF-16 without a mark"),
        pytest.param(titled("utf-8-sig"), "text/xml; charset=latin-1", id="mark beats header"),
        pytest.param(titled("utf-8"), "text/xml; charset=latin-1", id="bytes beat header"),
        pytest.param(titled("latin-1"), "text/xml; charset=latin-1", id="header"),
        pytest.param(titled("latin-1", "iso-8859-15"), "text/xml", id="declaration"),
        pytest.param(titled("latin-1", "utf-8"), "", id="wrong declaration"),
        pytest.param(titled("latin-1"), "text/xml; charset=punycode", id="odd codec"),
    ],
)
def test_letters_come_out_right_whatever_is_said_of_them(body: bytes, content_type: str) -> None:
    assert read(body, content_type).title == "Zoë"


def test_guessed_letters_are_told() -> None:
    feed = read(b"<rss><channel><title>\x93caf\xe9\x94 \xc3\xa9</title></channel></rss>")
    assert feed.title == "“café” é"
    assert feed.problems == ("some of its letters are not UTF-8 and were guessed",)


def test_junk_before_the_document_is_skipped() -> None:
    feed = read("\n\0\nWarning: mysql <br />\n" + rss("<item><title>a</title></item>"))
    assert feed.entries[0].title == "a"
    assert "text before the document" in feed.problems[0]


def test_characters_that_xml_forbids_are_dropped() -> None:
    feed = read(rss("<item><title>a\x00\x08b&#0;&#x1F;c\x85</title></item>"))
    assert feed.entries[0].title == "abc"


def test_a_cut_off_document_keeps_its_whole_entries() -> None:
    whole = "<item><guid>1</guid><title>one</title><description>whole</description></item>"
    cut = "<item><guid>2</guid><title>two</title><description>ha"
    body = rss(whole + cut).removesuffix("</channel></rss>")
    feed = read(body)
    assert [entry.title for entry in feed.entries] == ["one"]
    assert any("not well-formed" in problem for problem in feed.problems)
    assert any("cut off" in problem for problem in feed.problems)


def test_a_wrong_media_type_does_not_matter() -> None:
    assert read(rss("<item><title>a</title></item>"), "text/html; charset=utf-8").entries


def test_an_empty_document_is_told() -> None:
    with pytest.raises(ParseError, match="empty document"):
        read(b" \n\0")


# ---------------------------------------------------------------------------------------- entries


def test_only_the_newest_entries_are_read_when_there_are_too_many() -> None:
    items = "".join(
        f"<item><guid>{day}</guid><pubDate>{day} May 2024</pubDate></item>" for day in range(1, 31)
    )
    feed = read(rss(items), max_entries=3)
    assert [entry.guid for entry in feed.entries] == ["28", "29", "30"]
    assert feed.problems == ("it has 30 entries, of which the newest 3 were read",)


def test_without_dates_the_first_entries_are_read() -> None:
    feed = read(rss("".join(f"<item><guid>{n}</guid></item>" for n in range(9))), max_entries=2)
    assert [entry.guid for entry in feed.entries] == ["0", "1"]


def test_an_entry_without_id_and_link_keeps_its_hash_while_it_stays_the_same() -> None:
    one, two, other = (
        read(rss(f"<item><title>{title}</title><description>x</description></item>")).entries[0]
        for title in ("a", "a", "b")
    )
    assert one.guid == two.guid
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", one.guid)
    assert one.guid != other.guid


def test_an_endless_id_is_hashed() -> None:
    feed = read(rss(f"<item><guid>{'9' * 5_000}</guid></item>"))
    assert feed.entries[0].guid.startswith("sha256:")


@pytest.mark.parametrize(
    "change",
    [
        "<title>b</title>",
        "<title>a</title><category>x</category>",
        "<title>a</title><link>/1</link>",
    ],
)
def test_the_content_hash_moves_with_what_is_shown(change: str) -> None:
    before = read(rss("<item><guid>1</guid><title>a</title></item>")).entries[0]
    after = read(rss(f"<item><guid>1</guid>{change}</item>")).entries[0]
    assert before.content_hash != after.content_hash


def test_the_content_hash_does_not_move_with_the_id() -> None:
    one = read(rss("<item><guid>1</guid><title>a</title></item>")).entries[0]
    two = read(rss("<item><guid>2</guid><title>a</title></item>")).entries[0]
    assert one.content_hash == two.content_hash


def test_a_long_description_alone_is_the_text() -> None:
    text = "<p>" + "We met and talked about software. " * 60 + "</p>"
    entry = read(rss(f"<item><description><![CDATA[{text}]]></description></item>")).entries[0]
    assert not entry.summary_only


@pytest.mark.parametrize("end", ["[…]", "...", "Read more", "Weiterlesen"])
def test_a_long_description_that_breaks_off_is_a_summary(end: str) -> None:
    text = "<p>" + "We met and talked about software. " * 60 + end + "</p>"
    entry = read(rss(f"<item><description><![CDATA[{text}]]></description></item>")).entries[0]
    assert entry.summary_only


def test_a_long_text_is_kept_letter_by_letter() -> None:
    text = "<p>" + "all these words " * 999 + '<a href="/p">Read more about us</a>.</p>'
    entry = read(rss(f"<item><description><![CDATA[{text}]]></description></item>")).entries[0]
    assert entry.html == text
    assert not entry.summary_only


# --------------------------------------------------------------------------------------- JSON Feed


def test_a_json_feed_is_read() -> None:
    feed = read(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "J",
                "home_page_url": "https://lab.example/",
                "next_url": "/older.json",
                "language": "en",
                "authors": [{"name": "Team J"}],
                "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
                "items": [
                    {
                        "id": 7,
                        "url": "/7",
                        "title": "Seven &amp; more",
                        "content_html": "<p>x</p>",
                        "date_published": "2024-05-03T10:00:00+02:00",
                        "tags": ["a", "b"],
                        "attachments": [{"url": "/v.mp4", "mime_type": "video/mp4"}],
                    },
                    {"id": "8", "summary": "short", "author": {"name": "Ada Kern"}},
                    "no item",
                ],
            }
        ),
        "application/octet-stream",
    )
    seven, eight = feed.entries
    assert (feed.title, feed.site_url) == ("J", "https://lab.example/")
    assert (feed.older_url, feed.hub_url) == (
        "https://lab.example/older.json",
        "https://hub.example/",
    )
    assert (seven.guid, seven.url, seven.title) == ("7", "https://lab.example/7", "Seven & more")
    assert seven.published == datetime(2024, 5, 3, 8, tzinfo=UTC)
    assert seven.enclosures == ("https://lab.example/v.mp4",)
    assert (seven.authors, seven.tags, seven.language) == (("Team J",), ("a", "b"), "en")
    assert (eight.html, eight.summary_only, eight.authors) == ("<p>short</p>", True, ("Ada Kern",))


def test_a_json_feed_of_version_1_0_without_a_site_is_read() -> None:
    feed = read(
        '{"version": "https://jsonfeed.org/version/1", "title": "J", "items": [{"id": "1"}]}'
    )
    assert feed.site_url is None
    assert feed.problems == ()
    assert feed.entries[0].guid == "1"


@pytest.mark.parametrize("body", ['{"a": 1}', "[1, 2]", '{"items": 3}'])
def test_other_json_is_no_feed(body: str) -> None:
    with pytest.raises(NotAFeed, match="no JSON Feed"):
        read(body)


@pytest.mark.parametrize("body", ['{"items": [', '{"items":' + "[" * 200_000, "{" + "9" * 9_000])
def test_damaged_json_is_told(body: str) -> None:
    with pytest.raises(ParseError, match="not valid JSON"):
        read(body)


# ------------------------------------------------------------------------------- no feed at all

PAGE = """<!DOCTYPE html><html><head><base href="https://lab.example/blog/">
<link rel="alternate" type="application/rss+xml" title="Lab &raquo; Comments Feed"
 href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Lab" href="feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
<link rel="alternate" hreflang="de" href="/de/">
<link rel="stylesheet" type="text/css" href="/feed.css"></head>
<body><a href="../news/atom.xml">News</a> <a href="mailto:x@y.example">x</a>
<a href="/feedback">y</a>
<a href="https://lab.example/blog/feed">again</a></body></html>"""


def test_a_page_in_place_of_a_feed_names_the_feeds_that_it_links() -> None:
    with pytest.raises(NotAFeed, match=r"offers https://lab\.example/blog/feed/") as failed:
        read(PAGE, "application/rss+xml")
    assert [link.url for link in failed.value.feed_links] == [
        "https://lab.example/blog/feed/",
        "https://lab.example/news/atom.xml",
        "https://lab.example/comments/feed/",
    ]
    assert failed.value.feed_links[0].title == "Lab"
    assert failed.value.feed_links[0].type == "application/rss+xml"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><body>nothing</body></html>", "links none"),
        ("<?xml version='1.0'?><urlset><url/></urlset>", "first element is <urlset>"),
        ("<opml version='2.0'><body/></opml>", "import it instead"),
        ("just words", "neither XML nor JSON"),
    ],
)
def test_what_is_no_feed_is_told_in_words(body: str, words: str) -> None:
    with pytest.raises(NotAFeed, match=words):
        read(body)


def test_feeds_of_a_page_in_another_encoding_are_found() -> None:
    page = (
        '<meta charset="latin-1"><link rel=alternate type=application/atom+xml title="Zoë" href=/a>'
    )
    (link,) = find_feeds(page.encode("latin-1"), URL)
    assert (link.url, link.title) == ("https://lab.example/a", "Zoë")


@pytest.mark.parametrize("body", [b"", b"\0", b"<", b"<html>", b"%PDF-1.7"])
def test_no_feeds_are_found_where_there_are_none(body: bytes) -> None:
    assert find_feeds(body, URL) == ()


# --------------------------------------------------------------------------------------------- OPML


def test_an_opml_list_is_read_with_its_folders() -> None:
    links = opml(
        b"""<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>
        <outline text="Folder"><outline type="rss" text="A &amp; B" xmlUrl="https://a.example/feed"
        htmlUrl="https://a.example/"/><outline text="b" title="B" XMLURL="feed://b.example/rss"/></outline>
        <outline text="again" xmlUrl="https://a.example/feed"/><outline xmlUrl="file:///etc/passwd"/>
        </body></opml>"""
    )
    assert [(link.url, link.title, link.site_url) for link in links] == [
        ("https://a.example/feed", "A & B", "https://a.example/"),
        ("http://b.example/rss", "B", None),
    ]


def test_an_opml_list_without_feeds_is_empty() -> None:
    assert opml(b"<opml version='2.0'><body></body></opml>") == ()


@pytest.mark.parametrize("body", [b"", b"words", b"<html></html>", b"<rss/>", b"{}"])
def test_what_is_no_opml_is_told(body: bytes) -> None:
    with pytest.raises(ParseError, match="no OPML"):
        opml(body)


# -------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Fri, 3 May 24 10:00:00 EST", "2024-05-03T15:00:00+00:00"),
        ("Fri, 03 May 2024 10:00:00 GMT+0200", "2024-05-03T08:00:00+00:00"),
        ("2024-05-03T10:00:00.123456789+02:00", "2024-05-03T08:00:00+00:00"),
        ("2024-05-03 10:00", "2024-05-03T10:00:00+00:00"),
        ("20240503T100000Z", "2024-05-03T10:00:00+00:00"),
        ("1714730400", "2024-05-03T10:00:00+00:00"),
        ("1714730400000", "2024-05-03T10:00:00+00:00"),
        ("Freitag, 3. Mai 2024, 14:30 Uhr", "2024-05-03T14:30:00+00:00"),
        ("12. März 2022 10:00 MEZ", "2022-03-12T09:00:00+00:00"),
        ("1er décembre 2023 à 9h05", "2023-12-01T09:05:00+00:00"),
        ("3 de mayo de 2024", "2024-05-03T00:00:00+00:00"),
        ("vrijdag 3 maart 2023", "2023-03-03T00:00:00+00:00"),
        ("May 3rd, 2024 at 3:15 pm", "2024-05-03T15:15:00+00:00"),
        ("Fri May  3 10:00:00 2024", "2024-05-03T10:00:00+00:00"),
        ("03.05.2024", "2024-05-03T00:00:00+00:00"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, stated: str) -> None:
    assert moment(text) == datetime.fromisoformat(stated)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "03/04/2024",
        "31 Feb 2024",
        "2024-05",
        "May 2024",
        "0000-00-00 00:00:00",
        "1989-12-31",
        "9999-12-31T23:59:59-23:00",
        "2024-05-03T10:00:00+99:00",
        "3 May 2024 25:00",
        "12345",
    ],
)
def test_what_is_no_certain_date_is_none(text: str) -> None:
    assert moment(text) is None
