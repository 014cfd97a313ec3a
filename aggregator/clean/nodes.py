"""The tokens of html5lib, which bleach's filter and ours read and write.

Text and attributes are kept veiled: markup's own characters are written as private characters that
are taken out of every text before. bleach is quadratic in the number of references, and so nothing
in a text can ever be taken for markup. The functions here take and give them plain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# {"type": "StartTag" | "EmptyTag" | "EndTag" | "Characters", "name", "data", ...}
Node = dict[str, Any]

VOID = frozenset({"br", "embed", "hr", "img", "source", "wbr"})
_UNSEEN = " \t\n\r\f\xa0\u200b\u200c\u200d\u2060\ufeff\u00ad"

_PLAIN = "&<>\"'"
VEILED = "\U0010ff00\U0010ff01\U0010ff02\U0010ff03\U0010ff04"
_VEILS = tuple(zip(_PLAIN, VEILED, strict=True))
_WRITTEN = tuple(zip(VEILED, ("&amp;", "&lt;", "&gt;", "&quot;", "'"), strict=True))


def veiled(plain: str) -> str:
    """Return plain text so that no parser finds markup in it."""
    for character, veil in _VEILS:  # a tenth of what `translate` takes
        plain = plain.replace(character, veil)
    return plain


def unveiled(data: str) -> str:
    """Return the plain text behind `data`."""
    for character, veil in _VEILS:
        data = data.replace(veil, character)
    return data


def written(html: str) -> str:
    """Return HTML whose text and attributes were veiled, as HTML."""
    for veil, reference in _WRITTEN:
        html = html.replace(veil, reference)
    return html


def words(plain: str) -> Node:
    """Return a token of text."""
    return {"type": "Characters", "data": veiled(plain)}


def start(name: str, attributes: dict[str, str]) -> Node:
    """Return a start tag, or the only tag of an element that has no end."""
    return {
        "type": "EmptyTag" if name in VOID else "StartTag",
        "name": name,
        "namespace": None,
        "data": {(None, key): veiled(value) for key, value in attributes.items()},
    }


def end(name: str) -> Node:
    """Return an end tag."""
    return {"type": "EndTag", "name": name, "namespace": None}


def attributes(node: Node) -> dict[str, str]:
    """Return the attributes of a start tag."""
    return {name: unveiled(value) for (_, name), value in node["data"].items()}


def is_start(node: Node, names: Iterable[str]) -> bool:
    """Tell whether this is a start tag of one of these names."""
    return node["type"] == "StartTag" and node["name"] in names


def is_end(node: Node, names: Iterable[str]) -> bool:
    """Tell whether this is an end tag of one of these names."""
    return node["type"] == "EndTag" and node["name"] in names


def is_solid(node: Node) -> bool:
    """Tell whether this is text that can be seen."""
    return node["type"] == "Characters" and bool(node["data"].strip(_UNSEEN))


def said(nodes: Iterable[Node]) -> str:
    """Return the text of some tokens."""
    return unveiled("".join(node["data"] for node in nodes if node["type"] == "Characters"))


def closing(nodes: list[Node], at: int) -> int:
    """Return the index of the end tag of the element that starts at `at`."""
    name, depth = nodes[at]["name"], 0
    for index in range(at, len(nodes)):
        node = nodes[index]
        if node["type"] == "StartTag" and node["name"] == name:
            depth += 1
        elif node["type"] == "EndTag" and node["name"] == name:
            depth -= 1
            if not depth:
                return index
    return len(nodes) - 1
