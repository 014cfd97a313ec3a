"""What is kept of an entry's text: the original, the words that are searched, links and prints."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence

from lxml import etree, html

from aggregator import text as words
from aggregator.model import Kind, NewEntry, RawHtml, SafeHtml
from aggregator.store.terms import searchable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BODY = 20_000  # characters of a recap's text that are searched
_READ = 400_000  # characters of an article that are read for them
_ORIGINAL_OF_OTHERS = 65_536  # characters kept of the original of what is no recap
_PRINTED = 100  # words at the beginning of a text that its prints are taken of
_RUN = 5  # words that a print is of
_PRINTS = 4  # of a text

# Level 3 packs a post in a quarter of the time that zlib takes, into 4 % more. One compressor for
# all: making one costs as much as packing a post; it may be shared by threads.
_PACKER = zstd.ZstdCompressor(level=3)
_MAGIC = b"\x28\xb5\x2f\xfd"  # how a frame begins (RFC 8878); what was kept earlier is zlib's


def packed(text: str) -> bytes:
    """Return an original as it is kept; nothing for nothing."""
    if not text:
        return b""
    return _PACKER.compress(words.allowed(text).encode("utf-8"), zstd.ZstdCompressor.FLUSH_FRAME)


def unpacked(kept: bytes) -> str:
    """Return an original from what is kept of it."""
    if not kept:
        return ""
    unpack = zstd.decompress if kept.startswith(_MAGIC) else zlib.decompress
    return unpack(kept).decode("utf-8")


def original(entry: NewEntry) -> RawHtml:
    """Return what is kept of an entry's original."""
    if entry.recognition.kind is Kind.RECAP:
        return entry.original
    return RawHtml(entry.original[:_ORIGINAL_OF_OTHERS])


def article(
    kind: Kind, shown: SafeHtml | None, excerpt: bool, original: str
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return text and links of a recap: of what is shown, if that is all of it."""
    if kind is not Kind.RECAP:
        return "", ()
    return read(str(shown) if shown and not excerpt else original)


def read(markup: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the text of an article and its links as (address, words); never raises."""
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = html.document_fromstring(words.allowed(markup[:_READ]), parser=parser)
        etree.strip_elements(tree, "script", "style", "noscript", "template", with_tail=False)
        links = tuple(
            (str(a.get("href")), words.squeeze(_text(a)[:500]))
            for a in tree.iter("a")
            if a.get("href")
        )
        return " ".join(str(piece) for piece in tree.itertext()), links
    except (etree.LxmlError, ValueError, AssertionError):
        return "", ()


def _text(element: html.HtmlElement) -> str:
    return " ".join(str(piece) for piece in element.itertext())


def search_row(kind: Kind, title: str, authors: Sequence[str], said: str) -> dict[str, str]:
    """Return what is searched of an entry: of a recap its text, up to 20,000 characters.

    Only people who judge entries look for others, by their titles; most entries are others.
    """
    if kind is not Kind.RECAP:
        return {"title": searchable(title, 1000), "body": ""}
    body = searchable(f"{' '.join(authors[:10])} {said[:_BODY]}", _BODY)
    return {"title": searchable(title, 1000), "body": body}


def own_words(authors: Sequence[str], body: str) -> list[str]:
    """Return the words of an entry's text by what is searched of it: without its authors' names."""
    return body.removeprefix(searchable(" ".join(authors[:10]), _BODY)).split()


def prints(some: Sequence[str]) -> list[int]:
    """Return numbers of which two texts that begin alike share at least one, almost surely.

    They are the smallest of the checksums of all runs of five words among the first hundred
    (min-wise hashing): of two beginnings that have three quarters of them in common, one of the
    four smallest is missed in all with a chance of less than one in a hundred.
    """
    begin = some[:_PRINTED]
    runs = {zlib.crc32(" ".join(begin[at : at + _RUN]).encode()) for at in range(len(begin) - _RUN)}
    return sorted(runs)[:_PRINTS]
