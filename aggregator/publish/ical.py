"""Events as a calendar (RFC 5545, with the names of RFC 7986)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from urllib.parse import quote

import icalendar

from aggregator import text
from aggregator.model import EventCard


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
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Event feed aggregator//EN")
    calendar.add("version", "2.0")
    named = icalendar.vText(text.squeeze(title))  # of a plain string, nothing would be escaped
    calendar.add("name", named)
    calendar.add("x-wr-calname", named)
    calendar.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    for card in events:
        if card.starts_on:
            event = _event(card, card.starts_on, f"{card.id}@{host}", base_url)
            event.add("dtstamp", stamp)
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(card: EventCard, starts_on: date, uid: str, base_url: str) -> icalendar.Event:
    page = f"{base_url}/events/{quote(card.slug)}/"
    last = max(starts_on, card.ends_on or starts_on)
    event = icalendar.Event()
    event.add("uid", f"event-{uid}")
    event.add("summary", text.squeeze(card.name))
    event.add("dtstart", starts_on)
    event.add("dtend", last + timedelta(days=1))  # exclusive (RFC 5545 section 3.6.1)
    event.add("url", page)
    if card.place:
        event.add("location", text.squeeze(card.place))
    lines = [f"Recaps: {card.recaps}, {page}", card.homepage or ""]
    event.add("description", text.allowed("\n".join(line for line in lines if line)))
    event.add("transp", "TRANSPARENT")  # a list of what was, not somebody's appointments
    return event
