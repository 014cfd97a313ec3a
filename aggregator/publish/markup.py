"""A thin layer over lxml: text that XML cannot carry is left out instead of raising."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from aggregator import text

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
HISTORY = "http://purl.org/syndication/history/1.0"
DC = "http://purl.org/dc/elements/1.1/"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def root(tag: str, namespaces: dict[str | None, str]) -> etree._Element:
    """Return a root element; the namespace under None is the one without a prefix."""
    known: Any = namespaces  # the stubs do not know of None
    return etree.Element(tag, nsmap=known)


def add(
    parent: etree._Element, tag: str, content: str | None = None, **attributes: str | None
) -> etree._Element:
    """Append an element and return it; attributes that are None are left out."""
    element = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name, text.allowed(value))
    if content is not None:
        element.text = text.allowed(content)
    return element


def written(root: etree._Element) -> bytes:
    """Return the document in UTF-8 with its declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def rfc822(moment: datetime) -> str:
    """Return a moment as RSS and OPML want it (RFC 822 with four digits of the year)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
