"""Tags: a post's own, folded, and those derived from its text."""

from __future__ import annotations

import pytest

from aggregator import recognise
from aggregator.model import Post, RawHtml, TagOrigin
from tests.unit.recognise.posts import bundled


def tags(html: str, *own: str, title: str = "Recap of FOSDEM 2024") -> dict[str, TagOrigin]:
    post = Post(id="1", title=title, html=RawHtml(html), tags=own)
    return {tag.slug: tag.origin for tag in recognise.recognise(post, bundled()).tags}


def test_labels_of_many_blogs_become_one_vocabulary() -> None:
    assert list(tags("", "Machine Learning", "ML", "Open source", "Events")) == [
        "machine-learning",
        "open-source",
    ]


def test_a_list_in_one_label_is_taken_apart() -> None:
    assert list(tags("", "python, HPC; rust", "x" * 200)) == ["python", "hpc", "rust"]


def test_a_recap_that_is_clearly_about_a_topic_gets_its_tag() -> None:
    html = "<p>We attended. " + "The talks on fortran were good. " * 5 + "</p>"
    assert tags(html)["fortran"] is TagOrigin.DERIVED


def test_a_topic_named_on_the_way_gives_no_tag() -> None:
    html = "<p>We attended. The talks were good. Somebody spoke of fortran and rust.</p>"
    assert tags(html) == {}


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("This is what we saw and the people that were there, with all of the talks in it.", "en"),
        ("Das ist, was wir gesehen haben, und die Menschen, die dort waren, sagten es auch.", "de"),
        ("Voici ce que nous avons vu et les personnes qui étaient là avec nous hier soir.", "fr"),
        ("Esto es lo que vimos y las personas que estaban allí con nosotros ayer noche.", "es"),
    ],
)
def test_the_language_is_detected_where_it_is_not_declared(words: str, language: str) -> None:
    post = Post(id="1", html=RawHtml(f"<p>{words}</p>"))
    assert recognise.recognise(post, bundled()).language == language


def test_a_declared_language_is_believed() -> None:
    post = Post(id="1", language="nl-BE", html=RawHtml("<p>short and in English</p>"))
    assert recognise.recognise(post, bundled()).language == "nl"


def test_a_post_without_text_has_no_language() -> None:
    assert recognise.recognise(Post(id="1"), bundled()).language is None
