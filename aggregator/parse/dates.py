"""Dates as feeds write them. No date is better than a wrong one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from aggregator.text import fold, squeeze

# Where calendars of programs begin: who states one of these days has stated none.
_UNSET = {
    *(date(1, 1, 1), date(1601, 1, 1), date(1899, 11, 30), date(1899, 12, 30), date(1900, 1, 1)),
    *(date(1904, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)),
}

_NAMES = (
    "jan january januar janvier janv enero ene januari gennaio gen janeiro jaenner janner januaro"
    " stycznia sty ledna leden tammikuuta tammikuu января январь янв",
    "feb february februar fevrier fevr fev febrero februari febbraio fevereiro"
    " lutego lut unora unor helmikuuta helmikuu февраля февраль фев",
    "mar march marz maerz mrz mars marzo maart mrt marco marts"
    " marca brezna brezen maaliskuuta maaliskuu марта март мар",
    "apr april avril avr abril abr aprile"
    " kwietnia kwi dubna duben huhtikuuta huhtikuu апреля апрель апр",
    "may mai mayo mei maggio mag maio maj maja kvetna kveten toukokuuta toukokuu мая май",
    "jun june juni juin junio giugno giu junho"
    " czerwca cze cervna cerven kesakuuta kesakuu июня июнь июн",
    "jul july juli juillet juil julio luglio lug julho"
    " lipca lip cervence cervenec heinakuuta heinakuu июля июль июл",
    "aug august aout agosto ago augustus augusti"
    " sierpnia sie srpna srpen elokuuta elokuu августа август авг",
    "sep sept september septembre septiembre settembre set setembro"
    " wrzesnia wrz zari syyskuuta syyskuu сентября сентябрь сен сент",
    "oct october oktober okt octobre octubre ottobre ott outubro out"
    " pazdziernika paz rijna rijen lokakuuta lokakuu октября октябрь окт",
    "nov november novembre noviembre novembro"
    " listopada lis listopadu listopad marraskuuta marraskuu ноября ноябрь ноя",
    "dec december dezember dez decembre diciembre dic dicembre dezembro desember"
    " grudnia gru prosince prosinec joulukuuta joulukuu декабря декабрь дек",
)
_MONTHS = {fold(name): number for number, row in enumerate(_NAMES, 1) for name in row.split()}
_ZONES = {
    name: float(hours)
    for hours, names in {
        0: "ut utc gmt z wet",
        1: "cet mez bst west",
        2: "cest mesz eet",
        3: "eest msk",
        5.5: "ist",
        8: "awst hkt sgt",
        9: "jst kst",
        10: "aest",
        11: "aedt",
        12: "nzst",
        13: "nzdt",
        -3: "adt brt art",
        -4: "edt ast",
        -5: "est cdt",
        -6: "cst mdt",
        -7: "mst pdt",
        -8: "pst akdt",
        -9: "akst",
        -10: "hst",
    }.items()
    for name in names.split()
}
_TIME = (
    r"(?:(?P<hour>\d{1,2})[:h.](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?)"
)
_ZONE = (
    r"\s*(?P<zone>[a-z]{1,5}(?![a-z])(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{1,2}(?::?\d{2})?)?"
    r"(?:\s*\(.*\))?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,}\.?(?:,\s*|\s+))?"
_GLUE = r"(?:,?\s*(?:at|um|a las|a|as|kl|o|om|klo|v|в|-|t)?\.?\s*)"
_TAIL = rf"(?:\s*г\.?)?(?:{_GLUE}{_TIME}(?:\s*uhr)?)?{_ZONE}\s*$"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        # ISO 8601 and W3C-DTF, also with slashes or a blank before the time
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){_TAIL}",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?(?P<half>x)?)?{_ZONE}\s*$",
        # RFC 822 and what people make of it
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er|º|o)?[\s-]*(?:de\s+|of\s+)?(?P<name>[^\W\d_]{{3,}})\.?,?[\s-]*(?:de\s+|del\s+)?(?P<year>\d{{4}}|\d{{2}}(?=\s)){_TAIL}",
        rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TAIL}",
        # C's asctime
        rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s*(?P<zone>[a-z]{{1,5}})?\s+(?P<year>\d{{4}})$",
        # German figures; with slashes nobody can tell day from month, so those are not read
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}}){_TAIL}",
        # Chinese, Japanese and Korean
        rf"(?P<year>\d{{4}})\s?[年{fold('년')}]+\s?(?P<month>\d{{1,2}})\s?[月{fold('월')}]+\s?(?P<day>\d{{1,2}})\s?[日{fold('일')}]+{_TAIL}",
    )
)
# The two ways in which nearly all dates are written.
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):([0-5]\d)"
    r" (?:GMT|UTC|Z|([+-])(\d\d)(\d\d))",
    re.ASCII,
)
_ENGLISH = {name.capitalize()[:3]: number for name, number in _MONTHS.items() if len(name) == 3}


def moment(text: str) -> datetime | None:
    """Return the time that `text` states, in UTC; None when it states none that can be believed.

    A time without a zone is taken as UTC, a day without a time as its beginning. What is stated
    counts, be it long ago or in the future: only the caller knows what time it is. The days at
    which calendars of programs begin are no statement.
    """
    stated = _usual(text)
    if stated is None:
        line = fold(squeeze(text[:120]))
        stated = _epoch(line)
    if stated is None:
        found = next(filter(None, (shape.match(line) for shape in _SHAPES)), None)
        stated = _built(found.groupdict()) if found else None
    return None if stated is None or stated.date() in _UNSET else stated


def _usual(text: str) -> datetime | None:
    """Read the usual forms, ten times faster; None for others and for what is no date."""
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        found = _RFC.fullmatch(text)
        if not found:
            return None
        day, name, year, hour, minute, second, sign, hours, minutes = found.groups()
        clock = int(hour), int(minute), int(second)
        away = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
        zone = timezone(-away if sign == "-" else away) if away else UTC
        return datetime(int(year), _ENGLISH[name], int(day), *clock, tzinfo=zone).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _epoch(line: str) -> datetime | None:
    """Read seconds (or milliseconds) since 1970."""
    if not re.fullmatch(r"\d{9,10}(?:\.\d+)?|\d{12,13}", line, re.ASCII):
        return None
    whole = int(line.partition(".")[0])
    seconds = whole / 1000 if whole >= 10**11 else whole
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
