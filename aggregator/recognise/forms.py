"""The forms in which posts write talks: quoted titles, "Title – Name", headings, sentences."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.model import Block
from aggregator.recognise import people
from aggregator.recognise.phrases import Words
from aggregator.text import squeeze

_SENTENCE = re.compile(r"[.!?][\"”')\]]*\s+(?=[^\sa-z])|\n+")


_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Dr|Prof|Mr|Mrs|Ms|e\.g|i\.e|vs|etc|St|No|Nr|bzw|ca|z\.B))$"
)


QUOTED = re.compile(
    r"“([^“”\n]{3,180})”|\"([^\"\n]{3,180})\"|«\s?([^«»\n]{3,180}?)\s?»|"
    r"„([^„“”\n]{3,180})[“”]|(?<![\w])‘([^‘\n]{6,150}?)'(?!\w)|"
    r"(?<![\w'])'([^'\n]{12,150}?)'(?!\w)"
)


MARK = re.compile(r"[\"“„«]")  # a sentence without these quotes no title
NAMED = re.compile(
    r"\b(?:titled|entitled|called|named|title was|on the topic|mit dem titel|titulad[ao]|"
    r"intitulée?)[:,]?\s+(?P<title>[A-Z][^.;()\n]{5,140}?)(?=[.;()\n]|, (?:which|where|"
    r"in which|she|he|they|we|I|was|and)\b| (?:which|where|was|is|and (?:she|he|they|it|I|"
    r"we))\b|$)"
)


_NAMING = (
    "titled",
    "called",
    "named",
    "title was",
    "topic of",
    "mit dem titel",
    "titulad",
    "intitul",
)


def may_name(text: str) -> bool:
    """Tell whether `NAMED` can be found in `text`; cheaper than looking for it."""
    return any(words in text for words in _NAMING)


ABOUT = re.compile(
    r"\b(?:talk(?:ed)?|keynote|session|presentation|presented|spoke|speaking|lecture|tutorial|"
    r"vortrag|sprach|charla|habló|presentation|workshop)s?\b(?: [\w@.-]+){0,2}? (?:on|about|über|"
    r"zu|zum thema|sobre|sur|over) (?P<title>[^.;:(),\n“\"]{5,100}?)(?=[.;:(),\n]| (?:that|"
    r"which|where|was|is|ist|war|sind|est|fue|es|está|and (?:how|she|he|they)|given|by|with|"
    r"in which|who|at the|during|from)\b|$)",
    re.IGNORECASE,
)


_TALK_WORDS = frozenset(
    """
    talk talks keynote keynotes lightning presentation presentations presented session sessions
    tutorial tutorials lecture lectures speaker speakers spoke demo demos panel slides vortrag
    vorträge charla charlas speak ponencia présentation exposé lezing discussion workshop
    """.split()  # noqa: SIM905
)


@lru_cache(maxsize=64)  # asked several times of one sentence
def says_talk(text: str) -> bool:
    """Tell whether `text` speaks of a talk or what is like one."""
    return not _TALK_WORDS.isdisjoint(Words(text).distinct)


_GENERIC_HEADING = re.compile(
    r"^(?:the |my |our |some |other |more |a few |die |les |las |los |de )*"
    r"(?:(?:favou?rite|notable|interesting|best|"
    r"invited|selected|short|great|day|lightning|opening|closing|first|second|third|keynote|"
    r"conference|contributed|technical|final|two|one|three|\d+|#\d+|\d+(?:st|nd|rd|"
    r"th))[\s:,-]*)*(?:talks?|keynotes?|keynote speakers?|sessions?|presentations?|tutorials?|"
    r"workshops?|posters?|panels?|lightning talks?|day|overview|summary|introduction|"
    r"conclusions?|links?|slides|videos?|recordings?|resources|highlights?|takeaways?|"
    r"takeaway messages|themes?|topics?|schedule|program(?:me)?|speakers?|references|"
    r"further reading|acknowledge?ments|what'?s next|next steps|discussions?|q ?& ?a|"
    r"questions?|notes|background|about|wrap[- ]?up|final thoughts|outlook|community|social|"
    r"networking|the event|the conference|sprints?|hackathon|thanks|thank you|agenda|vorträge|"
    r"fazit|zusammenfassung|ausblick|impressum|conférences|charlas|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|morning|afternoon|evening|attendees|participants|"
    r"organi[sz]ers|sponsors)?[\s:!.?]*$",
    re.IGNORECASE,
)


# Of a section that tells of several things, or of the days: "What we taught", "Day one: meshes".
_SECTION_HEADING = re.compile(
    r"^(?:(?:what|was|wen|wie) (?:we|i|it|went|did|didn'?t|worked|got|was|others|wir|ich|bleibt|"
    r"war)\b(?: [\w']+){0,4}"
    r"|(?:\w+ )?(?:talks?|sessions?|vorträge)\b(?:,| in between| (?:we|i) \w+).*"
    r"|(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag),? "
    r"[^:]*\d[^:]*|(?:day|tag) (?:\d+|one|two|three|four|five|eins|zwei|drei)\b.*)$",
    re.IGNORECASE,
)


_MANY_TALKS = re.compile(
    r"\b(?:talks|sessions|presentations|keynotes|posters|workshops|tutorials|vorträge|charlas)$",
    re.IGNORECASE,
)


_LABEL_PARENS = re.compile(
    r"\s*[(\[](?:\s*(?:video|slides?|recording|talk|link|pdf|pptx?|odp|html|code|repo|github|"
    r"abstract|youtube|notebook|paper|doi|zenodo|figshare|osf|poster|demo|blog|folien|aufzeichnung|"
    r"diapos|vidéo|vídeo|slide deck|materials?)\s*[,/|&+]?)+[)\]]\s*",
    re.IGNORECASE,
)


_LABEL_BEFORE = re.compile(
    r"^(?:(?:opening|closing|invited|lightning|short) ?)?(?:keynote|talk|session|lecture|"
    r"opening|closing|eröffnung|abschluss|vortrag|tutorial|workshop|plenary|panel)(?: \d+)?:\s+",
    re.IGNORECASE,
)


def without_labels(text: str) -> str:
    """Return `text` without brackets that hold only labels of links, such as "(video, slides)"."""
    return _LABEL_PARENS.sub(" ", text).strip()


def heading_of(text: str) -> str:
    """Return a heading without labels: no "(video)" behind it, no "Keynote:" before it."""
    bare = without_labels(text).rstrip(":").strip()
    return _LABEL_BEFORE.sub("", bare) or bare


def clean_title(title: str) -> str:
    """Return a title without quotes, labels and trailing punctuation; empty if nothing is left."""
    text = squeeze(title).strip(' "“”„«»‘.,;:–-|')
    if text.count("'") < 2:  # else they quote something within the title
        text = text.strip("'")
    text = re.sub(
        r"^(?:(?:his|her|their|my|a|the|great|keynote|lightning|talk|presentation|"
        r"session)\s+){0,3}(?:talk|keynote|presentation|session|lecture)s?(?:\s+(?:called|titled|"
        r"entitled|on|about|named)\s+|:?\s*[\"“„«](?=[^\"”“»]+$))",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"^(?:[A-Z]\S+ ){1,4}(?<='s )(?:\w+ ){0,2}(?:talk|keynote|presentation|session|lecture) "
        r"(?:on|about|called|titled|entitled) ",
        "",
        text,
    )
    text = re.sub(
        r"[\s,:;–|-]+(?:les |the |die )?(?:slides?|video|recording|pdf|folien|talk)$",
        "",
        text,
        flags=re.IGNORECASE,
    )
    if len(text) < 3 or len(text) > 220:
        return ""
    return text.strip('"“”') if text.count('"') % 2 else text


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences and lines of `text`."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        if match.group()[0] == "." and _ABBREVIATION.search(
            text, max(0, match.start() - 6), match.start()
        ):
            continue
        spans.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    spans.append((start, len(text)))
    return [(a, b) for a, b in spans if b > a]


def quoted_in(text: str) -> list[str]:
    """Return the quoted phrases of `text`."""
    return [next(part for part in match.groups() if part) for match in QUOTED.finditer(text)]


_TITLE_BEFORE = re.compile(
    r"\b(?:talk|keynote|session|presentation|lecture|tutorial|workshop|panel|discussion|vortrag|"
    r"(?:told|spoke|talked|talk|session) of|in|on|about|with|über|mit|sobre|sur|over|called|"
    r"titled|entitled|named|taught|presented|presentó|presentaron|impartió|présenté|présentait|"
    r"intitulée?|präsentierte|stellte|presenteerde|getiteld|llamad[ao]|titulad[ao]|"
    r"presents|gave|was)[,:]? $",
    re.IGNORECASE,
)
_TITLE_AFTER = re.compile(
    r"^,? (?:(?:an? |the )?[\w-]+ (?:[\w-]+ )?)?(?:by|von|par|por|door) (?=[^\W\d_a-z])"
)


def titles_in(sentence: str) -> list[str]:
    """Return the quoted phrases that stand where titles of talks stand.

    Either behind words such as "in" or "her talk", or before "by Name".
    """
    found = []
    for match in QUOTED.finditer(sentence):
        title = next(part for part in match.groups() if part)
        placed = _TITLE_BEFORE.search(
            sentence, max(0, match.start() - 20), match.start()
        ) or _TITLE_AFTER.match(sentence[match.end() : match.end() + 60])
        if placed and is_title(title):
            found.append(title)
    return found


def is_title(quoted: str) -> bool:
    """Tell whether a quoted phrase may be a title: several words, not begun in lower case."""
    return " " in quoted.strip() and len(quoted) <= 130 and not quoted[0].islower()


def is_good_label(text: str) -> bool:
    """Tell whether a player's label is a title rather than the name of a player."""
    return len(text.split()) >= 3 and not re.search(
        r"video player|youtube|embed", text, re.IGNORECASE
    )


def is_heading_line(block: Block, following: Block | None) -> bool:
    """Tell whether a short line that ends in a colon stands for a heading."""
    text = block.text.strip()
    if block.kind != "paragraph" or not text.endswith(":") or len(text) > 90 or block.links:
        return False
    words = text.split()
    if not 2 <= len(words) <= 12 or not text[0].isupper() or re.search(r"[.!?] ", text):
        return False
    if re.search(
        r"\b(?:here|following|below|i|we|my|our|some|these|are|is|was|were|include[sd]?)\b",
        text.lower(),
    ):
        return False
    return following is not None and following.kind == "paragraph" and len(following.text) > 80


def is_generic_heading(title: str) -> bool:
    """Tell whether a heading names a group of talks or a part of the post, not one talk."""
    return bool(
        _GENERIC_HEADING.match(title) or _MANY_TALKS.search(title) or _SECTION_HEADING.match(title)
    )


def _names_only(text: str) -> tuple[str, ...]:
    """Return the names when `text` is a list of names (with affiliations) and nothing else."""
    bare = re.sub(r"\s*\([^)]{0,100}\)", "", text).strip(" .,;:–-")
    bare = re.sub(r"^(?:by|with|von|speakers?:?|presented by|given by)\s+", "", bare, flags=re.I)
    parts = [
        part.strip()
        for part in re.split(r",\s*(?:and )?|\s(?:and|&|und|y|et)\s|;\s*|\s/\s", bare)
        if part.strip()
    ]
    if not parts or len(parts) > 6 or not all(people.is_name(part) for part in parts[:1]):
        return ()
    names = [part for part in parts if people.is_name(part)]
    return tuple(names) if len(names) * 2 > len(parts) or len(parts) <= 2 else ()


_SPLITS = (
    re.compile(r"^(?P<who>[^:]{4,90}):\s+(?P<title>.{4,200})$"),
    re.compile(
        r"^(?P<title>.{4,200}?)[\"”»]?\s*,?\s+(?:by|von|par|por|door|"
        r"with)\s+(?P<who>[^\n]{4,140})$"),
    re.compile(r"^(?P<title>.{4,200}?)\s+[–|-]+\s+(?P<who>[^\n]{4,140})$"),
    re.compile(r"^(?P<who>.{4,90}?)\s+[–|-]+\s+(?P<title>.{4,200})$"),
    re.compile(r"^(?P<title>[^(]{4,200}?)\s*\((?P<who>[^()]{4,120})\)\s*$"),
    re.compile(r"^[“\"](?P<title>[^”\"]{4,200})[”\"],?\s*(?P<who>.{4,140})$"),
)  # fmt: skip


_COMMA = re.compile(r"^(?P<title>\S+ \S+ [^,]{4,160}?),\s+(?P<who>[^:;?!]{4,140})$")
# "Programme Co-chair: Ada Stone" tells of a person, not of a talk.
_ROLE = re.compile(
    r"\b(?:(?:co-?)?chairs?|committee|manager|director|officer|coordinator|lead|leader|head|"
    r"professor|engineer|developer|scientist|researcher|student|editor|president|treasurer|"
    r"secretary|photo|photo credit|image|credits?|author|authors|sponsor|host|contact|thanks to|"
    r"organi[sz]ers?|helpers?|instructors?|mentors?|judges?|winners?)$",
    re.IGNORECASE,
)
_MAY_SPLIT = re.compile(r"[:–|(\"”»]| - | (?:by|von|par|por|door|with) ")


def form_of(text: str, *, comma: bool = False) -> tuple[str, tuple[str, ...]] | None:
    """Return title and speakers of a line in one of the usual forms ("Title – Name").

    With `comma` also of "Title, Name and Name", which only headings and links write.
    """
    if len(text) > 400 or not (comma or _MAY_SPLIT.search(text)):
        return None
    line = squeeze(without_labels(text))
    for pattern in (*_SPLITS, _COMMA) if comma else _SPLITS:
        match = pattern.match(line)
        if match:
            names = _names_only(match["who"])
            title = match["title"]
            if (
                names
                and not people.is_name(title)
                and not _ROLE.search(title)
                and len(title.split()) >= 2
            ):
                return title, names
    return None
