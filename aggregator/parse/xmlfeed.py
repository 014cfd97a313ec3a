"""An XML tree to a `ParsedFeed`.

What texts and links mean is for `fast` or, where that is not certain, for feedparser (`reference`)
to say. All else is read here: ids as they stand, dates, people, tags, languages, media.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator

from lxml import etree

from aggregator import urls
from aggregator.model import ParsedEntry, ParsedFeed
from aggregator.parse import fast, hints, media, wording
from aggregator.parse.outline import Outline, base_of, date_of, outline
from aggregator.parse.said import Said, SaidChannel, SaidEntry, Text
from aggregator.parse.vocabulary import XML, Part, attributes, part

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_TEXTS = ("encoded", "content", "body", "description", "summary")
_MOST_PEOPLE = 50
_BOOKKEEPING = "schemas.google.com"  # Blogger's own categories
_KEYWORDS = 5_000  # characters
_PLAIN = ("text/plain", "")


def read(root: etree._Element, url: str, limit: int, problems: Iterable[str]) -> ParsedFeed:
    """Return the feed below `root`, at most `limit` entries of it.

    Raises:
        ParseError: it cannot be read.
    """
    document = outline(root, limit, list(problems))
    return feed(document, fast.read(document) or _by_feedparser(document, url), url)


def _by_feedparser(document: Outline, url: str) -> Said:
    # Loaded when the first unusual feed is met: it takes a tenth of a second, which most processes
    # can do without.
    found: Said = importlib.import_module("aggregator.parse.reference").read(document, url)
    return found


def feed(document: Outline, said: Said, url: str) -> ParsedFeed:
    """Return the feed that a document holds, of which a reader has understood the texts."""
    channel, home = document.channel, _Home(document, said.channel, url)
    links = channel.fields.get("link", ())
    entries = (
        _entry(one, told, home) for one, told in zip(document.entries, said.entries, strict=True)
    )
    return ParsedFeed(
        title=_plain(said.channel.title) or None,
        site_url=home.site or None,
        description=_plain(said.channel.subtitle)
        or wording.plain(channel.text("media_text"))
        or None,
        language=home.language,
        refresh_hint=hints.refresh_hint(channel),
        skip_hours=hints.skip_hours(channel),
        skip_days=hints.skip_days(channel),
        older_url=hints.related(links, home.stated or url, "prev-archive", "next"),
        hub_url=hints.related(links, home.stated or url, "hub"),
        self_url=hints.related(links, home.stated or url, "self"),
        entries=wording.told_apart(entries, document.problems),
        problems=tuple(document.problems),
    )


class _Home:
    """What the entries of a feed take from it."""

    def __init__(self, document: Outline, said: SaidChannel, url: str) -> None:
        channel, root = document.channel, document.root
        around = (root,) if channel.element is root else (root, channel.element)
        self.url = url
        self.stated = base_of(around, url)  # xml:base
        known = channel.text("guid")  # Atom feeds without a link often have their site for an id
        self.site = urls.absolute(self.stated or url, said.link) or urls.absolute("", known)
        # RSS does not say what its addresses are relative to; its authors mean the site. Atom says
        # the document, which makes no sense where a feed is kept at another host than its site.
        elsewhere = self.site and urls.host(self.site) != urls.host(url)
        kept_there = document.is_atom and not elsewhere
        self.base = self.stated or ("" if kept_there else self.site) or url
        self.language = wording.language(
            channel.text("language") or _lang(channel.element) or _lang(root)
        )
        self.authors = _authors(channel)


def _entry(one: Part, said: SaidEntry, home: _Home) -> ParsedEntry:
    text = next((one.fields[role][0] for role in _TEXTS if role in one.fields), None)
    stated = base_of((one.element,), home.stated or home.url) or home.stated
    base = stated or home.base
    link = next(filter(None, (urls.absolute(base, address) for address in _links(one, said))), "")
    if text is not None:  # which may state one of its own
        stated = base_of((text,), base) or stated
    markup, full = _body(said)
    spoken = (text is not None and _lang(text)) or _lang(one.element) or one.text("language")
    return wording.entry(
        one.text("guid") or one.element.get(f"{_RDF}about", ""),
        markup or media.markup(one, base),
        full=full,
        url=link,
        title=_plain(said.title) or wording.plain(media.title(one)),
        authors=_authors(one) or _source_authors(one, home),
        published=date_of(one, ("published", "date", "created")),
        updated=date_of(one, ("updated",)),
        language=wording.language(spoken) or home.language,
        tags=wording.tags(_tags(one)),
        enclosures=media.enclosures(one, base),
        base_url=stated or link or home.site or home.url,
    )


# ------------------------------------------------------------------------------------------ texts


def _plain(text: Text) -> str:
    return wording.plain(text.value, markup=text.is_html)


def _body(said: SaidEntry) -> tuple[str, bool]:
    """Return the entry's text as HTML, and whether the feed calls it the content."""
    readable = [
        part for part in said.contents if part.value and (part.is_html or part.type in _PLAIN)
    ]
    if readable:
        return _as_html(max(readable, key=lambda part: (part.is_html, len(part.value)))), True
    return _as_html(said.summary), False


def _as_html(text: Text) -> str:
    return text.value if text.is_html else wording.paragraphs(text.value)


# -------------------------------------------------------------------------------------- all else


def _links(one: Part, said: SaidEntry) -> Iterator[str]:
    """Yield what may be the entry's address, the likeliest first."""
    yield one.text("origlink")
    yield from said.links
    for element in one.fields.get("guid", ()):
        known = (element.text or "").strip()
        if urls.is_web(known) and attributes(element).get("ispermalink", "true") == "true":
            yield known
    for element in one.fields.get("content", ()):  # kept elsewhere (RFC 4287 section 4.1.3.2)
        yield element.get("src", "")
    yield one.element.get(f"{_RDF}about", "")


def _authors(one: Part) -> tuple[str, ...]:
    """Return the people that an element names, as Atom's persons or as RSS's lines."""
    said = []
    for element in one.fields.get("author", ())[:_MOST_PEOPLE]:
        names = part(element).fields.get("name", ()) if len(element) else (element,)
        said += [name.text or "" for name in names[:_MOST_PEOPLE]]
    return wording.names(said) if said else ()


def _source_authors(one: Part, home: _Home) -> tuple[str, ...]:
    """Return who is meant where an entry names nobody.

    That is the feed's people, unless the entry was taken over from another feed (RFC 4287 section
    4.2.11): then that feed's, or that feed by its title; in RSS 2.0 the element is the title.
    """
    sources = one.fields.get("source")
    if not sources:
        return home.authors
    origin = part(sources[0])
    titles = [element.text or "" for element in origin.fields.get("title", ())[:1]]
    return _authors(origin) or wording.names(titles or [sources[0].text or ""])


def _tags(one: Part) -> Iterator[str]:
    for element in one.fields.get("category", ()):
        stated = attributes(element)
        if _BOOKKEEPING not in stated.get("scheme", ""):
            said = stated.get("label") or stated.get("term") or element.text
            yield said or stated.get("text", "")  # iTunes
    for element in one.fields.get("keywords", ()):
        yield from re.split(r"\s*,\s*", (element.text or "")[:_KEYWORDS])


def _lang(element: etree._Element) -> str:
    return element.get(f"{XML}lang") or ""
