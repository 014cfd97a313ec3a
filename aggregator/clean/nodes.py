"""The tokens of html5lib, which our filter reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aggregator.clean.balance import VOID, unveiled, veiled

# {"type": "StartTag" | "EmptyTag" | "EndTag" | "Characters", "name", "data", ...};
# text and attributes are veiled, the functions below take and give them plain
Node = dict[str, Any]

_UNSEEN = " \t\n\r\f\xa0\u200b\u200c\u200d\u2060\ufeff\u00ad"


class Walk:
    """Walks a tree of html5lib's etree builder.

    html5lib's own walker looks every element up in its parent's list of children, which is
    quadratic: 20,000 paragraphs in a row take it more than ten seconds.
    """

    def __init__(self, root: Any) -> None:
        self._root = root

    def __iter__(self) -> Iterator[Node]:
        yield from _text(self._root.text)
        path = [(iter(self._root), self._root)]
        while path:
            children, parent = path[-1]
            element = next(children, None)
            if element is None:
                path.pop()
                if path:
                    yield end(parent.tag)
                    yield from _text(parent.tail)
                continue
            void = element.tag in VOID
            yield {
                "type": "EmptyTag" if void else "StartTag",
                "name": element.tag,
                "namespace": None,
                "data": {(None, name): value for name, value in element.items()},
            }
            if void:
                yield from _text(element.tail)
            else:
                yield from _text(element.text)
                path.append((iter(element), element))


def _text(data: str | None) -> Iterator[Node]:
    if data:
        yield {"type": "Characters", "data": data}


def words(plain: str) -> Node:
    """Return a token of text."""
    return {"type": "Characters", "data": veiled(plain)}


def start(name: str, **attributes: str) -> Node:
    """Return a start tag."""
    data = {(None, key): veiled(value) for key, value in attributes.items()}
    return {"type": "StartTag", "name": name, "namespace": None, "data": data}


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
