"""`aggregator poll`."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import click

from aggregator.cli import Box
from aggregator.errors import AggregatorError
from aggregator.illustrate import illustrate
from aggregator.model import DueFeed, Outcome, Poll
from aggregator.poller import Poller
from aggregator.store import feeds as stored


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time; without a zone it is UTC."""

    name = "ISO8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return `value` as an aware time in UTC."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 time, such as 2026-03-01T12:00:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


@click.command()
@click.option("--due", is_flag=True, help="The feeds whose time has come (the default).")
@click.option("--all", "every", is_flag=True, help="Every active feed, due or not.")
@click.option(
    "--feed", "chosen", multiple=True, metavar="URL_OR_ID", help="This feed; may be given again."
)
@click.option(
    "--now", "fixed", type=Moment(), help="The clock of this run, for what is due and for stamps."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def poll(
    box: Box,
    *,
    due: bool,
    every: bool,
    chosen: tuple[str, ...],
    fixed: datetime | None,
    as_json: bool,
) -> None:
    """Poll feeds once, and end.

    Exit code 0 when the run itself worked, also where feeds failed: those are named with the
    reason.
    """
    if due + every + bool(chosen) > 1:
        raise click.UsageError("choose one of --due, --all and --feed")
    ids = None
    if chosen:
        ids = _chosen(box, chosen)
    began = time.monotonic()
    rows = asyncio.run(_run(box, ids, every, fixed, quiet=as_json))
    seconds = round(time.monotonic() - began, 3)
    report = _report(rows, seconds)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for row in report["feeds"]:
        if row["outcome"] in (Outcome.FAILED, Outcome.GONE):
            said = row["error"] or "no reason given"
            named = said if row["url"] in said else f"{row['url']}: {said}"
            click.echo(f"failed: {named}", err=True)
    if report["rested"]:
        click.echo(
            f"not asked, because their hosts want to be left alone for now: {report['rested']}"
            " (they are polled later by themselves)",
            err=True,
        )
    click.echo(
        f"{report['polled']} polled, {report['unchanged']} unchanged, {report['new']} new,"
        f" {report['updated']} updated, {report['failed']} failed, in {seconds:.1f} s"
    )


def _chosen(box: Box, names: tuple[str, ...]) -> list[int]:
    with box.database.reading() as c:
        feeds = [stored.get(c, stored.resolve(c, name)) for name in names]
    held = [feed for feed in feeds if feed.held]
    if held:
        raise AggregatorError(f"feed {held[0].id} is not polled: {held[0].error}")
    return [feed.id for feed in feeds]


async def _run(
    box: Box, ids: list[int] | None, every: bool, fixed: datetime | None, *, quiet: bool
) -> list[tuple[DueFeed, Poll]]:
    def real() -> datetime:
        return datetime.now(UTC)

    clock: Callable[[], datetime] = (lambda: fixed) if fixed else real
    latest: Callable[[], datetime] = (lambda: max(fixed, real())) if fixed else real
    rows: list[tuple[DueFeed, Poll]] = []
    with ExitStack() as stack:
        step: Callable[[str], None] = lambda _doing: None  # noqa: E731
        if not quiet and sys.stderr.isatty():
            bar = importlib.import_module("aggregator.cli.progress")  # takes a while to load
            step = stack.enter_context(bar.shown(_expected(box, ids, every, clock())))
        async with Poller(box.database, box.settings, clock, latest) as poller:
            async for row in poller.run(ids=ids, every=every):
                rows.append(row)
                step("")
            step("fetching pictures")
            await illustrate(poller.tools)
    return rows


def _expected(box: Box, ids: list[int] | None, every: bool, now: datetime) -> int:
    if ids is not None:
        return len(ids)
    with box.database.reading() as c:
        return len(stored.polled(c)) if every else stored.due_count(c, now)


def _report(rows: list[tuple[DueFeed, Poll]], seconds: float) -> dict[str, Any]:
    rested = sum(not poll.asked for _, poll in rows)
    rows = [row for row in rows if row[1].asked]
    counts = Counter(poll.outcome for _, poll in rows)
    return {
        "polled": len(rows),
        "unchanged": counts[Outcome.SAME] + counts[Outcome.NOT_MODIFIED],
        "new": sum(poll.entries_new for _, poll in rows),
        "updated": sum(poll.entries_changed for _, poll in rows),
        "failed": counts[Outcome.FAILED] + counts[Outcome.GONE],
        "rested": rested,
        "seconds": seconds,
        "feeds": [
            {
                "url": feed.url,
                "outcome": poll.outcome,
                "http_status": poll.http_status,
                "new": poll.entries_new,
                "updated": poll.entries_changed,
                "error": poll.error,
            }
            for feed, poll in rows
        ],
    }
