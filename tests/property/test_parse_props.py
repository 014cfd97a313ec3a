"""What must hold of any bytes at all."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.fulltext import extract, page_facts
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import find_feeds, opml, parse
from aggregator.parse.dates import moment

URL = "https://lab.example/feed"
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
    assert stated is None or (stated.tzinfo is not None and stated.year >= 1990)


@given(st.one_of(st.text(max_size=80), st.from_regex(r"https?://[a-z]{1,5}(:\d{1,6})?/.{0,40}")))
@settings(max_examples=300)
def test_the_one_spelling_of_an_address_stays_and_keeps_its_host(url: str) -> None:
    once = urls.canonical(url)
    assert urls.canonical(once) == once
    assert urls.host(once) == urls.host(url.strip())
    assert isinstance(urls.key(url), str)
    assert isinstance(urls.resource_key(url), str)
