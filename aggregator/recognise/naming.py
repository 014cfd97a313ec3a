"""Gives a talk in the making its speakers and its title, from the words around its links."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.recognise import people, resources
from aggregator.recognise.drafts import Draft, Part
from aggregator.recognise.forms import (
    ABOUT,
    NAMED,
    QUOTED,
    form_of,
    quoted_in,
    says_talk,
)
from aggregator.recognise.people import Person
from aggregator.recognise.resources import Resource
from aggregator.text import title_key

_LABEL = re.compile(
    r"^(?:slides?|slide deck|video|recording|talk|deck|presentation|vidéo|diapos|folien|vídeo)s? "
    r"(?:for|from|of|by|on|about|de|du|zu|zum|von) (?:the )?",
    re.IGNORECASE,
)
_OPENS = re.compile(r"^(?: \([^)]*\))?\s*(?::|–|-|\||on |, )")
_OWNED = re.compile(r"'s? [\"“„]?")
_FOLLOWS = re.compile(r"^[\"”')\s,–-]*(?:\([^)]*\)\s*)?(?:by|with|from|von|de|par|–|-|\(|,)?\s*$")
_CHAIN = re.compile(r"^(?: \([^)]*\))?(?:,? (?:and|&|und|y|et) |, )$")


def speakers(draft: Draft, part: Part, persons: Sequence[Person], *, last: bool) -> tuple[str, ...]:
    """Return who gave the talk of `draft`, as far as its part of the sentence tells.

    `last`: no further talk follows in the sentence.
    """
    quotes = [match.span() for match in QUOTED.finditer(part.sentence)]
    quotes += [
        (r.link.start - part.offset, r.link.end - part.offset)
        for r in draft.links
        if _spelt_by_address(r.link.text, r)
    ]
    near = [
        person
        for person in _nearby(persons, draft, part, last=last)
        if not any(a <= person.start < b for a, b in quotes)
    ]
    told = [person for person in near if person.speaks] or _weak(draft, near, part)
    return tuple(dict.fromkeys(person.name for person in told))[:4]


def _spelt_by_address(words: str, resource: Resource) -> bool:
    """Tell whether the last piece of the address spells `words`: then they are a title."""
    return title_key(words) in title_key(resource.link.url.rsplit("/", 1)[-1])


def _nearby(persons: Sequence[Person], draft: Draft, part: Part, *, last: bool) -> list[Person]:
    """Return who may have given one of several talks of a sentence.

    Between two links, "by Name" looks back to the first and "Name gave" on to the second.
    """
    start = draft.start - part.offset
    found = []
    for person in persons:
        before = person.start < start
        looks_here = (
            not (part.low and person.after) if before else last or person.after or not person.speaks
        )
        if part.low <= person.start < part.high and looks_here:
            found.append(person)
    return found


def _weak(draft: Draft, near: Sequence[Person], part: Part) -> list[Person]:
    """Return names that stand where speakers stand, though no verb says so."""
    if not near:
        return []
    sentence = part.sentence
    start, end = draft.start - part.offset, draft.end - part.offset
    linked = [person for person in near if start <= person.start < end]
    if linked and any(people.is_name(r.link.text) for r in draft.links):
        return linked
    first = near[0]
    opens = not sentence[: first.start].strip(' "“(*–-')
    opens = opens and bool(_OPENS.match(sentence[first.end : first.end + 60]))
    # "Ada Stone's [Walking with robots]"
    owners = [p for p in near if _OWNED.fullmatch(sentence[p.end : max(start, p.end)])]
    if opens or owners:
        return [first] if opens else owners[-1:]
    after = [person for person in near if person.start >= end]
    if after and _FOLLOWS.match(sentence[end : after[0].start]):
        return _chained(after, sentence)
    if says_talk(sentence):
        return [person for person in near if person.start < start][-2:]
    return []


def _chained(persons: Sequence[Person], sentence: str) -> list[Person]:
    """Return the first person and those joined to it by commas and "and"."""
    chain = [persons[0]]
    for person in persons[1:]:
        if not _CHAIN.match(sentence[chain[-1].end : person.start]):
            break
        chain.append(person)
    return chain


def entitle_by_form(draft: Draft, sentence: str) -> None:
    """Take title and speakers from a line in one of the usual forms ("Name: Title (video)")."""
    form = form_of(sentence)
    if form:
        draft.entitle(form[0], 1)
        draft.speakers = list(form[1])


def entitle_by_links(draft: Draft) -> None:
    """Take the title, or a speaker, from the words that are linked."""
    for resource in draft.links:
        if resource.generic:
            continue
        words = resource.link.text
        form = form_of(words, comma=True)
        bare = _LABEL.sub("", words)
        if form:
            draft.entitle(form[0], 0)
            draft.speakers = draft.speakers or list(form[1])
        elif people.is_name(bare) and not _spelt_by_address(bare, resource):
            draft.speakers = draft.speakers or [bare]
        else:
            inner = next(iter(quoted_in(words)), "")
            if inner and (bare != words or len(inner) > 0.5 * len(words)):
                draft.entitle(inner, 0)
            else:
                first = draft.title.startswith(words) and len(words.split()) >= 3
                draft.entitle(words, 0 if first else 1 if len(words.split()) >= 2 else 5)


def entitle_by_quotes(draft: Draft, part: Part) -> None:
    """Take the title from a quoted phrase that stands outside the links."""
    titled = [r for r in draft.links if not r.generic]
    says = any(says_talk(r.link.text) for r in titled)
    shift = part.offset + part.low
    for match in QUOTED.finditer(part.text):
        title = next(group for group in match.groups() if group)
        inside = any(
            r.link.start - shift <= match.start() and match.end() <= r.link.end - shift
            for r in draft.links
        )
        if inside or len(title.split()) < 2:
            continue
        aside = title[0].islower() and not says_talk(part.text[: match.start()][-30:])
        draft.entitle(title, 3 if aside else 0 if not titled or says else 2)


def entitle_by_context(draft: Draft, words: str, heading: str, heading_rank: int) -> None:
    """Give a draft without a good title one from what stands around it, the best first."""
    if draft.title_rank <= 2:
        return
    named, about = NAMED.search(words), ABOUT.search(words)
    draft.entitle(named["title"] if named else "", 1)
    if heading_rank <= 2:
        draft.entitle(heading, 2)
    draft.entitle(about["title"] if about else "", 3)
    draft.entitle(heading if heading_rank <= 4 else "", 4)
    for resource in draft.links:
        draft.entitle(resources.title_from_address(resource.link.url), 5)
    if draft.speakers:
        draft.entitle(f"Talk by {' and '.join(draft.speakers)}", 6)
    for resource in draft.links:
        label = resource.link.text
        draft.entitle("" if label.startswith("http") else label[:1].upper() + label[1:], 7)
    draft.entitle(heading, 8)
