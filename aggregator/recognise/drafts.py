"""Talks in the making: which links and speakers of a sentence belong together, and merging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aggregator.model import LinkKind, TalkLink, TalkMention
from aggregator.recognise import people
from aggregator.recognise.forms import clean_title
from aggregator.recognise.people import Person
from aggregator.recognise.resources import Resource
from aggregator.text import shorten, title_key

TOLD = 400  # characters of the sentence that is kept


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a sentence that may tell of one talk."""

    sentence: str
    offset: int  # where the sentence begins in the block's text; links count from there
    low: int  # where the part begins and ends in the sentence
    high: int

    @property
    def text(self) -> str:
        """Return the words of the part."""
        return self.sentence[self.low : self.high]


@dataclass(slots=True)
class Draft:
    """A talk in the making."""

    title: str = ""
    title_rank: int = 9  # how good the title is: 0 the best
    speakers: list[str] = field(default_factory=list)
    links: list[Resource] = field(default_factory=list)
    told: str = ""
    around: str = ""  # its part of the sentence
    start: int = 0  # of its links in the block's text
    end: int = 0

    def entitle(self, title: str, rank: int) -> None:
        """Take `title` if it is a better one."""
        cleaned = clean_title(title)
        if cleaned and rank < self.title_rank:
            self.title, self.title_rank = cleaned, rank


def grouped(rated: Sequence[Resource], offset: int, persons: Sequence[Person]) -> list[Draft]:
    """Put the resources of one sentence into talks."""
    drafts: list[Draft] = []
    for resource in rated:
        last = drafts[-1] if drafts else None
        if last is not None and _belongs(resource, last, offset, persons):
            last.links.append(resource)
            last.end = resource.link.end
        else:
            drafts.append(Draft(links=[resource], start=resource.link.start, end=resource.link.end))
    return drafts


def _belongs(resource: Resource, last: Draft, offset: int, persons: Sequence[Person]) -> bool:
    """Tell whether a resource is one more of the talk before it."""
    if resource.kind is LinkKind.VIDEO and any(r.kind is LinkKind.VIDEO for r in last.links):
        return False
    named = not resource.generic and not people.is_name(resource.link.text)
    if named and any(not r.generic for r in last.links):
        return False
    same_kind = any(r.kind is resource.kind for r in last.links)
    between = [
        p
        for p in persons
        if last.end - offset <= p.start < resource.link.start - offset
        and not (p.after and resource.generic)  # "[Title] by Name ([video])"
    ]
    if between and (same_kind or any(p.speaks for p in between)):
        return not same_kind and named and all(r.generic for r in last.links)
    return not same_kind or (
        resource.generic
        and resource.kind is not LinkKind.SLIDES
        and not all(r.generic for r in last.links)
    )


def merged(drafts: Sequence[Draft]) -> Iterator[Draft]:
    """Fold drafts that share a resource or a title; drop those without substance."""
    by_key: dict[str, Draft] = {}
    kept: list[Draft] = []
    for draft in drafts:
        keys = [r.key for r in draft.links if r.kind is not LinkKind.CODE]
        name = title_key(draft.title)
        same = next((by_key[key] for key in keys if key in by_key), None)
        if same is None and name and draft.title_rank <= 2:
            same = by_key.get(f"title:{name}")
            if same is not None and keys and same.links and not _compatible(same, draft):
                same = None
        if same is not None:
            _absorb(same, draft)
        elif draft.title and (draft.links or draft.speakers):
            kept.append(draft)
            same = draft
        if same is not None:
            for key in keys:
                by_key[key] = same
            if name and draft.title_rank <= 2:
                by_key.setdefault(f"title:{name}", same)
    yield from kept


def _compatible(one: Draft, other: Draft) -> bool:
    return not {r.kind for r in one.links} & {r.kind for r in other.links}


def _absorb(draft: Draft, other: Draft) -> None:
    keys = {r.key for r in draft.links}
    draft.links.extend(r for r in other.links if r.key not in keys)
    draft.speakers = draft.speakers or other.speakers
    if other.title and other.title_rank < draft.title_rank:
        draft.title, draft.title_rank = other.title, other.title_rank


def finished(draft: Draft) -> TalkMention:
    """Return the draft as a talk, its links best first."""
    ordered = sorted(draft.links, key=lambda r: r.rank)
    return TalkMention(
        title=shorten(draft.title, 220),
        speakers=tuple(draft.speakers[:6]),
        links=tuple(TalkLink(url=r.link.url, kind=r.kind) for r in ordered[:8]),
        told=shorten(draft.told, TOLD),
    )
