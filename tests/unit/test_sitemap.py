"""Sitemaps of all forms, and what is none."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from aggregator.errors import ParseError
from aggregator.parse.sitemap import Listed, Sitemap, sitemap

AT = "https://lab.example/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
MAP = f"""{HEAD}<urlset {NAMESPACE}>
<url><loc> https://lab.example/a/?x=1&amp;y=2 </loc><lastmod>2024-05-01</lastmod></url>
<url><loc>https://lab.example/b/</loc><lastmod>some day</lastmod></url>
<url><loc>javascript:alert(1)</loc></url><url><lastmod>2024-05-01</lastmod></url>
</urlset>"""
PAGES = (
    Listed(url="https://lab.example/a/?x=1&y=2", changed_at=datetime(2024, 5, 1, tzinfo=UTC)),
    Listed(url="https://lab.example/b/"),
)


@pytest.mark.parametrize(
    "body",
    [
        MAP.encode(),
        b"\xef\xbb\xbf" + MAP.encode(),
        MAP.replace(NAMESPACE, "").encode(),
        gzip.compress(MAP.encode()),
        gzip.compress(MAP.encode())[:-9],
        MAP.replace("</urlset>", "<url><loc>").encode(),
    ],
    ids=["plain", "with a byte order mark", "no namespace", "packed", "packed and cut", "damaged"],
)
def test_pages_are_read_with_their_dates(body: bytes) -> None:
    assert sitemap(body, AT).pages == PAGES


def test_an_index_names_further_sitemaps() -> None:
    body = f"""{HEAD}<sitemapindex {NAMESPACE}><sitemap><loc>/posts.xml.gz</loc></sitemap>
    <sitemap><loc>https://lab.example/pages.xml</loc></sitemap></sitemapindex>"""
    found = sitemap(body.encode(), AT)
    assert [one.url for one in found.maps] == [
        "https://lab.example/posts.xml.gz",
        "https://lab.example/pages.xml",
    ]
    assert not found.pages


def test_a_plain_list_is_read() -> None:
    found = sitemap(b"https://lab.example/a/\nnonsense\nhttps://lab.example/b/\n", AT)
    assert [one.url for one in found.pages] == ["https://lab.example/a/", "https://lab.example/b/"]


@pytest.mark.parametrize("body", [b"", b"not here", b"\x1f\x8bnot packed"])
def test_what_is_no_sitemap_is_an_error_that_names_it(body: bytes) -> None:
    with pytest.raises(ParseError, match=AT):
        sitemap(body, AT)


@pytest.mark.parametrize("body", [b"<", b"<" + b"\0" * 40, b"<html><body>Not found</body></html>"])
def test_another_document_lists_nothing(body: bytes) -> None:
    assert sitemap(body, AT) == Sitemap()


def test_of_an_endless_list_the_beginning_is_read() -> None:
    rows = "".join(f"<url><loc>https://lab.example/{n}/</loc></url>" for n in range(1000))
    body = f"{HEAD}<urlset>{rows}</urlset>".encode()
    assert len(sitemap(body, AT, limit=300).pages) == 300


def test_a_packed_bomb_is_read_up_to_the_size_that_the_protocol_allows() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000 + b"<url><loc>https://x.example/</loc>")
    assert not sitemap(bomb, AT).pages


def test_entities_lead_nowhere() -> None:
    body = b"""<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname"><!ENTITY b "bbbb">]>
    <urlset><url><loc>https://lab.example/&a;&b;x</loc></url></urlset>"""
    assert [one.url for one in sitemap(body, AT).pages] == ["https://lab.example/"]
