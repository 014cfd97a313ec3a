"""Pieces of text around what was asked for."""

from __future__ import annotations

from markupsafe import Markup

from aggregator.store.terms import snippet


def test_a_hit_is_marked_and_the_rest_escaped() -> None:
    found = snippet("a <b> & the Workshops we ran", "workshop")
    assert found == "a &lt;b&gt; &amp; the <mark>Workshops</mark> we ran"
    assert isinstance(found, Markup)


def test_accents_and_endings_are_no_hindrance() -> None:
    assert "<mark>Café</mark>" in snippet("ein Café", "cafes")
    assert "<mark>sprinted</mark>" in snippet("they sprinted", "sprint*")


def test_words_that_are_not_wanted_are_not_marked() -> None:
    assert "<mark>" not in snippet("one two", "-two")


def test_a_long_text_is_cut_at_words_around_the_first_hit() -> None:
    text = "word " * 200 + "needle " + "word " * 200
    found = snippet(text, "needle", 100)
    assert found.startswith("…")
    assert found.endswith("…")
    assert "<mark>needle</mark>" in found
    assert len(found.striptags()) <= 102


def test_without_a_hit_the_beginning_is_shown() -> None:
    assert snippet("some text", "nothing") == "some text"
    assert snippet("", "nothing") == ""
    assert snippet("x" * 1000, "", 50).startswith("xxx")
