"""Both roads to the meaning of texts and links lead to the same: ours, and feedparser's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from feedparser.sanitizer import _HTMLSanitizer

from aggregator.model import Fetched, ParsedFeed
from aggregator.parse import document, fast, parse, reference, xmlfeed
from aggregator.parse.outline import Outline, outline
from aggregator.parse.said import TAGS

FEEDS = sorted((Path(__file__).parent.parent / "data" / "feeds").glob("*.xml"))
URL = "https://lab.example/blog/feed.xml"
NAMES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(items: str, head: str = "<title>Lab</title><link>https://lab.example/</link>") -> str:
    return f'<rss version="2.0" {NAMES}><channel>{head}{items}</channel></rss>'


def rdf(items: str) -> str:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f' xmlns="http://purl.org/rss/1.0/" {NAMES}><channel><title>Lab</title></channel>{items}'
        "</rdf:RDF>"
    )


def atom(entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Lab</title>{entries}</feed>'


def outlined(body: bytes) -> Outline:
    """Return a document as the readers get it."""
    root = document.strict(body)
    if root is None:
        root = document.mended(document.utf8(body)[0], [])
    assert root is not None
    return outline(root, 500, [])


def by_fast(body: bytes) -> ParsedFeed | None:
    found = outlined(body)
    said = fast.read(found)
    return xmlfeed.feed(found, said, URL) if said else None


def by_feedparser(body: bytes) -> ParsedFeed:
    found = outlined(body)
    return xmlfeed.feed(found, reference.read(found, URL), URL)


TEXTS = [
    "plain words",
    " \n spread \t out \n",
    "R&amp;D one",
    "R&amp;amp;D &amp;amp; &amp;eacute; &amp;foo; &amp;#233; &amp;#8217;s",
    "<![CDATA[AT&T & <b>bold</b> <br/> &copy; 2024]]>",
    "&lt;b&gt;bold&lt;/b&gt;",
    "How to use &lt;div&gt; and friends",
    "&lt;blink&gt;x&lt;/blink&gt;",
    "&lt;p&gt;one&lt;/p&gt;&lt;p&gt;two&lt;/p&gt;",
    "a &lt; b &amp;&amp; c &gt; d",
    "Zoë Ã©tÃ© — “quoted” ½ 😀",
    "MÃ¼nchen",
    "",
    " ",
]
KINDS = ["", ' type="text"', ' type="html"', ' type="text/html"', ' type="TEXT/PLAIN"']
LINKS = [
    "<link>https://lab.example/1</link>",
    "<link> /1?a=1&amp;copy=2&amp;b;=3&amp;amp;c=4 </link>",
    "<link>https:////lab.example//1</link>",
    '<link href="https://lab.example/1"/>',
    '<link href="https:///lab.example/1" rel="ALTERNATE" type="Text/HTML"/><link href="/2"/>',
    '<link rel="self" href="/a"/><link rel="related" href="/b"/><link rel="enclosure" href="/c"/>',
    '<atom:link rel="alternate" href="/a"/><link>/b</link>',
    "<link>/b</link><atom:link rel='alternate' type='application/json' href='/a'/>",
    "<link/><guid>https://lab.example/7</guid>",
    "<guid isPermaLink='false'>https://lab.example/7</guid>",
]
PARTS = [
    *(
        f"<{name}{kind if space else ''}>{text}</{name}>"
        for name, space in (
            *(("title", True), ("dc:title", False), ("description", False), ("summary", True)),
            *(("content", True), ("content:encoded", False), ("abstract", False)),
        )
        for text in TEXTS
        for kind in (KINDS if space else KINDS[:1])
    ),
    *LINKS,
    "<content:encoded>first</content:encoded><description>then</description>",
    "<description>first</description><content:encoded> </content:encoded>",
    "<content:encoded>longer one</content:encoded><content:encoded>short</content:encoded>",
    "<summary>a</summary><content type='html'>&lt;b&gt;</content><content>longer</content>",
]


def inside(part: str, frame: str) -> bytes:
    """Return a document of one kind with an entry of these parts."""
    if frame == "atom":
        for name in ("content:encoded", "dc:title", "atom:link"):
            part = part.replace(name, name.partition(":")[2])
        return atom(f"<entry><id>1</id>{part}</entry>").encode()
    return (rss if frame == "rss" else rdf)(f"<item>{part}</item>").encode()


@pytest.mark.parametrize("frame", ["rss", "rdf", "atom"])
def test_usual_parts_of_entries_are_read_alike_on_the_fast_road(frame: str) -> None:
    for part in PARTS:
        body = inside(part, frame)
        assert by_fast(body) == by_feedparser(body), part


@pytest.mark.parametrize(
    "head", [*PARTS[:40], *LINKS, "<subtitle>a &lt;b&gt;c&lt;/b&gt;</subtitle>"]
)
def test_usual_parts_of_channels_are_read_alike_on_the_fast_road(head: str) -> None:
    body = rss("<item><title>a</title></item>", head).encode()
    assert by_fast(body) == by_feedparser(body)


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_samples_are_read_alike(path: Path) -> None:
    body = path.read_bytes()
    assert by_fast(body) in (None, by_feedparser(body))


def test_most_samples_take_the_fast_road() -> None:
    assert sum(by_fast(path.read_bytes()) is None for path in FEEDS) < len(FEEDS) / 10


@pytest.mark.parametrize(
    "part",
    [
        "<title>a</title><dc:title>b</dc:title>",
        "<description>a</description><summary>b</summary>",
        '<content type="application/xhtml+xml">a</content>',
        '<content type="image/png">QUFB</content>',
        '<content type="text/html" mode="base64">QUFB</content>',
        "<body>a</body>",
        '<link href=""/>',
    ],
)
def test_what_is_unusual_is_left_to_feedparser(part: str) -> None:
    body = inside(part, "rss")
    assert by_fast(body) is None
    found = parse(Fetched(url=URL, status=200, body=body))
    assert found == by_feedparser(body)
    assert len(found.entries) == 1


def test_tags_that_make_a_text_html_are_feedparsers() -> None:
    assert set(TAGS) == set(_HTMLSanitizer.acceptable_elements)


def test_feedparser_is_not_even_loaded_for_a_usual_feed() -> None:
    code = (
        "import sys; from aggregator.model import Fetched; from aggregator.parse import parse;"
        "body = sys.stdin.buffer.read();"
        "print(len(parse(Fetched(url='https://lab.example/', status=200, body=body)).entries),"
        "'feedparser' in sys.modules)"
    )
    told = {}
    for name in ("rss20-full", "atom10-xhtml", "rdf10", "rss20-undeclared"):
        path = next(path for path in FEEDS if path.stem == name)
        done = subprocess.run(
            [sys.executable, "-c", code], input=path.read_bytes(), capture_output=True, check=True
        )
        told[name] = done.stdout.split()[1]
    assert set(told.values()) == {b"False"}
