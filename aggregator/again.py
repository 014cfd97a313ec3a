"""Judges stored entries again: after a person's correction, a better recogniser, a new registry.

::

    stale entries, 60 at a time | recognise and clean, in processes | store in one transaction

Every entry bears the stamp of the recogniser and registry that judged it. So a replay may end at
any time, and goes on with what is stale still. Nothing is fetched for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.clean import clean
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import EntryCard, EntryFile, EventLink, Judged, Kind, Recognition
from aggregator.recognise import VERSION, recognise
from aggregator.recognise import catalogue as catalogues
from aggregator.showing import judge_again
from aggregator.store import entries, judging

if TYPE_CHECKING:
    from aggregator.model import SafeHtml
    from aggregator.pool import Stages
    from aggregator.recognise.catalogue import Catalogue
    from aggregator.settings import Settings
    from aggregator.store import Connection, Database

_BATCH = 60  # entries in one transaction: others may write between two
_PIECE = 10  # entries that a process judges at a time

_log = logging.getLogger("aggregator.again")


def recognise_entry(
    c: Connection, entry_id: int, catalogue: Catalogue, settings: Settings, now: datetime
) -> None:
    """Recognise a stored entry from its original, with its corrections, and store the findings.

    The caller owns the transaction, so that a correction and what follows from it are one write.

    Raises:
        NotFound: there is no such entry.
    """
    filed = entries.file(c, entry_id)
    judging.judge(c, [judge_again(filed, catalogue, settings.recap_threshold)], now)


def recognise_files(
    database: Database,
    files: Sequence[EntryFile],
    catalogue: Catalogue,
    settings: Settings,
    now: datetime,
) -> None:
    """Do the same for entries that were read already; nobody has to wait while they are judged."""
    for start in range(0, len(files), _BATCH):
        some = files[start : start + _BATCH]
        judged = [judge_again(filed, catalogue, settings.recap_threshold) for filed in some]
        with database.writing() as c:
            judging.judge(c, judged, now)


def uncorrected(filed: EntryFile, catalogue: Catalogue, settings: Settings) -> Recognition:
    """Return what the recogniser alone finds in an entry."""
    return recognise(filed.post, catalogue, threshold=settings.recap_threshold)


def readable(filed: EntryFile) -> SafeHtml:
    """Return the whole original, made safe, for editors who decide what it is."""
    return clean(filed.post.html, filed.base_url, title=filed.card.title)


# ------------------------------------------------------------------------------------- all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another judgement changes in an entry."""

    entry_id: int
    title: str
    url: str
    source: str
    kind: tuple[Kind, Kind]  # before and after, as the following
    events: tuple[tuple[str, ...], tuple[str, ...]]  # names, the strongest first
    talks: tuple[tuple[str, ...], tuple[str, ...]]  # titles
    tags: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def new_talks(self) -> tuple[str, ...]:
        """Return the talks that it tells of now and did not before."""
        return tuple(title for title in self.talks[1] if title not in self.talks[0])

    @property
    def gone_talks(self) -> tuple[str, ...]:
        """Return the talks that it told of before."""
        return tuple(title for title in self.talks[0] if title not in self.talks[1])


@dataclass(slots=True)
class Sums:
    """How much a replay has changed so far."""

    entries: int = 0  # judged
    changed: int = 0
    kinds: Counter[tuple[Kind, Kind]] = field(default_factory=Counter)
    events: int = 0  # entries that are about other events
    new_talks: int = 0
    gone_talks: int = 0
    tags: int = 0  # entries with other tags
    failed: int = 0  # entries that could not be judged

    def add(self, judged: int, failed: int, changes: Sequence[Change]) -> None:
        """Count one batch."""
        self.entries += judged
        self.failed += failed
        self.changed += len(changes)
        for one in changes:
            if one.kind[0] != one.kind[1]:
                self.kinds[one.kind] += 1
            self.events += one.events[0] != one.events[1]
            self.tags += one.tags[0] != one.tags[1]
            self.new_talks += len(one.new_talks)
            self.gone_talks += len(one.gone_talks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step of a replay did."""

    judged: int
    failed: int
    changes: tuple[Change, ...]


class _OnlyLooking(Exception):
    """Ends a transaction whose writes are not to stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Judges stale entries, in the order of their ids."""

    database: Database
    stages: Stages
    settings: Settings
    stamp: int  # of the recogniser and the registry in force
    clock: Callable[[], datetime]

    @classmethod
    def of(
        cls,
        database: Database,
        stages: Stages,
        settings: Settings,
        catalogue: Catalogue,
        clock: Callable[[], datetime],
    ) -> Replay:
        """Return a replay by the recogniser of this program and this registry."""
        stamp = catalogue.stamp(VERSION, settings.recap_threshold)
        return cls(database=database, stages=stages, settings=settings, stamp=stamp, clock=clock)

    def count(self, *, every: bool = False) -> int:
        """Return how many entries there are to judge."""
        with self.database.reading() as c:
            return entries.count_stale(c, self.stamp, every=every)

    async def run(self, *, keep: bool, every: bool = False) -> AsyncIterator[Batch]:
        """Judge all stale entries, batch by batch; yield what changed.

        Args:
            keep: store the findings. Otherwise each batch is written and taken back, so that what
                it would change is known for sure: merges, corrections and all.
            every: also those that are not stale. With `keep` all are taken for stale first, so that
                a replay that was ended goes on where it was.
        """
        if keep and every:
            with self.database.writing() as c:
                entries.forget_judgements(c)
        after = 0
        files = await asyncio.to_thread(self._read, after, every)
        while files:
            after = files[-1].card.id
            judged, following = await asyncio.gather(
                self._judge(files), asyncio.to_thread(self._read, after, every)
            )
            yield await asyncio.to_thread(self._store, files, judged, keep)
            files = following

    def _read(self, after: int, every: bool) -> tuple[EntryFile, ...]:
        with self.database.reading() as c:
            return entries.stale(c, self.stamp, _BATCH, after, every=every)

    async def _judge(self, files: Sequence[EntryFile]) -> list[Judged]:
        pieces = [tuple(files[at : at + _PIECE]) for at in range(0, len(files), _PIECE)]
        found = await asyncio.gather(*(self._judge_piece(piece) for piece in pieces))
        return [one for some in found for one in some]

    async def _judge_piece(self, piece: tuple[EntryFile, ...]) -> tuple[Judged, ...]:
        """Judge some entries; those that take too long or too much memory are left as they are."""
        try:
            return await self.stages.judge(piece, self.settings.recap_threshold)
        except AggregatorError as error:
            if len(piece) > 1:
                alone = [await self._judge_piece((filed,)) for filed in piece]
                return tuple(one for some in alone for one in some)
            where = {"id": piece[0].card.id, "error": str(error)}
            _log.warning("again.failed", extra={"f": where})
            return ()

    def _store(self, files: Sequence[EntryFile], judged: Sequence[Judged], keep: bool) -> Batch:
        before = {filed.card.id: filed.card for filed in files}
        after: dict[int, EntryCard] = {}
        stored: set[int] = set()
        with suppress(_OnlyLooking), self.database.writing() as c:
            # what a poll or a person has changed meanwhile is newer than what was read
            same = entries.unchanged_since(c, files)
            stored = judging.judge(c, [one for one in judged if one.entry_id in same], self.clock())
            after = entries.cards(c, stored)
            if not keep:
                raise _OnlyLooking
        changes = [_change(before[one], after[one]) for one in sorted(after)]
        return Batch(
            judged=len(stored),
            failed=len(files) - len(judged),
            changes=tuple(one for one in changes if one is not None),
        )


def _change(before: EntryCard, after: EntryCard) -> Change | None:
    pairs = [
        (_names(card.events), tuple(t.title for t in card.talks), tuple(t.slug for t in card.tags))
        for card in (before, after)
    ]
    if pairs[0] == pairs[1] and before.kind == after.kind:
        return None
    (events, talks, tags), (new_events, new_talks, new_tags) = pairs
    return Change(
        entry_id=before.id,
        title=before.title,
        url=before.url,
        source=before.source.name,
        kind=(before.kind, after.kind),
        events=(events, new_events),
        talks=(talks, new_talks),
        tags=(tags, new_tags),
    )


def _names(events: Sequence[EventLink]) -> tuple[str, ...]:
    return tuple(event.name for event in events)


async def catch_up(
    database: Database, stages: Stages, settings: Settings, clock: Callable[[], datetime]
) -> int:
    """Judge all that is stale, as after an upgrade; return how many entries that were.

    For a process that has just started: one that runs with an older registry than the commands
    beside it must not judge anew what those have judged.
    """
    catalogue = await asyncio.to_thread(catalogues.load, settings.config_dir)
    replay = Replay.of(database, stages, settings, catalogue, clock)
    count = 0
    try:
        async for batch in replay.run(keep=True):
            count += batch.judged
    except StoreError as error:  # the next start goes on
        _log.warning("again.stopped", extra={"f": {"entries": count, "error": str(error)}})
    else:
        if count:
            _log.info("again.done", extra={"f": {"entries": count}})
    return count
