"""An original, read as blocks, links, captions and players: tolerant, bounded, nothing executed.

Every post that a feed brings is read, so this is written for speed: one walk over the tree that
stops after the first paragraphs where those are enough, and `str.replace` where a pattern would
cost ten times as much.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from lxml import etree

from aggregator.model import Article, Block, OutLink, RawHtml
from aggregator.text import allowed
from aggregator.urls import absolute, public_page

# Bounds on hostile input: characters read; blocks, links, and pictures or players kept; elements
# nested.
_MAX_CHARS = 1_000_000
_MAX_BLOCKS = 5_000
_MAX_LINKS = 5_000
_MAX_MEDIA = 500
_MAX_DEPTH = 200

_DROPPED = frozenset({
    "script", "style", "template", "nav", "form", "button", "select", "textarea", "svg", "math",
    "head", "title", "meta", "link", "input", "label", "menu",
})  # fmt: skip
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
# What kind of block an element opens; everything here starts and ends a block.
_KINDS = {
    **dict.fromkeys(_HEADINGS, "heading"),
    "li": "item", "dt": "item", "dd": "item", "tr": "row", "blockquote": "quote", "pre": "code",
    "figcaption": "caption", "caption": "caption", "p": "paragraph", "summary": "paragraph",
}  # fmt: skip
_BREAKS = frozenset({
    "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "table",
    "tbody", "thead", "figure", "details", "hr", "body", "html", "center", "address", "fieldset",
    "noscript",
})  # fmt: skip
STORY = frozenset({"paragraph", "quote", "item"})  # the kinds of blocks that tell something
_PLAYERS = frozenset({"iframe", "embed", "object", "video", "audio", "source", "lite-youtube"})
_ENDS = frozenset({"a", *_KINDS, *_BREAKS})  # whose end matters
_STARTS = frozenset({*_ENDS, *_PLAYERS, "br", "img", "td", "th"})  # whose start matters
_PLAYER_ADDRESS = ("src", "data-src", "data-lazy-src", "data-litespeed-src", "data-url", "data")
_PERMALINK = re.compile(r"^[\s¶#§🔗⚓️\u2060\ufe0f]*$")
_BULLETS = frozenset("•‣◦▪●·-*–")
_BULLET = re.compile(r"^\s*(?:[•‣◦▪●·]|[-*–] )\s*")
_SPACES = ("\n", "\t", "\r", "\f", "\v", "\u00a0", "\u200b", "\u2028", "\ufeff")
_ASCII_SPACES = _SPACES[:5]
# An address that resolving would leave as it is.
_WHOLE = re.compile(
    r"https?://[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+"
    r"(?:/[^\s?#;\\\x00-\x20\x7f-\U0010ffff]*(?:\?[^\s?#;\\\x00-\x20\x7f-\U0010ffff]+)?"
    r"(?:#[^\s;\\\x00-\x20\x7f-\U0010ffff]+)?)?"
)
_PARSER = etree.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")


def _spaced(text: str) -> str:
    """Return `text` with single spaces."""
    for space in _ASCII_SPACES if text.isascii() else _SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


@dataclass(slots=True)
class _Draft:
    """A block in the making."""

    kind: str = "paragraph"
    level: int = 0
    parts: list[str] = field(default_factory=list)
    size: int = 0
    links: list[tuple[str, str, int, int]] = field(default_factory=list)  # as in `OutLink`

    def add(self, text: str) -> None:
        """Append `text`, white space collapsed over the joint."""
        if self.kind != "code":
            text = _spaced(text)
            if text[0] == " " and (not self.size or self.parts[-1][-1] in " \n"):
                text = text[1:]
        if text:
            self.parts.append(text)
            self.size += len(text)

    def newline(self) -> None:
        """Start a new line within the block (``br``)."""
        if self.size:
            self.parts.append("\n")
            self.size += 1


class Opened:
    """An original that is read as far as somebody asks; made by `opened`.

    One walk over its tree, which each call takes up where the last one left it.
    """

    def __init__(self, root: etree._Element | None, base_url: str, *, doubtful: bool) -> None:
        self._base = base_url
        self._doubtful = doubtful  # characters that XML forbids may hide in references
        self._blocks: list[Block] = []
        self._images: dict[str, None] = {}
        self._players: dict[str, OutLink] = {}
        self._draft = _Draft()
        self._kinds: list[tuple[str, int]] = []  # of the open elements that decide a block's kind
        # Open links: address, where their words begin in characters and in parts.
        self._anchors: list[tuple[str, int, int]] = []
        self._captions: list[str] = []
        self._links = 0
        self._told = 0  # characters of the blocks that tell something
        # What is still to be visited, in reverse; True: its end is.
        self._ahead: list[tuple[etree._Element, bool]] = [] if root is None else [(root, False)]
        self._depth = 0

    def beginning(self, size: int) -> tuple[tuple[Block, ...], bool]:
        """Return the first blocks, until they tell `size` characters; and whether these are all.

        They are those with which `whole` begins.
        """
        self._walk(size)
        return tuple(self._blocks), not self._ahead

    def whole(self) -> Article:
        """Return all of it."""
        self._walk(sys.maxsize)
        self._flush()
        return Article(
            blocks=tuple(self._blocks),
            images=tuple(self._images),
            players=tuple(self._players.values()),
            words=sum(block.text.count(" ") + 1 for block in self._blocks if block.text),
        )

    def _walk(self, size: int) -> None:
        """Go on in document order; with a stack of our own depth is no danger."""
        ahead, depth = self._ahead, self._depth
        while ahead and self._told < size and len(self._blocks) < _MAX_BLOCKS:
            element, done = ahead.pop()
            tag = element.tag
            if done:
                depth -= 1
                if tag in _ENDS:
                    self._leave(tag)
            elif isinstance(tag, str) and tag not in _DROPPED:
                self._enter(tag, element)
                if len(element):
                    ahead.append((element, True))
                    depth += 1
                    if depth < _MAX_DEPTH:
                        ahead.extend([(child, False) for child in element][::-1])
                    continue
                if tag in _ENDS:
                    self._leave(tag)
            tail = element.tail
            if tail and ahead:  # not behind the root
                self._say(tail)
        self._depth = depth

    # ------------------------------------------------------------------------------ blocks

    def _flush(self) -> None:
        """End the block in the making and start the next."""
        draft = self._draft
        if draft.size:
            block = self._finished(draft)
            if block.text or block.links:
                self._blocks.append(block)
                if block.kind in STORY:
                    self._told += len(block.text)
            self._draft = draft = _Draft()
        draft.kind, draft.level = self._kinds[-1] if self._kinds else ("paragraph", 0)
        draft.links = []
        if self._anchors:
            self._anchors = [(url, 0, 0) for url, *_ in self._anchors[:10]]
        if self._captions:
            self._blocks.extend(Block(kind="caption", text=text) for text in self._captions)
            self._captions = []

    def _finished(self, draft: _Draft) -> Block:
        text = "".join(draft.parts)
        if self._doubtful:
            text = allowed(text)
        bare = text.lstrip()
        lead = len(text) - len(bare)
        kind = draft.kind
        if kind == "paragraph" and bare[:1] in _BULLETS:
            bullet = _BULLET.match(text)
            if bullet:
                kind, lead = "item", bullet.end()
                bare = text[lead:]
        bare = bare.rstrip()
        size = len(bare)
        links = tuple(
            OutLink(
                url=url,
                text=allowed(words) if self._doubtful else words,
                start=min(max(start - lead, 0), size),
                end=min(max(end - lead, 0), size),
            )
            for url, words, start, end in draft.links
        )
        return Block(kind=kind, text=bare, level=draft.level, links=links)

    def _say(self, text: str) -> None:
        """Take words; white space before a block's first words is none of it."""
        if self._draft.size or not text.isspace():
            self._draft.add(text)

    def _enter(self, tag: str, element: etree._Element) -> None:
        """Take notice of an element's start, and take the words before its first child."""
        if tag in _STARTS:
            self._start(tag, element)
        text = element.text
        if text:
            self._say(text)

    def _start(self, tag: str, element: etree._Element) -> None:
        if tag == "a":
            address = self._address(element.get("href"))
            self._anchors.append((address, self._draft.size, len(self._draft.parts)))
        elif tag in _KINDS:
            self._begin(tag)
        elif tag in _BREAKS:
            self._flush()
        elif tag == "br":
            self._draft.newline()
        elif tag == "img":
            self._picture(element)
        elif tag in _PLAYERS:
            self._player(element)
        elif tag in ("td", "th") and self._draft.size:
            self._draft.add(" | ")

    def _begin(self, tag: str) -> None:
        """Start a block, unless it is part of an item, row or quote around it."""
        kind = _KINDS[tag]
        outer = self._kinds[-1][0] if self._kinds else ""
        if outer in ("item", "row", "quote", "caption") and tag in ("p", "summary"):
            kind = outer
        self._kinds.append((kind, _HEADINGS.get(tag, 0)))
        if outer != "row" or tag == "tr":
            self._flush()

    def _leave(self, tag: str) -> None:
        """Take notice of an element's end."""
        if tag == "a":
            if self._anchors:
                self._link(*self._anchors.pop())
        elif tag in _KINDS:
            if self._kinds:
                self._kinds.pop()
            if not (self._kinds and self._kinds[-1][0] == "row" and tag != "tr"):
                self._flush()
            else:
                self._draft.add(" ")
        elif tag in _BREAKS:
            self._flush()

    # ------------------------------------------------------------------------------- pieces

    def _address(self, href: str | None) -> str:
        if not href or href[0] == "#":
            return ""
        return self._resolved(href)

    def _resolved(self, address: str) -> str:
        return address if _WHOLE.fullmatch(address) else absolute(self._base, address)

    def _link(self, url: str, start: int, part: int) -> None:
        draft = self._draft
        words = "".join(draft.parts[part:]) if draft.size - start < 2000 else ""
        if draft.kind == "heading" and words and _PERMALINK.match(words):
            del draft.parts[part:]
            draft.size = start
            return
        if url and self._links < _MAX_LINKS:
            self._links += 1
            draft.links.append((url, words.strip(), start, draft.size))

    def _picture(self, element: etree._Element) -> None:
        source = element.get("data-src") or element.get("src") or ""
        url = "" if source.startswith("data:") else self._resolved(source)
        if url and len(self._images) < _MAX_MEDIA:
            self._images[url] = None
        alt = _spaced(element.get("alt") or "").strip()
        if len(alt) > 3:
            self._captions.append(allowed(alt[:500]))

    def _player(self, element: etree._Element) -> None:
        source = next((element.get(name) for name in _PLAYER_ADDRESS if element.get(name)), None)
        if element.get("videoid"):
            source = f"https://www.youtube.com/watch?v={element.get('videoid')}"
        url = absolute(self._base, source or "")
        if not url or url.endswith((".js", ".css")):
            return
        url = public_page(url)
        if url in self._players or len(self._players) >= _MAX_MEDIA:
            return
        link = OutLink(url=url, text=(element.get("title") or "").strip()[:300], start=0, end=0)
        self._players[url] = link
        self._flush()
        self._blocks.append(Block(kind="paragraph", text="", links=(link,)))


def opened(source: RawHtml, base_url: str) -> Opened:
    """Return `source` to be read from its beginning; relative addresses belong to `base_url`.

    Embedded players become links to their public pages, each in a block of its own without text.
    Never raises, nor does reading; what cannot be read is left out.
    """
    text = allowed(source[:_MAX_CHARS]).strip()
    root = None
    if text:
        try:
            root = etree.fromstring(text.encode("utf-8", "replace"), _PARSER)
        except (etree.LxmlError, ValueError, AssertionError):
            root = None
    return Opened(root, base_url, doubtful="&#" in text)
