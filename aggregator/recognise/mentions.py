"""Finds where a post names an event: by the registry, by name patterns, by addresses and hashtags.

`opening` looks where most posts can be judged by, `further` and `in_text` at the rest. None decides
what the post is about; `events` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from urllib.parse import urlsplit

from aggregator import urls
from aggregator.model import Evidence
from aggregator.recognise import guesses, places
from aggregator.recognise.catalogue import Catalogue, Series, Spelling
from aggregator.recognise.reading import Reading, Vocabulary, places_of, words_of_path
from aggregator.recognise.shapes import (
    MORE_OF_NAME,
    YEAR_LIKE,
    Hints,
    find_open,
    hints,
    sighted,
)
from aggregator.recognise.sightings import LOOKALIKE, Sighting, plausible, years_at
from aggregator.text import fold, title_key

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NEXT = re.compile(r"[\W_]{0,3}(?=[^\W_])")
_CLUMSY_GAP = re.compile(r"[\n;?\"“”|()\[\]]|[.!:,] |  ")
_DOMAIN = re.compile(r"\.(?:[a-z]{2})\b(?!\.)")
_MAX_TOKENS = 9
_MOST = 500  # sightings of each finder in one zone; far more than any honest post has
_APART = "\n\n\n\n"  # between texts of one zone that have nothing to do with each other
_COMPANY_AFTER = re.compile(
    r"^['s!]{0,3}\s(?:[Cc]onf(?:erence)?|[Ww]orkshop|[Mm]eeting|[Ss]ummit|[Ss]print|"
    r"[Hh]ackathon|[Uu]nconf|[Kk]onferenz|[Tt]agung)"
)
_COMPANY_BEFORE = re.compile(
    r"(?:\battend(?:ed|ing)?|\bat(?: the)?|@|\bwent to(?: the)?|\bto attend)\s$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Zone:
    """A part of a post in which names are looked for."""

    evidence: Evidence
    text: str
    loose: bool  # names may be in lower case
    starts: Set[str]  # with which names of the registry begin here, if any
    hints: Hints  # of other names


def opening(reading: Reading, catalogue: Catalogue) -> list[Sighting]:
    """Return the sightings in title, tags, own address, first paragraphs and their links.

    Most posts name no event there, and are read no further.
    """
    tags = _APART.join(tag[:200] for tag in reading.post.tags[:50])
    texts = (
        (Evidence.TITLE, reading.title),
        (Evidence.TAG, tags),
        (Evidence.ADDRESS, reading.address),
    )
    found = _largest(list(_labels(texts, catalogue, reading)))
    found.extend(_running(((Evidence.LEAD, reading.lead),), catalogue, reading))
    if not any(one.zone is Evidence.TITLE for one in found):
        found.extend(_repeated(found, reading) or guesses.find(reading))
    linked = (link.url for link in reading.lead_links)
    found.extend(_sites(linked, Evidence.LINK, reading, catalogue))
    return found


def further(reading: Reading, catalogue: Catalogue) -> list[Sighting]:
    """Return the sightings in pictures' names, headings, captions, other links and hashtags.

    What only the rest of the text names is no subject.
    """
    found = list(_labels(((Evidence.IMAGE, _paths(reading)),), catalogue, reading))
    headings = "\n".join([b.text for b in reading.of_kind("heading")])
    captions = "\n".join([b.text for b in reading.of_kind("caption")])[:20_000]
    texts = (Evidence.HEADING, headings), (Evidence.IMAGE, captions)
    found.extend(_running(texts, catalogue, reading))
    lead = {link.url for link in reading.lead_links}
    others = (link.url for block in reading.blocks for link in block.links if link.url not in lead)
    found.extend(_sites(others, Evidence.BODY, reading, catalogue))
    found.extend(_hashtags(reading, catalogue))
    return found


def in_text(reading: Reading, catalogue: Catalogue) -> list[Sighting]:
    """Return the sightings in the text as a whole."""
    body = reading.text[len(reading.lead) // 2 :]
    return list(_running(((Evidence.BODY, body),), catalogue, reading))


def _labels(
    texts: Sequence[tuple[Evidence, str]], catalogue: Catalogue, reading: Reading
) -> Iterator[Sighting]:
    """Yield the sightings in short texts, in which names may be written in lower case."""
    whole = _APART.join([text for _, text in texts])
    words = Vocabulary(whole)
    starts, hinted = _starts(words, catalogue, loose=True), hints(words)
    if starts or hinted or YEAR_LIKE.search(whole):
        for evidence, text in texts:
            if text:
                yield from _seen(_Zone(evidence, text, True, starts, hinted), catalogue, reading)


def _running(
    texts: Sequence[tuple[Evidence, str]], catalogue: Catalogue, reading: Reading
) -> Iterator[Sighting]:
    """Yield the sightings in running text, where names begin in upper case."""
    whole = _APART.join([text for _, text in texts])
    words = Vocabulary(whole)
    starts = _living(whole, _starts(words, catalogue, loose=False), catalogue)
    hinted = hints(words)
    if starts or hinted:
        for evidence, text in texts:
            zone = _Zone(evidence, text, False, starts, hinted)
            yield from _seen(zone, catalogue, reading)


def _seen(zone: _Zone, catalogue: Catalogue, reading: Reading) -> Iterator[Sighting]:
    yield from islice(_registry(zone, catalogue, reading), _MOST)
    yield from islice(find_open(zone.text, zone.evidence, reading, zone.hints), _MOST)


def _paths(reading: Reading) -> str:
    paths = dict.fromkeys(words_of_path(url) for url in reading.article.images[:200])
    return "\n".join(paths)[:20_000]


def _largest(found: list[Sighting]) -> list[Sighting]:
    """Drop what in the title is only a part of a longer unknown name found there."""
    spans = [one.span for one in found if one.zone is Evidence.TITLE and one.shape != "low"]
    return [
        one
        for one in found
        if one.series
        or one.zone is not Evidence.TITLE
        or not any(a <= one.span[0] and one.span[1] <= b and one.span != (a, b) for a, b in spans)
    ]


def _repeated(found: list[Sighting], reading: Reading) -> list[Sighting]:
    """Return the names of the lead that the title repeats, though alone they would tell nothing."""
    for one in found:
        if one.zone is Evidence.LEAD and not one.series and len(one.key) >= 4:
            for place in places_of(reading.title, (one.name,)):
                span = place, place + len(one.name)
                return [replace(one, zone=Evidence.TITLE, span=span)]
    return []


# ------------------------------------------------------------------------------------- registry


def _starts(words: Vocabulary, catalogue: Catalogue, *, loose: bool) -> Set[str]:
    """Return those of `words` with which a spelling of the registry may begin.

    In running text (not `loose`) names begin in upper case, but for those that never do. The word
    that follows must fit too, as far as its first four letters tell.
    """
    prefixes, spellings, low = catalogue.prefixes, catalogue.spellings, catalogue.low_starts
    likely = {word: word for word in words.distinct & prefixes if loose or word.startswith(low)}
    for word in words.marked:
        key = word.lower() if word.isascii() else fold(word)
        whole = key.isalpha() or key.isdigit()
        if (key if whole else key[:2]) in prefixes and (
            loose or not "a" <= word[0] <= "z" or word.startswith(low)
        ):
            likely[word] = key
    found = {word for word, key in likely.items() if key in spellings or key not in prefixes}
    open_ended = likely.keys() - found
    if open_ended:
        for word, after in {(a, b[:4]) for a, b in pairwise(words.listed) if a in open_ended}:
            if likely[word] + (after.lower() if after.isascii() else fold(after)) in prefixes:
                found.add(word)
    return found


def _living(text: str, starts: Set[str], catalogue: Catalogue) -> set[str]:
    """Return those of `starts` with which a spelling indeed begins somewhere in `text`."""
    return {
        word
        for word in starts
        if any(_spelling_at(text, place, catalogue) for place in places_of(text, (word,)))
    }


def _registry(zone: _Zone, catalogue: Catalogue, reading: Reading) -> Iterator[Sighting]:
    done = 0
    for place in places_of(zone.text, zone.starts):
        hit = _spelling_at(zone.text, place, catalogue) if place >= done else None
        if not hit:
            continue
        spelling, end = hit
        wider = _local(zone, place, hit, reading)
        if wider:
            done = wider.span[1]
            yield wider
            continue
        sighting = _judged(zone, (place, end), spelling, reading)
        if sighting:
            done = end
            yield sighting


def _local(zone: _Zone, start: int, hit: tuple[Spelling, int], reading: Reading) -> Sighting | None:
    """Return "PyCon Canada", "PyCon.fr": a series of its own, though the registry lacks it."""
    spelling, end = hit
    series = _by_country(spelling.series, reading.post.country)
    text = zone.text
    if not series.local or " " in text[start:end]:
        return None
    more = _DOMAIN.match(text, end) or MORE_OF_NAME.match(text, end)
    last = more.end() if more else places.behind(text, end)
    if last == end:
        return None
    name = spelling.written + text[end:last]
    years = years_at(text, start, last, glued=False)
    return next(sighted(name, years, (zone.evidence, start, last), "bare", reading), None)


def _spelling_at(text: str, start: int, catalogue: Catalogue) -> tuple[Spelling, int] | None:
    """Return the longest spelling that begins at `start`, and where it ends."""
    key = ""
    best: tuple[Spelling, int] | None = None
    end = start
    for number in range(_MAX_TOKENS):
        following = _NEXT.match(text, end) if number else None
        if number and (
            following is None or (following.end() > end and _CLUMSY_GAP.search(following.group()))
        ):
            break
        token = _TOKEN.match(text, following.end() if following else start)
        if token is None:
            break
        word = token.group()
        key += word.lower() if word.isascii() else fold(word)
        end = token.end()
        if key not in catalogue.prefixes:
            break
        after = text[end : end + 1]
        if after.isalpha() or (after.isdigit() and word.isdigit()):
            continue
        spelling = catalogue.spellings.get(key)
        if spelling:
            best = spelling, end
    return best


def _judged(
    zone: _Zone, span: tuple[int, int], spelling: Spelling, reading: Reading
) -> Sighting | None:
    """Return the sighting of a registered spelling, unless it means something else here."""
    start, end = span
    text, loose = zone.text, zone.loose
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
        text, span, spelling, loose and zone.evidence != Evidence.TITLE, year
    )
    if unsure and (
        len(written) <= 3 or not (_same_case(written, spelling) or zone.evidence is Evidence.TAG)
    ):
        return None
    series = _by_country(spelling.series, reading.post.country)
    return Sighting(
        key=title_key(series.name),
        name=series.name,
        series=series,
        year=spelling.year or year,
        zone=zone.evidence,
        near_year=near,
        span=span,
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


# --------------------------------------------------------------------------- addresses, hashtags

_HASHTAG = re.compile(r"(?<![\w&/])#(?P<name>[A-Za-z][A-Za-z_]{1,40}?)(?P<year>(?:20)?[012]\d)?\b")
_HOST_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d|[012]\d)(?!\d)")
_LONGEST_HOST = 253  # characters (RFC 1035 section 2.3.4); a longer one would only take time
_SITE_WORD = re.compile(r"con(?:f|ference)?|summit|days|camp|fest|workshop|hack|meet|rse|symposium")


def _sites(
    addresses: Iterable[str], zone: Evidence, reading: Reading, catalogue: Catalogue
) -> Iterator[Sighting]:
    """Yield events whose sites are linked."""
    for url in islice(dict.fromkeys(addresses), 1500):
        sighting = _site(url, zone, reading, catalogue)
        if sighting:
            yield sighting


@urls.remembered
def _parts(url: str) -> tuple[tuple[str, ...], str, str, int | None]:
    """Return host's labels without digits, path, its first segment, and the year of a site."""
    try:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower().removeprefix("www."), parts.path.lower()
    except ValueError:
        return (), "", "", None
    if len(host) > _LONGEST_HOST:
        return (), "", "", None
    labels = tuple(label for label in re.sub(r"\d+", "", host).split(".") if label)
    return labels, path, path.strip("/").split("/")[0], _year_of_site(host, path)


def _site(url: str, zone: Evidence, reading: Reading, catalogue: Catalogue) -> Sighting | None:
    labels, path, segment, year = _parts(url)
    for size in range(len(labels), 1, -1):
        for start, series in catalogue.hosts.get(".".join(labels[-size:]), ()):
            if path.startswith(start):
                return _of_site(series, year, zone, reading)
    if not year:
        return None
    first = labels[0] if labels else ""
    word = re.sub(r"\d", "", segment)
    for key in (word, first + word, first):
        spelling = catalogue.spellings.get(title_key(key))
        if spelling and len(key) >= 5:
            return _of_site(spelling.series[0], year, zone, reading)
    if len(labels) > 1 and plausible(year, reading) and zone == Evidence.LINK:
        label = max(labels[:-1], key=len)
        if _SITE_WORD.search(label) and re.search(r"\d", urls.host(url) + segment):
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
    if "#" not in reading.text and "#" not in reading.title:
        return
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
            where = Evidence.HASHTAG, *match.span()
            yield from sighted(match["name"], (year, None), where, "hashtag", reading)
