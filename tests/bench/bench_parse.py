"""What parsing costs: feeds of 20 entries of 3 kB by either road, step by step, and floods.

Run: ``python -m tests.bench.bench_parse``. Take the ratios; figures differ from machine to machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from html import escape

import feedparser

from aggregator.model import Fetched
from aggregator.parse import document, fast, parse, reference, xmlfeed
from aggregator.parse.outline import outline
from tests.unit.test_parse_hostile import FLOODS, read

URL = "https://lab.example/feed/"
PART = (
    "<p>We heard a <a href='/talk/{n}'>talk about testing</a> &amp; <em>much</em> more: how a team"
    " of four keeps its <code>pytest</code> suite fast, and why it pays.</p>\n"
)
BODY = "".join(PART.format(n=n) for n in range(18))
RSS = """<item><title>Three days in Utrecht, part {n}</title>
<link>https://lab.example/blog/{n}/</link><dc:creator>Ada Kern</dc:creator>
<pubDate>Fri, 03 May 2024 10:00:{n:02} +0000</pubDate><category>Conferences</category>
<category>Python</category><guid isPermaLink="false">https://lab.example/?p={n}</guid>
<description>We went to Utrecht, and here is what we heard [&#8230;]</description>
<content:encoded>{body}</content:encoded></item>"""
ATOM = """<entry><id>tag:lab.example,2024:{n}</id><title>Three days in Utrecht, part {n}</title>
<link href="https://lab.example/blog/{n}/"/><published>2024-05-03T10:00:{n:02}+02:00</published>
<updated>2024-05-04T10:00:00Z</updated><author><name>Ada Kern</name></author>
<category term="Conferences"/><category term="Python"/>{body}</entry>"""
XHTML = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{}</div></content>'


def rss(body: str) -> bytes:
    """Return an RSS 2.0 document with 20 times the same text."""
    names = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    items = "".join(RSS.format(n=n, body=body) for n in range(20))
    head = "<title>Lab notes</title><link>https://lab.example/</link>"
    return f'<rss version="2.0" {names}><channel>{head}{items}</channel></rss>'.encode()


def atom(content: str) -> bytes:
    """Return an Atom document with 20 times the same content."""
    entries = "".join(ATOM.format(n=n, body=content) for n in range(20))
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>L</title>{entries}</feed>'.encode()


def feeds() -> dict[str, bytes]:
    """Return a document of each kind."""
    usual = rss(f"<![CDATA[{BODY}]]>")
    return {
        "RSS, CDATA": usual,
        "RSS, escaped": rss(escape(BODY)),
        "RSS, umlauts": usual.replace(b"talk", "Gespräch".encode()),
        "Atom, escaped": atom(f'<content type="html">{escape(BODY)}</content>'),
        "Atom, XHTML": atom(XHTML.format(BODY)),
        "damaged": usual.replace(b"days", b"days & nights", 1),
    }


def milliseconds(work: Callable[[], object], rounds: int = 30) -> float:
    """Return the CPU time of one call, the best of five series."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - began) / rounds)
    return best * 1e3


def main() -> None:
    """Print the tables."""
    out = sys.stdout.write
    for name, body in feeds().items():
        answer = Fetched(url=URL, status=200, body=body)
        ours = milliseconds(lambda answer=answer: parse(answer))  # type: ignore[misc]
        bare = milliseconds(lambda body=body: feedparser.parse(body, sanitize_html=False), 3)  # type: ignore[misc]
        out(f"{name:>14} {len(body):>7} bytes: {ours:5.2f} ms; feedparser alone {bare:5.1f} ms\n")
    body = feeds()["RSS, CDATA"]
    root = document.strict(body)
    assert root is not None
    parts = outline(root, 500, [])
    said = fast.read(parts)
    assert said is not None
    steps: dict[str, Callable[[], object]] = {
        "bytes to tree": lambda: document.strict(body),
        "tree to parts": lambda: outline(root, 500, []),
        "meaning, fast": lambda: fast.read(parts),
        "meaning, by feedparser": lambda: reference.read(parts, URL),
        "values and hashes": lambda: xmlfeed.feed(parts, said, URL),
    }
    for name, step in steps.items():
        out(f"{name:>24}: {milliseconds(step, 10):6.2f} ms\n")
    for name, make in FLOODS.items():
        text = make()
        took = milliseconds(lambda text=text: read(text), 1)  # type: ignore[misc]
        out(f"{name:>32}, {len(text) / 1e6:4.1f} MB: {took:5.0f} ms\n")


if __name__ == "__main__":
    main()
