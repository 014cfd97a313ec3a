"""Pure helpers for addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import (
    SplitResult,
    parse_qs,
    parse_qsl,
    quote,
    unquote,
    urlencode,
    urljoin,
    urlsplit,
    urlunsplit,
)

from aggregator.model import LinkKind

# Parameters that say who followed a link, not what it leads to.
_TRACKERS = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|twclid|yclid|igshid|mc_[ce]id|mkt_tok|_hs(enc|mi)|ref_src"
    r"|ref_url|ref|feature|si|source|share|pk_\w+|piwik_\w+|mtm_\w+|phpsessid|jsessionid|sid"
    r"|__s|oly_\w+_id|vero_\w+|wickedid|xtor|ncid|cmpid|s_cid|from)$",
    re.IGNORECASE,
)
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"
_OFFSET = re.compile(r"^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$")


def is_web(url: str) -> bool:
    """Tell whether `url` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def host(url: str) -> str:
    """Return the host of `url` in lower case, without ``www.``; empty when there is none."""
    try:
        link = url.strip()
        name = (urlsplit(link if "//" in link else f"//{link}").hostname or "").lower()
    except ValueError:
        return ""
    return name.removeprefix("www.").rstrip(".")


def absolute(base: str, url: str) -> str:
    """Return `url` resolved against `base`; empty when it is no web address.

    The empty string, ``mailto:`` and other schemes give the empty string; so do addresses that
    cannot be read.
    """
    link = re.sub(r"[\x00-\x20\x7f]+", "", url) if "\n" in url or "\t" in url else url.strip()
    if not link:
        return ""
    try:
        joined = urljoin(base, link)
    except ValueError:
        return ""
    return joined if is_web(joined) else ""


def canonical(url: str) -> str:
    """Return one spelling of a web address, without trackers, default port and fragment.

    Scheme and host in lower case (RFC 3986 section 6.2.2.1), default ports dropped (6.2.3), an
    empty path is ``/``. What is no web address comes back as it was. Idempotent; the host never
    changes.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname:
        return url
    name = parts.hostname.lower()
    if ":" in name:
        name = f"[{name}]"
    if port and port != {"http": 80, "https": 443}[scheme]:
        name = f"{name}:{port}"
    path = re.sub(r";jsessionid=[^/?]*", "", parts.path, flags=re.IGNORECASE)
    path = quote(path, safe=_SAFE) or "/"
    pairs = [
        (k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKERS.match(k)
    ]
    return urlunsplit((scheme, name, path, urlencode(pairs), ""))


def key(url: str) -> str:
    """Return what the spellings of one address share.

    That is without scheme, ``www.``, trailing slash and index page. For comparing only; it is no
    address.
    """
    try:
        parts = urlsplit(canonical(url))
    except ValueError:
        return url
    name = parts.netloc.removeprefix("www.").removeprefix("m.")
    path = re.sub(r"/(?:index\.(?:html?|php))?$", "", unquote(parts.path))
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return f"{name}{path}" + (f"?{urlencode(pairs)}" if pairs else "")


# ------------------------------------------------------------------------------- talks' resources


def _seconds(text: str) -> int:
    match = _OFFSET.match(text.strip().lower()) if text else None
    if not match:
        return 0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _youtube(parts: SplitResult) -> str:
    found = re.match(r"/(?:embed|v|live|shorts|e)/([\w-]{6,})", parts.path)
    video = found.group(1) if found else (parse_qs(parts.query).get("v") or [""])[0]
    return f"youtube:{video[:11]}" if video and video != "videoseries" else ""


def _youtube_short(parts: SplitResult) -> str:
    video = parts.path.strip("/").split("/")[0]
    return f"youtube:{video[:11]}" if video else ""


def _vimeo(parts: SplitResult) -> str:
    found = re.search(r"/(\d{5,})", parts.path)
    return f"vimeo:{found.group(1)}" if found else ""


def _ccc(parts: SplitResult) -> str:
    found = re.match(r"/v/([\w.-]+)", parts.path)
    return f"ccc:{found.group(1).removesuffix('/oembed')}" if found else ""


def _peertube(parts: SplitResult) -> str:
    """PeerTube has no host of its own: only the shape of the path tells."""
    found = re.match(r"/(?:videos/(?:watch|embed)|w)/(?!p/)([\w-]{20,})", parts.path)
    return f"peertube:{_bare_name(parts)}/{found.group(1)}" if found else ""


_VIDEO_SERVICES: dict[str, Callable[[SplitResult], str]] = {
    "youtube.com": _youtube,
    "youtube-nocookie.com": _youtube,
    "music.youtube.com": _youtube,
    "youtu.be": _youtube_short,
    "vimeo.com": _vimeo,
    "player.vimeo.com": _vimeo,
    "media.ccc.de": _ccc,
}


def _bare_name(parts: SplitResult) -> str:
    return (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")


def _start_of(parts: SplitResult) -> int:
    """Return the second at which a video's address says to begin; 0 when it does not."""
    query = parse_qs(parts.query)
    said = query.get("t") or query.get("start") or query.get("time_continue") or [""]
    fragment = parts.fragment.removeprefix("t=") if parts.fragment.startswith("t=") else ""
    return _seconds(said[0]) or _seconds(fragment)


def video_of(url: str) -> tuple[str, int] | None:
    """Return (``"youtube:ID"`` or the like, start offset in seconds) when `url` is one video.

    Players, short and mobile forms included; playlists and channels are no videos.
    """
    try:
        parts = urlsplit(url.strip())
        video = _VIDEO_SERVICES.get(_bare_name(parts), _peertube)(parts)
        return (video, _start_of(parts)) if video else None
    except ValueError:
        return None


_VIDEO_PAGES = {  # service: its page for a video, and how it writes a start offset
    "youtube": ("https://www.youtube.com/watch?v={}", "&t={}"),
    "vimeo": ("https://vimeo.com/{}", "#t={}s"),
    "ccc": ("https://media.ccc.de/v/{}", ""),
    "peertube": ("https://{}/w/{}", ""),
}


def public_page(url: str) -> str:
    """Return the page that a person would open for an embedded player's address, else `url`."""
    video = video_of(url)
    if video:
        service, _, ident = video[0].partition(":")
        page, offset = _VIDEO_PAGES[service]
        return page.format(*ident.split("/", 1)) + (offset.format(video[1]) if video[1] else "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if (parts.hostname or "").endswith("docs.google.com") and "/presentation/" in parts.path:
        page = f"https://docs.google.com{parts.path}"
        return re.sub(r"/(embed|preview|pub(?:embed)?)/?$", "/pub", page)
    return url


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


def _on(name: str, hosts: tuple[str, ...]) -> bool:
    return any(
        name.startswith(h) if h.endswith(".") else name == h or name.endswith(f".{h}")
        for h in hosts
    )


_TALK_PATH = re.compile(
    r"/(talks?|sessions?|session-details|abstracts?|contributions?|beitrag|vortrag)(/|$)"
)
_Rule = Callable[[str, str], bool]  # of a host and a path, in lower case
_KINDS: tuple[tuple[LinkKind, _Rule], ...] = (  # the first that holds
    (LinkKind.SLIDES, lambda name, _: _on(name, _SLIDE_HOSTS)),
    (LinkKind.SLIDES, lambda name, path: name == "docs.google.com" and "/presentation" in path),
    (LinkKind.VIDEO, lambda name, path: _on(name, _VIDEO_HOSTS) and path.count("/") > 1),
    (LinkKind.VIDEO, lambda name, path: name == "archive.org" and path.startswith("/details/")),
    (LinkKind.VIDEO, lambda _, path: path.endswith((".mp4", ".webm", ".ogv", ".m4v", ".mov"))),
    (LinkKind.SLIDES, lambda _, path: path.endswith((".ppt", ".pptx", ".odp", ".key"))),
    (LinkKind.SLIDES, lambda _, path: bool(re.search(r"/slides?(/|$|\.)", path))),
    (LinkKind.CODE, lambda name, _: _on(name, _CODE_HOSTS)),
    (LinkKind.PAPER, lambda name, _: _on(name, _PAPER_HOSTS)),
    (LinkKind.PAGE, lambda name, _: _on(name, _SCHEDULE_HOSTS)),
    (LinkKind.PAGE, lambda _, path: bool(_TALK_PATH.search(path))),
)


def resource_kind(url: str) -> LinkKind | None:
    """Return what a talk's link leads to, as far as its address tells; None when it does not."""
    if video_of(url):
        return LinkKind.VIDEO
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    return next((kind for kind, holds in _KINDS if holds(name, parts.path.lower())), None)


def resource_key(url: str) -> str:
    """Return what all addresses of one talk's resource share.

    A video's key carries its start offset, because a day-long recording holds many talks.
    """
    video = video_of(url)
    if video:
        return f"{video[0]}@{video[1]}" if video[1] else video[0]
    name = host(url)
    doi = re.search(r"10\.\d{4,9}/[^\s?#]+", unquote(url))
    if doi and name in ("doi.org", "dx.doi.org"):
        return f"doi:{doi.group(0).lower().rstrip('.')}"
    record = re.match(r"https?://(?:www\.)?zenodo\.org/records?/(\d+)", url)
    if record:
        return f"doi:10.5281/zenodo.{record.group(1)}"
    return re.sub(r"^[a-z]{2}\.(slideshare\.net)", r"\1", key(url).lower())
