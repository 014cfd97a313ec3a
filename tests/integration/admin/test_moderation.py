"""Admin pages: corrections of entries, events, tags; accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from aggregator.model import (
    EntryFile,
    EventMention,
    Kind,
    RawHtml,
    Recognition,
)
from aggregator.store import Database, accounts, coverage, entries, feeds
from tests import world
from tests.desk import FEED_URL, PASSWORD, Visitor, account, add_feed, recap_of, view

FOUND = recap_of().recognition
ENTRY = "/admin/entries/1/"
CORRECT = "/admin/entries/1/correct"
UNDO = "/admin/entries/1/undo"


@pytest.fixture
def feed_id(database: Database) -> int:
    return add_feed(database, recap_of(recognition=FOUND))


def filed(database: Database) -> EntryFile:
    with database.reading() as c:
        return entries.file(c, 1)


def event_names(database: Database) -> set[str]:
    return {event.name for event in filed(database).card.events}


# ------------------------------------------------------------------------------------------ entries


def test_an_entry_shows_all_that_was_recognised_and_why(editor: Visitor, feed_id: int) -> None:
    words = editor.text(ENTRY)
    for said in (
        "FjordSoftCon 2026",
        "Testing numerical code without tears",
        "Ines Albrecht",
        "Testing",
        "0.90",
        "one long coffee queue",
    ):
        assert said in words, said


def test_a_demoted_entry_leaves_the_site_until_it_is_undone(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    assert editor.get("/entries/1/").status_code == 200
    assert "It is no recap" in editor.done(CORRECT, what="kind", value="other")
    assert filed(database).card.listed is False
    assert editor.get("/entries/1/").status_code == 404
    editor.done(UNDO, what="kind", value="other")
    assert filed(database).card.listed is True
    assert filed(database).corrections == ()


def test_a_correction_stays_at_the_next_poll(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(CORRECT, what="hidden", value="yes")
    now = datetime.now(UTC)
    changed = recap_of(recognition=FOUND, content_hash="another", title="A new title")
    with database.writing() as c:
        feeds.finish(c, [world.poll_of(feed_id, FEED_URL, (changed,), now)], now)
    card = filed(database).card
    assert (card.title, card.hidden, card.listed) == ("A new title", True, False)


def test_a_promoted_post_is_cleaned_and_shown(editor: Visitor, database: Database) -> None:
    other = Recognition(kind=Kind.OTHER, kind_score=0.4, version=1)
    add_feed(
        database,
        recap_of(
            recognition=other,
            html=None,
            title="A day out",
            original=RawHtml("<p>We were out.</p><script>alert(1)</script>"),
        ),
    )
    assert filed(database).card.listed is False
    assert "A day out" in editor.text("/admin/entries/?show=unsure")
    editor.done(CORRECT, what="kind", value="recap")
    page = editor.get("/entries/1/").get_data(as_text=True)
    assert "We were out." in page
    assert "alert(1)" not in page
    assert "A day out" not in editor.text("/admin/entries/?show=unsure")


def test_a_decision_made_in_a_list_leads_back_to_the_list(editor: Visitor, feed_id: int) -> None:
    form = {"what": "kind", "value": "recap"}
    there = editor.post(CORRECT, form | {"to": "/admin/entries/?show=unsure"})
    assert there.headers["Location"] == "/admin/entries/?show=unsure"
    elsewhere = editor.post(CORRECT, form | {"to": "https://evil.example/"})
    assert elsewhere.headers["Location"] == ENTRY


def test_a_hidden_entry_is_found_under_hidden_and_shown_again(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(CORRECT, what="hidden", value="yes")
    assert "What we brought home" in editor.text("/admin/entries/?show=hidden")
    assert "What we brought home" not in editor.text("/admin/entries/?show=recaps")
    editor.done(CORRECT, what="hidden", value="no")
    assert filed(database).card.listed is True


def test_an_event_is_added_by_name_and_taken_away(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(CORRECT, what="event", value="Coastal Code Camp 2026")
    assert "Coastal Code Camp 2026" in event_names(database)
    assert editor.get("/events/coastal-code-camp-2026/").status_code == 200
    editor.done(CORRECT, what="not_event", value="fjordsoftcon-2026")
    assert event_names(database) == {"Coastal Code Camp 2026"}
    editor.done(UNDO, what="not_event", value="fjordsoftcon-2026")
    assert "FjordSoftCon 2026" in event_names(database)


def test_an_event_that_is_there_is_found_by_its_name(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    add_feed(
        database,
        recap_of(2, recognition=replace(FOUND, events=()), title="Untold", original=RawHtml("")),
        url="https://two.example/feed",
    )
    editor.done("/admin/entries/2/correct", what="kind", value="recap")
    editor.done("/admin/entries/2/correct", what="event", value="fjordsoftcon 2026")
    with database.reading() as c:
        assert coverage.event_card(c, "fjordsoftcon-2026").recaps == 2


def test_tags_are_added_and_taken_away(editor: Visitor, database: Database, feed_id: int) -> None:
    editor.done(CORRECT, what="tag", value="Knitting")
    assert "knitting" in {tag.slug for tag in filed(database).card.tags}
    editor.done(CORRECT, what="not_tag", value="testing")
    assert "testing" not in {tag.slug for tag in filed(database).card.tags}


def test_what_is_no_talk_is_dropped(editor: Visitor, database: Database, feed_id: int) -> None:
    editor.done(CORRECT, what="not_talk", value="Testing numerical code without tears")
    titles = {talk.title for talk in filed(database).card.talks}
    assert "Testing numerical code without tears" not in titles


def test_who_corrected_what_is_shown(editor: Visitor, database: Database, feed_id: int) -> None:
    assert "eve" in editor.done(CORRECT, what="tag", value="Knitting")
    (fix,) = filed(database).corrections
    assert (fix.by, fix.value) == ("eve", "Knitting")


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        ("kind", "maybe", "recap or other"),
        ("hidden", "perhaps", "yes or no"),
        ("event", "A conference without a year", "Name 2026"),
        ("not_event", "pycon-2020", "no event"),
        ("not_tag", "none", "no tag"),
        ("not_talk", "none", "no talk"),
        ("tag", "x" * 61, "60 characters"),
        ("tag", "", "missing"),
        ("tag", "x" * 400, "too long"),
        ("everything", "x", "nothing that can be corrected"),
        ("", "", "nothing that can be corrected"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_in_words(
    editor: Visitor, database: Database, feed_id: int, what: str, value: str, said: str
) -> None:
    assert said in editor.refused(CORRECT, what=what, value=value)
    assert filed(database).corrections == ()


def test_undoing_twice_is_refused_in_words(editor: Visitor, feed_id: int) -> None:
    assert "not there any more" in editor.refused(UNDO, what="tag", value="x")


def test_the_list_of_entries_pages_through_all_of_them(editor: Visitor, database: Database) -> None:
    many = [recap_of(n, title=f"Number {n} of many", recognition=FOUND) for n in range(1, 76)]
    stamped = [
        replace(one, published_at=datetime.now(UTC) - timedelta(hours=n))
        for n, one in enumerate(many)
    ]
    add_feed(database, *stamped)
    path, seen = "/admin/entries/?show=all", []
    for _ in range(3):
        page = editor.get(path).get_data(as_text=True)
        seen += [n for n in range(1, 76) if f"Number {n} of many" in page]
        head, found, _ = page.partition('">Older</a>')
        path = head.rpartition('href="')[2].replace("&amp;", "&") if found else ""
    assert path == ""
    assert sorted(seen) == list(range(1, 76))


def test_an_odd_cursor_is_not_found(editor: Visitor) -> None:
    assert editor.get("/admin/entries/?before=nonsense").status_code == 404


# --------------------------------------------------------------------------------- events and tags


def test_an_events_facts_are_edited_and_stay(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(
        "/admin/events/fjordsoftcon-2026/change",
        name="Fjord Days 2026",
        place="Ålesund",
        starts_on="2026-05-04",
        ends_on="2026-05-06",
        homepage="fjord.example",
    )
    now = datetime.now(UTC)
    again = recap_of(recognition=FOUND, content_hash="another")
    with database.writing() as c:
        feeds.finish(c, [world.poll_of(feed_id, FEED_URL, (again,), now)], now)
        event = coverage.event_card(c, "fjordsoftcon-2026")
    assert (event.name, event.place) == ("Fjord Days 2026", "Ålesund")
    assert (event.starts_on, event.ends_on) == (date(2026, 5, 4), date(2026, 5, 6))
    assert event.homepage == "https://fjord.example"
    editor.done("/admin/events/fjordsoftcon-2026/change", name="Fjord Days 2026")
    with database.reading() as c:
        event = coverage.event_card(c, "fjordsoftcon-2026")
    assert (event.place, event.starts_on, event.ends_on, event.homepage) == (None,) * 4


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", "", "missing"),
        ("starts_on", "soon", "no date"),
        ("ends_on", "2026-05-01", "before the first"),
        ("homepage", "nowhere", "no web address"),
    ],
)
def test_facts_that_cannot_be_are_refused_in_words(
    editor: Visitor, feed_id: int, name: str, value: str, said: str
) -> None:
    form = {"name": "Fjord Days 2026", "starts_on": "2026-05-04", "ends_on": "2026-05-06"}
    path = "/admin/events/fjordsoftcon-2026/change"
    assert said in editor.refused(path, **(form | {name: value}))


def test_an_unknown_event_is_flagged_until_somebody_says_that_it_is_right(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    with database.reading() as c:
        flagged = [event.slug for event in coverage.events(c, flagged=True)]
    assert flagged == ["fjordsoftcon-2026"]
    assert "Events that nobody knew" in editor.text("/admin/")
    editor.done("/admin/events/fjordsoftcon-2026/accept")
    assert "Events that nobody knew" not in editor.text("/admin/")


def test_a_merged_events_address_leads_to_the_other(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    misspelt = EventMention(name="Fjordsoft Con 2026", series="Fjordsoft Con", year=2026)
    add_feed(
        database,
        view(2, recognition=replace(FOUND, events=(misspelt,))),
        url="https://two.example/feed",
    )
    path = "/admin/events/fjordsoft-con-2026/merge"
    assert "itself" in editor.refused(path, into="fjordsoft-con-2026")
    editor.refused(path, 404, into="no such event")
    editor.done(path, into="FjordSoftCon 2026")
    response = editor.get("/events/fjordsoft-con-2026/")
    assert response.status_code == 301
    assert response.headers["Location"].endswith("/events/fjordsoftcon-2026/")
    with database.reading() as c:
        assert coverage.event_card(c, "fjordsoftcon-2026").recaps == 2


def test_a_tag_is_renamed_merged_and_ignored(
    editor: Visitor, database: Database, feed_id: int
) -> None:
    editor.done(CORRECT, what="tag", value="Knitting")
    editor.done("/admin/tags/knitting/rename", name="Knitting and yarn")
    assert "Knitting and yarn" in editor.text("/tags/knitting/")
    editor.done("/admin/tags/knitting/ignore", ignored="yes")
    assert "Knitting and yarn" not in editor.text("/tags/")
    assert "ignored" in editor.text("/admin/tags/")
    editor.done("/admin/tags/knitting/ignore", ignored="no")
    assert "itself" in editor.refused("/admin/tags/knitting/merge", into="knitting")
    assert "There is no tag" in editor.refused("/admin/tags/knitting/merge", into="none such")
    editor.done("/admin/tags/knitting/merge", into="Testing")
    assert editor.get("/tags/knitting/").status_code == 301
    assert {tag.slug for tag in filed(database).card.tags} == {"testing"}


# ----------------------------------------------------------------------------------------- accounts


def test_an_account_is_added_and_can_log_in(admin: Visitor, app: Flask) -> None:
    form = {"name": "eve", "password": "ten letters!", "again": "ten letters!", "role": "editor"}
    assert "eve may log in as an editor" in admin.done("/admin/accounts/add", **form)
    assert Visitor(app).log_in("eve", "ten letters!").status_code == 303
    assert "eve" in admin.refused("/admin/accounts/add", 409, **form)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "again": "short"}, "10"),
        ({"again": "different"}, "not the same"),
        ({"role": "king"}, "admin or editor"),
        ({"name": ""}, "missing"),
        ({"password": "x" * 1001, "again": "x" * 1001}, "too long"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(
    admin: Visitor, change: dict[str, object], said: str
) -> None:
    form = {"name": "eve", "password": "ten letters!", "again": "ten letters!", "role": "editor"}
    assert said in admin.refused("/admin/accounts/add", **(form | change))


def test_a_new_password_ends_the_sessions_of_before(
    admin: Visitor, app: Flask, database: Database
) -> None:
    elsewhere = Visitor(app)
    elsewhere.log_in("ada")
    assert elsewhere.get("/admin/").status_code == 200
    admin.done("/admin/accounts/1/password", password="another one!", again="another one!")  # noqa: S106  # of a test account
    assert admin.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 303


def test_a_removed_account_is_logged_out_even_when_its_number_is_used_again(
    admin: Visitor, app: Flask, database: Database
) -> None:
    account(database, "eve", "editor")
    eve = Visitor(app)
    eve.log_in("eve")
    admin.done("/admin/accounts/2/remove")
    assert eve.get("/admin/").status_code == 303
    account(database, "mallory", "admin")
    assert eve.get("/admin/").status_code == 303


def test_the_last_admin_stays_one(admin: Visitor, database: Database) -> None:
    account(database, "eve", "editor")
    assert "last" in admin.refused("/admin/accounts/1/remove")
    assert "last" in admin.refused("/admin/accounts/1/role", role="editor")
    admin.done("/admin/accounts/2/role", role="admin")
    admin.done("/admin/accounts/1/role", role="editor")
    with database.reading() as c:
        assert {one.name: one.role for one in accounts.all_accounts(c)} == {
            "ada": "editor",
            "eve": "admin",
        }


def test_an_account_that_is_not_there_is_not_found(admin: Visitor) -> None:
    assert admin.get("/admin/accounts/99/").status_code == 404
    admin.refused("/admin/accounts/99/password", 404, password=PASSWORD, again=PASSWORD)
