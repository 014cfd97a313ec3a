"""Decides which events a post is about, and of which year."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from aggregator.model import EventMention, Evidence
from aggregator.recognise import facts
from aggregator.recognise.catalogue import Catalogue, Series, Spelling
from aggregator.recognise.reading import Reading
from aggregator.recognise.sightings import Sighting, plausible
from aggregator.recognise.words import DIGEST, MONTH, NUMBERED, PERIODICAL
from aggregator.text import title_key

# How much a zone tells about the subject, and how many sightings in it count.
_WEIGHTS = {
    Evidence.TITLE: (9.0, 1),
    Evidence.LINK: (5.0, 1),
    Evidence.LEAD: (4.0, 2),
    Evidence.HEADING: (3.0, 1),
    Evidence.TAG: (3.0, 1),
    Evidence.IMAGE: (3.0, 1),
    Evidence.ADDRESS: (3.0, 1),
    Evidence.HASHTAG: (2.0, 1),
    Evidence.BODY: (1.0, 4),
}
_ORDER = list(_WEIGHTS)
_UP_FRONT = {Evidence.TITLE, Evidence.LEAD, Evidence.LINK, Evidence.HEADING}
# An unknown name is trusted less than one of the registry.
_UNKNOWN = {
    "worded": 0.8,
    "bare": 0.9,
    "dated": 0.75,
    "hashtag": 0.6,
    "low": 0.5,
    "site": 0.4,
    "said": 0.7,
}
_YEAR = re.compile(r"(?<![\d./-])((?:19|20)\d\d)(?![\d./]|-\d)")
_MONTH_YEAR = re.compile(rf"\b{MONTH},?\s+(?:de |del )?((?:19|20)\d\d)\b", re.IGNORECASE)
_LAST_YEAR = re.compile(
    r"\b(?:last year|(?:last|in|this past|im|en|in) (?:november|december|dezember|décembre|"
    r"diciembre)|letztes jahr|el año pasado|l'année dernière|vorig jaar)\b"
)


@dataclass(slots=True)
class Candidate:
    """All sightings of one event."""

    key: str
    name: str
    series: Series | None
    year: int | None = None
    weight: float = 0.0
    zones: Counter[Evidence] = field(default_factory=Counter)
    title_span: tuple[int, int] | None = None  # where the title names it
    beside: bool = False  # its year stands beside its name somewhere

    @property
    def evidence(self) -> Evidence:
        """Return the strongest zone."""
        return min(self.zones, key=_ORDER.index)


def weigh(
    sightings: Sequence[Sighting], catalogue: Catalogue, published: date | None
) -> list[Candidate]:
    """Return the events seen, heaviest first; those without a stated year have none yet."""
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in _folded(sightings, catalogue):
        groups[sighting.key].append(sighting)
    found: list[Candidate] = []
    for key, group in groups.items():
        found.extend(_editions(key, group, published))
    found = _joined(found)
    found.sort(key=lambda one: -one.weight)
    return found


def _folded(sightings: Iterable[Sighting], catalogue: Catalogue) -> list[Sighting]:
    """Give sightings by pattern the registry's name where it has one."""
    sightings = _sure(sightings)
    known = {s.key: s for s in sightings if s.series}
    found: list[Sighting] = []
    for one in sightings:
        if one.series:
            found.append(one)
            continue
        spelling = _spelling(one, catalogue)
        if spelling and (one.year or spelling.year or not spelling.needs_year):
            continue  # the registry's finder saw it too
        if any(
            _extends(one.key, key, seen) or _spreads(one.name, seen.name)
            for key, seen in known.items()
        ):
            continue
        wider = _wider(one, catalogue)
        if wider:
            found.append(replace(one, key=title_key(wider.name), name=wider.name, series=wider))
            continue
        found.append(one)
    return found


def _sure(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Drop ambiguous spellings, unless the series is also named in a way that leaves no doubt.

    A name of several words that stands in the title and elsewhere needs no further proof.
    """
    listed = list(sightings)
    proven = {one.key for one in listed if one.series and not one.unsure}
    zones: dict[str, set[Evidence]] = defaultdict(set)
    for one in listed:
        if one.unsure and " " in one.name:
            zones[one.key].add(one.zone)
    proven.update(
        key
        for key, seen in zones.items()
        if Evidence.TITLE in seen and len(seen - {Evidence.ADDRESS}) > 1
    )
    return [one for one in listed if not one.unsure or one.key in proven]


def _spelling(one: Sighting, catalogue: Catalogue) -> Spelling | None:
    """Return what the registry says of a name that was found by its shape."""
    name = title_key(one.name)
    keys = (name, one.key, f"the{name}", f"{name}conference")
    return next((catalogue.spellings[key] for key in keys if key in catalogue.spellings), None)


def _extends(key: str, known: str, seen: Sighting) -> bool:
    """Tell whether an unknown name is only a known one with words around it."""
    if len(known) < 4 or known not in key:
        return False
    rest = key.replace(known, "", 1)
    if seen.series is not None and seen.series.local and key.startswith(known):
        return False  # "WordCamp Lima" is another one
    weak = seen.series is not None and seen.series.needs_year
    if weak:
        return bool(re.fullmatch(r"(?:the|annual|conference|meeting|\d)*", rest))
    return True


def _spreads(name: str, known: str) -> bool:
    """Tell whether `name` is `known` with words put in between ("Data Umbrella LATAM Sprint")."""
    words, parts = name.lower().split(), known.lower().split()
    if len(parts) < 2 or len(words) <= len(parts) or words[0] != parts[0] or words[-1] != parts[-1]:
        return False
    rest = iter(words)
    return all(part in rest for part in parts)


def _wider(one: Sighting, catalogue: Catalogue) -> Series | None:
    """Return the registry's series whose name has fewer words than what was found by its shape."""
    if one.shape != "worded" or one.zone not in (Evidence.TITLE, Evidence.LEAD):
        return None
    words = one.name.lower().split()
    likely = catalogue.ends.get((words[0], words[-1]), ())
    return next((series for series in likely if _spreads(one.name, series.name)), None)


def _editions(key: str, group: list[Sighting], published: date | None) -> list[Candidate]:
    """Split the sightings of one series by year; those without join the heaviest year."""
    votes: Counter[int] = Counter()
    for one in group:
        weight = _WEIGHTS[one.zone][0]
        if one.year:
            votes[one.year] += round(weight * 2)
        elif one.near_year:
            next_time = published is not None and one.near_year > published.year
            votes[one.near_year] += round(weight * (0.3 if next_time else 0.6))
    main = max(votes, key=lambda year: (votes[year], year)) if votes else None
    by_year: dict[int | None, list[Sighting]] = defaultdict(list)
    for one in group:
        by_year[one.year or main].append(one)
    found = []
    for year, part in by_year.items():
        spelled = Counter(sighting.name for sighting in part)
        name = max(spelled, key=lambda text: (spelled[text], len(text)))
        edition = Candidate(key, name, group[0].series, year)
        edition.zones.update(sighting.zone for sighting in part)
        edition.beside = any(s.year for s in part)
        edition.title_span = next((s.span for s in part if s.zone is Evidence.TITLE), None)
        edition.weight = max(_UNKNOWN.get(sighting.shape, 1.0) for sighting in part) * sum(
            _WEIGHTS[zone][0] * min(count, _WEIGHTS[zone][1])
            for zone, count in edition.zones.items()
        )
        found.append(edition)
    return found


def _joined(found: list[Candidate]) -> list[Candidate]:
    """Let a shortened name ("PyData 2024") join the longer one of the same year."""
    ordered = sorted(found, key=lambda one: len(one.key))[:200]
    gone: set[int] = set()
    for index, short in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if _shortens(short, other):
                other.weight += short.weight * 0.5
                other.zones.update(short.zones)
                other.title_span = other.title_span or short.title_span
                other.year = other.year or short.year
                other.beside = other.beside or short.beside
                gone.add(id(short))
                break
    return [one for one in found if id(one) not in gone]


def _shortens(short: Candidate, other: Candidate) -> bool:
    """Tell whether `short` is a shorter name of the event `other`."""
    if short.year and other.year and short.year != other.year:
        return False
    start = other.name.lower().startswith(short.name.lower() + " ")
    end = not short.series and other.name.lower().endswith(" " + short.name.lower())
    if not start and not end:
        return False
    if short.series and short.series.local and not other.series:
        return start and bool(_UP_FRONT & set(other.zones))
    if short.series and not short.series.needs_year:
        # Both are series of their own ("PyCon US", "PyCon US Sprints"): only up front they join.
        return bool(other.series) and bool(_UP_FRONT & set(other.zones))
    return not (short.series and not other.series and other.weight < short.weight)


# --------------------------------------------------------------------------------------- choice


def choose(
    candidates: Sequence[Candidate], reading: Reading, *, recap: bool
) -> tuple[EventMention, ...]:
    """Return the events that the post is about, heaviest first, each with its year."""
    if not candidates:
        return ()
    title = reading.title_words
    numbered = NUMBERED.match(reading.title)
    if not recap and (numbered or DIGEST.first(title)):
        return ()
    release = not recap and PERIODICAL.first(title)
    able = [
        one
        for one in candidates
        if (_about(one, recap=recap) or (recap and one is candidates[0] and _first_named(one)))
        and not (release and one.series is None)
    ]
    if not able:
        return ()
    most = able[0].weight
    mentions = []
    for one in _subjects(able):
        if recap and one.year and not one.beside and _ahead(one.year, reading):
            one.year = None  # what is told of has been; the year near by is of the next time
        year, inferred = (one.year, False) if one.year else (_year(one, reading, recap=recap), True)
        if year:
            mentions.append(_mention(one, year, most, inferred=inferred))
    unique = {(one.series, one.year): one for one in reversed(mentions)}
    kept = [one for one in mentions if unique.get((one.series, one.year)) is one]
    return facts.added(kept, reading, recap=recap)


def _subjects(able: list[Candidate]) -> list[Candidate]:
    """Return the events that are subjects, the first one and those that stand up front as well."""
    most = able[0].weight
    # What the title names comes first, unless the post hardly speaks of it.
    able.sort(key=lambda one: Evidence.TITLE not in one.zones or one.weight < most / 2)
    chosen: list[Candidate] = []
    for one in able:
        up_front = one is able[0] or (one.weight >= most / 2 and bool(_UP_FRONT & set(one.zones)))
        if not up_front or len(chosen) >= 6:
            continue
        if any(other.key == one.key for other in chosen) and Evidence.TITLE not in one.zones:
            continue  # another year of the same series is looked back or forward to
        titled = Evidence.TITLE in able[0].zones and Evidence.TITLE not in one.zones
        if titled and (one.weight < most * 0.8 or one.series is None or one.year != able[0].year):
            continue
        chosen.append(one)
    return chosen


def _ahead(year: int, reading: Reading) -> bool:
    return reading.published is not None and year > reading.published.year


def _first_named(one: Candidate) -> bool:
    """Tell whether an event that is named but once is so in the first paragraph."""
    return Evidence.LEAD in one.zones and one.weight >= 3


def _about(one: Candidate, *, recap: bool) -> bool:
    """Tell whether the weight is enough for a subject rather than a mention."""
    if one.weight >= 8:
        return recap or bool({Evidence.TITLE, Evidence.TAG} & set(one.zones)) or one.weight >= 11
    if not recap:
        return Evidence.TITLE in one.zones and one.weight >= 6
    return one.weight >= 3.9 or (Evidence.TITLE in one.zones)


def _year(one: Candidate, reading: Reading, *, recap: bool) -> int | None:
    """Return the year of an edition that is named without one."""
    for text in (reading.title, " ".join(reading.post.tags), reading.lead):
        found = _MONTH_YEAR.search(text) or (_YEAR.search(text) if text != reading.lead else None)
        if found and plausible(int(found.group(1)), reading):
            return int(found.group(1))
    span = reading.stated
    if span and plausible(span.first.year, reading):
        return span.first.year
    if reading.published:
        return reading.published.year + _shift(one, reading, reading.published, recap=recap)
    found = _YEAR.search(reading.lead) or _YEAR.search(reading.text)
    return int(found.group(1)) if found else None


def _shift(one: Candidate, reading: Reading, published: date, *, recap: bool) -> int:
    """Return how many years the event lies off the year in which the post was published."""
    months = one.series.months if one.series else ()
    if not recap:
        return int(bool(months) and published.month > max(months) + 1)
    said = published.month <= 6 and bool(_LAST_YEAR.search(reading.lead.lower()))
    early = bool(months) and published.month <= 4 and published.month < min(months)
    return -int(said or early)


def _mention(one: Candidate, year: int, best: float, *, inferred: bool) -> EventMention:
    series = one.series
    name = series.edition_name(year) if series else f"{one.name} {year}"
    return EventMention(
        name=name,
        series=series.name if series else one.name,
        year=year,
        part_of=series.parent if series else None,
        evidence=Evidence.DATE if inferred else one.evidence,
        score=round(min(1.0, one.weight / best), 3),
        known=series is not None,
        series_place=series.place if series else None,
        series_homepage=series.homepage if series else None,
    )
