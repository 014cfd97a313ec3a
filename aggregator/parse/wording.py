"""Titles, names, tags and texts as feeds write them, made into what `ParsedEntry` promises."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from lxml import html as lxml_html

from aggregator import urls
from aggregator.model import ParsedEntry, RawHtml
from aggregator.text import allowed, capped, fold, shorten, squeeze, title_key

_SUMMARY_CHARS = 1_200  # a text this short that the feed itself calls a summary is one
_TITLE_CHARS = 1_000
_READ_CHARS = 4_000  # of a title or name as the feed writes it
_MARKUP = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|mark|p|q|s|small|span|strong|sub|sup|u)\s*>"
    r"|<(?:br|wbr|img)\b[^<>]*>",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_BRACKETED = re.compile(r"^<\s+([^<>]+)\s+>$")
_MAIL = re.compile(r"\s*[<(]?(?<![\w.+-])[\w.+-]++@[\w.-]+[>)]?\s*")
_PLAIN_CHARS = 2_000_000  # of a text that is made HTML
_TAIL_CHARS = 3_000
_GO_ON = (
    *("continue reading", "keep reading", "weiterlesen", "lire la suite", "seguir leyendo"),
    "lees verder",
)
_MORE = (
    *(*_GO_ON, "read more", "read the more", "read rest", "read the rest", "read full article"),
    *("read full post", "read full story", "mehr lesen", "leer más", "leer mas", "lees meer"),
    *("continua a leggere", "ler mais"),
)
# A text that ends in none of these does not break off.
_SIGNS = (
    *("…", "...", "&hellip;", "&#8230;", "&#x2026;", "[more", "read ", "reading", "lesen"),
    *("la suite", "leyendo", "lees ", "leer ", "leggere", "ler mais"),
)
# "Read more about her work" is the author's own link: only what says nothing else is dropped, and
# only where nothing follows it.
_MORE_LINK = re.compile(
    rf"<a\b[^<>]*>\s*(?:<span[^<>]*>\s*)?(?:(?:{'|'.join(_GO_ON)}).{{0,600}}"
    rf"|(?:{'|'.join(_MORE)})[^\w<]{{0,20}}(?:<span\b.{{0,600}}|</span>\s*)?)</a>",
    re.I | re.S,
)
_NOTHING_FOLLOWS = re.compile(r"(?:\s|[.…»→\])]|</?\w[^<>]*>)*+\Z")
# WordPress's credit line, by its parts: words, link to the post, words, link to the blog, end.
_CREDIT_WORDS = re.compile(
    r"(?:<p[^<>]*>\s*)?(?:the post|der beitrag|l['’]article|la entrada|het bericht|l['’]articolo"
    r"|o post|the article)\s*\Z",
    re.I,
)
_CREDIT_LINK = re.compile(r"<a\b[^<>]*>.{0,600}", re.I | re.S)
_CREDIT_GLUE = re.compile(r"([^<>]{1,60})(<a\b[^<>]*>.{0,300})", re.I | re.S)
_CREDIT_END = re.compile(r"\.?\s*(?:</p>\s*)?\Z", re.I)
_EMPTY = re.compile(r"<p[^<>]*>(?:\s|&nbsp;|<br\s*/?>)*+</p>", re.I)
_TAG = re.compile(r"<[^<>]*>")


def repaired(text: str) -> str:
    """Return UTF-8 that somebody took for Latin-1 and wrote as UTF-8 again: ``Ã¼`` is ``ü``."""
    if text.isascii():
        return text
    try:
        return text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text


def plain(text: object, *, markup: bool = False) -> str:
    """Return a title or name as one line of plain text.

    `markup`: the feed says that it is HTML. Many feeds escape once too often, so what still shows
    tags or references after one reading is read once more.
    """
    line = str(text)[:_READ_CHARS] if text else ""
    if _is_plain(line):
        return line
    for _ in range(2):
        if _MARKUP.search(line) or (markup and "<" in line):
            line = _text_of(line)
        elif _REFERENCE.search(line):
            line = html.unescape(line)
        markup = False
    # some site generators set titles between angle brackets: "< A title >"
    return shorten(_BRACKETED.sub(r"\1", squeeze(line)), _TITLE_CHARS)


def _is_plain(line: str) -> bool:
    """Tell at once that a line needs nothing done, as most do not."""
    return (
        len(line) <= _TITLE_CHARS
        and line.isprintable()
        and not ("<" in line or "&" in line or "  " in line)
        and line[:1] != " "
        and line[-1:] != " "
    )


def _text_of(markup: str) -> str:
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True)
    source = f"<div>{allowed(markup)}</div>".encode("utf-8", "replace")
    tree = lxml_html.document_fromstring(source, parser=parser)
    return "".join(text for text in tree.itertext() if isinstance(text, str))


def visible(markup: str) -> str:
    """Return roughly the words that a reader sees of `markup`; for measuring, not for showing."""
    return squeeze(html.unescape(_TAG.sub(" ", markup)))


def paragraphs(text: str) -> str:
    """Return plain text as HTML: blank lines part paragraphs, other line ends are breaks."""
    parts = (part.strip() for part in re.split(r"\n[ \t\r]*\n", text[:_PLAIN_CHARS]))
    return "".join(
        "<p>" + html.escape(part, quote=False).replace("\n", "<br>") + "</p>"
        for part in parts
        if part
    )


def tidy(markup: str) -> tuple[str, bool]:
    """Return `markup` without what blog software adds at its end, and whether that was "more".

    That is WordPress's credit line ("The post … appeared first on …") in several languages, and
    links that say "Continue reading". All of it is looked for from the end, in bounded steps.
    """
    tail = markup[-_TAIL_CHARS:]
    trimmed = _without_credit(tail)
    shortened = _without_more(trimmed)
    more = shortened != trimmed
    for _ in range(20):
        begin = shortened.rfind("<p", 0, -4) if shortened.rstrip().endswith("</p>") else -1
        if begin < 0 or not _EMPTY.fullmatch(shortened.rstrip(), begin):
            break
        shortened = shortened[:begin].rstrip()
    if shortened != tail:
        markup = markup[: len(markup) - len(tail)] + shortened
    return markup.strip(), more


def _link_before(text: str, end: int) -> int:
    """Return where the last link that begins before `end` begins; -1 when none does."""
    begin = text.rfind("<a", 0, end)
    while begin >= 0 and text[begin + 2 : begin + 3].isalnum():  # another element's name
        begin = text.rfind("<a", 0, begin)
    return begin


def _without_credit(tail: str) -> str:
    last = tail.rfind("</a>")
    if last < 0 or not _CREDIT_END.match(tail, last + 4):
        return tail
    first = tail.rfind("</a>", 0, last)
    begin = _link_before(tail, first) if first >= 0 else -1
    if begin < 0:
        return tail
    told = _CREDIT_WORDS.search(tail[max(0, begin - 200) : begin])
    linked = _CREDIT_LINK.fullmatch(tail, begin, first)
    if told and linked and _CREDIT_GLUE.fullmatch(tail, first + 4, last):
        return tail[: begin - len(told.group())]
    return tail


def _without_more(tail: str) -> str:
    last = tail.rfind("</a>")
    if last < 0 or not _NOTHING_FOLLOWS.match(tail, last + 4):
        return tail
    begin = _link_before(tail, last)
    if begin < 0 or not _MORE_LINK.fullmatch(tail, begin, last + 4):
        return tail
    return tail[:begin] + tail[last + 4 :]


def is_summary(markup: str, *, full: bool, more: bool) -> bool:
    """Tell whether a tidy text is only the summary of an entry.

    `full`: the feed gave it as the entry's content; then only a short text that visibly breaks off
    is one. `more`: a link led from its end to the rest.
    """
    if full:
        return (more or _breaks_off(markup)) and _is_short(markup)
    return _is_short(markup) or more or _breaks_off(markup)


def _is_short(markup: str) -> bool:
    # What is visible is never longer than the markup, and its beginning usually tells.
    return len(markup) < _SUMMARY_CHARS or (
        len(visible(markup[: 2 * _SUMMARY_CHARS])) < _SUMMARY_CHARS
        and len(visible(markup)) < _SUMMARY_CHARS
    )


def _breaks_off(markup: str) -> bool:
    """Tell whether a text ends in the middle, or in words that lead to the rest."""
    tail = markup[-400:].lower()
    if not any(sign in tail for sign in _SIGNS):
        return False
    words = visible(tail)
    end = len(words)
    while end and not words[end - 1].isalnum():
        end -= 1
    said, rest = words[:end], words[end:]
    if "…" in rest or "..." in rest or said.endswith("[more"):
        return True
    if any(said[: -len(more)][-1:].isalnum() is False for more in _MORE if said.endswith(more)):
        return True
    return any(more in said[-80 - len(more) :] for more in _GO_ON)


def names(said: Iterable[str]) -> tuple[str, ...]:
    """Return people's names, each once; a list in one string is parted where that is certain."""
    found: list[str] = []
    for line in map(plain, map(repaired, said)):
        parts = [part.strip() for part in re.split(r"\s*;\s*|,\s+(?:and\s+)?", line)]
        whole = len(parts) > 1 and all(2 <= len(part.split()) <= 4 for part in parts)
        found += parts if whole else [line]
    found = [_MAIL.sub(" ", name) if "@" in name else name for name in found]
    kept = (name.strip(" ()<>") for name in found)
    return unique(shorten(name, 200) for name in kept if name)[:50]


def tags(said: Iterable[str]) -> tuple[str, ...]:
    """Return tags, each once; a single tag with commas is a list of tags."""
    found = [plain(repaired(tag)) for tag in said]
    if len(found) == 1:
        found = found[0].split(",")
    kept = (tag.strip().removeprefix("#").strip() for tag in found)
    return unique(tag for tag in kept if tag and len(tag) <= 100 and not urls.is_web(tag))[:100]


def unique(said: Iterable[str]) -> tuple[str, ...]:
    """Return the texts in order, without those that differ in case or accents only."""
    found: dict[str, str] = {}
    for text in said:
        found.setdefault(fold(text), text)
    return tuple(found.values())


def language(said: object) -> str | None:
    """Return a BCP 47 tag (RFC 5646), or None for what is none."""
    tag = str(said or "").strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(p.upper() if len(p) == 2 else p for p in rest)])


def identity(own: str, facts: dict[str, Any]) -> str:
    """Return an entry's id: the feed's own as it stands, else the link, else a hash.

    A link to a site's home page is none: there is another entry tomorrow. The id is never longer
    than what a database can index, so that it is stored as it is here.
    """
    chosen = own.strip() or (facts["url"] if urls.post_key(facts["url"]) else "")
    if chosen:
        return capped(chosen)
    content = "\n".join((facts["title"], facts["html"], *facts["enclosures"]))
    return f"sha256:{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()}"


def content_hash(facts: dict[str, Any]) -> str:
    """Return the hash of all that an entry says, its id aside."""
    short = [_as_json(facts[name]) for name in sorted(facts) if name != "html"]
    told = hashlib.sha256(json.dumps(short).encode())
    told.update(facts["html"].encode("utf-8", "replace"))
    return told.hexdigest()


def _as_json(fact: Any) -> Any:
    return fact.isoformat() if isinstance(fact, datetime) else fact


def entry(guid: str, markup: str, *, full: bool, **facts: Any) -> ParsedEntry:
    """Return an entry of these facts: its text tidied and judged, its guid and hash made.

    `guid` is the feed's own id, `full` tells whether the feed calls the text the content, and
    `facts` are the other fields of a `ParsedEntry`, all of them.
    """
    body, more = tidy(markup)
    facts["html"] = RawHtml(body)
    facts["summary_only"] = is_summary(body, full=full, more=more)
    return ParsedEntry(guid=identity(guid, facts), content_hash=content_hash(facts), **facts)


def told_apart(entries: Iterable[ParsedEntry], faults: list[str]) -> tuple[ParsedEntry, ...]:
    """Return entries with a guid each, which may take saying so in `faults`.

    Some feeds give all their items one id, or none and one address: their addresses tell them apart
    then, or else their titles, or else their texts. Two that agree in a stated id and in address
    are one entry, though, which was edited (RFC 4287 section 4.1.1): the first of them is taken.
    """
    found = list(entries)
    if len({one.guid for one in found}) == len(found):
        return tuple(found)
    found = _parted(found, lambda one: one.url, 2)
    found = _parted(found, lambda one: title_key(one.title) or one.html, 3)
    kept: dict[str, ParsedEntry] = {}
    for one in found:
        kept.setdefault(one.guid, one)
    if len(kept) < len(found):
        faults.append(f"{len(found) - len(kept)} of its entries have an id that another one has")
    return tuple(kept.values())


def _parted(
    found: list[ParsedEntry], sign: Callable[[ParsedEntry], str], least: int
) -> list[ParsedEntry]:
    """Return entries, with `sign` in the guids of those that share one but differ in it.

    `least`: in how many ways they must differ where the guid is not just their address.
    """
    signs: dict[str, set[str]] = {}
    for one in found:
        signs.setdefault(one.guid, set()).add(sign(one))
    return [
        replace(one, guid=capped(f"{one.guid} {sign(one)}"))
        if len(signs[one.guid]) >= (2 if one.guid == capped(one.url) else least)
        else one
        for one in found
    ]
