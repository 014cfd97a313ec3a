"""The one GET, against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import zlib
from datetime import timedelta
from typing import Any

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest

from aggregator.errors import (
    AddressRefused,
    FetchError,
    Gone,
    RateLimited,
    TooLarge,
    Unreachable,
)
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, FetchRequest, NotModified
from tests.site import Answer, Request, Site, free_port, redirect


def fetcher_of(**limits: Any) -> Fetcher:
    """Return a fetcher that may ask the test's own servers, unless told otherwise."""
    named = {"user_agent": "TestPlanet/1.0 (+https://planet.example)", "allow_private": True}
    return Fetcher(**{**named, **limits})


def get(request: FetchRequest | str, **limits: Any) -> Fetched | NotModified:
    """Ask once, with a fetcher of its own."""

    async def ask() -> Fetched | NotModified:
        async with fetcher_of(**limits) as fetcher:
            asked = FetchRequest(url=request) if isinstance(request, str) else request
            return await fetcher.fetch(asked)

    return asyncio.run(ask())


def fetched(request: FetchRequest | str, **limits: Any) -> Fetched:
    answer = get(request, **limits)
    assert isinstance(answer, Fetched)
    return answer


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
    assert asked["Accept-Encoding"] == "gzip, deflate, br"
    assert asked["Cookie"] is None
    assert asked["Referer"] is None


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


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw-deflate", "br"])
def test_packed_bodies_are_unpacked(encoding: str) -> None:
    text = b"<rss>" + b"words and more words " * 9_000 + b"</rss>"
    with Site() as site:
        url = site.set("/feed", Answer(body=text, encoding=encoding, drip=(700, 0.0)))
        assert fetched(url).body == text


def test_a_gzip_body_of_several_members_is_read_whole() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    with Site() as site:
        url = site.set("/feed", Answer(body=body, headers={"Content-Encoding": "gzip"}))
        assert fetched(url).body == b"one two"


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


# ------------------------------------------------------------------------------------- redirects


def test_a_feed_that_moved_for_good_tells_its_new_address() -> None:
    with Site() as site:
        site.set("/a", redirect("/b", 301))
        site.set("/b", redirect(site.url("/c"), 308))
        site.set("/c", Answer(body=b"x"))
        answer = fetched(site.url("/a"))
    assert answer.url == answer.moved_to == site.url("/c")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_one_temporary_hop_keeps_the_old_address(status: int) -> None:
    with Site() as site:
        site.set("/a", redirect("/b", 301))
        site.set("/b", redirect("/c", status))
        site.set("/c", Answer(body=b"x"))
        answer = fetched(site.url("/a"))
    assert answer.url == site.url("/c")
    assert answer.moved_to is None


def test_a_304_behind_a_redirect_tells_the_new_address_too() -> None:
    with Site() as site:
        site.set("/a", redirect("/b", 301))
        site.set("/b", Answer(headers={"ETag": '"1"'}))
        answer = get(FetchRequest(url=site.url("/a"), etag='"1"'))
    assert isinstance(answer, NotModified)
    assert answer.moved_to == site.url("/b")


def test_a_circle_of_redirects_ends() -> None:
    with Site() as site:
        site.set("/a", redirect("/b"))
        site.set("/b", redirect("/a"))
        with pytest.raises(FetchError, match="in a circle"):
            get(site.url("/a"))
        assert len(site.requests) == 2


def test_a_long_chain_of_redirects_ends() -> None:
    with Site() as site:
        for step in range(9):
            site.set(f"/{step}", redirect(f"/{step + 1}"))
        with pytest.raises(FetchError, match="more than 5 times"):
            get(site.url("/0"))
        assert len(site.requests) == 6


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://h.example/", "http://[x/", "http://h:99999/"]
)
def test_a_redirect_to_what_is_no_web_address_is_refused(target: str) -> None:
    with Site() as site, pytest.raises(AddressRefused):
        get(site.set("/a", redirect(target)))


def test_a_login_is_sent_as_basic_authorisation_and_not_shown() -> None:
    with Site() as site:
        site.set("/a", redirect("/b"))
        site.set("/b", Answer(body=b"x"))
        answer = fetched(f"http://me:se%20cret@{site.host}/a")
        asked = site.asked("/b")[0].headers
    assert asked["Authorization"] == "Basic bWU6c2UgY3JldA=="
    assert answer.url == site.url("/b")
    assert answer.moved_to == f"http://me:se%20cret@{site.host}/b"


def test_a_login_does_not_follow_to_another_host() -> None:
    with Site() as here, Site() as there:
        here.set("/a", redirect(f"http://evil:word@{there.host}/b"))
        there.set("/b", Answer(body=b"x"))
        answer = fetched(f"http://me:secret@{here.host}/a")
    assert there.requests[0].headers["Authorization"] is None
    assert answer.moved_to == there.url("/b")


def test_messages_do_not_show_passwords() -> None:
    with Site() as site, pytest.raises(FetchError) as failed:
        get(f"http://me:secret@{site.host}/none")
    assert "secret" not in str(failed.value)


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
        (429, RateLimited, "left alone"),
        (500, FetchError, "the fault is the server's"),
        (503, RateLimited, "left alone"),
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


def test_retry_after_in_seconds_is_understood() -> None:
    with Site() as site, pytest.raises(RateLimited) as failed:
        get(site.set("/feed", Answer(status=429, headers={"Retry-After": "120"})))
    assert failed.value.retry_after == timedelta(minutes=2)


def test_retry_after_as_a_date_is_compared_with_the_servers_own_clock() -> None:
    raw = (
        b"HTTP/1.1 503 Busy\r\nDate: Tue, 01 Jul 2003 10:00:00 GMT\r\n"
        b"Retry-After: Tue, 01 Jul 2003 10:30:00 GMT\r\nContent-Length: 0\r\n\r\n"
    )
    with Site() as site, pytest.raises(RateLimited) as failed:
        get(site.set("/feed", Answer(raw=raw)))
    assert failed.value.retry_after == timedelta(minutes=30)


def test_retry_after_that_means_nothing_is_no_wait() -> None:
    with Site() as site, pytest.raises(RateLimited) as failed:
        get(site.set("/feed", Answer(status=429, headers={"Retry-After": "soon"})))
    assert failed.value.retry_after is None


# ---------------------------------------------------------------------------------------- limits


def bomb(coding: str) -> bytes:
    size = 40_000_000
    if coding == "br":
        return bytes(brotli.compress(bytes(size), quality=1))
    packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[coding])
    return packer.compress(bytes(size)) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_packed_bomb_stops_at_the_limit(coding: str) -> None:
    with Site() as site:
        url = site.set("/f", Answer(body=bomb(coding), headers={"Content-Encoding": coding}))
        with pytest.raises(TooLarge, match="limit of 1000000 bytes"):
            get(FetchRequest(url=url, max_bytes=1_000_000))


@pytest.mark.parametrize("length", [True, False])
def test_a_body_over_the_limit_is_refused(length: bool) -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x" * 1_001, length=length))
        with pytest.raises(TooLarge, match="limit of 1000 bytes"):
            get(FetchRequest(url=url, max_bytes=1_000))


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x" * 1_000, encoding="gzip"))
        assert len(fetched(FetchRequest(url=url, max_bytes=1_000)).body) == 1_000


def test_damaged_packing_is_told() -> None:
    body = gzip.compress(b"x" * 999)
    damaged = body[:12] + b"\xff\xff\xff" + body[15:]
    with Site() as site:
        url = site.set("/feed", Answer(body=damaged, headers={"Content-Encoding": "gzip"}))
        with pytest.raises(FetchError, match="damaged"):
            get(url)


def test_packing_that_ends_early_is_told() -> None:
    with Site() as site:
        cut = gzip.compress(b"x" * 999)[:-9]
        url = site.set("/feed", Answer(body=cut, headers={"Content-Encoding": "gzip"}))
        with pytest.raises(FetchError, match="ends early"):
            get(url)


def test_packing_that_was_not_asked_for_is_told() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x", headers={"Content-Encoding": "zstd"}))
        with pytest.raises(FetchError, match="not asked for"):
            get(url)


def test_a_cut_off_body_is_no_answer() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x" * 500, cut_after=100))
        with pytest.raises(Unreachable, match="broke the connection off"):
            get(url)


def test_a_dripping_body_ends_at_the_total_time() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x" * 9_999, drip=(1, 0.02)))
        with pytest.raises(Unreachable, match=r"took longer than 0\.3 s in all"):
            get(url, total_s=0.3)


def test_a_silent_server_ends_at_the_read_time() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(delay=30))
        with pytest.raises(Unreachable, match=r"sent nothing for 0\.2 s"):
            get(url, read_s=0.2)


def test_redirects_do_not_win_time() -> None:
    with Site() as site:
        site.set("/a", Answer(status=302, headers={"Location": "/b"}, delay=0.2))
        site.set("/b", Answer(body=b"x", delay=0.2))
        with pytest.raises(Unreachable, match="in all"):
            get(site.url("/a"), total_s=0.3)


def test_endless_headers_are_refused() -> None:
    raw = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"
    with Site() as site, pytest.raises(FetchError, match="too long headers"):
        get(site.set("/feed", Answer(raw=raw)))


def test_what_is_not_http_is_told() -> None:
    with Site() as site, pytest.raises(FetchError, match="not HTTP"):
        get(site.set("/feed", Answer(raw=b"SSH-2.0-OpenSSH_9\r\n\r\n")))


def test_a_validator_that_could_not_be_sent_again_is_not_kept() -> None:
    raw = b'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nContent-Length: 0\r\n\r\n'
    with Site() as site:
        assert fetched(site.set("/feed", Answer(raw=raw))).etag is None


# ------------------------------------------------------------------------------------- addresses


def test_a_refused_connection_is_told() -> None:
    with pytest.raises(Unreachable, match="the connection was refused"):
        get(f"http://127.0.0.1:{free_port()}/feed")


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(Unreachable, match=r"the name nothing\.invalid is unknown"):
        get("http://nothing.invalid/feed")


def test_a_plain_server_asked_for_tls_is_told() -> None:
    with Site() as site, pytest.raises(Unreachable, match="no secure connection"):
        get(f"https://{site.host}/feed")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[::]:{port}/",
        "http://１２７.0.0.1:{port}/",
        "http://x:y@127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://224.0.0.1/",
        "http://8.8.8.8:25/",
        "ftp://h.example/",
        "file:///etc/passwd",
        "gopher://h.example/",
        "//h.example/",
        "feed.xml",
        "",
        "http://[broken/",
        "http://h.example:99999/",
    ],
)
def test_private_and_odd_addresses_are_refused(url: str) -> None:
    with Site() as site:
        address = url.replace("{port}", str(site.port))
        with pytest.raises(AddressRefused):
            get(address, allow_private=False)
        assert site.requests == []


def test_a_redirect_into_the_private_network_is_refused() -> None:
    with Site() as public, Site() as private:
        limits = {"allow_private": False, "allow_hosts": (public.host,)}
        for target in (private.url("/"), f"http://localhost:{private.port}/"):
            url = public.set("/feed", redirect(target))
            with pytest.raises(AddressRefused, match="private address"):
                get(url, **limits)
        assert private.requests == []


def test_a_name_is_judged_by_the_addresses_that_would_be_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The system's resolver is a foreign party here; it says what a hostile name server would.
    with Site() as site:
        answers = iter(["127.0.0.1", "8.8.8.8"])

        def turncoat(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        monkeypatch.setattr(socket, "getaddrinfo", turncoat)
        with pytest.raises(AddressRefused, match="leads to the private address"):
            get(f"http://rebind.example:{site.port}/", allow_private=False)
        assert site.requests == []


def test_a_host_may_be_allowed_by_name_and_port() -> None:
    with Site() as site:
        site.set("/feed", Answer(body=b"x"))
        limits = {"allow_private": False, "allow_hosts": (f"localhost:{site.port}",)}
        assert fetched(f"http://localhost:{site.port}/feed", **limits).body == b"x"
        with pytest.raises(AddressRefused):
            get(site.url("/feed"), **limits)


def test_an_address_is_not_spelt_anew() -> None:
    with Site() as site:
        path = "/f%7Eed/%C3%A4?a=%2F&b=c%20d+e&sig=a/b=="
        site.set(path, Answer(body=b"x"))
        assert fetched(site.url(path)).body == b"x"


def test_an_address_with_spaces_and_letters_beyond_ascii_is_encoded() -> None:
    with Site() as site:
        site.set("/a%20b/%C3%A4", Answer(body=b"x"))
        assert fetched(site.url("/a b/ä#part")).body == b"x"


# -------------------------------------------------------------------------------------- politeness


def test_no_more_connections_than_allowed_go_to_one_host() -> None:
    pair = threading.Barrier(2, timeout=10)  # two are answered only together
    here: list[str] = []
    crowds: list[int] = []

    def count(request: Request) -> Answer:
        here.append(request.path)
        pair.wait()
        crowds.append(len(here))
        pair.wait()
        here.remove(request.path)
        return Answer(body=b"x")

    async def ask(urls: list[str]) -> None:
        async with fetcher_of(per_host=2) as fetcher:
            await asyncio.gather(*(fetcher.fetch(FetchRequest(url=url)) for url in urls))

    with Site() as site:
        asyncio.run(ask([site.set(f"/{n}", count) for n in range(12)]))
    assert crowds == [2] * 12


def allowed(*urls: str) -> list[bool]:
    async def ask() -> list[bool]:
        async with fetcher_of() as fetcher:
            return list(await asyncio.gather(*(fetcher.allowed(url) for url in urls)))

    return asyncio.run(ask())


def test_robots_rules_are_kept_and_asked_for_once() -> None:
    rules = "User-agent: *\nDisallow: /private\n\nUser-agent: TestPlanet\nDisallow: /drafts/\n"
    with Site() as site:
        site.set("/robots.txt", Answer(body=rules, content_type="text/plain"))
        said = allowed(site.url("/blog/1"), site.url("/drafts/1"), site.url("/private"))
        assert said == [True, False, True]
        assert len(site.asked("/robots.txt")) == 1


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        (Answer(status=404), True),
        (Answer(status=403), True),
        (Answer(status=500), False),
        (Answer(status=503), False),
        (Answer(status=429), False),
        (Answer(body=b"\xff\xfe\x00 not rules"), True),
        (Answer(body=b"#" * 600_000), True),
    ],
)
def test_absent_robots_forbid_nothing_and_failing_ones_everything(
    answer: Answer, may: bool
) -> None:
    with Site() as site:
        site.set("/robots.txt", answer)
        assert allowed(site.url("/page")) == [may]


def test_an_unreachable_site_allows_nothing() -> None:
    assert allowed(f"http://127.0.0.1:{free_port()}/page", "no address") == [False, False]


def test_a_crawl_delay_spaces_pages() -> None:
    async def ask(url: str) -> float:
        async with fetcher_of() as fetcher:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            for _ in range(3):
                assert await fetcher.allowed(url)
            return loop.time() - begun

    with Site() as site:
        site.set("/robots.txt", Answer(body="User-agent: *\nCrawl-delay: 0.1\n"))
        assert asyncio.run(ask(site.url("/page"))) >= 0.2
