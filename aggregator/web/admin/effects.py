"""What a correction does: what the recogniser finds without it, in words. Pure."""

from __future__ import annotations

from aggregator.model import Correction, Fix, Kind, Recognition
from aggregator.store.fixes import TalkFix
from aggregator.text import slug, title_key

_FOUND = {
    (Fix.EVENT, True): "the recogniser finds it too",
    (Fix.EVENT, False): "the recogniser does not find it",
    (Fix.NOT_EVENT, True): "the recogniser finds it",
    (Fix.NOT_EVENT, False): "the recogniser does not find it any more",
    (Fix.TAG, True): "it has the tag anyway",
    (Fix.TAG, False): "it does not have the tag otherwise",
    (Fix.NOT_TAG, True): "it has the tag otherwise",
    (Fix.NOT_TAG, False): "it does not have the tag any more",
    (Fix.NOT_TALK, True): "the recogniser takes it for one",
    (Fix.NOT_TALK, False): "the recogniser does not take it for one any more",
}


def effect(fix: Correction, found: Recognition) -> str:
    """Return what is `found` without any correction, where `fix` speaks of it."""
    if fix.what is Fix.KIND:
        kind = "a recap" if found.kind is Kind.RECAP else "no recap"
        too = " too" if found.kind == fix.value else ""
        return f"the recogniser says {kind}{too}, {found.kind_score:.2f}"
    if fix.what is Fix.TALK:
        return _of_talk(TalkFix.read(fix.value), found)
    seen = {
        Fix.EVENT: {slug(event.name) for event in found.events},
        Fix.TAG: {tag.slug for tag in found.tags},
        Fix.NOT_TALK: {title_key(talk.title) for talk in found.talks},
    }
    seen |= {Fix.NOT_EVENT: seen[Fix.EVENT], Fix.NOT_TAG: seen[Fix.TAG]}
    if fix.what not in seen:
        return ""
    key = title_key(fix.value) if fix.what is Fix.NOT_TALK else slug(fix.value)
    return _FOUND[fix.what, key in seen[fix.what]]


def _of_talk(fix: TalkFix, found: Recognition) -> str:
    key = title_key(fix.was or fix.title)
    talk = next((talk for talk in found.talks if title_key(talk.title) == key), None)
    if talk is None:
        return "the recogniser does not find it" + (" any more" if fix.was else "")
    speakers = ", ".join(talk.speakers) or "nobody named"
    return f"the recogniser finds “{talk.title}”, by {speakers}"
