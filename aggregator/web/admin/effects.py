"""What a correction does: what the recogniser finds without it, in the reader's words. Pure."""

from __future__ import annotations

from aggregator.model import Correction, Fix, Kind, Recognition
from aggregator.store.fixes import TalkFix
from aggregator.text import slug, title_key
from aggregator.web.admin.words import decimal
from aggregator.web.language import N_, gettext

_FOUND = {
    (Fix.EVENT, True): N_("the recogniser finds it too"),
    (Fix.EVENT, False): N_("the recogniser does not find it"),
    (Fix.NOT_EVENT, True): N_("the recogniser finds it"),
    (Fix.NOT_EVENT, False): N_("the recogniser does not find it any more"),
    (Fix.TAG, True): N_("it has the tag anyway"),
    (Fix.TAG, False): N_("it does not have the tag otherwise"),
    (Fix.NOT_TAG, True): N_("it has the tag otherwise"),
    (Fix.NOT_TAG, False): N_("it does not have the tag any more"),
    (Fix.NOT_TALK, True): N_("the recogniser takes it for one"),
    (Fix.NOT_TALK, False): N_("the recogniser does not take it for one any more"),
}
# By whether it finds a recap, and whether that is what a person says.
_KINDS = {
    (True, True): N_("the recogniser says a recap too, %(score)s"),
    (True, False): N_("the recogniser says a recap, %(score)s"),
    (False, True): N_("the recogniser says no recap too, %(score)s"),
    (False, False): N_("the recogniser says no recap, %(score)s"),
}


def effect(fix: Correction, found: Recognition) -> str:
    """Return what is `found` without any correction, where `fix` speaks of it."""
    if fix.what is Fix.KIND:
        said = _KINDS[found.kind is Kind.RECAP, found.kind == fix.value]
        return gettext(said, score=decimal(found.kind_score, 2))
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
    return gettext(_FOUND[fix.what, key in seen[fix.what]])


def _of_talk(fix: TalkFix, found: Recognition) -> str:
    key = title_key(fix.was or fix.title)
    talk = next((talk for talk in found.talks if title_key(talk.title) == key), None)
    if talk is None:
        if fix.was:
            return gettext("the recogniser does not find it any more")
        return gettext("the recogniser does not find it")
    speakers = ", ".join(talk.speakers) or gettext("nobody named")
    return gettext(
        "the recogniser finds “%(title)s”, by %(speakers)s", title=talk.title, speakers=speakers
    )
