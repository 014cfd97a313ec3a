"""Reads the sample posts of tests/data/posts."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from aggregator.assets import folder
from aggregator.model import Post, RawHtml
from aggregator.recognise import catalogue

DATA = Path(__file__).parents[2] / "data" / "posts"


@cache
def bundled() -> catalogue.Catalogue:
    """Return the catalogue that is shipped."""
    return catalogue.load(folder("config"))


def names() -> list[str]:
    """Return the names of all sample posts."""
    return sorted(path.stem for path in DATA.glob("*.json"))


def sample(name: str) -> tuple[Post, dict[str, Any]]:
    """Return a sample post and what is expected of it."""
    told = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    fields = told["post"]
    published = fields.get("published")
    post = Post(
        id=name,
        url=fields.get("url", ""),
        title=fields["title"],
        published=datetime.fromisoformat(published) if published else None,
        tags=tuple(fields.get("tags", ())),
        html=RawHtml((DATA / f"{name}.html").read_text(encoding="utf-8")),
    )
    return post, told["expected"]
