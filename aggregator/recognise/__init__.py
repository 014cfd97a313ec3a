"""Tells recaps from other posts and finds events, talks and tags; deterministic, with reasons.

::

    post -> reading.read -> mentions.find -> events.weigh -.
                         `-> talks.find ------------------ kind.judge -> events.choose
                         `-> tags.find, reading.language                -> corrections

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
VERSION = 2

# Below this score without talks no number of talks makes a recap.
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
        found = Recognition(why=("recognition failed",), version=VERSION)
    for correction in corrections:
        found = _corrected(found, correction, catalogue)
    return found


def _recognise(post: Post, catalogue: Catalogue, threshold: float) -> Recognition:
    ready = reading.read(post)
    candidates = events.weigh(mentions.find(ready, catalogue), catalogue)
    score, why = kind.judge(ready, _facts(candidates, 0))
    told: tuple[TalkMention, ...] = ()
    if score > _HOPELESS:  # talks are the dearest to find, and most posts are no recaps
        told = talks.find(ready)
        if len(told) >= 2:
            score, why = kind.judge(ready, _facts(candidates, len(told)))
    recap = score >= threshold
    about = events.choose(candidates, ready, recap=recap)
    seen = tuple(f"{one.name}: seen in {one.evidence}, weight {one.score}" for one in about)
    return Recognition(
        kind=Kind.RECAP if recap else Kind.OTHER,
        kind_score=score,
        events=about,
        talks=told if recap or about else (),
        tags=tags.find(ready, catalogue, derive=recap),
        authors=() if post.authors else people.writers(ready.lead),
        language=reading.language(ready),
        why=(*why, *seen),
        version=VERSION,
    )


def _facts(candidates: Sequence[events.Candidate], told: int) -> kind.Facts:
    best = candidates[0] if candidates else None
    if best is None or best.weight < 3.5:
        return kind.Facts(
            event=None,
            event_year=None,
            in_title=False,
            weight=0,
            rivals=0,
            talks=told,
        )
    name = f"{best.name} {best.year}" if best.year else best.name
    return kind.Facts(
        event=name,
        event_year=best.year,
        in_title=Evidence.TITLE in best.zones,
        weight=best.weight,
        rivals=sum(1 for one in candidates[1:] if one.weight >= best.weight / 2),
        talks=told,
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
