"""The pure parts of the web: cursors, words for values, charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import NotFound
from aggregator.model import Cursor, EntryQuery, EventCard, Link, MonthCount
from aggregator.web import charts, listings, paths, words

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def event(year: int, recaps: int = 1, **known: object) -> EventCard:
    values: dict[str, object] = {
        "id": year,
        "slug": f"days-{year}",
        "name": f"Days {year}",
        "series": Link(slug="days", name="Days"),
        "year": year,
        "recaps": recaps,
    }
    return EventCard(**(values | known))  # type: ignore[arg-type]  # the values above fit


# ---------------------------------------------------------------------------------------- cursors


@given(
    st.integers(0, 7 * 10**15).map(lambda us: NOW - timedelta(microseconds=us)),
    st.integers(1, 10**12),
)
def test_a_cursor_comes_back_from_its_address(at: datetime, number: int) -> None:
    cursor = Cursor(published_at=at, id=number)
    assert listings.read(listings.written(cursor)) == cursor


@given(st.text())
def test_what_is_no_cursor_is_not_found(said: str) -> None:
    with pytest.raises(NotFound):
        listings.read(said)


def test_the_parts_of_a_search_keep_its_words() -> None:
    listing = listings.Listing(
        title="Search", path="/search/", query=EntryQuery(), args=(("q", "a b&c"), ("year", "2024"))
    )
    assert listing.page(before="x") == "/search?q=a+b%26c&year=2024&before=x"
    assert listing.feed("rss.xml") == "/search/rss.xml?q=a+b%26c&year=2024"


# ------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (None, None, "2024"),
        (date(2024, 6, 14), None, "14 June 2024"),
        (date(2024, 6, 14), date(2024, 6, 14), "14 June 2024"),
        (date(2024, 6, 14), date(2024, 6, 16), "14–16 Jun 2024"),
        (date(2024, 6, 30), date(2024, 7, 2), "30 Jun\u2009–\u20092 Jul 2024"),
        (date(2024, 12, 30), date(2025, 1, 2), "30 Dec 2024\u2009–\u20092 Jan 2025"),
    ],
)
def test_the_days_of_an_event_are_said_in_words(
    first: date | None, last: date | None, said: str
) -> None:
    assert words.span(event(2024, starts_on=first, ends_on=last)) == said


@pytest.mark.parametrize(
    ("count", "word", "said"),
    [
        (1, "recap", "1 recap"),
        (0, "recap", "0 recaps"),
        (4812, "recap", "4,812 recaps"),
        (1, "series", "1 series"),
        (3, "series", "3 series"),
    ],
)
def test_counts_are_said_with_their_word(count: int, word: str, said: str) -> None:
    assert words.plural(count, word) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""),
        (("Ada",), "Ada"),
        (("Ada", "Bela"), "Ada and Bela"),
        (("Ada", "Bela", "Chidi"), "Ada, Bela and Chidi"),
        (("Ada", "Bela", "Chidi", "Dora"), "Ada, Bela and 2 more"),
    ],
)
def test_names_are_listed(names: tuple[str, ...], said: str) -> None:
    assert words.listed(names) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-50, "any moment now"),
        (20, "any moment now"),
        (60, "in 1 minute"),
        (600, "in 10 minutes"),
        (7200, "in about 2 hours"),
    ],
)
def test_the_time_until_a_poll_is_said_in_words(seconds: int, said: str) -> None:
    assert words.until(NOW + timedelta(seconds=seconds), NOW) == said


def test_languages_and_countries_have_names() -> None:
    assert words.language("de-CH") == "German"
    assert words.language("tlh") == "Klingon"
    assert words.language("qqq") == "qqq"
    assert (words.country("NO"), words.country("xx")) == ("Norway", "xx")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://www.example.org/", "example.org"),
        ("http://blog.example/feed.xml", "blog.example/feed.xml"),
    ],
)
def test_addresses_are_said_as_people_say_them(url: str, said: str) -> None:
    assert words.bare(url) == said


# ---------------------------------------------------------------------------------------- passages


@pytest.mark.parametrize(
    ("url", "said", "leads_to"),
    [
        ("https://a.example/p", "A talk.", "https://a.example/p#:~:text=A%20talk."),
        ("https://a.example/p#top", "A talk", "https://a.example/p#top:~:text=A%20talk"),
        (
            "https://a.example/p",
            "well-kept, tried & true",
            "https://a.example/p#:~:text=well%2Dkept%2C%20tried%20%26%20true",
        ),
        ("https://a.example/p", "Ünïcode…", "https://a.example/p#:~:text=%C3%9Cn%C3%AFcode"),
        ("https://a.example/p", "", "https://a.example/p"),
        ("", "A talk", ""),
    ],
)
def test_a_passage_is_named_by_its_words(url: str, said: str, leads_to: str) -> None:
    assert paths.passage(url, said) == leads_to


def test_a_long_passage_is_named_by_its_ends() -> None:
    said = " ".join(f"word{number}" for number in range(40))
    start, end = paths.passage("https://a.example/", said).partition("#:~:text=")[2].split(",")
    assert start == "word0%20word1%20word2%20word3%20word4"
    assert end == "word35%20word36%20word37%20word38%20word39"


# ------------------------------------------------------------------------------------------ charts


def test_months_without_recaps_keep_their_place() -> None:
    chart = charts.months(
        [MonthCount(year=2026, month=11, recaps=4), MonthCount(year=2026, month=9, recaps=8)],
        (2026, 11),
        span=12,
    )
    assert chart
    assert [bar.count for bar in chart.bars][-3:] == [8, 0, 4]
    assert len(chart.bars) == 12
    assert chart.bars[-1].now
    assert (chart.total, chart.most.year, chart.most.month) == (12, 2026, 9)


def test_the_highest_bar_fills_the_chart_and_every_count_is_seen() -> None:
    counts = [MonthCount(year=2026, month=m, recaps=n) for m, n in ((1, 5000), (2, 1))]
    chart = charts.months(counts, (2026, 2), span=2)
    assert chart
    high, low = chart.bars
    assert high.box.y < 10
    assert low.box.height > 0
    assert all(bar.box.y + bar.box.height == pytest.approx(chart.base) for bar in chart.bars)


def test_there_is_no_chart_of_nothing() -> None:
    assert charts.months([], (2026, 11)) is None
    assert charts.months([MonthCount(year=2001, month=1, recaps=9)], (2026, 11)) is None
    assert charts.editions([event(2024)]) is None


def test_editions_are_in_order_and_the_pages_own_stands_out() -> None:
    chart = charts.editions([event(2025), event(2023, 3), event(2024)], "days-2024")
    assert chart
    assert [bar.year for bar in chart.bars] == [2023, 2024, 2025]
    assert [bar.now for bar in chart.bars] == [False, True, False]


@given(st.lists(st.tuples(st.integers(1990, 2030), st.integers(0, 500)), max_size=60))
def test_bars_never_leave_the_drawing(rows: list[tuple[int, int]]) -> None:
    chart = charts.editions([event(year, recaps) for year, recaps in rows])
    for bar in chart.bars if chart else ():
        assert bar.box.x >= 0
        assert bar.box.x + bar.box.width <= 296.2
        assert bar.box.y >= 0
