"""Long lists of the admin pages: shown a page at a time."""

from __future__ import annotations

from typing import TypeVar

from flask import request

from aggregator.web.admin.desk import number

_PER_PAGE = 100
T = TypeVar("T")


def part(items: list[T], per_page: int = _PER_PAGE) -> tuple[int, int, list[T]]:
    """Return the page asked for, the number of pages, and its items."""
    pages = max(1, -(-len(items) // per_page))
    here = number(request.args.get("page"), 1, least=1, most=pages)
    return here, pages, items[(here - 1) * per_page : here * per_page]
