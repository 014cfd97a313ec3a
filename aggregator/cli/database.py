"""`aggregator db …` and `aggregator settings`."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import click

from aggregator.cli import Box
from aggregator.errors import StoreError
from aggregator.store import open_database, upkeep


@click.group()
def db() -> None:
    """Upgrade, check, back up and restore the database."""


@db.command()
@click.pass_obj
def upgrade(box: Box) -> None:
    """Create the database, or bring it to the form that this version needs. Safe to run again."""
    with closing(open_database(box.settings.database)) as database:
        before, after = upkeep.upgrade(database)
    click.echo(f"at version {after} already" if before == after else f"upgraded to version {after}")


@db.command()
@click.pass_obj
def check(box: Box) -> None:
    """Look for damage: integrity, references, form, counters."""
    with closing(open_database(box.settings.database)) as database:
        faults = upkeep.check(database)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise StoreError(
            f"{len(faults)} faults found; restore a backup with `aggregator db restore`"
        )
    click.echo("no faults")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(box: Box, *, file: Path) -> None:
    """Write a copy of the whole database to FILE, while it is in use."""
    upkeep.backup(box.database, file)
    click.echo(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a database that holds entries.")
@click.pass_obj
def restore(box: Box, *, file: Path, force: bool) -> None:
    """Fill the database from a backup, made with SQLite or PostgreSQL."""
    upkeep.restore(box.database, file, force=force)
    click.echo(f"restored {file}")


@click.command("settings")
@click.pass_obj
def show_settings(box: Box) -> None:
    """Print the settings in force, secrets hidden."""
    for name, value in box.settings.shown().items():
        click.echo(f"{name} = {json.dumps(value, ensure_ascii=False)}")
