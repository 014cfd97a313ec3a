"""Bytes from a server to a well-formed XML tree, however damaged they came.

Most documents are well-formed UTF-8 and become a tree as they are (`strict`). The others are made
UTF-8 (`utf8`) and repaired (`mended`). Everything here is linear in the size of the document.
"""

from __future__ import annotations

import codecs
import html
import re
from functools import lru_cache
from itertools import islice

from lxml import etree
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
)

from aggregator.parse.vocabulary import local
from aggregator.text import allowed

DAMAGED = "it is not well-formed XML"  # how the problem begins that says so
MOST_ITEMS = 10_000  # entries of one document that are looked at
_MOST_PARTS = 800_000  # tags, and attributes twice; a tree takes about 120 bytes for each
_MOST_MENDED = 3_000_000  # bytes of a document that are repaired
_SPECIAL = "<>&\"'"
_START = re.compile(rb"<\?xml\b|<(?:\w+:)?(?:rss|rdf|feed|channel|opml)\b", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml\b[^>]*>")
_DOCTYPE = re.compile(rb"<!DOCTYPE\b[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:(#?\w{1,32};)|&*(?![\w#])|)",
    re.DOTALL,
)
_PROLOG = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_PREFIX_USED = re.compile(
    rb"</?([A-Za-z][\w.-]*):[A-Za-z_]|\s([A-Za-z][\w.-]*):[\w.-]+\s*=\s*[\"']"
)
_ITEMS = ("{*}item", "{*}entry", "{*}Item", "{*}Entry", "{*}ITEM", "{*}ENTRY")
_ROOT = re.compile(rb"<[A-Za-z][^\s<>/]*")
# Characters that XML knows but HTML forbids, and references to them.
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\r"))
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_NO_LETTER = re.compile(rb"\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])")
_CONTROL_REFERENCE = re.compile(
    rb"&#(?:0*(?:12[7-9]|1[345]\d)|[xX]0*(?:7[fF]|[89][0-9a-fA-F]|[fF][dD][dDeE][0-9a-fA-F]));"
)
# Only text codecs that feeds are met in; others (punycode, unicode_escape) may be costly or odd.
_CODECS = re.compile(
    r"utf-(?:8|16|32)|ascii|iso8859-\d+|iso2022_\w+|cp\d+|koi8-\w|gb\w+|hz|big5\w*|shift_\w+|euc_\w+"
    r"|mac-\w+|tis-620"
)
_SHIFTED = ("iso2022", "hz")  # ASCII bytes that mean other letters
# Bytes that are no UTF-8, as Python writes them, are usually Windows-1252.
_HALF_LATIN = {
    0xDC00 + byte: bytes((byte,)).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}
_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xlink": "http://www.w3.org/1999/xlink",
}


# ----------------------------------------------------------------------------------------- bytes


def _codec(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return None
    if found in ("iso8859-1", "ascii"):
        return "cp1252"  # what those who say so mean (WHATWG Encoding, section 4.2)
    return found if _CODECS.fullmatch(found) else None


def _named(body: bytes, content_type: str) -> list[str]:
    """Return the codecs that the header and the document name, in this order, but UTF."""
    said = (
        _codec(http_content_type_encoding(content_type or None)),
        _codec(html_body_declared_encoding(body[:4096])),
    )
    return [codec for codec in said if codec and not codec.startswith("utf-")]


def decode(body: bytes, content_type: str = "") -> tuple[str, list[str]]:
    """Return the text of `body`, without characters that XML forbids, and faults met.

    A byte order mark decides; then whether the bytes are UTF-8, which others hardly ever are by
    chance; then the header, then the declaration (RFC 7303 section 3.2 has the header first, but
    headers are wrong far more often than bytes).
    """
    problems: list[str] = []
    return allowed(_decoded(body, content_type, problems)), problems


def _decoded(body: bytes, content_type: str, problems: list[str]) -> str:
    found, mark = read_bom(body)
    if mark:
        return body[len(mark) :].decode(found or "utf-8", "replace")
    for start, codec in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if body.startswith(start):
            return body.decode(codec, "replace")
    named = _named(body, content_type)
    if named and named[0].startswith(_SHIFTED):
        return body.decode(named[0], "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        if named:
            return body.decode(named[0], "replace")
        problems.append("some of its letters are not UTF-8 and were guessed")
        return body.decode("utf-8", "surrogateescape").translate(_HALF_LATIN)


def utf8(body: bytes, content_type: str = "") -> tuple[bytes, list[str]]:
    """Return `body` as UTF-8 without control characters, and faults met."""
    problems: list[str] = []
    data = _decoded(body, content_type, problems).encode("utf-8", "replace")
    return data.translate(None, _CONTROL).lstrip(b"\xef\xbb\xbf \t\r\n"), problems


def _cleaned(data: bytes) -> bytes:
    """Return UTF-8 without the other characters that XML 1.0 (section 2.2) or HTML forbid."""
    if data.isascii():
        return data
    data = data.replace(b"\xc2\x85", "…".encode())  # what Windows-1252 has in its place
    return _NO_LETTER.sub(b"", _C1.sub(b"", data))


def find_start(data: bytes) -> int | None:
    """Return where an XML document of feeds seems to begin in `data`; None when nowhere."""
    found = _START.search(data, 0, 65_536)
    return found.start() if found else None


# ------------------------------------------------------------------------------------------ trees


def strict(body: bytes, content_type: str = "") -> etree._Element | None:
    """Return the root of a document that is well-formed UTF-8 with nothing doubtful in it.

    None for any other, one with a document type included: it may still be mended.
    """
    data = body.removeprefix(codecs.BOM_UTF8).lstrip()
    declared = _DECLARATION.match(data)
    said = content_type.lower().encode() + (declared.group().lower() if declared else b"")
    if not data.startswith(b"<") or b"2022" in said or b"hz" in said:  # as in `_SHIFTED`
        return None
    if _doctype(data) is not None or _doubtful(data):
        return None
    try:
        return _parsed(data, recover=False)
    except etree.XMLSyntaxError:
        return None


def _doubtful(data: bytes) -> bool:
    """Tell whether there are letters in it to be dropped, or more tags than a feed may have."""
    return bool(
        _CONTROL_REFERENCE.search(data)
        or b"\x7f" in data
        or (not data.isascii() and (_C1.search(data) or _NO_LETTER.search(data)))
        or (len(data) > _MOST_MENDED and _parts(data) > _MOST_PARTS)
    )


def _parts(data: bytes) -> int:
    """Count the tags and attributes in `data`, about, and not those that are quoted."""
    count, at = 0, 0
    while at >= 0:
        quoted = data.find(b"<![CDATA[", at)
        end = quoted if quoted >= 0 else len(data)
        stated = data.count(b'="', at, end) + data.count(b"='", at, end)
        count += data.count(b"<", at, end) + 2 * stated
        at = data.find(b"]]>", quoted) if quoted >= 0 else -1
    return count


def mended(data: bytes, problems: list[str]) -> etree._Element | None:
    """Return the root of the XML document in UTF-8 bytes, repaired; None when there is none.

    No document type, no entities but those of HTML, no network; at most 256 levels and 3 MB. What
    was survived is added to `problems`.
    """
    whole = len(data) <= _MOST_MENDED
    data = _cleaned(data if whole else _beginning(data, problems))
    data = _from_start(_without_doctype(data, problems), problems)
    data = _without_doctype(data, problems)
    declared = _DECLARATION.match(data)
    data = _TOKEN.sub(_mend, data[declared.end() :] if declared else data)
    try:
        return _parsed(data, recover=False)
    except etree.XMLSyntaxError as error:
        fault = error
    if fault.error_log.filter_domains(etree.ErrorDomains.NAMESPACE):  # type: ignore[attr-defined]  # the stubs lack it
        data = _with_prefixes(data)
        try:
            return _parsed(data, recover=False)
        except etree.XMLSyntaxError as error:
            fault = error
    if whole:
        line = (fault.msg or "damaged")[:200]
        problems.append(f"{DAMAGED} ({line}); what could be read was taken")
    return _recovered(data, problems)


def _recovered(data: bytes, problems: list[str]) -> etree._Element | None:
    try:
        root = _parsed(data, recover=True)
    except etree.XMLSyntaxError:
        return None
    if root is not None:
        _drop_cut_off(root, data, problems)
    return root


def _parsed(data: bytes, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    # lxml's stubs do not know that a recovering parser may find nothing.
    root: etree._Element | None = etree.fromstring(data, parser)
    return root


def _beginning(data: bytes, problems: list[str]) -> bytes:
    """Return as much of a document as is repaired, cut between two letters."""
    problems.append(
        f"only the first {_MOST_MENDED // 1_000_000} of its {len(data) / 1e6:.1f} MB were read,"
        " because it is no well-formed XML in UTF-8 or has too many parts"
    )
    end = _MOST_MENDED
    while data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]


def _from_start(data: bytes, problems: list[str]) -> bytes:
    """Cut off what stands before the document."""
    start = find_start(data) or 0
    if _COMMENT.sub(b"", data[:start]).strip():
        problems.append("there is text before the document, which was skipped")
    return data[start:]


def _without_doctype(data: bytes, problems: list[str]) -> bytes:
    """Cut the document type off: the entities that it might define are a way to attack."""
    begin = _doctype(data)
    if begin is None:
        return data
    whole = _DOCTYPE.match(data, begin)
    root = _ROOT.search(data, begin)
    end = whole.end() if whole else root.start() if root else len(data)
    if b"<!entity" in data[begin:end].lower():
        problems.append("it defines entities of its own, which were left out")
    return data[:begin] + data[end:]


def _doctype(data: bytes) -> int | None:
    """Return where a document's type begins; None when it has none."""
    found = _PROLOG.match(data)
    begin = found.end() if found else 0
    return begin if data[begin : begin + 9].upper() == b"<!DOCTYPE" else None


def _mend(found: re.Match[bytes]) -> bytes:
    """Close what is open, drop comments, and write every reference so that XML knows it."""
    token = found.group()
    if token.startswith(b"<!["):
        return token if token.endswith(b"]]>") else token + b"]]>"
    if token.startswith(b"<"):
        return b""
    name = found.group(1)
    return _reference(name) if name else b"&amp;" * min(len(token), 100)  # fivefold is enough


@lru_cache(maxsize=1024)
def _reference(name: bytes) -> bytes:
    """Return the letter that a reference like ``eacute;`` stands for, as XML may hold it."""
    written = name.decode("ascii", "replace")
    letter = html.unescape(f"&{written}")
    if letter == f"&{written}":
        return b"&amp;" + name
    if letter in _SPECIAL:
        return html.escape(letter).encode()
    if letter in "\t\n\r":  # as they stand they would become spaces
        return f"&#{ord(letter)};".encode()
    return b"" if letter == "\ufffd" else allowed(letter).encode("utf-8", "replace")


def _with_prefixes(data: bytes) -> bytes:
    """Declare the namespace prefixes that the document uses without saying so."""
    root = _ROOT.search(data)
    if not root:
        return data
    used = {name for pair in _PREFIX_USED.findall(data) for name in pair if name}
    declared = set(re.findall(rb"\sxmlns:([\w.-]+)\s*=", data)) | {b"xml", b"xmlns"}
    missing = sorted(name.decode("ascii", "ignore") for name in used - declared)[:100]
    added = "".join(f' xmlns:{name}="{_PREFIXES.get(name, f"urn:x-{name}")}"' for name in missing)
    return data[: root.end()] + added.encode() + data[root.end() :]


# ---------------------------------------------------------------------------------------- entries


def items(root: etree._Element) -> list[etree._Element]:
    """Return the elements that are entries, in document order, at most 10,000."""
    parents = ("channel", "feed", "rss", "rdf", "items")
    found = (element for element in root.iter(*_ITEMS) if local(element.getparent()) in parents)
    return list(islice(found, MOST_ITEMS))


def _drop_cut_off(root: etree._Element, data: bytes, problems: list[str]) -> None:
    """Leave out a last entry that the document breaks off in; its text would be half a text."""
    found = items(root)
    if len(found) < 2:
        return
    last = found[-1]
    name = f"{last.prefix}:" if last.prefix else ""
    name += str(last.tag).rpartition("}")[2]
    parent = last.getparent()
    if parent is not None and data.rfind(f"<{name}".encode()) > data.rfind(f"</{name}".encode()):
        parent.remove(last)
        problems.append("its last entry is cut off and was left out")
