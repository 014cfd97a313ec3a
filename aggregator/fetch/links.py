"""What a Link header says (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_READ = 16_384  # characters of all Link headers together that are read
_PARAMETER = re.compile(
    r'\s*;\s*([^\s=;,<>"]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?', re.DOTALL
)


def links(headers: Iterable[str]) -> list[tuple[str, frozenset[str]]]:
    """Return each link's target as it stands, with its relations in lower case.

    Several links in one header, several relations in one link, quoted values and odd spacing are
    understood. A link about something else than the answer (one with an ``anchor``) is left out.
    Of two ``rel`` of one link the first counts (section 3.3). What is no link is skipped.
    """
    text = ", ".join(headers)[:_READ]
    found = []
    start = text.find("<")
    while start >= 0:
        end = text.find(">", start)
        if end < 0:
            break
        target, at, said = text[start + 1 : end].strip(), end + 1, dict[str, str]()
        while match := _PARAMETER.match(text, at):
            name, quoted, bare = match.groups()
            value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            said.setdefault(name.lower(), value or "")
            at = match.end()
        if "anchor" not in said:
            found.append((target, frozenset(said.get("rel", "").lower().split())))
        start = text.find("<", at)
    return found
