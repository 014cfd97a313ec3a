"""Reads tables of talks: the header tells which cell is the title, and which names the speakers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.model import Block, OutLink
from aggregator.recognise import people, resources
from aggregator.recognise.drafts import Draft
from aggregator.text import squeeze

_CELL = re.compile(r"\s?\|(?:\s|$)")
_TITLE = re.compile(
    r"^(?:(?:title|name) of (?:the )?(?:talk|session)|(?:talk|session|keynote|presentation|lecture)"
    r"(?: title)?|title|vortrag|beitrag|titel|charla|título|titre|exposé|présentation|titel)s?$",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"^(?:speakers?(?: ?\(s\))?|presenters?|presented by|given by|by|who|names?|authors?|"
    r"vortragende[rn]?|sprecher(?:in|innen)?|referent(?:in|innen|en)?|wer|ponentes?|orateurs?|"
    r"intervenants?|sprekers?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a header row says."""

    count: int
    title: int  # the column of the titles
    who: int | None  # that of the speakers


def columns(header: Block) -> Columns | None:
    """Return the columns of a table of talks; None for any other table."""
    cells = [text.strip(" :") for text, _, _ in _cells(header)]
    titles = [index for index, cell in enumerate(cells) if _TITLE.match(cell)]
    if not titles or len(cells) < 2:
        return None
    who = [index for index, cell in enumerate(cells) if _WHO.match(cell)]
    return Columns(len(cells), titles[0], who[0] if who else None)


def talk(row: Block, known: Columns) -> Iterator[Draft]:
    """Yield the talk of a row, if it has one."""
    cells = _cells(row)
    gone = known.count - len(cells)  # cells of the first columns may span rows, or be empty
    if gone < 0 or known.title < gone:
        return
    title, start, end = cells[known.title - gone]
    speakers: list[str] = []
    if known.who is not None and known.who >= gone:
        parts = re.split(r",\s*|;\s*|\s(?:and|&|und|y|et|en)\s", cells[known.who - gone][0])
        speakers = [name for name in map(_bare, parts) if people.is_name(name)]
    draft = Draft(
        speakers=speakers[:6], told=squeeze(f"{title}, {', '.join(speakers)}".strip(", "))
    )
    draft.entitle(title, 0)
    for link in row.links[:30]:
        resource = _resource(link, row, inside=start <= link.start < end)
        if resource and all(resource.key != other.key for other in draft.links):
            draft.links.append(resource)
    if draft.title and (speakers or draft.links):
        yield draft


def _resource(link: OutLink, row: Block, *, inside: bool) -> resources.Resource | None:
    """Return a link of a row as a resource; one on the title itself is the talk's page at least."""
    before = row.text[max(0, link.start - 80) : link.start].rsplit("|", 1)[-1]
    found = resources.rate(link, "talk " if inside else before, "")
    if found is None and inside:
        found = resources.perhaps(link)
    return found if found and (found.sure or inside) else None


def _bare(name: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", name).strip()


def _cells(row: Block) -> list[tuple[str, int, int]]:
    """Return (text, start, end) of the cells of a row."""
    found = []
    start = 0
    for match in _CELL.finditer(row.text):
        found.append((row.text[start : match.start()].strip(), start, match.start()))
        start = match.end()
    found.append((row.text[start:].strip(), start, len(row.text)))
    return found
