"""How much one host is asked, and what its robots.txt lets us ask."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from aggregator.errors import FetchError, RateLimited, Unreachable
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, FetchRequest, NotModified
from tests.asking import fetcher_of, get
from tests.site import Answer, Request, Site, free_port, redirect

Told = Fetched | NotModified | BaseException


def crowd(urls: Sequence[str], **limits: object) -> list[Told]:
    """Ask for all at once, with one fetcher."""

    async def ask() -> list[Told]:
        async with fetcher_of(**limits) as fetcher:
            asked = (fetcher.fetch(FetchRequest(url=url)) for url in urls)
            return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def run(work: Callable[[Fetcher], Awaitable[None]], **limits: object) -> None:
    """Do `work` with one fetcher."""

    async def opened() -> None:
        async with fetcher_of(**limits) as fetcher:
            await work(fetcher)

    asyncio.run(opened())


# ------------------------------------------------------------------------------------ connections


def test_no_more_connections_than_allowed_go_to_one_host_and_they_are_used_again() -> None:
    pair = threading.Barrier(2, timeout=10)  # two are answered only together

    def together(_: Request) -> Answer:
        pair.wait()
        return Answer(body=b"x")

    with Site() as site:
        told = crowd([site.set(f"/{n}", together) for n in range(12)], per_host=2)
        assert all(isinstance(answer, Fetched) for answer in told)
        assert (site.connections, site.most_connections) == (2, 2)


def test_a_connection_is_used_again_after_an_answer_that_says_no() -> None:
    async def ask(fetcher: Fetcher) -> None:
        for path in ("/none", "/none", "/moved"):
            with pytest.raises(FetchError, match="answered 404"):
                await fetcher.fetch(FetchRequest(url=site.url(path)))

    page = "<p>Nothing here.</p>" * 999
    with Site() as site:
        site.set("/none", Answer(status=404, body=page))
        site.set("/moved", Answer(status=301, body=page, headers={"Location": "/none"}))
        run(ask)
        assert (len(site.requests), site.connections) == (4, 1)


@pytest.mark.parametrize("status", [302, 404])
def test_a_long_or_slow_answer_that_says_no_is_not_waited_for(status: int) -> None:
    headers = {"Location": "/other"}
    with Site() as site:
        site.set("/slow", Answer(status=status, headers=headers, body=b"x" * 999, drip=(1, 0.05)))
        site.set("/long", Answer(status=status, headers=headers, body=b"x" * 9_999_999))
        begun = time.monotonic()
        told = crowd([site.url("/slow"), site.url("/long")])
        assert time.monotonic() - begun < 5
    assert all("answered 404" in str(error) for error in told)


def test_hops_of_redirects_count_at_the_host_that_they_lead_to() -> None:
    with Site("127.0.0.1") as one, Site("127.0.0.2") as other:
        other.set("/", lambda _: Answer(body=b"x", delay=0.01))
        urls = [one.set(f"/{n}", redirect(other.url())) for n in range(6)]
        assert len(crowd(urls, per_host=1)) == 6
        assert other.most_connections == one.most_connections == 1


def test_idle_connections_are_few_however_many_hosts_are_asked() -> None:
    with Site("0.0.0.0") as site:  # noqa: S104 - all of 127.0.0.0/8 are different hosts to us
        site.set("/feed", Answer(body=b"x"))
        places = [f"127.0.{n}.{m}:{site.port}" for n in (1, 2) for m in range(1, 226)]
        told = crowd([f"http://{place}/feed" for place in places], concurrency=8)
        assert all(isinstance(answer, Fetched) for answer in told)
        assert site.connections == len(places)
        assert site.most_connections < 300


def test_a_fetch_that_is_cancelled_leaves_its_places_to_others() -> None:
    async def ask(fetcher: Fetcher) -> None:
        def start(path: str) -> asyncio.Task[Fetched | NotModified]:
            return asyncio.create_task(fetcher.fetch(FetchRequest(url=site.url(path))))

        asked = start("/slow")
        await asyncio.to_thread(came.wait, 10)
        waiting = [start("/waiting") for _ in range(3)]
        await asyncio.sleep(0)
        for task in (waiting[1], asked, waiting[0]):
            task.cancel()
        assert isinstance(await waiting[2], Fetched)
        assert len(site.asked("/waiting")) == 1

    came = threading.Event()

    def slow(_: Request) -> Answer:
        came.set()
        return Answer(delay=30)

    with Site() as site:
        site.set("/slow", slow)
        site.set("/waiting", Answer(body=b"x"))
        run(ask, per_host=1, concurrency=1)


# ------------------------------------------------------------------------------------------- pace


def test_a_burst_is_answered_at_once_and_what_follows_is_spread_over_time() -> None:
    came: list[float] = []

    def note(_: Request) -> Answer:
        came.append(time.monotonic())
        return Answer(body=b"x")

    with Site() as site:
        urls = [site.set(f"/{n}", note) for n in range(8)]
        told = crowd(urls, host_burst=4, host_rate=1200, total_s=0.15)  # one each 50 ms
    assert all(isinstance(answer, Fetched) for answer in told)  # waiting is no fetch time
    gaps = [later - earlier for earlier, later in pairwise(came)]
    assert came[-1] - came[0] >= 0.19
    assert min(gaps[3:]) > 0.02


def test_who_waits_for_one_host_does_not_stand_in_the_way_of_others() -> None:
    async def ask(fetcher: Fetcher) -> None:
        def start(number: int) -> asyncio.Task[Fetched | NotModified]:
            url = f"http://127.0.1.{number}:{site.port}/"
            return asyncio.create_task(fetcher.fetch(FetchRequest(url=url)))

        waiting = [start(1) for _ in range(3)]
        for number in range(2, 7):
            await start(number)
        assert [task.done() for task in waiting] == [True, False, False]
        for task in waiting:
            task.cancel()

    with Site("0.0.0.0") as site:  # noqa: S104 - all of 127.0.0.0/8 are different hosts to us
        site.set("/", Answer(body=b"x"))
        run(ask, host_burst=1, host_rate=1, concurrency=1)


# ------------------------------------------------------------------------------------------- rest


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("-5", 0),
        ("1.5", 1.5),
        ("99999999999999999999", 7 * 86_400),
        ("Tue, 01 Jul 2003 10:30:00 GMT", 1800),
        ("Tuesday, 01-Jul-03 10:30:00 GMT", 1800),
        ("Tue Jul  1 10:30:00 2003", 1800),
        ("Tue, 01 Jul 2003 09:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86_400),
        ("soon", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 413, 500])
def test_retry_after_is_understood_by_the_servers_own_clock(
    said: str, seconds: float | None, status: int
) -> None:
    raw = (
        f"HTTP/1.1 {status} No\r\nDate: Tue, 01 Jul 2003 10:00:00 GMT\r\n"
        f"Retry-After: {said}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    with Site() as site, pytest.raises(FetchError) as failed:
        get(site.set("/feed", Answer(raw=raw)))
    assert failed.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_retry_after_of_a_server_without_a_clock_is_compared_with_ours() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    raw = f"HTTP/1.1 429 No\r\nRetry-After: {until}\r\nContent-Length: 0\r\n\r\n".encode()
    with Site() as site, pytest.raises(RateLimited) as failed:
        get(site.set("/feed", Answer(raw=raw)))
    assert failed.value.retry_after is not None
    assert timedelta(minutes=59) < failed.value.retry_after <= timedelta(hours=1)


@pytest.mark.parametrize(("headers", "most"), [({"Retry-After": "300"}, 300), ({}, 60)])
def test_a_host_that_has_had_too_much_is_asked_for_nothing_until_its_time_is_over(
    headers: dict[str, str], most: int
) -> None:
    async def ask(fetcher: Fetcher) -> None:
        with pytest.raises(RateLimited, match="answered 429"):
            await fetcher.fetch(FetchRequest(url=busy.url("/limited")))
        with pytest.raises(RateLimited, match=r"was not asked: 127\.0\.0\.1 .* alone") as failed:
            await fetcher.fetch(FetchRequest(url=busy.url("/other")))
        assert failed.value.retry_after is not None
        assert timedelta(seconds=most - 5) < failed.value.retry_after <= timedelta(seconds=most)
        assert isinstance(await fetcher.fetch(FetchRequest(url=other.url("/"))), Fetched)
        with pytest.raises(RateLimited, match="was not asked"):
            await fetcher.fetch(FetchRequest(url=other.url("/sent on")))

    with Site("127.0.0.1") as busy, Site("127.0.0.2") as other:
        busy.set("/limited", Answer(status=429, headers=headers))
        other.set("/", Answer(body=b"x"))
        other.set("/sent%20on", redirect(busy.url("/other")))
        run(ask)
        assert [request.path for request in busy.requests] == ["/limited"]


def test_those_that_wait_already_are_told_at_once_too() -> None:
    with Site() as site:
        urls = [site.set("/", Answer(status=429, headers={"Retry-After": "9"}))] * 8
        told = crowd(urls, per_host=1, host_burst=2, host_rate=1)
        assert len(site.requests) == 1
    assert [str(error).count("was not asked") for error in told] == [0, *[1] * 7]


def test_one_feed_that_is_out_of_order_does_not_rest_its_host() -> None:
    async def ask(fetcher: Fetcher) -> None:
        with pytest.raises(RateLimited, match="answered 503"):
            await fetcher.fetch(FetchRequest(url=site.url("/broken")))
        assert isinstance(await fetcher.fetch(FetchRequest(url=site.url("/"))), Fetched)

    with Site() as site:
        site.set("/broken", Answer(status=503, headers={"Retry-After": "300"}))
        site.set("/", Answer(body=b"x"))
        run(ask)


# ------------------------------------------------------------------------------------------ robots


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
        (redirect("/robots.txt"), False),
        (redirect("file:///etc/passwd"), False),
        (Answer(body=b"\xff\xfe\x00 not rules"), True),
        (Answer(body=b"#" * 600_000), True),
        (Answer(body=b"User-agent: *\nDisallow: /\n" + b"#\n" * 300_000), False),
        (Answer(body=b"#" * 3_000_000), False),
    ],
)
def test_absent_robots_forbid_nothing_and_unreadable_ones_everything(
    answer: Answer, may: bool
) -> None:
    with Site() as site:
        site.set("/robots.txt", answer)
        assert allowed(site.url("/page")) == [may]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=500), FetchError),
        (Answer(status=503, headers={"Retry-After": "9"}), RateLimited),
        (Answer(status=429), RateLimited),
        (Answer(raw=b""), Unreachable),
    ],
)
def test_robots_that_cannot_be_had_now_are_told_and_not_asked_for_again_at_once(
    answer: Answer, kind: type[FetchError]
) -> None:
    async def ask(fetcher: Fetcher) -> None:
        for _ in range(2):
            with pytest.raises(
                kind, match=r"not asked while its site's robots\.txt cannot"
            ) as told:
                await fetcher.allowed(site.url("/page").replace("//", "//me:secret@"))
            assert "secret" not in str(told.value)
            assert len(site.asked("/robots.txt")) == asked
            assert told.value.status in (None, answer.status)

    asked = 2 if answer.raw == b"" else 1  # a connection that breaks off is tried once more
    with Site() as site:
        site.set("/robots.txt", answer)
        run(ask)


def test_what_is_no_address_is_not_allowed() -> None:
    assert allowed("no address") == [False]
    with pytest.raises(Unreachable):
        allowed(f"http://127.0.0.1:{free_port()}/page")


def test_robots_count_as_requests_to_their_host() -> None:
    async def ask(fetcher: Fetcher) -> None:
        assert await fetcher.allowed(site.url("/page"))
        waiting = asyncio.create_task(fetcher.fetch(FetchRequest(url=site.url("/page"))))
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done
        waiting.cancel()

    with Site() as site:
        run(ask, host_burst=1, host_rate=1)
        assert [request.path for request in site.requests] == ["/robots.txt"]


def test_closing_does_not_wait_for_robots_that_nobody_waits_for() -> None:
    async def ask(fetcher: Fetcher) -> None:
        waiting = asyncio.create_task(fetcher.allowed(site.url("/page")))
        await asyncio.to_thread(came.wait, 10)
        waiting.cancel()

    came = threading.Event()

    def slow(_: Request) -> Answer:
        came.set()
        return Answer(delay=30)

    with Site() as site:
        site.set("/robots.txt", slow)
        begun = time.monotonic()
        run(ask)
        assert time.monotonic() - begun < 5


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
