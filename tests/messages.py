"""The interface's messages, as they stand in templates and code."""

from __future__ import annotations

from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from aggregator.assets import folder

ROOT = folder("templates").parent


@cache
def extracted() -> Catalog:
    """Return every message of the interface, as ``pybabel extract`` finds them."""
    with (folder("templates") / "translations/babel.cfg").open(encoding="utf-8") as opened:
        methods, options = parse_mapping_cfg(opened)  # type: ignore[no-untyped-call]
    found = Catalog()
    for name, _, message, _, context in extract_from_dir(ROOT, methods, options):
        found.add(message, locations=[(name, 0)], context=context)
    return found
