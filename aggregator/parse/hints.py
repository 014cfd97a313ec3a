"""What a feed says of when and where to ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from lxml import etree

from aggregator import urls
from aggregator.parse.vocabulary import Part, attributes, role

_LONGEST = timedelta(days=30)  # no hint is believed beyond this
_ABSURD = timedelta(days=366)  # who says more has not meant it
_HOURS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_OFTENEST = 1_440  # times a period
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST = 100  # hours or days that are looked at


def refresh_hint(channel: Part) -> timedelta | None:
    """Return how often a feed says it changes: ``ttl`` in minutes, else the syndication module."""
    ttl = re.match(r"(\d{1,6})(?!\d)", channel.text("ttl"), re.ASCII)
    if ttl:
        return _believed(timedelta(minutes=int(ttl.group())))
    hours = _HOURS.get(channel.text("period").lower())
    if not hours:
        return None
    times = re.fullmatch(r"\d{1,4}", channel.text("frequency") or "1", re.ASCII)
    often = int(times.group()) if times else 1
    return _believed(timedelta(hours=hours) / often) if 0 < often <= _OFTENEST else None


def _believed(span: timedelta) -> timedelta | None:
    return min(span, _LONGEST) if timedelta() < span <= _ABSURD else None


def skip_hours(channel: Part) -> frozenset[int]:
    """Return the hours of the day (UTC) in which the feed does not want to be asked.

    0 to 23; some write 24 for midnight, which RSS 0.91 meant. All of them is as good as none.
    """
    said = [text for text in _said(channel, "skiphours", "hour") if re.fullmatch(r"\d\d?", text)]
    hours = frozenset(int(text) % 24 for text in said if int(text) <= 24)
    return hours if len(hours) < 24 else frozenset()


def skip_days(channel: Part) -> frozenset[int]:
    """Return the days of the week, Monday is 0, on which the feed does not want to be asked."""
    said = (text.lower() for text in _said(channel, "skipdays", "day"))
    days = frozenset(_DAYS.index(text) for text in said if text in _DAYS)
    return days if len(days) < 7 else frozenset()


def _said(channel: Part, whole: str, single: str) -> Iterable[str]:
    lists = channel.fields.get(whole, ())
    found = (child for element in lists for child in element if role(child.tag) == single)
    return [(child.text or "").strip() for child in islice(found, _MOST)]


def related(links: Iterable[etree._Element], base: str, *relations: str) -> str | None:
    """Return the first absolute address that one of `links` gives for one of these relations."""
    for relation in relations:
        for element in links:
            stated = attributes(element)
            if relation in stated.get("rel", "").lower().split():
                found = urls.absolute(base, stated.get("href", ""))
                if found:
                    return found
    return None
