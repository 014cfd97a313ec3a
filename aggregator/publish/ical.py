"""Events as a calendar (RFC 5545, with the names of RFC 7986).

Written line by line: a calendar of a thousand events is asked for every day by each subscriber, and
a library that builds objects of it takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from aggregator import text
from aggregator.model import EventCard

_LONGEST = 75  # octets of a line without its end (RFC 5545 section 3.1)
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,"})


def ical(
    events: Iterable[EventCard],
    *,
    host: str,
    base_url: str,
    stamp: datetime,
    title: str = "Events",
) -> bytes:
    """Return the events whose dates are known as a calendar; serve it as ``text/calendar``.

    Args:
        events: in any order.
        host: the fixed host in the events' ids, the same for ever.
        base_url: of the site, without a slash at its end.
        stamp: when the data last changed (DTSTAMP); equal data is then equal bytes.
        title: of the calendar.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Event feed aggregator//EN",
        f"NAME:{_text(title)}",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        f"X-WR-CALNAME:{_text(title)}",
    ]
    made_at = f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for card in events:
        if card.starts_on:
            lines += _event(card, card.starts_on, f"event-{card.id}@{host}", base_url)
            lines += (made_at, "END:VEVENT")
    lines += ("END:VCALENDAR", "")
    return b"\r\n".join(_folded(line) for line in lines)


def _event(card: EventCard, starts_on: date, uid: str, base_url: str) -> Iterator[str]:
    """Yield the lines of an event but for its last two."""
    page = f"{base_url}/events/{quote(card.slug)}/"
    last = max(starts_on, card.ends_on or starts_on)
    after = last + timedelta(days=1)  # exclusive (section 3.6.1)
    said = f"Recaps: {card.recaps}, {page}"
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"SUMMARY:{_text(card.name)}"
    yield f"DTSTART;VALUE=DATE:{starts_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{after:%Y%m%d}"
    yield f"URL:{page}"
    if card.place:
        yield f"LOCATION:{_text(card.place)}"
    more = f"\\n{_text(card.homepage)}" if card.homepage else ""
    yield f"DESCRIPTION:{_text(said)}{more}"
    yield "TRANSP:TRANSPARENT"  # a list of what was, not somebody's appointments


def _text(value: str) -> str:
    """Return a value of type TEXT (section 3.3.11): in one line, what means something escaped."""
    return text.squeeze(value).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """Return a content line, folded between characters where it is too long."""
    octets = line.encode()
    if len(octets) <= _LONGEST:
        return octets
    pieces = []
    start, room = 0, _LONGEST
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character of UTF-8
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, _LONGEST - 1  # a line that goes on begins with a space
    return b"\r\n ".join([*pieces, octets[start:]])
