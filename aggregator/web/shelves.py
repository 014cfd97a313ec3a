"""Long lists of names: all of one, its most important part, or what begins with a letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

from aggregator.errors import NotFound
from aggregator.model import initial_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shelf(Generic[T]):
    """What a page shows of a long list: all of it, or the most important, or those of a letter."""

    shown: Sequence[T]
    letters: dict[str, int]  # how many there are of each; empty where all are shown
    letter: str  # that is shown; empty: all, or the most important


def shelf(
    cards: Sequence[T], most: int, *, slug: Callable[[T], str], weight: Callable[[T], int]
) -> Shelf[T]:
    """Return the part of a list of names that the address asks for.

    Raises:
        NotFound: it asks for a letter that nothing begins with.
    """
    if len(cards) <= most:
        return Shelf(cards, {}, "")
    letters = lettered(Counter(slug(card)[0] for card in cards))
    letter = letter_asked(letters)
    if letter:
        return Shelf([card for card in cards if letter_of(slug(card)) == letter], letters, letter)
    top = sorted(cards, key=weight, reverse=True)[:most]
    return Shelf(sorted(top, key=slug), letters, "")


def letter_of(slug: str) -> str:
    """Return the letter that a name is under in addresses; "0" for what begins with none."""
    return initial_of(slug)[0].lower()


def lettered(beginnings: Mapping[str, int]) -> dict[str, int]:
    """Return how many names begin with each letter; what begins with none is under "0"."""
    counted: Counter[str] = Counter()
    for first, number in beginnings.items():
        counted[letter_of(first)] += number
    return {letter: counted[letter] for letter in sorted(counted)}


def letter_asked(letters: Collection[str]) -> str:
    """Return the letter that the address asks for, if any.

    Raises:
        NotFound: nothing begins with it.
    """
    letter = request.args.get("letter", "")[:1]
    if letter and letters and letter not in letters:
        raise NotFound("page", letter)
    return letter if letters else ""
