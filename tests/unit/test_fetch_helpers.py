"""The parts of a fetch that need no server."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import __version__
from aggregator.fetch import wire
from aggregator.fetch.guard import is_public
from aggregator.fetch.hosts import Host, Hosts, Resting
from aggregator.fetch.links import links
from aggregator.fetch.unpack import Broken, Overfull, Unpacker
from aggregator.settings import load

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# ------------------------------------------------------------------------------------- validators


@given(st.binary(max_size=400))
def test_any_bytes_that_a_header_may_have_are_kept_as_text_and_come_back(raw: bytes) -> None:
    kept = wire.kept(raw.decode("utf-8", "surrogateescape"))
    allowed = all(byte >= 0x20 or byte == 0x09 for byte in raw) and b"\x7f" not in raw
    assert (kept is not None) == (bool(raw) and allowed)
    if kept is not None:
        assert kept.isascii()
        assert (wire.sent(kept) or "").encode("latin-1") == raw


@given(st.text())
def test_no_stored_text_breaks_a_request(stored: str) -> None:
    sent = wire.sent(stored)
    assert sent is None or not {"\r", "\n", "\0"} & set(sent.encode("latin-1").decode("latin-1"))


# --------------------------------------------------------------------------------------- packing


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def unpacked(coding: str, body: bytes, cuts: list[int], limit: int = 10_000) -> bytes:
    """Unpack a body that arrives in pieces."""
    unpacker = Unpacker(coding, limit)
    ends = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    for begin, end in pairwise(ends):
        unpacker.add(body[begin:end])
    return unpacker.finish()


@given(
    st.sampled_from(sorted(PACKERS)),
    st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    st.lists(st.integers(0, 900)),
    st.sampled_from([b"", b"\0", b"\x1f", b"\0\0padding"]),
)
def test_a_packed_body_is_unpacked_however_it_arrives(
    coding: str, parts: list[bytes], cuts: list[int], padding: bytes
) -> None:
    if coding not in ("gzip", "zstd"):
        parts = parts[:1]  # only these two may be several in a row
    if coding not in ("gzip", "deflate"):
        padding = b""  # only these two are met with more behind them
    packed = b"".join(PACKERS[coding](part) for part in parts)
    assert unpacked(coding, packed + padding, cuts) == b"".join(parts)


@pytest.mark.parametrize("cut", range(-2, 4))
def test_members_are_told_from_padding_wherever_the_body_is_cut(cut: int) -> None:
    one, two = gzip.compress(b"one "), gzip.compress(b"two")
    assert unpacked("gzip", one + two, [len(one) + cut]) == b"one two"
    assert unpacked("gzip", one + b"\x1f\x1f" + two, [len(one) + cut]) == b"one "


def test_a_frame_of_zstd_that_holds_nothing_is_passed_over() -> None:
    skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    body = skippable + zstd.compress(b"one ") + skippable + zstd.compress(b"two")
    assert unpacked("zstd", body, [9, 13]) == b"one two"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_body_of_too_many_parts_is_refused_before_it_costs_time(coding: str) -> None:
    begun = time.process_time()
    with pytest.raises(Broken, match="more than 1000 parts"):
        unpacked(coding, PACKERS[coding](b"") * 300_000, [])
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("coding", sorted(PACKERS))
def test_the_limit_is_what_a_body_may_just_have(coding: str) -> None:
    body = PACKERS[coding](b"x" * 5_000)
    assert unpacked(coding, body, [], limit=5_000) == b"x" * 5_000
    with pytest.raises(Overfull):
        unpacked(coding, body, [], limit=4_999)


# -------------------------------------------------------------------------------------- Link header


def test_links_are_read_in_all_their_spellings() -> None:
    found = links(
        [
            "</a>; rel=next",
            '<b>;rel = "hub  SELF" ;title="x, <y>; rel=z", <c>; title=";,\\""; Rel=hub; rel=next',
            "<d>;;rel;x=",
            'noise <e>; title="never closed; rel=hub',
        ]
    )
    assert found == [
        ("/a", frozenset({"next"})),
        ("b", frozenset({"hub", "self"})),
        ("c", frozenset({"hub"})),
        ("d", frozenset()),
        ("e", frozenset()),
    ]


@pytest.mark.parametrize(
    "piece", ['<a>;x="', '<a>;x="\\"', "<a>" + ";" * 50, "<", "<a>;" + " " * 50, '<a>;x="\\' * 3]
)
def test_no_link_header_takes_long_to_read(piece: str) -> None:
    begun = time.process_time()
    links([piece * (200_000 // len(piece))])
    assert time.process_time() - begun < 0.5


# ------------------------------------------------------------------------------------------- hosts


def on_a_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(run())


def test_a_rest_ends() -> None:
    async def work() -> None:
        host = Host(places=1, burst=1, pace=1000)
        host.rest(timedelta(seconds=0.05))
        host.rest(timedelta(seconds=0.01))  # the longer of two counts
        with pytest.raises(Resting) as told:
            await host.enter()
        assert told.value.left > timedelta(seconds=0.02)
        await asyncio.sleep(told.value.left.total_seconds())
        await host.enter()

    on_a_loop(work)


def test_a_turn_that_is_given_up_as_it_comes_goes_to_the_next() -> None:
    async def work() -> None:
        host = Host(places=1, burst=2, pace=0.001)
        await host.enter()
        first, second = (asyncio.create_task(host.enter()) for _ in range(2))
        await asyncio.sleep(0)
        host.leave()  # lets the first in, which is cancelled before it gets to know
        first.cancel()
        await second
        assert first.cancelled()

    on_a_loop(work)


def test_who_waits_is_served_in_turn() -> None:
    async def work() -> None:
        host = Host(places=1, burst=1, pace=200)
        served = []

        async def ask(number: int) -> None:
            await host.enter()
            served.append(number)
            await asyncio.sleep(0)
            host.leave()

        await asyncio.gather(*map(ask, range(6)))
        assert served == list(range(6))

    on_a_loop(work)


def test_hosts_with_nothing_to_remember_are_forgotten() -> None:
    async def work() -> None:
        hosts = Hosts(places=1, burst=2, rate=1)
        used, resting = hosts["used.example"], hosts["resting.example"]
        await used.enter()
        used.leave()
        resting.rest(timedelta(minutes=1))
        unused = hosts["unused.example"]
        for number in range(1_500):
            assert hosts[f"{number}.example"]
        assert hosts["used.example"] is used
        assert hosts["resting.example"] is resting
        assert hosts["unused.example"] is not unused

    on_a_loop(work)


# --------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "h.example", "127.0.0.1", "fe80::1%eth0", "1.2.3", "::"])
def test_all_else_is_not(address: str) -> None:
    assert not is_public(address)


# ----------------------------------------------------------------------------------- our name


@pytest.mark.parametrize(
    ("environ", "who"),
    [
        ({}, "(+http://localhost/about/)"),  # nobody's address, rather than one that is not ours
        ({"BASE_URL": "https://r.example/"}, "(+https://r.example/about/)"),
        ({"CONTACT": "https://me.example/bot"}, "(+https://me.example/bot)"),
        (
            {"CONTACT": "https://me.example/", "BASE_URL": "https://r.example"},
            "(+https://me.example/)",
        ),
        ({"CONTACT": "me@x.example"}, "(+http://localhost/about/; me@x.example)"),
        (
            {"CONTACT": "me@x.example", "BASE_URL": "https://r.example"},
            "(+https://r.example/about/; me@x.example)",
        ),
        ({"CONTACT": "Zoë (me)\r\nX: y"}, "(+http://localhost/about/; Zo me X: y)"),
    ],
)
def test_we_name_product_version_and_who_is_to_be_asked(environ: dict[str, str], who: str) -> None:
    agent = load({f"AGGREGATOR_{name}": value for name, value in environ.items()}).user_agent
    product, _, rest = agent.partition(" ")
    assert product == f"EventFeedAggregator/{__version__}"
    assert rest == who
    assert agent.isascii()
    assert agent.isprintable()
