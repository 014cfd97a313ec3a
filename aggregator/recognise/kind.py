"""Recap or other: named clues with weights; the reasons are kept in words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.recognise import words as w
from aggregator.recognise.reading import Reading

_CENTRE = 2.7  # the sum of weights at which both kinds are equally likely
_WORD = re.compile(r"[^\W\d_]+")
_SPREAD = 1.3  # weights per unit of the logistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the other recognisers found, as far as it tells the kind."""

    event: str | None  # name of the heaviest event
    event_year: int | None
    in_title: bool
    weight: float
    rivals: int  # further events of about the same weight
    talks: int  # talks cited


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason for or against a recap."""

    weight: float
    words: str


def judge(reading: Reading, facts: Facts) -> tuple[float, tuple[str, ...]]:
    """Return how sure it is that this is a recap (0 to 1), and the reasons, strongest first."""
    clues = [
        *_of_title(reading, facts),
        *_of_event(reading, facts),
        *_of_lead(reading),
        *_of_text(reading, facts),
    ]
    total = sum(clue.weight for clue in clues)
    score = 1 / (1 + math.exp((_CENTRE - total) / _SPREAD))
    clues.sort(key=lambda clue: -abs(clue.weight))
    why = tuple(f"{clue.weight:+.1f} {clue.words}" for clue in clues)
    return round(score, 4), why


def _of_title(reading: Reading, facts: Facts) -> Iterator[Clue]:
    title = reading.title.lower()
    strong, weak = w.FRAME_STRONG.search(title), w.FRAME_WEAK.search(title)
    if strong:
        yield Clue(2.5 if facts.event else 1.5, f"the title says '{strong.group().strip()}'")
    elif weak:
        yield Clue(1.5 if facts.in_title else 0.5, f"the title says '{weak.group()}'")
    if facts.in_title:
        dated = facts.event_year and str(facts.event_year)[2:] in title
        yield Clue(1.5 if dated else 0.5, f"the title names {facts.event}")
    call = w.CALL.search(title)
    if call:
        yield Clue(-3.5, f"the title says '{call.group()}'")
    periodical = w.PERIODICAL.search(title)
    if periodical:
        yield Clue(-2.5, f"the title says '{periodical.group()}'")
    routine = w.ROUTINE.search(title)
    if routine:
        yield Clue(-4.0, f"the title is of a routine meeting: '{routine.group()}'")
    product = w.PRODUCT.search(title)
    if product and not strong:
        yield Clue(-1.5, f"the title is about something else: '{product.group()}'")
    if title.count(" - ") >= 2 and facts.in_title and not strong:
        yield Clue(-2.0, "the title is of one talk's own page")


def _of_event(reading: Reading, facts: Facts) -> Iterator[Clue]:
    if not facts.event:
        yield Clue(-2.5, "no event is named")
        return
    if facts.weight >= 12:
        yield Clue(1.0, f"{facts.event} runs through the post")
    if facts.rivals >= 4:
        yield Clue(-2.0, f"{facts.rivals + 1} events of equal weight")
    span = reading.stated
    published = reading.published
    if published and span:
        days = (published - span[0]).days
        other = facts.event_year is not None and facts.event_year != span[0].year
        if 0 <= days <= 150 and not other:
            yield Clue(2.0, f"published {days} days after {span[0]}")
        elif -400 < days < 0:
            yield Clue(-3.0, f"published {-days} days before {span[0]}")
    elif published and facts.event_year and facts.event_year > published.year:
        yield Clue(-3.0, f"published before {facts.event_year}")
    if any(w.GENRE.search(tag.lower()) for tag in reading.post.tags):
        yield Clue(1.0, "tagged as an event")


def _of_lead(reading: Reading) -> Iterator[Clue]:
    lead = reading.lead.lower()
    attended = w.ATTENDED.search(lead)
    if attended:
        yield Clue(2.0, f"the beginning says '{' '.join(attended.group().split())[:60]}'")
    recent = w.RECENT.search(lead)
    if recent:
        yield Clue(0.4, f"the beginning says '{recent.group()}'")
    calls = len(w.FUTURE.findall(lead))
    if calls:
        yield Clue(-min(1.2 * calls, 3.5), f"the beginning looks forward {calls} times")


def _of_text(reading: Reading, facts: Facts) -> Iterator[Clue]:
    text = reading.text[:20_000].lower()
    words = max(text.count(" "), 1)
    counts = Counter(_WORD.findall(text))
    yield from _of_tense(text, words, counts)
    sessions = _count(counts, w.SESSION)
    if sessions >= 3 and sessions * 150 > words:
        yield Clue(1.0, f"speaks of sessions {sessions} times")
    elif not sessions and not w.ATTENDED.search(text):
        yield Clue(-1.0, "no sessions, nobody took part")
    if facts.talks >= 2:
        yield Clue(1.0, f"{facts.talks} talks cited")
    if w.FAREWELL.search(reading.tail.lower()):
        yield Clue(0.5, "ends with thanks or an outlook")
    if words < 80 and not facts.talks:
        yield Clue(-1.0, f"only {words} words")
    if _count(counts, w.COURSE) >= 4:
        yield Clue(-0.5, "a course rather than an event")
    if not facts.in_title and _count(counts, w.WARES) >= 6 and _count(counts, w.WARES) * 80 > words:
        yield Clue(-1.2, "about a package rather than an event")
    code = sum(1 for block in reading.blocks if block.kind == "code")
    if code >= 3 and code * 8 > len(reading.blocks):
        yield Clue(-1.5, "much code")


def _count(counts: Counter[str], words: frozenset[str]) -> int:
    return sum(counts[word] for word in words)


def _of_tense(text: str, words: int, counts: Counter[str]) -> Iterator[Clue]:
    past = _count(counts, w.PAST)
    future = _count(counts, w.WILL) + text.count(" going to ")
    calls = len(w.FUTURE.findall(text[:8000]))
    words = min(words, 1400)
    if past >= 4 and past > 3 * future:
        yield Clue(1.7, f"past tense ({past} to {future})")
    elif future >= 3 and future > past:
        yield Clue(-2.0, f"future tense ({future} to {past})")
    if calls >= 4 and calls * 150 > words:
        yield Clue(-2.0, f"calls on the reader {calls} times")
