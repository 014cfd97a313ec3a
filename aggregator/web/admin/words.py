"""How the admin pages say things: times, spans, outcomes, and which feed needs an eye.

All pure, but for the language, which is the reader's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_decimal

from aggregator.model import (
    Correction,
    EventFact,
    FactName,
    FactOrigin,
    Feed,
    FeedStatus,
    Fix,
    Kind,
    Outcome,
    PollRow,
)
from aggregator.store import fixes
from aggregator.web.language import N_, gettext, locale, ngettext
from aggregator.web.told import talk, told
from aggregator.web.words import number, plural, short_day

_Unit = Literal["year", "month", "day", "hour", "minute", "second"]

# The band in which an editor's eye is worth more than the recogniser's word.
UNSURE = (0.35, 0.65)

_NUMBER = r"[+−-]\d+(?:\.\d+)?"
_REASON = re.compile(
    rf"(?:({_NUMBER}) )?(?:(corrected by|[a-z]+)(?=[^:]*: )[^:]*: )?(.+?)(?: \(({_NUMBER})\))?",
    re.DOTALL,
)

_UNITS: tuple[tuple[timedelta, _Unit], ...] = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
    (timedelta(0), "second"),
)
_ANY = 1e9  # so that Babel takes the unit that it is given, and none in between

# As in `web.words`: each takes the number, and the number as it is written.
_COUNTED: dict[str, Callable[[int, str], str]] = {
    "entry": lambda n, num: ngettext("%(num)s entry", "%(num)s entries", n, num=num),
    "failure": lambda n, num: ngettext(
        "%(num)s failure in a row", "%(num)s failures in a row", n, num=num
    ),
    "feed": lambda n, num: ngettext("%(num)s feed", "%(num)s feeds", n, num=num),
    "source": lambda n, num: ngettext("%(num)s source", "%(num)s sources", n, num=num),
}

_OUTCOMES = {
    Outcome.CHANGED: N_("new or changed entries"),
    Outcome.SAME: N_("read, nothing new"),
    Outcome.NOT_MODIFIED: N_("not modified"),
    Outcome.GONE: N_("gone"),
    Outcome.FAILED: N_("failed"),
}
_STATES = {
    FeedStatus.ACTIVE: N_("active"),
    FeedStatus.FAILING: N_("failing"),
    FeedStatus.PAUSED: N_("paused"),
    FeedStatus.GONE: N_("gone"),
}
_ROLES = {"admin": N_("admin"), "editor": N_("editor")}
_FIXES = {
    Fix.EVENT: N_("Event added: %(value)s"),
    Fix.NOT_EVENT: N_("Event taken away: %(value)s"),
    Fix.TAG: N_("Tag added: %(value)s"),
    Fix.NOT_TAG: N_("Tag taken away: %(value)s"),
    Fix.TALK: N_("Talk: %(value)s"),
    Fix.NOT_TALK: N_("No talk: %(value)s"),
}
_FACTS = {
    FactName.DATES: N_("Dates"),
    FactName.PLACE: N_("Place"),
    FactName.HOMEPAGE: N_("Homepage"),
    FactName.HASHTAG: N_("Hashtag"),
}
_ORIGINS = {
    FactOrigin.PERSON: N_("Set by a person"),
    FactOrigin.REGISTRY: N_("From the list of series"),
    FactOrigin.POST: N_("From a post"),
    FactOrigin.SERIES: N_("Usual for the series"),
}
_ZONES = {
    "": N_("All in all"),
    "correction": N_("Correction"),
    "date": N_("Date"),
    "end": N_("End"),
    "event": N_("Event"),
    "lead": N_("Lead"),
    "tags": N_("Tags"),
    "text": N_("Text"),
    "title": N_("Title"),
}


# ------------------------------------------------------------------------------- numbers and times


def counted(count: int, word: str) -> str:
    """Return "1 feed" or "2 feeds"."""
    return _COUNTED[word](count, number(count)) if word in _COUNTED else plural(count, word)


def decimal(value: float, digits: int) -> str:
    """Return a number with so many decimal places."""
    return format_decimal(value, f"0.{'0' * digits}" if digits else "0", locale=locale())


def share(part: int, whole: int) -> str:
    """Return a part in per cent; a dash where there is no whole."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def _unit(length: timedelta) -> _Unit:
    return next(unit for least, unit in _UNITS if abs(length) >= least)


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit: "3 hours", "20 seconds"."""
    return format_timedelta(abs(length), _unit(length), threshold=_ANY, locale=locale())


def ago(when: datetime | None, now: datetime) -> str:
    """Return how long before or after `now` it is: "5 minutes ago", "in 2 hours", "never"."""
    if when is None:
        return gettext("never")
    length = when - now
    if abs(length) < timedelta(seconds=2):
        return gettext("now")
    return format_timedelta(
        length, _unit(length), threshold=_ANY, add_direction=True, locale=locale()
    )


def due(when: datetime, now: datetime) -> str:
    """Return when the next poll is, where the past means that a poller may take it any moment."""
    return gettext("due now") if when <= now else ago(when, now)


def minute(when: datetime) -> str:
    """Return day and minute in UTC, without the year: "22 Jul, 10:05"."""
    return f"{format_skeleton('MMMd', when, locale=locale())}, {when:%H:%M}"


# ---------------------------------------------------------------------------------- single words


def sentence(text: str) -> str:
    """Return words of ours as a sentence: a capital first, unless an address is, a stop last."""
    said = text.strip()
    if "://" not in said.partition(" ")[0]:
        said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def outcome(poll: PollRow) -> str:
    """Return how a poll ended."""
    return gettext(_OUTCOMES[poll.outcome])


def status(name: str) -> str:
    """Return what a state of feeds is called."""
    return gettext(_STATES[FeedStatus(name)])


def state(feed: Feed) -> str:
    """Return how it stands with a feed, in a word or two."""
    return gettext("on trial") if feed.trial else status(feed.status)


def role(name: str) -> str:
    """Return what a role is called."""
    return gettext(_ROLES[name])


def weight(written: str) -> str:
    """Return a weight such as "+2.5" as the language writes it."""
    return written[:1] + decimal(float(written[1:]), len(written.partition(".")[2]))


def zone(name: str) -> str:
    """Return what a part of a post is called; an unknown one stays as it is."""
    return gettext(_ZONES[name]) if name in _ZONES else name.capitalize()


# ----------------------------------------------------------------------- what people and posts say


def fix_said(fix: Correction) -> str:
    """Return what a person has corrected."""
    if fix.what is Fix.KIND:
        return gettext("It is a recap") if fix.value == Kind.RECAP else gettext("It is no recap")
    if fix.what is Fix.HIDDEN:
        return gettext("It is hidden") if fix.value == "yes" else gettext("It is not hidden")
    value = fixes.said(fix)
    return gettext(_FIXES[fix.what], value=talk(value) if fix.what is Fix.TALK else value)


def fact_name(fact: EventFact) -> str:
    """Return what a fact of an event is called."""
    return gettext(_FACTS[fact.name])


def fact_origin(fact: EventFact) -> str:
    """Return where a fact of an event comes from."""
    return gettext(_ORIGINS[fact.origin])


def fact_said(fact: EventFact) -> str:
    """Return what is known of an event as people write it."""
    if fact.name is not FactName.DATES:
        return fact.value or gettext("not known")
    first, _, last = fact.value.partition("/")
    days = [_day(day) for day in dict.fromkeys((first, last)) if day]
    if len(days) == 2:
        return gettext("%(first)s to %(last)s", first=days[0], last=days[1])
    return days[0] if days else gettext("not known")


def _day(written: str) -> str:
    try:
        return short_day(date.fromisoformat(written))
    except ValueError:
        return written


# ------------------------------------------------------------------------------------------ polls


def poll_said(poll: PollRow) -> str:
    """Return one past poll in words, as the text beside its cell."""
    parts = [outcome(poll)]
    if poll.entries_new or poll.entries_changed:
        new, changed = number(poll.entries_new), number(poll.entries_changed)
        parts.append(gettext("%(new)s new, %(changed)s changed", new=new, changed=changed))
    parts += [told(said).words for said in (poll.error, poll.note) if said]
    return f"{minute(poll.started_at)}: {', '.join(parts)}"


def strip_said(polls: Iterable[PollRow]) -> str:
    """Return a strip of polls in words, for those who do not see its cells."""
    seen = list(polls)
    count, bad = len(seen), sum(poll.outcome in (Outcome.FAILED, Outcome.GONE) for poll in seen)
    if not seen:
        return gettext("no polls yet")
    if not bad:
        return ngettext(
            "last %(num)s poll: none failed",
            "last %(num)s polls: none failed",
            count,
            num=number(count),
        )
    return ngettext(
        "last %(num)s poll: %(bad)s failed",
        "last %(num)s polls: %(bad)s failed",
        count,
        num=number(count),
        bad=number(bad),
    )


# ------------------------------------------------------------------------------------------ feeds

_USUAL = N_("It is tried again by itself, with growing gaps. Check the address if this goes on.")
_REFUSES = N_("The server refuses us. Ask the blog's owner to let feed readers in.")
_ADVICE = {
    401: _REFUSES,
    403: _REFUSES,
    404: N_("Look for the feed's new address on the site and change it here."),
    429: N_("The server asks us to come less often; the polls are further apart now."),
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
        return gettext("Nothing of it is taken until you accept what it brings now, or remove it.")
    if feed.status is FeedStatus.GONE:
        return gettext(
            "The server says it is gone for good. Look for a new address, or remove the feed."
        )
    if not feed.error or feed.status is not FeedStatus.FAILING:
        return ""
    answered = feed.http_status or 0
    if answered >= 500:
        return gettext("The server has trouble of its own. It is tried again by itself.")
    if feed.candidates:
        return gettext("The address is a page. Pick one of the feeds that it announces.")
    return gettext(_ADVICE.get(answered, _USUAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the health table that it can be sorted by."""

    name: str
    said: str  # in English
    key: Callable[[Feed], object]
    falling: bool  # the interesting end is the large one

    @property
    def label(self) -> str:
        """What it is headed with."""
        return gettext(self.said)


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
    Column(name="name", said=N_("Feed"), key=lambda f: feed_name(f).casefold(), falling=False),
    Column(name="state", said=N_("State"), key=lambda f: _STATUS_ORDER[f.status], falling=False),
    Column(
        name="success",
        said=N_("Last success"),
        key=lambda f: f.last_success_at or _NEVER,
        falling=False,
    ),
    Column(name="next", said=N_("Next poll"), key=lambda f: f.next_poll_at, falling=False),
    Column(name="entries", said=N_("Entries"), key=lambda f: f.entries, falling=True),
    Column(
        name="recaps",
        said=N_("Recaps"),
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

    def fits(feed: Feed) -> bool:
        return has(words, feed_name(feed), feed.source.title, feed.source.organisation, feed.url)

    return [feed for feed in feeds if (not status or feed.status == status) and fits(feed)]


def has(q: str, *texts: str | None) -> bool:
    """Tell whether all words of `q` stand in the texts together."""
    text = " ".join(filter(None, texts)).casefold()
    return all(word in text for word in q.casefold().split())


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
