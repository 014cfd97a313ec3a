"""What a person says of a talk in an entry: how it is kept as a correction, and what it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aggregator import text, urls
from aggregator.errors import AggregatorError
from aggregator.model import Correction, Fix, LinkKind, TalkLink, TalkMention
from aggregator.store.grouping import alike, bare

_ALIKE = 0.93  # a title that the recogniser spells a little differently is still the one meant


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkFix:
    """A talk as a person tells of it: one that was recognised, or one more."""

    title: str
    was: str = ""  # the title that was recognised; empty for a talk that was not
    speakers: tuple[str, ...] | None = None  # None: as recognised
    url: str = ""  # of a recording, slides or page; added to what was recognised

    def written(self) -> str:
        """Return it as the value of a correction."""
        said = {
            "title": self.title,
            "was": self.was or None,
            "speakers": None if self.speakers is None else list(self.speakers),
            "url": self.url or None,
        }
        known = {name: value for name, value in said.items() if value is not None}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, value: str) -> TalkFix:
        """Return what the value of a correction says.

        Raises:
            AggregatorError: it is no such value.
        """
        try:
            said = json.loads(value)
            speakers = said.get("speakers")
            return cls(
                title=text.shorten(str(said["title"]), 300),
                was=text.shorten(str(said.get("was") or ""), 300),
                speakers=None if speakers is None else tuple(str(name) for name in speakers),
                url=str(said.get("url") or ""),
            )
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise AggregatorError(f"that is no correction of a talk: {value[:100]}") from error

    def said(self) -> str:
        """Return it in words, such as “Fats tables” is “Fast tables”, by Ada Example."""
        words = f"“{self.title}”"
        if self.was and self.was != self.title:
            words = f"“{self.was}” is {words}"
        if self.speakers is not None:
            words += f", by {', '.join(self.speakers) or 'nobody named'}"
        return f"{words}, {self.url}" if self.url else words


def said(fix: Correction) -> str:
    """Return the value of a correction as people should read it."""
    return TalkFix.read(fix.value).said() if fix.what is Fix.TALK else fix.value


def corrected(
    talks: Sequence[TalkMention], corrections: Iterable[Correction]
) -> list[tuple[TalkMention, str]]:
    """Return talks as people want them, and the title that was recognised where they changed it.

    The corrections are applied in the order given, so that what is said of a renamed talk finds it.
    """
    told = [(talk, "") for talk in talks]
    for fix in corrections:
        if fix.what is Fix.NOT_TALK:
            gone = _place(told, fix.value)
            told = [one for place, one in enumerate(told) if place != gone]
        elif fix.what is Fix.TALK:
            _apply(told, TalkFix.read(fix.value))
    return told


def _apply(told: list[tuple[TalkMention, str]], fix: TalkFix) -> None:
    place = _place(told, fix.was or fix.title)
    if place is None:
        if not fix.was:  # what was recognised once and is no more needs no other name
            talk = TalkMention(title=fix.title, speakers=fix.speakers or (), links=_links(fix, ()))
            told.append((talk, fix.title))
        return
    talk = told[place][0]
    speakers = talk.speakers if fix.speakers is None else fix.speakers
    links = _links(fix, talk.links)
    changed = replace(talk, title=fix.title, speakers=speakers, links=links)
    told[place] = (changed, told[place][1] or talk.title)


def _place(told: Sequence[tuple[TalkMention, str]], title: str) -> int | None:
    """Return which talk is called so, or nearly so."""
    key = text.title_key(title)
    for place, (talk, _) in enumerate(told):
        if text.title_key(talk.title) == key:
            return place
    near = [alike([bare(talk.title)], [bare(title)]) for talk, _ in told]
    best = max(range(len(near)), key=near.__getitem__, default=None)
    return best if best is not None and near[best] >= _ALIKE else None


def _links(fix: TalkFix, known: tuple[TalkLink, ...]) -> tuple[TalkLink, ...]:
    if not urls.is_web(fix.url):
        return known
    if any(urls.resource_key(link.url) == urls.resource_key(fix.url) for link in known):
        return known
    kind = urls.resource_kind(fix.url) or LinkKind.PAGE
    return (TalkLink(url=fix.url, kind=kind), *known)
