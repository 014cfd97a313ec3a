"""An admin at a browser without scripts, for tests: sends forms with their token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from aggregator import settings as configuration
from aggregator.model import (
    EventMention,
    Evidence,
    Kind,
    NewEntry,
    NewSource,
    RawHtml,
    Recognition,
    SafeHtml,
    TagMention,
    TalkMention,
)
from aggregator.settings import Settings
from aggregator.store import Database, accounts, feeds
from aggregator.store.schema import accounts as table
from tests import once, web_site, world

PASSWORD = "a long enough password"  # noqa: S105  # of test accounts
FEED_URL = "https://blog.example/feed.xml"
ARTICLE = RawHtml(
    "<p>Last week four of us attended FjordSoftCon 2026 in Bergen. Two tracks and one long"
    " coffee queue later, here is what we took home.</p><h2>Talks we liked</h2><ul><li><a href="
    '"https://video.example/w/kT4mR8sW2xYqZ9bL1cVn3d">Testing numerical code without tears</a> by'
    " Ines Albrecht showed how property tests found a bug that was ten years old.</li></ul>"
    "<p>We enjoyed the hackathon as well, and we are looking forward to next year.</p>"
)
MENTION = EventMention(
    name="FjordSoftCon 2026",
    series="FjordSoftCon",
    year=2026,
    evidence=Evidence.TITLE,
    place="Bergen",
    known=False,
)
_SINCE = datetime.now(UTC)  # when all accounts were made: sessions know it
TALK = TalkMention(title="Testing numerical code without tears", speakers=("Ines Albrecht",))
app_of = web_site.app_of


def settings_in(folder: Path, **values: str) -> Settings:
    """Return settings with everything in `folder`."""
    own = {f"AGGREGATOR_{name.upper()}": value for name, value in values.items()}
    return configuration.load({"AGGREGATOR_DATA_DIR": str(folder), **own})


def database_in(settings: Settings) -> Database:
    """Return a new database with all tables, in the data folder."""
    return once.database_at(settings.data_dir / "aggregator.sqlite3")


class Visitor:
    """A browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Return a page's text, tags and runs of space removed; it must be there."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return text_of(response)

    def post(
        self, path: str, form: Mapping[str, object] | None = None, *, see: str = ""
    ) -> TestResponse:
        """Send a form, with the token of the page at `see` (else of the login page)."""
        page = self.client.get(see or "/admin/login", follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        sent = {"csrf_token": found[1] if found else "", **(form or {})}
        response = self.client.post(path, data=sent)
        response.request.environ["wsgi.input"].close()  # the client leaves large files open
        return response

    def done(self, path: str, /, **form: object) -> str:
        """Send a form that must work (303), and return the text of the page it leads to."""
        response = self.post(path, dict(form))
        assert response.status_code == 303, text_of(response)
        return self.text(response.headers["Location"])

    def refused(self, path: str, status: int = 400, /, **form: object) -> str:
        """Send a form that must be refused, and return the text of the answer."""
        response = self.post(path, dict(form))
        assert response.status_code == status, (response.status_code, response.headers)
        return text_of(response)

    def log_in(self, name: str, password: str = PASSWORD, **more: object) -> TestResponse:
        """Log in."""
        return self.post("/admin/login", {"name": name, "password": password, **more})


def text_of(response: TestResponse) -> str:
    """Return the words of a page's main part."""
    page = response.get_data(as_text=True)
    main = page[page.find("<main") :] if "<main" in page else page
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)).replace(" .", ".")


@cache
def _password_hash() -> str:
    """Return the hash of the password; hashing takes long, as it should."""
    with TemporaryDirectory() as folder:
        database = once.database_at(Path(folder) / "accounts.sqlite3")
        with database.writing() as c:
            accounts.create(c, "anybody", PASSWORD, "admin", _SINCE)
            found = str(c.scalar(select(table.c.password_hash)))
        database.close()
        return found


def account(database: Database, name: str, role: str = "admin") -> None:
    """Make an account."""
    row = {"name": name, "role": role, "password_hash": _password_hash(), "created_at": _SINCE}
    with database.writing() as c:
        c.execute(insert(table).values(row))


_SESSIONS: dict[str, dict[str, object]] = {}  # of those who have logged in, by name


def logged_in(app: Flask, name: str) -> Visitor:
    """Return somebody who has logged in: the first time by the form, then with that session.

    Their account must have had the same number then.
    """
    visitor = Visitor(app)
    if name in _SESSIONS:
        visitor.get("/admin/login")  # seen in any case: the first answer of a site costs more
        with visitor.client.session_transaction() as session:
            session.clear()
            session.update(_SESSIONS[name], began=datetime.now(UTC).timestamp())
    else:
        assert visitor.log_in(name).status_code == 303
        with visitor.client.session_transaction() as session:
            _SESSIONS[name] = dict(session)
    return visitor


def recap_of(number: int = 1, **more: object) -> NewEntry:
    """Return a recap whose original is one, too."""
    url = f"https://blog.example/posts/{number}/"
    values: dict[str, object] = {
        "guid": url,
        "url": url,
        "title": "What we brought home from FjordSoftCon 2026",
        "authors": ("Ines Albrecht",),
        "published_at": datetime.now(UTC) - timedelta(days=3),
        "published_inferred": False,
        "updated_at": None,
        "language": "en",
        "enclosures": (),
        "feed_tags": ("testing",),
        "html": SafeHtml(ARTICLE),
        "excerpt": False,
        "summary": "Two tracks and one long coffee queue.",
        "original": ARTICLE,
        "feed_html": RawHtml(""),
        "base_url": url,
        "content_hash": f"hash-{number}",
        "recognition": Recognition(
            kind=Kind.RECAP,
            kind_score=0.9,
            events=(MENTION,),
            talks=(TALK,),
            tags=(TagMention(slug="testing", name="Testing"),),
            why=("title: FjordSoftCon 2026", "the title says that it looks back"),
            language="en",
            version=1,
        ),
    }
    return NewEntry(**{**values, **more})  # type: ignore[arg-type]  # the values above fit


def view(number: int, **more: object) -> NewEntry:
    """Return a recap with a text of its own: of several with one text, all but one are folded."""
    sheep = " ".join(f"In room {number} we counted {n} sheep." for n in range(number, number + 30))
    text = f"<p>We went to FjordSoftCon 2026. {sheep}</p>"
    said = {"title": f"View {number} of it", "original": RawHtml(text), "html": SafeHtml(text)}
    return recap_of(number, **{**said, **more})


def add_feed(
    database: Database,
    *entries: NewEntry,
    url: str = FEED_URL,
    called: str = "Example Team",
    trial: bool = False,
    **poll: object,
) -> int:
    """Add a feed and what its first poll brought."""
    now = datetime.now(UTC)
    source = NewSource(title=called, site_url="https://blog.example/")
    with database.writing() as c:
        feed_id = feeds.add(
            c, url, now=now, source=source, interval=timedelta(hours=1), trial=trial
        )
        feeds.finish(c, [world.poll_of(feed_id, url, entries, now, **poll)], now)
    return feed_id
