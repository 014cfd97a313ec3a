"""How the admin pages say things: times, spans, outcomes, and which feed needs an eye. All pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.model import (
    EventFact,
    FactName,
    FactOrigin,
    Feed,
    FeedStatus,
    Fix,
    Outcome,
    PollRow,
)

# The band in which an editor's eye is worth more than the recogniser's word.
UNSURE = (0.35, 0.65)

_NUMBER = r"[+−-]\d+(?:\.\d+)?"
_REASON = re.compile(
    rf"(?:({_NUMBER}) )?(?:(corrected by|[a-z]+)(?=[^:]*: )[^:]*: )?(.+?)(?: \(({_NUMBER})\))?",
    re.DOTALL,
)

_UNITS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)

OUTCOMES = {
    Outcome.CHANGED: "new or changed entries",
    Outcome.SAME: "read, nothing new",
    Outcome.NOT_MODIFIED: "not modified",
    Outcome.GONE: "gone",
    Outcome.FAILED: "failed",
}

FIXES = {
    Fix.KIND: "Kind set to",
    Fix.HIDDEN: "Hidden",
    Fix.EVENT: "Event added",
    Fix.NOT_EVENT: "Event taken away",
    Fix.TAG: "Tag added",
    Fix.NOT_TAG: "Tag taken away",
    Fix.TALK: "Talk",
    Fix.NOT_TALK: "No talk",
}

FACTS = {
    FactName.DATES: "Dates",
    FactName.PLACE: "Place",
    FactName.HOMEPAGE: "Homepage",
    FactName.HASHTAG: "Hashtag",
}

ORIGINS = {
    FactOrigin.PERSON: "set by a person",
    FactOrigin.REGISTRY: "from the list of series",
    FactOrigin.POST: "from a post",
    FactOrigin.SERIES: "usual for the series",
}


def sentence(text: str) -> str:
    """Return words of ours as a sentence: a capital first, unless an address is, a stop last."""
    said = text.strip()
    if "://" not in said.partition(" ")[0]:
        said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 feed" or "2 feeds"; `many` where an s does not do."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit: "3 hours", "20 seconds"."""
    length = abs(length)
    for unit, word in _UNITS:
        if length >= unit:
            return counted(round(length / unit), word)
    return counted(int(length.total_seconds()), "second")


def ago(when: datetime | None, now: datetime) -> str:
    """Return how long before or after `now` it is: "5 minutes ago", "in 2 hours", "never"."""
    if when is None:
        return "never"
    if abs(when - now) < timedelta(seconds=2):
        return "now"
    return f"{span(now - when)} ago" if when < now else f"in {span(when - now)}"


def due(when: datetime, now: datetime) -> str:
    """Return when the next poll is, where the past means that a poller may take it any moment."""
    return "due now" if when <= now else ago(when, now)


def share(part: int, whole: int) -> str:
    """Return a part in per cent; a dash where there is no whole."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def poll_said(poll: PollRow) -> str:
    """Return one past poll in words, as the text beside its cell."""
    parts = [f"{poll.started_at:%d %b %H:%M}", OUTCOMES[poll.outcome]]
    if poll.entries_new or poll.entries_changed:
        parts.append(f"{poll.entries_new} new, {poll.entries_changed} changed")
    parts += [said for said in (poll.error, poll.note) if said]
    return ": ".join(parts[:2]) + "".join(f", {part}" for part in parts[2:])


def strip_said(polls: Iterable[PollRow]) -> str:
    """Return a strip of polls in words, for those who do not see its cells."""
    seen = list(polls)
    bad = sum(poll.outcome in (Outcome.FAILED, Outcome.GONE) for poll in seen)
    if not seen:
        return "no polls yet"
    failed = f"{bad} failed" if bad else "none failed"
    return f"last {counted(len(seen), 'poll')}: {failed}"


_ADVICE = {
    401: "The server refuses us. Ask the blog's owner to let feed readers in.",
    403: "The server refuses us. Ask the blog's owner to let feed readers in.",
    404: "Look for the feed's new address on the site and change it here.",
    429: "The server asks us to come less often; the polls are further apart now.",
}


LONG = timedelta(days=14)  # a feed that has failed for longer will hardly come back by itself


def long_ill(feeds: Iterable[Feed], now: datetime) -> list[Feed]:
    """Return the feeds that have failed for long, the longest first."""
    ill = [feed for feed in feeds if feed.status is FeedStatus.FAILING and feed.failing_since]
    lasting = [feed for feed in ill if now - (feed.failing_since or now) > LONG]
    return sorted(lasting, key=lambda feed: feed.failing_since or now)


def advice(feed: Feed) -> str:
    """Return what an admin can do about a feed that fails; empty when nothing is wrong."""
    if feed.held:
        return "Nothing of it is taken until you accept what it brings now, or remove it."
    if feed.status is FeedStatus.GONE:
        return "The server says it is gone for good. Look for a new address, or remove the feed."
    if not feed.error or feed.status is not FeedStatus.FAILING:
        return ""
    status = feed.http_status or 0
    if status >= 500:
        return "The server has trouble of its own. It is tried again by itself."
    if feed.candidates:
        return "The address is a page. Pick one of the feeds that it announces."
    usual = "It is tried again by itself, with growing gaps. Check the address if this goes on."
    return _ADVICE.get(status, usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the health table that it can be sorted by."""

    name: str
    label: str
    key: Callable[[Feed], object]
    falling: bool  # the interesting end is the large one


_NEVER = datetime.min.replace(tzinfo=UTC)
_STATUS_ORDER = {
    FeedStatus.FAILING: 0,
    FeedStatus.GONE: 1,
    FeedStatus.PAUSED: 2,
    FeedStatus.ACTIVE: 3,
}


def feed_name(feed: Feed) -> str:
    """Return what a feed is called: its own title, else its source's."""
    return feed.title or feed.source.title


COLUMNS = (
    Column(name="name", label="Feed", key=lambda f: feed_name(f).casefold(), falling=False),
    Column(name="state", label="State", key=lambda f: _STATUS_ORDER[f.status], falling=False),
    Column(
        name="success",
        label="Last success",
        key=lambda f: f.last_success_at or _NEVER,
        falling=False,
    ),
    Column(name="next", label="Next poll", key=lambda f: f.next_poll_at, falling=False),
    Column(name="entries", label="Entries", key=lambda f: f.entries, falling=True),
    Column(
        name="recaps",
        label="Recaps",
        key=lambda f: f.recaps / f.entries if f.entries else -1.0,
        falling=True,
    ),
)


def sorted_feeds(feeds: Iterable[Feed], name: str) -> list[Feed]:
    """Return feeds by a column's name; a leading minus turns the order round. Unknown: by state."""
    known = {column.name: column for column in COLUMNS}
    column = known.get(name.removeprefix("-"), known["state"])
    first = sorted(feeds, key=lambda f: feed_name(f).casefold())
    falling = column.falling is not name.startswith("-")
    return sorted(first, key=column.key, reverse=falling)  # type: ignore[arg-type]  # one column's keys compare


def matching(feeds: Iterable[Feed], words: str, status: str) -> list[Feed]:
    """Return the feeds of a status ("" is any) that have all words in name, team or address."""
    wanted = words.casefold().split()

    def has_all(feed: Feed) -> bool:
        place = (feed_name(feed), feed.source.title, feed.source.organisation or "", feed.url)
        text = " ".join(place).casefold()
        return all(word in text for word in wanted)

    return [feed for feed in feeds if (not status or feed.status == status) and has_all(feed)]


def fact_said(fact: EventFact) -> str:
    """Return what is known of an event as people write it."""
    if fact.name is FactName.DATES:
        first, _, last = fact.value.partition("/")
        return " to ".join(dict.fromkeys(day for day in (first, last) if day)) or "not known"
    return fact.value or "not known"


def zoned(why: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return reasons by the zone of the post that they come from, in the order given.

    Each is (weight, words); zone and weight are empty where a reason has none.
    """
    zones: dict[str, list[tuple[str, str]]] = {}
    for reason in why:
        found = _REASON.fullmatch(reason)
        first, zone, said, last = found.groups() if found else (None, None, reason, None)
        if zone == "corrected by":
            zone, said = "correction", reason
        weight = (first or last or "").replace("-", "−")
        zones.setdefault(zone or "", []).append((weight, said))
    return list(zones.items())
