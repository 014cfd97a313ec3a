"""Any address: read, made absolute, compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_Found = TypeVar("_Found")
_REMEMBERED = 500  # characters; memory for longer addresses would be in the hands of who sends them


def remembered(of_address: Callable[[str], _Found]) -> Callable[[str], _Found]:
    """Let a function remember what it found of an address: each is looked at from several sides."""
    known = lru_cache(maxsize=4096)(of_address)

    @wraps(of_address)
    def found(url: str) -> _Found:
        return known(url) if len(url) <= _REMEMBERED else of_address(url)

    return found


# Parameters that say who followed a link, not what it leads to.
_TRACKERS = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|twclid|yclid|igshid|mc_[ce]id|mkt_tok|_hs(enc|mi)|ref_src"
    r"|ref_url|ref|feature|si|source|share|pk_\w+|piwik_\w+|mtm_\w+|phpsessid|jsessionid|sid"
    r"|__s|oly_\w+_id|vero_\w+|wickedid|xtor|ncid|cmpid|s_cid|from|_g[al]|[gw]braid|igsh|srsltid"
    r"|trk|hss_channel|ck_subscriber_id|wt\.mc_id|sess(ion)?_?id|aspsessionid\w*|cfid|cftoken|oscsid"
    r"|zenid)$",
    re.IGNORECASE,
)
_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid)=[^/?]*|(?<=/)\(S\([^/()]*\)\)/", re.IGNORECASE
)
_WEB = re.compile(r"https?://[a-z0-9._-]+(?:[/?#]|\Z)", re.IGNORECASE)  # that is certain
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)((?:/[A-Za-z0-9/._-]*)?)")  # one spelling already
_INDEX = re.compile(r"/(?:index\.(?:html?|php))?$")
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"


def is_web(url: str) -> bool:
    """Tell whether `url` is an absolute http or https address with a host."""
    if _WEB.match(url):
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


@remembered
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
    path = quote(_SESSION.sub("", parts.path), safe=_SAFE) or "/"
    pairs = [
        (k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKERS.match(k)
    ]
    return urlunsplit((scheme, name, path, urlencode(pairs), ""))


def key(url: str) -> str:
    """Return what the spellings of one address share.

    That is without scheme, ``www.``, trailing slash and index page. For comparing only; it is no
    address.
    """
    plain = _PLAIN.fullmatch(url)
    if plain:  # most are, and it is ten times faster
        return _bare(*plain.groups())
    try:
        parts = urlsplit(canonical(url))
    except ValueError:
        return url
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return _bare(parts.netloc, unquote(parts.path)) + (f"?{urlencode(pairs)}" if pairs else "")


def _bare(name: str, path: str) -> str:
    return name.removeprefix("www.").removeprefix("m.") + _INDEX.sub("", path)
