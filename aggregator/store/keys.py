"""What identifies things: keys short enough for an index, and the ids of our output."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from aggregator import text, urls

_LONGEST = 500  # bytes of a guid that serves as id in our output
capped = text.capped
# RFC 3987: a scheme, then no spaces, quotes or brackets.
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+')
_NOT_NAMES = frozenset(("javascript", "data", "vbscript", "blob", "about", "file"))


def of_address(url: str) -> str:
    """Return the key of an address that names one post; empty for a bare host, or none."""
    return capped(urls.post_key(url))


def of_link(url: str) -> str:
    """Return the key of an address within a text: all spellings of a talk's resource share it."""
    return capped(urls.resource_of(url).key) if of_address(url) else ""


def of_feed(url: str) -> str:
    """Return what the spellings of a feed's address share."""
    return capped(urls.key(url))


def of_title(title: str) -> str:
    """Return what the spellings of a title share."""
    return capped(text.title_key(title))


def is_row(number: int) -> bool:
    """Tell whether a number that somebody typed may be the id of a row: databases have 64 bits."""
    return 0 < number < 2**63


def own_uid(guid: str) -> str:
    """Return the origin's own id where it may serve as one in our output; empty where not."""
    if len(guid) >= _LONGEST or not _IRI.fullmatch(guid):
        return ""
    scheme = guid.partition(":")[0].lower()
    if scheme in _NOT_NAMES or (scheme in ("http", "https") and not urls.is_web(guid)):
        return ""
    return guid


def made_uids(guid: str, feed_url: str, now: datetime) -> tuple[str, str]:
    """Return an id for an entry without an own one, and a longer one should that be taken.

    They are ``tag:`` URIs (RFC 4151) of the feed's host and the day the entry was first seen.
    """
    digest = hashlib.sha256(f"{feed_url}\n{guid}".encode("utf-8", "replace")).hexdigest()
    made = f"tag:{urls.host(feed_url) or 'invalid'},{now:%Y-%m-%d}:{digest[:16]}"
    return made, f"{made}{digest[16:32]}"
