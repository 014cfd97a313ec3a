"""Tells which entries are known under another guid.

An entry is the same when its guid is. Where a feed changes its guids (a move to
https, another format, a new generator), its entries are the same as those known ones that

1. have the same guid, only spelled otherwise, as addresses may be;
2. have the same address, which no other entry has, and the same title, date or beginning: two of
   these, unless the feed is known to give each entry an address of its own;
3. have another address, but the same title and date;
4. have another address, but the same title and beginning, where the feed kept no guid at all.

Each of these must point from one entry to one entry. What might be two is taken for new: an entry
told twice is a nuisance, an entry overwritten by another one is a loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from difflib import SequenceMatcher
from typing import TypeVar

from aggregator import text, urls
from aggregator.model import Known, ParsedEntry

_T = TypeVar("_T")

BEGINNING = 80  # characters of a summary that are compared
_LEAST_BEGINNING = 20  # letters; less says nothing
_LEAST_UNTITLED = 40  # the same where there is no title to go by
_NEAR = 0.9  # of difflib's ratio: a typing error may have been corrected
_ZONES = timedelta(hours=14)  # two zones are no further apart
_STEP = timedelta(minutes=15)  # and differ by multiples of this


def renamed(
    entries: Sequence[ParsedEntry],
    known: Mapping[str, Known],
    summary: Callable[[ParsedEntry], str],
) -> dict[str, str]:
    """Return the known guid of each entry that is known under another one, by its guid.

    Costs nothing where all guids are known, else time linear in what is known.

    Args:
        entries: all of a document.
        known: what is stored of the feed, by guid.
        summary: how the text of an entry begins, as it would be stored; asked only in doubt.
    """
    strangers = [entry for entry in entries if entry.guid not in known]
    if not strangers or len(entries) - len(strangers) == len(known):
        return {}
    return _Search(entries, strangers, known, summary).found


class _Search:
    """The rules, one after the other, over what none before it has found."""

    def __init__(
        self,
        entries: Sequence[ParsedEntry],
        strangers: list[ParsedEntry],
        known: Mapping[str, Known],
        summary: Callable[[ParsedEntry], str],
    ) -> None:
        present = {entry.guid for entry in entries}
        self.found: dict[str, str] = {}
        self._entries, self._known, self._summary = entries, known, summary
        self._strangers = strangers
        self._missing = {guid: row for guid, row in known.items() if guid not in present}
        self._beginnings: dict[str, str] = {}
        kept = len(self._missing) < len(known)
        rules = [self._by_guid, self._by_address, self._by_date]
        for rule in rules if kept else [*rules, self._by_text]:
            if not self._strangers or not self._missing:
                break
            pairs = {entry.guid: guid for entry, guid in rule()}
            self.found |= pairs
            self._strangers = [entry for entry in self._strangers if entry.guid not in pairs]
            for guid in pairs.values():
                del self._missing[guid]

    def _pairs(
        self,
        of_entry: Callable[[ParsedEntry], Hashable],
        of_known: Callable[[str, Known], Hashable],
    ) -> Iterator[tuple[ParsedEntry, str]]:
        """Give the pairs whose key only one entry on each side has; false keys are none."""
        mine = _once((of_entry(entry), entry) for entry in self._strangers)
        theirs = _once((of_known(guid, row), guid) for guid, row in self._missing.items())
        return ((entry, theirs[key]) for key, entry in mine.items() if key in theirs)

    def _by_guid(self) -> Iterator[tuple[ParsedEntry, str]]:
        if not any(urls.is_web(entry.guid) for entry in self._strangers):
            return iter(())
        return self._pairs(lambda entry: urls.post_key(entry.guid), lambda g, _: urls.post_key(g))

    def _by_address(self) -> Iterator[tuple[ParsedEntry, str]]:
        here = Counter(urls.post_key(entry.url) for entry in self._entries)
        there = Counter(row.url_key for row in self._known.values() if row.url_key)
        own = len(there) > 1 and len(there) * 5 >= there.total() * 4
        for entry, guid in self._pairs(lambda e: urls.post_key(e.url), lambda _, row: row.url_key):
            key = urls.post_key(entry.url)
            if here[key] == there[key] == 1 and self._agree(entry, self._known[guid], own=own):
                yield entry, guid

    def _agree(self, entry: ParsedEntry, row: Known, *, own: bool) -> bool:
        alike = (_title(entry) == row.title_key != "") + (_date(entry) == row.published_at)
        needed = 1 if own else 2
        return alike >= needed or alike + self._begin_alike(entry, row) >= needed

    def _by_date(self) -> Iterator[tuple[ParsedEntry, str]]:
        def dated(title: str, date: datetime | None) -> Hashable:
            return (title, date) if title and date else None

        yield from self._pairs(
            lambda entry: dated(_title(entry), _date(entry)),
            lambda _, row: dated(row.title_key, row.published_at),
        )
        titles = Counter(row.title_key for row in self._known.values())
        for entry, guid in self._pairs(_title, lambda _, row: row.title_key):
            row = self._known[guid]
            if titles[row.title_key] == 1 and _one_date(_date(entry), row.published_at):
                yield entry, guid

    def _by_text(self) -> Iterator[tuple[ParsedEntry, str]]:
        """Find by title and beginning; one that also has another date may be next year's post."""
        pairs = [
            (entry, guid)
            for entry, guid in self._pairs(
                lambda e: _title(e) or self._untitled(self._begins(e)),
                lambda _, row: row.title_key or self._untitled(row.begins),
            )
            if self._begin_alike(entry, self._known[guid])
        ]
        several = len(pairs) > 1
        return (
            (entry, guid)
            for entry, guid in pairs
            if several or not (_date(entry) and self._known[guid].published_at)
        )

    def _begins(self, entry: ParsedEntry) -> str:
        if entry.guid not in self._beginnings:
            self._beginnings[entry.guid] = self._summary(entry)[:BEGINNING]
        return self._beginnings[entry.guid]

    def _untitled(self, begins: str) -> tuple[str, str] | None:
        letters = text.title_key(begins)
        return ("", letters) if len(letters) >= _LEAST_UNTITLED else None

    def _begin_alike(self, entry: ParsedEntry, row: Known) -> bool:
        one, other = text.title_key(self._begins(entry)), text.title_key(row.begins)
        if min(len(one), len(other)) < _LEAST_BEGINNING:
            return False
        return one == other or SequenceMatcher(None, one, other).ratio() >= _NEAR


def _once(pairs: Iterable[tuple[Hashable, _T]]) -> dict[Hashable, _T]:
    """Return by its key what no other one shares the key of."""
    found: dict[Hashable, _T] = {}
    twice: set[Hashable] = {None, ""}
    for key, value in pairs:
        if key in found:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key not in twice}


def _title(entry: ParsedEntry) -> str:
    return text.capped(text.title_key(entry.title))


def _date(entry: ParsedEntry) -> datetime | None:
    return entry.published or entry.updated


def _one_date(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether two dates may be one, written in another zone or without the time of day."""
    if one is None or other is None:
        return False
    apart = abs(one - other)
    if time() in (one.time(), other.time()):
        return apart < timedelta(days=1)
    return apart <= _ZONES and not apart % _STEP
