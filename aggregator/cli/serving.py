"""`aggregator serve` and `aggregator export`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from aggregator import export as exporting
from aggregator import log, serving
from aggregator.cli import Box


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=None,
    metavar="N",
    help="Web processes; one for each core, at most two, otherwise.",
)
@click.option("--no-scheduler", is_flag=True, help="Serve pages only; poll nothing.")
@click.option("--sample", is_flag=True, help="Also play sample blogs on loopback and follow them.")
@click.pass_obj
def serve(
    box: Box, *, host: str, port: int, workers: int | None, no_scheduler: bool, sample: bool
) -> None:
    """Run the web site and the poller.

    Creates or upgrades the database, and loads the lists of feeds on the first start. Stop it with
    Ctrl-C or SIGTERM.
    """
    settings = box.settings
    log.configure(settings.log_level, settings.log_style)
    click.echo(f"serving on http://{host}:{port}/ (stop with Ctrl-C)", err=True)
    serving.serve(
        settings,
        serving.Site(
            host=host,
            port=port,
            workers=workers or min(2, os.cpu_count() or 1),
            scheduler=not no_scheduler,
            sample=sample,
        ),
    )


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export(box: Box, *, folder: Path) -> None:
    """Write the whole reading site and its feeds as static files into DIR.

    Set base_url to the address where the files will be served.
    """
    if not box.settings.base_url:
        click.echo("base_url is not set: feeds and links name http://localhost", err=True)
    count = exporting.export(box.settings, box.database, box.catalogue, folder)
    click.echo(f"wrote {count} files to {folder}")
