"""Finds what a post states of its event beside the name: days, place, own page, hashtag.

Each fact comes with the words that state it, so that a reader can see where it is from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aggregator.model import EventMention, FactName
from aggregator.recognise import dates
from aggregator.recognise.reading import Reading
from aggregator.recognise.words import EVENT_WORD, MONTH
from aggregator.text import shorten, title_key

_MOST = 200  # characters of the words that state a fact
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
_BORDER = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n")
_HASHTAG = re.compile(r"(?<![\w&/])#([A-Za-z][A-Za-z_]{1,40}?(?:20)?\d{0,2})\b")


def added(
    mentions: Sequence[EventMention], reading: Reading, *, recap: bool
) -> tuple[EventMention, ...]:
    """Return the events with what the post states of them.

    Days and place are of the first event: where a post tells of several, nobody says of which.
    """
    found = [_tagged(_linked(one, reading), reading) for one in mentions]
    if found:
        found[0] = _placed(_dated(found[0], reading, recap=recap), reading)
    return tuple(found)


def _said(one: EventMention, name: FactName, words: str) -> tuple[tuple[str, str], ...]:
    return (*one.said, (name.value, shorten(words, _MOST)))


def _sentence(text: str, start: int, end: int) -> str:
    """Return the sentence in which a fact stands, or what of it is near."""
    borders = [match.end() for match in _BORDER.finditer(text, 0, start)]
    begin = max(borders[-1] if borders else 0, start - _MOST // 2)
    after = _BORDER.search(text, end)
    stop = after.start() if after else len(text)
    return text[begin : min(stop, begin + _MOST)].strip()


def _linked(one: EventMention, reading: Reading) -> EventMention:
    """Add the event's own page when the first paragraphs link it by its name."""
    key = title_key(one.series)
    for link in reading.lead_links:
        words = title_key(link.text)
        if key in words and len(words) < len(key) + 25:
            return replace(
                one, homepage=link.url, said=_said(one, FactName.HOMEPAGE, f"[{link.text}]")
            )
    return one


def _tagged(one: EventMention, reading: Reading) -> EventMention:
    """Add the hashtag under which people spoke of the event."""
    if "#" not in reading.text and "#" not in reading.title:
        return one
    keys = {title_key(one.name), title_key(one.series)}
    text = f"{reading.title}\n{reading.text}"
    for match in _HASHTAG.finditer(text):
        tag = match.group(1)
        digits = re.search(r"\d+$", tag)
        bare = title_key(tag[: digits.start()] if digits else tag)
        right = not digits or int(digits.group()) % 100 == one.year % 100
        if right and (title_key(tag) in keys or bare in keys):
            words = _sentence(text, *match.span())
            return replace(one, hashtag=tag, said=_said(one, FactName.HASHTAG, words))
    return one


# ---------------------------------------------------------------------------------- days and place


def _dated(one: EventMention, reading: Reading, *, recap: bool) -> EventMention:
    """Add the days where title or lead state them clearly."""
    text = reading.beginning
    span = reading.stated
    if span is None:
        span = dates.within(text, one.year)
        if span and not _consistent(span, _sentence(text, span.start, span.end), reading, recap):
            span = None
    if span and not recap and span.first == span.last and _DEADLINE.search(reading.lead):
        span = None  # of several days that matter before an event, which one is told first?
    if span is None or span.first.year != one.year:
        return one
    words = _sentence(text, span.start, span.end)
    return replace(
        one,
        starts_on=span.first,
        ends_on=span.last,
        said=_said(one, FactName.DATES, words),
    )


def _consistent(span: dates.Span, words: str, reading: Reading, recap: bool) -> bool:
    """Tell whether days whose year was inferred fit the day of publication, and are the event's."""
    if span.first == span.last and not _HELD.search(words):
        return False  # a day on which something else happened
    if reading.published is None:
        return True
    days = (reading.published - span.first).days
    return -3 <= days <= 400 if recap else -400 <= days <= 400


def _placed(one: EventMention, reading: Reading) -> EventMention:
    """Add where the lead says that the event was, in so many words: "... held in <place>"."""
    lead = reading.lead
    names = (one.name, one.series)
    ends = [lead.find(name) + len(name) for name in names if name in lead]
    ends += [match.end() for match in list(_HELD.finditer(lead))[:4]]
    for end in ends:
        found = _PLACE.match(lead, end, end + 160)
        if not found:
            continue
        place = found["place"].strip(" .")
        month = re.match(MONTH, place.lower())
        if _GERMAN.search(lead):  # nouns are capitalised, so a second word need not belong to it
            place = place.split(" ", maxsplit=1)[0]
        if not EVENT_WORD.search(place) and not month and not _NO_PLACE.match(place):
            words = _sentence(lead, max(end - 1, 0), found.end())
            return replace(one, place=place, said=_said(one, FactName.PLACE, words))
    return one
