"""Admin pages: who may do what; feeds and their health."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import update

from aggregator.model import FeedLink, FeedStatus, NewSource, Outcome, RawHtml, SafeHtml
from aggregator.store import Database, feeds, schema
from tests import desk, world
from tests.desk import FEED_URL, Visitor, account, add_feed, recap_of, view
from tests.integration.store_samples import statements


def admin_routes(app: Flask) -> list[tuple[str, str]]:
    """Return (method, path) of every admin route, with made-up values in its place holders."""
    routes = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not rule.rule.startswith("/admin/"):
                continue
            values = {name: "1" if name.endswith("_id") else "x" for name in rule.arguments}
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
                routes.append((method, path))
    return routes


# --------------------------------------------------------------------------------- who may do what


def test_every_admin_route_asks_who_has_not_logged_in_to_log_in(
    app: Flask, database: Database
) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    open_to_all = {("GET", "/admin/login"), ("POST", "/admin/login"), ("POST", "/admin/logout")}
    routes = set(admin_routes(app)) - open_to_all
    assert len(routes) > 30
    for method, path in routes:
        response = visitor.get(path) if method == "GET" else visitor.post(path)
        assert response.status_code == 303, (method, path)
        assert response.headers["Location"].startswith("/admin/login"), (method, path)


def test_no_admin_route_does_anything_without_a_token(admin: Visitor) -> None:
    posts = [path for method, path in admin_routes(admin.app) if method == "POST"]
    for path in posts:
        response = admin.client.post(path, data={"url": "https://other.example/"})
        assert response.status_code == 400, path
        assert "This form is too old" in desk.text_of(response), path


def test_an_editor_moderates_but_does_not_touch_feeds_and_accounts(
    editor: Visitor, database: Database
) -> None:
    feed_id = add_feed(database, recap_of())
    for path in ("/admin/", "/admin/feeds/", "/admin/entries/", "/admin/events/", "/admin/tags/"):
        assert editor.get(path).status_code == 200, path
    for path in ("/admin/feeds/add", "/admin/accounts/", f"/admin/feeds/{feed_id}/edit"):
        assert editor.get(path).status_code == 403, path
    for path in ("/admin/feeds/add", f"/admin/feeds/{feed_id}/remove", "/admin/samples/remove"):
        assert "Only admins may do this" in editor.refused(path, 403, entries="delete")
    with database.reading() as c:
        assert feeds.get(c, feed_id).status is FeedStatus.ACTIVE


def test_an_admin_page_is_kept_by_no_cache(admin: Visitor) -> None:
    assert admin.get("/admin/").headers["Cache-Control"] == "no-store"


# ------------------------------------------------------------------------------------------- adding


def test_a_feed_is_seen_before_it_is_followed(
    admin: Visitor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "aggregator.web")
    response = admin.post("/admin/feeds/add", {"url": "blog.example/feed.xml"})
    where = response.headers["Location"]
    waiting = admin.get(where)
    assert waiting.headers["Refresh"] == "3"
    assert "Waiting for the poll" in desk.text_of(waiting)

    with database.reading() as c:
        (feed,) = feeds.all_feeds(c, trial=True)
    assert feed.url == "https://blog.example/feed.xml"
    now = datetime.now(UTC) + timedelta(seconds=1)
    with database.writing() as c:
        poll = world.poll_of(feed.id, feed.url, (recap_of(),), now, title="Example Team")
        feeds.finish(c, [poll], now)
    seen = admin.get(where)
    assert "Refresh" not in seen.headers
    words = desk.text_of(seen)
    assert "What we brought home from FjordSoftCon 2026" in words
    assert "the title says that it looks back" in words
    assert admin.get("/").get_data(as_text=True).count("FjordSoftCon") == 0

    assert "is followed" in admin.done(f"/admin/feeds/{feed.id}/follow")
    assert "FjordSoftCon 2026" in admin.text("/")
    actions = [r.f["action"] for r in caplog.records if r.getMessage() == "admin.action"]  # type: ignore[attr-defined]  # as our formatter reads it
    assert actions == ["feed.try", "feed.follow"]


def test_a_feed_on_trial_can_be_discarded(admin: Visitor, database: Database) -> None:
    feed_id = add_feed(database, recap_of(), trial=True)
    assert "discarded" in admin.done(f"/admin/feeds/{feed_id}/discard")
    assert admin.get(f"/admin/feeds/{feed_id}/").status_code == 404


@pytest.mark.parametrize(
    "other", ["http://blog.example/feed.xml", "https://www.blog.example/feed.xml/"]
)
def test_a_feed_that_is_there_is_refused_with_a_link_to_it(
    admin: Visitor, database: Database, other: str
) -> None:
    feed_id = add_feed(database)
    response = admin.post("/admin/feeds/add", {"url": other})
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert f'<a href="/admin/feeds/{feed_id}/">Show that feed</a>' in page
    assert f'value="{other}"' in page


@pytest.mark.parametrize(
    "odd", ["", "not an address", "ftp://blog.example/", "javascript:alert(1)", "x" * 3000, "<b>&"]
)
def test_a_mistyped_address_is_refused_in_words_and_shown_again(admin: Visitor, odd: str) -> None:
    response = admin.post("/admin/feeds/add", {"url": odd})
    assert response.status_code == 400
    assert "address" in desk.text_of(response)
    assert f'value="{escape(odd)}"' in response.get_data(as_text=True)


def test_another_feed_that_the_page_announces_can_be_taken(
    admin: Visitor, database: Database
) -> None:
    both = tuple(
        FeedLink(url=f"https://blog.example/{name}.xml", title=name) for name in ("feed", "talks")
    )
    feed_id = add_feed(database, trial=True, candidates=both)
    assert "Feeds that the page announces" in admin.text(f"/admin/feeds/{feed_id}/")
    choose = f"/admin/feeds/{feed_id}/choose"
    admin.done(choose, url="https://blog.example/talks.xml")
    with database.reading() as c:
        assert feeds.get(c, feed_id).url == "https://blog.example/talks.xml"
    assert "does not announce" in admin.refused(choose, url="https://evil.example/feed.xml")


# ------------------------------------------------------------------------------------------- health


def test_a_failing_feed_says_why_and_what_to_do(admin: Visitor, database: Database) -> None:
    feed_id = add_feed(
        database, outcome=Outcome.FAILED, http_status=404, error="it answered 404 (not found)"
    )
    for path in ("/admin/", "/admin/feeds/", f"/admin/feeds/{feed_id}/"):
        assert "answered 404 (not found)" in admin.text(path), path
    assert "Look for the feed's new address" in admin.text(f"/admin/feeds/{feed_id}/").replace(
        "&#39;", "'"
    )


@pytest.mark.parametrize(
    ("state", "told", "said"),
    [
        ("none", None, "not asked; that takes a public address of this site (base_url)"),
        ("pending", None, "it has not confirmed yet"),
        ("active", None, "tells of news until 1 May 2030 "),
        (
            "active",
            timedelta(hours=3),
            "tells of news until 1 May 2030 ; the last came 3 hours ago",
        ),
        ("denied", None, "refused"),
    ],
)
def test_a_feed_says_how_it_stands_with_its_hub(
    admin: Visitor, database: Database, state: str, told: timedelta | None, said: str
) -> None:
    feed_id = add_feed(database)
    path = f"/admin/feeds/{feed_id}/"
    assert "Hub" not in admin.text(path)
    until = datetime(2030, 5, 1, tzinfo=UTC)
    with database.writing() as c:
        of_feed = update(schema.feeds).where(schema.feeds.c.id == feed_id)
        c.execute(of_feed.values(hub_url="https://hub.example/push", sub_state=state))
        if state == "active":
            c.execute(of_feed.values(sub_expires_at=until))
        if told is not None:
            c.execute(of_feed.values(sub_pinged_at=datetime.now(UTC) - told))
    text = admin.text(path)
    assert "hub.example" in text
    assert said in text


@pytest.mark.parametrize("trial", [False, True])
def test_the_page_of_a_feed_asks_the_database_as_often_for_many_entries_as_for_few(
    admin: Visitor, database: Database, trial: bool
) -> None:
    counts = []
    for number in (1, 9):
        entries = [view(100 * number + n) for n in range(number)]
        url = f"https://blog{number}.example/feed"
        feed_id = add_feed(database, *entries, url=url, trial=trial)
        with statements(database) as seen:
            assert admin.get(f"/admin/feeds/{feed_id}/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_feeds_are_sorted_and_filtered_by_links(admin: Visitor, database: Database) -> None:
    for name in ("beta", "alpha", "gamma"):
        add_feed(database, url=f"https://{name}.example/feed.xml", called=f"{name} blog")
    up, down = admin.text("/admin/feeds/?sort=name"), admin.text("/admin/feeds/?sort=-name")
    assert up.index("alpha blog") < up.index("beta blog") < up.index("gamma blog")
    assert down.index("gamma blog") < down.index("beta blog") < down.index("alpha blog")
    found = admin.text("/admin/feeds/?q=GAMMA")
    assert "gamma blog" in found
    assert "alpha blog" not in found
    assert "No feed fits" in admin.text("/admin/feeds/?status=gone")
    assert admin.get("/admin/feeds/?sort=%00&page=-3&status=odd").status_code == 200


def test_poll_now_waits_for_the_outcome_on_the_same_page(
    admin: Visitor, database: Database
) -> None:
    feed_id = add_feed(database)
    with database.reading() as c:
        assert feeds.get(c, feed_id).next_poll_at > datetime.now(UTC) + timedelta(minutes=30)
    where = admin.post(f"/admin/feeds/{feed_id}/poll").headers["Location"]
    with database.reading() as c:
        assert feeds.get(c, feed_id).next_poll_at <= datetime.now(UTC)
    assert "Refresh" in admin.get(where).headers
    assert "Refresh" not in admin.get(f"/admin/feeds/{feed_id}/?wait=no").headers
    now = datetime.now(UTC) + timedelta(seconds=2)
    with database.writing() as c:
        feeds.finish(c, [world.poll_of(feed_id, FEED_URL, (), now)], now)
    assert "Refresh" not in admin.get(where).headers


def test_a_poll_that_never_comes_is_not_waited_for(admin: Visitor, database: Database) -> None:
    feed_id = add_feed(database)
    later = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
    assert "Refresh" in admin.get(f"/admin/feeds/{feed_id}/?since={later}").headers
    with database.writing() as c:
        old = datetime.now(UTC) - timedelta(hours=2)
        feeds.finish(c, [world.poll_of(feed_id, FEED_URL, (), old)], old)
    since = int((datetime.now(UTC) - timedelta(minutes=3)).timestamp() * 1000)
    response = admin.get(f"/admin/feeds/{feed_id}/?since={since}")
    assert "Refresh" not in response.headers
    assert "Is a poller running?" in desk.text_of(response)


def test_a_feed_is_paused_and_resumed(admin: Visitor, database: Database) -> None:
    feed_id = add_feed(database)
    assert "is paused" in admin.done(f"/admin/feeds/{feed_id}/pause")
    with database.reading() as c:
        assert feeds.get(c, feed_id).status is FeedStatus.PAUSED
    assert "is polled again" in admin.done(f"/admin/feeds/{feed_id}/resume")
    with database.reading() as c:
        assert feeds.get(c, feed_id).status is FeedStatus.ACTIVE


def test_a_feed_and_its_source_are_edited(admin: Visitor, database: Database) -> None:
    feed_id = add_feed(database, recap_of())
    form = {
        "url": "https://blog.example/new.xml",
        "title": "New title",
        "full_text": "yes",
        "source_title": "The Example Team",
        "site_url": "blog.example",
        "organisation": "University of Examples",
        "country": "gb",
        "category": "rse-group",
        "licence": "CC-BY-4.0",
    }
    admin.done(f"/admin/feeds/{feed_id}/edit", **form)
    with database.reading() as c:
        feed = feeds.get(c, feed_id)
    source = feed.source
    assert (feed.url, feed.title, feed.full_text) == (form["url"], "New title", True)
    assert (source.title, source.site_url) == ("The Example Team", "https://blog.example")
    assert (source.organisation, source.country) == ("University of Examples", "GB")
    assert (source.category, source.licence) == ("rse-group", "CC-BY-4.0")
    admin.done(f"/admin/feeds/{feed_id}/edit", **(form | {"organisation": "", "licence": ""}))
    with database.reading() as c:
        source = feeds.get(c, feed_id).source
    assert not source.organisation
    assert not source.licence


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("country", "England", "GB"),
        ("licence", "my own words", "CC-BY-4.0"),
        ("category", "RSE Group", "rse-group"),
        ("source_title", "", "missing"),
        ("url", "nowhere", "no web address"),
        ("title", "x" * 300, "too long"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(
    admin: Visitor, database: Database, name: str, value: str, said: str
) -> None:
    feed_id = add_feed(database)
    form = {"url": FEED_URL, "source_title": "Example Team", "organisation": "typed before"}
    response = admin.post(f"/admin/feeds/{feed_id}/edit", form | {name: value})
    assert response.status_code == 400
    assert said in desk.text_of(response)
    assert 'value="typed before"' in response.get_data(as_text=True)


def test_an_open_licence_lets_fetched_articles_be_shown_whole(
    admin: Visitor, database: Database
) -> None:
    teaser = RawHtml("<p>Only a teaser.</p>")
    feed_id = add_feed(database, recap_of(feed_html=teaser, html=SafeHtml(teaser), excerpt=True))
    form = {"url": FEED_URL, "source_title": "Example Team"}
    assert "We enjoyed the hackathon" not in admin.get("/entries/1/").get_data(as_text=True)
    admin.done(f"/admin/feeds/{feed_id}/edit", **form, licence="CC-BY-4.0")
    page = admin.get("/entries/1/").get_data(as_text=True)
    assert "We enjoyed the hackathon" in page
    admin.done(f"/admin/feeds/{feed_id}/edit", **form, licence="")
    page = admin.get("/entries/1/").get_data(as_text=True)
    assert "Only a teaser." in page
    assert "We enjoyed the hackathon" not in page


@pytest.mark.parametrize(("fate", "left"), [("keep", 200), ("delete", 410)])
def test_a_removed_feed_keeps_or_loses_its_entries(
    admin: Visitor, database: Database, fate: str, left: int
) -> None:
    feed_id = add_feed(database, recap_of())
    assert "1 entry, 1 recap" in admin.text(f"/admin/feeds/{feed_id}/remove")
    admin.refused(f"/admin/feeds/{feed_id}/remove")
    admin.done(f"/admin/feeds/{feed_id}/remove", entries=fate)
    assert admin.get("/entries/1/").status_code == left
    assert admin.get(f"/admin/feeds/{feed_id}/").status_code == 404


def test_an_opml_import_says_what_became_of_each_line(admin: Visitor, database: Database) -> None:
    add_feed(database)
    opml = (
        '<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>'
        '<outline type="rss" text="New one" xmlUrl="https://new.example/feed"/>'
        f'<outline type="rss" text="Old one" xmlUrl="{FEED_URL}"/>'
        "</body></opml>"
    )
    form = {"file": (io.BytesIO(opml.encode()), "feeds.opml")}
    response = admin.post("/admin/feeds/import", dict(form))
    words = desk.text_of(response)
    assert "1 added, 1 already there, 0 failed" in words
    with database.reading() as c:
        assert len(feeds.all_feeds(c)) == 2


@pytest.mark.parametrize(
    "body", [b"", b"no list at all", b"<opml><body></body></opml>", b"\x00" * (2 << 20) + b"x"]
)
def test_a_file_that_is_no_list_is_refused_in_words(admin: Visitor, body: bytes) -> None:
    response = admin.post("/admin/feeds/import", {"file": (io.BytesIO(body), "f.opml")})
    assert response.status_code == 400
    assert "file" in desk.text_of(response).lower()


def test_the_samples_go_with_one_click(admin: Visitor, database: Database) -> None:
    with database.writing() as c:
        feeds.add(
            c,
            "https://sample.example/feed",
            now=datetime.now(UTC),
            source=NewSource(title="Sample", sample=True),
            interval=timedelta(hours=1),
        )
    assert "sample blogs" in admin.text("/admin/")
    assert "1 source removed" in admin.done("/admin/samples/remove")
    with database.reading() as c:
        assert feeds.all_feeds(c, trial=None) == ()


def test_a_number_that_no_database_holds_is_not_found(admin: Visitor) -> None:
    assert admin.get("/admin/feeds/99999999999999999999/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/admin/feeds/99/", "/admin/entries/99/", "/admin/events/none/", "/admin/tags/none/"]
)
def test_what_is_not_there_is_a_page_that_says_so(admin: Visitor, path: str) -> None:
    response = admin.get(path)
    assert response.status_code == 404
    assert "There is no" in desk.text_of(response)


def test_the_table_of_feeds_asks_the_database_as_often_for_many_feeds_as_for_few(
    admin: Visitor, database: Database
) -> None:
    counts = []
    for start, end in ((0, 2), (2, 40)):
        for number in range(start, end):
            add_feed(database, url=f"https://blog{number}.example/feed", called=f"Team {number}")
        with statements(database) as seen:
            assert f"Team {start}" in admin.text("/admin/feeds/")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
