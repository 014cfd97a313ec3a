"""`RawHtml` to `SafeHtml`, and to plain text.

::

    cut | balanced nodes (balance) | bleach's filter and ours (shape) | nh3 | SafeHtml

bleach gives the HTML the shape that our pages want; nh3 has the last word about what is safe, so a
fault in the shaping can make an article ugly, never dangerous. The only maker of `SafeHtml`
besides the store's reader of rows; the only home of bleach and nh3.
"""

from __future__ import annotations

import re

import nh3

from aggregator.clean.balance import balanced
from aggregator.clean.lead import summary, text_of
from aggregator.clean.media import Pictures
from aggregator.clean.shape import ALLOWED, SCHEMES, Context, shaped
from aggregator.model import RawHtml, SafeHtml
from aggregator.pictures import SCHEME

__all__ = ["Pictures", "clean", "summary", "text_of"]

_LIMIT = 1_048_576  # bytes of one entry
_ROUNDS = 4
_OUTLINE = re.compile(r"</?[a-z][a-z0-9]*| href=")
_FREE = "lang"  # may stand on every tag
_CHOICES = {
    "dir": {"ltr", "rtl", "auto"},
    "scope": {"row", "col", "rowgroup", "colgroup"},
    "loading": {"lazy"},
    "decoding": {"async"},
}

# The last word, said once more in nh3's terms.
_GUARD = nh3.Cleaner(
    tags=set(ALLOWED),
    clean_content_tags={"script", "style", "template", "textarea", "title", "svg", "math"},
    attributes={
        **{tag: set(names) - set(_CHOICES) for tag, names in ALLOWED.items()},
        "*": {_FREE},
    },
    tag_attribute_values={
        tag: {name: _CHOICES[name] for name in {*names, "dir"} & set(_CHOICES)}
        for tag, names in ALLOWED.items()
    },
    url_schemes=set(SCHEMES) | {SCHEME},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow ugc",
    strip_comments=True,
)


def clean(
    html: RawHtml,
    base_url: str,
    *,
    title: str = "",
    pictures: Pictures | None = None,
    limit: int = _LIMIT,
) -> SafeHtml:
    """Return `html` as it may stand within our pages; never raises, whatever goes in.

    Nothing of the result runs, loads anything or reaches outside of the place where it is put:
    players become links, pictures too unless the site's cache holds them, headings begin at h3,
    there are no ids, classes or styles. Cleaning it again changes nothing.

    Args:
        html: what a feed or a page gave.
        base_url: what relative links are relative to; with an empty one they are dropped.
        title: of the article; a leading h1 or h2 that repeats it is left out.
        pictures: those that the cache holds; the addresses of all that the article has are noted.
        limit: bytes of `html` that are read, the rest is cut.
    """
    context = Context(base_url=base_url, title=title, pictures=pictures or Pictures())
    safe: str = html if len(html) * 4 <= limit else _cut(html, limit)
    for _ in range(_ROUNDS):  # almost always one
        rough = shaped(balanced(safe), context)
        safe = _GUARD.clean(rough)
        if _OUTLINE.findall(rough) == _OUTLINE.findall(safe):
            break  # nh3 read it just as we wrote it, so the next cleaning will, too
    return SafeHtml(safe)


def _cut(html: str, limit: int) -> str:
    head = html.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
    last = head.rfind("<")
    return head[:last] if last > head.rfind(">") else head  # not within a tag
