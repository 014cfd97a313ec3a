"""Pieces of text around what was asked for."""

from __future__ import annotations

from markupsafe import Markup

from aggregator.store.terms import Marker


def test_a_hit_is_marked_and_the_rest_escaped() -> None:
    found = Marker("workshop").snippet("a <b> & the Workshops we ran")
    assert found == "a &lt;b&gt; &amp; the <mark>Workshops</mark> we ran"
    assert isinstance(found, Markup)


def test_accents_and_endings_are_no_hindrance() -> None:
    assert "<mark>Café</mark>" in Marker("cafes").snippet("ein Café")
    assert "<mark>sprinted</mark>" in Marker("sprint*").snippet("they sprinted")


def test_words_that_are_not_wanted_are_not_marked() -> None:
    assert "<mark>" not in Marker("-two").snippet("one two")


def test_a_long_text_is_cut_at_words_around_the_first_hit() -> None:
    text = "word " * 200 + "needle " + "word " * 200
    found = Marker("needle").snippet(text, 100)
    assert found.startswith("…")
    assert found.endswith("…")
    assert "<mark>needle</mark>" in found
    assert len(found.striptags()) <= 102


def test_without_a_hit_the_beginning_is_shown() -> None:
    assert Marker("nothing").snippet("some text") == "some text"
    assert Marker("nothing").snippet("") == ""
    assert Marker("").snippet("x" * 1000, 50).startswith("xxx")
