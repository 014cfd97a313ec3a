"""A post made ready: boilerplate gone, zones apart, typography unified."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import unquote, urlsplit

from aggregator import article
from aggregator.article import STORY, Opened
from aggregator.model import Article, Block, OutLink, Post
from aggregator.recognise import dates
from aggregator.recognise.phrases import Words
from aggregator.recognise.words import ATTENDED
from aggregator.text import squeeze

# One character for one character, so that the offsets of links stay right.
_TYPOGRAPHY = (
    *((other, "'") for other in "’ʼ′"),
    *((other, "-") for other in "‑‐−"),
    *((other, " ") for other in "\u00a0\u200b\u2009\u202f"),
    ("—", "–"),
)

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
# How such lines begin, and words that others of them hold: most lines need no more than this.
_BOILERPLATE_STARTS = (
    "the post ", "read more", "continue reading", "not seeing a scroll", "share ", "click to share",
    "tweet", "subscribe", "sign up for", "related ", "previous post", "next post", "leave a ",
    "this site", "this website", "we use", "table of", "contents", "reading time", "edit ",
    "skip to", "back to top", "scroll to top", "filed under", "tagged ", "posted ", "{", "comment",
    "print this", *"0123456789",
)  # fmt: skip
_BARE_ADDRESS = re.compile(r"https?://[\w-]+\.[^\s<>\"“”|\\^`{}]{2,500}")
_TAG = re.compile(r"<[^<>]{1,300}>")
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]{2,30}:")
# Of the words of prose in one of these languages, every eighth or so is one of its own small words;
# of another language's prose hardly any, because those that two of them share are left out.
_SMALL_WORDS = {
    word: code
    for code, words in {
        "en": "the and of to is that for we was with",
        "de": "der die das und ist von mit für auf ein eine zu den wir sich nicht im",
        "fr": "le les des et est une du dans pour nous que avec sur aux ont",
        "es": "el los las y del una por con para que se al más como",
        "nl": "het een van zijn voor met op dat niet wij ook naar",
        "it": "il di che è gli della sono nella anche delle alla questo",
        "pt": "não uma dos da ao são em pelo pela também você os um foi mais nos nas isso à às ou",
    }.items()
    for word in words.split()
}
_LEAD = 500  # characters, to the end of the paragraph
_RARE = 16  # in prose one of so many words at least is a small one of its language
_KEPT_CHARS = 300_000  # of text that names are looked for in
COUNTED = 20_000  # of them those in which words are counted
_NAME_TABLE = bytes(
    code if bytes([code]).decode("cp1252", "ignore").isalnum() else ord(" ") for code in range(256)
)
_NAME_WORD = re.compile(r"[^\W_]+")
_WIDE = re.compile("[\u0180-\u02af\u0370-\u1fff\u2c00-\u2dff\u2e80-\ud7ff\uf900-\ufdff]")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All that the recognisers look at; what not every post needs is made when it is asked for."""

    post: Post
    title: str
    lead: str  # the first paragraphs, about 700 characters
    lead_links: tuple[OutLink, ...]
    address: str  # the path of the post's own address as words
    published: date | None
    opened: Opened  # its HTML, read as far as somebody asks

    @cached_property
    def article(self) -> Article:
        """All of the post's HTML."""
        return self.opened.whole()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the post without boilerplate."""
        return tuple(_own(self.article.blocks))

    @cached_property
    def text(self) -> str:
        """Everything but code, one block a line."""
        return "\n".join([b.text for b in self.blocks if b.kind != "code"])[:_KEPT_CHARS]

    def of_kind(self, *kinds: str) -> tuple[Block, ...]:
        """Return the blocks of these kinds."""
        return tuple(block for block in self.blocks if block.kind in kinds)

    @cached_property
    def tail(self) -> str:
        """The last paragraphs."""
        found: list[str] = []
        for block in reversed(self.blocks):
            if block.text and block.kind in STORY:
                found.insert(0, block.text)
                if len(found) == 2:
                    break
        return "\n".join(found)[-800:]

    @cached_property
    def beginning(self) -> str:
        """Title and lead."""
        return f"{self.title}\n{self.lead}"

    @cached_property
    def stated(self) -> dates.Span | None:
        """The days that title or lead state with their year."""
        return dates.stated(self.beginning)

    @cached_property
    def title_words(self) -> Words:
        """The words of the title."""
        return Words(self.title)

    @cached_property
    def lead_words(self) -> Words:
        """The words of the lead."""
        return Words(self.lead)

    @cached_property
    def attended(self) -> str | None:
        """The words of the lead that say that somebody was there."""
        return ATTENDED.first(self.lead_words)

    @cached_property
    def words(self) -> Words:
        """The words of the beginning of the text, in which clues are counted."""
        return Words(self.text[:COUNTED])


class Vocabulary:
    """The words of a text (letters and digits) as they are written."""

    __slots__ = ("distinct", "listed", "marked")

    def __init__(self, text: str) -> None:
        """Take `text` apart."""
        self.listed = _written(text)
        self.distinct = frozenset(self.listed)
        # With a capital or a digit: where names may hide in running text.
        self.marked = [word for word in self.distinct if not (word.islower() and word.isalpha())]


def _written(text: str) -> list[str]:
    try:
        known = text.encode("cp1252")
    except UnicodeEncodeError:
        if _WIDE.search(text):
            return _NAME_WORD.findall(text)
        known = text.encode("cp1252", "replace")
    return known.translate(_NAME_TABLE).decode("cp1252").split()


def places_of(text: str, words: Iterable[str]) -> list[int]:
    """Return where any of `words` stands in `text` as a word of its own, in order."""
    found: list[int] = []
    for word in words:
        place = text.find(word)
        while place >= 0:
            end = place + len(word)
            if not (
                (place and text[place - 1].isalnum()) or (end < len(text) and text[end].isalnum())
            ):
                found.append(place)
            place = text.find(word, end)
    found.sort()
    return found


def unified(text: str) -> str:
    """Return `text` with one kind of apostrophe, hyphen, dash and space; as long as before."""
    if text.isascii():
        return text
    for other, usual in _TYPOGRAPHY:
        if other in text:
            text = text.replace(other, usual)
    return text


def _is_boilerplate(text: str) -> bool:
    """Tell whether a block belongs to the site rather than to the post."""
    low = text[:320].strip().lower()
    if not low.startswith(_BOILERPLATE_STARTS) and not ("appeared" in low or "originally" in low):
        return False
    return bool(_BOILERPLATE.match(low))


def _unified_block(block: Block) -> Block:
    """Return `block` with usual typography, and with its bare addresses as links."""
    text, links = unified(block.text), block.links
    if "://" in text and block.kind != "code":
        links = _with_bare(text, links)
    if text == block.text and links is block.links:
        return block
    return Block(kind=block.kind, text=text, level=block.level, links=links)


def _with_bare(text: str, links: tuple[OutLink, ...]) -> tuple[OutLink, ...]:
    """Return `links` and those addresses of `text` that are no links yet."""
    found = list(links)
    for match in list(_BARE_ADDRESS.finditer(text))[:200]:
        start, end = match.start(), match.start() + len(match.group().rstrip(".,;:!?)'"))
        if not any(link.start < end and start < link.end for link in links):
            url = text[start:end]
            found.append(OutLink(url=url, text=url, start=start, end=end))
    if len(found) == len(links):
        return links
    return tuple(sorted(found, key=lambda link: link.start))


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


def _own(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield what is of the post itself, with usual typography."""
    for block in blocks:
        if len(block.text) >= 300 or not _is_boilerplate(block.text):
            yield _unified_block(block)


def _lead(blocks: Iterable[Block]) -> tuple[str, tuple[OutLink, ...], int]:
    """Return the first paragraphs, their links, and how many characters they had."""
    lead: list[str] = []
    links: list[OutLink] = []
    size = 0
    for block in _own(blocks):
        if block.kind in STORY and block.text:
            lead.append(block.text[: 1500 - size])
            links.extend(block.links)
            size += len(block.text)
            if size >= _LEAD:
                break
    return "\n".join(lead), tuple(links), size


def read(post: Post) -> Reading:
    """Return `post` made ready. Never raises."""
    opened = article.opened(post.html, post.url)
    first, ended = opened.beginning(_LEAD)
    lead, links, size = _lead(first)
    if size < _LEAD and not ended:  # boilerplate stands in front
        lead, links, _ = _lead(opened.whole().blocks)
    return Reading(
        post=post,
        title=plain_title(post.title),
        lead=lead,
        lead_links=links,
        address=words_of_path(post.url),
        published=post.published.date() if post.published else None,
        opened=opened,
    )


def language(reading: Reading) -> str | None:
    """Return the post's language (ISO 639-1): as declared, else by its small words.

    None where they do not tell: a wrong language is read out wrongly, none as the page's own.
    """
    declared = (reading.post.language or "").strip().lower()
    if re.match(r"^[a-z]{2}(?:[-_]|$)", declared):
        return declared[:2]
    words = reading.lead_words
    if len(reading.lead) <= 200:
        words = Words(f"{reading.title}\n{reading.text[:1500]}")
    size = sum(word not in ".," for word in words.listed)
    counts = Counter(map(_SMALL_WORDS.get, words.listed))
    del counts[None]
    (best, most), (_, second), *_ = *counts.most_common(2), (None, 0), (None, 0)
    return best if most > max(size / _RARE, 2 * second) else None
