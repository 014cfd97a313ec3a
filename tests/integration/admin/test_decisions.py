"""Admin pages: what is decided about events, talks and tags, why, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.model import (
    Correction,
    EventMention,
    Fix,
    Kind,
    Recognition,
    TalkMention,
)
from aggregator.store import Database, coverage, entries, feeds
from aggregator.web.admin.effects import effect
from tests import world
from tests.desk import FEED_URL, MENTION, Visitor, add_feed, recap_of, view
from tests.integration.store_samples import statements

FOUND = recap_of().recognition
EVENT = "/admin/events/fjordsoftcon-2026/"
CORRECT = "/admin/entries/1/correct"


@pytest.fixture
def feed_id(database: Database) -> int:
    return add_feed(database, recap_of(recognition=FOUND))


def undo(editor: Visitor, database: Database) -> str:
    """Take the newest decision back."""
    with database.reading() as c:
        newest = coverage.list_decisions(c)[0]
    return editor.done(f"/admin/decisions/{newest.id}/undo")


def titles(database: Database) -> dict[str, list[str]]:
    with database.reading() as c:
        talks = entries.file(c, 1).card.talks
    return {talk.title: [who.name for who in talk.speakers] for talk in talks}


# ------------------------------------------------------------------------------------------ events


def test_new_events_are_listed_with_how_many_posts_name_them(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    lone = EventMention(name="Lone Days 2026", series="Lone Days", year=2026, known=False)
    add_feed(
        database,
        view(2),
        view(3, recognition=replace(FOUND, events=(lone,))),
        url="https://two.example/feed",
    )
    words = editor.text("/admin/events/")
    assert words.index("FjordSoftCon 2026 2 posts") < words.index("Named by one post only")
    assert words.index("Named by one post only") < words.index("Lone Days 2026 1 post")
    assert "FjordSoftCon 2026 2 posts" in editor.text("/admin/")


def test_what_is_no_event_leaves_the_site_until_that_is_undone(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    assert "no event" in editor.done(f"{EVENT}reject")
    assert editor.get("/events/fjordsoftcon-2026/").status_code == 404
    now = datetime.now(UTC)
    later = view(2)
    with database.writing() as c:
        feeds.finish(c, [world.poll_of(feed_id, FEED_URL, (later,), now)], now)
    assert editor.get("/events/fjordsoftcon-2026/").status_code == 404
    assert "No events 1" in editor.text("/admin/events/")
    assert "This is no event, says a person" in editor.text(EVENT)
    assert "Undone: FjordSoftCon 2026 is no event." in undo(editor, database)
    assert editor.get("/events/fjordsoftcon-2026/").status_code == 200


def test_another_name_of_an_event_leads_to_it_until_it_is_taken_away(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    page = editor.done(f"{EVENT}alias", alias="Fjord Days")
    assert "Fjord Days 2026 fjord-days-2026" in page
    assert "means FjordSoftCon 2026 already" in editor.refused(f"{EVENT}alias", alias="Fjord Days")
    moved = editor.get("/events/fjord-days-2026/")
    assert moved.headers["Location"].endswith("/events/fjordsoftcon-2026/")
    assert "of its own" in editor.done(f"{EVENT}split", alias="fjord-days-2026")
    assert "of its own" in editor.refused(f"{EVENT}split", alias="fjordsoftcon-2026")
    assert editor.get("/events/fjord-days-2026/").status_code == 404


def test_a_merge_is_undone_with_one_click(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    misspelt = EventMention(name="Fjordsoft Con 2026", series="Fjordsoft Con", year=2026)
    add_feed(
        database,
        view(2, recognition=replace(FOUND, events=(misspelt,))),
        url="https://two.example/feed",
    )
    editor.done("/admin/events/fjordsoft-con-2026/merge", into="FjordSoftCon 2026")
    assert "Fjordsoft Con 2026 is FjordSoftCon 2026. eve, now" in editor.text(EVENT)
    assert "undone by eve" in undo(editor, database)
    for slug in ("fjordsoft-con-2026", "fjordsoftcon-2026"):
        assert editor.get(f"/events/{slug}/").status_code == 200
    with database.reading() as c:
        made = coverage.list_decisions(c)[0]
    assert "undone already" in editor.refused(f"/admin/decisions/{made.id}/undo")
    editor.refused("/admin/decisions/999/undo", 404)


def test_an_event_page_says_who_states_what(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    told = replace(MENTION, said=(("place", "two days in Bergen"),))
    add_feed(
        database,
        view(2, recognition=replace(FOUND, events=(told,))),
        url="https://two.example/feed",
    )
    words = editor.text(EVENT)
    assert "Place: Bergen" in words
    assert "From a post: What we brought home from FjordSoftCon 2026 , Example Team" in words
    assert "(2 posts agree)" in words
    assert "View 2 of it , Example Team two days in Bergen" in words
    form = {"name": "FjordSoftCon 2026", "place": "Ålesund", "hashtag": "#Fjord26"}
    words = editor.done(f"{EVENT}change", **form)
    assert "Place: Ålesund Set by a person, eve, now" in words
    assert "FjordSoftCon 2026: place Ålesund, hashtag Fjord26." in words
    undo(editor, database)
    with database.reading() as c:
        card = coverage.event_card(c, "fjordsoftcon-2026")
    assert (card.place, card.hashtag) == ("Bergen", None)


def test_what_is_sent_as_it_was_shown_stays_what_posts_say(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(f"{EVENT}change", name="FjordSoftCon 2026", place="Bergen")
    elsewhere = replace(MENTION, place="Oslo")
    add_feed(
        database,
        *(view(n, recognition=replace(FOUND, events=(elsewhere,))) for n in (2, 3)),
        url="https://two.example/feed",
    )  # fmt: skip
    with database.reading() as c:
        assert coverage.event_card(c, "fjordsoftcon-2026").place == "Oslo"


# ------------------------------------------------------------------------------------------- talks


def test_a_talk_is_renamed_given_speakers_and_added(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    was = "Testing numerical code without tears"
    editor.done(
        CORRECT, what="talk", was=was, title="Numbers without tears", speakers="Ines Albrecht, B C"
    )
    said = editor.done(
        CORRECT, what="talk", was="", title="Round windows", url="youtu.be/abcdefghijk"
    )
    assert titles(database) == {
        "Numbers without tears": ["Ines Albrecht", "B C"],
        "Round windows": [],
    }
    assert f"“{was}” is “Numbers without tears”, by Ines Albrecht, B C" in said
    assert f"the recogniser finds “{was}”, by Ines Albrecht" in said
    assert "“Round windows”, by nobody named, https://youtu.be/abcdefghijk" in said
    editor.done("/admin/entries/1/undo", what="talk", value=newest_value(database))
    undo_all(editor, database)
    assert list(titles(database)) == [was]


def newest_value(database: Database) -> str:
    with database.reading() as c:
        return coverage.corrections_of(c, 1)[-1].value


def undo_all(editor: Visitor, database: Database) -> None:
    with database.reading() as c:
        standing = [one for one in coverage.list_decisions(c) if one.undone_at is None]
    for one in standing:
        editor.done(f"/admin/decisions/{one.id}/undo")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"title": ""}, "title is missing"),
        ({"title": "x" * 301}, "too long"),
        ({"title": "x", "url": "no address"}, "no web address"),
        ({"title": "x", "speakers": "y" * 501}, "too long"),
    ],
)
def test_a_talk_that_cannot_be_is_refused_in_words(
    editor: Visitor, database: Database, feed_id: int, form: dict[str, str], said: str
) -> None:
    assert said in editor.refused(CORRECT, what="talk", **form)
    assert "missing" in editor.refused(CORRECT, what="talk")


# --------------------------------------------------------------------------------------------- why


def test_reasons_stand_under_the_part_of_the_post_that_gives_them(
    editor: Visitor, database: Database
) -> None:
    why = ("title: says 'recap of' (+2.5)", "lead: asks to register (-3)", "title: a year (+1)")
    add_feed(database, recap_of(recognition=replace(FOUND, why=why)))
    words = editor.text("/admin/entries/1/")
    assert "Title +2.5 says &#39;recap of&#39; +1 a year Lead −3 asks to register" in words
    assert "from 0.50 on it is a recap" in words


def test_what_a_correction_does_is_said_beside_it(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    words = editor.done(CORRECT, what="kind", value="other")
    assert "the recogniser says a recap," in words
    assert "decided by a person" in words
    words = editor.done(CORRECT, what="not_event", value="fjordsoftcon-2026")
    assert "the recogniser finds it" in words


FIND = Recognition(
    kind=Kind.RECAP,
    kind_score=0.8,
    events=(MENTION,),
    tags=FOUND.tags,
    talks=(TalkMention(title="On tables", speakers=("A B",)),),
)


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        (Fix.KIND, "recap", "the recogniser says a recap too, 0.80"),
        (Fix.KIND, "other", "the recogniser says a recap, 0.80"),
        (Fix.EVENT, "fjordsoftcon-2026", "the recogniser finds it too"),
        (Fix.EVENT, "scipy-2026", "the recogniser does not find it"),
        (Fix.NOT_EVENT, "scipy-2026", "the recogniser does not find it any more"),
        (Fix.TAG, "Testing", "it has the tag anyway"),
        (Fix.TAG, "Knitting", "it does not have the tag otherwise"),
        (Fix.NOT_TAG, "testing", "it has the tag otherwise"),
        (Fix.NOT_TALK, "on tables", "the recogniser takes it for one"),
        (
            Fix.TALK,
            '{"title":"Tables","was":"On tables"}',
            "the recogniser finds “On tables”, by A B",
        ),
        (Fix.TALK, '{"title":"Chairs"}', "the recogniser does not find it"),
        (Fix.TALK, '{"title":"C","was":"D"}', "the recogniser does not find it any more"),
        (Fix.HIDDEN, "yes", ""),
    ],
)
def test_a_correction_is_compared_with_what_the_recogniser_finds(
    what: Fix, value: str, said: str
) -> None:
    assert effect(Correction(what=what, value=value), FIND) == said


# ---------------------------------------------------------------------------------------- the list


def test_the_list_of_decisions_pages_through_all_of_them(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    now = datetime.now(UTC)
    assert "Nothing was decided yet" in editor.text("/admin/decisions/")
    with database.writing() as c:
        for n in range(120):
            coverage.rename_tag(c, "testing", f"Testing no {n}.", now, by="ada")
    path, seen = "/admin/decisions/", 0
    for _ in range(3):
        page = editor.get(path).get_data(as_text=True)
        seen += page.count(">Undo<")
        head, found, _ = page.partition('">Older</a>')
        path = head.rpartition('href="')[2] if found else ""
    assert (seen, path) == (120, "")
    assert editor.get("/admin/decisions/?before=nonsense").status_code == 200


def test_a_decision_is_undone_where_it_is_shown(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done("/admin/tags/testing/rename", name="Tests")
    with database.reading() as c:
        made = coverage.list_decisions(c)[0]
    there = editor.post(f"/admin/decisions/{made.id}/undo", {"to": "/admin/tags/testing/"})
    assert there.headers["Location"] == "/admin/tags/testing/"
    words = editor.text("/admin/tags/testing/")
    assert "Testing is called Tests. eve, now ; undone by eve, now" in words


# ----------------------------------------------------------------------- the number of statements


@pytest.mark.parametrize("many", [2, 40])
def test_admin_pages_take_a_fixed_number_of_statements(
    editor: Visitor, database: Database, many: int
) -> None:
    now = datetime.now(UTC)
    talks = tuple(
        TalkMention(title=f"Subject {n} of many", speakers=(f"A{n} B",)) for n in range(9)
    )
    found = replace(FOUND, talks=talks)
    add_feed(
        database,
        *(view(n, recognition=found) for n in range(1, many + 1)),
        *(
            view(
                100 + n,
                recognition=replace(
                    found,
                    events=(
                        EventMention(name=f"E{n} 2026", series=f"E{n}", year=2026, known=False),
                    ),
                ),
            )
            for n in range(many)
        ),
    )
    with database.writing() as c:
        for n in range(many):
            coverage.correct(c, 1, Correction(what=Fix.TAG, value=f"t{n}", by="ada"), now)
            coverage.rename_tag(c, "testing", f"Testing {n}", now)
            coverage.change_event(c, "fjordsoftcon-2026", place=f"P{n}", now=now)
    taken = {}
    for path in ("", "events/", "events/fjordsoftcon-2026/", "entries/1/", "decisions/", "tags/"):
        with statements(database) as seen:
            assert editor.get(f"/admin/{path}").status_code == 200
        taken[path] = len(seen)
    assert taken == PAGES


PAGES = {
    "": 12,
    "events/": 5,
    "events/fjordsoftcon-2026/": 7,
    "entries/1/": 10,
    "decisions/": 3,
    "tags/": 3,
}
