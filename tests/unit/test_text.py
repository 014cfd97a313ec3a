"""Strings for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import text


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("PyData London 2024", "pydata-london-2024"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("Rückblick: Straße", "ruckblick-strasse"),
        ("US-RSE’24", "us-rse24"),
        ("csv,conf,v5", "csv-conf-v5"),
        ("AI & HPC", "ai-and-hpc"),
        ("日本", "日本"),
    ],
)
def test_slugs_are_readable(name: str, slug: str) -> None:
    assert text.slug(name) == slug


@given(st.text())
def test_slugs_are_never_empty_and_always_the_same(name: str) -> None:
    slug = text.slug(name)
    assert slug
    assert len(slug) <= 80
    assert text.slug(slug) == slug
    assert not set(slug) & set(" /?#&\"'<>")


@given(st.text(), st.integers(2, 60))
def test_shortened_text_fits(line: str, limit: int) -> None:
    short = text.shorten(line, limit)
    assert len(short) <= limit
    assert "\n" not in short


@given(st.text())
def test_forbidden_characters_go(line: str) -> None:
    left = text.allowed(line)
    assert not any(c in left for c in "\x00\x08\x0b\x1f\ufffe\uffff")
    assert text.allowed(left) == left


def test_titles_are_compared_by_letters_and_digits() -> None:
    assert text.title_key("“How to — define  Open-Source AI?”") == text.title_key(
        "how to define open source ai"
    )


def test_a_series_keeps_its_colour() -> None:
    assert text.hue("pydata-london") == text.hue("pydata-london")
    assert text.hue("pydata-london") in range(0, 360, 30)
