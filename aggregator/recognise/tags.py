"""A post's tags: its own, folded by synonyms, and a few derived from its text."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from aggregator.model import TagMention, TagOrigin
from aggregator.recognise.catalogue import Catalogue, Topic
from aggregator.recognise.reading import Reading

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


@lru_cache(maxsize=4)
def _pattern(topics: tuple[Topic, ...]) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """Return one pattern for the words of all topics, and the topics of each word."""
    meaning: dict[str, tuple[str, ...]] = {}
    for topic in topics:
        for word in topic.words:
            meaning[word.rstrip("*")] = (*meaning.get(word.rstrip("*"), ()), topic.slug)
    open_ended = {word.rstrip("*") for topic in topics for word in topic.words if word[-1] == "*"}
    ordered = sorted(meaning, key=len, reverse=True)
    choices = "|".join(
        re.escape(word) + (r"(?=\w*)" if word in open_ended else r"\b") for word in ordered
    )
    return re.compile(rf"\b({choices})" if choices else r"(?!)"), meaning


def _derived(reading: Reading, catalogue: Catalogue) -> list[str]:
    """Return the topics that text and title name often enough, the most named first."""
    pattern, meaning = _pattern(catalogue.topics)
    text = reading.text[:30_000].lower()
    counts: Counter[str] = Counter()
    for word in pattern.findall(text):
        counts.update(meaning[word])
    for word in set(pattern.findall(reading.title.lower())):
        counts.update(dict.fromkeys(meaning[word], _TITLE_WEIGHT))
    # Four times, and once in every 250 words: less is said on the way, not what the post is about.
    need = max(4, text.count(" ") / 250)
    return [slug for slug, count in counts.most_common(_DERIVED) if count >= need]
