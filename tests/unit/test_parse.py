"""Feed documents to values. What a file can show is in ``tests/data/feeds``."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import text
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import find_feeds, opml, parse

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
    if isinstance(value, frozenset):
        return sorted(value)
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


@pytest.mark.parametrize(
    "body", ["<!-- ü --><rss><channel><title>Лаборатория</title></channel></rss>"]
)
def test_bytes_that_are_no_utf_8_are_read_as_the_header_says_before_the_document(body: str) -> None:
    said = f'<?xml version="1.0" encoding="utf-8"?>{body.replace("ü", "")}'
    assert read(said.encode("cp1251"), "text/xml; charset=windows-1251").title == "Лаборатория"
    assert read(said.encode("koi8-r"), "text/xml; charset=koi8-r").title == "Лаборатория"


def test_letters_in_the_places_of_windows_are_what_they_are_there() -> None:
    feed = read(rss("<item><title>wait\x85 what &#150; &#x93;ever&#148;</title></item>"))
    assert feed.entries[0].title == "wait… what – “ever”"


def test_guessed_letters_are_told() -> None:
    feed = read(b"<rss><channel><title>\x93caf\xe9\x94 \xc3\xa9</title></channel></rss>")
    assert feed.title == "“café” é"
    assert feed.problems == ("some of its letters are not UTF-8 and were guessed",)


def test_junk_before_the_document_is_skipped() -> None:
    feed = read("\n\0\nWarning: mysql <br />\n" + rss("<item><title>a</title></item>"))
    assert feed.entries[0].title == "a"
    assert "text before the document" in feed.problems[0]


def test_characters_that_xml_forbids_are_dropped() -> None:
    feed = read(rss("<item><title>a\x00\x08b&#0;&#x1F;c</title></item>"))
    assert feed.entries[0].title == "abc"


def test_a_cut_off_document_keeps_its_whole_entries() -> None:
    whole = "<item><guid>1</guid><title>one</title><description>whole</description></item>"
    cut = "<item><guid>2</guid><title>two</title><description>ha"
    body = rss(whole + cut).removesuffix("</channel></rss>")
    feed = read(body)
    assert [entry.title for entry in feed.entries] == ["one"]
    assert any("not well-formed" in problem for problem in feed.problems)
    assert any("cut off" in problem for problem in feed.problems)


@pytest.mark.parametrize("damage", ["", "a & b"])
def test_a_document_type_that_a_text_quotes_stays_in_it(damage: str) -> None:
    quoted = "<![CDATA[<pre><!DOCTYPE html><html></pre>]]>"
    feed = read(rss(f"<item><title>{damage}</title><description>{quoted}</description></item>"))
    assert feed.entries[0].html == "<pre><!DOCTYPE html><html></pre>"
    assert feed.problems == ()


@pytest.mark.parametrize("before", ["", "<!-- <rss> -->", "<?x <rss> ?>", "\n\nwords\n"])
def test_a_document_type_is_cut_off_whatever_stands_before_it(before: str) -> None:
    kind = '<!DOCTYPE rss [<!ATTLIST item a CDATA "x"><!ENTITY b "c">]>'
    feed = read(before + kind + rss("<item><title>&b;</title></item>").partition("?>")[2])
    assert feed.entries[0].title == "&b;"


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
    assert feed.problems == ("the newest 3 of 30 entries were taken",)


def test_without_dates_the_first_entries_are_read() -> None:
    feed = read(rss("".join(f"<item><guid>{n}</guid></item>" for n in range(9))), max_entries=2)
    assert [entry.guid for entry in feed.entries] == ["0", "1"]


@pytest.mark.parametrize(
    ("source", "authors"),
    [
        ('<source url="https://group.example/feed">Group blog</source>', ("Group blog",)),
        ("<source></source>", ()),
        ("", ("Ada Stone",)),
    ],
)
def test_what_was_taken_over_from_another_feed_is_not_of_this_feeds_people(
    source: str, authors: tuple[str, ...]
) -> None:
    head = "<title>Planet</title><managingEditor>Ada Stone</managingEditor>"
    item = f"<item><guid>1</guid><title>We went</title>{source}</item>"
    assert read(rss(item, head)).entries[0].authors == authors


def test_an_entry_from_another_feed_that_names_nobody_is_by_that_feed() -> None:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Planet</title>'
        "<author><name>Ada Stone</name></author><id>p</id>"
        "<entry><id>1</id><title>We went</title>"
        "<source><id>g</id><title>Group blog</title></source></entry></feed>"
    )
    assert read(body).entries[0].authors == ("Group blog",)


def test_an_entry_without_id_and_link_keeps_its_hash_while_it_stays_the_same() -> None:
    one, two, other = (
        read(rss(f"<item><title>{title}</title><description>x</description></item>")).entries[0]
        for title in ("a", "a", "b")
    )
    assert one.guid == two.guid
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", one.guid)
    assert one.guid != other.guid


@pytest.mark.parametrize("letter", ["9", "ü", "😀"])
@pytest.mark.parametrize("count", [125, 126, 500, 501, 1_001, 5_000])
def test_an_id_of_any_length_is_stored_as_it_is_parsed(letter: str, count: int) -> None:
    ids = [letter * count, letter * count + "a", letter * count + "A"]
    feed = read(rss("".join(f"<item><guid>{one}</guid></item>" for one in ids)))
    guids = [entry.guid for entry in feed.entries]
    assert len(set(guids)) == 3
    assert [text.capped(guid) for guid in guids] == guids  # what the store makes of them
    assert all(len(guid.encode()) <= 500 for guid in guids)


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


def test_feeds_of_comments_come_last_however_many_there_are() -> None:
    comments = "".join(f"<a href=/{number}/comments/feed>c</a>" for number in range(400))
    found = find_feeds(f"{comments}<a href=/posts/feed>p</a>{comments}".encode(), URL)
    assert len(found) == 20
    assert [link.url for link in found[:3]] == [
        "https://lab.example/posts/feed",
        "https://lab.example/0/comments/feed",
        "https://lab.example/1/comments/feed",
    ]


def test_the_feed_at_the_end_of_a_page_with_thousands_of_links_is_found() -> None:
    others = "".join(f"<a href=/posts/{number}>p</a>" for number in range(9_000))
    (link,) = find_feeds(f"{others}<a href=/feed/>all</a>".encode(), "https://lab.example/all")
    assert link.url == "https://lab.example/feed/"


def test_a_link_below_a_folder_of_feeds_leads_to_one() -> None:
    page = b'<base href="/feeds/"><a href="python">Python</a><a href="/about">About</a>'
    (link,) = find_feeds(page, "https://lab.example/")
    assert link.url == "https://lab.example/feeds/python"


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
