"""`aggregator feeds backfill`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click
from rich.console import Console

from aggregator.backfill import backfill as walk_back
from aggregator.cli import Box
from aggregator.poller import Poller
from aggregator.store import feeds as stored


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.argument("feed", metavar="ID")
@click.pass_obj
def backfill(box: Box, *, feed: str) -> None:
    """Read a feed's older pages, for what was published before it was followed.

    Follows the feed's own links to older documents, else ?paged=2, 3, ... as WordPress has it, one
    page a second. Stopped half way, it goes on where it was. ID may be the feed's address.
    """
    with box.database.reading() as c:
        number = stored.resolve(c, feed)
    pages, new = asyncio.run(_walk(box, number))
    click.echo(f"read {pages} older pages, {new} new entries")


async def _walk(box: Box, number: int) -> tuple[int, int]:
    console = Console(stderr=True)
    pages = new = 0
    async with Poller(box.database, box.settings, _now) as poller:
        with console.status("walking back") if console.is_terminal else _Silent() as status:
            async for step in walk_back(number, poller.tools):
                pages += 1
                new += step.entries_new
                if status is not None:
                    status.update(f"{pages} pages, {new} new entries, now at {step.url}")
    return pages, new


class _Silent:
    """No progress where nobody looks."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
