"""Finds people's names, and whether the words around them make them speakers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UP = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĖĘĚĞĠĢĪĮİĶŁŃŅŇŌŐŒŔŘŚŜŞŠŢŤŪŮŰŲŹŻŽȘȚА-Я\u4e00-\u9fff"
_PARTICLE = r"(?:van|von|de|der|den|la|le|el|bin|ibn|al|da|das|do|dos|di|du|del|ter|ten|zu|y|e)"
_PARTICLES = frozenset(_PARTICLE[3:-1].split("|"))
_PART = rf"(?:[{_UP}]\.(?:-?[{_UP}]\.)*|[{_UP}][^\W\d_]*(?:['-][{_UP}]?[^\W\d_]+)*)"
_NAME = re.compile(
    rf"(?<![\w@#/'-])(?:(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx)\.? )*"
    rf"(?P<name>{_PART}(?:(?: {_PARTICLE})* {_PART}|(?: {_PARTICLE})+ [{_UP}][^\W\d_]+){{0,3}})"
)
# Capitalised words of this field that stand in no person's name; as text, because five hundred
# quoted literals are no easier to read.
_NO_PERSON = frozenset(
    """
    a about academy according acknowledgements across additionally advanced africa after again
    agenda ai airport all alliance als also although am amazon america american among amsterdam
    an anaconda analysis analytics and angeles angular another anyone api apis apple application
    applications april arbeitsgruppe architecture artificial as asia association at attendee
    attendees auf august aus austin australia author avec award awards bar based bay beach
    because before bei beim being berlin besides best better between big bioconductor birds bof
    boston both breakout bridge british brussels building business but by call calls cambridge
    career careers case castle cd ce center centre cette chair chapter check chicago church ci
    city closed closing cloud club co code coding college committee community como company
    computation computational computer computers computing comunidad con conclusion conclusions
    conda conference consortium continuous copenhagen council covid cpu creating css csv dans
    das dask data day days de debian december deep del delivery dem demo demos den department
    deploying deployment der des design despite developer developers developing development die
    diese dieser dieses digital director discord diversity django docker dr driven du during
    each earlier east edinburgh editor education ein eine el en engineer engineered engineering
    engineers england enterprise er es esta este et europe european even event events every
    everybody everyone facebook fair faq feather february fedora fellow fellows fellowship final
    finally first firstly flask for forschungssoftware fortran fortunately foundation fourth
    france francisco free french friday from functional furthermore future für general geneva
    german germany gesellschaft getting git github gitlab given global gmbh good google gpu
    grant great group hackathon hacker hackers hadoop hall haskell having he head health
    helsinki hence her here high highlights him his host hotel house how however hpc html human
    humanities humans i ibm ich if im in inc inclusion infrastructure initiative inspired
    instead institut institute integration intel intelligence interestingly international into
    introduction island it italy its january java javascript join json july june jupyter
    jupyterhub jupyterlab keras keynote keynotes kingdom konferenz kubernetes la lab
    laboratories laboratory labs lake language languages large las last lastly later le lead
    learning les libraries library lightning like links linux llm llms local london los ltd
    luckily machine macos making management manager manchester many march mastodon matlab may
    maybe me meanwhile media medical meeting meetup members method methods microsoft mit ml
    model models modern monday mongodb more moreover most mountain mozilla much museum my mysql
    nach national network networks neural new news next nix nixos no nobody node nordic north
    nos not notes nous november now numfocus numpy nvidia object october of old on once one only
    onto open open-source opening or organisers organizers oriented oslo other others our over
    overall overview oxford package packages packaging palace pandas panel para paris park part
    participants pdf people performance perhaps perl personally platform platforms plenary
    policies policy por portland posit poster posters postgres postgresql pour practical
    practice practices prague presentation presentations president private prize product prof
    professor program programme programming project projects public python pytorch q&a quarto
    que quick rails react read real recording references reproducibility reproducible research
    resources restaurant review reviews river room rse rses rstudio ruby rust sadly san saturday
    scala scaling schedule school science scientific scipy scotland se seattle second secondly
    security see september service services session sessions several she sheffield shiny sie
    similarly simple since slack slides small so social society software some someone source
    south spack spain spark speaker speakers sprint sql sqlite square start startup startups
    state states still stockholm street studies study su such summary summer summit sunday sur
    sustainability sustainable symposium system systems talk talks teaching team tensorflow test
    testing than thank thanks that the their then theory there therefore these they third this
    those though three through thursday thus tidyverse time to today tomorrow too tool tools
    tower town track training tuesday tutorial tutorials twitter two typescript ubuntu un una
    unconference und under understanding une unfortunately united universidad university
    universität unlike until us user users using verein very video videos vienna visualisation
    visualization von vor vue was washington we web wednesday week welcome well west what when
    where which while who why wie windows wir with without women workshop world writing xml y
    yes yesterday york you your youtube zoom zulip zum zur zurich über
    unser unsere unserem unserer ihr ihre ihrem seine seinem kollege kollegin kollegen vortrag
    vorträge beitrag folien aufzeichnung eröffnung eröffnungsvortrag auftakt frau herr vom
    audience credit credits photo photos picture pictures pretty especially specifically generally
    we've i've they've it's that's there's let's some several various congratulations kudos dear
    hello hi thankyou slide discussion discussions chairs co-chair breakout breakouts plenary room
    herrn nachmittag vormittag abend anleitung blog einleitung einführung
    """.split()  # noqa: SIM905
)
_SPEAK = (
    r"(?:gave|gives|giving|presented|presents|presenting|delivered|delivers|led|leads|spoke|"
    r"speaks|speaking|talked|talks|talking|shared|shares|discussed|discusses|introduced"
    r"|introduces|showed|shows|showcased|walked|explained|explains|described|describes|"
    r"demonstrated|demonstrates|demoed|demo'd|demonstrating|opened|closed|kicked|told|taught|"
    r"argued|covered|covers"
    r"|explored|explores|outlined|highlighted|reported|reflected|did|covered|dove|dived|"
    r"offered|provided|took us|took the stage|made the case|asked|hosted|ran|moderated|"
    r"addressed|announced|emphasi[sz]ed|touched"
    r"|started|began|summari[sz]ed|reviewed|held|hielt|sprach|stellten?|berichteten?|zeigten?|"
    r"präsentierten?|erläuterten?|referierten?|diskutierten?|presentó|presentaron|habló|"
    r"compartió|mostró|explicó|a présenté|ont présenté|a parlé|a montré|nous a|présente|"
    r"presenteerde|sprak|gaf)"
)
_VERB_AFTER = re.compile(
    rf"^(?: \([^)]{{1,60}}\))?(?:,? (?:from|of|at|who|our|the|von|vom|aus|de|del|"
    rf"du) [^,.;:]{{2,70}},?|, [^,.;:]{{2,60}},)?(?: (?:also|then|recently|kindly|first|next|"
    rf"now|finally|has|have|hat|haben|later|even|really|subsequently|again|and team|"
    rf"from \w+))*,? {_SPEAK}\b"
)
_TALK_NOUN = (
    r"(?:talks?|keynotes?|sessions?|presentations?|tutorials?|workshops?|demos?|"
    r"demonstrations?|lectures?|posters?|slides|slide deck|live demo|panel|lightning talk|"
    r"project|overview|opening|plenary|remarks|contribution|vortrag|beitrag|charla|exposé)"
)
_POSSESSIVE = re.compile(rf"^(?:'s?|’s?|s)(?: [\w,-]+){{0,3}} {_TALK_NOUN}\b", re.IGNORECASE)
_BY = re.compile(
    r"(?:\b(?:by|given by|presented by|delivered by|led by|speakers?:|speaker|presenters?:|"
    r"presenter|von|par|por|door|featuring|(?:talk|keynote|session|presentation|slides|deck|"
    r"tutorial|workshop|lecture|panel|conversation|one|vortrag|charla)s? (?:was |"
    r"were )?(?:from|by|with|of|for|von|de|par))\s*(?:[\"“(]|Dr\.? |Prof\.? |Professor )*|"
    r"\bvon )$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"^(?: \([^)]{1,80}\)|'s?)?(?:,? (?:and|&|und|y|et|en|e|with|mit)|,|;|/|–)\s?(?:Dr\.? |"
    r"Prof\.? |Professor )?$"
)
# "Vortrag von Ada Stone": a noun, not the first name of somebody called von Ada Stone.
_OPENING = re.compile(rf"\S+ (?:von|de|van) (?=[{_UP}]\S* [{_UP}])")
# "Am Nachmittag sprach Ada Stone": the verb stands before the name.
_VERB_BEFORE = re.compile(
    r"\b(?:sprach|berichtete|hielt|zeigte|machte|stellte|erzählte|referierte|erklärte|eröffnete|"
    r"presentó|habló|sprak|presenteerde|vertelde|a présenté) $"
)
# "Solving Cryptic Crosswords", "RSECon UK": titles and events
_TITLE_WORDS = re.compile(r"[A-Z][a-z]{3,}ing |(?:\S+ )*[A-Z]{2,}[a-z]")
# "Das Team stellte vor": German nouns are capitalised, so one word before a verb is no name.
_NOUN = re.compile(
    r" (?:hielt|sprach|stellten?|berichteten?|zeigten?|präsentierten?|erläuterten?|referierten?|"
    r"diskutierten?)\b"
)
# "Ada Stones Vortrag": German writes the genitive without an apostrophe.
_GENITIVE = re.compile(r"s (?=(?:Eröffnungs)?(?:[Vv]ortrag|Beitrag|Folien)\b)")
_PRONOUN = re.compile(r"^(?:.*s|Everyone|Someone|Nobody|One|None)$")


# "Our Rob Example attended PyThing in New York, and here's his recap."
_WROTE = re.compile(
    r"^[^.!?\n]{0,120}?\b(?:attended|went to|visited|travell?ed to|was at|were at|joined|besuchten?"
    r"|waren? (?:auf|bei)|a assisté|asistió|bezocht)\b[^.!?\n]{0,200}\b"
    r"(?:his|her|their|seinen?|ihren?|ses?|sus?|zijn|haar|hun) (?:\w+ )?"
    r"(?:recap|report|review|notes|highlights|impressions|thoughts|summary"
    r"|write-?up|bericht|eindrücke|compte[ -]rendu|resumen|verslag)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A name within a text."""

    name: str
    start: int
    end: int
    speaks: bool  # the words around it say so
    after: bool = False  # it follows what the person gave ("... by Name")


def is_name(words: str) -> bool:
    """Tell whether `words` are nothing but one person's name of two to four words."""
    match = _NAME.fullmatch(words.strip())
    return match is not None and " " in match["name"] and _likely(match["name"])


def _likely(name: str) -> bool:
    parts = name.split(" ")
    if any(part.lower().strip(".'") in _NO_PERSON for part in parts if part not in _PARTICLES):
        return False
    if _TITLE_WORDS.match(name):
        return False
    if parts[0] == "Julia" and (len(parts) > 3 or not parts[-1][0].isupper()):
        return False  # the language, unless it is a given name
    shouting = [part for part in parts if len(part) > 2 and part.isupper()]
    return len(shouting) < len(parts)


def _trimmed(name: str, start: int) -> tuple[str, int]:
    """Cut words before the name that only begin the sentence ("Then Ada Lovelace")."""
    while " " in name:
        opening = _OPENING.match(name)
        if opening is None:
            first, rest = name.split(" ", 1)
            if first.lower().strip(".'") not in _NO_PERSON or not rest[:1].isupper():
                break
            size = len(first) + 1
        else:
            size = opening.end()
        name, start = name[size:], start + size
    while " " in name and name.rsplit(" ", 1)[1].lower() in _NO_PERSON:
        name = name.rsplit(" ", 1)[0]
    return name, start


def find(text: str) -> list[Person]:
    """Return the people named in `text`; single words only where they clearly speak."""
    spans: list[tuple[str, int, int]] = []
    for match in _NAME.finditer(text):
        name, start = _trimmed(match["name"], match.start("name"))
        owner, _, rest = name.partition("'s ")
        if rest and " " in owner:  # "Ada Stone's PyThing"
            name = owner
        elif rest:  # "Examplia's Ada Stone"
            name, start = rest, start + len(owner) + 3
        name = re.sub(r"'s?$", "", name)
        if " " in name and _GENITIVE.match(text, start + len(name) - 1):
            name = name[:-1]
        if len(name) > 1 and _likely(name):
            spans.append((name, start, start + len(name)))
    after = [
        " " in name and bool(_BY.search(text[max(0, start - 40) : start]))
        for name, start, _ in spans
    ]
    speaks = [
        by or _acts(text, start, end) for by, (_, start, end) in zip(after, spans, strict=True)
    ]
    _inherit(text, spans, speaks)
    _inherit(text, spans, after)
    return [
        Person(name, start, end, told, by)
        for (name, start, end), told, by in zip(spans, speaks, after, strict=True)
        if " " in name or (told and not _PRONOUN.match(name) and not _NOUN.match(text, end))
    ]


def _acts(text: str, start: int, end: int) -> bool:
    """Tell whether the verb beside a name, or what the person owns, says that they gave a talk."""
    after = text[end : end + 110]
    return bool(
        _VERB_AFTER.match(after)
        or _POSSESSIVE.match(after[:60])
        or _VERB_BEFORE.search(text, max(0, start - 20), start)
    )


def _inherit(text: str, spans: Sequence[tuple[str, int, int]], speaks: list[bool]) -> None:
    """Let names that are joined by commas or "and" speak together."""
    order = [*range(len(spans) - 1), *reversed(range(len(spans) - 1))]
    for i in order:
        between = text[spans[i][2] : spans[i + 1][1]]
        full = " " in spans[i][0] and " " in spans[i + 1][0]
        if full and len(between) < 90 and _JOINT.match(between):
            speaks[i] = speaks[i + 1] = speaks[i] or speaks[i + 1]


def writers(lead: str) -> tuple[str, ...]:
    """Return who wrote a post, where its first sentence says who went and whose recap this is."""
    match = _WROTE.match(lead)
    if not match:
        return ()
    before = re.split(
        r"\b(?:attended|went|visited|travell?ed|was|were|joined|besucht|waren?)", match.group()
    )[0]
    # "Elasticiti's Rob" is no name: whose colleague it is comes off
    return tuple(person.name for person in find(re.sub(r"\b\w+'s ", "", before)))
