"""`aggregator worker`."""

from __future__ import annotations

import click

from aggregator import queue
from aggregator.cli import Box
from aggregator.errors import AggregatorError


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=None,
    metavar="N",
    help="Polls at once; the setting poll_concurrency otherwise.",
)
@click.pass_obj
def worker(box: Box, *, concurrency: int | None) -> None:
    """Take poll jobs from the queue until stopped.

    As many as you like, on as many machines as you like; all need the same PostgreSQL database and
    the setting queue = "procrastinate".
    """
    settings = box.settings
    if settings.queue != "procrastinate":
        raise AggregatorError(
            'worker needs the setting queue = "procrastinate" (and PostgreSQL);'
            ' with queue = "local", `aggregator serve` polls by itself'
        )
    if concurrency:
        settings = settings.model_copy(update={"poll_concurrency": concurrency})
    box.database.close()
    queue.work(settings)
