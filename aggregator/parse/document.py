"""Bytes from a server to text, and text to a well-formed XML tree, however damaged it came.

feedparser falls back to a slow, lenient parser when a document is not well-formed. Repairing first
keeps it on its strict road, and everything here is linear in the size of the document.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator

from lxml import etree
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
)

from aggregator.text import allowed

DAMAGED = "it is not well-formed XML"  # how the problem begins that says so
_SPECIAL = "<>&\"'"
_START = re.compile(r"<\?xml\b|<(?:\w+:)?(?:rss|rdf|feed|channel|opml)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\b[^>]*>")
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)|(?P<comment><!--.*?(?:-->|\Z))|&(?P<name>#?\w{1,32};)?",
    re.DOTALL,
)
_PREFIX_USED = re.compile(r"</?([A-Za-z][\w.-]*):[A-Za-z_]|\s([A-Za-z][\w.-]*):[\w.-]+\s*=\s*[\"']")
_ROOT = re.compile(r"<[A-Za-z][^\s<>/]*")
# Only text codecs that feeds are met in; others (punycode, unicode_escape) may be costly or odd.
_CODECS = re.compile(
    r"utf-(?:8|16|32)|ascii|iso8859-\d+|iso2022_\w+|cp\d+|koi8-\w|gb\w+|hz|big5\w*|shift_\w+|euc_\w+"
    r"|mac-\w+|tis-620"
)
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


def _half_latin(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as Windows-1252, the usual stowaway."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("aggregator-half-latin", _half_latin)


def _codec(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return None
    if found in ("iso8859-1", "ascii"):
        return "cp1252"  # what those who say so mean (WHATWG Encoding, section 4.2)
    return found if _CODECS.fullmatch(found) else None


def decode(body: bytes, content_type: str = "") -> tuple[str, list[str]]:
    """Return the text of `body`, without characters that XML forbids, and faults met.

    A byte order mark decides; then whether the bytes are UTF-8, which others hardly ever are by
    chance; then the header, then the declaration (RFC 7303 section 3.2 has the header first, but
    headers are wrong far more often than bytes).
    """
    problems: list[str] = []
    text = _decoded(body, content_type, problems)
    return allowed(text), problems


def _decoded(body: bytes, content_type: str, problems: list[str]) -> str:
    _, mark = read_bom(body)
    if mark:
        found, _ = read_bom(body)
        return body[len(mark) :].decode(found or "utf-8", "replace")
    for start, codec in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if body.startswith(start):
            return body.decode(codec, "replace")
    said = [
        _codec(http_content_type_encoding(content_type or None)),
        _codec(html_body_declared_encoding(body[:4096])),
    ]
    named = [codec for codec in said if codec and not codec.startswith("utf-")]
    if named and named[0].startswith(("iso2022", "hz")):  # ASCII bytes that mean other letters
        return body.decode(named[0], "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        if named:
            return body.decode(named[0], "replace")
        problems.append("some of its letters are not UTF-8 and were guessed")
        return body.decode("utf-8", "aggregator-half-latin")


def find_start(text: str) -> int | None:
    """Return where an XML document of feeds seems to begin in `text`; None when nowhere."""
    found = _START.search(text, 0, 65_536)
    return found.start() if found else None


def tree(text: str) -> tuple[etree._Element | None, list[str]]:
    """Return the root of the XML document in `text` and the faults that were survived.

    No document type, no entities but those of HTML, no network; at most 256 levels. None when
    there is no element at all.
    """
    problems: list[str] = []
    start = find_start(text)
    if start:
        if text[:start].strip():
            problems.append("there is text before the document, which was skipped")
        text = text[start:]
    declared = _DECLARATION.match(text)
    text = text[declared.end() :] if declared else text
    text = _without_doctype(text, problems)
    text = _TOKEN.sub(_mended, text)
    try:
        return _parsed(text, recover=False), problems
    except etree.XMLSyntaxError:
        text = _with_prefixes(text)
    try:
        return _parsed(text, recover=False), problems
    except etree.XMLSyntaxError as error:
        line = (error.msg or "damaged")[:200]
        problems.append(f"{DAMAGED} ({line}); what could be read was taken")
    try:
        root = _parsed(text, recover=True)
    except etree.XMLSyntaxError:
        return None, problems
    if root is not None:
        _drop_cut_off(root, text, problems)
    return root, problems


def _parsed(text: str, *, recover: bool) -> etree._Element | None:
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
    root: etree._Element | None = etree.fromstring(text.encode("utf-8"), parser)
    return root


def _without_doctype(text: str, problems: list[str]) -> str:
    """Cut the document type off: the entities that it might define are a way to attack."""
    begin = re.search(r"<!DOCTYPE\b", text[:65_536], re.IGNORECASE)
    if not begin:
        return text
    whole = _DOCTYPE.match(text, begin.start())
    root = _ROOT.search(text, begin.end())
    end = whole.end() if whole else root.start() if root else len(text)
    if "<!entity" in text[begin.start() : end].lower():
        problems.append("it defines entities of its own, which were left out")
    return text[: begin.start()] + text[end:]


def _mended(found: re.Match[str]) -> str:
    """Close what is open, drop comments, and write every reference so that XML knows it."""
    data, name = found.group("data"), found.group("name")
    if data is not None:
        return f"<![CDATA[{data}]]>"
    if found.group("comment") is not None:
        return ""
    return _reference(name) if name else "&amp;"


def _reference(name: str) -> str:
    """Return the letter that a reference like ``eacute;`` stands for, as XML may hold it."""
    letter = html.unescape(f"&{name}")
    if letter == f"&{name}":
        return f"&amp;{name}"
    if letter in _SPECIAL:
        return html.escape(letter)
    return "" if letter == "\ufffd" else allowed(letter)


def _with_prefixes(text: str) -> str:
    """Declare the namespace prefixes that the document uses without saying so."""
    root = _ROOT.search(text)
    if not root:
        return text
    used = {name for pair in _PREFIX_USED.findall(text) for name in pair if name}
    declared = set(re.findall(r"\sxmlns:([\w.-]+)\s*=", text)) | {"xml", "xmlns"}
    missing = sorted(used - declared)[:100]
    added = "".join(f' xmlns:{name}="{_PREFIXES.get(name, f"urn:x-{name}")}"' for name in missing)
    return text[: root.end()] + added + text[root.end() :]


def items(root: etree._Element) -> list[etree._Element]:
    """Return the elements that are entries, in document order."""
    return list(_items(root))


def _items(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter("{*}item", "{*}entry"):
        if local(element.getparent()) in ("channel", "feed", "rss", "rdf", "items"):
            yield element


def local(element: etree._Element | None) -> str:
    """Return an element's name without namespace, in lower case."""
    if element is None or not isinstance(element.tag, str):
        return ""
    return str(etree.QName(element).localname).lower()


def _drop_cut_off(root: etree._Element, text: str, problems: list[str]) -> None:
    """Leave out a last entry that the document breaks off in; its text would be half a text."""
    found = items(root)
    if not found:
        return
    marks = re.findall(rf"<(/?)(?:[\w.-]+:)?{re.escape(local(found[-1]))}\b", text, re.IGNORECASE)
    if marks and not marks[-1] and len(found) > 1:
        parent = found[-1].getparent()
        if parent is not None:
            parent.remove(found[-1])
            problems.append("its last entry is cut off and was left out")
