"""What identifies things: keys short enough for an index, and the ids of our output."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from aggregator import text, urls

# PostgreSQL refuses index rows over 2,704 bytes; feeds hold guids and addresses of any length.
_LONGEST = 500
# RFC 3987: a scheme, then no spaces, quotes or brackets.
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+')
_NOT_NAMES = ("javascript:", "data:", "vbscript:", "blob:", "about:", "file:")


def capped(value: str, limit: int = _LONGEST) -> str:
    """Return `value`; when it is over `limit` bytes, its beginning and a hash of all of it."""
    clean = text.allowed(value)
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return clean
    digest = hashlib.sha256(encoded).hexdigest()
    return f"{encoded[: limit - 65].decode('utf-8', 'ignore')}#{digest}"


def of_address(url: str) -> str:
    """Return the key of an address that names one page; empty for a bare host, or none."""
    if not urls.is_web(url):
        return ""
    try:
        key = urls.key(url)
    except ValueError:
        return ""
    return capped(key) if "/" in key or "?" in key else ""


def of_link(url: str) -> str:
    """Return the key of an address within a text, the same for all spellings of a talk's video."""
    return capped(urls.resource_key(url)) if of_address(url) else ""


def of_feed(url: str) -> str:
    """Return what the spellings of a feed's address share."""
    return capped(urls.key(url))


def of_title(title: str) -> str:
    """Return what the spellings of a title share."""
    return capped(text.title_key(title))


def is_row(number: int) -> bool:
    """Tell whether a number that somebody typed may be the id of a row: databases have 64 bits."""
    return 0 < number < 2**63


def uid_candidates(guid: str, feed_url: str, now: datetime) -> tuple[str, str, str]:
    """Return ids for a new entry, the best first: the origin's own where it may serve as one.

    A ``tag:`` URI (RFC 4151) of the feed's host and the day the entry was first seen serves
    otherwise.
    """
    digest = hashlib.sha256(f"{feed_url}\n{guid}".encode("utf-8", "replace")).hexdigest()
    made = f"tag:{urls.host(feed_url) or 'invalid'},{now:%Y-%m-%d}:{digest[:16]}"
    own = guid if len(guid) < _LONGEST and _IRI.fullmatch(guid) else ""
    if own.lower().startswith(_NOT_NAMES) or (
        own.lower().startswith(("http:", "https:")) and not urls.is_web(own)
    ):
        own = ""
    return own or made, made, f"{made}{digest[16:32]}"
