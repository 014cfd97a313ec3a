"""Fetches the pictures of recaps into the site's cache, and puts them in their places.

::

    entries name pictures | fetch | encode anew | store | clean the article again, with them

It follows a poll and is no part of it: an entry is there at once, with links, and gets its pictures
when they are. Each step is stored by itself and can be repeated, so a process may end at any time.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from aggregator.errors import AddressRefused, AggregatorError, FetchError, Gone, Overtaxed, TooLarge
from aggregator.model import EntryFile, Fetched, FetchRequest, Picture
from aggregator.poll import Tools, heeding
from aggregator.store import entries, pictures

_log = logging.getLogger("aggregator.pictures")
_TYPES = "image/webp, image/png, image/jpeg, image/gif;q=0.9, image/*;q=0.1"
_AT_ONCE = 16  # pictures that are fetched side by side, and articles in one transaction


async def illustrate(tools: Tools) -> int:
    """Fetch all pictures that are due, and show what came; return how many pictures that were."""
    if not tools.settings.pictures:
        return 0
    count = 0
    while taken := await asyncio.to_thread(_take, tools):
        await asyncio.gather(*(_fetch(picture_id, url, tools) for picture_id, url in taken))
        count += len(taken)
    while waiting := await asyncio.to_thread(_unplaced, tools):
        await _place(waiting, tools)
    return count


def _take(tools: Tools) -> tuple[tuple[int, str], ...]:
    lease = timedelta(seconds=tools.settings.poll_lease_s)
    with tools.database.writing() as c:
        return pictures.take(c, tools.clock(), lease=lease, limit=_AT_ONCE)


async def _fetch(picture_id: int, url: str, tools: Tools) -> None:
    """Fetch one picture, and store it or why there is none."""
    limit = tools.settings.picture_max_bytes
    try:
        async with heeding(tools):
            request = FetchRequest(url=url, accept=_TYPES, max_bytes=limit)
            answer = await tools.fetcher.fetch(request)
        made = await tools.stages.encode(answer.body if isinstance(answer, Fetched) else b"")
    except FetchError as error:
        hopeless = isinstance(error, AddressRefused | Gone | TooLarge) or error.status == 404
        return await asyncio.to_thread(_miss, tools, picture_id, str(error), for_good=hopeless)
    except AggregatorError as error:
        said, hopeless = f"{url}: {error}", not isinstance(error, Overtaxed)
        return await asyncio.to_thread(_miss, tools, picture_id, said, for_good=hopeless)

    def store() -> None:
        with tools.database.writing() as c:
            pictures.hold(
                c,
                picture_id,
                data=made.data,
                width=made.width,
                height=made.height,
                now=tools.clock(),
            )

    return await asyncio.to_thread(store)


def _miss(tools: Tools, picture_id: int, why: str, *, for_good: bool) -> None:
    _log.info("picture.missed", extra={"f": {"id": picture_id, "error": why}})
    with tools.database.writing() as c:
        pictures.miss(c, picture_id, why, tools.clock(), for_good=for_good)


def _unplaced(tools: Tools) -> tuple[int, ...]:
    with tools.database.reading() as c:
        return pictures.unplaced(c, _AT_ONCE)


async def _place(entry_ids: tuple[int, ...], tools: Tools) -> None:
    """Make some articles anew from their originals, with the pictures that are here."""

    def read() -> list[tuple[EntryFile, dict[str, Picture]]]:
        with tools.database.reading() as c:
            held = pictures.held(c, entry_ids)
            files = entries.files(c, entry_ids)
            return [(filed, held.get(filed.card.id, {})) for filed in files]

    found = await asyncio.to_thread(read)
    articles = await asyncio.gather(*(tools.stages.show(*one) for one in found))
    shown = {
        filed.card.id: (article, tuple(held))
        for (filed, held), article in zip(found, articles, strict=True)
    }

    def store() -> None:
        with tools.database.writing() as c:
            pictures.place(c, shown)

    await asyncio.to_thread(store)
