"""What people decide about events and tags, and taking it back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import Correction, Decision, EntryQuery, Fix, Kind, NewSource, Recognition
from aggregator.store import Database, coverage, entries, feeds, upkeep
from aggregator.store.schema import decisions
from tests.integration.store_samples import (
    NOW,
    about,
    follow,
    judge,
    listed,
    recap,
    save,
    statements,
    talk,
)

LATER = NOW + timedelta(hours=1)


def slugs(database: Database, **how: object) -> list[str]:
    with database.reading() as c:
        return [event.slug for event in coverage.events(c, **how)]  # type: ignore[arg-type]


def newest(database: Database, **which: object) -> Decision:
    with database.reading() as c:
        return coverage.list_decisions(c, **which)[0]  # type: ignore[arg-type]


def undo_newest(database: Database, **which: object) -> None:
    made = newest(database, **which)
    with database.writing() as c:
        coverage.undo(c, made.id, LATER, by="eve")
    made = newest(database, **which)
    assert (made.undone_at, made.undone_by) == (LATER, "eve")
    assert upkeep.check(database) == []


def covered(database: Database) -> dict[str, int]:
    with database.reading() as c:
        return {event.slug: event.recaps for event in coverage.events(c)}


# ---------------------------------------------------------------------------------- the list


def test_the_list_tells_who_decided_what_and_when(database: Database) -> None:
    feed = follow(database)
    [entry] = save(database, feed, recap("a", about(), title="A day out", tags=("x",))).new
    with database.writing() as c:
        coverage.correct(c, entry, Correction(what=Fix.KIND, value="other", by="ada"), NOW)
        coverage.change_event(c, "pydata-london-2026", place="London", now=LATER, by="eve")
        coverage.rename_tag(c, "x", "Xylophones", LATER, by="eve")
    with database.reading() as c:
        made = coverage.list_decisions(c)
        assert coverage.list_decisions(c, before=made[0].id, limit=1) == made[1:2]
        assert coverage.list_decisions(c, entry_id=entry) == made[2:]
        assert coverage.list_decisions(c, target="x") == made[:1]
    assert [(one.by, one.at, one.said) for one in made] == [
        ("eve", LATER, "x is called Xylophones"),
        ("eve", LATER, "PyData London 2026: place London"),
        ("ada", NOW, "“A day out” is no recap"),
    ]


def test_nothing_is_undone_twice(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", tags=("x",)))
    with database.writing() as c:
        coverage.rename_tag(c, "x", "Y", NOW)
    undo_newest(database)
    with database.writing() as c:
        with pytest.raises(AggregatorError, match="undone already"):
            coverage.undo(c, newest(database).id, NOW)
        for number in (0, 999, 10**20):
            with pytest.raises(NotFound):
                coverage.undo(c, number, NOW)


# -------------------------------------------------------------------------------- merged events


def test_a_merge_of_events_is_undone_with_what_came_after_it(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", about("PyConDE")),
        recap("b", about("PyData Berlin")),
        recap("both", about("PyConDE"), about("PyData Berlin", score=0.6)),
    )
    before = covered(database)
    with database.writing() as c:
        coverage.merge_events(c, "pydata-berlin-2026", "pyconde-2026", NOW, by="ada")
    assert newest(database).said == "PyData Berlin 2026 is PyConDE 2026"
    save(database, feed, recap("later", about("PyData Berlin")))
    assert covered(database) == {"pyconde-2026": 4}
    undo_newest(database)
    assert covered(database) == {"pyconde-2026": 2, "pydata-berlin-2026": 3}
    assert before == {"pyconde-2026": 2, "pydata-berlin-2026": 2}
    [both] = [card for card in listed(database).items if card.guid == "both"]
    assert [event.slug for event in both.events] == ["pyconde-2026", "pydata-berlin-2026"]


def test_merges_that_follow_each_other_are_undone_in_any_order(database: Database) -> None:
    feed = follow(database)
    save(database, feed, *(recap(name, about(name)) for name in ("aa", "bb", "cc")))
    for order in ((0, 1), (1, 0)):
        with database.writing() as c:
            coverage.merge_events(c, "aa-2026", "bb-2026", NOW)
            coverage.merge_events(c, "bb-2026", "cc-2026", NOW)
            second, first = coverage.list_decisions(c, limit=2)
        assert covered(database) == {"cc-2026": 3}
        for place in order:
            with database.writing() as c:
                coverage.undo(c, (first, second)[place].id, LATER)
            assert upkeep.check(database) == []
        assert covered(database) == {"cc-2026": 1, "bb-2026": 1, "aa-2026": 1}


def test_a_merged_part_and_its_host_are_told_apart_again(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("SC")), recap("b", about("RSE-HPC", part_of="SC")))
    for old, new in (("rse-hpc-2026", "sc-2026"), ("sc-2026", "rse-hpc-2026")):
        with database.writing() as c:
            coverage.merge_events(c, old, new, NOW)
        assert covered(database) == {new: 2}
        undo_newest(database)
        with database.reading() as c:
            part = coverage.event_card(c, "rse-hpc-2026").part_of
        assert part is not None
        assert part.slug == "sc-2026"
        assert covered(database) == {"sc-2026": 2, "rse-hpc-2026": 1}


def test_an_alias_catches_later_posts_and_leads_to_the_event(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("PyConDE")))
    with database.writing() as c:
        coverage.add_alias(c, "pyconde-2026", "PyData Berlin", NOW, by="ada")
        coverage.add_alias(c, "pyconde-2026", "Python Days 2025", NOW, by="ada")
        for name in ("PyConDE 2026", "pydata berlin 2026", " "):
            with pytest.raises(AggregatorError):
                coverage.add_alias(c, "pyconde-2026", name, NOW)
    save(
        database,
        feed,
        recap("b", about("PyData Berlin")),
        recap("c", about("Python Days", year=2025)),
    )
    assert covered(database) == {"pyconde-2026": 3}
    with database.reading() as c:
        event = coverage.event_card(c, "pyconde-2026")
        named = coverage.aliases(c, event.id)
        with pytest.raises(Moved) as moved:
            coverage.event_card(c, "python-days-2025")
    assert moved.value.slug == "pyconde-2026"
    assert [name for _, name in named] == ["PyData Berlin 2026", "Python Days 2025"]
    with database.writing() as c:
        coverage.split_event(c, "pydata-berlin-2026", LATER, by="eve")
        with pytest.raises(AggregatorError, match="of its own"):
            coverage.split_event(c, "pydata-berlin-2026", LATER)
        with pytest.raises(NotFound):
            coverage.split_event(c, "nothing", LATER)
    assert covered(database) == {"pyconde-2026": 2, "pydata-berlin-2026": 1}
    assert upkeep.check(database) == []


def test_a_split_is_undone(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("aa")), recap("b", about("bb")))
    with database.writing() as c:
        coverage.merge_events(c, "aa-2026", "bb-2026", NOW)
        c.execute(delete(decisions))  # as if a program without this list had merged them
        coverage.split_event(c, "aa-2026", NOW, by="ada")
    assert covered(database) == {"bb-2026": 1, "aa-2026": 1}
    assert newest(database).said == "aa 2026 is not bb 2026"
    undo_newest(database)
    assert covered(database) == {"bb-2026": 2}


# ------------------------------------------------------------------------------ unknown events


def test_events_that_several_entries_name_wait_first(database: Database) -> None:
    feed = follow(database)
    second = follow(database, "https://b.example/", source=NewSource(title="Second"))
    strange, lone = about("Strange Days", known=False), about("Lone Days", known=False)
    save(database, feed, recap("a", lone), recap("b", strange), recap("k", about()))
    save(database, second, recap("c", strange, url="https://b.example/c"))
    with database.reading() as c:
        waiting = coverage.waiting(c)
    assert [(card.slug, number) for card, number in waiting] == [
        ("strange-days-2026", 2),
        ("lone-days-2026", 1),
    ]
    trial = follow(database, "https://t.example/", trial=True)
    save(database, trial, recap("t", about("Trial Days", known=False)))
    with database.reading() as c:
        assert coverage.waiting(c) == waiting
    # each has its page meanwhile
    assert covered(database)["lone-days-2026"] == 1


def test_an_accepted_event_waits_no_more_even_when_it_was_gone_meanwhile(
    database: Database,
) -> None:
    feed = follow(database)
    strange = about("Strange Days", known=False)
    save(database, feed, recap("a", strange))
    with database.writing() as c:
        coverage.accept_event(c, "strange-days-2026", NOW, by="ada")
    save(database, feed, recap("a", title="Not about it"))
    save(database, feed, recap("b", strange))
    assert slugs(database, flagged=True) == []
    undo_newest(database)
    assert slugs(database, flagged=True) == ["strange-days-2026"]


def test_a_rejected_event_is_gone_for_good_until_it_is_taken_back(database: Database) -> None:
    feed = follow(database)
    junk = about("Our Days", known=False)
    save(
        database,
        feed,
        recap("a", junk, about("PyConDE", score=0.5), talks=(talk("Fast tables", "A B"),)),
        recap("b", about("Part", part_of="Our Days")),
    )
    with database.writing() as c:
        coverage.reject_event(c, "our-days-2026", NOW, by="ada")
        with pytest.raises(NotFound):
            coverage.event(c, "our-days-2026")
        assert coverage.event_card(c, "our-days-2026", rejected=True).rejected
        with pytest.raises(AggregatorError, match="already"):
            coverage.reject_event(c, "our-days-2026", NOW)
    save(database, feed, recap("c", junk), recap("d", about("Later", part_of="Our Days")))
    assert set(covered(database)) == {"pyconde-2026", "part-2026", "later-2026"}
    assert slugs(database, flagged=True) == []
    assert slugs(database, rejected=True) == ["our-days-2026"]
    with database.reading() as c:
        assert [t.title for t in coverage.event(c, "pyconde-2026").talks] == ["Fast tables"]
        assert coverage.event_card(c, "later-2026").part_of is None
        assert coverage.event_card(c, "part-2026").part_of is None
    undo_newest(database)
    assert covered(database)["our-days-2026"] == 3  # a, c, and its part
    with database.reading() as c:
        part = coverage.event_card(c, "part-2026").part_of
        assert [t.title for t in coverage.event(c, "our-days-2026").talks] == ["Fast tables"]
    assert part is not None
    assert part.slug == "our-days-2026"


def test_a_persons_word_on_an_entry_goes_with_the_rejected_event_and_comes_back(
    database: Database,
) -> None:
    feed = follow(database)
    [entry] = save(database, feed, recap("a"), recap("j", about("Our Days"))).new[:1]
    with database.writing() as c:
        coverage.correct(c, entry, Correction(what=Fix.EVENT, value="our-days-2026"), NOW)
        card = entries.get(c, entry)
        judged = Recognition(kind=Kind.RECAP, kind_score=1, version=1)
        judge(c, entry, judged, html=card.html, summary=card.summary)
    assert covered(database) == {"our-days-2026": 2}
    with database.writing() as c:
        coverage.reject_event(c, "our-days-2026", NOW)
    assert covered(database) == {}
    undo_newest(database, target="our-days-2026")
    assert covered(database) == {"our-days-2026": 2}


# ------------------------------------------------------------------------------ names and facts


def test_a_change_of_an_event_is_undone(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(known=False)))
    slug = "pydata-london-2026"
    with database.writing() as c:
        coverage.change_event(
            c, slug, name="PyData London", place="London", starts_on=date(2026, 5, 1), now=NOW
        )
        coverage.change_event(
            c, slug, place="Leeds", hashtag="#PyDataLdn", homepage="https://x.example/", now=NOW
        )
    undo_newest(database)
    with database.reading() as c:
        card = coverage.event_card(c, slug)
    assert (card.name, card.place, card.hashtag, card.homepage, card.starts_on) == (
        "PyData London",
        "London",
        None,
        None,
        date(2026, 5, 1),
    )
    with database.writing() as c:
        coverage.undo(c, coverage.list_decisions(c)[1].id, NOW)
        card = coverage.event_card(c, slug)
    assert (card.name, card.place, card.starts_on) == ("PyData London 2026", None, None)
    assert card.flagged


def test_an_events_address_lasts_when_the_recogniser_learns_another_name(
    database: Database,
) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about("RSE Conf UK", known=False)))
    save(database, feed, recap("a", about("RSECon"), title="Judged again"))
    with database.reading() as c, pytest.raises(Moved) as moved:
        coverage.event_card(c, "rse-conf-uk-2026")
    assert moved.value.slug == "rsecon-2026"
    save(database, feed, recap("a", about("RSE Conference"), title="And again"))
    with database.reading() as c:
        for old in ("rse-conf-uk-2026", "rsecon-2026"):
            with pytest.raises(Moved) as moved:
                coverage.event_card(c, old)
            assert moved.value.slug == "rse-conference-2026"
    # the name itself is free: it may mean another event in the next post
    save(database, feed, recap("b", about("RSECon")))
    assert covered(database) == {"rsecon-2026": 1, "rse-conference-2026": 1}
    assert upkeep.check(database) == []


# --------------------------------------------------------------------------------- corrections


def test_a_correction_is_undone_and_what_it_replaced_stands_again(database: Database) -> None:
    feed = follow(database)
    [entry] = save(database, feed, recap("a", about())).new

    def words() -> list[tuple[str, str]]:
        with database.reading() as c:
            return [(word.what, word.value) for word in coverage.corrections_of(c, entry)]

    with database.writing() as c:
        for what, value in ((Fix.HIDDEN, "yes"), (Fix.KIND, "other"), (Fix.KIND, "recap")):
            coverage.correct(c, entry, Correction(what=what, value=value, by="ada"), NOW)
    undo_newest(database)
    assert words() == [("hidden", "yes"), ("kind", "other")]
    with database.writing() as c:
        coverage.uncorrect(c, entry, Fix.KIND, "other", by="eve", now=LATER)
        made = coverage.list_decisions(c, entry_id=entry)
    assert words() == [("hidden", "yes")]
    assert [one.undone_by for one in made] == ["eve", "eve", ""]
    assert not listed(database).items
    with database.writing() as c:
        coverage.undo(c, made[2].id, LATER)
    assert len(listed(database).items) == 1


def test_a_correction_of_an_entry_that_is_gone_stays_in_the_list(database: Database) -> None:
    feed = follow(database)
    [entry] = save(database, feed, recap("a", title="A day out")).new
    with database.writing() as c:
        coverage.correct(c, entry, Correction(what=Fix.TAG, value="Knitting", by="ada"), NOW)
        feeds.remove(c, feed, keep_entries=False)
        [made] = coverage.list_decisions(c)
        assert made.said == "“A day out” has the tag Knitting"
        with pytest.raises(AggregatorError, match="gone"):
            coverage.undo(c, made.id, NOW)


# ---------------------------------------------------------------------------------------- tags


def tagged(database: Database) -> dict[str, list[str]]:
    return {
        card.guid: [tag.slug for tag in card.tags]
        for card in sorted(listed(database).items, key=lambda card: card.guid)
    }


def test_a_merge_of_tags_is_undone_with_what_came_after_it(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", tags=("ml",)),
        recap("b", tags=("learning",)),
        recap("c", tags=("ml", "learning")),
    )
    with database.writing() as c:
        coverage.merge_tags(c, "ml", "learning", NOW, by="ada")
    save(
        database,
        feed,
        recap("d", tags=("ml",)),
        recap("e", tags=("ml", "learning")),
        recap("f", tags=("learning",)),
    )
    assert set(map(tuple, tagged(database).values())) == {("learning",)}
    undo_newest(database)
    assert tagged(database) == {
        "a": ["ml"],
        "b": ["learning"],
        "c": ["learning", "ml"],
        "d": ["ml"],
        "e": ["learning", "ml"],
        "f": ["learning"],
    }


def test_tags_merged_one_after_the_other_are_told_apart_in_any_order(database: Database) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        recap("a", tags=("x",)),
        recap("b", tags=("y",)),
        recap("c", tags=("z",)),
        recap("d", tags=("x", "z")),
    )
    before = tagged(database)
    for order in ((0, 1), (1, 0)):
        with database.writing() as c:
            coverage.merge_tags(c, "x", "y", NOW)
            coverage.merge_tags(c, "y", "z", NOW)
            second, first = coverage.list_decisions(c, limit=2)
        assert set(map(tuple, tagged(database).values())) == {("z",)}
        for place in order:
            with database.writing() as c:
                coverage.undo(c, (first, second)[place].id, NOW)
            assert upkeep.check(database) == []
        assert tagged(database) == before


def test_a_renamed_and_an_ignored_tag_are_as_before(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", tags=("x",)))
    with database.writing() as c:
        coverage.rename_tag(c, "x", "Xylophones", NOW)
        coverage.ignore_tag(c, "x", True, NOW)
        assert coverage.list_decisions(c)[0].said == "Xylophones is shown nowhere"
    undo_newest(database)
    with database.writing() as c:
        assert not coverage.tag(c, "x").ignored
        coverage.undo(c, coverage.list_decisions(c)[1].id, NOW)
        assert coverage.tag(c, "x").name == "x"


# -------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize("recaps", [2, 40])
def test_deciding_takes_no_more_statements_for_a_larger_event(
    database: Database, recaps: int
) -> None:
    feed = follow(database)
    save(
        database,
        feed,
        *(
            recap(f"a{n}", about("aa"), talks=(talk(f"T {n} of many", "A B"),))
            for n in range(recaps)
        ),
        *(recap(f"b{n}", about("bb"), tags=("x",)) for n in range(recaps)),
    )
    taken = []
    with statements(database) as seen, database.writing() as c:
        coverage.merge_events(c, "aa-2026", "bb-2026", NOW)
        taken.append(len(seen))
        coverage.undo(c, coverage.list_decisions(c)[0].id, NOW)
        taken.append(len(seen))
    assert taken[0] < 70
    assert taken[1] < 140
    assert len(entries_of(database)) == 2 * recaps


def entries_of(database: Database) -> tuple[object, ...]:
    with database.reading() as c:
        return entries.find(c, EntryQuery(limit=0)).items
