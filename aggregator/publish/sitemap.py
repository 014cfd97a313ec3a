"""Sitemaps (sitemaps.org protocol 0.9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from aggregator.publish.document import stamp
from aggregator.publish.markup import add, root, written

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000  # what the protocol allows in one file


def sitemap(urls: Iterable[tuple[str, datetime | None]]) -> bytes:
    """Return the first 50,000 addresses, each with when it last changed where that is known.

    Give the most important ones first: the protocol allows no more, and the rest is left out.
    """
    urlset = root(f"{{{_NAMESPACE}}}urlset", {None: _NAMESPACE})
    for url, changed_at in islice(urls, _MOST):
        element = add(urlset, f"{{{_NAMESPACE}}}url")
        add(element, f"{{{_NAMESPACE}}}loc", url)
        if changed_at:
            add(element, f"{{{_NAMESPACE}}}lastmod", stamp(changed_at))
    return written(urlset)
