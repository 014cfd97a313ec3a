"""Talks over several recaps: which are one, which id they have, what people change in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import (
    Correction,
    EntryQuery,
    Fix,
    LinkKind,
    TalkCard,
    TalkLink,
    TalkMention,
)
from aggregator.recognise import catalogue as catalogues
from aggregator.settings import Settings
from aggregator.store import Database, coverage, entries, upkeep
from aggregator.store.fixes import TalkFix, said
from aggregator.web import create_app
from tests.integration.store_samples import NOW, about, follow, judge, listed, recap, save, talk

VIDEO = "https://youtu.be/abcdefghijk"
SAME = "https://www.youtube.com/embed/abcdefghijk"
HERE = "pydata-london-2026"


def talks_of(database: Database, slug: str = HERE) -> tuple[TalkCard, ...]:
    with database.reading() as c:
        return coverage.event(c, slug).talks


def fixed(database: Database, entry_id: int, what: Fix, value: str) -> None:
    """Correct an entry and recognise it again, as the admin pages do; what is found stays."""
    with database.writing() as c:
        coverage.correct(c, entry_id, Correction(what=what, value=value, by="ada"), NOW)
    again(database, entry_id)


FOUND: dict[int, tuple[TalkMention, ...]] = {}


def again(database: Database, entry_id: int, *talks: TalkMention) -> None:
    with database.writing() as c:
        filed = entries.file(c, entry_id)
        judged = recap("x", about(), talks=talks or FOUND[entry_id]).recognition
        judge(c, entry_id, judged, html=filed.card.html)


def stored(database: Database, feed: int, guid: str, *talks: TalkMention) -> int:
    """Save a recap with talks; return its id."""
    [entry_id] = save(database, feed, recap(guid, about(), talks=talks)).new
    FOUND[entry_id] = talks
    return entry_id


# ------------------------------------------------------------------------------------ grouping


def test_talks_are_ranked_by_how_many_recaps_tell_of_them(database: Database) -> None:
    feed = follow(database)
    once = talk("Slow chairs", "Eve Else", told="Chairs came first.")
    often = talk("Keynote: Fast tables", "Ben Turner", told="We loved tables.")
    stored(database, feed, "a", once, often)
    stored(database, feed, "b", talk("Fast tables", "B. Turner", told="Tables, at last."))
    stored(database, feed, "c", talk("“Fast Tables”", "Turner", video=VIDEO))
    first, second = talks_of(database)
    assert (first.title, first.recaps, second.recaps) == ("Keynote: Fast tables", 3, 1)
    assert [who.name for who in first.speakers] == ["Ben Turner"]
    assert [link.url for link in first.links] == [VIDEO]
    with database.reading() as c:
        _, tellings = coverage.talk(c, first.id)
        found = entries.find(c, EntryQuery(limit=0)).items
    assert {one.told for one in tellings} == {"We loved tables.", "Tables, at last.", ""}
    assert [t.told for t in found[-1].talks] == ["Chairs came first.", "We loved tables."]
    assert upkeep.check(database) == []


def test_a_later_recap_joins_two_talks_and_the_older_id_stays(database: Database) -> None:
    feed = follow(database)
    stored(database, feed, "a", talk("Fast tables", "A B", video=VIDEO))
    stored(database, feed, "b", talk("How we made tables fast", "A B"))
    one, two = sorted(talks_of(database), key=lambda card: card.id)
    joining = stored(database, feed, "c", talk("How we made tables fast", "A B", video=SAME))
    [both] = talks_of(database)
    assert (both.id, both.recaps) == (one.id, 3)
    with database.reading() as c, pytest.raises(Moved) as moved:
        coverage.talk(c, two.id)
    assert moved.value.slug == str(one.id)
    assert upkeep.check(database) == []

    # what joined them turns out to be wrong: both are back, each under its id
    again(database, joining, talk("Round windows", "C D"))
    cards = {card.id: card for card in talks_of(database)}
    assert (cards[one.id].title, cards[two.id].title) == ("Fast tables", "How we made tables fast")
    assert (cards[one.id].recaps, cards[two.id].recaps, len(cards)) == (1, 1, 3)
    assert upkeep.check(database) == []


def test_ids_of_joined_talks_lead_on_through_the_next_join(database: Database) -> None:
    feed = follow(database)
    other = "https://vimeo.com/123456789"
    stored(database, feed, "a", talk("Fast tables", "A B", video=VIDEO))
    stored(database, feed, "b", talk("Slow chairs", "A B", video=other))
    stored(database, feed, "c", talk("Round windows", "A B"))
    first, second, third = sorted(card.id for card in talks_of(database))
    stored(database, feed, "d", talk("Round windows", "A B", video=other))
    with database.reading() as c, pytest.raises(Moved) as moved:
        coverage.talk(c, third)
    assert moved.value.slug == str(second)
    stored(database, feed, "e", talk("Slow chairs", "A B", video=SAME))
    with database.reading() as c:
        for gone in (second, third):
            with pytest.raises(Moved) as moved:
                coverage.talk(c, gone)
            assert moved.value.slug == str(first)
    assert [card.recaps for card in talks_of(database)] == [5]
    assert upkeep.check(database) == []


def test_an_entry_read_again_leaves_all_ids_as_they_are(database: Database) -> None:
    feed = follow(database)
    many = [talk(f"A talk on subject {n}", f"Ada B{n}") for n in range(6)]
    one = stored(database, feed, "a", *many)
    stored(database, feed, "b", *many[3:], talk("Another one altogether", "C D"))
    before = {card.title: card.id for card in talks_of(database)}
    again(database, one)
    again(database, one, *reversed(many))
    assert {card.title: card.id for card in talks_of(database)} == before
    again(database, one, replace(many[0], title="A talk on subjects 0"), *many[1:])
    after = {card.title: card.id for card in talks_of(database)}
    assert {t: i for t, i in after.items() if t in before} == {
        t: i for t, i in before.items() if t in after
    }
    assert upkeep.check(database) == []


def test_a_talk_that_nobody_tells_of_is_gone_with_what_led_to_it(database: Database) -> None:
    feed = follow(database)
    one = stored(database, feed, "a", talk("Fast tables", "A B", video=VIDEO))
    two = stored(database, feed, "b", talk("How we made tables fast", "A B", video=SAME))
    stored(database, feed, "c", talk("Another one altogether", "C D"))
    [gone] = [card.id for card in talks_of(database) if card.recaps == 2]
    for entry_id in (one, two):
        again(database, entry_id, talk("Another one altogether", "C D"))
    with database.reading() as c, pytest.raises(NotFound):
        coverage.talk(c, gone)
    assert [card.recaps for card in talks_of(database)] == [3]
    assert upkeep.check(database) == []


def test_the_address_with_its_offset_is_shown_and_the_recording_is_one(database: Database) -> None:
    feed = follow(database)
    stored(
        database,
        feed,
        "a",
        talk("Fast tables", "A B", video=f"{VIDEO}?t=600"),
        talk("Slow chairs", "C D", video=f"{VIDEO}?t=4000"),
    )
    stored(database, feed, "b", talk("Those tables", "A B", video=f"{SAME}?start=620"))
    cards = talks_of(database)
    assert [(card.title, card.recaps) for card in cards] == [("Fast tables", 2), ("Slow chairs", 1)]
    assert [card.links[0].url for card in cards] == [f"{VIDEO}?t=600", f"{VIDEO}?t=4000"]


def test_merged_events_share_their_talks_and_part_with_them(database: Database) -> None:
    feed = follow(database)
    given = talk("Fast tables", "A B")
    save(
        database,
        feed,
        recap("a", about("PyConDE"), talks=(given,)),
        recap("b", about("PyData Berlin"), talks=(given,)),
    )
    old = {slug: talks_of(database, slug)[0].id for slug in ("pyconde-2026", "pydata-berlin-2026")}
    with database.writing() as c:
        coverage.merge_events(c, "pydata-berlin-2026", "pyconde-2026", NOW)
    [both] = talks_of(database, "pyconde-2026")
    assert (both.recaps, both.id) == (2, min(old.values()))
    with database.writing() as c:
        [merge] = coverage.list_decisions(c)
        coverage.undo(c, merge.id, NOW, by="ada")
    assert {slug: talks_of(database, slug)[0].id for slug in old} == old
    assert upkeep.check(database) == []


# --------------------------------------------------------------------------------- corrections


def test_a_talk_is_added_renamed_and_removed_by_a_person_for_good(database: Database) -> None:
    feed = follow(database)
    entry_id = stored(database, feed, "a", talk("Fats tables", "A B"), talk("Lunch"))
    added = TalkFix(title="Round windows", speakers=("C D",), url=VIDEO)
    fixed(database, entry_id, Fix.TALK, added.written())
    fixed(database, entry_id, Fix.TALK, TalkFix(title="Fast tables", was="Fats tables").written())
    fixed(database, entry_id, Fix.NOT_TALK, "Lunch")

    def shown() -> dict[str, tuple[str, ...]]:
        return {c.title: tuple(who.name for who in c.speakers) for c in talks_of(database)}

    wanted = {"Fast tables": ("A B",), "Round windows": ("C D",)}
    assert shown() == wanted
    assert [c.links for c in talks_of(database)][1] == (TalkLink(url=VIDEO, kind=LinkKind.VIDEO),)
    again(database, entry_id, talk("Fats tables", "A B"), talk("Lunch"))
    assert shown() == wanted
    edited = recap("a", about(), talks=(talk("Fats tables.", "A B"), talk("Lunch")), title="Edited")
    save(database, feed, edited)
    assert shown() == wanted
    assert upkeep.check(database) == []


def test_a_second_word_on_a_talk_takes_the_place_of_the_first(database: Database) -> None:
    feed = follow(database)
    entry_id = stored(database, feed, "a", talk("Fats tables", "A B"))
    fixed(database, entry_id, Fix.TALK, TalkFix(title="Fast chairs", was="Fats tables").written())
    second = TalkFix(title="Fast tables", was="Fast chairs", speakers=("Ada Bell", "C D"))
    fixed(database, entry_id, Fix.TALK, second.written())
    with database.reading() as c:
        [word] = coverage.corrections_of(c, entry_id)
    assert TalkFix.read(word.value) == replace(second, was="Fats tables")
    assert said(word) == "“Fats tables” is “Fast tables”, by Ada Bell, C D"
    [card] = talks_of(database)
    assert [who.name for who in card.speakers] == ["Ada Bell", "C D"]
    with database.writing() as c:  # undone, the word before stands again
        newest = coverage.list_decisions(c, entry_id=entry_id)[0]
        assert coverage.undo(c, newest.id, NOW, by="ada") == (newest.said, entry_id)
    again(database, entry_id)
    assert [card.title for card in talks_of(database)] == ["Fast chairs"]


def test_a_renamed_talk_takes_the_other_recaps_along(database: Database) -> None:
    feed = follow(database)
    one = stored(database, feed, "a", talk("Fats tables of old", "A B"))
    stored(database, feed, "b", talk("Fats tables of old", "A B"))
    before = talks_of(database)[0].id
    right = TalkFix(title="On the speed of tables", was="Fats tables of old")
    fixed(database, one, Fix.TALK, right.written())
    [card] = talks_of(database)
    assert (card.id, card.title, card.recaps) == (before, "On the speed of tables", 2)


def test_a_removed_talk_that_is_added_again_is_there(database: Database) -> None:
    feed = follow(database)
    entry_id = stored(database, feed, "a", talk("Fast tables", "A B"))
    fixed(database, entry_id, Fix.NOT_TALK, "Fast tables")
    assert talks_of(database) == ()
    fixed(database, entry_id, Fix.TALK, TalkFix(title="Fast tables").written())
    assert [card.title for card in talks_of(database)] == ["Fast tables"]
    fixed(database, entry_id, Fix.NOT_TALK, "Fast tables")
    assert talks_of(database) == ()


@pytest.mark.parametrize("value", ["", "[]", "{}", '"x"', '{"title": 1', '{"speakers": 3}'])
def test_a_correction_that_cannot_be_read_is_refused(database: Database, value: str) -> None:
    feed = follow(database)
    entry_id = stored(database, feed, "a", talk("Fast tables", "A B"))
    with database.writing() as c, pytest.raises(AggregatorError, match="no correction of a talk"):
        coverage.correct(c, entry_id, Correction(what=Fix.TALK, value=value), NOW)


def test_too_long_a_correction_is_refused_in_words(database: Database) -> None:
    feed = follow(database)
    entry_id = stored(database, feed, "a", talk("Fast tables", "A B"))
    endless = TalkFix(title="😀" * 300, was="ß" * 300, speakers=("ñ" * 500,), url=VIDEO).written()
    with database.writing() as c, pytest.raises(AggregatorError, match="too much"):
        coverage.correct(c, entry_id, Correction(what=Fix.TALK, value=endless), NOW)


def test_all_entries_of_a_feed_can_go_with_talks_that_were_joined(database: Database) -> None:
    feed = follow(database)
    stored(database, feed, "a", talk("Fast tables", "A B", video=VIDEO))
    stored(database, feed, "b", talk("How we made tables fast", "A B", video=SAME))
    assert len(listed(database).items) == 2
    save(database, feed, recap("a", about(), talks=(), title="No talks any more"))
    save(database, feed, recap("b", about(), talks=(), title="None here either"))
    assert talks_of(database) == ()
    assert upkeep.check(database) == []


def test_the_page_of_a_talk_that_is_another_one_now_leads_there(
    database: Database, settings: Settings
) -> None:
    feed = follow(database)
    stored(database, feed, "a", talk("Fast tables", "A B", video=VIDEO))
    stored(database, feed, "b", talk("How we made tables fast", "A B"))
    old, gone = sorted(card.id for card in talks_of(database))
    stored(database, feed, "c", talk("How we made tables fast", "A B", video=SAME))
    client = create_app(settings, database, catalogues.empty()).test_client()
    for path in ("/talks/{}/", "/api/v1/talks/{}"):
        answer = client.get(path.format(gone))
        assert answer.status_code == 301
        assert answer.headers["Location"].endswith(path.format(old))
        assert client.get(path.format(old)).status_code == 200
