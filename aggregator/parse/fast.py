"""Texts and links of usual feeds, straight from the tree.

This is what feedparser makes of the same document (`reference`), for the documents where that is
certain: each text once, of a known type. All others are refused, not guessed at. Tests hold both
readers side by side.
"""

from __future__ import annotations

import re

from lxml import etree

from aggregator.parse.outline import Outline
from aggregator.parse.said import NO_TEXT, Said, SaidChannel, SaidEntry, Text, looks_like_html
from aggregator.parse.vocabulary import Part, attributes
from aggregator.parse.wording import repaired

_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
_PAGES = ("text/html", "html", "application/xhtml+xml", "xhtml")
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/*")
_QUERY = re.compile(r"&([A-Za-z0-9_]+);")


class _UnusualError(Exception):
    """Only feedparser can say what this means."""


def read(outline: Outline) -> Said | None:
    """Return what the texts and links of a document mean; None for an unusual one."""
    guess = not outline.is_atom
    try:
        return Said(
            _channel(outline.channel, guess), [_entry(one, guess) for one in outline.entries]
        )
    except _UnusualError:
        return None


def _channel(one: Part, guess: bool) -> SaidChannel:
    link, _ = _links(one)
    return SaidChannel(
        title=_only(one, guess, title="text/plain"),
        subtitle=_only(one, guess, description="text/html", subtitle="text/plain"),
        link=link,
    )


def _entry(one: Part, guess: bool) -> SaidEntry:
    if "body" in one.fields:
        raise _UnusualError
    link, links = _links(one, inside=True)
    contents = [
        _text(element, kind, guess)
        for role, kind in (("content", "text/plain"), ("encoded", "text/html"))
        for element in one.fields.get(role, ())
    ]
    return SaidEntry(
        title=_only(one, guess, title="text/plain"),
        links=[link, *links] if link else links,
        contents=contents,
        summary=_only(
            one, guess, description="text/html", summary="text/plain", abstract="text/plain"
        ),
    )


# ------------------------------------------------------------------------------------------ texts


def _only(one: Part, guess: bool, **kinds: str) -> Text:
    """Return the one text under some roles; `kinds` is of what type each is when it says none."""
    found = [(role, element) for role in kinds for element in one.fields.get(role, ())]
    if len(found) > 1:
        raise _UnusualError
    return _text(found[0][1], kinds[found[0][0]], guess) if found else NO_TEXT


def _text(element: etree._Element, kind: str, guess: bool) -> Text:
    stated = attributes(element)
    if stated:
        said = stated.get("type")
        known = _TYPES.get(said.lower()) if said is not None else kind
        if known is None or "mode" in stated:
            raise _UnusualError
        kind = known
    value = (element.text or "").strip()
    if guess and kind == "text/plain" and looks_like_html(value):
        kind = "text/html"
    return Text(repaired(value), kind)


# ------------------------------------------------------------------------------------------ links


def _links(one: Part, *, inside: bool = False) -> tuple[str, list[str]]:
    """Return the address of the page and all addresses; `inside`: of an entry."""
    page, links = "", []
    for element in one.fields.get("link", ()):
        stated = attributes(element)
        href = stated.get("url", stated.get("uri", stated.get("href")))
        if href is None:
            page = _address(element, inside)
            links.append(page)
        elif not href:
            raise _UnusualError
        else:
            href = _SLASHES.sub(r"\1", href)
            relation = stated.get("rel", "alternate").lower()
            kind = stated.get("type", "text/html").lower()
            if relation != "enclosure":
                links.append(href)
            if relation == "alternate" and kind in _PAGES:
                page = href
    return page, [link for link in links if link]


def _address(element: etree._Element, inside: bool) -> str:
    """Return the address that is written as an element's text."""
    link = repaired(_SLASHES.sub(r"\1", (element.text or "").strip()))
    if "&" in link:
        link = _QUERY.sub(r"&\1", link.replace("&amp;", "&") if inside else link)
    return link
