"""What a feed document consists of: its channel and its newest entries, each ready to be read.

Markup that stands inside a text is written out as that text's HTML, so that the readers
(`fast`, `reference`) meet texts only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from aggregator import urls
from aggregator.parse.dates import moment
from aggregator.parse.document import MOST_ITEMS, items
from aggregator.parse.vocabulary import TEXTS, XML, Part, attributes, local, part

_LONGEST = 2_000  # characters of an address that others are relative to
_FIRST_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*+>""")
_DATES = ("published", "date", "updated", "created")


@dataclass(slots=True)
class Outline:
    """A feed document by its parts."""

    root: etree._Element
    channel: Part
    entries: list[Part]
    problems: list[str]

    @property
    def is_atom(self) -> bool:
        """Whether texts say of what type they are; in RSS one has to guess."""
        return local(self.root) == "feed"


def outline(root: etree._Element, limit: int, problems: list[str]) -> Outline:
    """Return the parts of the feed below `root`, at most its newest `limit` entries."""
    if local(root) in ("feed", "channel"):
        channel = root
    else:
        channel = next((child for child in root if local(child) == "channel"), root)
    found = Outline(root, part(channel), _newest(items(root), limit, problems), problems)
    for one in (found.channel, *found.entries):
        _drop_shorter(one)
        for role in ("title", "subtitle", *TEXTS, "media_text"):
            for element in one.fields.get(role, ()):
                if len(element):
                    _write_out(element)
    return found


def _newest(found: list[etree._Element], limit: int, problems: list[str]) -> list[Part]:
    """Return all but the newest `limit` entries, in the document's order."""
    parts = map(part, found)
    if len(found) <= limit:
        return list(parts)
    more = "more than " if len(found) == MOST_ITEMS else ""
    problems.append(f"the newest {limit} of {more}{len(found)} entries were taken")
    dated = [(date_of(one, _DATES), place) for place, one in enumerate(parts)]
    if sum(date is not None for date, _ in dated) * 2 >= len(dated):
        dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0, reverse=True)
    return [part(found[place]) for place in sorted(place for _, place in dated[:limit])]


def date_of(one: Part, roles: tuple[str, ...]) -> datetime | None:
    """Return the first date that can be read among elements of these roles."""
    for role in roles:
        for element in one.fields.get(role, ()):
            stated = moment(element.text or "")
            if stated:
                return stated
    return None


def base_of(elements: Iterable[etree._Element], url: str) -> str:
    """Return the ``xml:base`` in force below `elements`, outermost first; empty when none is.

    Each is relative to those around it, the outermost to `url` (XML Base, section 4).
    """
    base = ""
    for element in elements:
        stated = element.get(f"{XML}base", "").strip()
        if stated and len(stated) <= _LONGEST:
            try:
                joined = urljoin(base or url, stated)
            except ValueError:
                continue
            base = joined if urls.is_web(joined) else base
    return base


def _drop_shorter(one: Part) -> None:
    """Forget all descriptions but the longest: the others are not the text in full."""
    described = [
        (role, element)
        for role in ("description", "abstract")
        for element in one.fields.get(role, ())
    ]
    if len(described) > 1:
        role, longest = max(described, key=lambda pair: len(pair[1].text or ""))
        one.fields.pop("description", None)
        one.fields.pop("abstract", None)
        one.fields[role] = [longest]


def _write_out(element: etree._Element) -> None:
    """Write the markup inside an element as its text: XHTML content, or HTML not escaped."""
    inner = element
    said = (element.text or "") + (element[0].tail or "")
    if len(element) == 1 and local(element[0]) in ("div", "body") and not said.strip():
        # Atom's wrapper, which is no part of the content (RFC 4287 section 3.1.1.3)
        inner = element[0]
    if inner is not element and not len(inner) and not _is_xhtml(element):
        markup = inner.text or ""  # what is escaped in there is markup too, TypePad's way
    else:
        markup = _markup(inner)
    del inner
    for child in element:
        element.remove(child)
    element.text = markup
    element.set("type", "html")
    if "mode" in element.attrib:
        del element.attrib["mode"]


def _is_xhtml(element: etree._Element) -> bool:
    return "xhtml" in attributes(element).get("type", "").lower()


def _markup(inner: etree._Element) -> str:
    """Return what is inside an element as HTML, names without namespaces."""
    # In place: to move or copy nodes takes lxml a time that grows with the square of namespaces.
    for node in inner.iterdescendants("{*}*"):
        name = str(node.tag)
        if name.startswith("{") or ":" in name:
            node.tag = name.rpartition("}")[2].rpartition(":")[2] or "x"
        for attribute in node.keys():  # noqa: SIM118  # an element is no mapping
            if str(attribute).startswith("{"):
                del node.attrib[attribute]
    etree.cleanup_namespaces(inner)
    markup = etree.tostring(inner, method="html", encoding="unicode", with_tail=False)
    begin = _FIRST_TAG.match(markup)
    return markup[begin.end() if begin else 0 : markup.rfind("</")]
