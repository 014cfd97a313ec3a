"""Sitemaps (sitemaps.org, protocol 0.9): a site's own list of its pages, or of further lists."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.parse.dates import moment

_GZIP_MAGIC = b"\x1f\x8b"
_UNPACKED = 52_428_800  # bytes of one sitemap; the protocol allows no more
_LONGEST = 2_048  # characters of an address, by the protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An address in a sitemap."""

    url: str
    changed_at: datetime | None = None  # lastmod


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one sitemap lists, in its order."""

    pages: tuple[Listed, ...] = ()
    maps: tuple[Listed, ...] = ()  # further sitemaps, when it is an index


def sitemap(body: bytes, url: str, *, limit: int = 50_000) -> Sitemap:
    """Read a sitemap, an index of sitemaps, or a plain list of addresses; also one packed by gzip.

    What is damaged or too large is read as far as it goes, up to `limit` addresses.

    Raises:
        ParseError: it is none of these.
    """
    plain = _unpacked(body).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not plain.startswith(b"<"):
        return _lines(plain, url, limit)
    pages: list[Listed] = []
    maps: list[Listed] = []
    try:
        for _, element in etree.iterparse(
            io.BytesIO(plain),
            events=("end",),
            tag=("{*}url", "{*}sitemap"),
            recover=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        ):
            listed = _listed(element, url)
            if listed:
                (pages if _local(element) == "url" else maps).append(listed)
            element.clear()
            while element.getprevious() is not None:  # a long list would fill the memory
                del element.getparent()[0]
            if len(pages) + len(maps) >= limit:
                break
    except etree.XMLSyntaxError as error:
        if not pages and not maps:
            raise ParseError(f"{url} is no sitemap that can be read", url=url) from error
    return Sitemap(pages=tuple(pages), maps=tuple(maps))


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, _UNPACKED)
    except zlib.error:
        return b""


def _lines(plain: bytes, url: str, limit: int) -> Sitemap:
    """Read the form with one address a line."""
    rows = plain.decode("utf-8", "replace").split()[:limit]
    pages = tuple(Listed(url=row) for row in rows if urls.is_web(row) and len(row) <= _LONGEST)
    if not pages:
        raise ParseError(f"{url} is no sitemap", url=url)
    return Sitemap(pages=pages)


def _listed(element: etree._Element, url: str) -> Listed | None:
    told = {_local(child): (child.text or "").strip() for child in element}
    address = urls.absolute(url, told.get("loc", ""))
    if not address or len(address) > _LONGEST:
        return None
    return Listed(url=address, changed_at=moment(told.get("lastmod", "")))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
