"""What pages lead on with: long lists in parts, crossings, hits of common words, limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model import Correction, EntryQuery, Fix
from aggregator.store import (
    Database,
    browse,
    counters,
    coverage,
    entries,
    limits,
    search,
    upkeep,
)
from aggregator.store import cards as cards_module
from tests.integration.store_samples import (
    NOW,
    about,
    follow,
    listed,
    recap,
    save,
    statements,
    talk,
    titles,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_the_parts_of_a_long_list_of_events_hold_each_once(database: Database) -> None:
    feed = follow(database)
    found = [
        recap(f"r{n}", about(f"Series {n}", 2025 + n % 2), at=NOW - DAY * (n // 3))
        for n in range(9)
    ]
    save(database, feed, *found)
    with database.reading() as c:
        every = [card.slug for card in coverage.events(c, year=2026)]
        assert len(every) == 4
        seen: list[str] = []
        part = browse.events_part(c, year=2026, limit=3)
        seen += [card.slug for card in part.items]
        assert part.next
        part = browse.events_part(c, year=2026, limit=3, before=part.next)
        seen += [card.slug for card in part.items]
        assert part.next is None
    assert seen == every


def test_all_events_begin_with_the_newest_year(database: Database) -> None:
    feed = follow(database)
    save(database, feed, *(recap(f"r{n}", about(f"Series {n}", 2020 + n)) for n in range(5)))
    with database.reading() as c:
        part = browse.events_part(c, limit=2)
    assert [card.year for card in part.items] == [2024, 2023]


def _speaking(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", about("RSECon", 2026), talks=[talk("One", "Ada Bell"), talk("Two", "Ben Cole")]),
        recap("b", about("RSECon", 2026), talks=[talk("One", "Ada Bell"), talk("Three", "2 Cool")]),
        recap(
            "c", about("RSECon", 2025), talks=[talk("Four", "Ada Bell"), talk("Five", "Al Dent")]
        ),
        recap(
            "d", about("RSECon", 2025), talks=[talk("Six", "Émile Fox"), talk("Two", "Ann Gray")]
        ),
    )


def test_speakers_are_counted_by_how_their_names_begin(database: Database) -> None:
    _speaking(database)
    with database.reading() as c:
        assert browse.speaker_beginnings(c) == {"2": 1, "a": 3, "b": 1, "e": 1}
    with statements(database) as seen, database.reading() as c:
        browse.speaker_beginnings(c)
        browse.speakers(c, limit=9)
    assert len(seen) == 2


def test_those_with_most_talks_come_first_and_a_letter_in_parts(database: Database) -> None:
    _speaking(database)
    with database.reading() as c:
        most = browse.speakers(c, limit=2)
        assert [(one.name, one.talks) for one in most] == [("Ada Bell", 2), ("2 Cool", 1)]
        first = browse.speakers(c, beginnings=["a"], limit=2)
        rest = browse.speakers(c, beginnings=["a"], after=first[-1].slug, limit=2)
        assert [one.name for one in first + rest] == ["Ada Bell", "Al Dent", "Ann Gray"]
        both = browse.speakers(c, beginnings=["2", "e"], limit=9)
        assert [one.name for one in both] == ["2 Cool", "Émile Fox"]
        assert [one.initial for one in both] == ["0–9", "E"]


def test_nobody_speaks_where_no_recap_tells_of_a_talk(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("RSECon", 2026), talks=[talk("One", "Ada Bell")]))
    with database.writing() as c:
        entry = entries.find(c, EntryQuery()).items[0]
        coverage.correct(c, entry.id, Correction(what=Fix.HIDDEN, value="yes", by="ada"), NOW)
    with database.reading() as c:
        assert browse.speakers(c, limit=9) == ()
        assert browse.speaker_beginnings(c) == {}


def test_a_tag_is_crossed_with_series_and_years(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", about("PyData London", 2025), tags=["HPC"]),
        recap("b", about("PyData London", 2026), tags=["HPC"]),
        recap("c", about("PyData London", 2026), tags=["HPC", "R"]),
        recap("d", about("RSECon", 2026), tags=["HPC"]),
        recap("e", about("RSECon", 2025), tags=["R"]),
        recap("f", tags=["HPC"]),
    )
    with database.reading() as c:
        hpc = coverage.tag(c, "hpc")
        crossings = browse.tag_crossings(c, hpc.id)
        fewer = browse.tag_crossings(c, hpc.id, limit=1)
    assert [(one.series.name, one.recaps) for one in crossings] == [
        ("PyData London", 3),
        ("RSECon", 1),
    ]
    assert [(event.name, number) for event, number in crossings[0].of(2026)] == [
        ("PyData London 2026", 2)
    ]
    assert crossings[1].of(2025) == ()
    assert fewer == crossings[:1]


def test_those_who_write_most_with_a_tag_come_first(database: Database) -> None:
    first = follow(database, "https://one.example/feed")
    second = follow(database, "https://two.example/feed")
    save(database, first, recap("a", url="https://one.example/a", tags=["HPC"]))
    save(
        database,
        second,
        recap("b", url="https://two.example/b", tags=["HPC"]),
        recap("c", url="https://two.example/c", tags=["HPC"]),
        recap("d", url="https://two.example/d", tags=["R"]),
    )
    with database.reading() as c:
        writers = browse.tag_sources(c, coverage.tag(c, "hpc").id)
    assert [(link.slug, number) for link, number in writers] == [
        ("two-example", 2),
        ("one-example", 1),
    ]


def test_beside_a_talk_stand_the_others_of_its_event(database: Database) -> None:
    feed = follow(database)
    here, there = about("PyData London", 2026), about("RSECon", 2026)
    told = [talk(title, "Ada Example") for title in ("First", "Second", "Third")]
    save(
        database,
        feed,
        recap("a", here, talks=told),
        recap("b", here, talks=[talk("Third", "Ada Example")]),
        recap("c", there, talks=[talk("Elsewhere")]),
        recap("d", talks=[talk("Nowhere")]),
    )
    with database.reading() as c:
        ids = {card.title: card.id for card in coverage.top_talks(c, None, 9)}
        beside = browse.talks_beside(c, ids["First"])
        assert [card.title for card in beside] == ["Third", "Second"]
        assert browse.talks_beside(c, ids["Nowhere"]) == ()


# ------------------------------------------------------------------------------------------- search


def test_common_words_and_tags_find_the_same_as_rare_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = follow(database)
    found = [
        recap(f"r{n}", title=f"Word {n}", tags=["Common"], at=NOW - HOUR * n) for n in range(12)
    ]
    save(database, feed, *found)
    with database.reading() as c:
        tag_id = coverage.tag(c, "common").id
        queries = (
            EntryQuery(words="word"),
            EntryQuery(words="word", by_date=True, limit=5),
            EntryQuery(tag_id=tag_id),
            EntryQuery(words="word -3", tag_id=tag_id, year=2026, by_date=True),
        )
        rare = [titles(entries.find(c, query)) for query in queries]
        months = coverage.months(c, tag_id=tag_id)
        monkeypatch.setattr(search, "_COUNTED", 4)
        monkeypatch.setattr(cards_module, "_COMMON", 4)
        assert [titles(entries.find(c, query)) for query in queries][1:] == rare[1:]
        assert titles(entries.find(c, queries[0])) == ["Word 0", "Word 1", "Word 2", "Word 3"]
        assert coverage.months(c, tag_id=tag_id) == months
        hits = search.hits(c, queries[0])
        assert (hits.total, len(hits.rows)) == (12, 4)
        facets = search.facets(c, hits)
        assert (facets.total, facets.counted) == (12, 4)
        assert [(one.name, one.count) for one in facets.tags] == [("Common", 4)]


def test_hits_come_newest_first_where_that_is_asked(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("old", title="Keynote keynote", html="<p>keynote keynote</p>", at=NOW - DAY),
        recap("new", title="Notes", html="<p>There was a keynote.</p>", at=NOW),
    )
    assert titles(listed(database, EntryQuery(words="keynote"))) == ["Keynote keynote", "Notes"]
    by_date = EntryQuery(words="keynote", by_date=True)
    assert titles(listed(database, by_date)) == ["Notes", "Keynote keynote"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("keynot", "keynote"),
        ("keynot -pasta", "keynote -pasta"),
        ("Keynot highlihgts", "keynote highlights"),
        ("keynote", ""),
        ("zzzzzz", ""),
        ("abc", ""),
        ("", ""),
    ],
)
def test_misspelt_words_are_put_right_by_titles(database: Database, asked: str, meant: str) -> None:
    save(database, follow(database), recap("a", title="Highlights and a keynote"))
    with database.reading() as c:
        assert search.respelled(c, asked) == meant


def test_of_two_near_words_the_commoner_is_meant(database: Database) -> None:
    named = ("Python notes", "More Python", "Pytong")
    found = [recap(f"r{n}", title=title) for n, title in enumerate(named)]
    save(database, follow(database), *found)
    with database.reading() as c:
        assert search.respelled(c, "pyhton") == "python"


# ------------------------------------------------------------------------------ versions, limits


def test_the_version_moves_on_with_what_is_shown(database: Database) -> None:
    feed = follow(database)
    before = counters.version(database)
    with database.reading() as c:
        assert upkeep.changes(c) == before
    save(database, feed, recap("a"))
    assert counters.version(database) > before


def test_asking_for_the_version_of_an_empty_database_is_told_in_words(
    empty_database: Database,
) -> None:
    with pytest.raises(StoreError, match="does not answer"):
        counters.version(empty_database)


def test_a_limit_counts_each_name_and_forgets(database: Database) -> None:
    allowed = ((2, HOUR), (3, DAY))

    def take(name: str, hours: float) -> bool:
        with database.writing() as c:
            return limits.take(c, name, NOW + HOUR * hours, allowed)

    assert [take("ada", 0), take("ada", 0.1), take("ada", 0.2)] == [True, True, False]
    assert take("eve", 0.2)
    assert take("ada", 1.5)
    assert not take("ada", 3)  # the third of the day was the last
    assert take("ada", 30)


def test_what_limits_keep_does_not_grow(database: Database) -> None:
    for number in range(5):
        with database.writing() as c:
            limits.take(c, f"name {number}", NOW + DAY * number * 2, ((1, DAY),))
    with statements(database), database.reading() as c:
        assert upkeep.state(c, "done:name 0") is None
        assert upkeep.state(c, "done:name 4") is not None
