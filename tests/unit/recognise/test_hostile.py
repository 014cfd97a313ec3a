"""Whatever a feed brings, recognition answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import recognise
from aggregator.model import Post, RawHtml
from tests.unit.recognise.posts import bundled

PIECES = [
    "<p>", "</p>", "<h2>", "<li>", "<a href='https://youtu.be/abcdefghijk'>", "</a>", "<br>",
    "Ada Lovelace", "gave a talk", " by ", "“", "”", '"', "(", ")", "PyCon ", "2024", "'24",
    "Workshop", "the", " – ", ": ", "\n", "SC", "#RSECon24", "14 June 2024", "31.02.2024", "\ud800",
    "<iframe src='https://www.youtube.com/embed/abcdefghijk'>", "https://[bad", "&amp;", "\x00",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40), st.lists(st.sampled_from(PIECES), max_size=6)
)
def test_no_post_makes_recognition_fail(body: list[str], title: list[str]) -> None:
    post = Post(id="x", title="".join(title), html=RawHtml("".join(body)), tags=tuple(title))
    found = recognise.recognise(post, bundled())
    assert "recognition failed" not in found.why
    assert 0 <= found.kind_score <= 1
    assert all(talk.title for talk in found.talks)
    assert all(1900 <= event.year <= 2200 for event in found.events)


@pytest.mark.parametrize("url", ["", "https://[", "http://a:b:c/", "https://x.example/%ff" * 500])
def test_a_broken_address_does_no_harm(url: str) -> None:
    post = Post(id="x", url=url, title="Recap", html=RawHtml(f"<p><a href='{url}'>talk</a></p>"))
    assert "recognition failed" not in recognise.recognise(post, bundled()).why


def test_hosts_of_endless_labels_cost_no_more_than_their_letters() -> None:
    links = "".join(f"<a href='https://{'a.' * 20_000}{n}.example/2024'>x</a>" for n in range(20))
    post = Post(id="x", title="Recap of FOSDEM 2024", html=RawHtml(f"<p>We went.</p><p>{links}"))
    began = time.process_time()
    found = recognise.recognise(post, bundled())
    assert time.process_time() - began < 2
    assert [event.name for event in found.events] == ["FOSDEM 2024"]


def test_a_post_of_a_megabyte_yields_a_bounded_answer() -> None:
    html = RawHtml("<li>Great Title, by Ada Lovelace (X)</li>" * 25_000)
    post = Post(id="x", title="FOSDEM 2024 recap" * 500, html=html, tags=("t",) * 10_000)
    found = recognise.recognise(post, bundled())
    assert len(found.talks) <= 150
    assert len(found.tags) <= 30
    assert len(found.events) <= 6
