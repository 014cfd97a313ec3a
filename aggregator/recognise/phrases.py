"""Lists of phrases, found in a text's words by walking a tree: much cheaper than long patterns.

A list is written as phrases between ``|``::

    took place | we [recently/also] (held/met) | fand ... statt | celebrat* | day #

``[a/b]`` is optional, ``(a/b)`` a choice, ``...`` up to 25 words of the same sentence, ``#`` a
number, ``_`` any word, and ``*`` ends a word of which only the beginning matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

_GAP = 25  # words that "..." may stand for
_END, _ANY, _NUMBER, _DOTS, _STEMS = "", "_", "#", "...", "*"
_SIGNS = {_END, _ANY, _NUMBER, _DOTS, _STEMS}
_PIECE = re.compile(r"\.\.\.|[\[\]()/]|[^\s\[\]()/]+")

# Letters and digits stay, in lower case; marks become words of their own, so that no phrase reaches
# over them; hyphens and apostrophes part words. One byte for one character, as Windows has it.
_TABLE = bytearray(b" " * 256)
for _code in range(256):
    _char = bytes([_code]).decode("cp1252", "ignore")
    if _char.isalnum():
        _low = _char.lower().encode("cp1252", "ignore")
        _TABLE[_code] = _low[0] if len(_low) == 1 else _code
for _char in ".!?;:\n\x85":
    _TABLE[ord(_char)] = ord(".")
for _char in ',()[]{}"“”„«»–—|/•':
    _TABLE[_char.encode("cp1252")[0]] = ord(",")


class Words:
    """The words of a text in lower case, with "." and "," for the marks between them.

    Letters that the languages of our lists do not have part words, as emoji do.
    """

    __slots__ = ("distinct", "listed")

    def __init__(self, text: str) -> None:
        """Take `text` apart."""
        known = text.encode("cp1252", "replace").translate(_TABLE)
        spread = known.replace(b".", b" . ").replace(b",", b" , ")
        self.listed = spread.decode("cp1252").split()
        self.distinct = set(self.listed)


_Node = dict[str, Any]  # what may follow: a word, or one of the signs above, leads to a node


class Phrases:
    """A list of phrases."""

    def __init__(self, listed: str, *, but: str = "") -> None:
        """Read a list; where a phrase of `but` begins, none of `listed` does."""
        self._root: _Node = {}
        for phrase in listed.split("|"):
            pieces = _PIECE.findall(phrase)
            ends, rest = _grown([self._root], pieces)
            if rest or not pieces:
                raise ValueError(f"not a phrase: {phrase!r}")
            for node in ends:
                node[_END] = True
        self._but = Phrases(but) if but else None
        self._stems = tuple(self._root.get(_STEMS, ()))
        # By the first word the second ones; None where the first is enough, or any may follow.
        self._seconds = {
            first: None if _SIGNS & node.keys() else frozenset(node)
            for first, node in self._root.items()
            if first not in _SIGNS
        }
        self._firsts = frozenset(self._seconds)

    def first(self, words: Words) -> str | None:
        """Return the first phrase that stands in `words`; the longest that begins there."""
        for start, end in self._found(words, None):
            return " ".join(words.listed[start:end])
        return None

    def count(self, words: Words, most: int | None = None) -> int:
        """Return how many phrases stand in the first `most` words, one after the other."""
        return sum(1 for _ in self._found(words, most))

    def _found(self, words: Words, most: int | None) -> Iterator[tuple[int, int]]:
        distinct = words.distinct
        # Where none of the words that must follow is there, the first need not be looked for.
        firsts = {
            word
            for word in self._firsts & distinct
            if (after := self._seconds[word]) is None or not after.isdisjoint(distinct)
        }
        if self._stems:
            firsts |= {word for word in distinct if word.startswith(self._stems)}
        if not firsts:
            return
        done = 0
        listed = words.listed
        last = len(listed) - 1
        for start, word in enumerate(listed if most is None else listed[:most]):
            if word in firsts and start >= done:
                seconds = self._seconds.get(word)
                if self._stems and word.startswith(self._stems):
                    seconds = None
                if seconds and (start == last or listed[start + 1] not in seconds):
                    continue
                end = _longest(self._root, listed, start)
                if end > start and not (self._but and self._but.begins(listed, start)):
                    yield start, end
                    done = end

    def begins(self, words: Sequence[str], start: int) -> bool:
        """Tell whether a phrase begins at `start`."""
        return _longest(self._root, words, start) > start


def _grown(nodes: list[_Node], pieces: list[str]) -> tuple[list[_Node], list[str]]:
    """Add `pieces` below `nodes`; return where they end, and the pieces from ")" or "/" on."""
    while pieces:
        piece, pieces = pieces[0], pieces[1:]
        if piece in "[(":
            ends = list(nodes) if piece == "[" else []
            while True:
                grown, pieces = _grown(nodes, pieces)
                ends += grown
                if not pieces:
                    raise ValueError("a bracket is not closed")
                sign, pieces = pieces[0], pieces[1:]
                if sign != "/":
                    break
            nodes = ends
        elif piece in "])/":
            return nodes, [piece, *pieces]
        elif piece.endswith(_STEMS):
            nodes = [node.setdefault(_STEMS, {}).setdefault(piece[:-1], {}) for node in nodes]
        else:
            nodes = [node.setdefault(piece, {}) for node in nodes]
    return nodes, pieces


def _longest(node: _Node, words: Sequence[str], at: int) -> int:
    """Return where the longest phrase below `node` that goes on with `words[at]` ends, or -1."""
    best = at if _END in node else -1
    if at >= len(words):
        return best
    word = words[at]
    following = [node[word]] if word in node else []
    if _STEMS in node:
        following += [child for stem, child in node[_STEMS].items() if word.startswith(stem)]
    if _NUMBER in node and word.isdigit():
        following.append(node[_NUMBER])
    if _ANY in node and word not in ".,":
        following.append(node[_ANY])
    for child in following:
        best = max(best, _longest(child, words, at + 1))
    if _DOTS in node:
        for ahead in range(at, min(at + _GAP, len(words))):
            if words[ahead] == "." and not words[ahead - 1].isdigit():  # but "am 3. Mai"
                break
            best = max(best, _longest(node[_DOTS], words, ahead))
    return best
