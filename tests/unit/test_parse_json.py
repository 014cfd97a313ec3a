"""JSON Feed 1.0 and 1.1 to values."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from aggregator.errors import NotAFeed, ParseError
from tests.unit.test_parse import read


def test_a_json_feed_is_read() -> None:
    feed = read(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "J",
                "home_page_url": "https://lab.example/",
                "next_url": "/older.json",
                "language": "en",
                "authors": [{"name": "Team J"}],
                "feed_url": "own.json",
                "hubs": [
                    {"type": "rssCloud", "url": "https://cloud.example/"},
                    {"type": "WebSub", "url": "https://hub.example/"},
                ],
                "items": [
                    {
                        "id": 7,
                        "url": "/7",
                        "title": "Seven &amp; more",
                        "content_html": "<p>x</p>",
                        "date_published": "2024-05-03T10:00:00+02:00",
                        "tags": ["a", "b"],
                        "attachments": [{"url": "/v.mp4", "mime_type": "video/mp4"}],
                    },
                    {"id": "8", "summary": "short", "author": {"name": "Ada Kern"}},
                    "no item",
                ],
            }
        ),
        "application/octet-stream",
    )
    seven, eight = feed.entries
    assert (feed.title, feed.site_url) == ("J", "https://lab.example/")
    assert (feed.older_url, feed.hub_url) == (
        "https://lab.example/older.json",
        "https://hub.example/",
    )
    assert feed.self_url == "https://lab.example/blog/own.json"
    assert (seven.guid, seven.url, seven.title) == ("7", "https://lab.example/7", "Seven & more")
    assert seven.published == datetime(2024, 5, 3, 8, tzinfo=UTC)
    assert seven.enclosures == ("https://lab.example/v.mp4",)
    assert (seven.authors, seven.tags, seven.language) == (("Team J",), ("a", "b"), "en")
    assert (eight.html, eight.summary_only, eight.authors) == ("<p>short</p>", True, ("Ada Kern",))


def test_a_json_feed_of_version_1_0_without_a_site_is_read() -> None:
    feed = read(
        '{"version": "https://jsonfeed.org/version/1", "title": "J",'
        ' "author": {"name": "Ada Kern"},'
        ' "items": [{"id": "1", "content_text": "a\\n<b>"}]}'
    )
    assert feed.site_url is None
    assert feed.problems == ()
    assert feed.entries[0].guid == "1"
    assert feed.entries[0].authors == ("Ada Kern",)
    assert feed.entries[0].html == "<p>a<br>&lt;b&gt;</p>"


def test_the_newest_items_of_a_json_feed_are_read_when_there_are_too_many() -> None:
    items = [{"id": str(day), "date_published": f"2024-05-{day:02}"} for day in range(1, 31)]
    feed = read(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}), max_entries=2
    )
    assert [entry.guid for entry in feed.entries] == ["30", "29"]
    assert feed.problems == ("the newest 2 of 30 entries were taken",)


def test_line_ends_as_they_stand_do_not_spoil_a_json_feed() -> None:
    assert read('{"items": [{"id": "1", "title": "a\nb"}]}').entries[0].title == "a b"


@pytest.mark.parametrize("body", ['{"a": 1}', "[1, 2]", '{"items": 3}'])
def test_other_json_is_no_feed(body: str) -> None:
    with pytest.raises(NotAFeed, match="no JSON Feed"):
        read(body)


@pytest.mark.parametrize("body", ['{"items": [', '{"items":' + "[" * 200_000, "{" + "9" * 9_000])
def test_damaged_json_is_told(body: str) -> None:
    with pytest.raises(ParseError, match="not valid JSON"):
        read(body)
