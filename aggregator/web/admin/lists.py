"""Long lists of the admin pages: narrowed by words, shown a page at a time."""

from __future__ import annotations

from typing import TypeVar

from flask import request

from aggregator.web.admin.desk import number

_PER_PAGE = 100
T = TypeVar("T")


def has(q: str, *texts: str | None) -> bool:
    """Tell whether all words of `q` stand in the texts together."""
    text = " ".join(filter(None, texts)).casefold()
    return all(word in text for word in q.casefold().split())


def part(items: list[T]) -> tuple[int, int, list[T]]:
    """Return the page asked for, the number of pages, and its items."""
    pages = max(1, -(-len(items) // _PER_PAGE))
    here = number(request.args.get("page"), 1, least=1, most=pages)
    return here, pages, items[(here - 1) * _PER_PAGE : here * _PER_PAGE]
