"""`aggregator entries …`."""

from __future__ import annotations

import json

import click

from aggregator import publish
from aggregator.cli import Box
from aggregator.model import EntryCard, EntryQuery, Kind
from aggregator.store import coverage, fixes
from aggregator.store import entries as stored


@click.group()
def entries() -> None:
    """List and show entries."""


@entries.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option(
    "--kind",
    type=click.Choice(["recap", "other", "all"]),
    default="recap",
    show_default=True,
    help="Which entries.",
)
@click.option("--event", metavar="SLUG", help="Only those about this event.")
@click.option("--tag", metavar="SLUG", help="Only those with this tag.")
@click.option("--source", metavar="SLUG", help="Only those of this source.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="0 is all.")
@click.pass_obj
def list_(  # noqa: PLR0913 - one argument for each option
    box: Box,
    *,
    as_json: bool,
    kind: str,
    event: str | None,
    tag: str | None,
    source: str | None,
    limit: int,
) -> None:
    """List entries, newest first."""
    with box.database.reading() as c:
        query = EntryQuery(
            event_id=coverage.event_card(c, event).id if event else None,
            tag_id=coverage.tag(c, tag).id if tag else None,
            source_id=coverage.source(c, source).id if source else None,
            kind=None if kind == "all" else Kind(kind),
            listed_only=False,
            limit=limit,
            full=as_json,
        )
        found = stored.find(c, query).items
    if as_json:
        click.echo(
            json.dumps(
                [publish.entry_json(row, box.settings.base_url) for row in found],
                ensure_ascii=False,
            )
        )
        return
    for row in found:
        events = ", ".join(e.name for e in row.events)
        click.echo(f"{row.id:6}  {row.published_at:%Y-%m-%d}  {row.title}")
        click.echo(
            f"        {row.source.name}" + (f" · {events}" if events else "") + f" · {row.url}"
        )


@entries.command()
@click.argument("entry", metavar="ID", type=int)
@click.pass_obj
def show(box: Box, *, entry: int) -> None:
    """Show one entry, what was recognised in it, and why."""
    with box.database.reading() as c:
        file = stored.file(c, entry)
    for line in _described(file.card):
        click.echo(line)
    for correction in file.corrections:
        value = fixes.said(correction)
        click.echo(f"correction         {correction.what}: {value} (by {correction.by})")
    for reason in file.why:
        click.echo(f"because            {reason}")


def _described(card: EntryCard) -> list[str]:
    lines = [
        f"entry              {card.id}",
        f"title              {card.title}",
        f"address            {card.url}",
        f"source             {card.source.name} ({card.source.slug})",
        f"authors            {', '.join(card.authors)}",
        f"published          {'unknown' if card.published_inferred else card.published_at}",
        f"kind               {card.kind}, score {card.kind_score:.2f}",
        f"shown              {'yes' if card.listed else 'hidden' if card.hidden else 'no'}",
    ]
    if card.duplicate_of:
        lines.append(f"duplicate of       entry {card.duplicate_of}")
    lines += [f"event              {event.name} ({event.slug})" for event in card.events]
    lines.append(f"tags               {', '.join(tag.name for tag in card.tags)}")
    for talk in card.talks:
        speakers = ", ".join(person.name for person in talk.speakers)
        lines.append(f"talk               {talk.title}" + (f" ({speakers})" if speakers else ""))
        lines += [f"                   {link.kind}: {link.url}" for link in talk.links]
    lines.append(f"summary            {card.summary}")
    return lines
