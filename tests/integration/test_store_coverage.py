"""Events, talks, tags and groups, as pages show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import (
    Correction,
    Cursor,
    EntryQuery,
    Evidence,
    Fix,
    NewEntry,
    NewSource,
    Recognition,
    TagMention,
)
from aggregator.store import Connection, Database, accounts, coverage, entries, feeds, upkeep
from tests.integration.store_samples import (
    NOW,
    about,
    follow,
    judge,
    listed,
    other,
    recap,
    save,
    statements,
    talk,
    titles,
)

DAY = timedelta(days=1)


def slugs(database: Database, **how: object) -> list[str]:
    with database.reading() as c:
        return [event.slug for event in coverage.events(c, **how)]  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------- events


def test_an_event_page_shows_all_that_is_known_of_it(database: Database) -> None:
    one = follow(database, source=NewSource(title="First team"))
    two = follow(database, "https://b.example/", source=NewSource(title="Second team"))
    shared = '<p><a href="https://notes.example/page">Our notes</a></p>'
    given = talk("Fast tables", "Ben Turner", video="https://youtu.be/abcdefghijk")
    stated = replace(about(), starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 3), place="London")
    save(database, one, recap("a", stated, tags=("python",), talks=(given,), html=shared))
    save(
        database,
        two,
        recap("b", about(), tags=("python", "data"), talks=(given,), html=shared + "<i>x</i>"),
        recap("c", about(year=2025)),
        recap("d", about("SciPy")),
    )
    with database.reading() as c:
        page = coverage.event(c, "pydata-london-2026")
    card = page.event
    assert (card.recaps, card.sources, card.talks, card.place) == (2, 2, 1, "London")
    assert (card.starts_on, card.ends_on) == (date(2026, 5, 1), date(2026, 5, 3))
    assert [(tag.slug, tag.recaps) for tag in page.tags] == [("python", 2), ("data", 1)]
    assert [(link.value, link.count) for link in page.links] == [("https://notes.example/page", 2)]
    assert page.links[0].name == "Our notes"
    assert [one.slug for one in page.editions] == ["pydata-london-2025", "pydata-london-2026"]
    assert {link.slug for link in page.sources} == {"first-team", "second-team"}
    assert page.authors == ("Ada Example",)
    assert [link.slug for link in page.talks[0].sources] == ["first-team", "second-team"]
    assert page.talks[0].recaps == 2
    assert slugs(database) == ["scipy-2026", "pydata-london-2026", "pydata-london-2025"]
    assert slugs(database, year=2025) == ["pydata-london-2025"]
    with database.reading() as c:
        assert coverage.years(c) == ((2026, 2, 3), (2025, 1, 1))
        series = coverage.series(c, "pydata-london")
        assert (series.events, series.recaps) == (2, 3)
        assert (series.first_year, series.last_year) == (2025, 2026)
        assert [one.slug for one in coverage.all_series(c)] == ["pydata-london", "scipy"]
        assert coverage.busiest(c, NOW - DAY, 1)[0].slug == "pydata-london-2026"


def test_two_events_of_one_name_get_slugs_of_their_own(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", replace(about("RSE Days"), name="The Days 2026")),
        recap("b", replace(about("Data Days"), name="The Days 2026")),
    )
    assert sorted(slugs(database)) == ["the-days-2026", "the-days-2026-2"]


def test_a_part_is_listed_under_its_host_too(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("SC")), recap("b", about("RSE-HPC", part_of="SC")))
    with database.reading() as c:
        host = coverage.event(c, "sc-2026")
        part = coverage.event_card(c, "rse-hpc-2026")
        found = entries.find(c, EntryQuery(event_id=host.event.id))
    assert [one.slug for one in host.parts] == ["rse-hpc-2026"]
    assert part.part_of is not None
    assert part.part_of.slug == "sc-2026"
    assert (host.event.recaps, len(found.items), part.recaps) == (2, 2, 1)
    assert upkeep.check(database) == []


def test_a_host_that_nobody_wrote_about_is_made_and_goes_with_its_part(
    database: Database,
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("RSE-HPC", part_of="SC")))
    assert sorted(slugs(database)) == ["rse-hpc-2026", "sc-2026"]
    with database.writing() as c:
        feeds.remove(c, feed, keep_entries=False)
        with pytest.raises(NotFound):
            coverage.event_card(c, "sc-2026")


def test_an_unknown_event_waits_for_an_admin_until_one_has_looked(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("Strange Days", known=False)))
    assert slugs(database, flagged=True) == ["strange-days-2026"]
    with database.writing() as c:
        coverage.change_event(c, "strange-days-2026", name="Stranger Days 2026", now=NOW)
    save(database, feed, recap("b", about("Strange Days", known=False)))
    assert slugs(database, flagged=True) == []
    with database.reading() as c:
        assert coverage.event_card(c, "strange-days-2026").name == "Stranger Days 2026"


def test_what_a_person_says_of_an_event_survives_later_polls(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about()))
    with database.writing() as c:
        coverage.change_event(
            c,
            "pydata-london-2026",
            place="",
            starts_on=date(2026, 6, 5),
            homepage="https://pydata.example/",
            now=NOW,
        )
        found = coverage.event_card(c, "pydata-london-2026")
        assert found.starts_on == date(2026, 6, 5)
        with pytest.raises(AggregatorError, match="end before"):
            coverage.change_event(c, "pydata-london-2026", ends_on=date(2026, 6, 1), now=NOW)
    stated = replace(
        about(), starts_on=date(2026, 1, 1), place="Paris", homepage="https://x.example/"
    )
    save(database, feed, recap("b", stated))
    with database.reading() as c:
        card = coverage.event_card(c, "pydata-london-2026")
    assert (card.place, card.starts_on, card.homepage) == (
        None,
        date(2026, 6, 5),
        "https://pydata.example/",
    )


def test_merged_events_are_one_and_stay_one(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", about("PyConDE"), talks=(talk("T", "S"),)),
        recap("b", about("PyData Berlin"), talks=(talk("T", "S"),)),
        recap("both", about("PyConDE"), about("PyData Berlin", score=0.6)),
    )
    with database.writing() as c:
        coverage.merge_events(c, "pydata-berlin-2026", "pyconde-2026", NOW)
        with pytest.raises(AggregatorError, match="itself"):
            coverage.merge_events(c, "pyconde-2026", "pyconde-2026", NOW)
    with database.reading() as c:
        with pytest.raises(Moved) as moved:
            coverage.event(c, "pydata-berlin-2026")
        assert moved.value.slug == "pyconde-2026"
        page = coverage.event(c, "pyconde-2026")
    assert (page.event.recaps, page.event.talks) == (3, 1)
    assert page.talks[0].recaps == 2
    save(database, feed, recap("d", about("PyData Berlin")), recap("b", about("PyData Berlin")))
    assert slugs(database) == ["pyconde-2026"]
    with database.reading() as c:
        assert coverage.event_card(c, "pyconde-2026").recaps == 4
    assert upkeep.check(database) == []


def test_merges_can_follow_each_other(database: Database) -> None:
    feed = follow(database)
    save(database, feed, *(recap(name, about(name)) for name in ("aa", "bb", "cc")))
    with database.writing() as c:
        coverage.merge_events(c, "aa-2026", "bb-2026", NOW)
        coverage.merge_events(c, "bb-2026", "cc-2026", NOW)
        with pytest.raises(Moved) as moved:
            coverage.event_card(c, "aa-2026")
    assert moved.value.slug == "cc-2026"
    save(database, feed, recap("later", about("aa")))
    assert slugs(database) == ["cc-2026"]
    assert upkeep.check(database) == []


def test_a_cleared_date_stays_cleared(database: Database) -> None:
    feed = follow(database)
    stated = replace(about(), starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 3))
    save(database, feed, recap("a", stated))
    with database.writing() as c:
        coverage.change_event(c, "pydata-london-2026", clear=("starts_on", "ends_on"), now=NOW)
    save(database, feed, recap("b", stated))
    with database.reading() as c:
        card = coverage.event_card(c, "pydata-london-2026")
    assert (card.starts_on, card.ends_on) == (None, None)


# --------------------------------------------------------------------------------------- talks


@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        (talk("A", "X", video="https://youtu.be/abcdefghijk"),
         talk("B", "Y", video="https://www.youtube.com/watch?v=abcdefghijk"), True),
        (talk("A", "X", video="https://youtu.be/abcdefghijk?t=60"),
         talk("B", "Y", video="https://youtu.be/abcdefghijk?t=900"), False),
        (talk("On tables!", "Ben Turner"), talk("on Tables", "ben turner", "Another"), True),
        (talk("On tables", "Ben Turner"), talk("On tables"), True),
        (talk("On tables", "Ben Turner"), talk("On tables", "Eve Else"), False),
        (talk("On tables", "Ben Turner"), talk("On chairs", "Ben Turner"), False),
    ],
)  # fmt: skip
def test_recaps_of_one_event_share_a_talk(
    database: Database, one: object, two: object, together: bool
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), talks=(one,)))  # type: ignore[arg-type]
    save(database, feed, recap("b", about(), talks=(two,)))  # type: ignore[arg-type]
    with database.reading() as c:
        found = coverage.event(c, "pydata-london-2026").talks
    assert len(found) == (1 if together else 2)


@pytest.mark.parametrize(
    ("given", "together"),
    [
        (talk("On tables", "Ben Turner"), False),
        (talk("On tables", "Ben Turner", video="https://youtu.be/abcdefghijk"), True),
        (talk("On tables", "Ben Turner", code="https://github.com/x/y"), False),
    ],
)
def test_talks_of_two_events_are_one_only_by_a_shared_recording(
    database: Database, given: object, together: bool
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), talks=(given,)))  # type: ignore[arg-type]
    save(database, feed, recap("b", about("SciPy"), talks=(given,)))  # type: ignore[arg-type]
    with database.reading() as c:
        _, found = coverage.speaker(c, "ben-turner")
        assert len(coverage.top_talks(c, None, 10)) == len(found)
    assert len(found) == (1 if together else 2)


def test_a_talk_page_tells_who_wrote_about_it(database: Database) -> None:
    feed = follow(database)
    given = talk("T", "S", video="https://youtu.be/abcdefghijk", told="It was good.")
    save(database, feed, recap("a", about(), talks=(given,)), at_earlier("b", given))
    with database.reading() as c:
        card = coverage.event(c, "pydata-london-2026").talks[0]
        found, tellings = coverage.talk(c, card.id)
        with pytest.raises(NotFound):
            coverage.talk(c, 999)
        with pytest.raises(NotFound):
            coverage.speaker(c, "nobody")
        assert coverage.top_talks(c, NOW + DAY, 5) == ()
    assert found == card
    assert [telling.title for telling in tellings] == ["Title of a", "Title of b"]
    assert tellings[0].told == "It was good."


def at_earlier(guid: str, given: object) -> NewEntry:
    return recap(guid, about(), talks=(given,), at=NOW - DAY)  # type: ignore[arg-type]


def test_a_talk_follows_its_entry_to_another_event(database: Database) -> None:
    feed = follow(database)
    given = talk("T", "S", video="https://youtu.be/abcdefghijk")
    save(database, feed, recap("a", about(), talks=(given,)))
    save(database, feed, recap("a", about("SciPy"), talks=(given,), tags=("changed",)))
    with database.reading() as c:
        assert coverage.event(c, "scipy-2026").event.talks == 1
    assert slugs(database) == ["scipy-2026"]
    assert upkeep.check(database) == []


# ---------------------------------------------------------------------------------------- tags


def test_tags_are_merged_renamed_and_ignored_for_good(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), tags=("ml", "x")), recap("b", tags=("learning",)))
    with database.writing() as c:
        coverage.merge_tags(c, "ml", "learning", NOW)
        coverage.rename_tag(c, "learning", "Machine learning", NOW)
        coverage.ignore_tag(c, "x", True, NOW)
    save(database, feed, recap("c", about(), tags=("ml", "x", "learning")))
    with database.reading() as c:
        with pytest.raises(Moved) as moved:
            coverage.tag(c, "ml")
        assert moved.value.slug == "learning"
        [tag] = coverage.tags(c)
        assert (tag.name, tag.recaps) == ("Machine learning", 3)
        assert coverage.tag(c, "x").ignored
        assert [one.slug for one in coverage.tags(c, ignored=True)] == ["learning", "x"]
        assert coverage.tag_events(c, tag.id)[0].recaps == 2
    assert {tag.slug for card in listed(database).items for tag in card.tags} == {"learning"}
    assert upkeep.check(database) == []


def test_related_tags_stand_beside_a_tag(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", tags=("x", "y", "z")), recap("b", tags=("x", "y")), recap("c"))
    with database.reading() as c:
        found = coverage.related_tags(c, coverage.tag(c, "x").id)
    assert [(tag.slug, tag.recaps) for tag in found] == [("y", 2), ("z", 1)]


# ---------------------------------------------------------------------------------- corrections


def recognised_again(database: Database, entry_id: int, *events: object) -> None:
    """Recognise an entry again, as whoever corrects it does."""
    with database.writing() as c:
        card = entries.get(c, entry_id)
        judged = Recognition(kind=card.kind, kind_score=1, events=events, version=1)  # type: ignore[arg-type]
        judge(c, entry_id, judged, html=card.html, summary=card.summary)


def test_a_person_sets_the_event_of_an_entry_and_it_survives_the_next_poll(
    database: Database,
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about()), recap("b", about("SciPy"), at=NOW - DAY))
    entry = listed(database).items[0].id
    for what, value in ((Fix.EVENT, "scipy-2026"), (Fix.NOT_EVENT, "pydata-london-2026")):
        with database.writing() as c:
            coverage.correct(c, entry, Correction(what=what, value=value, by="ada"), NOW)
    recognised_again(database, entry, about())
    assert [event.slug for event in listed(database).items[0].events] == ["scipy-2026"]
    save(database, feed, recap("a", about(), title="Edited"))
    card = listed(database).items[0]
    assert (card.title, [event.slug for event in card.events]) == ("Edited", ["scipy-2026"])
    with database.writing() as c:
        coverage.uncorrect(c, entry, Fix.EVENT, "scipy-2026")
        coverage.uncorrect(c, entry, Fix.NOT_EVENT, "pydata-london-2026")
    recognised_again(database, entry, about())
    assert [e.slug for e in listed(database).items[0].events] == ["pydata-london-2026"]
    assert upkeep.check(database) == []


def test_a_person_names_a_new_event(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a"))
    entry = listed(database).items[0].id
    with database.writing() as c:
        coverage.correct(c, entry, Correction(what=Fix.EVENT, value="Foo Days 2026"), NOW)
    recognised_again(database, entry)
    # what the recogniser makes of the correction by itself does no harm
    seen = replace(about("Foo Days"), evidence=Evidence.PERSON)
    recognised_again(database, entry, seen)
    [event] = listed(database).items[0].events
    assert (event.slug, event.series, event.year) == ("foo-days-2026", "Foo Days", 2026)
    assert upkeep.check(database) == []


def test_a_correction_replaces_its_opposite_and_an_older_word_on_the_same(
    database: Database,
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about()))
    entry = listed(database).items[0].id
    said = [
        (Fix.KIND, "other"),
        (Fix.KIND, "recap"),
        (Fix.EVENT, "pydata-london-2026"),
        (Fix.NOT_EVENT, "pydata-london-2026"),
        (Fix.TAG, "Open Source"),
        (Fix.TAG, "Sprints"),
        (Fix.NOT_TAG, "open-source"),
        (Fix.NOT_TALK, "Lunch"),
        (Fix.NOT_TALK, "Lunch"),
    ]
    with database.writing() as c:
        for what, value in said:
            coverage.correct(c, entry, Correction(what=what, value=value), NOW)
        kept = [(word.what, word.value) for word in coverage.corrections_of(c, entry)]
        with pytest.raises(NotFound):
            coverage.correct(c, 999, Correction(what=Fix.KIND, value="other"), NOW)
    assert kept == [said[1], said[3], said[5], said[6], said[8]]


# ------------------------------------------------------------------------------ home and paging


def test_the_home_page_groups_recaps_by_event(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        *(recap(f"l{n}", about(), at=NOW - n * DAY) for n in range(6)),
        recap("s", about("SciPy"), at=NOW - timedelta(hours=30)),
        recap("alone", at=NOW - timedelta(hours=40)),
        recap("older", at=NOW - 90 * DAY),
        other("no recap"),
    )
    with database.reading() as c:
        page = coverage.groups(c, limit=3, per_group=4)
        assert page.next is not None
        rest = coverage.groups(c, limit=3, before=page.next)
    shown = [(group.event.slug if group.event else "", len(group.entries), group.more)
             for group in page.items]  # fmt: skip
    assert shown == [("pydata-london-2026", 4, 2), ("scipy-2026", 1, 0), ("", 1, 0)]
    assert page.items[2].entries[0].title == "Title of alone"
    assert [group.entries[0].title for group in rest.items] == ["Title of older"]
    assert rest.next is None


def test_pages_cover_each_entry_exactly_once_while_new_ones_arrive(database: Database) -> None:
    feed = follow(database)
    ids = [f"e{n}" for n in range(25)]
    save(database, feed, *(recap(one, at=NOW - (n // 4) * DAY) for n, one in enumerate(ids)))
    seen: list[str] = []
    cursor: Cursor | None = None
    for step in range(99):
        page = listed(database, EntryQuery(limit=4, before=cursor))
        seen += [card.guid for card in page.items]
        save(database, feed, recap(f"new{step}", at=NOW + timedelta(minutes=step)))
        if page.next is None:
            break
        cursor = page.next
    assert sorted(seen) == sorted(ids)
    assert seen == [card.guid for card in listed(database).items if card.guid in seen]


def test_the_page_before_leads_back(database: Database) -> None:
    feed = follow(database)
    save(database, feed, *(recap(f"e{n}", at=NOW - n * DAY) for n in range(9)))
    first = listed(database, EntryQuery(limit=3))
    second = listed(database, EntryQuery(limit=3, before=first.next))
    third = listed(database, EntryQuery(limit=3, before=second.next))
    assert first.previous is None
    assert third.next is None
    back = listed(database, EntryQuery(limit=3, after=third.previous))
    assert back == second
    assert listed(database, EntryQuery(limit=3, after=back.previous)) == first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"year": 2025}, ["old"]),
        ({"year": 2026, "month": 6}, ["a", "b"]),
        ({"year": 2026, "month": 12}, []),
        ({"year": 99999}, []),
        ({"year": 2026, "month": 13}, []),
        ({"language": "de"}, []),
        ({"language": "en", "limit": 1}, ["a"]),
        ({"source_id": 999}, []),
        ({"listed_only": False, "hidden": True}, []),
        ({"hidden": False, "min_score": 0.9, "max_score": 0.9}, ["a", "b", "old"]),
        ({"max_score": 0.89}, []),
    ],
)
def test_listings_are_narrowed(
    database: Database, query: dict[str, object], expected: list[str]
) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a"),
        recap("b", at=NOW - timedelta(hours=1)),
        recap("old", at=NOW - 200 * DAY),
    )
    found = listed(database, EntryQuery(**query))  # type: ignore[arg-type]
    assert [card.guid for card in found.items] == expected
    if "limit" not in query:
        with database.reading() as c:
            assert entries.count(c, EntryQuery(**query)) == len(expected)  # type: ignore[arg-type]


def test_months_count_listed_recaps(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), tags=("x",)), recap("b", at=NOW - 31 * DAY))
    with database.reading() as c:
        assert [(m.year, m.month, m.recaps) for m in coverage.months(c)] == [
            (2026, 5, 1),
            (2026, 6, 1),
        ]
        series, tag = coverage.series(c, "pydata-london"), coverage.tag(c, "x")
        source = coverage.source(c, "blog-example")
        assert len(coverage.months(c, series_id=series.id, tag_id=tag.id)) == 1
        assert len(coverage.months(c, source_id=source.id, since=NOW - DAY)) == 1
        assert coverage.source_events(c, source.id)[0].recaps == 1


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as c:
        for door in (coverage.event, coverage.series, coverage.tag, coverage.source):
            with pytest.raises(NotFound):
                door(c, "nothing")
        for number in (0, 1, -1, 10**20):
            for look in (entries.get, entries.file, coverage.talk, feeds.get, feeds.pause):
                with pytest.raises(NotFound):
                    look(c, number)
            assert not entries.deleted_at(c, number)
            assert accounts.get(c, number) is None


# ---------------------------------------------------------------------- the number of statements


def _filled(database: Database, recaps: int) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        *(
            recap(
                f"e{n}",
                about("PyData London"),
                about(f"Series {n % 7}", score=0.7),
                tags=(f"t{n % 5}", "all"),
                talks=(talk(f"Talk {n}", f"Speaker {n % 3}"), talk("Shared", "Someone")),
            )
            for n in range(recaps)
        ),
    )


@pytest.mark.parametrize("recaps", [3, 60])
def test_reading_takes_a_fixed_number_of_statements(database: Database, recaps: int) -> None:
    _filled(database, recaps)
    with database.reading() as c:
        tag, source = coverage.tag(c, "all"), coverage.source(c, "blog-example")
        event = coverage.event_card(c, "pydata-london-2026")
        talk_id = coverage.top_talks(c, None, 1)[0].id
        entry = entries.find(c, EntryQuery(limit=1)).items[0].id
    ranking = (
        6 if database.dialect == "postgresql" else 7
    )  # SQLite is first asked how many hits there are
    doors: dict[str, tuple[int, Callable[[Connection], object]]] = {
        "find": (4, lambda c: entries.find(c, EntryQuery(limit=0, full=True))),
        "find by event": (4, lambda c: entries.find(c, EntryQuery(event_id=event.id))),
        "find by words": (ranking, lambda c: entries.find(c, EntryQuery(words="went"))),
        "count": (2, lambda c: entries.count(c, EntryQuery(tag_id=tag.id))),
        "get": (4, lambda c: entries.get(c, entry)),
        "groups": (6, coverage.groups),
        "event": (10, lambda c: coverage.event(c, "pydata-london-2026")),
        "events": (1, coverage.events),
        "tag": (1, lambda c: coverage.tag(c, "all")),
        "tag_events": (1, lambda c: coverage.tag_events(c, tag.id)),
        "related_tags": (1, lambda c: coverage.related_tags(c, tag.id)),
        "source": (2, lambda c: coverage.source(c, "blog-example")),
        "sources": (2, coverage.sources),
        "source_events": (1, lambda c: coverage.source_events(c, source.id)),
        "talk": (3, lambda c: coverage.talk(c, talk_id)),
        "top_talks": (2, lambda c: coverage.top_talks(c, None, 20)),
        "speaker": (2, lambda c: coverage.speaker(c, "someone")),
        "find by talk": (4, lambda c: entries.find(c, EntryQuery(talk_id=talk_id))),
        "find by speaker": (4, lambda c: entries.find(c, EntryQuery(speaker="someone"))),
        "addresses": (6, lambda c: list(coverage.addresses(c, 100))),
        "totals": (3, lambda c: upkeep.totals(c, NOW)),
        "all_feeds": (1, feeds.all_feeds),
    }
    taken = {}
    for name, (_, door) in doors.items():
        with statements(database) as seen, database.reading() as c:
            door(c)
        taken[name] = len(seen)
    assert taken == {name: number for name, (number, _) in doors.items()}


def test_tags_of_one_slug_are_one_tag(database: Database) -> None:
    feed = follow(database)
    entry = recap("a")
    twice = (TagMention(slug="x", name="X"), TagMention(slug="x", name="x"))
    save(database, feed, replace(entry, recognition=replace(entry.recognition, tags=twice)))
    assert len(listed(database).items[0].tags) == 1


def test_titles_come_newest_first(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("old", at=NOW - DAY), recap("new"))
    assert titles(listed(database)) == ["Title of new", "Title of old"]
