"""Plain text of an article: all of it, or its first sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aggregator import text
from aggregator.clean.balance import BLOCKS, HEADINGS, tokens

_BREAKS = BLOCKS | {"br", "td", "th", "tr", "caption", "section", "article", "header", "footer"}
_GONE = frozenset({"form", "nav", "select", "svg", "template", "math", "button", "noscript"})
_NO_LEAD = HEADINGS | {"pre", "figcaption", "summary", "caption", "td", "th", "dt"}
_SENTENCE = re.compile(r"(?<=[.!?…。])[\"”’»)\]]*\s+(?=\W*[\w])")
# A paragraph that does not tell what the article is about.
_BYLINE = re.compile(
    r"(?:(?:written |posted |published |guest post )?(?:by|von|par|por)\s[^.!?]{2,80}"
    r"|(?:posted|published|last updated|updated|date|author|authors?|tags?|categories|filed under"
    r"|photo|image|picture|credit|reading time|estimated reading time|share this|photo credit)"
    r"\b[^.!?]{0,120}"
    r"|[^.!?]{0,80}\b\d+\s*[- ]?\s*min(?:ute)?s?\.?(?: of)?(?: read(?:ing)?(?: time)?)?)\.?",
    re.IGNORECASE,
)
_DATE = re.compile(r"[\W\d_]*(?:[^\W\d_]{3,9}[\W\d_]*){0,2}\d[\W\d_]*(?:st|nd|rd|th)?[\W\d_]*")
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|welcome|hallo|bonjour|hola|howdy)\b"
    r"(?:[ ,]+\w+){0,3}\s*[,.!:–-]*",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"(?:Picture|Video|Slides|Audio|Embedded page|Code)(?::.*)?", re.DOTALL)
_READ = 200_000  # characters in which a lead is looked for


def _paragraphs(html: str) -> Iterator[tuple[str, str]]:
    """Give (tag around it, plain text) for every piece of text between two blocks."""
    gone, depth, where, parts = "", 0, "", []
    for token in tokens(html, attributes=False):
        if gone:
            depth += (token.start - (not token.start)) if token.name == gone else 0
            gone = gone if depth else ""
        elif not token.name:
            parts.append(token.text)
        elif token.start and token.name in _GONE:
            gone, depth = token.name, 1
        elif token.name in _BREAKS:
            yield where, text.squeeze("".join(parts))
            parts = []
            where = token.name if token.start and token.name != "br" else where
            where = where if token.start or token.name == "br" else ""
    yield where, text.squeeze("".join(parts))


def text_of(html: str) -> str:
    """Return the words of `html` in one line; scripts, forms and drawings left out. Linear."""
    return " ".join(part for _, part in _paragraphs(html) if part)


def summary(html: str, limit: int = 280, *, title: str = "") -> str:
    """Return how the article begins, as plain text of at most `limit` characters. Never raises.

    The title said again, headings, bylines, dates, greetings, pictures and code are passed over.
    It ends with a sentence where one ends in the second half, else at a word with an ellipsis.
    """
    key = text.title_key(title)
    lead: list[str] = []
    size = 0
    for where, part in _paragraphs(html[:_READ]):
        if where in _NO_LEAD or not part or _says_nothing(part, key):
            continue
        lead.append(part)
        size += len(part) + 1
        if size >= limit:
            break
    return _cut(" ".join(lead) or text_of(html[:_READ]), limit)


def _says_nothing(part: str, key: str) -> bool:
    if len(part) > 160:
        return False
    return (
        not any(c.isalnum() for c in part)
        or (bool(key) and text.title_key(part) == key)
        or any(p.fullmatch(part) for p in (_BYLINE, _GREETING, _PICTURE))
        or (len(part) <= 40 and bool(_DATE.fullmatch(part)))
    )


def _cut(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    ends = [match.start() for match in _SENTENCE.finditer(line[: limit + 2])]
    whole = [at for at in ends if limit // 2 <= at <= limit]
    return line[: whole[-1]].rstrip() if whole else text.shorten(line, limit)
