"""The elements of feeds that mean something here, whatever namespace and case they came in.

A document is read by *roles*: ``pubDate``, Atom's ``published`` and ``dcterms:issued`` all say when
an entry was published. What has no role is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

XML = "{http://www.w3.org/XML/1998/namespace}"
ATOM = "http://www.w3.org/2005/Atom"
_MOST_ATTRIBUTES = 50
_MOST_ALIKE = 200  # elements of one role that are looked at in one channel or entry

# Namespaces of feeds proper: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, and their early names.
_FEEDS = {
    *("", ATOM.lower(), "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/"),
    *("http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/modules/rss091#"),
    *("http://blogs.law.harvard.edu/tech/rss", "http://channel.netscape.com/rdf/simple/0.9/"),
    *("http://purl.org/pie/", "http://purl.org/echo/"),
}
_BEGINNINGS = (  # of other namespaces, and the prefix that they usually have
    ("http://purl.org/dc/elements/1.", "dc"),
    ("http://purl.org/dc/terms", "dcterms"),
    ("http://purl.org/rss/1.0/modules/content", "content"),
    ("http://purl.org/rss/1.0/modules/syndication", "sy"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://www.itunes.com/dtds/podcast", "itunes"),
    ("http://rssnamespace.org/feedburner/ext/1.", "feedburner"),
    ("http://prismstandard.org/namespaces", "prism"),
    ("http://www.w3.org/1999/xhtml", "xhtml"),
    ("http://backend.userland.com/rss", ""),
)
_ROLES = {
    "title": "title dc:title",
    "link": "link",
    "guid": "guid id",
    # texts
    "description": "description dc:description",
    "abstract": "abstract",
    "summary": "summary",
    "content": "content",
    "encoded": "content:encoded fullitem",
    "body": "body xhtml:body",
    "subtitle": "subtitle tagline",
    # what is told of an entry
    "author": "author managingeditor dc:author dc:creator dcterms:creator itunes:author",
    "category": "category keywords dc:subject dcterms:subject media:category itunes:category",
    "keywords": "media:keywords itunes:keywords tags",
    "language": "language dc:language dcterms:language",
    "published": "pubdate published issued dcterms:issued",
    "date": "dc:date dcterms:date prism:publicationdate",
    "updated": "updated modified dcterms:modified",
    "created": "created dcterms:created",
    "enclosure": "enclosure",
    "origlink": "feedburner:origlink",
    "source": "source",
    # pictures, sound and video
    "media": "media:content media:group",
    "thumbnail": "media:thumbnail itunes:image",
    "media_title": "media:title itunes:title",
    "media_text": "media:description itunes:summary itunes:subtitle",
    # how often to ask
    "ttl": "ttl",
    "period": "sy:updateperiod",
    "frequency": "sy:updatefrequency",
    "skiphours": "skiphours",
    "skipdays": "skipdays",
    # parts of the above
    "name": "name itunes:name",
    "hour": "hour",
    "day": "day",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
TEXTS = ("description", "abstract", "summary", "content", "encoded", "body")

Fields = dict[str, list[etree._Element]]


@dataclass(slots=True)
class Part:
    """A channel or an entry, its elements by role and in document order."""

    element: etree._Element
    fields: Fields

    def first(self, role: str) -> etree._Element | None:
        """Return the first element of a role, None when there is none."""
        found = self.fields.get(role)
        return found[0] if found else None

    def text(self, role: str) -> str:
        """Return the first words under a role, stripped; empty when there are none."""
        for element in self.fields.get(role, ()):
            said = (element.text or "").strip()
            if said:
                return said
        return ""


@lru_cache(maxsize=2048)
def role(tag: object) -> str:
    """Return what an element of this name is for; empty when it is nothing that is read."""
    if not isinstance(tag, str):  # a comment or the like
        return ""
    space, _, name = tag.rpartition("}")
    name = name.lower()
    if ":" in name or not space:  # a prefix that nothing declares means what it usually means
        return _ROLE_OF.get(name, "")
    space = space[1:].lower()
    if space in _FEEDS:
        return _ROLE_OF.get(name, "")
    for beginning, prefix in _BEGINNINGS:
        if space.startswith(beginning):
            return _ROLE_OF.get(f"{prefix}:{name}" if prefix else name, "")
    return ""


def local(element: etree._Element | None) -> str:
    """Return an element's name without namespace and prefix, in lower case."""
    if element is None or not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower()


def part(element: etree._Element) -> Part:
    """Return a channel or an entry by the roles of its elements."""
    fields: Fields = {}
    for child in element:
        what = role(child.tag)
        if what:
            alike = fields.setdefault(what, [])
            if len(alike) < _MOST_ALIKE:
                alike.append(child)
    return Part(element, fields)


def attributes(element: etree._Element) -> dict[str, str]:
    """Return an element's attributes, their names in lower case; none of a crowd of them."""
    if len(element.attrib) > _MOST_ATTRIBUTES:
        return {}
    return {str(name).lower(): str(value) for name, value in element.items()}
