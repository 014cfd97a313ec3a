"""Tells what a reader sees of an entry from what machines put around it."""

from __future__ import annotations

import hashlib
import html
import json
import re

from aggregator import text, urls
from aggregator.model import ParsedEntry

_UNSEEN = (
    ("<!--", "-->"),
    ("<script", "</script"),
    ("<style", "</style"),
    ("<noscript", "</noscript"),
)
_TOKENS = re.compile(r"<[^<>]*>|[^<]+")
_REFERS = re.compile(r"""\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_SEEN = re.compile(
    r"</?(a|abbr|b|blockquote|br|caption|cite|code|dd|del|dl|dt|em|figcaption|figure|h[1-6]|hr|i|img"
    r"|iframe|ins|kbd|li|mark|ol|p|pre|q|s|small|strong|sub|sup|table|td|th|tr|u|ul|video|audio)\b",
    re.IGNORECASE,
)
_PIXEL = re.compile(r"""<img\b.*\s(?:width|height)\s*=\s*["']?[01](?:px)?["'\s/>]""", re.I | re.S)
# "1,234 views", "Comments (5)", "visited 7 times", "3 days ago"
_FIGURE = r"\d[\d.,\u00a0]{0,15}[km]?"
_THINGS = (
    r"views?|reads?|hits?|visits?|visitors?|likes?|loves?|claps?|votes?|shares?|comments?|replies"
    r"|downloads?|aufrufe|kommentare?|gelesen|vues|commentaires?|visitas|comentarios?|lecturas"
)
_COUNTED = re.compile(
    rf"\b{_FIGURE}\s?(?:(?:total|page|unique)\s)?(?:{_THINGS})\b"
    rf"|\b(?:{_THINGS})\s?[:=(]\s?{_FIGURE}"
    rf"|\b(?:read|seen|viewed|visited|shared|downloaded)\s{_FIGURE}\s?(?:times?|x)\b"
    r"|\b\d{1,4}\s(?:second|minute|hour|day|week|month|year)s?\sago\b",
    re.IGNORECASE,
)


def marked(entry: ParsedEntry, *, first: bool) -> str:
    """Return what is stored so that a later poll knows the entry again without judging it.

    That is a hash of all that the feed gave and, unless it is the `first` time that the entry is
    seen, another one of what a reader sees of it: only few entries ever change, so few are to pay
    for the second.
    """
    return entry.content_hash if first else f"{entry.content_hash} {_seen(entry)}"


def unchanged(stored: str, entry: ParsedEntry) -> bool:
    """Tell whether an entry that was stored with such a mark is still what readers know of it.

    Some feeds render all anew at each request: a nonce, a counter of views or the date of an update
    that changed nothing is no change.
    """
    whole, _, seen = stored.partition(" ")
    return whole == entry.content_hash or bool(seen and seen == _seen(entry))


def _seen(entry: ParsedEntry) -> str:
    shown = (
        *(urls.canonical(entry.url), entry.title, entry.authors, entry.published, entry.language),
        *(entry.tags, [urls.canonical(url) for url in entry.enclosures], entry.summary_only),
        looks(entry.html),
    )
    told = json.dumps(shown, default=str, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def looks(markup: str, *, queries: bool = True) -> str:
    """Return what a reader sees of HTML: words, tags and addresses, but nothing that counts.

    Attributes other than addresses are left out, and so are tags that only group.

    Linear, whatever goes in. For comparing only.

    Args:
        markup: any HTML.
        queries: whether addresses that differ in their query differ; those of pictures are signed
            anew at each request by some hosts.
    """
    for begin, end in _UNSEEN:
        markup = _without(markup, begin, end)
    seen: list[str] = []
    for token in _TOKENS.findall(markup):
        if not token.startswith("<"):
            seen.append(token)
        elif not _PIXEL.match(token):
            name, found = _SEEN.match(token), _REFERS.search(token)
            seen.append(f"{name[0].lower()}>" if name else "")
            if found:
                address = urls.canonical(html.unescape(next(filter(None, found.groups()), "")))
                seen.append(f" {address if queries else address.partition('?')[0]} ")
    return text.squeeze(_COUNTED.sub("", html.unescape("".join(seen))))


def _without(markup: str, begin: str, end: str) -> str:
    """Return `markup` without what stands between `begin` and `end`."""
    lower = markup.lower()
    if begin not in lower or len(lower) != len(markup):
        return markup
    kept, at = [], 0
    while (start := lower.find(begin, at)) >= 0 and (stop := lower.find(end, start)) >= 0:
        kept.append(markup[at:start])
        at = stop + len(end)
    return "".join([*kept, markup[at:]])
