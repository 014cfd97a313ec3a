"""Which addresses of a site look like those of its posts: pure functions of addresses.

A blog's addresses have a shape, such as ``/blog/2024/05/some-words/``. The shapes of the posts that
are known are learnt; a further address of the same site is taken for a post when it has one of
them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

# Where a site keeps what is no post; only consulted where the posts' own addresses do not tell.
_NOT_POSTS = frozenset(
    """about archive archives author authors blog-categories category categories contact events feed
    feeds imprint impressum jobs kategorie legal login page pages people privacy privacy-policy
    projects publications schlagwort search services sitemap tag tags team teams terms topic topics
    user users wp-admin wp-content wp-json""".split()  # noqa: SIM905 - a list of words reads better
)
_NOT_PAGES = re.compile(
    r"\.(?:atom|bib|css|csv|docx?|epub|gif|gz|ico|ics|jpe?g|js|json|mp[34]|odp|ogg|pdf|png|pptx?|rss"
    r"|svg|tar|txt|webm|webp|xlsx?|xml|zip)$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"/(?:(?P<y>(?:19|20)\d\d)/(?P<m>\d{1,2})(?:/(?P<d>\d{1,2})(?=/|$))?(?=/|$)"
    r"|(?P<y2>(?:19|20)\d\d)-(?P<m2>\d{1,2})(?:-(?P<d2>\d{1,2}))?(?=[-_./]|$))"
)

_Shape = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What the known addresses of one shape have in common."""

    fixed: tuple[frozenset[str] | None, ...]  # for each part the words it may be; None: any
    words: int  # that the last part has at least


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the addresses of a blog's posts have in common."""

    place: str  # host and port that most of them are on, without www.
    patterns: dict[_Shape, _Pattern]

    def fits(self, url: str) -> bool:
        """Tell whether an address looks like that of a post of this blog."""
        if place_of(url) != self.place:
            return False
        parts = _parts(url)
        pattern = self.patterns.get(_shape(url, parts))
        if pattern is None or not parts or _NOT_PAGES.search(parts[-1]):
            return False
        for part, allowed in zip(parts, pattern.fixed, strict=True):
            if part in _NOT_POSTS if allowed is None else part not in allowed:
                return False
        return _words(parts[-1]) >= pattern.words


def learn(addresses: Sequence[str]) -> Likeness | None:
    """Return what the addresses of known posts have in common; None when there are none."""
    places = Counter(place for place in map(place_of, addresses) if place)
    if not places:
        return None
    [(place, _)] = places.most_common(1)
    by_shape: dict[_Shape, list[list[str]]] = defaultdict(list)
    for url in addresses:
        parts = _parts(url)
        if parts and place_of(url) == place:
            by_shape[_shape(url, parts)].append(parts)
    return Likeness(place, {shape: _pattern(shape, rows) for shape, rows in by_shape.items()})


def _pattern(shape: _Shape, rows: list[list[str]]) -> _Pattern:
    fixed: list[frozenset[str] | None] = []
    for place in range(len(rows[0])):
        seen = {row[place] for row in rows}
        last = place == len(rows[0]) - 1
        few = shape[place] == "word" and not last and len(seen) <= max(1, len(rows) // 3)
        fixed.append(frozenset(seen) if few else None)
    told = any(fixed) or "year" in shape
    counts = sorted(_words(row[-1]) for row in rows)
    # where nothing else tells a post from the "About" page, the length of its name must
    return _Pattern(tuple(fixed), 1 if told else counts[len(counts) // 10])


def place_of(url: str) -> str:
    """Return host and port of an address, without ``www.``; empty when it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower().removeprefix("www.")
    except ValueError:
        return ""


def _parts(url: str) -> list[str]:
    try:
        path = urlsplit(url).path
    except ValueError:
        return []
    return [part for part in path.split("/") if part]


def _shape(url: str, parts: Iterable[str]) -> _Shape:
    """Return the kinds of an address's parts, and the names of its parameters."""
    names = sorted({f"?{name}" for name, _ in parse_qsl(urlsplit(url).query)})
    return (*map(_kind, parts), *names)


def _kind(part: str) -> str:
    if _YEAR.fullmatch(part):
        return "year"
    if part.isdigit():
        return "figures" if len(part) > 2 else "month"
    ending = re.search(r"\.\w{1,5}$", part)
    return f"word{ending.group(0).lower()}" if ending else "word"


def _words(part: str) -> int:
    return len([word for word in re.split(r"[-_.+]|%20", part) if word])


def date_in(url: str) -> datetime | None:
    """Return the date in an address, as ``/2024/05/12/`` or ``/2024-05-12-title``.

    A month without a day counts from its first day. None when there is none.
    """
    found = _DATE.search(urlsplit(url).path)
    if not found:
        return None
    said = found.groupdict()
    year, month, day = (int(said[name] or said[f"{name}2"] or 1) for name in "ymd")
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
