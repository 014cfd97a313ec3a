"""What a reader asks for: words, "phrases", -not, prefix*; and where a text holds it.

Pure. Text is reduced to folded words before it is stored, and so are the reader's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from aggregator import text as spelling

_MOST_TERMS = 20  # of a query; more is no question but an attack
_LONGEST_WORD = 100
_WORDS = re.compile(r"[^\W_]+")
_TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|(\S+))')


def searchable(said: str, limit: int) -> str:
    """Return the words of `said`, folded and separated by spaces, at most `limit` characters."""
    return " ".join(_tokens(said[: limit * 2]))[:limit]


def _tokens(said: str) -> list[str]:
    spelled = spelling.fold(said).replace("c++", "cplusplus").replace("c#", "csharp")
    return [word[:_LONGEST_WORD] for word in _WORDS.findall(spelled)]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a reader asks for: a word, or words that stand side by side."""

    tokens: tuple[str, ...]
    negative: bool = False
    prefix: bool = False  # the last word may go on


def terms(asked: str) -> tuple[Term, ...]:
    """Read words, "phrases", -not and prefix*; any text is understood somehow."""
    found = []
    for minus, phrase, word in _TERM.findall(asked[:1000]):
        tokens = tuple(_tokens(phrase or word))
        if tokens:
            prefix = not phrase and word.rstrip('"').endswith("*")
            found.append(Term(tokens, negative=bool(minus), prefix=prefix))
    return tuple(found[:_MOST_TERMS])


def positive(asked: Iterable[Term]) -> list[Term]:
    """Return the terms that must be there."""
    return [term for term in asked if not term.negative]


def asked_words(asked: str) -> list[str]:
    """Return the folded words that must be there."""
    return [token for term in positive(terms(asked)) for token in term.tokens]


# ---------------------------------------------------------------------------------- snippets


class Marker:
    """Shows where texts hold what was asked for."""

    def __init__(self, asked: str) -> None:
        """Be made ready for a query, as the reader typed it."""
        tokens = asked_words(asked)
        self._begins = tuple(tokens)
        # A word counts with other endings too: up to three letters less, but four at least.
        shortest = {token: max(4, len(token) - 3) for token in tokens}
        self._shorter = {
            token[:size] for token in tokens for size in range(shortest[token], len(token))
        }
        # Plain spellings first: reducing every word of a long text is what takes time.
        begins = "|".join(re.escape(token[: shortest[token]]) for token in tokens)
        self._plain = re.compile(rf"(?<![^\W_])(?:{begins})[^\W_]*", re.IGNORECASE)

    def snippet(self, said: str, limit: int = 240) -> Markup:
        """Return the piece of plain text around what was asked for, escaped, with ``<mark>``."""
        line = spelling.squeeze(said[:100_000])
        first = self._hit(line)
        start = _start(line, first, limit) if first >= 0 else 0
        end = min(len(line), start + limit)
        if end < len(line):
            end = max(line.rfind(" ", start + limit // 2, end), start + limit // 2)
        pieces = [Markup("…") if start else Markup("")]
        at = start
        for found in _WORDS.finditer(line, start, end):
            if self._meant(found.group()):
                pieces += [escape(line[at : found.start()]), _mark(found.group())]
                at = found.end()
        pieces += [escape(line[at:end]), Markup("…") if end < len(line) else Markup("")]
        return Markup("").join(pieces)

    def _hit(self, line: str) -> int:
        """Return where the first word stands that was asked for; -1 for none."""
        if not self._begins:
            return -1
        for place in (self._plain.finditer(line), _WORDS.finditer(line)):
            hit = next((found for found in place if self._meant(found.group())), None)
            if hit:
                return hit.start()
        return -1

    def _meant(self, word: str) -> bool:
        """Tell whether a word is one that was asked for, other endings included."""
        folded = spelling.fold(word)
        return folded.startswith(self._begins) or folded in self._shorter


def _mark(word: str) -> Markup:
    return Markup("<mark>{}</mark>").format(word)


def _start(line: str, hit: int, limit: int) -> int:
    """Return where to begin so that some words stand before the hit."""
    if hit < limit // 2:
        return 0
    return line.find(" ", max(0, hit - limit // 4), hit) + 1 or hit
