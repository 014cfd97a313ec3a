"""Validators go back to the server as they came, through both databases, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aggregator.errors import FetchError
from aggregator.model import FetchRequest, NotModified, Outcome
from aggregator.store import Database, feeds
from tests.asking import fetched, get
from tests.integration.store_samples import HOUR, NOW, follow, poll_of
from tests.site import Answer, Site, Wire

VALIDATORS = [
    b'"plain"',
    b'W/"weak--gzip"',
    b"no quotes; 'at' all, \\ and \"some\"",
    b'"caf\xe9"',  # latin-1
    b'"caf\xc3\xa9 \xe2\x80\x94"',  # UTF-8
    b'"\xff\xfe\x80\x85\x9f\xa0\xad"',  # neither
    b"ISO-8859-1''%22x%22",  # looks like the way we keep such bytes
    b"ISO-8859-1''\xe9",
    b'"a\tb"',
]


def answer_with(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"Content-Length: 0"])
    return head + b"\r\n\r\n"


def sent(head: bytes, name: bytes) -> bytes | None:
    """Return the value of a header within the bytes of a request."""
    for line in head.split(b"\r\n")[1:]:
        said, _, value = line.partition(b": ")
        if said == name:
            return value
    return None


def stored(database: Database, etag: str | None, last_modified: str | None) -> tuple[str, str]:
    """Store what a poll brought, and return what the next poll is given."""
    feed = follow(database)
    poll = replace(poll_of(feed), outcome=Outcome.CHANGED, etag=etag, last_modified=last_modified)
    with database.writing() as c:
        feeds.finish(c, [poll], NOW)
    with database.writing() as c:
        [due] = feeds.claim(c, NOW + 100 * HOUR, lease=HOUR, limit=1)
    assert due.etag
    assert due.last_modified
    return due.etag, due.last_modified


@pytest.mark.parametrize("validator", VALIDATORS)
def test_validators_come_back_byte_for_byte(database: Database, validator: bytes) -> None:
    date = b"Dienstag, 1. M\xe4rz" if validator.startswith(b'"caf') else b"Tue, 01 Jul 2025"

    def reply(head: bytes) -> Iterator[bytes]:
        status = b"304 Not Modified" if sent(head, b"If-None-Match") else b"200 OK"
        yield answer_with(b"ETag: " + validator, b"Last-Modified:  " + date + b" ", status=status)

    with Wire(reply) as wire:
        first = fetched(wire.url)
        etag, last_modified = stored(database, first.etag, first.last_modified)
        again = get(FetchRequest(url=wire.url, etag=etag, last_modified=last_modified))
    assert sent(wire.heads[1], b"If-None-Match") == validator
    assert sent(wire.heads[1], b"If-Modified-Since") == date
    assert isinstance(again, NotModified)
    assert (again.etag, again.last_modified) == (etag, last_modified)


def test_a_connection_that_carried_odd_bytes_is_as_good_as_before() -> None:
    with Wire(lambda _: [answer_with(b'ETag: "\xe9"')]) as wire:
        etag = fetched(wire.url).etag
        assert etag is not None
        assert fetched(FetchRequest(url=wire.url, etag=etag)).etag == etag
    assert sent(wire.heads[1], b"User-Agent") == sent(wire.heads[0], b"User-Agent")


@pytest.mark.parametrize(
    "validator",
    [b"", b'"' + b"x" * 3_000 + b'"', b'"' + b"\xe9" * 800 + b'"', b'"\x01"', b'"\x7f"'],
)
def test_a_validator_that_is_of_no_use_is_not_kept(validator: bytes) -> None:
    with Wire(lambda _: [answer_with(b"ETag: " + validator, b"Last-Modified: now")]) as wire:
        answer = fetched(wire.url)
    assert answer.etag is None
    assert answer.last_modified == "now"


@pytest.mark.parametrize("odd", ["", '"é"', '"\n"', "ISO-8859-1''%0A", "ISO-8859-1''%00"])
def test_a_validator_that_cannot_be_sent_is_not_sent(odd: str) -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x"))
        assert fetched(FetchRequest(url=url, etag=odd, last_modified=odd)).body == b"x"
    assert set(site.requests[0].headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_none_is_sent_where_none_came() -> None:
    with Site() as site:
        fetched(site.set("/feed", Answer(body=b"x", headers={"Date": "now", "Age": "1"})))
        answer = fetched(site.url("/feed"))
    assert (answer.etag, answer.last_modified) == (None, None)
    assert "If-Modified-Since" not in site.requests[1].headers


def test_a_304_with_new_validators_replaces_ours_and_keeps_what_it_does_not_name() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(status=304, headers={"ETag": '"2"'}))
        answer = get(FetchRequest(url=url, etag='"1"', last_modified="then"))
    assert isinstance(answer, NotModified)
    assert (answer.etag, answer.last_modified) == ('"2"', "then")


def test_a_200_without_validators_ends_both() -> None:
    with Site() as site:
        url = site.set("/feed", Answer(body=b"x"))
        answer = fetched(FetchRequest(url=url, etag='"1"', last_modified="then"))
    assert (answer.etag, answer.last_modified) == (None, None)


def test_a_304_to_a_validator_that_was_not_sent_is_a_fault() -> None:
    with Site() as site, pytest.raises(FetchError, match="answered 304"):
        get(FetchRequest(url=site.set("/feed", Answer(status=304)), etag='"é"'))
