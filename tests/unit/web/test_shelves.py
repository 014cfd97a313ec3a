"""Long lists of names, cut by letters."""

from __future__ import annotations

import pytest

from aggregator.model import initial_of
from aggregator.web import shelves


@pytest.mark.parametrize(
    ("slug", "letter", "initial"),
    [
        ("ada-stone", "a", "A"),
        ("ω-day", "ω", "Ω"),
        ("李", "李", "李"),
        ("3d", "0", "0–9"),
        ("0", "0", "0–9"),
    ],
)
def test_a_name_is_under_one_letter_in_addresses_and_headings(
    slug: str, letter: str, initial: str
) -> None:
    assert shelves.letter_of(slug) == letter
    assert initial_of(slug) == initial_of(letter) == initial


def test_names_that_begin_with_no_letter_are_counted_together() -> None:
    assert shelves.lettered({"a": 2, "3": 1, "7": 4, "b": 1}) == {"0": 5, "a": 2, "b": 1}
