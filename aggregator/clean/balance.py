"""Hostile markup to few, balanced nodes, in one linear pass.

Parsers build trees as browsers do, and that algorithm is quadratic in many ways: deep nesting,
unclosed formatting, thousands of attributes (a crafted megabyte keeps html5lib and nh3 busy for
minutes). So what reaches bleach's filter, and nh3 behind it, was tokenised here, keeps only tags
and attributes that we know, is properly nested, and is bounded in depth, number of tags and length
of attributes. No tree is needed any more: that saves two thirds of bleach's time.

This is no sanitiser. It only sees to it that those that are have nothing to fear.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import islice

from aggregator import text
from aggregator.clean.nodes import VEILED, VOID, Node, end, start, words

_DEPTH = 64  # open elements; real posts stay under 30
_TAGS = 20_000  # in one post; real posts stay under 5,000
_REFERENCES = 50_000  # of &, < and > in the text of one post; real posts stay under 5,000
_ATTRIBUTES = 40  # in one tag
_VALUE = 4096  # characters of an attribute's value; longer ones (data: pictures) are dropped

# One token of HTML (WHATWG HTML section 13.2.5). Possessive, so that nothing is read twice.
_ATTRIBUTE = r"""
    ([^\s/>][^\s/>=]*+)
    (?:\s*+=\s*+(?:"([^"]*+)(?:"|\Z)|'([^']*+)(?:'|\Z)|([^\s>"'][^\s>]*+))?+)?+
"""
_TAG = re.compile(
    rf"""
      <!--(?:-?>|.*?(?:--!?>|\Z))
    | <[!?][^>]*+(?:>|\Z)
    | </(?P<end>[a-z][^\s/>]*+)[^>]*+(?:>|\Z)
    | </[^a-z][^>]*+(?:>|\Z)
    | <(?P<start>[a-z][^\s/>]*+)(?P<attributes>(?:[\s/]++|{_ATTRIBUTE})*+)(?P<whole>>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PAIR = re.compile(_ATTRIBUTE, re.VERBOSE | re.DOTALL)
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{7,}|[0-9]{8,});?")
_WHOLE_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_PRIVATE = re.compile(f"[{VEILED}]")
_REFERRED = re.compile("[&<>]")

# What is within these is no markup: it ends at the first end tag of the same name.
_RAW = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"}
)
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*+(?:>|\Z)", re.IGNORECASE) for name in _RAW}
# Dropped with all that they hold.
_GONE = frozenset(
    {"button", "canvas", "datalist", "form", "math", "nav", "select", "svg", "template"}
)
_RENAMED = {
    **dict.fromkeys(
        ("address", "article", "aside", "center", "dialog", "fieldset", "footer"), "div"
    ),
    **dict.fromkeys(("header", "main", "section"), "div"),
    **dict.fromkeys(("dir", "menu"), "ul"),
    "acronym": "abbr",
    "listing": "pre",
    "strike": "s",
    "tt": "code",
}
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark"}
    | {"q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u"}
    | {"var"}
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | {
    *("blockquote", "details", "dd", "div", "dl", "dt", "figcaption", "figure", "hr", "li", "ol"),
    *("p", "pre", "summary", "table", "ul"),
}
_TABLE_PARTS = frozenset({"caption", "tbody", "td", "tfoot", "th", "thead", "tr"})
MEDIA = frozenset({"audio", "embed", "iframe", "img", "object", "source", "video"})
_KNOWN = INLINE | BLOCKS | _TABLE_PARTS | MEDIA | VOID

# An element stands directly in one of these, or its tags are left out.
_SECTIONS = frozenset({"tbody", "tfoot", "thead"})
_PARENTS = {
    "caption": frozenset({"table"}),
    **dict.fromkeys(_SECTIONS, frozenset({"table"})),
    "tr": _SECTIONS | {"table"},
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
    "li": frozenset({"ul", "ol"}),
    "dt": frozenset({"dl"}),
    "dd": frozenset({"dl"}),
    "figcaption": frozenset({"figure"}),
    "summary": frozenset({"details"}),
    "rt": frozenset({"ruby"}),
    "rp": frozenset({"ruby"}),
}
_TABLE_ONLY = _SECTIONS | {"table", "tr"}
# A start tag that ends an open element, and what shields an element from that.
_CELLS = frozenset({"table", "td", "th", "caption"})
_ENDS = {
    "a": (frozenset({"a"}), _CELLS),
    "li": (frozenset({"li"}), _CELLS | {"ul", "ol", "blockquote"}),
    "dt": (frozenset({"dt", "dd"}), _CELLS | {"dl"}),
    "dd": (frozenset({"dt", "dd"}), _CELLS | {"dl"}),
    "td": (frozenset({"td", "th", "caption"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th", "caption"}), frozenset({"table", "tr"})),
    "tr": (frozenset({"tr", "caption"}), frozenset({"table"})),
    **dict.fromkeys(_SECTIONS, (_SECTIONS | {"caption", "tr"}, frozenset({"table"}))),
    **dict.fromkeys(HEADINGS, (HEADINGS, _CELLS | {"div", "blockquote", "li", "dd"})),
}
_SHARED = frozenset({"dir", "lang"})
_OF_PICTURES = frozenset(
    {"alt", "class", "data-lazy-src", "data-original", "data-src", "height", "poster", "src"}
    | {"data-lazy-srcset", "data-srcset", "srcset", "style", "title", "width"}
)
_KEPT = {
    "a": _SHARED | {"href"},
    "abbr": _SHARED | {"title"},
    "dfn": _SHARED | {"title"},
    "time": _SHARED | {"datetime"},
    "ol": _SHARED | {"start", "reversed", "type"},
    "li": _SHARED | {"value"},
    "td": _SHARED | {"colspan", "rowspan"},
    "th": _SHARED | {"colspan", "rowspan", "scope"},
    "object": frozenset({"data", "height", "width", "title"}),
    **dict.fromkeys(MEDIA - {"object"}, _OF_PICTURES),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of markup: a start tag, an end tag, or (with no name) text."""

    name: str  # in lower case; empty for text
    start: bool = False
    text: str = ""  # decoded
    attributes: dict[str, str] = field(default_factory=dict)  # decoded


def decoded(raw: str) -> str:
    """Return the text that `raw` stands for: references resolved, forbidden characters gone."""
    if "&" in raw:
        # Python refuses to read numbers of thousands of digits.
        raw = unescape(_LONG_REFERENCE.sub("\ufffd", raw))
    return _readable(raw).replace("\r\n", "\n").replace("\r", "\n")


def _readable(plain: str) -> str:
    return _PRIVATE.sub("", text.allowed(plain))


def _attributes(raw: str) -> dict[str, str]:
    """Return the first attributes of a tag; of two with one name the first counts."""
    found: dict[str, str] = {}
    for match in islice(_PAIR.finditer(raw), _ATTRIBUTES):
        value = match[2] or match[3] or match[4] or ""
        if len(value) <= _VALUE:
            # "&copy=1" within an address is no reference: there the semicolon is a must.
            whole = _WHOLE_REFERENCE.sub(lambda m: unescape(m[0]), value) if "&" in value else value
            found.setdefault(match[1].lower(), " ".join(_readable(whole).split()))
    return found


def tokens(html: str, *, attributes: bool = True) -> Iterator[Token]:
    """Read `html` as tokens, as browsers do; comments and the inside of scripts are left out.

    Linear in the length of `html`, whatever it is. A tag cut off by the end is no tag. Without
    `attributes` the tags have none, which is faster.
    """
    at = 0
    while match := _TAG.search(html, at):
        if match.start() > at:
            yield Token("", text=decoded(html[at : match.start()]))
        at = match.end()
        start = match["start"]
        if start and match["whole"]:
            name = start.lower()
            found = _attributes(match["attributes"]) if attributes and match["attributes"] else {}
            yield Token(name, start=True, attributes=found)
            if name in _RAW:
                end = _RAW_ENDS[name].search(html, at)
                at = end.end() if end else len(html)
                yield Token(name)
        elif match["end"]:
            yield Token(match["end"].lower())
    if at < len(html):
        yield Token("", text=decoded(html[at:]))


class _Balance:
    """Makes nested nodes of tokens, within the bounds."""

    def __init__(self) -> None:
        self.out: list[Node] = []
        self._open: list[tuple[str, bool]] = []  # name, whether its tags are written
        self._count: Counter[str] = Counter()
        self._deeper: Counter[str] = Counter()  # elements opened beyond the depth
        self._tags = 0
        self._references = 0
        self._gone = ""  # the element that is being dropped with its content
        self._gone_depth = 0

    def take(self, token: Token) -> None:
        name = _RENAMED.get(token.name, token.name)
        if self._gone:
            if name == self._gone:
                self._gone_depth += 1 if token.start else -1
                self._gone = name if self._gone_depth else ""
        elif not name:
            self._text(token.text)
        elif not token.start:
            self._end(name)
        elif name in _GONE:
            self._gone, self._gone_depth = name, 1
        elif name in _KNOWN:
            self._start(name, token.attributes)

    def close(self) -> list[Node]:
        self._close_to(0)
        return self.out

    def _text(self, plain: str) -> None:
        if self._parent() in _TABLE_ONLY:  # a parser would move it out of the table
            if self._tags >= _TAGS or not plain.strip():
                return
            self._start("td", {})
        # a million ampersands take nh3 15 seconds
        self._references += sum(map(plain.count, "&<>"))
        over = self._references > _REFERENCES
        self.out.append(words(_REFERRED.sub("", plain) if over else plain))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in BLOCKS:
            self._end_paragraph()
        if name in _ENDS:
            self._end_sibling(*_ENDS[name])
        if len(self._open) >= _DEPTH and name not in VOID:
            self._deeper[name] += 1
            return
        implied = self._implied(name)
        if implied:
            self._start(implied, {})
        written = self._tags < _TAGS and self._fits(name, attributes)
        if written:
            self._tags += 1
            self._write(name, attributes)
        if name not in VOID:
            self._open.append((name, written))
            self._count[name] += 1

    def _implied(self, name: str) -> str:
        """Return what a parser would open before this (WHATWG HTML section 13.2.6.4.9)."""
        if name in ("td", "th") and self._parent() in _SECTIONS | {"table"}:
            return "tr"
        return "tbody" if name == "tr" and self._parent() == "table" else ""

    def _parent(self) -> str:
        return next((name for name, written in reversed(self._open) if written), "")

    def _fits(self, name: str, attributes: dict[str, str]) -> bool:
        parent = self._parent()
        if name == "a" and "href" not in attributes:
            return False
        if name in _PARENTS:
            return parent in _PARENTS[name]
        return parent not in _TABLE_ONLY

    def _write(self, name: str, attributes: dict[str, str]) -> None:
        kept = _KEPT.get(name, _SHARED)
        self.out.append(
            # bleach empties every style, and the filter wants to see a picture's
            start(
                name,
                {
                    "data-style" if key == "style" else key: value
                    for key, value in attributes.items()
                    if key in kept
                },
            )
        )

    def _end_paragraph(self) -> None:
        """End an open paragraph, as every block does that begins in it."""
        if not self._count["p"]:
            return
        for index in range(len(self._open) - 1, -1, -1):
            name = self._open[index][0]
            if name == "p":
                self._close_to(index)
                return
            if name not in INLINE:
                return

    def _end_sibling(self, targets: frozenset[str], shields: frozenset[str]) -> None:
        if not any(self._count[name] for name in targets):
            return
        for index in range(len(self._open) - 1, -1, -1):
            name = self._open[index][0]
            if name in targets:
                self._close_to(index)
                return
            if name in shields:
                return

    def _end(self, name: str) -> None:
        if self._deeper[name]:
            self._deeper[name] -= 1
            return
        if not self._count[name]:
            return
        for index in range(len(self._open) - 1, -1, -1):
            at = self._open[index][0]
            if at == name:
                self._close_to(index)
                return
            # what is in a cell ends nothing outside of it
            if at in _CELLS and name not in _TABLE_PARTS and name != "table":
                return

    def _close_to(self, index: int) -> None:
        while len(self._open) > index:
            name, written = self._open.pop()
            self._count[name] -= 1
            if written:
                self.out.append(end(name))


def balanced(html: str) -> list[Node]:
    """Return `html` as nodes of known tags, properly nested and bounded. Linear; never raises."""
    balance = _Balance()
    for token in tokens(html):
        balance.take(token)
    return balance.close()
