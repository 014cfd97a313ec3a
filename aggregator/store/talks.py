"""Groups what recaps tell of talks, and keeps the talks that result.

Two recaps tell of one talk when any of its resources is the same, or, within one event, when the
titles are the same and a speaker is shared or not known. Talks of different events are one only by
a resource that belongs to one occasion: code goes from event to event.
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
from aggregator.store.keys import capped, of_title
from aggregator.store.schema import entries, talk_links, talk_mentions, talk_speakers, talks

_TALKS, _SPEAKERS, _RESOURCES = 200, 12, 12  # a post or a talk has no more than these


@dataclass(slots=True)
class _Talk:
    """A talk, stored already or about to be."""

    event_id: int | None
    id: int | None = None
    title: str = ""
    title_key: str = ""
    speakers: set[str] = field(default_factory=set)  # slugs


@dataclass(frozen=True, slots=True)
class _Told:
    """One entry's words about a talk, as they are stored."""

    title: str
    title_key: str
    speakers: tuple[tuple[str, str], ...]  # (name, slug)
    links: tuple[tuple[str, str], ...]  # (url, kind)
    told: str

    @property
    def resources(self) -> list[tuple[str, str]]:
        """Key and kind of each link."""
        return [(capped(urls.resource_key(url)), kind) for url, kind in self.links]


def _told(mention: TalkMention) -> _Told:
    title = words.shorten(mention.title, 300) or "Untitled"
    named = [words.shorten(name, 100) for name in mention.speakers[:_SPEAKERS]]
    return _Told(
        title=title,
        title_key=of_title(title),
        speakers=tuple((name, words.slug(name)) for name in named if name),
        links=tuple(
            (link.url, link.kind.value)
            for link in mention.links[:_RESOURCES]
            if urls.is_web(link.url) and len(link.url) <= 2000
        ),
        told=words.shorten(mention.told, 500),
    )


class _Known:
    """The talks that mentions may belong to: looked up once for a batch, then grown."""

    def __init__(self, c: Connection, told: Iterable[_Told], events: Collection[int]) -> None:
        self.by_id: dict[int, _Talk] = {}
        self.by_key: dict[str, list[tuple[_Talk, str]]] = defaultdict(list)
        self.by_title: dict[tuple[int | None, str], list[_Talk]] = defaultdict(list)
        told = list(told)
        self._load_keys(c, {key for one in told for key, _ in one.resources})
        self._load_titles(c, {one.title_key for one in told if one.title_key}, events)

    def _load_keys(self, c: Connection, keys: Collection[str]) -> None:
        for some in chunks(keys):
            for row in c.execute(
                select(talk_links.c.url_key, talk_links.c.kind, *_FACTS)
                .join_from(talk_links, talks, talks.c.id == talk_links.c.talk_id)
                .where(talk_links.c.url_key.in_(some))
                .order_by(talks.c.id)
            ):
                self.by_key[row.url_key].append((self._of(row), row.kind))

    def _load_titles(self, c: Connection, titles: Collection[str], events: Collection[int]) -> None:
        if not events:
            return
        for some in chunks(titles):
            for row in c.execute(
                select(*_FACTS)
                .where(talks.c.event_id.in_(events), talks.c.title_key.in_(some))
                .order_by(talks.c.id)
            ):
                self.by_title[row.event_id, row.title_key].append(self._of(row))

    def _of(self, row: Any) -> _Talk:
        talk = self.by_id.get(row.id)
        if talk is None:
            talk = self.by_id[row.id] = _Talk(
                row.event_id, row.id, row.title, row.title_key, {slug for _, slug in row.speakers}
            )
        return talk

    def find(self, told: _Told, event_id: int | None, taken: Collection[int]) -> _Talk | None:
        """Return the talk that `told` is about, unless the same entry tells of it already."""
        elsewhere = None
        for key, _kind in told.resources:
            for talk, kind in self.by_key.get(key, ()):
                if id(talk) in taken:
                    continue
                if talk.event_id == event_id:
                    return talk
                if kind != LinkKind.CODE:
                    elsewhere = elsewhere or talk
        if event_id is not None and told.title_key:
            speakers = {slug for _, slug in told.speakers}
            for talk in self.by_title.get((event_id, told.title_key), ()):
                agree = not speakers or not talk.speakers or speakers & talk.speakers
                if agree and id(talk) not in taken:
                    return talk
        return elsewhere

    def add(self, talk: _Talk, told: _Told) -> None:
        """Remember what `told` adds to `talk`."""
        talk.speakers.update(slug for _, slug in told.speakers)
        for key, kind in told.resources:
            if all(other is not talk for other, _ in self.by_key[key]):
                self.by_key[key].append((talk, kind))
        same = self.by_title[talk.event_id, told.title_key]
        if all(other is not talk for other in same):
            same.append(talk)


_FACTS = (talks.c.id, talks.c.event_id, talks.c.title, talks.c.title_key, talks.c.speakers)


def link_talks(
    c: Connection,
    told: dict[int, Sequence[TalkMention]],
    main: dict[int, int | None],
    touched: Touched,
    *,
    fresh: bool,
) -> None:
    """Write which talks entries tell of; `main` is the event of each entry."""
    if not fresh:
        _forget(c, told)
    _place(
        c, {entry: [_told(m) for m in some[:_TALKS]] for entry, some in told.items()}, main, touched
    )


def regroup(c: Connection, event_ids: Collection[int], touched: Touched) -> None:
    """Place all that is told of these events' talks anew, as after a merge of events."""
    of_events = select(talk_mentions.c.entry_id).join_from(
        talk_mentions, talks, talks.c.id == talk_mentions.c.talk_id
    )
    ids = set(c.scalars(of_events.where(talks.c.event_id.in_(event_ids))))
    told: dict[int, list[_Told]] = defaultdict(list)
    main: dict[int, int | None] = {}
    for some in chunks(ids):
        main |= {
            row.id: row.main_event_id
            for row in c.execute(
                select(entries.c.id, entries.c.main_event_id).where(entries.c.id.in_(some))
            )
        }
        for row in c.execute(
            select(talk_mentions)
            .where(talk_mentions.c.entry_id.in_(some))
            .order_by(talk_mentions.c.entry_id, talk_mentions.c.position)
        ):
            touched.talks.add(row.talk_id)
            told[row.entry_id].append(
                _Told(
                    title=row.title,
                    title_key=row.title_key,
                    speakers=tuple((name, slug) for name, slug in row.speakers),
                    links=tuple((url, kind) for url, kind in row.links),
                    told=row.told,
                )
            )
    _forget(c, ids)
    _place(c, told, main, touched)


def _forget(c: Connection, entry_ids: Collection[int]) -> None:
    for some in chunks(entry_ids):
        c.execute(delete(talk_mentions).where(talk_mentions.c.entry_id.in_(some)))


def _place(
    c: Connection,
    told: dict[int, list[_Told]],
    main: dict[int, int | None],
    touched: Touched,
) -> None:
    if any(told.values()):
        placed = _assign(c, told, main)
        c.execute(
            insert(talk_mentions),
            [
                {
                    "entry_id": entry_id,
                    "talk_id": talk.id,
                    "position": position,
                    "title": one.title,
                    "title_key": one.title_key,
                    "speakers": one.speakers,
                    "links": one.links,
                    "told": one.told,
                }
                for entry_id, position, one, talk in placed
            ],
        )
        touched.talks.update(talk.id for _, _, _, talk in placed if talk.id is not None)
    _rebuild(c, touched)


def _assign(
    c: Connection, told: dict[int, list[_Told]], main: dict[int, int | None]
) -> list[tuple[int, int, _Told, _Talk]]:
    """Find or make the talk of each telling."""
    event_ids = {event for event in main.values() if event is not None}
    known = _Known(c, (one for some in told.values() for one in some), event_ids)
    placed: list[tuple[int, int, _Told, _Talk]] = []
    new: list[_Talk] = []
    for entry_id in sorted(told):
        taken: set[int] = set()
        event_id = main.get(entry_id)
        for position, one in enumerate(told[entry_id]):
            talk = known.find(one, event_id, taken)
            if talk is None:
                talk = _Talk(event_id, None, one.title, one.title_key)
                new.append(talk)
            known.add(talk, one)
            taken.add(id(talk))
            placed.append((entry_id, position, one, talk))
    if new:
        made = c.execute(
            insert(talks).returning(talks.c.id, sort_by_parameter_order=True),
            [
                {"event_id": talk.event_id, "title": talk.title, "title_key": talk.title_key}
                for talk in new
            ],
        )
        for talk, row in zip(new, made, strict=True):
            talk.id = row.id
    return placed


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
        keys = {capped(urls.resource_key(url)): kind for url, kind in values["links"]}
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
    """Return what several recaps together know of a talk: the first's title, everyone's links."""
    speakers: dict[str, str] = {}
    links: dict[str, tuple[str, str]] = {}
    for row in tellings:
        for name, slug in row.speakers:
            speakers.setdefault(slug, name)
        for url, kind in row.links:
            links.setdefault(urls.resource_key(url), (url, kind))
    given = Counter(row.main_event_id for row in tellings if row.main_event_id)
    best = sorted(links.values(), key=lambda link: _ORDER[link[1]])[:_RESOURCES]
    return {
        "event_id": given.most_common(1)[0][0] if given else None,
        "title": tellings[0].title,
        "title_key": tellings[0].title_key,
        "speakers": [[name, slug] for slug, name in list(speakers.items())[:_SPEAKERS]],
        "links": [list(link) for link in best],
        "told": next((row.told for row in tellings if row.told), ""),
    }


def shown_links(links: Iterable[Sequence[str]]) -> tuple[TalkLink, ...]:
    """Return stored links as values."""
    return tuple(TalkLink(url=url, kind=LinkKind(kind)) for url, kind in links)
