"""Tells when a feed has come into other hands: domains lapse, and who buys them fills them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from aggregator import text, urls
from aggregator.model import ParsedFeed

_WORD = re.compile(r"[^\W\d_]+")
# Words that many titles of feeds have.
_GENERIC = frozenset(
    _WORD.findall(
        "blog blogs news newsletter feed feeds posts post articles entries latest recent weblog"
        " home site website official page pages comments category archive archives all and for"
        " from my our that the this updates with your"
    )
)
# Words that the titles of all sorts of posts have.
_COMMON = frozenset(
    _WORD.findall(
        "about after again their there these those which while where would could should other being"
        " first using today weekly month monthly annual years update updates welcome thoughts"
        " please"
    )
)
_SPAM = re.compile(
    r"\b(?:casinos?|kasino\w*|togel|judi|gacor|maxwin|sbobet|slots?|poker|roulette|baccarat"
    r"|blackjack|jackpots?|pokies|betting|sportsbooks?|bookmakers?|gambl\w+|free spins|no deposit"
    r"|wettbonus|sportwetten|apuestas|paris sportifs|scommesse|viagra|cialis|levitra|kamagra"
    r"|payday loans?|escorts?|porn\w*|xxx|hentai|replica watches|essay writing)\b"
)
_HOSTS, _LANGUAGES, _AUTHORS, _WORDS = 20, 5, 40, 60  # at most so many are kept of a site
_ENOUGH = 10  # words that a site must have said for their difference to mean something
_SHARED = 3  # words in common that speak for one site
_MUCH = 5  # points from which a feed is held
_SILENT = timedelta(days=7)

_Kinds = dict[str, list[str]]


def prints(feed: ParsedFeed) -> tuple[str, ...]:
    """Return what tells a site from others by its feed's document, as ``kind:value`` each."""
    entries = feed.entries
    hosts = {urls.host(url) for url in (feed.site_url or "", *(e.url for e in entries))}
    languages = {
        (said or "").split("-")[0] for said in (feed.language, *(e.language for e in entries))
    }
    authors = {text.shorten(text.fold(name), 100) for e in entries for name in e.authors}
    said = [feed.title or "", *(line for e in entries for line in (e.title, *e.tags))]
    counted = Counter(word for line in said for word in _words(line, 5) - _COMMON)
    spam = sum(bool(_SPAM.search(text.fold(entry.title))) for entry in entries)
    found = {
        "title": [text.shorten(feed.title or "", 200)],
        "host": sorted(hosts)[:_HOSTS],
        "language": sorted(languages)[:_LANGUAGES],
        "author": sorted(authors)[:_AUTHORS],
        "word": sorted(word[:40] for word, _ in counted.most_common(_WORDS)),
        "spam": ["yes"] if spam * 2 >= len(entries) > 0 else [],
    }
    return tuple(f"{kind}:{value}" for kind, values in found.items() for value in values if value)


def _words(line: str, least: int) -> set[str]:
    return {word for word in _WORD.findall(text.fold(line)) if len(word) >= least}


def taken_over(
    before: Collection[str], now: Collection[str], *, silent_for: timedelta, failures: int
) -> str:
    """Return why a feed's content seems to be another site's, in words; empty when it does not.

    To be asked only when none of a feed's entries is a known one: then most blogs with a new
    design, name or program are out of the question, because their entries are found again (see
    `renamed`).

    Points are given for a new title (2), other hosts (2), another language (2), other authors (1),
    other words in titles and tags (1), failures or silence before (1), and for titles that speak of
    gambling and the like where none did (3). Authors in common, or words, take two away. From five
    points on it is another site; never where the title stays and nothing looks like spam.

    Args:
        before: `prints` of the last document that was taken.
        now: those of this one.
        silent_for: time since the feed was last read.
        failures: polls in a row that have failed until now.
    """
    old, new = _by_kind(before), _by_kind(now)
    signs: list[tuple[int, str]] = []
    if _retitled(old, new):
        signs.append((2, f"its title was “{old['title'][0]}” and is “{new['title'][0]}”"))
    if new["spam"] and not old["spam"]:
        signs.append((3, "its titles look like advertising"))
    if not signs:
        return ""
    for kind, points, words in (
        ("host", 2, "its links lead to {} and no more to {}"),
        ("language", 2, "its language is {} and was {}"),
        ("author", 1, "it is written by {} and no more by {}"),
    ):
        if _apart(old[kind], new[kind]):
            signs.append((points, words.format(new[kind][0], old[kind][0])))
    shared = len(set(old["word"]) & set(new["word"]))
    if not shared and min(len(old["word"]), len(new["word"])) >= _ENOUGH:
        signs.append((1, "it has no word in common with what it told before"))
    if failures > 2 or silent_for >= _SILENT:
        said = f"was last read {silent_for.days} days ago" if silent_for.days else "failed before"
        signs.append((1, f"it {said}"))
    spoken = 2 * (shared >= _SHARED) + 2 * bool(set(old["author"]) & set(new["author"]))
    if sum(points for points, _ in signs) - spoken < _MUCH:
        return ""
    told = ", ".join(words for _, words in signs)
    return f"this seems to be another site now: none of its known entries is left, {told}"


def _by_kind(found: Collection[str]) -> _Kinds:
    kinds: _Kinds = {name: [] for name in ("title", "host", "language", "author", "word", "spam")}
    for one in found:
        kind, _, value = one.partition(":")
        kinds.setdefault(kind, []).append(value)
    return kinds


def _retitled(old: _Kinds, new: _Kinds) -> bool:
    """Tell whether two titles have nothing in common."""
    if not old["title"] or not new["title"]:
        return False
    titles = old["title"][0], new["title"][0]
    one, other = (_words(title, 3) - _GENERIC for title in titles)
    if one and other:
        return not one & other
    short, long = sorted(map(text.title_key, titles), key=len)
    return short not in long


def _apart(old: list[str], new: list[str]) -> bool:
    return bool(old and new and not set(old) & set(new))
