"""Addresses."""

from __future__ import annotations

import pytest

from aggregator import urls
from aggregator.model import LinkKind


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://Lab.Example:80", "http://lab.example/"),
        ("https://lab.example:443/a?b=1#c", "https://lab.example/a?b=1"),
        ("https://lab.example:8443/", "https://lab.example:8443/"),
        ("https://lab.example/a?utm_source=x&id=7&fbclid=y", "https://lab.example/a?id=7"),
        ("https://lab.example/a;jsessionid=12?x=", "https://lab.example/a?x="),
        ("https://lab.example/ä b", "https://lab.example/%C3%A4%20b"),
        ("mailto:ada@lab.example", "mailto:ada@lab.example"),
        ("http://[broken", "http://[broken"),
        ("http://lab.example:port/", "http://lab.example:port/"),
    ],
)
def test_one_address_has_one_spelling(url: str, same: str) -> None:
    assert urls.canonical(url) == same
    assert urls.canonical(same) == same


def test_spellings_of_one_page_share_a_key() -> None:
    spellings = (
        "http://www.lab.example/a/",
        "https://lab.example/a/index.html",
        "https://m.lab.example/a?utm_campaign=x",
        "https://LAB.example/a#part",
    )
    assert {urls.key(url) for url in spellings} == {"lab.example/a"}


@pytest.mark.parametrize("url", ["http://[broken", "", "mailto:x", "http://h:99999/"])
def test_what_cannot_be_read_breaks_nothing(url: str) -> None:
    assert not urls.video_of(url)
    assert urls.resource_kind(url) is None
    assert isinstance(urls.key(url), str)
    assert isinstance(urls.resource_key(url), str)
    assert urls.public_page(url) == url


@pytest.mark.parametrize(
    ("base", "link", "whole"),
    [
        ("https://lab.example/a/", "b", "https://lab.example/a/b"),
        ("https://lab.example/a/", "//other.example/", "https://other.example/"),
        ("https://lab.example/a/", " \n/b\tc ", "https://lab.example/bc"),
        ("https://lab.example/a/", "", ""),
        ("https://lab.example/a/", "javascript:alert(1)", ""),
        ("https://lab.example/a/", "http://[broken", ""),
        ("", "b", ""),
    ],
)
def test_links_are_made_absolute_or_dropped(base: str, link: str, whole: str) -> None:
    assert urls.absolute(base, link) == whole


@pytest.mark.parametrize(
    ("url", "video"),
    [
        ("https://www.youtube.com/watch?v=abcdefghijk&t=1h2m3s", ("youtube:abcdefghijk", 3723)),
        ("https://youtu.be/abcdefghijk?t=90", ("youtube:abcdefghijk", 90)),
        ("https://www.youtube-nocookie.com/embed/abcdefghijk?start=5", ("youtube:abcdefghijk", 5)),
        ("https://m.youtube.com/live/abcdefghijk", ("youtube:abcdefghijk", 0)),
        ("https://player.vimeo.com/video/123456#t=10s", ("vimeo:123456", 10)),
        ("https://media.ccc.de/v/36c3-1/oembed", ("ccc:36c3-1", 0)),
        (
            "https://tube.example/w/abcdefghijklmnopqrstuv",
            ("peertube:tube.example/abcdefghijklmnopqrstuv", 0),
        ),
        ("https://www.youtube.com/playlist?list=PL1", None),
        ("https://www.youtube.com/@channel", None),
        ("https://www.youtube.com/embed/videoseries?list=PL1", None),
        ("https://lab.example/watch?v=abcdefghijk", None),
    ],
)
def test_videos_are_known_by_their_address(url: str, video: tuple[str, int] | None) -> None:
    assert urls.video_of(url) == video


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "https://www.youtube.com/embed/abcdefghijk?start=5",
            "https://www.youtube.com/watch?v=abcdefghijk&t=5",
        ),
        ("https://player.vimeo.com/video/123456", "https://vimeo.com/123456"),
        ("https://media.ccc.de/v/36c3-1/oembed", "https://media.ccc.de/v/36c3-1"),
        (
            "https://tube.example/videos/embed/abcdefghijklmnopqrstuv",
            "https://tube.example/w/abcdefghijklmnopqrstuv",
        ),
        (
            "https://docs.google.com/presentation/d/e/X/embed?start=false",
            "https://docs.google.com/presentation/d/e/X/pub",
        ),
        ("https://lab.example/a?b", "https://lab.example/a?b"),
    ],
)
def test_a_player_leads_to_its_public_page(url: str, page: str) -> None:
    assert urls.public_page(url) == page


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://youtu.be/abcdefghijk", LinkKind.VIDEO),
        ("https://lab.example/talk.mp4", LinkKind.VIDEO),
        ("https://archive.org/details/talk", LinkKind.VIDEO),
        ("https://speakerdeck.com/ada/talk", LinkKind.SLIDES),
        ("https://docs.google.com/presentation/d/1/edit", LinkKind.SLIDES),
        ("https://lab.example/slides/", LinkKind.SLIDES),
        ("https://github.com/lab/tool", LinkKind.CODE),
        ("https://doi.org/10.5281/zenodo.1", LinkKind.PAPER),
        ("https://pretalx.com/x/talk/Y/", LinkKind.PAGE),
        ("https://conf.example/sessions/7", LinkKind.PAGE),
        ("https://lab.example/about", None),
    ],
)
def test_what_a_link_leads_to_is_told_by_its_address(url: str, kind: LinkKind | None) -> None:
    assert urls.resource_kind(url) is kind


def test_addresses_of_one_resource_share_a_key() -> None:
    groups = (
        ("https://youtu.be/abcdefghijk", "https://www.youtube.com/watch?v=abcdefghijk&feature=x"),
        ("https://doi.org/10.5281/zenodo.77", "https://zenodo.org/records/77?x=1"),
        ("https://de.slideshare.net/A/b", "https://www.slideshare.net/a/B/"),
    )
    for group in groups:
        assert len({urls.resource_key(url) for url in group}) == 1


def test_two_places_in_one_recording_are_two_resources() -> None:
    video = "https://youtu.be/abcdefghijk"
    assert urls.resource_key(f"{video}?t=60") != urls.resource_key(f"{video}?t=3600")
