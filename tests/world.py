"""A made-up world of teams, events, talks and recaps, for tests, for looking and for measuring.

Everything in it is invented. The same seed gives the same world.
"""

from __future__ import annotations

import hashlib
import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from aggregator.model import (
    EventMention,
    Evidence,
    Kind,
    LinkKind,
    NewEntry,
    NewSource,
    Outcome,
    Poll,
    RawHtml,
    Recognition,
    SafeHtml,
    TagMention,
    TalkLink,
    TalkMention,
)
from aggregator.store import Database, feeds
from aggregator.text import slug

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
_WORDS = tomllib.loads((Path(__file__).parent / "data/world.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class World:
    """What was built."""

    now: datetime
    feed_ids: tuple[int, ...]
    recaps: int
    others: int


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with the talks that were given there."""

    mention: EventMention
    on: date
    talks: tuple[TalkMention, ...]


@dataclass(frozen=True, slots=True)
class _Team:
    source: NewSource
    site: str
    entries: list[NewEntry]


def new_entry(**values: object) -> NewEntry:
    """Return an entry of which only some fields matter."""
    url = str(values.get("url") or values.get("guid") or "https://blog.example/post/")
    html = values.get("html")
    usual: dict[str, object] = {
        "guid": url,
        "url": url,
        "title": "A post",
        "authors": (),
        "published_at": NOW - timedelta(days=1),
        "published_inferred": False,
        "updated_at": None,
        "language": "en",
        "enclosures": (),
        "feed_tags": (),
        "html": None,
        "excerpt": False,
        "summary": "What the post says, in short.",
        "original": RawHtml(str(html or "")),
        "feed_html": RawHtml(""),
        "base_url": url,
        "recognition": Recognition(kind=Kind.OTHER, kind_score=0.1, version=1),
    }
    usual |= values
    usual.setdefault("content_hash", hashlib.sha256(repr(usual).encode()).hexdigest())
    return NewEntry(**usual)  # type: ignore[arg-type]  # the values above fit


def poll_of(
    feed_id: int, url: str, entries: Sequence[NewEntry], now: datetime = NOW, **known: object
) -> Poll:
    """Return the poll that brought `entries`."""
    values: dict[str, object] = {
        "feed_id": feed_id,
        "url": url,
        "started_at": now,
        "duration": timedelta(milliseconds=140),
        "outcome": Outcome.CHANGED if entries else Outcome.SAME,
        "next_poll_at": now + HOUR,
        "interval": HOUR,
        "http_status": 200,
        "body_bytes": 40_000,
        "entries": tuple(entries),
        "entries_new": len(entries),
    }
    return Poll(**(values | known))  # type: ignore[arg-type]  # the values above fit


class Maker:
    """Makes things up, always the same for one seed."""

    def __init__(self, seed: int = 7, now: datetime = NOW) -> None:
        self.dice = random.Random(seed)  # noqa: S311  # a world must be the same each time
        self.now = now

    def words(self, kind: str) -> str:
        """Return one of the words of a kind."""
        word: str = self.dice.choice(_WORDS[kind])
        return word

    def prose(self, sentences: int) -> str:
        """Return some sentences."""
        return " ".join(self.dice.sample(_WORDS["sentences"], sentences))

    def people(self, count: int) -> tuple[str, ...]:
        """Return names."""
        names = [f"{self.words('first_names')} {self.words('last_names')}" for _ in range(count)]
        return tuple(dict.fromkeys(names))

    def talk(self, event: str) -> TalkMention:
        """Return a talk given at an event."""
        title = self.words("shapes").format(self.words("subjects"))
        ident = hashlib.sha256(f"{event}{title}".encode()).hexdigest()[:11]
        links = (
            TalkLink(url=f"https://www.youtube.com/watch?v={ident}", kind=LinkKind.VIDEO),
            TalkLink(url=f"https://speakerdeck.com/{slug(event)}/{ident}", kind=LinkKind.SLIDES),
            TalkLink(url=f"https://github.com/{slug(event)}/{ident}", kind=LinkKind.CODE),
        )
        chances = (0.75, 0.35, 0.2)
        return TalkMention(
            title=title[0].upper() + title[1:],
            speakers=self.people(self.dice.choice((1, 1, 1, 2))),
            links=tuple(
                link
                for link, chance in zip(links, chances, strict=True)
                if self.dice.random() < chance
            ),
        )

    def happenings(self, least: int = 0) -> list[Happening]:
        """Return all events there are, oldest first; further series make them `least` at least."""
        found: list[Happening] = []
        for series in _WORDS["series"]:
            found += self._editions(series["name"], series["place"], series["month"])
        pairs = ((town, tag) for tag in _WORDS["tags"] for town in _WORDS["towns"])
        while len(found) < least:
            town, tag = next(pairs)
            found += self._editions(f"{town} {tag} Days", town, self.dice.randint(1, 12))
        return sorted(found, key=lambda one: one.on)

    def _editions(self, name: str, place: str, month: int) -> list[Happening]:
        found = []
        first = self.now.year - self.dice.choice((3, 5, 8, 11))
        for year in range(first, self.now.year + 1):
            on = date(year, month, self.dice.randint(3, 24))
            if on < self.now.date() and self.dice.random() > 0.12:
                found.append(self._happening(name, place, on))
        return found

    def _happening(self, series: str, place: str, on: date) -> Happening:
        name = f"{series} {on.year}"
        dated = self.dice.random() < 0.8
        mention = EventMention(
            name=name,
            series=series,
            year=on.year,
            evidence=Evidence.TITLE,
            starts_on=on if dated else None,
            ends_on=on + timedelta(days=self.dice.choice((0, 1, 2, 3))) if dated else None,
            place=place,
            homepage=f"https://{slug(series)}.example/{on.year}/",
        )
        talks = tuple(self.talk(name) for _ in range(self.dice.randint(4, 16)))
        return Happening(mention, on, talks)

    def teams(self) -> list[_Team]:
        """Return teams that have not written yet."""
        found = []
        for place, town in enumerate(_WORDS["towns"]):
            site = f"https://{slug(town)}.example/"
            source = NewSource(
                title=f"{town} {_WORDS['teams'][place % len(_WORDS['teams'])]}",
                site_url=site,
                organisation=f"University of {town}",
                country=self.dice.choice((None, "GB", "DE", "NO")),
                licence=self.dice.choice((None, None, "CC-BY-4.0", "CC-BY-SA-4.0")),
            )
            found.append(_Team(source, site, []))
        return found

    def recap(self, number: int, site: str, event: Happening | None) -> NewEntry:
        """Return a recap of an event, or of something smaller, as a poll would store it."""
        name = event.mention.name if event else self.words("elsewhere")
        told = self._told(event) if event else ()
        code = self.dice.choices(("en", *_WORDS["foreign"]), (92, 3, 2, 2, 1))[0]
        title, summary = self.words("headlines").format(name), self.prose(2)
        if code != "en":
            headline, summary = _WORDS["foreign"][code]
            title = headline.format(name)
        html = self._article(told, name)
        all_tags = _WORDS["tags"]
        weights = [1 / (place + 1) for place in range(len(all_tags))]
        tags = tuple(dict.fromkeys(self.dice.choices(all_tags, weights, k=self.dice.randint(1, 6))))
        return new_entry(
            url=f"{site}posts/{number}-{slug(title)}/",
            title=title,
            authors=self.people(self.dice.choice((0, 1, 1, 1, 2, 4))),
            published_at=self._written(event),
            language=code,
            feed_tags=tags,
            html=SafeHtml(html),
            excerpt=self.dice.random() < 0.2,
            summary=summary,
            recognition=Recognition(
                kind=Kind.RECAP,
                kind_score=round(self.dice.uniform(0.55, 0.99), 2),
                events=(event.mention,) if event else (),
                talks=told,
                tags=tuple(TagMention(slug=slug(tag), name=tag) for tag in tags),
                language=code,
                why=("the title looks back", "it tells of talks in the past tense"),
                version=1,
            ),
        )

    def _told(self, event: Happening) -> tuple[TalkMention, ...]:
        heard = [talk for talk in event.talks if self.dice.random() < 0.35][:9]
        return tuple(
            TalkMention(title=t.title, speakers=t.speakers, links=t.links, told=self.prose(1))
            for t in heard
        )

    def _written(self, event: Happening | None) -> datetime:
        earlier = self.now.date() - timedelta(days=self.dice.randint(5, 1200))
        midnight = datetime.combine(event.on if event else earlier, time(), UTC)
        later = timedelta(days=self.dice.expovariate(1 / 12), minutes=self.dice.randint(400, 1300))
        return min(midnight + later, self.now - 2 * HOUR).replace(microsecond=0)

    def _article(self, talks: Sequence[TalkMention], name: str) -> str:
        parts = [f"<p>{self.prose(3)}</p>"]
        for talk in talks:
            link = talk.links[0].url if talk.links else "https://example.org/"
            parts.append(
                f"<h3>{talk.title}</h3>"
                f'<p>{talk.told} <a href="{link}">The recording</a> is online. {self.prose(2)}</p>'
            )
        parts += [piece for piece in _WORDS["pieces"] if self.dice.random() < 0.25]
        items = "</li><li>".join(self.dice.sample(_WORDS["sentences"], 3))
        return "".join((*parts, f"<ul><li>{items}</li></ul><p>All of this at {name}.</p>"))

    def notice(self, number: int, site: str) -> NewEntry:
        """Return a post that is no recap."""
        title = self.words("notices")
        return new_entry(
            url=f"{site}posts/{number}-{slug(title)}/",
            title=f"{title} ({number})",
            published_at=self.now - timedelta(days=self.dice.randint(1, 900)),
            original=RawHtml(f"<p>{self.prose(1)}</p>"),
        )


def build(  # each has a default
    database: Database,
    *,
    recaps: int = 400,
    others: int = 100,
    events: int = 0,
    seed: int = 7,
    now: datetime = NOW,
) -> World:
    """Fill an upgraded, empty database through the same doors as a poll does."""
    maker = Maker(seed, now)
    dice = maker.dice
    happenings, teams = maker.happenings(events), maker.teams()
    eager = [1 / (1 + place) for place in range(len(teams))]
    for number in range(recaps):
        team = dice.choices(teams, eager)[0]
        # Recent events are written about more; a few posts are about none.
        event = happenings[int(len(happenings) * dice.random() ** 0.55)]
        team.entries.append(maker.recap(number, team.site, event if dice.random() > 0.06 else None))
    for number in range(recaps, recaps + others):
        team = dice.choice(teams)
        team.entries.append(maker.notice(number, team.site))
    feed_ids = tuple(_follow(database, team, now) for team in teams)
    return World(now, feed_ids, recaps, others)


def _follow(database: Database, team: _Team, now: datetime) -> int:
    url = f"{team.site}feed.xml"
    with database.writing() as c:
        feed_id = feeds.add(c, url, now=now - 48 * HOUR, source=team.source, interval=HOUR)
        title = team.source.title
        poll = poll_of(feed_id, url, team.entries, now - HOUR / 6, title=title, site_url=team.site)
        feeds.finish(c, [poll], now)
    return feed_id
