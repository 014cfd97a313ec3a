"""Finds where a post names an event: by the registry, by name patterns, by addresses and hashtags.

Three finders run over all zones of a post. None decides what the post is about; `events` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from aggregator.model import Evidence
from aggregator.recognise.catalogue import Catalogue, Series, Spelling
from aggregator.recognise.reading import Reading, words_of_path
from aggregator.recognise.shapes import find_open, sighted
from aggregator.recognise.sightings import LOOKALIKE, Sighting, plausible, years_at
from aggregator.text import fold, title_key

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_CLUMSY_GAP = re.compile(r"[\n;?\"“”|()\[\]]|[.!:,] |  ")
_MAX_TOKENS = 9
_COMPANY_AFTER = re.compile(
    r"^['s!]{0,3}\s(?:[Cc]onf(?:erence)?|[Ww]orkshop|[Mm]eeting|[Ss]ummit|[Ss]print|"
    r"[Hh]ackathon|[Uu]nconf|[Kk]onferenz|[Tt]agung)"
)
_COMPANY_BEFORE = re.compile(
    r"(?:\battend(?:ed|ing)?|\bat(?: the)?|@|\bwent to(?: the)?|\bto attend)\s$", re.IGNORECASE
)


def _zones(reading: Reading) -> Iterator[tuple[Evidence, str, bool]]:
    """Yield (zone, text, whether names may be in lower case)."""
    yield Evidence.TITLE, reading.title, True
    yield Evidence.LEAD, reading.lead, False
    for tag in reading.post.tags[:50]:
        yield Evidence.TAG, tag[:200], True
    if reading.address:
        yield Evidence.ADDRESS, reading.address, True
    yield Evidence.HEADING, "\n".join(b.text for b in reading.of_kind("heading")), False
    captions = "\n".join(b.text for b in reading.of_kind("caption"))
    yield Evidence.IMAGE, captions[:20_000], False
    paths = dict.fromkeys(words_of_path(url) for url in reading.article.images[:200])
    yield Evidence.IMAGE, "\n".join(paths)[:20_000], True
    yield Evidence.BODY, reading.text[len(reading.lead) // 2 :], False


def find(reading: Reading, catalogue: Catalogue) -> tuple[Sighting, ...]:
    """Return all sightings, those of the title first."""
    starts = _starts(catalogue)
    found: list[Sighting] = []
    for zone, text, loose in _zones(reading):
        if text:
            found.extend(_registry(text, zone, loose, starts, catalogue, reading))
            found.extend(find_open(text, zone, reading))
        if len(found) > 3000:
            break
    found.extend(_addresses(reading, catalogue))
    found.extend(_hashtags(reading, catalogue))
    return tuple(found)


# ------------------------------------------------------------------------------------- registry


def _starts(catalogue: Catalogue) -> re.Pattern[str]:
    """Return the pattern of words where a name may begin in running text."""
    low = "|".join(re.escape(word) for word in catalogue.low_starts) or r"(?!)"
    return re.compile(rf"(?<![^\W\d_])(?:[^\W_a-z][^\W_]*|(?:{low})(?![a-z]{{3}}))")


def _registry(
    text: str,
    zone: Evidence,
    loose: bool,
    starts: re.Pattern[str],
    catalogue: Catalogue,
    reading: Reading,
) -> Iterator[Sighting]:
    if not catalogue.spellings:
        return
    done = 0
    for match in (_TOKEN if loose else starts).finditer(text):
        start = match.start()
        if start < done:
            continue
        word = match.group()
        if word.isascii():
            whole = word.isalpha() and (loose or not word[0].islower())
            if (word if whole else word[:2]).lower() not in catalogue.prefixes:
                continue
        hit = _spelling_at(text, start, catalogue)
        if not hit:
            continue
        spelling, end = hit
        sighting = _judged(text, (start, end), spelling, (zone, loose), reading)
        if sighting:
            done = end
            yield sighting


def _spelling_at(text: str, start: int, catalogue: Catalogue) -> tuple[Spelling, int] | None:
    """Return the longest spelling that begins at `start`, and where it ends."""
    key = ""
    best: tuple[Spelling, int] | None = None
    end = start
    for number, token in enumerate(_TOKEN.finditer(text, start, start + 120)):
        gap = text[end : token.start()]
        if number >= _MAX_TOKENS or len(gap) > 3 or (number and _CLUMSY_GAP.search(gap)):
            break
        word = token.group()
        key += word.lower() if word.isascii() else fold(word)
        end = token.end()
        if key not in catalogue.prefixes:
            break
        following = text[end : end + 1]
        if following.isalpha() or (following.isdigit() and word.isdigit()):
            continue
        spelling = catalogue.spellings.get(key)
        if spelling:
            best = spelling, end
    return best


def _judged(
    text: str,
    span: tuple[int, int],
    spelling: Spelling,
    where: tuple[Evidence, bool],
    reading: Reading,
) -> Sighting | None:
    """Return the sighting of a registered spelling, unless it means something else here."""
    start, end = span
    zone, loose = where
    if start and (
        text[start - 1].isalpha() or (text[start - 1].isdigit() and text[start].isdigit())
    ):
        return None
    year, near = years_at(text, start, end, glued=spelling.needs_year and end - start <= 4)
    if year is not None and not plausible(year, reading):
        year = None
    if near is not None and not plausible(near, reading):
        near = None
    written = text[start:end]
    unsure = spelling.needs_year and not _sure(
        text, span, spelling, loose and zone != Evidence.TITLE, year
    )
    if unsure and (
        len(written) <= 3 or not (_same_case(written, spelling) or zone is Evidence.TAG)
    ):
        return None
    series = _by_country(spelling.series, reading.post.country)
    return Sighting(
        key=title_key(series.name),
        name=series.name,
        series=series,
        year=spelling.year or year,
        zone=zone,
        near_year=near,
        unsure=unsure,
    )


def _same_case(written: str, spelling: Spelling) -> bool:
    return written == spelling.written.rstrip("!.") or written == spelling.written


def _sure(
    text: str, span: tuple[int, int], spelling: Spelling, any_case: bool, year: int | None
) -> bool:
    """Tell whether an ambiguous spelling means the event here."""
    start, end = span
    same_case = _same_case(text[start:end], spelling)
    if year is not None:
        return same_case or any_case
    if not same_case or any_case:
        return False
    if _COMPANY_AFTER.match(text[end : end + 16]):
        return True
    long = len(spelling.written) >= 5
    return long and bool(_COMPANY_BEFORE.search(text[max(0, start - 14) : start]))


def _by_country(series: tuple[Series, ...], country: str | None) -> Series:
    return next((one for one in series if country and one.country == country), series[0])


# --------------------------------------------------------------------------------- open patterns

_NAME_TOKEN = re.compile(r"[^\s]+")


# --------------------------------------------------------------------------- addresses, hashtags

_HASHTAG = re.compile(r"(?<![\w&/])#(?P<name>[A-Za-z][A-Za-z_]{1,40}?)(?P<year>(?:20)?[012]\d)?\b")
_HOST_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d|[012]\d)(?!\d)")
_SITE_WORD = re.compile(r"con(?:f|ference)?|summit|days|camp|fest|workshop|hack|meet|rse|symposium")


def _addresses(reading: Reading, catalogue: Catalogue) -> Iterator[Sighting]:
    """Yield events whose sites the post links."""
    lead = {link.url for link in reading.lead_links}
    seen: set[str] = set()
    for block in reading.blocks:
        for link in block.links:
            if link.url in seen or len(seen) > 1500:
                continue
            seen.add(link.url)
            zone = Evidence.LINK if link.url in lead else Evidence.BODY
            sighting = _site(link.url, zone, reading, catalogue)
            if sighting:
                yield sighting


def _site(url: str, zone: Evidence, reading: Reading, catalogue: Catalogue) -> Sighting | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    path = parts.path.lower()
    labels = [label for label in re.sub(r"\d+", "", host).split(".") if label]
    segment = path.strip("/").split("/")[0]
    year = _year_of_site(host, path)
    for size in range(len(labels), 1, -1):
        for start, series in catalogue.hosts.get(".".join(labels[-size:]), ()):
            if path.startswith(start):
                return _of_site(series, year, zone, reading)
    keys = (
        re.sub(r"\d", "", segment),
        (labels[0] if labels else "") + re.sub(r"\d", "", segment),
        labels[0] if labels else "",
    )
    if year:
        for key in keys:
            spelling = catalogue.spellings.get(title_key(key))
            if spelling and len(key) >= 5:
                return _of_site(spelling.series[0], year, zone, reading)
    if year and len(labels) > 1 and plausible(year, reading) and zone == Evidence.LINK:
        label = max(labels[:-1], key=len)
        if _SITE_WORD.search(label) and re.search(r"\d", host + segment):
            return Sighting(
                key=title_key(label), name=label, series=None, year=year, zone=zone, shape="site"
            )
    return None


def _year_of_site(host: str, path: str) -> int | None:
    found = _HOST_YEAR.search(host) or _HOST_YEAR.search("/".join(path.split("/")[:4]))
    if not found:
        return None
    digits = found.group(1)
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _of_site(series: Series, year: int | None, zone: Evidence, reading: Reading) -> Sighting:
    return Sighting(
        key=title_key(series.name),
        name=series.name,
        series=series,
        year=year if year and plausible(year, reading) else None,
        zone=zone,
    )


def _hashtags(reading: Reading, catalogue: Catalogue) -> Iterator[Sighting]:
    seen: set[str] = set()
    for match in _HASHTAG.finditer(f"{reading.title}\n{reading.text}"):
        if match.group() in seen:
            continue
        seen.add(match.group())
        digits = match["year"] or ""
        year = int(digits) if len(digits) == 4 else 2000 + int(digits) if digits else None
        spelling = catalogue.spellings.get(title_key(match["name"]))
        if spelling and (year or (not spelling.needs_year and spelling.year)):
            series = _by_country(spelling.series, reading.post.country)
            yield _of_site(series, spelling.year or year, Evidence.HASHTAG, reading)
        elif year and plausible(year, reading) and not LOOKALIKE.match(match["name"].lower()):
            yield from sighted(match["name"], (year, None), Evidence.HASHTAG, "hashtag", reading)
