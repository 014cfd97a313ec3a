"""Gives an article's HTML the shape that our pages want: a filter for bleach's `Cleaner`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bleach.sanitizer import BleachSanitizerFilter, Cleaner

from aggregator import pictures, text, urls
from aggregator.clean.balance import BLOCKS, HEADINGS, INLINE, MEDIA
from aggregator.clean.media import Pictures, mediated
from aggregator.clean.nodes import (
    Node,
    attributes,
    closing,
    is_end,
    is_solid,
    is_start,
    said,
    start,
    veiled,
    words,
    written,
)

SCHEMES = frozenset({"http", "https", "mailto"})
# Every tag of the result with the attributes it may have beside lang and dir.
ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(INLINE | (BLOCKS - {"h1", "h2"}), frozenset()),
    **dict.fromkeys(("br", "wbr", "caption", "tbody", "tfoot", "thead", "tr"), frozenset()),
    "a": frozenset({"href"}),
    "abbr": frozenset({"title"}),
    "dfn": frozenset({"title"}),
    "time": frozenset({"datetime"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "img": frozenset({"src", "alt", "width", "height", "loading", "decoding"}),
    "li": frozenset({"value"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
}
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_PIXELS = re.compile(r"[1-9][0-9]{0,4}")
_SPAN = re.compile(r"[1-9][0-9]{0,2}")
_VALID: dict[str, re.Pattern[str]] = {
    "lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}"),
    "dir": re.compile("ltr|rtl|auto"),
    "start": _NUMBER,
    "value": _NUMBER,
    "reversed": re.compile("|reversed"),
    "type": re.compile("[1aAiI]"),
    "colspan": _SPAN,
    "rowspan": _SPAN,
    "scope": re.compile("row|col|rowgroup|colgroup"),
    "datetime": re.compile(r"[0-9PTWZ][0-9A-Z:.+\- ]{0,39}"),
    "title": re.compile(".{1,500}"),
    "src": re.compile(rf"{pictures.SCHEME}:{pictures.KEY.pattern}"),
    "alt": re.compile(".{0,500}"),
    "width": _PIXELS,
    "height": _PIXELS,
    "loading": re.compile("lazy"),
    "decoding": re.compile("async"),
}
_MAIL = re.compile(r"mailto:[^\s@<>\"?&#]+@[^\s@<>\"?&#/]+", re.IGNORECASE)
_ODD = str.maketrans({c: f"%{ord(c):02X}" for c in ' "<>\\^`{|}'})
# What a link says that only leads to the heading it stands in or after.
_MARKS = {"#", "##", "¶", "§", "🔗", "⚓", "∞", "link", "permalink", "permanentlink", "anchor"}
# Stay where they are empty, or the columns would move.
_CELLS = frozenset({"td", "th", "tr", "thead", "tbody", "tfoot"})


@dataclass(frozen=True, slots=True)
class Context:
    """What shaping must know of the article."""

    base_url: str = ""
    title: str = ""
    pictures: Pictures = field(default_factory=Pictures)


_CLEANER = Cleaner(tags=ALLOWED.keys() | MEDIA | {"h1", "h2"}, protocols=SCHEMES, strip=True)


def shaped(nodes: list[Node], context: Context) -> str:
    """Return balanced nodes as HTML in our shape."""
    allowed = BleachSanitizerFilter(
        source=nodes,  # type: ignore[arg-type]  # any stream of nodes will do, its makers say
        allowed_tags=_CLEANER.tags,
        attributes=lambda tag, name, value: True,  # the filter and nh3 choose
        allowed_protocols=SCHEMES | {pictures.SCHEME},
        strip_disallowed_tags=True,
    )
    return written(_CLEANER.serializer.render(_filtered(list(allowed), context)))


def _filtered(nodes: list[Node], context: Context) -> list[Node]:
    found = list(mediated(nodes, context.base_url, context.pictures))
    if context.title:
        found = _without_title(found, context.title)
    tidy = _Tidy()
    for node in _linking(_without_marks(found), context.base_url):
        tidy.take(node)
    _rank(tidy.out)
    return tidy.out


# ------------------------------------------------------------------------------------- headings


def _without_title(nodes: list[Node], title: str) -> list[Node]:
    """Leave out the article's own title where it opens with it."""
    wanted = text.title_key(title)
    for index, node in enumerate(nodes):
        if is_start(node, {"h1", "h2"}):
            last = closing(nodes, index)
            if text.title_key(said(nodes[index:last])) == wanted:
                return nodes[:index] + nodes[last + 1 :]
            break
        if is_solid(node):
            break
    return nodes


def _without_marks(nodes: list[Node]) -> list[Node]:
    """Leave out the links in and right after headings that only lead to those headings."""
    out: list[Node] = []
    near, index = False, 0
    while index < len(nodes):
        node = nodes[index]
        if is_start(node, HEADINGS) or is_end(node, HEADINGS):
            near = True
        elif near and is_start(node, {"a"}):
            last = closing(nodes, index)
            mark = re.sub(r"[\s\u200b\ufeff]+", "", said(nodes[index:last])).casefold()
            seen = any(inner.get("name") == "img" for inner in nodes[index:last])
            if not seen and (not mark or mark in _MARKS):
                index = last + 1
                continue
        elif is_start(node, BLOCKS):
            near = False
        out.append(node)
        index += 1
    return out


def _rank(nodes: list[Node]) -> None:
    """Make the highest headings h3, the next h4 and so on: order kept, no gaps."""
    used = sorted({n["name"] for n in nodes if is_start(n, HEADINGS)})
    to = {name: f"h{min(rank, 6)}" for rank, name in enumerate(used, 3)}
    for node in nodes:
        if node["type"] in ("StartTag", "EndTag"):
            node["name"] = to.get(node["name"], node["name"])


# ---------------------------------------------------------------------------------------- links


def _linking(nodes: list[Node], base_url: str) -> Iterator[Node]:
    """Give `nodes` with absolute links; a link that leads nowhere becomes its text."""
    open_links: list[bool] = []
    for node in nodes:
        if is_start(node, {"a"}):
            found = attributes(node)
            found["href"] = _target(found.get("href", ""), base_url)
            open_links.append(bool(found["href"]))
            if found["href"]:
                yield start("a", found)
        elif is_end(node, {"a"}):
            if open_links.pop():
                yield node
        else:
            yield node


def _target(href: str, base_url: str) -> str:
    if _MAIL.fullmatch(href):
        return href
    return urls.absolute(base_url, href).translate(_ODD) if href else ""


# --------------------------------------------------------------------------------------- tidying


class _Tidy:
    """Drops attributes we do not know, elements with nothing in them, and runs of line breaks."""

    def __init__(self) -> None:
        self.out: list[Node] = []
        # of each open element: where it starts in `out`, whether something can be seen in it
        self._open: list[tuple[int, bool]] = []
        self._kept: list[bool] = []
        self._pre = 0
        self._pre_begins = False

    def take(self, node: Node) -> None:
        kind = node["type"]
        if kind == "StartTag":
            self._start(node)
        elif kind == "EndTag":
            self._end(node)
        elif kind == "EmptyTag":
            self._empty(node)
        else:
            self._text(node)

    def _start(self, node: Node) -> None:
        name = node["name"]
        self._pre += name == "pre"
        self._pre_begins = name == "pre" or (self._pre_begins and name in INLINE)
        if name in BLOCKS:
            self._drop_breaks()
        node["data"] = _valid(name, attributes(node))
        kept = name != "span" or bool(node["data"])
        self._open.append((len(self.out), False))
        self._kept.append(kept)
        if kept:
            self.out.append(node)

    def _end(self, node: Node) -> None:
        name = node["name"]
        if name in BLOCKS:
            self._drop_breaks()
        self._pre -= name == "pre"
        self._pre_begins = False
        at, solid = self._open.pop()
        kept = self._kept.pop()
        if solid and self._open:
            self._open[-1] = (self._open[-1][0], True)
        if not kept:
            return
        if solid or name in _CELLS:
            self.out.append(node)
            return
        held_space = any(n["type"] != "StartTag" and n["type"] != "EndTag" for n in self.out[at:])
        del self.out[at:]
        if held_space and name in INLINE:
            self.out.append(words(" "))

    def _empty(self, node: Node) -> None:
        name = node["name"]
        if name == "br" and not self._pre and not self._may_break():
            return
        if name == "hr":
            self._drop_breaks()
            self._see()
        if name == "img":
            self._see()
        node["data"] = _valid(name, attributes(node)) if name == "img" else {}
        self.out.append(node)

    def _text(self, node: Node) -> None:
        if self._pre_begins:
            # a parser takes the first line break of a pre away, each time it reads one
            node["data"] = node["data"].lstrip("\n")
            if not node["data"]:
                return
        self._pre_begins = False
        if is_solid(node):
            self._see()
        elif self.out and not self._pre and _is_space(self.out[-1]) and _is_space(node):
            return
        self.out.append(node)

    def _see(self) -> None:
        if self._open:
            self._open[-1] = (self._open[-1][0], True)

    def _may_break(self) -> bool:
        """Tell whether a line break here does something: not beside a block, not a third one."""
        breaks = 0
        for node in reversed(self.out):
            if node["type"] == "EmptyTag" and node["name"] == "br":
                breaks += 1
                if breaks == 2:
                    return False
            elif is_solid(node) or node["type"] == "EmptyTag":
                return node.get("name") != "hr"
            elif node["type"] in ("StartTag", "EndTag") and node["name"] in BLOCKS | _CELLS:
                return False
        return False

    def _drop_breaks(self) -> None:
        """Take away the line breaks before the end or the beginning of a block."""
        if self._pre:
            return
        while self.out:
            node = self.out[-1]
            if node["type"] == "EmptyTag" and node["name"] in ("br", "wbr"):
                self.out.pop()
            elif _is_space(node):
                behind = self.out[-2] if len(self.out) > 1 else node
                if behind.get("name") != "br":
                    return
                self.out.pop()
            else:
                return


def _is_space(node: Node) -> bool:
    return node["type"] == "Characters" and not node["data"].strip(" \t\n")


def _valid(name: str, found: dict[str, str]) -> dict[tuple[None, str], str]:
    kept = ALLOWED.get(name, frozenset()) | {"lang", "dir"}
    return {
        (None, key): veiled(value)
        for key, value in found.items()
        if key in kept and (key == "href" or _VALID[key].fullmatch(value))
    }
