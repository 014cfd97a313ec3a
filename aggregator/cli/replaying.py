"""`aggregator recognise --again`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aggregator.again import Change, Replay, Sums
from aggregator.cli import Box
from aggregator.pool import Stages

_NOTHING = "All entries were judged by this recogniser and registry; --all judges them again."
_LISTED = 40  # changes that are listed; --json has all


def again(box: Box, *, every: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Judge stored entries again: show what would change, ask, and store it."""
    ask = not (dry_run or yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    report = asyncio.run(_replay(box, keep=yes, every=every, quiet=as_json))
    _show(report, as_json=as_json)
    if not ask:
        if not (yes or dry_run or as_json) and report.sums.entries:
            click.echo("Nothing was stored: --yes stores it.")
        return
    if report.sums.entries and click.confirm("Store this?"):
        _show(asyncio.run(_replay(box, keep=True, every=every, quiet=False)), as_json=False)


class _Report:
    """What a replay has done."""

    def __init__(self, sums: Sums, changes: Sequence[Change], seconds: float, kept: bool) -> None:
        self.sums, self.changes, self.seconds, self.kept = sums, changes, seconds, kept

    @property
    def rate(self) -> float:
        """Return how many entries were judged in a second."""
        return self.sums.entries / self.seconds if self.seconds else 0.0


async def _replay(box: Box, *, keep: bool, every: bool, quiet: bool) -> _Report:
    began = time.monotonic()
    stages = Stages(box.settings)
    replay = Replay.of(box.database, stages, box.settings, box.catalogue, lambda: datetime.now(UTC))
    sums = Sums()
    changes: list[Change] = []
    console = Console(stderr=True)
    try:
        with Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
            transient=True,
        ) as progress:
            total = replay.count(every=every)
            bar = progress.add_task("judging" if keep else "looking", total=total)
            async for batch in replay.run(keep=keep, every=every):
                sums.add(batch.judged, batch.failed, batch.changes)
                changes += batch.changes
                progress.advance(bar, batch.judged + batch.failed)
    finally:
        stages.close()
    return _Report(sums, changes, time.monotonic() - began, keep)


# ------------------------------------------------------------------------------------- in words


def _show(report: _Report, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False))
        return
    for change in report.changes[:_LISTED]:
        for line in _lines(change):
            click.echo(line)
    if len(report.changes) > _LISTED:
        click.echo(f"... and {len(report.changes) - _LISTED} more; --json lists all")
    for line in _summed(report):
        click.echo(line)


def _lines(change: Change) -> list[str]:
    lines = [f"{change.entry_id:6}  {change.title or 'Untitled'} ({change.source})"]
    if change.kind[0] != change.kind[1]:
        lines.append(f"        {change.kind[0]} -> {change.kind[1]}")
    for name, (before, after) in (("events", change.events), ("tags", change.tags)):
        if before != after:
            said = [", ".join(some) or "none" for some in (before, after)]
            lines.append(f"        {name}: {said[0]} -> {said[1]}")
    lines += [f"        - talk: {title}" for title in change.gone_talks]
    lines += [f"        + talk: {title}" for title in change.new_talks]
    return lines


def _summed(report: _Report) -> list[str]:
    sums = report.sums
    failed = [f"{sums.failed} could not be judged; -v says why"] if sums.failed else []
    if not sums.entries:
        return failed or [_NOTHING]
    verb = "changed" if report.kept else "would change"
    kinds = ", ".join(f"{count} {a} -> {b}" for (a, b), count in sorted(sums.kinds.items()))
    return [
        f"{sums.entries} entries judged again in {report.seconds:.1f} s ({report.rate:.0f} a"
        f" second); {sums.changed} {verb}: kind of {sum(sums.kinds.values())}"
        f"{f' ({kinds})' if kinds else ''}, events of {sums.events}, tags of {sums.tags},"
        f" {sums.new_talks} talks more, {sums.gone_talks} talks less",
        *failed,
    ]


def _as_json(report: _Report) -> dict[str, Any]:
    sums = report.sums
    return {
        "entries": sums.entries,
        "changed": sums.changed,
        "failed": sums.failed,
        "stored": report.kept,
        "kinds": [
            {"before": a, "after": b, "entries": count}
            for (a, b), count in sorted(sums.kinds.items())
        ],
        "events": sums.events,
        "tags": sums.tags,
        "talks": {"new": sums.new_talks, "gone": sums.gone_talks},
        "seconds": round(report.seconds, 3),
        "per_second": round(report.rate, 1),
        "changes": [_change_json(change) for change in report.changes],
    }


def _change_json(change: Change) -> dict[str, Any]:
    pairs = {"kind": change.kind, "events": change.events, "tags": change.tags}
    return {
        "id": change.entry_id,
        "title": change.title,
        "url": change.url,
        "source": change.source,
        **{name: {"before": a, "after": b} for name, (a, b) in pairs.items()},
        "talks": {"new": change.new_talks, "gone": change.gone_talks},
    }
