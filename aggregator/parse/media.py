"""What stands beside an entry's text: enclosures, and the media module's recordings and pictures.

The module (rssboard.org/media-rss) and iTunes describe recordings and pictures, not posts: their
titles and descriptions count only where the entry has none of its own, as YouTube's have not.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from lxml import etree

from aggregator import urls
from aggregator.parse import wording
from aggregator.parse.said import looks_like_html
from aggregator.parse.vocabulary import Part, attributes, local, part

_MOST = 50
_RECORDINGS = ("audio", "video")


def enclosures(one: Part, base: str) -> tuple[str, ...]:
    """Return the addresses of an entry's recordings and other files, made absolute with `base`."""
    fields = one.fields
    found = [_address(element) for element in fields.get("enclosure", ())]
    found += [_address(element) for element in fields.get("link", ()) if _encloses(element)]
    found += [  # content that is no text and kept elsewhere (RFC 4287 section 4.1.3.2)
        element.get("src", "")
        for element in fields.get("content", ())
        if element.get("type", "").lower().startswith(_RECORDINGS)
    ]
    if not found and "media" in fields:
        found = [_address(element) for element in _contents(one) if _is_recording(element)]
    absolute = (urls.absolute(base, address) for address in found[:_MOST])
    return tuple(dict.fromkeys(filter(None, absolute)))


def title(one: Part) -> str:
    """Return the title of the recording that an entry without a title is about."""
    return next(filter(None, (some.text("media_title") for some in _described(one))), "")


def markup(one: Part, base: str) -> str:
    """Return as HTML what is told of the recording that an entry without a text is about."""
    parts = list(_described(one))
    texts = (
        (element.text or "").strip()
        for some in parts
        for element in some.fields.get("media_text", ())
    )
    text = max(texts, key=len, default="")
    pictures = (
        urls.absolute(base, _address(element))
        for some in parts
        for element in some.fields.get("thumbnail", ())
    )
    picture = next(filter(None, pictures), "")
    shown = f'<p><img src="{html.escape(picture)}" alt=""></p>' if picture else ""
    return shown + (text if looks_like_html(text) else wording.paragraphs(text))


def _described(one: Part) -> Iterator[Part]:
    """Yield what describes an entry's recording: itself, its group, the recording.

    Not its pictures: their words are captions.
    """
    yield one
    for element in one.fields.get("media", ())[:_MOST]:
        if local(element) == "group" or _is_recording(element):
            yield part(element)


def _contents(one: Part) -> Iterator[etree._Element]:
    """Yield the elements ``media:content`` of an entry, in groups or not."""
    for element in one.fields["media"][:_MOST]:
        if local(element) == "group":
            yield from part(element).fields.get("media", ())[:_MOST]
        else:
            yield element


def _is_recording(element: etree._Element) -> bool:
    kind = element.get("medium", "") or element.get("type", "")
    return kind.lower().startswith(_RECORDINGS)


def _encloses(element: etree._Element) -> bool:
    return attributes(element).get("rel", "").lower() == "enclosure"


def _address(element: etree._Element) -> str:
    stated = attributes(element)
    return stated.get("url") or stated.get("href") or ""
