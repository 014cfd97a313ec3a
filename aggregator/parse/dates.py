"""Dates as feeds write them. No date is better than a wrong one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from aggregator.text import fold, squeeze

_FIRST_YEAR = 1990  # older than the web: a default of some program

_NAMES = (
    "jan january januar janvier janv enero ene januari gennaio gen janeiro jaenner janner",
    "feb february februar fevrier fevr fev febrero februari febbraio fevereiro",
    "mar march marz maerz mrz mars marzo maart mrt marco",
    "apr april avril avr abril abr aprile",
    "may mai mayo mei maggio mag maio",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august aout agosto ago augustus",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro",
)
_MONTHS = {name: number for number, row in enumerate(_NAMES, 1) for name in row.split()}
_ZONES = {
    name: float(hours)
    for hours, names in {
        0: "ut utc gmt z wet",
        1: "cet mez bst west",
        2: "cest mesz eet",
        3: "eest msk",
        9: "jst",
        10: "aest",
        11: "aedt",
        12: "nzst",
        13: "nzdt",
        -4: "edt",
        -5: "est cdt",
        -6: "cst mdt",
        -7: "mst pdt",
        -8: "pst",
    }.items()
    for name in names.split()
}
_TIME = (
    r"(?:(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?)"
)
_ZONE = (
    r"\s*(?P<zone>[a-z]{1,5}(?![a-z])(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{1,2}(?::?\d{2})?)?"
    r"(?:\s*\(.*\))?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,}\.?,?\s+)?"
_GLUE = r"(?:,?\s*(?:at|um|a las|a|kl|om|-|t)?\.?\s*)"
_TAIL = rf"(?:{_GLUE}{_TIME}(?:\s*uhr)?)?{_ZONE}\s*$"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        # ISO 8601 and W3C-DTF, also with slashes or a blank before the time
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){_TAIL}",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?(?P<half>x)?)?{_ZONE}\s*$",
        # RFC 822 and what people make of it
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er)?[\s-]*(?:de\s+|of\s+)?(?P<name>[^\W\d_]{{3,}})\.?,?[\s-]*(?:de\s+|del\s+)?(?P<year>\d{{4}}|\d{{2}}(?=\s)){_TAIL}",
        rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TAIL}",
        # C's asctime
        rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s*(?P<zone>[a-z]{{1,5}})?\s+(?P<year>\d{{4}})$",
        # German figures; with slashes nobody can tell day from month, so those are not read
        rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}}){_TAIL}",
    )
)


def moment(text: object) -> datetime | None:
    """Return the time that `text` states, in UTC; None when it states none that can be believed.

    A time without a zone is taken as UTC, a day without a time as its beginning. Future times are
    kept: only the caller knows what time it is.
    """
    line = fold(squeeze(str(text)[:120]))
    stated = _epoch(line)
    if stated is None:
        found = next(filter(None, (shape.match(line) for shape in _SHAPES)), None)
        stated = _built(found.groupdict()) if found else None
    return stated if stated and stated.year >= _FIRST_YEAR else None


def _epoch(line: str) -> datetime | None:
    """Read seconds (or milliseconds) since 1970."""
    if not re.fullmatch(r"\d{9,10}|\d{12,13}", line, re.ASCII):
        return None
    seconds = int(line) / (1000 if len(line) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _built(parts: dict[str, str | None]) -> datetime | None:
    year = int(parts["year"] or 0)
    if year < 100:
        year += 2000 if year < 50 else 1900  # RFC 5322 section 4.3
    month = int(parts.get("month") or 0) or _MONTHS.get(parts.get("name") or "", 0)
    hour = int(parts["hour"] or 0)
    if parts["half"] in ("a", "p") and hour <= 12:
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    second = min(int(parts["second"] or 0), 59)  # a leap second is the second before it
    try:
        zone = timezone(_offset(parts["zone"] or ""))
        day = int(parts["day"] or 0)
        local = datetime(year, month, day, hour, int(parts["minute"] or 0), second, tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    name, sign, figures = re.fullmatch(r"([a-z]*)([+-]?)([\d:]*)", zone).groups()  # type: ignore[union-attr]  # the shapes let nothing else through
    if not figures:
        return timedelta(hours=_ZONES.get(name, 0.0))
    digits = figures.replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return -span if sign == "-" else span
