"""What is known of events and series, and from whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from aggregator.model import Correction, EventFact, EventMention, FactName, FactOrigin, Fix, Link
from aggregator.store import Database, coverage, event_facts, feeds, upkeep
from tests.integration.store_samples import NOW, about, follow, other, recap, save

HERE = "pydata-london-2026"
MAY = date(2026, 5, 1)


def stated(**facts: object) -> EventMention:
    return replace(about(), **facts)  # type: ignore[arg-type]


def facts(database: Database, slug: str = HERE) -> dict[str, EventFact]:
    with database.reading() as c:
        return {fact.name: fact for fact in coverage.event(c, slug).facts}


def values(database: Database, slug: str = HERE) -> dict[str, str]:
    return {name: fact.value for name, fact in facts(database, slug).items()}


def test_a_fact_names_the_post_and_its_words(database: Database) -> None:
    feed = follow(database)
    mention = stated(
        starts_on=MAY,
        ends_on=date(2026, 5, 3),
        place="London",
        homepage="https://pydata.example/london2026/",
        hashtag="#PyDataLdn",
        said=(("dates", "from 1 to 3 May"), ("place", "in London")),
    )
    [entry] = save(database, feed, recap("a", mention, title="A day out")).new
    found = facts(database)
    assert {name: fact.value for name, fact in found.items()} == {
        "dates": "2026-05-01/2026-05-03",
        "place": "London",
        "homepage": "https://pydata.example/london2026/",
        "hashtag": "PyDataLdn",
    }
    assert found["dates"] == EventFact(
        name=FactName.DATES,
        value="2026-05-01/2026-05-03",
        origin=FactOrigin.POST,
        words="from 1 to 3 May",
        entry_id=entry,
        entry_title="A day out",
        entry_url="https://blog.example/a",
        source=Link(slug="blog-example", name="blog.example"),
    )
    with database.reading() as c:
        card = coverage.event_card(c, HERE)
    assert (card.starts_on, card.ends_on) == (MAY, date(2026, 5, 3))
    assert (card.place, card.hashtag) == ("London", "PyDataLdn")


def test_most_posts_are_believed_and_a_single_one_until_others_speak(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", stated(place="Leeds")))
    assert values(database)["place"] == "Leeds"
    places = ("LONDON", "London", "London")
    save(database, feed, *(recap(f"b{n}", stated(place=said)) for n, said in enumerate(places)))
    found = facts(database)["place"]
    assert (found.value, found.agree) == ("London", 3)
    with database.reading() as c:
        every = event_facts.known(c, coverage.event_card(c, HERE).id, every=True)
    assert [(one.value, one.chosen, one.agree) for one in every] == [
        ("London", True, 3),
        ("London", False, 3),
        ("LONDON", False, 3),
        ("Leeds", False, 1),
    ]


def test_a_person_is_believed_before_the_registry_and_that_before_posts(
    database: Database,
) -> None:
    feed = follow(database)
    usual = {"series_place": "Anywhere"}
    save(database, feed, recap("u", stated(**usual)))
    found = facts(database)["place"]  # no statement about this event: it may be elsewhere this year
    assert (found.value, found.origin) == ("Anywhere", FactOrigin.SERIES)
    with database.reading() as c:
        assert coverage.event_card(c, HERE).place is None
    save(database, feed, *(recap(f"p{n}", stated(place="Leeds", **usual)) for n in range(3)))
    assert values(database)["place"] == "Leeds"
    save(database, feed, recap("r", stated(place="London", registry=("place",), **usual)))
    assert (facts(database)["place"].origin, values(database)["place"]) == ("registry", "London")
    with database.writing() as c:
        coverage.change_event(c, HERE, place="Bristol", now=NOW, by="ada")
    found = facts(database)["place"]
    assert (found.value, found.origin, found.by, found.at) == ("Bristol", "person", "ada", NOW)
    with database.writing() as c:
        coverage.change_event(c, HERE, place="", now=NOW, by="ada")
    assert facts(database)["place"].origin is FactOrigin.SERIES
    with database.writing() as c:  # taken back twice: what is stated stands again
        for made in coverage.list_decisions(c):
            coverage.undo(c, made.id, NOW)
    assert values(database)["place"] == "London"
    assert upkeep.check(database) == []


def test_what_a_post_states_goes_with_the_post(database: Database) -> None:
    feed = follow(database)
    elsewhere = follow(database, "https://b.example/")
    save(database, feed, recap("a", stated(place="Leeds", starts_on=MAY)))
    save(database, elsewhere, recap("b", stated(place="London"), url="https://b.example/b"))
    save(database, feed, recap("a", about(), title="It says nothing now"))
    assert values(database) == {"place": "London"}
    with database.writing() as c:
        feeds.remove(c, elsewhere, keep_entries=False)
    assert values(database) == {}
    with database.reading() as c:
        assert coverage.event_card(c, HERE).place is None


def test_an_announcement_is_believed_but_nothing_that_is_hidden_or_on_trial(
    database: Database,
) -> None:
    feed, trial = follow(database), follow(database, "https://t.example/", trial=True)
    announced = other("n")
    announced = replace(
        announced, recognition=replace(announced.recognition, events=(stated(starts_on=MAY),))
    )
    [_, hidden] = save(
        database, feed, announced, recap("a", stated(place="Nowhere"), title="Spam, or so")
    ).new
    save(database, trial, recap("t", stated(homepage="https://spam.example/")))
    assert values(database)["dates"] == "2026-05-01/"
    assert "homepage" not in values(database)
    with database.writing() as c:
        coverage.correct(c, hidden, Correction(what=Fix.HIDDEN, value="yes"), NOW)
    assert values(database) == {"dates": "2026-05-01/"}


def test_merged_events_pool_what_is_known_and_part_with_it(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", stated(place="London")),
        recap("b", replace(about("Old name"), starts_on=MAY, place="Leeds")),
        recap("c", replace(about("Old name"), place="Leeds")),
    )
    with database.writing() as c:
        coverage.merge_events(c, "old-name-2026", HERE, NOW)
    assert values(database) == {"dates": "2026-05-01/", "place": "London"}
    with database.writing() as c:
        coverage.undo(c, coverage.list_decisions(c)[0].id, NOW)
    assert values(database) == {"place": "London"}
    assert values(database, "old-name-2026") == {"dates": "2026-05-01/", "place": "Leeds"}


def test_a_series_has_what_the_registry_says_now(database: Database) -> None:
    feed = follow(database)

    def series() -> tuple[str, str | None, str | None]:
        with database.reading() as c:
            found = coverage.series(c, "pydata-london")
        return found.name, found.homepage, found.place

    save(database, feed, recap("a", about(known=False)))
    assert series() == ("PyData London", None, None)
    known = stated(series_homepage="https://pydata.example/", series_place="London")
    save(database, feed, recap("b", known))
    assert series() == ("PyData London", "https://pydata.example/", "London")
    moved = stated(series="Pydata London", series_homepage="javascript:alert(1)")
    save(database, feed, recap("c", moved))
    assert series() == ("Pydata London", None, None)


def test_the_registrys_name_of_an_event_is_shown_unless_a_person_gave_one(
    database: Database,
) -> None:
    feed = follow(database)

    def name() -> str:
        with database.reading() as c:
            return coverage.event_card(c, HERE).name

    save(database, feed, recap("a", about(known=False)))
    save(database, feed, recap("b", stated(name="PyData London '26")))
    assert name() == "PyData London '26"
    with database.writing() as c:
        coverage.change_event(c, HERE, name="PyData in London", now=NOW)
    save(database, feed, recap("c", stated(name="PyDataLondon")))
    assert name() == "PyData in London"


@pytest.mark.parametrize(
    "odd",
    [
        {"starts_on": date(2026, 5, 3), "ends_on": date(2026, 5, 1)},
        {"ends_on": date(2026, 5, 1)},
        {"place": "x" * 5000, "said": (("place", "y" * 5000), ("nothing", "z"))},
        {"homepage": "javascript:alert(1)"},
        {"hashtag": "###"},
        {"homepage": "https://x.example/" + "x" * 9000},
    ],
)
def test_odd_statements_break_nothing(database: Database, odd: dict[str, object]) -> None:
    feed = follow(database)
    save(database, feed, recap("a", stated(**odd)))
    facts(database)
    assert upkeep.check(database) == []
