"""Documents that are made to keep a parser busy, to fill the memory, or to make it talk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.errors import ParseError
from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import parse

URL = "https://lab.example/feed.xml"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'
XHTML = '<entry><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'


def rss(items: str, *, head: str = "", root: str = "") -> str:
    return f'<rss version="2.0"{root}><channel><title>L</title>{head}{items}</channel></rss>'


def item(parts: str, times: int = 1) -> str:
    return rss(f"<item>{parts}</item>" * times)


def many(pattern: str, times: int) -> str:
    """Return a text again and again, with a number in the place of each #."""
    return "".join(pattern.replace("#", str(number)) for number in range(times))


def described(text: str, times: int = 1) -> str:
    return item(f"<description>{text}</description>", times)


def laughs() -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE r [<!ENTITY a0 "ha">{entities}]>' + item("<title>&a11;</title>")


# Each kept some part of a feed reader busy for seconds, or longer; a megabyte or more of each.
FLOODS: dict[str, Callable[[], str]] = {
    "billion laughs": laughs,
    "quadratic blowup": lambda: (
        f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>' + described("&a;" * 100_000)
    ),
    "deep": lambda: item("<a>" * 300_000),
    "deep HTML": lambda: described("&lt;div&gt;" * 200_000),
    "many entries": lambda: rss("<item/>" * 300_000),
    "many entries with dates": lambda: rss(
        "<item><pubDate>Tue, 01 Oct 2024 09:00:00 GMT</pubDate></item>" * 50_000
    ),
    "entries in entries": lambda: rss("<item>" * 100 + "<item/>" * 200_000),
    "many channels": lambda: "<rss>" + "<channel><item/></channel>" * 80_000 + "</rss>",
    "many attributes": lambda: item("<link" + many(" a#='x'", 200_000) + "/>"),
    "many namespaces": lambda: rss(
        "<item><a0:x/></item>" * 30_000,
        root=many(' xmlns:a#="u#"', 50_000),
    ),
    "undeclared prefixes": lambda: rss(many("<item><a#:x/></item>", 60_000)),
    "namespaces in XHTML": lambda: (
        ATOM
        + XHTML
        + many('<p xmlns:a#="u" a#:b="c"/>', 40_000)
        + "</div></content></entry></feed>"
    ),
    "tags in XHTML": lambda: ATOM + XHTML + "<i/>" * 400_000 + "</div></content></entry></feed>",
    "XHTML that only feedparser reads": lambda: (
        ATOM
        + (f"<title>a</title>{XHTML}{'<p>x</p>' * 300}</div></content></entry>") * 500
        + "</feed>"
    ),
    "tags that nobody knows": lambda: item("<u/>" * 500_000),
    "categories of a channel": lambda: rss("<item/>", head=many("<category>#</category>", 60_000)),
    "authors of a channel": lambda: rss("<item/>" * 100, head=many("<author>a#</author>", 60_000)),
    "keywords": lambda: item(f"<keywords>{many('#,', 300_000)}</keywords>"),
    "links": lambda: item("<title>a</title><title>b</title>" + "<link>/a</link>" * 200, 400),
    "half addresses of authors": lambda: item(f"<author>{'a.' * 950}@{'b-' * 20}</author>", 500),
    "titles with tags": lambda: item(f"<title>{'&lt;b ' * 3_000}</title>", 300),
    "titles with references": lambda: item(f"<title>{'&amp;a' * 3_000}</title>", 300),
    "dates": lambda: item(f"<pubDate>{'Mon, ' * 400_000}</pubDate>"),
    "odd dates": lambda: item(f"<pubDate>{'a' * 60}{' 1' * 30}</pubDate>", 9_000),
    "links at the end": lambda: item(
        f"<description>{'&lt;a&gt;read on ' * 400}</description>", 400
    ),
    "empty ends": lambda: described("&lt;p&gt; &lt;/p&gt; " * 330, 400),
    "credits": lambda: described("the post &lt;a&gt;" * 250, 400),
    "ampersands": lambda: described("&" * 2_000_000),
    "angle brackets": lambda: described("<" * 2_000_000),
    "open comments": lambda: item("<!--" * 400_000),
    "open CDATA": lambda: item("<![CDATA[" * 200_000),
    "references": lambda: described("&#150;" * 300_000),
    "letters of Windows": lambda: described("\x99" * 1_000_000),
    "paragraphs": lambda: (
        ATOM + "<entry><content>" + "a\n\n" * 1_000_000 + "</content></entry></feed>"
    ),
    "types of documents": lambda: "<?xml version='1.0'?>" + "<!DOCTYPE " * 200_000 + item(""),
    "a page with feeds": lambda: "<html>" + many('<a href="/#/feed">a</a>', 60_000),
    "a page with feeds of comments": lambda: (
        "<html>" + many('<a href="/#/comments/feed">a</a>', 50_000)
    ),
    "a page that announces feeds of comments": lambda: (
        "<html>" + many('<link rel="feed" href="/comments/#">', 50_000)
    ),
    "JSON with many parts": lambda: f'{{"items":[{",".join(["{}"] * 400_000)}]}}',
    "deep JSON": lambda: '{"items":' + "[" * 1_000_000,
    "hours": lambda: rss("", head=f"<skipHours>{'<hour>5</hour>' * 100_000}</skipHours>"),
    "bases": lambda: item(f'<a xml:base="{"b/" * 9_000}">' * 100),
}


def read(text: str, max_entries: int = 500) -> ParsedFeed | str:
    body = text.encode("utf-8", "surrogatepass")
    try:
        return parse(Fetched(url=URL, status=200, body=body), max_entries=max_entries)
    except ParseError as error:
        return str(error)


@pytest.mark.parametrize("name", FLOODS)
def test_no_flood_takes_more_than_a_second_or_two(name: str) -> None:
    text = FLOODS[name]()
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_ten_megabytes_of_anything_fit_into_the_memory_of_a_small_machine() -> None:
    code = """
import json, re, time
from tests.unit.test_parse_hostile import described, item, read, rss
words = "&lt;p&gt;words &lt;b&gt;and&lt;/b&gt; tags&lt;/p&gt;"
bodies = {
    "JSON": lambda: '{"items":[' + ",".join(['{"id":"1"}'] * 99_000) + "]}",
    "one text": lambda: described(words * 180_000),
    "500 texts": lambda: described(words * 400, 500),
    "emoji": lambda: described('😀' * 2_400_000),
    "a million entries": lambda: rss("<item/>" * 1_000_000),
    "damage": lambda: item(f"<description>a & b <p>{words * 180_000}</description>"),
    "unknown tags": lambda: item("<u/>" * 2_400_000),
}
for name, make in bodies.items():
    text = make()
    began = time.process_time()
    found = read(text)
    took = time.process_time() - began
    # not getrusage: it remembers the size of the process that started this one
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) / 1024
    print(json.dumps([name, len(text), took, peak]))
    del text, found
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    for row in done.stdout.splitlines():
        name, _, seconds, megabytes = json.loads(row)
        assert seconds < 2, name
        assert megabytes < 250, name


@pytest.mark.parametrize("body", [laughs(), laughs().replace("&a11;", "&file;")])
def test_entities_of_a_document_are_never_expanded(body: str) -> None:
    body = body.replace("<!ENTITY a0", '<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY a0')
    found = read(body)
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].title in ("&a11;", "&file;")
    assert found.problems == ("it defines entities of its own, which were left out",)


def test_the_entries_of_an_endless_document_are_not_even_looked_at() -> None:
    found = read(rss(many("<item><guid>#</guid></item>", 20_000)), 3)
    assert isinstance(found, ParsedFeed)
    assert [entry.guid for entry in found.entries] == ["0", "1", "2"]
    assert found.problems == ("the newest 3 of more than 10000 entries were taken",)


def test_a_large_document_is_read_whole_while_it_is_well_formed() -> None:
    text = f"<item><description>#{'words ' * 3_000}</description></item>"
    found = read(rss(many(text, 400)))
    assert isinstance(found, ParsedFeed)
    assert len(found.entries) == 400
    assert found.problems == ()


def test_of_a_large_damaged_document_the_beginning_is_read_and_that_is_told() -> None:
    text = f"<item><title>a & b</title><description>#{'words ' * 3_000}</description></item>"
    found = read(rss(many(text, 400)))
    assert isinstance(found, ParsedFeed)
    assert 150 < len(found.entries) < 170
    assert "only the first 3 of its 7.2 MB were read" in found.problems[0]
    assert all(entry.title == "a & b" for entry in found.entries)


def test_of_a_large_document_that_only_feedparser_reads_the_first_entries_are_read() -> None:
    text = f"<item><title/><title>b</title><description>#{'words ' * 3_000}</description></item>"
    found = read(rss(many(text, 400)))
    assert isinstance(found, ParsedFeed)
    assert len(found.entries) == 111
    assert found.problems == (
        "the first 111 of 400 entries were taken, because together they are too long for a"
        " document of this kind",
    )
