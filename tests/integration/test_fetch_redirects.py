"""Where redirects lead, what they say about a feed's address, and what is shown on the way."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from aggregator.errors import AddressRefused, FetchError, RateLimited
from aggregator.model import FetchRequest, NotModified
from tests.asking import fetched, get
from tests.site import Answer, Site, redirect


def test_a_feed_that_moved_for_good_tells_its_new_address() -> None:
    with Site() as site:
        site.set("/a", redirect("/b", 301))
        site.set("/b", redirect(site.url("/c"), 308))
        site.set("/c", Answer(body=b"x"))
        answer = fetched(site.url("/a"))
    assert answer.url == answer.moved_to == site.url("/c")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_hop_keeps_the_old_address(status: int) -> None:
    with Site() as site:
        site.set("/a", redirect("/b", status))
        site.set("/b", redirect("/c", 301))
        site.set("/c", Answer(body=b"x"))
        answer = fetched(site.url("/a"))
    assert answer.url == site.url("/c")
    assert answer.moved_to is None


def test_permanent_hops_before_a_temporary_one_lead_to_the_new_address() -> None:
    with Site() as site:
        site.set("/a", redirect("/b", 301))
        site.set("/b", redirect("/c", 308))
        site.set("/c", redirect("/d", 302))
        site.set("/d", redirect("/e", 301))
        site.set("/e", Answer(body=b"x"))
        answer = fetched(site.url("/a"))
    assert answer.url == site.url("/e")
    assert answer.moved_to == site.url("/c")


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
        for step in range(11):
            site.set(f"/{step}", redirect(f"/{step + 1}"))
        site.set("/11", Answer(body=b"x"))
        assert fetched(site.url("/1")).url == site.url("/11")
        site.requests.clear()
        with pytest.raises(FetchError, match="more than 10 times"):
            get(site.url("/0"))
        assert len(site.requests) == 11


@pytest.mark.parametrize("headers", [{}, {"Location": ""}, {"Location": "  "}])
def test_a_redirect_to_nowhere_is_told(headers: dict[str, str]) -> None:
    with Site() as site, pytest.raises(FetchError, match="does not say where to") as failed:
        get(site.set("/a", Answer(status=302, headers=headers)))
    assert failed.value.status == 302


def test_a_redirect_that_is_not_followed_is_told() -> None:
    with Site() as site, pytest.raises(FetchError, match=r"answered 300 \(multiple choices\)"):
        get(site.set("/a", Answer(status=300, headers={"Location": "/b"})))


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (b"/caf\xe9", "/caf%E9"),  # bytes that are no UTF-8 stay what they are
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"b c", "/b%20c"),
        (b"?page=2", "/a?page=2"),
        (b"/b#part", "/b"),
    ],
)
def test_a_redirect_is_followed_as_it_is_spelt(location: bytes, path: str) -> None:
    raw = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with Site() as site:
        site.set("/a", Answer(raw=raw))
        site.set(path, Answer(body=b"x"))
        assert fetched(site.url("/a")).moved_to == site.url(path)


def test_a_redirect_is_followed_after_the_pause_that_it_asks_for() -> None:
    with Site() as site:
        site.set("/a", Answer(status=302, headers={"Location": "/b", "Retry-After": "0.2"}))
        site.set("/b", Answer(body=b"x"))
        begun = time.monotonic()
        answer = fetched(site.url("/a"), total_s=0.15)
        assert time.monotonic() - begun >= 0.2
    assert answer.elapsed < timedelta(seconds=0.2)


def test_a_redirect_that_is_to_be_followed_much_later_is_no_answer_yet() -> None:
    with Site() as site, pytest.raises(RateLimited, match="try again in 3600 s") as failed:
        get(site.set("/a", Answer(status=301, headers={"Location": "/b", "Retry-After": "3600"})))
    assert failed.value.retry_after == timedelta(hours=1)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://h.example/", "http://[x/", "http://h:99999/", "/" + "x" * 9_000],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(target: str) -> None:
    with Site() as site, pytest.raises(AddressRefused) as failed:
        get(site.set("/a", redirect(target)))
    assert target[:40] in str(failed.value)
    assert len(str(failed.value)) < 300


def test_a_login_is_sent_as_basic_authorisation_and_not_shown() -> None:
    with Site() as site:
        site.set("/a", redirect("/b"))
        site.set("/b", Answer(body=b"x"))
        answer = fetched(f"http://me:se%20cret@{site.host}/a")
        asked = site.asked("/b")[0].headers
    assert asked["Authorization"] == "Basic bWU6c2UgY3JldA=="
    assert answer.url == site.url("/b")
    assert answer.moved_to == f"http://me:se%20cret@{site.host}/b"


def test_a_redirect_may_give_another_login_for_its_own_host() -> None:
    with Site() as site:
        site.set("/a", redirect(f"http://new:word@{site.host}/b", 302))
        site.set("/b", Answer(body=b"x"))
        answer = fetched(f"http://me:secret@{site.host}/a")
    assert site.asked("/b")[0].headers["Authorization"] == "Basic bmV3OndvcmQ="
    assert "word" not in answer.url


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
