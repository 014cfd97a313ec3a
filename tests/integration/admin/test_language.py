"""Admin pages speak the reader's language: which one, that it stays, and that nothing is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from lxml import html as markup

from aggregator.model import EntryQuery, FeedLink, Kind, Outcome, Recognition
from aggregator.store import Database, coverage, entries, feeds
from tests import desk, world
from tests.desk import FEED_URL, MENTION, Visitor, account, add_feed, recap_of, view

OVERLOADED = (
    "https://ill.example/feed answered 503 (service unavailable): it is overloaded or under repair"
    " and asks to be left alone, try again later"
)
# English words that stand on many English pages, and that nobody's name or title here has.
TELL_TALE = (
    "accept account accounts active add added address ago already any are at be by cancel "
    "change changed check corrections day decided decision decisions discard due edit editor "
    "entries entry every failed failing fetched first follow found from gone hidden hide hour "
    "hours import is it its known last look merge minutes move never newest next nobody none "
    "not nothing now of old older on or other others overview page password paused pick place "
    "poll polled polls post posts proposed readers recap recaps remove rename role save saved "
    "score second seconds set show since site source stay success tags taken talk talks "
    "tells the they this to trial undo undone unsure until usual wait waiting who why you"
)


def in_german(visitor: Visitor) -> Visitor:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-DE,de;q=0.9,en;q=0.5"
    return visitor


def page_of(answer: Any) -> Any:
    return markup.document_fromstring(answer.get_data(as_text=True))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, Database]]:
    """A site with a bit of everything that admins see, and an admin who reads German."""
    settings = desk.settings_in(tmp_path_factory.mktemp("stage"))
    database = desk.database_in(settings)
    account(database, "ada")
    account(database, "eve", "editor")
    now = datetime.now(UTC)
    doubtful = Recognition(
        kind=Kind.RECAP, kind_score=0.55, events=(MENTION,), version=1, language="en",
        why=("title: FjordSoftCon 2026 (+2.5)", "lead: attended (+1)"),
    )  # fmt: skip
    add_feed(database, recap_of(), view(2, recognition=doubtful))
    ill = add_feed(database, url="https://ill.example/feed", called="Ill Team")
    for back in range(3, 0, -1):
        when = now - timedelta(hours=back)
        poll = world.poll_of(
            ill, "https://ill.example/feed", (), when,
            outcome=Outcome.FAILED, http_status=503, error=OVERLOADED,
        )  # fmt: skip
        with database.writing() as c:
            feeds.finish(c, [poll], when)
    links = tuple(FeedLink(url=f"https://try.example/{n}.xml", title=f"X{n}") for n in (1, 2))
    add_feed(database, recap_of(7), url="https://try.example/1.xml", trial=True, candidates=links)
    add_feed(
        database, url="https://none.example/", trial=True, outcome=Outcome.FAILED,
        error="https://none.example/ is a page, not a feed, and links none: look for the feed's own"
        " address",
    )  # fmt: skip
    held = add_feed(database, url="https://held.example/feed", called="Held Team")
    with database.writing() as c:
        feeds.hold(
            c, held, "this seems to be another site now: none of its known entries is left, its"
            " titles look like advertising, it failed before", now,
        )  # fmt: skip
    visitor = in_german(Visitor(desk.app_of(settings, database)))
    assert visitor.log_in("ada").status_code == 303
    for path, form in (
        ("entries/1/correct", {"what": "tag", "value": "Knitting"}),
        ("entries/1/correct", {"what": "talk", "title": "Round windows", "speakers": "B C"}),
        ("entries/2/correct", {"what": "hidden", "value": "yes"}),
        ("events/fjordsoftcon-2026/change", {"name": "FjordSoftCon 2026", "place": "Ålesund"}),
        ("events/fjordsoftcon-2026/alias", {"alias": "Fjord Days"}),
        ("tags/knitting/rename", {"name": "Yarn"}),
        ("tags/knitting/ignore", {"ignored": "yes"}),
        ("decisions/1/undo", {}),
    ):
        assert visitor.post(f"/admin/{path}", form).status_code == 303, path
    yield visitor, database
    database.close()


def paths_of(app: Flask) -> list[str]:
    """Return a path of every admin page."""
    values: dict[str, Any] = {"slug": "fjordsoftcon-2026", "entry_id": 1, "account_id": 2}
    paths = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.rule.startswith("/admin/") and "GET" in (rule.methods or ()):
                own = values | ({"slug": "knitting"} if "tag" in rule.endpoint else {})
                some = range(1, 6) if "feed_id" in rule.arguments else [0]
                for feed_id in some:
                    chosen = {name: own.get(name, feed_id) for name in rule.arguments}
                    paths.append(app.url_map.bind("localhost").build(rule.endpoint, chosen))
    return [
        *paths,
        "/admin/entries/?show=unsure", "/admin/entries/?show=hidden", "/admin/entries/2/",
        "/admin/entries/?show=all&feed=1", "/admin/entries/?q=nosuchword", "/admin/feeds/99/",
        "/admin/feeds/?q=nosuchword", "/admin/feeds/1/?since=4102444800000",
        "/admin/feeds/1/?since=1000000000000", "/admin/events/?q=nosuchword",
        "/admin/events/xyz/", "/admin/tags/?q=nosuchword",
    ]  # fmt: skip


def english_in(page: Any) -> set[str]:
    """The tell-tale words on a page that do not say of themselves that they are English."""
    main = page.xpath("//main")[0]
    # of who states a fact, the title of the post is not told with its language
    titles = ".//section[@aria-labelledby='s-said']//a"
    for odd in main.xpath(f".//*[@lang='en'] | .//code | .//q | .//i | .//datalist | {titles}"):
        odd.drop_tree()
    said = main.xpath(".//text()[normalize-space()]")
    said += main.xpath(".//@aria-label | .//@title | .//@placeholder | .//@data-label")
    # addresses, and titles of posts in what was decided
    own = re.sub(r"\S*(?:://|\w\.\w)\S*|„[^“]*“", " ", " ".join(said))
    return set(re.findall(r"\w+", own.lower())) & set(TELL_TALE.split())


def test_no_admin_page_has_a_word_of_english_left(stage: tuple[Visitor, Database]) -> None:
    visitor, _ = stage
    paths = paths_of(visitor.app)
    assert len(paths) > 30
    found = {}
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code in (200, 303, 404), path
        if answer.status_code == 303:  # the login page, of somebody who is there already
            continue
        page = page_of(answer)
        assert page.get("lang") == "de", path
        assert answer.headers["Content-Language"] == "de", path
        words = english_in(page)
        if words:
            found[path] = words
    assert found == {}


def test_the_words_that_tell_english_are_found_on_english_pages(
    stage: tuple[Visitor, Database],
) -> None:
    visitor, _ = stage
    for path in paths_of(visitor.app):
        answer = visitor.get(f"/en{path}")
        assert answer.status_code == 303 or len(english_in(page_of(answer))) >= 3, path


def test_what_the_poller_and_the_store_say_is_translated(
    stage: tuple[Visitor, Database],
) -> None:
    visitor, _ = stage
    feed = visitor.text("/admin/feeds/2/")
    assert "antwortete mit 503 (service unavailable): der Server ist überlastet" in feed
    assert "Von den bekannten Einträgen ist keiner mehr da" in visitor.text("/admin/feeds/5/")
    assert "ist eine Seite, kein Feed" in visitor.text("/admin/feeds/4/")
    decisions = visitor.text("/admin/decisions/")
    assert "hat das Thema Knitting" in decisions
    assert "erzählt von „Round windows“, von: B C" in decisions
    assert "FjordSoftCon 2026: Ort Ålesund" in decisions
    assert "„Fjord Days 2026“ meint FjordSoftCon 2026" in decisions
    assert "Knitting heißt Yarn" in decisions
    assert "Yarn wird nirgends gezeigt" in decisions
    assert "zurückgenommen von ada, " in decisions


def test_what_no_translation_knows_says_that_it_is_english(
    admin: Visitor, database: Database
) -> None:
    feed_id = add_feed(
        database, outcome=Outcome.FAILED, error="the moon is in the wrong house", http_status=500
    )
    page = page_of(in_german(admin).get(f"/admin/feeds/{feed_id}/"))
    said = page.xpath("//*[@lang='en'][contains(., 'moon')]")
    assert said
    assert "the moon" not in page_of(admin.get("/de/admin/decisions/")).text_content()


# ---------------------------------------------------------------------------------- which language


def test_the_language_is_chosen_as_for_readers_and_stays(admin: Visitor) -> None:
    assert page_of(admin.get("/admin/")).get("lang") == "en"
    assert page_of(in_german(admin).get("/admin/")).get("lang") == "de"
    page = page_of(admin.get("/en/admin/feeds/?sort=name"))
    assert page.get("lang") == "en"
    onward = [one for one in page.xpath("//main//a/@href | //main//@action") if one[:1] == "/"]
    assert len(onward) > 10
    assert all(one.startswith("/en/") or one == "/opml.xml" for one in onward)
    assert page.xpath("//footer//a[@hreflang='de']/@href") == ["/de/admin/feeds/?sort=name"]


def test_every_link_and_form_of_the_admin_keeps_the_language(
    stage: tuple[Visitor, Database],
) -> None:
    visitor, _ = stage
    for path in paths_of(visitor.app):
        answer = visitor.get(f"/de{path}")
        if answer.status_code != 303:
            main = page_of(answer).xpath("//main")[0]
            onward = main.xpath(".//a/@href | .//@action")
            lost = [one for one in onward if one[:1] == "/" and not one.startswith("/de/")]
            assert set(lost) <= {"/opml.xml"}, path


def test_a_language_is_kept_through_the_login_and_after_an_action(
    app: Flask, database: Database
) -> None:
    account(database, "ada")
    feed_id = add_feed(database, recap_of())
    visitor = Visitor(app)
    asked = visitor.get("/de/admin/feeds/?sort=name")
    assert asked.headers["Location"] == "/de/admin/login?next=/de/admin/feeds/?sort%3Dname"
    assert visitor.get("/de/admin/").headers["Location"] == "/de/admin/login"

    form = {"name": "ada", "password": desk.PASSWORD}
    plain = visitor.post("/de/admin/login", form, see="/de/admin/login")
    assert plain.headers["Location"] == "/de/admin/"
    visitor.post("/de/admin/logout")
    again = visitor.post(
        "/de/admin/login", form | {"next": "/de/admin/feeds/?sort=name"}, see="/de/admin/login"
    )
    assert again.headers["Location"] == "/de/admin/feeds/?sort=name"

    paused = visitor.post(f"/de/admin/feeds/{feed_id}/pause", see="/de/admin/")
    assert paused.headers["Location"] == f"/de/admin/feeds/{feed_id}/"
    assert "ist pausiert" in visitor.text(paused.headers["Location"])
    assert visitor.post("/de/admin/logout").headers["Location"] == "/de/admin/login"


def test_a_list_that_was_decided_in_is_come_back_to_in_its_language(
    admin: Visitor, database: Database
) -> None:
    found = Recognition(kind=Kind.RECAP, kind_score=0.5, version=1)
    add_feed(database, recap_of(recognition=found))
    page = page_of(admin.get("/de/admin/entries/?show=unsure"))
    assert set(page.xpath("//input[@name='to']/@value")) == {"/de/admin/entries/?show=unsure"}


# ----------------------------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        ("feeds/add", {"url": ""}, 400, "Die Adresse fehlt."),
        ("feeds/add", {"url": "nowhere"}, 400, "Die Adresse ist keine Webadresse: nowhere."),
        ("feeds/add", {"url": FEED_URL}, 409, "wird schon verfolgt. Diesen Feed zeigen"),
        ("feeds/1/remove", {}, 400, "ob die Einträge behalten oder gelöscht werden"),
        ("feeds/99/pause", {}, 404, "Einen Feed 99 gibt es nicht."),
        ("feeds/1/edit", {"url": FEED_URL, "source_title": "x", "country": "England"}, 400,
         "Das Land wird geschrieben wie GB, nicht England."),
        ("feeds/import", {}, 400, "Bitte erst eine OPML-Datei wählen"),
        ("entries/1/correct", {"what": "kind", "value": "x"}, 400, "Möglich ist recap oder other"),
        ("entries/1/correct", {"what": "odd"}, 400, "nichts, was sich korrigieren lässt"),
        ("entries/1/correct", {"what": "event", "value": "X"}, 400, "Für eine neue den Namen mit"),
        ("events/fjordsoftcon-2026/merge", {"into": "fjordsoftcon-2026"}, 400, "mit sich selbst"),
        ("events/fjordsoftcon-2026/alias", {"alias": "FjordSoftCon 2026"}, 400, "meint schon"),
        ("events/fjordsoftcon-2026/change", {"name": "F", "starts_on": "soon"}, 400,
         "Der erste Tag ist kein Datum wie 2026-06-30: soon."),
        ("tags/testing/merge", {"into": "none such"}, 400, "Ein Thema none such gibt es nicht."),
        ("accounts/add", {"name": "b", "role": "editor", "password": "x", "again": "y"}, 400,
         "Die beiden Passwörter sind nicht gleich."),
        ("accounts/add", {"name": "b", "role": "editor", "password": "x", "again": "x"}, 400,
         "Das Passwort ist zu kurz; es braucht 10 Zeichen."),
        ("accounts/1/remove", {}, 400, "Der letzte Admin lässt sich nicht entfernen."),
        ("decisions/99/undo", {}, 404, "Eine Entscheidung 99 gibt es nicht."),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_german(
    admin: Visitor, database: Database, path: str, form: dict[str, str], status: int, said: str
) -> None:
    add_feed(database, recap_of())
    answer = in_german(admin).post(f"/admin/{path}", form, see="/admin/")
    assert (answer.status_code, said in desk.text_of(answer)) == (status, True), desk.text_of(
        answer
    )
    assert page_of(answer).get("lang") == "de"
    assert not page_of(answer).xpath("//footer//a[@hreflang]")  # a form's address is no page


def test_a_login_that_fails_says_so_in_german(app: Flask, database: Database) -> None:
    account(database, "ada")
    visitor = in_german(Visitor(app))
    said = [desk.text_of(visitor.log_in("ada", "not the password")) for _ in range(6)]
    assert "Name und Passwort passen nicht zusammen." in said[0]
    assert "Bitte 15 Minuten warten" in said[5]


def test_an_editor_and_an_old_form_are_turned_away_in_german(editor: Visitor) -> None:
    in_german(editor)
    assert "Das dürfen nur Admins" in desk.text_of(editor.get("/admin/accounts/"))
    stale = editor.client.post("/admin/events/x/accept", data={"csrf_token": "old"})
    assert "Dieses Formular ist zu alt" in desk.text_of(stale)
    stale = editor.client.post("/suggest/", data={"address": "blog.example"})
    assert stale.status_code == 400
    assert "Dieses Formular ist zu alt" in desk.text_of(stale)
    editor.client.delete_cookie("aggregator_session")
    answer = editor.post("/admin/events/x/accept")
    assert "Es wurde nichts geändert" in desk.text_of(editor.get(answer.headers["Location"]))


def test_what_was_done_is_said_in_german(admin: Visitor, database: Database) -> None:
    add_feed(database, recap_of())
    in_german(admin)
    told = admin.done("/admin/entries/1/correct", what="kind", value="other")
    assert "Es ist kein Bericht. Das bleibt bei späteren Abrufen so" in told
    assert "die Erkennung sagt: Bericht, 0," in told
    told = admin.done("/admin/events/fjordsoftcon-2026/reject")
    assert "FjordSoftCon 2026 ist keine Veranstaltung, auch in späteren Beiträgen nicht." in told
    with database.reading() as c:
        newest = coverage.list_decisions(c)[0]
    told = admin.done(f"/admin/decisions/{newest.id}/undo")
    assert "Zurückgenommen: FjordSoftCon 2026 ist keine Veranstaltung." in told
    told = admin.done("/admin/feeds/1/remove", entries="delete")
    assert "Example Team ist entfernt; gelöscht: 1 Eintrag." in told
    with database.reading() as c:
        assert entries.count(c, EntryQuery(listed_only=False)) == 0
