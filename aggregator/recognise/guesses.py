"""Finds events by what is said of them, where neither the registry nor the name's shape tells.

Only asked where the title names no event: "Notes from Strange Loop" is one if the first paragraph
says "I attended Strange Loop", and "Monitorama, Berlin - Day 1" is one because it has days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aggregator.model import Evidence
from aggregator.recognise import people, places
from aggregator.recognise.phrases import Words
from aggregator.recognise.reading import Reading, places_of
from aggregator.recognise.shapes import is_opening, sighted
from aggregator.recognise.sightings import LOOKALIKE, Sighting, years_at
from aggregator.recognise.words import FRAME_STRONG, MONTHS
from aggregator.text import title_key

_WORD = r"[A-Z0-9À-Þ][\w.+&!:'/-]*[\w!]|[A-Z]"
_RUN = rf"(?:{_WORD})(?: (?:(?:of|the|and|for|de|des|du|der|&|on|in) )?(?:{_WORD})){{0,5}}"
_VISITED = re.compile(
    r"\b(?:attend(?:ed|ing)?|went to|going to|participated in|took part in|travell?ed to|visited|"
    r"back from|returned from|home from|(?:spoke|presented|exhibited|hacked|volunteered|was|were|"
    r"been|gathered|met|together|talk|keynote|talks|speaking|presenting|sprint) (?:at|in)|hosted|"
    r"held|organi[sz]ed|joined|besucht\w*|waren? (?:auf|bei)|(?:auf|bei|an) (?:der|dem|den)|"
    r"(?:assisté|participé|participation) (?:à|au|aux)|lors (?:de|du|des)|(?:asist\w+|particip\w+) "
    r"(?:al?|en)|(?:bezocht\w*|naar|bij))"
    r"(?: (?:the|this year's|last year's|last week's|my|our|a|an|la|le|les|l'|el|het|de|die|der|"
    r"das))?"
    r"(?: (?:first|second|third|\d+(?:st|nd|rd|th)|annual|inaugural|erste[nr]?|first-ever|ever|"
    rf"amazing|awesome|great|fantastic|wonderful)){{0,2}} [\"“']?(?P<name>{_RUN})"
)
_GOING = re.compile(r"attend|went|going|particip|took|travel|back|return|home|assist|asist|bezoch")
_DAY = re.compile(
    r"^(?P<name>[A-Z][\w.!&+-]*(?: [A-Z][\w.!&+-]*){0,4}?)(?:,? '?(?:20)?\d\d)?(?:, [^:–|-]{2,40})?"
    r"\s*[-–:,|(]*\s*(?:[Dd]ay|[Tt]ag|[Jj]our|[Dd]ía|[Dd]ag) (?:#?\d\b|[Oo]ne|[Tt]wo|[Tt]hree)"
)
# "I attended MeadowPy in Linz, a one-track conference ..."
_EXPLAINED = re.compile(
    r"[^.\n]{0,50}?,? (?:an?|the|our|eine?|une?|el|la|een) [^.,\n]{0,40}?\b(?:conference|event|"
    r"workshop|meetup|meeting|summit|symposium|hackathon|festival|sprint|unconference|retreat|"
    r"konferenz|tagung|veranstaltung|treffen|conférence|rencontre|conferencia|encuentro)\b"
)
_NO_EVENT = re.compile(
    r"\b(?:Universit\w+|Universidad|Institut\w*|Colleges?|Schools?|Departments?|Laborator\w+|Labs?|"
    r"Cent(?:er|re)s?|Office|Companys?|Inc|Ltd|GmbH|Foundation|Association|Society|Team|Group|"
    r"Museum|Hotel|Library|Google|Microsoft|GitHub|Twitter|Zoom|Slack|Christmas|Easter|English|"
    r"Python|Linux|Ruby|Julia|Rust|Java\w*|Chapter|Section|House|Hall|Street|Park|Airport|Board|"
    r"Code|Tutorial|Course|Challenge|Learning|Advent)\b"
)


def find(reading: Reading) -> Iterator[Sighting]:
    """Yield the events that the first paragraph, or the days in the title, tell of."""
    day = _DAY.match(reading.title)
    if day and not _doubtful(day["name"]) and not people.is_name(day["name"]):
        yield from _sighting(day["name"], reading.title, day.span("name"), Evidence.TITLE, reading)
        return
    if not reading.attended:
        return
    for match in _VISITED.finditer(reading.lead):
        name = _trimmed(match["name"])
        if len(title_key(name)) < 3 or _doubtful(name):
            continue
        if people.is_name(name) and not _GOING.match(match.group()):
            continue  # "visited Ada Stone", but "attended Strange Loop"
        start = match.start("name")
        named = _named(name, reading) or _spoken(name, (start, start + len(name)), reading)
        if named:
            yield from _sighting(
                name, reading.lead, (start, start + len(name)), Evidence.LEAD, reading
            )
            yield from named
            return


def _named(name: str, reading: Reading) -> list[Sighting]:
    """Return the sighting of `name` in the title, if it is there."""
    key = title_key(name)
    for place in places_of(reading.title, (name.split(" ", maxsplit=1)[0],)):
        if title_key(reading.title[place:]).startswith(key):
            span = place, place + len(name)
            return list(_sighting(name, reading.title, span, Evidence.TITLE, reading))
    return []


def _spoken(name: str, span: tuple[int, int], reading: Reading) -> list[Sighting]:
    """Return the other places that name it, if one has a year or the first explains it."""
    first, *others = [
        (place, place + len(name))
        for place in places_of(reading.text, (name.split(" ", maxsplit=1)[0],))
        if reading.text.startswith(name, place)
    ] or [span]
    dated = any(years_at(reading.text, *other, glued=False)[0] for other in (first, *others))
    if not others or not (dated or _EXPLAINED.match(reading.lead, span[1])):
        return []
    found = [_sighting(name, reading.text, other, Evidence.BODY, reading) for other in others[:4]]
    return [one for sightings in found for one in sightings]


def _trimmed(name: str) -> str:
    """Return `name` without a year behind it and words before it that open a sentence."""
    words = re.sub(r"[ ,']*(?:(?:19|20)\d\d|'\d\d)$", "", name).rstrip("'.:").split(" ")
    while words and (is_opening(words[0]) or words[0].isdigit()):
        words.pop(0)
    if "in" in words[1:] and places.is_place(" ".join(words[words.index("in", 1) + 1 :])):
        words = words[: words.index("in", 1)]  # "MeadowPy in Linz"
    return " ".join(words)


def _doubtful(name: str) -> bool:
    """Tell whether `name` rather names a place, a person, an organisation or a month."""
    words = name.split(" ")
    return (
        not name
        or places.is_place(name)
        or bool(_NO_EVENT.search(name))
        or words[0].lower() in MONTHS
        or bool(LOOKALIKE.match(words[-1].lower()))
        or bool(FRAME_STRONG.first(Words(name)))
    )


def _sighting(
    name: str, text: str, span: tuple[int, int], zone: Evidence, reading: Reading
) -> Iterator[Sighting]:
    years = years_at(text, *span, glued=False)
    yield from sighted(name, years, (zone, *span), "said", reading)
