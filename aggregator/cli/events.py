"""`aggregator events …` and `aggregator decisions …`."""

from __future__ import annotations

import importlib
import json
from datetime import UTC, datetime

import click

from aggregator import publish
from aggregator.cli import Box
from aggregator.store import coverage

_BY = "command line"  # who decides, in the list of decisions


def _now() -> datetime:
    return datetime.now(UTC)


@click.group()
def events() -> None:
    """List events; merge, rename, accept and reject them."""


@events.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--new", is_flag=True, help="Only those that no registry knows and nobody checked.")
@click.pass_obj
def list_events(box: Box, *, as_json: bool, new: bool) -> None:
    """List the events that recaps tell of, newest first."""
    with box.database.reading() as c:
        found = tuple(card for card, _ in coverage.waiting(c)) if new else coverage.events(c)
    if as_json:
        click.echo(json.dumps([publish.event_json(card) for card in found], ensure_ascii=False))
        return
    for card in found:
        click.echo(
            f"{card.year}  {card.recaps:4} recaps {card.talks:4} talks  {card.name}  ({card.slug})"
        )


@events.command()
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="INTO")
@click.pass_obj
def merge(box: Box, *, old: str, new: str) -> None:
    """Make the event FROM part of INTO; its address leads there from now on. Both are slugs."""
    with box.database.writing() as c:
        coverage.merge_events(c, old, new, _now(), by=_BY)
    click.echo(f"merged {old} into {new}")


@events.command()
@click.argument("slug")
@click.pass_obj
def split(box: Box, *, slug: str) -> None:
    """Take the event SLUG out of what it was merged into."""
    with box.database.writing() as c:
        coverage.split_event(c, slug, _now(), by=_BY)
    click.echo(f"{slug} is an event of its own")


@events.command()
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def alias(box: Box, *, slug: str, name: str) -> None:
    """Let NAME mean the event SLUG, in posts and as an address."""
    with box.database.writing() as c:
        coverage.add_alias(c, slug, name, _now(), by=_BY)
    click.echo(f"{name} means {slug}")


@events.command()
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def rename(box: Box, *, slug: str, name: str) -> None:
    """Call the event SLUG by another NAME; its address stays."""
    with box.database.writing() as c:
        coverage.change_event(c, slug, name=name, now=_now(), by=_BY)
    click.echo(f"{slug} is called {name}")


@events.command()
@click.argument("slug")
@click.pass_obj
def accept(box: Box, *, slug: str) -> None:
    """Say that the event SLUG, which no registry knows, is right."""
    with box.database.writing() as c:
        coverage.accept_event(c, slug, _now(), by=_BY)
    click.echo(f"{slug} is taken as it is")


@events.command()
@click.argument("slug")
@click.pass_obj
def reject(box: Box, *, slug: str) -> None:
    """Say that SLUG is no event; no post is about it, now and later."""
    with box.database.writing() as c:
        coverage.reject_event(c, slug, _now(), by=_BY)
    click.echo(f"{slug} is no event")


@click.group()
def decisions() -> None:
    """What people have decided about entries, events and tags, and taking it back."""


@decisions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="0 is all.")
@click.pass_obj
def list_decisions(box: Box, *, as_json: bool, limit: int) -> None:
    """List decisions, newest first."""
    with box.database.reading() as c:
        found = coverage.list_decisions(c, limit=limit)
    if as_json:
        rows = [
            {
                "id": one.id,
                "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "by": one.by,
                "action": one.action,
                "target": one.target,
                "said": one.said,
                "undone": one.undone_at.strftime("%Y-%m-%dT%H:%M:%SZ") if one.undone_at else None,
                "undone_by": one.undone_by or None,
            }
            for one in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in found:
        undone = f"  (undone by {one.undone_by})" if one.undone_at else ""
        click.echo(f"{one.id:6}  {one.at:%Y-%m-%d %H:%M}  {one.by}: {one.said}{undone}")


@decisions.command()
@click.argument("decision", metavar="ID", type=int)
@click.pass_obj
def undo(box: Box, *, decision: int) -> None:
    """Take the decision ID back, whatever was decided since."""
    with box.database.writing() as c:
        said, entry_id = coverage.undo(c, decision, _now(), by=_BY)
        if entry_id is not None:
            again = importlib.import_module("aggregator.again")
            again.recognise_entry(c, entry_id, box.catalogue, box.settings, _now())
    click.echo(f"undone: {said}")
