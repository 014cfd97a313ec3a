"""Kept answers: their forms, what is answered from them, how many there may be."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import brotli
import pytest

from aggregator.web import cache

PAGE = b"<p>" + b"some words " * 300
MODIFIED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def kept(body: bytes = PAGE, version: int = 1) -> cache.Kept:
    return cache.Kept(
        version=(version,), body=body, headers=[("X-Kind", "page")], last_modified=MODIFIED
    )


def asked(answer: cache.Kept, **headers: str) -> tuple[int, dict[str, str], bytes]:
    environ = {"REQUEST_METHOD": "GET", **{f"HTTP_{name}": text for name, text in headers.items()}}
    environ |= {"REQUEST_METHOD": headers.get("METHOD", "GET")}
    status, found, body = answer.answer(environ)
    return int(status[:3]), dict(found), body


@pytest.mark.parametrize(
    ("accepted", "name"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.9", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", ""),
        ("identity", ""),
    ],
)
def test_the_best_coding_that_the_reader_takes_is_used(accepted: str, name: str) -> None:
    _, headers, body = asked(kept(), ACCEPT_ENCODING=accepted)
    assert headers.get("Content-Encoding", "") == name
    assert int(headers["Content-Length"]) == len(body)
    unpacked = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[name]
    assert unpacked(body) == PAGE


def test_what_fits_in_a_packet_is_not_packed() -> None:
    _, headers, body = asked(kept(b"short"), ACCEPT_ENCODING="br, gzip")
    assert "Content-Encoding" not in headers
    assert body == b"short"


def test_what_the_reader_has_is_not_sent_again() -> None:
    etag = asked(kept())[1]["ETag"]
    for headers in (
        {"IF_NONE_MATCH": etag},
        {"IF_NONE_MATCH": f'"other", {etag}'},
        {"IF_MODIFIED_SINCE": "Fri, 20 Nov 2026 09:30:00 GMT"},
    ):
        status, found, body = asked(kept(), **headers)
        assert (status, body) == (304, b"")
        assert found["ETag"] == etag
        assert "Content-Length" not in found


def test_what_the_reader_has_not_is_sent() -> None:
    for headers in (
        {"IF_NONE_MATCH": 'W/"other"'},
        {"IF_MODIFIED_SINCE": "Thu, 19 Nov 2026 09:30:00 GMT"},
        {"IF_NONE_MATCH": 'W/"other"', "IF_MODIFIED_SINCE": "Fri, 20 Nov 2026 09:30:00 GMT"},
    ):
        assert asked(kept(), **headers)[0] == 200


def test_head_is_answered_without_a_body() -> None:
    status, headers, body = asked(kept(), METHOD="HEAD")
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(PAGE))


def test_an_answer_made_from_another_version_is_not_given() -> None:
    pages = cache.PageCache()
    pages.put(("/",), kept(version=1))
    assert pages.get(("/",), (1,)) is not None
    assert pages.get(("/",), (2,)) is None


def test_one_makes_a_page_anew_and_the_others_get_the_old_one_meanwhile() -> None:
    pages = cache.PageCache()
    old = kept()
    pages.put(("/",), old)
    assert pages.take(("/",), (1,)) is old
    assert pages.take(("/",), (2,)) is None, "the first one makes it"
    assert pages.take(("/",), (2,)) is old
    assert pages.get(("/",), (2,)) is None, "to who makes it nothing is old enough"
    new = kept(version=2)
    pages.put(("/",), new)
    pages.settle(("/",), (2,))
    assert pages.take(("/",), (2,)) is new


def test_where_nothing_new_was_made_the_old_page_is_given_no_more() -> None:
    pages = cache.PageCache()
    pages.put(("/",), kept())
    assert pages.take(("/",), (2,)) is None
    pages.settle(("/",), (2,))
    assert pages.take(("/",), (2,)) is None
    assert len(pages) == 0


def test_who_is_late_does_not_drop_what_others_make_of_a_later_version() -> None:
    pages = cache.PageCache()
    pages.put(("/",), kept())
    assert pages.take(("/",), (2,)) is None
    assert pages.take(("/",), (3,)) is None
    pages.settle(("/",), (2,))
    assert pages.take(("/",), (3,)) is not None


def test_the_cache_stays_within_its_size_and_drops_what_is_unused() -> None:
    pages = cache.PageCache(max_bytes=100_000)
    for number in range(100):
        pages.put((str(number),), kept(b"x" * 6_000))
        pages.get(("0",), (1,))
    assert 5 < len(pages) < 12
    assert pages.get(("0",), (1,)) is not None
    assert pages.get(("50",), (1,)) is None


def test_what_is_huge_is_not_kept() -> None:
    pages = cache.PageCache(max_bytes=100_000)
    pages.put(("/",), kept(b"x" * 50_000))
    assert len(pages) == 0
