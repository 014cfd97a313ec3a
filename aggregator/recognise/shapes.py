"""Finds events that no registry lists, by the shape of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from itertools import chain

from aggregator.model import Evidence
from aggregator.recognise import places
from aggregator.recognise.phrases import Words
from aggregator.recognise.reading import Reading, Vocabulary, places_of
from aggregator.recognise.sightings import LOOKALIKE, Sighting, plausible, series_key, years_at
from aggregator.recognise.words import (
    EVENT_STARTS,
    EVENT_STARTS_LOW,
    EVENT_WORD,
    EVENT_WORD_LOW,
    FORWARD_STARTS,
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
    r"Apply|Apologies|Welcome|Printable|Best|Encouraging|Great|Amazing|Wonderful|Awesome|Exciting|"
    r"Fantastic|Successful|Happy|Meet|See|Read|Watch|Videos?|Slides|Talks?|Keynote|Call|Calls|CFP|"
    r"Dates?|News|Update|Updates|Program|Programme|Schedule|Registration|Tickets|Scholarships?|"
    r"Sponsors?|Sponsorship|Volunteers?|Proposals?|More|Some|Live|Using|Building|Organi[sz]ing|"
    r"Hosting|Planning|Going|Coming|Back|Day|Part|Week"
    r"|Der|Die|Das|Den|Dem|Am|Im|Vom|Zum|Zur|Beim|Auf|Ein|Eine|Einen|El|La|Los|Las|Un|Una|Le|"
    r"Les|Primer[ao]?|Rückblick|Bericht|Retour|Het|De|Sur|Sobre|Zu|Bei|Au|Aux|Du|Del|Al|Notre|"
    r"Unser[en]?|Onze|Nuestr[ao]|Nach|Nach|Ankündigung|Einladung|Compte|Crónica|Resumen|Verslag)$"
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
    r" (?:on|for|of|über|zu|zur|zum|sur|sobre) (?:the |der |die |den )?[A-Z][\w-]+(?:(?: (?:and|"
    r"of|in|for|the|und|et|y|&))? [A-Z][\w-]*){1,6}"
)
# "... Conference on Research Data (CoRD 2023)": the short name is the usual one.
_ACRONYM = re.compile(
    r"s? ?\((?:the |die |der |le |la )?[\"“']?(?P<name>[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z-]{0,8})"
)
_COUNTED = re.compile(
    r"^(?:\d+(?:st|nd|rd|th)|First|Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth|Tenth|"
    r"Annual|Inaugural)$"
)


_GLUED_YEAR = re.compile(r"(?P<name>[A-Za-z][\w.-]*[A-Za-z])(?:'?\d\d|(?:19|20)\d\d)")
_BARE_NAME = re.compile(
    r"\b(?P<name>(?:[A-Z][\w.]*(?:Con(?:f|nect)?|Camp|Fest|Days|Hack|Unconf|RSE|Summit|Meet)|"
    r"Py(?!thon|Torch|PI|Pi)[A-Z]\w+|[A-Z]\w*CON|[A-Z][a-z]+[Cc]onf|[a-z]{2,8}(?:Con|RSE|conf)|un[Cc]onf|"
    r"[a-z]+unconf)(?:\.(?:[a-z]{2}|org)\b)?)(?=[\W\d_]|$)"
)


_TITLE_YEAR = re.compile(
    r"(?<![\w:.-])(?P<name>(?:[A-Z][\w.+&/-]*(?:'s)?[ :]{1,2}(?:(?:in|of|on|the|for|and|de|des|du|"
    r"la|der|die|für|y|et) ){0,2}){0,4}(?:[A-Z]|"
    r"[a-z]+[A-Z_.:])[\w.+&/!:-]*?[A-Za-z!.]) (?P<year>(?:19|20)\d\d)(?!\d|-\d)"
)


_TITLE_GLUED = re.compile(
    r"(?<![\w.:-])(?P<name>[A-Za-z][A-Za-z-]*[A-Z][A-Za-z-]*|[A-Z]{2,}|"
    r"[A-Z][a-z]+[A-Z]\w*?)!?[ ]?(?P<year>'\d\d|(?:19|20)\d\d|(?<! )[012]\d)(?![\w.%])"
)


MORE_OF_NAME = re.compile(r"(?: [A-ZÀ-Þ][\w-]+){1,2}(?= (?:19|20)\d\d\b)")  # "PyDay Cuenca 2022"
# Too little without a year: a product or a person may be called so.
_WEAK_BARE = re.compile(r"(?:Camp|Meet|Hack|Days)$|^Py(?!.*(?:C[Oo][Nn]|Days?|Fest|Camp|Data)$)")


# Languages in which the kind of event comes first and its name behind it.
_BIG = r"(?:[A-ZÀ-Þ][\w/&+.'-]*[\w+]|[A-ZÀ-Þ])"
_SMALL = (
    r"(?:de las?|de los|del?|des|du|d'|de l'|von|vom|van de|van het|im|der|für|zu|zur|zum|van|voor|"
    r"over|sobre|sur|en|"
    r"e|y|et|und|da|do|dos|das|[Ii]nter[Nn]a[ct]ional\w*|[Nn]a[ct]ional\w*|[Aa]nual|annuel\w*)"
)
_FORWARD = re.compile(
    rf"\b(?:{'|'.join(sorted(FORWARD_STARTS - {'Tag', 'Dag'}))}|[TD]ag(?= [dv]))"
    rf"(?: {_SMALL}(?: |(?<=')))*"
    rf"(?<=[ '])?(?: ?{_BIG})(?: (?:{_SMALL} )*{_BIG}){{0,6}}"
)


# How the last word of a name ends that `_BARE_NAME` knows; a cheap test before the dear one.
_BARE_ENDS = (
    "Con", "CON", "Conf", "Connect", "Camp", "Fest", "Days", "Hack", "Unconf", "RSE", "Summit",
    "Meet", "conf",
)  # fmt: skip
_DIGITS = "0123456789"
YEAR_LIKE = re.compile(r"\d\d")  # beside one a title may name an event of any name


@dataclass(frozen=True, slots=True)
class Hints:
    """What the words of a text say beforehand: most texts hold no event's name."""

    starts: frozenset[str]  # of "... Conference" and the like
    low: bool  # of the same in lower case
    bare: bool  # some word ends like "RSECon24"

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self.starts or self.low or self.bare)


def hints(words: Vocabulary) -> Hints:
    """Return what `words` say beforehand of the text that they are taken from."""
    bare = any(
        word.rstrip(_DIGITS).endswith(_BARE_ENDS) or (word.startswith("Py") and word[2:3].isupper())
        for word in words.marked
    )
    return Hints(
        EVENT_STARTS & words.distinct,
        not EVENT_STARTS_LOW.isdisjoint(words.distinct),
        bare or "conf " in f"{' '.join(words.listed)} ",
    )


def find_open(text: str, zone: Evidence, reading: Reading, hinted: Hints) -> Iterator[Sighting]:
    """Find events that no registry lists, by the shape of their names; `hinted` of `text`."""
    yield from _by_word(text, zone, reading, hinted)
    if zone != Evidence.ADDRESS and hinted.bare:
        for match in _BARE_NAME.finditer(text):
            yield from _bare(text, match, zone, reading)
    if zone in (Evidence.TITLE, Evidence.TAG) and YEAR_LIKE.search(text):
        for match in chain(_TITLE_YEAR.finditer(text), _TITLE_GLUED.finditer(text)):
            yield from _dated_title(match, zone, reading)


def _by_word(text: str, zone: Evidence, reading: Reading, hinted: Hints) -> Iterator[Sighting]:
    """Find names of which a word says what they are: "... Conference", "Jornadas de ..."."""
    for match in _anchored(EVENT_WORD, text, hinted.starts):
        yield from _worded(text, match, zone, reading)
    if zone in (Evidence.TITLE, Evidence.LEAD, Evidence.HEADING) and hinted.starts & FORWARD_STARTS:
        for match in _FORWARD.finditer(text):
            yield from _forward(text, match, zone, reading)
    if zone in (Evidence.TITLE, Evidence.LEAD) and hinted.low:
        for match in EVENT_WORD_LOW.finditer(text):
            for one in _worded(text, match, zone, reading):
                yield replace(one, shape="low")


def _anchored(pattern: re.Pattern[str], text: str, starts: Set[str]) -> Iterator[re.Match[str]]:
    """Yield the matches of `pattern` that begin with one of `starts`, one after the other."""
    done = 0
    for place in places_of(text, starts):
        match = pattern.match(text, place) if place >= done else None
        if match:
            done = match.end()
            yield match


def sighted(
    name: str,
    years: tuple[int | None, int | None],
    where: tuple[Evidence, int, int],
    shape: str,
    reading: Reading,
) -> Iterator[Sighting]:
    """Yield the sighting of an unknown event, unless its name is too short to tell anything.

    `where`: zone, and where in its text.
    """
    key = series_key(name)
    year, near = (y if y and plausible(y, reading) else None for y in years)
    enough = 3 if shape == "bare" or not name.isupper() else 2
    if len(key) >= enough and not key.isdigit():
        yield Sighting(
            key=key,
            name=name,
            series=None,
            year=year,
            zone=where[0],
            near_year=near,
            span=where[1:],
            shape=shape,
        )


def _worded(
    text: str, match: re.Match[str], zone: Evidence, reading: Reading
) -> Iterator[Sighting]:
    """Yield "<Name> Conference" and the like: walk back over the words of the name."""
    line = text.rfind("\n", 0, match.start()) + 1
    head = text[max(line, match.start() - 110) : match.start()]
    if head and not head[-1].isspace() and not head.endswith("-"):
        return
    kept, year = _walk_back(head.split()[-9:], whole=line == 0 and len(head) == match.start())
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
    if words and year is None:
        glued = _GLUED_YEAR.fullmatch(words[-1])  # "BioC2024 conference"
        if glued:
            years = years_at(words[-1], 0, len(glued["name"]), glued=False)
            yield from sighted(
                " ".join([*words[:-1], glued["name"]]),
                years,
                (zone, max(text.rfind(kept[0], line, match.start() + 1), line), match.end()),
                "worded",
                reading,
            )
            return
    about = _ABOUT.match(text, match.end())
    if not about and not any(_distinct(word) for word in words):
        return
    joint = "" if head.endswith("-") or not words else " "
    end = about.end() if about else match.end()
    name = " ".join(words) + joint + text[match.start() : end]
    if about and not words and match.group()[0].islower() and about.group().startswith(" of "):
        name = about.group().removeprefix(" of ").removeprefix("the ")  # "meetup of the X Group"
    if year and head.rstrip().endswith(str(year)) and match.group().lower() == "conference":
        name = " ".join(words)  # of "YAPC::NA 2015 Conference" the last word only explains
    short = _ACRONYM.match(text, end)
    if short and _abbreviates(short["name"], name):
        name, end = short["name"], short.end("name")
    years = years_at(text, match.start(), end, glued=False)
    start = text.rfind(kept[0], line, match.start() + 1) if kept else match.start()
    where = zone, max(start, line), end
    yield from sighted(name, (year or years[0], years[1]), where, "worded", reading)


def _forward(
    text: str, match: re.Match[str], zone: Evidence, reading: Reading
) -> Iterator[Sighting]:
    """Yield "Jornadas de Software Libre", "Treffen von RSE-Gruppen": the name goes on behind."""
    name = match.group().rstrip()
    years = years_at(text, match.start(), match.end(), glued=False)
    where = zone, match.start(), match.start() + len(name)
    yield from sighted(name, years, where, "worded", reading)


def _abbreviates(short: str, name: str) -> bool:
    """Tell whether the capitals of `short` stand in the order of `name`'s letters."""
    letters = iter(name.lower())
    return all(letter.lower() in letters for letter in short if letter.isupper())


def _distinct(word: str) -> bool:
    """Tell whether `word` tells one event from another."""
    low = word.lower().rstrip(".")
    return low not in _LINKING and low not in MONTHS and not _PLAIN.match(word)


def is_opening(word: str) -> bool:
    """Tell whether `word` begins titles and sentences rather than names."""
    return bool(_OPENING.match(word)) or word in _LINKING


def _walk_back(words: list[str], *, whole: bool) -> tuple[list[str], int | None]:
    """Return the last words that may belong to a name, and a year that stands among them.

    `whole`: the words begin the text, so the first one may be in lower case ("scikit-learn").
    """
    kept: list[str] = []
    year: int | None = None
    for place, word in reversed(list(enumerate(words))):
        if word[-1] in ".,;:!?)|–" and not re.fullmatch(r"[A-Z]\.", word):
            break
        bare = word.strip("(“\"'[<*")
        number = re.fullmatch(r"((?:19|20)\d\d)(?:'s)?", bare)
        if number:
            year = year or int(number.group(1))
        elif (
            (bare in _LINKING and kept)
            or bare[:1].isupper()
            or _ORDINAL.match(bare)
            or _COINED.search(bare)
            or (whole and place == 0 and "-" in bare)
        ):
            kept.insert(0, bare)
        else:
            break
        if word[0] in '(“"[':
            break
    return kept, year


def _bare(text: str, match: re.Match[str], zone: Evidence, reading: Reading) -> Iterator[Sighting]:
    """Yield "PyTexas", "RSECon24", "WordCamp NYC" and the like."""
    name = match["name"]
    if FRAME_STRONG.first(Words(name)) or LOOKALIKE.match(name.lower()):
        return
    more = MORE_OF_NAME.match(text, match.end())
    end = more.end() if more else places.behind(text, match.end())
    years = years_at(text, match.start(), end, glued=False)
    if years[0] is None and zone not in (Evidence.TITLE, Evidence.LEAD, Evidence.HEADING):
        return
    if years[0] is None and end == match.end() and _WEAK_BARE.search(name):
        return
    name += text[match.end() : end]
    yield from sighted(name, years, (zone, match.start(), end), "bare", reading)


_COINED = re.compile(r"[a-z][A-Z]")  # "metaRbolomics"
_JOINED = re.compile(r"\w[_.:]+\w")  # "wroc_love.rb", "rstudio::conf"
# Before a year these make no event, whatever stands before them.
_UNDATED = re.compile(
    r"^(?:since|in|from|until|by|of|for|during|after|before|quarter|semester|survey|census|report|"
    r"review|digest|newsletter|updates?|news|awards?|fellows?|fellowship|roadmap|goals?|plans?|"
    r"version|release|issue|edition|volume|year|summer|winter|spring|autumn|fall|umfrage|"
    r"hacktoberfest|gsoc|recap|highlights|retrospective|libre|data|agenda|horizon)$"
)


def _frames(word: str) -> bool:
    """Tell whether a word frames an account ("Recap") rather than names an event."""
    return bool(FRAME_STRONG.first(Words(word)) or FRAME_WEAK.first(Words(word)))


def _dated_title(match: re.Match[str], zone: Evidence, reading: Reading) -> Iterator[Sighting]:
    """Yield "Surge 2010" and "ISC2019": capitals with a year, in titles and tags only."""
    words = re.split(r"\s+", match["name"].replace(":", " ").strip())
    while words and (_OPENING.match(words[0]) or words[0].lower() in _LINKING or _frames(words[0])):
        words.pop(0)
    if not any(word[:1].isupper() or word[-1:].isupper() or _JOINED.search(word) for word in words):
        return
    first, last = words[0].lower(), words[-1].lower()
    alone = len(words) == 1
    if (alone and LOOKALIKE.match(last)) or _UNDATED.match(last) or last in MONTHS or _frames(last):
        return
    if LOOKALIKE.match(first) or places.is_place(" ".join(words)):
        return
    digits = match["year"].lstrip("'")
    year = int(digits) if len(digits) == 4 else 2000 + int(digits)
    published = reading.published
    if len(digits) == 2 and published and abs(published.year - year) > 2:
        return
    start = match.end("name") - len(" ".join(words))
    where = zone, max(start, 0), match.end()
    yield from sighted(" ".join(words), (year, None), where, "dated", reading)
