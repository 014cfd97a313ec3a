"""Which events a post is about, and of which year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator import recognise
from aggregator.model import EventMention, Post, RawHtml
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


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("It was held from 10 to 12 September.", ((9, 10), (9, 12))),
        ("Over two days, 14 and 15 May, people came.", ((5, 14), (5, 15))),
        ("Am 18. und 19. März kamen siebzig Gäste.", ((3, 18), (3, 19))),
        ("It took place on May 20 and 21 in the hall.", ((5, 20), (5, 21))),
        ("from 30 May to 2 June", ((5, 30), (6, 2))),
        ("It happened on Thursday, September 5, at noon.", ((9, 5), (9, 5))),
        ("Die Tagung war am 5. Mai.", ((5, 5), (5, 5))),
        ("from 14 to 16 June 2019", None),
        ("between 3 and 5 people in March", None),
        ("from 30 to 31 February", None),
    ],
)
def test_a_span_without_a_year_is_of_the_year_given(
    text: str, days: tuple[tuple[int, int], tuple[int, int]] | None
) -> None:
    span = dates.within(text, 2024)
    assert (span and tuple((day.month, day.day) for day in (span.first, span.last))) == days


def _first(lead: str, title: str = "Recap of BeetleCon 2024") -> EventMention:
    post = Post(
        id="1", title=title, html=RawHtml(f"<p>{lead}</p>{WENT}"),
        published=datetime(2024, 10, 1, tzinfo=UTC),
    )  # fmt: skip
    return recognise.recognise(post, catalogue.empty()).events[0]


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("BeetleCon 2024, which was held in Ghent, is over.", "Ghent"),
        ("We attended BeetleCon 2024 in New Tarn from 3 to 5 June.", "New Tarn"),
        ("We attended BeetleCon 2024 (3 to 5 June in Ghent, Belgium).", "Ghent, Belgium"),
        ("BeetleCon 2024 took place on 3 and 4 June in Ghent.", "Ghent"),
        ("We attended BeetleCon 2024, and it was held at the Nordic Basic Beetle Days.", None),
        ("At BeetleCon 2024 we learned much about sorting in Python.", None),
        ("We attended BeetleCon 2024 in June, and Ada gave a talk in English.", None),
    ],
)
def test_a_place_is_told_only_where_it_is_clear(lead: str, place: str | None) -> None:
    assert _first(lead).place == place


def test_days_that_do_not_fit_the_publication_are_not_the_events() -> None:
    assert _first("BeetleCon 2024 will be back, from 3 to 5 December.").starts_on is None
    assert _first("BeetleCon 2024 was held from 3 to 5 June.").starts_on is not None


def test_an_event_tells_whether_the_registry_knows_its_series() -> None:
    titles = "Highlights from PyCon UK 2019", "Highlights from ResearchSoftCon 2025"
    posts = [
        Post(id=title, title=title, html=RawHtml("<p>We attended it.</p>")) for title in titles
    ]
    found = [recognise.recognise(post, bundled()).events[0].known for post in posts]
    assert found == [True, False]


def test_what_is_stated_of_an_event_comes_with_the_words_that_state_it() -> None:
    event = _first(
        'The sun shone. <a href="https://beetlecon.example/2024/">BeetleCon 2024</a> was held in '
        "Ghent from 3 to 5 June 2024. We posted all of it under #BeetleCon24. It was fun."
    )
    assert event.hashtag == "BeetleCon24"
    assert dict(event.said) == {
        "dates": "BeetleCon 2024 was held in Ghent from 3 to 5 June 2024.",
        "place": "BeetleCon 2024 was held in Ghent from 3 to 5 June 2024.",
        "homepage": "[BeetleCon 2024]",
        "hashtag": "We posted all of it under #BeetleCon24.",
    }


def test_a_hashtag_of_another_year_or_thing_is_not_the_events() -> None:
    assert _first("We attended BeetleCon 2024. #BeetleCon23 was bigger. #beetles").hashtag is None


def test_an_event_brings_what_the_registry_knows_of_its_series() -> None:
    post = Post(id="1", title="Highlights from FOSDEM 2024", html=RawHtml(WENT))
    (event,) = recognise.recognise(post, bundled()).events
    series = bundled().series_named("FOSDEM")
    assert series is not None
    assert (event.series_place, event.series_homepage) == (series.place, series.homepage)
    assert series.homepage


@pytest.mark.parametrize(
    ("title", "html", "name"),
    [
        ("Notes from Strange Brook", "<p>Last week I attended Strange Brook.</p>", "Strange Brook"),
        ("Carapace, Ghent – Day 1", WENT, "Carapace"),
        (
            "RSEs meet at the first CoBeDa",
            "<p>The first Conference on Beetle Data (CoBeDa) took place last week.</p>",
            "CoBeDa",
        ),
        ("Recap of the elytra.rb conf", WENT.replace("it", "elytra.rb 2024"), None),
        ("My days at WingCamp Oslo", "<p>I went to WingCamp Oslo 2024.</p>", "WingCamp Oslo"),
        (
            "Crónica de las Jornadas de Datos Abiertos",
            "<p>Las Jornadas de Datos Abiertos tuvieron lugar en mayo.</p>",
            "Jornadas de Datos Abiertos",
        ),
        (
            "A good week",
            "<p>I attended BeetlePy in Linz, a small conference. BeetlePy was great.</p>",
            "BeetlePy",
        ),
        ("How we work", "<p>We attended Google in Paris. Google was nice. Google 2024!</p>", None),
    ],
)
def test_an_event_is_known_by_what_is_said_of_it(title: str, html: str, name: str | None) -> None:
    expected = [f"{name} 2024"] if name else []
    assert events(title, html + WENT, unlisted=True) == expected


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Recap of WordCamp Lima 2019", "WordCamp Lima 2019"),
        ("Recap of PyCon.zz 2010", "PyCon.zz 2010"),
        ("Recap of PyCon Canada 2019", "PyCon Canada 2019"),
        ("Recap of PyCon Cleveland 2019", "PyCon US 2019"),
        ("Recap of PyCon 2019", "PyCon US 2019"),
        ("Recap of FOSDEM Brussels 2019", "FOSDEM 2019"),
    ],
)
def test_a_place_behind_the_name_of_a_local_series_makes_another_one(title: str, name: str) -> None:
    assert events(title) == [name]


def test_the_year_of_the_next_time_is_not_that_of_an_event_told_of() -> None:
    html = WENT + "<p>Of BeetleCon there will be more, in Ghent in 2025, we hope.</p>"
    assert events("Recap of BeetleCon", html, unlisted=True) == ["BeetleCon 2024"]


def test_a_year_glued_to_the_name_before_conference_is_no_part_of_the_name() -> None:
    assert events("BtlC2019 conference recap", unlisted=True) == ["BtlC 2019"]
