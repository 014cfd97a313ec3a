"""A post made ready: boilerplate gone, zones apart, typography unified."""

from __future__ import annotations

import html
import importlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from aggregator import article
from aggregator.model import Article, Block, OutLink, Post
from aggregator.recognise import dates
from aggregator.text import squeeze

# One character for one character, so that the offsets of links stay right.
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "’ʼ′"), "'"),
    **dict.fromkeys(map(ord, "‑‐−"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u200b\u2009\u202f"), " "),
    ord("—"): "–",
}

# What sites and feeds put around a post; each line would otherwise name events or look like talks.
_BOILERPLATE = re.compile(
    r"^(?:the post .* (?:appeared first on|first appeared)|.{0,60}(?:first appeared|"
    r"originally (?:published|posted)) (?:on|at)"
    r"|read more|continue reading|not seeing a scroll|share (?:this|on|via)|click to share|"
    r"tweet(?: this)?$"
    r"|subscribe|sign up for|related (?:posts?|articles?)|previous post|next post|"
    r"leave a (?:comment|reply)"
    r"|this (?:site|website) uses cookies|we use cookies|table of contents$|contents$|"
    r"reading time|\d+ min(?:utes?)? read"
    r"|edit (?:this )?(?:page|on)|skip to|back to top|scroll to top|filed under|"
    r"tagged (?:with|in)|posted (?:in|by)"
    r"|\{[%{].*[%}]\}$|comments? (?:off|are closed)|print this)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{1,300}>")
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]{2,30}:")
# Of the words of prose in one of these languages, every eighth or so is one of its own small words;
# of another language's prose hardly any, because those that two of them share are left out.
_SMALL_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and of to is that for we was with",
        "de": "der die das und ist von mit für auf ein eine zu den wir sich nicht im",
        "fr": "le les des et est une du dans pour nous que avec sur aux ont",
        "es": "el los las y del una por con para que se al más como",
        "nl": "het een van en zijn voor met op dat niet wij ook naar",
    }.items()
}
_WORD = re.compile(r"\b\w+\b")
_KEPT_CHARS = 300_000  # of text that clues are counted in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that the recognisers look at."""

    post: Post
    title: str
    article: Article
    blocks: tuple[Block, ...]  # without boilerplate
    lead: str  # the first paragraphs, about 700 characters
    lead_links: tuple[OutLink, ...]
    tail: str  # the last paragraphs
    text: str  # everything but code, one block a line
    address: str  # the path of the post's own address as words
    published: date | None
    stated: tuple[date, date] | None  # first and last day, as title or lead say

    def of_kind(self, *kinds: str) -> tuple[Block, ...]:
        """Return the blocks of these kinds."""
        return tuple(block for block in self.blocks if block.kind in kinds)


def unified(text: str) -> str:
    """Return `text` with one kind of apostrophe, hyphen, dash and space; as long as before."""
    return text.translate(_TYPOGRAPHY)


def plain_title(title: str) -> str:
    """Return a title without markup, entities, emoji codes and angle brackets around it."""
    text = html.unescape(html.unescape(title[:1000]))[:500]
    if _TAG.search(text) and not text.lstrip().startswith("< "):
        text = _TAG.sub("", text)
    text = _SHORTCODE.sub(" ", text)
    text = re.sub(r"''+", "'", unified(text))
    return squeeze(text).strip("<> ").strip()


def words_of_path(url: str) -> str:
    """Return the path of `url` read as words: ``/2022-09-27-rsecon22-recap/`` and the like."""
    try:
        path = unquote(urlsplit(url[:2000]).path)
    except ValueError:
        return ""
    path = re.sub(r"\.(?:html?|md|php|png|jpe?g|gif|svg|webp)$", "", path, flags=re.IGNORECASE)
    return re.sub(r"[/_+.-]+", " ", path).strip()


def read(post: Post) -> Reading:
    """Return `post` made ready. Never raises."""
    read_article = article.read(post.html, post.url)
    blocks = tuple(
        Block(kind=b.kind, text=unified(b.text), level=b.level, links=b.links)
        for b in read_article.blocks
        if not (len(b.text) < 300 and _BOILERPLATE.match(b.text.strip()))
    )
    lead: list[str] = []
    links: list[OutLink] = []
    size = 0
    for block in blocks:
        if block.kind in ("paragraph", "quote", "item") and block.text:
            lead.append(block.text[: 1500 - size])
            links.extend(block.links)
            size += len(block.text)
            if size >= 500:
                break
    prose = [b.text for b in blocks if b.kind in ("paragraph", "item", "quote") and b.text]
    title, lead_text = plain_title(post.title), "\n".join(lead)
    return Reading(
        post=post,
        title=title,
        article=read_article,
        blocks=blocks,
        lead=lead_text,
        lead_links=tuple(links),
        tail="\n".join(prose[-2:])[-800:],
        text="\n".join(b.text for b in blocks if b.kind != "code")[:_KEPT_CHARS],
        address=words_of_path(post.url),
        published=post.published.date() if post.published else None,
        stated=dates.stated(f"{title}\n{lead_text}"),
    )


@cache
def _identifier() -> Any:
    """Return the language identifier; its model takes half a second to load, so when needed."""
    return importlib.import_module("py3langid")


def language(reading: Reading) -> str | None:
    """Return the post's language (ISO 639-1): as declared, else as detected; None for no text."""
    declared = (reading.post.language or "").strip().lower()
    if re.match(r"^[a-z]{2}(?:[-_]|$)", declared):
        return declared[:2]
    sample = f"{reading.title}\n{reading.text[:1500]}"
    words = _WORD.findall(sample.lower())
    if len(words) < 4:
        return None
    counts = {code: sum(word in small for word in words) for code, small in _SMALL_WORDS.items()}
    best, second = sorted(counts, key=lambda code: -counts[code])[:2]
    if len(words) >= 20 and counts[best] > max(len(words) / 12, 2 * counts[second]):
        return best
    found: str = _identifier().classify(sample)[0]
    return found
