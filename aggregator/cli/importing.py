"""`aggregator feeds import`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from aggregator import parse
from aggregator.cli import Box
from aggregator.errors import Conflict
from aggregator.model import NewSource
from aggregator.store import feeds as stored
from aggregator.urls import is_web


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_(box: Box, *, file: Path) -> None:
    """Add the feeds of an OPML file; those followed already are left as they are."""
    now = datetime.now(UTC)
    links = parse.opml(file.read_bytes())
    added = there = 0
    with box.database.writing() as c:
        for link in links:
            if not is_web(link.url):
                click.echo(f"not added: {link.url or link.title}: no web address", err=True)
                continue
            try:
                stored.add(
                    c,
                    link.url,
                    now=now,
                    source=NewSource(title=link.title or None, site_url=link.site_url),
                    interval=timedelta(seconds=box.settings.poll_interval_start_s),
                )
                added += 1
            except Conflict:
                there += 1
    click.echo(f"{added} added, {there} already there")
