"""`aggregator recognise`: posts from standard input, or with `--again` what is stored."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from aggregator import publish
from aggregator.cli import Box
from aggregator.errors import AggregatorError
from aggregator.model import Post, RawHtml
from aggregator.recognise import recognise as judge


@click.command()
@click.option("--explain", is_flag=True, help='Add the reasons as "why".')
@click.option("--again", is_flag=True, help="Judge the stored entries again; no input is read.")
@click.option(
    "--all", "every", is_flag=True, help="With --again: also what this recogniser judged already."
)
@click.option("--dry-run", is_flag=True, help="With --again: only show what would change.")
@click.option("--yes", is_flag=True, help="With --again: store it without showing and asking.")
@click.option("--json", "as_json", is_flag=True, help="With --again: print one JSON object.")
@click.pass_obj
def recognise(  # noqa: PLR0913 - one argument for each option
    box: Box,
    *,
    explain: bool,
    again: bool,
    every: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Judge posts: JSON lines on standard input, JSON lines on standard output.

    A line is {"id", "url", "title", "published", "tags", "html"}; the answer says whether it is a
    recap, of which events, with which talks. No database is used.

    With --again, the entries in the database are judged again that another version of the program
    or of the registry has judged. What would change is shown first; corrections stand. No site is
    asked.
    """
    if again:
        if explain or (dry_run and yes):
            raise click.UsageError("choose one of --explain, --dry-run and --yes")
        replaying = importlib.import_module("aggregator.cli.replaying")
        replaying.again(box, every=every, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    if every or dry_run or yes or as_json:
        raise click.UsageError("--all, --dry-run, --yes and --json belong to --again")
    catalogue = box.catalogue
    threshold = box.settings.recap_threshold
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        post = _post(line, number)
        found = judge(post, catalogue, threshold=threshold)
        row = publish.recognition_json(post.id, found, explain=explain)
        click.echo(json.dumps(row, ensure_ascii=False))


def _post(line: bytes, number: int) -> Post:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise AggregatorError(f"line {number} of the input is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise AggregatorError(f"line {number} of the input is no JSON object")
    return Post(
        id=_text(row.get("id")),
        url=_text(row.get("url")),
        title=_text(row.get("title")),
        published=_moment(row.get("published")),
        tags=_names(row.get("tags")),
        html=RawHtml(_text(row.get("html"))),
        authors=_names(row.get("authors")),
        language=_text(row.get("language")) or None,
        country=_text(row.get("country")) or None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(_text(item) for item in value) if isinstance(value, list) else ()


def _moment(value: Any) -> datetime | None:
    for text in (_text(value), _text(value)[:10]):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return None
