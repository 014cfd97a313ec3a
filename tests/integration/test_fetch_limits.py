"""What a hostile or broken server costs us: so many bytes, so much time, and an error in words."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import brotli
import pytest

from aggregator.errors import FetchError, TooLarge, Unreachable
from aggregator.model import Fetched, FetchRequest
from tests.asking import fetched, fetcher_of, get
from tests.site import Answer, Site, Wire

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = ["gzip", "deflate", "br", "zstd"]


def bomb(coding: str, size: int = 40_000_000) -> bytes:
    match coding:
        case "br":
            return bytes(brotli.compress(bytes(size), quality=1))
        case "zstd":
            return zstd.compress(bytes(size))
        case _:
            packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[coding])
            return packer.compress(bytes(size)) + packer.flush()


@pytest.mark.parametrize("coding", CODINGS)
def test_a_packed_bomb_stops_at_the_limit(coding: str) -> None:
    with Site() as site:
        url = site.set("/f", Answer(body=bomb(coding), headers={"Content-Encoding": coding}))
        with pytest.raises(TooLarge, match="limit of 1000000 bytes"):
            get(FetchRequest(url=url, max_bytes=1_000_000))


def test_bombs_cost_little_memory() -> None:
    asker = (
        "import resource, sys\n"
        "from aggregator.errors import TooLarge\n"
        "from aggregator.model import FetchRequest\n"
        "from tests.asking import fetched\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "fetched(sys.argv[1])\n"
        "before = used()\n"
        "for url in sys.argv[2:]:\n"
        "    try: fetched(FetchRequest(url=url, max_bytes=1_000_000))\n"
        "    except TooLarge: print(used() - before)\n"
    )
    with Site() as site:
        for coding in CODINGS:
            packed = Answer(body=bomb(coding, 200_000_000), headers={"Content-Encoding": coding})
            site.set(f"/{coding}", packed)
        urls = [site.set("/feed", Answer(body=b"x")), *(site.url(f"/{name}") for name in CODINGS)]
        told = subprocess.run([sys.executable, "-c", asker, *urls], capture_output=True, check=True)
    grown = [int(line) for line in told.stdout.split()]
    assert len(grown) == len(CODINGS)
    assert grown[-1] < 40_000  # kilobytes, of 200,000 each


def test_a_zstd_body_that_wants_much_memory_is_refused() -> None:
    wide: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    packer = zstd.ZstdCompressor(options=wide)  # RFC 9659: no more than 8 MiB may be wanted
    body = packer.compress(b"x" * 9_999) + packer.flush()
    with Site() as site:
        url = site.set("/feed", Answer(body=body, headers={"Content-Encoding": "zstd"}))
        with pytest.raises(FetchError, match="damaged"):
            get(url)


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


@pytest.mark.parametrize("coding", CODINGS)
def test_a_damaged_or_short_packed_body_is_told(coding: str) -> None:
    packed = bomb(coding, 50_000)
    with Site() as site:
        site.set("/short", Answer(body=packed[:-5], headers={"Content-Encoding": coding}))
        noise = packed[:4] + b"\xff" * 40
        site.set("/noise", Answer(body=noise, headers={"Content-Encoding": coding}))
        with pytest.raises(FetchError, match="ends early"):
            get(site.url("/short"))
        with pytest.raises(FetchError, match="damaged"):
            get(site.url("/noise"))


@pytest.mark.parametrize(
    ("coding", "words"),
    [
        ("compress", "as compress, which was not asked for"),
        ("gzip, gzip", "several times over"),
        ("br,x-gzip", "several times over"),
        ("caf\xe9", "which was not asked for"),
    ],
)
def test_packing_that_was_not_asked_for_is_told(coding: str, words: str) -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x", headers={"Content-Encoding": coding}))
        with pytest.raises(FetchError, match=words):
            get(url)


@pytest.mark.parametrize("coding", ["identity", "none", "UTF-8", "binary", " , ", "gzip"])
def test_a_body_that_is_not_packed_whatever_is_said_is_taken_as_it_is(coding: str) -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"<rss/>", headers={"Content-Encoding": coding}))
        assert fetched(url).body == b"<rss/>"


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


@pytest.mark.parametrize(
    "lines",
    [
        [b"X: " + b"y" * 200_000],
        [b"a: b"] * 10_000,
        [b"X-%d: " % n + b"y" * 1_000 for n in range(100)],
        [b"y" * 200_000 + b": x"],
    ],
    ids=["one long line", "many short lines", "many long lines", "a long name"],
)
def test_headers_over_the_limit_are_refused(lines: list[bytes]) -> None:
    raw = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"Content-Length: 0"]) + b"\r\n\r\n"
    with Site() as site, pytest.raises(TooLarge, match="limit of 65536 bytes in 256 lines"):
        get(site.set("/feed", Answer(raw=raw)))


def test_long_headers_within_the_limit_are_taken() -> None:
    headers = {f"X-{n}": "y" * 6_000 for n in range(10)}
    with Site() as site:
        assert fetched(site.set("/feed", Answer(body=b"x", headers=headers))).body == b"x"


def endless(head: bytes, piece: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """Send `piece` without end, much at a time: the server runs beside the asker, and one that
    sends little at a time keeps the interpreter from it.
    """
    much = piece * (1_000_000 // len(piece))
    return lambda _: chain([head], repeat(much))


def test_an_endless_body_ends_at_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        Wire(endless(head, b"4\r\nbody\r\n")) as wire,
        pytest.raises(TooLarge, match="limit of 100000 bytes"),
    ):
        get(FetchRequest(url=wire.url, max_bytes=100_000))


@pytest.mark.parametrize(
    "pieces",
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"extension" * 999),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 9_999),
    ],
    ids=["hints", "chunk extensions", "chunk length"],
)
def test_what_goes_on_without_end_ends_at_the_total_time(pieces: tuple[bytes, bytes]) -> None:
    with Wire(endless(*pieces)) as wire:
        begun = time.monotonic()
        with pytest.raises(FetchError):
            get(wire.url, total_s=0.3)
        assert time.monotonic() - begun < 3


def test_headers_that_drip_end_at_the_total_time() -> None:
    def drip(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX: "
        while not over.wait(0.02):
            yield b"y"

    over = threading.Event()
    with Wire(drip) as wire, pytest.raises(Unreachable, match=r"took longer than 0\.3 s in all"):
        get(wire.url, total_s=0.3)
    over.set()


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    told = threading.Event()

    def reply(_: bytes) -> Iterator[bytes]:
        good = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
        yield good
        yield good.replace(b"good", b"evil")
        told.set()

    async def twice() -> list[bytes]:
        bodies = []
        async with fetcher_of() as fetcher:
            for _ in range(2):
                answer = await fetcher.fetch(FetchRequest(url=wire.url))
                await asyncio.to_thread(told.wait, 10)
                assert isinstance(answer, Fetched)
                bodies.append(answer.body)
        return bodies

    with Wire(reply) as wire:
        assert asyncio.run(twice()) == [b"good", b"good"]


def test_a_body_longer_than_said_is_no_sound_answer() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<rss/>"
    with Site() as site, pytest.raises(FetchError, match="not HTTP"):
        get(site.set("/feed", Answer(raw=raw)))


@pytest.mark.parametrize("length", ["-1", "x", "3, 4", "99999999999999999999999"])
def test_a_length_that_is_none_is_told(length: str) -> None:
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nbody".encode()
    with Site() as site, pytest.raises(FetchError, match="not HTTP"):
        get(site.set("/feed", Answer(raw=raw)))


def test_what_is_not_http_is_told() -> None:
    with Site() as site, pytest.raises(FetchError, match="not HTTP"):
        get(site.set("/feed", Answer(raw=b"SSH-2.0-OpenSSH_9\r\n\r\n")))
