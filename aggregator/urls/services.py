"""The services where talks leave something behind, and how each spells the address of one thing.

A rule reads the path and query of an address (``/watch?v=ID``) and says what all addresses of the
thing share. What no rule knows is compared as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

Parts = dict[str, str]  # what a rule's pattern has found, by name; empty where nothing was


@dataclass(frozen=True, slots=True)
class Rule:
    """How one service spells the addresses of one thing."""

    path: re.Pattern[str]  # of path and query, from the beginning
    key: str | Callable[[Parts], str]  # what its addresses share, of the pattern's parts
    page: str = ""  # the page that a person would open; empty: the address itself
    offset: str = ""  # how that page is told to begin at a second
    video: bool = False  # it is one video


def rules_of(host: str) -> Iterator[Rule]:
    """Yield the rules for a host, its own before those of the hosts above it, and any host's."""
    labels = host.split(".")
    for place in range(len(labels) - 1):
        yield from _table().get(".".join(labels[place:]), ())
    yield from _ANYWHERE


def _rule(  # a row of the tables below
    path: str,
    key: str | Callable[[Parts], str],
    page: str = "",
    offset: str = "",
    *,
    video: bool = False,
) -> Rule:
    return Rule(re.compile(path), key, page, offset, video)


# ------------------------------------------------------------------------------------- videos

_YOUTUBE = ("youtube:{id}", "https://www.youtube.com/watch?v={id}", "&t={start}")
_VIMEO = ("vimeo:{id}", "https://vimeo.com/{id}{hash}", "#t={start}s")
_FLICKR = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # PeerTube's base 58


def _peertube(parts: Parts) -> str:
    """One video has one UUID on all instances; newer addresses spell it with 22 characters."""
    ident = parts["id"]
    if not re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", ident):
        return f"peertube:{ident}"
    number, short = int(ident.replace("-", ""), 16), ""
    while number:
        number, digit = divmod(number, 58)
        short = _FLICKR[digit] + short
    return f"peertube:{short:1>22}"


def _ccc(parts: Parts) -> str:
    """``36c3-10565-a_long_title`` is known by its number, which names its files as well."""
    numbered = re.match(r"([\w.]+?-\d{2,})-", parts["id"].lower())
    return f"ccc:{numbered[1] if numbered else parts['id']}"


def _archived(parts: Parts) -> str:
    """An item holds one talk, or one in each file; files are also kept in smaller sizes."""
    stem = re.sub(r"(?:_\d+kb|\.ia)?\.\w{2,4}$", "", parts["file"])
    own = not stem or stem.lower() == parts["id"].lower()
    return f"archive:{parts['id']}" if own else f"archive:{parts['id']}/{stem}"


_VIDEOS: dict[str, tuple[Rule, ...]] = {
    "youtube.com youtube-nocookie.com youtube.googleapis.com": (
        _rule(
            r"/(?:embed|v|live|shorts|e)/(?!videoseries|live_stream|playlist)(?P<id>[\w-]{6,11})",
            *_YOUTUBE,
            video=True,
        ),
        _rule(r".*[?&]v=(?P<id>[\w-]{6,11})", *_YOUTUBE, video=True),
    ),
    "youtu.be": (_rule(r"/(?:(?:live|shorts|embed)/)?(?P<id>[\w-]{6,11})", *_YOUTUBE, video=True),),
    "vimeo.com": (
        _rule(r"/event/(?P<id>\d{5,})", "vimeo:event/{id}", "https://vimeo.com/event/{id}"),
        _rule(
            r"(?!/(?:showcase|album)/\d+/?(?:embed/?)?(?:\?|$))(?:/(?:showcase|album)/\d+)?"
            r"(?:/[^/?]+)*?/(?P<id>\d{5,})(?P<hash>/[0-9a-f]{6,})?(?:.*[?&]h=(?P<h>[0-9a-f]{6,}))?",
            *_VIMEO,
            video=True,
        ),
    ),
    "media.ccc.de": (
        _rule(r"/v/(?P<id>[\w.-]+)", _ccc, "https://media.ccc.de/v/{id}", "#t={start}", video=True),
        _rule(r"/.*/(?P<id>[\w.]+?-\d{2,}-[^/?]+)\.\w{3,4}$", _ccc),
    ),
    "av.tib.eu": (
        _rule(
            r"/(?:media|player)/(?P<id>\d+)", "tib:{id}", "https://av.tib.eu/media/{id}", video=True
        ),
    ),
    "twitch.tv": (
        _rule(
            r"/(?:videos/|\?(?:.*&)?video=v?)(?P<id>\d+)",
            "twitch:{id}",
            "https://www.twitch.tv/videos/{id}",
            "?t={start}s",
            video=True,
        ),
    ),
    "dailymotion.com": (
        _rule(
            r"/(?:embed/)?video/(?P<id>\w+)",
            "dailymotion:{id}",
            "https://www.dailymotion.com/video/{id}",
            "?start={start}",
            video=True,
        ),
    ),
    "slideslive.com": (_rule(r"/(?:embed/(?:presentation/)?)?(?P<id>\d{8})", "slideslive:{id}"),),
    "archive.org": (
        _rule(
            r"/(?:details|download|stream|\d+/items)/(?P<id>[^/?]+)(?:/(?P<file>[^?]*[^/?]))?",
            _archived,
        ),
        _rule(
            r"/embed/(?P<id>[^/?]+)(?:/(?P<file>[^?]*[^/?]))?",
            _archived,
            "https://archive.org/details/{id}",
        ),
    ),
}

# ------------------------------------------------------------------------------------- slides


def _lower(key: str) -> Callable[[Parts], str]:
    return lambda parts: key.format(**parts).lower()


def _slideshare(parts: Parts) -> str:
    """The number at the end is the deck's, unless it is a date that belongs to the title."""
    number = re.search(r"(?:^|[-/])(\d{6,})/?$", parts["name"])
    dated = number and re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d", number[1])
    return f"slideshare:{number[1] if number and not dated else parts['name'].lower().rstrip('/')}"


_SPEAKERDECK_FILE = _rule(r"/presentations/(?P<id>[0-9a-f]{10,})", "speakerdeck:{id}")
_SLIDES: dict[str, tuple[Rule, ...]] = {
    "speakerdeck.com": (
        _rule(r"/(?:player|presentations)/(?P<id>[0-9a-f]{10,})", "speakerdeck:{id}"),
        _rule(r"/(?P<id>[^/?]+/[^/?]+)", _lower("speakerdeck:{id}")),
    ),
    "speakerd.s3.amazonaws.com": (_SPEAKERDECK_FILE,),
    "slideshare.net": (
        _rule(r"/slideshow/embed_code/(?P<name>(?:key/)?\w+)", _slideshare),
        _rule(r"/(?:slideshow/|mobile/)?(?P<name>[^/?]+/[^/?]+)", _slideshare),
    ),
    "slides.com": (
        _rule(
            r"/(?P<id>[\w-]+/[\w-]+)(?:/(?:embed|live|fullscreen|scroll))?/?",
            "slides.com:{id}",
            "https://slides.com/{id}",
        ),
    ),
    "noti.st": (_rule(r"/[^/?]+/(?P<id>\w{6})(?:[/?]|$)", "notist:{id}"),),
    "prezi.com": (
        _rule(r"/(?:p/(?:embed/|edit/)?|view/|embed/|i/)?(?P<id>[\w-]{10,})", "prezi:{id}"),
    ),
    "docs.google.com": (
        _rule(
            r"/(?:a/[^/]+/)?(?:presentation|document|spreadsheets|forms|file)/(?:u/\d+/)?"
            r"d/(?P<id>(?:e/)?[\w-]+)",
            "google:{id}",
        ),
    ),
    "drive.google.com": (
        _rule(
            r"/(?:a/[^/]+/)?(?:file/(?:u/\d+/)?d/|drive/(?:u/\d+/)?folders/"
            r"|(?:open|uc)\?(?:.*&)?id=)(?P<id>[\w-]+)",
            "google:{id}",
        ),
    ),
    "hackmd.io": (_rule(r"/(?:(?:@[^/?]+|[ps])/)*(?P<id>[\w-]+)", "hackmd:{id}"),),
    "canva.com": (_rule(r"/design/(?P<id>[\w-]+)", "canva:{id}"),),
}

# ------------------------------------------------------------------------------------- papers

_DOI = r"(?P<doi>10\.\d{4,9}/[^?#\s]+)"
# DOIs that say where the thing itself is, so that both addresses are one.
_NAMED_DOIS = (
    (re.compile(r"10\.6084/m9\.figshare\.(?P<id>(?:c\.)?\d+)"), "figshare:{id}"),
    (re.compile(r"10\.48550/arxiv\.(?P<id>.+)"), "arxiv:{id}"),
    (re.compile(r"10\.\d+/osf\.io/(?P<id>\w{5})\b"), "osf:{id}"),
    (re.compile(r"10\.5446/(?P<id>\d+)"), "tib:{id}"),
    (re.compile(r"(?P<id>10\.12688/\w+\.\d+)\.\d+"), "doi:{id}"),
)
_RENDERED = re.compile(
    r"(?:/(?:full|pdf|abstract|epdf|meta|html|status)|\.full|\.pdf|\.svg|\.html)+$"
)
_VERSION = re.compile(r"[./_]v\d+$|(?<=\d)v\d+$")
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}


def _doi(parts: Parts) -> str:
    """Return the key of a DOI: without version, without what a sentence has left at its end."""
    doi = parts["doi"].lower()
    while doi[-1] in "./,;:'\"”’" or (
        doi[-1] in _CLOSING and doi.count(doi[-1]) > doi.count(_CLOSING[doi[-1]])
    ):
        doi = doi[:-1]
    doi = _VERSION.sub("", _RENDERED.sub("", doi))
    for pattern, key in _NAMED_DOIS:
        named = pattern.match(doi)
        if named:
            return key.format(**named.groupdict())
    return f"doi:{doi}"


_RESOLVER = (_rule(rf"/.*?{_DOI}", _doi),)
_FIGSHARE = _rule(r"/(?:nd\w+/)?articles/(?:[^?]*?/)?(?P<id>\d{5,})(?=[/?]|$)", "figshare:{id}")
_PAPERS: dict[str, tuple[Rule, ...]] = {
    "doi.org hdl.handle.net": _RESOLVER,
    "zenodo.org": (
        _rule(r"/(?:api/)?(?:records?|deposit|uploads)/(?P<id>\d+)", "doi:10.5281/zenodo.{id}"),
        *_RESOLVER,
    ),
    "figshare.com": (_FIGSHARE,),
    "arxiv.org ar5iv.org": (
        _rule(
            r"/(?:abs|pdf|html|format|ps)/(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.\w+)?/\d{7})",
            "arxiv:{id}",
        ),
    ),
    "osf.io": (
        _rule(r"/\w{5}/files/\w+/(?P<id>[0-9a-f]{24})", "osf:file/{id}"),
        _rule(
            r"/(?:download/|registrations/|preprints/(?:\w+/)?)?(?P<id>[a-z0-9A-Z]{5})"
            r"(?:_v\d+)?(?=[/?]|$)",
            _lower("osf:{id}"),
        ),
    ),
}

# --------------------------------------------------------------------------------------- code

_MAIN = ("", "main", "master", "HEAD", "develop", "trunk")  # branches that stand for all of it
_NO_OWNERS = r"(?!(?:topics|orgs|users|sponsors|marketplace|search|features|explore|about)/)"
_REF = r"(?:refs/(?:heads|tags)/)?"


def _repository(service: str) -> Callable[[Parts], str]:
    """Return the key of a repository, or of a file or folder in it whatever its version."""

    def key(parts: Parts) -> str:
        name = f"{service}:{parts['repo']}".lower().removesuffix(".git")
        path = parts.get("path", "").strip("/")
        if path and not re.fullmatch(r"readme(?:\.\w+)?", path, re.IGNORECASE):
            return f"{name}/{path}"
        branch = parts.get("branch", "")
        return name if branch in _MAIN or path else f"{name}@{branch}"

    return key


_REPO = rf"/{_NO_OWNERS}(?P<repo>[\w.-]+/[\w.-]+)"
_GITHUB = _repository("github")
_RAW = (_rule(rf"{_REPO}/{_REF}(?P<branch>[^/?]+)/(?P<path>[^?]+)", _GITHUB),)
_GIST = r"(?:[^/?]+/)?(?P<id>[0-9a-f]{7,})(?:\.git)?(?=[/?.]|$)"
_HOSTED_HERE = (  # GitHub's files as other sites show them
    _rule(rf"/github{_REPO}(?:/(?:blob|tree)/(?P<branch>[^/?]+)(?:/(?P<path>[^?]+))?)?", _GITHUB),
    _rule(rf"/gist/{_GIST}", "gist:{id}"),
    _rule(rf"/v2/gh{_REPO}", _GITHUB),
    _rule(rf"/v2/gist/{_GIST}", "gist:{id}"),
    _rule(r"/drive/(?P<id>[\w-]{10,})", "google:{id}"),
)
_GITLAB = _repository("gitlab")
_CODE: dict[str, tuple[Rule, ...]] = {
    "github.com": (
        _rule(
            rf"{_REPO}/(?:tree|blob|raw|blame|edit)/{_REF}(?P<branch>[^/?]+)(?:/(?P<path>[^?]*))?",
            _GITHUB,
        ),
        _rule(rf"{_REPO}(?:/(?P<path>[^?]*))?", _GITHUB),
    ),
    "gist.github.com gist.githubusercontent.com": (_rule(rf"/{_GIST}", "gist:{id}"),),
    "raw.githubusercontent.com raw.githack.com rawgit.com cdn.rawgit.com": _RAW,
    "cdn.jsdelivr.net": (
        _rule(r"/gh/(?P<repo>[\w.-]+/[\w.-]+?)(?:@(?P<branch>[^/?]+))?/(?P<path>[^?]+)", _GITHUB),
    ),
    "nbviewer.org nbviewer.jupyter.org colab.research.google.com mybinder.org": _HOSTED_HERE,
    "gitlab.com": (
        _rule(
            r"/(?P<repo>[^?]+?)(?:/-)?/(?:tree|blob|raw)/(?P<branch>[^/?]+)(?:/(?P<path>[^?]*))?",
            _GITLAB,
        ),
        _rule(r"/(?P<repo>[^/?]+/[^?]*[^/?])/?", _GITLAB),
    ),
    "codeberg.org": (
        _rule(
            rf"{_REPO}/(?:src|raw|media)/(?:branch|tag|commit)/(?P<branch>[^/?]+)"
            r"(?:/(?P<path>[^?]*))?",
            _repository("codeberg"),
        ),
        _rule(rf"{_REPO}(?:/(?P<path>[^?]*))?", _repository("codeberg")),
    ),
    "bitbucket.org": (
        _rule(
            rf"{_REPO}/(?:src|raw)/(?P<branch>[^/?]+)(?:/(?P<path>[^?]*))?",
            _repository("bitbucket"),
        ),
        _rule(rf"{_REPO}(?:/(?P<path>[^?]*))?", _repository("bitbucket")),
    ),
}

# ------------------------------------------------------------------------------------ programmes

_PAGES: dict[str, tuple[Rule, ...]] = {
    "sessionize.com": (
        _rule(r"/session/(?P<id>\d+)", "sessionize:{id}"),
        _rule(r"/s/[^/?]+/[^/?]+/(?P<id>\d+)", "sessionize:{id}"),
    ),
    "sched.com sched.org": (_rule(r"/event/(?P<id>\w+)", "sched:{host}/{id}"),),
}
# Programs that anybody may run: the shape of the path tells them.
_ANYWHERE: tuple[Rule, ...] = (
    _rule(
        r"/(?:videos/(?:watch|embed)/|w/(?=\w{22}(?!\w)|[\da-f]{8}-))(?P<id>[\w-]{20,36})(?=[/?;]|$)",
        _peertube,
        "https://{site}/w/{id}",
        "?start={start}s",
        video=True,
    ),
    _rule(
        r".*/event/(?P<event>\d+)/(?:[^?]*/)?contributions?/(?P<id>\d+)"
        r"(?:/subcontributions?/(?P<sub>\d+))?",
        "indico:{host}/{event}/{id}/{sub}",
    ),
    _rule(
        r".*/contributionDisplay\.py\?(?=.*\bcontribId=(?P<id>\d+))(?=.*\bconfId=(?P<event>\d+))",
        "indico:{host}/{event}/{id}/",
    ),
    _rule(
        r"(?:/[\w-]+)*?/(?:talk|submissions)/(?P<id>[A-Z0-9]{6})(?=[/.?]|$)", "pretalx:{host}/{id}"
    ),
    _rule(
        r"/(?P<repo>[^?]+?)/-/(?:tree|blob|raw)/(?P<branch>[^/?]+)(?:/(?P<path>[^?]*))?",
        lambda parts: _repository(f"gitlab:{parts['host']}")(parts),
    ),
    _rule(
        rf".*/(?:doi|papers?|articles?|chapter|book|content|abs|full)/(?:\w+/)?{_DOI}",
        _doi,
    ),
)


@cache
def _table() -> dict[str, tuple[Rule, ...]]:
    """Return the rules by host."""
    groups = (_VIDEOS, _SLIDES, _PAPERS, _CODE, _PAGES)
    return {
        host: rules for group in groups for hosts, rules in group.items() for host in hosts.split()
    }
