"""Pages as linked data, and feeds that are complete."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator import publish
from aggregator.model import EventCard, Link
from tests.unit.test_publish import DOCUMENT, ENTRY, TALK

BASE = "https://recaps.example"
PAGE = f"{BASE}/entries/7/"
CARD = EventCard(
    id=3,
    slug="rsecon-2024",
    name="RSECon 2024",
    series=Link(slug="rsecon", name="RSECon"),
    year=2024,
    place="Newcastle",
    starts_on=date(2024, 9, 3),
    ends_on=date(2024, 9, 5),
    homepage="https://rsecon.example/2024/",
)


def read(thing: dict[str, Any]) -> Any:
    """What a machine reads of a thing on a page."""
    return json.loads(publish.linked_data(thing))


def test_an_event_says_when_and_where_it_was() -> None:
    said = read(publish.event_data(CARD, f"{BASE}/events/rsecon-2024/"))
    assert said["@context"] == "https://schema.org"
    assert said["@type"] == "Event"
    assert (said["startDate"], said["endDate"]) == ("2024-09-03", "2024-09-05")
    assert said["location"]["name"] == "Newcastle"
    assert said["eventStatus"] == "https://schema.org/EventScheduled"
    assert said["superEvent"] == {"@type": "EventSeries", "name": "RSECon"}


def test_an_event_of_which_little_is_known_says_that_much() -> None:
    bare = replace(CARD, place=None, starts_on=None, ends_on=None, homepage=None)
    said = read(publish.event_data(bare, "https://recaps.example/e/"))
    assert said["startDate"] == "2024"
    assert said["url"] == "https://recaps.example/e/"
    assert not {"location", "endDate", "eventAttendanceMode"} & set(said)


def test_an_event_on_line_has_no_place() -> None:
    said = read(publish.event_data(replace(CARD, place="Online"), BASE))
    assert said["location"] == {"@type": "VirtualLocation", "url": "https://rsecon.example/2024/"}
    assert said["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"


def test_a_recap_names_its_authors_its_event_and_its_original() -> None:
    said = read(publish.entry_data(replace(ENTRY, licence="CC-BY-4.0"), PAGE, BASE))
    assert said["@type"] == "BlogPosting"
    assert [one["name"] for one in said["author"]] == list(ENTRY.authors)
    assert said["isBasedOn"] == ENTRY.url
    assert said["mainEntityOfPage"] == PAGE
    assert said["about"][0]["url"] == f"{BASE}/events/rsecon-2024/"
    assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert said["mentions"][0]["name"] == "Testing & telling"


def test_a_recap_without_a_date_or_an_address_says_neither() -> None:
    said = read(publish.entry_data(replace(ENTRY, url="", published_inferred=True), PAGE, BASE))
    assert "datePublished" not in said
    assert "isBasedOn" not in said
    assert said["url"] == PAGE


def test_a_recorded_talk_is_a_video_and_another_is_not() -> None:
    said = read(publish.talk_data(TALK, f"{BASE}/talks/5/", BASE))
    assert said["@type"] == "VideoObject"
    assert said["url"] == "https://video.example/1"
    assert said["recordedAt"]["name"] == "RSECon 2024"
    assert said["associatedMedia"][0]["url"] == "https://slides.example/1"
    unseen = read(publish.talk_data(replace(TALK, links=()), f"{BASE}/talks/5/", BASE))
    assert unseen["@type"] == "CreativeWork"
    assert unseen["url"] == f"{BASE}/talks/5/"


@given(st.text())
def test_nothing_in_a_title_can_leave_its_script_element(title: str) -> None:
    said = publish.linked_data({"name": f"</script><script>{title}<!--"})
    assert not set("<>&\u2028\u2029") & set(said)
    assert json.loads(said)["name"] == f"</script><script>{title}<!--"


@pytest.mark.parametrize("write", [publish.rss, publish.atom])
def test_a_feed_that_holds_all_there_will_be_says_so(write: Any) -> None:
    mark = "{http://purl.org/syndication/history/1.0}complete"
    whole = replace(DOCUMENT, complete=True)
    assert etree.fromstring(write(whole)).findall(f".//{mark}")
    assert not feedparser.parse(write(whole)).bozo
    assert not etree.fromstring(write(DOCUMENT)).findall(f".//{mark}")
