"""`aggregator feeds backfill`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aggregator.backfill import MOST_PAGES, Step
from aggregator.backfill import backfill as walk_back
from aggregator.cli import Box
from aggregator.errors import AggregatorError
from aggregator.poller import Poller
from aggregator.store import feeds as stored


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Sum:
    """What one run has done so far."""

    pages: int = 0
    new: int = 0

    def __str__(self) -> str:
        return f"read {self.pages} older pages, {self.new} new entries"


@click.command()
@click.argument("feed", metavar="ID")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_PAGES),
    default=MOST_PAGES,
    metavar="N",
    help="Read at most N pages now; the next run goes on from there.",
)
@click.pass_obj
def backfill(box: Box, *, feed: str, limit: int) -> None:
    """Read a feed's older pages, for what was published before it was followed.

    Follows the feed's own links to older documents, else ?paged=2, 3, ... as WordPress has it, else
    reads the posts that the site's sitemap lists. Stopped half way, it goes on where it was. ID may
    be the feed's address.
    """
    with box.database.reading() as c:
        number = stored.resolve(c, feed)
    done = _Sum()
    try:
        asyncio.run(_walk(box, number, limit, done))
    except KeyboardInterrupt:
        click.echo(f"stopped: {done}; the same command goes on from there", err=True)
        raise click.exceptions.Exit(130) from None
    except AggregatorError as error:
        if done.pages:
            raise AggregatorError(f"{error} ({done})") from error
        raise
    more = f" (stopped at {limit} pages; run it again to go on)" if done.pages >= limit else ""
    click.echo(f"{done}{more}")


async def _walk(box: Box, number: int, limit: int, done: _Sum) -> None:
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as shown:
        bar = shown.add_task("walking back", total=None)
        async with Poller(box.database, box.settings, _now) as poller:
            walk: AsyncGenerator[Step, None] = walk_back(number, poller.tools, limit=limit)
            async with aclosing(walk) as steps:
                async for step in steps:
                    done.pages += 1
                    done.new += step.entries_new
                    left = None if step.left is None else done.pages + step.left
                    said = f"{done.pages} pages, {done.new} new entries, now at {step.url}"
                    shown.update(bar, description=said, completed=done.pages, total=left)
