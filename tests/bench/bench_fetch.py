"""What a fetch costs beside bare aiohttp: conditional requests, all answered 304.

Run: ``python -m tests.bench.bench_fetch``. The server is a process of its own and answers on 50
loopback addresses. Both askers take turns, so that what else the machine does hits both alike; take
the ratio, the figures differ from machine to machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import cast

import aiohttp

from aggregator.fetch import Fetcher
from aggregator.model import FetchRequest, NotModified

HOSTS = 50
FETCHES = 500
CONCURRENCY = 64
ROUNDS = 20
ETAG = '"5f3e-61c2d8a9b7c40"'
CHANGED = "Tue, 01 Jul 2025 10:00:00 GMT"
AGENT = "TestPlanet/1.0 (+https://planet.example)"
_ANSWER = (
    b"HTTP/1.1 304 Not Modified\r\nDate: Tue, 01 Jul 2025 12:00:00 GMT\r\nServer: bench\r\n"
    b"ETag: " + ETAG.encode() + b"\r\nLast-Modified: " + CHANGED.encode() + b"\r\n"
    b"Cache-Control: max-age=600\r\n\r\n"
)


class _Server(asyncio.Protocol):
    """Answers every request 304."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._left = b""

    def data_received(self, data: bytes) -> None:
        *asked, self._left = (self._left + data).split(b"\r\n\r\n")
        self._transport.write(_ANSWER * len(asked))


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "0.0.0.0", 0)  # noqa: S104
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def _crowd(ask: Callable[[str], Awaitable[None]], urls: list[str]) -> float:
    """Return the seconds that it takes to ask for all."""
    began = time.perf_counter()
    await asyncio.gather(*map(ask, urls))
    return time.perf_counter() - began


async def _bare(urls: list[str]) -> float:
    places = asyncio.Semaphore(CONCURRENCY)
    headers = {"User-Agent": AGENT, "If-None-Match": ETAG, "If-Modified-Since": CHANGED}
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=2)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(url: str) -> None:
            async with places, session.get(url, headers=headers) as answer:
                await answer.read()
                assert answer.status == 304

        return await _crowd(ask, urls)


async def _ours(urls: list[str]) -> float:
    async with Fetcher(
        user_agent=AGENT, allow_private=True, concurrency=CONCURRENCY, host_burst=10_000
    ) as fetcher:

        async def ask(url: str) -> None:
            request = FetchRequest(url=url, etag=ETAG, last_modified=CHANGED)
            assert isinstance(await fetcher.fetch(request), NotModified)

        return await _crowd(ask, urls)


def main() -> None:
    """Print the best of all rounds and their ratio."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    urls = [f"http://127.0.1.{1 + n % HOSTS}:{port}/feed/{n}.xml" for n in range(FETCHES)]
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(asyncio.run(_bare(urls)))
        ours.append(asyncio.run(_ours(urls)))
    server.kill()
    one, two = min(bare), min(ours)
    sys.stdout.write(
        f"{FETCHES} answers 304 from {HOSTS} hosts: bare aiohttp {one * 1e3:.0f} ms, "
        f"Fetcher {two * 1e3:.0f} ms, ratio {two / one:.2f}\n"
    )


if __name__ == "__main__":
    main()
