"""Addresses of posts, compared."""

from __future__ import annotations

import re
from urllib.parse import urldefrag

from aggregator.urls.addresses import is_web, key
from aggregator.urls.resources import unwrapped

# Fragments that say how a post was found or where to read on, not which post of a page is meant.
_NO_POST = re.compile(
    r"(?:comments?|respond|more(?:-\d+)?|content|main|top|start|disqus_thread|_|!?/?"
    r"|(?:utm_|xtor|ref|rss|source|ns_|mtm_|pk_|intcid|ftag|_ga|:~:)[\w:~.-]*(?:=.*)?)",
    re.IGNORECASE,
)


def post_key(url: str) -> str:
    """Return what the spellings of one post's address share; empty for a bare host, or none.

    As `key`, but of the address behind a redirect or an archive's copy, and with a fragment that
    names one of several posts on a page. For comparing only; it is no address.
    """
    said = url.strip()
    if not is_web(said):
        return ""
    if said.rfind("http") > 0:
        said = unwrapped(said)
    try:
        whole, fragment = urldefrag(said) if "#" in said else (said, "")
        found = key(whole)
    except ValueError:
        return ""
    if fragment and not _NO_POST.fullmatch(fragment):
        return f"{found}#{fragment}"
    return found if "/" in found or "?" in found else ""
