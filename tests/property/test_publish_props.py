"""What is published can be read back, whatever it says."""

from __future__ import annotations

import io
import json
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser
import icalendar
import listparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator import publish, text
from aggregator.clean import clean
from aggregator.model import EntryCard, FeedLink, Link, RawHtml, SourceCard
from tests.unit.test_publish import DOCUMENT, ENTRY, NOON
from tests.unit.test_publish import card as event_card

WORDS = st.text(max_size=30)
NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=12).filter(text.squeeze)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds are naive by contract
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def entries(draw: st.DrawFn) -> EntryCard:
    number = draw(st.integers(1, 10_000))
    return replace(
        ENTRY,
        id=number,
        uid=f"tag:recaps.example,2024:entry/{number}",
        url=draw(st.sampled_from(["", "https://a.example/x?y=1&z=é", "https://a.example/#top"])),
        title=draw(WORDS),
        summary=draw(WORDS),
        authors=tuple(draw(st.lists(NAMES, max_size=3))),
        published_at=draw(MOMENTS),
        changed_at=draw(MOMENTS),
        tags=tuple(Link(slug="x", name=name) for name in draw(st.lists(NAMES, max_size=3))),
        html=draw(st.none() | WORDS.map(lambda html: clean(RawHtml(html), "https://a.example/"))),
    )


@pytest.mark.parametrize("make", [publish.rss, publish.atom])
@settings(max_examples=60, deadline=None)
@given(cards=st.lists(entries(), max_size=4))
def test_a_feed_is_well_formed_and_read_back(make: Any, cards: list[EntryCard]) -> None:
    document = replace(DOCUMENT, entries=tuple(cards))
    body = make(document)
    etree.fromstring(body)
    found = feedparser.parse(io.BytesIO(body))
    assert not found.bozo
    kept = document.items()
    assert [entry.id for entry in found.entries] == [card.uid for card in kept]
    for entry, card in zip(found.entries, kept, strict=True):
        assert entry.link == document.link_of(card)
        assert timegm(entry.published_parsed) == card.sorted_at.timestamp()


@settings(max_examples=60, deadline=None)
@given(cards=st.lists(entries(), max_size=4))
def test_a_json_feed_is_read_back(cards: list[EntryCard]) -> None:
    document = replace(DOCUMENT, entries=tuple(cards))
    items = json.loads(publish.json_feed(document))["items"]
    kept = document.items()
    assert [item["id"] for item in items] == [card.uid for card in kept]
    assert all(item.get("content_html") or item.get("content_text") for item in items)
    assert [item["url"] for item in items] == [document.link_of(card) for card in kept]


@settings(max_examples=60, deadline=None)
@given(titles=st.lists(NAMES, max_size=5), name=WORDS)
def test_a_list_of_feeds_is_read_back(titles: list[str], name: str) -> None:
    groups = tuple(
        (
            SourceCard(id=number, slug=f"s{number}", title=title),
            (FeedLink(url=f"https://a.example/{number}?x=1&y=2", title=title),),
        )
        for number, title in enumerate(titles)
    )
    found = listparser.parse(publish.opml(name, groups, date=datetime(2024, 1, 1, tzinfo=UTC)))
    assert [feed.url for feed in found.feeds] == [feeds[0].url for _, feeds in groups]


@settings(max_examples=100, deadline=None)
@given(card=entries(), site=WORDS)
def test_citations_are_never_broken_by_what_they_cite(card: EntryCard, site: str) -> None:
    (item,) = json.loads(publish.csl_json(card, site))
    assert item["title"]
    bibtex = publish.bibtex(card, site).replace("\\{", "").replace("\\}", "")
    assert bibtex.count("{") == bibtex.count("}")
    assert all(
        json.loads(line.partition(": ")[2])
        for line in publish.cff(card, site).splitlines()
        if '"' in line
    )


LINES = st.text(alphabet=st.characters(), max_size=120) | st.text(
    alphabet=",;\\:é漢😀 n", max_size=200
)


@settings(max_examples=150, deadline=None)
@given(name=LINES, place=LINES, title=LINES)
def test_a_calendar_is_read_back(name: str, place: str, title: str) -> None:
    body = publish.ical(
        (event_card(name=name, place=place),),
        host="recaps.example",
        base_url="https://recaps.example",
        stamp=NOON,
        title=title,
    )
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() for line in lines[:-1])  # no character is cut in two
    calendar: Any = icalendar.Calendar.from_ical(body)
    [found] = calendar.walk("VEVENT")
    assert found["summary"] == text.squeeze(name)
    assert found.get("location", "") == text.squeeze(place)
