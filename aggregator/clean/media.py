"""Pictures and players: no page of ours asks a third party for anything.

A picture that the site's own cache holds is shown; any other becomes a link. A player becomes a
link, with a still picture where the cache holds one. The one place that decides all this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aggregator import pictures, text, urls
from aggregator.clean.balance import INLINE, MEDIA
from aggregator.clean.nodes import (
    Node,
    attributes,
    closing,
    end,
    is_end,
    is_solid,
    is_start,
    start,
    words,
)
from aggregator.model import LinkKind, Picture

# Where only a line of text may stand, not a paragraph.
_PHRASES = INLINE | {"p", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "caption"}
_PLAYERS = MEDIA - {"img", "source"}
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif|bmp|heic|tiff?)", re.IGNORECASE)
_SAYS_NOTHING = re.compile(
    r"(?:image|img|photo|picture|screenshot|untitled|thumbnail|alt text|\d+|_?dsc_?\d+|img_\d+)?",
    re.IGNORECASE,
)
_TRACKER = re.compile(
    r"//(?:[^/]*\.)?(?:pixel\.wp\.com|stats\.wordpress\.com|feeds\.wordpress\.com|doubleclick\.net"
    r"|google-analytics\.com|googletagmanager\.com|scorecardresearch\.com|quantserve\.com"
    r"|feedsportal\.com|statcounter\.com|hits\.dwyl\.com|visitor-badge\.[\w.]+|ct\.pinterest\.com"
    r"|facebook\.com/tr|medium\.com/_/stat|feedburner\.com/~|blogger\.googleusercontent\.com/tracker"
    r"|list-manage\.com/track|matomo\.[^/]+/\w+\.php|piwik\.[^/]+/\w+\.php)|/(?:pixel|track(?:er|ing)?"
    r"|beacon|spacer|blank|transparent)\.(?:gif|png)\b",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|;)\s*(?:width|height)\s*:\s*[012](?:px)?\s*(?:;|$)",
    re.IGNORECASE,
)
# One of the pictures of a srcset: its address, and its width or its density.
_CANDIDATE = re.compile(r"([^\s,](?:\S*[^\s,])?)(?:\s+([0-9]+(?:\.[0-9]+)?)([wx]))?\s*(?:,|$)")
_ENOUGH = 1280  # pixels: twice the width of the column
_DENSE = 640.0  # pixels that density 1 is taken for
_ICON = 32  # pixels; what is no larger stands within a line of text
_ALT = 300  # characters


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the cache holds, by address, and which addresses an article has pictures at."""

    held: Mapping[str, Picture] = field(default_factory=dict)
    met: dict[str, None] = field(default_factory=dict)  # filled by cleaning, in order

    def at(self, url: str) -> Picture | None:
        """Return the picture at an address, if it is held; remember that it was asked for."""
        self.met.setdefault(url)
        return self.held.get(url)

    def named(self, source: str) -> Picture | None:
        """Return the picture that an article of ours names."""
        found = (one for one in self.held.values() if pictures.name_of(one.key) == source)
        return next(found, None)


def mediated(nodes: list[Node], base_url: str, cache: Pictures) -> Iterator[Node]:
    """Give `nodes` with every picture and player as what readers get for it.

    Lazily loaded ones and their fallbacks are one.
    """
    path: list[str] = []
    last_url, index, joined = "", 0, False
    while index < len(nodes):
        node = nodes[index]
        made: list[Node] | None = None
        if node["type"] in ("StartTag", "EmptyTag") and node["name"] in MEDIA:
            url, made, index = _made(nodes, index, base_url, cache)
            if url and url == last_url:
                made = []
            elif url and path and path[-1] == "a":
                _name(made)
            last_url = url or last_url
        elif is_start(node, {node.get("name", "")}):
            path.append(node["name"])
        elif node["type"] == "EndTag":
            if node["name"] in MEDIA:  # of an object that shows its fallback
                index += 1
                continue
            path.pop()
        elif is_solid(node):
            last_url = ""
        if made and joined:
            yield words(" ")  # two in a row are two words
        joined = bool(made) or (made is not None and joined)
        yield from [node] if made is None else _placed(made, path)
        index += 1


def _made(
    nodes: list[Node], index: int, base_url: str, cache: Pictures
) -> tuple[str, list[Node], int]:
    """Return where the thing at `index` leads, what stands in its place, and its last index."""
    node = nodes[index]
    said = attributes(node)
    if node["name"] == "img":
        return (*_picture(said, base_url, cache), index)
    if node["name"] not in _PLAYERS:
        return "", [], index
    last = closing(nodes, index) if node["type"] == "StartTag" else index
    url = _address(said, base_url)
    if not url and node["name"] in ("audio", "video"):
        sources = (attributes(n) for n in nodes[index:last] if n.get("name") == "source")
        url = next((found for s in sources if (found := _address(s, base_url))), "")
    if not url and node["name"] == "object":
        return "", [], index  # what it holds is its fallback
    if not url or _hidden(said, url):
        return "", [], last
    poster = urls.absolute(base_url, said.get("poster", "")) if said.get("poster") else ""
    return (*_player(node["name"], said, url, poster, cache), last)


def _address(said: dict[str, str], base_url: str) -> str:
    names = ("data-src", "data-lazy-src", "data-original", "src", "data")
    found = (urls.absolute(base_url, said[name]) for name in names if said.get(name))
    return next((url for url in found if url), "")


def _best(said: dict[str, str], base_url: str) -> str:
    """Return the address of the picture that suits our column best; empty where none is named.

    That is the narrowest that fills it, else the widest (WHATWG HTML section 4.8.4.2.1).
    """
    names = ("data-srcset", "data-lazy-srcset", "srcset")
    sets = (_CANDIDATE.findall(said[name]) for name in names if said.get(name))
    found = {
        url: float(size) * (1 if unit == "w" else _DENSE) if size else _DENSE
        for some in sets
        for given, size, unit in some
        if (url := urls.absolute(base_url, given))
    }
    wide = {url: width for url, width in found.items() if width >= _ENOUGH}
    return (
        min(wide, key=lambda url: wide[url])
        if wide
        else max(found, key=lambda url: found[url], default="")
    )


def _pixels(value: str) -> int | None:
    match = re.match(r"\d{1,5}", value.strip())
    return int(match[0]) if match and not value.strip().endswith("%") else None


def _hidden(said: dict[str, str], url: str) -> bool:
    """Tell whether this is only there to count its viewers."""
    sizes = [_pixels(said.get(name, "")) for name in ("width", "height")]
    return (
        any(size is not None and size <= 2 for size in sizes)
        or bool(_UNSEEN.search(said.get("data-style", "")))
        or bool(_TRACKER.search(url))
    )


def _picture(said: dict[str, str], base_url: str, cache: Pictures) -> tuple[str, list[Node]]:
    ours = cache.named(said.get("src", ""))
    if ours:
        return "", [_image(ours, said.get("alt", ""))]
    url = _address(said, base_url)
    if url not in cache.held:
        url = _best(said, base_url) or url
    alt = text.shorten(said.get("alt", ""), _ALT)
    if _hidden(said, url):
        return "", []
    if _is_icon(said, alt):
        return "", [words(alt)] if alt else []
    if _FILE_NAME.fullmatch(alt) or _SAYS_NOTHING.fullmatch(alt):
        alt = ""
    held = cache.at(url) if url else None
    if held:
        return url, [_image(held, alt)]
    label = f"Picture: {alt}" if alt else "Picture"
    if not url:
        return "", [words(label)] if alt else []
    return url, [start("a", {"href": url}), words(label), end("a")]


def _image(picture: Picture, alt: str) -> Node:
    size = {"width": str(picture.width), "height": str(picture.height)}
    source = {"src": pictures.name_of(picture.key), "alt": alt}
    return start("img", source | size | {"loading": "lazy", "decoding": "async"})


def _is_icon(said: dict[str, str], alt: str) -> bool:
    if re.search(r"\b(?:emoji|wp-smiley|smiley|emoticon)\b", said.get("class", "")):
        return True
    if alt and len(alt) <= 8 and not any(c.isalnum() for c in alt):
        return True
    sizes = [_pixels(said.get(name, "")) for name in ("width", "height")]
    return any(sizes) and all(size is None or size <= _ICON for size in sizes)


_WORD = {LinkKind.VIDEO: "Video", LinkKind.SLIDES: "Slides", LinkKind.CODE: "Code"}


def _player(
    name: str, said: dict[str, str], address: str, poster: str, cache: Pictures
) -> tuple[str, list[Node]]:
    try:
        url = urls.public_page(address)
    except ValueError:
        return "", []
    kind = urls.resource_kind(url)
    word = {"audio": "Audio", "video": "Video"}.get(name) or _WORD.get(kind or LinkKind.PAGE, "")
    title = text.shorten(said.get("title", ""), _ALT)
    if re.search(r"video player|embed|iframe", title, re.IGNORECASE):
        title = ""
    label = f"{word or 'Embedded page'}: {title or urls.host(url)}"
    still = poster or pictures.still_of(url)
    held = cache.at(still) if still else None
    shown = [_image(held, ""), start("br", {})] if held else []
    link = [start("a", {"href": url}), *shown, words(label), end("a")]
    return url, [start("p", {}), *link, end("p")]


def _name(made: list[Node]) -> None:
    """Name a picture that is all there is in a link, or the link would say nothing."""
    for node in made:
        if node.get("name") == "img" and not attributes(node)["alt"]:
            node["data"][None, "alt"] = "Picture"


def _placed(made: list[Node], path: list[str]) -> list[Node]:
    """Return `made` without what may not stand where it is put."""
    if "a" in path:
        made = [node for node in made if not (is_start(node, {"a"}) or is_end(node, {"a"}))]
    if any(name in _PHRASES for name in path):
        made = [node for node in made if not (is_start(node, {"p"}) or is_end(node, {"p"}))]
    return made
