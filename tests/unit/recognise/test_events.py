"""Which events a post is about, and of which year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator import recognise
from aggregator.model import Post, RawHtml
from aggregator.recognise import catalogue, dates
from tests.unit.recognise.posts import bundled

WENT = (
    "<p>We attended it last week. The talks were good, the speakers were kind, we met people.</p>"
)


def events(title: str, html: str = WENT, **fields: object) -> list[str]:
    published = fields.pop("published", datetime(2024, 10, 1, tzinfo=UTC))
    tags = fields.pop("tags", ())
    assert isinstance(tags, tuple)
    assert published is None or isinstance(published, datetime)
    url = str(fields.pop("url", ""))
    post = Post(
        id="1", title=title, url=url, html=RawHtml(html), published=published, tags=tags,
        country=str(fields["country"]) if "country" in fields else None,
    )  # fmt: skip
    known = catalogue.empty() if "unlisted" in fields else bundled()
    return [event.name for event in recognise.recognise(post, known).events]


@pytest.mark.parametrize(
    "title",
    [
        "Recap of RSECon24",
        "Recap of RSECon 24",
        "Recap of RSE Con 2024",
        "Recap of the 2024 RSE Conference",
        "Recap of #RSECon24",
        "Recap of RSECon'24",
    ],
)
def test_all_spellings_of_an_edition_are_one_event(title: str) -> None:
    assert events(title) == ["RSECon24"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("My first csv,conf,v5", "csv,conf 2020"),
        ("Highlights from 34C3", "Chaos Communication Congress 2017"),
        ("Highlights from posit::conf(2023)", "posit::conf(2023)"),
        ("Conference report: SC21", "SC21"),
        ("Recap: useR!2019 in Toulouse", "useR! 2019"),
        ("Our first SeptembRSE: a recap", "RSECon21"),
    ],
)
def test_unusual_names_of_editions_are_understood(title: str, name: str) -> None:
    assert events(title) == [name]


@pytest.mark.parametrize(
    "title",
    [
        "Recap: life after COVID-19",
        "A report on UTF-8 and C++17",
        "Notes on Python 3.12 and Ubuntu 24.04",
        "Thoughts on SC and SE",
        "Highlights of Conda, Conversaciones and a Consortium",
        "Reflections on Horizon 2020",
    ],
)
def test_look_alikes_are_no_events(title: str) -> None:
    assert events(title, "<p>These things were discussed at length by all of us.</p>") == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Notes from BeetleCon 2019", "BeetleCon 2019"),
        ("Report from the Nordic Beetle Symposium 2019", "Nordic Beetle Symposium 2019"),
        ("Carapace 2019 day 1", "Carapace 2019"),
        ("Recap: a workshop of ours at BX2019", "BX 2019"),
        ("Recap of the 5th Beetle Modelling Workshop 2019", "Beetle Modelling Workshop 2019"),
    ],
)
def test_an_event_that_no_registry_lists_is_known_by_its_shape(title: str, name: str) -> None:
    assert events(title, unlisted=True) == [name]


def test_a_shortened_name_joins_the_longer_one() -> None:
    html = "<p>PyData 2024 was great, we attended all of it. Next year again, PyData 2024!</p>"
    assert events("Highlights from PyData London 2024", html) == ["PyData London 2024"]


def test_an_event_named_in_passing_is_no_subject() -> None:
    html = WENT + "<p>In 2019 I was at FOSDEM 2019. See you at EuroPython 2025.</p>"
    assert events("Highlights from SciPy 2024", html) == ["SciPy 2024"]


def test_two_events_of_one_title_are_both_subjects() -> None:
    assert events("A recap of FOSDEM 2024 and SciPy 2024") == ["FOSDEM 2024", "SciPy 2024"]


def test_the_event_of_a_vague_title_is_found_in_the_lead() -> None:
    html = (
        '<p>Last month we attended <a href="https://us.pycon.org/2024/">PyCon US</a> in Pittsburgh.'
        "</p>" + WENT
    )
    assert events("Impressions from three days of talks", html) == ["PyCon US 2024"]


def test_a_post_without_any_date_takes_the_year_from_its_text() -> None:
    html = "<p>In July 2018 we attended SciPy. The talks were good and we met many people.</p>"
    assert events("SciPy conference recap", html, published=None) == ["SciPy 2018"]


def test_ranges_of_days_are_read_in_several_languages() -> None:
    for text in (
        "held 14 to 16 June 2024",
        "June 14-16, 2024",
        "vom 14. bis 16. Juni 2024",
        "del 14 al 16 de junio de 2024",
        "du 14 au 16 juin 2024",
        "van 14 tot 16 juni 2024",
    ):
        span = dates.stated(text)
        assert span is not None, text
        assert (span[0].day, span[1].day, span[1].month) == (14, 16, 6), text


def test_a_span_across_new_year_begins_in_the_old_one() -> None:
    span = dates.stated("30 December to 2 January 2024")
    assert span is not None
    assert (span[0].year, span[1].year) == (2023, 2024)


def test_impossible_dates_are_no_dates() -> None:
    assert dates.stated("31 February 2024") is None
    assert dates.stated("1 January to 30 June 2024") is None
