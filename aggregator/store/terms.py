"""What a reader asks for: words, "phrases", -not, prefix*; and where a text holds it.

Pure. Text is reduced to folded words before it is stored, and so are the reader's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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


def snippet(text: str, words: str, limit: int = 240) -> Markup:
    """Return the piece of plain `text` around what was asked for, escaped, with ``<mark>``."""
    line = spelling.squeeze(text[:100_000])
    asked = asked_words(words)
    first = _hit(line, asked)
    start = _start(line, first, limit) if first >= 0 else 0
    end = min(len(line), start + limit)
    if end < len(line):
        end = max(line.rfind(" ", start + limit // 2, end), start + limit // 2)
    pieces = [Markup("…") if start else Markup("")]
    at = start
    for found in _WORDS.finditer(line, start, end):
        if _meant(found.group(), asked):
            pieces += [escape(line[at : found.start()]), _mark(found.group())]
            at = found.end()
    pieces += [escape(line[at:end]), Markup("…") if end < len(line) else Markup("")]
    return Markup("").join(pieces)


def _hit(line: str, asked: Sequence[str]) -> int:
    """Return where the first word stands that was asked for; -1 for none."""
    if not asked:
        return -1
    # Plain spellings first: reducing every word of a long text is what takes time.
    begins = "|".join(re.escape(token[: max(4, len(token) - 3)]) for token in asked)
    for place in (
        re.finditer(rf"(?<![^\W_])(?:{begins})[^\W_]*", line, re.IGNORECASE),
        _WORDS.finditer(line),
    ):
        hit = next((found for found in place if _meant(found.group(), asked)), None)
        if hit:
            return hit.start()
    return -1


def _mark(word: str) -> Markup:
    return Markup("<mark>{}</mark>").format(word)


def _start(line: str, hit: int, limit: int) -> int:
    """Return where to begin so that some words stand before the hit."""
    if hit < limit // 2:
        return 0
    return line.find(" ", max(0, hit - limit // 4), hit) + 1 or hit


def _meant(word: str, asked: Iterable[str]) -> bool:
    """Tell whether a word is one that was asked for, other endings included."""
    folded = spelling.fold(word)
    return any(
        folded.startswith(token)
        or (len(folded) >= max(4, len(token) - 3) and token.startswith(folded))
        for token in asked
    )
