"""A farm of blogs for benchmarks: hundreds of feeds on dozens of loopback addresses.

A process of its own, so that what it costs is not counted: ``python -m tests.bench.farm --help``.
It is driven by requests to ``/farm``: ``/farm?mode=cold`` makes it answer all that is asked with
the documents, ``304`` lets conditional requests succeed, ``same`` ignores conditions, and ``news``
gives one entry more to one feed in five (1 % of all entries) and lets the others answer 304.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

ENTRIES = 20
_START = datetime(2026, 3, 1, 9, tzinfo=UTC)
_TOPICS = (
    "solver", "archive", "pipeline", "compiler", "notebook", "scheduler", "mesh", "catalogue",
    "simulation", "container", "workflow", "parser", "viewer", "cluster", "checkpoint", "sensor",
)  # fmt: skip
# Pieces of markup with as many elements a kilobyte as the posts of such blogs have (about ten).
_PLAIN = (
    "<p>The new release of the {a} reads its input in <em>pieces</em>, so that a {b} of any size"
    ' can be handled on a <a href="https://hardware.example.org/{n}">laptop</a>. Nothing else'
    " changes for those who use it from the command line; the old interface stays a year.</p>",
    "<h2>Moving the {a}</h2>\n<p>Last month we moved the {a} to another machine. It took longer"
    " than planned because the {b} kept its state in places that nobody had written down:</p>\n<ul>"
    '<li>a folder of <code>{b}-{n}.toml</code> files, one for each user</li><li><a href="https://'
    'docs.example.org/{a}/{n}">notes on the migration</a></li><li>and <strong>two</strong> cron'
    " jobs of a colleague who has left</li></ul>",
    '<p>If you maintain a {a} yourself, <a href="https://docs.example.org/{a}/{n}">read the notes'
    ' on migration</a> first. Most questions about the <a href="https://{b}.example.org/">{b}</a>'
    " are answered there, and where they are not we are happy to hear from you.</p>",
    '<p><img src="https://pictures.example.org/{n}/{a}.png" alt="The {a} in use" width="640"'
    ' height="400"></p>\n<p>We measured the {a} against the {b} on three data sets. The figures are'
    " close for small input; beyond a million rows the second wins by a factor of four.</p>",
    "<h3>Installation</h3>\n<pre><code>pip install {a}\n{a} --check {b}.toml</code></pre>\n<p>is"
    " all that is needed. A <code>{b}</code> in the same environment is found by itself, and a"
    " warning tells when the two <em>do not</em> fit together.</p>",
)  # fmt: skip
_TITLES = (
    "Version {n} of the {a}", "How we test the {a}", "Notes on the {a}, part {n}", "A faster {a}",
    "Why the {a} moved", "The {a} has a new home", "What we learned from the {a}",
)  # fmt: skip
# Few recaps tell of the same event: 199 recaps of real blogs were of 163 events. So there are as
# many names as 500 feeds need.
_CITIES = (
    "Aarhus", "Bergen", "Coimbra", "Delft", "Edinburgh", "Freiburg", "Ghent", "Heidelberg",
    "Ithaca", "Jena", "Kyiv", "Leipzig", "Montreal", "Nantes", "Oslo", "Porto", "Quito", "Rennes",
    "Sofia", "Turin", "Utrecht", "Vilnius", "Warsaw", "Xalapa", "York", "Zurich",
)  # fmt: skip
_EVENTS = (
    *(f"PyData {city}" for city in _CITIES), *(f"{city} Open Science Days" for city in _CITIES),
    *(f"Research Software Workshop {city}" for city in _CITIES),
    *(f"{city} {topic.capitalize()} Workshop" for city in _CITIES for topic in _TOPICS),
    "EuroSciPy", "RSECon", "FOSDEM", "PyCon DE", "SciPy", "deRSE", "JuliaCon", "useR!",
)  # fmt: skip
_WORDS = (
    "climate", "genomes", "galaxies", "rivers", "archives", "manuscripts", "sensors", "budgets",
    "careers", "reviews", "tests", "licences", "notebooks", "clusters", "compilers", "tensors",
    "graphs", "meshes", "floods", "proteins", "telescopes", "voices", "maps", "citations",
    "workflows", "containers", "metadata", "queues", "caches", "kernels", "dialects", "glaciers",
)  # fmt: skip
_TOLD = (
    "{who} gave a talk on “{title}” (<a href=\"https://www.youtube.com/watch?v={video}\">video"
    "</a>, <a href=\"https://doi.org/10.5281/zenodo.{number}\">slides</a>), and the room was full."
    " The questions afterwards went on into the coffee break.",
)  # fmt: skip
_PEOPLE = ("Ines Okafor", "Joris van Dam", "Mira Halvorsen", "Tomás Rey", "Ada Lindqvist")


def _paragraphs(dice: random.Random, size: int) -> str:
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        a, b = dice.sample(_TOPICS, 2)
        parts.append(dice.choice(_PLAIN).format(a=a, b=b, n=dice.randint(1, 999)))
        parts.append(f"<p>See also: {_said_of(dice)}.</p>")
    return "\n".join(parts)


def _said_of(dice: random.Random) -> str:
    """Return words that no other post has in that order."""
    return ", ".join(dice.sample(_WORDS, 6))


def _recap(dice: random.Random, event: str) -> str:
    parts = [
        f"<p>Two weeks ago some of us went to {event}. These are our highlights from three days"
        f" of talks about {_said_of(dice)}, and of conversations with colleagues.</p>"
    ]
    for _ in range(4):
        a = dice.choice(_TOPICS)
        told = dice.choice(_TOLD).format(
            who=dice.choice(_PEOPLE),
            title=" ".join(dice.sample(_WORDS, 5)).capitalize(),
            video=hashlib.sha256(dice.randbytes(8)).hexdigest()[:11],
            number=dice.randint(1_000_000, 9_999_999),
        )
        parts.append(f"<h3>The {a} session</h3><p>{told} We spoke of {_said_of(dice)}.</p>")
    return "\n".join(parts) + _paragraphs(dice, 1_500)


def item(feed: int, number: int, recaps: int) -> str:
    """Return one RSS item with about 3 kB of HTML; `recaps` in a hundred tell of an event."""
    dice = random.Random(feed * 1_000 + number)  # noqa: S311 - the same farm each time
    when = _START - timedelta(days=9 * number, minutes=feed)
    if dice.randrange(100) < recaps:
        event = f"{dice.choice(_EVENTS)} {when.year}"
        title, html = f"Highlights from {event}", _recap(dice, event)
    else:
        title = dice.choice(_TITLES).format(a=dice.choice(_TOPICS), n=number)
        html = _paragraphs(dice, 2_800)
    link = f"https://blog{feed}.example.org/{when.year}/{number}/notes"
    return (
        f"<item><title>{escape(title)}</title><link>{link}</link>"
        f'<guid isPermaLink="true">{link}</guid><dc:creator>{dice.choice(_PEOPLE)}</dc:creator>'
        f"<pubDate>{format_datetime(when)}</pubDate><category>{dice.choice(_TOPICS)}</category>"
        f"<content:encoded><![CDATA[{html}]]></content:encoded></item>\n"
    )


def document(feed: int, recaps: int, *, newer: bool = False) -> bytes:
    """Return a feed as RSS 2.0; `newer`: with one entry that it did not have before."""
    numbers = range(-1 if newer else 0, ENTRIES - 1 if newer else ENTRIES)
    items = "".join(item(feed, number, recaps) for number in numbers)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Blog {feed}</title><link>https://blog{feed}.example.org/</link>"
        f"<description>A made-up blog</description><language>en</language>\n{items}</channel></rss>"
    ).encode()


class Farm(asyncio.Protocol):
    """Answers requests; as little as a server can do."""

    mode = "cold"
    documents: dict[str, bytes]
    newer: dict[str, bytes]
    asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self.data += data
        while b"\r\n\r\n" in self.data:
            head, _, self.data = self.data.partition(b"\r\n\r\n")
            self.transport.write(self._answer(head.decode("latin-1")))

    def _answer(self, head: str) -> bytes:
        path = head.split(" ", 2)[1]
        if path.startswith("/farm"):
            Farm.mode = parse_qs(urlsplit(path).query)["mode"][0]
            asked, Farm.asked = Farm.asked, 0
            return _said("200 OK", str(asked).encode())
        Farm.asked += 1
        old, new = self.documents.get(path), self.newer.get(path)
        if old is None:
            return _said("404 Not Found", b"")
        body = new if new and self.mode == "news" else old
        etag = f'"{len(body)}-{path}"'
        lines = {
            line.partition(":")[0].lower(): line.partition(":")[2] for line in head.split("\r\n")
        }
        if self.mode != "same" and lines.get("if-none-match", "").strip() == etag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
        return _said("200 OK", body, f"ETag: {etag}\r\nContent-Type: application/rss+xml\r\n")


def _said(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def addresses(feeds: int, hosts: int, port: int) -> list[str]:
    """Return the addresses of all feeds, spread over the loopback addresses from 127.0.1.1 on."""
    return [f"http://127.0.1.{feed % hosts + 1}:{port}/{feed}.xml" for feed in range(feeds)]


async def _serve(feeds: int, hosts: int, port: int, recaps: int) -> None:
    Farm.documents = {f"/{feed}.xml": document(feed, recaps) for feed in range(feeds)}
    Farm.newer = {f"/{feed}.xml": document(feed, recaps, newer=True) for feed in range(0, feeds, 5)}
    loop = asyncio.get_running_loop()
    for number in range(1, hosts + 1):
        await loop.create_server(Farm, f"127.0.1.{number}", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    words = argparse.ArgumentParser(description="Plays many blogs on loopback.")
    words.add_argument("--feeds", type=int, default=500)
    words.add_argument("--hosts", type=int, default=50)
    words.add_argument("--port", type=int, default=8890)
    words.add_argument("--recaps", type=int, default=10, help="in a hundred entries")
    said = words.parse_args()
    asyncio.run(_serve(said.feeds, said.hosts, said.port, said.recaps))


if __name__ == "__main__":
    main()
