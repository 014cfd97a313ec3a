"""Which links of a sentence or a block may be of talks, after what stands around them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator import urls
from aggregator.model import Block, LinkKind
from aggregator.recognise import resources
from aggregator.recognise.drafts import Draft, Part
from aggregator.recognise.forms import says_talk
from aggregator.recognise.resources import Resource
from aggregator.text import title_key

_FILM = re.compile(
    r"\b(?:videos?|films?|clips?|movies?|vídeos?|vidéos?)\b"
    r"(?! (?:of|from|de|du|von|vom|zu|zum) |:)",
    re.IGNORECASE,
)


def rated(block: Block, start: int, end: int) -> list[Resource]:
    """Return the resources that are linked in a span of the block, one per address."""
    found: dict[str, Resource] = {}
    for link in block.links:
        if start <= link.start < end or (link.start == end == len(block.text)):
            resource = resources.rate(
                link, block.text[start : link.start], block.text[link.end : end]
            )
            if resource:
                found.setdefault(resource.key, resource)
    return list(found.values())


def useful(
    whole: Part, found: Sequence[Resource], *, speaking: bool, listed: bool
) -> list[Resource]:
    """Return those of the resources `found` in a sentence that stand where talks' links stand.

    `speaking`: somebody speaks in it; `listed`: it is an item in one of the forms of talks.
    """
    talky = says_talk(whole.sentence)
    return [
        r
        for r in found
        if r.kind is not LinkKind.CODE
        and (r.sure or speaking or listed or (talky and r.kind is LinkKind.PAGE))
    ]


def pages(block: Block, whole: Part, *, of_talks: bool, title: str) -> list[Resource]:
    """Return the first link of a sentence that may be a talk's page though nothing says so.

    Either the sentence is an item of a list of talks (`of_talks`), or somebody speaks in it and the
    link's address repeats a name of the post's title, which is likely the event's.
    """
    end = whole.offset + len(whole.sentence)
    names = [title_key(word) for word in title.split() if word[:1].isupper()]
    for link in block.links:
        page = resources.perhaps(link) if whole.offset <= link.start < end else None
        if page is None:
            continue
        path = title_key(link.url.rpartition("//")[2].partition("/")[2])
        if of_talks or any(len(name) >= 5 and name in path for name in names):
            return [page]
    return []


def is_film(draft: Draft) -> bool:
    """Tell whether a video without a speaker is called just that, a video of something."""
    return not draft.speakers and all(
        r.kind is LinkKind.VIDEO and not r.generic and _FILM.search(r.link.text)
        for r in draft.links
    )


def add_codes(block: Block, found: Sequence[Draft]) -> None:
    """Give a talk of this block the code that its speaker shows."""
    for link in block.links:
        theirs = [d for d in found if resources.code_of(link, tuple(d.speakers))]
        if not theirs:
            continue
        before = [d for d in theirs if d.start <= link.start]
        draft = before[-1] if before else theirs[0]  # the one told last before it
        key = urls.resource_key(link.url)
        if all(r.key != key for r in draft.links):
            draft.links.append(Resource(link, LinkKind.CODE, False, True, key))
