"""Short ways to ask a server of a test's own."""

from __future__ import annotations

import asyncio
from typing import Any

from aggregator.fetch import Fetcher
from aggregator.model import Fetched, FetchRequest, NotModified


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
    """Ask once for what must be answered in full."""
    answer = get(request, **limits)
    assert isinstance(answer, Fetched)
    return answer
