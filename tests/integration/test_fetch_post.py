"""A form sent by POST is as guarded and bounded as any other request."""

from __future__ import annotations

import asyncio

import pytest

from aggregator.errors import AddressRefused, FetchError, RateLimited, TooLarge
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, FetchRequest
from tests.site import Answer, Site, redirect

FORM = (("hub.mode", "subscribe"), ("hub.topic", "https://blog.example/ü?a=1&b=2"))


def post(url: str, *, private: bool = True, max_bytes: int = 1000) -> Fetched:
    async def run() -> object:
        async with Fetcher(user_agent="Test/1", allow_private=private) as fetcher:
            return await fetcher.fetch(FetchRequest(url=url, form=FORM, max_bytes=max_bytes))

    answer = asyncio.run(run())
    assert isinstance(answer, Fetched)
    return answer


def test_the_fields_are_sent_as_a_form(site: Site) -> None:
    url = site.set("/hub", Answer(status=202, body=b"taken"))
    answer = post(url)
    assert (answer.status, answer.body) == (202, b"taken")
    [asked] = site.requests
    assert asked.method == "POST"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.body == (
        b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fblog.example%2F%C3%BC%3Fa%3D1%26b%3D2"
    )


@pytest.mark.parametrize("status", [307, 308])
def test_it_is_sent_again_where_the_server_says_so(site: Site, status: int) -> None:
    site.set("/new", Answer(status=204))
    assert post(site.set("/hub", redirect("/new", status))).status == 204
    assert [asked.method for asked in site.requests] == ["POST", "POST"]
    assert site.requests[0].body == site.requests[1].body


@pytest.mark.parametrize("status", [301, 302, 303])
def test_it_is_not_turned_into_a_get(site: Site, status: int) -> None:
    site.set("/new", Answer(status=200))
    with pytest.raises(FetchError, match=str(status)):
        post(site.set("/hub", redirect("/new", status)))
    assert not site.asked("/new")


def test_private_addresses_are_refused_here_and_behind_a_redirect(site: Site) -> None:
    with pytest.raises(AddressRefused):
        post(site.url("/hub"), private=False)
    assert not site.requests


def test_refusals_and_large_answers_are_errors(site: Site) -> None:
    with pytest.raises(FetchError, match="400"):
        post(site.set("/400", Answer(status=400, body=b"no such topic")))
    with pytest.raises(RateLimited):
        post(site.set("/503", Answer(status=503)))
    with pytest.raises(TooLarge):
        post(site.set("/large", Answer(status=202, body=b"x" * 2000)))
