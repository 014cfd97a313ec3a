"""Finds the date that a post states for its event."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from aggregator.recognise.phrases import Words
from aggregator.recognise.words import MONTH, MONTHS

_TO = r"\s*(?:-|–|to|and|bis|und|al|y|au|et|tot|t/m|&)\s*"
_DAY = r"(\d{1,2})(?:st|nd|rd|th|\.|er)?"
_OF = r"\s*(?:of |de |\.)?\s*"
_PATTERNS = (
    # 14 to 16 June 2024; 14. bis 16. Juni 2024; 17 de mayo de 2024
    re.compile(
        rf"\b{_DAY}(?:{_OF}({MONTH}))?{_TO}{_DAY}{_OF}({MONTH}),?\s*(?:de |del )?"
        r"((?:19|20)\d\d)", re.I),
    # June 14-16, 2024; June 30 to July 2, 2024
    re.compile(rf"\b({MONTH})\s*{_DAY}{_TO}(?:({MONTH})\s*)?{_DAY},?\s*((?:19|20)\d\d)", re.I),
    # 14 June 2024
    re.compile(rf"\b{_DAY}{_OF}({MONTH}),?\s*(?:de |del )?((?:19|20)\d\d)", re.I),
    # June 14, 2024
    re.compile(rf"\b({MONTH})\s*{_DAY},?\s+((?:19|20)\d\d)", re.I),
    # 17.12-18.12.2025
    re.compile(r"\b(\d{1,2})\.(\d{1,2})\.?\s*(?:-|–|bis)\s*(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)"),
)  # fmt: skip

# Every pattern needs a month, by name or by number; most texts without one are told apart here.
_ANY_NUMBERS = re.compile(r"\d\.\d{1,2}\.?\s*(?:-|–|bis)")
_ANY_DIGIT = re.compile(r"\d")
_ANY_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH_NAMES = frozenset(MONTHS)
_SPANS = (0, 1)  # the patterns that hold two days


def _month(word: str) -> int:
    return MONTHS[word.lower().rstrip(".")]


def _spans(number: int, groups: tuple[str | None, ...]) -> tuple[int, int, int, int, int]:
    """Return (year, first month, day, last month, day) of a match of pattern `number`."""
    a = [part or "" for part in groups]
    if number == 0:
        last = _month(a[3])
        return int(a[4]), _month(a[1]) if a[1] else last, int(a[0]), last, int(a[2])
    if number == 1:
        first = _month(a[0])
        return int(a[4]), first, int(a[1]), _month(a[2]) if a[2] else first, int(a[3])
    if number == 2:
        return int(a[2]), _month(a[1]), int(a[0]), _month(a[1]), int(a[0])
    if number == 3:
        return int(a[2]), _month(a[0]), int(a[1]), _month(a[0]), int(a[1])
    return int(a[4]), int(a[1]), int(a[0]), int(a[3]), int(a[2])


_ON = r"(?:on|am|le|el|op|dem|pasado)\s+(?:the\s+|\w+(?:day|tag|dag),?\s+(?:dem\s+)?)?"
_NO_YEAR = r"(?!\d|,? ?(?:de |del )?(?:19|20)\d\d)"
_YEARLESS = (
    # 10 to 12 September; 14 and 15 May; 18. und 19. März; 30 May to 2 June
    re.compile(rf"\b{_DAY}(?:{_OF}({MONTH}))?{_TO}{_DAY}{_OF}({MONTH}){_NO_YEAR}", re.I),
    # May 20 and 21; June 30 to July 2
    re.compile(rf"\b({MONTH})\s*{_DAY}{_TO}(?:({MONTH})\s*)?{_DAY}\b{_NO_YEAR}", re.I),
    # on 14 September; am 5. Mai
    re.compile(rf"\b{_ON}{_DAY}{_OF}({MONTH}){_NO_YEAR}", re.I),
    # on November 18
    re.compile(rf"\b{_ON}({MONTH})\s*{_DAY}\b{_NO_YEAR}", re.I),
)  # fmt: skip


def _names_month(text: str) -> bool:
    return not _MONTH_NAMES.isdisjoint(Words(text).distinct)


class Span(NamedTuple):
    """The days that a text states."""

    first: date
    last: date
    start: int  # where in the text they are stated
    end: int


def within(text: str, year: int) -> Span | None:
    """Return the first span of days, or day, that `text` states without a year, as of `year`."""
    if not _ANY_DIGIT.search(text) or not _names_month(text):
        return None
    found = [
        (match.start(), number, match)
        for number, pattern in enumerate(_YEARLESS)
        if (match := pattern.search(text))
    ]
    for _, number, match in sorted(found, key=lambda one: (one[1] not in _SPANS, one[0])):
        groups = (*match.groups(), str(year))
        _, month, day, last_month, last_day = _spans(number, groups)
        try:
            first, last = date(year, month, day), date(year, last_month, last_day)
        except ValueError:
            continue
        if 0 <= (last - first).days <= 21:
            return Span(first, last, *match.span())
    return None


def stated(text: str) -> Span | None:
    """Return the first full date or span of at most three weeks that `text` states."""
    if not _ANY_YEAR.search(text) or not (_names_month(text) or _ANY_NUMBERS.search(text)):
        return None
    best: Span | None = None
    taken = range(0)  # where a span stands, so that its last day is not read as a date alone
    for number, pattern in enumerate(_PATTERNS):
        match = pattern.search(text)
        if not match or match.start() in taken or (best and match.start() >= best.start):
            continue
        if number in _SPANS:
            taken = range(match.start(), match.end())
        year, month, day, last_month, last_day = _spans(number, match.groups())
        try:
            last = date(year, last_month, last_day)
            first = date(year - (month > last_month), month, day)
        except ValueError:
            continue
        if 0 <= (last - first).days <= 21:
            best = Span(first, last, *match.span())
    return best
