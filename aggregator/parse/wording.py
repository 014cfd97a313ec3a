"""Titles, names, tags and texts as feeds write them, made into what `ParsedEntry` promises."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable
from dataclasses import replace

from lxml import html as lxml_html

from aggregator import urls
from aggregator.model import ParsedEntry, RawHtml
from aggregator.text import allowed, fold, shorten, squeeze

_SUMMARY_CHARS = 1_200  # a text this short that the feed itself calls a summary is one
_TITLE_CHARS = 1_000
_ID_CHARS = 1_000  # longer ids do not fit a database's index
_MARKUP = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|mark|p|q|s|small|span|strong|sub|sup|u)\s*>"
    r"|<(?:br|wbr|img)\b[^<>]*>",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_BRACKETED = re.compile(r"^<\s+([^<>]+)\s+>$")
_TAIL_CHARS = 3_000
_GO_ON = r"continue reading|keep reading|weiterlesen|lire la suite|seguir leyendo|lees verder"
_MORE = (
    rf"{_GO_ON}|read (?:the )?(?:more|rest)|read full (?:article|post|story)|mehr lesen|leer m[áa]s"
    r"|lees meer|continua a leggere|ler mais"
)
# "Read more about her work" is the author's own link: only what says nothing else is dropped, and
# only where nothing follows it.
_MORE_LINK = re.compile(
    rf"<a\b[^<>]*>\s*(?:<span[^<>]*>\s*)?(?:(?:{_GO_ON})(?:(?!</a>).){{0,600}}"
    rf"|(?:{_MORE})[^\w<]{{0,20}}(?:<span\b(?:(?!</a>).){{0,600}}|</span>\s*)?)</a>"
    r"(?=(?:\s|[.…»→\])]|</?\w[^<>]*>)*\Z)",
    re.I | re.S,
)
_CREDIT = re.compile(
    r"(?:<p[^<>]*>\s*)?(?:the post|der beitrag|l['’]article|la entrada|het bericht|l['’]articolo"
    r"|o post|the article)\s*<a\b[^<>]*>(?:(?!</a>).){0,600}</a>[^<>]{1,60}<a\b[^<>]*>"
    r"(?:(?!</a>).){0,300}</a>\.?\s*(?:</p>\s*)?\Z",
    re.I | re.S,
)
_EMPTY_END = re.compile(r"(?:<p[^<>]*>(?:\s|&nbsp;|<br\s*/?>)*</p>\s*)+\Z", re.I)
_CUT = re.compile(rf"(?:…|\.\.\.|\[more\]|(?:{_MORE})|(?:{_GO_ON})[^\n]{{0,80}})\W*\Z", re.I)


def plain(text: object, *, markup: bool = False) -> str:
    """Return a title or name as one line of plain text.

    `markup`: the feed says that it is HTML. Many feeds escape once too often, so what still shows
    tags or references after one reading is read once more.
    """
    line = str(text)[: _TITLE_CHARS * 20] if text else ""
    for _ in range(2):
        if _MARKUP.search(line) or (markup and "<" in line):
            line = _text_of(line)
        elif _REFERENCE.search(line):
            line = html.unescape(line)
        markup = False
    # some site generators set titles between angle brackets: "< A title >"
    return shorten(_BRACKETED.sub(r"\1", squeeze(line)), _TITLE_CHARS)


def _text_of(markup: str) -> str:
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True)
    source = f"<div>{allowed(markup)}</div>".encode("utf-8", "replace")
    tree = lxml_html.document_fromstring(source, parser=parser)
    return "".join(text for text in tree.itertext() if isinstance(text, str))


def visible(markup: str) -> str:
    """Return roughly the words that a reader sees of `markup`; for measuring, not for showing."""
    return squeeze(html.unescape(re.sub(r"<[^<>]*>", " ", markup)))


def paragraphs(text: str) -> str:
    """Return plain text as HTML: blank lines part paragraphs, other line ends are breaks."""
    parts = (part.strip() for part in re.split(r"\n[ \t\r]*\n", text))
    return "".join(
        "<p>" + html.escape(part, quote=False).replace("\n", "<br>") + "</p>"
        for part in parts
        if part
    )


def tidy(markup: str) -> tuple[str, bool]:
    """Return `markup` without what blog software adds at its end, and whether it breaks off.

    That is WordPress's credit line ("The post … appeared first on …") in several languages, and
    links that say "Continue reading".
    """
    body, tail = markup[:-_TAIL_CHARS], markup[-_TAIL_CHARS:]
    trimmed = _CREDIT.sub("", tail)
    shortened = _MORE_LINK.sub("", trimmed)
    shortened = _EMPTY_END.sub("", shortened)
    words = visible(shortened[-400:])
    return (body + shortened).strip(), shortened != trimmed or bool(_CUT.search(words))


def is_summary(markup: str, *, full: bool, cut: bool) -> bool:
    """Tell whether a text is only the summary of an entry.

    `full`: the feed gave it as the entry's content; then only a short text that visibly breaks off
    is one. `cut`: it breaks off.
    """
    if full and not cut:
        return False
    length = len(visible(markup))
    return length < _SUMMARY_CHARS or (cut and not full)


def names(said: Iterable[str]) -> tuple[str, ...]:
    """Return people's names, each once; a list in one string is parted where that is certain."""
    found: list[str] = []
    for line in map(plain, said):
        parts = [part.strip() for part in re.split(r"\s*;\s*|,\s+(?:and\s+)?", line)]
        whole = len(parts) > 1 and all(2 <= len(part.split()) <= 4 for part in parts)
        found += parts if whole else [line]
    kept = (re.sub(r"\s*[<(]?[\w.+-]+@[\w.-]+[>)]?\s*", " ", name).strip(" ()<>") for name in found)
    return unique(shorten(name, 200) for name in kept if name)[:50]


def tags(said: Iterable[str]) -> tuple[str, ...]:
    """Return tags, each once; a single tag with commas is a list of tags."""
    found = [plain(tag) for tag in said]
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


def identity(guid: object, entry: ParsedEntry) -> str:
    """Return the entry's id: the feed's own as it stands, else the link, else a hash."""
    own = allowed(str(guid or "")).strip()
    chosen = own or entry.url
    if chosen and len(chosen) <= _ID_CHARS:
        return chosen
    content = chosen or "\n".join((entry.title, entry.html, *entry.enclosures))
    return f"sha256:{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()}"


def told_apart(entries: Iterable[ParsedEntry], faults: list[str]) -> tuple[ParsedEntry, ...]:
    """Return entries with a guid each, which may take saying so in `faults`.

    Some feeds give all their items one id: their addresses tell them apart then. Of entries that
    share both, the first is taken.
    """
    found = list(entries)
    addresses: dict[str, set[str]] = {}
    for entry in found:
        addresses.setdefault(entry.guid, set()).add(entry.url)
    kept: dict[str, ParsedEntry] = {}
    for entry in found:
        shared = len(addresses[entry.guid]) > 1
        guid = identity(f"{entry.guid} {entry.url}", entry) if shared else entry.guid
        kept.setdefault(guid, replace(entry, guid=guid))
    if len(kept) < len(found):
        faults.append(f"{len(found) - len(kept)} of its entries have an id that another one has")
    return tuple(kept.values())


def finished(entry: ParsedEntry, guid: object) -> ParsedEntry:
    """Return `entry` with its text tidied and its guid and content hash set."""
    body, _ = tidy(entry.html)
    entry = replace(entry, html=RawHtml(body))
    entry = replace(entry, guid=identity(guid, entry))
    shown = (
        *(entry.url, entry.title, entry.authors, entry.published, entry.updated, entry.language),
        *(entry.tags, entry.enclosures, entry.html, entry.base_url, entry.summary_only),
    )
    told = json.dumps(shown, default=str, ensure_ascii=True)
    return replace(entry, content_hash=hashlib.sha256(told.encode()).hexdigest())
