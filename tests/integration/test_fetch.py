"""The one GET, against a real server on loopback: what it sends, and what it makes of an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.errors import FetchError, Gone, RateLimited
from aggregator.model import FetchRequest, NotModified
from tests.asking import fetched, get
from tests.site import Answer, Site

# --------------------------------------------------------------------------------- the main line


def test_a_body_and_its_headers_arrive_as_sent() -> None:
    with Site() as site:
        url = site.set(
            "/feed",
            Answer(
                body=b"<rss/>",
                content_type="application/rss+xml; charset=iso-8859-1",
                headers={"ETag": 'W/"a b"', "Last-Modified": "Tue, 01 Jul 2025 10:00:00 GMT"},
            ),
        )
        answer = fetched(url)
    assert answer.body == b"<rss/>"
    assert answer.status == 200
    assert answer.url == url
    assert answer.moved_to is None
    assert answer.content_type == "application/rss+xml; charset=iso-8859-1"
    assert answer.etag == 'W/"a b"'
    assert answer.last_modified == "Tue, 01 Jul 2025 10:00:00 GMT"
    assert answer.elapsed > timedelta(0)


def test_we_say_who_we_are_and_send_no_cookies_or_referer() -> None:
    with Site() as site:
        first = site.set("/a", Answer(status=302, headers={"Location": "/b", "Set-Cookie": "a=b"}))
        site.set("/b", Answer(body=b"x"))
        fetched(FetchRequest(url=first, accept="application/atom+xml"))
        asked = site.asked("/b")[0].headers
    assert asked["User-Agent"] == "TestPlanet/1.0 (+https://planet.example)"
    assert asked["Accept"] == "application/atom+xml"
    assert asked["Accept-Encoding"] == "gzip, deflate, br, zstd"
    assert set(asked) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}  # and nothing else
    assert [request.path for request in site.requests] == ["/a", "/b"]


def test_validators_are_sent_byte_for_byte_and_304_is_understood() -> None:
    headers = {"ETag": 'W/"x--gzip"', "Last-Modified": "yesterday", "Cache-Control": "max-age=90"}
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x", headers=headers))
        answer = get(FetchRequest(url=url, etag='W/"x--gzip"', last_modified="yesterday"))
        asked = site.requests[0].headers
    assert isinstance(answer, NotModified)
    assert answer.etag == 'W/"x--gzip"'
    assert answer.fresh_for == timedelta(seconds=90)
    assert asked["If-None-Match"] == 'W/"x--gzip"'
    assert asked["If-Modified-Since"] == "yesterday"


def test_a_304_that_brings_no_validators_keeps_ours() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(status=304))
        answer = get(FetchRequest(url=url, etag='"1"'))
    assert isinstance(answer, NotModified)
    assert answer.etag == '"1"'


def test_a_304_that_nobody_asked_for_is_a_fault() -> None:
    with Site() as site, pytest.raises(FetchError, match="answered 304"):
        get(site.set("/feed", Answer(status=304)))


def test_an_empty_body_is_an_answer() -> None:
    with Site() as site:
        assert fetched(site.set("/feed", Answer())).body == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw-deflate", "br", "zstd"])
def test_packed_bodies_are_unpacked(encoding: str) -> None:
    text = b"<rss>" + b"words and more words " * 9_000 + b"</rss>"
    with Site() as site:
        url = site.set("/feed", Answer(body=text, encoding=encoding, drip=(700, 0.0)))
        assert fetched(url).body == text


def test_a_body_that_is_only_said_to_be_packed_is_taken_as_it_is() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"<rss/>", headers={"Content-Encoding": "gzip"}))
        assert fetched(url).body == b"<rss/>"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=3600"}, 3600),
        ({"Cache-Control": "s-maxage=9, max-age=60"}, 60),
        ({"Cache-Control": "no-cache, max-age=3600"}, None),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "max-age=99999999999"}, 365 * 86_400),
        ({"Expires": "0"}, None),
        ({}, None),
    ],
)
def test_freshness_is_read(headers: dict[str, str], seconds: int | None) -> None:
    with Site() as site:
        fresh = fetched(site.set("/feed", Answer(headers=headers))).fresh_for
    assert fresh == (timedelta(seconds=seconds) if seconds else None)


def test_expires_is_compared_with_the_servers_own_clock() -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nDate: Tue, 01 Jul 2003 10:00:00 GMT\r\n"
        b"Expires: Tue, 01 Jul 2003 11:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    )
    with Site() as site:
        assert fetched(site.set("/feed", Answer(raw=raw))).fresh_for == timedelta(hours=1)


# ------------------------------------------------------------------------------------ Link headers


def test_the_hub_and_the_feeds_own_address_are_read_from_link_headers() -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nLink: </style.css>; rel=preload; as=style, "
        b'<https://hub.example/?a=1,2>; title="a, \\"hub\\"; <x>"; rel="HUB"\r\n'
        b'Link: <../own.xml>;rel="alternate self"\r\nContent-Length: 0\r\n\r\n'
    )
    with Site() as site:
        site.set("/blog/feed", Answer(status=302, headers={"Location": "/new/blog/feed"}))
        site.set("/new/blog/feed", Answer(raw=raw))
        answer = fetched(site.url("/blog/feed"))
    assert answer.hub_url == "https://hub.example/?a=1,2"
    assert answer.self_url == site.url("/new/own.xml")


@pytest.mark.parametrize(
    "link",
    [
        "<javascript:x>; rel=hub",
        "<http://[broken/>; rel=hub",
        '<https://hub.example/>; rel=hub; anchor="https://other.example/"',
        "<https://hub.example/>; rel=next; rel=hub",
        "https://hub.example/; rel=hub",
        "<https://hub.example/ rel=hub",
        "",
    ],
)
def test_a_link_that_names_no_hub_is_left_out(link: str) -> None:
    with Site() as site:
        answer = fetched(site.set("/feed", Answer(body=b"x", headers={"Link": link})))
    assert answer.hub_url is None
    assert answer.body == b"x"


# ---------------------------------------------------------------------------------------- status


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (204, FetchError, "answered 204"),
        (400, FetchError, "answered 400"),
        (401, FetchError, "wants a login"),
        (403, FetchError, "answered 403 (forbidden)"),
        (404, FetchError, "answered 404 (not found): check the address"),
        (410, Gone, "gone for good"),
        (402, FetchError, "wants to be paid"),
        (413, FetchError, "answered 413"),
        (429, RateLimited, "too many requests from here"),
        (500, FetchError, "the fault is the server's"),
        (451, FetchError, "for legal reasons"),
        (502, FetchError, "the fault is the server's"),
        (503, RateLimited, "overloaded or under repair"),
        (599, FetchError, "unknown status"),
    ],
)
def test_a_refusal_is_told_in_words(status: int, kind: type[FetchError], words: str) -> None:
    with Site() as site:
        url = site.set("/feed", Answer(status=status))
        with pytest.raises(FetchError) as failed:
            get(url)
    assert type(failed.value) is kind
    assert failed.value.status == status
    assert failed.value.url == url
    assert words in str(failed.value)
    assert url in str(failed.value)
