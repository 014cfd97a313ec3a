"""One place where a post names an event, and the year beside a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aggregator.model import Evidence
from aggregator.recognise.catalogue import Series
from aggregator.recognise.reading import Reading
from aggregator.text import title_key

_YEAR_AFTER = re.compile(
    r"(?P<gap>[\s'\-–_,(:@!|/\[]{0,3}(?:\s?(?:[Cc]onference|[Ww]orkshop|[Ss]ummit|[Mm]eeting|"
    r"[Ss]print)\s)?)"
    r"(?:(?P<four>(?:19|20)\d\d)(?!\d|\.\d)|(?P<two>\d\d)(?![\w.:%,]\d|[\w%°]|\s(?:years|"
    r"people|participants|talks|minutes|hours)))"
)


_YEAR_BEFORE = re.compile(r"(?<!\d)(?P<four>(?:19|20)\d\d)(?:'s)?\s+(?:\S{1,12}\s+)?$")


_YEAR_NEAR = re.compile(r"^[^.;\n]{0,50}?\b((?:19|20)\d\d)\b(?![-\w])")


# Letters with digits that are no events: standards, models, versions, programmes.
LOOKALIKE = re.compile(
    r"^(?:covid|utf|gpt|mp|h|v|python|py|ubuntu|c|sr|w|gsoc|top|horizon|agenda|iso|rfc|cve|"
    r"java|php|x|arm|intel|web|http|ipv|sha|md|base|int|float|vol|q|fy|ai|r|go|rust|ruby|"
    r"rails|node|php|perl|postgres|postgresql|mysql|windows|macos|ios|android|fedora|debian|"
    r"centos|openmp|cuda|cmake|gcc|llvm|geant|root|covid-19|rtx|gtx|i|es|tls|phd|msc|bsc|year|"
    r"since|in|from|quartal|quarter|semester|trimester|twitter|facebook|github|thank|you|"
    r"thanks|hello|goodbye|happy|until|day|"
    r"days|part|week|episode|chapter|no|nr|issue|summer|winter|spring|autumn|fall|"
    r"hacktoberfest|release|survey|census|report|review|digest|newsletter|update|updates|news|"
    r"awards?|fellows?|fellowship|roadmap|goals?|plans?|version|highlights|recap|reflections|"
    r"retrospective|sc)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place where a post names an event."""

    key: str  # what all spellings of the series share
    name: str  # of the series, as shown
    series: Series | None  # of the registry
    year: int | None
    zone: Evidence
    near_year: int | None = None  # stands in the same clause, but not beside the name
    span: tuple[int, int] = (0, 0)  # where in the text of its zone
    shape: str = ""  # how an unknown event was found
    unsure: bool = False  # an ambiguous spelling; counts only beside something surer


def series_key(name: str) -> str:
    """Return what the spellings of an unknown series' name share."""
    bare = re.sub(r"^(?:the|annual|\d+(?:st|nd|rd|th))\s+", "", name, flags=re.IGNORECASE)
    bare = re.sub(r"\s+(?:conference|conf)$", "", bare, flags=re.IGNORECASE)
    return title_key(bare)


def plausible(year: int, reading: Reading) -> bool:
    """Tell whether an event of `year` can be what this post is about."""
    last = reading.published.year + 2 if reading.published else 2100
    return 1985 <= year <= last


def years_at(text: str, start: int, end: int, *, glued: bool) -> tuple[int | None, int | None]:
    """Return (year beside the name, year in the same clause)."""
    after = _YEAR_AFTER.match(text, end)
    if after and (after["four"] or not glued or len(after["gap"].strip("'")) == 0):
        if after["four"]:
            return int(after["four"]), None
        two = int(after["two"])
        if "," not in after["gap"] and "(" not in after["gap"] and ":" not in after["gap"]:
            return (2000 + two if two < 70 else 1900 + two), None
    before = None if glued else _YEAR_BEFORE.search(text, max(0, start - 22), start)
    if before:
        return int(before["four"]), None
    near = _YEAR_NEAR.match(text[end : end + 60])
    return None, int(near.group(1)) if near else None
