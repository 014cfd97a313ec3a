"""`aggregator feeds discover`."""

from __future__ import annotations

import asyncio

import click

from aggregator.cli import Box
from aggregator.discovery import discover as find_feeds
from aggregator.errors import AggregatorError
from aggregator.urls import is_web


@click.command()
@click.argument("url")
@click.pass_obj
def discover(box: Box, *, url: str) -> None:
    """Show the feed at URL, or those that the page there announces. Adds nothing."""
    address = url if "://" in url else f"https://{url}"
    if not is_web(address):
        raise AggregatorError(f"{url} is no web address; it must look like https://example.org/")
    found = asyncio.run(find_feeds(address, box.settings))
    if not found:
        raise AggregatorError(f"{address} is no feed and announces none")
    for link in found:
        click.echo("\t".join(part for part in (link.url, link.type, link.title) if part))
