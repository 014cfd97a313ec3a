"""Texts and links of a feed by feedparser, the authority on what they mean.

feedparser is given a paraphrase of the document with nothing in it but what is asked about: so no
names, namespaces, bases, pictures or crowds of elements can confuse it or keep it busy.
"""

from __future__ import annotations

import io
from typing import Any

import feedparser
from lxml import etree

from aggregator.errors import ParseError
from aggregator.parse.outline import Outline
from aggregator.parse.said import Said, SaidChannel, SaidEntry, Text
from aggregator.parse.vocabulary import ATOM, TEXTS, Part, attributes
from aggregator.text import allowed

_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_NAMES = {"encoded": f"{{{_CONTENT}}}encoded"}  # the others are called as their role is
_ATTRIBUTES = ("type", "mode", "rel", "href", "url", "uri")
_MOST_LETTERS = 2_000_000  # of all entries together: a second's work for feedparser
_MOST_ALIKE = 20

Found = dict[str, Any]  # what feedparser found


def read(outline: Outline, url: str) -> Said:
    """Return what the texts and links of a document mean, entries beyond 2 MB left out.

    Raises:
        ParseError: feedparser cannot read it.
    """
    _bound(outline)
    try:
        found = feedparser.parse(
            # Bytes in a file object: a string might be taken for an address and fetched.
            io.BytesIO(_paraphrase(outline)),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except Exception as error:  # it has stumbled over hostile documents in many ways
        raise ParseError(f"{url} cannot be read: {error!s:.200}", url=url) from error
    if len(found.entries) != len(outline.entries):
        raise ParseError(f"{url} cannot be read: its entries cannot be told apart", url=url)
    feed: Found = found.feed
    channel = SaidChannel(
        title=_detailed(feed, "title"),
        subtitle=_detailed(feed, "subtitle"),
        link=_text(feed, "link"),
    )
    return Said(channel, [_entry(entry) for entry in found.entries])


def _bound(outline: Outline) -> None:
    """Leave out the last entries of a document that feedparser would take seconds for."""
    letters, kept = 0, 0
    for one in outline.entries:
        letters += sum(len(text.text or "") for role in TEXTS for text in one.fields.get(role, ()))
        if kept and letters > _MOST_LETTERS:
            break
        kept += 1
    if kept < len(outline.entries):
        outline.problems.append(
            f"the first {kept} of {len(outline.entries)} entries were taken, because together"
            " they are too long for a document of this kind"
        )
        del outline.entries[kept:]


# --------------------------------------------------------------------------------- the paraphrase


def _paraphrase(outline: Outline) -> bytes:
    """Return the document as XML with nothing but texts and links."""
    given = attributes(outline.root)
    root: etree._Element
    if outline.is_atom:
        space = f"{{{ATOM}}}" if str(outline.root.tag).startswith(f"{{{ATOM}}}") else ""
        root = etree.Element(f"{space}feed")
        channel, item = root, f"{space}entry"
    else:
        space = ""
        root = etree.Element("rss")
        channel, item = etree.SubElement(root, "channel"), "item"
    root.set("version", given.get("version", "")[:10] or "2.0")
    _tell(outline.channel, channel, space, ("title", "link", "description", "subtitle"))
    for one in outline.entries:
        _tell(one, etree.SubElement(channel, item), space, ("title", "link", *TEXTS))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _tell(one: Part, parent: etree._Element, space: str, roles: tuple[str, ...]) -> None:
    """Write the elements of these roles below `parent`, in the document's order."""
    chosen = {element: role for role in roles for element in one.fields.get(role, ())[:_MOST_ALIKE]}
    for child in one.element:
        what = chosen.get(child)
        if what is None:
            continue
        copied = etree.SubElement(parent, _NAMES.get(what, f"{space}{what}"))
        text = allowed(child.text or "")
        # Escaped, each sign of markup would be a call of its own to feedparser; but a section can
        # hold neither its own end nor a carriage return as such.
        bare = "]]>" in text or "\r" in text
        copied.text = text if bare else etree.CDATA(text)
        for name, value in attributes(child).items():
            if name in _ATTRIBUTES:
                copied.set(name, allowed(value))


# -------------------------------------------------------------------------- what feedparser found


def _entry(entry: Found) -> SaidEntry:
    hrefs = [_text(link, "href") for link in _listed(entry, "links") if _is_page(link)]
    contents = [
        Text(_text(part, "value"), _text(part, "type")) for part in _listed(entry, "content")
    ]
    return SaidEntry(
        title=_detailed(entry, "title"),
        links=[href for href in (_text(entry, "link"), *hrefs) if href],
        contents=contents,
        summary=_detailed(entry, "summary"),
    )


def _is_page(link: Found) -> bool:
    return link.get("rel") != "enclosure"


def _detailed(thing: Found, name: str) -> Text:
    return Text(_text(thing, name), _text(thing.get(f"{name}_detail") or {}, "type"))


def _text(thing: Found, name: str) -> str:
    # dict.get, because feedparser's own answers one field for another
    value = dict.get(thing, name)
    return value if isinstance(value, str) else ""


def _listed(thing: Found, name: str) -> list[Found]:
    value = dict.get(thing, name) or []
    return [part for part in value if isinstance(part, dict)]
