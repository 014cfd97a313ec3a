"""Finds events that no registry lists, by the shape of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from aggregator.model import Evidence
from aggregator.recognise.reading import Reading
from aggregator.recognise.sightings import LOOKALIKE, Sighting, plausible, series_key, years_at
from aggregator.recognise.words import (
    EVENT_WORD,
    EVENT_WORD_LOW,
    FRAME_STRONG,
    FRAME_WEAK,
    MONTHS,
)

_LINKING = {
    "of",
    "for",
    "on",
    "and",
    "&",
    "in",
    "de",
    "des",
    "für",
    "der",
    "y",
    "et",
    "+",
    "la",
    "the",
    "zur",
    "zum",
}


# Words that begin a title or a sentence and are no part of the name behind them.
_OPENING = re.compile(
    r"^(?:The|A|An|This|That|Our|My|Your|Their|Its|From|At|Of|On|In|For|And|With|By|To|After|"
    r"Before|During|Last|Next|Inaugural|Recap|Report|Reports|Notes|Highlights|Reflections|"
    r"Thoughts|Summary|Insights|Takeaways|Impressions|Review|Lessons|Attending|Visiting|"
    r"Announcing|Join|Upcoming|Virtual|Hybrid|Both|Two|Three|Some|Many|Several|Another|Every|"
    r"Each|What|Why|How|When|Where|Is|Are|Was|Save|It|We|I|You|If|As|Also|Thank|You|Thanks|"
    r"Attend|Participants|Speaking|Presenting|Sponsored|Celebrate|Celebrating|Behind|Register|"
    r"Apply|Apologies|Welcome"
    r"|Der|Die|Das|Den|Dem|Am|Im|Vom|Zum|Zur|Beim|Auf|Ein|Eine|Einen|El|La|Los|Las|Un|Una|Le|"
    r"Les|Primer[ao]?|Rückblick|Bericht|Retour|Het|De)$"
)


# Words that stand in many events' names and alone make none.
_PLAIN = re.compile(
    r"^(?:First|Second|Third|Fourth|Fifth|New|Online|International|Annual|Day|Tag|Erste[rsn]?|"
    r"Zweite[rsn]?|Community|All|Call|Training|Pre|Post|Half|Full|More|Other|Related|Previous|"
    r"Past|Future|Final|Opening|Closing|Good|Great|Successful|Mini|Small|Big|Large|Local|"
    r"Regional|National|Global|Internal|Software|Technical|User|Users|Developer|Developers|"
    r"Team|Tech|Open|Closed|Lightning|Poster|Panel|Follow-up|Kickoff|Kick-off|In-person|"
    r"Conference|Workshop|Mainstage|Interactive|Hands-on|Whole|Entire|Main|Special|Early|Late|"
    r"Long|Short|Every|Yearly|Monthly|Weekly|Programming|Code)$"
)


_ORDINAL = re.compile(r"^(?:\d+(?:st|nd|rd|th|\.)?|[IVX]+|(?:19|20)\d\d)$")


# "... Workshop on Sustainable Software": the subject belongs to the name.
_ABOUT = re.compile(
    r" (?:on|for|of|über|zu|sur|sobre) (?:the )?[A-Z][\w-]+(?:(?: (?:and|of|in|for|the|"
    r"&))? [A-Z][\w-]+){1,6}"
)
_COUNTED = re.compile(
    r"^(?:\d+(?:st|nd|rd|th)|First|Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth|Tenth|"
    r"Annual|Inaugural)$"
)


_BARE_NAME = re.compile(
    r"\b(?P<name>(?:[A-Z][\w.]*(?:Con(?:f|nect)?|Camp|Fest|Days|Hack|Unconf|RSE|Summit|Meet)|"
    r"Py(?!thon|Torch|PI|Pi)[A-Z]\w+|[A-Z][a-z]+[Cc]onf|[a-z]{2,8}(?:Con|RSE|conf)|un[Cc]onf|"
    r"[a-z]+unconf))(?=[\W\d_]|$)"
)


_TITLE_YEAR = re.compile(
    r"(?<![\w:.-])(?P<name>(?:[A-Z][\w.+&/-]*(?:'s)?[ :]{1,2}){0,4}(?:[A-Z]|"
    r"[a-z]+[A-Z_.:])[\w.+&/!:-]*?[A-Za-z!.]) (?P<year>(?:19|20)\d\d)(?!\d|-\d)"
)


_TITLE_GLUED = re.compile(
    r"(?<![\w.:-])(?P<name>[A-Za-z][A-Za-z-]*[A-Z][A-Za-z-]*|[A-Z]{2,}|"
    r"[A-Z][a-z]+[A-Z]\w*?)[ ]?(?P<year>'\d\d|(?:19|20)\d\d|(?<! )[012]\d)(?![\w.%])"
)


def find_open(text: str, zone: Evidence, reading: Reading) -> Iterator[Sighting]:
    """Find events that no registry lists, by the shape of their names."""
    for match in EVENT_WORD.finditer(text):
        yield from _worded(text, match, zone, reading)
    if zone in (Evidence.TITLE, Evidence.LEAD):
        for match in EVENT_WORD_LOW.finditer(text):
            for one in _worded(text, match, zone, reading):
                yield replace(one, shape="low")
    if zone != Evidence.ADDRESS:
        for match in _BARE_NAME.finditer(text):
            yield from _bare(text, match, zone, reading)
    if zone in (Evidence.TITLE, Evidence.TAG):
        for match in chain(_TITLE_YEAR.finditer(text), _TITLE_GLUED.finditer(text)):
            yield from _dated_title(match, zone, reading)


def sighted(
    name: str, years: tuple[int | None, int | None], zone: Evidence, shape: str, reading: Reading
) -> Iterator[Sighting]:
    """Yield the sighting of an unknown event, unless its name is too short to tell anything."""
    key = series_key(name)
    year, near = (y if y and plausible(y, reading) else None for y in years)
    enough = 3 if shape == "bare" or not name.isupper() else 2
    if len(key) >= enough and not key.isdigit():
        yield Sighting(
            key=key, name=name, series=None, year=year, zone=zone, near_year=near, shape=shape
        )


def _worded(
    text: str, match: re.Match[str], zone: Evidence, reading: Reading
) -> Iterator[Sighting]:
    """Yield "<Name> Conference" and the like: walk back over the words of the name."""
    line = text.rfind("\n", 0, match.start()) + 1
    head = text[max(line, match.start() - 110) : match.start()]
    if head and not head[-1].isspace() and not head.endswith("-"):
        return
    kept, year = _walk_back(head.split()[-9:])
    inner = [index for index, word in enumerate(kept) if word.lower() == "the"]
    kept = kept[inner[-1] + 1 :] if inner else kept
    while kept and (kept[0] in _LINKING or _OPENING.match(kept[0]) or _ORDINAL.match(kept[0])):
        kept.pop(0)
    while kept and kept[-1] in _LINKING:
        kept.pop()
    words = [
        re.sub(r"'s$", "", word) if len(kept) > 1 else word
        for word in kept
        if not _COUNTED.match(word)
    ]
    about = _ABOUT.match(text, match.end())
    if not about and not any(_distinct(word) for word in words):
        return
    joint = "" if head.endswith("-") or not words else " "
    end = about.end() if about else match.end()
    years = years_at(text, match.start(), end, glued=False)
    name = " ".join(words) + joint + text[match.start() : end]
    yield from sighted(name, (year or years[0], years[1]), zone, "worded", reading)


def _distinct(word: str) -> bool:
    """Tell whether `word` tells one event from another."""
    low = word.lower().rstrip(".")
    return low not in _LINKING and low not in MONTHS and not _PLAIN.match(word)


def _walk_back(words: list[str]) -> tuple[list[str], int | None]:
    """Return the last words that may belong to a name, and a year that stands among them."""
    kept: list[str] = []
    year: int | None = None
    for word in reversed(words):
        if word[-1] in ".,;:!?)|–" and not re.fullmatch(r"[A-Z]\.", word):
            break
        bare = word.strip("(“\"'[<*")
        number = re.fullmatch(r"((?:19|20)\d\d)(?:'s)?", bare)
        if number:
            year = year or int(number.group(1))
        elif (bare in _LINKING and kept) or bare[:1].isupper() or _ORDINAL.match(bare):
            kept.insert(0, bare)
        else:
            break
        if word[0] in '(“"[':
            break
    return kept, year


def _bare(text: str, match: re.Match[str], zone: Evidence, reading: Reading) -> Iterator[Sighting]:
    """Yield "PyTexas", "RSECon24" and the like."""
    name = match["name"]
    if FRAME_STRONG.search(name.lower()) or LOOKALIKE.match(name.lower()):
        return
    years = years_at(text, match.start(), match.end(), glued=False)
    if years[0] is None and zone not in (Evidence.TITLE, Evidence.LEAD, Evidence.HEADING):
        return
    if years[0] is None and re.search(r"(?:Camp|Meet|Hack|Days)$|^Py", name):
        return
    yield from sighted(name, years, zone, "bare", reading)


def _frames(word: str) -> bool:
    """Tell whether a word frames an account ("Recap") rather than names an event."""
    return bool(FRAME_STRONG.search(word.lower()) or FRAME_WEAK.search(word.lower()))


def _dated_title(match: re.Match[str], zone: Evidence, reading: Reading) -> Iterator[Sighting]:
    """Yield "Surge 2010" and "ISC2019": capitals with a year, in titles and tags only."""
    words = re.split(r"\s+", match["name"].replace(":", " ").strip())
    while words and (_OPENING.match(words[0]) or words[0].lower() in _LINKING or _frames(words[0])):
        words.pop(0)
    if not any(word[:1].isupper() or word[-1:].isupper() for word in words):
        return
    first, last = words[0].lower(), words[-1].lower()
    if LOOKALIKE.match(first) or LOOKALIKE.match(last) or last in MONTHS or _frames(last):
        return
    digits = match["year"].lstrip("'")
    year = int(digits) if len(digits) == 4 else 2000 + int(digits)
    published = reading.published
    if len(digits) == 2 and published and abs(published.year - year) > 2:
        return
    yield from sighted(" ".join(words), (year, None), zone, "dated", reading)
