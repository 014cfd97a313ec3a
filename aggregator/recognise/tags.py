"""A post's tags: its own, folded by synonyms, and a few derived from its text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import TagMention, TagOrigin
from aggregator.recognise.catalogue import Catalogue, Topic
from aggregator.recognise.phrases import Words
from aggregator.recognise.reading import COUNTED, Reading

_MOST = 20  # tags kept of a post's own
_DERIVED = 4  # at most, and only where a post has fewer than this many of its own
_LONGEST = 60  # characters; longer labels are sentences
_TITLE_WEIGHT = 3


def find(reading: Reading, catalogue: Catalogue, *, derive: bool) -> tuple[TagMention, ...]:
    """Return the tags, the post's own first; with `derive` those that its text is clearly about."""
    found: dict[str, TagMention] = {}
    for label in _labels(reading.post.tags):
        tag = catalogue.tag(label)
        if tag and len(found) < _MOST:
            found.setdefault(tag[0], TagMention(slug=tag[0], name=tag[1]))
    if derive:
        for slug in _derived(reading, catalogue):
            name = catalogue.tag_names.get(slug, slug)
            found.setdefault(slug, TagMention(slug=slug, name=name, origin=TagOrigin.DERIVED))
    return tuple(found.values())


def _labels(tags: tuple[str, ...]) -> list[str]:
    """Return the labels; one that holds a comma-separated list is taken apart."""
    parts: list[str] = []
    for tag in tags[:100]:
        parts.extend(re.split(r"[,;|]", tag[:500]) if re.search(r"[,;|]", tag) else [tag])
    return [part.strip() for part in parts if 0 < len(part.strip()) <= _LONGEST]


@dataclass(frozen=True, slots=True)
class _Topics:
    """The words of all topics: whole words, beginnings of words, and several words in a row."""

    whole: dict[str, tuple[str, ...]]
    stems: dict[str, tuple[str, ...]]
    rows: dict[str, tuple[str, ...]]


@lru_cache(maxsize=4)
def _topics(topics: tuple[Topic, ...]) -> _Topics:
    found = _Topics({}, {}, {})
    for topic in topics:
        for word in topic.words:
            bare = " ".join(Words(word.rstrip("*")).listed)
            open_ended = word[-1] == "*"
            kind = found.rows if " " in bare else found.stems if open_ended else found.whole
            key = bare if kind is not found.rows else f" {bare}{'' if open_ended else ' '}"
            kind[key] = (*kind.get(key, ()), topic.slug)
    return found


def _counted(words: Words, known: _Topics) -> Counter[str]:
    """Return how often each topic is named; of names within longer ones only the longer counts."""
    counts: Counter[str] = Counter()
    listed = words.listed
    rows = [row for row in known.rows if words.distinct.issuperset(row.split()[:-1])]
    if rows:
        line = f" {' '.join(listed)} "
        for row in sorted(rows, key=len, reverse=True):
            counts.update(dict.fromkeys(known.rows[row], line.count(row)))
            line = line.replace(row, " , ")
        listed = line.split()
    for word, times in Counter(filter(known.whole.__contains__, listed)).items():
        counts.update(dict.fromkeys(known.whole[word], times))
    stems = tuple(known.stems)
    begun = {word for word in words.distinct if stems and word.startswith(stems)}
    for word in filter(begun.__contains__, listed):
        stem = next(stem for stem in stems if word.startswith(stem))
        counts.update(known.stems[stem])
    return counts


def _derived(reading: Reading, catalogue: Catalogue) -> list[str]:
    """Return the topics that text and title name often enough, the most named first."""
    known = _topics(catalogue.topics)
    counts = _counted(reading.words, known)
    counts.update(dict.fromkeys(_counted(reading.title_words, known), _TITLE_WEIGHT))
    # Four times, and once in every 250 words: less is said on the way, not what the post is about.
    need = max(4, reading.text.count(" ", 0, COUNTED) / 250)
    return [slug for slug, count in counts.most_common(_DERIVED) if count >= need]
