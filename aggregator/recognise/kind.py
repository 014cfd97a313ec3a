"""Recap or other: named clues, each with a fitted weight; the reasons are kept in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress

from aggregator.recognise import dates
from aggregator.recognise import words as w
from aggregator.recognise.phrases import Words
from aggregator.recognise.reading import COUNTED, Reading
from aggregator.recognise.weights import START, WEIGHTS

# The most that counting the words of the text can add to what title, event and lead say, and then
# looking for phrases and talks in it.
_COUNTED = ("past", "told", "sessions", "course", "short", "excerpt")
_COUNTS_AT_BEST = sum(max(WEIGHTS[f"text.{name}"], 0.0) for name in _COUNTED)
_REST_AT_BEST = (
    sum(max(weight, 0.0) for name, weight in WEIGHTS.items() if name.startswith(("text.", "end.")))
    - _COUNTS_AT_BEST
)

_MOST_TOLD = 5  # talks; more say no more
_EXCERPT = 60  # words of a text that is likely only a summary: what it does not say tells nothing
_SIGNS = {
    "title.account", "title.perhaps", "title.kind", "title.event", "lead.attended", "lead.been",
    "date.over", "tags.genre",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the other recognisers found, as far as it tells the kind."""

    event: str | None = None  # name of the heaviest event
    event_year: int | None = None
    months: tuple[int, ...] = ()  # in which its series usually takes place
    title_span: tuple[int, int] | None = None  # where the title names it
    weight: float = 0.0
    rivals: int = 0  # further events of about the same weight


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason for or against a recap: "<zone>.<name>", how strong, and in words."""

    name: str
    words: str
    times: float = 1.0

    @property
    def weight(self) -> float:
        """Return what it adds to the sum."""
        return WEIGHTS[self.name] * self.times

    def __str__(self) -> str:
        """Return it for readers: "title: says 'recap of' (+2.5)"."""
        return f"{self.name.partition('.')[0]}: {self.words} ({self.weight:+.1f})"


def promising(found: Sequence[Clue]) -> bool:
    """Tell whether anything up front says that a post may tell of an event.

    Hardly a recap has none of these signs, and half of the other posts have none.
    """
    return any(clue.name in _SIGNS for clue in found)


def rest(
    reading: Reading, facts: Facts, found: Sequence[Clue], *, floor: float = 0.0
) -> Iterator[Clue]:
    """Yield what the whole text says.

    It is dear to find out, the most so what comes last: so it is left aside where it could not lift
    the score after `found` over `floor`.
    """
    if score(found, _COUNTS_AT_BEST + _REST_AT_BEST) <= floor:
        return
    size = max(reading.text.count(" ", 0, COUNTED), 1)
    tally = Counter(filter(None, map(w.TALLY.get, reading.words.listed)))
    counted = list(_counted(reading, facts, size, tally))
    yield from counted
    if score([*found, *counted], _REST_AT_BEST) > floor:
        yield from _searched(reading, size, tally)


def score(found: Sequence[Clue], more: float = 0.0) -> float:
    """Return how sure it is after `found` that a post is a recap, were `more` added to their sum.

    0 to 1, four digits.
    """
    return round(1 / (1 + math.exp(-START - more - sum(clue.weight for clue in found))), 4)


def least(threshold: float) -> float:
    """Return the score that talks, however many, can lift to `threshold`; not a lower one."""
    odds = math.exp(sum(max(clue.weight, 0.0) for clue in of_talks(_MOST_TOLD)))
    return threshold / (threshold + (1 - threshold) * odds)


def of_talks(told: int) -> Iterator[Clue]:
    """Yield what it says that a post cites so many talks."""
    if told >= 2:
        yield Clue("text.talks", f"{told} talks cited")
    if told >= _MOST_TOLD:
        yield Clue("text.many", "more than four of them")


def beginning(reading: Reading, facts: Facts) -> Iterator[Clue]:
    """Yield the clues of title, tags, event and lead."""
    yield from _of_title(reading)
    yield from _of_name(reading, facts)
    yield from _of_event(reading, facts)
    yield from _of_lead(reading, facts)


# --------------------------------------------------------------------------- title, tags, event


def _of_title(reading: Reading) -> Iterator[Clue]:
    title, words = reading.title.lower(), reading.title_words
    strong = w.FRAME_STRONG.first(words)
    weak = None if strong else w.FRAME_WEAK.first(words)
    if strong:
        yield Clue("title.account", f"says '{strong}'")
    elif weak:
        yield Clue("title.perhaps", f"says '{weak}'")
    for name, listed in (
        ("call", w.CALL),
        ("media", w.MEDIA),
        ("advice", w.ADVICE),
        ("periodical", w.PERIODICAL),
    ):
        said = listed.first(words)
        if said:
            yield Clue(f"title.{name}", f"says '{said}'")
    if w.NUMBERED.match(title):
        yield Clue("title.periodical", "begins with a number")
    routine = w.ROUTINE.search(title)
    if routine:
        yield Clue("title.routine", f"of a routine meeting: '{routine.group()}'")
    kind = w.EVENT_KIND.first(words)
    if kind:
        yield Clue("title.kind", f"says '{kind}'")
    product = None if strong else w.PRODUCT.first(words)
    if product:
        yield Clue("title.product", f"about something else: '{product}'")


def _of_name(reading: Reading, facts: Facts) -> Iterator[Clue]:
    """Yield what it says that the title names the event, and how."""
    if facts.title_span is None:
        return
    title = reading.title
    yield Clue("title.event", f"names {facts.event}")
    if facts.event_year and str(facts.event_year)[2:] in title:
        yield Clue("title.dated", f"with its year, {facts.event_year}")
    start, end = facts.title_span
    before = Words(title[:start]).listed
    while before and before[-1] in w.BESIDE_NAMES:
        before.pop()
    after = Words(title[end:])
    if before and before[-1] in w.AT:
        yield Clue("title.at", f"tells of something '{before[-1]}' it")
    elif not before and not [word for word in after.listed if word not in w.BESIDE_NAMES]:
        yield Clue("title.only", "says nothing else")
    elif title.count(" - ") >= 2:
        yield Clue("title.talk", "of one talk's own page")


def _of_event(reading: Reading, facts: Facts) -> Iterator[Clue]:
    labels = [tag.lower() for tag in reading.post.tags[:50]]
    if any(w.GENRE.search(label) for label in labels):
        yield Clue("tags.genre", "of an event")
    if any(w.NO_GENRE.search(label) for label in labels):
        yield Clue("tags.other", "of something else")
    if not facts.event:
        yield Clue("event.none", "none is named")
    elif facts.weight >= 12:
        yield Clue("event.throughout", f"{facts.event} runs through the post")
    if facts.rivals >= 4:
        yield Clue("event.many", f"{facts.rivals + 1} of equal weight")
    if reading.published:
        yield from _of_time(reading, facts, reading.published)


def _of_time(reading: Reading, facts: Facts, published: date) -> Iterator[Clue]:
    """Yield what the dates say: was it over when the post was published?"""
    span = reading.stated or dates.within(reading.beginning, published.year)
    if span and facts.event_year in (None, span.first.year):
        days = (published - span.first).days
        if 0 <= days <= 150:
            yield Clue("date.over", f"published {days} days after {span.first}")
        elif -400 < days < 0:
            yield Clue("date.ahead", f"published {-days} days before {span.first}")
    elif facts.event_year and facts.event_year > published.year:
        yield Clue("date.ahead", f"published before {facts.event_year}")
    elif facts.months and facts.event_year == published.year:
        if published.month < min(facts.months):
            yield Clue("date.early", f"published before the usual month of {facts.event}")
        elif published.month <= max(facts.months) + 2:
            yield Clue("date.season", f"published about when {facts.event} usually is")


# ----------------------------------------------------------------------------------------- lead


def _of_lead(reading: Reading, facts: Facts) -> Iterator[Clue]:
    words = reading.lead_words
    if reading.attended:
        yield Clue("lead.attended", f"says '{reading.attended[:60]}'")
    recent = w.RECENT.first(words)
    if recent:
        yield Clue("lead.recent", f"says '{recent}'")
    been = None if reading.attended else w.BEEN.first(words)
    if been:
        yield Clue("lead.been", f"says '{been}'")
    if not facts.event and not any(map(w.EVENT_KIND.first, (reading.title_words, words))):
        yield Clue("lead.silent", "like the title it speaks of no kind of event")
    calls = w.FUTURE.count(words)
    if calls:
        yield Clue("lead.ahead", f"looks forward {calls} times", min(calls, 3))


# ----------------------------------------------------------------------------------- whole text


def _counted(reading: Reading, facts: Facts, size: int, tally: Counter[str]) -> Iterator[Clue]:
    """Yield what single words say by their number."""
    past = tally["past"] + _told_by_people(reading.words.listed)
    future = tally["will"] + w.GOING.count(reading.words)
    if (past >= 4 or (past >= 2 and past * 25 > size)) and past > 3 * future:
        yield Clue("text.past", f"past tense ({past} to {future})")
        if past * 40 > size:
            yield Clue("text.told", "tells a story")
    elif future >= 3 and future > past:
        yield Clue("text.future", f"future tense ({future} to {past})")
    sessions, wares = tally["session"], tally["wares"]
    if sessions * 150 > size and (sessions >= 3 or (sessions == 2 and size < 120)):
        yield Clue("text.sessions", f"speaks of sessions {sessions} times")
    if tally["course"] >= 4:
        yield Clue("text.course", "a course rather than an event")
    if wares >= 6 and wares * 80 > size:
        where = "text.wares" if facts.title_span is None else "text.tool"
        yield Clue(where, "about a package rather than an event")
    if size < _EXCERPT and facts.event:
        yield Clue("text.excerpt", f"only {size} words, perhaps not all")
    elif size < 80:
        yield Clue("text.short", f"only {size} words")


def _searched(reading: Reading, size: int, tally: Counter[str]) -> Iterator[Clue]:
    """Yield what phrases of the whole text say, and its form."""
    words = reading.words
    silent = not tally["session"] and size >= _EXCERPT
    if silent and not w.ATTENDED.first(words) and not w.BEEN.first(words):
        yield Clue("text.absent", "no sessions, nobody took part")
    farewell = w.FAREWELL.first(Words(reading.tail))
    if farewell:
        yield Clue("end.farewell", f"says '{farewell}'")
    own = w.OWN_TALK.count(words)
    if own:
        yield Clue("text.own", f"of a talk of its author ({own} times)", min(own, 2))
    calls = w.FUTURE.count(words, 1500)
    if calls >= 4 and calls * 150 > min(size, 1400):
        yield Clue("text.calls", f"calls on the reader {calls} times")
    code = sum(1 for block in reading.blocks if block.kind == "code")
    if code >= 3 and code * 8 > len(reading.blocks):
        yield Clue("text.code", "much code")
    numbers = sum(map(str.isdigit, words.listed))  # most posts have few
    times = len(w.CLOCK.findall(reading.text[:COUNTED])) if numbers >= 4 else 0
    if times >= 4 and times * 60 > size:
        yield Clue("text.agenda", f"{times} times of day")


def _told_by_people(words: list[str]) -> int:
    """Return how many regular verbs of the past stand beside who did it ("we closed")."""
    verbs = compress(words[1:], map(w.DOERS.__contains__, words))
    return sum(len(verb) > 4 and verb.endswith("ed") and verb not in w.TALLY for verb in verbs)
