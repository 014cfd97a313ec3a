"""What talks leave behind: one key for all addresses of a video, a deck, a paper, a repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from aggregator.model import LinkKind
from aggregator.urls.addresses import is_web, key, remembered
from aggregator.urls.services import Rule, rules_of


@dataclass(frozen=True, slots=True)
class Resource:
    """What an address leads to."""

    key: str  # the same for all addresses of it; no address itself
    start: int = 0  # the second at which the address says to begin
    video: bool = False  # one video on a service that is known for them
    page: str = ""  # the page that a person would open


def resource_of(url: str) -> Resource:
    """Return what `url` leads to, whatever of its many spellings it has.

    A start offset is not part of the key: one recording is one thing, and whether two places in it
    are two talks is for the caller to say.
    """
    return _read(unwrapped(url))


def resource_key(url: str) -> str:
    """Return what all addresses of one talk's resource share.

    A video's key carries its start offset, because a day-long recording holds many talks.
    """
    found = resource_of(url)
    return f"{found.key}@{found.start}" if found.start else found.key


def video_of(url: str) -> tuple[str, int] | None:
    """Return (``"youtube:ID"`` or the like, start offset in seconds) when `url` is one video.

    Players, short and mobile forms included; playlists and channels are no videos.
    """
    found = resource_of(url)
    return (found.key, found.start) if found.video else None


def public_page(url: str) -> str:
    """Return the page that a person would open for an embedded player's address, else `url`."""
    inner = unwrapped(url)
    return _read(inner).page or (url if _ARCHIVED.match(url.strip()) else inner)


# ------------------------------------------------------------------------------------ one address

# Of pages with many talks, each under a heading of its own.
_LISTING = re.compile(
    r"/?|.*/[\w-]*(?:program(?:me)?|schedule|agenda|timetable|programm|sessions?|talks?|abstracts?"
    r"|speakers?|keynotes?|workshops?|tutorials?|posters?|videos?|slides?|recordings?"
    r"|presentations?|events?|proceedings)(?:\.\w{2,5})?/?",
    re.IGNORECASE,
)
# No place on a page: slides by number, seconds, lines, tops of pages.
_NO_PLACE = re.compile(r"[!/]*[\d/]*|slide=.*|t=.*|page=.*|L\d+.*|top|content|main|start", re.I)
_ROUTE = re.compile(r"!?/[^/]+/.*[^/].*")  # of a page that draws itself: "#/talk/ABC123"
_OFFSET = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)(?:\.\d+)?s?)?")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?")


_LONGEST = 4000  # characters; what is longer is compared as it stands


@remembered
def _read(url: str) -> Resource:
    if len(url) > _LONGEST:
        return Resource(key=key(url).lower())
    try:
        parts = urlsplit(url.strip())
        name = (parts.hostname or "").lower().rstrip(".").removeprefix("www.").removeprefix("m.")
        path = unquote(parts.path) + (f"?{unquote(parts.query)}" if parts.query else "")
    except ValueError:
        return Resource(key=key(url).lower())
    for rule in rules_of(name) if name else ():
        found = rule.path.match(path)
        if found:
            return _by_rule(rule, found, name, parts)
    start = _start_of(parts) if parts.path.lower().endswith(_FILMS) else 0
    return Resource(key=_as_it_stands(url, parts), start=start)


def _by_rule(rule: Rule, found: re.Match[str], name: str, parts: SplitResult) -> Resource:
    said = {place: value or "" for place, value in found.groupdict().items()}
    said |= {"host": name, "site": parts.netloc.rpartition("@")[2].lower()}
    if said.get("h"):  # Vimeo's private videos name their key behind the question mark as well
        said["hash"] = said["hash"] or f"/{said['h']}"
    start = _start_of(parts) if rule.video else 0
    page = rule.page.format(**said)
    if page and start and rule.offset:
        page += rule.offset.format(start=start)
    if name == "docs.google.com":
        page = _published(parts)
    own = rule.key.format(**said) if isinstance(rule.key, str) else rule.key(said)
    return Resource(key=own, start=start, video=rule.video, page=page)


def _published(parts: SplitResult) -> str:
    """Return the page of a Google deck that is embedded."""
    page = f"https://docs.google.com{parts.path}"
    embedded = re.sub(r"/(embed|preview|pub(?:embed)?)/?$", "/pub", page)
    return embedded if "/presentation/" in parts.path else ""


def _as_it_stands(url: str, parts: SplitResult) -> str:
    """Return the key of an address that no rule knows, with its place on a page of many talks."""
    place = unquote(parts.fragment).partition(":~:")[0].strip()  # the rest is a text to scroll to
    named = _ROUTE.fullmatch(place) or _LISTING.fullmatch(parts.path)
    if named and not _NO_PLACE.fullmatch(place):
        return f"{key(url)}#{place}".lower()
    return key(url).lower()


def _start_of(parts: SplitResult) -> int:
    """Return the second at which a video's address says to begin; 0 when it does not."""
    query = parse_qs(parts.query)
    said = query.get("t") or query.get("start") or query.get("time_continue") or [""]
    fragment = re.search(r"(?:^|[&;])t=(?:npt:)?([\w.:]+)", parts.fragment)
    return _seconds(said[0]) or _seconds(fragment[1] if fragment else "")


def _seconds(text: str) -> int:
    said = text.strip().lower()
    found = _OFFSET.fullmatch(said) or _CLOCK.fullmatch(said)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return min(hours * 3600 + minutes * 60 + seconds, 10**6)


# ------------------------------------------------------------------------------------- wrappings

_ARCHIVED = re.compile(
    r"^https?://(?:web\.|wayback\.)?archive\.org/web/[\d*]+(?:[a-z]{2}_)?/(?:(https?):/{1,2})?(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_WRAPPERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (  # host and path, parameters
    (re.compile(r"(?:www\.)?google\.[a-z.]{2,6}/url"), ("q", "url")),
    (re.compile(r"(?:www\.)?youtube\.com/redirect"), ("q",)),
    (re.compile(r"lm?\.facebook\.com/l\.php"), ("u",)),
    (re.compile(r"[\w.]+\.safelinks\.protection\.outlook\.com/.*"), ("url",)),
    (re.compile(r"docs\.google\.com/g?view(?:er)?"), ("url",)),
    (re.compile(r"view\.officeapps\.live\.com/op/\w+\.aspx"), ("src",)),
    (re.compile(r"mfr\.(?:\w+\.)?osf\.io/render"), ("url",)),
)


# What one of these has in it, all others not: few links are wrapped.
_WRAPS = re.compile(
    r"archive\.org/web/|/url\?|/redirect\?|/l\.php|safelinks|g?view(?:er)?\?|officeapps|htmlpreview|//mfr\.",
    re.I,
)


def unwrapped(url: str) -> str:
    """Return the address that an archive's copy, a redirect or a viewer stands for, else `url`."""
    if not _WRAPS.search(url):
        return url
    for _ in range(3):
        inner = _inner(url.strip())
        if not inner:
            break
        url = inner
    return url


def _inner(url: str) -> str:
    kept = _ARCHIVED.match(url)
    if kept:
        inner = f"{kept[1] or 'http'}://{kept[2]}"
        return inner if is_web(inner) else ""
    try:
        parts = urlsplit(url)
        place = f"{(parts.hostname or '').lower()}{parts.path}"
        if place == "htmlpreview.github.io/":
            return parts.query if is_web(parts.query) else ""
        names = next((names for shape, names in _WRAPPERS if shape.fullmatch(place)), ())
        said = parse_qs(parts.query) if names else {}
        return next((said[name][0] for name in names if is_web(said.get(name, [""])[0])), "")
    except ValueError:
        return ""


# ------------------------------------------------------------------------------------------ kinds

_FILMS = (".mp4", ".webm", ".ogv", ".m4v", ".mov")
_SLIDE_HOSTS = (
    "speakerdeck.com",
    "slideshare.net",
    "slides.com",
    "noti.st",
    "slides.google.com",
    "prezi.com",
    "speakerrate.com",
    "beamer.com",
    "cicero.xyz",
    "slidesharecdn.com",
    "slides.live",
)
# Archives of recorded talks, each with a page of its own for every talk.
_VIDEO_HOSTS = (
    "confreaks.tv",
    "confreaks.com",
    "confreaks.net",
    "twitch.tv",
    "pyvideo.org",
    "videolectures.net",
    "av.tib.eu",
    "blip.tv",
    "channel9.msdn.com",
    "slideslive.com",
    "infoq.com",
    "crowdcast.io",
)
_PAPER_HOSTS = (
    "arxiv.org",
    "ar5iv.org",
    "joss.theoj.org",
    "f1000research.com",
    "zenodo.org",
    "figshare.com",
    "osf.io",
    "doi.org",
    "dx.doi.org",
    "hal.science",
    "biorxiv.org",
    "preprints.org",
)
_CODE_HOSTS = (
    "github.com",
    "gitlab.com",
    "codeberg.org",
    "bitbucket.org",
    "gist.github.com",
    "githubusercontent.com",
    "nbviewer.org",
    "nbviewer.jupyter.org",
    "mybinder.org",
    "colab.research.google.com",
    "git.sr.ht",
    "sourcehut.org",
    "kaggle.com",
)
_SCHEDULE_HOSTS = (
    "pretalx.com",
    "sched.com",
    "sessionize.com",
    "lanyrd.com",
    "indico.cern.ch",
    "program.",
    "schedule.",
    "cfp.",
    "papercall.io",
    "sched.org",
    "conftool.com",
    "sciencesconf.org",
    "whova.com",
    "swapcard.com",
)


def _on(hosts: tuple[str, ...]) -> Callable[[str], bool]:
    """Return what tells whether a host is one of these, or below one; "cfp." is a beginning."""
    begin = tuple(host for host in hosts if host.endswith("."))
    end = tuple(f".{host}" for host in hosts if not host.endswith("."))
    return lambda name: name.startswith(begin) or f".{name}".endswith(end)


_has_slides, _has_videos, _has_papers, _has_code, _has_schedules = map(
    _on, (_SLIDE_HOSTS, _VIDEO_HOSTS, _PAPER_HOSTS, _CODE_HOSTS, _SCHEDULE_HOSTS)
)
_TALK_PATH = re.compile(
    r"/(talks?|sessions?|session-details|abstracts?|contributions?|beitrag|vortrag)(/|$)"
)
# What Indico keeps with a contribution was shown there.
_ATTACHED = re.compile(r"/contributions?/\w+/(?:attachments|material/slides)/.*\.(?:pdf|key|zip)$")
_Rule = Callable[[str, str], bool]  # of a host and a path, in lower case
_KINDS: tuple[tuple[LinkKind, _Rule], ...] = (  # the first that holds
    (LinkKind.SLIDES, lambda name, _: _has_slides(name)),
    (LinkKind.SLIDES, lambda name, path: name == "docs.google.com" and "/presentation" in path),
    (LinkKind.VIDEO, lambda name, path: _has_videos(name) and path.count("/") > 1),
    (
        LinkKind.VIDEO,
        lambda name, path: name == "archive.org" and path.startswith(("/details/", "/embed/")),
    ),
    (LinkKind.VIDEO, lambda _, path: path.endswith(_FILMS)),
    (LinkKind.SLIDES, lambda _, path: path.endswith((".ppt", ".pptx", ".odp", ".key"))),
    (LinkKind.SLIDES, lambda _, path: bool(re.search(r"/slides?(/|$|\.)", path))),
    (LinkKind.SLIDES, lambda _, path: bool(_ATTACHED.search(path))),
    (LinkKind.SLIDES, lambda name, path: name == "hackmd.io" and path.startswith("/p/")),
    (LinkKind.CODE, lambda name, path: _has_code(name) or "/-/" in path),
    (LinkKind.PAPER, lambda name, _: _has_papers(name)),
    (LinkKind.PAGE, lambda name, _: _has_schedules(name)),
    (LinkKind.PAGE, lambda _, path: bool(_TALK_PATH.search(path))),
)


@remembered
def resource_kind(url: str) -> LinkKind | None:
    """Return what a talk's link leads to, as far as its address tells; None when it does not."""
    inner = unwrapped(url)
    if _read(inner).video:
        return LinkKind.VIDEO
    try:
        parts = urlsplit(inner)
        name = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    return next((kind for kind, holds in _KINDS if holds(name, parts.path.lower())), None)
