"""Decides which events a post is about, and of which year."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from aggregator.model import EventMention, Evidence
from aggregator.recognise import dates
from aggregator.recognise.catalogue import Catalogue, Series, Spelling
from aggregator.recognise.reading import Reading
from aggregator.recognise.sightings import Sighting, plausible
from aggregator.recognise.words import DIGEST, EVENT_WORD, MONTH, PERIODICAL
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
_UNKNOWN = {"worded": 0.8, "bare": 0.9, "dated": 0.75, "hashtag": 0.6, "low": 0.5, "site": 0.4}
_YEAR = re.compile(r"(?<![\d./-])((?:19|20)\d\d)(?![\d./]|-\d)")
_MONTH_YEAR = re.compile(rf"\b{MONTH},?\s+(?:de |del )?((?:19|20)\d\d)\b", re.IGNORECASE)
_LAST_YEAR = re.compile(
    r"\b(?:last year|(?:last|in|this past|im|en|in) (?:november|december|dezember|décembre|"
    r"diciembre)|letztes jahr|el año pasado|l'année dernière|vorig jaar)\b"
)
_HELD = re.compile(
    r"\b(?:held|took place|hosted|taking place|takes? place|situated|organi[sz]ed|fand(?:en)?|"
    r"statt|gathered|met|tuvo lugar|a eu lieu)\b"
)
# Nothing but dates and small words may stand between the event and "in <place>".
_SMALL = (
    r"(?:from|to|on|and|the|of|in|at|was|were|is|be|will|which|that|took|place|held|hosted|this|"
    r"last|past|early|late|week|month|year|days?|for|two|three|four|five|again|once|more|online|"
    r"vom|von|bis|und|den|am|im|wieder|statt|fand|fanden|del?|al?|du|au|et|y|les?)"
)
_NUMBER = r"\d{1,4}(?:st|nd|rd|th|\.)?(?:[-–]\d{1,2}(?:st|nd|rd|th|\.)?)?"
_PLACE = re.compile(
    rf"[ ,(]{{0,3}}(?:(?:{_SMALL}|{_NUMBER}|(?i:{MONTH}))[,)]{{0,2}} |[&–-] ){{0,12}}"
    r"(?<![^ (])in (?:the city of )?"
    r"(?P<place>[A-ZÀ-ÖØ-Þ][\w.'-]*[a-zß-ÿ](?: [A-ZÀ-ÖØ-Þ][\w'-]+){0,2}"
    r"(?:, [A-ZÀ-ÖØ-Þ][\w'-]+(?: [A-ZÀ-ÖØ-Þ][\w'-]+)?)?)(?![\w-]| [A-ZÀ-ÖØ-Þ])"
)
_GERMAN = re.compile(r"\b(?:der|die|das) .*\b(?:und|der|die|den|im)\b", re.DOTALL)
_DEADLINE = re.compile(
    r"\b(?:deadline|submi\w+|proposals?|until|before|closes?|extended|jusqu\w+|bis zum|"
    r"einreich\w+)\b",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r"^(?:English|German|French|Spanish|Dutch|Zoom|Gather|Discord|Slack|Python|Julia|Rust|Person|"
    r"Research|Room|Hall|Building|Conjunction|Q[1-4]|Spring|Summer|Autumn|Fall|Winter)\b"
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
    inferred: bool = False  # the year comes from dates, not from the name

    @property
    def evidence(self) -> Evidence:
        """Return the strongest zone."""
        return min(self.zones, key=_ORDER.index)


def weigh(sightings: Sequence[Sighting], catalogue: Catalogue) -> list[Candidate]:
    """Return the events seen, heaviest first; those without a stated year have none yet."""
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in _folded(sightings, catalogue):
        groups[sighting.key].append(sighting)
    found: list[Candidate] = []
    for key, group in groups.items():
        found.extend(_editions(key, group))
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
    return next((series for series in catalogue.series if _spreads(one.name, series.name)), None)


def _editions(key: str, group: list[Sighting]) -> list[Candidate]:
    """Split the sightings of one series by year; those without join the heaviest year."""
    votes: Counter[int] = Counter()
    for one in group:
        weight = _WEIGHTS[one.zone][0]
        if one.year:
            votes[one.year] += round(weight * 2)
        elif one.near_year:
            votes[one.near_year] += round(weight * 0.6)
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
                other.year = other.year or short.year
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
    if short.series and not short.series.needs_year:
        # Both are series of their own ("PyCon US", "PyCon US Sprints"): only up front they join.
        return bool(other.series) and bool(_UP_FRONT & set(other.zones))
    return not (short.series and not other.series and other.weight < short.weight)


# --------------------------------------------------------------------------------------- choice


def choose(
    candidates: Sequence[Candidate], reading: Reading, *, recap: bool
) -> tuple[EventMention, ...]:
    """Return the events that the post is about, heaviest first, each with its year."""
    title = reading.title.lower()
    if not recap and DIGEST.search(title):
        return ()
    release = not recap and PERIODICAL.search(title)
    able = [
        one
        for one in candidates
        if _about(one, recap=recap) and not (release and one.series is None)
    ]
    if not able:
        return ()
    best = able[0].weight
    # What the title names comes first, unless the post hardly speaks of it.
    able.sort(key=lambda one: Evidence.TITLE not in one.zones or one.weight < best / 2)
    chosen: list[Candidate] = []
    for one in able:
        up_front = one is able[0] or (one.weight >= best / 2 and bool(_UP_FRONT & set(one.zones)))
        if not up_front or len(chosen) >= 6:
            continue
        if any(other.key == one.key for other in chosen) and Evidence.TITLE not in one.zones:
            continue  # another year of the same series is looked back or forward to
        titled = Evidence.TITLE in able[0].zones and Evidence.TITLE not in one.zones
        if titled and (one.weight < best * 0.8 or one.series is None or one.year != able[0].year):
            continue
        chosen.append(one)
    mentions = []
    for one in chosen:
        year, inferred = (one.year, False) if one.year else (_year(one, reading, recap=recap), True)
        if year:
            mentions.append(_mention(one, year, best, reading, inferred=inferred))
    unique = {(one.series, one.year): one for one in reversed(mentions)}
    kept = [one for one in mentions if unique.get((one.series, one.year)) is one]
    return _with_facts(tuple(kept), reading, recap=recap)


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
    if span and plausible(span[0].year, reading):
        return span[0].year
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


def _mention(
    one: Candidate, year: int, best: float, reading: Reading, *, inferred: bool
) -> EventMention:
    series = one.series
    name = series.edition_name(year) if series else f"{one.name} {year}"
    return EventMention(
        name=name,
        series=series.name if series else one.name,
        year=year,
        part_of=series.parent if series else None,
        evidence=Evidence.DATE if inferred else one.evidence,
        score=round(min(1.0, one.weight / best), 3),
        homepage=_homepage(one, reading),
        known=series is not None,
    )


def _homepage(one: Candidate, reading: Reading) -> str | None:
    """Return the event's own page when the first paragraphs link it by its name."""
    key = title_key(one.series.name if one.series else one.name)
    for link in reading.lead_links:
        words = title_key(link.text)
        if key in words and len(words) < len(key) + 25:
            return link.url
    return None


def _with_facts(
    mentions: tuple[EventMention, ...], reading: Reading, *, recap: bool
) -> tuple[EventMention, ...]:
    """Add date and place to the first event where the lead states them clearly."""
    if not mentions:
        return ()
    first = mentions[0]
    span = reading.stated
    if span is None:
        span = dates.within(f"{reading.title}\n{reading.lead}", first.year)
        if span and not _consistent(span[0], reading, recap=recap):
            span = None
    if span and not recap and span[0] == span[1] and _DEADLINE.search(reading.lead):
        span = None  # of several days that matter before an event, which one is told first?
    if span and span[0].year == first.year:
        first = replace(first, starts_on=span[0], ends_on=span[1])
    return (replace(first, place=_place(first, reading)), *mentions[1:])


def _consistent(day: date, reading: Reading, *, recap: bool) -> bool:
    """Tell whether a day whose year was inferred fits the day of publication."""
    if reading.published is None:
        return True
    days = (reading.published - day).days
    return -3 <= days <= 400 if recap else -400 <= days <= 400


def _place(mention: EventMention, reading: Reading) -> str | None:
    """Return where the lead says that the event was, in so many words: "... held in <place>"."""
    lead = reading.lead
    names = (mention.name, mention.series)
    ends = [lead.find(name) + len(name) for name in names if name in lead]
    ends += [match.end() for match in list(_HELD.finditer(lead))[:4]]
    for end in ends:
        found = _PLACE.match(lead, end, end + 160)
        if not found:
            continue
        place = found["place"].strip(" .")
        month = re.match(MONTH, place.lower())
        if _GERMAN.search(lead):  # nouns are capitalised, so a second word need not belong to it
            place = place.split(" ")[0]
        if not EVENT_WORD.search(place) and not month and not _NO_PLACE.match(place):
            return place
    return None
