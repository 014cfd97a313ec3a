"""Tells which links of a post lead to a talk's recording, slides or page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from aggregator import urls
from aggregator.model import LinkKind, OutLink

_NOUN = (
    r"(?:talks?|keynotes?|slides?|slide ?decks?|decks?|slideshare|video(?:s| recording)?|"
    r"videos?|recordings?|recorded|presentations?|here|links?|watch|youtube|vimeo|this|these|"
    r"that|la|le|les|el|los|las|der|die|das|den|het|de|speaker ?deck|notes|abstract|"
    r"posters?|notebooks?|code"
    r"|materials?|repo(?:sitory)?|github|pdf|html|online|available|tutorial|workshop|session|"
    r"demo|lightning|paper|page|website|one|two|three|four|part|his|her|their|my|our|the|a|an|"
    r"of|for|in|on|and|to|from|with|at|it|"
    r"first|second|third|last|full|direct|original|own|live|stream|streamed|see|view|find|"
    r"found|download|click|read|more|details?|info|now|also|both|version|deck|screencast|"
    r"webcast|audio|given|spoke|speaking|speech|gave|presented|presenting|shared|opening|"
    r"is|are|be|can|you|available|conference|event|meeting|materials?|website|webpage|"
    r"closing|plenary|morning|afternoon|starting|introduction|introductory|invited|great|"
    r"excellent|interesting|fantastic|wonderful|"
    r"folien|vortrag|vorträge|aufzeichnung|präsentation|hier|einführung|diapositivas|"
    r"presentación|charla|vídeo|aquí|grabación|présentation|transparents|vidéo|ici|opname|"
    r"presentatie|ebenfalls|auch|online|verfügbar|abrufbar|nachzulesen|anzusehen|zenodo|figshare|"
    r"osf|doi|pptx?|odp|également|también|también|ook|\d+|[(),:;.!&/|+\"“”'-]+)"
)
_GENERIC = re.compile(rf"^(?:{_NOUN}(?:\s+|(?<=\W)|(?=\W)|$))+$", re.IGNORECASE)
# "the slides and the exercises", but not "the slides of a talk on sheep"
_LABELLED = re.compile(
    r"^(?:(?:the|his|her|their|my|our|all|die) )?(?:slides?|slide ?deck|video|recording|folien|"
    r"aufzeichnung)(?! (?:for|from|of|by|on|about|zu|von))\b(?: \w+){0,5}$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"^(?:https?://|www\.)\S*$|^\S+\.(?:com|org|net|io|de|be)/\S*$", re.IGNORECASE
)
_SAYS_SLIDES = re.compile(
    r"\b(?:slides?|slide ?decks?|decks?|slideshare|presentations?|folien|präsentation|"
    r"diapositivas|transparents|diapos|posters?|sketchnotes?)\b",
    re.IGNORECASE,
)
_SAYS_VIDEO = re.compile(
    r"\b(?:videos?|recordings?|recorded|screencast|webcast|aufzeichnung|grabación|vidéo|vídeo|"
    r"opname|watch)\b",
    re.IGNORECASE,
)
_SAYS_TALK = re.compile(
    r"\b(?:talks?|keynotes?|lightning talk|vortrag|vorträge|charla|lecture|spoke)\b", re.IGNORECASE
)
_SAYS_CODE = re.compile(
    r"\b(?:code|notebooks?|materials?|repo(?:sitory)?|examples)\b", re.IGNORECASE
)
# Pages about anything but one talk.
_NEVER = re.compile(
    r"(?:^|\.)(?:twitter|x|facebook|linkedin|instagram|wikipedia|meetup|eventbrite|amazon|"
    r"flickr|imgur|medium|orcid|bsky|goodreads|paypal|patreon|reddit|stackoverflow|"
    r"news\.ycombinator|mastodon\.social|fosstodon|twimg|pypi|cran\.r-project|npmjs|metacpan|"
    r"rubygems|crates|readthedocs|readthedocs\.io|wunderground|storify|t|tr|bit|soundcloud|"
    r"w\.soundcloud)(?:\.(?:com|org|net|io|app|social|co\.uk|de|co|im|ly))?$"
)
_LISTING = re.compile(
    r"/(?:playlist|channel|c|user|users|@[^/]+|hashtag|communities|events?|schedule|talks?|"
    r"sessions?|program(?:me)?|speakers?|topics|categories|tags?|search|collections?|showcase|"
    r"album|groups?|featured)/?$"
    r"|[-_/](?:program(?:me)?|schedule|agenda|timetable|programm|downloads?|archives?|recordings|"
    r"videos|presentations|talk-slides|proceedings)/?(?:index\.\w+)?$"
    r"|/(?:playlist|channel|user|c|communities|showcase|album|channels|@[\w.-]+)/",
    re.IGNORECASE,
)
_CHANNELS = ("blip.tv", "lanyrd.com", "twitch.tv", "crowdcast.io")
_TALK_PAGE = re.compile(
    r"/(?:talks?|contributions?|abstracts?|beitrag|vortrag|presentations?)/[^/]+", re.IGNORECASE
)
# One entry of a programme, by the shape of its address.
_SCHEDULED = re.compile(
    r"/(?:schedule|program(?:me)?|agenda|programm|timetable)/(?:event|events|presentation|talk|"
    r"session|details?|20\d\d)?/?[^/]*\d[^/]*/?$|/(?:schedule|program(?:me)?)/(?:event|"
    r"presentation|talk|session)s?/[^/]+|/conference/[^/]+/presentation/[^/]+|"
    r"/(?:keynotes?|breakouts?|sessions?)/[\w-]{6,}/?$",
    re.IGNORECASE,
)
_SLIDES_PATH = re.compile(
    r"(?:^|[/_-])slides?(?:[/_-][^/]+)?/?(?:index\.html)?$|/present/view|[/_-]slides?/"
)
_VIDEO_PATH = re.compile(
    r"/(?:videos?|recordings?|watch|replay)/[^/]{4,}|/resources/[^/]*conf[^/]*/"
)
# Films of an event as a whole, lists of recordings, and what else an event has beside talks.
_NO_TALK = re.compile(
    r"\b(?:after-?movie|teaser|trailer|time-?lapse|promo video|group photo|dev ?rooms?|"
    r"(?:recap|highlights?|summary|opening|closing|promotional|official|short|demo|welcome|teaser|"
    r"intro\w*|explainer|tutorial|product) (?:video|film|reel|clip)s?|"
    r"(?:best )?moments (?:from|of)|(?:all|other|most)(?: of)?(?: the| these| our)?(?: \w+)? "
    r"(?:talks|videos|recordings|sessions|presentations|slides|keynotes)|code of conduct|"
    r"mailing list)\b"
    r"|^(?:the |our |a |an |more |all |some |full |complete |official |conference |event ){0,3}"
    r"(?:music|songs?|photos?|pictures|playlists?|channel|impressions|interviews?|podcast|website|"
    r"web ?site|home ?page|schedule|agenda|program(?:me)?|newsletter|sponsors?|registration|venue|"
    r"register|sign up|track|room|booth|materials page|recordings|videos)$",
    re.IGNORECASE,
)
_DEPOSIT = re.compile(r"(?:zenodo|fig ?share|osf|doi)\b", re.IGNORECASE)
_ELSE = re.compile(
    r"//(?:docs|blog|wiki|forum|discuss|en|de|fr|es)\.|/(?:docs?|wiki|issues?|pull|packages?|projects?|"
    r"people|members?|team|about|blog|news|tags?|category)/|\.readthedocs\.|/@|wikipedia|doi\.org",
    re.IGNORECASE,
)
_SAYS_PAPER = re.compile(
    r"\b(?:papers?|preprints?|articles?|publication|published|dataset|data set|report|book|thesis|"
    r"journal|release|software)\b",
    re.IGNORECASE,
)
_BLOG_PATH = re.compile(r"blog|/wiki/|/20\d\d/\d\d/")
_TALK_PATH = re.compile(r"slide|talk|presentation|prez|keynote|deck|folien|vortrag", re.IGNORECASE)
_RANK = {
    LinkKind.VIDEO: 0,
    LinkKind.SLIDES: 1,
    LinkKind.PAGE: 2,
    LinkKind.PAPER: 3,
    LinkKind.CODE: 4,
}


@dataclass(frozen=True, slots=True)
class Resource:
    """A link that may belong to a talk."""

    link: OutLink
    kind: LinkKind
    sure: bool  # a talk's whatever stands around it; else it needs a speaker or a title
    generic: bool  # its words say what it is, not what it is called
    key: str

    @property
    def rank(self) -> int:
        """Return the order among a talk's links, best first."""
        return _RANK[self.kind]


def is_generic(words: str) -> bool:
    """Tell whether a link's words ("slides", "here", an address) are no title."""
    text = words.strip()
    return (
        len(text) < 3
        or bool(_ADDRESS.match(text))
        or (len(text) < 80 and bool(_GENERIC.match(text)))
        or bool(_LABELLED.match(text))
    )


@urls.remembered
def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _is_listing(url: str, name: str) -> bool:
    """Tell whether `url` leads to many talks, or to a person."""
    path = _path(url)
    segments = [part for part in path.split("/") if part]
    if urls.video_of(url):
        return False
    if _LISTING.search(path):
        return True
    if name.endswith(_CHANNELS):
        return len(segments) < (3 if name == "lanyrd.com" else 2)
    if name in ("speakerdeck.com", "slideshare.net", "noti.st", "slides.com", "vimeo.com"):
        return len(segments) < 2
    return name in ("youtube.com", "youtu.be") or (not segments and not urlsplit(url).query)


def rate(link: OutLink, before: str, after: str) -> Resource | None:
    """Return `link` as a resource of a talk, or None.

    `before` and `after` are the words of the same sentence around it.
    """
    name = urls.host(link.url)
    if not name or _NEVER.search(name) or _is_listing(link.url, name):
        return None
    words = link.text
    if _NO_TALK.search(words):
        return None
    generic = is_generic(words)
    said = f"{words} {before[-45:]} {after[:12]}" if generic else words
    path = _path(link.url)
    kind, sure = _by_address(link.url, name, path)
    if kind is LinkKind.CODE:
        kind, sure = _shown_code(words, said, path)
    elif kind in (LinkKind.PAPER, None):
        around = f"{before[-120:]} {after[:60]}"
        kind, sure = _by_words(kind, said, around, path, name)
        # "The video", linked, is one whatever else the sentence says.
        sure = sure or (kind is LinkKind.VIDEO and generic and bool(_SAYS_VIDEO.search(words)))
    if kind is None:
        return None
    return Resource(link, kind, sure, generic, urls.resource_key(link.url))


def perhaps(link: OutLink) -> Resource | None:
    """Return a link of which nothing tells what it is as a talk's page, if it may be one.

    Its words must be a title's, and it must not be what else is cited: code, papers, people.
    """
    name = urls.host(link.url)
    words = link.text
    if not name or _NEVER.search(name) or _is_listing(link.url, name) or _NO_TALK.search(words):
        return None
    if urls.resource_kind(link.url) is not None or _ELSE.search(link.url):
        return None
    if len(words.split()) < 3 or not words[0].isupper() or is_generic(words):
        return None
    return Resource(link, LinkKind.PAGE, False, False, urls.resource_key(link.url))


def _by_address(url: str, name: str, path: str) -> tuple[LinkKind | None, bool]:
    """Judge a link by its address alone."""
    kind = urls.resource_kind(url)
    if kind in (LinkKind.VIDEO, LinkKind.SLIDES):
        return kind, "/shorts/" not in path
    if kind is LinkKind.PAGE:
        return _page(url, path, name)
    if kind is not None:
        return kind, False
    slides = "slide" in urlsplit(url).fragment or name.startswith(("slides.", "folien."))
    if slides or _SLIDES_PATH.search(path):
        return LinkKind.SLIDES, True
    if _SCHEDULED.search(path) or (name == "sched.co" and len(path) > 3):
        return LinkKind.PAGE, True
    return (LinkKind.VIDEO, False) if _VIDEO_PATH.search(path) else (None, False)


def _shown_code(words: str, said: str, path: str) -> tuple[LinkKind | None, bool]:
    """Judge a link to a repository of code: slides are kept there too."""
    if re.search(r"slides?\b", path.lower()):
        return LinkKind.SLIDES, bool(_SAYS_SLIDES.search(said))
    document = re.search(r"\.(?:pdf|pptx?|key|odp|html?)$", path)
    if document and (_SAYS_SLIDES.search(words) or _TALK_PATH.search(path)):
        return LinkKind.SLIDES, True
    if re.search(r"talk|slides|presentation|keynote|folien", path.rsplit("/", 1)[-1].lower()):
        return LinkKind.SLIDES, False
    return LinkKind.CODE, False


def _by_words(
    kind: LinkKind | None, said: str, around: str, path: str, name: str
) -> tuple[LinkKind | None, bool]:
    """Judge a link whose address alone does not tell, by what is said about it."""
    if kind is LinkKind.PAPER:
        return _deposit(said, around, name)
    if _SAYS_SLIDES.search(said):
        return LinkKind.SLIDES, True
    if len(path) > 4 and _SAYS_VIDEO.search(said):
        return LinkKind.VIDEO, len(said) > 45 or is_generic(said)
    if len(path) > 4 and _SAYS_TALK.search(said) and not _BLOG_PATH.search(path):
        return LinkKind.PAGE, bool(_TALK_PATH.search(path))
    if path.lower().endswith(".pdf"):
        return LinkKind.SLIDES, bool(_TALK_PATH.search(path))
    return None, False


def _deposit(said: str, around: str, name: str) -> tuple[LinkKind | None, bool]:
    """Judge a link to a repository of papers: slides are deposited there too."""
    if not re.search(r"^(?:zenodo\.org|(?:.*\.)?figshare\.com|osf\.io|(?:dx\.)?doi\.org)$", name):
        return None, False
    if _SAYS_SLIDES.search(said) or _SAYS_SLIDES.search(around) or _SAYS_TALK.search(said):
        return LinkKind.SLIDES, True
    if _DEPOSIT.match(said.strip(" []()")):  # the archive's name alone
        return LinkKind.SLIDES, False
    talky = _SAYS_TALK.search(around) and not _SAYS_PAPER.search(f"{said} {around}")
    return (LinkKind.SLIDES, False) if talky else (None, False)


def _page(url: str, path: str, name: str) -> tuple[LinkKind | None, bool]:
    """Tell a talk's page from the page of a whole event on the same site."""
    if _TALK_PAGE.search(path):
        return LinkKind.PAGE, True
    query = bool(urlsplit(url).query)
    whole = name.startswith("indico.") or name.endswith(("pretalx.com", "sciencesconf.org"))
    return (LinkKind.PAGE, False) if (path.count("/") > 1 or query) and not whole else (None, False)


def code_of(link: OutLink, speakers: tuple[str, ...]) -> bool:
    """Tell whether a code link belongs to a talk: its owner is a speaker, or its words say so."""
    if urls.resource_kind(link.url) is not LinkKind.CODE:
        return False
    segments = [part for part in _path(link.url).split("/") if part]
    if len(segments) < 2:
        return False
    owner = re.sub(r"[\W_\d]", "", segments[0].lower())
    for name in speakers:
        parts = [re.sub(r"\W", "", part.lower()) for part in name.split()]
        if any(len(part) >= 4 and part in owner for part in parts[-1:]):
            return True
        if len(parts) > 1 and owner.startswith(
            (parts[0] + parts[-1][:1], parts[0][:1] + parts[-1])
        ):
            return True
    return bool(_SAYS_CODE.search(link.text)) and is_generic(link.text)


def title_from_address(url: str) -> str:
    """Return the title that a slides or schedule address spells, or nothing."""
    path = _path(url).rstrip("/")
    last = re.sub(r"\.\w{2,5}$", "", path.rsplit("/", 1)[-1])
    last = re.sub(r"^\d+[-_]", "", last)
    words = [word for word in re.split(r"[-_ +]+", last) if word]
    enough = 2 if urls.host(url).endswith(("speakerdeck.com", "slideshare.net")) else 3
    if len(words) < enough or any(len(word) > 25 for word in words) or urls.video_of(url):
        return ""
    if parse_qs(urlsplit(url).query).get("v"):
        return ""
    return " ".join(words).capitalize()
