"""Pure helpers for strings that people read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LETTERS = (
    ("ß", "ss"), ("ø", "o"), ("đ", "d"), ("ł", "l"), ("æ", "ae"), ("œ", "oe"), ("þ", "th"),
)  # fmt: skip


def squeeze(text: str) -> str:
    """Return `text` in one line, with single spaces and no characters that XML forbids."""
    if text.isprintable() and "  " not in text:  # nothing printable is forbidden
        return text.strip()
    return " ".join(_FORBIDDEN.sub("", text).split())


def allowed(text: str) -> str:
    """Return `text` without the characters that XML 1.0 (section 2.2) or HTML forbid."""
    if text.isprintable():
        return text
    return _FORBIDDEN.sub("", text)


def fold(text: str) -> str:
    """Return `text` for comparing: no case, no accents, compatibility forms unified."""
    if text.isascii():
        return text.lower()
    # decomposed twice: folding the case of a compatibility form can compose again
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    for mark in filter(unicodedata.combining, set(spread)):  # few, whatever the length of the text
        spread = spread.replace(mark, "")
    for letter, plain in _LETTERS:
        spread = spread.replace(letter, plain)
    return spread


def slug(text: str, *, limit: int = 80) -> str:
    """Return a stable, readable, never empty name for addresses: ``c++`` is ``c-plus-plus``."""
    spelled = (
        fold(text).replace("c++", "c-plus-plus").replace("c#", "c-sharp").replace("&", " and ")
    )
    words = re.sub(r"[\W_]+", "-", spelled.replace("'", "").replace("’", ""))
    cut = words.strip("-")
    if len(cut) > limit:
        cut = cut[:limit].rsplit("-", 1)[0].strip("-") or cut[:limit]
    return cut or f"x{zlib.crc32(text.encode('utf-8', 'replace')):08x}"


def title_key(title: str) -> str:
    """Return what two spellings of one title share: letters and digits only."""
    return re.sub(r"[\W_]+", "", fold(title))


def shorten(text: str, limit: int) -> str:
    """Return `text` in one line of at most `limit` characters, cut at a word, with an ellipsis."""
    line = squeeze(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return head.rstrip(" ,;:.–-") + "…"


def capped(value: str, limit: int = 500) -> str:
    """Return `value`; when it is over `limit` bytes, its beginning and a hash of all of it.

    Keys are stored so: PostgreSQL refuses index rows over 2,704 bytes, and feeds hold ids and
    addresses of any length. Doing it again changes nothing.
    """
    clean = allowed(value)
    if len(clean) * 4 <= limit or (clean.isascii() and len(clean) <= limit):
        return clean
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return clean
    digest = hashlib.sha256(encoded).hexdigest()
    return f"{encoded[: limit - 65].decode('utf-8', 'ignore')}#{digest}"


def hue(series_slug: str) -> int:
    """Return the colour of a series: one of twelve hues, 0 to 330 degrees, always the same."""
    return zlib.crc32(series_slug.encode()) % 12 * 30
