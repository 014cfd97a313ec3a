"""`aggregator user …`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from aggregator.cli import Box
from aggregator.store import accounts


@click.group()
def user() -> None:
    """Accounts of the admin pages."""


def _password() -> str:
    """Read the password: the first line of standard input, or asked for twice on a terminal."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


_from_stdin = click.option(
    "--password-stdin", is_flag=True, required=True, help="Read the password from standard input."
)


@user.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["admin", "editor"]),
    default="admin",
    show_default=True,
    help="An editor moderates entries, events and tags; an admin does everything.",
)
@_from_stdin
@click.pass_obj
def add(box: Box, *, name: str, role: str, password_stdin: bool) -> None:
    """Make an account."""
    del password_stdin
    with box.database.writing() as c:
        accounts.create(c, name, _password(), role, datetime.now(UTC))
    click.echo(f"made the account {name} ({role}); log in at /admin/")


@user.command("list")
@click.pass_obj
def list_(box: Box) -> None:
    """List the accounts."""
    with box.database.reading() as c:
        rows = accounts.all_accounts(c)
    for row in rows:
        click.echo(f"{row.name}  {row.role}  since {row.created_at:%Y-%m-%d}")


@user.command()
@click.argument("name")
@click.pass_obj
def remove(box: Box, *, name: str) -> None:
    """Remove an account."""
    with box.database.writing() as c:
        accounts.remove(c, name)
    click.echo(f"removed the account {name}")


@user.command("set-password")
@click.argument("name")
@_from_stdin
@click.pass_obj
def set_password(box: Box, *, name: str, password_stdin: bool) -> None:
    """Give an account a new password."""
    del password_stdin
    with box.database.writing() as c:
        accounts.set_password(c, name, _password())
    click.echo(f"changed the password of {name}")
