"""Tells recaps from other posts and finds events, talks and tags; deterministic, with reasons.

::

    post -> reading.read -> mentions.opening -> events.weigh -> kind.beginning
    -> an event, or promising? if so: mentions.further, in_text -> events.weigh
    -> promising? if so: kind.rest -> not hopeless? if so: talks.find
    -> events.choose, tags.find, reading.language -> corrections

What is cheap comes first, because nine of ten posts are no recaps: of most posts only title, tags,
address and first paragraphs are looked at, and the rest of their HTML is not even read.

Everything is a pure function of the post and the catalogue. A person's corrections come last and
win.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from aggregator.model import (
    Correction,
    EventMention,
    Evidence,
    Fix,
    Kind,
    Post,
    Recognition,
    TagMention,
    TagOrigin,
    TalkMention,
)
from aggregator.recognise import events, kind, mentions, people, reading, tags, talks
from aggregator.recognise.catalogue import Catalogue
from aggregator.text import slug, title_key

# Raise it whenever the same post may be judged otherwise than before.
VERSION = 4

# Up to this score talks are not looked for: they are the dearest to find, and most posts are no
# recaps.
_HOPELESS = 0.25

_log = logging.getLogger(__name__)


def recognise(
    post: Post,
    catalogue: Catalogue,
    corrections: Sequence[Correction] = (),
    *,
    threshold: float = 0.5,
) -> Recognition:
    """Return what `post` is and what it tells of. Never raises; what is not found is left out.

    From the score `threshold` on a post is a recap. `corrections` are applied last, in the order
    given, and win.
    """
    try:
        found = _recognise(post, catalogue, threshold)
    except Exception:  # whatever a hostile post breaks must not stop the posts beside it
        _log.exception("recognise.bug post=%s", post.id[:200])
        found = Recognition(why=("recognition failed",))
    for correction in corrections:
        found = _corrected(found, correction, catalogue)
    return replace(found, version=catalogue.stamp(VERSION, threshold))


def _recognise(post: Post, catalogue: Catalogue, threshold: float) -> Recognition:
    ready = reading.read(post)
    floor = min(_HOPELESS, kind.least(threshold))
    candidates, clues = judged(ready, catalogue, floor=floor)
    told: tuple[TalkMention, ...] = ()
    if kind.score(clues) > floor:
        told = talks.find(ready)
        clues.extend(kind.of_talks(len(told)))
    score = kind.score(clues)
    recap = score >= threshold
    about = events.choose(candidates, ready, recap=recap)
    clues.sort(key=lambda clue: -abs(clue.weight))
    return Recognition(
        kind=Kind.RECAP if recap else Kind.OTHER,
        kind_score=score,
        events=about,
        talks=told if recap or about else (),
        tags=tags.find(ready, catalogue, derive=recap),
        authors=() if post.authors else people.writers(ready.lead),
        language=reading.language(ready),
        why=(*map(str, clues), *map(_seen, about)),
    )


def judged(
    ready: reading.Reading, catalogue: Catalogue, *, floor: float = 0.0
) -> tuple[list[events.Candidate], list[kind.Clue]]:
    """Return the events that a post names, and what says whether it is a recap.

    The cheap places first: where nothing up front speaks for an event, the text is not read. Over
    all, what could not lift the score over `floor` is left aside; 0 leaves nothing aside.
    """
    found = mentions.opening(ready, catalogue)
    candidates = events.weigh(found, catalogue, ready.published)
    clues = list(kind.beginning(ready, facts_of(candidates)))
    if floor and not found and not kind.promising(clues):
        return candidates, clues
    more = [*mentions.further(ready, catalogue), *mentions.in_text(ready, catalogue)]
    if more:
        candidates = events.weigh([*found, *more], catalogue, ready.published)
        clues = list(kind.beginning(ready, facts_of(candidates)))
    if not floor or kind.promising(clues):
        clues += kind.rest(ready, facts_of(candidates), clues, floor=floor)
    return candidates, clues


def _seen(event: EventMention) -> str:
    known = "in the registry" if event.known else "in no registry"
    if event.evidence is Evidence.DATE:
        return f"event: {event.name}, its year from dates, {known}"
    return f"event: {event.name}, seen in the {event.evidence}, {known}"


def facts_of(candidates: Sequence[events.Candidate]) -> kind.Facts:
    """Return what the kind is judged by, beside the text: the heaviest event."""
    best = candidates[0] if candidates else None
    if best is None or best.weight < 3.5:
        return kind.Facts()
    return kind.Facts(
        event=f"{best.name} {best.year}" if best.year else best.name,
        event_year=best.year,
        months=best.series.months if best.series else (),
        title_span=best.title_span,
        weight=best.weight,
        rivals=sum(1 for one in candidates[1:] if one.weight >= best.weight / 2),
    )


# ---------------------------------------------------------------------------------- corrections


def _corrected(found: Recognition, fix: Correction, catalogue: Catalogue) -> Recognition:
    """Return `found` as a person wants it; what does not concern recognition changes nothing."""
    value = fix.value
    reason = f"corrected by {fix.by or 'a person'}: {fix.what} {value}"
    if fix.what is Fix.KIND and value in tuple(Kind):
        score = 1.0 if value == Kind.RECAP else 0.0
        changed = replace(found, kind=Kind(value), kind_score=score)
    elif fix.what is Fix.EVENT:
        changed = replace(found, events=_with_event(found.events, value, catalogue))
    elif fix.what is Fix.NOT_EVENT:
        changed = replace(found, events=tuple(e for e in found.events if slug(e.name) != value))
    elif fix.what is Fix.TAG:
        own, name = catalogue.tag(value) or (slug(value), value)
        others = tuple(tag for tag in found.tags if tag.slug != own)
        tag = TagMention(slug=own, name=name, origin=TagOrigin.PERSON)
        changed = replace(found, tags=(*others, tag))
    elif fix.what is Fix.NOT_TAG:
        changed = replace(found, tags=tuple(tag for tag in found.tags if tag.slug != value))
    elif fix.what is Fix.NOT_TALK:
        key = title_key(value)
        kept = tuple(talk for talk in found.talks if title_key(talk.title) != key)
        changed = replace(found, talks=kept)
    else:
        return found
    return replace(changed, why=(reason, *changed.why))


def _with_event(
    present: tuple[EventMention, ...], event_slug: str, catalogue: Catalogue
) -> tuple[EventMention, ...]:
    """Return the events with that of `event_slug` in front, confirmed by a person."""
    others = tuple(one for one in present if slug(one.name) != event_slug)
    for one in present:
        if slug(one.name) == event_slug:
            return (replace(one, evidence=Evidence.PERSON, score=1.0), *others)
    known = catalogue.event_of_slug(event_slug)
    if not known:
        return present
    series, name, year = known
    added = EventMention(
        name=series.edition_name(year) if series else f"{name} {year}",
        series=name,
        year=year,
        part_of=series.parent if series else None,
        evidence=Evidence.PERSON,
        score=1.0,
    )
    return (added, *others)
