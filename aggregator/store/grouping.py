"""Tells which tellings are of one talk. Pure; `talks` reads and writes.

Two recaps tell of one talk when a resource of it is the same, or, within one event, when the titles
are the same or nearly so and the speakers do not contradict. Talks of different events are one only
by a resource that belongs to one occasion: code goes from event to event. Within one post two talks
are two, whatever they share.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from aggregator import text, urls
from aggregator.model import LinkKind

# Two places in one recording that are closer, in seconds, are the beginning of one talk.
_ONE_PLACE_S = 60
# Letters of titles that are the same, as a part: with a shared speaker, and where none is known.
_NEAR, _VERY_NEAR = 0.82, 0.93
_LEAST_NEAR = 12  # letters; shorter titles must be the same
_COMPARED = 40  # talks of one name that a telling is compared with: a bound on hostile posts


@dataclass(frozen=True)
class Telling:
    """What one entry tells of a talk."""

    entry_id: int
    event_id: int | None  # the entry's strongest
    title: str
    speakers: tuple[tuple[str, str], ...] = ()  # (name, slug)
    links: tuple[tuple[str, str], ...] = ()  # (url, kind)
    was: str = ""  # the title that was recognised, where a person has changed it

    @cached_property
    def resources(self) -> dict[str, tuple[int, str]]:
        """Start offset and kind of each linked resource, by its key."""
        found: dict[str, tuple[int, str]] = {}
        for url, kind in self.links:
            led = urls.resource_of(url)
            found.setdefault(text.capped(led.key), (led.start, kind))
        return found

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The title's words without what only says that it is a talk; as recognised as well."""
        said = (self.title, self.was) if self.was else (self.title,)
        people = tuple(name for name, _ in self.speakers)
        return tuple(dict.fromkeys(bare(title, people) for title in said))


# ------------------------------------------------------------------------------------- titles

_GENRE = (
    r"(?:(?:opening|closing|invited|plenary|featured|short|long|virtual|community|remote) )*"
    r"(?:key ?notes?(?: (?:talk|speech|lecture|address|speaker))?|lightning talks?|plenary|talks?"
    r"|posters?|workshops?|tutorials?|panels?(?: discussion)?|bofs?|birds of a feather|demos?"
    r"|sessions?|lectures?|presentations?|fireside chat|vortr[aä]ge?|charla|ponencia|conf[ée]rence"
    r"|lezing|sprints?|papers?)"
)
_BEFORE = re.compile(rf"^\W*(?:{_GENRE}|talk \d+)(?: ?#?\d+)?\W*[:–—|»-]+\s*", re.IGNORECASE)
_BEHIND = re.compile(
    rf"\s*[\[(]{_GENRE}[\])]\s*$|\s+[–—|-]+\s+{_GENRE}\s*$|^\s*[\[(]{_GENRE}[\])]\s*", re.IGNORECASE
)
_ONLY_GENRE = re.compile(
    rf"(?:{_GENRE}|welcome|opening|closing|remarks|introduction|discussion|q a|untitled|the|and|of"
    r"|day|\d+|first|second|third|morning|afternoon|award|ceremony|lunch|social| )+",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def bare(title: str, speakers: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the words of a talk's title: no genre before or behind it, no speakers, no case."""
    said = text.squeeze(title).strip("\"“”„'‘’«» ")
    for name in speakers:
        if name.lower() not in said.lower():  # making a pattern is dear
            continue
        spelled = re.escape(name)
        for cut in (
            rf"^{spelled}\s*[:–—|-]+\s*",
            rf"[\s,]+(?:by|von|par|por|with|mit)\s+{spelled}\W*$",
            rf"\s*(?:[,–—|-]+|\()\s*{spelled}\W*$",
        ):
            said = re.sub(cut, "", said, flags=re.IGNORECASE) or said
    said = _BEHIND.sub("", _BEFORE.sub("", said) or said) or said
    words = re.split(r"[\W_]+", text.fold(said.replace("&", " and ").replace("'", "")))
    return tuple(word for word in words if word)


def is_generic(words: Sequence[str]) -> bool:
    """Tell whether many talks are called so ("Keynote", "Welcome"): the speaker makes it one."""
    said = " ".join(words)
    return len(said) < 4 or bool(_ONLY_GENRE.fullmatch(said))


@lru_cache(maxsize=32768)
def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return how much of two titles is the same, from 0 to 1; numbers in them must agree."""
    if one == other:
        return 1.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    left, right = "".join(one), "".join(other)
    least = min(len(left), len(right))
    subtitled = len(short) > 1 and least >= 8 and long[: len(short)] == short
    if not subtitled and (least < _LEAST_NEAR or 2 * least < _NEAR * (len(left) + len(right))):
        return 0.0
    if _numbers(one) != _numbers(other):
        return 0.0
    if subtitled:
        return _NEAR if len(short) < 4 else _VERY_NEAR
    most = (_letters(left) & _letters(right)).total()  # that a match could hold: mostly too few
    if 2 * most < _NEAR * (len(left) + len(right)):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


@lru_cache(maxsize=8192)
def _letters(text: str) -> Counter[str]:
    return Counter(text)


@lru_cache(maxsize=8192)
def _numbers(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word.isdigit())


def alike(one: Iterable[tuple[str, ...]], others: Iterable[tuple[str, ...]]) -> float:
    """Return the likeness of two talks by the likest of their titles."""
    listed = list(others)
    return max((_likeness(title, other) for title in one for other in listed), default=0.0)


# ----------------------------------------------------------------------------------- speakers


@lru_cache(maxsize=8192)
def _person(name: str) -> tuple[str, str]:
    """Return family name and first name; the latter is empty where only one name is given."""
    parts = [part for part in re.split(r"[\W_]+", text.fold(name)) if part]
    return (parts[-1] if parts else "", parts[0] if len(parts) > 1 else "")


def share_speaker(one: Telling, other: Telling) -> bool:
    """Tell whether somebody speaks in both: the same name, or one that shortens the other."""
    return any(
        slug == other_slug or same_person(name, other_name)
        for name, slug in one.speakers
        for other_name, other_slug in other.speakers
    )


def same_person(name: str, other: str) -> bool:
    """Tell whether one name may shorten the other: "J. Doe" and "Doe" are Jane Doe."""
    (family, first), (other_family, other_first) = _person(name), _person(other)
    short, long = sorted((first, other_first), key=len)
    return bool(family) and family == other_family and long.startswith(short)


# ----------------------------------------------------------------------------------- grouping


_Rule = Callable[[Telling, Telling], bool]


class _Groups:
    """Tellings that are of one talk so far, by union; never two of one entry in a group."""

    def __init__(self, tellings: Sequence[Telling]) -> None:
        self.tellings = tellings
        self.root = list(range(len(tellings)))
        self.members = [[one] for one in tellings]  # by root

    def find(self, place: int) -> int:
        while self.root[place] != place:
            self.root[place] = self.root[self.root[place]]
            place = self.root[place]
        return place

    def join(self, place: int, other: int) -> bool:
        """Make the groups of two tellings one, unless one entry tells of both."""
        first, second = sorted((self.find(place), self.find(other)))
        entries = {one.entry_id for one in self.members[first]}
        if any(one.entry_id in entries for one in self.members[second]):
            return False
        self.root[second] = first
        self.members[first] += self.members[second]
        return True

    def compare(self, places: Sequence[int], same: _Rule, *, speakers: bool = False) -> None:
        """Join those of `places` that are the same; each is compared with one of each group.

        With `speakers`, only where those of both groups do not contradict each other.
        """
        seen: dict[int, int] = {}  # one telling of each group, by what was its root
        for place in places:
            if self.find(place) in {self.find(root) for root in seen}:
                continue
            for other in seen.values():
                root, own = self.find(other), self.find(place)
                if not same(self.tellings[other], self.tellings[place]):
                    continue
                fits = not speakers or _compatible(self.members[root], self.members[own])
                if fits and self.join(place, other):
                    break
            else:
                if len(seen) < _COMPARED:
                    seen[self.find(place)] = place


def _compatible(group: Sequence[Telling], other: Sequence[Telling]) -> bool:
    """Tell whether somebody speaks in both groups, or nobody is known to speak in one."""
    named, other_named = ([one for one in some if one.speakers] for some in (group, other))
    if not named or not other_named:
        return True
    return any(share_speaker(one, two) for one in named for two in other_named)


def grouped(tellings: Sequence[Telling]) -> list[list[int]]:
    """Return the places of tellings that are of one talk, the surest reasons first."""
    groups = _Groups(tellings)
    _by_resource(groups)
    _by_title(groups)
    _by_likeness(groups)
    found: dict[int, list[int]] = defaultdict(list)
    for place in range(len(tellings)):
        found[groups.find(place)].append(place)
    return list(found.values())


def _by_resource(groups: _Groups) -> None:
    cited: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(groups.tellings):
        for key in one.resources:
            cited[key].append(place)
    for key in sorted(cited):
        if len(cited[key]) > 1:
            groups.compare(
                cited[key], _same_resource(key, [groups.tellings[p] for p in cited[key]])
            )


def _same_resource(key: str, citing: Sequence[Telling]) -> _Rule:
    """Return the rule for a resource: one of many talks tells them apart only by where it begins.

    A page of many talks, or a recording of a whole day, is known by a post that cites it for
    several talks, or by posts that cite places far from each other in it.
    """
    entries = [one.entry_id for one in citing]
    starts = sorted(one.resources[key][0] for one in citing if one.resources[key][0])
    spread = bool(starts) and starts[-1] - starts[0] > _ONE_PLACE_S
    of_many = spread or len(set(entries)) < len(entries)

    def same(one: Telling, other: Telling) -> bool:
        start, kind = one.resources[key]
        other_start, other_kind = other.resources[key]
        if one.event_id != other.event_id and LinkKind.CODE in (kind, other_kind):
            return False
        if not of_many:
            return True
        return bool(start and other_start) and abs(start - other_start) <= _ONE_PLACE_S

    return same


def _by_title(groups: _Groups) -> None:
    buckets: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    for place, one in enumerate(groups.tellings):
        for words in one.names:
            if words and one.event_id is not None:
                buckets[one.event_id, words].append(place)
    for (_, words), places in buckets.items():
        if len(places) > 1:
            same = share_speaker if is_generic(words) else _any
            groups.compare(places, same, speakers=True)


def _any(_one: Telling, _other: Telling) -> bool:
    return True


def _by_likeness(groups: _Groups) -> None:
    """Join talks of an event whose titles are nearly the same."""
    by_person: dict[tuple[int, str], list[int]] = defaultdict(list)
    by_word: dict[tuple[int, str], list[int]] = defaultdict(list)
    for place, one in enumerate(groups.tellings):
        if one.event_id is None or all(is_generic(words) for words in one.names):
            continue
        for name, _ in one.speakers:
            by_person[one.event_id, _person(name)[0]].append(place)
        for key in {key for words in one.names if words for key in (words[0][:4], words[-1])}:
            by_word[one.event_id, key].append(place)
    for places in by_person.values():
        groups.compare(places, _near_with_speaker)
    for places in by_word.values():
        groups.compare(places, _very_near, speakers=True)


def _near_with_speaker(one: Telling, other: Telling) -> bool:
    return alike(one.names, other.names) >= _NEAR and share_speaker(one, other)


def _very_near(one: Telling, other: Telling) -> bool:
    return alike(one.names, other.names) >= _VERY_NEAR
