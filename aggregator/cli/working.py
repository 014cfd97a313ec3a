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
    help="Hosts polled at once; the setting poll_concurrency otherwise.",
)
@click.pass_obj
def worker(box: Box, *, concurrency: int | None) -> None:
    """Take poll jobs from the queue until stopped.

    As many as you like, on as many machines as you like; all need the same PostgreSQL database and
    the setting queue = "procrastinate". `aggregator serve` orders the polls. SIGTERM lets the polls
    end that have begun; those of a worker that was killed are made by the others.
    """
    settings = box.settings
    if settings.queue != "procrastinate":
        raise AggregatorError(
            "workers need PostgreSQL: set AGGREGATOR_DATABASE_URL to its address and"
            " AGGREGATOR_QUEUE to procrastinate, for `aggregator serve` as well"
            " (without workers, serve polls by itself)"
        )
    if concurrency:
        settings = settings.model_copy(update={"poll_concurrency": concurrency})
    box.database.close()
    queue.work(settings)
