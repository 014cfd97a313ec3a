"""How values are said in the reader's language: dates, numbers, counts, lists of names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from urllib.parse import unquote

from babel import Locale
from babel.dates import format_date, format_interval
from babel.lists import format_list
from babel.numbers import format_decimal

from aggregator import text
from aggregator.model import EventCard, LinkKind
from aggregator.web.language import gettext, locale, ngettext

# Each takes the number, as it decides the form of the word, and the number as it is written.
_COUNTED: dict[str, Callable[[int, str], str]] = {
    "recap": lambda n, num: ngettext("%(num)s recap", "%(num)s recaps", n, num=num),
    "talk": lambda n, num: ngettext("%(num)s talk", "%(num)s talks", n, num=num),
    "team": lambda n, num: ngettext("%(num)s team", "%(num)s teams", n, num=num),
    "event": lambda n, num: ngettext("%(num)s event", "%(num)s events", n, num=num),
    "edition": lambda n, num: ngettext("%(num)s edition", "%(num)s editions", n, num=num),
    "series": lambda n, num: ngettext("%(num)s series", "%(num)s series", n, num=num),
    "blog": lambda n, num: ngettext("%(num)s blog", "%(num)s blogs", n, num=num),
    "post": lambda n, num: ngettext("%(num)s post", "%(num)s posts", n, num=num),
    "tag": lambda n, num: ngettext("%(num)s tag", "%(num)s tags", n, num=num),
}


def day(value: datetime | date) -> str:
    """Return "22 July 2024"."""
    return _dated(value, "long", locale())


def short_day(value: datetime | date) -> str:
    """Return "22 Jul 2024"."""
    return _dated(value, "medium", locale())


def moment(value: datetime) -> str:
    """Return "22 July 2024, 10:05 UTC"."""
    return f"{day(value)}, {value:%H:%M} UTC"


def month_name(year: int, month: int) -> str:
    """Return "July 2024"."""
    return _dated(date(year, month, 1), "LLLL y", locale())


def months(width: str = "wide") -> list[str]:
    """Return the names of the twelve months; `width` "abbreviated": "Jan"."""
    names = locale().months["stand-alone"][width]
    return [names[number] for number in range(1, 13)]


@lru_cache(maxsize=4000)
def _dated(value: datetime | date, pattern: str, how: Locale) -> str:
    return format_date(value, pattern, locale=how)


def iso(value: datetime | date) -> str:
    """Return what ``<time datetime>`` wants: a date, or a time in UTC with a Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def span(event: EventCard) -> str:
    """Return when an event was: "14–16 Jun 2024", or its year when no more is known."""
    first, last = event.starts_on, event.ends_on
    if first is None:
        return str(event.year)
    if last is None or last <= first:
        return day(first)
    return _spanned(first, last, locale())


@lru_cache(maxsize=2000)
def _spanned(first: date, last: date, how: Locale) -> str:
    return format_interval(first, last, "yMMMd", locale=how)


def number(value: int) -> str:
    """Return "4,812"."""
    return str(value) if -1000 < value < 1000 else format_decimal(value, locale=locale())


def plural(count: int, word: str) -> str:
    """Return "1 recap", "7 recaps": a number with one of the words we count."""
    return _COUNTED[word](count, number(count))


def until(then: datetime, now: datetime) -> str:
    """Return how long it is until `then`: "in 4 minutes", "any moment now"."""
    seconds = (then - now).total_seconds()
    if seconds < 45:
        return gettext("any moment now")
    minutes = round(seconds / 60)
    if minutes < 60:
        return ngettext("in %(num)s minute", "in %(num)s minutes", minutes, num=number(minutes))
    hours = round(minutes / 60)
    return ngettext("in about %(num)s hour", "in about %(num)s hours", hours, num=number(hours))


def language(code: str) -> str:
    """Return a language's name; an unknown code stays as it is."""
    name: str = locale().languages.get(code.partition("-")[0].lower(), code)
    return name


def country(code: str) -> str:
    """Return a country's name by its ISO 3166 code; an unknown code stays as it is."""
    name: str = locale().territories.get(code.upper(), code)
    return name


def listed(names: tuple[str, ...], most: int = 2) -> str:
    """Return "Ada and Grace", or "Ada, Grace and 3 more"."""
    if len(names) > most + 1:
        rest = len(names) - most
        more = ngettext("%(num)s more", "%(num)s more", rest, num=number(rest))
        names = (*names[:most], more)
    return format_list(names, locale=locale())


def link_kind(kind: LinkKind) -> str:
    """Return what a talk's link leads to."""
    return {
        LinkKind.VIDEO: gettext("Video"),
        LinkKind.SLIDES: gettext("Slides"),
        LinkKind.CODE: gettext("Code"),
        LinkKind.PAPER: gettext("Paper"),
        LinkKind.PAGE: gettext("Page"),
    }[kind]


def bare(url: str) -> str:
    """Return an address as people say it: without its scheme and a slash at its end."""
    return re.sub(r"^https?://(www\.)?", "", url).rstrip("/")


def words_of(part: str) -> str:
    """Return the words in a piece of an address, as something to search for."""
    return text.shorten(re.sub(r"[^\w]+", " ", unquote(part)).strip(), 60)
