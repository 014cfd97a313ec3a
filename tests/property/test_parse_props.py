"""What must hold of any bytes at all."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.fulltext import extract, page_facts
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import find_feeds, opml, parse
from aggregator.parse.dates import moment
from aggregator.text import allowed
from tests.unit.test_parse_roads import (
    KINDS,
    LINKS,
    TEXTS,
    atom,
    by_fast,
    by_feedparser,
    rdf,
    rss,
)

URL = "https://lab.example/feed"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PIECES = [
    *("<?xml version='1.0'?>", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE rss [", "]>"),
    *("<!ENTITY a '&a;'>", "<rss version='2.0'>", "</rss>", "<channel>", "</channel>", "<item>"),
    *("</item>", "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://['>", "</feed>"),
    *("<entry>", "</entry>", "<title type='xhtml'>", "</title>", "<link href='//['/>", "<link>"),
    *("<guid>", "</guid>", "<id>", "</id>", "<pubDate>", "</pubDate>", "<dc:date>", "2024-13-45"),
    *("99999999999999", "<description>", "</description>", "<content type='xhtml'>", "</content>"),
    *(
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&#0;",
        "&#xD800;",
        "&amp;",
        "&",
        "<",
        "\0",
        "\ud83d",
        "ü",
    ),
    *(
        "<a:b c:d='e'>",
        "<category>a,b</category>",
        "<author><name>x",
        "<enclosure url='http://['/>",
    ),
    *(
        "<ttl>99999999999999</ttl>",
        "<media:title>",
        "<content:encoded>",
        "{",
        '"items": [',
        "]",
        "}",
    ),
    *("<html>", "<base href='http://['>", "<opml>", "<outline xmlUrl='feed://['/>", "<x:entry>"),
    *('{"items":[{"id":1e999,"url":"http://[","date_published":5}]}', "<rdf:RDF>", "<summary>"),
]
documents = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(st.sampled_from(PIECES), max_size=40).map(
        lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass")
    ),
)
kinds = st.sampled_from(["", "text/xml", "text/xml; charset=utf-7", "x; charset=utf-16", ";;=\x00"])


@given(documents, kinds)
@settings(max_examples=300, deadline=None)
def test_parse_raises_nothing_but_parse_errors(body: bytes, kind: str) -> None:
    try:
        feed = parse(Fetched(url=URL, status=200, body=body, content_type=kind))
    except ParseError:
        return
    assert isinstance(feed, ParsedFeed)
    guids = [entry.guid for entry in feed.entries]
    assert len(set(guids)) == len(guids)
    for entry in feed.entries:
        assert entry.guid
        assert entry.url == "" or urls.is_web(entry.url)
        assert urls.is_web(entry.base_url)
        assert all(urls.is_web(enclosure) for enclosure in entry.enclosures)
        assert "\n" not in entry.title
        f"{entry!r}".encode()  # no half letters
        assert re.fullmatch(r"[0-9a-f]{64}", entry.content_hash)


@given(documents)
@settings(max_examples=150, deadline=None)
def test_pages_and_lists_are_read_or_refused(body: bytes) -> None:
    assert all(urls.is_web(link.url) for link in find_feeds(body, URL))
    with suppress(ParseError):
        assert all(urls.is_web(link.url) for link in opml(body))


@given(documents)
@settings(max_examples=100, deadline=None)
def test_no_page_breaks_the_extraction(body: bytes) -> None:
    html = extract(body, URL)
    assert html is None or html.strip()
    page_facts(body, URL)


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_a_date_is_certain_or_none(text: str) -> None:
    stated = moment(text)
    assert stated is None or stated.tzinfo is UTC


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001  # zones are drawn
    st.integers(-1_500, 1_500),
)
@settings(max_examples=300)
def test_usual_dates_are_read_as_they_are_the_long_way(local: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    day = f"{local.day} {MONTHS[local.month - 1]} {local.year:04} {local:%H:%M:%S}"
    for text in (
        f"{local.isoformat(timespec='seconds')}{sign}{hours:02}:{rest:02}",
        f"{local.isoformat(timespec='seconds')}Z",
        f"Mon, {day} {sign}{hours:02}{rest:02}",
        f"0{day} GMT"[local.day > 9 :],
    ):
        if local.year >= 100:  # two digits are taken for a year of ours
            assert moment(text) == moment(f"{text} ")


# Parts of feeds that both readers are held against each other with.
words = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=20).map(lambda text: escape(allowed(text))),
    st.lists(
        st.sampled_from(
            ["&lt;b&gt;", "&lt;/b&gt;", "&amp;", "&amp;lt;", "a", " ", "é", "Ã¼", "/", ";"]
        ),
        max_size=8,
    ).map("".join),
)
names = st.sampled_from(
    ["title", "dc:title", "description", "summary", "content", "content:encoded", "abstract"]
)
parts = st.one_of(
    st.sampled_from(LINKS),
    st.builds("<{0}{1}>{2}</{0}>".format, names, st.sampled_from(KINDS), words),
    st.builds('<link rel="{}" href="{}"/>'.format, st.sampled_from(["alternate", "x", ""]), words),
    st.builds("<link>{}</link>".format, words),
    st.builds("<guid>{}</guid>".format, words),
)


@given(
    st.lists(st.lists(parts, max_size=5).map("".join), min_size=1, max_size=3),
    st.lists(parts, max_size=3).map("".join),
    st.sampled_from(["rss", "rdf", "atom"]),
)
@settings(max_examples=400, deadline=None)
def test_both_roads_lead_to_the_same(entries: list[str], head: str, frame: str) -> None:
    """`fast` may refuse a document; it must not read one differently than feedparser does."""
    name = "entry" if frame == "atom" else "item"
    told = "".join(f"<{name}>{entry}</{name}>" for entry in entries)
    body = {"rss": rss(told, head), "rdf": rdf(told), "atom": atom(head + told)}[frame].encode()
    assert by_fast(body) in (None, by_feedparser(body))


@given(st.one_of(st.text(max_size=80), st.from_regex(r"https?://[a-z]{1,5}(:\d{1,6})?/.{0,40}")))
@settings(max_examples=300)
def test_the_one_spelling_of_an_address_stays_and_keeps_its_host(url: str) -> None:
    once = urls.canonical(url)
    assert urls.canonical(once) == once
    assert urls.host(once) == urls.host(url.strip())
    assert isinstance(urls.key(url), str)
    assert isinstance(urls.resource_key(url), str)
