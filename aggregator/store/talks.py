"""Keeps the talks that recaps tell of; `grouping` says which tellings are of one talk.

Talks are made from tellings each time anew, within the events at hand, so that a recap that shows
two talks to be one joins them, and its correction parts them again. Ids last: the older one stays,
the other leads to it, and comes back when the two part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator import text as words
from aggregator import urls
from aggregator.model import LinkKind, TalkLink, TalkMention
from aggregator.store.counters import Touched, chunks
from aggregator.store.grouping import Telling, bare, grouped, same_person
from aggregator.store.keys import capped, of_title
from aggregator.store.schema import (
    entries,
    old_talks,
    talk_links,
    talk_mentions,
    talk_speakers,
    talks,
)

_TALKS, _SPEAKERS, _RESOURCES = 200, 12, 12  # a post or a talk has no more than these


@dataclass(slots=True)
class _Told:
    """A telling with what is stored of it."""

    telling: Telling
    position: int
    told: str
    talk_id: int | None  # the talk that it is of, or was of before its entry was read again
    stored: bool = True

    @property
    def title_keys(self) -> set[str]:
        """Return the keys of its titles."""
        return {of_title(title) for title in (self.telling.title, self.telling.was) if title}


@dataclass(slots=True)
class _Talk:
    """A group of tellings and the id that it gets."""

    told: list[_Told]
    id: int | None = None
    absorbed: set[int] = field(default_factory=set)  # ids that lead to it from now on

    @property
    def first(self) -> _Told:
        """Return the earliest telling."""
        return min(self.told, key=lambda one: (one.telling.entry_id, one.position))


def link_talks(
    c: Connection,
    told: dict[int, Sequence[tuple[TalkMention, str]]],
    main: dict[int, int | None],
    touched: Touched,
    *,
    fresh: bool,
) -> None:
    """Write which talks entries tell of.

    Args:
        c: in a write transaction, `alone`.
        told: per entry, each with the title that was recognised where a person has changed it.
        main: the event of each entry.
        touched: gets what may have to be counted anew.
        fresh: nothing is stored of these entries yet.
    """
    new = [
        _new(entry_id, main.get(entry_id), position, *one)
        for entry_id, some in told.items()
        for position, one in enumerate(some[:_TALKS])
    ]
    before = set() if fresh else _forget(c, new, told)
    touched.talks |= before
    if new or before:
        event_ids = {event for event in main.values() if event is not None}
        _place(c, new, _near(c, new, event_ids) | before, touched)
    _rebuild(c, touched)


def regroup(c: Connection, event_ids: Collection[int], touched: Touched) -> None:
    """Group all that is told in these events anew, as after a merge of events."""
    talk_ids = _near(c, (), set(event_ids)) | touched.talks
    touched.talks |= talk_ids
    _place(c, [], talk_ids, touched)
    _rebuild(c, touched)


def _new(
    entry_id: int, event_id: int | None, position: int, mention: TalkMention, was: str
) -> _Told:
    named = [words.shorten(name, 100) for name in mention.speakers[:_SPEAKERS]]
    telling = Telling(
        entry_id=entry_id,
        event_id=event_id,
        title=words.shorten(mention.title, 300) or "Untitled",
        speakers=tuple((name, words.slug(name)) for name in named if name),
        links=tuple(
            (link.url, link.kind.value)
            for link in mention.links[:_RESOURCES]
            if urls.is_web(link.url) and len(link.url) <= 2000
        ),
        was=words.shorten(was, 300),
    )
    return _Told(telling, position, words.shorten(mention.told, 500), None, stored=False)


# ------------------------------------------------------------------------------- what is there


def _forget(c: Connection, new: Sequence[_Told], entry_ids: Collection[int]) -> set[int]:
    """Drop the mentions of entries; tellings that were there keep their talks. Return the talks."""
    before: dict[int, list[_Told]] = defaultdict(list)
    for ids in chunks(entry_ids):
        for row in c.execute(_ROWS.where(talk_mentions.c.entry_id.in_(ids))):
            before[row.entry_id].append(_read(row))
        c.execute(delete(talk_mentions).where(talk_mentions.c.entry_id.in_(ids)))
    for one in new:
        known = before[one.telling.entry_id]
        same = next((old for old in known if old.title_keys & one.title_keys), None)
        same = same or next(
            (old for old in known if old.telling.resources.keys() & one.telling.resources), None
        )
        one.talk_id = same.talk_id if same else None
    return {old.talk_id for some in before.values() for old in some if old.talk_id is not None}


_ROWS = (
    select(talk_mentions, entries.c.main_event_id)
    .join_from(talk_mentions, entries, entries.c.id == talk_mentions.c.entry_id)
    .order_by(talk_mentions.c.entry_id, talk_mentions.c.position)
)


def _read(row: Any) -> _Told:
    telling = Telling(
        entry_id=row.entry_id,
        event_id=row.main_event_id,
        title=row.title,
        speakers=tuple((name, slug) for name, slug in row.speakers),
        links=tuple((url, kind) for url, kind in row.links),
        was=row.was,
    )
    return _Told(telling, row.position, row.told, row.talk_id)


def _near(c: Connection, new: Iterable[_Told], event_ids: Collection[int]) -> set[int]:
    """Return the talks of these events, and those with a resource of the new tellings."""
    found: set[int] = set()
    for ids in chunks(event_ids):
        told_there = select(talk_mentions.c.talk_id).join_from(
            entries, talk_mentions, talk_mentions.c.entry_id == entries.c.id
        )
        found.update(c.scalars(told_there.where(entries.c.main_event_id.in_(ids)).distinct()))
    for keys in chunks({key for one in new for key in one.telling.resources}):
        cited = select(talk_links.c.talk_id).where(talk_links.c.url_key.in_(keys))
        found.update(c.scalars(cited))
    return found


# ------------------------------------------------------------------------------------- placing


def _place(
    c: Connection, new: Sequence[_Told], talk_ids: Collection[int], touched: Touched
) -> None:
    """Group the tellings of these talks and the new ones, and write what has changed by it."""
    told = list(new)
    for ids in chunks(talk_ids):
        told += [_read(row) for row in c.execute(_ROWS.where(talk_mentions.c.talk_id.in_(ids)))]
    told.sort(key=lambda one: (one.telling.entry_id, one.position))
    groups = grouped([one.telling for one in told])
    made = [_Talk([told[place] for place in places]) for places in groups]
    _assign(made)
    _revive(c, made, talk_ids)
    _make(c, [talk for talk in made if talk.id is None])
    _write(c, made, touched)
    _lead_on(c, made, touched)


def _assign(made: Sequence[_Talk]) -> None:
    """Give each group the oldest id of those that its tellings had; an id stays with its first."""
    wanted: dict[int, list[_Talk]] = defaultdict(list)
    for talk in made:
        for talk_id in {one.talk_id for one in talk.told if one.talk_id is not None}:
            wanted[talk_id].append(talk)
    for talk_id in sorted(wanted):
        owner = min(
            wanted[talk_id],
            key=lambda talk: min(
                (one.telling.entry_id, one.position) for one in talk.told if one.talk_id == talk_id
            ),
        )
        if owner.id is None:
            owner.id = talk_id
        else:
            owner.absorbed.add(talk_id)


def _revive(c: Connection, made: Sequence[_Talk], talk_ids: Collection[int]) -> None:
    """Give groups that parted from another talk the ids that had led to it."""
    lone = [talk for talk in made if talk.id is None and any(one.stored for one in talk.told)]
    if not lone:
        return
    gone = [
        row
        for ids in chunks(talk_ids)
        for row in c.execute(
            select(old_talks).where(old_talks.c.talk_id.in_(ids)).order_by(old_talks.c.id)
        )
    ]
    for row in gone:
        talk = next(
            (
                talk
                for talk in lone
                if talk.id is None and any(row.title_key in one.title_keys for one in talk.told)
            ),
            None,
        )
        if talk is not None:
            talk.id = row.id
            c.execute(delete(old_talks).where(old_talks.c.id == row.id))
            first = talk.first.telling
            key = {"title": first.title, "title_key": of_title(first.title)}
            c.execute(insert(talks).values(id=row.id, event_id=first.event_id, **key))


def _make(c: Connection, new: Sequence[_Talk]) -> None:
    if not new:
        return
    alike: dict[tuple[int | None, str], list[_Talk]] = defaultdict(list)
    for talk in reversed(new):
        first = talk.first.telling
        alike[first.event_id, first.title].append(talk)
    values = [
        {"event_id": event_id, "title": title, "title_key": of_title(title)}
        for event_id, title in (one for one, some in reversed(alike.items()) for _ in some)
    ]
    # The rows come back in any order; of two that are the same either may be whose talk's.
    for row in c.execute(_INSERT, values):
        alike[row.event_id, row.title].pop().id = row.id


_INSERT = insert(talks).returning(talks.c.id, talks.c.event_id, talks.c.title)


def _write(c: Connection, made: Sequence[_Talk], touched: Touched) -> None:
    rows, moved = [], []
    for talk in made:
        for one in talk.told:
            if one.stored and one.talk_id == talk.id:
                continue
            touched.talks.update(key for key in (one.talk_id, talk.id) if key is not None)
            if one.stored:
                moved.append({"b_entry": one.telling.entry_id, "b_talk": one.talk_id})
            rows.append(_row(one, talk.id))
    if moved:
        c.execute(
            delete(talk_mentions).where(
                talk_mentions.c.entry_id == bindparam("b_entry"),
                talk_mentions.c.talk_id == bindparam("b_talk"),
            ),
            moved,
        )
    if rows:
        c.execute(insert(talk_mentions), rows)


def _row(one: _Told, talk_id: int | None) -> dict[str, Any]:
    return {
        "entry_id": one.telling.entry_id,
        "talk_id": talk_id,
        "position": one.position,
        "title": one.telling.title,
        "title_key": of_title(one.telling.title),
        "speakers": one.telling.speakers,
        "links": one.telling.links,
        "told": one.told,
        "was": one.telling.was,
    }


def _lead_on(c: Connection, made: Sequence[_Talk], touched: Touched) -> None:
    """Let the ids of talks that are another one now lead to that."""
    for talk in made:
        if not talk.absorbed:
            continue
        gone = c.execute(
            select(talks.c.id, talks.c.title_key, talks.c.event_id).where(
                talks.c.id.in_(talk.absorbed)
            )
        ).all()
        c.execute(
            update(old_talks).where(old_talks.c.talk_id.in_(talk.absorbed)).values(talk_id=talk.id)
        )
        c.execute(
            insert(old_talks),
            [{"id": row.id, "talk_id": talk.id, "title_key": row.title_key} for row in gone],
        )
        c.execute(delete(talks).where(talks.c.id.in_(talk.absorbed)))
        touched.events.update(row.event_id for row in gone if row.event_id is not None)
        touched.talks -= talk.absorbed


# ------------------------------------------------------------------------------- what talks show


def _rebuild(c: Connection, touched: Touched) -> None:
    """Write event, title, speakers, links and a sentence of each talk from what entries tell.

    From the mentions and not on top of what was there, so that what a better recogniser no longer
    finds goes away.
    """
    for some in chunks(touched.talks):
        by_talk: dict[int, list[Any]] = defaultdict(list)
        for row in c.execute(
            select(talk_mentions, entries.c.main_event_id, talks.c.event_id)
            .join_from(talk_mentions, talks, talks.c.id == talk_mentions.c.talk_id)
            .join(entries, entries.c.id == talk_mentions.c.entry_id)
            .where(talk_mentions.c.talk_id.in_(some))
            .order_by(talk_mentions.c.talk_id, talk_mentions.c.entry_id)
        ):
            by_talk[row.talk_id].append(row)
        c.execute(delete(talk_links).where(talk_links.c.talk_id.in_(some)))
        c.execute(delete(talk_speakers).where(talk_speakers.c.talk_id.in_(some)))
        summed = [{"b_id": talk_id} | _summed(told) for talk_id, told in by_talk.items()]
        if not summed:
            continue
        touched.events.update(told[0].event_id for told in by_talk.values() if told[0].event_id)
        touched.events.update(values["event_id"] for values in summed if values["event_id"])
        c.execute(update(talks).where(talks.c.id == bindparam("b_id")), summed)
        _index(c, summed)


def _index(c: Connection, summed: Iterable[dict[str, Any]]) -> None:
    """Write the rows by which talks are found."""
    link_rows: list[dict[str, Any]] = []
    speaker_rows: list[dict[str, Any]] = []
    for values in summed:
        keys = {capped(urls.resource_of(url).key): kind for url, kind in values["links"]}
        link_rows += [
            {"talk_id": values["b_id"], "url_key": key, "kind": kind} for key, kind in keys.items()
        ]
        speaker_rows += [
            {"talk_id": values["b_id"], "position": position, "name": name, "slug": slug}
            for position, (name, slug) in enumerate(values["speakers"])
        ]
    if link_rows:
        c.execute(insert(talk_links), link_rows)
    if speaker_rows:
        c.execute(insert(talk_speakers), speaker_rows)


_ORDER = {kind.value: place for place, kind in enumerate(LinkKind)}


def _summed(tellings: Sequence[Any]) -> dict[str, Any]:
    """Return what several recaps together know of a talk: the commonest title, everyone's links.

    Where people have changed how entries tell of it, their title and speakers are the talk's.
    """
    fixed = [row for row in tellings if row.was] or tellings
    title = _title(fixed)
    links: dict[str, tuple[str, str]] = {}
    for row in tellings:
        for url, kind in row.links:
            links.setdefault(urls.resource_of(url).key, (url, kind))
    given = Counter(row.main_event_id for row in tellings if row.main_event_id)
    best = sorted(links.values(), key=lambda link: _ORDER[link[1]])[:_RESOURCES]
    return {
        "event_id": given.most_common(1)[0][0] if given else None,
        "title": title,
        "title_key": of_title(title),
        "speakers": _speakers(fixed) or _speakers(tellings),
        "links": [list(link) for link in best],
        "told": next((row.told for row in tellings if row.told), ""),
    }


def _title(tellings: Sequence[Any]) -> str:
    """Return the title that most tellings use, as the first of them spells it."""
    named = [bare(row.title) for row in tellings]
    common = Counter(named).most_common(1)[0][0]
    title: str = tellings[named.index(common)].title
    return title


def _speakers(tellings: Iterable[Any]) -> list[list[str]]:
    """Return everybody who speaks, each by the longest form of the name."""
    found: list[list[str]] = []
    for row in tellings:
        for name, slug in row.speakers:
            same = next((one for one in found if one[1] == slug or same_person(one[0], name)), None)
            if same is None:
                found.append([name, slug])
            elif len(name) > len(same[0]) and same[1] != slug:
                same[:] = [name, slug]
    return found[:_SPEAKERS]


def shown_links(links: Iterable[Sequence[str]]) -> tuple[TalkLink, ...]:
    """Return stored links as values."""
    return tuple(TalkLink(url=url, kind=LinkKind(kind)) for url, kind in links)
