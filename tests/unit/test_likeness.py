"""Which addresses look like a blog's posts, and which dates addresses tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.backfill.likeness import Likeness, date_in, learn


def of(*addresses: str) -> Likeness:
    found = learn(addresses)
    assert found
    return found


DATED = of("https://www.lab.example/blog/2024/05/a-b/", "https://lab.example/blog/2023/1/hello/")
BARE = of(*(f"https://lab.example/some-post-number-{n}/" for n in range(5)))


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://lab.example/blog/2019/11/older/", True),
        ("http://lab.example/blog/2019/11/older", True),
        ("https://lab.example/blog/2019/11/", False),
        ("https://lab.example/blog/2019/", False),
        ("https://lab.example/news/2019/11/older/", False),
        ("https://lab.example/blog/2019/11/slides.pdf", False),
        ("https://lab.example/blog/2019/11/older/?share=x", False),
        ("https://other.example/blog/2019/11/older/", False),
        ("https://lab.example:8080/blog/2019/11/older/", False),
        ("https://[broken/blog/2019/11/older/", False),
        ("", False),
    ],
)
def test_an_address_of_the_same_shape_on_the_same_host_fits(url: str, fits: bool) -> None:
    assert DATED.fits(url) is fits


def test_where_the_path_tells_nothing_short_names_do_not_fit() -> None:
    assert BARE.fits("https://lab.example/a-week-in-the-north/")
    for path in ("", "about/", "privacy-policy/", "tag/some-long-tag-name/", "team/some-one-else/"):
        assert not BARE.fits(f"https://lab.example/{path}"), path


def test_a_blog_with_many_sections_is_learnt_as_such() -> None:
    like = of(*(f"https://lab.example/{section}/post-{section}/" for section in "abcdefgh"))
    assert like.fits("https://lab.example/x/post-y/")
    assert not like.fits("https://lab.example/category/post-y/")


def test_the_host_of_most_posts_counts() -> None:
    like = of("https://a.example/2024/x/", "https://b.example/2024/y/", "https://b.example/2023/z/")
    assert like.place == "b.example"


def test_nothing_is_learnt_of_nothing() -> None:
    assert learn([]) is None
    assert learn(["", "no address", "https://[broken/"]) is None


@pytest.mark.parametrize(
    ("path", "stated"),
    [
        ("/2024/05/12/a-title/", (2024, 5, 12)),
        ("/blog/2024/5/a-title", (2024, 5, 1)),
        ("/2024-05-12-a-title.html", (2024, 5, 12)),
        ("/posts/2024-05-12/", (2024, 5, 12)),
        ("/2024/05/12-ways-to-fail/", (2024, 5, 1)),
        ("/2024/a-title/", None),
        ("/2024/13/a-title/", None),
        ("/2024/02/31/a-title/", None),
        ("/a-title-2024/", None),
    ],
)
def test_the_date_in_an_address_is_read(path: str, stated: tuple[int, int, int] | None) -> None:
    expected = datetime(*stated, tzinfo=UTC) if stated else None
    assert date_in(f"https://lab.example{path}") == expected
