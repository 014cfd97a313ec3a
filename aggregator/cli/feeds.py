"""`aggregator feeds …`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from aggregator import publish
from aggregator.cli import Box, lazy
from aggregator.errors import AggregatorError
from aggregator.model import Feed, NewSource
from aggregator.store import feeds as stored
from aggregator.store import subscriptions
from aggregator.urls import is_web


def _now() -> datetime:
    return datetime.now(UTC)


def _short(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else "never"


_ELSEWHERE = {
    "discover": (
        "discovering",
        "discover",
        "Show the feed at URL, or those its page announces.",
    ),
    "backfill": ("backfilling", "backfill", "Read a feed's older pages."),
    "import": ("importing", "import_", "Add the feeds of an OPML file."),
}


@click.group(cls=lazy(_ELSEWHERE))
def feeds() -> None:
    """Add, list, pause, import and export feeds."""


@feeds.command()
@click.argument("url")
@click.option("--title", help="What to call its source; found out by the first poll otherwise.")
@click.option(
    "--full-text", is_flag=True, help="Fetch the page of every entry (summary-only feeds)."
)
@click.option(
    "--no-discover", is_flag=True, help="URL is the feed itself; follow no page to its feed."
)
@click.pass_obj
def add(box: Box, *, url: str, title: str | None, full_text: bool, no_discover: bool) -> None:
    """Add the feed at URL, or the feed that the page at URL announces.

    The address is stored; the first poll finds the feed and reads it.
    """
    address = url if "://" in url else f"https://{url}"
    if not is_web(address):
        raise AggregatorError(
            f"{url} is no web address; it must look like https://example.org/feed.xml"
        )
    with box.database.writing() as c:
        number = stored.add(
            c,
            address,
            now=_now(),
            source=NewSource(title=title),
            full_text=full_text,
            discover=not no_discover,
            interval=timedelta(seconds=box.settings.poll_interval_start_s),
        )
    click.echo(f"added feed {number}: {address} (polled next by `aggregator poll` or `serve`)")


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_(box: Box, *, as_json: bool) -> None:
    """List the feeds with their state."""
    with box.database.reading() as c:
        rows = stored.all_feeds(c)
    if as_json:
        click.echo(json.dumps([publish.feed_json(row) for row in rows], ensure_ascii=False))
        return
    if not rows:
        click.echo("no feeds yet; add one with `aggregator feeds add URL`", err=True)
    for row in rows:
        name = row.title or row.source.title
        click.echo(f"{row.id:5}  {row.status:8} {row.entries:6} entries  {name}")
        since = f"since {_short(row.failing_since)}: " if row.failing_since else ""
        click.echo(f"       {row.url}" + (f"\n       {since}{row.error}" if row.error else ""))


@feeds.command()
@click.argument("feed", metavar="ID")
@click.pass_obj
def show(box: Box, *, feed: str) -> None:
    """Show one feed and its last polls. ID may be its address."""
    with box.database.reading() as c:
        number = stored.resolve(c, feed)
        row = stored.get(c, number)
        past = stored.history(c, number, 10)
        hub = subscriptions.standing(c, number)
    for line in _described(row, hub):
        click.echo(line)
    for poll in past:
        said = "".join(f"  {words}" for words in (poll.error, poll.note) if words)
        counts = f"{poll.entries_new} new, {poll.entries_changed} updated"
        click.echo(
            f"  {_short(poll.started_at)}  {poll.outcome:12} {poll.http_status or '-'!s:4}"
            f" {poll.duration_ms:6} ms  {counts}{said}"
        )


def _described(row: Feed, hub: subscriptions.Standing | None) -> list[str]:
    facts = {
        "feed": row.id,
        "address": row.url,
        "title": row.title or "",
        "source": f"{row.source.title} ({row.source.slug})",
        "status": row.status,
        "error": row.error or "",
        "failures in a row": row.failures,
        "failing since": _short(row.failing_since) if row.failing_since else "",
        "entries": f"{row.entries}, {row.recaps} of them recaps",
        "last polled": _short(row.last_polled_at),
        "last changed": _short(row.last_changed_at),
        "next poll": _short(row.next_poll_at),
        "interval": f"{row.interval.total_seconds() / 3600:.1f} h",
        "full text": "fetched from pages" if row.full_text else "as the feed gives it",
        "hub": hub.hub_url if hub else "",
        "news from the hub": _subscribed(hub) if hub else "",
    }
    return [f"{name:18} {value}" for name, value in facts.items() if value != ""]


def _subscribed(hub: subscriptions.Standing) -> str:
    match hub.state:
        case "active":
            return f"come until {_short(hub.until)}, last {_short(hub.pinged_at)}"
        case "pending":
            return "asked for; the hub has not confirmed it yet"
        case "denied":
            return f"refused; asked for again {_short(hub.asks_at)}"
    return "not asked for yet; `serve` does, where websub is on and base_url is public"


@feeds.command()
@click.argument("feed", metavar="[ID]", required=False)
@click.option(
    "--keep-entries/--delete-entries",
    "keep",
    default=None,
    help="What becomes of its entries. Asked when not said; kept when nobody can be asked.",
)
@click.option("--samples", is_flag=True, help="Remove all sample blogs and their entries instead.")
@click.pass_obj
def remove(box: Box, *, feed: str | None, keep: bool | None, samples: bool) -> None:
    """Stop following a feed. ID may be its address."""
    if samples:
        with box.database.writing() as c:
            count = stored.remove_samples(c)
        click.echo(f"removed the sample blogs and their {count} entries")
        return
    if feed is None:
        raise click.UsageError("say which feed, by its ID or address, or --samples")
    with box.database.reading() as c:
        row = stored.get(c, stored.resolve(c, feed))
    if keep is None and row.entries and sys.stdin.isatty():
        keep = not click.confirm(f"Delete its {row.entries} entries as well?", default=False)
    with box.database.writing() as c:
        count = stored.remove(c, row.id, keep_entries=keep is not False)
    click.echo(f"removed {row.url}; {count} entries {'deleted' if keep is False else 'kept'}")


@feeds.command()
@click.argument("feed", metavar="ID")
@click.pass_obj
def pause(box: Box, *, feed: str) -> None:
    """Poll a feed no more until it is resumed. ID may be its address."""
    with box.database.writing() as c:
        number = stored.resolve(c, feed)
        stored.pause(c, number)
    click.echo(f"paused feed {number}")


@feeds.command()
@click.argument("feed", metavar="ID")
@click.pass_obj
def resume(box: Box, *, feed: str) -> None:
    """Poll a paused, gone or held feed again. ID may be its address.

    A feed is held when its content seems to be another site's: to resume it is to accept what it
    brings now.
    """
    with box.database.writing() as c:
        number = stored.resolve(c, feed)
        stored.resume(c, number, _now())
    click.echo(f"resumed feed {number}; it is due now")


@feeds.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.pass_obj
def export(box: Box, *, file: Path | None) -> None:
    """Write the feeds as OPML to FILE, or to standard output."""
    with box.database.reading() as c:
        groups = stored.queue_export(c)
    body = publish.opml(box.settings.site_title, groups, date=_now())
    if file is None:
        sys.stdout.buffer.write(body)
        return
    scratch = file.with_name(f"{file.name}.part")
    scratch.write_bytes(body)
    scratch.replace(file)
    click.echo(f"wrote {sum(len(links) for _, links in groups)} feeds to {file}")
