"""How cached pictures are named: in stored articles, in addresses, and towards the outside.

A stored article names its pictures ``picture:KEY``, so that it does not depend on where the site
lives. Whoever gives an article to a reader puts the site's address in by `placed`.
"""

from __future__ import annotations

import hashlib
import re

from aggregator.model import SafeHtml

SCHEME = "picture"
KEY = re.compile(r"[0-9a-f]{32}")
_YOUTUBE = re.compile(r"https://www\.youtube\.com/watch\?v=([\w-]{11})")
_SHOWN = re.compile(
    rf'<img [^<>]*?src="{SCHEME}:({KEY.pattern})"[^<>]*? width="(\d+)" height="(\d+)"'
)
_LEAST = 200  # pixels on each side of what stands for an article; smaller ones are logos and icons
_SOURCE = re.compile(rf'(<img [^<>]*?src="){SCHEME}:({KEY.pattern})"')


def key_of(url: str) -> str:
    """Return the key of the picture at an address: 32 hexadecimal digits."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:32]


def name_of(key: str) -> str:
    """Return how an article names a picture."""
    return f"{SCHEME}:{key}"


def path_of(key: str) -> str:
    """Return a picture's path within the site, from its root on."""
    return f"/pictures/{key}.webp"


def leading(html: SafeHtml) -> str:
    """Return the key of the picture that stands for an article: its first of some size, or ""."""
    for key, width, height in _SHOWN.findall(html):
        if min(int(width), int(height)) >= _LEAST:
            return str(key)
    return ""


def still_of(url: str) -> str:
    """Return where a still picture of a video is; nothing where that is not known."""
    match = _YOUTUBE.match(url)
    return f"https://i.ytimg.com/vi/{match[1]}/hqdefault.jpg" if match else ""


def placed(html: SafeHtml, root: str) -> SafeHtml:
    """Return an article with its pictures at a site.

    Args:
        html: as it is stored; within text every ``<`` is written ``&lt;``, so that only real
            pictures are met.
        root: the site's address without a slash at its end; for pages of the site its path.
    """
    return SafeHtml(_SOURCE.sub(lambda m: f'{m[1]}{root}{path_of(m[2])}"', html))
