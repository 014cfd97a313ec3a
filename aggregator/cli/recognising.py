"""`aggregator recognise`."""

from __future__ import annotations

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
@click.pass_obj
def recognise(box: Box, *, explain: bool) -> None:
    """Judge posts: JSON lines on standard input, JSON lines on standard output.

    A line is {"id", "url", "title", "published", "tags", "html"}; the answer says whether it is a
    recap, of which events, with which talks. No database is used.
    """
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
