"""Sitemaps (sitemaps.org protocol 0.9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from xml.sax.saxutils import escape

from aggregator import text
from aggregator.publish.document import stamp

_HEAD = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
)
_MOST = 50_000  # what the protocol allows in one file


def sitemap(urls: Iterable[tuple[str, datetime | None]]) -> bytes:
    """Return the first 50,000 addresses, each with when it last changed where that is known.

    Give the most important ones first: the protocol allows no more, and the rest is left out.
    """
    lines = [_HEAD]
    for url, changed_at in islice(urls, _MOST):
        when = f"<lastmod>{stamp(changed_at)}</lastmod>" if changed_at else ""
        lines.append(f"<url><loc>{escape(text.allowed(url))}</loc>{when}</url>")
    lines.append("</urlset>")
    return "".join(lines).encode()
